//! The rows of the source of truth: their keys, their bytes, their versions. FORMAT.md describes all of them.
//!
//! A row is `[version: 1 byte][FNV-1a of the rest: 4 bytes, little endian][postcard]`; a row of raw bytes (the large
//! parts of segments) has a checksum of 8 bytes instead, which is made a word at a time. A page has one row in
//! `pages` under its 32 hexadecimal digits; in `passages` one row for every [`PASSAGES_PER_ROW`] passages under
//! `{page}/{chunk:06}`; in `vectors` the same for each space under `{page}/{space}/{chunk:06}`. One row a passage
//! would compress badly (deflate has seen nothing yet after 500 bytes) and cost a transaction's overhead each; one
//! row a page would be rewritten whole for every few vectors that arrive.
//!
//! Whatever cannot be read is [`Unreadable`], never a panic; what to do about it is the reader's decision.

mod alias;
mod page;
mod text;
pub(crate) mod v1;
mod vectors;

pub(crate) use alias::{AliasRow, alias_key, parse_alias_key};
pub(crate) use page::PageRow;
pub(crate) use text::{MAX_PAGE_TEXT, MAX_PASSAGES, PASSAGE_OVERHEAD, TextRow};
pub(crate) use vectors::{VectorRow, space_key, vector_key, vectors_prefix};

use crate::error::IndexError;
use crate::page::PageId;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The format that is written. A reader knows exactly the versions that it lists.
pub(crate) const VERSION: u8 = 2;
const HEADER: usize = 5;
const RAW_HEADER: usize = 9;

/// Passages that share one row.
pub(crate) const PASSAGES_PER_ROW: usize = 16;

/// A row that is damaged, or that a newer version wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreadable;

/// Whether a page can have so many passages, the first of which may be the title.
pub(crate) fn can_have(passages: u32, titled: bool) -> bool {
    (usize::from(titled)..MAX_PASSAGES).contains(&(passages as usize))
}

/// How many rows hold `passages` passages.
pub(crate) fn chunks(passages: u32) -> usize {
    (passages as usize).div_ceil(PASSAGES_PER_ROW)
}

/// The row that holds a passage.
pub(crate) fn chunk_of(ordinal: u32) -> u32 {
    ordinal / PASSAGES_PER_ROW as u32
}

/// The prefix of the keys of all texts, and of all vectors, of a page.
pub(crate) fn of_page(page: PageId) -> String {
    format!("{page}/")
}

/// The key of one row of passages.
pub(crate) fn text_key(page: PageId, chunk: u32) -> String {
    format!("{page}/{chunk:06}")
}

/// The page in a key of `pages`; `None` if it is not the key this crate would write.
pub(crate) fn parse_page_key(key: &str) -> Option<PageId> {
    key.parse().ok().filter(|page: &PageId| page.to_string() == key)
}

/// Header and postcard.
pub(crate) fn seal<T: Serialize>(row: &T) -> Result<Vec<u8>, IndexError> {
    let mut bytes = postcard::to_extend(row, vec![VERSION, 0, 0, 0, 0])
        .map_err(|error| IndexError::Encode(error.to_string()))?;
    let sum = checksum(&bytes[HEADER..]);
    bytes[1..HEADER].copy_from_slice(&sum.to_le_bytes());
    Ok(bytes)
}

/// The inverse of [`seal`], for rows of this version.
pub(crate) fn unseal<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Unreadable> {
    unseal_version(bytes, VERSION)
}

/// The inverse of what [`seal`] was in `version`.
pub(crate) fn unseal_version<T: DeserializeOwned>(bytes: &[u8], version: u8) -> Result<T, Unreadable> {
    let (header, payload) = bytes.split_at_checked(HEADER).ok_or(Unreadable)?;
    if header[0] != version || header[1..] != checksum(payload).to_le_bytes() {
        return Err(Unreadable);
    }
    let (row, rest) = postcard::take_from_bytes(payload).map_err(|_| Unreadable)?;
    if rest.is_empty() { Ok(row) } else { Err(Unreadable) }
}

/// Header and bytes as they are.
pub(crate) fn seal_raw(bytes: &[u8]) -> Vec<u8> {
    let mut row = Vec::with_capacity(RAW_HEADER + bytes.len());
    row.push(VERSION);
    row.extend(checksum_words(bytes).to_le_bytes());
    row.extend(bytes);
    row
}

/// The inverse of [`seal_raw`].
pub(crate) fn unseal_raw(mut row: Vec<u8>) -> Result<Vec<u8>, Unreadable> {
    let (header, bytes) = row.split_at_checked(RAW_HEADER).ok_or(Unreadable)?;
    if header[0] != VERSION || header[1..] != checksum_words(bytes).to_le_bytes() {
        return Err(Unreadable);
    }
    row.drain(..RAW_HEADER);
    Ok(row)
}

/// FNV-1a, 32 bits: one multiplication a byte, and any single changed byte changes it. It is there for
/// accidents of the disk, not for attackers.
pub(crate) fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// As [`checksum`], eight bytes at a time: what is large must be checked in a few milliseconds. The length goes in
/// first, as the last word is filled up with zeros.
fn checksum_words(bytes: &[u8]) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut sum = (0xcbf2_9ce4_8422_2325 ^ bytes.len() as u64).wrapping_mul(PRIME);
    let words = bytes.chunks_exact(8);
    let mut rest = [0; 8];
    rest[..words.remainder().len()].copy_from_slice(words.remainder());
    for word in words.chain([&rest[..]]) {
        let word = word.try_into().map_or(0, u64::from_le_bytes);
        // The high half is folded in: a multiplication alone carries changes upwards only.
        sum = (sum ^ word).wrapping_mul(PRIME);
        sum ^= sum >> 32;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_are_read_back_strictly() {
        let page = PageId::from_key_hash([0xab; 32]);
        assert_eq!(parse_page_key(&page.to_string()), Some(page));
        for key in ["", "/", "x/000001", &page.to_string().to_uppercase()] {
            assert_eq!(parse_page_key(key), None, "{key}");
        }
    }

    proptest! {
        #[test]
        fn every_changed_or_missing_byte_of_a_raw_row_is_noticed(
            bytes in prop::collection::vec(any::<u8>(), 0..60), at: prop::sample::Index, flip in 1..=255_u8,
        ) {
            let row = seal_raw(&bytes);
            prop_assert_eq!(unseal_raw(row.clone()), Ok(bytes));
            let at = at.index(row.len());
            prop_assert_eq!(unseal_raw(row[..at].to_vec()), Err(Unreadable));
            let mut flipped = row;
            flipped[at] ^= flip;
            prop_assert_eq!(unseal_raw(flipped), Err(Unreadable));
        }
    }
}

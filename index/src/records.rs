//! The rows of the tables `pages` and `passages`: their keys, their bytes, their versions.
//!
//! A row is `[version: 1 byte][FNV-1a of the rest: 4 bytes, little endian][postcard]`. A page has one row in
//! `pages` under its 32 hexadecimal digits, and in `passages` one row for every [`PASSAGES_PER_ROW`] passages
//! under `{page}/{chunk:06}`. One row a passage would compress badly (deflate has seen nothing yet after 500
//! bytes) and cost a transaction's overhead each; one row a page would be rewritten whole for every few
//! vectors that arrive.
//!
//! Texts are deflated, vectors are not (they do not compress), so that adding a vector never touches the
//! texts. The title is a passage too, but its text is only in the page's row. Whatever cannot be read is
//! [`Unreadable`], never a panic; what to do about it is the reader's decision.

use crate::error::IndexError;
use crate::page::{PageId, PageInfo};
use crate::vector::Vector;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The format of both kinds of row. A reader knows exactly the versions that it lists.
const VERSION: u8 = 1;
const HEADER: usize = 5;

/// Passages that share one row.
pub(crate) const PASSAGES_PER_ROW: usize = 16;

/// The most text one page may have, title included. Far above what a capture sends; it also bounds what a
/// damaged row can inflate to.
pub(crate) const MAX_PAGE_TEXT: usize = 16 << 20;

/// Deflate's usual level: higher ones gain 1 % and take twice the time.
const DEFLATE_LEVEL: u8 = 6;

/// A row that is damaged, or that a newer version wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreadable;

/// A row of `pages`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PageRow {
    pub generation: u32,
    pub url: String,
    pub title: String,
    pub language: Option<String>,
    pub text_hash: [u8; 32],
    pub first_seen: f64,
    pub last_seen: f64,
    pub visits: u32,
    pub aliases: Vec<[u8; 16]>,
    /// All of them, the title's included.
    pub passages: u32,
    /// The first passage is the title.
    pub titled: bool,
}

impl PageRow {
    pub fn new(info: &PageInfo, generation: u32, titled: bool) -> Self {
        Self {
            generation,
            url: info.url.clone(),
            title: info.title.clone(),
            language: info.language.clone(),
            text_hash: info.text_hash,
            first_seen: info.first_seen,
            last_seen: info.last_seen,
            visits: info.visits,
            aliases: info.aliases.clone(),
            passages: info.passages,
            titled,
        }
    }

    pub fn into_info(self, id: PageId) -> PageInfo {
        PageInfo {
            id,
            url: self.url,
            title: self.title,
            language: self.language,
            text_hash: self.text_hash,
            first_seen: self.first_seen,
            last_seen: self.last_seen,
            visits: self.visits,
            aliases: self.aliases,
            passages: self.passages,
        }
    }

    pub fn encode(&self) -> Result<Vec<u8>, IndexError> {
        seal(self)
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        let row: Self = unseal(bytes)?;
        let times_are_finite = row.first_seen.is_finite() && row.last_seen.is_finite();
        if times_are_finite && (!row.titled || row.passages > 0) { Ok(row) } else { Err(Unreadable) }
    }
}

/// A row of `passages`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ChunkRow {
    pub generation: u32,
    /// Deflated; see [`ChunkRow::texts`].
    deflated: Vec<u8>,
    /// One for each passage: its space and its vector, if it has one.
    pub vectors: Vec<Option<(String, Vector)>>,
}

/// [`ChunkRow`] as postcard writes it: names of spaces once a row.
#[derive(Serialize, Deserialize)]
struct StoredChunk {
    generation: u32,
    deflated: Vec<u8>,
    spaces: Vec<String>,
    /// Index into `spaces`, values.
    vectors: Vec<Option<(u32, Box<[i8]>)>>,
}

impl ChunkRow {
    /// A row of `texts` without vectors. The title's text is to be given as empty.
    pub fn new(generation: u32, texts: &[&str]) -> Result<Self, IndexError> {
        let plain = postcard::to_allocvec(texts).map_err(|error| IndexError::Encode(error.to_string()))?;
        let deflated = miniz_oxide::deflate::compress_to_vec(&plain, DEFLATE_LEVEL);
        Ok(Self { generation, deflated, vectors: vec![None; texts.len()] })
    }

    /// The texts, one for each passage.
    pub fn texts(&self) -> Result<Vec<String>, Unreadable> {
        // Lengths in front of the texts: at most five bytes each, and one for their number.
        let limit = MAX_PAGE_TEXT + 5 * PASSAGES_PER_ROW + 1;
        let plain = miniz_oxide::inflate::decompress_to_vec_with_limit(&self.deflated, limit)
            .map_err(|_| Unreadable)?;
        let (texts, rest): (Vec<String>, _) = postcard::take_from_bytes(&plain).map_err(|_| Unreadable)?;
        if rest.is_empty() && texts.len() == self.vectors.len() { Ok(texts) } else { Err(Unreadable) }
    }

    pub fn encode(&self) -> Result<Vec<u8>, IndexError> {
        let mut spaces: Vec<String> = Vec::new();
        let mut vectors = Vec::with_capacity(self.vectors.len());
        for vector in &self.vectors {
            vectors.push(vector.as_ref().map(|(space, vector)| {
                let index = spaces.iter().position(|known| known == space).unwrap_or_else(|| {
                    spaces.push(space.clone());
                    spaces.len() - 1
                });
                (index as u32, vector.values().into())
            }));
        }
        seal(&StoredChunk { generation: self.generation, deflated: self.deflated.clone(), spaces, vectors })
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        let stored: StoredChunk = unseal(bytes)?;
        if stored.vectors.is_empty() || stored.vectors.len() > PASSAGES_PER_ROW {
            return Err(Unreadable);
        }
        let mut vectors = Vec::with_capacity(stored.vectors.len());
        for vector in stored.vectors {
            vectors.push(match vector {
                None => None,
                Some((space, values)) => Some((
                    stored.spaces.get(space as usize).ok_or(Unreadable)?.clone(),
                    Vector::from_stored(values).ok_or(Unreadable)?,
                )),
            });
        }
        Ok(Self { generation: stored.generation, deflated: stored.deflated, vectors })
    }
}

/// How many rows hold `passages` passages.
pub(crate) fn chunks(passages: u32) -> usize {
    (passages as usize).div_ceil(PASSAGES_PER_ROW)
}

/// The prefix of the keys of all passages of a page.
pub(crate) fn passages_prefix(page: PageId) -> String {
    format!("{page}/")
}

/// The key of one row of passages.
pub(crate) fn chunk_key(page: PageId, chunk: usize) -> String {
    format!("{page}/{chunk:06}")
}

/// The page in a key of `pages`; `None` if it is not the key this crate would write.
pub(crate) fn parse_page_key(key: &str) -> Option<PageId> {
    key.parse().ok().filter(|page: &PageId| page.to_string() == key)
}

/// The page and the chunk in a key of `passages`; `None` if it is not the key this crate would write.
pub(crate) fn parse_chunk_key(key: &str) -> Option<(PageId, usize)> {
    let (page, chunk) = key.split_once('/')?;
    let (page, chunk) = (page.parse().ok()?, chunk.parse().ok()?);
    (chunk_key(page, chunk) == key).then_some((page, chunk))
}

/// Header and postcard.
fn seal<T: Serialize>(row: &T) -> Result<Vec<u8>, IndexError> {
    let mut bytes = postcard::to_extend(row, vec![VERSION, 0, 0, 0, 0])
        .map_err(|error| IndexError::Encode(error.to_string()))?;
    let sum = checksum(&bytes[HEADER..]);
    bytes[1..HEADER].copy_from_slice(&sum.to_le_bytes());
    Ok(bytes)
}

/// The inverse of [`seal`].
fn unseal<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Unreadable> {
    let (header, payload) = bytes.split_at_checked(HEADER).ok_or(Unreadable)?;
    if header[0] != VERSION || header[1..] != checksum(payload).to_le_bytes() {
        return Err(Unreadable);
    }
    let (row, rest) = postcard::take_from_bytes(payload).map_err(|_| Unreadable)?;
    if rest.is_empty() { Ok(row) } else { Err(Unreadable) }
}

/// FNV-1a, 32 bits: one multiplication a byte, and any single changed byte changes it. It is there for
/// accidents of the disk, not for attackers.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn page() -> PageRow {
        PageRow {
            generation: 7,
            url: "https://example.org/".into(),
            title: "A title".into(),
            language: Some("en".into()),
            text_hash: [3; 32],
            first_seen: 1.0,
            last_seen: 2.0,
            visits: 4,
            aliases: vec![[1; 16], [2; 16]],
            passages: 2,
            titled: true,
        }
    }

    fn chunk() -> ChunkRow {
        let mut row = ChunkRow::new(7, &["", "first passage", "zweite Stelle"]).unwrap();
        let vector = |values: &[f32]| Vector::quantise(values).unwrap();
        row.vectors[1] = Some(("one@1".into(), vector(&[0.5, -0.5, 0.1])));
        row.vectors[2] = Some(("two@1".into(), vector(&[1.0, 0.0])));
        row
    }

    #[test]
    fn rows_come_back_as_they_were() {
        assert_eq!(PageRow::decode(&page().encode().unwrap()), Ok(page()));
        let back = ChunkRow::decode(&chunk().encode().unwrap()).unwrap();
        assert_eq!(back, chunk());
        assert_eq!(back.texts().unwrap(), ["", "first passage", "zweite Stelle"]);
    }

    #[test]
    fn every_changed_or_missing_byte_is_noticed() {
        for bytes in [page().encode().unwrap(), chunk().encode().unwrap()] {
            for at in 0..bytes.len() {
                let mut damaged = bytes.clone();
                damaged[at] ^= 0x10;
                assert_eq!(PageRow::decode(&damaged), Err(Unreadable), "byte {at}");
                assert_eq!(ChunkRow::decode(&damaged), Err(Unreadable), "byte {at}");
                assert_eq!(PageRow::decode(&bytes[..at]), Err(Unreadable), "cut at {at}");
                assert_eq!(ChunkRow::decode(&bytes[..at]), Err(Unreadable), "cut at {at}");
            }
        }
    }

    #[test]
    fn a_newer_version_is_set_aside() {
        let mut bytes = page().encode().unwrap();
        bytes[0] = VERSION + 1;
        assert_eq!(PageRow::decode(&bytes), Err(Unreadable));
    }

    #[test]
    fn a_row_that_inflates_without_end_is_unreadable() {
        let bomb = miniz_oxide::deflate::compress_to_vec(&vec![0; MAX_PAGE_TEXT + 1000], 9);
        let row = ChunkRow { generation: 1, deflated: bomb, vectors: vec![None] };
        assert_eq!(row.texts(), Err(Unreadable));
    }

    #[test]
    fn the_largest_page_that_is_accepted_can_be_read_again() {
        let text = "x".repeat(MAX_PAGE_TEXT);
        assert_eq!(ChunkRow::new(1, &[&text]).unwrap().texts().unwrap(), [text]);
    }

    #[test]
    fn keys_are_read_back_strictly() {
        let page = PageId::from_key_hash([0xab; 32]);
        assert_eq!(parse_page_key(&page.to_string()), Some(page));
        assert_eq!(parse_chunk_key(&chunk_key(page, 12)), Some((page, 12)));
        assert_eq!(parse_chunk_key(&chunk_key(page, 1_234_567)), Some((page, 1_234_567)));
        for key in ["", "/", "x/000001", &page.to_string().to_uppercase()] {
            assert_eq!(parse_page_key(key), None, "{key}");
            assert_eq!(parse_chunk_key(key), None, "{key}");
        }
        for chunk in ["1", "+00001", "00000001", "-00001", ""] {
            assert_eq!(parse_chunk_key(&format!("{page}/{chunk}")), None, "{chunk}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(payload in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = PageRow::decode(&payload);
            // With a right header, so that the inside is reached too.
            let mut bytes = vec![VERSION];
            bytes.extend(checksum(&payload).to_le_bytes());
            bytes.extend(&payload);
            let _ = PageRow::decode(&bytes);
            if let Ok(row) = ChunkRow::decode(&bytes) {
                let _ = row.texts();
            }
        }
    }
}

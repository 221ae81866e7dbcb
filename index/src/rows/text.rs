//! A row of `passages`: up to sixteen texts, deflated together.

use super::{PASSAGES_PER_ROW, Unreadable, seal, unseal, v1};
use crate::error::IndexError;
use serde::{Deserialize, Serialize};

/// The most text one page may have, title included. Far above what a capture sends; it also bounds what a
/// damaged row can inflate to.
pub(crate) const MAX_PAGE_TEXT: usize = 16 << 20;

/// What a passage counts beyond its text towards the limit of a page: bounds their number.
pub(crate) const PASSAGE_OVERHEAD: usize = 16;

/// More passages than any page has, as all of them count towards [`MAX_PAGE_TEXT`]. It bounds what a damaged number can
/// make us ask for.
pub(crate) const MAX_PASSAGES: usize = MAX_PAGE_TEXT / PASSAGE_OVERHEAD;

/// Deflate's usual level: higher ones gain 1 % and take twice the time.
const DEFLATE_LEVEL: u8 = 6;

/// Texts of passages. The title is a passage too, but its text is only in the page's row; here it is empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TextRow {
    /// The page's, so that a row of another text is recognised.
    pub number: u32,
    pub passages: u32,
    pub deflated: Vec<u8>,
}

impl TextRow {
    pub fn new(number: u32, texts: &[&str]) -> Result<Self, IndexError> {
        let plain = postcard::to_allocvec(texts).map_err(|error| IndexError::Encode(error.to_string()))?;
        let deflated = miniz_oxide::deflate::compress_to_vec(&plain, DEFLATE_LEVEL);
        Ok(Self { number, passages: texts.len() as u32, deflated })
    }

    /// The texts, one for each passage.
    pub fn texts(&self) -> Result<Vec<String>, Unreadable> {
        // Lengths in front of the texts: at most five bytes each, and one for their number.
        let limit = MAX_PAGE_TEXT + 5 * PASSAGES_PER_ROW + 1;
        let plain = miniz_oxide::inflate::decompress_to_vec_with_limit(&self.deflated, limit)
            .map_err(|_| Unreadable)?;
        let (texts, rest): (Vec<String>, _) = postcard::take_from_bytes(&plain).map_err(|_| Unreadable)?;
        if rest.is_empty() && texts.len() == self.passages as usize { Ok(texts) } else { Err(Unreadable) }
    }

    pub fn encode(&self) -> Result<Vec<u8>, IndexError> {
        seal(self)
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        let row: Self = unseal(bytes).or_else(|_| v1::chunk(bytes).map(|(row, _)| row))?;
        let fits = (1..=PASSAGES_PER_ROW).contains(&(row.passages as usize));
        if fits { Ok(row) } else { Err(Unreadable) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::{VERSION, checksum};
    use proptest::prelude::*;

    #[test]
    fn it_comes_back_as_it_was_and_every_changed_byte_is_noticed() {
        let row = TextRow::new(7, &["", "first passage", "zweite Stelle"]).unwrap();
        let bytes = row.encode().unwrap();
        assert_eq!(TextRow::decode(&bytes), Ok(row.clone()));
        assert_eq!(row.texts().unwrap(), ["", "first passage", "zweite Stelle"]);
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x10;
            assert_eq!(TextRow::decode(&damaged), Err(Unreadable), "byte {at}");
            assert_eq!(TextRow::decode(&bytes[..at]), Err(Unreadable), "cut at {at}");
        }
    }

    #[test]
    fn a_row_that_inflates_without_end_is_unreadable() {
        let bomb = miniz_oxide::deflate::compress_to_vec(&vec![0; MAX_PAGE_TEXT + 1000], 9);
        assert_eq!(TextRow { number: 1, deflated: bomb, passages: 1 }.texts(), Err(Unreadable));
    }

    #[test]
    fn the_largest_page_that_is_accepted_can_be_read_again() {
        let text = "x".repeat(MAX_PAGE_TEXT);
        assert_eq!(TextRow::new(1, &[&text]).unwrap().texts().unwrap(), [text]);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(payload in prop::collection::vec(any::<u8>(), 0..300), version in 1..=VERSION) {
            let mut bytes = vec![version];
            bytes.extend(checksum(&payload).to_le_bytes());
            bytes.extend(&payload);
            if let Ok(row) = TextRow::decode(&bytes) {
                let _ = row.texts();
            }
        }
    }
}

//! Rows of the queue and of the settings, as bytes. The first byte is the format's version.

use afterimage_index::PageId;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The version of the rows in `queue`.
const QUEUE_FORMAT: u8 = 1;

/// A captured page that waits to be split and indexed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueuedPage {
    /// The page.
    pub id: PageId,
    /// The address to open.
    pub url: String,
    /// Hash of the raw address under which it was seen.
    pub alias: [u8; 16],
    /// Its title.
    pub title: String,
    /// Its language.
    pub language: Option<String>,
    /// SHA-256 of `text`.
    pub text_hash: [u8; 32],
    /// When it was read, ms since the epoch.
    pub seen_at: f64,
    /// Its normalised text.
    pub text: String,
}

/// The most that a queued row may unpack to: the text and its fields, with room to spare.
const UNPACK_LIMIT: usize = 4 * super::text::TEXT_LIMIT;

/// A row of the queue: version, then deflated postcard.
pub fn encode_queued(page: &QueuedPage) -> Option<Vec<u8>> {
    let plain = postcard::to_allocvec(page).ok()?;
    let mut row = vec![QUEUE_FORMAT];
    row.extend(miniz_oxide::deflate::compress_to_vec(&plain, 4));
    Some(row)
}

/// `None` for a row of another version, or a corrupt one.
pub fn decode_queued(row: &[u8]) -> Option<QueuedPage> {
    let (version, packed) = row.split_first()?;
    if *version != QUEUE_FORMAT {
        return None;
    }
    let plain = miniz_oxide::inflate::decompress_to_vec_with_limit(packed, UNPACK_LIMIT).ok()?;
    postcard::from_bytes(&plain).ok()
}

/// Settings and measurements are JSON: they are few, small, and gain fields.
pub fn encode_json<T: Serialize>(value: &T) -> Option<Vec<u8>> {
    serde_json::to_vec(value).ok()
}

/// `None` for what cannot be read.
pub fn decode_json<T: DeserializeOwned>(row: &[u8]) -> Option<T> {
    serde_json::from_slice(row).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_queued_page_survives_its_row() {
        let page = QueuedPage {
            id: PageId::from_key_hash([7; 32]),
            url: "https://example.org/".into(),
            alias: [1; 16],
            title: "T".into(),
            language: None,
            text_hash: [2; 32],
            seen_at: 1.5,
            text: "text\n".repeat(1000),
        };
        let row = encode_queued(&page).unwrap();
        assert_eq!(decode_queued(&row), Some(page));
        assert_eq!(decode_queued(&row[..row.len() / 2]), None);
        assert_eq!(decode_queued(&[]), None);
        assert_eq!(decode_queued(&[9, 1, 2]), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(row in prop::collection::vec(any::<u8>(), 0..300)) {
            decode_queued(&row);
        }
    }
}

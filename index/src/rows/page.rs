//! A row of `pages`.

use super::{Unreadable, can_have, seal, unseal, v1};
use crate::error::IndexError;
use crate::page::{PageId, PageInfo};
use serde::{Deserialize, Serialize};

/// What is known of a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct PageRow {
    /// Names this text of this page: given once and never again.
    pub number: u32,
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
    /// How many words BM25 counts in it. 0 in a row that came from version 1, which did not know.
    pub words: u32,
    /// See [`crate::near`].
    pub fingerprint: Option<u64>,
}

impl PageRow {
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
        let row: Self = unseal(bytes).or_else(|_| v1::page(bytes))?;
        let times_are_finite = row.first_seen.is_finite() && row.last_seen.is_finite();
        if times_are_finite && can_have(row.passages, row.titled) { Ok(row) } else { Err(Unreadable) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::{MAX_PASSAGES, VERSION, checksum};
    use proptest::prelude::*;

    fn page() -> PageRow {
        PageRow {
            number: 7,
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
            words: 12,
            fingerprint: Some(99),
        }
    }

    #[test]
    fn it_comes_back_as_it_was_and_every_changed_byte_is_noticed() {
        let bytes = page().encode().unwrap();
        assert_eq!(PageRow::decode(&bytes), Ok(page()));
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x10;
            assert_eq!(PageRow::decode(&damaged), Err(Unreadable), "byte {at}");
            assert_eq!(PageRow::decode(&bytes[..at]), Err(Unreadable), "cut at {at}");
        }
    }

    #[test]
    fn a_number_of_passages_that_no_page_has_is_not_believed() {
        let of = |passages, titled| PageRow { passages, titled, ..page() };
        let most = MAX_PASSAGES as u32 - 1;
        for (passages, titled, sound) in [
            (0, false, true),
            (0, true, false),
            (most, true, true),
            (most + 1, true, false),
            (u32::MAX, false, false),
        ] {
            let row = of(passages, titled);
            let expected = if sound { Ok(row.clone()) } else { Err(Unreadable) };
            assert_eq!(PageRow::decode(&row.encode().unwrap()), expected, "{passages}");
        }
    }

    #[test]
    fn a_newer_version_is_set_aside() {
        let mut bytes = page().encode().unwrap();
        bytes[0] = VERSION + 1;
        assert_eq!(PageRow::decode(&bytes), Err(Unreadable));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(payload in prop::collection::vec(any::<u8>(), 0..300), version in 0..4_u8) {
            let _ = PageRow::decode(&payload);
            // With a right header, so that the inside is reached too.
            let mut bytes = vec![version];
            bytes.extend(checksum(&payload).to_le_bytes());
            bytes.extend(&payload);
            let _ = PageRow::decode(&bytes);
        }
    }
}

//! A row of `aliases`: which pages were seen under a raw address, by its hash.

use super::{Unreadable, seal, unseal};
use crate::error::IndexError;
use crate::page::PageId;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// Mostly one page; two where an address changed what it leads to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct AliasRow {
    pub pages: Vec<PageId>,
}

impl AliasRow {
    pub fn encode(&self) -> Result<Vec<u8>, IndexError> {
        seal(self)
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        unseal(bytes)
    }
}

/// The address in a key of `aliases`; `None` if it is not the key this crate would write.
pub(crate) fn parse_alias_key(key: &str) -> Option<[u8; 16]> {
    let number = u128::from_str_radix(key, 16).ok()?;
    Some(number.to_be_bytes()).filter(|hash| alias_key(*hash) == key)
}

/// The key of an alias.
pub(crate) fn alias_key(hash: [u8; 16]) -> String {
    hash.iter().fold(String::with_capacity(32), |mut key, byte| {
        // Writing to a string cannot fail.
        let _ = write!(key, "{byte:02x}");
        key
    })
}

//! What changed since the last checkpoint: written with every change, read when the index is opened.
//!
//! A row names pages, not their contents: whoever reads it looks at the page's rows, which are the truth. So replaying
//! is the same for a page that came, changed, was seen again or went, and replaying twice changes nothing.

use crate::error::IndexError;
use crate::page::PageId;
use crate::rows::{Unreadable, seal, unseal};
use serde::{Deserialize, Serialize};

/// The prefix of all journal rows in the table `catalog`.
pub(crate) const JOURNAL: &str = "journal/";

/// The key of a journal row. `sequence` grows and is never used again.
pub(crate) fn journal_key(sequence: u64) -> String {
    format!("{JOURNAL}{sequence:012}")
}

/// One change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct JournalRow {
    /// Pages whose row in `pages` was written or removed.
    pub pages: Vec<PageId>,
    /// Rows in `vectors` that got more vectors.
    pub vectors: Vec<VectorsAdded>,
}

/// Vectors that were added to one row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct VectorsAdded {
    pub page: PageId,
    pub number: u32,
    pub space: String,
    pub chunk: u32,
    /// Which passages of the page.
    pub ordinals: Vec<u32>,
    /// What the page's rows of vectors take since then, keys included.
    pub vector_bytes: u32,
}

impl JournalRow {
    pub fn encode(&self) -> Result<Vec<u8>, IndexError> {
        seal(self)
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        unseal(bytes)
    }
}

//! The atomic pointer: which segments make up the index.

use crate::error::IndexError;
use crate::rows::{Unreadable, seal, unseal};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Its key in the table `catalog`.
pub(crate) const MANIFEST: &str = "manifest";

/// What holds from one checkpoint to the next.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// Oldest first.
    pub segments: Vec<SegmentEntry>,
    /// Pages in the pieces of the page table.
    pub pages: u32,
    /// Greater than every identifier of a segment that is or was in use.
    pub next_segment: u32,
    /// Greater than every page number that was in use when this was written.
    pub next_number: u32,
    /// Greater than every sequence number of the journal that was in use when this was written.
    pub next_journal: u64,
    /// Segments that hold something of a page that was deleted. They are written anew before anything else is done.
    pub purge: BTreeSet<u32>,
    /// Segments that may have rows but are not among `segments`: a merge under way, or lost.
    pub garbage: BTreeSet<u32>,
    /// Something derived was lost: pages without words or vectors are to be taken in again from their rows.
    pub rebuild: bool,
}

/// One segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SegmentEntry {
    pub id: u32,
    /// It has a words part, of so many documents.
    pub docs: u32,
    /// Its vector parts: the space of each, and its number of vectors.
    pub spaces: Vec<(String, u32)>,
    /// All its rows, keys included.
    pub bytes: u64,
}

impl Manifest {
    pub fn encode(&self) -> Result<Vec<u8>, IndexError> {
        seal(self)
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        unseal(bytes)
    }
}

//! What is known of all pages without reading them, which segments there are, and what changed since.
//!
//! The table `catalog` holds all of it and is read whole when the index is opened, so it is small: one `manifest`
//! ([`Manifest`], the atomic pointer to the segments), up to 256 pieces of the page table under `pages/{first byte of
//! the identifier}` ([`Pages`]), and a `journal` row for each change since the last checkpoint ([`JournalRow`]). A
//! checkpoint writes the changed pieces, the manifest and a new segment, and removes the journal, all in one commit.

mod journal;
mod manifest;
mod pages;

pub(crate) use journal::{JOURNAL, JournalRow, VectorsAdded, journal_key};
pub(crate) use manifest::{MANIFEST, Manifest, SegmentEntry};
pub(crate) use pages::{Entry, Mark, PIECES, Pages, Slot, piece_key, piece_of};

//! Every page at a glance, from memory.

use super::Index;
use crate::page::PageId;
use crate::store::Store;

/// What is known of a page without reading a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Brief<'a> {
    /// Its identifier.
    pub id: PageId,
    /// The host of its address, as in [`crate::Filters::sites`].
    pub host: &'a str,
    /// When it was last read, ms since the epoch.
    pub last_seen: f64,
    /// Its passages, the title's included.
    pub passages: u32,
    /// Bytes of its rows, keys included; what segments hold of it is not counted.
    pub bytes: u64,
}

impl<S: Store> Index<S> {
    /// What `of` makes of every page, in no particular order; nothing where it gives `None`.
    pub fn list<T>(&self, mut of: impl FnMut(Brief<'_>) -> Option<T>) -> Vec<T> {
        let state = self.state.borrow();
        let brief = |entry| {
            let entry: &crate::catalog::Entry = entry;
            Brief {
                id: entry.id,
                host: state.pages.host(entry),
                last_seen: entry.last_seen,
                passages: entry.passages,
                bytes: entry.bytes(),
            }
        };
        state.pages.iter().filter_map(|(_, entry)| of(brief(entry))).collect()
    }
}

//! The index itself: what goes in, what is taken out, and in which order store and memory change.
//!
//! Every change is: prepare the rows from what memory knows, commit one batch, then apply the same change to
//! memory. A commit that fails therefore changes neither, and a worker that dies after it finds the change in the
//! journal. Changes wait for each other (`writing`), because two that prepare at the same time would each
//! overwrite what the other one commits. Questions wait for nobody, but where a row that they need was just removed.
//!
//! A change costs as many rows as it has to say: pages and their texts (`write`), what their sites repeat (`boilerplate`),
//! vectors (`embed`), and a row of the journal. What makes them searchable for good, checkpoints and merges, is done by [`Index::maintain`] in small steps,
//! when the caller has time (`maintain`); until then it is in memory, and a worker that starts makes it anew from the
//! journal (`open`).

mod boilerplate;
#[cfg(test)]
mod boilerplate_tests;
mod embed;
mod list;
mod maintain;
mod open;
mod read;
mod rebuild;
mod record;
#[cfg(test)]
mod tests;
mod unite;
mod write;

pub use list::Brief;
pub use record::{PageRecord, SpaceVectors};
pub use unite::United;

use crate::error::IndexError;
use crate::page::{PageId, PageInfo};
use crate::query::Counts;
use crate::rows::{AliasRow, PageRow, alias_key};
use crate::search::cache::Cache;
use crate::segment::merge::Merge;
use crate::state::State;
use crate::store::{Store, Table};
use futures::lock::Mutex;
use std::cell::RefCell;

/// Pages and their passages in a [`Store`], searchable by words and by meaning.
///
/// One thread, any number of calls under way at once. There must be one `Index` a store: it alone writes the
/// tables of [`Table::OF_PAGES`]. A future of a changing method must be driven to its end; one that is dropped
/// half-way may have changed the store but not the memory, which then lags until the next `open`.
pub struct Index<S: Store> {
    pub(crate) store: S,
    pub(crate) state: RefCell<State>,
    pub(crate) cache: RefCell<Cache>,
    /// Held by whoever changes the store; inside is the merge under way.
    pub(crate) writing: Mutex<Option<Merge>>,
}

impl<S: Store> Index<S> {
    /// The store, for tables that are not the index's.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Whether a page is there.
    pub fn contains(&self, id: PageId) -> bool {
        self.state.borrow().pages.slot(id).is_some()
    }

    /// When a page was last read, ms since the epoch.
    pub fn last_seen(&self, id: PageId) -> Option<f64> {
        self.state.borrow().pages.find(id).map(|entry| entry.last_seen)
    }

    /// What is known of a page. `None` also if its row is damaged.
    pub async fn page(&self, id: PageId) -> Result<Option<PageInfo>, IndexError> {
        Ok(self.page_rows(&[id]).await?.pop().flatten().map(|row| self.info(id, row)))
    }

    /// What is known of several pages, in the order asked.
    pub async fn pages(&self, ids: &[PageId]) -> Result<Vec<Option<PageInfo>>, IndexError> {
        let rows = self.page_rows(ids).await?;
        Ok(ids.iter().zip(rows).map(|(id, row)| row.map(|row| self.info(*id, row))).collect())
    }

    /// Every page.
    pub fn page_ids(&self) -> Vec<PageId> {
        self.state.borrow().pages.iter().map(|(_, entry)| entry.id).collect()
    }

    /// The page that was seen under this raw URL; of several the one seen last.
    pub async fn find_alias(&self, hash: [u8; 16]) -> Result<Option<PageId>, IndexError> {
        let row = self.store.get(Table::Aliases, &alias_key(hash)).await?;
        let row = row.and_then(|bytes| AliasRow::decode(&bytes).ok()).unwrap_or_default();
        Ok(self.state.borrow().seen_last(row.pages.into_iter()))
    }

    /// Whether a page was seen under each of these raw URLs, in the order asked.
    pub async fn knows_aliases(&self, hashes: &[[u8; 16]]) -> Result<Vec<bool>, IndexError> {
        let keys: Vec<String> = hashes.iter().map(|hash| alias_key(*hash)).collect();
        let rows = self.store.get_many(Table::Aliases, &keys).await?;
        let state = self.state.borrow();
        let known = rows.into_iter().map(|bytes| {
            let row = bytes.and_then(|bytes| AliasRow::decode(&bytes).ok()).unwrap_or_default();
            state.seen_last(row.pages.into_iter()).is_some()
        });
        Ok(known.collect())
    }

    /// How many pages and passages can be found.
    pub fn counts(&self) -> Counts {
        let state = self.state.borrow();
        Counts { pages: state.pages.len(), passages: state.pages.passages() as usize }
    }

    /// The size of all that is kept of pages, keys included, in bytes: rows and segments.
    pub fn stored_bytes(&self) -> u64 {
        self.state.borrow().stored_bytes()
    }

    /// How many rows were found damaged, missing, or of a newer version since the index was opened. Those of pages
    /// stay in the store until their page is inserted again or deleted.
    pub fn corrupt_rows(&self) -> usize {
        self.state.borrow().corrupt
    }

    /// The spaces that have vectors.
    pub fn spaces(&self) -> Vec<String> {
        self.state.borrow().space_names()
    }

    /// The rows of pages, in the order asked; `None` for one that is gone, damaged, or of another text than memory
    /// knows.
    pub(crate) async fn page_rows(&self, ids: &[PageId]) -> Result<Vec<Option<PageRow>>, IndexError> {
        let rows = self.stored_page_rows(ids).await?;
        Ok(ids.iter().zip(rows).map(|(id, bytes)| self.page_row(*id, &bytes?)).collect())
    }

    /// The bytes of the rows of pages, in the order asked.
    async fn stored_page_rows(&self, ids: &[PageId]) -> Result<Vec<Option<Vec<u8>>>, IndexError> {
        let keys: Vec<String> = ids.iter().map(PageId::to_string).collect();
        Ok(self.store.get_many(Table::Pages, &keys).await?)
    }

    fn page_row(&self, id: PageId, bytes: &[u8]) -> Option<PageRow> {
        let row = PageRow::decode(bytes).ok()?;
        let state = self.state.borrow();
        state.pages.find(id).is_some_and(|entry| entry.number == row.number).then_some(row)
    }

    /// A damaged page does not say which text it has, so that its next visit is not taken for unchanged.
    pub(crate) fn info(&self, id: PageId, row: PageRow) -> PageInfo {
        let damaged = self.state.borrow().damaged.contains(&id);
        let mut info = row.into_info(id);
        if damaged {
            info.text_hash = [0; 32];
        }
        info
    }
}

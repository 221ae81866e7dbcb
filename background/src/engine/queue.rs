//! The durable queue: its rows are in the store, only their keys are in memory.

use super::{
    EngineError,
    records::{self, QueuedPage},
};
use afterimage_index::{
    PageId,
    store::{Batch, Store, Table},
};
use std::collections::VecDeque;

/// A row, without its text.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The row's key: the time of capture, then the page, so that keys ascend in time.
    pub key: String,
    /// The page.
    pub page: PageId,
    /// The host of its address.
    pub host: String,
    /// When it was read, ms since the epoch.
    pub seen_at: f64,
    /// SHA-256 of the text.
    pub text_hash: [u8; 32],
    /// The row's size.
    pub bytes: usize,
}

impl Entry {
    fn new(key: String, page: &QueuedPage, bytes: usize) -> Self {
        let host = crate::rules::public_host(&page.url).unwrap_or_default();
        Self { key, page: page.id, host, seen_at: page.seen_at, text_hash: page.text_hash, bytes }
    }
}

/// What waits, oldest first.
#[derive(Debug, Default)]
pub struct Queue {
    entries: VecDeque<Entry>,
}

impl Queue {
    /// Reads the keys of all rows. A row that cannot be read is skipped here and removed by
    /// [`super::Engine::step`] only once a later format could not read it either: never by a reader that
    /// is merely older.
    pub async fn load<S: Store>(store: &S) -> Result<Self, EngineError> {
        let mut entries = VecDeque::new();
        let mut after: Option<String> = None;
        loop {
            let rows = store.scan(Table::Queue, after.as_deref(), 64).await?;
            let Some((last, _)) = rows.last() else {
                return Ok(Self { entries });
            };
            after = Some(last.clone());
            for (key, row) in rows {
                if let Some(page) = records::decode_queued(&row) {
                    entries.push_back(Entry::new(key, &page, row.len()));
                }
            }
        }
    }

    /// How many pages wait.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Bytes of all rows.
    pub fn bytes(&self) -> usize {
        self.bytes_of(|_| true)
    }

    /// Bytes of some rows.
    pub fn bytes_of(&self, wanted: impl Fn(&Entry) -> bool) -> usize {
        self.entries.iter().filter(|entry| wanted(entry)).map(|entry| entry.bytes).sum()
    }

    /// The pages of some rows, each once.
    pub fn pages_where(&self, wanted: impl Fn(&Entry) -> bool) -> Vec<PageId> {
        let mut pages: Vec<PageId> =
            self.entries.iter().filter(|entry| wanted(entry)).map(|entry| entry.page).collect();
        pages.sort_unstable();
        pages.dedup();
        pages
    }

    /// The oldest.
    pub fn first(&self) -> Option<Entry> {
        self.entries.front().cloned()
    }

    /// The newest capture of a page.
    pub fn newest(&self, page: PageId) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| entry.page == page)
    }

    /// The keys of all captures of a page.
    pub fn keys_of(&self, page: PageId) -> impl Iterator<Item = &String> {
        self.entries.iter().filter(move |entry| entry.page == page).map(|entry| &entry.key)
    }

    /// Removes entries whose rows are gone.
    pub fn remove(&mut self, gone: impl Fn(&Entry) -> bool) {
        self.entries.retain(|entry| !gone(entry));
    }

    /// Adds an entry whose row was committed; it stands for every earlier capture of its page.
    pub fn push(&mut self, entry: Entry) {
        let page = entry.page;
        self.remove(|earlier| earlier.page == page);
        self.entries.push_back(entry);
    }

    /// The row and the entry of a page, and the batch that writes it in place of earlier captures.
    pub fn plan(&self, page: &QueuedPage) -> Option<(Entry, Batch)> {
        let key = format!("{:015}-{}", page.seen_at.max(0.0) as u64, page.id);
        let row = records::encode_queued(page)?;
        let entry = Entry::new(key.clone(), page, row.len());
        let mut batch = Batch::new();
        for earlier in self.keys_of(page.id) {
            batch.delete(Table::Queue, earlier.clone());
        }
        batch.put(Table::Queue, key, row);
        Some((entry, batch))
    }
}

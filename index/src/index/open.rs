//! From the store to memory.
//!
//! The catalog and the resident parts of the segments are read, then what the journal names. A part that is damaged
//! costs time, never pages: whatever is derived is made again from the rows of pages, texts and vectors. Where a piece
//! of the page table or the journal is lost, rows of pages are read again at once, so that every page is known; words
//! and codes that are in no segment any more follow in the steps of [`Index::maintain`] (`rebuild`).

use super::Index;
use crate::catalog::{JOURNAL, JournalRow, MANIFEST, Manifest, PIECES, VectorsAdded, piece_key, piece_of};
use crate::error::IndexError;
use crate::page::PageId;
use crate::rows::{PageRow, VectorRow, chunks, of_page, parse_page_key, space_key, vector_key};
use crate::search::cache::Cache;
use crate::segment::Segment;
use crate::sort::{gather, sort};
use crate::state::State;
use crate::store::{Batch, Store, Table};
use futures::lock::Mutex;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Rows read at once.
const ROWS_AT_ONCE: usize = 256;

impl<S: Store> Index<S> {
    /// Reads the store. What cannot be read is set aside (see [`Index::corrupt_rows`]); only a failing store is an
    /// error.
    pub async fn open(store: S) -> Result<Self, IndexError> {
        let index = Self {
            store,
            state: RefCell::new(State::default()),
            cache: RefCell::new(Cache::default()),
            writing: Mutex::new(None),
        };
        let journal = index.load_catalog().await?;
        index.state.borrow_mut().pages.sort();
        index.load_segments().await?;
        index.replay(journal).await?;
        Ok(index)
    }

    /// Manifest and page table; gives the journal.
    async fn load_catalog(&self) -> Result<Vec<JournalRow>, IndexError> {
        let rows = self.scan(Table::Catalog, "").await?;
        let mut journal = Vec::new();
        let mut pieces: BTreeMap<&str, &[u8]> = BTreeMap::new();
        let mut lost_journal = false;
        let mut manifest = None;
        for (key, bytes) in &rows {
            if let Some(sequence) = key.strip_prefix(JOURNAL) {
                let mut state = self.state.borrow_mut();
                state.journal.push(key.clone());
                let next = sequence.parse::<u64>().map_or(0, |sequence| sequence.saturating_add(1));
                state.manifest.next_journal = state.manifest.next_journal.max(next);
                match JournalRow::decode(bytes) {
                    Ok(row) => journal.push(row),
                    Err(_) => lost_journal = true,
                }
            } else if key == MANIFEST {
                manifest = Some(Manifest::decode(bytes));
            } else {
                pieces.insert(key, bytes);
            }
        }
        let next_journal = self.state.borrow().manifest.next_journal;
        match manifest {
            Some(Ok(manifest)) if !lost_journal => {
                let next_journal = manifest.next_journal.max(next_journal);
                self.state.borrow_mut().manifest = Manifest { next_journal, ..manifest };
            }
            // No checkpoint yet: a new store, or one of version 1.
            None if !lost_journal && pieces.is_empty() => {
                self.read_pages().await?;
                if self.state.borrow().pages.len() > 0 {
                    self.lost_something();
                }
                return Ok(journal);
            }
            _ => {
                self.start_over().await?;
                return Ok(Vec::new());
            }
        }
        let mut some_lost = false;
        for piece in 0..PIECES {
            let piece = piece as u8;
            let Some(bytes) = pieces.get(piece_key(piece).as_str()) else { continue };
            let read = self.state.borrow_mut().pages.decode_piece(piece, bytes);
            if read.is_err() {
                self.state.borrow_mut().corrupt += 1;
                some_lost = true;
            }
        }
        let missing = {
            let state = self.state.borrow();
            state.pages.len() != state.manifest.pages as usize
        };
        if missing || some_lost {
            if !some_lost {
                self.state.borrow_mut().corrupt += 1;
            }
            self.lost_something();
            // Not only those of a piece that is damaged: another may be missing, and how many pages it had is not known.
            self.read_pages().await?;
        }
        Ok(journal)
    }

    /// It is not known any more which segments there are, or what changed: nothing derived is kept, and all rows of
    /// pages are read.
    async fn start_over(&self) -> Result<(), IndexError> {
        let mut batch = Batch::new();
        batch.delete_prefix(Table::Catalog, "");
        batch.delete_prefix(Table::Segments, "");
        self.store.commit(batch).await?;
        {
            let mut state = self.state.borrow_mut();
            state.journal.clear();
            state.corrupt += 1;
        }
        self.read_pages().await?;
        self.lost_something();
        Ok(())
    }

    /// Takes every row of pages in.
    async fn read_pages(&self) -> Result<(), IndexError> {
        for (key, bytes) in self.scan(Table::Pages, "").await? {
            let mut state = self.state.borrow_mut();
            match (parse_page_key(&key), PageRow::decode(&bytes)) {
                (Some(id), Ok(row)) => {
                    state.manifest.next_number = state.manifest.next_number.max(row.number.saturating_add(1));
                    state.pages.put(id, &row, key.len() + bytes.len());
                    state.changed_pieces.insert(piece_of(id));
                }
                _ => state.corrupt += 1,
            }
        }
        Ok(())
    }

    /// All rows whose keys begin with `prefix`.
    pub(super) async fn scan(
        &self,
        table: Table,
        prefix: &str,
    ) -> Result<Vec<(String, Vec<u8>)>, IndexError> {
        let mut all = Vec::new();
        // Keys are ASCII, and longer than their prefix: the first that is not before all of them.
        let mut after = Some(prefix.to_owned()).filter(|prefix| !prefix.is_empty());
        loop {
            let rows = self.store.scan(table, after.as_deref(), ROWS_AT_ONCE).await?;
            let Some((last, _)) = rows.last() else { break };
            let is_last = rows.len() < ROWS_AT_ONCE || !last.starts_with(prefix);
            after = Some(last.clone());
            all.extend(rows.into_iter().filter(|(key, _)| key.starts_with(prefix)));
            if is_last {
                break;
            }
        }
        Ok(all)
    }

    /// Something derived is lost: it is to be made again.
    pub(super) fn lost_something(&self) {
        let mut state = self.state.borrow_mut();
        state.manifest.rebuild = true;
        state.manifest_changed = true;
    }

    async fn load_segments(&self) -> Result<(), IndexError> {
        let entries = self.state.borrow().manifest.segments.clone();
        for entry in entries {
            let id = entry.id;
            let table = std::mem::take(&mut self.state.borrow_mut().pages);
            let loaded = Segment::load(&self.store, entry, &table).await;
            self.state.borrow_mut().pages = table;
            match loaded? {
                Ok(segment) => self.state.borrow_mut().add_segment(segment),
                Err(_) => {
                    let mut state = self.state.borrow_mut();
                    state.corrupt += 1;
                    state.manifest.garbage.insert(id);
                    drop(state);
                    self.lost_something();
                }
            }
        }
        Ok(())
    }

    /// Brings memory up to what the journal says.
    async fn replay(&self, journal: Vec<JournalRow>) -> Result<(), IndexError> {
        let ids: BTreeSet<PageId> = gather(journal.iter().flat_map(|row| row.pages.iter().copied()));
        let ids: Vec<PageId> = ids.into_iter().collect();
        let keys: Vec<String> = ids.iter().map(PageId::to_string).collect();
        let rows = self.store.get_many(Table::Pages, &keys).await?;
        let mut came: Vec<(u32, PageId)> = Vec::new();
        for ((id, key), bytes) in ids.iter().zip(keys).zip(rows) {
            let mut state = self.state.borrow_mut();
            state.changed_pieces.insert(piece_of(*id));
            let Some(bytes) = bytes else {
                state.remove_page(*id);
                state.deleted = true;
                continue;
            };
            let Ok(row) = PageRow::decode(&bytes) else {
                state.remove_page(*id);
                state.corrupt += 1;
                continue;
            };
            state.manifest.next_number = state.manifest.next_number.max(row.number.saturating_add(1));
            if state.pages.find(*id).is_some_and(|known| known.number != row.number) {
                state.remove_page(*id);
            }
            state.pages.put(*id, &row, key.len() + bytes.len());
            if !state.has_words(row.number) {
                came.push((row.number, *id));
            }
        }
        sort(&mut came);
        for (_, id) in came {
            self.take_in_words(id).await?;
        }
        let added: Vec<VectorsAdded> = journal.into_iter().flat_map(|row| row.vectors).collect();
        let keys: Vec<String> = (added.iter())
            .map(|added| vector_key(added.page, &space_key(&added.space), added.chunk))
            .collect();
        let rows = self.store.get_many(Table::Vectors, &keys).await?;
        for (added, bytes) in added.iter().zip(rows) {
            let alive = self.state.borrow().pages.slot_of_number(added.number).is_some();
            if !alive {
                continue;
            }
            match bytes.map(|bytes| VectorRow::decode(&bytes)) {
                Some(Ok(row)) if row.number == added.number && row.space == added.space => {
                    let vectors = row.of_chunk(added.chunk).filter(|(n, _)| added.ordinals.contains(n));
                    self.take_in(added, vectors);
                }
                // Dropped with its space, or damaged: to be embedded again.
                Some(Err(_)) => self.state.borrow_mut().corrupt += 1,
                _ => {}
            }
        }
        Ok(())
    }

    /// Adds the words of a page, from its rows, to what is new. One that cannot be read is set aside.
    pub(super) async fn take_in_words(&self, id: PageId) -> Result<(), IndexError> {
        let passages = self.state.borrow().pages.find(id).map_or(0, |entry| entry.passages);
        let wanted: Vec<(PageId, u32)> = (0..chunks(passages) as u32).map(|chunk| (id, chunk)).collect();
        let keys: Vec<String> =
            wanted.iter().map(|(_, chunk)| format!("{}{chunk:06}", of_page(id))).collect();
        let texts = self.read_texts(&wanted).await?;
        let sizes = self.store.get_many(Table::Passages, &keys).await?;
        let bytes: usize =
            keys.iter().zip(sizes).map(|(key, row)| row.map_or(0, |row| key.len() + row.len())).sum();
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let Some(slot) = state.pages.slot(id) else { return Ok(()) };
        let Some((number, titled)) = state.pages.get(slot).map(|entry| (entry.number, entry.titled)) else {
            return Ok(());
        };
        // A row that cannot be read has no words; those after it keep their place.
        let rows: Vec<Vec<String>> = texts.into_values().map(Option::unwrap_or_default).collect();
        state.pages.update(slot, |entry| entry.text_bytes = bytes as u32);
        if !state.fresh.has(number) {
            state.fresh.add_page(number, slot, titled, &rows);
        }
        Ok(())
    }
}

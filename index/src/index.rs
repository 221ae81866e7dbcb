//! The index itself: what goes in, what is taken out, and in which order store and memory change.
//!
//! Every change is: prepare the rows from what memory knows, commit one batch, then apply the same change to
//! memory. A commit that fails therefore changes nothing, and a worker that dies after it rebuilds memory from
//! the store. Changes wait for each other (`writing`), because two that prepare at the same time would each
//! overwrite what the other one commits. Questions wait for nobody.

use crate::error::IndexError;
use crate::memory::Memory;
use crate::page::{Missing, NewPage, PageId, PageInfo, PassageRef, Unembedded};
use crate::query::Counts;
use crate::records::{
    ChunkRow, MAX_PAGE_TEXT, PASSAGES_PER_ROW, PageRow, Unreadable, chunk_key, parse_chunk_key,
    parse_page_key, passages_prefix,
};
use crate::store::{Batch, Store, Table};
use crate::vector::Vector;
use futures::lock::Mutex;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Rows read at once when the index is opened: some 600 KB.
const ROWS_AT_ONCE: usize = 64;

/// What a passage counts beyond its text towards the limit of a page: bounds their number.
const PASSAGE_OVERHEAD: usize = 16;

/// Pages and their passages in a [`Store`], searchable by words and by meaning.
///
/// One thread, any number of calls under way at once. There must be one `Index` a store: it alone writes the
/// tables `pages` and `passages`. A future of a changing method must be driven to its end; one that is dropped
/// half-way may have changed the store but not the memory, which then lags until the next `open`.
pub struct Index<S: Store> {
    pub(crate) store: S,
    pub(crate) memory: RefCell<Memory>,
    writing: Mutex<()>,
}

impl<S: Store> Index<S> {
    /// Reads the store. A row that cannot be read is set aside (see [`Index::corrupt_rows`]); only a failing
    /// store is an error.
    pub async fn open(store: S) -> Result<Self, IndexError> {
        let mut memory = Memory::default();
        let mut after: Option<String> = None;
        loop {
            let rows = store.scan(Table::Pages, after.as_deref(), ROWS_AT_ONCE).await?;
            let Some((last, _)) = rows.last() else { break };
            after = Some(last.clone());
            for (key, bytes) in rows {
                match (parse_page_key(&key), PageRow::decode(&bytes)) {
                    (Some(id), Ok(row)) => memory.put_page(id, row, key.len() + bytes.len()),
                    _ => memory.corrupt += 1,
                }
            }
        }
        after = None;
        loop {
            let rows = store.scan(Table::Passages, after.as_deref(), ROWS_AT_ONCE).await?;
            let Some((last, _)) = rows.last() else { break };
            after = Some(last.clone());
            for (key, bytes) in rows {
                load_chunk(&mut memory, &key, &bytes);
            }
        }
        memory.count_missing();
        Ok(Self { store, memory: RefCell::new(memory), writing: Mutex::new(()) })
    }

    /// The store, for tables that are not the index's.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// What is known of a page.
    pub fn page(&self, id: PageId) -> Option<PageInfo> {
        self.memory.borrow().pages.get(&id).map(|page| page.info.clone())
    }

    /// Every page.
    pub fn page_ids(&self) -> Vec<PageId> {
        self.memory.borrow().pages.keys().copied().collect()
    }

    /// The page that was seen under this raw URL; of several the one seen last.
    pub fn find_alias(&self, hash: [u8; 16]) -> Option<PageId> {
        self.memory.borrow().find_alias(hash)
    }

    /// How many pages and passages can be found.
    pub fn counts(&self) -> Counts {
        let memory = self.memory.borrow();
        Counts { pages: memory.pages.len(), passages: memory.words.living() }
    }

    /// The size of all usable rows of pages and passages in the store, keys included, in bytes.
    pub fn stored_bytes(&self) -> u64 {
        self.memory.borrow().stored_bytes()
    }

    /// How many rows were set aside since the index was opened: damaged, missing, or of a newer version. They
    /// stay in the store until their page is inserted again or deleted.
    pub fn corrupt_rows(&self) -> usize {
        self.memory.borrow().corrupt
    }

    /// Keeps a page, in place of an earlier text of the same identifier: its first visit and its aliases are
    /// kept, its visits counted, its vectors gone with its text. `also` commits in the same transaction and
    /// must leave the tables `pages` and `passages` alone.
    pub async fn insert(&self, page: NewPage, also: Batch) -> Result<(), IndexError> {
        check_time(page.seen_at)?;
        let titled = !page.title.trim().is_empty();
        let mut texts: Vec<String> = Vec::with_capacity(page.passages.len() + 1);
        if titled {
            texts.push(page.title.clone());
        }
        texts.extend(page.passages.into_iter().filter(|text| !text.trim().is_empty()));
        let bytes = page.title.len() + texts.iter().map(|text| text.len() + PASSAGE_OVERHEAD).sum::<usize>();
        if bytes > MAX_PAGE_TEXT {
            return Err(IndexError::PageTooLarge { bytes, limit: MAX_PAGE_TEXT });
        }

        let _alone = self.writing.lock().await;
        let before = self.page(page.id);
        let mut info = PageInfo {
            id: page.id,
            url: page.url,
            title: page.title,
            language: page.language,
            text_hash: page.text_hash,
            first_seen: before.as_ref().map_or(page.seen_at, |before| before.first_seen.min(page.seen_at)),
            last_seen: before.as_ref().map_or(page.seen_at, |before| before.last_seen.max(page.seen_at)),
            visits: before.as_ref().map_or(1, |before| before.visits.saturating_add(1)),
            aliases: before.map_or_else(Vec::new, |before| before.aliases),
            passages: texts.len() as u32,
        };
        page.aliases.into_iter().for_each(|alias| add_alias(&mut info.aliases, alias));
        let generation = self.memory.borrow_mut().new_generation();

        let mut batch = Batch::new();
        batch.delete_prefix(Table::Passages, passages_prefix(page.id));
        let mut rows: Vec<(ChunkRow, usize)> = Vec::new();
        for (chunk, texts) in texts.chunks(PASSAGES_PER_ROW).enumerate() {
            let mut stored: Vec<&str> = texts.iter().map(String::as_str).collect();
            if titled && chunk == 0 {
                stored[0] = "";
            }
            let row = ChunkRow::new(generation, &stored)?;
            let (key, bytes) = (chunk_key(page.id, chunk), row.encode()?);
            rows.push((row, key.len() + bytes.len()));
            batch.put(Table::Passages, key, bytes);
        }
        let row = PageRow::new(&info, generation, titled);
        let row_bytes = put_page(&mut batch, page.id, &row)?;
        batch.ops.extend(also.ops);
        self.store.commit(batch).await?;

        let mut memory = self.memory.borrow_mut();
        memory.put_page(page.id, row, row_bytes);
        for (chunk, ((row, bytes), texts)) in rows.iter().zip(texts.chunks(PASSAGES_PER_ROW)).enumerate() {
            memory.put_chunk(page.id, chunk, row, texts, *bytes);
        }
        Ok(())
    }

    /// Counts a visit of a page whose text is unchanged. `false` if the page is not there; then nothing is
    /// committed, `also` neither.
    pub async fn visit(
        &self,
        id: PageId,
        seen_at: f64,
        alias: Option<[u8; 16]>,
        also: Batch,
    ) -> Result<bool, IndexError> {
        check_time(seen_at)?;
        let _alone = self.writing.lock().await;
        let known =
            self.memory.borrow().pages.get(&id).map(|page| (page.info.clone(), page.generation, page.titled));
        let Some((mut info, generation, titled)) = known else { return Ok(false) };
        info.first_seen = info.first_seen.min(seen_at);
        info.last_seen = info.last_seen.max(seen_at);
        info.visits = info.visits.saturating_add(1);
        alias.into_iter().for_each(|alias| add_alias(&mut info.aliases, alias));
        let mut batch = Batch::new();
        let row_bytes = put_page(&mut batch, id, &PageRow::new(&info, generation, titled))?;
        batch.ops.extend(also.ops);
        self.store.commit(batch).await?;
        self.memory.borrow_mut().update_page(info, row_bytes);
        Ok(true)
    }

    /// Deletes pages and everything kept of them; returns how many were there. Rows of an identifier that
    /// could not be read are deleted too, and `also` commits in any case.
    pub async fn delete(&self, ids: &[PageId], also: Batch) -> Result<usize, IndexError> {
        let _alone = self.writing.lock().await;
        let mut batch = Batch::new();
        for id in ids {
            batch.delete(Table::Pages, id.to_string());
            batch.delete_prefix(Table::Passages, passages_prefix(*id));
        }
        batch.ops.extend(also.ops);
        self.store.commit(batch).await?;
        let mut memory = self.memory.borrow_mut();
        Ok(ids.iter().filter(|id| memory.remove_page(**id)).count())
    }

    /// How many passages lack such a vector.
    pub fn unembedded<'a>(&self, missing: impl Into<Missing<'a>>) -> usize {
        self.memory.borrow().unembedded(missing.into()).iter().map(|(_, ordinals)| ordinals.len()).sum()
    }

    /// Up to `limit` passages that lack such a vector: of the page seen last first, in order. Empty means
    /// that there are none.
    pub async fn next_unembedded<'a>(
        &self,
        missing: impl Into<Missing<'a>>,
        limit: usize,
    ) -> Result<Vec<Unembedded>, IndexError> {
        let missing = missing.into();
        // Alone, so that a row that is not as memory says is damaged, not just being replaced.
        let _alone = self.writing.lock().await;
        loop {
            let wanted: Vec<PassageRef> = (self.memory.borrow().unembedded(missing).into_iter())
                .flat_map(|(page, ordinals)| {
                    let (page, generation) = (page.info.id, page.generation);
                    ordinals.into_iter().map(move |ordinal| PassageRef { page, ordinal, generation })
                })
                .take(limit)
                .collect();
            let found = self.read_passages(&wanted).await?;
            for (passage, text) in wanted.iter().zip(&found) {
                if text.is_none() {
                    self.memory.borrow_mut().set_aside(passage.page, chunk_of(passage.ordinal));
                }
            }
            let readable: Vec<Unembedded> = (wanted.iter().zip(found))
                .filter_map(|(passage, text)| Some(Unembedded { passage: *passage, text: text? }))
                .collect();
            // Where all of them were damaged, others may follow.
            if !readable.is_empty() || wanted.is_empty() {
                return Ok(readable);
            }
        }
    }

    /// Keeps vectors, in one transaction, each in place of the vector that its passage had (also of another
    /// space: a passage has one vector). Those whose page or text is gone are ignored. Returns how many
    /// passages got one.
    pub async fn set_vectors(
        &self,
        space: &str,
        vectors: Vec<(PassageRef, Vec<f32>)>,
    ) -> Result<usize, IndexError> {
        let dimensions = vectors.first().map_or(0, |(_, values)| values.len());
        let mut by_row: BTreeMap<(PageId, usize), BTreeMap<u32, (u32, Vector)>> = BTreeMap::new();
        for (passage, values) in &vectors {
            if values.len() != dimensions {
                let (space, got) = (space.to_owned(), values.len());
                return Err(IndexError::DimensionMismatch { space, expected: dimensions, got });
            }
            let vector = (passage.generation, Vector::quantise(values)?);
            by_row
                .entry((passage.page, chunk_of(passage.ordinal)))
                .or_default()
                .insert(passage.ordinal, vector);
        }

        let _alone = self.writing.lock().await;
        {
            let memory = self.memory.borrow();
            if !vectors.is_empty() {
                memory.check_dimensions(space, dimensions)?;
            }
            by_row.retain(|(id, _), vectors| {
                let Some(page) = memory.pages.get(id) else { return false };
                vectors.retain(|ordinal, (generation, _)| {
                    *generation == page.generation && memory.slot(page, *ordinal).is_some()
                });
                !vectors.is_empty()
            });
        }
        if by_row.is_empty() {
            return Ok(0);
        }
        let keys: Vec<String> = by_row.keys().map(|(page, chunk)| chunk_key(*page, *chunk)).collect();
        let rows = self.store.get_many(Table::Passages, &keys).await?;
        let mut batch = Batch::new();
        let mut sizes = Vec::with_capacity(rows.len());
        for ((((id, chunk), vectors), key), bytes) in by_row.iter().zip(keys).zip(rows) {
            let generation = self.memory.borrow().pages.get(id).map(|page| page.generation);
            let row = bytes.and_then(|bytes| ChunkRow::decode(&bytes).ok());
            let Some(mut row) = row.filter(|row| Some(row.generation) == generation) else {
                self.memory.borrow_mut().set_aside(*id, *chunk);
                continue;
            };
            for (ordinal, (_, vector)) in vectors {
                if let Some(place) = row.vectors.get_mut(*ordinal as usize % PASSAGES_PER_ROW) {
                    *place = Some((space.to_owned(), vector.clone()));
                }
            }
            let bytes = row.encode()?;
            sizes.push((*id, *chunk, key.len() + bytes.len()));
            batch.put(Table::Passages, key, bytes);
        }
        if batch.ops.is_empty() {
            return Ok(0);
        }
        self.store.commit(batch).await?;

        let mut memory = self.memory.borrow_mut();
        let mut stored = 0;
        for (id, chunk, bytes) in sizes {
            memory.resize_chunk(id, chunk, bytes);
            for (ordinal, (_, vector)) in by_row.remove(&(id, chunk)).unwrap_or_default() {
                let slot = memory.pages.get(&id).and_then(|page| memory.slot(page, ordinal));
                if let Some(slot) = slot {
                    memory.set_vector(slot, space, vector);
                    stored += 1;
                }
            }
        }
        Ok(stored)
    }

    /// The texts of passages, in their order; `None` for one that is gone or cannot be read.
    pub(crate) async fn read_passages(
        &self,
        wanted: &[PassageRef],
    ) -> Result<Vec<Option<String>>, IndexError> {
        let mut rows: BTreeMap<(PageId, usize), Option<Vec<String>>> =
            wanted.iter().map(|passage| ((passage.page, chunk_of(passage.ordinal)), None)).collect();
        let keys: Vec<String> = rows.keys().map(|(page, chunk)| chunk_key(*page, *chunk)).collect();
        let found = self.store.get_many(Table::Passages, &keys).await?;
        let memory = self.memory.borrow();
        for (((id, chunk), texts), bytes) in rows.iter_mut().zip(found) {
            let (Some(page), Some(bytes)) = (memory.pages.get(id), bytes) else { continue };
            let row = ChunkRow::decode(&bytes).ok().filter(|row| row.generation == page.generation);
            *texts = row.and_then(|row| complete_texts(&row, *chunk, page.titled, &page.info.title).ok());
        }
        let text = |passage: &PassageRef| {
            let page = memory.pages.get(&passage.page)?;
            let texts = rows.get(&(passage.page, chunk_of(passage.ordinal)))?.as_ref()?;
            let text = texts.get(passage.ordinal as usize % PASSAGES_PER_ROW)?;
            (page.generation == passage.generation).then(|| text.clone())
        };
        Ok(wanted.iter().map(text).collect())
    }
}

/// Takes one row of `passages` into memory, or counts it as corrupt.
fn load_chunk(memory: &mut Memory, key: &str, bytes: &[u8]) {
    let known = parse_chunk_key(key).and_then(|(id, chunk)| {
        Some((id, chunk, memory.pages.get(&id).filter(|page| chunk < page.chunks())?))
    });
    let Some((id, chunk, page)) = known else {
        memory.corrupt += 1;
        return;
    };
    // A row that belongs to a known page and cannot be used is counted by `count_missing`.
    let Ok(row) = ChunkRow::decode(bytes) else { return };
    let Ok(texts) = complete_texts(&row, chunk, page.titled, &page.info.title) else { return };
    memory.put_chunk(id, chunk, &row, &texts, key.len() + bytes.len());
}

/// The texts of a row, with the title, which is kept in its page's row, put back in its place.
fn complete_texts(
    row: &ChunkRow,
    chunk: usize,
    titled: bool,
    title: &str,
) -> Result<Vec<String>, Unreadable> {
    let mut texts = row.texts()?;
    if titled && chunk == 0 {
        *texts.first_mut().ok_or(Unreadable)? = title.to_owned();
    }
    Ok(texts)
}

/// Adds a page's row to a batch; returns its size, key included.
fn put_page(batch: &mut Batch, id: PageId, row: &PageRow) -> Result<usize, IndexError> {
    let (key, bytes) = (id.to_string(), row.encode()?);
    let size = key.len() + bytes.len();
    batch.put(Table::Pages, key, bytes);
    Ok(size)
}

/// The row that holds a passage.
fn chunk_of(ordinal: u32) -> usize {
    ordinal as usize / PASSAGES_PER_ROW
}

fn check_time(time: f64) -> Result<(), IndexError> {
    if time.is_finite() { Ok(()) } else { Err(IndexError::BadTime) }
}

/// Adds an alias, once.
fn add_alias(aliases: &mut Vec<[u8; 16]>, alias: [u8; 16]) {
    if !aliases.contains(&alias) {
        aliases.push(alias);
    }
}

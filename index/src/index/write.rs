//! Pages come, are seen again, and go.

use super::Index;
use crate::catalog::{JournalRow, MANIFEST, journal_key, piece_of};
use crate::error::IndexError;
use crate::near::fingerprint;
use crate::page::{NewPage, NewText, PageId, PageInfo};
use crate::query::host;
use crate::rows::{
    AliasRow, MAX_PAGE_TEXT, PASSAGE_OVERHEAD, PASSAGES_PER_ROW, PageRow, TextRow, alias_key, of_page,
    parse_alias_key, text_key,
};
use crate::segment::fresh::count_words;
use crate::segment::merge::Merge;
use crate::sort::gather;
use crate::store::{Batch, Store, Table};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// A page on its way in.
pub(super) struct Incoming {
    pub page: NewPage,
    /// Its text, if its passages are yet to be made.
    pub text: Option<String>,
    /// When it was seen first.
    pub first_seen: f64,
    /// How often it was seen, besides what is known.
    pub visits: u32,
}

impl From<NewPage> for Incoming {
    fn from(page: NewPage) -> Self {
        Self { text: None, first_seen: page.seen_at, visits: 1, page }
    }
}

/// When what segments hold of an earlier text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purge {
    /// With a merge, by and by.
    Later,
    /// As after a deletion: [`Index::maintain`] does it first, [`Index::purge`] at once.
    Marked,
}

/// The same, checked, with its texts cut into rows.
struct Prepared {
    page: NewPage,
    titled: bool,
    /// The title's included.
    rows: Vec<Vec<String>>,
}

impl<S: Store> Index<S> {
    /// Keeps a page, in place of an earlier text of the same identifier: its first visit and its aliases are
    /// kept, its visits counted, its vectors gone with its text. `also` commits in the same transaction and
    /// must leave the index's tables alone.
    pub async fn insert(&self, page: NewPage, also: Batch) -> Result<(), IndexError> {
        self.insert_many(vec![page], also).await
    }

    /// As [`Index::insert`], several pages in one transaction. Of two with the same identifier the later one counts.
    pub async fn insert_many(&self, pages: Vec<NewPage>, also: Batch) -> Result<(), IndexError> {
        let pages = pages.into_iter().map(Incoming::from).collect();
        self.write(pages, &|_| Vec::new(), Purge::Later, also).await
    }

    /// As [`Index::insert_many`], pages that were visited so often before they came here.
    pub async fn insert_visited(&self, pages: Vec<(NewPage, u32)>, also: Batch) -> Result<(), IndexError> {
        let visited = |(page, visits)| Incoming { visits, ..Incoming::from(page) };
        self.write(pages.into_iter().map(visited).collect(), &|_| Vec::new(), Purge::Later, also).await
    }

    /// As [`Index::insert_many`], but from texts: lines that three other pages of the same host have are left out, and
    /// `split` makes passages of the rest.
    pub async fn insert_texts(
        &self,
        texts: Vec<NewText>,
        split: &dyn Fn(&str) -> Vec<String>,
        also: Batch,
    ) -> Result<(), IndexError> {
        let with_text = |new: NewText| Incoming { text: Some(new.text), ..Incoming::from(new.page) };
        self.write(texts.into_iter().map(with_text).collect(), split, Purge::Later, also).await
    }

    /// Writes pages; of two with the same identifier the later one.
    pub(super) async fn write(
        &self,
        pages: Vec<Incoming>,
        split: &dyn Fn(&str) -> Vec<String>,
        purge: Purge,
        also: Batch,
    ) -> Result<(), IndexError> {
        let pages: BTreeMap<PageId, Incoming> =
            gather(pages.into_iter().map(|incoming| (incoming.page.id, incoming)));
        let ids: Vec<PageId> = pages.keys().copied().collect();

        let mut merge = self.writing.lock().await;
        let with_text = pages.values().filter(|incoming| incoming.text.is_some());
        let of_texts = with_text.map(|incoming| host(&incoming.page.url).to_owned());
        let of_earlier = ids.iter().filter_map(|id| self.earlier(*id)).map(|earlier| earlier.0);
        let mut sites = self.sites(of_texts.chain(of_earlier).collect()).await?;
        let before = self.stored_page_rows(&ids).await?;
        let mut batch = Batch::new();
        let holding = match purge {
            Purge::Later => Vec::new(),
            Purge::Marked => self.mark_for_purge(&ids, &mut batch)?,
        };
        let mut aliases = Aliases::default();
        let mut prepared = Vec::with_capacity(ids.len());
        let mut written = Vec::with_capacity(ids.len());
        for (incoming, before) in pages.into_values().zip(before) {
            let Incoming { mut page, text, first_seen, visits } = incoming;
            let number = self.state.borrow_mut().new_number();
            let whole = text.as_deref().unwrap_or_default();
            let own = sites.learn(&page.url, number, self.earlier(page.id), whole);
            if text.is_some() {
                page.passages = split(&own);
            }
            let new = prepare(page)?;
            // Also what memory does not know, as it could not be read.
            let is_new = before.is_none() && !self.contains(new.page.id);
            let before = before.and_then(|bytes| self.page_row(new.page.id, &bytes));
            let row = page_row(&new, before, number, first_seen, visits);
            aliases.add(new.page.id, &row.aliases);
            // A third of the time that a page of a title alone takes, which most of a history are.
            if !is_new {
                batch.delete_prefix(Table::Passages, of_page(new.page.id));
                batch.delete_prefix(Table::Vectors, of_page(new.page.id));
            }
            let mut text_bytes = 0;
            for (chunk, texts) in (0..).zip(&new.rows) {
                let mut stored: Vec<&str> = texts.iter().map(String::as_str).collect();
                if new.titled && chunk == 0 {
                    stored[0] = "";
                }
                let key = text_key(new.page.id, chunk);
                let bytes = TextRow::new(number, &stored)?.encode()?;
                text_bytes += key.len() + bytes.len();
                batch.put(Table::Passages, key, bytes);
            }
            let row_bytes = put_page(&mut batch, new.page.id, &row)?;
            written.push((row, row_bytes, text_bytes));
            prepared.push(new);
        }
        sites.put(&mut batch)?;
        self.put_aliases(aliases, &mut batch).await?;
        let journal = self.journal(JournalRow { pages: ids, ..JournalRow::default() }, &mut batch)?;
        batch.ops.extend(also.ops);
        self.store.commit(batch).await?;

        self.marked(&mut merge, holding);
        let mut state = self.state.borrow_mut();
        state.journal.push(journal);
        state.deleted |= purge == Purge::Marked;
        for (prepared, (row, row_bytes, text_bytes)) in prepared.iter().zip(written) {
            let id = prepared.page.id;
            // A text that was replaced stays in its segments, dead, until they are merged.
            state.remove_page(id);
            state.damaged.remove(&id);
            let slot = state.pages.put(id, &row, row_bytes);
            state.pages.update(slot, |entry| entry.text_bytes = text_bytes as u32);
            state.fresh.add_page(row.number, slot, prepared.titled, &prepared.rows);
            state.changed_pieces.insert(piece_of(id));
        }
        Ok(())
    }

    /// Counts a visit of a page whose text is unchanged. `false` if the page is not there, or cannot be read; then
    /// nothing is committed, `also` neither.
    pub async fn visit(
        &self,
        id: PageId,
        seen_at: f64,
        alias: Option<[u8; 16]>,
        also: Batch,
    ) -> Result<bool, IndexError> {
        check_time(seen_at)?;
        let read = |row: &mut PageRow| row.visits = row.visits.saturating_add(1);
        self.touch(id, seen_at, alias, read, also).await
    }

    /// Notes that a page was visited, but not read.
    pub async fn pass_by(&self, id: PageId, seen_at: f64) -> Result<bool, IndexError> {
        check_time(seen_at)?;
        self.touch(id, seen_at, None, |_| (), Batch::new()).await
    }

    async fn touch(
        &self,
        id: PageId,
        seen_at: f64,
        alias: Option<[u8; 16]>,
        change: impl FnOnce(&mut PageRow),
        also: Batch,
    ) -> Result<bool, IndexError> {
        let _alone = self.writing.lock().await;
        let Some(mut row) = self.page_rows(&[id]).await?.pop().flatten() else { return Ok(false) };
        row.first_seen = row.first_seen.min(seen_at);
        row.last_seen = row.last_seen.max(seen_at);
        change(&mut row);
        if self.state.borrow().damaged.contains(&id) {
            row.text_hash = [0; 32];
        }
        let mut batch = Batch::new();
        let mut aliases = Aliases::default();
        if let Some(alias) = alias.filter(|alias| !row.aliases.contains(alias)) {
            row.aliases.push(alias);
            aliases.add(id, &[alias]);
        }
        let row_bytes = put_page(&mut batch, id, &row)?;
        self.put_aliases(aliases, &mut batch).await?;
        let journal = self.journal(JournalRow { pages: vec![id], ..JournalRow::default() }, &mut batch)?;
        batch.ops.extend(also.ops);
        self.store.commit(batch).await?;
        let mut state = self.state.borrow_mut();
        state.journal.push(journal);
        state.pages.put(id, &row, row_bytes);
        state.changed_pieces.insert(piece_of(id));
        Ok(true)
    }

    /// Deletes pages and everything kept of them; returns how many were there. Rows of an identifier that
    /// could not be read are deleted too, and `also` commits in any case.
    ///
    /// Segments that hold words of them are marked in the same transaction. [`Index::maintain`] writes those anew before
    /// it does anything else, and [`Index::purge`] does so at once: nothing remains then.
    pub async fn delete(&self, ids: &[PageId], also: Batch) -> Result<usize, IndexError> {
        let mut merge = self.writing.lock().await;
        let ids: BTreeSet<PageId> = gather(ids.iter().copied());
        let list: Vec<PageId> = ids.iter().copied().collect();
        let mut batch = Batch::new();
        self.sites_without(&list).await?.put(&mut batch)?;
        let mut aliases = Aliases::default();
        let mut unread = Vec::new();
        for (id, row) in list.iter().zip(self.page_rows(&list).await?) {
            batch.delete(Table::Pages, id.to_string());
            batch.delete_prefix(Table::Passages, of_page(*id));
            batch.delete_prefix(Table::Vectors, of_page(*id));
            match row {
                Some(row) => aliases.remove(*id, &row.aliases),
                None => unread.push(*id),
            }
        }
        self.aliases_of(&unread, &mut aliases).await?;
        self.put_aliases(aliases, &mut batch).await?;
        let holding = self.mark_for_purge(&list, &mut batch)?;
        let journal = self.journal(JournalRow { pages: list, ..JournalRow::default() }, &mut batch)?;
        batch.ops.extend(also.ops);
        self.store.commit(batch).await?;

        self.marked(&mut merge, holding);
        let mut state = self.state.borrow_mut();
        state.journal.push(journal);
        state.deleted = true;
        let mut deleted = 0;
        for id in ids {
            state.damaged.remove(&id);
            state.changed_pieces.insert(piece_of(id));
            deleted += usize::from(state.remove_page(id));
        }
        Ok(deleted)
    }

    /// Deletes everything, in one transaction; returns how many pages were there.
    pub async fn delete_everything(&self, also: Batch) -> Result<usize, IndexError> {
        let mut merge = self.writing.lock().await;
        let mut batch = Batch::new();
        for table in Table::OF_PAGES {
            batch.delete_prefix(table, "");
        }
        batch.ops.extend(also.ops);
        self.store.commit(batch).await?;
        *merge = None;
        let mut state = self.state.borrow_mut();
        let pages = state.pages.len();
        // Numbers that were used are not used again: a vector may be on its way.
        let before = std::mem::take(&mut *state).manifest;
        state.manifest.next_number = before.next_number;
        state.manifest.next_segment = before.next_segment;
        state.manifest.next_journal = before.next_journal;
        self.cache.borrow_mut().clear();
        Ok(pages)
    }

    /// Writes into a batch that the segments which hold something of these pages must be written anew; gives them.
    fn mark_for_purge(&self, ids: &[PageId], batch: &mut Batch) -> Result<Vec<u32>, IndexError> {
        let state = self.state.borrow();
        let numbers: HashSet<u32> =
            ids.iter().filter_map(|id| state.pages.find(*id)).map(|entry| entry.number).collect();
        let holding = if numbers.is_empty() { Vec::new() } else { state.holding(&numbers) };
        if !holding.is_empty() {
            let mut manifest = state.manifest();
            manifest.purge.extend(&holding);
            batch.put(Table::Catalog, MANIFEST, manifest.encode()?);
        }
        Ok(holding)
    }

    /// That batch was committed.
    fn marked(&self, merge: &mut Option<Merge>, holding: Vec<u32>) {
        if let Some(merge) = merge.as_mut() {
            merge.tainted |= holding.iter().any(|id| merge.has_input(*id));
        }
        self.state.borrow_mut().manifest.purge.extend(holding);
    }

    /// Adds a row of the journal to a batch; gives its key.
    pub(super) fn journal(&self, row: JournalRow, batch: &mut Batch) -> Result<String, IndexError> {
        let key = journal_key(self.state.borrow_mut().new_journal());
        batch.put(Table::Catalog, key.as_str(), row.encode()?);
        Ok(key)
    }

    /// Finds the aliases of pages that are to go and whose row is there but cannot be read: it would have named them.
    async fn aliases_of(&self, ids: &[PageId], aliases: &mut Aliases) -> Result<(), IndexError> {
        let keys: Vec<String> = ids.iter().map(PageId::to_string).collect();
        let rows = self.store.get_many(Table::Pages, &keys).await?;
        let damaged: Vec<PageId> =
            ids.iter().zip(rows).filter(|(_, row)| row.is_some()).map(|(id, _)| *id).collect();
        if damaged.is_empty() {
            return Ok(());
        }
        for (key, row) in self.scan(Table::Aliases, "").await? {
            let Some(hash) = parse_alias_key(&key) else { continue };
            let row = AliasRow::decode(&row).unwrap_or_default();
            for id in damaged.iter().filter(|id| row.pages.contains(id)) {
                aliases.remove(*id, &[hash]);
            }
        }
        Ok(())
    }

    /// Adds the changed rows of aliases to a batch. One that cannot be read begins anew.
    pub(super) async fn put_aliases(&self, changes: Aliases, batch: &mut Batch) -> Result<(), IndexError> {
        let hashes: Vec<[u8; 16]> = changes.0.keys().copied().collect();
        let keys: Vec<String> = hashes.iter().map(|hash| alias_key(*hash)).collect();
        let rows = self.store.get_many(Table::Aliases, &keys).await?;
        for ((changes, key), bytes) in changes.0.into_values().zip(keys).zip(rows) {
            let before = bytes.and_then(|bytes| AliasRow::decode(&bytes).ok()).unwrap_or_default();
            let mut row = before.clone();
            for (page, is_there) in changes {
                row.pages.retain(|known| *known != page);
                if is_there {
                    row.pages.push(page);
                }
            }
            if row.pages.is_empty() {
                batch.delete(Table::Aliases, key);
            } else if row != before {
                batch.put(Table::Aliases, key, row.encode()?);
            }
        }
        Ok(())
    }
}

/// Which pages are to be added to or removed from which aliases.
#[derive(Default)]
pub(super) struct Aliases(BTreeMap<[u8; 16], BTreeMap<PageId, bool>>);

impl Aliases {
    pub fn add(&mut self, page: PageId, aliases: &[[u8; 16]]) {
        self.set(page, aliases, true);
    }

    pub fn remove(&mut self, page: PageId, aliases: &[[u8; 16]]) {
        self.set(page, aliases, false);
    }

    fn set(&mut self, page: PageId, aliases: &[[u8; 16]], is_there: bool) {
        for alias in aliases {
            self.0.entry(*alias).or_default().insert(page, is_there);
        }
    }
}

/// Checks a page and cuts its texts into rows.
fn prepare(page: NewPage) -> Result<Prepared, IndexError> {
    check_time(page.seen_at)?;
    let titled = !page.title.trim().is_empty();
    let mut texts: Vec<String> = Vec::with_capacity(page.passages.len() + 1);
    if titled {
        texts.push(page.title.clone());
    }
    texts.extend(page.passages.iter().filter(|text| !text.trim().is_empty()).cloned());
    let bytes = page.title.len() + texts.iter().map(|text| text.len() + PASSAGE_OVERHEAD).sum::<usize>();
    if bytes > MAX_PAGE_TEXT {
        return Err(IndexError::PageTooLarge { bytes, limit: MAX_PAGE_TEXT });
    }
    let rows = texts.chunks(PASSAGES_PER_ROW).map(<[String]>::to_vec).collect();
    Ok(Prepared { page, titled, rows })
}

/// The row of a page that comes, where `before` was.
fn page_row(
    prepared: &Prepared,
    before: Option<PageRow>,
    number: u32,
    first_seen: f64,
    visits: u32,
) -> PageRow {
    let page = &prepared.page;
    let first_seen = if first_seen.is_finite() { first_seen.min(page.seen_at) } else { page.seen_at };
    let texts = || prepared.rows.iter().flatten().map(String::as_str);
    let mut info = PageInfo {
        id: page.id,
        url: page.url.clone(),
        title: page.title.clone(),
        language: page.language.clone(),
        text_hash: page.text_hash,
        first_seen: before.as_ref().map_or(first_seen, |before| before.first_seen.min(first_seen)),
        last_seen: before.as_ref().map_or(page.seen_at, |before| before.last_seen.max(page.seen_at)),
        visits: before.as_ref().map_or(0, |before| before.visits).saturating_add(visits).max(1),
        aliases: before.map_or_else(Vec::new, |before| before.aliases),
        passages: texts().count() as u32,
    };
    for alias in &page.aliases {
        if !info.aliases.contains(alias) {
            info.aliases.push(*alias);
        }
    }
    PageRow {
        number,
        words: count_words(texts()),
        fingerprint: fingerprint(texts().skip(usize::from(prepared.titled))),
        titled: prepared.titled,
        url: info.url,
        title: info.title,
        language: info.language,
        text_hash: info.text_hash,
        first_seen: info.first_seen,
        last_seen: info.last_seen,
        visits: info.visits,
        aliases: info.aliases,
        passages: info.passages,
    }
}

/// Adds a page's row to a batch; returns its size, key included.
pub(super) fn put_page(batch: &mut Batch, id: PageId, row: &PageRow) -> Result<usize, IndexError> {
    let (key, bytes) = (id.to_string(), row.encode()?);
    let size = key.len() + bytes.len();
    batch.put(Table::Pages, key, bytes);
    Ok(size)
}

fn check_time(time: f64) -> Result<(), IndexError> {
    if time.is_finite() { Ok(()) } else { Err(IndexError::BadTime) }
}

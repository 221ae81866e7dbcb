//! Pages of another index come into this one, which may have some of them.
//!
//! Each page is there once afterwards, with the earlier first visit, the later last visit, the larger number of visits
//! (both indexes may have counted the same ones) and the addresses of both. Of two different texts that of the later
//! visit stays, but no title without a text takes the place of a text. Done twice, it changes nothing more.

use super::record::incoming_of;
use super::write::{Aliases, Purge, put_page};
use super::{Index, PageRecord, SpaceVectors};
use crate::catalog::{JournalRow, piece_of};
use crate::error::IndexError;
use crate::page::{PageId, PageInfo};
use crate::sort::gather;
use crate::store::{Batch, Store};
use std::collections::{BTreeMap, HashSet};

/// What became of the pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct United {
    /// They were not there.
    pub added: usize,
    /// They were there, and something of the other index was newer or more.
    pub updated: usize,
    /// They were there, with all that the other index knew.
    pub unchanged: usize,
}

impl<S: Store> Index<S> {
    /// Unites pages with those that are there; of two with the same identifier the later one counts. `also` commits
    /// with the pages that are new or get another text. What is known besides texts, and vectors, follow in
    /// transactions of their own: should the worker die in between, uniting again does the rest, and vectors are made
    /// again in any case.
    ///
    /// # Errors
    ///
    /// As [`Index::insert`], and then nothing of these pages is changed. Vectors that fit nothing are left out.
    pub async fn unite(&self, records: Vec<PageRecord>, also: Batch) -> Result<United, IndexError> {
        let records: BTreeMap<PageId, PageRecord> =
            gather(records.into_iter().map(|record| (record.page.id, record)));
        let ids: Vec<PageId> = records.keys().copied().collect();
        let known = self.records(&ids).await?;
        let (mut incoming, mut known_infos) = (Vec::new(), Vec::new());
        let mut vectors: Vec<(PageId, Vec<SpaceVectors>)> = Vec::with_capacity(ids.len());
        let mut united = United::default();
        for (record, known) in records.into_values().zip(known) {
            let PageRecord { page, passages, vectors: of_page } = record;
            let id = page.id;
            let visits = match &known {
                Some(known) if same_text(&page, &passages, known) => {
                    vectors.push((id, of_page));
                    known_infos.push(page);
                    continue;
                }
                Some(known) if !is_better(&page, &passages, known) => {
                    known_infos.push(page);
                    continue;
                }
                Some(known) => page.visits.saturating_sub(known.page.visits),
                // Not there, or damaged: whole again now.
                None => {
                    let before = self.page(id).await?.map_or(0, |known| known.visits);
                    page.visits.saturating_sub(before)
                }
            };
            if self.contains(id) {
                united.updated += 1;
            } else {
                united.added += 1;
            }
            vectors.push((id, of_page));
            incoming.push(incoming_of(page, passages, visits));
        }
        if incoming.is_empty() {
            self.store.commit(also).await?;
        } else {
            self.write(incoming, &|_| Vec::new(), Purge::Later, also).await?;
        }
        let seen = known_infos.len();
        let updated = self.unite_infos(known_infos).await?;
        united.updated += updated;
        united.unchanged += seen - updated;
        self.put_vectors(vectors).await?;
        Ok(united)
    }

    /// Adds visits and addresses to those that are known; returns of how many pages something was new.
    async fn unite_infos(&self, infos: Vec<PageInfo>) -> Result<usize, IndexError> {
        let _alone = self.writing.lock().await;
        let ids: Vec<PageId> = infos.iter().map(|info| info.id).collect();
        let mut batch = Batch::new();
        let mut aliases = Aliases::default();
        let mut changed = Vec::new();
        for (info, row) in infos.into_iter().zip(self.page_rows(&ids).await?) {
            // Forgotten in the meantime.
            let Some(before) = row else { continue };
            let mut row = before.clone();
            row.first_seen = row.first_seen.min(info.first_seen);
            row.last_seen = row.last_seen.max(info.last_seen);
            row.visits = row.visits.max(info.visits);
            let known: HashSet<[u8; 16]> = row.aliases.iter().copied().collect();
            let new: Vec<[u8; 16]> =
                info.aliases.into_iter().filter(|alias| !known.contains(alias)).collect();
            aliases.add(info.id, &new);
            row.aliases.extend(new);
            if row != before {
                let row_bytes = put_page(&mut batch, info.id, &row)?;
                changed.push((info.id, row, row_bytes));
            }
        }
        if changed.is_empty() {
            return Ok(0);
        }
        self.put_aliases(aliases, &mut batch).await?;
        let pages = changed.iter().map(|(id, ..)| *id).collect();
        let journal = self.journal(JournalRow { pages, ..JournalRow::default() }, &mut batch)?;
        self.store.commit(batch).await?;
        let mut state = self.state.borrow_mut();
        state.journal.push(journal);
        for (id, row, row_bytes) in &changed {
            state.pages.put(*id, row, *row_bytes);
            state.changed_pieces.insert(piece_of(*id));
        }
        Ok(changed.len())
    }
}

/// Whether both say the same: then vectors of the one fit the other.
fn same_text(page: &PageInfo, passages: &[String], known: &PageRecord) -> bool {
    page.title == known.page.title && page.text_hash == known.page.text_hash && passages == known.passages
}

/// Whether what comes takes the place of what is there.
fn is_better(page: &PageInfo, passages: &[String], known: &PageRecord) -> bool {
    match (passages.is_empty(), known.passages.is_empty()) {
        (false, true) => true,
        (true, false) => false,
        _ => page.last_seen > known.page.last_seen,
    }
}

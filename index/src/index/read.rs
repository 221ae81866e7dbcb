//! Texts and vectors of passages, read from their rows.

use super::Index;
use crate::error::IndexError;
use crate::page::{PageId, PassageRef};
use crate::rows::{PASSAGES_PER_ROW, TextRow, chunk_of, chunks, text_key};
use crate::sort::gather;
use crate::store::{Store, Table};
use std::collections::BTreeMap;

/// How much of a page's text goes into its lead, in characters: a little more than the 256 tokens that a model reads.
/// At 0 a lead is the title once more; with more than a model reads, the same vector takes longer.
pub(crate) const LEAD: usize = 1200;

/// Rows of texts, complete: the title is put back in its place. `None` for one that cannot be read.
pub(crate) type Texts = BTreeMap<(PageId, u32), Option<Vec<String>>>;

impl<S: Store> Index<S> {
    /// Reads rows of texts, with titles in their place. Whichever is missing or damaged is noticed.
    pub(crate) async fn read_texts(&self, wanted: &[(PageId, u32)]) -> Result<Texts, IndexError> {
        let mut titled: Vec<PageId> = wanted.iter().filter(|at| at.1 == 0).map(|at| at.0).collect();
        titled.retain(|id| self.state.borrow().pages.find(*id).is_some_and(|entry| entry.titled));
        titled.sort_unstable();
        titled.dedup();
        let before: Vec<Option<(u32, u32)>> = titled.iter().map(|id| self.number_of(*id)).collect();
        let (mut texts, rows) = futures::try_join!(self.read_bodies(wanted), self.page_rows(&titled))?;
        for ((id, before), row) in titled.into_iter().zip(before).zip(rows) {
            let Some(texts) = texts.get_mut(&(id, 0)).filter(|texts| texts.is_some()) else { continue };
            match (row, &mut *texts) {
                (Some(row), Some(texts)) => texts[0] = row.title,
                _ => {
                    *texts = None;
                    if before.is_some() && self.number_of(id) == before {
                        self.set_aside(id);
                    }
                }
            }
        }
        Ok(texts)
    }

    /// Reads rows of texts; where a page has a title, its first passage is empty.
    pub(crate) async fn read_bodies(&self, wanted: &[(PageId, u32)]) -> Result<Texts, IndexError> {
        let mut texts: Texts = gather(wanted.iter().map(|at| (*at, None)));
        let before: BTreeMap<PageId, Option<(u32, u32)>> =
            gather(texts.keys().map(|(id, _)| (*id, self.number_of(*id))));
        let keys: Vec<String> = texts.keys().map(|(page, chunk)| text_key(*page, *chunk)).collect();
        let found = self.store.get_many(Table::Passages, &keys).await?;
        for (((id, chunk), texts), bytes) in texts.iter_mut().zip(found) {
            let Some((number, passages)) = before.get(id).copied().flatten() else { continue };
            if *chunk as usize >= chunks(passages) {
                continue;
            }
            let expected = PASSAGES_PER_ROW.min(passages as usize - *chunk as usize * PASSAGES_PER_ROW);
            let row = bytes.and_then(|bytes| TextRow::decode(&bytes).ok());
            let row = row.filter(|row| row.number == number && row.passages as usize == expected);
            *texts = row.and_then(|row| row.texts().ok());
            // A page that was replaced while this was read is not damaged.
            if texts.is_none() && self.number_of(*id).is_some_and(|known| known.0 == number) {
                self.set_aside(*id);
            }
        }
        Ok(texts)
    }

    fn number_of(&self, id: PageId) -> Option<(u32, u32)> {
        self.state.borrow().pages.find(id).map(|entry| (entry.number, entry.passages))
    }

    /// Remembers that a page has a damaged row.
    pub(crate) fn set_aside(&self, id: PageId) {
        let mut state = self.state.borrow_mut();
        state.corrupt += 1;
        state.damaged.insert(id);
    }

    /// The texts of passages, in their order, those of leads included; `None` for one that is gone or cannot be
    /// read.
    pub(crate) async fn read_passages(
        &self,
        wanted: &[PassageRef],
    ) -> Result<Vec<Option<String>>, IndexError> {
        let lead_of = |passage: &PassageRef| {
            let state = self.state.borrow();
            state.pages.find(passage.page).and_then(|entry| entry.lead()) == Some(passage.ordinal)
        };
        let at = |passage: &PassageRef| {
            (passage.page, if lead_of(passage) { 0 } else { chunk_of(passage.ordinal) })
        };
        let rows = self.read_texts(&wanted.iter().map(at).collect::<Vec<_>>()).await?;
        let text = |passage: &PassageRef| {
            let known = self.number_of(passage.page).is_some_and(|known| known.0 == passage.generation);
            let texts = rows.get(&at(passage))?.as_ref().filter(|_| known)?;
            if lead_of(passage) {
                return Some(lead(texts));
            }
            texts.get(passage.ordinal as usize % PASSAGES_PER_ROW).cloned()
        };
        Ok(wanted.iter().map(text).collect())
    }
}

/// A page's title and the beginning of its text, from its first row of passages.
pub(crate) fn lead(texts: &[String]) -> String {
    let mut lead = String::new();
    for text in texts {
        if !lead.is_empty() {
            lead.push('\n');
        }
        lead.push_str(text);
        if let Some((end, _)) = lead.char_indices().nth(LEAD) {
            lead.truncate(end);
            break;
        }
    }
    lead
}

//! Texts and vectors of passages, read from their rows.

use super::Index;
use crate::error::IndexError;
use crate::page::{PageId, PassageRef};
use crate::rows::{PASSAGES_PER_ROW, TextRow, chunk_of, chunks, text_key};
use crate::store::{Store, Table};
use std::collections::BTreeMap;

/// How much of a page's text goes into its lead, in characters: a little more than the 256 tokens that a model reads.
pub(crate) const LEAD: usize = 1200;

/// Rows of texts, complete: the title is put back in its place. `None` for one that cannot be read.
pub(crate) type Texts = BTreeMap<(PageId, u32), Option<Vec<String>>>;

impl<S: Store> Index<S> {
    /// Reads rows of texts. Whichever is missing or damaged is noticed.
    pub(crate) async fn read_texts(&self, wanted: &[(PageId, u32)]) -> Result<Texts, IndexError> {
        let mut texts: Texts = wanted.iter().map(|at| (*at, None)).collect();
        let before: BTreeMap<PageId, Option<(u32, u32)>> =
            texts.keys().map(|(id, _)| (*id, self.number_of(*id))).collect();
        let keys: Vec<String> = texts.keys().map(|(page, chunk)| text_key(*page, *chunk)).collect();
        let found = self.store.get_many(Table::Passages, &keys).await?;
        let mut titles: Vec<PageId> = texts.keys().filter(|at| at.1 == 0).map(|at| at.0).collect();
        titles.retain(|id| self.state.borrow().pages.find(*id).is_some_and(|entry| entry.titled));
        let rows = self.page_rows(&titles).await?;
        let titles: BTreeMap<PageId, Option<String>> =
            titles.into_iter().zip(rows.into_iter().map(|row| row.map(|row| row.title))).collect();
        for (((id, chunk), texts), bytes) in texts.iter_mut().zip(found) {
            let Some((number, passages)) = before.get(id).copied().flatten() else { continue };
            if *chunk as usize >= chunks(passages) {
                continue;
            }
            let expected = PASSAGES_PER_ROW.min(passages as usize - *chunk as usize * PASSAGES_PER_ROW);
            let row = bytes.and_then(|bytes| TextRow::decode(&bytes).ok());
            let row = row.filter(|row| row.number == number && row.passages as usize == expected);
            let mut read = row.and_then(|row| row.texts().ok());
            match (titles.get(id).filter(|_| *chunk == 0), &mut read) {
                (Some(Some(title)), Some(texts)) => texts[0].clone_from(title),
                (Some(None), _) => read = None,
                _ => {}
            }
            // A page that was replaced while this was read is not damaged.
            if read.is_none() && self.number_of(*id).is_some_and(|known| known.0 == number) {
                self.set_aside(*id);
            }
            *texts = read;
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

//! What is new since the last checkpoint: a segment in the making, in memory only.
//!
//! It is small (see `index::maintain`), because a worker that starts makes it anew from its pages' rows.

use super::postings::{Posting, sort_postings};
use super::vectors::Vectors;
use super::words::{DEAD, TITLE, WordsWriter};
use crate::catalog::{Pages, Slot};
use crate::codes::Code;
use crate::error::IndexError;
use crate::sort::sort;
use crate::words::terms;
use std::collections::BTreeMap;

/// New words and new codes.
#[derive(Default)]
pub(crate) struct Fresh {
    /// Number, slot, and first document of each page, as they came.
    pages: Vec<(u32, Slot, u32)>,
    page_of: Vec<u32>,
    /// In the order of their bytes, as in a dictionary.
    terms: BTreeMap<Box<str>, Vec<Posting>>,
    /// One for each space.
    pub vectors: Vec<Vectors>,
}

impl Fresh {
    /// How many documents were added.
    pub fn docs(&self) -> usize {
        self.page_of.len()
    }

    /// How many codes were added.
    pub fn rows(&self) -> usize {
        self.vectors.iter().map(Vectors::len).sum()
    }

    /// Adds the words of a page: its rows of passages, the title's text being the first passage if it has one.
    pub fn add_page(&mut self, number: u32, slot: Slot, titled: bool, rows: &[Vec<String>]) {
        let page = self.pages.len() as u32;
        self.pages.push((number, slot, self.page_of.len() as u32));
        for (chunk, texts) in rows.iter().enumerate() {
            let doc = self.page_of.len() as u32;
            self.page_of.push(page);
            for (n, text) in texts.iter().enumerate() {
                let is_title = titled && chunk == 0 && n == 0;
                terms(text, |term, _| {
                    self.count(term, doc);
                    if is_title {
                        self.count(&format!("{TITLE}{term}"), doc);
                    }
                });
            }
        }
    }

    fn count(&mut self, term: &str, doc: u32) {
        let list = match self.terms.get_mut(term) {
            Some(list) => list,
            None => self.terms.entry(term.into()).or_default(),
        };
        match list.last_mut() {
            Some(last) if last.doc == doc => last.occurrences = last.occurrences.saturating_add(1),
            _ => list.push(Posting { doc, occurrences: 1 }),
        }
    }

    /// Whether it has the words of a page's text.
    pub fn has(&self, number: u32) -> bool {
        self.pages.iter().any(|page| page.0 == number)
    }

    /// The slot of a document's page, and which of its page's rows it is.
    pub fn locate(&self, doc: u32) -> Option<(Slot, u32)> {
        let page = self.pages.get(*self.page_of.get(doc as usize)? as usize)?;
        Some((page.1, doc - page.2))
    }

    /// The postings of a term.
    pub fn postings(&self, term: &str) -> &[Posting] {
        self.terms.get(term).map_or(&[], Vec::as_slice)
    }

    /// Terms from `start` on, in order.
    pub fn terms_from<'a>(&'a self, start: &str) -> impl Iterator<Item = &'a str> {
        let from = std::ops::Bound::Included(start);
        self.terms.range::<str, _>((from, std::ops::Bound::Unbounded)).map(|(term, _)| &**term)
    }

    /// Adds a code.
    pub fn add_code(
        &mut self,
        space: &str,
        dimensions: usize,
        number: u32,
        slot: Slot,
        ordinal: u32,
        code: Code<'_>,
    ) {
        let known = self.vectors.iter().position(|part| part.space == space);
        let at = known.unwrap_or_else(|| {
            self.vectors.push(Vectors::new(space, dimensions));
            self.vectors.len() - 1
        });
        self.vectors[at].push(number, slot, ordinal, code);
    }

    /// What is still alive of its words, ready to be written; `None` if nothing is.
    pub fn write_words(&self, table: &Pages) -> Result<Option<WordsWriter>, IndexError> {
        let mut alive: Vec<(u32, u32, u32)> = (self.pages.iter().enumerate())
            .filter(|(_, page)| page.1 != DEAD && table.is_alive(page.1))
            .map(|(n, page)| {
                let end = self.pages.get(n + 1).map_or(self.page_of.len() as u32, |next| next.2);
                (page.0, page.2, end - page.2)
            })
            .filter(|page| page.2 > 0)
            .collect();
        if alive.is_empty() {
            return Ok(None);
        }
        sort(&mut alive);
        let mut renumbered = vec![u32::MAX; self.page_of.len()];
        let mut next = 0;
        for (_, first, docs) in &alive {
            for doc in *first..first + docs {
                renumbered[doc as usize] = next;
                next += 1;
            }
        }
        let mut writer = WordsWriter::new(alive.iter().map(|(number, _, docs)| (*number, *docs)).collect());
        for (term, list) in &self.terms {
            let mut postings: Vec<Posting> = list
                .iter()
                .map(|posting| Posting { doc: renumbered[posting.doc as usize], ..*posting })
                .filter(|posting| posting.doc != u32::MAX)
                .collect();
            sort_postings(&mut postings);
            if !postings.is_empty() {
                writer.add(term, &postings)?;
            }
        }
        Ok(Some(writer))
    }
}

/// How many words BM25 counts in these texts.
pub(crate) fn count_words<'a>(texts: impl Iterator<Item = &'a str>) -> u32 {
    let mut count = 0_u32;
    texts.for_each(|text| terms(text, |_, _| count = count.saturating_add(1)));
    count
}

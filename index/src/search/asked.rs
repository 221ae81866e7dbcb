//! What the text of every hit must have, or must not.
//!
//! A single word is looked up. There are no positions for phrases: rows that have all their words are read and looked
//! through, those of the best pages first, until there are enough hits.

use super::{Candidate, Slot};
use crate::error::IndexError;
use crate::index::Index;
use crate::language::{MAX_PHRASES, Must, Phrase};
use crate::page::PageId;
use crate::rows::PASSAGES_PER_ROW;
use crate::search::terms::Rows;
use crate::sort::sort;
use crate::store::Store;

/// Pages whose texts are read at once.
const PAGES_AT_ONCE: usize = 32;

/// A phrase, and the rows of each page that have all its words.
struct Sought {
    phrase: Phrase,
    rows: Rows,
}

/// What is asked of texts.
#[derive(Default)]
pub(super) struct Asked {
    phrases: Vec<Sought>,
    without: Vec<Sought>,
    /// Words count in titles only, and one must be there.
    pub in_title: bool,
}

/// A hit, and the passage that is to be shown because it has the phrase.
pub(super) struct Admitted {
    pub page: Candidate,
    pub shown: Option<u32>,
}

impl Asked {
    pub fn has_phrases(&self) -> bool {
        !self.phrases.is_empty()
    }

    pub fn excludes(&self) -> bool {
        !self.without.is_empty()
    }

    /// Whether a page may have what is asked, as far as it is known without its text.
    pub fn may_admit(&self, slot: Slot) -> bool {
        let has_word = |sought: &Sought| sought.phrase.0.len() == 1 && sought.rows.has(slot);
        self.phrases.iter().all(|sought| sought.rows.has(slot)) && !self.without.iter().any(has_word)
    }
}

impl<S: Store> Index<S> {
    /// Looks up what a question asks of texts.
    pub(super) async fn asked(&self, must: &Must) -> Result<Asked, IndexError> {
        let mut asked = Asked { in_title: must.in_title, ..Asked::default() };
        for phrase in must.phrases.iter().take(MAX_PHRASES) {
            asked.phrases.push(self.sought(phrase, must.in_title).await?);
        }
        for phrase in must.without.iter().take(MAX_PHRASES) {
            asked.without.push(self.sought(phrase, false).await?);
        }
        Ok(asked)
    }

    async fn sought(&self, phrase: &Phrase, in_title: bool) -> Result<Sought, IndexError> {
        let mut terms = phrase.0.clone();
        sort(&mut terms);
        terms.dedup();
        let lists = self.lists_exactly(terms).await?;
        let rows = lists.with_all(&self.state.borrow().pages, in_title);
        Ok(Sought { phrase: phrase.clone(), rows })
    }

    /// The first `limit` of `ranked` that have what is asked.
    pub(super) async fn admit(
        &self,
        ranked: Vec<Candidate>,
        asked: &Asked,
        limit: usize,
    ) -> Result<Vec<Admitted>, IndexError> {
        let mut found = Vec::new();
        let to_read = |sought: &&Sought| sought.phrase.0.len() > 1;
        if !asked.phrases.iter().chain(&asked.without).any(|sought| to_read(&sought)) {
            // Of a word that is asked for, the first row that has it says enough.
            let pages = ranked.into_iter().take(limit).map(|page| Admitted { page, shown: None });
            return Ok(pages.collect());
        }
        for pages in ranked.chunks(PAGES_AT_ONCE) {
            let mut wanted: Vec<(PageId, u32)> = Vec::new();
            for page in pages {
                for sought in asked.phrases.iter().chain(&asked.without).filter(to_read) {
                    wanted.extend(sought.rows.of(page.slot).map(|row| (page.id, row)));
                }
            }
            let texts = self.read_texts(&wanted).await?;
            for page in pages {
                let titled = self.state.borrow().pages.find(page.id).is_some_and(|entry| entry.titled);
                // The first passage with the phrase, but rather one of the text than the title.
                let first = |sought: &Sought, in_title: bool| {
                    let mut title = None;
                    for row in sought.rows.of(page.slot) {
                        let texts = texts.get(&(page.id, row)).and_then(Option::as_ref).into_iter().flatten();
                        for (n, text) in texts.enumerate() {
                            let ordinal = row * PASSAGES_PER_ROW as u32 + n as u32;
                            let is_title = titled && ordinal == 0;
                            if (is_title || !in_title) && sought.phrase.is_in(text) {
                                if !is_title {
                                    return Some(ordinal);
                                }
                                title = Some(ordinal);
                            }
                        }
                    }
                    title
                };
                let mut shown = None;
                let has_all = asked.phrases.iter().filter(to_read).all(|sought| {
                    let at = first(sought, asked.in_title);
                    shown = shown.or(at.filter(|at| !(titled && *at == 0)));
                    at.is_some()
                });
                let excluded =
                    || asked.without.iter().filter(to_read).any(|sought| first(sought, false).is_some());
                if has_all && !excluded() {
                    found.push(Admitted { page: page.clone(), shown });
                }
            }
            if found.len() >= limit {
                break;
            }
        }
        found.truncate(limit);
        Ok(found)
    }
}

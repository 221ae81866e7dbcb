//! What of each hit is shown: the passage that matches best, by words and by meaning together.

use super::asked::Admitted;
use super::meaning::Row;
use super::terms::Lists;
use crate::catalog::Slot;
use crate::error::IndexError;
use crate::fusion::WORDS_WEIGHT;
use crate::index::Index;
use crate::page::PageId;
use crate::query::Hit;
use crate::rows::{PASSAGES_PER_ROW, chunk_of};
use crate::snippet::snippet;
use crate::store::Store;
use crate::words::terms;
use memchr::memmem::Finder;
use std::collections::{HashMap, HashSet};

impl<S: Store> Index<S> {
    /// Reads what is shown of each page. One whose text is gone meanwhile, or cannot be read, shows its title; one
    /// that is gone itself is left out.
    pub(super) async fn show(
        &self,
        found: Vec<Admitted>,
        rows: &[Row],
        lists: &Lists,
        weights: &HashMap<String, f64>,
    ) -> Result<Vec<Hit>, IndexError> {
        let slots: HashSet<Slot> = found.iter().map(|found| found.page.slot).collect();
        let words = lists.rows(&slots, weights);
        let mut by_words: HashMap<Slot, (f64, u32)> = HashMap::new();
        for ((slot, chunk), worth) in words {
            let best = by_words.entry(slot).or_insert((worth, chunk));
            if worth > best.0 || (worth == best.0 && chunk < best.1) {
                *best = (worth, chunk);
            }
        }
        let mut cosines: HashMap<(Slot, u32), f64> = HashMap::new();
        let mut by_meaning: HashMap<Slot, (f64, u32)> = HashMap::new();
        for row in rows.iter().filter(|row| slots.contains(&row.slot) && !row.is_lead) {
            cosines.insert((row.slot, row.ordinal), row.cosine);
            let best = by_meaning.entry(row.slot).or_insert((row.cosine, row.ordinal));
            if row.cosine > best.0 {
                *best = (row.cosine, row.ordinal);
            }
        }
        let chunks_of = |found: &Admitted| -> Vec<u32> {
            if let Some(shown) = found.shown {
                return vec![chunk_of(shown)];
            }
            let slot = found.page.slot;
            let meaning = by_meaning.get(&slot).map(|best| chunk_of(best.1));
            let mut chunks: Vec<u32> =
                by_words.get(&slot).map(|best| best.1).into_iter().chain(meaning).collect();
            if chunks.is_empty() {
                chunks.push(0);
            }
            chunks
        };
        let wanted: Vec<(PageId, u32)> = (found.iter())
            .flat_map(|found| chunks_of(found).into_iter().map(|chunk| (found.page.id, chunk)))
            .collect();
        let ids: Vec<PageId> = found.iter().map(|found| found.page.id).collect();
        // At the same time: half of what is waited for is the way to the store.
        let (texts, infos) = futures::try_join!(self.read_bodies(&wanted), self.page_rows(&ids))?;
        let marks = lists.marks();
        let worth_of_words = Worth::new(weights);
        let hits = found.into_iter().zip(infos).filter_map(|(found, row)| {
            let row = row?;
            let page = &found.page;
            let mut best: Option<(f64, &str)> = None;
            for chunk in chunks_of(&found) {
                let first = chunk * PASSAGES_PER_ROW as u32;
                let texts = texts.get(&(page.id, chunk)).and_then(Option::as_ref).into_iter().flatten();
                for (ordinal, text) in (first..).zip(texts) {
                    // The title is shown anyway.
                    if (row.titled && ordinal == 0) || found.shown.is_some_and(|shown| shown != ordinal) {
                        continue;
                    }
                    let cosine = cosines.get(&(page.slot, ordinal)).copied().unwrap_or(0.0);
                    let worth = cosine + WORDS_WEIGHT * worth_of_words.of(text);
                    if best.is_none_or(|best| worth > best.0) {
                        best = Some((worth, text));
                    }
                }
            }
            let shown = snippet(best.map_or(&row.title, |(_, text)| text), &marks);
            let by_meaning = by_meaning.contains_key(&page.slot) && shown.iter().all(|piece| !piece.marked);
            Some(Hit {
                snippet: shown,
                unmarked: best.filter(|_| by_meaning).map(|(_, text)| text.to_owned()),
                score: page.score,
                cosine: page.evidence.cosine,
                closest: page.evidence.closest,
                bm25: page.evidence.bm25,
                why: page.why,
                alike: page.alike,
                page: self.info(page.id, row),
            })
        });
        Ok(hits.collect())
    }
}

/// What words of a question are worth where they stand.
struct Worth<'a> {
    weights: &'a HashMap<String, f64>,
    /// The words, ready to be looked for; `None` where one of them is not ASCII.
    finders: Option<Vec<(Finder<'a>, f64)>>,
}

impl<'a> Worth<'a> {
    fn new(weights: &'a HashMap<String, f64>) -> Self {
        let ascii = weights.keys().all(|term| term.is_ascii());
        let finders = || weights.iter().map(|(term, weight)| (Finder::new(term), *weight)).collect();
        Self { weights, finders: ascii.then(finders) }
    }

    /// The different words of a text together, as a rough BM25.
    fn of(&self, text: &str) -> f64 {
        if self.weights.is_empty() {
            return 0.0;
        }
        let needs_folding = |c: char| !c.is_ascii() && c.is_alphabetic();
        if let Some(finders) = self.finders.as_ref().filter(|_| !text.contains(needs_folding)) {
            // Much faster than finding all words, and as good: ASCII is folded by lower case alone.
            let text = text.to_ascii_lowercase();
            let found = finders.iter().filter(|(finder, _)| has_word(text.as_bytes(), finder));
            return found.map(|(_, weight)| weight).sum();
        }
        let mut seen: HashSet<String> = HashSet::new();
        let mut worth = 0.0;
        terms(text, |term, _| {
            if let Some(weight) = self.weights.get(term)
                && seen.insert(term.to_owned())
            {
                worth += weight;
            }
        });
        worth
    }
}

/// Whether a text has a word between others, not as a part of one.
fn has_word(text: &[u8], word: &Finder<'_>) -> bool {
    let part_of_one = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    word.find_iter(text).any(|at| {
        !part_of_one(at.checked_sub(1).and_then(|before| text.get(before)))
            && !part_of_one(text.get(at + word.needle().len()))
    })
}

//! Pages like a page.

use super::asked::Admitted;
use super::meaning::{Estimates, Look, Row, Sight};
use super::{Candidate, collapse, seen_last_first};
use crate::catalog::{Entry, Slot};
use crate::error::IndexError;
use crate::fusion::Evidence;
use crate::index::Index;
use crate::near::near;
use crate::page::PageId;
use crate::query::{Filters, Hit, Why};
use crate::rows::{PASSAGES_PER_ROW, chunk_of, chunks};
use crate::search::bm25::weight;
use crate::search::cache::BlockAt;
use crate::sort::sort_by;
use crate::state::State;
use crate::store::{Store, Table};
use crate::vector::Vector;
use crate::words::{is_stop_word, terms};
use std::collections::{HashMap, HashSet};

/// A page is compared by at most so many of its passages, evenly spread, the title's among them. At 1 only
/// its title speaks for it; without a bound one long page against a large index would take minutes.
pub const SIMILAR_PASSAGES: usize = 24;

/// A page without vectors is compared by so many of its most characteristic words. At 1 a single odd word
/// decides; with hundreds every page shares some.
pub const SIMILAR_WORDS: usize = 16;

/// Pages that are compared exactly, for each hit that is wanted, and at least. At 1 the estimates decide what is found; all
/// of them is the naive comparison.
const CANDIDATES_PER_HIT: usize = 2;
const CANDIDATES: usize = 64;

/// Of a candidate, at most so many of the passages that are closest to one of the page's own are compared. At 1 the
/// estimate decides which; all of them reads every row of long pages.
const CLOSEST: usize = 4;

/// The most frequent words of a page among which the characteristic ones are looked for. At [`SIMILAR_WORDS`] they are its
/// most frequent ones; without a bound a long page reads a list for each of its thousands of words.
const CONSIDERED: usize = 256;

impl<S: Store> Index<S> {
    /// The pages most like one page, best first, never itself nor what says nearly the same; none for a page that is
    /// not there. To leave its site out, say so in `filters`.
    ///
    /// For each of its passages (at most [`SIMILAR_PASSAGES`]) the best cosine with any passage of the other
    /// page; the mean of those is the score and the `cosine` of a hit: a page on the same subject answers all
    /// parts of it, one that shares a remark answers one. A page without vectors of this space is compared by
    /// its [`SIMILAR_WORDS`] most characteristic words instead.
    ///
    /// # Errors
    /// [`IndexError::Corrupt`] when the page has neither vectors nor readable text.
    pub async fn similar(
        &self,
        page: PageId,
        space: &str,
        filters: Filters,
        limit: usize,
    ) -> Result<Vec<Hit>, IndexError> {
        let own = self.vectors_of(page, space).await?;
        let Some(slot) = self.state.borrow().pages.slot(page) else { return Ok(Vec::new()) };
        if own.is_empty() {
            return self.similar_by_words(page, &filters, limit).await;
        }
        let (mut found, mut rows) = self.closest(slot, space, &own, &filters, limit);
        let blocks = self.blocks(space, rows.iter().map(|(_, row)| &row.at)).await?;
        let mut best: HashMap<Slot, Vec<f64>> = HashMap::new();
        for (_, row) in &mut rows {
            let vector = blocks.get(&row.at);
            let vector =
                vector.and_then(|block| block.vectors.get(row.ordinal as usize % PASSAGES_PER_ROW)?.as_ref());
            let Some(vector) = vector else { continue };
            let best = best.entry(row.slot).or_insert_with(|| vec![f64::NEG_INFINITY; own.len()]);
            row.cosine = f64::NEG_INFINITY;
            for (own, best) in own.iter().zip(best) {
                let cosine = own.cosine(vector);
                *best = best.max(cosine);
                row.cosine = row.cosine.max(cosine);
            }
        }
        for page in &mut found {
            if let Some(best) = best.get(&page.slot) {
                page.score = best.iter().sum::<f64>() / own.len() as f64;
                page.evidence.cosine = Some(page.score);
            }
        }
        sort_by(&mut found, |a, b| b.score.total_cmp(&a.score).then_with(|| seen_last_first(a, b)));
        collapse(&mut found, 0);
        found.truncate(limit);
        let found = found.into_iter().map(|page| Admitted { page, shown: None }).collect();
        let rows: Vec<Row> = rows.into_iter().map(|(_, row)| row).collect();
        let lists = self.lists_exactly(Vec::new()).await?;
        self.show(found, &rows, &lists, &HashMap::new()).await
    }

    /// A page's own vectors, at most [`SIMILAR_PASSAGES`]; its lead's is not among them.
    async fn vectors_of(&self, page: PageId, space: &str) -> Result<Vec<Vector>, IndexError> {
        let at: Vec<BlockAt> = {
            let state = self.state.borrow();
            let Some(slot) = state.pages.slot(page).filter(|slot| state.embedded(space, *slot) > 0) else {
                return Ok(Vec::new());
            };
            let Some(entry) = state.pages.get(slot) else { return Ok(Vec::new()) };
            let number = entry.number;
            let mut of: Vec<u32> = state.embedded_ordinals(space, number).into_iter().collect();
            of.sort_unstable();
            of.dedup_by_key(|ordinal| chunk_of(*ordinal));
            of.into_iter().map(|ordinal| BlockAt { page, number, chunk: chunk_of(ordinal) }).collect()
        };
        let blocks = self.blocks(space, at.iter()).await?;
        let lead = self.state.borrow().pages.find(page).and_then(|entry| entry.lead());
        let mut all: Vec<&Vector> = Vec::new();
        for at in &at {
            let vectors = blocks.get(at).into_iter().flat_map(|block| block.of_chunk(at.chunk));
            all.extend(vectors.filter(|(n, _)| lead != Some(*n)).map(|(_, vector)| vector));
        }
        let used = all.len().min(SIMILAR_PASSAGES);
        Ok((0..used).map(|n| all[n * all.len() / used].clone()).collect())
    }

    /// The pages that seem closest, and their passages that do, each with what it is closest to.
    fn closest(
        &self,
        own_slot: Slot,
        space: &str,
        own: &[Vector],
        filters: &Filters,
        limit: usize,
    ) -> (Vec<Candidate>, Vec<(usize, Row)>) {
        let state = self.state.borrow();
        let look = if *filters == Filters::default() { Look::Nearest } else { Look::All };
        // One after the other: the estimates of all pages for all of them would be 70 MB with a million passages.
        let mut best: Vec<Option<f64>> = vec![Some(0.0); state.pages.slots()];
        let mut sights: Vec<Sight> = Vec::with_capacity(own.len());
        for vector in own {
            let estimates = Estimates::new(&state, space, &vector.unit(), look);
            for (slot, best) in (0..).zip(&mut best) {
                *best = best.zip(estimates.of(slot).best).map(|(sum, one)| sum + one);
            }
            sights.push(estimates.into_sight());
        }
        let mut found: Vec<Candidate> = Vec::new();
        for (slot, entry) in others(&state, own_slot, filters) {
            let best = best.get(slot as usize).copied().flatten();
            let Some(score) = best.map(|best| best / own.len() as f64) else { continue };
            let evidence = Evidence { cosine: Some(score), closest: None, bm25: None };
            found.push(Candidate::new(slot, entry, evidence, Why::Meaning, score));
        }
        let keep = limit.saturating_mul(CANDIDATES_PER_HIT).max(CANDIDATES);
        sort_by(&mut found, |a, b| b.score.total_cmp(&a.score).then_with(|| seen_last_first(a, b)));
        found.truncate(keep);
        let slots: HashSet<Slot> = found.iter().map(|page| page.slot).collect();
        let mut rows: HashMap<(Slot, u32), (usize, Row)> = HashMap::new();
        for (n, sight) in sights.iter().enumerate() {
            let mut by_page: HashMap<Slot, Vec<Row>> = HashMap::new();
            for row in sight.rows_of(&state, |slot| slots.contains(&slot)) {
                if !row.is_lead {
                    by_page.entry(row.slot).or_default().push(row);
                }
            }
            for (slot, mut of_page) in by_page {
                sort_by(&mut of_page, |a, b| b.cosine.total_cmp(&a.cosine));
                of_page.truncate(CLOSEST);
                rows.extend(of_page.into_iter().map(|row| ((slot, row.ordinal), (n, row))));
            }
        }
        (found, rows.into_values().collect())
    }

    async fn similar_by_words(
        &self,
        page: PageId,
        filters: &Filters,
        limit: usize,
    ) -> Result<Vec<Hit>, IndexError> {
        let Some((own_slot, passages)) = ({
            let state = self.state.borrow();
            state.pages.slot(page).and_then(|slot| state.pages.get(slot).map(|entry| (slot, entry.passages)))
        }) else {
            return Ok(Vec::new());
        };
        let wanted: Vec<(PageId, u32)> = (0..chunks(passages) as u32).map(|chunk| (page, chunk)).collect();
        let texts: Vec<String> = self.read_texts(&wanted).await?.into_values().flatten().flatten().collect();
        if texts.is_empty() && passages > 0 {
            return Err(IndexError::Corrupt { table: Table::Passages, key: format!("{page}/") });
        }
        let lists = self.lists_exactly(self.characteristic(&texts).await?).await?;
        let (found, weights) = {
            let state = self.state.borrow();
            let scores = lists.scores(&state.pages);
            let mut found: Vec<Candidate> = Vec::new();
            for (slot, entry) in others(&state, own_slot, filters) {
                let score = scores.scores.get(slot as usize).copied().filter(|score| *score > 0.0);
                let Some(score) = score else { continue };
                let evidence = Evidence { cosine: None, closest: None, bm25: Some(score) };
                found.push(Candidate::new(slot, entry, evidence, Why::Words, score));
            }
            sort_by(&mut found, |a, b| b.score.total_cmp(&a.score).then_with(|| seen_last_first(a, b)));
            collapse(&mut found, 0);
            found.truncate(limit);
            (found, scores.weights)
        };
        let found = found.into_iter().map(|page| Admitted { page, shown: None }).collect();
        self.show(found, &[], &lists, &weights).await
    }

    /// The words that set a page apart: those with the greatest number of occurrences in it × weight, among the words
    /// that other pages have, too.
    async fn characteristic(&self, texts: &[String]) -> Result<Vec<String>, IndexError> {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for text in texts {
            terms(text, |term, _| *counts.entry(term.to_owned()).or_default() += 1);
        }
        let mut frequent: Vec<(usize, String)> =
            counts.into_iter().filter(|(term, _)| !is_stop_word(term)).map(|(term, n)| (n, term)).collect();
        sort_by(&mut frequent, |a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        frequent.truncate(CONSIDERED);
        let mut ranked: Vec<(f64, String)> = Vec::new();
        for part in frequent.chunks(super::MAX_TERMS) {
            let counts: HashMap<&String, usize> = part.iter().map(|(n, term)| (term, *n)).collect();
            let lists = self.lists_exactly(part.iter().map(|(_, term)| term.clone()).collect()).await?;
            let state = self.state.borrow();
            for (term, frequency) in lists.terms.iter().zip(lists.frequencies(&state.pages)) {
                if frequency > 1 {
                    let occurrences = counts.get(term).copied().unwrap_or(0) as f64;
                    ranked.push((occurrences * weight(state.pages.len(), frequency), term.clone()));
                }
            }
        }
        sort_by(&mut ranked, |a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        ranked.truncate(SIMILAR_WORDS);
        Ok(ranked.into_iter().map(|(_, term)| term).collect())
    }
}

/// The pages that `filters` let through, but for one and those that say nearly the same as it.
fn others<'a>(state: &'a State, than: Slot, filters: &'a Filters) -> impl Iterator<Item = (Slot, &'a Entry)> {
    let hosts = state.pages.hosts(|host| filters.accept_host(host));
    let fingerprint = state.pages.get(than).and_then(|entry| entry.fingerprint);
    state.pages.iter().filter(move |(slot, entry)| {
        let same = fingerprint.zip(entry.fingerprint).is_some_and(|(a, b)| near(a, b));
        *slot != than && !same && hosts[entry.host as usize] && filters.accept_time(entry.last_seen)
    })
}

//! Questions: which passages match, what that makes of their pages, and what of each page is shown.
//!
//! A page is as good as its best passage, for meaning and for words. Sums or means over passages favour long
//! pages, or short ones; and of BM25 the best passage is also the one that has the question's words close
//! together, which is why it is taken there too, although the sum over the page would be the textbook's.

use crate::error::IndexError;
use crate::fusion::{Evidence, Fusion, WORDS_WEIGHT, fuse};
use crate::index::Index;
use crate::language::{Must, Phrase};
use crate::memory::{Memory, Page};
use crate::page::{PageId, PageInfo, PassageRef};
use crate::postings::Slot;
use crate::query::{Filters, Hit, Query, Why};
use crate::snippet::snippet;
use crate::store::{Store, Table};
use crate::typing;
use crate::vector::{Vector, unit};
use crate::words::query_terms;
use std::collections::{HashMap, HashSet};

/// A page is compared by at most so many of its passages, evenly spread, the title's among them. At 1 only
/// its title speaks for it; without a bound one long page against a large index would take minutes.
pub const SIMILAR_PASSAGES: usize = 24;

/// A page without vectors is compared by so many of its most characteristic words. At 1 a single odd word
/// decides; with hundreds every page shares some.
pub const SIMILAR_WORDS: usize = 16;

/// What of the pages may be a hit.
#[derive(Default)]
struct Admitted {
    /// Pages that hold what is asked, and the passage that shows it; `None` admits all.
    only: Option<HashMap<PageId, u32>>,
    /// Pages that hold what must not be there.
    without: HashSet<PageId>,
    /// Words count in titles only, and one must be there.
    in_title: bool,
    /// Pages are hits without any evidence: the question has nothing but filters.
    listed: bool,
}

/// A page that is a hit, before its snippet is read.
struct Found {
    page: PageInfo,
    evidence: Evidence,
    why: Why,
    score: f64,
    /// The passage to show.
    shown: Option<PassageRef>,
}

impl<S: Store> Index<S> {
    /// The best pages, best first, one hit a page. Equal scores: the page seen last comes first.
    ///
    /// A question without words (empty, only punctuation), without a vector, and without anything in
    /// [`Query::must`] and [`Query::filters`] has no hits; one of filters alone lists what they let through, the
    /// page seen last first. A space of which
    /// nothing is stored finds nothing, which is no error: passages may not be embedded yet.
    pub async fn search(&self, query: Query<'_>) -> Result<Vec<Hit>, IndexError> {
        let terms = query_terms(query.text);
        let mut admitted = self.admitted(&query.must).await?;
        admitted.listed = terms.is_empty() && query.vector.is_none() && query.filters != Filters::default();
        let found = {
            let memory = self.memory.borrow();
            let vector = match &query.vector {
                None => None,
                Some(vector) => {
                    memory.check_dimensions(vector.space, vector.values.len())?;
                    let unit = unit(vector.values)?;
                    memory.space(vector.space).map(|space| (space, unit))
                }
            };
            let cosine = |slot: Slot| {
                let (space, unit) = vector.as_ref()?;
                Some(memory.vector(slot, *space)?.cosine_with_unit(unit))
            };
            let scores = memory.words.scores(&terms);
            let (fusion, min_cosine) =
                query.vector.as_ref().map_or((Fusion::Calibrated, f64::INFINITY), |vector| {
                    (vector.fusion, f64::from(vector.min_cosine))
                });
            let best = best_pages(&memory, &query.filters, None, &admitted, &scores, cosine, min_cosine);
            rank(best, fusion, min_cosine, query.text, query.limit)
        };
        self.show(found, terms).await
    }

    /// The pages most like one page, best first, never itself; none for a page that is not there.
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
        let (by_meaning, passages) = {
            let memory = self.memory.borrow();
            let Some(own) = memory.pages.get(&page) else { return Ok(Vec::new()) };
            let passages = own.slots.iter().map(|slot| reference(own, memory.ordinal(*slot)));
            (by_meaning(&memory, own, space, &filters), passages.collect::<Vec<_>>())
        };
        if let Some(found) = by_meaning {
            return self.show(cut(found, limit), Vec::new()).await;
        }
        let texts: Vec<String> = self.read_passages(&passages).await?.into_iter().flatten().collect();
        if texts.is_empty() && self.page(page).is_some_and(|info| info.passages > 0) {
            return Err(IndexError::Corrupt { table: Table::Passages, key: format!("{page}/") });
        }
        let (found, terms) = {
            let memory = self.memory.borrow();
            let terms = memory.words.characteristic(&texts, SIMILAR_WORDS);
            let scores = memory.words.scores(&terms);
            let all = Admitted::default();
            let best = best_pages(&memory, &filters, Some(page), &all, &scores, |_| None, f64::INFINITY);
            (rank(best, Fusion::Calibrated, f64::INFINITY, "", limit), terms)
        };
        self.show(found, terms).await
    }

    /// Which pages satisfy `must`.
    async fn admitted(&self, must: &Must) -> Result<Admitted, IndexError> {
        let mut out = Admitted { in_title: must.in_title, ..Admitted::default() };
        for phrase in &must.phrases {
            let mut pages = self.with_phrase(phrase, must.in_title).await?;
            if let Some(only) = out.only.take() {
                pages.retain(|page, _| only.contains_key(page));
            }
            out.only = Some(pages);
        }
        for phrase in &must.without {
            out.without.extend(self.with_phrase(phrase, false).await?.into_keys());
        }
        Ok(out)
    }

    /// The pages with a phrase, each with the first passage that has it. A passage that cannot be read has none.
    async fn with_phrase(&self, phrase: &Phrase, in_title: bool) -> Result<HashMap<PageId, u32>, IndexError> {
        let passages: Vec<PassageRef> = {
            let memory = self.memory.borrow();
            let slots = memory.words.with_all(&phrase.0);
            let pages = memory.pages.values().flat_map(|page| {
                let there = page.slots.iter().filter(|slot| slots.binary_search(slot).is_ok());
                let titles = move |ordinal: &u32| !in_title || (page.titled && *ordinal == 0);
                there.map(|slot| memory.ordinal(*slot)).filter(titles).map(|ordinal| reference(page, ordinal))
            });
            pages.collect()
        };
        let texts = match &phrase.0[..] {
            // Having the word is having the phrase.
            [_] => vec![None; passages.len()],
            _ => self.read_passages(&passages).await?,
        };
        let mut found = HashMap::new();
        for (passage, text) in passages.into_iter().zip(texts) {
            if phrase.0.len() == 1 || text.is_some_and(|text| phrase.is_in(&text)) {
                found
                    .entry(passage.page)
                    .and_modify(|first: &mut u32| *first = passage.ordinal.min(*first))
                    .or_insert(passage.ordinal);
            }
        }
        Ok(found)
    }

    /// Reads what is shown of each page. One whose text is gone meanwhile, or cannot be read, shows its title.
    async fn show(&self, found: Vec<Found>, terms: Vec<String>) -> Result<Vec<Hit>, IndexError> {
        let shown: Vec<PassageRef> = found.iter().filter_map(|found| found.shown).collect();
        let mut texts = self.read_passages(&shown).await?.into_iter();
        let terms: HashSet<String> = terms.into_iter().collect();
        let hits = found.into_iter().map(|found| {
            let text = found.shown.and_then(|_| texts.next().flatten());
            Hit {
                snippet: snippet(text.as_deref().unwrap_or(&found.page.title), &terms),
                page: found.page,
                score: found.score,
                cosine: found.evidence.cosine,
                bm25: found.evidence.bm25,
                why: found.why,
            }
        });
        Ok(hits.collect())
    }
}

/// Every page that is a hit, scoreless. `scores` are those of BM25, `cosine` gives the one of a passage.
fn best_pages(
    memory: &Memory,
    filters: &Filters,
    without: Option<PageId>,
    admitted: &Admitted,
    scores: &[f64],
    cosine: impl Fn(Slot) -> Option<f64>,
    min_cosine: f64,
) -> Vec<Found> {
    let only = admitted.only.as_ref();
    let pages = memory.pages.values().filter(|page| {
        let id = page.info.id;
        Some(id) != without
            && !admitted.without.contains(&id)
            && only.is_none_or(|only| only.contains_key(&id))
            && filters.accept(&page.info)
    });
    let found = pages.filter_map(|page| {
        // The passage with the phrase, unless that is the title, which is shown anyway.
        let phrase = only.and_then(|only| only.get(&page.info.id)).copied();
        let phrase = phrase.filter(|ordinal| !(page.titled && *ordinal == 0));
        let mut evidence = Evidence { cosine: None, bm25: None };
        let mut shown: Option<(f64, u32)> = None;
        for slot in &page.slots {
            // The title is shown anyway: of the text, the passage that matches best, else its beginning.
            let ordinal = memory.ordinal(*slot);
            let is_title = page.titled && ordinal == 0;
            let counts = is_title || !admitted.in_title;
            let bm25 = scores.get(*slot as usize).copied().filter(|score| *score > 0.0 && counts);
            let cosine = cosine(*slot);
            evidence.bm25 = larger(evidence.bm25, bm25);
            evidence.cosine = larger(evidence.cosine, cosine);
            let worth = cosine.unwrap_or(0.0) + WORDS_WEIGHT * bm25.unwrap_or(0.0);
            if !is_title
                && phrase.is_none_or(|phrase| phrase == ordinal)
                && shown.is_none_or(|(best, _)| worth > best)
            {
                shown = Some((worth, ordinal));
            }
        }
        if admitted.in_title && only.is_none() && !admitted.listed {
            evidence.bm25?;
        }
        // Having the phrase is enough, also where its words are too common to be counted.
        let asked = (only.is_some() || admitted.listed).then_some(Why::Words);
        Some(Found {
            why: evidence.why(min_cosine).or(asked)?,
            page: page.info.clone(),
            evidence,
            score: 0.0,
            shown: shown.map(|(_, ordinal)| reference(page, ordinal)),
        })
    });
    found.collect()
}

/// Scores, sorts and cuts. While `typed` is short, what it found exactly by words keeps its place.
fn rank(mut found: Vec<Found>, fusion: Fusion, min_cosine: f64, typed: &str, limit: usize) -> Vec<Found> {
    // Equals of reciprocal ranks are told apart as equals of the result are.
    found.sort_by(seen_last_first);
    let evidence: Vec<Evidence> = found.iter().map(|found| found.evidence).collect();
    for (found, score) in found.iter_mut().zip(fuse(fusion, &evidence, min_cosine)) {
        found.score = score;
    }
    if !typing::is_short(typed) {
        return cut(found, limit);
    }
    let mut by_words: Vec<&Found> = found.iter().filter(|found| found.evidence.bm25.is_some()).collect();
    // Equals are in order already.
    by_words.sort_by(|a, b| b.evidence.bm25.unwrap_or(0.0).total_cmp(&a.evidence.bm25.unwrap_or(0.0)));
    by_words.truncate(typing::HELD);
    by_words.retain(|found| typing::is_exact(&found.page.title, typed));
    let held: HashSet<PageId> = by_words.into_iter().map(|found| found.page.id).collect();
    let mut ranked = cut(found, usize::MAX);
    typing::hold(&mut ranked, &held, |found| found.page.id);
    ranked.truncate(limit);
    ranked
}

/// The first `limit`, best first.
fn cut(mut found: Vec<Found>, limit: usize) -> Vec<Found> {
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| seen_last_first(a, b)));
    found.truncate(limit);
    found
}

fn seen_last_first(a: &Found, b: &Found) -> std::cmp::Ordering {
    b.page.last_seen.total_cmp(&a.page.last_seen).then_with(|| a.page.id.cmp(&b.page.id))
}

/// Pages by their vectors against those of `own`; `None` if it has none of this space.
fn by_meaning(memory: &Memory, own: &Page, space: &str, filters: &Filters) -> Option<Vec<Found>> {
    let space = memory.space(space)?;
    let vectors: Vec<&Vector> = own.slots.iter().filter_map(|slot| memory.vector(*slot, space)).collect();
    if vectors.is_empty() {
        return None;
    }
    let used = vectors.len().min(SIMILAR_PASSAGES);
    let vectors: Vec<&Vector> = (0..used).map(|n| vectors[n * vectors.len() / used]).collect();
    let others =
        memory.pages.values().filter(|page| page.info.id != own.info.id && filters.accept(&page.info));
    let found = others.filter_map(|page| {
        let mut best = vec![f64::NEG_INFINITY; used];
        let mut shown: Option<(f64, u32)> = None;
        for slot in &page.slots {
            let Some(vector) = memory.vector(*slot, space) else { continue };
            let mut closest = f64::NEG_INFINITY;
            for (own, best) in vectors.iter().zip(&mut best) {
                let cosine = own.cosine(vector);
                *best = best.max(cosine);
                closest = closest.max(cosine);
            }
            let ordinal = memory.ordinal(*slot);
            if !(page.titled && ordinal == 0) && shown.is_none_or(|(best, _)| closest > best) {
                shown = Some((closest, ordinal));
            }
        }
        let mean = best.iter().sum::<f64>() / used as f64;
        mean.is_finite().then(|| Found {
            page: page.info.clone(),
            evidence: Evidence { cosine: Some(mean), bm25: None },
            why: Why::Meaning,
            score: mean,
            shown: shown.map(|(_, ordinal)| reference(page, ordinal)),
        })
    });
    Some(found.collect())
}

fn reference(page: &Page, ordinal: u32) -> PassageRef {
    PassageRef { page: page.info.id, ordinal, generation: page.generation }
}

fn larger(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.max(b)),
        (one, other) => one.or(other),
    }
}

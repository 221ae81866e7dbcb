//! Questions: which pages match, what that makes of them, and what of each page is shown.
//!
//! 1. The posting lists of the question's words are read (`terms`).
//! 2. Every page gets an estimate at once, without waiting: BM25 of its words, and from the codes of its passages how
//!    close it is in meaning (`meaning`). The best of these are estimated more finely, of which the best few hundred
//!    go on.
//! 3. The vectors of their passages are read and compared exactly, scores are fused (`fusion`), exact matches keep
//!    their places while a question is short (`typing`), and phrases are looked for in the texts, best page first,
//!    until there are enough (`asked`).
//! 4. Of each hit the passage is read that is to be shown (`show`).
//!
//! What has long loops is kept out of line (`inline(never)`): `search` itself is generic, so it is compiled where its store
//! is named, for size, and loops that are inlined into it are not vectorised.
//!
//! Between these steps pages may come, change and go: slots are never used twice, so a page that is gone is just
//! missing.

mod asked;
mod bm25;
pub(crate) mod cache;
mod meaning;
mod show;
mod similar;
pub(crate) mod terms;

pub use bm25::{B, K1};
pub use similar::{SIMILAR_PASSAGES, SIMILAR_WORDS};
pub use terms::{MAX_TERMS, PREFIX_WEIGHT, TITLE_WEIGHT, TYPO_FROM, TYPO_WEIGHT};

use crate::catalog::{Entry, Mark, Slot};
use crate::error::IndexError;
use crate::fusion::{Evidence, Fusion, fuse};
use crate::index::Index;
use crate::near::FirstLike;
use crate::page::PageId;
use crate::query::{Filters, Hit, Order, Query, QueryVector, Why};
use crate::sort::sort_by;
use crate::state::State;
use crate::store::Store;
use crate::typing;
use crate::vector::unit;
use crate::words::{query_terms, words};
use asked::Asked;
pub(crate) use meaning::Closeness;
use meaning::{Estimates, Look, Row};

/// Pages that go on to be ranked, for each hit that is wanted, and at least: the best by words, and by both. At 1 a hit
/// the estimate of which was a little too low is missing; all of them is the naive search.
const CANDIDATES_PER_HIT: usize = 4;
const CANDIDATES: usize = 256;

/// Of so many pages one has its lead looked at more closely, and so many at least. With 100,000 pages 0.997 of the ten best
/// are among the 1,024 that one bit a dimension puts first, all of them among 2,048 (see `codes::fine`); how many others come
/// before a page goes by how many there are. At 0 and [`CANDIDATES`] one bit a dimension decides what is found.
const REFINED_OF: usize = 50;
const REFINED: usize = 512;

/// Candidates where phrases are to be looked for in texts: many may not have them. At [`CANDIDATES`] a phrase of frequent
/// words may be found nowhere though some page has it; without a bound `"of the"` reads every text.
const CANDIDATES_WITH_PHRASE: usize = 4096;

/// Estimates err by so much over the root of the dimensions, hardly ever by more (see `codes`): a page whose estimate
/// is that far below the least cosine is no hit.
const SLACK: f64 = 3.0;

/// A page that may be a hit.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub slot: Slot,
    pub id: PageId,
    pub last_seen: f64,
    pub evidence: Evidence,
    pub why: Why,
    pub score: f64,
    pub fingerprint: Option<u64>,
    /// How many others say nearly the same.
    pub alike: u32,
}

impl Candidate {
    pub fn new(slot: Slot, entry: &Entry, evidence: Evidence, why: Why, score: f64) -> Self {
        let &Entry { id, last_seen, fingerprint, .. } = entry;
        Self { slot, id, last_seen, evidence, why, score, fingerprint, alike: 0 }
    }
}

/// A page that is looked at for the first time: small, as with a question in words of everyday it is every page.
struct Possible {
    slot: Slot,
    last_seen: f64,
    evidence: Evidence,
    why: Why,
}

/// In the order of time, pages take part that are worth at least this share of the best one. At 0 the newest page comes
/// first that has a single word of the question, at 1 only the best is left. Half drops, of a question of three words,
/// most pages that have one of them. Not chosen on a set: none of them asks for the newest.
const NEWEST_SHARE: f64 = 0.5;

/// What is asked, understood.
struct Ask<'a> {
    query: &'a Query<'a>,
    vector: Option<(&'a QueryVector<'a>, Vec<f32>)>,
    /// The question has nothing but filters: pages are hits without any evidence.
    listed: bool,
}

impl<S: Store> Index<S> {
    /// The best pages, best first, one hit a page. Equal scores: the page seen last comes first.
    ///
    /// A question without words (empty, only punctuation), without a vector, and without anything in
    /// [`Query::must`] and [`Query::filters`] has no hits; one of filters alone lists what they let through, the
    /// page seen last first. A space of which nothing is stored finds nothing, which is no error: passages may not
    /// be embedded yet.
    pub async fn search(&self, query: Query<'_>) -> Result<Vec<Hit>, IndexError> {
        let terms = query_terms(query.text);
        let vector = match &query.vector {
            None => None,
            Some(vector) => {
                self.state.borrow().check_dimensions(vector.space, vector.values.len())?;
                Some((vector, unit(vector.values)?))
            }
        };
        let listed = terms.is_empty() && vector.is_none() && query.filters != Filters::default();
        let ask = Ask { query: &query, vector, listed };
        let asked = self.asked(&query.must).await?;
        let last = begun(query.text);
        // The lists are read while the codes are scanned.
        let scanned = async { ask.scan(&self.state.borrow(), &asked) };
        let (lists, mut estimates) =
            futures::join!(self.lists(terms, last.as_deref(), asked.in_title), scanned);
        let lists = lists?;

        let (mut candidates, mut rows, scores) = {
            let state = self.state.borrow();
            let scores = lists.scores(&state.pages);
            let mut possible = ask.possible(&state, &asked, &scores.scores, estimates.as_ref());
            if let (Some((_, unit)), Some(estimates)) = (&ask.vector, &mut estimates) {
                let refined = REFINED.max(state.pages.len() / REFINED_OF);
                ask.keep_best(&mut possible, ask.candidates(&asked).max(refined));
                estimates.refine(unit, possible.iter().map(|page| page.slot));
                for page in &mut possible {
                    page.evidence.see(estimates.of(page.slot));
                }
            }
            ask.keep_best(&mut possible, ask.candidates(&asked));
            let candidates: Vec<Candidate> = (possible.into_iter())
                .filter_map(|page| {
                    let entry = state.pages.get(page.slot)?;
                    Some(Candidate::new(page.slot, entry, page.evidence, page.why, 0.0))
                })
                .collect();
            let worth = |page: &Candidate| (page.evidence.calibrated(), page.slot);
            let rows = estimates.map(|estimates| estimates.rows_of(&state, candidates.iter().map(worth)));
            (candidates, rows.unwrap_or_default(), scores)
        };
        if let Some((vector, unit)) = &ask.vector {
            self.compare(vector.space, unit, &mut rows).await?;
            ask.settle(&mut candidates, &rows, &asked);
        }
        let mut ranked = ask.rank(candidates);
        match query.order {
            Order::Best => self.hold(&mut ranked, query.text).await?,
            Order::Newest => newest_first(&mut ranked),
        }
        // What keeps its place keeps it against its likes, too.
        let holds = query.order == Order::Best && typing::is_short(query.text);
        collapse(&mut ranked, if holds { typing::HELD } else { 0 });
        let found = self.admit(ranked, &asked, query.limit).await?;
        self.show(found, &rows, &lists, &scores.weights).await
    }

    /// While `typed` is short, what it found exactly by words keeps its place.
    async fn hold(&self, ranked: &mut Vec<Candidate>, typed: &str) -> Result<(), IndexError> {
        if !typing::is_short(typed) {
            return Ok(());
        }
        let mut by_words: Vec<&Candidate> =
            ranked.iter().filter(|page| page.evidence.bm25.is_some()).collect();
        sort_by(&mut by_words, |a, b| {
            let (x, y) = (a.evidence.bm25.unwrap_or(0.0), b.evidence.bm25.unwrap_or(0.0));
            y.total_cmp(&x).then_with(|| seen_last_first(a, b))
        });
        let first: Vec<PageId> = ranked.iter().take(typing::HELD).map(|page| page.id).collect();
        let ids: Vec<PageId> = by_words.iter().take(typing::HELD).map(|page| page.id).collect();
        if ids.iter().all(|id| first.contains(id)) {
            return Ok(());
        }
        let rows = self.page_rows(&ids).await?;
        let exact = ids
            .into_iter()
            .zip(rows)
            .filter(|(_, row)| row.as_ref().is_some_and(|row| typing::is_exact(&row.title, typed)));
        let held = exact.map(|(id, _)| id).collect();
        typing::hold(ranked, &held, |page| page.id);
        Ok(())
    }
}

impl Ask<'_> {
    fn fusion(&self) -> Fusion {
        self.vector.as_ref().map_or(Fusion::Calibrated, |(vector, _)| vector.fusion)
    }

    fn min_cosine(&self) -> f64 {
        self.vector.as_ref().map_or(f64::INFINITY, |(vector, _)| f64::from(vector.min_cosine))
    }

    /// By how much estimates may err.
    fn slack(&self) -> f64 {
        self.vector.as_ref().map_or(0.0, |(_, unit)| SLACK / (unit.len() as f64).sqrt())
    }

    /// How close all pages seem, if meaning is asked for.
    fn scan(&self, state: &State, asked: &Asked) -> Option<Estimates> {
        let (vector, unit) = self.vector.as_ref()?;
        let of_all = self.query.filters == Filters::default() && !asked.has_phrases() && !asked.excludes();
        let look = if of_all && !asked.in_title { Look::Nearest } else { Look::All };
        Some(Estimates::new(state, vector.space, unit, look))
    }

    /// What makes a page a hit; `None` where nothing does.
    fn why(&self, evidence: Evidence, asked: &Asked, min_cosine: f64) -> Option<Why> {
        if asked.in_title && !asked.has_phrases() && !self.listed {
            evidence.bm25?;
        }
        // Having the phrase is enough, also where its words are too common to be counted.
        let enough = (asked.has_phrases() || self.listed).then_some(Why::Words);
        evidence.why(min_cosine).or(enough)
    }

    /// The pages that may be hits.
    #[inline(never)]
    fn possible(
        &self,
        state: &State,
        asked: &Asked,
        scores: &[f64],
        estimates: Option<&Estimates>,
    ) -> Vec<Possible> {
        let filters = &self.query.filters;
        let hosts = state.pages.hosts(|host| filters.accept_host(host));
        let accepts = |page: &Mark| hosts[page.host as usize] && filters.accept_time(page.last_seen);
        let least = self.min_cosine() - self.slack();
        let evidence_of = |slot: Slot| {
            let bm25 = scores.get(slot as usize).copied().filter(|score| *score > 0.0);
            let mut evidence = Evidence { bm25, ..Evidence::default() };
            if let Some(estimates) = estimates {
                evidence.see(estimates.of(slot));
            }
            evidence
        };
        let mut found: Vec<Possible> = Vec::new();
        for slot in 0..state.pages.slots() as Slot {
            let evidence = evidence_of(slot);
            let Some(why) = self.why(evidence, asked, least) else { continue };
            let Some(page) = state.pages.mark(slot) else { continue };
            if accepts(page) && asked.may_admit(slot) {
                found.push(Possible { slot, last_seen: page.last_seen, evidence, why });
            }
        }
        found
    }

    /// How many pages are worth a closer look.
    fn candidates(&self, asked: &Asked) -> usize {
        let least = if asked.has_phrases() || asked.excludes() { CANDIDATES_WITH_PHRASE } else { CANDIDATES };
        (self.query.limit.saturating_mul(CANDIDATES_PER_HIT)).max(least)
    }

    /// Keeps the best by words, and by what decides besides: both together, or meaning alone where ranks are fused.
    /// `keep` of each at most, of equals those seen last.
    #[inline(never)]
    fn keep_best(&self, found: &mut Vec<Possible>, keep: usize) {
        if found.len() <= keep {
            return;
        }
        type Worth = fn(&Possible) -> Option<f64>;
        let words: Worth = |page| page.evidence.bm25;
        let meaning: Worth = |page| page.evidence.cosine;
        let both: Worth = |page| Some(page.evidence.calibrated());
        let by = match self.fusion() {
            Fusion::Calibrated => [words, both],
            Fusion::Reciprocal => [words, meaning],
        };
        let mut kept = vec![false; found.len()];
        for worth in by {
            let mut order: Vec<(f64, f64, u32)> = ((0..).zip(found.iter()))
                .filter_map(|(at, page): (u32, _)| Some((worth(page)?, page.last_seen, at)))
                .collect();
            if order.len() > keep {
                order.select_nth_unstable_by(keep, |a, b| {
                    b.0.total_cmp(&a.0).then_with(|| b.1.total_cmp(&a.1))
                });
                order.truncate(keep);
            }
            order.into_iter().for_each(|(.., at)| kept[at as usize] = true);
        }
        let mut kept = kept.into_iter();
        found.retain(|_| kept.next().unwrap_or(false));
    }

    /// Puts exact cosines in the place of estimates, and leaves out what is no hit after all.
    fn settle(&self, candidates: &mut Vec<Candidate>, rows: &[Row], asked: &Asked) {
        let exact = meaning::closeness(rows);
        candidates.retain_mut(|page| {
            // A page that was not compared seems worse than those that were; an estimate may be too good, and must not
            // put it before them.
            match exact.get(&page.slot) {
                Some(closeness) => page.evidence.see(*closeness),
                None => page.evidence.doubt(self.slack()),
            }
            match self.why(page.evidence, asked, self.min_cosine()) {
                Some(why) => {
                    page.why = why;
                    true
                }
                None => false,
            }
        });
    }

    /// Scores and sorts.
    fn rank(&self, mut found: Vec<Candidate>) -> Vec<Candidate> {
        // Equals of reciprocal ranks are told apart as equals of the result are.
        sort_by(&mut found, seen_last_first);
        let evidence: Vec<Evidence> = found.iter().map(|page| page.evidence).collect();
        for (page, score) in found.iter_mut().zip(fuse(self.fusion(), &evidence, self.min_cosine())) {
            page.score = score;
        }
        sort_by(&mut found, |a, b| b.score.total_cmp(&a.score));
        found
    }
}

/// Of pages that say nearly the same only the best one stays, and says how many went; the first `exempt` pages stay
/// in any case.
fn collapse(ranked: &mut Vec<Candidate>, exempt: usize) {
    let mut kept: Vec<Candidate> = Vec::with_capacity(ranked.len());
    let mut first = FirstLike::new();
    for page in ranked.drain(..) {
        let better =
            if kept.len() < exempt { None } else { page.fingerprint.and_then(|print| first.find(print)) };
        match better.and_then(|at| kept.get_mut(at)) {
            Some(better) => better.alike += 1,
            None => {
                if let Some(print) = page.fingerprint {
                    first.add(print, kept.len());
                }
                kept.push(page);
            }
        }
    }
    *ranked = kept;
}

/// Leaves what answers well, the page seen last first.
fn newest_first(ranked: &mut Vec<Candidate>) {
    let least = ranked.first().map_or(0.0, |best| best.score * NEWEST_SHARE);
    ranked.retain(|page| page.score >= least);
    sort_by(ranked, seen_last_first);
}

fn seen_last_first(a: &Candidate, b: &Candidate) -> std::cmp::Ordering {
    b.last_seen.total_cmp(&a.last_seen).then_with(|| a.id.cmp(&b.id))
}

/// The word at the very end, which may be only begun.
fn begun(text: &str) -> Option<String> {
    let text = text.trim_end();
    let mut last = None;
    words(text, |word, range| last = Some((word.to_owned(), range.end)));
    last.filter(|(_, end)| *end == text.len()).map(|(word, _)| word)
}

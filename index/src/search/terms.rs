//! Words: which pages have those of a question, and what that is worth (`bm25`).
//!
//! The word that is typed last may be only begun: terms that begin with it count, too, also where it is a stop word so far. A word of [`TYPO_FROM`] letters
//! and more that hardly any page has may be mistyped: terms that differ by one typo count. Not one with digits: `E0498` is
//! another error than `E0499`. Both count less than the word itself, and never so much that a page with them comes before one with the word itself ([`Found::add`]). Where titles are
//! asked for, words count in titles only, those that are begun or mistyped as well.

use crate::catalog::{Pages, Slot};
use crate::error::IndexError;
use crate::index::Index;
use crate::rows::unseal_raw;
use crate::search::bm25::{Found, Whom};
use crate::search::cache::Cache;
use crate::segment::dictionary::Place;
use crate::segment::list_key;
use crate::segment::postings::{Posting, decode_while};
use crate::segment::words::{TITLE, Words, list, pieces_of, range_of};
use crate::sort::{sort, sort_by};
use crate::state::State;
use crate::store::{Store, Table};
use crate::words::is_stop_word;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// A word in the title counts as so many words in the text. At 1 a title is text like any other; with hundreds titles
/// alone decide. Not chosen on a set: the lead already speaks for what a page is about.
pub const TITLE_WEIGHT: u32 = 1;

/// What a word that is only begun is worth, as a share of what the whole word would be. At 0 only whole words are
/// found; at 1 `car` finds `carpet` as it finds `car`, where no page has `car`.
pub const PREFIX_WEIGHT: f64 = 0.5;

/// What a word with a typo is worth, as a share of what the right word would be. At 0 none is forgiven; at 1 only [`BELOW`]
/// keeps it under the right word. Not chosen on a set, as nobody mistypes in those; as [`PREFIX_WEIGHT`].
pub const TYPO_WEIGHT: f64 = 0.5;

/// Words with fewer letters are taken as they are: they have too many neighbours. At 1 `cat` finds `car`; at 20 no typo is
/// forgiven. Given, not chosen on a set.
pub const TYPO_FROM: usize = 5;

/// A word that so many pages have is not mistyped. At 1 a misspelling that one page shares hides all others; without a
/// bound typos of frequent words are looked for, too, which takes longer and finds what nobody meant.
const RARE: usize = 3;

/// A page with less than the word itself gets at most so much of what the worst page with the word gets. At 1 it may be as
/// good as that one; at 0 it gets nothing where any page has the word.
const BELOW: f64 = 0.95;

/// A question's rarest words, at most so many, are looked up. Nobody types more; a whole article pasted as a
/// question is represented by these.
pub const MAX_TERMS: usize = 64;

/// Words are looked up so many times at most, as their segments may be merged meanwhile. At 1 a question during a merge
/// misses what has moved; merges are so rare that more than 2 are hardly ever needed.
const ATTEMPTS: usize = 4;

/// Terms for which one word may stand, in each segment: the most frequent ones of [`CONSIDERED`]. At 1 `ca` finds only the
/// most frequent word that begins so; without bounds one letter reads half of all lists.
const VARIANTS: usize = 32;
const CONSIDERED: usize = 1024;

/// What a list says about its term of the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Exact,
    Title,
    /// Begins with it.
    Prefix,
    Typo,
}

/// Where postings are.
enum Source {
    /// In a segment, by its index.
    Segment(usize, Place),
    /// Copied out of what is new: page, row of the page, occurrences.
    Fresh(Vec<(Slot, u32, u32)>),
}

struct Lookup {
    term: usize,
    kind: Kind,
    source: Source,
}

/// The lists of a question's words, as they were at one moment.
pub(crate) struct Lists {
    pub terms: Vec<String>,
    /// The last of them is a stop word that is no word of the question, but may be the beginning of one.
    only_begun: bool,
    /// Words count in titles only.
    in_title: bool,
    lookups: Vec<Lookup>,
    segments: Vec<(u32, Rc<Words>)>,
    pieces: HashMap<(u32, u32), Rc<[u8]>>,
    /// Terms that stood for one of the question.
    variants: HashSet<String>,
    lost: HashSet<u32>,
}

/// Rows of pages, ascending: of a common word there are so many that a map of them takes longer than all else. Page and
/// row are one number, whose sorting is compiled anyway.
#[derive(Default)]
pub(crate) struct Rows(Vec<u64>);

impl Rows {
    fn number(slot: Slot, chunk: u32) -> u64 {
        u64::from(slot) << 32 | u64::from(chunk)
    }

    fn has_row(&self, row: u64) -> bool {
        self.0.binary_search(&row).is_ok()
    }

    /// Those of a page.
    pub fn of(&self, slot: Slot) -> impl Iterator<Item = u32> {
        let from = self.0.partition_point(|row| *row < Self::number(slot, 0));
        self.0[from..].iter().take_while(move |row| *row >> 32 == u64::from(slot)).map(|row| *row as u32)
    }

    /// Whether there is one of a page.
    pub fn has(&self, slot: Slot) -> bool {
        self.of(slot).next().is_some()
    }
}

/// What the words of a question say.
#[derive(Default)]
pub(crate) struct Scores {
    /// By slot; 0 where no word is. Empty where no page has any.
    pub scores: Vec<f64>,
    /// What each term is worth, for snippets.
    pub weights: HashMap<String, f64>,
}

impl<S: Store> Index<S> {
    /// Looks words up, in titles only if `in_title`. `last` is the one that may be only begun.
    pub(crate) async fn lists(
        &self,
        terms: Vec<String>,
        last: Option<&str>,
        in_title: bool,
    ) -> Result<Lists, IndexError> {
        self.look_up(&|state| Lists::new(state, terms.clone(), last, in_title), true).await
    }

    /// As [`Index::lists`], but for exactly these words.
    pub(crate) async fn lists_exactly(&self, terms: Vec<String>) -> Result<Lists, IndexError> {
        self.look_up(&|state| Lists::new(state, terms.clone(), None, false), false).await
    }

    /// From the segments as they are now; where they are merged while their lists are read, from those that then are.
    async fn look_up(&self, lists: &dyn Fn(&State) -> Lists, with_typos: bool) -> Result<Lists, IndexError> {
        let mut left = ATTEMPTS;
        let lists = loop {
            left = left.saturating_sub(1);
            let mut lists = lists(&self.state.borrow());
            let mut is_whole = self.read_lists(&mut lists).await?;
            if with_typos && (is_whole || left == 0) {
                is_whole &= self.read_typos(&mut lists).await?;
            }
            self.state.borrow_mut().lost.extend(&lists.lost);
            if is_whole || left == 0 {
                break lists;
            }
        };
        Ok(lists)
    }

    /// Adds the typos of rare words. `false`: the segments are others by now, and something is missing.
    async fn read_typos(&self, lists: &mut Lists) -> Result<bool, IndexError> {
        let rare: Vec<usize> = {
            let state = self.state.borrow();
            let all = (0..lists.own().len()).filter(|term| may_be_mistyped(&lists.terms[*term]));
            all.filter(|term| lists.is_rare(*term, &state.pages)).collect()
        };
        if rare.is_empty() {
            return Ok(true);
        }
        // What was new may be in a segment by now that these lists do not know.
        let is_of_now = lists.is_of(&self.state.borrow());
        lists.add_typos(&self.state.borrow(), &rare);
        Ok(self.read_lists(lists).await? && is_of_now)
    }

    /// Reads the pieces that are not yet known. `false`: some are gone, since their segments were merged meanwhile.
    async fn read_lists(&self, lists: &mut Lists) -> Result<bool, IndexError> {
        let wanted = lists.missing(&self.cache.borrow());
        if wanted.is_empty() {
            return Ok(true);
        }
        let keys: Vec<String> = wanted.iter().map(|(segment, piece)| list_key(*segment, *piece)).collect();
        let rows = self.store.get_many(Table::Segments, &keys).await?;
        if rows.iter().any(Option::is_none) {
            // Either they are damaged, or a merge has removed them and memory does not know yet: it does when whoever
            // changes the store is done.
            drop(self.writing.lock().await);
        }
        let state = self.state.borrow();
        let mut cache = self.cache.borrow_mut();
        let mut is_whole = true;
        for ((segment, piece), row) in wanted.into_iter().zip(rows) {
            let is_there = state.segments.iter().any(|known| known.entry.id == segment);
            match row.map(unseal_raw) {
                Some(Ok(bytes)) => {
                    let bytes: Rc<[u8]> = bytes.into();
                    if is_there {
                        cache.keep_list(segment, piece, Rc::clone(&bytes));
                    }
                    lists.pieces.insert((segment, piece), bytes);
                }
                // Damaged: this answer does without.
                _ if is_there => drop(lists.lost.insert(segment)),
                _ => is_whole = false,
            }
        }
        Ok(is_whole)
    }
}

impl Lists {
    fn new(state: &State, terms: Vec<String>, last: Option<&str>, in_title: bool) -> Self {
        let segments: Vec<(u32, Rc<Words>)> = (state.segments.iter())
            .filter_map(|segment| Some((segment.entry.id, Rc::clone(segment.words.as_ref()?))))
            .collect();
        let mut lists = Self {
            terms,
            only_begun: false,
            in_title,
            lookups: Vec::new(),
            segments,
            pieces: HashMap::new(),
            variants: HashSet::new(),
            lost: HashSet::new(),
        };
        lists.keep_rarest(state);
        for term in 0..lists.terms.len() {
            let word = lists.terms[term].clone();
            lists.look_up(state, term, Kind::Exact, &word);
            lists.look_up(state, term, Kind::Title, &format!("{TITLE}{word}"));
            if last == Some(&word) {
                lists.look_up_prefix(state, term, &word);
            }
        }
        if let Some(word) =
            last.filter(|word| is_stop_word(word) && lists.terms.iter().all(|term| term != word))
        {
            lists.terms.push(word.to_owned());
            lists.only_begun = true;
            lists.look_up_prefix(state, lists.terms.len() - 1, word);
        }
        lists
    }

    /// The words of the question themselves.
    fn own(&self) -> &[String] {
        &self.terms[..self.terms.len().saturating_sub(usize::from(self.only_begun))]
    }

    /// A word as the terms have it in which it is to be found.
    fn marked(&self, word: &str) -> String {
        if self.in_title { format!("{TITLE}{word}") } else { word.to_owned() }
    }

    /// Whether the segments are still those that were looked into.
    fn is_of(&self, state: &State) -> bool {
        let now = state.segments.iter().filter(|segment| segment.words.is_some());
        now.map(|segment| segment.entry.id).eq(self.segments.iter().map(|segment| segment.0))
    }

    /// Of too many terms, those with the shortest lists.
    fn keep_rarest(&mut self, state: &State) {
        if self.terms.len() <= MAX_TERMS {
            return;
        }
        let length = |term: &String| -> u64 {
            let written = self.segments.iter().filter_map(|(_, words)| words.dictionary.get(term));
            let written = written.map(|place| range_of(&place).map_or(1, |(start, end)| end - start));
            written.sum::<u64>() + state.fresh.postings(term).len() as u64
        };
        let mut known: Vec<(u64, String)> =
            self.terms.iter().map(|term| (length(term), term.clone())).filter(|known| known.0 > 0).collect();
        sort_by(&mut known, |a, b| a.0.cmp(&b.0));
        known.truncate(MAX_TERMS);
        self.terms = known.into_iter().map(|(_, term)| term).collect();
    }

    fn look_up(&mut self, state: &State, term: usize, kind: Kind, word: &str) {
        for (index, (_, words)) in self.segments.iter().enumerate() {
            if let Some(place) = words.dictionary.get(word) {
                self.lookups.push(Lookup { term, kind, source: Source::Segment(index, place) });
            }
        }
        let fresh: Vec<(Slot, u32, u32)> = (state.fresh.postings(word).iter())
            .filter_map(|posting| {
                let (slot, chunk) = state.fresh.locate(posting.doc)?;
                Some((slot, chunk, posting.occurrences))
            })
            .collect();
        if !fresh.is_empty() {
            self.lookups.push(Lookup { term, kind, source: Source::Fresh(fresh) });
        }
    }

    fn look_up_prefix(&mut self, state: &State, term: usize, word: &str) {
        let word = self.marked(word);
        let mut found: HashMap<String, u64> = HashMap::new();
        for (_, words) in &self.segments {
            for (variant, place) in words.dictionary.starting_with(&word, CONSIDERED) {
                *found.entry(variant).or_default() +=
                    range_of(&place).map_or(1, |(start, end)| 1 + end - start);
            }
        }
        let fresh = state.fresh.terms_from(&word).take_while(|variant| variant.starts_with(&word));
        for variant in fresh.take(CONSIDERED) {
            *found.entry(variant.to_owned()).or_default() += state.fresh.postings(variant).len() as u64;
        }
        found.remove(&word);
        if self.only_begun {
            // Who leaves out `the` does not mean `they`.
            found.retain(|variant, _| !is_stop_word(unmarked(variant)));
        }
        self.look_up_variants(state, term, Kind::Prefix, found);
    }

    fn add_typos(&mut self, state: &State, terms: &[usize]) {
        for term in terms {
            let word = self.marked(&self.terms[*term]);
            let mut found: HashMap<String, u64> = HashMap::new();
            for (_, words) in &self.segments {
                for (variant, place) in words.dictionary.one_typo_from(&word, CONSIDERED) {
                    *found.entry(variant).or_default() +=
                        range_of(&place).map_or(1, |(start, end)| 1 + end - start);
                }
            }
            for variant in state.fresh.terms_from("").filter(|variant| is_one_typo(&word, variant)) {
                *found.entry(variant.to_owned()).or_default() += state.fresh.postings(variant).len() as u64;
            }
            // The mark of a title is no letter that somebody typed too many, or left out.
            found.retain(|variant, _| variant.starts_with(TITLE) == self.in_title);
            self.look_up_variants(state, *term, Kind::Typo, found);
        }
    }

    /// Looks the most frequent ones up.
    fn look_up_variants(&mut self, state: &State, term: usize, kind: Kind, found: HashMap<String, u64>) {
        let mut found: Vec<(String, u64)> = found.into_iter().collect();
        sort_by(&mut found, |a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        for (variant, _) in found.into_iter().take(VARIANTS) {
            self.look_up(state, term, kind, &variant);
            self.variants.insert(unmarked(&variant).to_owned());
        }
    }

    /// Pieces that are not yet here; those that are in the cache are taken.
    fn missing(&mut self, cache: &Cache) -> Vec<(u32, u32)> {
        let mut missing = Vec::new();
        for lookup in &self.lookups {
            let Source::Segment(index, place) = &lookup.source else { continue };
            let Some((start, end)) = range_of(place) else { continue };
            let id = self.segments[*index].0;
            for piece in pieces_of(start, end) {
                if self.pieces.contains_key(&(id, piece)) {
                    continue;
                }
                match cache.list(id, piece) {
                    Some(bytes) => drop(self.pieces.insert((id, piece), bytes)),
                    None => missing.push((id, piece)),
                }
            }
        }
        sort(&mut missing);
        missing.dedup();
        missing
    }

    /// Hands out the postings of one lookup: page, row of the page, occurrences; dead pages too.
    fn read(&self, lookup: &Lookup, mut each: impl FnMut(Slot, u32, u32)) {
        self.read_while(lookup, |slot, chunk, occurrences| {
            each(slot, chunk, occurrences);
            true
        });
    }

    /// As [`Lists::read`], until `each` wants no more.
    fn read_while(&self, lookup: &Lookup, mut each: impl FnMut(Slot, u32, u32) -> bool) {
        match &lookup.source {
            Source::Fresh(postings) => {
                let _ = postings.iter().all(|posting| each(posting.0, posting.1, posting.2));
            }
            Source::Segment(index, place) => {
                let (id, words) = &self.segments[*index];
                let mut located = |posting: Posting| match words.locate(posting.doc) {
                    Some((slot, chunk)) => each(slot, chunk, posting.occurrences),
                    None => true,
                };
                match place {
                    Place::Inline(posting) => drop(located(*posting)),
                    Place::List { start, end } => {
                        let piece = |n: u32| self.pieces.get(&(*id, n)).map(|bytes| &**bytes);
                        let Some(bytes) = list(*start, *end, piece) else { return };
                        // A list that is damaged in a sound row is our own fault; what it gave counts.
                        let _ = decode_while(&bytes, words.docs(), located);
                    }
                }
            }
        }
    }

    fn lookups_of(&self, term: usize, kind: Kind) -> impl Iterator<Item = &Lookup> {
        self.lookups.iter().filter(move |lookup| lookup.term == term && lookup.kind == kind)
    }

    /// Whether fewer than [`RARE`] living pages have a term itself, or begin with it where that counts.
    fn is_rare(&self, term: usize, pages: &Pages) -> bool {
        let mut slots = HashSet::new();
        for kind in [Kind::Exact, Kind::Prefix] {
            for lookup in self.lookups_of(term, kind) {
                self.read_while(lookup, |slot, _, _| {
                    if pages.is_alive(slot) {
                        slots.insert(slot);
                    }
                    slots.len() < RARE
                });
            }
        }
        slots.len() < RARE
    }

    /// The words to be marked.
    pub fn marks(&self) -> HashSet<String> {
        self.own().iter().chain(&self.variants).cloned().collect()
    }

    /// BM25 of every living page.
    pub fn scores(&self, pages: &Pages) -> Scores {
        let mut scores = Scores::default();
        let mut found = Found::new(pages);
        for term in 0..self.terms.len() {
            let exact = if self.in_title { Kind::Title } else { Kind::Exact };
            found.next_term();
            self.count(&mut found, term, exact, 1);
            if !self.in_title && TITLE_WEIGHT > 1 {
                self.count(&mut found, term, Kind::Title, TITLE_WEIGHT - 1);
            }
            let weight = found.add(&mut scores.scores, pages, 1.0, f64::INFINITY, Whom::Having);
            if let Some((weight, _)) = weight {
                scores.weights.insert(self.terms[term].clone(), weight);
            }
            let least = weight.map_or(f64::INFINITY, |(_, least)| least);
            for (kind, share) in [(Kind::Prefix, PREFIX_WEIGHT), (Kind::Typo, TYPO_WEIGHT)] {
                self.count(&mut found, term, kind, 1);
                let weight = found.add(&mut scores.scores, pages, share, least * BELOW, Whom::Others);
                if let Some((weight, _)) = weight {
                    for variant in &self.variants {
                        scores.weights.entry(variant.clone()).or_insert(weight * share);
                    }
                }
            }
        }
        scores
    }

    fn count(&self, found: &mut Found, term: usize, kind: Kind, times: u32) {
        for lookup in self.lookups_of(term, kind) {
            self.read(lookup, |slot, _, occurrences| found.count(slot, occurrences.saturating_mul(times)));
        }
    }

    /// How much the words in each row of these pages are worth together.
    pub fn rows(&self, of: &HashSet<Slot>, weights: &HashMap<String, f64>) -> HashMap<(Slot, u32), f64> {
        let mut worth: HashMap<(Slot, u32), f64> = HashMap::new();
        // Asked for each posting there is: a set by hash takes many times as long.
        let mut wanted = vec![false; of.iter().max().map_or(0, |slot| *slot as usize + 1)];
        of.iter().for_each(|slot| wanted[*slot as usize] = true);
        for lookup in self.lookups.iter().filter(|lookup| lookup.kind != Kind::Title) {
            let weight = weights.get(&self.terms[lookup.term]).copied().unwrap_or(1.0);
            self.read(lookup, |slot, chunk, _| {
                if wanted.get(slot as usize).copied().unwrap_or(false) {
                    *worth.entry((slot, chunk)).or_default() += weight;
                }
            });
        }
        worth
    }

    /// The rows of living pages that have all terms themselves, of titles if `in_title`.
    pub fn with_all(&self, pages: &Pages, in_title: bool) -> Rows {
        let kind = if in_title { Kind::Title } else { Kind::Exact };
        let mut all: Option<Rows> = None;
        for term in 0..self.terms.len() {
            let mut here = Vec::new();
            for lookup in self.lookups_of(term, kind) {
                self.read(lookup, |slot, chunk, _| {
                    let row = Rows::number(slot, chunk);
                    if pages.is_alive(slot) && all.as_ref().is_none_or(|all| all.has_row(row)) {
                        here.push(row);
                    }
                });
            }
            sort(&mut here);
            here.dedup();
            all = Some(Rows(here));
        }
        all.unwrap_or_default()
    }

    /// How often each term occurs in how many living pages.
    pub fn frequencies(&self, pages: &Pages) -> Vec<usize> {
        let mut found = Found::new(pages);
        (0..self.terms.len())
            .map(|term| {
                self.count(&mut found, term, Kind::Exact, 1);
                found.clear(pages)
            })
            .collect()
    }
}

/// A term without the mark of a title.
fn unmarked(term: &str) -> &str {
    term.strip_prefix(TITLE).unwrap_or(term)
}

/// Whether typos of a word count.
fn may_be_mistyped(word: &str) -> bool {
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    letters >= TYPO_FROM && !word.contains(char::is_numeric)
}

/// Whether one typo makes `b` of `a`: the same as [`crate::segment::dictionary::Dictionary::one_typo_from`].
fn is_one_typo(a: &str, b: &str) -> bool {
    if a.len().abs_diff(b.len()) > 4 || a == b {
        return false;
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[same..], &b[same..]);
    match (a, b) {
        ([_, a @ ..], [_, b @ ..]) if a == b => true,
        ([_, rest @ ..], _) if rest == b => true,
        (_, [_, rest @ ..]) if rest == a => true,
        ([a1, a2, a @ ..], [b1, b2, b @ ..]) => a1 == b2 && a2 == b1 && a == b,
        _ => false,
    }
}

//! The index against a naive twin: a list of pages that is searched by the formulas, written down again and
//! computed from nothing at each question.

use crate::helpers::*;
use afterimage_index::store::{Batch, RamStore};
use afterimage_index::{
    Filters, Fusion, HELD, Index, Must, Order, PREFIX_WEIGHT, PageId, Query, QueryVector, TYPED, TYPO_FROM,
    TYPO_WEIGHT, Why,
};
use pollster::block_on;
use proptest::prelude::*;
use std::collections::HashMap;

#[derive(Debug, Clone)]
enum Step {
    Insert { page: u8, title: String, passages: Vec<String>, seen_at: u8 },
    Delete(u8),
    Visit(u8, u8),
    Embed(usize),
    Maintain(u8),
    Flush,
    Restart,
}

#[derive(Debug, Clone)]
struct Question {
    text: String,
    meaning: Option<String>,
    reciprocal: bool,
    min_cosine: f32,
    after: Option<u8>,
    site: Option<u8>,
    in_title: bool,
    limit: usize,
}

/// What the twin knows of a page.
#[derive(Debug, Clone)]
struct Plain {
    title: String,
    last_seen: f64,
    /// Text, and whether it has its vector.
    passages: Vec<(String, bool)>,
    /// Title and beginning together, for a page that has both.
    lead: Option<(String, bool)>,
}

impl Plain {
    /// What is to be embedded, in order.
    fn wanted(&mut self) -> Vec<&mut (String, bool)> {
        let mut passages = self.passages.iter_mut();
        passages.next().into_iter().chain(self.lead.as_mut()).chain(passages).collect()
    }

    fn words(&self) -> Vec<String> {
        self.passages.iter().flat_map(|(text, _)| terms(text)).collect()
    }
}

/// What the twin finds.
#[derive(Debug, Clone)]
struct Expected {
    page: PageId,
    title: String,
    last_seen: f64,
    cosine: Option<f64>,
    closest: Option<f64>,
    bm25: Option<f64>,
    why: Why,
    score: f64,
}

type Twin = HashMap<u8, Plain>;

/// The words of a text, names in code cut at their colons and Han in pairs.
fn words(text: &str) -> Vec<String> {
    let parts = text.split([' ', ':']).filter(|word| !word.is_empty());
    let folded = parts.map(|word| word.to_lowercase().replace('é', "e"));
    let pairs = |word: String| -> Vec<String> {
        let characters: Vec<char> = word.chars().collect();
        let is_han = characters.iter().all(|c| ('一'..='鿿').contains(c));
        if is_han && characters.len() > 1 {
            characters.windows(2).map(String::from_iter).collect()
        } else {
            vec![word]
        }
    };
    folded.flat_map(pairs).collect()
}

/// The same, and names in code as wholes, too.
fn terms(text: &str) -> Vec<String> {
    let names = text.split(' ').filter(|word| word.contains("::")).map(str::to_lowercase);
    names.chain(words(text)).collect()
}

const STOP_WORDS: [&str; 2] = ["the", "they"];

fn question_words(text: &str) -> Vec<String> {
    let mut all = terms(text);
    all.sort();
    all.dedup();
    let content: Vec<String> =
        all.iter().filter(|word| !STOP_WORDS.contains(&word.as_str())).cloned().collect();
    if content.is_empty() { all } else { content }
}

/// The cosine of a question with a text's vector, after that was rounded to 8 bits.
fn cosine(question: &[f32], text: &str) -> f64 {
    let values: Vec<f64> = vector(text).into_iter().map(f64::from).collect();
    let largest = values.iter().fold(0.0_f64, |largest, v| largest.max(v.abs()));
    let rounded: Vec<f64> = values.iter().map(|v| (v / largest * 127.0).round()).collect();
    let question: Vec<f64> = question.iter().copied().map(f64::from).collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    dot(&question, &rounded) / dot(&question, &question).sqrt() / dot(&rounded, &rounded).sqrt()
}

/// Whether `b` is `a` with one character replaced, added, left out, or swapped with its neighbour.
fn one_typo(a: &str, b: &str) -> bool {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let without = |word: &[char], at: usize| [&word[..at], &word[at + 1..]].concat();
    let replaced = a.len() == b.len() && a.iter().zip(&b).filter(|(a, b)| a != b).count() == 1;
    let left_out = (0..a.len()).any(|at| without(&a, at) == b) || (0..b.len()).any(|at| without(&b, at) == a);
    let swapped = a != b
        && (1..a.len()).any(|at| {
            let mut word = a.clone();
            word.swap(at - 1, at);
            word == b
        });
    replaced || left_out || swapped
}

/// BM25 of every page, for a question whose last word may be only begun; of titles alone if `in_title`.
fn bm25(twin: &Twin, question: &str, in_title: bool) -> HashMap<u8, f64> {
    let texts: HashMap<u8, Vec<String>> = twin.iter().map(|(n, page)| (*n, page.words())).collect();
    let counted = |page: &Plain| if in_title { terms(&page.title) } else { page.words() };
    let counted: HashMap<u8, Vec<String>> = twin.iter().map(|(n, page)| (*n, counted(page))).collect();
    let average = (texts.values().map(Vec::len).sum::<usize>() as f64 / texts.len().max(1) as f64).max(1.0);
    let mut scores: HashMap<u8, f64> = HashMap::new();
    // What the pages with any word like this get, `share` of BM25 and at most `most`, but for those in `but`.
    let mut add = |like: &dyn Fn(&str) -> bool, share: f64, most: f64, but: &[u8]| {
        let counts: Vec<(u8, f64)> = (counted.iter())
            .map(|(n, words)| (*n, words.iter().filter(|word| like(word)).count() as f64))
            .filter(|(_, count)| *count > 0.0)
            .collect();
        let with = counts.len() as f64;
        let idf = (1.0 + (texts.len() as f64 - with + 0.5) / (with + 0.5)).ln();
        let mut got = Vec::new();
        for (n, here) in counts.into_iter().filter(|(n, _)| !but.contains(n)) {
            let length = texts[&n].len() as f64 / average;
            // In this order, so that what are equals to the index are equals here.
            let worth = share * idf * (here * 2.2 / (here + 1.2 * (0.25 + 0.75 * length)));
            *scores.entry(n).or_default() += worth.min(most);
            got.push((n, worth.min(most)));
        }
        got
    };
    let terms = question_words(question);
    let last = words(question).pop();
    let having = |texts: &HashMap<u8, Vec<String>>, like: &dyn Fn(&str) -> bool| -> Vec<u8> {
        texts.iter().filter(|(_, words)| words.iter().any(|word| like(word))).map(|(n, _)| *n).collect()
    };
    for term in &terms {
        let exact = add(&|word| word == term, 1.0, f64::INFINITY, &[]);
        let most = exact.iter().map(|(_, worth)| *worth).fold(f64::INFINITY, f64::min) * 0.95;
        let exact: Vec<u8> = exact.into_iter().map(|(n, _)| n).collect();
        let begun =
            |word: &str| last.as_ref() == Some(term) && word != term && word.starts_with(term.as_str());
        // A word that is in texts is not mistyped, also where only titles count.
        let known: std::collections::HashSet<u8> =
            [having(&counted, &begun), having(&texts, &|word| word == term)].concat().into_iter().collect();
        add(&begun, PREFIX_WEIGHT, most, &exact);
        let is_word = !term.contains(char::is_numeric)
            && term.chars().filter(|c| c.is_alphabetic()).count() >= TYPO_FROM;
        if is_word && known.len() < 3 {
            add(&|word| one_typo(term, word), TYPO_WEIGHT, most, &exact);
        }
    }
    // What is a stop word so far may be the beginning of another word.
    if let Some(last) = last.filter(|last| !terms.contains(last)) {
        let begun = |word: &str| word.starts_with(last.as_str()) && !STOP_WORDS.contains(&word);
        add(&begun, PREFIX_WEIGHT, f64::INFINITY, &[]);
    }
    scores
}

/// The twin's answer, best first, not cut. `None` where rounding may decide otherwise than f32 does.
fn expected(twin: &Twin, question: &Question) -> Option<Vec<Expected>> {
    let terms = question_words(&question.text);
    let scores = bm25(twin, &question.text, question.in_title);
    let meaning = question.meaning.as_deref().map(vector);
    let min_cosine = f64::from(question.min_cosine);
    let filtered = question.site.is_some() || question.after.is_some();
    let mut found = Vec::new();
    for (n, page) in twin {
        let host_matches = question.site.is_none_or(|site| site == *n);
        if !host_matches || question.after.is_some_and(|after| page.last_seen < f64::from(after)) {
            continue;
        }
        let largest = |values: Vec<f64>| values.into_iter().reduce(f64::max);
        let bm25 = scores.get(n).copied();
        let listed = terms.is_empty() && meaning.is_none() && filtered;
        if question.in_title && bm25.is_none() && !listed {
            continue;
        }
        let embedded = page.passages.iter().chain(&page.lead).filter(|(_, embedded)| *embedded);
        let closest = meaning
            .as_ref()
            .and_then(|meaning| largest(embedded.map(|(text, _)| cosine(meaning, text)).collect()));
        let cosine = meaning.as_ref().zip(closest).map(|(meaning, best)| {
            let lead = page.lead.as_ref().filter(|(_, embedded)| *embedded);
            lead.map_or(best, |(text, _)| (best + cosine(meaning, text)) / 2.0)
        });
        if closest.is_some_and(|cosine| (cosine - min_cosine).abs() < 1e-5) {
            return None;
        }
        let why = match (bm25, closest.filter(|cosine| *cosine >= min_cosine)) {
            (Some(_), Some(_)) => Why::Both,
            (Some(_), None) => Why::Words,
            (None, Some(_)) => Why::Meaning,
            // A question of filters alone lists.
            (None, None) if listed => Why::Words,
            (None, None) => continue,
        };
        found.push(Expected {
            page: id(*n),
            title: page.title.clone(),
            last_seen: page.last_seen,
            cosine,
            closest,
            bm25,
            why,
            score: 0.0,
        });
    }
    found.sort_by(|a, b| b.last_seen.total_cmp(&a.last_seen).then(a.page.cmp(&b.page)));
    if question.reciprocal && meaning.is_some() {
        let words = |hit: &Expected| hit.bm25;
        let meaning =
            |hit: &Expected| hit.cosine.filter(|_| hit.closest.is_some_and(|one| one >= min_cosine));
        for list in [&words as &dyn Fn(&Expected) -> Option<f64>, &meaning] {
            let mut ranked: Vec<(usize, f64)> =
                found.iter().enumerate().filter_map(|(at, hit)| Some((at, list(hit)?))).collect();
            ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
            if ranked.windows(2).any(|pair| pair[0].1 != pair[1].1 && pair[0].1 - pair[1].1 < 1e-5) {
                return None;
            }
            for (rank, (at, _)) in ranked.into_iter().enumerate() {
                found[at].score += 1.0 / (61.0 + rank as f64);
            }
        }
    } else {
        for hit in &mut found {
            hit.score = hit.cosine.unwrap_or(0.0).max(0.0) + 0.01 * hit.bm25.unwrap_or(0.0);
        }
    }
    let mut by_words: Vec<Expected> = found.iter().filter(|hit| hit.bm25.is_some()).cloned().collect();
    by_words.sort_by(|a, b| b.bm25.unwrap().total_cmp(&a.bm25.unwrap()));
    let tied = |pair: &[Expected]| {
        let apart = pair[0].bm25.unwrap() - pair[1].bm25.unwrap();
        apart != 0.0 && apart < 1e-5
    };
    if by_words.windows(2).any(tied) {
        return None;
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    if question.text.trim().chars().count() < TYPED {
        // What words found exactly stays among the first three.
        by_words.truncate(HELD);
        by_words.retain(|hit| has_all(&hit.title, &question.text));
        let held = |hit: &Expected| by_words.iter().any(|word| word.page == hit.page);
        let others = found.iter().filter(|hit| !held(hit)).take(HELD - by_words.len());
        let first: Vec<PageId> = by_words.iter().chain(others).map(|hit| hit.page).collect();
        found.sort_by_key(|hit| !first.contains(&hit.page));
    }
    Some(found)
}

/// Whether the title has the typed words one after the other, the last one perhaps only begun.
fn has_all(title: &str, typed: &str) -> bool {
    let (title, typed) = (words(title), words(typed));
    let fits = |window: &[String]| {
        window
            .iter()
            .zip(&typed)
            .rev()
            .enumerate()
            .all(|(n, (a, b))| if n == 0 { a.starts_with(b) } else { a == b })
    };
    !typed.is_empty() && title.windows(typed.len()).any(fits)
}

async fn apply(index: &mut Index<RamStore>, twin: &mut Twin, step: Step) {
    match step {
        Step::Insert { page: n, title, passages, seen_at } => {
            let texts: Vec<&str> = passages.iter().map(String::as_str).collect();
            let mut page = page(n, &title, &texts);
            page.seen_at = f64::from(seen_at);
            index.insert(page, Batch::new()).await.unwrap();
            let last_seen = twin.get(&n).map_or(0.0, |page| page.last_seen).max(f64::from(seen_at));
            let texts: Vec<String> = std::iter::once(title.clone())
                .chain(passages)
                .filter(|text| !text.trim().is_empty())
                .collect();
            let has_lead = !title.trim().is_empty() && texts.len() > 1;
            let first_row: Vec<String> = texts.iter().take(16).cloned().collect();
            let lead = has_lead.then(|| (first_row.join("\n"), false));
            let passages = texts.into_iter().map(|text| (text, false)).collect();
            twin.insert(n, Plain { title, last_seen, passages, lead });
        }
        Step::Delete(n) => {
            let deleted = index.delete(&[id(n)], Batch::new()).await.unwrap();
            assert_eq!(deleted, usize::from(twin.remove(&n).is_some()));
        }
        Step::Visit(n, at) => {
            let known = index.visit(id(n), f64::from(at), None, Batch::new()).await.unwrap();
            assert_eq!(known, twin.contains_key(&n));
            if let Some(page) = twin.get_mut(&n) {
                page.last_seen = page.last_seen.max(f64::from(at));
            }
        }
        Step::Embed(limit) => {
            let mut order: Vec<u8> = twin.keys().copied().collect();
            // Pages of a title alone come last.
            let rank =
                |n: &u8| (!twin[n].title.trim().is_empty() && twin[n].lead.is_none(), -twin[n].last_seen);
            order.sort_by(|a, b| rank(a).partial_cmp(&rank(b)).unwrap().then(id(*a).cmp(&id(*b))));
            let mut left = limit;
            for n in order {
                for wanted in twin.get_mut(&n).unwrap().wanted().into_iter().filter(|wanted| !wanted.1) {
                    if left > 0 {
                        wanted.1 = true;
                        left -= 1;
                    }
                }
            }
            assert_eq!(embed(index, limit).await, limit - left);
        }
        Step::Maintain(steps) => {
            for _ in 0..steps {
                index.maintain().await.unwrap();
            }
        }
        Step::Flush => index.flush().await.unwrap(),
        Step::Restart => *index = Index::open(index.store().clone()).await.unwrap(),
    }
    let all = twin.values().flat_map(|page| page.passages.iter().chain(&page.lead));
    let missing = all.filter(|wanted| !wanted.1).count();
    assert_eq!(index.unembedded(SPACE), missing);
    assert_eq!(index.counts().pages, twin.len());
}

async fn compare(index: &Index<RamStore>, twin: &Twin, question: &Question) {
    let Some(expected) = expected(twin, question) else { return };
    let values = question.meaning.as_deref().map(vector);
    let fusion = if question.reciprocal { Fusion::Reciprocal } else { Fusion::Calibrated };
    let min_cosine = question.min_cosine;
    let query = Query {
        text: &question.text,
        vector: values.as_deref().map(|values| QueryVector { space: SPACE, values, fusion, min_cosine }),
        filters: Filters {
            sites: question.site.map(|n| vec![format!("site{n}.test")]),
            after: question.after.map(f64::from),
            ..Filters::default()
        },
        must: Must { in_title: question.in_title, ..Must::default() },
        order: Order::Best,
        limit: question.limit,
    };
    let hits = index.search(query).await.unwrap();
    assert_eq!(hits.len(), expected.len().min(question.limit), "{question:?}");
    let close = |a: Option<f64>, b: Option<f64>| match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-5,
        (a, b) => a == b,
    };
    for (hit, best) in hits.iter().zip(&expected) {
        // The order may differ only between equals.
        assert!(close(Some(hit.score), Some(best.score)), "{hit:?} is where {best:?} was expected");
        let same =
            expected.iter().find(|expected| expected.page == hit.page.id).expect("the twin has it too");
        assert!(close(Some(hit.score), Some(same.score)), "{hit:?} against {same:?}");
        assert!(
            close(hit.cosine, same.cosine) && close(hit.closest, same.closest) && close(hit.bm25, same.bm25),
            "{hit:?} against {same:?}"
        );
        assert_eq!(hit.why, same.why);
    }
}

fn text(words: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "fox",
        "Dog",
        "cat",
        "birds",
        "bird",
        "brids",
        "café",
        "fish",
        "fishes",
        "the",
        "owl",
        "E0499",
        "E0498",
        "theory",
        "they",
        "std::mem",
        "std::men",
        "std",
        "mem",
        "全文検索",
        "検索",
        "検",
    ]);
    prop::collection::vec(word, words).prop_map(|words| words.join(" "))
}

fn step() -> impl Strategy<Value = Step> {
    let passages = prop_oneof![4 => prop::collection::vec(text(0..7), 0..5), 1 => prop::collection::vec(text(1..4), 15..36)];
    prop_oneof![
        6 => (0..6_u8, text(0..3), passages, 0..9_u8)
            .prop_map(|(page, title, passages, seen_at)| Step::Insert { page, title, passages, seen_at }),
        1 => (0..6_u8).prop_map(Step::Delete),
        1 => (0..6_u8, 0..9_u8).prop_map(|(page, at)| Step::Visit(page, at)),
        4 => (0..40_usize).prop_map(Step::Embed),
        3 => (1..6_u8).prop_map(Step::Maintain),
        4 => Just(Step::Flush),
        1 => Just(Step::Restart),
    ]
}

fn question() -> impl Strategy<Value = Question> {
    let min = prop::sample::select(vec![-1.0_f32, 0.2, 0.6, 2.0]);
    let filters = (prop::option::weighted(0.2, 0..9_u8), prop::option::weighted(0.1, 0..6_u8));
    let how = (any::<bool>(), prop::bool::weighted(0.3));
    (text(0..4), prop::option::weighted(0.8, text(1..4)), how, min, filters, 1..8_usize).prop_map(
        |(text, meaning, (reciprocal, in_title), min_cosine, (after, site), limit)| Question {
            text,
            meaning,
            reciprocal,
            min_cosine,
            after,
            site,
            in_title,
            limit,
        },
    )
}

proptest! {
    #[test]
    fn the_index_finds_what_its_naive_twin_finds(
        steps in prop::collection::vec(step(), 1..40),
        questions in prop::collection::vec(question(), 6),
    ) {
        block_on(async {
            let mut index = Index::open(RamStore::new()).await.unwrap();
            let mut twin = Twin::new();
            for step in steps {
                apply(&mut index, &mut twin, step).await;
            }
            for question in &questions {
                compare(&index, &twin, question).await;
            }
            let reopened = Index::open(index.store().clone()).await.unwrap();
            assert_eq!(reopened.corrupt_rows(), 0);
            for question in &questions {
                compare(&reopened, &twin, question).await;
            }
        });
    }
}

use super::*;
use crate::segment::postings::decode;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Postings that can be told apart: of `n` documents.
fn postings(term: usize, n: usize) -> Vec<Posting> {
    (0..n as u32).map(|at| Posting { doc: term as u32 + 3 * at, occurrences: 1 + term as u32 % 3 }).collect()
}

/// A dictionary and its lists, every third term with one posting. The lists are drained now and then.
fn build(terms: &BTreeSet<String>) -> (Dictionary, Vec<u8>) {
    let (bytes, lists) = bytes(terms);
    (Dictionary::open(bytes).unwrap(), lists)
}

fn bytes(terms: &BTreeSet<String>) -> (Vec<u8>, Vec<u8>) {
    let mut builder = DictionaryBuilder::new();
    let (mut lists, mut flushed) = (Vec::new(), Vec::new());
    for (n, term) in terms.iter().enumerate() {
        builder.add(term, &postings(n, 1 + n % 3 * 100), &mut lists).unwrap();
        if n % 5 == 0 {
            flushed.append(&mut lists);
        }
    }
    flushed.append(&mut lists);
    assert_eq!(builder.lists(), flushed.len() as u64);
    (builder.finish(), flushed)
}

fn set(terms: &[&str]) -> BTreeSet<String> {
    terms.iter().map(ToString::to_string).collect()
}

fn names(found: Vec<(String, Place)>) -> Vec<String> {
    found.into_iter().map(|(term, _)| term).collect()
}

/// The optimal string alignment distance: the textbook's table.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            table[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replaced = table[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let swapped = if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    table[i - 2][j - 2] + 1
                } else {
                    usize::MAX
                };
                replaced.min(swapped).min(table[i - 1][j] + 1).min(table[i][j - 1] + 1)
            };
        }
    }
    table[a.len()][b.len()]
}

fn near(terms: &BTreeSet<String>, word: &str) -> Vec<String> {
    terms.iter().filter(|term| distance(term, word) == 1).cloned().collect()
}

/// Few letters, of one to four bytes, so that terms are close to each other.
fn word() -> impl Strategy<Value = String> {
    prop_oneof!["[abé字😀]{0,5}", "[ab]{0,9}", "\\PC{0,6}"]
}

fn vocabulary() -> impl Strategy<Value = BTreeSet<String>> {
    prop::collection::btree_set(word(), 0..300)
}

#[test]
fn typos_of_every_kind_are_found() {
    let (dictionary, _) = build(&set(&["bicycle", "bicycles", "icycle", "bicylce", "bicxcle", "tricycle"]));
    assert_eq!(names(dictionary.one_typo_from("bicycle", 9)), ["bicxcle", "bicycles", "bicylce", "icycle"]);
    assert_eq!(names(dictionary.one_typo_from("bicycle", 2)), ["bicxcle", "bicycles"]);
    assert_eq!(names(dictionary.one_typo_from("bicyclex", 9)), ["bicycle", "bicycles"]);
    assert!(dictionary.one_typo_from("", 9).is_empty());
}

#[test]
fn a_typo_is_a_character_not_a_byte() {
    let (dictionary, _) = build(&set(&["cafè", "café", "cafe", "全字", "字全", "字", "文全"]));
    assert_eq!(names(dictionary.one_typo_from("café", 9)), ["cafe", "cafè"]);
    assert_eq!(names(dictionary.one_typo_from("字全", 9)), ["全字", "字", "文全"]);
    assert_eq!(names(dictionary.starting_with("字", 9)), ["字", "字全"]);
}

#[test]
fn the_empty_term_is_a_term() {
    let (dictionary, _) = build(&set(&["", "a"]));
    assert_eq!(dictionary.get(""), Some(Place::Inline(Posting { doc: 0, occurrences: 1 })));
    assert_eq!(names(dictionary.one_typo_from("a", 9)), [""]);
    assert_eq!(names(dictionary.one_typo_from("", 9)), ["a"]);
    let (alone, _) = build(&set(&[""]));
    assert_eq!(alone.terms(), 1);
    assert!(alone.get("").is_some());
}

#[test]
fn a_dictionary_may_be_empty() {
    let (dictionary, _) = build(&set(&[]));
    assert_eq!(dictionary.terms(), 0);
    assert_eq!(dictionary.get(""), None);
    assert!(dictionary.starting_with("", 9).is_empty());
    assert!(dictionary.one_typo_from("a", 9).is_empty());
    assert!(dictionary.after(None).next().is_none());
}

#[test]
fn overlong_words_have_no_typos() {
    let longest = "a".repeat(MAX_WORD);
    let (dictionary, _) = build(&set(&[&longest]));
    assert_eq!(names(dictionary.one_typo_from(&"a".repeat(MAX_WORD + 1), 9)), [longest]);
    assert!(dictionary.one_typo_from(&"a".repeat(1_000_000), 9).is_empty());
}

#[test]
fn what_is_refused_changes_nothing() {
    let (mut builder, mut lists) = (DictionaryBuilder::new(), Vec::new());
    let one = [Posting { doc: u32::MAX - 1, occurrences: u32::MAX }];
    builder.add("b", &one, &mut lists).unwrap();
    assert_eq!(builder.add("a", &postings(1, 2), &mut lists), Err(NotAdded::Order));
    assert_eq!(builder.add("b", &postings(1, 2), &mut lists), Err(NotAdded::Order));
    assert_eq!(builder.add("c", &[], &mut lists), Err(NotAdded::NoPostings));
    assert!(lists.is_empty());
    builder.add("c", &postings(1, 2), &mut lists).unwrap();
    let dictionary = Dictionary::open(builder.finish()).unwrap();
    let all: Vec<_> = dictionary.after(None).collect();
    let end = lists.len() as u64;
    let expected = [("b", Place::Inline(one[0])), ("c", Place::List { start: 0, end })];
    assert_eq!(all, expected.map(|(term, place)| (term.to_owned(), place)));
}

#[test]
fn every_flipped_bit_and_every_truncation_is_damaged() {
    for count in [0, 1, 70] {
        let (bytes, _) = bytes(&(0..count).map(|n| format!("term{n}")).collect());
        for at in 0..bytes.len() {
            assert!(Dictionary::open(bytes[..at].to_vec()).is_err(), "{at}");
            for bit in 0..8 {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << bit;
                assert!(Dictionary::open(flipped).is_err(), "{at} {bit}");
            }
        }
        assert!(Dictionary::open([&bytes[..], &[0]].concat()).is_err());
    }
}

/// The words part is opened before it is trusted: these numbers reach `fst` before its checksum does.
#[test]
fn a_root_or_count_beyond_the_bytes_is_damaged() {
    let (bytes, _) = bytes(&set(&["a", "b"]));
    let table = ENTRY + 2 + 1 + FOOTER;
    for field in [bytes.len() - table - 20, bytes.len() - table - 12] {
        let mut changed = bytes.clone();
        changed[field..field + 8].fill(0xff);
        assert!(Dictionary::open(changed).is_err());
    }
}

proptest! {
    #[test]
    fn every_term_has_its_postings(terms in vocabulary(), absent in word()) {
        let (dictionary, lists) = build(&terms);
        prop_assert_eq!(dictionary.terms(), terms.len());
        let mut places = BTreeMap::new();
        for (n, term) in terms.iter().enumerate() {
            let place = dictionary.get(term).unwrap();
            let found = match place {
                Place::Inline(posting) => vec![posting],
                Place::List { start, end } => {
                    let mut all = Vec::new();
                    decode(&lists[start as usize..end as usize], u32::MAX, |one| all.push(one)).unwrap();
                    all
                }
            };
            prop_assert_eq!(found, postings(n, 1 + n % 3 * 100));
            places.insert(term.clone(), place);
        }
        prop_assert_eq!(dictionary.get(&absent).is_some(), terms.contains(&absent));
        let all: Vec<_> = dictionary.after(None).collect();
        prop_assert_eq!(&all, &places.clone().into_iter().collect::<Vec<_>>());
        let rest: Vec<_> = dictionary.after(Some(&absent)).collect();
        let later = all.into_iter().filter(|(term, _)| *term > absent);
        prop_assert_eq!(rest, later.collect::<Vec<_>>());
        for (term, place) in dictionary.one_typo_from(&absent, usize::MAX) {
            prop_assert_eq!(places[&term], place);
        }
    }

    #[test]
    fn prefixes_are_those_of_a_sorted_list(terms in vocabulary(), prefix in word(), limit in 0..9_usize) {
        let (dictionary, _) = build(&terms);
        let prefix: String = prefix.chars().take(2).collect();
        let expected = terms.iter().filter(|term| term.starts_with(&prefix)).take(limit).cloned();
        let found = dictionary.starting_with(&prefix, limit);
        prop_assert!(found.iter().all(|(term, place)| dictionary.get(term) == Some(*place)));
        prop_assert_eq!(names(found), expected.collect::<Vec<_>>());
    }

    #[test]
    fn typos_are_those_of_the_textbook(terms in vocabulary(), word in word()) {
        let (dictionary, _) = build(&terms);
        prop_assert_eq!(names(dictionary.one_typo_from(&word, usize::MAX)), near(&terms, &word));
        for term in terms.iter().take(5) {
            prop_assert_eq!(names(dictionary.one_typo_from(term, usize::MAX)), near(&terms, term));
        }
    }

    #[test]
    fn random_bytes_are_damaged(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Dictionary::open(bytes).is_err());
    }

    /// The automaton must be right, the places need not be: whatever they are, nothing panics.
    #[test]
    fn wrong_places_with_a_right_checksum_are_other_places_or_none(
        places in prop::collection::vec(any::<u8>(), 0..300),
        index in prop::collection::vec(any::<u8>(), 2 * ENTRY),
        wrong_index: bool,
    ) {
        let terms: BTreeSet<String> = (0..100).map(|n| format!("term{n:02}")).collect();
        let (mut bytes, _) = bytes(&terms);
        let [_, old, _] = last_words(&bytes).unwrap();
        let from = bytes.len() - FOOTER - old as usize - 2 * ENTRY;
        let mut table = if wrong_index { index } else { bytes[from..from + 2 * ENTRY].to_vec() };
        table.extend(&places);
        table.extend(100_u32.to_le_bytes());
        table.extend((places.len() as u32).to_le_bytes());
        let sum = checksum(&table);
        bytes.truncate(from);
        bytes.extend(table);
        bytes.extend(sum.to_le_bytes());
        let dictionary = Dictionary::open(bytes).unwrap();
        for found in terms.iter().filter_map(|term| dictionary.get(term)) {
            let sound = match found {
                Place::Inline(posting) => posting.occurrences > 0,
                Place::List { start, end } => start < end,
            };
            prop_assert!(sound);
        }
        prop_assert!(dictionary.after(None).count() <= 100);
        prop_assert!(dictionary.one_typo_from("term00", 200).len() <= 100);
    }
}

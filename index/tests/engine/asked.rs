//! Questions in the query language.

use crate::helpers::{SPACE, ask, embed, id, index_of, page, pages, vector};
use afterimage_index::store::Store;
use afterimage_index::{Clock, Filters, Fusion, Hit, Index, Order, PageId, Query, QueryVector, Why, parse};
use pollster::block_on;
use proptest::prelude::*;

/// The first day of the epoch: `seen_at` of the helpers' pages are its first milliseconds.
const CLOCK: Clock = Clock { now: 1000.0, offset: 0.0 };

async fn typed<S: Store>(index: &Index<S>, text: &str) -> Vec<Hit> {
    let question = parse(text, CLOCK);
    let query = Query {
        text: &question.text,
        vector: None,
        must: question.must,
        order: Order::Best,
        filters: question.filters,
        limit: 100,
    };
    index.search(query).await.unwrap()
}

#[test]
fn phrases_exclusions_and_titles() {
    block_on(async {
        let index = index_of(&[
            page(1, "Lost luggage", &["what to do when it is gone", "the red fox"]),
            page(2, "Airports", &["luggage that is lost", "about lost luggage and its return"]),
            page(3, "Foxes", &["lost", "luggage", "fox, red"]),
            page(4, "To be", &["to be or not to be, that is the question"]),
            page(5, "Macros", &["templates in C++"]),
            page(6, "Macros", &["templates in C"]),
        ])
        .await;
        for (text, expected) in [
            ("luggage", vec![1, 2, 3]),
            ("\"lost luggage\"", vec![1, 2]),
            ("\"luggage\" -return", vec![1, 3]),
            ("luggage -\"lost luggage\"", vec![3]),
            ("luggage in:title", vec![1]),
            ("lugg in:title", vec![1]),
            ("luggaeg in:title", vec![1]),
            ("return in:title", vec![]),
            ("lost a in:title", vec![1, 2]),
            ("\"lost luggage\" in:title", vec![1]),
            ("\"red fox\"", vec![1]),
            ("\"lost luggage\" \"red fox\"", vec![1]),
            ("\"luggage lost\"", vec![]),
            ("\"not to be\"", vec![4]),
            ("\"not to be\" absent", vec![4]),
            ("\"nothing of this\"", vec![]),
            ("-luggage", vec![1, 2, 3]),
            ("site:site2.test", vec![2]),
            ("site:site2.test site:site3.test", vec![2, 3]),
            ("site:site2.test luggage -site:site2.test", vec![]),
            ("luggage -site:site2.test", vec![1, 3]),
            ("after:yesterday site:test", vec![1, 2, 3, 4, 5, 6]),
            ("before:today site:test", vec![]),
            ("luggage before:1970-01-02 after:1970", vec![1, 2, 3]),
            ("\"C++\"", vec![5]),
            ("\"c\"", vec![5, 6]),
            ("templates -c++", vec![6]),
            ("templates -C#", vec![5, 6]),
            ("templates -\"c\"", vec![]),
        ] {
            let mut found = pages(&typed(&index, text).await);
            found.sort();
            let expected: Vec<PageId> = expected.into_iter().map(id).collect();
            assert_eq!(found, expected, "{text}");
        }
        let hits = typed(&index, "\"about lost luggage\"").await;
        assert!(
            hits[0].snippet.iter().any(|piece| piece.text.contains("return")),
            "the passage with the phrase"
        );
        let listed = typed(&index, "site:test").await;
        assert_eq!(pages(&listed), [id(6), id(5), id(4), id(3), id(2), id(1)], "the last seen first");
        assert!(listed.iter().all(|hit| hit.why == Why::Words && hit.bm25.is_none()));
        assert_eq!(ask(&index, "").await, []);
    });
}

#[test]
fn meaning_finds_only_what_is_admitted() {
    block_on(async {
        let index = index_of(&[page(1, "", &["red fox"]), page(2, "", &["fox red"])]).await;
        embed(&index, 9).await;
        let values = vector("fox red");
        for (text, expected) in
            [("\"red fox\"", vec![1]), ("x -\"red fox\"", vec![2]), ("x in:title", vec![])]
        {
            let question = parse(text, CLOCK);
            let query = Query {
                text: &question.text,
                vector: Some(QueryVector {
                    space: SPACE,
                    values: &values,
                    fusion: Fusion::Calibrated,
                    min_cosine: -1.0,
                }),
                must: question.must,
                order: Order::Best,
                filters: Filters::default(),
                limit: 9,
            };
            let expected: Vec<PageId> = expected.into_iter().map(id).collect();
            assert_eq!(pages(&index.search(query).await.unwrap()), expected, "{text}");
        }
    });
}

fn text() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(prop::sample::select(vec!["fox", "dog", "the", "owl", "C", "C++"]), 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    /// Against reading everything.
    #[test]
    fn admits_what_a_reader_would(
        texts in prop::collection::vec((text(), prop::collection::vec(text(), 1..4)), 1..5),
        phrase in text(),
        without in prop::option::of(text()),
        in_title: bool,
    ) {
        block_on(async {
            let all: Vec<_> = texts.iter().zip(1..).map(|((title, passages), n)| {
                let passages: Vec<String> = passages.iter().map(|words| words.join(" ")).collect();
                page(n, &title.join(" "), &passages.iter().map(String::as_str).collect::<Vec<_>>())
            }).collect();
            let index = index_of(&all).await;
            // A name alone is meant as a whole; its part is found in it, and between other words it is its part.
            let has = |words: &[&str], phrase: &[&str]| match phrase {
                ["C++"] => words.contains(&"C++"),
                _ => words.windows(phrase.len()).any(|window| {
                    window.iter().zip(phrase).all(|(a, b)| a.trim_end_matches('+') == b.trim_end_matches('+'))
                }),
            };
            let expected = texts.iter().zip(1..).filter(|((title, passages), _)| {
                let anywhere = |phrase: &[&str]| has(title, phrase) || passages.iter().any(|words| has(words, phrase));
                let asked = if in_title { has(title, &phrase) } else { anywhere(&phrase) };
                asked && !without.as_ref().is_some_and(|without| anywhere(without))
            });
            let expected: Vec<PageId> = expected.map(|(_, n)| id(n)).collect();
            let mut typed_text = format!("\"{}\"", phrase.join(" "));
            if let Some(without) = &without {
                typed_text.push_str(&format!(" -\"{}\"", without.join(" ")));
            }
            if in_title {
                typed_text.push_str(" in:title");
            }
            let mut found = pages(&typed(&index, &typed_text).await);
            found.sort();
            assert_eq!(found, expected, "{typed_text}");
        });
    }
}

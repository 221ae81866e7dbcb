//! What is found, and what is refused.

use crate::helpers::*;
use afterimage_index::store::{Batch, RamStore, Store, Table};
use afterimage_index::{
    Counts, Filters, Fusion, Index, IndexError, Missing, Must, Order, PassageRef, Query, QueryVector, Why,
};
use pollster::block_on;

#[test]
fn a_page_is_found_by_its_words_also_after_a_restart() {
    block_on(async {
        let store = RamStore::new();
        let index = Index::open(store.clone()).await.unwrap();
        index
            .insert(page(1, "About foxes", &["The fox is a small animal.", "It eats berries."]), Batch::new())
            .await
            .unwrap();
        index.insert(page(2, "Trains", &["A train runs on rails."]), Batch::new()).await.unwrap();
        let before = ask(&index, "what do they eat: BERRIES?").await;
        assert_eq!(pages(&before), [id(1)]);
        assert_eq!(shown(&before[0]), "It eats [berries].");
        assert_eq!(before[0].why, Why::Words);
        assert_eq!(before[0].cosine, None);
        assert!(before[0].bm25.unwrap() > 0.0);
        let reopened = Index::open(store).await.unwrap();
        assert_eq!(ask(&reopened, "what do they eat: BERRIES?").await, before);
        assert_eq!(reopened.page(id(1)).await, index.page(id(1)).await);
        assert_eq!(reopened.counts(), Counts { pages: 2, passages: 5 });
        assert_eq!(reopened.stored_bytes(), index.stored_bytes());
        assert_eq!(reopened.corrupt_rows(), 0);
    });
}

#[test]
fn a_page_is_found_by_its_meaning() {
    block_on(async {
        let index = index_of(&[page(1, "", &["one", "two"]), page(2, "", &["three"])]).await;
        assert_eq!(index.unembedded(SPACE), 3);
        assert!(ask_meaning(&index, "", "two", 0.9).await.is_empty(), "nothing is embedded yet");
        assert_eq!(embed(&index, 10).await, 3);
        assert_eq!(index.unembedded(SPACE), 0);
        assert_eq!(index.unembedded("other@1"), 3);
        let hits = ask_meaning(&index, "", "two", 0.9).await;
        assert_eq!(pages(&hits), [id(1)]);
        assert_eq!(shown(&hits[0]), "two");
        assert_eq!(hits[0].why, Why::Meaning);
        assert!((hits[0].cosine.unwrap() - 1.0).abs() < 1e-3);
        let hits = ask_meaning(&index, "two", "two", 0.9).await;
        assert_eq!(hits[0].why, Why::Both);
        assert_eq!(shown(&hits[0]), "[two]");
        assert_eq!(ask_meaning(&index, "two", "three", 0.9).await.len(), 2);
        assert_eq!(ask_meaning(&index, "", "anything", -1.0).await.len(), 2, "-1 asks nothing");
    });
}

#[test]
fn the_title_is_a_passage_and_the_text_is_shown() {
    block_on(async {
        let index = index_of(&[
            page(1, "Volcanoes", &["Lava is hot.", "Ash falls."]),
            page(2, "Only a volcano", &[]),
        ])
        .await;
        assert_eq!(index.page(id(1)).await.unwrap().unwrap().passages, 3);
        let missing = index.next_unembedded(SPACE, 9).await.unwrap();
        let texts: Vec<&str> = missing.iter().map(|found| found.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "Volcanoes",
                "Volcanoes\nLava is hot.\nAsh falls.",
                "Lava is hot.",
                "Ash falls.",
                "Only a volcano"
            ],
            "the title, title and beginning together, the rest; what has a title only comes last"
        );
        assert_eq!(shown(&ask(&index, "volcanoes").await[0]), "Lava is hot.");
        assert_eq!(shown(&ask(&index, "volcano").await[0]), "Only a [volcano]");
    });
}

#[test]
fn what_replaces_a_text_replaces_its_words_and_vectors() {
    block_on(async {
        let store = RamStore::new();
        let index = Index::open(store.clone()).await.unwrap();
        index.insert(page(1, "Title", &["old words"; 40]), Batch::new()).await.unwrap();
        embed(&index, 100).await;
        let mut again = page(1, "Title", &["new words"]);
        again.seen_at = 500.0;
        again.aliases = vec![[9; 16]];
        index.insert(again, Batch::new()).await.unwrap();
        for index in [index, Index::open(store.clone()).await.unwrap()] {
            assert!(ask(&index, "old").await.is_empty());
            assert_eq!(pages(&ask(&index, "new").await), [id(1)]);
            assert_eq!(index.unembedded(SPACE), 3);
            assert_eq!(index.counts(), Counts { pages: 1, passages: 2 });
            let info = index.page(id(1)).await.unwrap().unwrap();
            assert_eq!((info.first_seen, info.last_seen, info.visits), (1.0, 500.0, 2));
            assert_eq!(info.aliases, [[1; 16], [9; 16]]);
        }
        assert_eq!(store.count(Table::Passages).await, Ok(1), "old rows are gone");
    });
}

#[test]
fn a_vector_that_comes_too_late_is_ignored() {
    block_on(async {
        let index = index_of(&[page(1, "", &["old text"]), page(2, "", &["stays"])]).await;
        let late = index.next_unembedded(SPACE, 9).await.unwrap();
        index.insert(page(1, "", &["new text"]), Batch::new()).await.unwrap();
        let vectors = late.iter().map(|found| (found.passage, vector(&found.text))).collect();
        assert_eq!(index.set_vectors(SPACE, vectors).await, Ok(1), "only the page that stays");
        assert_eq!(index.unembedded(SPACE), 1);
        // Deleted and inserted again is another text too.
        let late = index.next_unembedded(SPACE, 9).await.unwrap();
        index.delete(&[id(1)], Batch::new()).await.unwrap();
        let vectors = |passage| vec![(passage, vector("x"))];
        assert_eq!(index.set_vectors(SPACE, vectors(late[0].passage)).await, Ok(0));
        index.insert(page(1, "", &["new text"]), Batch::new()).await.unwrap();
        assert_eq!(index.set_vectors(SPACE, vectors(late[0].passage)).await, Ok(0));
        let never = PassageRef { ordinal: 99, ..late[0].passage };
        assert_eq!(index.set_vectors(SPACE, vectors(never)).await, Ok(0));
    });
}

#[test]
fn the_page_seen_last_is_embedded_first_and_partly_is_possible() {
    block_on(async {
        let texts: Vec<String> = (0..40).map(|n| format!("passage {n}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let index = index_of(&[page(1, "", &texts), page(2, "", &["second"])]).await;
        index.visit(id(1), 100.0, None, Batch::new()).await.unwrap();
        let first = index.next_unembedded(SPACE, 3).await.unwrap();
        assert_eq!(first.iter().map(|found| found.text.as_str()).collect::<Vec<_>>(), texts[..3]);
        assert_eq!(embed(&index, 18).await, 18, "over a row's end");
        let next = index.next_unembedded(SPACE, 100).await.unwrap();
        let expected: Vec<&str> = texts[18..].iter().copied().chain(["second"]).collect();
        assert_eq!(next.iter().map(|found| found.text.as_str()).collect::<Vec<_>>(), expected);
        assert_eq!(index.next_unembedded(SPACE, 0).await, Ok(Vec::new()));
    });
}

#[test]
fn spaces_are_kept_apart_until_one_is_dropped() {
    block_on(async {
        let store = RamStore::new();
        let index = Index::open(store.clone()).await.unwrap();
        index.insert(page(1, "", &["one", "two"]), Batch::new()).await.unwrap();
        embed(&index, 9).await;
        index.flush().await.unwrap();
        let missing = index.next_unembedded("other@2", 1).await.unwrap();
        // Three dimensions: another space may have others.
        assert_eq!(
            index.set_vectors("other@2", vec![(missing[0].passage, vec![1.0, 0.0, 0.0])]).await,
            Ok(1)
        );
        for index in [&index, &Index::open(store.clone()).await.unwrap()] {
            assert_eq!((index.unembedded(SPACE), index.unembedded("other@2")), (0, 1));
            assert_eq!(index.unembedded(Missing::Any), 0);
            let values = [1.0, 0.0, 0.0];
            let vector = QueryVector {
                space: "other@2",
                values: &values,
                fusion: Fusion::Reciprocal,
                min_cosine: 0.5,
            };
            let query = Query {
                text: "",
                vector: Some(vector),
                filters: Filters::default(),
                must: Must::default(),
                order: Order::Best,
                limit: 9,
            };
            let hits = index.search(query).await.unwrap();
            assert_eq!(shown(&hits[0]), "one");
            assert_eq!(hits[0].unmarked.as_deref(), Some("one"));
            assert_eq!(ask_meaning(index, "one", "one", 0.5).await[0].unmarked, None, "a word is marked");
            assert_eq!(ask(index, "one").await[0].unmarked, None);
            assert_eq!(ask_meaning(index, "", "two", 0.99).await.len(), 1, "the old one answers, too");
        }
        index.drop_space(SPACE).await.unwrap();
        for index in [index, Index::open(store.clone()).await.unwrap()] {
            assert_eq!((index.unembedded(SPACE), index.unembedded("other@2")), (2, 1));
            assert_eq!(index.spaces(), ["other@2"]);
            assert!(ask_meaning(&index, "", "two", 0.99).await.is_empty());
            while index.maintain().await.unwrap() {}
        }
        assert_eq!(store.count(Table::Vectors).await, Ok(1));
        let sizes = |index: &Index<RamStore>| index.list(|page| Some((page.id, page.bytes)));
        let index = Index::open(store.clone()).await.unwrap();
        let before = sizes(&index);
        index.drop_space("other@2").await.unwrap();
        let after = sizes(&index);
        assert!(before.iter().zip(&after).any(|(before, after)| after.1 < before.1), "{before:?} {after:?}");
        assert_eq!(sizes(&Index::open(store).await.unwrap()), after, "and it is durable");
    });
}

#[test]
fn visits_are_counted_and_aliases_found() {
    block_on(async {
        let store = RamStore::new();
        let index = Index::open(store.clone()).await.unwrap();
        index.insert(page(1, "One", &["text"]), Batch::new()).await.unwrap();
        index.insert(page(2, "Two", &["text"]), Batch::new()).await.unwrap();
        let mut also = Batch::new();
        also.put(Table::Meta, "also", vec![1]);
        assert_eq!(index.visit(id(1), 50.0, Some([7; 16]), also).await, Ok(true));
        assert_eq!(index.visit(id(1), 40.0, Some([7; 16]), Batch::new()).await, Ok(true));
        assert_eq!(index.visit(id(2), 60.0, Some([7; 16]), Batch::new()).await, Ok(true));
        let mut also = Batch::new();
        also.put(Table::Meta, "not", vec![1]);
        assert_eq!(index.visit(id(3), 50.0, None, also).await, Ok(false));
        assert_eq!(store.get(Table::Meta, "also").await, Ok(Some(vec![1])));
        assert_eq!(store.get(Table::Meta, "not").await, Ok(None));
        for index in [index, Index::open(store).await.unwrap()] {
            let info = index.page(id(1)).await.unwrap().unwrap();
            assert_eq!((info.first_seen, info.last_seen, info.visits), (1.0, 50.0, 3));
            assert_eq!(info.aliases, [[1; 16], [7; 16]]);
            assert_eq!(index.find_alias([1; 16]).await.unwrap(), Some(id(1)));
            assert_eq!(index.find_alias([7; 16]).await.unwrap(), Some(id(2)), "seen last");
            assert_eq!(index.find_alias([8; 16]).await.unwrap(), None);
            assert_eq!(pages(&ask(&index, "text").await), [id(2), id(1)], "equals: seen last first");
        }
    });
}

#[test]
fn deleted_pages_leave_nothing() {
    block_on(async {
        let store = RamStore::new();
        let index = Index::open(store.clone()).await.unwrap();
        for n in 1..=3 {
            let mut page = page(n, "Title", &["text"; 20]);
            page.aliases.push([0; 16]);
            index.insert(page, Batch::new()).await.unwrap();
        }
        embed(&index, 100).await;
        let mut also = Batch::new();
        also.put(Table::Meta, "also", vec![1]);
        assert_eq!(index.delete(&[id(1), id(3), id(3), id(9)], also).await, Ok(2));
        assert_eq!(pages(&ask(&index, "text").await), [id(2)]);
        assert_eq!(index.find_alias([0; 16]).await.unwrap(), Some(id(2)), "another page's alias stays");
        assert_eq!(index.find_alias([1; 16]).await.unwrap(), None);
        assert_eq!(index.delete(&[id(2)], Batch::new()).await, Ok(1));
        assert_eq!(index.counts(), Counts::default());
        assert_eq!(index.stored_bytes(), 0);
        assert_eq!(index.unembedded(SPACE), 0);
        assert_eq!(index.page(id(2)).await, Ok(None));
        assert_eq!((store.count(Table::Pages).await, store.count(Table::Passages).await), (Ok(0), Ok(0)));
        assert_eq!(store.get(Table::Meta, "also").await, Ok(Some(vec![1])));
    });
}

#[test]
fn stored_bytes_are_those_of_the_rows() {
    block_on(async {
        let store = RamStore::new();
        let index = Index::open(store.clone()).await.unwrap();
        index.insert(page(1, "A title", &["some text"; 40]), Batch::new()).await.unwrap();
        index.insert(page(2, "", &["other text"]), Batch::new()).await.unwrap();
        embed(&index, 30).await;
        index.visit(id(1), 9.0, Some([5; 16]), Batch::new()).await.unwrap();
        for n in 0..9 {
            index.insert(page(n, "A title", &["third text"]), Batch::new()).await.unwrap();
            index.flush().await.unwrap();
        }
        while index.maintain().await.unwrap() {}
        embed(&index, 30).await;
        let mut bytes = 0;
        for table in [Table::Pages, Table::Passages, Table::Vectors, Table::Segments] {
            for (key, value) in store.scan(table, None, 1_000).await.unwrap() {
                bytes += (key.len() + value.len()) as u64;
            }
        }
        let reopened = Index::open(store).await.unwrap();
        assert_eq!(reopened.stored_bytes(), bytes);
        assert_eq!(index.stored_bytes(), bytes);
    });
}

#[test]
fn filters_hold() {
    block_on(async {
        let mut sub = page(2, "", &["fox"]);
        sub.url = "https://www.site1.test/".into();
        let index = index_of(&[page(1, "", &["fox"]), sub, page(3, "", &["fox"])]).await;
        embed(&index, 9).await;
        let with = |site: Option<&str>, after, before| Filters {
            sites: site.map(|site| vec![site.into()]),
            after,
            before,
            ..Filters::default()
        };
        for (filters, expected) in [
            (with(None, None, None), vec![id(3), id(2), id(1)]),
            (with(Some("site1.test"), None, None), vec![id(2), id(1)]),
            (with(Some("WWW.site1.test"), None, None), vec![id(2)]),
            (with(Some("ite1.test"), None, None), vec![]),
            (with(None, Some(2.0), None), vec![id(3), id(2)]),
            (with(None, None, Some(2.0)), vec![id(1)]),
            (with(Some("site1.test"), Some(2.0), Some(3.0)), vec![id(2)]),
            (with(None, Some(f64::NAN), None), vec![]),
        ] {
            assert_eq!(pages(&ask_with(&index, "fox", filters.clone()).await), expected, "{filters:?}");
            let alike = index.similar(id(1), SPACE, filters, 9).await.unwrap();
            let others: Vec<_> = expected.into_iter().filter(|page| *page != id(1)).collect();
            assert_eq!(pages(&alike), others);
        }
    });
}

#[test]
fn in_the_order_of_time_what_answers_well_comes_newest_first() {
    block_on(async {
        let index = index_of(&[
            page(1, "A red fox in the snow", &["the red fox hunts in snow"]),
            page(2, "", &["a red fox was seen in snow near the river"]),
            page(3, "", &["all of these are red", "but none hunts"]),
            page(4, "", &["grass"]),
        ])
        .await;
        let ask = async |order, limit| {
            let text = "red fox in snow";
            let query = Query {
                text,
                vector: None,
                filters: Filters::default(),
                must: Must::default(),
                order,
                limit,
            };
            pages(&index.search(query).await.unwrap())
        };
        assert_eq!(ask(Order::Best, 9).await, [id(1), id(2), id(3)]);
        assert_eq!(ask(Order::Newest, 9).await, [id(2), id(1)], "one word of three does not answer well");
        assert_eq!(ask(Order::Newest, 1).await, [id(2)], "the newest of all, not of the best");
    });
}

#[test]
fn odd_questions_are_answered() {
    block_on(async {
        let index = index_of(&[
            page(1, "Title", &["全文検索エンジン", "Zażółć gęślą jaźń", "emoji 🦊 fox"]),
            page(2, "", &["the only one with these: and, of"]),
        ])
        .await;
        let long = "word ".repeat(2_000);
        for nothing in ["", "   ", "?!…—", "🦊👍", "\0", "absent", &long] {
            assert!(ask(&index, nothing).await.is_empty(), "{nothing:?}");
        }
        for (query, expected) in
            [("検索", id(1)), ("ZAZOLC", id(1)), ("\u{1f98a} fox", id(1)), ("the of", id(2))]
        {
            assert_eq!(pages(&ask(&index, query).await), [expected], "{query:?}");
        }
        let long = "fox ".repeat(2_500) + &"filler".repeat(5_000);
        assert_eq!(pages(&ask(&index, &long).await), [id(1)]);
        let query = |limit| Query {
            text: "title these",
            vector: None,
            filters: Filters::default(),
            must: Must::default(),
            order: Order::Best,
            limit,
        };
        assert_eq!(index.search(query(0)).await, Ok(Vec::new()));
        assert_eq!(index.search(query(1)).await.unwrap().len(), 1);
    });
}

#[test]
fn a_word_that_is_a_stop_word_so_far_may_be_only_begun() {
    block_on(async {
        let index = index_of(&[
            page(1, "Nash", &["game theory"]),
            page(2, "They", &["the game that they play there"]),
            page(3, "Other", &["chess"]),
        ])
        .await;
        let hits = ask(&index, "game the").await;
        assert_eq!(pages(&hits), [id(1), id(2)]);
        assert_eq!(shown(&hits[0]), "[game] [theory]");
        assert_eq!(shown(&hits[1]), "the [game] that they play there");
        assert!(hits[0].bm25 > hits[1].bm25);
        // Before another word it is a stop word.
        assert_eq!(pages(&ask(&index, "the chess").await), [id(3)]);
    });
}

#[test]
fn a_name_in_code_is_found_as_a_whole_before_its_parts() {
    block_on(async {
        for (name, parts) in [
            ("std::mem::swap", "std mem swap, and swap in std mem"),
            ("foo_bar", "foo bar and bar foo, foo bar"),
            ("1.2.3", "1 2 3, 3 2 1 and 1 2 3"),
            ("E0499", "e0498 and e 0499, E0489"),
        ] {
            // The page with the parts has them more often, has them in its title, and was seen last.
            let whole = page(1, "Notes", &[&format!("about {name}, which is not said again")]);
            let index =
                index_of(&[whole, page(2, parts, &[parts]), page(3, "Other", &["something else"])]).await;
            for asked in [name.to_owned(), format!("what is {name}?"), name.to_uppercase()] {
                let hits = ask(&index, &asked).await;
                assert_eq!(pages(&hits)[0], id(1), "{asked}");
                index.flush().await.unwrap();
            }
        }
    });
}

#[test]
fn typos_of_words_are_forgiven_but_not_of_codes_and_numbers() {
    block_on(async {
        let texts = ["error E0498", "in version 12345.7", "of the year 20245", "the bicycle", "the café0"];
        let all: Vec<_> = texts.iter().zip(1..).map(|(text, n)| page(n, "", &[text])).collect();
        let index = index_of(&all).await;
        for (asked, found) in [
            ("e0499", vec![]),
            ("12346", vec![]),
            ("20254", vec![]),
            ("cafe01", vec![]),
            ("bicylce", vec![id(4)]),
            ("bicycl", vec![id(4)]),
            ("eror", vec![]),
            ("errpr", vec![id(1)]),
        ] {
            assert_eq!(pages(&ask(&index, asked).await), found, "{asked}");
        }
    });
}

#[test]
fn what_is_wrong_is_refused_with_a_code() {
    block_on(async {
        let index = index_of(&[page(1, "", &["one", "two"])]).await;
        let passages: Vec<PassageRef> =
            index.next_unembedded(SPACE, 9).await.unwrap().iter().map(|found| found.passage).collect();
        let set =
            |values: Vec<Vec<f32>>| index.set_vectors(SPACE, passages.iter().copied().zip(values).collect());
        for bad in [vec![0.0; 8], vec![f32::NAN; 8], vec![f32::INFINITY; 8]] {
            assert_eq!(set(vec![vector("one"), bad]).await.unwrap_err().code(), "bad_vector");
        }
        assert_eq!(set(vec![vec![]]).await.unwrap_err().code(), "bad_vector");
        assert_eq!(set(vec![vector("one"), vec![1.0]]).await.unwrap_err().code(), "dimension_mismatch");
        assert_eq!(index.unembedded(SPACE), 2, "of a refused call nothing is kept");
        assert_eq!(set(vec![vector("one")]).await, Ok(1));
        let expected = IndexError::DimensionMismatch { space: SPACE.into(), expected: 8, got: 3 };
        assert_eq!(set(vec![vec![1.0; 3]]).await, Err(expected.clone()));
        assert_eq!(set(vec![]).await, Ok(0));

        let search = async |values: &[f32]| {
            let vector = QueryVector { space: SPACE, values, fusion: Fusion::Calibrated, min_cosine: 0.0 };
            index
                .search(Query {
                    text: "one",
                    vector: Some(vector),
                    filters: Filters::default(),
                    must: Must::default(),
                    order: Order::Best,
                    limit: 9,
                })
                .await
        };
        assert_eq!(search(&[1.0; 3]).await, Err(expected));
        assert_eq!(search(&[0.0; 8]).await.unwrap_err().code(), "bad_vector");
        assert_eq!(search(&[f32::NAN; 8]).await.unwrap_err().code(), "bad_vector");

        for time in [f64::NAN, f64::INFINITY] {
            let mut page = page(2, "", &["text"]);
            page.seen_at = time;
            assert_eq!(index.insert(page, Batch::new()).await.unwrap_err().code(), "bad_time");
            assert_eq!(index.visit(id(1), time, None, Batch::new()).await.unwrap_err().code(), "bad_time");
            assert_eq!(index.pass_by(id(1), time).await.unwrap_err().code(), "bad_time");
        }
        let huge = "x".repeat(17 << 20);
        let error = index.insert(page(2, "", &[&huge]), Batch::new()).await.unwrap_err();
        assert_eq!(error.code(), "page_too_large");
        assert!(error.to_string().contains("cut it first"), "{error}");
        assert_eq!(index.counts().pages, 1);
    });
}

#[test]
fn pages_of_any_shape_are_kept() {
    block_on(async {
        let store = RamStore::new();
        let index = Index::open(store.clone()).await.unwrap();
        let giant = "x".repeat(200_000);
        index.insert(page(1, "", &[]), Batch::new()).await.unwrap();
        index.insert(page(2, " ", &["", "  \n"]), Batch::new()).await.unwrap();
        index.insert(page(3, "giant", &[&giant, "fox"]), Batch::new()).await.unwrap();
        index.insert(page(4, "many", &["fox"; 3_000]), Batch::new()).await.unwrap();
        for index in [index, Index::open(store).await.unwrap()] {
            assert_eq!(index.counts(), Counts { pages: 4, passages: 3 + 3_001 });
            assert_eq!(pages(&ask(&index, "fox").await).len(), 2);
            assert_eq!(index.similar(id(1), SPACE, Filters::default(), 9).await, Ok(Vec::new()));
            assert_eq!(index.corrupt_rows(), 0);
        }
    });
}

#[test]
fn a_page_replaced_many_times_is_as_if_it_had_always_been_so() {
    block_on(async {
        let text = |n: u8, round: usize| format!("shared word{n} round{} tail", round % 7);
        let index = index_of(&[]).await;
        for round in 0..60 {
            for n in 0..30 {
                let text = text(n, round);
                index.insert(page(n, "Title", &[&text, "second passage"]), Batch::new()).await.unwrap();
            }
            if round == 30 {
                embed(&index, 1_000).await;
            }
        }
        embed(&index, 45).await;
        while index.maintain().await.unwrap() {}
        let fresh = index_of(&[]).await;
        for n in 0..30 {
            fresh.insert(page(n, "Title", &[&text(n, 59), "second passage"]), Batch::new()).await.unwrap();
        }
        embed(&fresh, 45).await;
        assert_eq!(index.unembedded(SPACE), 75);
        for query in ["shared", "word3 round3", "second title", "tail word29"] {
            let simplify = |hits: Vec<afterimage_index::Hit>| {
                let simple =
                    hits.into_iter().map(|hit| (hit.page.id, hit.score, hit.cosine, hit.bm25, shown(&hit)));
                simple.collect::<Vec<_>>()
            };
            let (a, b) = (
                ask_meaning(&index, query, "second passage", 0.2).await,
                ask_meaning(&fresh, query, "second passage", 0.2).await,
            );
            assert!(!a.is_empty());
            assert_eq!(simplify(a), simplify(b), "{query}");
        }
    });
}

#[test]
fn calls_may_overlap() {
    block_on(async {
        let store = RamStore::new();
        let index = Index::open(store.clone()).await.unwrap();
        let insert = async |n: u8| {
            for round in 0..5 {
                let text = format!("fox {n} round {round}");
                index.insert(page(n % 4, "Title", &[&text, "more"]), Batch::new()).await.unwrap();
                index.visit(id(n % 4), f64::from(n), None, Batch::new()).await.unwrap();
                embed(&index, 3).await;
                let hits = ask_meaning(&index, "fox", "more", 0.0).await;
                assert!(hits.iter().all(|hit| !hit.snippet.is_empty()));
                index.similar(id(0), SPACE, Filters::default(), 3).await.unwrap();
            }
        };
        futures::future::join_all((0..8).map(insert)).await;
        // Each page: two writers, five rounds, an insert and a visit in each.
        for n in 0..4 {
            assert_eq!(index.page(id(n)).await.unwrap().unwrap().visits, 20);
        }
        let reopened = Index::open(store).await.unwrap();
        assert_eq!(reopened.corrupt_rows(), 0);
        assert_eq!(reopened.unembedded(SPACE), index.unembedded(SPACE));
        assert_eq!(reopened.stored_bytes(), index.stored_bytes());
        assert_eq!(
            ask_meaning(&reopened, "fox", "more", 0.0).await,
            ask_meaning(&index, "fox", "more", 0.0).await
        );
    });
}

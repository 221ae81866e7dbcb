//! Pages of another index come into one that may have some of them.

use crate::helpers::*;
use afterimage_index::store::{Batch, RamStore, Table};
use afterimage_index::{Index, NewPage, PageInfo, PageRecord, United};
use pollster::block_on;
use proptest::prelude::*;
use std::collections::BTreeMap;

async fn records(index: &Index<RamStore>) -> BTreeMap<u8, PageRecord> {
    let mut found = BTreeMap::new();
    for n in 0..12 {
        if let Some(record) = index.records(&[id(n)]).await.unwrap().pop().flatten() {
            found.insert(n, record);
        }
    }
    found
}

async fn all(index: &Index<RamStore>) -> Vec<PageRecord> {
    records(index).await.into_values().collect()
}

async fn embedded(pages: &[NewPage]) -> Index<RamStore> {
    let index = index_of(pages).await;
    while embed(&index, 10).await > 0 {}
    index
}

fn counts(added: usize, updated: usize, unchanged: usize) -> United {
    United { added, updated, unchanged }
}

fn seen(n: u8, at: f64, title: &str, passages: &[&str]) -> NewPage {
    let hash = title.bytes().chain(passages.concat().bytes()).fold(7, u8::wrapping_add);
    NewPage { seen_at: at, text_hash: [hash; 32], ..page(n, title, passages) }
}

#[test]
fn pages_of_another_index_are_found_by_words_and_meaning_without_embedding() {
    block_on(async {
        let from = embedded(&[seen(1, 10.0, "Cats", &["they purr"]), seen(2, 20.0, "", &["a ship"])]).await;
        let into = embedded(&[seen(3, 30.0, "Bread", &["it rises"])]).await;
        assert_eq!(into.unite(all(&from).await, Batch::new()).await, Ok(counts(2, 0, 0)));
        assert_eq!(into.unembedded(SPACE), 0);
        assert_eq!(pages(&ask(&into, "purr").await), [id(1)]);
        assert_eq!(pages(&ask_meaning(&into, "nothing", "a ship", 0.99).await), [id(2)]);
        let reopened = Index::open(into.store().clone()).await.unwrap();
        assert_eq!(records(&reopened).await, records(&into).await);
        assert_eq!(reopened.unembedded(SPACE), 0);
    });
}

#[test]
fn the_text_of_the_later_visit_stays_and_a_title_never_replaces_a_text() {
    block_on(async {
        let old = || seen(1, 10.0, "Old", &["an owl"]);
        let new = || seen(1, 20.0, "New", &["a fox"]);
        let title = || seen(1, 30.0, "Title", &[]);
        for (first, second, expected, text) in [
            (old(), new(), counts(0, 1, 0), "New"),
            (new(), old(), counts(0, 1, 0), "New"),
            (new(), title(), counts(0, 1, 0), "New"),
            (title(), old(), counts(0, 1, 0), "Old"),
        ] {
            let (into, from) = (embedded(&[first]).await, embedded(&[second]).await);
            into.visit(id(1), 15.0, Some([8; 16]), Batch::new()).await.unwrap();
            from.visit(id(1), 5.0, Some([9; 16]), Batch::new()).await.unwrap();
            assert_eq!(into.unite(all(&from).await, Batch::new()).await, Ok(expected));
            let record = records(&into).await.remove(&1).unwrap();
            assert_eq!(record.page.title, text);
            assert_eq!(record.page.visits, 2, "the larger number");
            assert_eq!(into.unembedded(SPACE), 0);
            assert_eq!(record.page.first_seen, 5.0);
            for alias in [[8; 16], [9; 16]] {
                assert_eq!(into.find_alias(alias).await.unwrap(), Some(id(1)), "the addresses of both");
            }
        }
    });
}

#[test]
fn a_second_time_nothing_is_written() {
    block_on(async {
        let from = embedded(&[seen(1, 10.0, "Cats", &["they purr"]), seen(2, 20.0, "", &["a ship"])]).await;
        let into = embedded(&[seen(1, 5.0, "Cats", &["they purr"])]).await;
        let mut also = Batch::new();
        also.put(Table::Meta, "with", vec![1]);
        assert_eq!(into.unite(all(&from).await, also).await, Ok(counts(1, 1, 0)));
        let before = into.store().clone();
        let rows = |store: &RamStore| {
            let tables = [Table::Pages, Table::Vectors, Table::Aliases, Table::Catalog, Table::Meta];
            tables.map(|table| block_on(store_rows(store, table)))
        };
        let kept = rows(&before);
        assert_eq!(into.unite(all(&from).await, Batch::new()).await, Ok(counts(0, 0, 2)));
        assert_eq!(rows(into.store()), kept);
    });
}

async fn store_rows(store: &RamStore, table: Table) -> Vec<(String, Vec<u8>)> {
    use afterimage_index::store::Store as _;
    store.scan(table, None, 10_000).await.unwrap()
}

#[test]
fn vectors_that_are_missing_come_along_with_the_same_text() {
    block_on(async {
        let text = || seen(1, 10.0, "Cats", &["they purr", "they sleep"]);
        let (from, into) = (embedded(&[text()]).await, index_of(&[text()]).await);
        assert_eq!(into.unembedded(SPACE), 4);
        assert_eq!(into.unite(all(&from).await, Batch::new()).await, Ok(counts(0, 0, 1)));
        assert_eq!(into.unembedded(SPACE), 0);
        assert_eq!(records(&into).await, records(&from).await);
    });
}

#[test]
fn a_page_whose_text_is_damaged_is_whole_again() {
    block_on(async {
        let text = || seen(1, 10.0, "Cats", &["they purr"]);
        let (from, store) = (embedded(&[text()]).await, RamStore::new());
        let into = Index::open(store.clone()).await.unwrap();
        into.insert(text(), Batch::new()).await.unwrap();
        into.flush().await.unwrap();
        let mut batch = Batch::new();
        batch.put(Table::Passages, format!("{}/000000", id(1)), vec![1, 2, 3]);
        afterimage_index::store::Store::commit(&store, batch).await.unwrap();
        let into = Index::open(store).await.unwrap();
        assert_eq!(into.unite(all(&from).await, Batch::new()).await, Ok(counts(0, 1, 0)));
        assert_eq!(records(&into).await, records(&from).await);
    });
}

/// What uniting should give, page by page.
fn twin(into: &BTreeMap<u8, PageRecord>, from: &BTreeMap<u8, PageRecord>) -> BTreeMap<u8, PageRecord> {
    let mut united = into.clone();
    for (n, new) in from {
        let Some(old) = into.get(n) else {
            united.insert(*n, new.clone());
            continue;
        };
        let rank = |record: &PageRecord| (!record.passages.is_empty(), record.page.last_seen);
        let winner = if rank(new) > rank(old) { new } else { old };
        let mut aliases = old.page.aliases.clone();
        aliases.extend(new.page.aliases.iter().filter(|alias| !old.page.aliases.contains(alias)));
        let page = PageInfo {
            first_seen: old.page.first_seen.min(new.page.first_seen),
            last_seen: old.page.last_seen.max(new.page.last_seen),
            visits: old.page.visits.max(new.page.visits),
            aliases,
            ..winner.page.clone()
        };
        united.insert(*n, PageRecord { page, ..winner.clone() });
    }
    united
}

fn random_pages() -> impl Strategy<Value = Vec<(NewPage, u8)>> {
    let text = prop::sample::select(vec!["an owl", "a fox", "they purr", "a ship", "bread"]);
    let title = prop::sample::select(vec!["", "Cats", "Ships"]);
    let one = (0..12_u8, title, prop::collection::vec(text, 0..20), 0..9_u8, 0..3_u8).prop_filter_map(
        "something",
        |(n, title, passages, at, visits)| {
            let something = !title.is_empty() || !passages.is_empty();
            something.then(|| (seen(n, f64::from(at), title, &passages), visits))
        },
    );
    prop::collection::vec(one, 0..12)
}

async fn visited(pages: Vec<(NewPage, u8)>) -> Index<RamStore> {
    let index = index_of(&[]).await;
    for (page, visits) in pages {
        let (id, at) = (page.id, page.seen_at);
        index.insert(page, Batch::new()).await.unwrap();
        for n in 0..visits {
            index.visit(id, at + f64::from(n), Some([100 + n; 16]), Batch::new()).await.unwrap();
        }
    }
    while embed(&index, 100).await > 0 {}
    index
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn it_is_the_union_that_a_naive_twin_makes(
        into in random_pages(), from in random_pages(), batch in 1..5_usize, restart in any::<bool>(),
    ) {
        block_on(async {
            let (mut into, from) = (visited(into).await, visited(from).await);
            let expected = twin(&records(&into).await, &records(&from).await);
            for some in all(&from).await.chunks(batch) {
                into.unite(some.to_vec(), Batch::new()).await.unwrap();
                while into.maintain().await.unwrap() {}
            }
            if restart {
                into = Index::open(into.store().clone()).await.unwrap();
            }
            assert_eq!(records(&into).await, expected);
            assert_eq!(into.unembedded(SPACE), 0, "no vector has to be made");
            assert_eq!(into.corrupt_rows(), 0);
            for alias in expected.values().flat_map(|record| &record.page.aliases) {
                let found = into.find_alias(*alias).await.unwrap().expect("every address leads to a page");
                let record = expected.values().find(|record| record.page.id == found).unwrap();
                assert!(record.page.aliases.contains(alias));
            }
            for word in ["owl", "fox", "purr", "ship", "bread"] {
                let has = |record: &PageRecord| {
                    let text = format!("{} {}", record.page.title, record.passages.join(" "));
                    text.to_lowercase().split_whitespace().any(|other| other == word)
                };
                let wanted: Vec<_> = expected.values().filter(|r| has(r)).map(|r| r.page.id).collect();
                let found = ask(&into, &format!("\"{word}\"")).await;
                // Pages that say nearly the same are one result.
                let alike: u32 = found.iter().map(|hit| hit.alike).sum();
                assert_eq!(found.len() + alike as usize, wanted.len(), "{word}");
                assert!(found.iter().all(|hit| wanted.contains(&hit.page.id)), "{word}");
            }
        });
    }
}

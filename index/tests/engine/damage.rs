//! Rows that are damaged, missing, foreign or of another version: never fatal, never more than their page, and
//! healed: what is derived by itself, what is not by the next visit.

use crate::helpers::*;
use afterimage_index::store::{Batch, Fault, RamStore, Store, Table};
use afterimage_index::{Filters, Hit, Index, NewPage};
use pollster::block_on;

/// What is made from the other tables, and so can be made again.
const DERIVED: [Table; 2] = [Table::Catalog, Table::Segments];

fn sample() -> Vec<NewPage> {
    vec![
        page(1, "First", &["fox and dog"; 20]),
        page(2, "Second", &["fox alone"]),
        page(3, "Third", &["a bird"]),
    ]
}

/// Segments, and a journal.
async fn fill() -> RamStore {
    let index = index_of(&sample()).await;
    embed(&index, 7).await;
    index.flush().await.unwrap();
    let many: Vec<String> = (0..600).map(|n| format!("word{n} filler{} padding", n % 70)).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    read(&index, vec![text(4, "site4.test", &many)], Batch::new()).await.unwrap();
    index.flush().await.unwrap();
    embed(&index, 7).await;
    index.visit(id(3), 100.0, None, Batch::new()).await.unwrap();
    index.store().clone()
}

/// Every row, as table, key and bytes.
pub async fn rows(store: &RamStore) -> Vec<(Table, String, Vec<u8>)> {
    let mut all = Vec::new();
    for table in Table::OF_PAGES {
        for (key, value) in store.scan(table, None, 1_000).await.unwrap() {
            all.push((table, key, value));
        }
    }
    all
}

/// Another store with the same rows.
pub async fn copy(rows: &[(Table, String, Vec<u8>)]) -> RamStore {
    let store = RamStore::new();
    let mut batch = Batch::new();
    for (table, key, value) in rows {
        batch.put(*table, key.as_str(), value.clone());
    }
    store.commit(batch).await.unwrap();
    store
}

pub async fn put(store: &RamStore, table: Table, key: &str, value: Option<Vec<u8>>) {
    let mut batch = Batch::new();
    match value {
        Some(value) => batch.put(table, key, value),
        None => batch.delete(table, key),
    }
    store.commit(batch).await.unwrap();
}

/// Ways to spoil a row: `None` removes it.
pub fn damages(bytes: &[u8]) -> Vec<Option<Vec<u8>>> {
    let mut all = vec![
        None,
        Some(Vec::new()),
        Some(vec![2]),
        Some(vec![255; 50]),
        Some(bytes[..bytes.len() / 2].to_vec()),
    ];
    for at in [0, 1, 5, 9, bytes.len() / 2, bytes.len() - 1] {
        let mut damaged = bytes.to_vec();
        let at = at.min(bytes.len() - 1);
        damaged[at] = damaged[at].wrapping_add(1);
        all.push(Some(damaged));
    }
    all
}

async fn answers(index: &Index<RamStore>) -> Vec<Vec<Hit>> {
    let mut all = Vec::new();
    for question in ["fox", "bird", "word77 filler5", "second dog", "pading"] {
        all.push(ask_meaning(index, question, "fox and dog", 0.3).await);
    }
    all.push(index.similar(id(2), SPACE, Filters::default(), 9).await.unwrap());
    all
}

async fn settle(index: &Index<RamStore>) {
    let mut steps = 0;
    while index.maintain().await.unwrap() {
        steps += 1;
        assert!(steps < 1000, "it comes to an end");
    }
}

#[test]
fn what_is_derived_is_made_again() {
    block_on(async {
        let all = rows(&fill().await).await;
        assert!(
            all.iter().any(|row| row.1.contains("/lists/"))
                && all.iter().any(|row| row.1.contains("/codes/"))
        );
        assert!(all.iter().any(|row| row.1.starts_with("journal/")));
        let sound = answers(&Index::open(copy(&all).await).await.unwrap()).await;
        for (table, key, bytes) in all.iter().filter(|row| DERIVED.contains(&row.0)) {
            for damage in damages(bytes) {
                // A journal row that is simply not there cannot be missed.
                if key.starts_with("journal/") && damage.is_none() {
                    continue;
                }
                let store = copy(&all).await;
                put(&store, *table, key, damage).await;
                let index = Index::open(store.clone()).await.unwrap();
                // Questions may find less until it is settled, but are answered; and they notice damaged lists.
                answers(&index).await;
                settle(&index).await;
                assert_eq!(answers(&index).await, sound, "{key}");
                let reopened = Index::open(store).await.unwrap();
                assert_eq!(reopened.corrupt_rows(), 0, "{key}");
                assert_eq!(answers(&reopened).await, sound, "{key}, reopened");
                assert!(!reopened.maintain().await.unwrap(), "{key}: nothing is left to do");
            }
        }
    });
}

#[test]
fn a_piece_of_the_page_table_that_is_missing_is_noticed_also_where_another_is_damaged() {
    block_on(async {
        let all = rows(&fill().await).await;
        let sound = answers(&Index::open(copy(&all).await).await.unwrap()).await;
        let pieces: Vec<&String> =
            all.iter().map(|row| &row.1).filter(|key| key.starts_with("pages/")).collect();
        assert_eq!(pieces.len(), 4);
        for damaged in &pieces {
            for missing in pieces.iter().filter(|missing| *missing != damaged) {
                let store = copy(&all).await;
                put(&store, Table::Catalog, damaged, Some(vec![2, 0, 0])).await;
                put(&store, Table::Catalog, missing, None).await;
                let index = Index::open(store.clone()).await.unwrap();
                assert_eq!(index.counts().pages, 4, "{damaged} {missing}");
                settle(&index).await;
                for index in [index, Index::open(store).await.unwrap()] {
                    assert_eq!(answers(&index).await, sound, "{damaged} {missing}");
                }
            }
        }
    });
}

#[test]
fn a_damaged_row_of_the_truth_costs_its_page_at_most_and_a_visit_heals_it() {
    block_on(async {
        let all = rows(&fill().await).await;
        for (table, key, bytes) in all.iter().filter(|row| !DERIVED.contains(&row.0)) {
            for damage in damages(bytes) {
                let store = copy(&all).await;
                put(&store, *table, key, damage).await;
                let index = Index::open(store.clone()).await.unwrap();
                answers(&index).await;
                settle(&index).await;
                while embed(&index, 500).await > 0 {}
                assert_eq!(index.unembedded(SPACE), 0, "{key}: what cannot be read is not waited for");
                for n in 1..=3 {
                    let is_its = key.starts_with(&id(n).to_string());
                    let found = ask(&index, ["", "first", "second", "third"][usize::from(n)]).await;
                    assert!(is_its || pages(&found) == [id(n)], "{key}: page {n}");
                    // A page that lost text says so, so that its next visit is not taken for unchanged.
                    let info = index.page(id(n)).await.unwrap();
                    let unchanged = info.is_some_and(|info| info.text_hash == [n; 32]);
                    let lost = is_its && matches!(table, Table::Pages | Table::Passages);
                    assert_eq!(unchanged, !lost, "{} {key}", table.name());
                }
                for page in sample() {
                    index.insert(page, Batch::new()).await.unwrap();
                }
                settle(&index).await;
                let healed = Index::open(store).await.unwrap();
                assert_eq!(ask(&healed, "fox").await.len(), 2);
                while embed(&healed, 500).await > 0 {}
                assert_eq!(healed.unembedded(SPACE), 0);
                assert_eq!(healed.find_alias([1; 16]).await, Ok(Some(id(1))));
            }
        }
    });
}

#[test]
fn rows_of_nobody_do_no_harm_and_go_with_the_page_they_name() {
    block_on(async {
        let store = fill().await;
        let valid = store.get(Table::Pages, &id(1).to_string()).await.unwrap();
        for key in ["", "x", &id(1).to_string().to_uppercase().replace('0', "A"), &format!("{}0", id(1))] {
            put(&store, Table::Pages, key, valid.clone()).await;
        }
        for key in
            [format!("{}/000000", id(9)), format!("{}/000900", id(1)), format!("{}/0", id(1)), "y".into()]
        {
            for table in [Table::Passages, Table::Vectors, Table::Segments, Table::Catalog] {
                put(&store, table, &key, valid.clone()).await;
            }
        }
        let index = Index::open(store.clone()).await.unwrap();
        assert_eq!(ask(&index, "fox").await.len(), 2);
        assert_eq!(index.delete(&[id(1), id(9)], Batch::new()).await, Ok(1));
        let names = |key: &str| key.starts_with(&id(9).to_string()) || key.starts_with(&id(1).to_string());
        let left = rows(&store).await;
        let of_pages = |table| matches!(table, Table::Passages | Table::Vectors);
        assert!(!left.iter().any(|(table, key, _)| of_pages(*table) && names(key)));
    });
}

#[test]
fn a_row_of_another_text_is_not_mixed_in() {
    block_on(async {
        let store = fill().await;
        let text = format!("{}/000000", id(2));
        let old = store.get(Table::Passages, &text).await.unwrap();
        let (key, vectors) = store.scan(Table::Vectors, Some(&id(2).to_string()), 1).await.unwrap().remove(0);
        let index = Index::open(store.clone()).await.unwrap();
        index.insert(page(2, "Second", &["new text"]), Batch::new()).await.unwrap();
        put(&store, Table::Passages, &text, old).await;
        put(&store, Table::Vectors, &key, Some(vectors)).await;
        let reopened = Index::open(store).await.unwrap();
        assert_eq!(reopened.corrupt_rows(), 1);
        assert!(!pages(&ask(&reopened, "alone").await).contains(&id(2)));
        assert!(reopened.unembedded(SPACE) > 0);
    });
}

#[test]
fn a_page_whose_text_cannot_be_read_has_no_similar_ones() {
    block_on(async {
        let index = index_of(&sample()).await;
        for key in ["000000", "000001"] {
            put(index.store(), Table::Passages, &format!("{}/{key}", id(1)), Some(Vec::new())).await;
        }
        let error = index.similar(id(1), SPACE, Filters::default(), 9).await.unwrap_err();
        assert_eq!(error.code(), "row_corrupt");
        assert!(error.to_string().contains("visit its page again"), "{error}");
    });
}

#[test]
fn a_page_whose_row_is_damaged_leaves_no_alias_when_it_is_deleted() {
    block_on(async {
        let index = index_of(&[page(1, "One", &["some text"]), page(2, "Two", &["other text"])]).await;
        index.visit(id(2), 3.0, Some([1; 16]), Batch::new()).await.unwrap();
        let store = index.store().clone();
        put(&store, Table::Pages, &id(1).to_string(), Some(vec![9, 9, 9])).await;
        let index = Index::open(store.clone()).await.unwrap();
        index.delete(&[id(1)], Batch::new()).await.unwrap();
        for (_, _, bytes) in rows(&store).await.iter().filter(|row| row.0 == Table::Aliases) {
            assert!(!bytes.windows(16).any(|part| part == [1; 16]), "the identifier is gone");
        }
        assert_eq!(index.find_alias([1; 16]).await, Ok(Some(id(2))), "the other page keeps it");
    });
}

/// The rows that version 1 wrote, made by its own code: three pages, one of them with another text before, some
/// vectors in two spaces.
async fn version_1() -> RamStore {
    let store = RamStore::new();
    for line in include_str!("../data/version-1.txt").lines() {
        let [table, key, hex] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let bytes = (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap());
        let table = Table::ALL.into_iter().find(|known| known.name() == table).unwrap();
        put(&store, table, key, Some(bytes.collect())).await;
    }
    store
}

#[test]
fn what_version_1_wrote_is_read_and_brought_into_todays_form() {
    block_on(async {
        let store = version_1().await;
        for settled in [false, true, true] {
            let index = Index::open(store.clone()).await.unwrap();
            assert_eq!(index.corrupt_rows(), 0);
            assert_eq!(index.counts().pages, 3 + usize::from(settled));
            let info = index.page(id(1)).await.unwrap().unwrap();
            assert_eq!((info.visits, info.last_seen, info.aliases), (2, 50.0, vec![[1; 16], [7; 16]]));
            if !settled {
                // A page that comes before anything is brought forward loses nothing.
                let new = text(4, "site4.test", &["berries again and again"]);
                read(&index, vec![new], Batch::new()).await.unwrap();
                let index = Index::open(store.clone()).await.unwrap();
                assert_eq!(index.counts().pages, 4);
            }
            settle(&index).await;
            assert_eq!(pages(&ask(&index, "berries").await).len(), 2);
            assert_eq!(pages(&ask(&index, "lava").await), [id(3)]);
            assert_eq!(index.find_alias([7; 16]).await, Ok(Some(id(1))));
            // 16 passages had none in its space, 24 in the other; two leads and the new page come to that.
            assert_eq!((index.unembedded(SPACE), index.unembedded("other@2")), (16 + 2 + 1, 24 + 2 + 1));
            let hits = ask_meaning(&index, "", "Lava is hot. Ash falls.", 0.99).await;
            assert_eq!(pages(&hits), [id(3)]);
        }
        assert_eq!(store.count(Table::Boilerplate).await, Ok(1), "the site of the page that was read since");
        for (table, key, bytes) in rows(&store).await {
            assert_eq!(bytes[0], 2, "{} {key}", table.name());
        }
    });
}

#[test]
fn a_step_of_a_rebuild_that_fails_is_done_again_and_loses_no_page() {
    block_on(async {
        let commits = {
            let store = version_1().await;
            let before = store.commits();
            settle(&Index::open(store.clone()).await.unwrap()).await;
            store.commits() - before
        };
        assert!(commits > 3, "each page is brought forward");
        for fault in [Fault::Full, Fault::LostAnswer] {
            for failing in 0..commits {
                let store = version_1().await;
                let index = Index::open(store.clone()).await.unwrap();
                store.fail_commit(failing, fault);
                let (mut steps, mut failed) = (0, 0);
                // The same worker goes on.
                loop {
                    match index.maintain().await {
                        Ok(false) => break,
                        Ok(true) => {}
                        Err(_) => failed += 1,
                    }
                    steps += 1;
                    assert!(steps < 1000, "it comes to an end");
                }
                assert_eq!(failed, 1);
                for index in [&index, &Index::open(store.clone()).await.unwrap()] {
                    assert_eq!(pages(&ask(index, "berries").await), [id(1)], "{fault:?} {failing}");
                    assert_eq!(pages(&ask(index, "rails").await), [id(2)], "{fault:?} {failing}");
                    assert_eq!(pages(&ask(index, "lava").await), [id(3)], "{fault:?} {failing}");
                    assert_eq!((index.unembedded(SPACE), index.unembedded("other@2")), (18, 26));
                    assert_eq!(index.find_alias([7; 16]).await, Ok(Some(id(1))));
                    assert_eq!(index.corrupt_rows(), 0, "{fault:?} {failing}");
                }
                assert_eq!(store.count(Table::Aliases).await, Ok(4), "{fault:?} {failing}");
            }
        }
    });
}

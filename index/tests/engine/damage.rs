//! Rows that are damaged, missing, foreign or of a newer version: counted, never fatal, healed by the next
//! visit.

use crate::helpers::*;
use afterimage_index::store::{Batch, RamStore, Store, Table};
use afterimage_index::{Filters, Index, NewPage};
use pollster::block_on;

fn sample() -> Vec<NewPage> {
    vec![page(1, "First", &["fox and dog"; 20]), page(2, "Second", &["fox alone"])]
}

async fn fill() -> RamStore {
    let index = index_of(&sample()).await;
    embed(&index, 7).await;
    index.store().clone()
}

/// Every row, as table, key and bytes.
async fn rows(store: &RamStore) -> Vec<(Table, String, Vec<u8>)> {
    let mut all = Vec::new();
    for table in [Table::Pages, Table::Passages] {
        for (key, value) in store.scan(table, None, 1_000).await.unwrap() {
            all.push((table, key, value));
        }
    }
    all
}

async fn put(store: &RamStore, table: Table, key: &str, value: Vec<u8>) {
    let mut batch = Batch::new();
    batch.put(table, key, value);
    store.commit(batch).await.unwrap();
}

#[test]
fn any_damaged_row_is_set_aside_and_healed() {
    block_on(async {
        for (table, key, bytes) in rows(&fill().await).await {
            let mut damages: Vec<Vec<u8>> =
                vec![Vec::new(), vec![1], vec![255; 50], bytes[..bytes.len() / 2].to_vec()];
            for at in [0, 1, 5, 6, bytes.len() / 2, bytes.len() - 1] {
                let mut damaged = bytes.clone();
                damaged[at] = damaged[at].wrapping_add(1);
                damages.push(damaged);
            }
            for damage in damages {
                let store = fill().await;
                put(&store, table, &key, damage).await;
                let index = Index::open(store.clone()).await.unwrap();
                assert!(index.corrupt_rows() > 0, "{} {key}", table.name());
                let hits = ask_meaning(&index, "fox", "fox and dog", -1.0).await;
                assert!(!hits.is_empty() && hits.len() <= 2);
                assert!(embed(&index, 100).await <= 30);
                assert_eq!(index.unembedded(SPACE), 0);
                index.similar(id(1), SPACE, Filters::default(), 9).await.unwrap();
                for n in 1..=2 {
                    // A page that lost text says so, so that its next visit is not taken for unchanged.
                    let info = index.page(id(n)).await.unwrap();
                    let lost = key.starts_with(&id(n).to_string());
                    assert_eq!(
                        info.is_some_and(|info| info.text_hash == [n; 32]),
                        !lost,
                        "{} {key}",
                        table.name()
                    );
                }
                for page in sample() {
                    index.insert(page, Batch::new()).await.unwrap();
                }
                let healed = Index::open(store).await.unwrap();
                assert_eq!(healed.corrupt_rows(), 0);
                assert_eq!(ask(&healed, "fox").await.len(), 2);
                assert_eq!(healed.unembedded(SPACE), 23);
            }
        }
    });
}

#[test]
fn missing_rows_are_noticed() {
    block_on(async {
        for (table, key, _) in rows(&fill().await).await {
            let store = fill().await;
            let mut batch = Batch::new();
            batch.delete(table, key.as_str());
            store.commit(batch).await.unwrap();
            let index = Index::open(store).await.unwrap();
            assert!(index.corrupt_rows() > 0, "{} {key}", table.name());
            assert!(!ask(&index, "fox").await.is_empty());
        }
    });
}

#[test]
fn a_row_of_another_generation_is_not_mixed_in() {
    block_on(async {
        let store = fill().await;
        let key = format!("{}/000000", id(2));
        let old = store.get(Table::Passages, &key).await.unwrap().unwrap();
        let index = Index::open(store.clone()).await.unwrap();
        index.insert(page(2, "Second", &["new text"]), Batch::new()).await.unwrap();
        put(&store, Table::Passages, &key, old).await;
        let reopened = Index::open(store).await.unwrap();
        assert_eq!(reopened.corrupt_rows(), 1);
        assert!(!pages(&ask(&reopened, "alone").await).contains(&id(2)));
    });
}

#[test]
fn foreign_keys_are_counted_and_a_deletion_removes_what_is_its() {
    block_on(async {
        let store = fill().await;
        let valid = store.get(Table::Pages, &id(1).to_string()).await.unwrap().unwrap();
        for key in ["", "x", &id(1).to_string().to_uppercase().replace('0', "A"), &format!("{}0", id(1))] {
            put(&store, Table::Pages, key, valid.clone()).await;
        }
        for key in
            [format!("{}/000000", id(9)), format!("{}/000900", id(1)), format!("{}/0", id(1)), "y".into()]
        {
            put(&store, Table::Passages, &key, valid.clone()).await;
        }
        let index = Index::open(store.clone()).await.unwrap();
        assert_eq!(index.corrupt_rows(), 8);
        assert_eq!(ask(&index, "fox").await.len(), 2);
        assert_eq!(index.delete(&[id(1), id(9)], Batch::new()).await, Ok(1));
        let left = rows(&store).await;
        assert!(!left.iter().any(|(table, key, _)| {
            *table == Table::Passages
                && (key.starts_with(&id(9).to_string()) || key.starts_with(&id(1).to_string()))
        }));
    });
}

#[test]
fn rows_damaged_under_an_open_index_do_no_harm() {
    block_on(async {
        let store = RamStore::new();
        let index = Index::open(store.clone()).await.unwrap();
        for page in sample() {
            index.insert(page, Batch::new()).await.unwrap();
        }
        let missing = index.next_unembedded(SPACE, 100).await.unwrap();
        for (table, key, _) in rows(&store).await {
            if table == Table::Passages && !key.ends_with("000001") {
                put(&store, table, &key, vec![1, 2, 3]).await;
            }
        }
        let hits = ask(&index, "fox").await;
        assert_eq!(hits.len(), 2);
        assert!(hits.iter().all(|hit| !hit.snippet.is_empty()), "the title is shown instead");
        // Only the five passages of the row that is whole.
        let vectors = missing.iter().map(|found| (found.passage, vector(&found.text))).collect();
        assert_eq!(index.set_vectors(SPACE, vectors).await, Ok(5));
        assert_eq!(index.corrupt_rows(), 2);
        assert_eq!(index.unembedded(SPACE), 0, "what cannot be read is not waited for");
        assert_eq!(index.next_unembedded(SPACE, 9).await, Ok(Vec::new()));
        assert_eq!(index.page(id(1)).await.unwrap().unwrap().text_hash, [0; 32]);
    });
}

#[test]
fn next_unembedded_goes_past_damaged_rows() {
    block_on(async {
        let index = index_of(&sample()).await;
        put(index.store(), Table::Passages, &format!("{}/000000", id(2)), vec![9]).await;
        let next = index.next_unembedded(SPACE, 1).await.unwrap();
        assert_eq!(next.len(), 1);
        assert_eq!(next[0].passage.page, id(1));
        assert_eq!(index.corrupt_rows(), 1);
    });
}

#[test]
fn a_page_whose_text_cannot_be_read_has_no_similar_ones() {
    block_on(async {
        let index = index_of(&sample()).await;
        for key in ["000000", "000001"] {
            put(index.store(), Table::Passages, &format!("{}/{key}", id(1)), Vec::new()).await;
        }
        let error = index.similar(id(1), SPACE, Filters::default(), 9).await.unwrap_err();
        assert_eq!(error.code(), "row_corrupt");
        assert!(error.to_string().contains("visit its page again"), "{error}");
    });
}

//! What every [`Store`] must do. It panics where one does not.
//!
//! Plain code without threads, clocks or files: natively it runs on [`super::RamStore`], in a browser on
//! IndexedDB.

use super::{Batch, Store, Table};

/// Runs the whole suite. `fresh` gives an empty store, independent of those it gave before, each time.
///
/// # Panics
/// If the store does not do what [`Store`] says.
pub async fn run<S: Store>(fresh: impl AsyncFn() -> S) {
    an_empty_store_is_empty(&fresh().await).await;
    rows_are_kept_by_table_and_key(&fresh().await).await;
    get_many_keeps_the_order_it_was_asked_in(&fresh().await).await;
    scan_goes_through_all_rows_in_order(&fresh().await).await;
    scan_pages_through_many_rows(&fresh().await).await;
    operations_of_a_batch_happen_in_order(&fresh().await).await;
    delete_prefix_deletes_exactly_that(&fresh().await).await;
    any_bytes_are_a_value(&fresh().await).await;
    large_values_are_kept(&fresh().await).await;
    any_text_is_a_key(&fresh().await).await;
    an_empty_batch_changes_nothing(&fresh().await).await;
    stores_do_not_share_rows(&fresh().await, &fresh().await).await;
}

async fn commit<S: Store>(store: &S, change: impl FnOnce(&mut Batch)) {
    let mut batch = Batch::new();
    change(&mut batch);
    store.commit(batch).await.expect("a commit succeeds");
}

async fn get<S: Store>(store: &S, table: Table, key: &str) -> Option<Vec<u8>> {
    store.get(table, key).await.expect("a read succeeds")
}

async fn keys<S: Store>(store: &S, table: Table, after: Option<&str>, limit: usize) -> Vec<String> {
    let rows = store.scan(table, after, limit).await.expect("a scan succeeds");
    rows.into_iter().map(|(key, _)| key).collect()
}

async fn count<S: Store>(store: &S, table: Table) -> usize {
    store.count(table).await.expect("a count succeeds")
}

async fn an_empty_store_is_empty<S: Store>(store: &S) {
    for table in Table::ALL {
        assert_eq!(get(store, table, "key").await, None);
        assert_eq!(get(store, table, "").await, None);
        assert_eq!(keys(store, table, None, 10).await, Vec::<String>::new());
        assert_eq!(keys(store, table, Some("a"), 10).await, Vec::<String>::new());
        assert_eq!(count(store, table).await, 0);
    }
    commit(store, |batch| {
        batch.delete(Table::Meta, "absent");
        batch.delete_prefix(Table::Meta, "absent");
        batch.delete_prefix(Table::Meta, "");
    })
    .await;
}

async fn rows_are_kept_by_table_and_key<S: Store>(store: &S) {
    for (value, table) in (0_u8..).zip(Table::ALL) {
        commit(store, |batch| batch.put(table, "key", vec![value])).await;
    }
    for (value, table) in (0_u8..).zip(Table::ALL) {
        assert_eq!(get(store, table, "key").await, Some(vec![value]), "{}", table.name());
        assert_eq!(count(store, table).await, 1);
    }
    commit(store, |batch| batch.put(Table::Meta, "key", vec![9, 9])).await;
    assert_eq!(get(store, Table::Meta, "key").await, Some(vec![9, 9]), "a put replaces");
    commit(store, |batch| batch.delete(Table::Meta, "key")).await;
    assert_eq!(get(store, Table::Meta, "key").await, None);
    assert_eq!(get(store, Table::Pages, "key").await, Some(vec![0]), "other tables are untouched");
}

async fn get_many_keeps_the_order_it_was_asked_in<S: Store>(store: &S) {
    commit(store, |batch| {
        batch.put(Table::Passages, "a", vec![1]);
        batch.put(Table::Passages, "b", vec![2]);
    })
    .await;
    let asked: Vec<String> = ["b", "absent", "a", "b", ""].map(String::from).to_vec();
    let rows = store.get_many(Table::Passages, &asked).await.expect("a read succeeds");
    assert_eq!(rows, [Some(vec![2]), None, Some(vec![1]), Some(vec![2]), None]);
    assert_eq!(store.get_many(Table::Passages, &[]).await.expect("a read succeeds"), []);
}

async fn scan_goes_through_all_rows_in_order<S: Store>(store: &S) {
    // Written in another order than that of their bytes; `Z` is before `a` there.
    commit(store, |batch| {
        for key in ["b", "a/2", "a", "Z", "a/10", "a0", "~", "0"] {
            batch.put(Table::Pages, key, key.as_bytes().to_vec());
        }
    })
    .await;
    let all = ["0", "Z", "a", "a/10", "a/2", "a0", "b", "~"];
    assert_eq!(keys(store, Table::Pages, None, 100).await, all);
    assert_eq!(keys(store, Table::Pages, None, all.len()).await, all);
    assert_eq!(keys(store, Table::Pages, None, 3).await, all[..3]);
    assert_eq!(keys(store, Table::Pages, None, 0).await, Vec::<String>::new());
    assert_eq!(keys(store, Table::Pages, Some("a"), 2).await, all[3..5], "`after` itself is left out");
    assert_eq!(keys(store, Table::Pages, Some("a/1"), 100).await, all[3..], "`after` need not be there");
    assert_eq!(keys(store, Table::Pages, Some(""), 100).await, all);
    assert_eq!(keys(store, Table::Pages, Some("~"), 100).await, Vec::<String>::new());
    for (key, value) in store.scan(Table::Pages, None, 100).await.expect("a scan succeeds") {
        assert_eq!(key.as_bytes(), value, "rows come with their own value");
    }
}

async fn scan_pages_through_many_rows<S: Store>(store: &S) {
    const ROWS: u32 = 2_500;
    for part in 0..5 {
        commit(store, |batch| {
            for row in (part..ROWS).step_by(5) {
                batch.put(Table::Passages, format!("{row:06}"), row.to_le_bytes().to_vec());
            }
        })
        .await;
    }
    assert_eq!(count(store, Table::Passages).await, ROWS as usize);
    let mut seen = 0_u32;
    let mut after: Option<String> = None;
    loop {
        let page = store.scan(Table::Passages, after.as_deref(), 97).await.expect("a scan succeeds");
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        for (key, value) in page {
            assert_eq!(key, format!("{seen:06}"));
            assert_eq!(value, seen.to_le_bytes());
            seen += 1;
        }
    }
    assert_eq!(seen, ROWS);
    commit(store, |batch| batch.delete_prefix(Table::Passages, "")).await;
    assert_eq!(count(store, Table::Passages).await, 0);
}

async fn operations_of_a_batch_happen_in_order<S: Store>(store: &S) {
    commit(store, |batch| {
        batch.put(Table::Passages, "p/1", vec![1]);
        batch.put(Table::Passages, "p/2", vec![1]);
    })
    .await;
    // What replaces a page's passages: all old ones go, the new ones stay.
    commit(store, |batch| {
        batch.delete_prefix(Table::Passages, "p/");
        batch.put(Table::Passages, "p/1", vec![2]);
        batch.put(Table::Queue, "job", vec![]);
    })
    .await;
    assert_eq!(keys(store, Table::Passages, None, 9).await, ["p/1"]);
    assert_eq!(get(store, Table::Passages, "p/1").await, Some(vec![2]));
    assert_eq!(count(store, Table::Queue).await, 1);
    // And the other way round.
    commit(store, |batch| {
        batch.put(Table::Passages, "p/3", vec![3]);
        batch.delete_prefix(Table::Passages, "p/");
        batch.put(Table::Queue, "job", vec![1]);
        batch.put(Table::Queue, "job", vec![2]);
        batch.put(Table::Queue, "gone", vec![1]);
        batch.delete(Table::Queue, "gone");
        batch.delete(Table::Queue, "back");
        batch.put(Table::Queue, "back", vec![1]);
    })
    .await;
    assert_eq!(count(store, Table::Passages).await, 0);
    assert_eq!(keys(store, Table::Queue, None, 9).await, ["back", "job"]);
    assert_eq!(get(store, Table::Queue, "job").await, Some(vec![2]));
}

async fn delete_prefix_deletes_exactly_that<S: Store>(store: &S) {
    let all = ["", "a", "a/", "a/1", "a/\u{ffff}", "a0", "ab", "b", "~"];
    commit(store, |batch| {
        for key in all {
            batch.put(Table::Passages, key, vec![]);
            batch.put(Table::Pages, key, vec![]);
        }
    })
    .await;
    commit(store, |batch| batch.delete_prefix(Table::Passages, "a/")).await;
    assert_eq!(keys(store, Table::Passages, None, 99).await, ["", "a", "a0", "ab", "b", "~"]);
    commit(store, |batch| batch.delete_prefix(Table::Passages, "a")).await;
    assert_eq!(keys(store, Table::Passages, None, 99).await, ["", "b", "~"]);
    commit(store, |batch| batch.delete_prefix(Table::Passages, "bb")).await;
    assert_eq!(count(store, Table::Passages).await, 3);
    commit(store, |batch| batch.delete_prefix(Table::Passages, "")).await;
    assert_eq!(count(store, Table::Passages).await, 0);
    assert_eq!(count(store, Table::Pages).await, all.len(), "other tables are untouched");
}

async fn any_bytes_are_a_value<S: Store>(store: &S) {
    let every_byte: Vec<u8> = (0..=255).collect();
    commit(store, |batch| {
        batch.put(Table::Queue, "empty", Vec::new());
        batch.put(Table::Queue, "every", every_byte.clone());
    })
    .await;
    assert_eq!(get(store, Table::Queue, "empty").await, Some(Vec::new()), "an empty row is a row");
    assert_eq!(get(store, Table::Queue, "every").await, Some(every_byte));
    assert_eq!(count(store, Table::Queue).await, 2);
}

async fn large_values_are_kept<S: Store>(store: &S) {
    let pattern = |size: usize, step: usize| (0..size).map(|at| (at * step / 7) as u8).collect::<Vec<u8>>();
    let (model, text) = (pattern(6_000_000, 13), pattern(300_000, 5));
    for table in Table::ALL {
        commit(store, |batch| {
            batch.put(table, "large", model.clone());
            batch.put(table, "text", text.clone());
        })
        .await;
        assert!(get(store, table, "large").await.as_ref() == Some(&model), "6 MB in {}", table.name());
        let rows = store.get_many(table, &["text".into(), "large".into()]).await.expect("a read succeeds");
        assert!(rows == [Some(text.clone()), Some(model.clone())], "read together in {}", table.name());
        let rows = store.scan(table, None, 9).await.expect("a scan succeeds");
        assert!(rows.len() == 2 && rows[0].1 == model && rows[1].1 == text, "scanned in {}", table.name());
        commit(store, |batch| batch.put(table, "large", vec![1])).await;
        assert_eq!(get(store, table, "large").await, Some(vec![1]), "replaced in {}", table.name());
        commit(store, |batch| batch.delete_prefix(table, "")).await;
        assert_eq!(count(store, table).await, 0);
    }
}

async fn any_text_is_a_key<S: Store>(store: &S) {
    let long = "k".repeat(5_000);
    let keys = ["", " ", "a b", "é", "日本", "👍", "quote\"'`", "nul\0nul", "%_\\", long.as_str()];
    commit(store, |batch| {
        for key in keys {
            batch.put(Table::Meta, key, key.as_bytes().to_vec());
        }
    })
    .await;
    assert_eq!(count(store, Table::Meta).await, keys.len());
    for key in keys {
        assert_eq!(get(store, Table::Meta, key).await, Some(key.as_bytes().to_vec()), "{key:?}");
    }
    commit(store, |batch| batch.delete_prefix(Table::Meta, "日")).await;
    assert_eq!(get(store, Table::Meta, "日本").await, None);
    assert_eq!(count(store, Table::Meta).await, keys.len() - 1);
}

async fn an_empty_batch_changes_nothing<S: Store>(store: &S) {
    commit(store, |batch| batch.put(Table::Meta, "key", vec![1])).await;
    commit(store, |_| ()).await;
    assert_eq!(get(store, Table::Meta, "key").await, Some(vec![1]));
}

async fn stores_do_not_share_rows<S: Store>(one: &S, other: &S) {
    commit(one, |batch| batch.put(Table::Meta, "key", vec![1])).await;
    assert_eq!(get(other, Table::Meta, "key").await, None);
}

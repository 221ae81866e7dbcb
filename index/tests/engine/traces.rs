//! Deleted means gone: no table keeps a byte that tells of a deleted page.

use crate::helpers::*;
use afterimage_index::Index;
use afterimage_index::store::{Batch, RamStore, Store, Table};
use pollster::block_on;

/// Whether any row, key or value, holds these bytes.
async fn holds(store: &RamStore, bytes: &[u8]) -> Option<String> {
    for table in Table::ALL {
        for (key, value) in store.scan(table, None, 10_000).await.unwrap() {
            let within = |whole: &[u8]| whole.windows(bytes.len()).any(|part| part == bytes);
            if within(key.as_bytes()) || within(&value) {
                return Some(format!("{} {key}", table.name()));
            }
        }
    }
    None
}

async fn settled(store: &RamStore) -> Index<RamStore> {
    let index = Index::open(store.clone()).await.unwrap();
    while index.maintain().await.unwrap() {}
    index
}

/// What of page 1 must not be found: its identifier, as text and as bytes, and its site. Words are packed; whether a
/// dictionary still has any is tested where dictionaries can be opened (`index::tests`).
fn traces() -> Vec<Vec<u8>> {
    vec![id(1).to_string().into_bytes(), vec![1; 16], b"site1.test".to_vec()]
}

async fn fill() -> RamStore {
    let store = RamStore::new();
    let index = Index::open(store.clone()).await.unwrap();
    for n in 0..12 {
        let site = format!("site{n}.test");
        let mut new = text(n, &site, &["shared words here", "and much more of it"]);
        new.page.title = "A title".into();
        read(&index, vec![new], Batch::new()).await.unwrap();
        if n == 1 {
            index.flush().await.unwrap();
            let other = text(1, &site, &["shared words here", "another text than before"]);
            read(&index, vec![other], Batch::new()).await.unwrap();
        }
        embed(&index, 2).await;
        index.flush().await.unwrap();
    }
    for trace in traces() {
        assert!(holds(&store, &trace).await.is_some(), "{}", String::from_utf8_lossy(&trace));
    }
    store
}

#[test]
fn a_deleted_page_leaves_no_trace() {
    block_on(async {
        let store = fill().await;
        let index = settled(&store).await;
        index.delete(&[id(1)], Batch::new()).await.unwrap();
        index.purge().await.unwrap();
        for trace in traces() {
            assert_eq!(holds(&store, &trace).await, None, "{}", String::from_utf8_lossy(&trace));
        }
        assert_eq!(ask(&index, "shared").await.len(), 11);
    });
}

#[test]
fn a_worker_that_dies_after_the_deletion_removes_the_traces_when_it_is_back() {
    block_on(async {
        for merges_before in 0..20 {
            let store = fill().await;
            let index = Index::open(store.clone()).await.unwrap();
            for _ in 0..merges_before {
                index.maintain().await.unwrap();
            }
            index.delete(&[id(1)], Batch::new()).await.unwrap();
            for _ in 0..merges_before % 4 {
                index.maintain().await.unwrap();
            }
            drop(index);
            let index = settled(&store).await;
            for trace in traces() {
                let held = holds(&store, &trace).await;
                assert_eq!(held, None, "{merges_before}: {}", String::from_utf8_lossy(&trace));
            }
            assert_eq!(ask(&index, "shared").await.len(), 11);
        }
    });
}

#[test]
fn the_row_of_a_site_is_what_it_was_before_the_page_came() {
    block_on(async {
        let store = fill().await;
        let index = settled(&store).await;
        read(&index, vec![text(20, "site2.test", &["A line that both pages have"])], Batch::new())
            .await
            .unwrap();
        let row = store.get(Table::Boilerplate, "site2.test").await.unwrap();
        read(&index, vec![text(21, "site2.test", &["A line of its own, but gone"])], Batch::new())
            .await
            .unwrap();
        assert_ne!(store.get(Table::Boilerplate, "site2.test").await.unwrap(), row);
        index.delete(&[id(21)], Batch::new()).await.unwrap();
        assert_eq!(store.get(Table::Boilerplate, "site2.test").await.unwrap(), row);
    });
}

#[test]
fn a_page_that_does_not_say_any_more_of_which_site_it_is_leaves_that_site() {
    block_on(async {
        let store = RamStore::new();
        let index = Index::open(store.clone()).await.unwrap();
        read(&index, vec![text(1, "a.test", &["A line of the first page"])], Batch::new()).await.unwrap();
        read(&index, vec![text(2, "b.test", &["A line of the second page"])], Batch::new()).await.unwrap();
        let mut damage = Batch::new();
        damage.put(Table::Pages, id(1).to_string(), vec![1, 2, 3]);
        store.commit(damage).await.unwrap();
        let index = Index::open(store.clone()).await.unwrap();
        assert_eq!(index.delete(&[id(1)], Batch::new()).await, Ok(0), "nobody knows it");
        assert_eq!(store.get(Table::Boilerplate, "a.test").await, Ok(None));
        assert_eq!(store.count(Table::Boilerplate).await, Ok(1));
    });
}

#[test]
fn everything_is_everything() {
    block_on(async {
        let store = fill().await;
        let index = settled(&store).await;
        let mut also = Batch::new();
        also.put(Table::Meta, "also", vec![1]);
        assert_eq!(index.delete_everything(also).await, Ok(12));
        for table in Table::OF_PAGES {
            assert_eq!(store.count(table).await, Ok(0), "{}", table.name());
        }
        assert_eq!(store.count(Table::Meta).await, Ok(1));
        assert!(ask(&index, "shared").await.is_empty());
        index.insert(page(1, "Again", &["shared"]), Batch::new()).await.unwrap();
        assert_eq!(ask(&settled(&store).await, "shared").await.len(), 1);
    });
}

#[test]
fn when_nothing_changes_nothing_is_written() {
    block_on(async {
        let store = fill().await;
        let index = settled(&store).await;
        let commits = store.commits();
        for _ in 0..5 {
            assert!(!index.wants_maintenance());
            assert!(!index.maintain().await.unwrap());
            ask(&index, "shared").await;
            index.flush().await.unwrap();
        }
        assert_eq!(store.commits(), commits);
    });
}

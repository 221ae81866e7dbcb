//! What questions read of the store: rows of vectors are read once, as long as there is room for them.

use crate::helpers::*;
use afterimage_index::store::{Batch, RamStore, Store, StoreError, Table};
use afterimage_index::{Filters, Fusion, Index, Must, Order, Query, QueryVector};
use pollster::block_on;
use std::cell::Cell;

/// Counts the rows of vectors that are read.
struct Counting {
    store: RamStore,
    vectors: Cell<usize>,
}

impl Counting {
    fn count(&self, table: Table, rows: usize) {
        if table == Table::Vectors {
            self.vectors.set(self.vectors.get() + rows);
        }
    }
}

impl Store for Counting {
    async fn get(&self, table: Table, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.count(table, 1);
        self.store.get(table, key).await
    }

    async fn get_many(&self, table: Table, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.count(table, keys.len());
        self.store.get_many(table, keys).await
    }

    async fn scan(
        &self,
        table: Table,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        let rows = self.store.scan(table, after, limit).await?;
        self.count(table, rows.len());
        Ok(rows)
    }

    async fn count(&self, table: Table) -> Result<usize, StoreError> {
        self.store.count(table).await
    }

    async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.store.commit(batch).await
    }
}

/// Rows of vectors that a question reads.
async fn reads(index: &Index<Counting>, meaning: &str) -> usize {
    let before = index.store().vectors.get();
    let values = vector(meaning);
    let query = Query {
        text: "",
        vector: Some(QueryVector {
            space: SPACE,
            values: &values,
            fusion: Fusion::Calibrated,
            min_cosine: -1.0,
        }),
        must: Must::default(),
        filters: Filters::default(),
        order: Order::Best,
        limit: 10,
    };
    assert_eq!(index.search(query).await.unwrap().len(), 10);
    index.store().vectors.get() - before
}

#[test]
fn what_was_read_ahead_is_not_read_again() {
    block_on(async {
        let store = RamStore::new();
        let index = Index::open(store.clone()).await.unwrap();
        for n in 0..200 {
            let text = format!("passage of page {n}");
            index.insert(page(n, "", &[&text]), Batch::new()).await.unwrap();
        }
        assert_eq!(embed(&index, 200).await, 200);
        while index.maintain().await.unwrap() {}
        drop(index);

        let index = Index::open(Counting { store, vectors: Cell::new(0) }).await.unwrap();
        assert_eq!(index.store().vectors.get(), 0, "opening reads none");
        let first = reads(&index, "passage of page 7").await;
        assert!((10..200).contains(&first), "{first} of 200: only those that may be hits");
        assert_eq!(reads(&index, "passage of page 7").await, 0, "the same once more");
        while index.warm(SPACE).await.unwrap() {}
        for other in ["passage of page 150", "something else", "and else"] {
            assert_eq!(reads(&index, other).await, 0, "{other}");
        }
        let all = index.store().vectors.get();
        assert!(!index.warm(SPACE).await.unwrap(), "and nothing is left to read ahead");
        assert_eq!(index.store().vectors.get(), all);
    });
}

//! Questions while segments are merged: the answer is that of an index at rest, whenever the one asks and the other
//! commits.

use crate::damage::{copy, rows};
use crate::helpers::*;
use afterimage_index::store::{Batch, RamStore, Store, StoreError, Table};
use afterimage_index::{Hit, Index, parse};
use futures::join;
use pollster::block_on;
use std::cell::Cell;

/// Lets others run first, so many times.
async fn wait(mut times: usize) {
    std::future::poll_fn(|context| {
        if times == 0 {
            return std::task::Poll::Ready(());
        }
        times -= 1;
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

/// A store that takes its time: before it reads several rows, and after a commit, whose answer is under way.
struct Slow {
    store: RamStore,
    read: usize,
    answer: usize,
}

impl Store for Slow {
    async fn get(&self, table: Table, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(table, key).await
    }

    async fn get_many(&self, table: Table, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        wait(self.read).await;
        self.store.get_many(table, keys).await
    }

    async fn scan(
        &self,
        table: Table,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        self.store.scan(table, after, limit).await
    }

    async fn count(&self, table: Table) -> Result<usize, StoreError> {
        self.store.count(table).await
    }

    async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        let answer = self.store.commit(batch).await;
        wait(self.answer).await;
        answer
    }
}

/// By words, a typo among them, and by a phrase.
async fn answers<S: Store>(index: &Index<S>) -> Vec<Vec<Hit>> {
    let question = parse("fox \"red birds\"", afterimage_index::Clock { now: 0.0, offset: 0.0 });
    let query = afterimage_index::Query {
        text: &question.text,
        vector: None,
        must: question.must,
        filters: question.filters,
        order: afterimage_index::Order::Best,
        limit: 100,
    };
    // At the same time, so that neither finds what the other one has read.
    let (words, phrase) = join!(ask(index, "fox brids"), index.search(query));
    vec![words, phrase.unwrap()]
}

#[test]
fn a_question_during_a_merge_loses_no_word() {
    block_on(async {
        // Eight segments, in each of which no word is in one document only: those need no reading.
        let index = index_of(&[]).await;
        for n in 0..16 {
            let text = format!("fox and birds number{n}");
            index.insert(page(n, "red birds", &[&text, "red birds"]), Batch::new()).await.unwrap();
            if n % 2 == 1 {
                index.flush().await.unwrap();
            }
        }
        // And what is in none.
        for n in 16..18 {
            index.insert(page(n, "bridss", &["fox and red birds"]), Batch::new()).await.unwrap();
        }
        let all = rows(index.store()).await;
        let settled = answers(&index).await;
        assert!(settled.iter().all(|hits| hits.len() == 18));
        for (read, answer, asks_first) in
            (0..24).map(|n| (n % 4 * 3, n / 4 % 3 * 2, n >= 12)).collect::<Vec<_>>()
        {
            for start in 0.. {
                let index = Index::open(Slow { store: copy(&all).await, read, answer }).await.unwrap();
                let at_rest = Cell::new(false);
                let maintain = async {
                    index.flush().await.unwrap();
                    while index.maintain().await.unwrap() {}
                    at_rest.set(true);
                };
                let ask = async {
                    wait(start).await;
                    (at_rest.get(), answers(&index).await)
                };
                let (was_at_rest, found) =
                    if asks_first { join!(ask, maintain).0 } else { join!(maintain, ask).1 };
                let when = format!("asked after {start}, reads take {read}, answers {answer}");
                assert_eq!(found, settled, "{when}");
                assert_eq!(index.corrupt_rows(), 0, "{when}");
                assert!(!index.wants_maintenance(), "{when}");
                if was_at_rest {
                    assert!(start > 3, "a commit and a merge take their time");
                    break;
                }
            }
        }
    });
}

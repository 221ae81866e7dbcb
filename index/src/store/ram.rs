//! The store of tests: ordered maps in memory, with faults on request.

use super::{Batch, Op, Store, StoreError, Table};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::rc::Rc;

/// A [`Store`] in memory. A clone shares the contents, so that a test can drop one owner and open another, as
/// a browser does with its worker. Every call gives way once, as IndexedDB does, so that calls interleave.
#[derive(Debug, Clone, Default)]
pub struct RamStore {
    contents: Rc<RefCell<Contents>>,
}

#[derive(Debug, Default)]
struct Contents {
    tables: HashMap<Table, BTreeMap<String, Vec<u8>>>,
    /// Commits still to come before the fault.
    fault: Option<(usize, Fault)>,
    commits: usize,
}

/// What goes wrong in a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing was written and the caller is told so: the disk is full.
    Full,
    /// All was written, but the caller never hears of it: the worker died in between.
    LostAnswer,
}

impl RamStore {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets one commit go wrong: the next one for 0, the one after it for 1, and so on. Those after it work.
    pub fn fail_commit(&self, commits_before: usize, fault: Fault) {
        self.contents.borrow_mut().fault = Some((commits_before, fault));
    }

    /// How many commits were tried.
    pub fn commits(&self) -> usize {
        self.contents.borrow().commits
    }
}

impl Store for RamStore {
    async fn get(&self, table: Table, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        give_way().await;
        Ok(self.contents.borrow().get(table, key))
    }

    async fn get_many(&self, table: Table, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        give_way().await;
        let contents = self.contents.borrow();
        Ok(keys.iter().map(|key| contents.get(table, key)).collect())
    }

    async fn scan(
        &self,
        table: Table,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        give_way().await;
        let contents = self.contents.borrow();
        let Some(rows) = contents.tables.get(&table) else { return Ok(Vec::new()) };
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = rows.range::<str, _>((from, Bound::Unbounded)).take(limit);
        Ok(rows.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    async fn count(&self, table: Table) -> Result<usize, StoreError> {
        give_way().await;
        Ok(self.contents.borrow().tables.get(&table).map_or(0, BTreeMap::len))
    }

    async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        give_way().await;
        let mut contents = self.contents.borrow_mut();
        contents.commits += 1;
        let fault = match contents.fault.take() {
            Some((0, fault)) => Some(fault),
            Some((before, fault)) => {
                contents.fault = Some((before - 1, fault));
                None
            }
            None => None,
        };
        if fault == Some(Fault::Full) {
            return Err(StoreError::Full);
        }
        batch.ops.into_iter().for_each(|op| contents.apply(op));
        match fault {
            Some(_) => Err(StoreError::Unavailable("the answer was lost".into())),
            None => Ok(()),
        }
    }
}

impl Contents {
    fn get(&self, table: Table, key: &str) -> Option<Vec<u8>> {
        self.tables.get(&table)?.get(key).cloned()
    }

    fn apply(&mut self, op: Op) {
        match op {
            Op::Put { table, key, value } => {
                self.tables.entry(table).or_default().insert(key, value);
            }
            Op::Delete { table, key } => {
                self.tables.entry(table).or_default().remove(&key);
            }
            Op::DeletePrefix { table, prefix } => {
                self.tables.entry(table).or_default().retain(|key, _| !key.starts_with(&prefix));
            }
        }
    }
}

/// Lets others run first, once.
async fn give_way() {
    let mut gave_way = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut gave_way, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance;

    #[test]
    fn it_conforms() {
        pollster::block_on(conformance::run(async || RamStore::new()));
    }

    #[test]
    fn a_clone_shares_the_contents() {
        pollster::block_on(async {
            let store = RamStore::new();
            let mut batch = Batch::new();
            batch.put(Table::Meta, "key", vec![1]);
            store.clone().commit(batch).await.unwrap();
            assert_eq!(store.get(Table::Meta, "key").await, Ok(Some(vec![1])));
        });
    }

    #[test]
    fn faults_come_when_asked_for() {
        pollster::block_on(async {
            let store = RamStore::new();
            let put = |key: &str| {
                let mut batch = Batch::new();
                batch.put(Table::Meta, key, Vec::new());
                store.commit(batch)
            };
            store.fail_commit(1, Fault::Full);
            assert_eq!(put("a").await, Ok(()));
            assert_eq!(put("b").await, Err(StoreError::Full));
            assert_eq!(put("c").await, Ok(()));
            store.fail_commit(0, Fault::LostAnswer);
            assert_eq!(put("d").await.unwrap_err().code(), "store_unavailable");
            let keys: Vec<String> =
                store.scan(Table::Meta, None, 9).await.unwrap().into_iter().map(|row| row.0).collect();
            assert_eq!(keys, ["a", "c", "d"]);
            assert_eq!(store.commits(), 4);
        });
    }
}

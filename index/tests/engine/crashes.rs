//! A commit that fails, and a worker that dies, at every place of a history: before it or after it, never
//! between.

use crate::helpers::*;
use afterimage_index::store::{Batch, Fault, RamStore, Store, Table};
use afterimage_index::{Counts, Filters, Hit, Index, IndexError, PageId, PageInfo};
use pollster::block_on;

/// How many steps [`step`] has.
const STEPS: usize = 9;

/// One change with exactly one commit. Each also moves a row of the queue, in the same transaction.
async fn step(index: &Index<RamStore>, n: usize) -> Result<(), IndexError> {
    let mut also = Batch::new();
    also.put(Table::Queue, "step", vec![n as u8]);
    match n {
        0 => index.insert(page(1, "One", &["fox and dog"; 20]), also).await,
        1 => index.insert(page(2, "Two", &["fox", "cat"]), also).await,
        2 | 5 => {
            let missing = index.next_unembedded(SPACE, 21).await?;
            let vectors = missing.into_iter().map(|found| (found.passage, vector(&found.text))).collect();
            index.set_vectors(SPACE, vectors).await.map(drop)
        }
        3 => index.visit(id(1), 77.0, Some([7; 16]), also).await.map(drop),
        4 => index.insert(page(1, "One again", &["bird and fish"; 18]), also).await,
        6 => index.delete(&[id(2)], also).await.map(drop),
        7 => index.insert(page(2, "Two", &["fox is back"]), also).await,
        _ => index.delete(&[id(1), id(2)], also).await.map(drop),
    }
}

/// Everything that can be asked of an index, but for generations, which may differ.
#[derive(Debug, PartialEq)]
struct State {
    pages: Vec<Option<PageInfo>>,
    aliases: Vec<Option<PageId>>,
    counts: Counts,
    bytes: u64,
    missing: Vec<(PageId, u32, String)>,
    hits: Vec<Vec<Hit>>,
    corrupt: usize,
    queue: Option<Vec<u8>>,
}

async fn state(index: &Index<RamStore>) -> State {
    let missing = index.next_unembedded(SPACE, 1_000).await.unwrap();
    assert_eq!(missing.len(), index.unembedded(SPACE));
    let mut aliases = Vec::new();
    for n in [1, 2, 7] {
        aliases.push(index.find_alias([n; 16]).await.unwrap());
    }
    State {
        pages: vec![index.page(id(1)).await.unwrap(), index.page(id(2)).await.unwrap()],
        aliases,
        counts: index.counts(),
        bytes: index.stored_bytes(),
        missing: missing
            .into_iter()
            .map(|found| (found.passage.page, found.passage.ordinal, found.text))
            .collect(),
        hits: vec![
            ask(index, "fox").await,
            ask(index, "bird again").await,
            ask_meaning(index, "cat", "fox and dog", -1.0).await,
            index.similar(id(1), SPACE, Filters::default(), 9).await.unwrap(),
        ],
        corrupt: index.corrupt_rows(),
        queue: index.store().get(Table::Queue, "step").await.unwrap(),
    }
}

#[test]
fn a_worker_that_dies_at_any_commit_of_a_checkpoint_or_a_merge_loses_nothing() {
    block_on(async {
        // What is asked, but for bytes: half a merge takes some.
        let seen = async |index: &Index<RamStore>| State { bytes: 0, corrupt: 0, ..state(index).await };
        let grow = async |index: &Index<RamStore>, n: usize| -> Result<(), IndexError> {
            step(index, n % STEPS).await?;
            index.flush().await?;
            while index.maintain().await? {}
            Ok(())
        };
        let commits;
        let mut expected = Vec::new();
        {
            let store = RamStore::new();
            let index = Index::open(store.clone()).await.unwrap();
            for n in 0..3 * STEPS {
                grow(&index, n).await.unwrap();
                expected.push(seen(&index).await);
            }
            commits = store.commits();
            assert!(commits > 80, "{commits}");
        }
        for fault in [Fault::Full, Fault::LostAnswer] {
            for failing in 0..commits {
                let store = RamStore::new();
                store.fail_commit(failing, fault);
                let mut index = Index::open(store.clone()).await.unwrap();
                for (n, expected) in expected.iter().enumerate() {
                    if grow(&index, n).await.is_err() {
                        // Another worker; what was not done is done again, what was is not.
                        index = Index::open(store.clone()).await.unwrap();
                        let queue = index.store().get(Table::Queue, "step").await.unwrap();
                        // A step of vectors leaves no mark.
                        let is_done = match n % STEPS {
                            2 | 5 => index.unembedded(SPACE) == expected.missing.len(),
                            step => queue == Some(vec![step as u8]),
                        };
                        if is_done {
                            while index.maintain().await.unwrap() {}
                        } else {
                            grow(&index, n).await.unwrap();
                        }
                    }
                    let now = seen(&index).await;
                    assert_eq!(now.hits, expected.hits, "{fault:?} {failing}, step {n}");
                    assert_eq!(now.missing, expected.missing, "{fault:?} {failing}, step {n}");
                    assert_eq!(now.pages, expected.pages, "{fault:?} {failing}, step {n}");
                }
                let reopened = Index::open(store).await.unwrap();
                assert_eq!(reopened.corrupt_rows(), 0);
            }
        }
    });
}

/// The states before each step and after the last.
async fn history() -> Vec<State> {
    let store = RamStore::new();
    let index = Index::open(store.clone()).await.unwrap();
    let mut states = vec![state(&index).await];
    for n in 0..STEPS {
        step(&index, n).await.unwrap();
        assert_eq!(store.commits(), n + 1, "one commit a step");
        states.push(state(&index).await);
        let reopened = Index::open(store.clone()).await.unwrap();
        assert_eq!(&state(&reopened).await, &states[n + 1], "memory is what the store says after step {n}");
        assert_ne!(states[n], states[n + 1], "step {n} can be seen");
    }
    states
}

#[test]
fn a_commit_that_fails_changes_nothing_and_can_be_tried_again() {
    block_on(async {
        let states = history().await;
        for failing in 0..STEPS {
            let store = RamStore::new();
            let index = Index::open(store.clone()).await.unwrap();
            store.fail_commit(failing, Fault::Full);
            for n in 0..failing {
                step(&index, n).await.unwrap();
            }
            assert_eq!(step(&index, failing).await.unwrap_err().code(), "store_full");
            assert_eq!(&state(&index).await, &states[failing], "in memory, step {failing}");
            let reopened = Index::open(store.clone()).await.unwrap();
            assert_eq!(&state(&reopened).await, &states[failing], "in the store, step {failing}");
            for n in failing..STEPS {
                step(&index, n).await.unwrap();
                assert_eq!(&state(&index).await, &states[n + 1], "tried again, step {n} of {failing}");
            }
        }
    });
}

#[test]
fn a_worker_that_dies_after_a_commit_finds_it_done() {
    block_on(async {
        let states = history().await;
        for failing in 0..STEPS {
            let store = RamStore::new();
            let index = Index::open(store.clone()).await.unwrap();
            store.fail_commit(failing, Fault::LostAnswer);
            for n in 0..failing {
                step(&index, n).await.unwrap();
            }
            assert!(step(&index, failing).await.is_err());
            drop(index);
            let reopened = Index::open(store).await.unwrap();
            assert_eq!(&state(&reopened).await, &states[failing + 1], "step {failing}");
            for n in failing + 1..STEPS {
                step(&reopened, n).await.unwrap();
                assert_eq!(&state(&reopened).await, &states[n + 1], "step {n} after {failing}");
            }
        }
    });
}

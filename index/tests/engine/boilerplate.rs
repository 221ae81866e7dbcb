//! What the pages of a site have in common is kept with three of them, through everything that happens to pages.

use crate::damage::{damages, put};
use crate::helpers::*;
use afterimage_index::store::{Batch, Fault, RamStore, Store, Table};
use afterimage_index::{Index, IndexError, NewText, PageId};
use pollster::block_on;

const SITE: &str = "news.test";
const MENU: &str = "Home World Politics";
const FOOTER: &str = "Terms of use and privacy";

/// A word that only the `n`th page has, far from that of any other.
fn own_word(n: u8) -> String {
    char::from(b'a' + n).to_string().repeat(8)
}

/// The `n`th page of the site, between menu and footer.
fn article(n: u8) -> NewText {
    let own = format!("Story number {n} says {}, and says it at some length", own_word(n));
    text(n, SITE, &[MENU, &own, FOOTER])
}

async fn read_one(index: &Index<RamStore>, text: NewText) {
    read(index, vec![text], Batch::new()).await.unwrap();
}

/// Pages 1 to `last` of the site.
async fn site_of(last: u8) -> Index<RamStore> {
    let index = index_of(&[]).await;
    for n in 1..=last {
        read_one(&index, article(n)).await;
    }
    index
}

/// The pages that a question in words finds, in their order.
async fn found(index: &Index<RamStore>, text: &str) -> Vec<PageId> {
    let mut found = pages(&ask(index, text).await);
    found.sort();
    found
}

fn ids(of: impl IntoIterator<Item = u8>) -> Vec<PageId> {
    of.into_iter().map(id).collect()
}

#[test]
fn the_fourth_page_of_a_site_is_not_found_by_its_menu() {
    block_on(async {
        let index = site_of(5).await;
        for index in [Index::open(index.store().clone()).await.unwrap(), index] {
            assert_eq!(found(&index, "politics").await, ids(1..=3));
            assert_eq!(found(&index, "terms privacy").await, ids(1..=3));
            for n in 1..=5 {
                assert_eq!(found(&index, &own_word(n)).await, [id(n)]);
                let info = index.page(id(n)).await.unwrap().unwrap();
                assert_eq!(
                    info.passages,
                    if n < 4 { 3 } else { 1 },
                    "what is left out is not embedded either"
                );
                assert_eq!(info.text_hash, [n; 32], "that of all that was read");
            }
        }
    });
}

#[test]
fn other_sites_and_pages_that_come_as_passages_are_left_alone() {
    block_on(async {
        let index = site_of(3).await;
        read_one(&index, text(4, "other.test", &[MENU, "A text of its own, elsewhere"])).await;
        let mut passages = page(5, "", &[MENU, "A text of its own, in passages"]);
        passages.url = format!("https://{SITE}/5");
        index.insert(passages, Batch::new()).await.unwrap();
        assert_eq!(found(&index, "politics").await, ids(1..=5));
    });
}

#[test]
fn pages_of_one_site_in_one_batch_count_as_if_they_came_one_by_one() {
    block_on(async {
        let index = index_of(&[]).await;
        read(&index, (1..=5).map(article).collect(), Batch::new()).await.unwrap();
        assert_eq!(found(&index, "politics").await, ids(1..=3));
        // Of two texts of one page the later one counts, here too.
        read(&index, vec![text(6, "b.test", &[MENU]), text(6, "c.test", &[MENU])], Batch::new())
            .await
            .unwrap();
        assert_eq!(index.store().get(Table::Boilerplate, "b.test").await, Ok(None));
        assert_eq!(index.store().count(Table::Boilerplate).await, Ok(2));
    });
}

#[test]
fn a_page_that_is_read_again_keeps_its_part_or_gives_it_up() {
    block_on(async {
        let index = site_of(4).await;
        read_one(&index, text(2, SITE, &[MENU, "The text of this page is another one now", FOOTER])).await;
        assert_eq!(found(&index, "politics").await, ids(1..=3), "it still is one of the three");
        read_one(&index, text(2, SITE, &["The text of this page is another one again"])).await;
        assert_eq!(found(&index, "politics").await, ids([1, 3]));
        read_one(&index, article(5)).await;
        read_one(&index, article(6)).await;
        assert_eq!(found(&index, "politics").await, ids([1, 3, 5]), "the next page takes its place");
        // Under another host it is a page of another site.
        read_one(&index, text(1, "moved.test", &[MENU, "The first story has moved elsewhere"])).await;
        read_one(&index, article(7)).await;
        assert_eq!(found(&index, "politics").await, ids([1, 3, 5, 7]));
    });
}

#[test]
fn forgotten_pages_leave_the_site_and_the_last_one_takes_its_row() {
    block_on(async {
        let index = site_of(4).await;
        index.delete(&ids([2, 9]), Batch::new()).await.unwrap();
        read_one(&index, article(5)).await;
        assert_eq!(found(&index, "politics").await, ids([1, 3, 5]));
        index.delete(&ids([1, 3, 4]), Batch::new()).await.unwrap();
        assert_eq!(index.store().count(Table::Boilerplate).await, Ok(1));
        index.delete(&ids([5]), Batch::new()).await.unwrap();
        assert_eq!(index.store().count(Table::Boilerplate).await, Ok(0));
        read_one(&index, article(6)).await;
        assert_eq!(found(&index, "politics").await, ids([6]));
    });
}

#[test]
fn a_visit_does_not_touch_the_site() {
    block_on(async {
        let index = site_of(4).await;
        let row = index.store().get(Table::Boilerplate, SITE).await.unwrap();
        assert_eq!(index.visit(id(4), 50.0, None, Batch::new()).await, Ok(true));
        assert_eq!(index.store().get(Table::Boilerplate, SITE).await.unwrap(), row);
    });
}

#[test]
fn a_damaged_row_is_as_an_empty_one() {
    block_on(async {
        let bytes = site_of(3).await.store().get(Table::Boilerplate, SITE).await.unwrap().unwrap();
        for damage in damages(&bytes) {
            let store = site_of(3).await.store().clone();
            let is_row = damage.is_some();
            put(&store, Table::Boilerplate, SITE, damage).await;
            let index = Index::open(store.clone()).await.unwrap();
            read_one(&index, article(4)).await;
            assert_eq!(index.corrupt_rows(), usize::from(is_row));
            for n in 5..=7 {
                read_one(&index, article(n)).await;
            }
            assert_eq!(found(&index, "politics").await, ids(1..=6), "learnt anew");
            assert_eq!(index.corrupt_rows(), usize::from(is_row), "and written anew");
            index.delete(&ids(1..=7), Batch::new()).await.unwrap();
            assert_eq!(store.count(Table::Boilerplate).await, Ok(0));
        }
        // Nobody reads what is in a damaged row, but its bytes are there.
        let index = site_of(3).await;
        put(index.store(), Table::Boilerplate, SITE, Some(vec![255; 50])).await;
        index.delete(&ids([1]), Batch::new()).await.unwrap();
        assert_eq!(index.store().count(Table::Boilerplate).await, Ok(0));
    });
}

/// What happens to the site, a commit each.
async fn step(index: &Index<RamStore>, n: u8) -> Result<(), IndexError> {
    let mut also = Batch::new();
    also.put(Table::Queue, "step", vec![n]);
    match n {
        0..=3 => read(index, vec![article(n)], also).await,
        4 => index.delete(&[id(1)], also).await.map(drop),
        5 => read(index, vec![text(2, SITE, &["Another text without any of that", FOOTER])], also).await,
        6 | 7 => read(index, vec![article(n), article(n + 10)], also).await,
        8 => index.delete(&ids([0, 3, 6]), also).await.map(drop),
        _ => read(index, vec![article(n)], also).await,
    }
}

const STEPS: u8 = 11;

#[test]
fn a_site_changes_with_its_pages_or_not_at_all() {
    block_on(async {
        let seen = async |index: &Index<RamStore>| {
            let mut seen = Vec::new();
            for question in ["politics", "terms", "story", "another"] {
                seen.push(found(index, question).await);
            }
            seen
        };
        let index = index_of(&[]).await;
        let mut expected = Vec::new();
        for n in 0..STEPS {
            step(&index, n).await.unwrap();
            expected.push(seen(&index).await);
        }
        assert_eq!(index.store().commits(), usize::from(STEPS), "one commit a step");
        for fault in [Fault::Full, Fault::LostAnswer] {
            for failing in 0..STEPS {
                for restarts in [false, true] {
                    let store = RamStore::new();
                    let mut index = Index::open(store.clone()).await.unwrap();
                    store.fail_commit(failing.into(), fault);
                    for n in 0..STEPS {
                        if step(&index, n).await.is_err() {
                            assert_eq!(n, failing);
                            // A worker that does not hear of a commit is dead; of a full disk it may try again.
                            if restarts || fault == Fault::LostAnswer {
                                index = Index::open(store.clone()).await.unwrap();
                            }
                            let done = store.get(Table::Queue, "step").await.unwrap() == Some(vec![n]);
                            assert_eq!(done, fault == Fault::LostAnswer);
                            if !done {
                                step(&index, n).await.unwrap();
                            }
                        }
                        assert_eq!(
                            seen(&index).await,
                            expected[usize::from(n)],
                            "{fault:?} {failing}, step {n}"
                        );
                    }
                }
            }
        }
    });
}

//! Pages taken out and put back, and pages reduced to their titles.

use crate::helpers::*;
use afterimage_index::store::{Batch, RamStore};
use afterimage_index::{Index, PageRecord};
use pollster::block_on;

async fn two() -> Index<RamStore> {
    let many: Vec<String> = (0..40).map(|n| format!("passage {n} of the long one")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let index = index_of(&[page(1, "Long", &many), page(2, "", &["untitled text"])]).await;
    index.visit(id(1), 500.0, Some([9; 16]), Batch::new()).await.unwrap();
    while embed(&index, 10).await > 0 {}
    index
}

async fn taken(index: &Index<RamStore>) -> Vec<PageRecord> {
    index.records(&[id(1), id(2)]).await.unwrap().into_iter().flatten().collect()
}

#[test]
fn what_is_taken_out_and_put_back_is_as_it_was() {
    block_on(async {
        let index = two().await;
        let before = taken(&index).await;
        assert_eq!(before[0].passages.len(), 40);
        assert_eq!(before[0].vectors[0].ordinals.len(), 42, "the title's and the lead's, too");
        assert_eq!((before[0].page.first_seen, before[0].page.visits), (1.0, 2));
        let found = ask_meaning(&index, "passage", "untitled text", 0.9).await;

        index.delete(&[id(1), id(2)], Batch::new()).await.unwrap();
        index.purge().await.unwrap();
        assert_eq!(index.records(&[id(1), id(3)]).await.unwrap(), [None, None]);
        assert_eq!(index.restore(before.clone(), Batch::new()).await, Ok(2));
        assert_eq!(taken(&index).await, before);
        assert_eq!(index.unembedded(SPACE), 0, "no vector has to be made again");
        assert_eq!(ask_meaning(&index, "passage", "untitled text", 0.9).await, found);
        assert_eq!(index.find_alias([9; 16]).await.unwrap(), Some(id(1)));

        assert_eq!(index.restore(before.clone(), Batch::new()).await, Ok(0), "what is there stays");
        assert_eq!(taken(&index).await, before);
    });
}

#[test]
fn a_record_with_nonsense_vectors_comes_back_without_them() {
    block_on(async {
        let index = two().await;
        let mut records = taken(&index).await;
        records[0].vectors[0].values.pop();
        records[1].vectors[0].values.fill(0);
        index.delete(&[id(1), id(2)], Batch::new()).await.unwrap();
        assert_eq!(index.restore(records, Batch::new()).await, Ok(2));
        assert_eq!(index.unembedded(SPACE), 42 + 1);
        assert_eq!(ask(&index, "passage").await.len(), 1);
    });
}

#[test]
fn a_reduced_page_is_its_title_and_nothing_of_its_text_remains() {
    block_on(async {
        let index = two().await;
        index.flush().await.unwrap();
        assert_eq!(index.reduce(&[id(1), id(2), id(7)], [5; 32], Batch::new()).await, Ok(2));
        index.purge().await.unwrap();
        assert!(ask(&index, "passage").await.is_empty());
        assert_eq!(pages(&ask(&index, "long").await), [id(1)]);
        let page = index.page(id(1)).await.unwrap().unwrap();
        assert_eq!((page.passages, page.visits, page.text_hash), (1, 2, [5; 32]));
        assert_eq!((page.first_seen, page.last_seen), (1.0, 500.0));
        assert_eq!(index.find_alias([9; 16]).await.unwrap(), Some(id(1)));
        assert_eq!(index.reduce(&[id(1)], [5; 32], Batch::new()).await, Ok(0), "there is nothing to reduce");
    });
}

#[test]
fn the_list_knows_every_page() {
    block_on(async {
        let index = two().await;
        let mut list = index.list(|page| {
            Some((page.id, page.host.to_owned(), page.last_seen, page.passages, page.bytes > 0))
        });
        list.sort_by_key(|page| page.0);
        let (one, two) = ("site1.test".to_owned(), "site2.test".to_owned());
        assert_eq!(list, [(id(1), one, 500.0, 41, true), (id(2), two, 2.0, 1, true)]);
    });
}

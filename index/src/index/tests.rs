//! What cannot be seen from outside: what is in the segments.

use super::Index;
use crate::page::{NewPage, PageId};
use crate::segment::words::TITLE;
use crate::store::{Batch, RamStore, Store, Table};
use pollster::block_on;

fn page(n: u8, title: &str, passage: &str) -> NewPage {
    NewPage {
        id: PageId::from_key_hash([n; 32]),
        url: format!("https://site{n}.test/"),
        title: title.into(),
        language: None,
        text_hash: [n; 32],
        seen_at: f64::from(n),
        aliases: Vec::new(),
        passages: vec![passage.into()],
    }
}

/// Every term of every segment and of what is new, and every number of a page with words or codes.
fn contents(index: &Index<RamStore>) -> (Vec<String>, Vec<u32>) {
    let state = index.state.borrow();
    let (mut terms, mut numbers) = (Vec::new(), Vec::new());
    for segment in &state.segments {
        if let Some(words) = &segment.words {
            terms.extend(words.dictionary.after(None).map(|(term, _)| term));
            numbers.extend(words.pages().map(|page| page.0));
        }
        numbers.extend(segment.vectors.iter().flat_map(|part| &part.runs).map(|run| run.number));
    }
    terms.extend(state.fresh.terms_from("").map(str::to_owned));
    (terms, numbers)
}

#[test]
fn a_purged_page_has_no_word_and_no_code_in_any_segment() {
    block_on(async {
        let store = RamStore::new();
        let index = Index::open(store.clone()).await.unwrap();
        for (n, title, text) in
            [(1, "Zymurgy", "fermenting"), (2, "Kept", "remains"), (1, "Xylophone", "mallets remain")]
        {
            index.insert(page(n, title, text), Batch::new()).await.unwrap();
            let missing = index.next_unembedded("test@1", 9).await.unwrap();
            let vectors = missing.into_iter().map(|missing| (missing.passage, vec![1.0, 0.5])).collect();
            index.set_vectors("test@1", vectors).await.unwrap();
            index.flush().await.unwrap();
        }
        let (terms, numbers) = contents(&index);
        assert!(terms.contains(&"zymurgy".into()), "an earlier text stays until its segment is written anew");
        assert!(terms.contains(&format!("{TITLE}xylophone")) && numbers.contains(&2));
        index.delete(&[PageId::from_key_hash([1; 32])], Batch::new()).await.unwrap();
        index.purge().await.unwrap();
        for index in [index, Index::open(store.clone()).await.unwrap()] {
            let (mut terms, mut numbers) = contents(&index);
            terms.sort();
            numbers.dedup();
            assert_eq!(terms, [format!("{TITLE}kept"), "kept".into(), "remains".into()]);
            assert_eq!(numbers, [1], "the second page that came");
        }
        // And no rows of segments that are none any more.
        let rows = store.scan(Table::Segments, None, 100).await.unwrap();
        let mut segments: Vec<&str> = rows.iter().filter_map(|(key, _)| key.split('/').next()).collect();
        segments.dedup();
        assert_eq!(segments.len(), 1);
    });
}

#[test]
fn segments_are_merged_in_tiers() {
    block_on(async {
        let index = Index::open(RamStore::new()).await.unwrap();
        for round in 0..200_u32 {
            let mut page = page(0, "Title", &format!("word{round} shared"));
            let mut key = [0; 32];
            key[..4].copy_from_slice(&round.to_le_bytes());
            page.id = PageId::from_key_hash(key);
            index.insert(page, Batch::new()).await.unwrap();
            index.flush().await.unwrap();
            while index.maintain().await.unwrap() {}
            assert!(index.state.borrow().segments.len() < 16, "few segments at any time");
        }
        let (terms, mut numbers) = contents(&index);
        numbers.sort_unstable();
        assert_eq!(numbers, (0..200).collect::<Vec<u32>>());
        assert!(terms.iter().filter(|term| term.starts_with("word")).count() == 200);
    });
}

#[test]
fn a_start_puts_the_page_table_in_the_order_of_segments() {
    block_on(async {
        let store = RamStore::new();
        let index = Index::open(store.clone()).await.unwrap();
        // In another order than that of their identifiers, by which they are kept.
        for n in [5, 2, 9, 1, 7] {
            index.insert(page(n, "Title", "text"), Batch::new()).await.unwrap();
        }
        index.delete(&[PageId::from_key_hash([9; 32])], Batch::new()).await.unwrap();
        index.flush().await.unwrap();
        let index = Index::open(store).await.unwrap();
        let state = index.state.borrow();
        let table: Vec<(u32, PageId)> =
            state.pages.iter().map(|(_, entry)| (entry.number, entry.id)).collect();
        let expected = [(0, 5), (1, 2), (3, 1), (4, 7)];
        assert_eq!(table, expected.map(|(number, n)| (number, PageId::from_key_hash([n; 32]))));
        for (slot, entry) in state.pages.iter() {
            assert_eq!(state.pages.slot(entry.id), Some(slot));
            assert_eq!(state.pages.slot_of_number(entry.number), Some(slot));
        }
    });
}

//! Rows of segments and of the catalog, made of any bytes: an error or something sound, no panic, no huge allocation.

use super::vectors::Vectors;
use super::words::{Words, WordsWriter};
use crate::catalog::{JournalRow, Manifest, Pages};
use crate::page::PageId;
use crate::rows::{VERSION, checksum, seal, seal_raw};
use proptest::prelude::*;

/// With a right header, so that the inside is reached.
fn sealed(payload: &[u8]) -> Vec<u8> {
    let mut row = vec![VERSION];
    row.extend(checksum(payload).to_le_bytes());
    row.extend(payload);
    row
}

/// The dictionary of a segment without terms.
fn no_terms() -> Vec<u8> {
    WordsWriter::new(Vec::new()).finish(&Pages::default()).unwrap().terms
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_sound(payload in prop::collection::vec(any::<u8>(), 0..200), docs in 0..99_u32) {
        let row = sealed(&payload);
        let table = Pages::default();
        let _ = Manifest::decode(&row);
        let _ = JournalRow::decode(&row);
        let _ = Pages::default().decode_piece(7, &row);
        let _ = Words::decode(&row, seal_raw(&payload), docs, &table);
        if let Ok(words) = Words::decode(&row, no_terms(), docs, &table) {
            prop_assert_eq!(words.docs(), docs);
            for doc in 0..words.docs().min(1000) {
                prop_assert!(words.locate(doc).is_some());
            }
        }
        if let Ok(mut part) = Vectors::decode_head(&row, &table) {
            let _ = part.add_piece(seal_raw(&payload));
            let _ = part.add_piece(seal_raw(&payload));
            prop_assert!(part.codes.len() <= 2 * payload.len());
            (0..part.runs.len()).for_each(|run| assert!(part.rows(run).end <= part.len()));
        }
    }
}

#[test]
fn hostile_lengths_are_refused() {
    // Two pages with 2³¹ documents each.
    let head = seal(&vec![(1_u32, 1_u32 << 31), (2, 1 << 31)]).unwrap();
    assert!(Words::decode(&head, no_terms(), 0, &Pages::default()).is_err());
    let of = |pages: Vec<(u32, u32)>, expected| {
        Words::decode(&seal(&pages).unwrap(), no_terms(), expected, &Pages::default()).is_ok()
    };
    assert!(of(vec![(1, 1), (2, 1)], 2));
    assert!(!of(vec![(2, 1), (1, 1)], 2), "not ascending");
    assert!(!of(vec![(1, 1 << 24)], 2), "not what the manifest says");
    // A piece of the page table with a page of so many passages.
    for (passages, sound) in [(3_u32, true), (1 << 20, false), (u32::MAX, false)] {
        let page = PageId::from_key_hash([7; 32]);
        let fingerprint: Option<u64> = None;
        let row = (page, 1_u32, 1.0_f64, passages, true, 9_u32, fingerprint, "host", 1_u32, 1_u32, 1_u32);
        let piece = Pages::default().decode_piece(7, &seal(&vec![row]).unwrap());
        assert_eq!(piece.is_ok(), sound, "{passages}");
    }
    // More rows than there are ordinals; more dimensions than a vector may have.
    for (dimensions, rows) in [(384_u32, u32::MAX), (1 << 30, 0), (0, 0)] {
        let head =
            seal(&("space", dimensions, vec![(1_u32, rows)], [0_u32; 0].as_slice(), [0_u32; 0].as_slice()));
        assert!(Vectors::decode_head(&head.unwrap(), &Pages::default()).is_err(), "{dimensions} {rows}");
    }
    // Leads beyond the rows, or not in order.
    for (leads, sound) in
        [(vec![0_u32, 1], true), (vec![0, 2], false), (vec![1, 0], false), (vec![1, 1], false)]
    {
        let head = seal(&("space", 384_u32, vec![(1_u32, 2_u32)], vec![0_u32, 1], leads)).unwrap();
        assert_eq!(Vectors::decode_head(&head, &Pages::default()).is_ok(), sound);
    }
}

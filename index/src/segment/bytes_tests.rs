//! Rows of segments and of the catalog, made of any bytes: an error or something sound, no panic, no huge allocation.

use super::vectors::Vectors;
use super::words::{Words, WordsWriter};
use crate::catalog::{JournalRow, Manifest, Pages};
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
    fn any_bytes_are_refused_or_sound(payload in prop::collection::vec(any::<u8>(), 0..200)) {
        let row = sealed(&payload);
        let table = Pages::default();
        let _ = Manifest::decode(&row);
        let _ = JournalRow::decode(&row);
        let _ = Pages::default().decode_piece(7, &row);
        let _ = Words::decode(&row, seal_raw(&payload), &table);
        if let Ok(words) = Words::decode(&row, no_terms(), &table) {
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
    assert!(Words::decode(&head, no_terms(), &Pages::default()).is_err());
    let pages = vec![(2_u32, 1_u32), (1, 1)];
    assert!(Words::decode(&seal(&pages).unwrap(), no_terms(), &Pages::default()).is_err(), "not ascending");
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

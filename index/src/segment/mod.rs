//! Segments: the derived, searchable form of what is in the source of truth. Written once, never changed.
//!
//! A segment has a words part (`words`: a dictionary, `dictionary`, and bit-packed lists, `postings`) and a vector part
//! for each space (`vectors`: one bit a dimension, of leads four). Dictionary and codes are resident, lists are read by
//! range. What is new is kept in memory (`fresh`) until a checkpoint makes a segment of it; `merge` makes one segment of
//! several.
//!
//! Nothing in a segment says that a page was deleted: it names pages by their numbers, and a number that the page table
//! does not have is dead (see [`crate::catalog::Pages`]). FORMAT.md describes the rows.

#[cfg(test)]
mod bytes_tests;
pub(crate) mod dictionary;
pub(crate) mod fresh;
pub(crate) mod merge;
pub(crate) mod postings;
mod varint;
pub(crate) mod vectors;
pub(crate) mod words;

use crate::catalog::{Pages, SegmentEntry};
use crate::error::IndexError;
use crate::rows::{Unreadable, space_key};
use crate::store::{Store, Table};
use std::rc::Rc;
use vectors::Vectors;
use words::Words;

/// Bytes that were not written here, or not all of them, or that changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Damaged;

/// A segment, ready to be searched.
pub(crate) struct Segment {
    pub entry: SegmentEntry,
    pub words: Option<Rc<Words>>,
    pub vectors: Vec<Rc<Vectors>>,
}

/// The prefix of the keys of all rows of a segment.
pub(crate) fn prefix(id: u32) -> String {
    format!("{id:010}/")
}

pub(crate) fn words_key(id: u32) -> String {
    format!("{id:010}/words")
}

pub(crate) fn terms_key(id: u32) -> String {
    format!("{id:010}/terms")
}

pub(crate) fn list_key(id: u32, piece: u32) -> String {
    format!("{id:010}/lists/{piece:06}")
}

pub(crate) fn codes_key(id: u32, space: &str) -> String {
    format!("{id:010}/codes/{}", space_key(space))
}

pub(crate) fn code_piece_key(id: u32, space: &str, piece: u32) -> String {
    format!("{id:010}/codes/{}/{piece:04}", space_key(space))
}

impl Segment {
    pub fn new(entry: SegmentEntry, words: Option<Words>, vectors: Vec<Vectors>) -> Self {
        Self { entry, words: words.map(Rc::new), vectors: vectors.into_iter().map(Rc::new).collect() }
    }

    /// Reads what of a segment is resident.
    ///
    /// # Errors
    /// The outer one is the store's. The inner one says that a row is missing or damaged: the segment is lost.
    pub async fn load<S: Store>(
        store: &S,
        entry: SegmentEntry,
        table: &Pages,
    ) -> Result<Result<Self, Unreadable>, IndexError> {
        let mut keys = Vec::new();
        if entry.docs > 0 {
            keys.extend([words_key(entry.id), terms_key(entry.id)]);
        }
        keys.extend(entry.spaces.iter().map(|(space, _)| codes_key(entry.id, space)));
        let rows = store.get_many(Table::Segments, &keys).await?;
        let Ok((words, mut vectors)) = Self::decode(&entry, rows, table) else { return Ok(Err(Unreadable)) };
        for part in &mut vectors {
            let keys: Vec<String> =
                (0..part.pieces()).map(|piece| code_piece_key(entry.id, &part.space, piece)).collect();
            for row in store.get_many(Table::Segments, &keys).await? {
                if row.ok_or(Unreadable).and_then(|row| part.add_piece(row)).is_err() {
                    return Ok(Err(Unreadable));
                }
            }
            if !part.is_whole() {
                return Ok(Err(Unreadable));
            }
        }
        Ok(Ok(Self::new(entry, words, vectors)))
    }

    fn decode(
        entry: &SegmentEntry,
        rows: Vec<Option<Vec<u8>>>,
        table: &Pages,
    ) -> Result<(Option<Words>, Vec<Vectors>), Unreadable> {
        let mut rows = rows.into_iter();
        let mut next = || rows.next().flatten().ok_or(Unreadable);
        let words = match entry.docs {
            0 => None,
            docs => Some(Words::decode(&next()?, next()?, docs, table)?),
        };
        let mut vectors = Vec::with_capacity(entry.spaces.len());
        for (space, rows) in &entry.spaces {
            let part = Vectors::decode_head(&next()?, table)?;
            if part.space != *space || part.len() != *rows as usize {
                return Err(Unreadable);
            }
            vectors.push(part);
        }
        Ok((words, vectors))
    }
}

//! The words part of a segment: which page has which word, how often.
//!
//! A *document* is one row of a page's passages (up to sixteen of them), not a page: pages are scored as wholes, but a
//! phrase, and the passage that is shown, are looked for in the rows that have the words, not in all of a long page.
//! The documents of a page follow each other in the order of its rows, and pages ascend by number.
//!
//! A word of a title is there twice: as any other word of the page, and with [`TITLE`] before it.

use super::dictionary::{Dictionary, DictionaryBuilder, Place};
use super::postings::Posting;
use crate::catalog::{Pages, Slot};
use crate::error::IndexError;
use crate::rows::{Unreadable, seal, seal_raw, unseal, unseal_raw};
use serde::{Deserialize, Serialize};

/// Before a word that is meant as one of a title. Not in any word: it is no letter.
pub(crate) const TITLE: char = '\u{1}';

/// A page that was gone when the segment was read.
pub(crate) const DEAD: Slot = Slot::MAX;

/// Bytes of lists in one row. A list is read in as many rows as it touches.
pub(crate) const PIECE: usize = 64 << 10;

/// More than any segment has: 256 million passages. Bounds what damaged numbers can make us allocate (64 MB).
const MAX_DOCS: u64 = 1 << 24;

#[derive(Serialize, Deserialize)]
struct Head {
    /// The numbers of the pages, ascending, and how many documents each has.
    pages: Vec<(u32, u32)>,
}

/// A words part, but for its lists, which stay in the store.
pub(crate) struct Words {
    /// Number and first document of each page.
    pages: Vec<(u32, u32)>,
    slots: Vec<Slot>,
    /// The page of each document, as an index into `pages`.
    page_of: Vec<u32>,
    pub dictionary: Dictionary,
}

impl Words {
    /// From its two resident rows. `expected` is how many documents the manifest says that it has: a head of a few bytes
    /// can claim any number.
    pub fn decode(head: &[u8], terms: Vec<u8>, expected: u32, table: &Pages) -> Result<Self, Unreadable> {
        let head: Head = unseal(head)?;
        let dictionary = Dictionary::open(unseal_raw(terms)?).map_err(|_| Unreadable)?;
        let ascending = head.pages.windows(2).all(|pair| pair[0].0 < pair[1].0);
        let docs = head.pages.iter().map(|(_, docs)| u64::from(*docs)).sum::<u64>();
        if !ascending || docs > MAX_DOCS || docs != u64::from(expected) {
            return Err(Unreadable);
        }
        Ok(Self::new(&head.pages, dictionary, table))
    }

    fn new(pages: &[(u32, u32)], dictionary: Dictionary, table: &Pages) -> Self {
        let mut page_of = Vec::new();
        let mut with_first = Vec::with_capacity(pages.len());
        for (index, (number, docs)) in (0..).zip(pages) {
            with_first.push((*number, page_of.len() as u32));
            page_of.extend(std::iter::repeat_n(index, *docs as usize));
        }
        let slots = pages.iter().map(|(number, _)| table.slot_of_number(*number).unwrap_or(DEAD)).collect();
        Self { pages: with_first, slots, page_of, dictionary }
    }

    /// How many documents there are.
    pub fn docs(&self) -> u32 {
        self.page_of.len() as u32
    }

    /// The slot of a document's page, and which of its page's rows it is.
    pub fn locate(&self, doc: u32) -> Option<(Slot, u32)> {
        let page = *self.page_of.get(doc as usize)? as usize;
        Some((self.slots[page], doc - self.pages[page].1))
    }

    /// Whether it has the words of a page's text.
    pub fn has(&self, number: u32) -> bool {
        self.pages.binary_search_by_key(&number, |page| page.0).is_ok()
    }

    /// Number, slot, first document and number of documents of each page, ascending.
    pub fn pages(&self) -> impl Iterator<Item = (u32, Slot, u32, u32)> {
        let ends = self.pages.iter().skip(1).map(|page| page.1).chain([self.docs()]);
        (self.pages.iter().zip(&self.slots).zip(ends))
            .map(|((page, slot), end)| (page.0, *slot, page.1, end - page.1))
    }
}

/// Writes a words part, term by term.
pub(crate) struct WordsWriter {
    pages: Vec<(u32, u32)>,
    dictionary: DictionaryBuilder,
    /// Bytes of lists that are not yet in a piece.
    open: Vec<u8>,
    pieces: u32,
}

/// What a finished words part consists of, besides the pieces that were taken before.
pub(crate) struct WrittenWords {
    pub head: Vec<u8>,
    pub terms: Vec<u8>,
    pub last: Option<(u32, Vec<u8>)>,
    pub words: Words,
}

impl WordsWriter {
    /// For these pages: numbers, ascending, and documents of each.
    pub fn new(pages: Vec<(u32, u32)>) -> Self {
        Self { pages, dictionary: DictionaryBuilder::new(), open: Vec::new(), pieces: 0 }
    }

    /// Adds a term, greater than all before, with its postings, ascending. One without postings is left out.
    pub fn add(&mut self, term: &str, postings: &[Posting]) -> Result<(), IndexError> {
        let added = self.dictionary.add(term, postings, &mut self.open);
        added.map_err(|why| IndexError::Encode(format!("a term was not added: {why:?}")))
    }

    /// Takes full pieces, as rows to be written: their number and their bytes.
    pub fn take_pieces(&mut self) -> Vec<(u32, Vec<u8>)> {
        let full = self.open.len() / PIECE * PIECE;
        let pieces = self.open.drain(..full).collect::<Vec<u8>>();
        pieces.chunks(PIECE).map(|piece| self.piece(piece)).collect()
    }

    fn piece(&mut self, bytes: &[u8]) -> (u32, Vec<u8>) {
        self.pieces += 1;
        (self.pieces - 1, seal_raw(bytes))
    }

    /// The rest.
    pub fn finish(mut self, table: &Pages) -> Result<WrittenWords, IndexError> {
        let open = std::mem::take(&mut self.open);
        let last = (!open.is_empty()).then(|| self.piece(&open));
        let head = Head { pages: self.pages };
        let bytes = self.dictionary.finish();
        let (sealed, terms) = (seal(&head)?, seal_raw(&bytes));
        let dictionary =
            Dictionary::open(bytes).map_err(|_| IndexError::Encode("the dictionary is damaged".into()))?;
        let words = Words::new(&head.pages, dictionary, table);
        Ok(WrittenWords { head: sealed, terms, last, words })
    }
}

/// The pieces that a range of the lists touches.
pub(crate) fn pieces_of(start: u64, end: u64) -> std::ops::Range<u32> {
    (start / PIECE as u64) as u32..(end.div_ceil(PIECE as u64)) as u32
}

/// The bytes of a list, from the pieces that [`pieces_of`] names; `None` if they are not what they should be.
pub(crate) fn list<'a>(
    start: u64,
    end: u64,
    piece: impl Fn(u32) -> Option<&'a [u8]>,
) -> Option<std::borrow::Cow<'a, [u8]>> {
    let range = pieces_of(start, end);
    let from = (start % PIECE as u64) as usize;
    let length = usize::try_from(end.checked_sub(start)?).ok()?;
    let first = piece(range.start)?.get(from..)?;
    if let Some(whole) = first.get(..length) {
        return Some(whole.into());
    }
    let mut bytes = first.to_vec();
    for n in range.skip(1) {
        bytes.extend(piece(n)?);
    }
    bytes.truncate(length);
    (bytes.len() == length).then(|| bytes.into())
}

/// Where a posting list is.
pub(crate) fn range_of(place: &Place) -> Option<(u64, u64)> {
    match place {
        Place::Inline(_) => None,
        Place::List { start, end } => Some((*start, *end)),
    }
}

//! The page table: some 60 bytes for each page, resident.
//!
//! Every *text* of a page has a number of its own, given once; when the text is replaced, the page gets another
//! number and another slot. So a segment need not be told that a page was deleted or changed: what it holds is alive
//! if its number is still here. That is the bitmap of deletions, worked out instead of stored, and it cannot
//! disagree with the truth.

use crate::error::IndexError;
use crate::page::PageId;
use crate::query::host;
use crate::rows::{PageRow, Unreadable, can_have, seal, unseal};
use crate::sort::{gather, sort_by};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Where a page is in the table: dense, for arrays of scores. Not used again before the index is opened anew.
pub(crate) type Slot = u32;

/// Pieces into which the stored table is cut, by the first byte of the identifier: a checkpoint writes those that
/// changed.
pub(crate) const PIECES: usize = 256;

/// A page.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub id: PageId,
    pub number: u32,
    pub last_seen: f64,
    pub passages: u32,
    pub titled: bool,
    pub words: u32,
    pub fingerprint: Option<u64>,
    /// Index into the table's hosts.
    pub host: u32,
    /// Its row in `pages`, key included; so the next two.
    pub row_bytes: u32,
    pub text_bytes: u32,
    pub vector_bytes: u32,
}

impl Entry {
    /// The ordinal of its lead, a passage that is embedded but neither kept nor shown: the title and the beginning
    /// of the text together. A page without a title, or without anything else, has none.
    pub fn lead(&self) -> Option<u32> {
        lead(self.titled, self.passages)
    }

    /// How many vectors it wants.
    pub fn wanted(&self) -> u32 {
        self.passages + u32::from(self.lead().is_some())
    }

    pub fn bytes(&self) -> u64 {
        u64::from(self.row_bytes) + u64::from(self.text_bytes) + u64::from(self.vector_bytes)
    }
}

/// The ordinal of the lead of a page with so many passages.
pub(crate) fn lead(titled: bool, passages: u32) -> Option<u32> {
    (titled && passages > 1).then_some(passages)
}

fn mark(entry: &Entry) -> Mark {
    Mark { last_seen: entry.last_seen, host: entry.host, words: entry.words.min(GONE - 1) }
}

/// [`Entry`] in a piece.
#[derive(Serialize, Deserialize)]
struct Stored {
    id: PageId,
    number: u32,
    last_seen: f64,
    passages: u32,
    titled: bool,
    words: u32,
    fingerprint: Option<u64>,
    host: String,
    row_bytes: u32,
    text_bytes: u32,
    vector_bytes: u32,
}

/// What questions ask of every page: a sixth of [`Entry`], and to read all of those takes longer than the question itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Mark {
    pub last_seen: f64,
    /// As in [`Entry`].
    pub host: u32,
    /// As in [`Entry`], or [`GONE`].
    pub words: u32,
}

/// In the place of the number of words: there is no page in this slot.
const GONE: u32 = u32::MAX;

/// Pieces as they are stored; `None` for one that is empty.
pub(crate) type Encoded = Vec<(u8, Option<Vec<u8>>)>;

/// All pages.
#[derive(Default)]
pub(crate) struct Pages {
    entries: Vec<Option<Entry>>,
    /// By slot: what questions ask of every page, here without the rest of it.
    marks: Vec<Mark>,
    by_id: HashMap<PageId, Slot>,
    by_number: HashMap<u32, Slot>,
    hosts: Vec<Box<str>>,
    host_index: HashMap<Box<str>, u32>,
    words: u64,
    passages: u64,
    bytes: u64,
    removed: u64,
}

/// The piece of the table that holds a page.
pub(crate) fn piece_of(id: PageId) -> u8 {
    id.first_byte()
}

/// The key of a piece in the table `catalog`.
pub(crate) fn piece_key(piece: u8) -> String {
    format!("pages/{piece:02x}")
}

impl Pages {
    /// How many pages there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// How many slots were given.
    pub fn slots(&self) -> usize {
        self.entries.len()
    }

    /// Words, passages, and bytes of rows of all pages.
    pub fn words(&self) -> u64 {
        self.words
    }

    pub fn passages(&self) -> u64 {
        self.passages
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many pages, or texts of one, have gone since this was opened.
    pub fn removed(&self) -> u64 {
        self.removed
    }

    pub fn slot(&self, id: PageId) -> Option<Slot> {
        self.by_id.get(&id).copied()
    }

    pub fn slot_of_number(&self, number: u32) -> Option<Slot> {
        self.by_number.get(&number).copied()
    }

    pub fn get(&self, slot: Slot) -> Option<&Entry> {
        self.entries.get(slot as usize)?.as_ref()
    }

    pub fn find(&self, id: PageId) -> Option<&Entry> {
        self.get(self.slot(id)?)
    }

    /// Whether the page of a slot is still there.
    pub fn is_alive(&self, slot: Slot) -> bool {
        self.mark(slot).is_some()
    }

    /// What questions ask of the page of a slot, if it is still there.
    pub fn mark(&self, slot: Slot) -> Option<&Mark> {
        self.marks.get(slot as usize).filter(|mark| mark.words != GONE)
    }

    pub fn iter(&self) -> impl Iterator<Item = (Slot, &Entry)> {
        (0..).zip(&self.entries).filter_map(|(slot, entry)| Some((slot, entry.as_ref()?)))
    }

    pub fn host(&self, entry: &Entry) -> &str {
        &self.hosts[entry.host as usize]
    }

    /// One value for each host, for filters.
    pub fn hosts<T>(&self, of: impl Fn(&str) -> T) -> Vec<T> {
        self.hosts.iter().map(|host| of(host)).collect()
    }

    /// Takes a page's row in, in place of what was known of it. The same text keeps its slot and its sizes.
    pub fn put(&mut self, id: PageId, row: &PageRow, row_bytes: usize) -> Slot {
        let entry = Entry {
            id,
            number: row.number,
            last_seen: row.last_seen,
            passages: row.passages,
            titled: row.titled,
            words: row.words,
            fingerprint: row.fingerprint,
            host: self.intern(host(&row.url)),
            row_bytes: row_bytes as u32,
            text_bytes: 0,
            vector_bytes: 0,
        };
        match self.slot(id) {
            Some(slot) if self.get(slot).is_some_and(|known| known.number == row.number) => {
                self.update(slot, |known| {
                    *known = Entry {
                        text_bytes: known.text_bytes,
                        vector_bytes: known.vector_bytes,
                        ..entry.clone()
                    };
                });
                slot
            }
            _ => {
                self.remove(id);
                self.add(entry)
            }
        }
    }

    /// Changes what is known of a page, but neither its identifier nor its number.
    pub fn update(&mut self, slot: Slot, change: impl FnOnce(&mut Entry)) {
        let Some(Some(entry)) = self.entries.get_mut(slot as usize) else { return };
        self.words -= u64::from(entry.words);
        self.passages -= u64::from(entry.passages);
        self.bytes -= entry.bytes();
        change(entry);
        self.marks[slot as usize] = mark(entry);
        self.words += u64::from(entry.words);
        self.passages += u64::from(entry.passages);
        self.bytes += entry.bytes();
    }

    /// Forgets a page; gives what was known of it.
    pub fn remove(&mut self, id: PageId) -> Option<Entry> {
        let slot = self.by_id.remove(&id)?;
        let entry = self.entries.get_mut(slot as usize)?.take()?;
        self.marks[slot as usize].words = GONE;
        self.removed += 1;
        self.by_number.remove(&entry.number);
        self.words -= u64::from(entry.words);
        self.passages -= u64::from(entry.passages);
        self.bytes -= entry.bytes();
        Some(entry)
    }

    /// Some pieces. Pages are gone through once, however many pieces these are.
    pub fn encode_pieces(&self, pieces: &BTreeSet<u8>) -> Result<Encoded, IndexError> {
        let mut of_piece: BTreeMap<u8, Vec<&Entry>> = gather(pieces.iter().map(|piece| (*piece, Vec::new())));
        for (_, entry) in self.iter() {
            if let Some(entries) = of_piece.get_mut(&piece_of(entry.id)) {
                entries.push(entry);
            }
        }
        let encoded = of_piece.into_iter().map(|(piece, mut entries)| {
            sort_by(&mut entries, |a, b| a.id.cmp(&b.id));
            let all: Vec<Stored> = entries.into_iter().map(|entry| self.stored(entry)).collect();
            let bytes = if all.is_empty() { None } else { Some(seal(&all)?) };
            Ok((piece, bytes))
        });
        encoded.collect()
    }

    fn stored(&self, entry: &Entry) -> Stored {
        Stored {
            id: entry.id,
            number: entry.number,
            last_seen: entry.last_seen,
            passages: entry.passages,
            titled: entry.titled,
            words: entry.words,
            fingerprint: entry.fingerprint,
            host: self.host(entry).to_owned(),
            row_bytes: entry.row_bytes,
            text_bytes: entry.text_bytes,
            vector_bytes: entry.vector_bytes,
        }
    }

    /// Takes a stored piece in. Entries that do not belong there make all of it unreadable.
    pub fn decode_piece(&mut self, piece: u8, bytes: &[u8]) -> Result<(), Unreadable> {
        let all: Vec<Stored> = unseal(bytes)?;
        let mut numbers: Vec<u32> = all.iter().map(|stored| stored.number).collect();
        numbers.sort_unstable();
        let fits = all.iter().all(|stored| {
            piece_of(stored.id) == piece
                && stored.last_seen.is_finite()
                && can_have(stored.passages, stored.titled)
                && !self.by_number.contains_key(&stored.number)
                && !self.by_id.contains_key(&stored.id)
        });
        if !fits || numbers.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Unreadable);
        }
        for stored in all {
            let host = self.intern(&stored.host);
            self.add(Entry {
                id: stored.id,
                number: stored.number,
                last_seen: stored.last_seen,
                passages: stored.passages,
                titled: stored.titled,
                words: stored.words,
                fingerprint: stored.fingerprint,
                host,
                row_bytes: stored.row_bytes,
                text_bytes: stored.text_bytes,
                vector_bytes: stored.vector_bytes,
            });
        }
        Ok(())
    }

    /// Gives slots out anew, in the order of numbers. Only while nobody knows a slot. A segment has its pages in that
    /// order, and whoever goes through it should go through the table, too, not to and fro: with 20,000 pages a
    /// question's estimates took seven times as long.
    pub fn sort(&mut self) {
        self.entries.retain(Option::is_some);
        self.entries.sort_unstable_by_key(|entry| entry.as_ref().map(|entry| entry.number));
        self.marks = self.entries.iter().flatten().map(mark).collect();
        for (slot, entry) in (0..).zip(self.entries.iter().flatten()) {
            self.by_id.insert(entry.id, slot);
            self.by_number.insert(entry.number, slot);
        }
    }

    fn add(&mut self, entry: Entry) -> Slot {
        let slot = self.entries.len() as Slot;
        self.by_id.insert(entry.id, slot);
        self.by_number.insert(entry.number, slot);
        self.words += u64::from(entry.words);
        self.passages += u64::from(entry.passages);
        self.bytes += entry.bytes();
        self.marks.push(mark(&entry));
        self.entries.push(Some(entry));
        slot
    }

    fn intern(&mut self, host: &str) -> u32 {
        if let Some(known) = self.host_index.get(host) {
            return *known;
        }
        let index = self.hosts.len() as u32;
        self.hosts.push(host.into());
        self.host_index.insert(host.into(), index);
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row(number: u32) -> PageRow {
        PageRow {
            number,
            url: format!("https://site{}.test/", number % 3),
            title: "Title".into(),
            language: None,
            text_hash: [0; 32],
            first_seen: 1.0,
            last_seen: f64::from(number),
            visits: 1,
            aliases: Vec::new(),
            passages: 2,
            titled: true,
            words: number,
            fingerprint: None,
        }
    }

    proptest! {
        #[test]
        fn pieces_come_back_and_each_has_its_own_pages(
            ids in prop::collection::vec((0..6_u8, any::<u8>()), 0..40),
            pieces in prop::collection::btree_set(0..8_u8, 0..8),
        ) {
            let mut table = Pages::default();
            for (number, (piece, rest)) in (0..).zip(ids) {
                let mut hash = [rest; 32];
                hash[0] = piece;
                table.put(PageId::from_key_hash(hash), &row(number), 100);
            }
            let known = |table: &Pages| {
                let known = |entry: &Entry| (entry.id, entry.number, table.host(entry).to_owned(), entry.bytes());
                let mut all: Vec<_> = table.iter().map(|(_, entry)| known(entry)).collect();
                all.sort();
                all
            };
            let encoded = table.encode_pieces(&pieces).unwrap();
            prop_assert_eq!(encoded.iter().map(|(piece, _)| *piece).collect::<BTreeSet<u8>>(), pieces.clone());
            let mut again = Pages::default();
            for (piece, bytes) in encoded {
                let has_any = table.iter().any(|(_, entry)| piece_of(entry.id) == piece);
                prop_assert_eq!(bytes.is_some(), has_any);
                if let Some(bytes) = bytes {
                    again.decode_piece(piece, &bytes).unwrap();
                }
            }
            let expected: Vec<_> = known(&table).into_iter().filter(|page| pieces.contains(&piece_of(page.0))).collect();
            prop_assert_eq!(known(&again), expected);
        }
    }
}

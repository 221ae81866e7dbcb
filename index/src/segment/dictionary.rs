//! All terms of a segment, in order, and where the postings of each are.
//!
//! # Two parts
//!
//! - **The automaton** (`fst`) gives every term its *ordinal*: its rank among the terms. It could keep an
//!   offset and a length itself, but arbitrary numbers keep it from sharing what words have in common, whereas
//!   the ordinals below two nodes with the same endings are the same up to what is added on the way to them.
//! - **The places**, in the order of ordinals, as varints: of a list its length × 2, which is all there is to
//!   say, as lists lie one after the other in the order of terms; of a term that occurs in one document only
//!   (half of a vocabulary) the posting itself, so that no read is needed: document × 4 + 1, or + 3 and then
//!   the occurrences, where those are not 1. For every [`STRIDE`] terms there is where their places begin and
//!   where the first list from there on does; the rest is counted from there.
//!
//! On SciFact (38,172 terms) this is 305 KB: 230 for the automaton, 68 for the places, 7 to find them. With
//! offset and length, or the posting, as the value of each term it would be 475 KB.
//!
//! # One typo
//!
//! [`Dictionary::one_typo_from`] walks down the word's own path. At each of its characters it tries what one
//! typo there can be, and then follows the rest of the word exactly, which ends after a step or two nearly
//! always. So it needs no Levenshtein automaton, which would be built anew for every word; that of `fst` knows
//! no transpositions either. Among 300,000 made-up terms, a tenth of them pairs of Han characters, a Latin word
//! takes 0.12 ms and a Han pair 0.32, no word more than 0.5 (native, release); most of that goes into the
//! thousands of characters with which a term can begin.
//!
//! # Damage
//!
//! Both parts have a checksum, compared at [`Dictionary::open`]. They are against accidents: bytes that were made
//! to have the right checksum can make `fst` panic, which reads its nodes without looking.
//!
//! # Bytes
//!
//! Automaton; per [`STRIDE`] terms the offset of their places (4 bytes) and of their lists (8); places; number of
//! terms (4), length of the places (4), FNV-1a of all since the automaton (4). Little endian.

use super::postings::{Posting, encode};
use super::{Damaged, varint};
use crate::rows::checksum;
use crate::sort::sort_by;
use crate::words::MAX_WORD;
use fst::raw::{Builder, Fst, Node, Output, Stream};
use fst::{IntoStreamer, Streamer};

/// Terms that share one entry of the index into the places. Half of them are skipped for each term looked up.
const STRIDE: usize = 64;
/// Bytes of such an entry.
const ENTRY: usize = 12;
/// Bytes after the places.
const FOOTER: usize = 12;
/// What follows the nodes of an automaton: number of terms, address of the root, checksum.
const FST_FOOTER: usize = 20;

/// Where the postings of a term are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Here: it occurs in one document only. The dictionary does not know how many documents there are: whoever
    /// counts by this number compares it first.
    Inline(Posting),
    /// In the bytes from `start` to before `end` of all lists.
    List {
        /// The offset of its first byte.
        start: u64,
        /// The offset after its last byte, greater than `start`.
        end: u64,
    },
}

/// Why a term was not added. Nothing has changed then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotAdded {
    /// It does not come after the term before, by its bytes.
    Order,
    /// It has no postings.
    NoPostings,
    /// There are 2³² terms, or 4 GB of places.
    Full,
}

/// Takes terms in order and makes a [`Dictionary`]'s bytes.
pub(crate) struct DictionaryBuilder {
    automaton: Builder<Vec<u8>>,
    index: Vec<u8>,
    places: Vec<u8>,
    terms: u32,
    /// Bytes of all lists so far.
    lists: u64,
}

impl DictionaryBuilder {
    pub fn new() -> Self {
        Self { automaton: Builder::memory(), index: Vec::new(), places: Vec::new(), terms: 0, lists: 0 }
    }

    /// Adds a term, and its list to the end of `lists`, unless it has a single posting. The caller may take
    /// bytes out of `lists` between two calls: offsets count from the first byte that was ever appended.
    ///
    /// # Errors
    /// See [`NotAdded`].
    pub fn add(&mut self, term: &str, postings: &[Posting], lists: &mut Vec<u8>) -> Result<(), NotAdded> {
        let offset = u32::try_from(self.places.len()).map_err(|_| NotAdded::Full)?;
        let terms = self.terms.checked_add(1).ok_or(NotAdded::Full)?;
        let first = postings.first().ok_or(NotAdded::NoPostings)?;
        // Memory does not fail, so what is refused is the order.
        self.automaton.insert(term, u64::from(self.terms)).map_err(|_| NotAdded::Order)?;
        if (self.terms as usize).is_multiple_of(STRIDE) {
            self.index.extend(offset.to_le_bytes());
            self.index.extend(self.lists.to_le_bytes());
        }
        self.terms = terms;
        if postings.len() == 1 {
            let repeated = first.occurrences != 1;
            varint::put(u64::from(first.doc) << 2 | u64::from(repeated) << 1 | 1, &mut self.places);
            if repeated {
                varint::put(first.occurrences.into(), &mut self.places);
            }
        } else {
            let before = lists.len();
            encode(postings, lists);
            let length = (lists.len() - before) as u64;
            self.lists += length;
            varint::put(length << 1, &mut self.places);
        }
        Ok(())
    }

    /// How many bytes the lists of all terms have so far, those taken out included.
    #[cfg(test)]
    pub fn lists(&self) -> u64 {
        self.lists
    }

    /// The bytes of the dictionary.
    pub fn finish(self) -> Vec<u8> {
        // Memory does not fail; if it did, nothing would be a dictionary that does not open.
        let Ok(mut bytes) = self.automaton.into_inner() else { return Vec::new() };
        let from = bytes.len();
        bytes.extend(self.index);
        bytes.extend(&self.places);
        bytes.extend(self.terms.to_le_bytes());
        bytes.extend((self.places.len() as u32).to_le_bytes());
        let sum = checksum(&bytes[from..]);
        bytes.extend(sum.to_le_bytes());
        bytes
    }
}

/// The terms of a segment, resident.
pub(crate) struct Dictionary {
    automaton: Fst<Vec<u8>>,
    index: Vec<[u8; ENTRY]>,
    places: Vec<u8>,
}

impl Dictionary {
    /// # Errors
    /// No [`DictionaryBuilder`] wrote this, or it changed since.
    pub fn open(mut bytes: Vec<u8>) -> Result<Self, Damaged> {
        let [terms, places, sum] = last_words(&bytes).ok_or(Damaged)?;
        let table = (terms as usize)
            .div_ceil(STRIDE)
            .checked_mul(ENTRY)
            .and_then(|index| index.checked_add(places as usize)?.checked_add(FOOTER))
            .ok_or(Damaged)?;
        let automaton = bytes.len().checked_sub(table).filter(|&rest| rest > FST_FOOTER).ok_or(Damaged)?;
        if checksum(&bytes[automaton..bytes.len() - 4]) != sum {
            return Err(Damaged);
        }
        let table = bytes.split_off(automaton);
        bytes.shrink_to_fit();
        let (index, rest) = table.split_at_checked(table.len() - FOOTER - places as usize).ok_or(Damaged)?;
        let (index, places) = (index.as_chunks().0.to_vec(), rest[..places as usize].to_vec());
        // `fst` panics on 32-bit machines where these two numbers are greater, before it compares its checksum.
        let [count, no_count, root, no_root, _] = last_words(&bytes).ok_or(Damaged)?;
        if count != terms || no_count != 0 || root as usize >= bytes.len() || no_root != 0 {
            return Err(Damaged);
        }
        let automaton = Fst::new(bytes).map_err(|_| Damaged)?;
        automaton.verify().map_err(|_| Damaged)?;
        Ok(Self { automaton, index, places })
    }

    /// How many terms there are.
    #[cfg(test)]
    pub fn terms(&self) -> usize {
        self.automaton.len()
    }

    /// The place of `term`.
    pub fn get(&self, term: &str) -> Option<Place> {
        self.place(self.automaton.get(term)?.value())
    }

    /// The first `limit` terms that start with `prefix`, itself included, in order.
    pub fn starting_with(&self, prefix: &str, limit: usize) -> Vec<(String, Place)> {
        let stream = self.automaton.range().ge(prefix).into_stream();
        let terms = Terms { dictionary: self, stream, places: None };
        terms.take_while(|(term, _)| term.starts_with(prefix)).take(limit).collect()
    }

    /// All terms in order, from the first after `term` on.
    pub fn after(&self, term: Option<&str>) -> Terms<'_> {
        let all = self.automaton.range();
        let range = if let Some(term) = term { all.gt(term) } else { all };
        Terms { dictionary: self, stream: range.into_stream(), places: None }
    }

    /// The first `limit` terms, in order, that one typo makes of `word`: a character replaced, added, left out,
    /// or swapped with its neighbour. `word` itself is none of them, whether it is a term or not.
    ///
    /// Nothing is found for a word that is more than one character longer than a term can be.
    pub fn one_typo_from(&self, word: &str, limit: usize) -> Vec<(String, Place)> {
        if word.chars().nth(MAX_WORD + 1).is_some() {
            return Vec::new();
        }
        let mut found: Vec<(String, u64)> = Vec::new();
        let mut state = self.start();
        let mut characters = word.char_indices().peekable();
        loop {
            let here = characters.next();
            let at = here.map_or(word.len(), |(at, _)| at);
            let (before, rest) = word.split_at(at);
            let after = here.map(|(_, character)| (character, &rest[character.len_utf8()..]));
            let mut try_rest = |from: State<'_>, middle: &[char], rest: &str| {
                if let Some(ordinal) = self.walk(from, rest).and_then(State::ordinal) {
                    let middle = middle.iter().collect::<String>();
                    found.push(([before, &middle, rest].concat(), ordinal));
                }
            };
            if let Some((character, after)) = after {
                try_rest(state, &[], after);
                if let Some(&(_, next)) = characters.peek().filter(|(_, next)| *next != character)
                    && let Some(swapped) = self.step(state, next).and_then(|s| self.step(s, character))
                {
                    try_rest(swapped, &[next, character], &after[next.len_utf8()..]);
                }
            }
            self.each_character(state, &mut Vec::new(), &mut |added, child| {
                try_rest(child, &[added], rest);
                if let Some((character, after)) = after
                    && added != character
                {
                    try_rest(child, &[added], after);
                }
            });
            let Some(next) = here.and_then(|(_, character)| self.step(state, character)) else { break };
            state = next;
        }
        // A letter left out of a pair of the same, or added to it, is one term in two ways.
        sort_by(&mut found, |a, b| a.1.cmp(&b.1));
        found.dedup_by_key(|(_, ordinal)| *ordinal);
        let found = found.into_iter().filter_map(|(term, ordinal)| Some((term, self.place(ordinal)?)));
        found.take(limit).collect()
    }

    fn start(&self) -> State<'_> {
        State { node: self.automaton.root(), output: Output::zero() }
    }

    /// The state after one transition.
    fn follow(&self, state: State<'_>, transition: usize) -> (u8, State<'_>) {
        let transition = state.node.transition(transition);
        let output = Output::new(state.output.value().wrapping_add(transition.out.value()));
        (transition.inp, State { node: self.automaton.node(transition.addr), output })
    }

    /// The state after `text`, if any term goes on so.
    fn walk<'a>(&'a self, mut state: State<'a>, text: &str) -> Option<State<'a>> {
        for byte in text.bytes() {
            state = self.follow(state, state.node.find_input(byte)?).1;
        }
        Some(state)
    }

    fn step<'a>(&'a self, state: State<'a>, character: char) -> Option<State<'a>> {
        self.walk(state, character.encode_utf8(&mut [0; 4]))
    }

    /// Every character with which terms go on from `state`, and the state after it. `begun` are the bytes of a
    /// character that led there.
    fn each_character<'a>(
        &'a self,
        state: State<'a>,
        begun: &mut Vec<u8>,
        each: &mut impl FnMut(char, State<'a>),
    ) {
        for transition in 0..state.node.len() {
            let (byte, next) = self.follow(state, transition);
            begun.push(byte);
            match std::str::from_utf8(begun).map(|text| text.chars().next()) {
                Ok(character) => character.into_iter().for_each(|character| each(character, next)),
                Err(_) if begun.len() < 4 => self.each_character(next, begun, each),
                Err(_) => {}
            }
            begun.pop();
        }
    }

    /// The place of the term of rank `ordinal`.
    fn place(&self, ordinal: u64) -> Option<Place> {
        self.places_from(ordinal)?.next()
    }

    /// The places of all terms from that of rank `ordinal` on.
    fn places_from(&self, ordinal: u64) -> Option<Places<'_>> {
        let ordinal = usize::try_from(ordinal).ok()?;
        let [a, b, c, d, start @ ..] = *self.index.get(ordinal / STRIDE)?;
        let rest = self.places.get(u32::from_le_bytes([a, b, c, d]) as usize..)?;
        let mut places = Places { rest, start: u64::from_le_bytes(start) };
        for _ in 0..ordinal % STRIDE {
            places.next()?;
        }
        Some(places)
    }
}

/// A node of the automaton and what was added up on the way to it.
#[derive(Clone, Copy)]
struct State<'a> {
    node: Node<'a>,
    output: Output,
}

impl State<'_> {
    /// The ordinal of the term that ends here, if one does.
    fn ordinal(self) -> Option<u64> {
        let ordinal = self.output.value().wrapping_add(self.node.final_output().value());
        self.node.is_final().then_some(ordinal)
    }
}

/// Places, one after the other.
struct Places<'a> {
    rest: &'a [u8],
    /// Where the next list starts.
    start: u64,
}

impl Iterator for Places<'_> {
    type Item = Place;

    fn next(&mut self) -> Option<Place> {
        let number = varint::take(&mut self.rest).ok()?;
        if number & 1 == 0 {
            let start = self.start;
            self.start = start.checked_add(number >> 1).filter(|&end| end > start)?;
            return Some(Place::List { start, end: self.start });
        }
        let doc = u32::try_from(number >> 2).ok()?;
        let occurrences = if number & 2 == 0 { 1 } else { varint::take(&mut self.rest).ok()? };
        let occurrences = u32::try_from(occurrences).ok().filter(|&occurrences| occurrences > 0)?;
        Some(Place::Inline(Posting { doc, occurrences }))
    }
}

/// Terms in order with their places; see [`Dictionary::after`].
pub(crate) struct Terms<'a> {
    dictionary: &'a Dictionary,
    stream: Stream<'a>,
    /// In step with `stream`, once that has said where it is.
    places: Option<Places<'a>>,
}

impl Iterator for Terms<'_> {
    type Item = (String, Place);

    fn next(&mut self) -> Option<(String, Place)> {
        let (term, ordinal) = self.stream.next()?;
        if self.places.is_none() {
            self.places = self.dictionary.places_from(ordinal.value());
        }
        Some((std::str::from_utf8(term).ok()?.to_owned(), self.places.as_mut()?.next()?))
    }
}

/// The last `N` little-endian words.
fn last_words<const N: usize>(bytes: &[u8]) -> Option<[u32; N]> {
    let words = bytes.get(bytes.len().checked_sub(4 * N)?..)?.as_chunks().0;
    Some(std::array::from_fn(|n| words.get(n).map_or(0, |word| u32::from_le_bytes(*word))))
}

#[cfg(test)]
#[path = "dictionary_tests.rs"]
mod tests;

//! Which lines of a page are its site's boilerplate: menus, banners, cookie notes, footers.
//!
//! Text that is on every page of a site says nothing about any of them, but it fills passages, costs vectors,
//! and makes each page an answer to the words of the menu. What is boilerplate is not in the page; it is in the
//! *other* pages: a line that [`REPEATS`] other pages of the site have is boilerplate on the next one.
//!
//! # What is remembered
//!
//! Of each site a table: the hash of a line → the pages that have it and kept it, its *owners*, at most
//! [`REPEATS`]. A page that has a line with fewer owners becomes one and keeps the line; with [`REPEATS`] of
//! them the line is dropped. So the first three pages keep it ("again and again" begins with the fourth), and
//! it can still be found there. Reading one of them once more changes nothing.
//!
//! **Deleted means gone.** A line is in the table only as long as a page owns it that is still there:
//! [`Boilerplate::forget`] removes pages, and a line without owners goes. A page that is read again with
//! another text first gives up the lines that it no longer has. If an owner goes, the next page that has the
//! line takes its place and keeps it; until one is read, the line may be found on no page. A page is its number
//! here, which names one text of it, so that an owner that is gone is recognised whenever a table is read.
//!
//! # What a line is
//!
//! A line's words, folded ([`crate::words`]): case, accents and punctuation do not matter, numbers do,
//! because dates and chapters are content. Lines of fewer than [`WORDS`] words do not count by themselves:
//! `Overview`, `Paris` or `Red` stand on many pages of a site and are content on each. But the entries of a
//! menu are just as short, so neighbouring short lines are taken together, as one: `Home`, `World`, `Sport`
//! is a line of three words, and goes or stays as a whole. So does the table of a data sheet; it goes only if
//! all of it is the same. For scripts without spaces a word is a pair of characters.
//!
//! # Bounds
//!
//! Lines that only one page has are most of what is read, and nearly all are text that never comes again.
//! They get half of the table and the oldest of them go first; those that two and more pages have are safe
//! from them in the other half, where the ones that were not met for longest go first, so that a site that
//! changes its boilerplate is learnt anew. A long page brings in at most [`NEW`] lines, from its two ends,
//! where boilerplate is; it cannot push out what the page before it left. Full, a table takes some 5 KB.
//!
//! Hashes have 32 bits. A page of 300 lines on a site with 100 lines of boilerplate loses a line of its own by
//! collision once in 140,000 pages, and no text can be read out of a table,
//! though who knows a line can try whether it is in there.
//!
//! # Measured
//!
//! Four sites, made of 20 articles each of Readability's test pages under one menu, cookie note, newsletter
//! and footer, with a box of news that changes every four pages (`boilerplate_tests`). From the fourth page on,
//! 94 % of the characters of what lasts are caught (the rest is the menu where a title of one or two words
//! follows it, and single words between longer lines), and 29 % of the box, which is new again before three
//! pages have kept it. None of the 5,097 lines of articles is lost, nor any of all 87 articles when they are
//! taken for pages of one site. A table then has 290 lines and 1.8 KB; of a site of which one article was read,
//! 0.3 KB (at most 0.9). To see an article takes 0.6 ms natively, a tenth of what it takes to split and store it;
//! 256 KiB of nothing but short lines, 12 ms.
//!
//! # Known limits
//!
//! A short entry beside the menu, such as a title of one or two words, makes another menu of it. Boilerplate
//! with a changing number or name (`12 comments`) is text. Of the fourth version of one text on a site (a manual's, say)
//! only what is new is kept, if that is a fifth of it or more.

use crate::error::IndexError;
use crate::hash::Hash;
use crate::rows::{Unreadable, seal, unseal};
use crate::words::words;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Pages that keep a line before it is boilerplate. At 1, what two pages quote is gone from the second; each
/// more is one more page that is found by its menu.
pub(crate) const REPEATS: usize = 3;

/// Words of which a line has to have as many to count by itself.
const WORDS: usize = 3;

/// Lines of a table that more than one page has.
const MANY: usize = 256;

/// Lines of a table that one page has.
const ONCE: usize = 256;

/// New lines that one page brings in: half of [`ONCE`], so that two pages in a row are always compared.
const NEW: usize = 128;

/// A page that would lose more than this share of its characters keeps all of them, in percent. It is hardly
/// more than its site's boilerplate, but it was read, and must be found by something.
const MOST_DROPPED: usize = 80;

/// What was read on one site before: its repeated lines, and those that may become so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Boilerplate {
    /// Each hash once; the last met comes last.
    lines: Vec<Line>,
}

/// A line that is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Line {
    /// As bytes: as a number, postcard would take five for it.
    hash: [u8; 4],
    /// The pages that kept it: one to [`REPEATS`], ascending.
    owners: Vec<u32>,
}

impl Boilerplate {
    /// Reads what [`Boilerplate::encode`] wrote.
    ///
    /// # Errors
    ///
    /// Bytes that are damaged, of a newer version, or that no table could have written. Start with an empty
    /// one.
    pub fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        let lines: Vec<Line> = unseal(bytes)?;
        let mut hashes = HashSet::new();
        let sound = |line: &Line| {
            let owners = &line.owners;
            (1..=REPEATS).contains(&owners.len()) && owners.is_sorted_by(|a, b| a < b)
        };
        let all_sound = lines.iter().all(|line| sound(line) && hashes.insert(line.hash));
        let many = lines.iter().filter(|line| line.owners.len() > 1).count();
        if all_sound && many <= MANY && lines.len() - many <= ONCE {
            Ok(Self { lines })
        } else {
            Err(Unreadable)
        }
    }

    /// As bytes for a store, with version and checksum; some 8 to 20 each line.
    pub fn encode(&self) -> Result<Vec<u8>, IndexError> {
        seal(&self.lines)
    }

    /// Whether nothing is remembered, so that nothing has to be stored.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Learns all `lines` (paragraphs, in order) of `page`, in place of those that it had before, and says of
    /// each whether it is boilerplate, to be left out of the index.
    pub fn see(&mut self, page: u32, lines: &[&str]) -> Vec<bool> {
        let units = units(lines);
        let mut met: Vec<[u8; 4]> = Vec::new();
        let mut order: HashMap<[u8; 4], usize> = HashMap::new();
        for unit in &units {
            order.entry(unit.hash).or_insert_with(|| {
                met.push(unit.hash);
                met.len() - 1
            });
        }

        // The known lines: those that the page has go to the end, in the page's order.
        let mut known: Vec<Option<Line>> = vec![None; met.len()];
        let mut boilerplate: HashSet<[u8; 4]> = HashSet::new();
        for mut line in std::mem::take(&mut self.lines) {
            let Some(nth) = order.get(&line.hash) else {
                if line.disown(|owner| owner == page) {
                    self.lines.push(line);
                }
                continue;
            };
            if !line.own(page) {
                boilerplate.insert(line.hash);
            }
            if let Some(place) = known.get_mut(*nth) {
                *place = Some(line);
            }
        }
        let new = known.iter().filter(|line| line.is_none()).count();
        let mut nth_new = 0;
        for (line, hash) in known.into_iter().zip(met) {
            if line.is_none() {
                nth_new += 1;
            }
            let at_an_end = nth_new <= NEW / 2 || nth_new + NEW / 2 > new;
            let fresh = at_an_end.then(|| Line { hash, owners: vec![page] });
            self.lines.extend(line.or(fresh));
        }
        self.bound();
        verdict(lines, &units, &boilerplate)
    }

    /// A page gets another number, one that no page has: what it owned stays its own.
    pub fn renumber(&mut self, before: u32, page: u32) {
        for line in &mut self.lines {
            if line.owners.contains(&before) {
                line.disown(|owner| owner == before);
                line.own(page);
            }
        }
    }

    /// Forgets the pages of which `gone` is true, and every line that was only theirs. Returns whether
    /// anything changed.
    pub fn forget(&mut self, gone: &dyn Fn(u32) -> bool) -> bool {
        let before = self.owned();
        self.lines.retain_mut(|line| line.disown(gone));
        self.owned() != before
    }

    /// The lines, the last met last: hash and owners.
    #[cfg(test)]
    pub fn known(&self) -> impl Iterator<Item = ([u8; 4], &[u32])> {
        self.lines.iter().map(|line| (line.hash, &line.owners[..]))
    }

    /// How many owners all lines have together.
    fn owned(&self) -> usize {
        self.lines.iter().map(|line| line.owners.len()).sum()
    }

    /// Drops the oldest of each kind, down to its bound.
    fn bound(&mut self) {
        let many = self.lines.iter().filter(|line| line.owners.len() > 1).count();
        let mut excess = [(self.lines.len() - many).saturating_sub(ONCE), many.saturating_sub(MANY)];
        self.lines.retain(|line| {
            let excess = &mut excess[usize::from(line.owners.len() > 1)];
            let keep = *excess == 0;
            *excess = excess.saturating_sub(1);
            keep
        });
    }
}

impl Line {
    /// Makes `page` an owner, if there is room for one more. Returns whether it is one.
    fn own(&mut self, page: u32) -> bool {
        match self.owners.binary_search(&page) {
            Ok(_) => true,
            Err(at) if self.owners.len() < REPEATS => {
                self.owners.insert(at, page);
                true
            }
            Err(_) => false,
        }
    }

    /// Removes the owners that are gone. Returns whether there are any left.
    fn disown(&mut self, gone: impl Fn(u32) -> bool) -> bool {
        self.owners.retain(|owner| !gone(*owner));
        !self.owners.is_empty()
    }
}

/// What goes or stays as a whole: a line of enough words, or neighbouring short ones that have as many
/// together.
struct Unit {
    hash: [u8; 4],
    lines: Range<usize>,
}

/// The units of a page, in order. Lines that are in none are never boilerplate.
fn units(lines: &[&str]) -> Vec<Unit> {
    let mut units = Vec::new();
    let mut short = Run::default();
    for (nth, line) in lines.iter().enumerate() {
        let mut own = Run { start: nth, ..Run::default() };
        own.add(line);
        // A line without words (a rule, a symbol) ends no run.
        if own.words < WORDS {
            short.add(line);
        } else {
            units.extend(short.end(nth));
            units.extend(own.end(nth + 1));
            short = Run { start: nth + 1, ..Run::default() };
        }
    }
    units.extend(short.end(lines.len()));
    units
}

/// Lines that are taken together.
struct Run {
    start: usize,
    words: usize,
    hash: Hash,
}

impl Default for Run {
    fn default() -> Self {
        Self { start: 0, words: 0, hash: Hash::new() }
    }
}

impl Run {
    fn add(&mut self, line: &str) {
        words(line, |word, _| {
            self.words += 1;
            self.hash.word(word);
        });
    }

    /// The unit that ends before line `end`, if there are enough words.
    fn end(&self, end: usize) -> Option<Unit> {
        let hash = (self.hash.finish() as u32).to_le_bytes();
        (self.words >= WORDS).then_some(Unit { hash, lines: self.start..end })
    }
}

/// Which lines are in a unit of `boilerplate`; none, if hardly anything would be left.
fn verdict(lines: &[&str], units: &[Unit], boilerplate: &HashSet<[u8; 4]>) -> Vec<bool> {
    let mut dropped = vec![false; lines.len()];
    for unit in units.iter().filter(|unit| boilerplate.contains(&unit.hash)) {
        if let Some(part) = dropped.get_mut(unit.lines.clone()) {
            part.fill(true);
        }
    }
    let length = |line: &&str| line.chars().count();
    let all: usize = lines.iter().map(length).sum();
    let lost: usize =
        lines.iter().zip(&dropped).filter(|(_, dropped)| **dropped).map(|(line, _)| length(line)).sum();
    if lost.saturating_mul(100) > all.saturating_mul(MOST_DROPPED) {
        dropped.fill(false);
    }
    dropped
}

#[cfg(test)]
#[path = "boilerplate_tests.rs"]
mod tests;

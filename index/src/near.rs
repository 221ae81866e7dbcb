//! Whether two pages say nearly the same: the print version, the address with another date line, the copy.
//!
//! A page's *fingerprint* is its SimHash (Charikar, 2002) in 64 bits: every shingle (run of [`SHINGLE`]
//! folded words) is hashed, and each bit is what most of the shingles have there. The share of bits in which
//! two fingerprints differ is about the angle between the two sets of shingles over π: two that have nine
//! tenths of their shingles in common differ in some 9 bits, two that share nothing in 32, give or take 4.
//! Eight bytes a page, and one XOR to compare.
//!
//! A shingle counts once however often it is there: neighbouring passages share a sentence (`split`), and a
//! word that a page repeats in a list would outweigh its text. Shingles do not cross from one text into the
//! next, so that it hardly matters where the passages of a page begin; a text of fewer words is one shingle.
//!
//! # How the length and the distance were chosen
//!
//! By measurement (`near_tests`, which prints these tables), on the 87 articles of Readability's test pages
//! that are no filler. *Found*: 522 changed copies, six of each article (a date and three comments of
//! strangers added; 2 % of the words replaced; a paragraph dropped; a menu and a cookie note added; cut at 90 %;
//! first and last paragraph dropped), and those of the 76 articles of at least 300 words alone. *Wrong*:
//! pairs at most so far apart among the 3,741 pairs of articles, the 13.4 million pairs of SciFact's 5,183
//! abstracts, the 7,137 pairs of parts (200 words) of one article, and the 2,850 pairs of articles of 300
//! words under the same 200 words of furniture. For runs of three words:
//!
//! | distance | found, % | long ones | comments | words | dropped | menu | cut | print | wrong: articles | abstracts | parts | furniture |
//! |---|---|---|---|---|---|---|---|---|---|---|---|---|
//! | 2 | 20 | 22 | 11 | 5 | 32 | 32 | 7 | 34 | 0 | 0 | 0 | 0 |
//! | 3 | 30 | 32 | 16 | 9 | 43 | 48 | 16 | 48 | 0 | 0 | 0 | 0 |
//! | 4 | 43 | 47 | 34 | 20 | 55 | 62 | 29 | 60 | 0 | 0 | 0 | 0 |
//! | 5 | 54 | 59 | 45 | 37 | 63 | 76 | 34 | 68 | 0 | 0 | 0 | 0 |
//! | 6 | 64 | 68 | 52 | 55 | 74 | 80 | 53 | 72 | 0 | 0 | 0 | 0 |
//! | 7 | 72 | 75 | 57 | 63 | 80 | 86 | 62 | 80 | 0 | 0 | 0 | 0 |
//! | **8** | 81 | 83 | 67 | 76 | 85 | 91 | 78 | 87 | 0 | 0 | 0 | 0 |
//! | 9 | 88 | 90 | 72 | 85 | 92 | 97 | 90 | 91 | 0 | 0 | 0 | 0 |
//! | 10 | 91 | 94 | 79 | 90 | 95 | 99 | 93 | 92 | 0 | 1 | 0 | 0 |
//! | 11 | 95 | 97 | 84 | 97 | 98 | 99 | 99 | 94 | 0 | 1 | 0 | 1 |
//! | 12 | 96 | 98 | 86 | 99 | 99 | 99 | 99 | 94 | 0 | 3 | 0 | 1 |
//!
//! And for other lengths (found %, all wrong pairs together):
//!
//! | words | at 8 | at 9 | at 10 | at 11 | at 12 |
//! |---|---|---|---|---|---|
//! | 1 | 87, 0 | 90, 0 | 94, 8 | 96, 41 | 98, 154 |
//! | 2 | 82, 0 | 89, 0 | 92, 0 | 95, 2 | 96, 11 |
//! | 3 | 81, 0 | 88, 0 | 91, 1 | 95, 2 | 96, 4 |
//! | 4 | 80, 0 | 84, 0 | 88, 1 | 92, 1 | 94, 6 |
//!
//! A page that is taken for another one is hidden, one that is not is only shown once more: [`DISTANCE`] is
//! one below the largest that made no mistake. Single words find most, but see the vocabulary rather than the
//! text, and are the first to err; of four words, one that changes takes four shingles with it. Two and three
//! are alike; three errs later.
//!
//! # Known limits
//!
//! A template around a changing number (a weather report, a receipt) is one text to this. Of pairs of pages
//! of which two thirds are the same menus and footers, 3 in 1,000 are. By chance alone, two texts without a common word are within the distance once in 3.5 billion pairs; compare
//! pages that answer the same question, not all with all.

use crate::hash::Hash;
use crate::words::words;

/// Words of a shingle. Its fingerprints are stored: another length needs another version of them.
const SHINGLE: usize = 3;

/// The most bits in which the fingerprints of near-duplicates differ.
pub(crate) const DISTANCE: u32 = 8;

/// Different shingles without which a text says too little: a login form, an error page. From here on, the
/// first words of different abstracts were told apart as well as whole ones.
const FEWEST: usize = 24;

/// Shingles that are looked at, of the beginning. Far above what an article has; it bounds memory (8 bytes
/// each) and time.
const MOST: usize = 1 << 16;

/// The fingerprint of a page's `texts` (paragraphs or passages, in order), the same in every build. `None` if
/// there are fewer than 24 different shingles.
pub(crate) fn fingerprint<'a>(texts: impl Iterator<Item = &'a str>) -> Option<u64> {
    let mut shingles = shingles(texts, SHINGLE);
    shingles.sort_unstable();
    shingles.dedup();
    (shingles.len() >= FEWEST).then(|| majority(&shingles))
}

/// Whether two fingerprints are those of near-duplicates. Symmetric, not transitive.
pub(crate) fn near(a: u64, b: u64) -> bool {
    (a ^ b).count_ones() <= DISTANCE
}

/// Bits of a band, and bands of a fingerprint. Two that are near differ in fewer places than there are bands, so in one of
/// these they are the same. The last bit is in none.
const BAND: usize = 7;
const BANDS: usize = DISTANCE as usize + 1;
const _: () = assert!(BAND * BANDS <= u64::BITS as usize);

/// Finds the first of several fingerprints that is near another one, without looking at most of them.
pub(crate) struct FirstLike {
    /// By band and its bits: the fingerprints that have them there, and where they are, in the order in which they came.
    bands: Vec<Vec<(u64, usize)>>,
}

impl FirstLike {
    pub fn new() -> Self {
        Self { bands: vec![Vec::new(); BANDS << BAND] }
    }

    /// Adds one, which is at `at`: further on than all before.
    pub fn add(&mut self, print: u64, at: usize) {
        places(print).for_each(|place| self.bands[place].push((print, at)));
    }

    /// Where the first one is that is near `print`.
    pub fn find(&self, print: u64) -> Option<usize> {
        let first =
            |place: usize| self.bands[place].iter().find(|(other, _)| near(*other, print)).map(|(_, at)| *at);
        places(print).filter_map(first).min()
    }
}

/// Where a fingerprint is among the bands.
fn places(print: u64) -> impl Iterator<Item = usize> {
    (0..BANDS).map(move |band| band << BAND | (print >> (band * BAND)) as usize & ((1 << BAND) - 1))
}

/// The hashes of the first [`MOST`] runs of `length` words, in order.
fn shingles<'a>(texts: impl Iterator<Item = &'a str>, length: usize) -> Vec<u64> {
    let mut shingles = Vec::new();
    let mut hashes: Vec<u64> = Vec::new();
    for text in texts {
        hashes.clear();
        words(text, |word, _| {
            if hashes.len() < MOST {
                let mut hash = Hash::new();
                hash.word(word);
                hashes.push(hash.finish());
            }
        });
        // No windows of length 0: a text without words has no shingle.
        for run in hashes.windows(length.min(hashes.len()).max(1)) {
            if shingles.len() == MOST {
                return shingles;
            }
            let mut hash = Hash::new();
            run.iter().for_each(|word| hash.number(*word));
            shingles.push(hash.finish());
        }
    }
    shingles
}

/// Each bit as more than half of the hashes have it.
fn majority(hashes: &[u64]) -> u64 {
    let mut ones = [0_usize; 64];
    for hash in hashes {
        for (bit, ones) in ones.iter_mut().enumerate() {
            *ones += (hash >> bit & 1) as usize;
        }
    }
    ones.iter().enumerate().fold(0, |print, (bit, ones)| print | u64::from(2 * ones > hashes.len()) << bit)
}

#[cfg(test)]
#[path = "near_tests.rs"]
mod tests;

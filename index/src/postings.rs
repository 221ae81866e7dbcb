//! BM25 over passages: which word occurs in which passage how often.
//!
//! Robertson and Zaragoza's formula with the usual constants, over passages rather than pages: the numbers of
//! every passage of every page are comparable, and a long page gains nothing by being long. A removed passage
//! stays in its postings until the next [`Postings::compact`]; frequencies are counted over the living at
//! each question, so that the scores are always those of an index that never knew it.

use crate::words::terms;
use std::collections::HashMap;

/// How soon repeating a word stops to help. At 0 a word counts once however often it occurs; towards infinity
/// its weight grows with every occurrence.
pub const K1: f64 = 1.2;

/// How much a long passage is held back. At 0 not at all; at 1 a passage twice as long needs twice the
/// occurrences for the same score.
pub const B: f64 = 0.75;

/// A question's rarest words, at most so many, are looked up. Nobody types more; a whole article pasted as a
/// question is represented by these.
pub const MAX_TERMS: usize = 64;

/// A number for a passage, given in ascending order and renumbered by [`Postings::compact`].
pub(crate) type Slot = u32;

#[derive(Debug, Clone, Copy)]
struct Posting {
    slot: Slot,
    occurrences: u32,
}

/// The words of all passages.
#[derive(Debug, Default)]
pub(crate) struct Postings {
    words: HashMap<Box<str>, Vec<Posting>>,
    /// Words in each passage, for every slot.
    lengths: Vec<u32>,
    alive: Vec<bool>,
    living: usize,
    /// The lengths of the living, together.
    total_length: u64,
}

impl Postings {
    /// Adds a passage.
    pub fn add(&mut self, text: &str) -> Slot {
        let slot = self.lengths.len() as Slot;
        let mut length = 0;
        terms(text, |word, _| {
            length += 1;
            let list = match self.words.get_mut(word) {
                Some(list) => list,
                None => self.words.entry(word.into()).or_default(),
            };
            match list.last_mut() {
                Some(last) if last.slot == slot => last.occurrences += 1,
                _ => list.push(Posting { slot, occurrences: 1 }),
            }
        });
        self.lengths.push(length);
        self.alive.push(true);
        self.living += 1;
        self.total_length += u64::from(length);
        slot
    }

    /// Removes a passage. Removing it twice is removing it once.
    pub fn remove(&mut self, slot: Slot) {
        let index = slot as usize;
        if std::mem::replace(&mut self.alive[index], false) {
            self.living -= 1;
            self.total_length -= u64::from(self.lengths[index]);
        }
    }

    /// How many passages there are.
    pub fn living(&self) -> usize {
        self.living
    }

    /// Whether enough is dead that [`Postings::compact`] pays.
    pub fn wants_compaction(&self) -> bool {
        let dead = self.alive.len() - self.living;
        dead > 1024 && dead > self.living / 2
    }

    /// Forgets removed passages for good. Returns the new slot of every old one, `None` for the removed.
    pub fn compact(&mut self) -> Vec<Option<Slot>> {
        let mut next = 0;
        let new_slots: Vec<Option<Slot>> = (self.alive.iter())
            .map(|alive| {
                alive.then(|| {
                    next += 1;
                    next - 1
                })
            })
            .collect();
        self.words.retain(|_, list| {
            list.retain_mut(|posting| match new_slots[posting.slot as usize] {
                Some(slot) => {
                    posting.slot = slot;
                    true
                }
                None => false,
            });
            list.shrink_to_fit();
            !list.is_empty()
        });
        let mut alive = self.alive.iter();
        self.lengths.retain(|_| alive.next().copied().unwrap_or(false));
        self.alive = vec![true; self.lengths.len()];
        new_slots
    }

    /// The weight of a word that occurs in `frequency` passages: never negative, about 0 for a word that is
    /// everywhere.
    fn weight(&self, frequency: usize) -> f64 {
        let (all, frequency) = (self.living as f64, frequency as f64);
        (1.0 + (all - frequency + 0.5) / (frequency + 0.5)).ln()
    }

    /// The living passages with `word`.
    fn of(&self, word: &str) -> impl Iterator<Item = Posting> {
        let list = self.words.get(word).map_or(&[][..], Vec::as_slice);
        list.iter().copied().filter(|posting| self.alive[posting.slot as usize])
    }

    /// The living passages with all of `terms`, ascending.
    pub fn with_all(&self, terms: &[String]) -> Vec<Slot> {
        let mut lists: Vec<Vec<Slot>> =
            terms.iter().map(|term| self.of(term).map(|posting| posting.slot).collect()).collect();
        lists.sort_by_key(Vec::len);
        let mut lists = lists.into_iter();
        let Some(mut slots) = lists.next() else { return Vec::new() };
        for list in lists {
            slots.retain(|slot| list.binary_search(slot).is_ok());
        }
        slots
    }

    /// The BM25 score of every passage with any of `terms`, indexed by slot; 0 where none occurs. Empty when
    /// no passage has any.
    pub fn scores(&self, terms: &[String]) -> Vec<f64> {
        let mut known: Vec<(&str, usize)> = terms
            .iter()
            .map(|term| (term.as_str(), self.of(term).count()))
            .filter(|known| known.1 > 0)
            .collect();
        if known.is_empty() {
            return Vec::new();
        }
        known.sort_by_key(|known| known.1);
        known.truncate(MAX_TERMS);
        let average = self.total_length as f64 / self.living as f64;
        let mut scores = vec![0.0; self.lengths.len()];
        for (term, frequency) in known {
            let weight = self.weight(frequency);
            for Posting { slot, occurrences } in self.of(term) {
                let (index, occurrences) = (slot as usize, f64::from(occurrences));
                let length = f64::from(self.lengths[index]) / average;
                scores[index] +=
                    weight * occurrences * (K1 + 1.0) / (occurrences + K1 * (1.0 - B + B * length));
            }
        }
        scores
    }

    /// The `limit` words that set a text apart: those with the greatest number of occurrences in it × weight,
    /// among the words that occur in more passages than the text's own `passages`.
    pub fn characteristic(&self, text: &[String], limit: usize) -> Vec<String> {
        let mut counts: HashMap<String, (usize, usize)> = HashMap::new();
        for passage in text {
            let mut here: HashMap<String, usize> = HashMap::new();
            terms(passage, |word, _| *here.entry(word.to_owned()).or_default() += 1);
            for (word, occurrences) in here {
                let count = counts.entry(word).or_default();
                count.0 += occurrences;
                count.1 += 1;
            }
        }
        let mut ranked: Vec<(f64, String)> = counts
            .into_iter()
            .filter(|(word, _)| !crate::words::is_stop_word(word))
            .filter_map(|(word, (occurrences, passages))| {
                let frequency = self.of(&word).count();
                (frequency > passages).then(|| (occurrences as f64 * self.weight(frequency), word))
            })
            .collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        ranked.truncate(limit);
        ranked.into_iter().map(|(_, word)| word).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(words: &[&str]) -> Vec<String> {
        words.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_formula_is_bm25() {
        let mut postings = Postings::default();
        postings.add("red apple red");
        postings.add("green apple");
        postings.add("blue sky over there");
        let scores = postings.scores(&terms(&["red", "apple"]));
        // Three passages of 3, 2 and 4 words: the average is 3.
        let red = (1.0_f64 + 2.5 / 1.5).ln() * 2.0 * 2.2 / (2.0 + 1.2);
        let apple =
            |length: f64| (1.0_f64 + 1.5 / 2.5).ln() * 2.2 / (1.0 + 1.2 * (0.25 + 0.75 * length / 3.0));
        assert!((scores[0] - (red + apple(3.0))).abs() < 1e-12);
        assert!((scores[1] - apple(2.0)).abs() < 1e-12);
        assert_eq!(scores[2], 0.0);
        assert!(postings.scores(&terms(&["absent"])).is_empty());
        assert!(postings.scores(&[]).is_empty());
    }

    #[test]
    fn a_removed_passage_leaves_no_trace() {
        let (mut with, mut without) = (Postings::default(), Postings::default());
        with.add("apple apple");
        let removed = with.add("apple pear, and many more words");
        with.add("pear");
        without.add("apple apple");
        without.add("pear");
        with.remove(removed);
        with.remove(removed);
        let query = terms(&["apple", "pear", "more"]);
        let (a, b) = (with.scores(&query), without.scores(&query));
        assert_eq!([a[0], a[1], a[2]], [b[0], 0.0, b[1]]);
        assert_eq!(with.compact(), [Some(0), None, Some(1)]);
        assert_eq!(with.scores(&query), b);
        assert_eq!(with.living(), 2);
        assert_eq!(with.words.len(), 2);
    }

    #[test]
    fn an_empty_index_has_no_scores() {
        let mut postings = Postings::default();
        assert!(postings.scores(&terms(&["apple"])).is_empty());
        let slot = postings.add("apple");
        postings.remove(slot);
        assert!(postings.scores(&terms(&["apple"])).is_empty());
    }

    #[test]
    fn of_too_many_words_the_rarest_count() {
        let mut postings = Postings::default();
        let common: Vec<String> = (0..MAX_TERMS).map(|n| format!("common{n}")).collect();
        postings.add(&common.join(" "));
        postings.add(&common.join(" "));
        let rare = postings.add("rare");
        let mut query = common;
        query.push("rare".into());
        assert!(postings.scores(&query)[rare as usize] > 0.0);
    }

    #[test]
    fn characteristic_words_are_frequent_here_and_rare_elsewhere_but_not_absent() {
        let mut postings = Postings::default();
        let text = terms(&["the volcano erupts, the volcano", "lava and unique"]);
        text.iter().for_each(|passage| {
            postings.add(passage);
        });
        postings.add("a volcano in the sea");
        postings.add("lava in the sea");
        postings.add("the sea");
        assert_eq!(postings.characteristic(&text, 10), ["volcano", "lava"]);
        assert_eq!(postings.characteristic(&text, 1), ["volcano"]);
    }
}

//! The vocabulary of the seed corpus, and how it goes on growing.
//!
//! Sentences of two thousand real passages, however they are put together, hold no word that was not in them, while
//! in real text new words never end (Heaps' law): a dictionary of a million passages would be as small as one of two
//! thousand. So some words are replaced by made-up ones, as many as the seed corpus itself predicts:
//!
//! - Good and Turing: the chance that the next word is a new one is *h / n*, where *h* is how many words were seen
//!   once and *n* how many were seen at all. That is the share that is replaced.
//! - Where frequencies follow a power law of the rank with exponent −α, words seen once are the share β = 1/α of the
//!   vocabulary, and the vocabulary grows as n^β. So α = V / h, with *V* the vocabulary, and the rank of a made-up word
//!   is drawn from the same law beyond *V*. Frequent ones come back in many passages, most stay alone.

use super::random::{Random, mix};
use std::collections::HashMap;

/// β where the seed corpus is too small to say: English is between 0.4 and 0.7.
const BETA: std::ops::RangeInclusive<f64> = 0.4..=0.75;
/// Two letters each, so that different numbers are different words.
const CONSONANTS: &[u8; 16] = b"bdfgklmnprstvzhj";
const VOWELS: &[u8; 4] = b"aeio";
const SYLLABLES: u64 = 64;
/// Syllables of a made-up word: 16 million words.
const LENGTH: u32 = 4;

/// Words of the seed corpus by falling frequency, and the law of those that are not in it.
pub struct Vocabulary {
    /// Folded, the most frequent first.
    pub words: Vec<String>,
    /// The share of words that are made up.
    pub unseen: f64,
    /// Heaps' exponent.
    pub beta: f64,
}

impl Vocabulary {
    /// Counts the words of `texts`.
    pub fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut counts: HashMap<String, usize> = HashMap::new();
        texts.flat_map(words).for_each(|word| *counts.entry(word).or_default() += 1);
        let counted = counts.values().sum::<usize>();
        let once = counts.values().filter(|count| **count == 1).count();
        let mut words: Vec<(String, usize)> = counts.into_iter().collect();
        words.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let beta = once as f64 / words.len().max(1) as f64;
        Self {
            unseen: once as f64 / counted.max(1) as f64,
            beta: beta.clamp(*BETA.start(), *BETA.end()),
            words: words.into_iter().map(|(word, _)| word).collect(),
        }
    }

    /// A word beyond the seed corpus.
    pub fn unseen_word(&self, random: &mut Random) -> String {
        let exponent = 1.0 / self.beta - 1.0;
        let rank = self.words.len() as f64 * random.unit().powf(-1.0 / exponent);
        made_up(rank as u64)
    }
}

/// The words of a text, folded.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// The made-up word of a number: neighbours have nothing in common, and below 16 million no two are alike.
pub fn made_up(number: u64) -> String {
    let all = SYLLABLES.pow(LENGTH);
    // Odd, hence a bijection modulo a power of two.
    let mut rest = (number % all).wrapping_mul(mix(1) | 1) % all;
    let mut word = String::with_capacity(2 * LENGTH as usize);
    for _ in 0..LENGTH {
        let syllable = (rest % SYLLABLES) as usize;
        rest /= SYLLABLES;
        word.push(char::from(CONSONANTS[syllable / VOWELS.len()]));
        word.push(char::from(VOWELS[syllable % VOWELS.len()]));
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn made_up_words_are_all_different() {
        let words: HashSet<String> = (0..200_000).map(made_up).collect();
        assert_eq!(words.len(), 200_000);
    }

    #[test]
    fn new_words_never_end_and_grow_as_heaps_law_says() {
        let vocabulary = Vocabulary::of(["a b b c c C", "d, d. d d e f g h"].into_iter());
        assert_eq!(vocabulary.words[..4], ["d", "c", "b", "a"]);
        assert!((vocabulary.unseen - 5.0 / 14.0).abs() < 1e-9);
        assert!((vocabulary.beta - 5.0 / 8.0).abs() < 1e-9);

        let mut random = Random::of([1, 1, 1]);
        let mut seen = HashSet::new();
        let mut sizes = Vec::new();
        for n in 1..=400_000 {
            seen.insert(vocabulary.unseen_word(&mut random));
            if n == 100_000 || n == 400_000 {
                sizes.push(seen.len() as f64);
            }
        }
        let growth = (sizes[1] / sizes[0]).ln() / 4.0_f64.ln();
        assert!((growth - vocabulary.beta).abs() < 0.05, "{growth}");
    }
}

//! Feature hashing: always there, instant, no download; letters, not meaning.
//!
//! The definition, complete, so that another program can reproduce every vector (`D` dimensions,
//! 384 beside MiniLM; the space is `hash-v1@D`):
//!
//! 1. The text is brought to NFKC (Unicode normalisation) and lower-cased (full, locale-independent).
//! 2. Words are the maximal runs of characters that are alphabetic or numeric (Unicode `Alphabetic`,
//!    general categories Nd, Nl, No). A word is cut after 64 characters; the rest is a word of its own.
//! 3. Each occurrence of a word `w` counts the feature `w:` + w with weight 1, and every three
//!    consecutive characters `t` of `^` + w + `$` count the feature `g:` + t with weight 1/4.
//!    A text without words counts the one feature `e:`.
//! 4. A feature whose weights add up to `c` contributes `s × (1 + ln(c / u)) × u` to dimension `d`, where
//!    `u` is its weight for one occurrence, and, `h` being the SHA-256 of the feature's UTF-8 bytes,
//!    d = (h\[0..4\] as little-endian u32) mod D and s = +1 if h\[4\] is even, else −1.
//! 5. The sum is scaled to Euclidean norm 1. If all dimensions cancel to 0, dimension 0 is 1.
//!
//! All arithmetic is in f32, features in ascending byte order. Weinberger et al., "Feature Hashing for
//! Large Scale Multitask Learning" (2009). SHA-256 instead of a faster hash because every platform has
//! it, so that the vectors can be checked from anywhere; trigrams make inflected words neighbours.

use crate::{Backend, EmbedError, Embedder, Role, embedder::normalise};
use futures::future::LocalBoxFuture;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization;

/// A word is cut after this many characters.
const LONGEST_WORD: usize = 64;
/// Weight of a trigram beside a word's 1. At 0 only whole words count; at 1 the five or so trigrams of a
/// word drown it.
const TRIGRAM_WEIGHT: f32 = 0.25;

/// The hash embedder.
#[derive(Debug, Clone)]
pub struct HashEmbedder {
    dims: usize,
    space: String,
}

impl HashEmbedder {
    /// One of `dims` dimensions, at least 1.
    pub fn new(dims: usize) -> Self {
        let dims = dims.max(1);
        Self { dims, space: format!("hash-v1@{dims}") }
    }

    /// The vector of a text, of norm 1.
    pub fn vector(&self, text: &str) -> Vec<f32> {
        let mut vector = vec![0.0f32; self.dims];
        for (feature, count) in features(text) {
            let unit = if feature.starts_with("g:") { TRIGRAM_WEIGHT } else { 1.0 };
            let hash = Sha256::digest(feature.as_bytes());
            let dimension = u32::from_le_bytes([hash[0], hash[1], hash[2], hash[3]]) as usize % self.dims;
            let sign = if hash[4].is_multiple_of(2) { 1.0 } else { -1.0 };
            vector[dimension] += sign * (1.0 + (count as f32).ln()) * unit;
        }
        if vector.iter().all(|value| *value == 0.0) {
            vector[0] = 1.0;
        }
        normalise(&mut vector);
        vector
    }
}

/// Every feature of a text and how often it occurs, in ascending byte order.
fn features(text: &str) -> BTreeMap<String, u32> {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).collect();
    let mut features: BTreeMap<String, u32> = BTreeMap::new();
    let mut word: Vec<char> = Vec::with_capacity(LONGEST_WORD + 2);
    let mut close = |word: &mut Vec<char>| {
        if word.is_empty() {
            return;
        }
        let text: String = word.iter().collect();
        *features.entry(format!("w:{text}")).or_default() += 1;
        word.insert(0, '^');
        word.push('$');
        for trigram in word.windows(3) {
            *features
                .entry(
                    ["g:"].into_iter().map(String::from).chain(trigram.iter().map(char::to_string)).collect(),
                )
                .or_default() += 1;
        }
        word.clear();
    };
    for character in folded.chars() {
        if character.is_alphanumeric() {
            word.push(character);
            if word.len() == LONGEST_WORD {
                close(&mut word);
            }
        } else {
            close(&mut word);
        }
    }
    close(&mut word);
    if features.is_empty() {
        features.insert("e:".into(), 1);
    }
    features
}

impl Embedder for HashEmbedder {
    fn backend(&self) -> Backend {
        Backend::Hash
    }

    fn space(&self) -> &str {
        &self.space
    }

    fn dims(&self) -> usize {
        self.dims
    }

    fn embed<'a>(
        &'a self,
        texts: &'a [&'a str],
        _role: Role,
    ) -> LocalBoxFuture<'a, Result<Vec<Vec<f32>>, EmbedError>> {
        Box::pin(async move { Ok(texts.iter().map(|text| self.vector(text)).collect()) })
    }

    fn count_tokens(&self, _text: &str) -> Option<usize> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedder::{check_unit, cosine};
    use proptest::prelude::*;
    use std::time::Instant;

    proptest! {
        #[test]
        fn always_a_unit_vector_and_always_the_same(text in "\\PC{0,200}") {
            let hash = HashEmbedder::new(384);
            let vector = hash.vector(&text);
            prop_assert!(check_unit(&vector).is_ok());
            prop_assert_eq!(vector, hash.vector(&text));
        }
    }

    #[test]
    fn letters_not_meaning() {
        let hash = HashEmbedder::new(384);
        let vector = |text| hash.vector(text);
        let near = cosine(&vector("the cat sat"), &vector("the cats sat"));
        let far = cosine(&vector("the cat sat"), &vector("a feline rested"));
        assert!(near > 0.6 && far < 0.3, "{near} {far}");
        let (upper, lower) = (vector("ＦＵＬＬ width Ärger"), vector("full WIDTH ärger"));
        assert_eq!(upper, lower, "compatibility forms and case fold");
        assert!(cosine(&vector(""), &vector("!?…")) > 0.999, "no words: the one feature `e:`");
    }

    #[test]
    fn a_passage_takes_less_than_a_millisecond() {
        let words = ["history", "of", "the", "extension", "that", "finds", "pages", "again", "quickly"];
        let passage: String = (0..100).map(|n| format!("{}{} ", words[n % 9], n % 37)).collect();
        let hash = HashEmbedder::new(384);
        let best = (0..20)
            .map(|_| {
                let start = Instant::now();
                std::hint::black_box(hash.vector(&passage));
                start.elapsed()
            })
            .min()
            .unwrap();
        assert!(best.as_micros() < 1000, "{best:?}");
    }
}

//! WordPiece (Schuster and Nakajima, "Japanese and Korean Voice Search", 2012): a word becomes the longest
//! pieces that the vocabulary has, from the left; if that does not work out, it is unknown as a whole.

use serde::Deserialize;
use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

/// The pieces and their ids.
#[derive(Deserialize)]
pub(super) struct Vocabulary {
    #[serde(rename = "type")]
    _kind: Kind,
    vocab: HashMap<Box<str>, u32, BuildHasherDefault<Fnv>>,
    unk_token: Box<str>,
    continuing_subword_prefix: Box<str>,
    max_input_chars_per_word: usize,
}

#[derive(Deserialize)]
enum Kind {
    WordPiece,
}

impl Vocabulary {
    /// Says why it cannot be used.
    pub fn check(&self) -> Result<(), &'static str> {
        if !self.vocab.contains_key(&self.unk_token) {
            return Err("the vocabulary lacks its piece for unknown words");
        }
        if self.continuing_subword_prefix.is_empty() || self.max_input_chars_per_word > 1_000 {
            return Err("the vocabulary's options are not known");
        }
        Ok(())
    }

    /// The piece for words that are not in it.
    pub fn unknown(&self) -> Option<u32> {
        self.vocab.get(&self.unk_token).copied()
    }

    /// Hands each piece of a word to `take`, until that says `false`; says whether it never did.
    pub fn pieces(&self, word: &str, take: &mut impl FnMut(u32) -> bool) -> bool {
        if let Some(id) = self.vocab.get(word)
            && word.len() <= self.max_input_chars_per_word
        {
            return take(*id);
        }
        match self.cut(word) {
            Some(ids) => ids.into_iter().all(take),
            None => self.unknown().is_none_or(take),
        }
    }

    fn cut(&self, word: &str) -> Option<Vec<u32>> {
        if word.chars().count() > self.max_input_chars_per_word {
            return None;
        }
        let prefix = self.continuing_subword_prefix.len();
        // The rest of the word, with the mark of a continuation before it once there is something to continue.
        let mut rest = String::with_capacity(prefix + word.len());
        rest.push_str(word);
        let mut ids = Vec::new();
        let mut mark = 0;
        while rest.len() > mark {
            let ends = rest[mark..].char_indices().map(|(at, c)| mark + at + c.len_utf8()).rev();
            let (end, id) = ends.into_iter().find_map(|end| Some((end, *self.vocab.get(&rest[..end])?)))?;
            ids.push(id);
            rest.replace_range(..end, &self.continuing_subword_prefix);
            mark = prefix;
        }
        Some(ids)
    }
}

/// FNV-1a (Fowler, Noll, Vo): quick on pieces of a few bytes. The keys come from a file of known hash, so nobody
/// can make them collide.
#[derive(Clone, Copy)]
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01B3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

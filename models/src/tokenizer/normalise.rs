//! BERT's normalisation, and the cut into words: Hugging Face's `BertNormalizer` and `BertPreTokenizer`.

use serde::Deserialize;
use unicode_categories::UnicodeCategories;
use unicode_normalization::UnicodeNormalization;

/// The switches in a `tokenizer.json`.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Normaliser {
    #[serde(rename = "type")]
    _kind: Kind,
    /// Control characters go, every white space becomes a space.
    clean_text: bool,
    /// Each ideograph is a word.
    handle_chinese_chars: bool,
    /// Accents go; if not said, where case goes.
    strip_accents: Option<bool>,
    /// Case goes.
    lowercase: bool,
}

#[derive(Debug, Clone, Copy, Deserialize)]
enum Kind {
    BertNormalizer,
}

impl Normaliser {
    /// The words of texts.
    pub fn words(&self) -> Words {
        Words { normaliser: *self, word: String::new() }
    }
}

/// Cuts texts into normalised words; keeps the memory of a word for the next one.
pub(super) struct Words {
    normaliser: Normaliser,
    word: String,
}

impl Words {
    /// Hands each word of a text to `take`, until that says `false`; says whether it never did.
    pub fn of(&mut self, text: &str, take: &mut impl FnMut(&str) -> bool) -> bool {
        let Normaliser { clean_text, handle_chinese_chars, strip_accents, lowercase, .. } = self.normaliser;
        let strip_accents = strip_accents.unwrap_or(lowercase);
        self.word.clear();
        // Most of most texts: no table has anything to say of ASCII.
        if text.is_ascii() && clean_text {
            return text.bytes().all(|byte| match byte {
                b'\t' | b'\n' | b'\r' | b' ' => self.end(take),
                0..b' ' | 127 => true,
                _ => self.push(char::from(if lowercase { byte.to_ascii_lowercase() } else { byte }), take),
            }) && self.end(take);
        }
        let spaced = text.chars().filter(|c| !clean_text || !is_dirt(*c)).flat_map(|c| {
            let space = (handle_chinese_chars && is_ideograph(c)).then_some(' ');
            space.into_iter().chain([c]).chain(space)
        });
        if strip_accents {
            let bare = spaced.nfd().filter(|c| !c.is_mark_nonspacing());
            self.lower(bare, lowercase, take)
        } else {
            self.lower(spaced, lowercase, take)
        }
    }

    fn lower(
        &mut self,
        chars: impl Iterator<Item = char>,
        lowercase: bool,
        take: &mut impl FnMut(&str) -> bool,
    ) -> bool {
        for c in chars {
            let goes_on = match lowercase {
                true => c.to_lowercase().all(|c| self.push(c, take)),
                false => self.push(c, take),
            };
            if !goes_on {
                return false;
            }
        }
        self.end(take)
    }

    /// One more normalised character.
    fn push(&mut self, c: char, take: &mut impl FnMut(&str) -> bool) -> bool {
        if c.is_whitespace() {
            return self.end(take);
        }
        if c.is_ascii_punctuation() || (!c.is_ascii() && c.is_punctuation()) {
            return self.end(take) && {
                self.word.push(c);
                self.end(take)
            };
        }
        self.word.push(c);
        true
    }

    fn end(&mut self, take: &mut impl FnMut(&str) -> bool) -> bool {
        let goes_on = self.word.is_empty() || take(&self.word);
        self.word.clear();
        goes_on
    }
}

/// Control characters and the like, but not those that are white space here.
fn is_dirt(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => false,
        '\0' | '\u{fffd}' => true,
        _ => c.is_other(),
    }
}

/// The CJK Unified Ideographs blocks, exactly as Hugging Face has them (with its 2B920 for 2B820).
fn is_ideograph(c: char) -> bool {
    matches!(
        u32::from(c),
        0x3400..=0x4DBF
            | 0x4E00..=0x9FFF
            | 0xF900..=0xFAFF
            | 0x20000..=0x2A6DF
            | 0x2A700..=0x2B73F
            | 0x2B740..=0x2B81F
            | 0x2B920..=0x2CEAF
            | 0x2F800..=0x2FA1F
    )
}

//! Normalising what a page sends.

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

/// The most of a page's text that is kept, in bytes of UTF-8. The content script cuts there too; a
/// forged message might not.
pub const TEXT_LIMIT: usize = 256 * 1024;
/// The most of a title that is kept, in bytes of UTF-8.
pub const TITLE_LIMIT: usize = 1024;
/// The most of a language tag that is kept, in bytes.
pub const LANGUAGE_LIMIT: usize = 35;

/// NFC, runs of white space within a line as one space, no empty lines, no control characters, at most
/// [`TEXT_LIMIT`] bytes. Two visits whose texts differ only in these have the same text.
pub fn normalise(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(TEXT_LIMIT));
    for line in cut(text, TEXT_LIMIT).lines() {
        let start = out.len();
        for word in line.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty())
        {
            if out.len() > start {
                out.push(' ');
            } else if start > 0 {
                out.push('\n');
            }
            out.extend(word.nfc());
        }
    }
    // Composing can lengthen a text a little (a few characters have no composed form of their own).
    out.truncate(cut(&out, TEXT_LIMIT).len());
    out
}

/// A title: one line, at most [`TITLE_LIMIT`] bytes.
pub fn normalise_title(title: &str) -> String {
    let line = normalise(cut(title, 4 * TITLE_LIMIT)).replace('\n', " ");
    cut(&line, TITLE_LIMIT).to_owned()
}

/// SHA-256 of a normalised text.
pub fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// The longest beginning of `text` that has at most `limit` bytes and ends at a character.
pub fn cut(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

/// A guess at the number of word pieces, for when there is no tokenizer: rather too many than too few,
/// so that passages split by it still fit a model later. One piece for every started four ASCII
/// characters of a word, one for every other character.
pub fn estimate_pieces(text: &str) -> usize {
    text.split_whitespace()
        .map(|word| {
            let ascii = word.bytes().filter(u8::is_ascii_alphanumeric).count();
            ascii.div_ceil(4) + word.chars().filter(|c| !c.is_ascii_alphanumeric()).count()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn white_space_does_not_change_a_text() {
        assert_eq!(normalise("  a\t b \r\n\n\u{a0}c\u{0}d \n"), "a b\nc d");
        assert_eq!(normalise("e\u{301}"), "é");
        assert_eq!(hash(&normalise("a  b")), hash(&normalise("a b\n")));
    }

    #[test]
    fn long_texts_are_cut_at_a_character() {
        let text = "ü".repeat(TEXT_LIMIT);
        let kept = normalise(&text);
        assert!(kept.len() <= TEXT_LIMIT && kept.len() > TEXT_LIMIT - 4);
        assert!(normalise_title(&"t ".repeat(5000)).len() <= TITLE_LIMIT);
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(text in "(\\PC|[ \\n\\t]){0,200}") {
            let once = normalise(&text);
            prop_assert_eq!(normalise(&once), once.clone());
            prop_assert!(once.lines().all(|line| !line.is_empty() && line.trim() == line));
        }
    }
}

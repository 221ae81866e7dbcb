//! A page's text → passages that fit a model's window.
//!
//! A line is a block: sentences never run across lines, so that a heading or a list item stays itself. Within
//! it, sentences are Unicode's (UAX #29), put together again after common abbreviations. Whole sentences are
//! packed into passages, and each passage begins with the last sentence of the one before, if that fits: what a
//! sentence refers to is mostly in the one before it. Blanks are normalised, everything else is kept.
//!
//! Counting word pieces is what costs (a tokenizer's run), so a text is counted once a sentence, and never in
//! parts of more than a few kilobytes: one word of 200,000 characters is cut before it is counted.

use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// A passage has at most so many bytes for each allowed piece, and a sentence of more is cut before it is
/// counted. Text has 4 to 6 bytes a piece; only a word that a tokenizer takes for one unknown piece, however
/// long it is, has more. At 1 ordinary sentences would be cut in their middle; without a bound a hostile page
/// would be counted whole, again and again.
const BYTES_A_PIECE: usize = 24;

/// How far from the middle a border is looked for when a text is cut, in bytes. At 0 words are cut anywhere.
const REACH: usize = 128;

/// Splits `text` into passages of at most `max_pieces` word pieces, as `count` counts them (without special
/// tokens), in order. Nothing but blanks is dropped, and neighbours share a sentence where that fits.
///
/// `count` is taken to be additive where texts meet at a blank or after a sentence's end, as it is for every
/// tokenizer that first splits at blanks and punctuation: `count("a b") <= count("a") + count("b")`. A single
/// character that alone has more than `max_pieces` is a passage by itself; `max_pieces` of 0 counts as 1.
pub fn split(text: &str, max_pieces: usize, count: &dyn Fn(&str) -> usize) -> Vec<String> {
    let max_pieces = max_pieces.max(1);
    let mut packer =
        Packer { max_pieces, count, passages: Vec::new(), parts: Vec::new(), pieces: 0, fresh: 0 };
    for line in lines(text) {
        let line = normalised(line);
        let mut gap = "\n";
        for sentence in sentences(&line) {
            let blank_after = line[sentence.clone()].ends_with(' ');
            let sentence = line[sentence].trim();
            if !sentence.is_empty() {
                packer.add(sentence, gap);
                gap = if blank_after { " " } else { "" };
            }
        }
    }
    packer.close();
    packer.passages
}

/// The lines of a text, empty ones among them.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '\r', '\u{2028}', '\u{2029}'])
}

/// One blank between words, none at the ends.
fn normalised(line: &str) -> String {
    let mut words = line.split_whitespace();
    let mut text = String::with_capacity(line.len());
    text.push_str(words.next().unwrap_or_default());
    for word in words {
        text.push(' ');
        text.push_str(word);
    }
    text
}

/// The sentences of a line, together all of it, each with the blank after it.
pub(crate) fn sentences(line: &str) -> Vec<Range<usize>> {
    let mut all: Vec<Range<usize>> = Vec::new();
    let mut unfinished = false;
    for (start, part) in line.split_sentence_bound_indices() {
        let range = start..start + part.len();
        match all.last_mut() {
            Some(last) if unfinished => last.end = range.end,
            _ => all.push(range),
        }
        unfinished = ends_in_abbreviation(part);
    }
    all
}

/// Words after which a full stop does not end a sentence. Not those that often do end one (`etc.`, `Inc.`,
/// `No.`). A wrong one only makes a sentence longer.
const ABBREVIATIONS: [&str; 30] = [
    "adm", "al", "approx", "bzw", "ca", "capt", "cf", "col", "dr", "e.g", "eq", "fig", "gen", "gov", "i.e",
    "lt", "mme", "mr", "mrs", "ms", "mt", "pp", "prof", "rep", "rev", "sen", "sgt", "st", "vol", "vs",
];

/// Whether the last word of `part` is an abbreviation or an initial.
pub(crate) fn ends_in_abbreviation(part: &str) -> bool {
    let Some(before) = part.trim_end().strip_suffix('.') else { return false };
    let word = before.rsplit([' ', '(', '[', '"', '“', '‘']).next().unwrap_or_default();
    let mut characters = word.chars();
    let initial = characters.next().is_some_and(char::is_uppercase) && characters.next().is_none();
    initial || (word.len() <= 6 && ABBREVIATIONS.binary_search(&word.to_lowercase().as_str()).is_ok())
}

/// A sentence, or a part of one that was too long.
struct Part {
    text: String,
    /// What was between it and the part before it.
    gap: &'static str,
    pieces: usize,
    /// Not cut.
    whole: bool,
}

/// Packs parts into passages.
struct Packer<'a> {
    max_pieces: usize,
    count: &'a dyn Fn(&str) -> usize,
    passages: Vec<String>,
    /// The passage under way.
    parts: Vec<Part>,
    pieces: usize,
    /// How many of `parts` are in no earlier passage.
    fresh: usize,
}

impl Packer<'_> {
    /// Takes a sentence, cut if it is too long.
    fn add(&mut self, sentence: &str, gap: &'static str) {
        let mut cuts = Vec::new();
        self.cut(sentence, &mut cuts);
        let whole = cuts.len() == 1;
        for (n, (range, pieces)) in cuts.into_iter().enumerate() {
            let text = &sentence[range];
            let between = if text.starts_with(' ') { " " } else { "" };
            let part =
                Part { text: text.trim().to_owned(), gap: if n == 0 { gap } else { between }, pieces, whole };
            self.push(part);
        }
    }

    /// Cuts a sentence into parts that fit, with their counts: in halves until they do, so that each byte is
    /// looked at a logarithmic number of times and counted in small parts only.
    fn cut(&self, sentence: &str, cuts: &mut Vec<(Range<usize>, usize)>) {
        // The last of these is the next in the text.
        let whole = 0..sentence.len();
        let mut waiting = vec![whole];
        while let Some(range) = waiting.pop() {
            let text = &sentence[range.clone()];
            let countable = text.len() <= self.max_bytes();
            let pieces = if countable { (self.count)(text) } else { usize::MAX };
            let at = if pieces > self.max_pieces { middle(text) } else { None };
            match at {
                Some(at) => {
                    waiting.push(range.start + at..range.end);
                    waiting.push(range.start..range.start + at);
                }
                None if text.trim().is_empty() => {}
                None => cuts.push((range, pieces)),
            }
        }
    }

    /// Adds a part to the passage under way, or begins a new one with it.
    fn push(&mut self, part: Part) {
        let mut pieces = self.pieces_with(&part);
        if pieces.is_none() {
            self.close();
            pieces = self.pieces_with(&part);
        }
        if pieces.is_none() {
            // What the last passage left here does not fit, or the part alone does not.
            self.parts.clear();
        }
        self.pieces = pieces.unwrap_or(part.pieces);
        self.fresh += 1;
        self.parts.push(part);
    }

    /// The pieces of the passage under way with one more part, if it fits.
    fn pieces_with(&self, part: &Part) -> Option<usize> {
        if self.parts.is_empty() {
            return Some(part.pieces);
        }
        let bytes: usize = self.parts.iter().map(|part| part.text.len() + part.gap.len()).sum();
        let mut pieces = self.pieces.saturating_add(part.pieces);
        if pieces > self.max_pieces || bytes + part.text.len() > self.max_bytes() {
            return None;
        }
        if !part.whole && part.gap.is_empty() {
            // Cut inside a word: the whole may have more pieces than its parts.
            pieces = (self.count)(&(text_of(&self.parts) + &part.text));
        }
        (pieces <= self.max_pieces).then_some(pieces)
    }

    fn max_bytes(&self) -> usize {
        self.max_pieces.saturating_mul(BYTES_A_PIECE)
    }

    /// Ends the passage under way. The next one begins with its last sentence.
    fn close(&mut self) {
        if self.fresh > 0 {
            self.passages.push(text_of(&self.parts));
        }
        self.fresh = 0;
        self.parts = self.parts.pop().filter(|last| last.whole).into_iter().collect();
        self.pieces = self.parts.iter().map(|part| part.pieces).sum();
    }
}

/// Parts as one text.
fn text_of(parts: &[Part]) -> String {
    let mut text = String::new();
    for part in parts {
        if !text.is_empty() {
            text.push_str(part.gap);
        }
        text.push_str(&part.text);
    }
    text
}

/// Where to cut `text` in two, both not empty: the border nearest to its middle, of the best kind that is near
/// it: a blank, a word's end, a character. `None` if it has one character.
fn middle(text: &str) -> Option<usize> {
    let half = text.floor_char_boundary(text.len() / 2);
    let (from, to) =
        (text.floor_char_boundary(half.saturating_sub(REACH)), text.ceil_char_boundary(half + REACH));
    let nearest = |borders: &mut dyn Iterator<Item = usize>| {
        borders.filter(|at| *at > 0 && *at < text.len()).min_by_key(|at| at.abs_diff(half))
    };
    let near = &text[from..to];
    nearest(&mut near.match_indices(' ').map(|(at, _)| from + at))
        .or_else(|| nearest(&mut near.split_word_bound_indices().skip(1).map(|(at, _)| from + at)))
        .or_else(|| nearest(&mut near.grapheme_indices(true).skip(1).map(|(at, _)| from + at)))
        .or_else(|| nearest(&mut near.char_indices().map(|(at, _)| from + at)))
}

#[cfg(test)]
#[path = "split_tests.rs"]
mod tests;

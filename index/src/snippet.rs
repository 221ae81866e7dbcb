//! What is shown of a passage: some 240 characters around the densest run of matching words, those marked, or around
//! the sentence that is closest in meaning.
//!
//! It begins and ends with a sentence where it can, and not at the full stop of an abbreviation. Of 990
//! snippets of Readability's test pages (a word from a passage's first, second and third quarter) 60 % begin
//! and 76 % end so, 49 % do both. With a [`LEAD`] of 160 characters 85 % begin so and 69 % do both, but then
//! a list that shows two lines may not show the match.

use crate::query::Piece;
use crate::split::{ends_in_abbreviation, sentences};
use crate::words::{is_stop_word, words};
use std::collections::HashSet;
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// How long a snippet may be, in characters, without the ellipses. Three lines of a side panel; at a few tens
/// the marked words lose their context, at thousands a result is no longer read at a glance.
pub const SNIPPET: usize = 240;

/// A window that begins in the middle of a sentence moves back to its beginning if that is at most so many
/// characters away: people recognise beginnings. At 0 every snippet starts at a match; above some 100, lists
/// that show two lines hide the match.
const LEAD: usize = 80;

/// A part of `text` with the words in `terms` (folded) marked, as pieces that together are that part. A line break
/// stays: it is the border of two blocks, which a link to the passage must not cross. Without matches it is the
/// beginning of the text.
pub(crate) fn snippet(text: &str, terms: &HashSet<String>) -> Vec<Piece> {
    let matches = matches(text, terms);
    let window = window(text, &matches);
    let marks = merged(
        matches
            .into_iter()
            .map(|(range, _)| range)
            .filter(|range| range.start >= window.start && range.end <= window.end),
    );
    pieces(text, window, marks)
}

/// A passage in which no word matches, shown where its closest sentence is, that sentence marked: the one with the
/// largest `closeness`, of equals the first. Where no sentence has any, and where there is but one, nothing is marked.
///
/// ```
/// let passage = "It rained. A vessel came in. Nobody saw it.";
/// let pieces = afterimage_index::closest(passage, |sentence| Some(if sentence.contains("vessel") { 0.9 } else { 0.1 }));
/// let marked: Vec<&str> = pieces.iter().filter(|piece| piece.marked).map(|piece| piece.text.as_str()).collect();
/// assert_eq!(marked, ["A vessel came in."]);
/// ```
pub fn closest(passage: &str, mut closeness: impl FnMut(&str) -> Option<f32>) -> Vec<Piece> {
    let mut best: Option<(f32, Range<usize>)> = None;
    let mut whole = trimmed(passage, 0..passage.len());
    for range in sentences(passage).into_iter().map(|range| trimmed(passage, range)) {
        // The only sentence is no choice.
        if range.is_empty() || range == whole {
            continue;
        }
        let Some(worth) = closeness(&passage[range.clone()]) else { continue };
        if best.as_ref().is_none_or(|(most, _)| worth > *most) {
            best = Some((worth, range));
        }
    }
    let mark = best.map(|(_, sentence)| sentence);
    if !fits(&passage[whole.clone()]) {
        let start = mark.as_ref().map_or(whole.start, |sentence| sentence.start);
        whole = trimmed(passage, start..ending(passage, start, start));
    }
    let mark = mark.map(|sentence| sentence.start..sentence.end.min(whole.end));
    pieces(passage, whole, mark.into_iter().collect())
}

/// The part of `text` in `window` as pieces on one line, with ellipses where there is more.
fn pieces(text: &str, window: Range<usize>, marks: Vec<Range<usize>>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut add = |part: &str, marked: bool| {
        if !part.is_empty() {
            let text = part.replace(|c: char| c.is_whitespace() && c != '\n', " ");
            pieces.push(Piece { text, marked });
        }
    };
    if !text[..window.start].trim().is_empty() {
        add("… ", false);
    }
    let mut at = window.start;
    for mark in marks {
        add(&text[at..mark.start], false);
        add(&text[mark.clone()], true);
        at = mark.end;
    }
    add(&text[at..window.end], false);
    if !text[window.end..].trim().is_empty() {
        add(" …", false);
    }
    joined(pieces)
}

/// Where words of `terms` are, and which word each one is. Stop words do not count, unless `terms` has only
/// such (the question's terms have none otherwise).
fn matches(text: &str, terms: &HashSet<String>) -> Vec<(Range<usize>, String)> {
    let only_stop_words = terms.iter().all(|term| is_stop_word(term));
    let mut found = Vec::new();
    words(text, |word, range| {
        if terms.contains(word) && (only_stop_words || !is_stop_word(word)) {
            found.push((range, word.to_owned()));
        }
    });
    found
}

/// The part to show, without blanks at its ends.
fn window(text: &str, matches: &[(Range<usize>, String)]) -> Range<usize> {
    let whole = trimmed(text, 0..text.len());
    if fits(&text[whole.clone()]) {
        return whole;
    }
    let dense = densest(text, matches).unwrap_or(whole.start..whole.start);
    let start = beginning(text, whole.start, dense.clone());
    let end = ending(text, start, dense.end);
    trimmed(text, start..end)
}

/// Whether a text needs no cut.
fn fits(text: &str) -> bool {
    text.chars().nth(SNIPPET).is_none()
}

/// The matches that fit into one snippet and have the most different words, then the most words; of equals the
/// first.
fn densest(text: &str, matches: &[(Range<usize>, String)]) -> Option<Range<usize>> {
    let mut best: Option<((usize, usize), Range<usize>)> = None;
    let mut counts: std::collections::HashMap<&str, usize> = std::collections::HashMap::new();
    let mut last = 0;
    let mut length = 0; // characters from the first match of the run to the end of the last
    for (first, (range, word)) in matches.iter().enumerate() {
        if last <= first {
            last = first;
            length = 0;
        }
        while let Some((next, next_word)) = matches.get(last) {
            let from = if last == first { range.start } else { matches[last - 1].0.end };
            let more = text.get(from..next.end).map_or(0, |part| part.chars().count());
            if last > first && length + more > SNIPPET {
                break;
            }
            length += more;
            *counts.entry(next_word).or_default() += 1;
            last += 1;
        }
        let worth = (counts.len(), last - first);
        if best.as_ref().is_none_or(|(most, _)| worth > *most) {
            best = Some((worth, range.start..matches[last - 1].0.end));
        }
        // The run moves on: without this match, and without the characters up to the next one.
        if let Some(count) = counts.get_mut(word.as_str()) {
            *count -= 1;
            if *count == 0 {
                counts.remove(word.as_str());
            }
        }
        if let Some((next, _)) = matches.get(first + 1) {
            length = length.saturating_sub(text[range.start..next.start].chars().count());
        }
    }
    best.map(|(_, range)| range)
}

/// Where a snippet that must show `dense` begins: at the start of its sentence if there is room, else at a
/// word, so that the match has some text before it.
fn beginning(text: &str, earliest: usize, dense: Range<usize>) -> usize {
    let room = SNIPPET.saturating_sub(text[dense.clone()].chars().count());
    let back = |characters: usize| {
        let before = text[earliest..dense.start].char_indices().rev().take(characters).last();
        before.map_or(dense.start, |(at, _)| earliest + at)
    };
    let floor = back(room.min(LEAD));
    let area = &text[floor..dense.start];
    // A sentence that starts in the area; its first piece may be the rest of one that started before.
    let mut starts = sentences(area)
        .into_iter()
        .rev()
        .map(|sentence| floor + sentence.start)
        .filter(|at| *at > floor || starts_sentence(text, *at));
    if let Some(start) = starts.next() {
        return start;
    }
    let floor = back(room.min(LEAD / 2));
    word_border_after(text, floor, dense.start)
}

/// Whether what is before `at` ends a sentence or a line.
fn starts_sentence(text: &str, at: usize) -> bool {
    let before = &text[..at];
    let ends = before.trim_end();
    ends.is_empty()
        || (ends.ends_with(['.', '!', '?', '。', '！', '？', '…']) && !ends_in_abbreviation(ends))
        || before[ends.len()..].contains('\n')
}

/// The first place in `from..=to` at which no word is cut.
fn word_border_after(text: &str, from: usize, to: usize) -> usize {
    let in_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    if from == 0 || !in_word(text[..from].chars().next_back()) || !in_word(text[from..].chars().next()) {
        return from;
    }
    text[from..to].split_word_bound_indices().nth(1).map_or(from, |(at, _)| from + at)
}

/// Where a snippet that begins at `start` and must show the text up to `shown` ends.
fn ending(text: &str, start: usize, shown: usize) -> usize {
    let Some((last, _)) = text[start..].char_indices().nth(SNIPPET) else { return text.len() };
    let last = (start + last).max(shown);
    // A sentence's end in the second half, else a word's. Were it the last third, 61 % would.
    let area = &text[start..last];
    let sentence = sentences(area)
        .last()
        .map(|sentence| start + sentence.start)
        .filter(|at| *at >= shown && text[start..*at].chars().count() >= SNIPPET / 2);
    if let Some(end) = sentence {
        return end;
    }
    let in_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    if !in_word(text[..last].chars().next_back()) || !in_word(text[last..].chars().next()) {
        return last;
    }
    let (border, _) = area.split_word_bound_indices().next_back().unwrap_or((area.len(), ""));
    // A word that fills the snippet is cut.
    if start + border >= shown && border > 0 { start + border } else { last }
}

/// `range` without the blanks at its ends.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + (part.len() - part.trim_start().len());
    start..start + part.trim().len()
}

/// Ranges that overlap or touch become one: pairs of characters of one word.
fn merged(ranges: impl Iterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    let mut all: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match all.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => all.push(range),
        }
    }
    all
}

/// Neighbours that are both marked, or both not, become one.
fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut all: Vec<Piece> = Vec::new();
    for piece in pieces {
        match all.last_mut() {
            Some(last) if last.marked == piece.marked => last.text.push_str(&piece.text),
            _ => all.push(piece),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::query_terms;
    use proptest::prelude::*;

    fn of(text: &str, query: &str) -> Vec<Piece> {
        snippet(text, &query_terms(query).into_iter().collect())
    }

    /// Marked pieces in brackets.
    fn shown(text: &str, query: &str) -> String {
        let show = |piece: Piece| if piece.marked { format!("[{}]", piece.text) } else { piece.text };
        of(text, query).into_iter().map(show).collect()
    }

    /// Ninety sentences, one of them about foxes.
    fn long() -> String {
        let mut sentences: Vec<String> =
            (0..90).map(|n| format!("Sentence number {n} is here to fill.")).collect();
        sentences[50] = "A quick brown fox jumps over a lazy dog.".into();
        sentences.join(" ")
    }

    #[test]
    fn matching_words_are_marked_whatever_their_case_and_accents() {
        assert_eq!(shown("The Café is near the CAFE.", "café"), "The [Café] is near the [CAFE].");
        assert_eq!(shown("The cafe\u{301} is", "CAFE"), "The [cafe\u{301}] is");
        assert_eq!(shown("node.js and Node", "node"), "[node].js and [Node]");
    }

    #[test]
    fn stop_words_are_marked_only_if_there_is_nothing_else() {
        assert_eq!(shown("The tale of the fox", "the fox"), "The tale of the [fox]");
        assert_eq!(shown("To be or what", "to be"), "[To] [be] or what");
    }

    #[test]
    fn pairs_of_characters_are_marked_as_one() {
        assert_eq!(shown("東京都の全文検索です。", "全文検索"), "東京都の[全文検索]です。");
        assert_eq!(shown("我有一只猫", "一只猫"), "我有[一只猫]");
    }

    fn closest_to(text: &str, wanted: &str) -> String {
        let show = |piece: Piece| if piece.marked { format!("[{}]", piece.text) } else { piece.text };
        let pieces = closest(text, |sentence| Some(if sentence.contains(wanted) { 0.5 } else { -0.5 }));
        pieces.into_iter().map(show).collect()
    }

    #[test]
    fn the_closest_sentence_is_marked() {
        assert_eq!(
            closest_to("It rained.\nA boat came. It left.", "boat"),
            "It rained.\n[A boat came.] It left."
        );
        assert_eq!(
            closest_to("A boat. A boat came.", "boat"),
            "[A boat.] A boat came.",
            "of equals the first"
        );
        assert_eq!(closest_to("Only one sentence.", "one"), "Only one sentence.");
        assert_eq!(closest_to("", "x"), "");
        let unknown = closest("One. Two.", |_| None);
        assert_eq!(unknown, [Piece { text: "One. Two.".into(), marked: false }]);
    }

    #[test]
    fn a_long_passage_is_shown_from_its_closest_sentence() {
        let text = closest_to(&long(), "fox");
        assert!(
            text.starts_with("… [A quick brown fox jumps over a lazy dog.] Sentence number 51"),
            "{text}"
        );
        assert!(text.ends_with("fill. …") && text.chars().count() <= SNIPPET + 6, "{text}");
        let last = format!("{} A fox.", long().replace("fox", "cat"));
        assert_eq!(closest_to(&last, "fox"), "… [A fox.]");
        let words = "many words and ".repeat(40);
        let giant = closest_to(&format!("Short. It has {words}. End."), "words");
        assert!(giant.starts_with("… [It has many words") && giant.ends_with("] …"), "{giant}");
        assert!(giant.chars().count() <= SNIPPET + 6, "{giant}");
        let beginning: String = closest(&long(), |_| None).into_iter().map(|piece| piece.text).collect();
        assert!(beginning.starts_with("Sentence number 0"), "{beginning}");
    }

    #[test]
    fn without_a_match_it_is_the_beginning() {
        assert_eq!(shown("Short.", "absent"), "Short.");
        let text = shown(&long(), "");
        assert!(text.starts_with("Sentence number 0 is here to fill. Sentence number 1 "), "{text}");
        assert!(text.ends_with("fill. …"), "{text}");
        assert_eq!(of("", "fox"), []);
        assert_eq!(of(" \n ", "fox"), []);
    }

    #[test]
    fn it_begins_with_the_sentence_that_matches() {
        let text = shown(&long(), "fox dog");
        assert!(text.starts_with("… "), "{text}");
        assert!(text.contains("A quick brown [fox] jumps over a lazy [dog]. Sentence number 51"), "{text}");
        assert!(text.ends_with(" …"), "{text}");
    }

    #[test]
    fn abbreviations_numbers_and_initials_end_no_sentence() {
        let filler = "Nothing to see in this sentence, really nothing at all. ".repeat(6);
        for start in [
            "The late Dr. Miller had a fox.",
            "Some animals, e.g. Arctic ones like the fox, are white.",
            "The value of 3.14 is what every fox knows.",
            "It was Richard A. Lupoff who saw a fox.",
        ] {
            let text = shown(&format!("{filler}{start} {filler}"), "fox");
            let expected = start.replace("fox", "[fox]");
            assert!(text.starts_with(&format!("… {expected} ")), "{text}");
        }
        // The end: with the sentence before the one that has no room, not after its abbreviation.
        for name in ["Dr. Miller", "Richard A. Lupoff", "Mr. Smith"] {
            let start = "A fox is here, and so on for quite a while. ".repeat(5);
            let text = shown(&format!("{start}It was {name}, {filler}"), "fox");
            assert!(text.ends_with("quite a while. …"), "{text}");
        }
    }

    #[test]
    fn it_ends_with_a_sentence_that_ends_in_its_second_half() {
        let rest = "And many other words that go on ".repeat(20);
        let sentence = |characters: usize| format!("The fox {}.", "x ".repeat(characters / 2).trim_end());
        assert!(shown(&format!("{} {rest}", sentence(120)), "fox").ends_with("x x. …"));
        let text = shown(&format!("{} {rest}", sentence(80)), "fox");
        assert!(text.contains("x x. And many"), "too little would be left: {text}");
    }

    #[test]
    fn it_shows_the_place_with_the_most_different_words() {
        let filler = "Nothing to see in this sentence, really nothing at all. ".repeat(10);
        let text = format!("Fox fox fox fox. {filler} A fox and a dog. {filler} A dog.");
        let text = shown(&text, "fox dog");
        assert!(text.contains("A [fox] and a [dog]."), "{text}");
    }

    #[test]
    fn line_breaks_stay_and_marks_at_the_ends_work() {
        assert_eq!(shown("Fox\nand\tdog", "fox dog"), "[Fox]\nand [dog]");
        assert_eq!(shown("  fox  ", "fox"), "[fox]");
    }

    #[test]
    fn a_giant_word_is_cut() {
        let giant = "x".repeat(200_000);
        let text = shown(&giant, "fox");
        assert_eq!(text.chars().count(), SNIPPET + 2);
        let text = shown(&format!("{giant} fox {giant}"), "fox");
        assert!(text.contains(" [fox] "), "{text}");
    }

    #[test]
    fn no_word_is_cut() {
        let text = "antidisestablishmentarianism ".repeat(30)
            + "fox "
            + &"floccinaucinihilipilification ".repeat(30);
        let shown = shown(&text, "fox").replace(['[', ']', '…'], "");
        for word in shown.split_whitespace() {
            assert!(text.split_whitespace().any(|whole| whole == word), "{word} in {shown}");
        }
        assert!(shown.contains(" fox "), "{shown}");
    }

    proptest! {
        #[test]
        fn any_sentence_may_be_the_closest(text in "(\\PC{0,40}[.。 \n]){0,20}", seed in 0_usize..40) {
            let mut n = 0;
            let pieces = closest(&text, |_| {
                n += 1;
                Some((n * 7 % (seed + 1)) as f32)
            });
            let whole: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
            prop_assert!(whole.chars().count() <= SNIPPET + 5, "{whole:?}");
            prop_assert!(pieces.iter().filter(|piece| piece.marked).count() <= 1);
            prop_assert_eq!(n > 0 && !text.trim().is_empty(), pieces.iter().any(|piece| piece.marked));
        }

        #[test]
        fn it_is_a_part_of_the_text_and_shows_a_match(
            text in prop::collection::vec(prop_oneof![
                "[a-d]{1,9}", "\\PC{0,6}", Just("fox".to_owned()), Just("猫の手".to_owned()), Just("\n".to_owned()),
                Just("end. Next".to_owned()),
            ], 0..120).prop_map(|words| words.join(" ")),
            query in prop_oneof![Just("fox"), Just("猫の"), Just("fox end"), Just(""), Just("zebra")],
        ) {
            let pieces = of(&text, query);
            let whole: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
            let inner = whole.strip_prefix("… ").unwrap_or(&whole);
            let inner = inner.strip_suffix(" …").unwrap_or(inner);
            let on_one_line = |text: &str| text.replace(char::is_whitespace, " ");
            prop_assert!(on_one_line(&text).contains(&on_one_line(inner)), "{inner:?}");
            prop_assert!(inner.chars().count() <= SNIPPET + 1, "{}", inner.chars().count());
            prop_assert!(pieces.iter().all(|piece| !piece.text.is_empty()));
            prop_assert!(pieces.windows(2).all(|pair| pair[0].marked != pair[1].marked));
            let terms: HashSet<String> = query_terms(query).into_iter().collect();
            let mut in_text = false;
            words(&text, |word, _| in_text |= terms.contains(word));
            prop_assert_eq!(pieces.iter().any(|piece| piece.marked), in_text);
        }
    }
}

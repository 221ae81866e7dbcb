//! Tests of [`super::split`].

use super::split;
use proptest::prelude::*;
use std::cell::Cell;

/// Counts like a WordPiece tokenizer: blanks separate, each punctuation mark and each ideograph is a word, and
/// a word has a piece for every four characters, but one piece if it has more than a hundred.
fn pieces(text: &str) -> usize {
    let mut total = 0;
    let mut word = 0_usize;
    let end = |word: &mut usize| {
        let length = std::mem::take(word);
        if length > 100 { 1 } else { length.div_ceil(4) }
    };
    for c in text.chars() {
        if c.is_whitespace() {
            total += end(&mut word);
        } else if c.is_ascii_punctuation() || matches!(c, '\u{3000}'..='\u{303f}' | '\u{4e00}'..='\u{9fff}') {
            total += end(&mut word) + 1;
        } else {
            word += 1;
        }
    }
    total + end(&mut word)
}

/// Whether `text` without blanks is what `passages` cover in order, each starting at most `overlap` bytes back.
fn covers(text: &str, passages: &[String]) -> bool {
    let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let text = bare(text);
    let mut covered = 0;
    for passage in passages {
        let passage = bare(passage);
        // It continues the text after a repetition of what went before, the shorter the better.
        let from = (0..=covered.min(passage.len())).find(|repeated| {
            let start = covered - repeated;
            text.get(start..).is_some_and(|rest| rest.starts_with(&passage)) && passage.len() > *repeated
        });
        let Some(repeated) = from else { return false };
        covered += passage.len() - repeated;
    }
    covered == text.len()
}

#[test]
fn sentences_are_packed_with_one_in_common() {
    let text = "One two three. Four five six. Seven eight nine. Ten eleven twelve.";
    assert_eq!(
        split(text, 13, &pieces),
        [
            "One two three. Four five six.",
            "Four five six. Seven eight nine.",
            "Seven eight nine. Ten eleven twelve."
        ]
    );
    assert_eq!(split(text, 200, &pieces), [text]);
}

#[test]
fn an_overlap_that_does_not_fit_is_left_out() {
    let text = "One two three four five. Six. Seven eight nine ten more. End.";
    assert_eq!(
        split(text, 9, &pieces),
        ["One two three four five. Six.", "Seven eight nine ten more.", "End."]
    );
}

#[test]
fn lines_are_blocks_and_blanks_are_normalised() {
    assert_eq!(
        split("A heading\n\n  Some   text\tgoes \r\n here.  \n", 99, &pieces),
        ["A heading\nSome text goes\nhere."]
    );
    assert_eq!(split(" \n\t\n", 99, &pieces), Vec::<String>::new());
    assert_eq!(split("", 99, &pieces), Vec::<String>::new());
    // Without the line's end, `A heading` and `Two` would be one sentence, too long for a passage.
    assert_eq!(split("A heading\nTwo words", 3, &pieces), ["A heading", "Two words"]);
}

#[test]
fn abbreviations_do_not_end_a_sentence() {
    let text = "Dr. Smith met Mr. J. Jones. They talked.";
    assert_eq!(split(text, 15, &pieces), ["Dr. Smith met Mr. J. Jones.", "They talked."]);
}

#[test]
fn a_long_sentence_is_cut_at_words() {
    let words: Vec<String> = (0..100).map(|n| format!("w{n:02}")).collect();
    let passages = split(&words.join(" "), 10, &pieces);
    assert!(passages.len() <= 20, "{}", passages.len());
    let back: Vec<&str> = passages.iter().flat_map(|passage| passage.split(' ')).collect();
    assert_eq!(back, words);
}

#[test]
fn text_without_spaces_is_split() {
    let text: String = (0..50).map(|n| format!("これは{n}番目の文章です。")).collect();
    let passages = split(&text, 30, &pieces);
    assert!(passages.iter().all(|passage| pieces(passage) <= 30 && passage.ends_with('。')));
    assert!(covers(&text, &passages));
    let endless = "漢字".repeat(5_000);
    let passages = split(&endless, 126, &pieces);
    assert!(passages.iter().all(|passage| pieces(passage) <= 126));
    assert!(passages.len() <= 2 * 10_000 / 126 + 2, "{}", passages.len());
    assert_eq!(passages.concat(), endless);
}

#[test]
fn a_giant_word_is_cut_before_it_is_counted() {
    let giant = "x".repeat(200_000);
    let (calls, longest) = (Cell::new(0), Cell::new(0));
    let count = |text: &str| {
        calls.set(calls.get() + 1);
        longest.set(longest.get().max(text.len()));
        pieces(text)
    };
    let passages = split(&giant, 126, &count);
    assert_eq!(passages.concat(), giant);
    assert!(passages.iter().all(|passage| passage.len() <= 126 * 24));
    assert!(longest.get() <= 126 * 24, "{}", longest.get());
    assert!(calls.get() < 1_000, "{}", calls.get());
}

#[test]
fn a_sentence_is_counted_once() {
    let calls = Cell::new(0);
    let text = "This is a sentence of some words. ".repeat(1_000);
    split(&text, 126, &|text| {
        calls.set(calls.get() + 1);
        pieces(text)
    });
    assert_eq!(calls.get(), 1_000);
}

#[test]
fn hostile_texts_are_split_in_time() {
    let cases = [
        "a".repeat(1_000_000),
        "Dr. ".repeat(250_000),
        "! ".repeat(500_000),
        ".".repeat(1_000_000),
        "\n".repeat(1_000_000),
        "\u{301}".repeat(300_000),
        "a\u{200d}".repeat(200_000),
        "👩‍👩‍👧‍👦".repeat(30_000),
        "🇩🇪".repeat(60_000),
        "a.1".repeat(300_000),
        "ไทย".repeat(50_000),
        "カタカナ".repeat(50_000),
        "word ".repeat(200_000),
        "字".repeat(300_000),
        " ".repeat(1_000_000) + "end",
    ];
    for text in cases {
        let start = std::time::Instant::now();
        let passages = split(&text, 126, &pieces);
        let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
        assert!(passages.iter().map(|passage| bare(passage)).sum::<usize>() >= bare(&text));
        assert!(passages.iter().all(|passage| pieces(passage) <= 126));
        let name: String = text.chars().take(9).collect();
        assert!(start.elapsed().as_secs() < 20, "{name:?} took {:?}", start.elapsed());
    }
}

#[test]
fn a_counter_that_is_never_content_does_not_hang_it() {
    assert_eq!(split("ab c", 1, &|_| 1_000).concat(), "abc");
    assert_eq!(split("ab c", 0, &pieces), ["ab", "c"]);
    assert_eq!(split("one two", 5, &|_| 0), ["one two"]);
}

proptest! {
    #[test]
    fn nothing_is_lost_and_nothing_too_long(
        text in prop::collection::vec(prop_oneof![
            4 => "[a-zA-Z]{1,12}", 1 => "[a-z]{90,250}", 1 => "\\PC{0,8}", 1 => "[漢字仮名。、]{1,12}", 1 => "[ก-ฮ]{1,40}",
            2 => Just(".".to_owned()), 1 => Just("\n".to_owned()), 1 => Just("Dr.".to_owned()), 1 => Just("! ".to_owned()),
        ], 0..150),
        spaced in any::<bool>(),
        max in 1_usize..40,
    ) {
        let text = text.join(if spaced { " " } else { "" });
        let passages = split(&text, max, &pieces);
        prop_assert!(covers(&text, &passages), "{passages:?}");
        for passage in &passages {
            prop_assert!(pieces(passage) <= max, "{} pieces in {passage:?}", pieces(passage));
            prop_assert_eq!(passage.trim(), passage);
        }
    }
}

//! Text → the words that BM25 counts and that snippets mark.
//!
//! Words are those of Unicode's text segmentation (UAX #29), cut further at punctuation (`don't`, `node.js`,
//! `snake_case`: each half is a word, as in most search engines; [`terms`] gives names as programs write them
//! as wholes, too), folded so that case, accents and
//! compatibility forms do not matter. Scripts that put no spaces between words (Chinese, Japanese, Korean, Thai,
//! Lao, Khmer, Burmese) become overlapping pairs of characters; a character that stands alone becomes itself.
//! Real segmenters for them need dictionaries of megabytes. Nothing is stemmed: languages differ, and the
//! vectors already know that `run` and `running` are close.

use std::borrow::Cow;
use std::ops::Range;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::compose;
use unicode_segmentation::UnicodeSegmentation;

/// Longer words, in characters, are skipped: they are encoded data, not something that anybody types.
pub(crate) const MAX_WORD: usize = 64;

/// Calls `each` with every word of `text`, folded, and the bytes of `text` it was made of. Ranges ascend;
/// those of pairs of characters overlap.
pub(crate) fn words(text: &str, mut each: impl FnMut(&str, Range<usize>)) {
    words_of(text, &mut text.unicode_word_indices(), &mut each);
}

/// Compiled once, as all that is called with `dyn` here: a copy for each caller was 40 KB of WASM.
fn words_of<'a>(
    text: &'a str,
    segments: &mut dyn Iterator<Item = (usize, &'a str)>,
    each: &mut dyn FnMut(&str, Range<usize>),
) {
    let mut run = Run::default();
    for (start, segment) in segments {
        let mut plain: Option<Range<usize>> = None;
        for (offset, c) in segment.char_indices() {
            let range = start + offset..start + offset + c.len_utf8();
            if is_unspaced(c) {
                emit_plain(text, plain.take(), &mut run, each);
                run.push(c, range, each);
            } else if is_inner_punctuation(c) {
                emit_plain(text, plain.take(), &mut run, each);
            } else {
                plain = Some(plain.map_or(range.start, |plain| plain.start)..range.end);
            }
        }
        emit_plain(text, plain, &mut run, each);
    }
    run.flush(each);
}

/// As [`words`], and before the parts of a name as programs write it the name as a whole: `std::mem::swap`,
/// `foo_bar`, `node.js`, `1.2.3`, `C++`. Who types the whole finds the whole first, who types a part the part.
/// Not for names with a hyphen: prose is full of them.
pub(crate) fn terms(text: &str, mut each: impl FnMut(&str, Range<usize>)) {
    terms_of(text, &mut each);
}

fn terms_of(text: &str, each: &mut dyn FnMut(&str, Range<usize>)) {
    // Found once for both: half of the time goes there.
    let segments: Vec<(usize, &str)> = text.unicode_word_indices().collect();
    let mut wholes = compounds(text, &segments).into_iter().peekable();
    words_of(text, &mut segments.into_iter(), &mut |word, range| {
        while let Some(whole) = wholes.next_if(|whole| whole.start <= range.start) {
            let folded = fold(&text[whole.clone()]);
            if whole.len() <= 4 * MAX_WORD && folded.chars().nth(MAX_WORD).is_none() {
                each(&folded, whole);
            }
        }
        each(word, range);
    });
}

/// Where the compound names in `text` are, ascending, from its segments.
fn compounds(text: &str, segments: &[(usize, &str)]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    // The name that may go on, and whether it has more than one part already.
    let mut open: Option<(Range<usize>, bool)> = None;
    let mut close = |open: Option<(Range<usize>, bool)>| {
        let Some((mut range, mut compound)) = open else { return };
        for suffix in ["++", "#"] {
            let after = text[range.end..].strip_prefix(suffix);
            if after.is_some_and(|after| {
                !after.starts_with(|c: char| c.is_alphanumeric() || c == '+' || c == '#')
            }) {
                range.end += suffix.len();
                compound = true;
            }
        }
        if compound {
            found.push(range);
        }
    };
    for &(start, segment) in segments {
        let inner = |c: char| is_inner_punctuation(c);
        let name = |c: char| !is_unspaced(c) && (!inner(c) || c == '.' || c == '_');
        if !segment.chars().all(name) {
            close(open.take());
            continue;
        }
        let end = start + segment.len();
        match &mut open {
            Some((range, compound)) if &text[range.end..start] == "::" => {
                range.end = end;
                *compound = true;
            }
            _ => close(open.replace((start..end, segment.contains(inner)))),
        }
    }
    close(open);
    found
}

/// The different words of a question, in order. Stop words are left out, unless there is nothing else.
pub(crate) fn query_terms(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    terms(text, |word, _| {
        if seen.insert(word.to_owned()) {
            all.push(word.to_owned());
        }
    });
    if all.iter().any(|word| !is_stop_word(word)) {
        all.retain(|word| !is_stop_word(word));
    }
    all
}

/// Whether `word`, folded, says nothing about a text. English only: the short words of one language are
/// content words of another (German `war`, French `on`), and BM25 already gives frequent words little weight.
pub(crate) fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.binary_search(&word).is_ok()
}

/// Sorted. The single letters and syllables are what apostrophes leave behind: `it's`, `we'll`, `don't`.
const STOP_WORDS: [&str; 101] = [
    "a", "about", "after", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "because",
    "been", "being", "but", "by", "can", "could", "d", "did", "do", "does", "doesn", "doing", "don", "for",
    "from", "had", "has", "have", "having", "he", "her", "here", "him", "his", "how", "i", "if", "in",
    "into", "is", "isn", "it", "its", "just", "ll", "m", "me", "my", "no", "not", "of", "on", "or", "our",
    "out", "re", "s", "she", "should", "so", "some", "such", "t", "than", "that", "the", "their", "them",
    "then", "there", "these", "they", "this", "those", "through", "to", "too", "up", "us", "ve", "very",
    "was", "we", "were", "what", "when", "where", "which", "while", "who", "whom", "why", "will", "with",
    "would", "you", "your",
];

/// Folds one word: compatibility forms, case, accents, and letters that carry their mark inside.
fn fold(word: &str) -> Cow<'_, str> {
    if word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
        return Cow::Borrowed(word);
    }
    if word.is_ascii() {
        return Cow::Owned(word.to_ascii_lowercase());
    }
    let mut folded = String::with_capacity(word.len());
    // In two steps: each kind of iterator that is normalised is 10 KB of its own in the module.
    let lower: String = word.nfkd().flat_map(char::to_lowercase).collect();
    for c in lower.nfkd() {
        match c {
            // Catalan `col·lecció` is also written with `ŀ`, and typed without.
            _ if is_mark(c) || is_invisible(c) || c == '·' => {}
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' => folded.push('d'),
            'ı' => folded.push('i'),
            'ς' => folded.push('σ'),
            _ => folded.push(c),
        }
    }
    Cow::Owned(folded.nfc().collect())
}

/// Marks that people leave out when they type: those on Latin, Greek and Cyrillic letters, Hebrew points and
/// Arabic vowels. Not the vowel signs of Indic scripts, which are letters in all but name.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{65f}' | '\u{670}')
}

/// Characters that are in a word but that nobody sees: soft hyphen, joiners, variation selectors.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// Punctuation that UAX #29 leaves inside a word.
fn is_inner_punctuation(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(c, '’' | '‘' | '․' | '‧' | '‿' | '⁀' | '＇' | '．' | '，' | '：' | '；' | '＿')
}

/// Whether `c` belongs to a script that is written without spaces between words (Korean has some, but glues
/// particles to its nouns, which pairs see through).
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' // Thai, Lao
        | '\u{1000}'..='\u{109f}' // Burmese
        | '\u{1100}'..='\u{11ff}' // Hangul letters
        | '\u{1780}'..='\u{17ff}' // Khmer
        | '\u{3005}'..='\u{3007}' // 々〆〇
        | '\u{3040}'..='\u{30fa}' | '\u{30fc}'..='\u{31ff}' // kana without the middle dot, Bopomofo, Hangul
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' // Han
        | '\u{ac00}'..='\u{d7af}' // Hangul syllables
        | '\u{ff66}'..='\u{ffdc}' // half-width kana and Hangul
        | '\u{20000}'..='\u{3ffff}' // rare Han
    )
}

/// Emits the word at `range`, unless it folds to nothing or is too long, after the run that it ends.
fn emit_plain(
    text: &str,
    range: Option<Range<usize>>,
    run: &mut Run,
    each: &mut dyn FnMut(&str, Range<usize>),
) {
    let Some(range) = range else { return };
    run.flush(each);
    // A character has at most 4 bytes: what is longer than this is too long whatever it folds to.
    if range.len() > 4 * MAX_WORD {
        return;
    }
    let folded = fold(&text[range.clone()]);
    if !folded.is_empty() && folded.chars().nth(MAX_WORD).is_none() {
        each(&folded, range);
    }
}

/// The characters of an unspaced script that follow each other without a gap, folded.
#[derive(Default)]
struct Run {
    characters: Vec<(char, Range<usize>)>,
}

impl Run {
    /// Takes one more character; a gap ends the run and starts a new one.
    fn push(&mut self, c: char, range: Range<usize>, each: &mut dyn FnMut(&str, Range<usize>)) {
        if self.characters.last().is_some_and(|(_, last)| last.end != range.start) {
            self.flush(each);
        }
        for folded in c.encode_utf8(&mut [0; 4]).nfkc().filter(|c| !is_invisible(*c)) {
            // A half-width or decomposed mark joins its letter.
            match self.characters.last_mut() {
                Some((letter, whole)) if let Some(joined) = compose(*letter, folded) => {
                    *letter = joined;
                    whole.end = range.end;
                }
                _ => self.characters.push((folded, range.clone())),
            }
        }
    }

    /// Ends the run. A character that found no partner is a word by itself.
    fn flush(&mut self, each: &mut dyn FnMut(&str, Range<usize>)) {
        if let [(alone, range)] = &self.characters[..] {
            each(alone.encode_utf8(&mut [0; 4]), range.clone());
        }
        for pair in self.characters.windows(2) {
            let [(first, from), (second, to)] = pair else { continue };
            each(&String::from_iter([*first, *second]), from.start..to.end);
        }
        self.characters.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> Vec<String> {
        let mut all = Vec::new();
        words(text, |word, _| all.push(word.to_owned()));
        all
    }

    #[test]
    fn the_list_of_stop_words_is_sorted_and_folded() {
        assert!(STOP_WORDS.is_sorted());
        assert!(STOP_WORDS.iter().all(|word| fold(word) == *word));
    }

    #[test]
    fn words_are_folded() {
        for (text, expected) in [
            ("The Café, naïve RÉSUMÉ", &["the", "cafe", "naive", "resume"][..]),
            ("cafe\u{301}", &["cafe"]),
            ("Straße STRASSE straſse", &["strasse", "strasse", "strasse"]),
            ("Ørsted Łódź smørrebrød", &["orsted", "lodz", "smorrebrod"]),
            ("İstanbul ISPARTA", &["istanbul", "isparta"]),
            ("ΟΔΟΣ οδός", &["οδοσ", "οδοσ"]),
            ("ёлка", &["елка"]),
            ("col·lecció coŀlecció", &["colleccio", "colleccio"]),
            ("ｆｕｌｌ ﬁne x²", &["full", "fine", "x", "2"]),
            ("don't l’homme", &["don", "t", "l", "homme"]),
            ("node.js snake_case 3.14 e-mail", &["node", "js", "snake", "case", "3", "14", "e", "mail"]),
            ("co\u{ad}operate", &["cooperate"]),
            ("हिन्दी में", &["हिन्दी", "में"]),
            ("שָׁלוֹם", &["שלום"]),
            ("👍 ... — !", &[]),
            ("", &[]),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
    }

    #[test]
    fn unspaced_scripts_become_pairs() {
        for (text, expected) in [
            ("全文検索", &["全文", "文検", "検索"][..]),
            ("猫", &["猫"]),
            ("猫 犬", &["猫", "犬"]),
            ("我爱Rust语言", &["我爱", "rust", "语言"]),
            ("テスト", &["テス", "スト"]),
            ("ﾃｽﾄ", &["テス", "スト"]),
            ("ｶﾞｽ", &["ガス"]),
            ("か\u{3099}す", &["がす"]),
            ("서울에서", &["서울", "울에", "에서"]),
            ("한국A", &["한국", "a"]),
            ("東京、大阪", &["東京", "大阪"]),
            ("ไทย", &["ไท", "ทย"]),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
    }

    #[test]
    fn names_in_code_are_kept_whole_and_split() {
        let of = |text: &str| {
            let mut all = Vec::new();
            terms(text, |word, _| all.push(word.to_owned()));
            all
        };
        for (text, expected) in [
            ("error[E0499]: borrow", &["error", "e0499", "borrow"][..]),
            ("use std::mem::swap;", &["use", "std::mem::swap", "std", "mem", "swap"]),
            ("Foo_Bar", &["foo_bar", "foo", "bar"]),
            ("__init__", &["__init__", "init"]),
            ("Node.js 1.2.3", &["node.js", "node", "js", "1.2.3", "1", "2", "3"]),
            ("C++ and C#, F#.", &["c++", "c", "and", "c#", "c", "f#", "f"]),
            ("a::b_c.d", &["a::b_c.d", "a", "b", "c", "d"]),
            ("item #3, foo#bar a+++", &["item", "3", "foo", "bar", "a"]),
            (
                "don't e-mail 1,000 a:b the end.",
                &["don", "t", "e", "mail", "1", "000", "a", "b", "the", "end"],
            ),
            ("全文_検索 x::全", &["全文", "検索", "x", "全"]),
            ("a :: b", &["a", "b"]),
        ] {
            assert_eq!(of(text), expected, "{text}");
        }
        assert_eq!(of(&"a.".repeat(100_000)).len(), 100_000, "too long for a name");
    }

    #[test]
    fn overlong_words_are_skipped_quickly() {
        let long = "a".repeat(200_000);
        assert_eq!(of(&format!("before {long} after")), ["before", "after"]);
        assert_eq!(of(&"é".repeat(MAX_WORD)), ["e".repeat(MAX_WORD)]);
        assert_eq!(of(&"é".repeat(MAX_WORD + 1)), Vec::<String>::new());
        assert_eq!(of(&"字".repeat(200_000)).len(), 199_999);
    }

    #[test]
    fn a_question_loses_its_stop_words_unless_it_has_only_such() {
        assert_eq!(query_terms("What is the history of the bicycle, the Bicycle?"), ["history", "bicycle"]);
        assert_eq!(query_terms("to be or not to be"), ["to", "be", "or", "not"]);
        assert_eq!(query_terms("?! 👍"), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn ranges_lie_in_the_text_and_ascend(text in "\\PC{0,80}|[a-c.:_#+ 字-]{0,40}") {
            let mut last = 0;
            terms(&text, |word, range| {
                assert!(!word.is_empty());
                assert!(text.get(range.clone()).is_some_and(|part| !part.is_empty()));
                assert!(range.start >= last);
                last = range.start;
            });
        }

        #[test]
        fn folding_twice_changes_nothing(text in "[ -~À-ɏΆ-ώЀ-џא-ת\u{300}-\u{310}]{0,40}") {
            for word in of(&text) {
                prop_assert_eq!(of(&word), vec![word.clone()], "{}", word);
            }
        }
    }
}

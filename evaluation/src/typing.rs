//! While somebody types, words answer at once and meaning follows. It must not take away what they were about to
//! click.
//!
//! A question is cut after [`LENGTHS`] characters, as if its typing had come so far. An *exact match* is a page
//! whose title has all that is typed, case aside: the typed words one after the other, the last one perhaps only
//! begun. It is *pushed out* when it is one of the first three by words alone and not one of the first three of the
//! hybrid, whatever took its place.

use serde::Serialize;

/// After so many characters questions are cut. Below 12 nothing may be pushed out.
pub const LENGTHS: [usize; 3] = [5, 8, 12];
/// The results that count.
const TOP: usize = 3;

/// What happened at one length.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Typed {
    /// The length.
    pub characters: usize,
    /// Questions that are longer than that.
    pub questions: usize,
    /// Exact matches among the first three by words.
    pub exact: usize,
    /// How many of them the hybrid pushed out.
    pub pushed_out: usize,
    /// How many of those made room for a page that is no exact match.
    pub for_others: usize,
}

impl Typed {
    /// Counts one question, by its results (URL and title) from words alone and from the hybrid.
    pub fn add(&mut self, typed: &str, words: &[(String, String)], hybrid: &[(String, String)]) {
        self.questions += 1;
        let shown = &hybrid[..hybrid.len().min(TOP)];
        let is_exact = |(_, title): &&(String, String)| matches(title, typed);
        let exact: Vec<_> = words.iter().take(TOP).filter(is_exact).collect();
        let gone = exact.iter().filter(|(url, _)| shown.iter().all(|(other, _)| other != url)).count();
        self.exact += exact.len();
        self.pushed_out += gone;
        self.for_others += gone.min(shown.iter().filter(|page| !is_exact(page)).count());
    }

    /// The sum of two.
    pub fn plus(self, other: Self) -> Self {
        Self {
            characters: other.characters,
            questions: self.questions + other.questions,
            exact: self.exact + other.exact,
            pushed_out: self.pushed_out + other.pushed_out,
            for_others: self.for_others + other.for_others,
        }
    }
}

/// The first `characters` of a question that has more; blanks at the end do not count as typed.
pub fn begun(text: &str, characters: usize) -> Option<&str> {
    let (end, _) = text.char_indices().nth(characters)?;
    Some(text[..end].trim_end()).filter(|text| !text.is_empty())
}

/// Whether `title` has the words of `typed` one after the other, the last one perhaps only begun.
fn matches(title: &str, typed: &str) -> bool {
    let (title, typed) = (words(title), words(typed));
    let Some((last, before)) = typed.split_last() else { return false };
    title.windows(typed.len()).any(|window| {
        window.split_last().is_some_and(|(word, first)| first == before && word.starts_with(last.as_str()))
    })
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(titles: &[&str]) -> Vec<(String, String)> {
        titles.iter().map(|title| (format!("https://{title}.test/"), (*title).to_owned())).collect()
    }

    #[test]
    fn a_title_matches_from_a_words_beginning() {
        assert!(matches("The Best Vodka Clubs", "best vod"));
        assert!(matches("BEST-VODKA", "best vodka"));
        assert!(!matches("The Best of Vodka", "best vod"));
        assert!(!matches("Unbest vodka", "best"));
        assert!(!matches("Best", "best vodka"));
        assert!(!matches("Best", "?"));
    }

    #[test]
    fn questions_are_cut_at_characters() {
        assert_eq!(begun("größer als", 5), Some("größe"));
        assert_eq!(begun("what is it", 5), Some("what"));
        assert_eq!(begun("short", 5), None);
    }

    #[test]
    fn only_what_leaves_the_first_three_is_pushed_out() {
        let words = pages(&["cat a", "cat b", "dog", "cat c"]);
        let mut typed = Typed::default();
        typed.add("cat", &words, &pages(&["cat b", "x", "cat a", "dog"]));
        assert_eq!((typed.exact, typed.pushed_out, typed.for_others), (2, 0, 0));
        typed.add("cat", &words, &pages(&["cat b", "cat c", "x", "cat a"]));
        assert_eq!((typed.exact, typed.pushed_out, typed.for_others), (4, 1, 1));
        typed.add("cat", &words, &pages(&["cat b", "cat c", "cat d"]));
        assert_eq!((typed.questions, typed.exact, typed.pushed_out, typed.for_others), (3, 6, 2, 1));
    }
}

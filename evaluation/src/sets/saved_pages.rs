//! Readability's test pages: whole articles, with what it extracts of them.
//!
//! They come without questions, so two are made of each by rule, and twenty of the end-to-end tests are asked too:
//! those were written *in other words* than the page's title and, half of them, than its text. *Described*: the first [`WORDS`] words of the
//! page's own description, which its publisher wrote and which is often not in the text (where there is none,
//! Readability takes the first paragraph). *Remembered*: the longest words of the sentence in the middle of the text,
//! as somebody would recall them: no phrase, no title.

use super::{folders, read};
use crate::{error::Error, history::Document};
use serde::Deserialize;
use std::{collections::HashSet, path::Path};

/// Words of a question.
const WORDS: usize = 12;
/// Longest words of a sentence that are remembered.
const REMEMBERED: usize = 6;
/// Shorter texts are synthetic.
const SHORTEST: usize = 100;

/// An article with two questions.
pub struct SavedPage {
    /// The URL is the folder's name.
    pub document: Document,
    /// Of the description; `None` where there is none of at least half of [`WORDS`].
    pub described: Option<String>,
    /// Of the text's middle.
    pub remembered: String,
}

/// Questions in other words than the pages', each with the folder of the page that answers it.
pub fn in_other_words() -> Result<Vec<(String, String)>, Error> {
    const FILE: &str = "tests/e2e/questions.json";
    let asked: Asked = serde_json::from_str(include_str!("../../../tests/e2e/questions.json"))
        .map_err(Error::format(FILE))?;
    Ok(asked.questions.into_iter().map(|question| (question.text, question.page)).collect())
}

#[derive(Deserialize)]
struct Asked {
    questions: Vec<AskedOne>,
}

#[derive(Deserialize)]
struct AskedOne {
    text: String,
    page: String,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    excerpt: Option<String>,
}

/// Reads the articles. Those with little text, with filler text, and second copies of a text are left out: they
/// were made to test an extractor, and are about nothing.
pub fn all(folder: &Path) -> Result<Vec<SavedPage>, Error> {
    let mut texts = HashSet::new();
    let mut pages = Vec::new();
    for folder in folders(folder)? {
        let metadata = folder.join("expected-metadata.json");
        let about: Metadata = serde_json::from_str(&read(&metadata)?).map_err(Error::format(&metadata))?;
        let text = plain(&read(&folder.join("expected.html"))?);
        let synthetic = text.split_whitespace().count() < SHORTEST || text.contains("Lorem ipsum");
        if synthetic || !texts.insert(text.clone()) {
            continue;
        }
        let described = about
            .excerpt
            .map(|text| first_words(&text))
            .filter(|text| text.split_whitespace().count() >= WORDS / 2);
        pages.push(SavedPage {
            remembered: remembered(&text),
            described,
            document: Document {
                url: folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                title: about.title.unwrap_or_default(),
                text,
                seen_at: 0.0,
            },
        });
    }
    Ok(pages)
}

fn first_words(text: &str) -> String {
    text.split_whitespace().take(WORDS).collect::<Vec<_>>().join(" ")
}

/// The longest words of the middle sentence of at least [`WORDS`] words, in their order.
fn remembered(text: &str) -> String {
    let sentences: Vec<Vec<&str>> = text
        .split(['.', '!', '?', '\n', '。'])
        .map(|sentence| sentence.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect())
        .filter(|words: &Vec<&str>| words.len() >= WORDS)
        .collect();
    let words: Vec<&str> = match sentences.get(sentences.len() / 2) {
        Some(words) => words.clone(),
        None => text.split_whitespace().take(WORDS).collect(),
    };
    let mut longest: Vec<usize> = (0..words.len()).collect();
    longest.sort_by_key(|n| std::cmp::Reverse(words[*n].chars().count()));
    longest.truncate(REMEMBERED);
    longest.sort_unstable();
    longest.into_iter().map(|n| words[n]).collect::<Vec<_>>().join(" ")
}

/// Elements that are in the middle of a line; all others end one.
const INLINE: [&str; 22] = [
    "a", "abbr", "b", "cite", "code", "del", "em", "font", "i", "img", "ins", "kbd", "mark", "q", "s",
    "small", "span", "strong", "sub", "sup", "time", "u",
];

/// The text of clean HTML, blocks apart by newlines. What Readability writes has neither scripts nor styles.
fn plain(html: &str) -> String {
    let mut lines = String::new();
    let mut rest = html;
    while let Some((text, after)) = rest.split_once('<') {
        push(&mut lines, text);
        let (tag, after) = after.split_once('>').unwrap_or((after, ""));
        let name = tag.trim_start_matches('/').split([' ', '\n', '\t', '/']).next().unwrap_or_default();
        if !INLINE.contains(&name.to_ascii_lowercase().as_str()) {
            lines.push('\n');
        }
        rest = after;
    }
    push(&mut lines, rest);
    let lines = lines.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Adds text between tags: entities decoded, its line ends are blanks.
fn push(lines: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        lines.extend(rest[..at].chars().map(|c| if c == '\n' { ' ' } else { c }));
        let entity = rest[at + 1..].split_once(';').filter(|(name, _)| name.len() <= 8);
        match entity.and_then(|(name, after)| Some((entity_of(name)?, after))) {
            Some((c, after)) => {
                lines.push(c);
                rest = after;
            }
            None => {
                lines.push('&');
                rest = &rest[at + 1..];
            }
        }
    }
    lines.extend(rest.chars().map(|c| if c == '\n' { ' ' } else { c }));
}

/// The entities that a serialiser writes.
fn entity_of(name: &str) -> Option<char> {
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => match name.strip_prefix('#')? {
            hex if hex.starts_with(['x', 'X']) => number(&hex[1..], 16),
            decimal => number(decimal, 10),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_in_other_words_are_there() {
        let questions = in_other_words().unwrap();
        assert_eq!(questions.len(), 20);
        assert!(questions.iter().all(|(text, page)| text.len() > 10 && !page.is_empty()));
    }

    #[test]
    fn html_becomes_lines() {
        let html =
            "<div>\n <p>One <em>and\n only</em> &amp; &#8220;two&#x201d;</p><p>R&D &nbsp;<br/>end</p></div>";
        assert_eq!(plain(html), "One and only & “two”\nR&D\nend");
        assert_eq!(plain("a < b"), "a");
        assert_eq!(plain(""), "");
    }

    #[test]
    fn long_words_of_the_middle_are_remembered() {
        let text = "Short one. It is a most remarkable observatory on the hill that nobody visits before \
                    midnight comes. End.";
        assert_eq!(remembered(text), "remarkable observatory nobody visits before midnight");
        assert_eq!(remembered("too short"), "too short");
        assert_eq!(remembered(""), "");
    }
}

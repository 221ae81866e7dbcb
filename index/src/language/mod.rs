//! The query language: what a person types becomes what is asked.
//!
//! | typed | asked |
//! |---|---|
//! | `lost luggage` | words, and what they mean |
//! | `"lost luggage"` | these words, one after the other, in one passage |
//! | `"C++"`, `-std::mem` | a name as programs write it is meant as a whole |
//! | `-flight`, `-"lost luggage"` | no page with this word, or these words, in it |
//! | `site:example.org`, `-site:example.org` | only on this site and its subdomains, or not on it; several `site:` are alternatives |
//! | `after:2024-05`, `before:yesterday` | last seen from the first moment of that day, month or year on; before it |
//! | `in:title` | the words must be in the title |
//!
//! A date is `2024`, `2024-05`, `2024-05-31`, `today`, `yesterday`, or `last week`, `last month`, `last year` (with a
//! space or a hyphen): the calendar's last one, weeks beginning on Monday. Two dates of a kind: the narrower one.
//!
//! **Nothing is ever an error.** An operator without a value, a date that does not exist, a quotation mark without
//! its partner, a hyphen inside a word, a seventeenth phrase: what cannot be understood is a plain word. A question that only excludes
//! has nothing to find, so its words are searched as they are. A question of filters alone is meant: it lists what
//! they let through.

mod date;

pub use date::Clock;

use crate::query::Filters;
use crate::words::{terms, words};
use std::ops::Range;

/// What was asked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Question {
    /// The words and phrases, as typed, without anything that is an operator: for BM25 and for the embedder.
    pub text: String,
    /// What pages must hold besides.
    pub must: Must,
    /// Sites and dates.
    pub filters: Filters,
}

/// Phrases that are looked for, and as many that are excluded: the lists of each are read, and all of them are looked for
/// in texts. Nobody types more; at 1 the second phrase of a question is words like any others.
pub const MAX_PHRASES: usize = 16;

/// What the text of a page must satisfy. Of each kind the first [`MAX_PHRASES`] count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Must {
    /// Each of them in some passage: folded words that follow one another.
    pub phrases: Vec<Phrase>,
    /// None of them in any passage.
    pub without: Vec<Phrase>,
    /// A word of the question in the title, and every phrase there.
    pub in_title: bool,
}

impl Must {
    /// Asks nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Folded words, at least one, that follow one another; or one name as programs write it, as a whole: `C++` is not `C`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase(pub(crate) Vec<String>);

impl Phrase {
    /// `None` for a text without words.
    pub fn new(text: &str) -> Option<Self> {
        let mut all = Vec::new();
        words(text, |word, _| all.push(word.to_owned()));
        let name = whole_name(text).map(|name| vec![name]);
        (!all.is_empty()).then(|| Self(name.unwrap_or(all)))
    }

    /// Whether it is in `text`.
    pub fn is_in(&self, text: &str) -> bool {
        if let [word] = &self.0[..] {
            let mut found = false;
            terms(text, |term, _| found |= term == word);
            return found;
        }
        let mut all = Vec::new();
        words(text, |word, _| all.push(word.to_owned()));
        all.windows(self.0.len()).any(|window| window == self.0)
    }
}

/// The name that is all of `text` and has several parts, or a sign at its end.
fn whole_name(text: &str) -> Option<String> {
    let mut whole: Option<(String, Range<usize>)> = None;
    let (mut has_parts, mut is_all) = (false, true);
    terms(text, |term, range| match &whole {
        // A name comes before its parts.
        None => whole = Some((term.to_owned(), range)),
        Some((_, name)) if name.start <= range.start && range.end <= name.end => has_parts = true,
        Some(_) => is_all = false,
    });
    whole.filter(|_| has_parts && is_all).map(|(name, _)| name)
}

/// Understands `text`, in the order of the table above. `clock` says what `yesterday` is.
pub fn parse(text: &str, clock: Clock) -> Question {
    let mut question = Question::default();
    let mut plain: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(token) = next_token(&mut rest) {
        if !take(&mut question, &mut plain, &token, &mut rest, clock) {
            plain.push(token.whole);
        }
    }
    let must = &question.must;
    let only_excludes = plain.is_empty()
        && question.filters
            == Filters { without_sites: question.filters.without_sites.clone(), ..Filters::default() }
        && (!must.without.is_empty() || must.in_title || !question.filters.without_sites.is_empty());
    if only_excludes {
        return Question { text: text.trim().to_owned(), ..Question::default() };
    }
    question.text = plain.join(" ");
    question
}

/// A piece of the question between spaces, its quoted part taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Token<'a> {
    /// As typed.
    whole: &'a str,
    /// After a hyphen.
    negated: bool,
    /// What is before the colon, where one of the operators is.
    operator: Option<&'a str>,
    /// What is left, without quotation marks.
    value: &'a str,
    /// It stood between quotation marks.
    quoted: bool,
}

const OPERATORS: [&str; 4] = ["site", "before", "after", "in"];

/// Takes the next token off the front.
fn next_token<'a>(rest: &mut &'a str) -> Option<Token<'a>> {
    let text = rest.trim_start();
    if text.is_empty() {
        return None;
    }
    let body = text.strip_prefix('-').filter(|body| !body.starts_with([' ', '-']) && !body.is_empty());
    let negated = body.is_some();
    let body = body.unwrap_or(text);
    let operator = OPERATORS.into_iter().find_map(|name| {
        let (before, after) = body.split_at_checked(name.len())?;
        (before.eq_ignore_ascii_case(name) && after.starts_with(':')).then_some(name)
    });
    let value = operator.map_or(body, |name| &body[name.len() + 1..]);
    let quoted = value.strip_prefix(is_quote).and_then(|inner| inner.split_once(is_quote));
    let (value, after) = match quoted {
        Some((inner, after)) => (inner, after),
        None => {
            let end = value.find(char::is_whitespace).unwrap_or(value.len());
            value.split_at(end)
        }
    };
    let whole = &text[..text.len() - after.len()];
    *rest = after;
    Some(Token { whole, negated, operator, value, quoted: quoted.is_some() })
}

/// Quotation marks that keyboards and phones put in.
fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»')
}

/// Does what a token says; `false` if it is a plain word.
fn take<'a>(
    question: &mut Question,
    plain: &mut Vec<&'a str>,
    token: &Token<'a>,
    rest: &mut &'a str,
    clock: Clock,
) -> bool {
    let Question { must, filters, .. } = question;
    match (token.operator, token.negated) {
        (None, false) if !token.quoted => false,
        (None, negated) => {
            let Some(phrase) = Phrase::new(token.value) else { return false };
            let asked = if negated { &mut must.without } else { &mut must.phrases };
            if !asked.contains(&phrase) {
                if asked.len() >= MAX_PHRASES {
                    return false;
                }
                asked.push(phrase);
            }
            if !negated {
                plain.push(token.value);
            }
            true
        }
        (Some("site"), negated) => {
            let Some(site) = site(token.value) else { return false };
            if negated {
                filters.without_sites.push(site);
            } else {
                filters.sites.get_or_insert_default().push(site);
            }
            true
        }
        (Some("in"), false) if token.value.eq_ignore_ascii_case("title") => {
            must.in_title = true;
            true
        }
        (Some(which @ ("before" | "after")), false) => {
            let Some((start, left)) = date::start(token.value, rest, clock) else { return false };
            *rest = left;
            if which == "after" {
                filters.after = Some(filters.after.map_or(start, |other| other.max(start)));
            } else {
                filters.before = Some(filters.before.map_or(start, |other| other.min(start)));
            }
            true
        }
        _ => false,
    }
}

/// The host in what follows `site:`; a whole address does as well.
fn site(value: &str) -> Option<String> {
    let host = value.split_once("://").map_or(value, |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next()?;
    let host = without_port(host).trim_matches('.').to_lowercase();
    host.contains(|c: char| c.is_alphanumeric()).then_some(host)
}

/// Stored hosts have no port, and those that are numbers no brackets. A colon that is not before a port is in a number.
fn without_port(host: &str) -> &str {
    if let Some((number, _)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return number;
    }
    match host.split_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests;

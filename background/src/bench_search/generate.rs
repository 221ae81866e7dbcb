//! Pages that were never written, with the statistics of some that were.
//!
//! The seed corpus is some two thousand real passages with their real vectors (tests/bench/search/seeds.ts chooses
//! them). A page has a topic, one of those passages; each passage of the page has another one as its own. Its text is
//! the own passage's sentences, some of them replaced by sentences of the topic's document, as many as the topic has
//! in the vector ([`super::vectors`]), so that words and meaning agree as they do in a text. Some words are replaced by
//! made-up ones ([`super::words`]). Lengths, frequencies of words and what stands beside what are therefore real,
//! and both words and vectors are as diverse as in a corpus of that size.
//!
//! Everything follows from the seed and the page's number ([`super::random`]).

use super::random::{Random, mix};
use super::vectors::{Mixer, Recipe};
use super::words::{Vocabulary, made_up};
use serde::Deserialize;
use std::ops::Range;

/// Passages of a page, the title's included.
pub const PASSAGES: usize = 10;
/// The last moment at which a page was seen, ms since the epoch.
pub const NOW: f64 = 1_767_225_600_000.0;
/// Pages were seen over so many days.
pub const DAYS: f64 = 730.0;
/// Words of a title that are the topic's; as many more as [`OWN_TITLE_WORDS`] are the page's own.
const TITLE_WORDS: usize = 8;
const OWN_TITLE_WORDS: usize = 2;
/// Sites follow a power law too: P(rank > r) = (1 + r / [`SITES_FLAT`])^−[`SITES_EXPONENT`]. The first one has 4% of
/// all pages, and half of all pages are on sites that have less than a thousandth each.
const SITES_FLAT: f64 = 20.0;
const SITES_EXPONENT: f64 = 0.8;
/// Added to a rank to keep sites' names apart from frequent made-up words.
const SITE_NAMES: u64 = 1 << 20;

/// A shorter part, in bytes, is no sentence yet.
const SHORT: usize = 30;

/// A document of fewer passages is no topic, if there are others: its sentences would come again and again.
const TOPIC_PASSAGES: usize = 3;

/// What the streams of random numbers are for, beside ordinals.
const TOPIC: u64 = u64::MAX;
const ADDRESS: u64 = u64::MAX - 1;

/// One real document.
#[derive(Deserialize)]
pub struct SeedDocument {
    title: String,
    passages: Vec<String>,
}

/// Makes pages.
pub struct Corpus {
    seed: u64,
    passages: Vec<SeedPassage>,
    titles: Vec<String>,
    /// The passages of each document.
    documents: Vec<Range<usize>>,
    /// The passages of documents that are long enough for a page to be about.
    topics: Vec<usize>,
    /// The vectors.
    pub mixer: Mixer,
    /// The words.
    pub vocabulary: Vocabulary,
}

struct SeedPassage {
    document: usize,
    sentences: Vec<String>,
}

/// One page.
pub struct Page {
    /// Its number, from 0.
    pub number: u64,
    /// Its site's host name.
    pub host: String,
    /// Its address.
    pub url: String,
    /// Its title.
    pub title: String,
    /// ms since the epoch.
    pub seen_at: f64,
    /// Its text; the title is not among them.
    pub passages: Vec<String>,
}

impl Corpus {
    /// `vectors` are those of all passages of `documents`, one after the other. `None` where they do not fit, or there
    /// are too few to mix.
    pub fn new(documents: Vec<SeedDocument>, vectors: Vec<f32>, seed: u64) -> Option<Self> {
        let texts = documents.iter().flat_map(|document| &document.passages).map(String::as_str);
        let vocabulary = Vocabulary::of(texts);
        let (mut titles, mut ranges, mut passages, mut document_of) = (vec![], vec![], vec![], vec![]);
        for (document, SeedDocument { title, passages: texts }) in documents.into_iter().enumerate() {
            ranges.push(passages.len()..passages.len() + texts.len());
            document_of.extend(texts.iter().map(|_| document));
            passages.extend(texts.iter().map(|text| SeedPassage { document, sentences: sentences(text) }));
            titles.push(title);
        }
        let dims = vectors.len() / passages.len().max(1);
        if passages.len() < 2 || dims == 0 || vectors.len() != dims * passages.len() {
            return None;
        }
        let mixer = Mixer::new(vectors, dims, &document_of);
        let long = |n: &usize| ranges[document_of[*n]].len() >= TOPIC_PASSAGES;
        let mut topics: Vec<usize> = (0..passages.len()).filter(long).collect();
        if topics.is_empty() {
            topics = (0..passages.len()).collect();
        }
        Some(Self { seed, passages, titles, documents: ranges, topics, mixer, vocabulary })
    }

    /// A page's topic and what its passages are made of: the same for its text and its vectors.
    fn recipe(&self, number: u64, ordinal: usize) -> Recipe {
        let topic = self.topics[Random::of([self.seed, number, TOPIC]).below(self.topics.len())];
        self.mixer.draw(topic, &mut Random::of([self.seed, number, ordinal as u64]))
    }

    /// The page of a number.
    pub fn page(&self, number: u64) -> Page {
        let mut random = Random::of([self.seed, number, ADDRESS]);
        let rank = SITES_FLAT * (random.unit().powf(-1.0 / SITES_EXPONENT) - 1.0);
        let host = site(rank as u64);
        let seen_at = (NOW - random.unit() * DAYS * 86_400_000.0).floor();
        let title = self.title(number, &mut random);
        let slug: String = title
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
            .collect();
        let url = format!("https://{host}/{slug}-{number}");
        let passages = (1..PASSAGES).map(|ordinal| self.text(number, ordinal)).collect();
        Page { number, host, url, title, seen_at, passages }
    }

    /// Writes the vector of a passage; ordinal 0 is the title.
    pub fn vector(&self, number: u64, ordinal: usize, out: &mut [f32]) {
        self.mixer.mix(&self.recipe(number, ordinal), out);
    }

    /// Two real passages of each document that is a topic, half of it apart.
    pub fn real_pairs(&self) -> impl Iterator<Item = [usize; 2]> {
        let long = self.documents.iter().filter(|range| range.len() >= TOPIC_PASSAGES);
        long.map(|range| [range.start, range.start + range.len() / 2])
    }

    /// The text of a real passage.
    pub fn real_text(&self, n: usize) -> String {
        self.passages[n].sentences.join(" ")
    }

    /// The text of a passage; ordinal 0, the title, has none here.
    pub fn text(&self, number: u64, ordinal: usize) -> String {
        let recipe = self.recipe(number, ordinal);
        let mut random = Random::of([self.seed, mix(number), ordinal as u64]);
        let mut text = String::new();
        // The topic's document from anywhere on, so that no sentence comes twice in a passage.
        let topic = self.documents[self.passages[recipe.topic].document].clone();
        let from = topic.start + random.below(topic.len());
        let mut on_topic =
            (from..topic.end).chain(topic.start..from).flat_map(|n| &self.passages[n].sentences);
        for sentence in &self.passages[recipe.own].sentences {
            let drawn = if random.unit() < recipe.share { on_topic.next() } else { None };
            self.write(drawn.unwrap_or(sentence), &mut random, &mut text);
        }
        text
    }

    /// Appends a sentence, some words replaced.
    fn write(&self, sentence: &str, random: &mut Random, text: &mut String) {
        for word in sentence.split(' ') {
            if !text.is_empty() {
                text.push(' ');
            }
            if random.unit() > self.vocabulary.unseen {
                text.push_str(word);
                continue;
            }
            text.push_str(&self.vocabulary.unseen_word(random));
            text.extend(word.chars().last().filter(char::is_ascii_punctuation));
        }
    }

    fn title(&self, number: u64, random: &mut Random) -> String {
        let recipe = self.recipe(number, 0);
        let title = &self.titles[self.passages[recipe.topic].document];
        let own = self.passages[recipe.own].sentences.first().map_or("", String::as_str);
        let words = title.split(' ').take(TITLE_WORDS).chain(own.split(' ').take(OWN_TITLE_WORDS));
        let mut text = String::new();
        words.for_each(|word| self.write(word, random, &mut text));
        text
    }
}

/// The host name of the site of a rank, from 0.
pub fn site(rank: u64) -> String {
    format!("www.{}.example", made_up(SITE_NAMES + rank))
}

/// Roughly the sentences of a passage, abbreviations and short ones together with what is before them.
fn sentences(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for part in text.split_inclusive(['.', '?', '!', '\n']) {
        match all.last_mut() {
            Some(last) if last.len() < SHORT || !part.starts_with(char::is_whitespace) => last.push_str(part),
            _ => all.push(part.to_owned()),
        }
    }
    all.iter_mut().for_each(|sentence| *sentence = sentence.split_whitespace().collect::<Vec<_>>().join(" "));
    all.retain(|sentence| !sentence.is_empty());
    all
}

#[cfg(test)]
mod tests {
    use super::super::words::words;
    use super::*;
    use std::collections::HashSet;

    fn corpus(seed: u64) -> Corpus {
        let bytes = include_bytes!("../../../models/tests/data/real_passages.f32");
        let vectors: Vec<f32> =
            bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        let passage = |n: usize| {
            let word = |i: usize| made_up((n * 7 + i * i) as u64 % 997);
            let sentence = |i: usize| (0..12).map(|j| word(12 * i + j)).collect::<Vec<_>>().join(" ");
            // A word in 13 is nowhere else.
            let rare = |i: usize| made_up(100_000 + (10 * n + i) as u64);
            (0..6).map(|i| format!("{} {}. ", sentence(i), rare(i))).collect::<String>()
        };
        let documents = (0..100)
            .map(|n| SeedDocument {
                title: format!("About {}", made_up(n as u64)),
                passages: vec![passage(2 * n), passage(2 * n + 1)],
            })
            .collect();
        Corpus::new(documents, vectors, seed).unwrap()
    }

    #[test]
    fn a_page_is_the_same_every_time_and_unlike_all_others() {
        let (one, again, other) = (corpus(1), corpus(1), corpus(2));
        let mut seen = HashSet::new();
        for number in 0..200 {
            let page = one.page(number);
            assert_eq!(page.passages, again.page(number).passages);
            assert_eq!(page.url, again.page(number).url);
            assert_ne!(page.passages, other.page(number).passages);
            assert_eq!(page.passages.len(), PASSAGES - 1);
            assert!(page.seen_at <= NOW && page.seen_at >= NOW - DAYS * 86_400_000.0);
            assert!(page.url.starts_with(&format!("https://{}/", page.host)));
            seen.extend(page.passages);
        }
        assert!(seen.len() > 200 * (PASSAGES - 1) * 99 / 100, "{}", seen.len());
    }

    #[test]
    fn texts_have_the_length_of_real_ones_and_ever_new_words() {
        let corpus = corpus(3);
        let texts: Vec<String> = (0..200).flat_map(|number| corpus.page(number).passages).collect();
        let lengths = texts.iter().map(|text| text.split(' ').count()).sum::<usize>() / texts.len();
        assert!((70..=86).contains(&lengths), "{lengths}");
        let unseen = corpus.vocabulary.unseen;
        let known: HashSet<&str> = corpus.vocabulary.words.iter().map(String::as_str).collect();
        let all: Vec<String> = texts.iter().flat_map(|text| words(text)).collect();
        let new = all.iter().filter(|word| !known.contains(word.as_str())).count() as f64;
        assert!((new / all.len() as f64 - unseen).abs() < 0.01 + unseen / 5.0, "{new} of {}", all.len());
    }

    #[test]
    fn the_first_sites_are_frequent_and_most_are_rare() {
        let corpus = corpus(4);
        let hosts: Vec<String> = (0..3000).map(|number| corpus.page(number).host).collect();
        let first = hosts.iter().filter(|host| **host == site(0)).count();
        assert!((60..200).contains(&first), "{first}");
        assert!(hosts.iter().collect::<HashSet<_>>().len() > 300);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let document =
            |passages: usize| SeedDocument { title: String::new(), passages: vec!["A b.".into(); passages] };
        assert!(Corpus::new(vec![], vec![], 0).is_none());
        assert!(Corpus::new(vec![document(1)], vec![1.0; 4], 0).is_none());
        assert!(Corpus::new(vec![document(3)], vec![1.0; 4], 0).is_none());
        assert!(Corpus::new(vec![document(2)], vec![1.0; 4], 0).is_some());
        assert!(Corpus::new(vec![document(2), document(0)], vec![0.5; 8], 0).is_some());
    }

    #[test]
    fn sentences_end_where_a_reader_would_end_them() {
        let text = "Mr. Smith has one sentence that is long enough. Another with 3.5 in it, rather long? Yes. It is so.\nA line.";
        let expected = [
            "Mr. Smith has one sentence that is long enough.",
            "Another with 3.5 in it, rather long?",
            "Yes. It is so. A line.",
        ];
        assert_eq!(sentences(text), expected);
    }
}

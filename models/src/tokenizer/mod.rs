//! Word pieces, as a BERT's own `tokenizer.json` defines them.
//!
//! The `tokenizers` crate reads any tokenizer there is, and brings two regex engines with their tables, of which
//! BERT's needs nothing: too much for a module that is compiled at every cold start. So this reads the one kind of
//! file that BERT-family models have and refuses every other; tests hold it, id for id, against that crate and
//! against numbers that Hugging Face's own code made.
//!
//! A text becomes ids in four steps: special pieces that stand in it literally are set apart; the rest is
//! normalised ([`normalise`]), cut into words at spaces, punctuation and ideographs, and each word is cut
//! into the longest pieces that the vocabulary has ([`vocabulary`]).

mod normalise;
mod vocabulary;

use crate::EmbedError;
use normalise::Normaliser;
use serde::Deserialize;
use vocabulary::Vocabulary;

/// Text to word-piece ids.
pub struct Tokenizer {
    normaliser: Normaliser,
    vocabulary: Vocabulary,
    specials: Vec<Special>,
    /// What special pieces begin with.
    heads: Vec<char>,
    first: u32,
    last: u32,
    max_tokens: usize,
}

/// A piece that is never cut, wherever it stands in a text.
#[derive(Deserialize)]
struct Special {
    id: u32,
    content: String,
    #[serde(default)]
    single_word: bool,
    #[serde(default)]
    lstrip: bool,
    #[serde(default)]
    rstrip: bool,
    #[serde(default)]
    normalized: bool,
}

/// What is read of a `tokenizer.json`. Truncation and padding, which it may ask for, are this project's
/// business.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    added_tokens: Vec<Special>,
    normalizer: Normaliser,
    #[serde(rename = "pre_tokenizer")]
    _pre_tokenizer: PreTokenizer,
    post_processor: PostProcessor,
    model: Vocabulary,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum PreTokenizer {
    BertPreTokenizer {},
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum PostProcessor {
    TemplateProcessing { single: Vec<Part> },
    BertProcessing { sep: (String, u32), cls: (String, u32) },
}

#[derive(Deserialize)]
enum Part {
    SpecialToken { id: String },
    Sequence {},
}

impl Tokenizer {
    /// Reads a `tokenizer.json`. `max_tokens` is the model's limit, special pieces included.
    pub fn from_json(json: &str, max_tokens: usize) -> Result<Self, EmbedError> {
        let refuse = |why: &str| EmbedError::Tokenizer(why.into());
        if max_tokens < 2 {
            return Err(EmbedError::Shape("a model must take at least [CLS] and [SEP]".into()));
        }
        let file: File = serde_json::from_str(json).map_err(|error| refuse(&error.to_string()))?;
        let special = |content: &str| file.added_tokens.iter().find(|s| s.content == content).map(|s| s.id);
        let (first, last) = match &file.post_processor {
            PostProcessor::BertProcessing { sep, cls } => (cls.1, sep.1),
            PostProcessor::TemplateProcessing { single } => match single.as_slice() {
                [Part::SpecialToken { id: first }, Part::Sequence {}, Part::SpecialToken { id: last }] => {
                    let missing = || refuse("the template names a piece that is not there");
                    (special(first).ok_or_else(missing)?, special(last).ok_or_else(missing)?)
                }
                _ => return Err(refuse("only one piece before and one after a text are known")),
            },
        };
        let odd = |s: &Special| s.single_word || s.lstrip || s.rstrip || s.normalized || s.content.is_empty();
        if file.added_tokens.iter().any(odd) {
            return Err(refuse("an added piece has options that are not known"));
        }
        file.model.check().map_err(refuse)?;
        let mut heads: Vec<char> =
            file.added_tokens.iter().filter_map(|s| s.content.chars().next()).collect();
        heads.dedup();
        Ok(Self {
            heads,
            normaliser: file.normalizer,
            vocabulary: file.model,
            specials: file.added_tokens,
            first,
            last,
            max_tokens,
        })
    }

    /// All ids of a text, `[CLS]` and `[SEP]` included, however many they are.
    pub fn ids(&self, text: &str) -> Vec<u32> {
        let mut ids = vec![self.first];
        self.pieces(text, |id| {
            ids.push(id);
            true
        });
        ids.push(self.last);
        ids
    }

    /// The ids of a text's beginning, at most as many as the model takes, `[SEP]` last.
    pub fn ids_cut(&self, text: &str) -> Vec<u32> {
        let mut ids = vec![self.first];
        self.pieces(text, |id| {
            ids.push(id);
            ids.len() < self.max_tokens - 1
        });
        ids.truncate(self.max_tokens - 1);
        ids.push(self.last);
        ids
    }

    /// The number of word pieces, `[CLS]` and `[SEP]` not counted.
    pub fn count(&self, text: &str) -> usize {
        let mut count = 0;
        self.pieces(text, |_| {
            count += 1;
            true
        });
        count
    }

    /// The share of a text's word pieces that the vocabulary has; 1 for a text without any.
    pub fn known_share(&self, text: &str) -> f64 {
        let unknown = self.vocabulary.unknown();
        let (mut known, mut all) = (0_u32, 0_u32);
        self.pieces(text, |id| {
            all += 1;
            known += u32::from(Some(id) != unknown);
            true
        });
        if all == 0 { 1.0 } else { f64::from(known) / f64::from(all) }
    }

    /// Hands each piece to `take`, until that says `false`.
    fn pieces(&self, text: &str, mut take: impl FnMut(u32) -> bool) {
        let mut rest = text;
        let mut words = self.normaliser.words();
        while !rest.is_empty() {
            let (plain, special, after) = self.next_special(rest);
            if !words.of(plain, &mut |word| self.vocabulary.pieces(word, &mut take)) {
                return;
            }
            if let Some(id) = special
                && !take(id)
            {
                return;
            }
            rest = after;
        }
    }

    /// What stands before the first special piece, that piece, and what follows it.
    fn next_special<'t>(&self, text: &'t str) -> (&'t str, Option<u32>, &'t str) {
        let mut from = 0;
        while let Some(step) = text[from..].find(self.heads.as_slice()) {
            let at = from + step;
            let here = self.specials.iter().filter(|special| text[at..].starts_with(&special.content));
            if let Some(special) = here.max_by_key(|special| special.content.len()) {
                return (&text[..at], Some(special.id), &text[at + special.content.len()..]);
            }
            from = at + text[at..].chars().next().map_or(1, char::len_utf8);
        }
        (text, None, "")
    }
}

impl std::fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokenizer").field("max_tokens", &self.max_tokens).finish_non_exhaustive()
    }
}

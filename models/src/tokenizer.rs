//! Word pieces, by the `tokenizers` crate from a model's own `tokenizer.json`.

use crate::EmbedError;
use std::str::FromStr;

/// Text to word-piece ids.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    max_tokens: usize,
}

impl std::fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokenizer").field("max_tokens", &self.max_tokens).finish_non_exhaustive()
    }
}

impl Tokenizer {
    /// Reads a `tokenizer.json`. The truncation and padding that it may ask for are switched off: lengths
    /// are this project's business (`max_tokens`, special pieces included).
    pub fn from_json(json: &str, max_tokens: usize) -> Result<Self, EmbedError> {
        let refused = |error: tokenizers::Error| EmbedError::Tokenizer(error.to_string());
        let mut inner = tokenizers::Tokenizer::from_str(json).map_err(refused)?;
        inner.with_truncation(None).map_err(refused)?;
        inner.with_padding(None);
        if max_tokens < 2 {
            return Err(EmbedError::Shape("a model must take at least [CLS] and [SEP]".into()));
        }
        Ok(Self { inner, max_tokens })
    }

    /// All ids of a text, `[CLS]` and `[SEP]` included, however many they are.
    pub fn ids(&self, text: &str) -> Result<Vec<u32>, EmbedError> {
        let encoding =
            self.inner.encode_fast(text, true).map_err(|error| EmbedError::Tokenizer(error.to_string()))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The ids of a text's beginning, at most as many as the model takes, `[SEP]` last.
    pub fn ids_cut(&self, text: &str) -> Result<Vec<u32>, EmbedError> {
        let mut ids = self.ids(text)?;
        if ids.len() > self.max_tokens {
            let last = ids[ids.len() - 1];
            ids.truncate(self.max_tokens - 1);
            ids.push(last);
        }
        Ok(ids)
    }

    /// The number of word pieces, special ones not counted.
    pub fn count(&self, text: &str) -> usize {
        // A text that cannot be tokenised has no pieces; embedding it will say why.
        self.inner.encode_fast(text, false).map_or(0, |encoding| encoding.len())
    }
}

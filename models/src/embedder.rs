//! The one small trait that everything able to embed implements, and its errors.

use crate::chain::Unavailable;
use futures::future::LocalBoxFuture;
use std::fmt;

/// Who embeds, in order of preference on a tie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Backend {
    /// The neural model on the graphics processor.
    WebGpu,
    /// The neural model on the CPU.
    Cpu,
    /// Feature hashing.
    Hash,
}

impl Backend {
    /// All, in order of preference on a tie.
    pub const ALL: [Backend; 3] = [Backend::WebGpu, Backend::Cpu, Backend::Hash];
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Backend::WebGpu => "WebGPU",
            Backend::Cpu => "CPU",
            Backend::Hash => "hash",
        })
    }
}

/// What a text is for: some models want different prefixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A question.
    Query,
    /// Something that may answer one.
    Passage,
}

/// Text to vectors.
///
/// Futures are not `Send`: a service worker has one thread.
pub trait Embedder {
    /// Who this is.
    fn backend(&self) -> Backend;

    /// The vector space of its answers (`model id@revision`). Vectors of different spaces must never
    /// be compared.
    fn space(&self) -> &str;

    /// Dimensions of its vectors.
    fn dims(&self) -> usize;

    /// One vector a text, in order, each of [`Embedder::dims`] values and Euclidean norm 1. A text
    /// longer than the model takes is embedded by its beginning; callers that must lose nothing split
    /// it first.
    fn embed<'a>(
        &'a self,
        texts: &'a [&'a str],
        role: Role,
    ) -> LocalBoxFuture<'a, Result<Vec<Vec<f32>>, EmbedError>>;

    /// The number of word pieces that `text` makes, special ones not counted; `None` for an embedder
    /// that has none.
    fn count_tokens(&self, text: &str) -> Option<usize>;

    /// The share of a text that it can tell from other texts, from 0 to 1: what is in its vocabulary.
    fn known_share(&self, _text: &str) -> f64 {
        1.0
    }

    /// What the words of `text` mean each by itself, together as a vector of [`Embedder::dims`] values and norm 1. It
    /// takes microseconds where [`Embedder::embed`] takes milliseconds, and can choose among the sentences of a
    /// passage, not among pages. Comparable with other sketches only. `None` for an embedder that makes none, and of
    /// a text without words.
    fn sketch(&self, _text: &str) -> Option<Vec<f32>> {
        None
    }
}

/// Why a text was not embedded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmbedError {
    /// The tokenizer refused the text.
    Tokenizer(String),
    /// The backend failed.
    Backend(String),
    /// The backend is gone for good (a lost device, a dead module), and says itself why.
    Gone(Unavailable),
    /// The backend answered with numbers that are no unit vector (NaN, zeros, stale buffers).
    NotAVector,
    /// The batch or a sequence in it is outside what the model takes.
    Shape(String),
}

impl EmbedError {
    /// A stable code.
    pub fn code(&self) -> &str {
        match self {
            EmbedError::Tokenizer(_) => "tokenizer_failed",
            EmbedError::Backend(_) => "backend_failed",
            EmbedError::Gone(why) => &why.code,
            EmbedError::NotAVector => "not_a_vector",
            EmbedError::Shape(_) => "bad_shape",
        }
    }
}

impl fmt::Display for EmbedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EmbedError::Tokenizer(why) => write!(f, "the tokenizer refused the text: {why}"),
            EmbedError::Backend(why) => write!(f, "the backend failed: {why}"),
            EmbedError::Gone(why) => f.write_str(&why.detail),
            EmbedError::NotAVector => {
                f.write_str("the backend answered with numbers that are no unit vector")
            }
            EmbedError::Shape(why) => write!(f, "the input does not fit the model: {why}"),
        }
    }
}

impl std::error::Error for EmbedError {}

/// Checks that `values` is a finite vector of norm 1 within 1 %: the cheap test that catches zeroed or
/// stale buffers of a graphics processor on every answer.
pub fn check_unit(values: &[f32]) -> Result<(), EmbedError> {
    let square: f32 = values.iter().map(|x| x * x).sum();
    // A NaN or an infinity makes the comparison false.
    if (square - 1.0).abs() < 0.02 { Ok(()) } else { Err(EmbedError::NotAVector) }
}

/// Scales `values` to Euclidean norm 1; an all-zero vector is left alone.
pub fn normalise(values: &mut [f32]) {
    let norm = values.iter().map(|x| x * x).sum::<f32>().sqrt();
    if norm > 0.0 {
        values.iter_mut().for_each(|x| *x /= norm);
    }
}

/// The cosine of two vectors of norm 1.
pub fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

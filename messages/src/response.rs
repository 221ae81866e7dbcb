//! What the background answers.

use crate::{
    Backend, Exported, Forgotten, Imported, Level, ModelList, PageList, PageStatus, Preview, Restored,
    Sensitive, SiteList, SkipReason, State,
};
use serde::{Deserialize, Serialize};

/// What travels back: exactly one of `ok` and `error`.
#[allow(clippy::large_enum_variant, reason = "there is one at a time, and it is serialised at once")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub enum Reply {
    /// The answer.
    Ok(Response),
    /// Why there is none.
    Error(Failure),
}

/// One answer for each [`crate::Request`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub enum Response {
    /// To `offer`.
    Wanted(Wanted),
    /// To `capture`.
    Captured(Captured),
    /// To `search` and `similar`.
    Results(Results),
    /// To `preview`.
    Preview(Preview),
    /// To `forget` and `setSite`.
    Forgotten(Forgotten),
    /// To `undo`.
    Restored(Restored),
    /// To `page` and `pin`.
    Page(PageStatus),
    /// To `pages`.
    Pages(PageList),
    /// To `sites`.
    Sites(SiteList),
    /// To `sensitive`.
    Sensitive(Sensitive),
    /// To `export`.
    Exported(Exported),
    /// To `import`.
    Imported(Imported),
    /// To `models`, `model` and `importModel`.
    Models(ModelList),
    /// To `state`, `configure` and `backfill`.
    State(State),
    /// To `diagnose`.
    Diagnosis(Diagnosis),
    /// To `compare`.
    Compared(Compared),
}

/// Whether a page's text is wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Wanted {
    /// Why not; `null` means that it is wanted.
    pub skip: Option<SkipReason>,
    /// How much of it.
    pub level: Level,
}

/// What became of a page's text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub enum Captured {
    /// Stored durably; it will be indexed, whatever happens to the worker.
    Queued,
    /// The text is the one already known: only the visit was counted.
    Unchanged,
    /// Not stored.
    Skipped {
        /// Why.
        reason: SkipReason,
    },
}

/// Ranked pages, best first, one row a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Results {
    /// The rows.
    pub hits: Vec<Hit>,
    /// Who embedded the question; `null` where no vector was used.
    pub backend: Option<Backend>,
    /// Time to embed the question, ms.
    pub embed_ms: f64,
    /// Time to search and rank, ms.
    pub search_ms: f64,
    /// For `similar`: the page asked about is not in the index, so there is nothing to compare.
    pub unknown_page: bool,
}

/// One page that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Hit {
    /// The page's identifier, hexadecimal.
    pub page: String,
    /// The address to open.
    pub url: String,
    /// The host, for display.
    pub site: String,
    /// The page's title, or its address where it has none.
    pub title: String,
    /// When it was last seen, ms since the epoch.
    pub last_seen: f64,
    /// How often its text was seen.
    pub visits: u32,
    /// The best passage, in pieces, those that match the question's words marked. A line break is the border of two
    /// blocks of the page.
    pub snippet: Vec<Piece>,
    /// The fused score; comparable within one answer only.
    pub score: f64,
    /// How close its meaning is to the question's, if vectors were used.
    pub cosine: Option<f64>,
    /// The page's BM25 score, if a word matched.
    pub bm25: Option<f64>,
    /// What found it.
    pub why: Why,
    /// How many other pages match that say nearly the same; they are no hits of their own.
    pub alike: u32,
    /// The page's language as it says itself, a BCP 47 tag.
    pub language: Option<String>,
    /// The same where the model does not know that language, so that the page was found by its words alone.
    pub unknown_language: Option<String>,
    /// Retention leaves it alone.
    pub pinned: bool,
}

/// A piece of a snippet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Piece {
    /// The text, to be shown as text, never as markup.
    pub text: String,
    /// It matches the question.
    pub marked: bool,
}

/// What found a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub enum Why {
    /// Words of the question are in it.
    Words,
    /// It means something close.
    Meaning,
    /// Both.
    Both,
}

/// How a text was embedded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Diagnosis {
    /// Who embedded it.
    pub backend: Backend,
    /// Model id and revision, as stored with every vector.
    pub space: String,
    /// Dimensions.
    pub dims: u32,
    /// Word pieces, the special ones included; `null` for the hash, which has none.
    pub tokens: Option<u32>,
    /// Time, ms.
    pub took_ms: f64,
    /// The vector's first ten values.
    pub first_ten: Vec<f64>,
    /// Its Euclidean norm: 1 within rounding, or something is wrong.
    pub norm: f64,
}

/// How near texts are to a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Compared {
    /// Who embedded them.
    pub backend: Backend,
    /// The cosine of each text with the question, in the order asked.
    pub cosines: Vec<f64>,
    /// Time, ms.
    pub took_ms: f64,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Failure {
    /// Stable, for programs.
    pub code: ErrorCode,
    /// What happened and what to do, in English, for people and logs.
    pub message: String,
}

/// The stable codes of everything that can go wrong at this border.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub enum ErrorCode {
    /// The message does not have the shape of any request.
    BadMessage,
    /// The envelope's version is not [`crate::VERSION`]: the sender is older or newer; reload it.
    UnknownVersion,
    /// This sender may not ask this.
    Forbidden,
    /// The store failed; the message says how.
    Store,
    /// A stored record cannot be read.
    Corrupt,
    /// No embedder could embed the text.
    Embed,
    /// The background could not start; the message says why.
    NotReady,
}

//! What a person may see of the inside.

use crate::{BackfillState, Settings};
use serde::{Deserialize, Serialize};

/// Who embeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub enum Backend {
    /// The neural model on the graphics processor.
    WebGpu,
    /// The neural model on the CPU.
    Cpu,
    /// Feature hashing: letters, not meaning.
    Hash,
}

/// What is going on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct State {
    /// The settings in force.
    pub settings: Settings,
    /// The model's id.
    pub model: String,
    /// The space in which questions and new passages are embedded now.
    pub space: String,
    /// Dimensions of a vector.
    pub dims: u32,
    /// The links of the chain, in order of preference, each with what was found.
    pub chain: Vec<Link>,
    /// Who embeds a question, and why it was chosen.
    pub query_choice: Choice,
    /// Who embeds passages in bulk, and why it was chosen.
    pub bulk_choice: Choice,
    /// Something is wrong that a person should know, in one sentence.
    pub problem: Option<String>,
    /// Nothing is read just now, because of [`Settings::paused`] or [`Settings::paused_until`].
    pub paused: bool,
    /// Pages in the index.
    pub pages: u32,
    /// Passages in the index.
    pub passages: u32,
    /// Pages read but not yet split into passages.
    pub queued: u32,
    /// Passages that still need a vector in the current space.
    pub unembedded: u32,
    /// The battery is nearly empty: these wait until it is charged.
    pub sparing: bool,
    /// Taking in history and bookmarks.
    pub backfill: BackfillState,
    /// Bytes that pages, passages and the queue take, as stored, models not counted.
    pub stored_bytes: f64,
    /// Bytes that models take.
    pub model_bytes: f64,
    /// The extension's version.
    pub version: String,
}

/// A backend that was chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Choice {
    /// Who.
    pub backend: Backend,
    /// Why, in one sentence.
    pub reason: String,
}

/// One link of the chain WebGPU → CPU → hash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Link {
    /// Which.
    pub backend: Backend,
    /// It can embed.
    pub available: bool,
    /// A stable code: `ready`, `untried`, or why not (`no_adapter`, `software_adapter`,
    /// `no_timestamp_query`, `known_answer_failed`, `device_lost`, `weights_missing`,
    /// `weights_truncated`, `weights_wrong_hash`, …).
    pub code: String,
    /// The same in one sentence.
    pub detail: String,
    /// Median time of one query-size batch, ms, where measured.
    pub query_ms: Option<f64>,
    /// Median time of one bulk-size batch, ms, where measured.
    pub bulk_ms: Option<f64>,
}

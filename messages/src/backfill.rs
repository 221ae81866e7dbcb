//! The titles that the browser's history and bookmarks know already.

use serde::{Deserialize, Serialize};

/// What to do about history and bookmarks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub enum Backfill {
    /// Take in titles and addresses, from the newest back. What is under way begins anew; nothing is taken in twice.
    Start {
        /// Of the browser's history.
        history: bool,
        /// Of the bookmarks. The browser's permission was asked for before.
        bookmarks: bool,
    },
    /// Stop; what was taken in stays.
    Cancel,
    /// Stop, and forget what was taken in and not read or pinned since.
    Remove,
}

/// Where taking in history and bookmarks is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub enum BackfillPhase {
    /// Never started, or removed.
    #[default]
    None,
    /// Under way; also while the worker sleeps.
    Running,
    /// Waits until indexing is no longer paused.
    Paused,
    /// All of it was looked at.
    Done,
    /// Stopped by the person.
    Cancelled,
}

/// How far taking in history and bookmarks has come.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct BackfillState {
    /// Where it is.
    pub phase: BackfillPhase,
    /// Pages that this run added.
    pub added: u32,
    /// Entries that it did not take in: the rules forbid them, they have no title, or they were forgotten.
    pub left_out: u32,
    /// How far back in time the history was looked at, ms since the epoch.
    pub reached: Option<f64>,
    /// Pages of this run or an earlier one may be there to be removed.
    pub removable: bool,
}

/// What the worker is to read of the browser next. Travels inside of the worker only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub enum BackfillRead {
    /// Addresses visited before a time, the newest first.
    History {
        /// The run that asks.
        run: f64,
        /// The time, ms since the epoch.
        before: f64,
        /// At most so many.
        limit: u32,
    },
    /// Bookmarks in the order of their identifiers.
    Bookmarks {
        /// The run that asks.
        run: f64,
        /// Only what comes after this one.
        after: Option<String>,
        /// At most so many.
        limit: u32,
    },
}

/// An address that the browser knows. Travels inside of the worker only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct BackfillEntry {
    /// The browser's identifier of the entry.
    pub id: String,
    /// The address.
    pub url: String,
    /// Its title; may be empty.
    pub title: String,
    /// When it was last visited, or bookmarked; ms since the epoch.
    pub seen_at: f64,
    /// How often it was visited.
    pub visits: u32,
}

//! Everything that is kept, in one file and out of one. background/FORMAT.md describes the file.
//!
//! The background keeps no state of a transfer: what it needs to go on is in the place that it gives and is given back,
//! so a worker that dies in the middle costs one question. Bytes travel as base64, as messages are JSON.

use crate::Settings;
use serde::{Deserialize, Serialize};

/// What every file begins with; a byte for the version and one for the seal follow.
pub const FILE_MAGIC: &str = "Afterimage\r\n\u{1a}\n";
/// The version of files that are written, and the only one that is read.
pub const FILE_VERSION: u8 = 1;
/// Bytes in front of a frame's payload: its kind, the payload's length (4, little endian), its checksum (32).
pub const FRAME_HEADER: u32 = 37;
/// The most bytes that a frame's payload may have.
pub const FRAME_LIMIT: u32 = 16 << 20;

/// Where writing a file is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct ExportPlace {
    /// The last page that was written.
    pub after: Option<String>,
    /// The last frame's checksum.
    pub chain: String,
    /// Pages that were written.
    pub pages: u32,
    /// Pages that could not be read, or were too large.
    pub left_out: u32,
}

/// Asks for the next piece of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Export {
    /// Where it was; `null` begins.
    pub place: Option<ExportPlace>,
}

/// A piece of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Exported {
    /// Its bytes, base64.
    pub data: String,
    /// Where to go on.
    pub place: ExportPlace,
    /// This was the last one.
    pub done: bool,
    /// How many pages there are now.
    pub total: u32,
}

/// Where reading a file is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct ImportPlace {
    /// The last frame's checksum.
    pub chain: String,
    /// Pages in the frames so far.
    pub pages: u32,
}

/// A frame of a file, to be looked at or taken in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Import {
    /// Where it was; `null` for the first frame, which has the settings.
    pub place: Option<ImportPlace>,
    /// The whole frame, base64.
    pub data: String,
    /// Take in what is in it; otherwise it is only looked at. Taking a frame in twice changes nothing.
    pub keep: bool,
}

/// What is in a frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "frame", rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub enum Imported {
    /// Nothing that can be used; nothing was changed.
    Refused {
        /// Why.
        problem: FileProblem,
    },
    /// Settings.
    Settings {
        /// Where to go on.
        place: ImportPlace,
        /// The settings; what belongs to a machine and not to a person is as if never set.
        settings: Settings,
    },
    /// Pages.
    #[serde(rename_all = "camelCase")]
    Pages {
        /// Where to go on.
        place: ImportPlace,
        /// When one of them was first seen, ms since the epoch.
        oldest: f64,
        /// When one of them was last seen.
        newest: f64,
        /// How many of them are pinned.
        pinned: u32,
        /// Their sites, each once.
        sites: Vec<String>,
        /// What became of them, if they were to be kept.
        merged: Option<Merged>,
    },
    /// The end: nothing follows.
    #[serde(rename_all = "camelCase")]
    End {
        /// Pages that could not be written into the file.
        left_out: u32,
    },
}

/// What became of pages that were taken in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Merged {
    /// They were not there.
    pub added: u32,
    /// They were there, and something of the file's was newer or more.
    pub updated: u32,
    /// They were there, with all that the file knows.
    pub unchanged: u32,
    /// The rules forbid them, or retention would forget them at once.
    pub left_out: u32,
}

/// Why a file cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub enum FileProblem {
    /// It was changed since it was written, or is not all there.
    Damaged,
    /// Something in it is larger than anything that this program writes.
    TooLarge,
    /// There is something in it that only a newer version knows.
    Unknown,
}

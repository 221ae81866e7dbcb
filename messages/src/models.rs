//! The models that turn text into vectors: which there are, and getting another than the one that ships.

use serde::{Deserialize, Serialize};

/// Where a model is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub enum ModelPhase {
    /// Not here.
    #[default]
    Absent,
    /// It is being fetched, or will be again after a while ([`ModelState::retry_at`]).
    Downloading,
    /// The person stopped the download; what came is kept.
    Paused,
    /// Its files are being taken in from the person's own.
    Importing,
    /// Its files are being compared with their pinned hashes.
    Verifying,
    /// It is being made smaller.
    Converting,
    /// It can be used.
    Ready,
    /// Something went wrong: [`ModelState::problem`].
    Failed,
}

/// The stable codes of what can go wrong with a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub enum ModelProblem {
    /// No connection, or one that broke again and again. Resume goes on where it stopped.
    Unreachable,
    /// The hub has no such file, or gives it to nobody.
    NotFound,
    /// The hub answered with an error again and again.
    Server,
    /// The file has another length than the pinned one.
    WrongLength,
    /// The file is not the pinned one: its SHA-256 differs. What came was thrown away.
    WrongBytes,
    /// There is no room on the disk. What came is kept.
    NoSpace,
    /// The file is the pinned one, but cannot be used.
    Unusable,
}

/// A file that makes a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct ModelFile {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: f64,
    /// How much of it is here.
    pub received: f64,
}

/// A model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct ModelState {
    /// Its name.
    pub id: String,
    /// SPDX expression.
    pub licence: String,
    /// BCP 47 primary subtags; empty: any language.
    pub languages: Vec<String>,
    /// The longest text that it reads at once, in word pieces.
    pub max_tokens: u32,
    /// It ships with the extension.
    pub bundled: bool,
    /// It embeds, or is to.
    pub chosen: bool,
    /// Where it is.
    pub phase: ModelPhase,
    /// How much of [`Self::phase`] is done, from 0 to 1, where it has an end.
    pub done: f64,
    /// What went wrong last; also while a download waits to be tried again.
    pub problem: Option<ModelProblem>,
    /// The same for logs, in English: a status, the browser's words.
    pub detail: Option<String>,
    /// When the download goes on, ms since the epoch.
    pub retry_at: Option<f64>,
    /// The published files; none for what ships.
    pub files: Vec<ModelFile>,
    /// What it takes on the disk.
    pub stored_bytes: f64,
    /// When its stored copy was last found to be right, ms since the epoch.
    pub verified_at: Option<f64>,
}

/// All models.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct ModelList {
    /// In the catalogue's order.
    pub models: Vec<ModelState>,
    /// The one whose vectors answer questions now.
    pub answering: String,
    /// Vectors that the chosen one has made, of
    pub embedded: u32,
    /// so many.
    pub wanted: u32,
}

/// What to do with a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub enum ModelAction {
    /// Fetch it, or go on. The only thing that ever uses the network.
    Download,
    /// Stop fetching it.
    Pause,
    /// Compare what is stored with its hash.
    Verify,
    /// Remove it, and what was fetched of it. If it was chosen, the one that ships is again.
    Delete,
    /// Embed with it from now on, and everything that is there again.
    Use,
}

/// Does something with a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct ChangeModel {
    /// [`ModelState::id`].
    pub model: String,
    /// What.
    pub action: ModelAction,
}

/// A piece of a file that the person has. The first piece begins the file anew; each next one goes on where the last
/// ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct ImportPiece {
    /// [`ModelState::id`].
    pub model: String,
    /// [`ModelFile::name`].
    pub file: String,
    /// Where the piece begins.
    pub at: f64,
    /// The file's whole size.
    pub size: f64,
    /// The bytes in base64; at most 2 MiB of them.
    pub data: String,
}

/// What the worker is to do next for downloads. Travels inside of the worker only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub enum ModelStep {
    /// Fetch a file from one of its bytes on.
    Fetch(ModelFetch),
    /// Ask again after a while.
    Wait {
        /// How long, ms.
        ms: f64,
    },
}

/// A file to fetch. Travels inside of the worker only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct ModelFetch {
    /// [`ModelState::id`].
    pub model: String,
    /// [`ModelFile::name`].
    pub file: String,
    /// Where it is.
    pub url: String,
    /// How much of it is here.
    pub from: f64,
    /// Its size.
    pub size: f64,
}

//! What can be asked of the background.

use crate::{
    Address, Backfill, Capture, ChangeModel, Export, Import, ImportPiece, ListPages, Offer, Pin, Scope,
    SetSite, Settings,
};
use serde::{Deserialize, Serialize};

/// What travels: a version and one request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Envelope {
    /// [`crate::VERSION`] of the sender.
    pub v: u32,
    /// The request.
    pub request: Request,
}

/// Everything that can be asked. `offer` and `capture` come from pages, all others only from the
/// extension's own pages; the background checks that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub enum Request {
    /// May this page be read? Answered with [`crate::Response::Wanted`].
    Offer(Offer),
    /// Here is a page's text. Answered with [`crate::Response::Captured`] once it is stored durably.
    Capture(Capture),
    /// Find pages. Answered with [`crate::Response::Results`].
    Search(Search),
    /// Find pages like one page. Answered with [`crate::Response::Results`].
    Similar(Similar),
    /// What would be forgotten? Answered with [`crate::Response::Preview`].
    Preview(Scope),
    /// Forget. Answered with [`crate::Response::Forgotten`] once nothing remains.
    Forget(Scope),
    /// Take back what was forgotten last: a page, for half a minute, as long as the worker lives; from memory, as
    /// nothing remains in the store. Answered with [`crate::Response::Restored`].
    Undo,
    /// Set what is kept of a site. Answered with [`crate::Response::Forgotten`].
    SetSite(SetSite),
    /// What is known of an address? Answered with [`crate::Response::Page`].
    Page(Address),
    /// Read this page now, though reading is paused or manual. What the rules forbid stays forbidden. Answered with
    /// [`crate::Response::Wanted`]; then the asker starts the content script.
    Remember(Address),
    /// Keep a page from retention. Answered with [`crate::Response::Page`].
    Pin(Pin),
    /// All pages. Answered with [`crate::Response::Pages`].
    Pages(ListPages),
    /// What each site takes. Answered with [`crate::Response::Sites`].
    Sites,
    /// The kept list of sensitive sites. Answered with [`crate::Response::Sensitive`].
    Sensitive,
    /// Take in titles of the history and the bookmarks, or stop. Answered with [`crate::Response::State`].
    Backfill(Backfill),
    /// The next piece of a file with everything that is kept. Answered with [`crate::Response::Exported`].
    Export(Export),
    /// A frame of such a file. Answered with [`crate::Response::Imported`].
    Import(Import),
    /// What models there are. Answered with [`crate::Response::Models`].
    Models,
    /// Do something with a model. Answered with [`crate::Response::Models`].
    Model(ChangeModel),
    /// Take in a piece of a model's file. Answered with [`crate::Response::Models`] once it is stored durably.
    ImportModel(ImportPiece),
    /// What is going on. Answered with [`crate::Response::State`].
    State,
    /// Embed a text and show how. Answered with [`crate::Response::Diagnosis`].
    Diagnose(Diagnose),
    /// How near texts are to a question, without keeping any of it: for the welcome page, before consent. Answered with
    /// [`crate::Response::Compared`].
    Compare(Compare),
    /// Replace the settings. Answered with [`crate::Response::State`].
    Configure(Settings),
}

/// A question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Search {
    /// As typed.
    pub query: String,
    /// Words only (instant), or words and meaning.
    pub mode: SearchMode,
    /// At most this many results (the background never gives more than 200).
    pub limit: u32,
    /// What results must satisfy.
    #[serde(default)]
    pub filters: Filters,
    /// Which of them comes first.
    #[serde(default)]
    pub order: Order,
}

/// Which result comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub enum Order {
    /// The one that answers best.
    #[default]
    Best,
    /// Of those that answer well, the one that was seen last.
    Newest,
}

/// Which retrievers answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub enum SearchMode {
    /// BM25 alone: no embedding, for each key stroke.
    Words,
    /// BM25 and vectors, fused.
    Hybrid,
}

/// What results must satisfy; an absent field asks nothing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Filters {
    /// A host, which its subdomains match too: `example.org` finds `www.example.org`.
    pub site: Option<String>,
    /// Last seen at this time or later, ms since the epoch.
    pub after: Option<f64>,
    /// Last seen before this time, ms since the epoch.
    pub before: Option<f64>,
}

/// A page to compare with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Similar {
    /// The page's address; the page itself is never among the results.
    pub url: String,
    /// Only pages of other sites.
    #[serde(default)]
    pub other_sites: bool,
    /// At most this many results.
    pub limit: u32,
}

/// A text to embed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Diagnose {
    /// Any text.
    pub text: String,
}

/// A question and texts to compare with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Compare {
    /// The question.
    pub question: String,
    /// The texts; at most 64.
    pub texts: Vec<String>,
}

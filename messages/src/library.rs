//! What is kept, as a person looks through it and cleans it up.

use crate::{Filters, Level, SiteRule, SkipReason};
use serde::{Deserialize, Serialize};

/// What is to be forgotten.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "scope", rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub enum Scope {
    /// One page and everything kept of it.
    Page {
        /// [`crate::Hit::page`].
        page: String,
    },
    /// All pages of a host and its subdomains.
    Site {
        /// The host.
        site: String,
    },
    /// All pages that were last read in a period.
    Period {
        /// Its beginning, ms since the epoch.
        from: f64,
        /// Its end, which is not part of it.
        to: f64,
    },
    /// What a level leaves nothing of: everything of the site for `never`, the texts for `title`.
    Level {
        /// The host; its subdomains, too.
        site: String,
        /// The level.
        level: Level,
    },
    /// Everything that was ever read, pinned pages included. Settings and models stay.
    Everything,
}

/// What forgetting would remove.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Preview {
    /// How many pages, those that wait to be indexed included.
    pub pages: u32,
    /// How many of them are pinned.
    pub pinned: u32,
    /// Bytes of their rows.
    pub bytes: f64,
    /// Bytes of those of pinned ones.
    pub pinned_bytes: f64,
    /// Titles of some of them, pinned ones last, the one read last first.
    pub titles: Vec<String>,
}

/// What was forgotten.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Forgotten {
    /// How many pages; of those that a level reduces to title and address, the texts.
    pub pages: u32,
    /// It can be taken back for a while, by [`crate::Request::Undo`].
    pub undo: bool,
}

/// How many pages came back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Restored {
    /// How many; none if it was too late.
    pub pages: u32,
}

/// Sets what is kept of a site, and forgets what is more than that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct SetSite {
    /// A host, however it is typed.
    pub site: String,
    /// The level; `null` removes the rule.
    pub level: Option<Level>,
}

/// An address that a person looks at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Address {
    /// The address.
    pub url: String,
}

/// What is known of an address, and what the rules say about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct PageStatus {
    /// Its host, without `www.`; empty where it has none.
    pub site: String,
    /// What is kept of it, if anything is.
    pub page: Option<Row>,
    /// Its text waits to be indexed.
    pub queued: bool,
    /// Why it is not read: what the rules say of its address, else what became of its last reading.
    pub skip: Option<SkipReason>,
    /// How much is kept of its site.
    pub level: Level,
    /// The rule that says so; `null` where the general level holds.
    pub rule: Option<SiteRule>,
    /// A person may change the level: it is a public web address.
    pub changeable: bool,
}

/// A page in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Row {
    /// The page's identifier, hexadecimal.
    pub page: String,
    /// The address to open.
    pub url: String,
    /// The host, for display.
    pub site: String,
    /// The page's title, or its address where it has none.
    pub title: String,
    /// When it was first seen, ms since the epoch.
    pub first_seen: f64,
    /// When it was last seen, ms since the epoch.
    pub last_seen: f64,
    /// How often its text was seen.
    pub visits: u32,
    /// Its passages, the title's included: one means that only the title is kept.
    pub passages: u32,
    /// Its language, as it says itself.
    pub language: Option<String>,
    /// Retention leaves it alone.
    pub pinned: bool,
}

/// A part of the list of all pages, the one read last first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct ListPages {
    /// How many to leave out.
    pub offset: u32,
    /// At most this many (the background never gives more than 200).
    pub limit: u32,
    /// What pages must satisfy.
    #[serde(default)]
    pub filters: Filters,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct PageList {
    /// How many pages there are in all.
    pub total: u32,
    /// When each of the pages was last seen, in the list's order from its beginning; given for offset 0 only, so that
    /// a long list can be laid out by days before its rows are there.
    pub seen: Vec<f64>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// What a site takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct SiteUse {
    /// The host, without `www.`.
    pub site: String,
    /// Its pages.
    pub pages: u32,
    /// Bytes of their rows.
    pub bytes: f64,
}

/// Sites, the largest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct SiteList {
    /// How many there are.
    pub total: u32,
    /// The largest 500.
    pub sites: Vec<SiteUse>,
}

/// Keeps a page from retention, or no longer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Pin {
    /// [`crate::Hit::page`].
    pub page: String,
    /// It is to be kept.
    pub pinned: bool,
}

/// An entry of the kept list of sensitive sites.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct SensitiveGroup {
    /// What kind of sites, in English.
    pub name: String,
    /// Hosts (with all of their subdomains), or first labels such as `mail.*`.
    pub sites: Vec<String>,
}

/// The kept list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Sensitive {
    /// By kind.
    pub groups: Vec<SensitiveGroup>,
}

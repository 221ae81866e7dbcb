//! What a page says of itself: the only messages a content script may send.

use serde::{Deserialize, Serialize};

/// What is known of a page before its text is read. Asked first, so that the text of a page that must
/// not be stored is never even extracted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Offer {
    /// `location.href`. The background trusts the sender's own address over it.
    pub url: String,
    /// A password field that can be seen is on the page.
    pub visible_password: bool,
    /// A payment-card field (`autocomplete="cc-number"` and its kin) that can be seen is on the page.
    pub visible_card: bool,
    /// Its robots tags ask that no copy be kept (`noarchive`, `noindex`, `none`).
    pub noarchive: bool,
    /// Whether the device runs on a battery that is nearly empty; nothing where the browser does not tell. Nothing is
    /// embedded then.
    #[serde(default)]
    pub low_battery: Option<bool>,
}

/// A page's text, read while it was visible.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Capture {
    /// What [`Offer`] said, at the moment of reading.
    pub offer: Offer,
    /// `link[rel=canonical]`, absolute, if there is one. Used only when it is of the same origin.
    pub canonical: Option<String>,
    /// `document.title`.
    pub title: String,
    /// The page's language as a BCP 47 tag, if it says so.
    pub language: Option<String>,
    /// The readable text: one block per line, at most 256 KiB of UTF-8. Empty where only the title is wanted.
    pub text: String,
}

/// Why a page is not read or not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub enum SkipReason {
    /// The welcome page was not answered yet, or was answered with no.
    NoConsent,
    /// Indexing is paused.
    Paused,
    /// Pages are read only when asked for.
    Manual,
    /// Not an http(s) address.
    Scheme,
    /// localhost, a private or link-local address, or a name without a dot.
    PrivateAddress,
    /// The site is on the list of banks, mail, health and password managers.
    SensitiveSite,
    /// A page of search results.
    SearchResults,
    /// A password field can be seen.
    PasswordField,
    /// A payment-card field can be seen.
    CardField,
    /// The person excluded this site.
    Excluded,
    /// The page asks that no copy be kept, and the person wants that respected.
    NoArchive,
    /// A private window.
    PrivateWindow,
    /// A frame inside a page.
    NotTopFrame,
    /// There is no text worth keeping.
    Empty,
}

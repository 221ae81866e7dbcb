//! What the popup should do when it opens: left in `storage.session` under [`INTENT_KEY`] by the context
//! menu and the keyboard commands, taken (read and removed) by the popup.

use serde::{Deserialize, Serialize};

/// The key in `storage.session`.
pub const INTENT_KEY: &str = "intent";

/// What to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub enum Intent {
    /// Search for a text, such as a selection.
    Search {
        /// The text.
        query: String,
    },
    /// Show pages similar to the one at this address.
    Similar {
        /// Its address.
        url: String,
        /// Its title, for display.
        title: String,
    },
}

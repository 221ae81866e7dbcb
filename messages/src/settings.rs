//! What a person may set.

use serde::{Deserialize, Serialize};

/// Which backend the person wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub enum BackendChoice {
    /// Whatever was measured to be fastest.
    #[default]
    Auto,
    /// WebGPU, else what there is.
    WebGpu,
    /// CPU, else the hash.
    Cpu,
    /// The hash.
    Hash,
}

/// How much of a site's pages is kept; the later, the less.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub enum Level {
    /// Title, address and text.
    #[default]
    Full,
    /// Title and address only.
    Title,
    /// Nothing.
    Never,
}

/// What a person decided for a site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct SiteRule {
    /// A host; its subdomains are meant, too. Of several rules that fit, the one with the longest host holds.
    pub site: String,
    /// How much is kept. `full` and `title` also let a site be read that is on the kept list of sensitive ones.
    pub level: Level,
}

/// What a person may set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "messages.ts"))]
pub struct Settings {
    /// The welcome page was answered with yes. Nothing is stored before.
    pub consent: bool,
    /// Nothing new is read while this is set.
    pub paused: bool,
    /// Nothing new is read before this time, ms since the epoch.
    pub paused_until: Option<f64>,
    /// Pages are read only when asked for one by one.
    pub manual: bool,
    /// How much is kept of a site without a rule.
    pub level: Level,
    /// Rules for sites.
    pub sites: Vec<SiteRule>,
    /// Pages that ask not to be archived (`noarchive`, `noindex`, `none` in their robots tags) are not read.
    pub honour_noarchive: bool,
    /// What the browser's history drops because of its age is forgotten here, too; otherwise only what a person deletes.
    pub forget_aged_out: bool,
    /// Pages not read for so many days are forgotten.
    pub keep_days: Option<u32>,
    /// Beyond so many megabytes (1,000,000 bytes) the pages that were not read for longest are forgotten.
    pub keep_megabytes: Option<u32>,
    /// Who embeds.
    pub backend: BackendChoice,
    /// Accept a software adapter for WebGPU. For tests: it is slower than the CPU.
    pub allow_software_gpu: bool,
}

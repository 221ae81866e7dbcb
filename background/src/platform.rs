//! What the engine needs of the world.

use afterimage_models::{catalogue::ModelSpec, chain::Loader};

/// Opened models (from [`Loader`]), a clock that gives milliseconds since the epoch (likewise), and the
/// few facts below. The browser's is [`crate::host::Browser`]; tests bring their own.
pub trait Platform: Loader {
    /// The model to load.
    fn model(&self) -> &'static ModelSpec;

    /// Accept a software adapter for WebGPU from now on, or do not.
    fn allow_software_gpu(&self, allow: bool);

    /// The extension's version.
    fn version(&self) -> String;

    /// A name of the browser and its version: measured times are good for this one only.
    fn browser(&self) -> String;

    /// In this browser, history entries disappear by themselves after a time, and say so in the same way
    /// as those that a person removed.
    fn history_ages_out(&self) -> bool;

    /// Minutes by which local time is ahead of UTC, now.
    fn utc_offset(&self) -> f64;

    /// A line for the log.
    fn log(&self, line: &str);
}

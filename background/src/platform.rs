//! What the engine needs of the world.

use afterimage_models::{
    Backend, Embedder,
    catalogue::ModelSpec,
    chain::{Loader, Unavailable},
};
use futures::future::LocalBoxFuture;
use std::rc::Rc;

/// A model that is here.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// What the catalogue says of it.
    pub spec: &'static ModelSpec,
    /// Where its files are in the store; `None`: in the package.
    pub kept: Option<Kept>,
}

/// Where in the store the files of a model are that does not ship.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// The key of its weights.
    pub weights: String,
    /// Their size.
    pub bytes: u64,
    /// The key of its tokenizer.
    pub tokenizer: String,
}

/// Opened models, a clock, and a few facts. The browser's is [`crate::host::Browser`]; tests bring their own.
pub trait Platform {
    /// Opens a model on WebGPU or the CPU, as [`Loader::load`].
    fn load<'a>(
        &'a self,
        model: &'a Model,
        backend: Backend,
    ) -> LocalBoxFuture<'a, Result<Rc<dyn Embedder>, Unavailable>>;

    /// Milliseconds since the epoch.
    fn now(&self) -> f64;

    /// The package's list of what may be downloaded, if it can be read.
    fn downloads(&self) -> LocalBoxFuture<'_, Option<String>>;

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

/// Opens one model, for the chain.
pub struct ModelLoader<P> {
    /// The world.
    pub platform: Rc<P>,
    /// The model.
    pub model: Model,
}

impl<P: Platform> Loader for ModelLoader<P> {
    fn load(&self, backend: Backend) -> LocalBoxFuture<'_, Result<Rc<dyn Embedder>, Unavailable>> {
        self.platform.load(&self.model, backend)
    }

    fn now(&self) -> f64 {
        self.platform.now()
    }
}

//! `SmartEmbedder`: WebGPU, then CPU, then hash.
//!
//! The choice is measured, not assumed. For models of MiniLM's size a CPU often beats a graphics
//! processor at one short question and loses by far in bulk, so there are two choices, one for each kind
//! of [`Work`], made from one timing of each and remembered by the caller ([`Measurements`] are plain
//! data). A tie goes to the order of preference.
//!
//! A link of the chain is opened when it is first needed, by the caller's [`Loader`]: opening means
//! reading 23 MB or compiling a GPU module, and a worker that only answers a question should not do
//! both. A link that fails, at opening or later, stays closed for the life of this instance, with a
//! stable code and a sentence that a person can read; the next link answers in its place, down to the
//! hash, which cannot fail.

mod choice;
#[cfg(test)]
mod tests;

pub use choice::{Choice, Measurement, Measurements, Preference};

use crate::{Backend, EmbedError, Embedder, Role, embedder::cosine, hash::HashEmbedder};
use futures::future::LocalBoxFuture;
use std::{cell::RefCell, rc::Rc};

/// What an embedding is for, which decides who is fastest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// One short text, and a person waits.
    Query,
    /// Passages, and nobody waits.
    Bulk,
}

/// Opens links.
pub trait Loader {
    /// Opens WebGPU or the CPU: reads weights, finds a device, runs nothing yet. Never asked for the hash.
    fn load(&self, backend: Backend) -> LocalBoxFuture<'_, Result<Rc<dyn Embedder>, Unavailable>>;

    /// A clock, in milliseconds from any origin.
    fn now(&self) -> f64;
}

/// Why a link cannot embed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unavailable {
    /// Stable, for programs: `no_adapter`, `weights_missing`, …
    pub code: String,
    /// For people, one sentence.
    pub detail: String,
}

impl Unavailable {
    /// A reason.
    pub fn new(code: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { code: code.into(), detail: detail.into() }
    }
}

/// What is known of a link.
#[derive(Clone)]
pub enum Link {
    /// Not needed so far.
    Untried,
    /// It embeds.
    Ready(Rc<dyn Embedder>),
    /// It does not, and why.
    Closed(Unavailable),
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Link::Untried => f.write_str("Untried"),
            Link::Ready(embedder) => write!(f, "Ready({})", embedder.backend()),
            Link::Closed(why) => write!(f, "Closed({})", why.code),
        }
    }
}

/// Vectors and where they came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedded {
    /// One vector a text.
    pub vectors: Vec<Vec<f32>>,
    /// Who made them.
    pub backend: Backend,
    /// Their space.
    pub space: String,
}

/// The chain.
pub struct SmartEmbedder<L> {
    loader: L,
    hash: Rc<HashEmbedder>,
    gpu: RefCell<Link>,
    cpu: RefCell<Link>,
    preference: RefCell<Preference>,
    measurements: RefCell<Option<Measurements>>,
}

/// The text of the known-answer test; long enough to touch every layer's every token.
const KNOWN_TEXT: &str = "A person read this page some time ago and now looks for it by what it said.";
/// A backend whose answer to [`KNOWN_TEXT`] is further from the CPU's than this computes something else. The CPU
/// computes in int8, so right answers differ, too: by 0.0007 on average, by 0.0043 at worst of 200 passages.
const KNOWN_COSINE: f32 = 0.99;
/// Passages in a measured batch.
const BULK: usize = 8;
/// A run that takes longer than this, ms, is not repeated.
const SLOW_MS: f64 = 1_000.0;

impl<L: Loader> SmartEmbedder<L> {
    /// A chain with nothing opened yet. `dims` are those of the hash, which should be the model's.
    pub fn new(loader: L, dims: usize) -> Self {
        Self {
            loader,
            hash: Rc::new(HashEmbedder::new(dims)),
            gpu: RefCell::new(Link::Untried),
            cpu: RefCell::new(Link::Untried),
            preference: RefCell::default(),
            measurements: RefCell::default(),
        }
    }

    /// The loader.
    pub fn loader(&self) -> &L {
        &self.loader
    }

    /// What the person wants.
    pub fn prefer(&self, preference: Preference) {
        *self.preference.borrow_mut() = preference;
    }

    /// Forgets that WebGPU failed or was tried, so that it is tried anew: its conditions have changed.
    pub fn reset(&self, backend: Backend) {
        if let Some(slot) = self.slot(backend) {
            slot.replace(Link::Untried);
        }
    }

    /// Measurements remembered from an earlier run.
    pub fn remember(&self, measurements: Measurements) {
        *self.measurements.borrow_mut() = Some(measurements);
    }

    /// The measurements in force.
    pub fn measurements(&self) -> Option<Measurements> {
        self.measurements.borrow().clone()
    }

    /// What is known of a link; the hash is always ready.
    pub fn link(&self, backend: Backend) -> Link {
        match self.slot(backend) {
            Some(slot) => slot.borrow().clone(),
            None => Link::Ready(self.hash.clone()),
        }
    }

    /// Who should do `work`, and why, as far as is known now.
    pub fn choose(&self, work: Work) -> Choice {
        choice::choose(
            work,
            *self.preference.borrow(),
            &self.gpu.borrow(),
            &self.cpu.borrow(),
            self.measurements.borrow().as_ref(),
        )
    }

    /// The space in which `work` would be embedded now. Opens what must be opened to know.
    pub async fn space(&self, work: Work) -> String {
        self.pick(work).await.space().to_owned()
    }

    /// The embedder that does `work` now. Opens links as needed.
    pub async fn pick(&self, work: Work) -> Rc<dyn Embedder> {
        loop {
            let backend = self.choose(work).backend;
            let Some(slot) = self.slot(backend) else {
                return self.hash.clone();
            };
            let known = slot.borrow().clone();
            match known {
                Link::Ready(embedder) => return embedder,
                Link::Untried => self.open(backend).await,
                // `choose` never picks a closed link; should it, the hash ends the loop.
                Link::Closed(_) => return self.hash.clone(),
            }
        }
    }

    /// Embeds, by the best link that does not fail.
    pub async fn embed(&self, texts: &[&str], role: Role, work: Work) -> Result<Embedded, EmbedError> {
        loop {
            let embedder = self.pick(work).await;
            let backend = embedder.backend();
            match embedder.embed(texts, role).await {
                Ok(vectors) => {
                    return Ok(Embedded { vectors, backend, space: embedder.space().to_owned() });
                }
                // These say something of the text, and no other backend would think otherwise.
                Err(error @ (EmbedError::Tokenizer(_) | EmbedError::Shape(_))) => return Err(error),
                Err(error) => {
                    let Some(slot) = self.slot(backend) else {
                        return Err(error);
                    };
                    slot.replace(Link::Closed(Unavailable::new(error.code(), error.to_string())));
                }
            }
        }
    }

    /// Closes a link from outside, such as when its device was lost.
    pub fn close(&self, backend: Backend, why: Unavailable) {
        if let Some(slot) = self.slot(backend) {
            slot.replace(Link::Closed(why));
        }
    }

    /// Word pieces of a text, if the neural model is there to count them.
    pub async fn count_tokens(&self, text: &str) -> Option<usize> {
        self.pick(Work::Query).await.count_tokens(text)
    }

    /// The share of a question that whoever embeds it can tell from others (see [`Embedder::known_share`]).
    pub async fn known_share(&self, question: &str) -> f64 {
        self.pick(Work::Query).await.known_share(question)
    }

    /// The model on the CPU, if it is open already: it can sketch, whoever embeds.
    pub fn sketcher(&self) -> Option<Rc<dyn Embedder>> {
        match self.link(Backend::Cpu) {
            Link::Ready(embedder) => Some(embedder),
            Link::Untried | Link::Closed(_) => None,
        }
    }

    /// Opens every link and times it on one question and on one batch of passages; remembers and returns
    /// the result.
    pub async fn measure(&self) -> Measurements {
        let mut measurements = Measurements { rows: Vec::new(), known: self.known_answer().await };
        for backend in [Backend::WebGpu, Backend::Cpu] {
            let query = self.time(backend, 1, 12, 3).await;
            let bulk = match query {
                // Nobody should wait a minute to learn that something slow is slow.
                Some(ms) if ms > SLOW_MS => Some(ms * BULK as f64),
                Some(_) => self.time(backend, BULK, 96, 1).await,
                None => None,
            };
            if let (Some(query_ms), Some(bulk_ms)) = (query, bulk) {
                measurements.rows.push(Measurement { backend, query_ms, bulk_ms });
            }
        }
        self.remember(measurements.clone());
        measurements
    }

    /// Median milliseconds over `runs` runs of a batch, after one to warm up; only one run where even that
    /// is slow.
    async fn time(&self, backend: Backend, batch: usize, words: usize, runs: usize) -> Option<f64> {
        let text: String = KNOWN_TEXT.split(' ').cycle().take(words).collect::<Vec<_>>().join(" ");
        let texts = vec![text.as_str(); batch];
        let mut times: Vec<f64> = Vec::new();
        for run in 0..=runs {
            let start = self.loader.now();
            self.open_and_embed(backend, &texts).await?;
            let took = self.loader.now() - start;
            if run > 0 || took > SLOW_MS {
                // In order, so that the middle one is the median.
                times.insert(times.partition_point(|other| *other < took), took);
            }
            if took > SLOW_MS {
                break;
            }
        }
        Some(times[times.len() / 2])
    }

    async fn open_and_embed(&self, backend: Backend, texts: &[&str]) -> Option<Vec<Vec<f32>>> {
        if matches!(self.link(backend), Link::Untried) {
            self.open(backend).await;
        }
        let Link::Ready(embedder) = self.link(backend) else {
            return None;
        };
        match embedder.embed(texts, Role::Passage).await {
            Ok(vectors) => Some(vectors),
            Err(error) => {
                self.close(backend, Unavailable::new(error.code(), error.to_string()));
                None
            }
        }
    }

    async fn open(&self, backend: Backend) {
        let link = match self.loader.load(backend).await {
            Ok(embedder) if backend == Backend::WebGpu => self.verify(embedder).await,
            Ok(embedder) => Link::Ready(embedder),
            Err(why) => Link::Closed(why),
        };
        if let Some(slot) = self.slot(backend) {
            slot.replace(link);
        }
    }

    /// The known-answer test: a graphics processor that drops a shader silently answers with zeros or
    /// with an old buffer, so it must reproduce the CPU's vector before it is trusted.
    async fn verify(&self, embedder: Rc<dyn Embedder>) -> Link {
        let known = self.known_answer().await;
        match embedder.embed(&[KNOWN_TEXT], Role::Passage).await {
            Err(error) => Link::Closed(Unavailable::new(error.code(), error.to_string())),
            Ok(vectors) => match (vectors.first(), known) {
                (Some(vector), Some(known)) if cosine(vector, &known) <= KNOWN_COSINE => {
                    let detail = "The graphics processor computes other vectors than the CPU.";
                    Link::Closed(Unavailable::new("known_answer_failed", detail))
                }
                // Without a CPU there is no second opinion, only the check that it is a unit vector.
                _ => Link::Ready(embedder),
            },
        }
    }

    /// The CPU's vector of the known text: remembered, or made now.
    async fn known_answer(&self) -> Option<Vec<f32>> {
        let remembered = self.measurements.borrow().as_ref().and_then(|m| m.known.clone());
        if remembered.is_some() {
            return remembered;
        }
        if matches!(self.link(Backend::Cpu), Link::Untried) {
            let link = match self.loader.load(Backend::Cpu).await {
                Ok(embedder) => Link::Ready(embedder),
                Err(why) => Link::Closed(why),
            };
            self.cpu.replace(link);
        }
        let Link::Ready(embedder) = self.link(Backend::Cpu) else {
            return None;
        };
        embedder.embed(&[KNOWN_TEXT], Role::Passage).await.ok()?.pop()
    }

    fn slot(&self, backend: Backend) -> Option<&RefCell<Link>> {
        match backend {
            Backend::WebGpu => Some(&self.gpu),
            Backend::Cpu => Some(&self.cpu),
            Backend::Hash => None,
        }
    }
}

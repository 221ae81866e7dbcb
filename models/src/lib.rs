//! Text to vectors.
//!
//! | module | what |
//! |---|---|
//! | [`catalogue`] | the models that are known, with what pins them |
//! | [`embedder`] | the trait that everything able to embed implements |
//! | [`chain`] | `SmartEmbedder`: WebGPU, then CPU, then hash, by what is there and what was measured |
//! | [`neural`] | tokenizer + encoder = an embedder |
//! | [`encoder`] | token ids to vectors: what a backend has to provide |
//! | [`config`] | what shapes a forward pass: a model's own `config.json` |
//! | [`bert`] | the one BERT, in Burn, for every config of that family and every device of Burn's |
//! | [`cpu`] | the same on one CPU core in int8, by kernels of our own |
//! | `gpu` | the same on WebGPU, in WGSL of our own (feature `webgpu`) |
//! | [`weights`] | safetensors in, int8 rows with scales out: reader, quantiser, converter |
//! | [`tokenizer`] | word pieces |
//! | [`hash`] | feature hashing: always there, instant, no download |
//!
//! Nothing here knows a browser. What differs between machines comes in through two small traits: an
//! [`encoder::Encoder`] (the CPU's here; the GPU module's behind the background's border) and a
//! [`chain::Loader`] that fetches files and opens devices.

#[cfg(feature = "burn")]
pub mod bert;
pub mod catalogue;
pub mod chain;
pub mod config;
#[cfg(feature = "cpu")]
pub mod cpu;
pub mod embedder;
pub mod encoder;
#[cfg(feature = "webgpu")]
pub mod gpu;
pub mod hash;
#[cfg(feature = "cpu")]
pub mod neural;
#[cfg(feature = "cpu")]
pub mod tokenizer;
pub mod weights;

pub use config::Pooling;
pub use embedder::{Backend, EmbedError, Embedder, Role};

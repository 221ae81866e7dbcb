//! Text to vectors.
//!
//! | module | what |
//! |---|---|
//! | [`catalogue`] | the models that are known, with what pins them |
//! | [`embedder`] | the trait that everything able to embed implements |
//! | [`chain`] | `SmartEmbedder`: WebGPU, then CPU, then hash, by what is there and what was measured |
//! | [`neural`] | tokenizer + encoder = an embedder |
//! | [`encoder`] | token ids to vectors: what a backend has to provide |
//! | [`bert`] | the one BERT, in Burn, for every config of that family |
//! | [`weights`] | safetensors in, int8 rows with scales out: reader, quantiser, converter |
//! | [`tokenizer`] | word pieces |
//! | [`hash`] | feature hashing: always there, instant, no download |
//!
//! Nothing here knows a browser. What differs between machines comes in through two small traits: an
//! [`encoder::Encoder`] (Burn's CPU backend here; the GPU module behind the background's border) and a
//! [`chain::Loader`] that fetches files and opens devices.

pub mod bert;
pub mod catalogue;
pub mod chain;
pub mod embedder;
pub mod encoder;
pub mod hash;
#[cfg(feature = "cpu")]
pub mod neural;
#[cfg(feature = "cpu")]
pub mod tokenizer;
pub mod weights;

pub use bert::Pooling;
pub use embedder::{Backend, EmbedError, Embedder, Role};

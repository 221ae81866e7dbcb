//! The extension's background: privacy rules, durable queue, indexing and search, behind one message
//! border.
//!
//! | module | what |
//! |---|---|
//! | [`engine`] | all decisions and all state, pure: tested natively on a RAM store and fake embedders |
//! | [`rules`] | which pages are never read |
//! | [`url_key`] | when two addresses are one page |
//! | [`platform`] | what the engine needs of the world: opened models, a clock, a version |
//! | [`indexed_db`] | adapter: `Store` over IndexedDB |
//! | [`host`] | adapter: what the TypeScript worker does for us (package files, the GPU module, log) |
//! | [`border`] | the class that the worker sees |
//! | `webgpu` | feature `webgpu`: the border of the GPU module, which is a WASM module of its own |
//! | `bench` | feature `bench`: the border of `bench embed`'s module, which never ships |
//! | `bench_search` | feature `bench-search`: the border of `bench search`'s module, which never ships |
//!
//! This is the only crate with wasm-bindgen in it. A panic here ends the whole worker, so nothing that
//! a page, a message, a file or the network can cause may panic.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(feature = "bench")]
pub mod bench;
#[cfg(any(test, feature = "bench-search"))]
pub mod bench_search;
#[cfg(feature = "main")]
pub mod border;
#[cfg(feature = "main")]
pub mod engine;
#[cfg(feature = "main")]
pub mod host;
#[cfg(any(feature = "main", feature = "bench-search"))]
pub mod indexed_db;
#[cfg(feature = "main")]
pub mod platform;
#[cfg(feature = "main")]
pub mod rules;
#[cfg(feature = "main")]
pub mod url_key;
#[cfg(feature = "webgpu")]
pub mod webgpu;

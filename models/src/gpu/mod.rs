//! BERT on a graphics processor, by WGSL of our own on the device of Burn's wgpu backend.
//!
//! **Why own kernels.** Burn's operations, unchanged, took 2.3–4.6 times as long as onnxruntime-web on the same
//! adapter. The time went into matrix tiles padded far beyond a short sequence, some 45 launches a layer, a
//! pipeline for every shape (which a browser compiles when it first meets it), and f32 weights. Swapping single
//! operations would have left most of that, and the whole of Burn's operations in the module. So there is one
//! forward pass of few launches, seven a layer, everything that follows a matrix product done in the same launch.
//! Burn keeps what it is good at: it opens the device, and its runtime (CubeCL) has the memory, the pipelines and
//! the queue. [`crate::bert`] is the twin that tests compare with.
//!
//! | module | what |
//! |---|---|
//! | `device` | memory, launches, reading back: all that is asked of CubeCL, and what a text must keep to |
//! | `layers` | the weights: the file's int8 bytes go up as they are, 22 MB once; which shapes can be taken |
//! | `encoder` | the forward pass |
//! | `texts` | the kernels |
//!
//! **Order of work.** Sequences lie end to end, without padding, up to [`ROWS`] tokens a pass. One upload (ids,
//! positions, ranges: 24 KB), 4 + 7 × layers launches (46 for six layers), one read-back (the vectors). A token
//! attends within its range, so there is no mask. All buffers have [`ROWS`] rows; launches cover the rows that
//! are used, rounded up to a workgroup's, and what the rows beyond the last token hold meets no real row. The
//! texts therefore have every size as a constant, and only the number of workgroups changes: nine pipelines in
//! all, none of them for a certain length. They are made by the known-answer test, before anybody waits.
//!
//! **Two kinds of adapter.** What is fast on one is slow on the other, so the matrix product and LayerNorm exist
//! twice. A graphics processor wants tiles in workgroup memory and many threads. A software adapter runs four
//! invocations in one SSE register; its facts (SwiftShader, Chromium 148):
//!
//! - Every load from a buffer with an index that is not constant is four scalar loads with their own bounds
//!   checks, about 40 instructions beside the 2 of a multiplication and addition. So 8 × 8 sums stay in
//!   registers, int8 weights come four at a time, and what repeats is written out (`unrolled`): an array of sums
//!   would be memory, too.
//! - `array<T, n>` checks an index against a constant, `array<T>` against a length that it loads: 1.2–1.7 times
//!   as slow. Hence buffers of one size for everything.
//! - A barrier turns an invocation into a coroutine. Software kernels have none, and workgroups of four.
//!
//! One product of 128 × 384 × 384, measured on it: 102 ms in onnxruntime-web's shape (8 × 8 threads, 4 × 4 sums
//! each, f32 tiles), 45 ms in the tiles used here, 7.8 ms in registers. More sums, wider workgroups and f32
//! weights were slower; subgroup broadcasts would bring 5.5 ms, but wgpu does not offer them in browsers.
//!
//! **What is left out.** f16, which would halve the memory traffic of a real graphics processor and is not there
//! everywhere; int8 arithmetic (`dot4I8Packed`), because vectors must agree with the CPU's to be of one space and
//! the two would err differently; tiles for fewer than 32 rows.

mod device;
mod encoder;
mod layers;
mod texts;

pub use device::Work;
pub use encoder::GpuEncoder;

/// Tokens that a pass takes at most: every buffer has this many rows, and the texts say so. A multiple of what
/// any workgroup does.
const ROWS: usize = 1024;

/// Whom the kernels are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adapter {
    /// A CPU that passes for a graphics processor: SwiftShader, WARP, llvmpipe.
    Software,
    /// A graphics processor.
    Hardware,
}

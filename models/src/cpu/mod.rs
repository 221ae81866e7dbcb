//! BERT on one CPU core, in int8: what the extension spends its life on.
//!
//! **Why not Burn's CPU backend.** Burn has no integer arithmetic: flex turns int8 weights into f32 and
//! multiplies those, at a third of the speed. Its extension mechanism could swap the matrix product alone,
//! but half of the rest is what happens *between* operations: every Burn operation allocates its result,
//! transposes are made, bias, GELU, residual and LayerNorm each walk through memory. So the CPU has a forward
//! pass of its own over the same weights file and config as [`crate::bert`], and that one is its twin: the
//! tests hold both against each other and against numbers of other implementations. What this buys beyond
//! speed: the main module needs no Burn at all.
//!
//! | module | what |
//! |---|---|
//! | `encoder` | the forward pass, and the memory it works in |
//! | `layers` | the weights, as the file has them: nothing is converted, matrices are not even copied |
//! | `linear` | the int8 matrix product with what follows it: bias, GELU, residual |
//! | `attention` | softmax(Q Kᵀ) V |
//! | `rows` | embedding, LayerNorm, quantising, pooling |
//! | `math` | exp and GELU |
//! | `isa` | the instructions these are written in: WASM with and without relaxed SIMD, AVX2, any |
//! | `naive` | all of it once more, in plain loops: what the tests compare with |
//!
//! **Order of work.** A pass takes at most [`encoder::PASS`] tokens, of one long or several short sequences,
//! one after the other and without padding. All of them are projected to queries, keys and values; then each
//! sequence attends; from there to the end of the layer rows have nothing to do with one another, so they are
//! taken in chunks that stay in the cache, through the output projection, LayerNorm, and both feed-forward
//! layers. All memory is allocated once and kept.

mod attention;
mod encoder;
mod isa;
mod layers;
mod linear;
mod math;
#[cfg(any(test, feature = "naive"))]
pub mod naive;
mod rows;

pub use encoder::CpuEncoder;

use attention::Attention;
use linear::{Add, Gelu, Keys, Linear, Rows, Store};
use rows::{Entry, Norm, RowsMut};

/// The kernels, compiled for one set of instructions.
///
/// # Safety
///
/// Calling one needs those instructions: [`best`] gives a table that may be used.
struct Kernels {
    name: &'static str,
    embed: unsafe fn(Entry<'_>, Entry<'_>, Entry<'_>, &mut [f32]),
    norm: unsafe fn(&mut [f32], Norm<'_>, RowsMut<'_>),
    quantise: unsafe fn(&[f32], usize, RowsMut<'_>),
    sum: unsafe fn(&[f32], &mut [f32]),
    store: unsafe fn(Rows<'_>, Linear<'_>, Store<'_>),
    add: unsafe fn(Rows<'_>, Linear<'_>, Add<'_>),
    gelu: unsafe fn(Rows<'_>, Linear<'_>, Gelu<'_>),
    keys: unsafe fn(Rows<'_>, Linear<'_>, Keys<'_>),
    attend: unsafe fn(Attention<'_>, &mut [f32], &mut [f32]),
}

macro_rules! kernels {
    ($table:ident, $name:literal, $isa:ty $(, $features:literal)?) => {
        static $table: Kernels = {
            // Each is an own function, for its `target_feature` and because compilers (and V8 at run time)
            // do poorly on one of everything.
            $(#[target_feature(enable = $features)])?
            unsafe fn embed(word: Entry<'_>, position: Entry<'_>, kind: Entry<'_>, to: &mut [f32]) {
                // SAFETY: the caller has the instructions; so below.
                unsafe { rows::embed::<$isa>(word, position, kind, to) }
            }
            $(#[target_feature(enable = $features)])?
            unsafe fn norm(values: &mut [f32], norm: Norm<'_>, to: RowsMut<'_>) {
                // SAFETY: as above.
                unsafe { rows::norm::<$isa>(values, norm, to) }
            }
            $(#[target_feature(enable = $features)])?
            unsafe fn quantise(values: &[f32], width: usize, to: RowsMut<'_>) {
                // SAFETY: as above.
                unsafe { rows::quantise::<$isa>(values, width, to) }
            }
            $(#[target_feature(enable = $features)])?
            unsafe fn sum(values: &[f32], to: &mut [f32]) {
                // SAFETY: as above.
                unsafe { rows::sum::<$isa>(values, to) }
            }
            $(#[target_feature(enable = $features)])?
            unsafe fn store(rows: Rows<'_>, layer: Linear<'_>, to: Store<'_>) {
                // SAFETY: as above.
                unsafe { linear::linear::<$isa, _>(rows, layer, to) }
            }
            $(#[target_feature(enable = $features)])?
            unsafe fn add(rows: Rows<'_>, layer: Linear<'_>, to: Add<'_>) {
                // SAFETY: as above.
                unsafe { linear::linear::<$isa, _>(rows, layer, to) }
            }
            $(#[target_feature(enable = $features)])?
            unsafe fn gelu(rows: Rows<'_>, layer: Linear<'_>, to: Gelu<'_>) {
                // SAFETY: as above.
                unsafe { linear::linear::<$isa, _>(rows, layer, to) }
            }
            $(#[target_feature(enable = $features)])?
            unsafe fn keys(rows: Rows<'_>, layer: Linear<'_>, to: Keys<'_>) {
                // SAFETY: as above.
                unsafe { linear::linear::<$isa, _>(rows, layer, to) }
            }
            $(#[target_feature(enable = $features)])?
            unsafe fn attend(job: Attention<'_>, scores: &mut [f32], to: &mut [f32]) {
                // SAFETY: as above.
                unsafe { attention::attend::<$isa>(job, scores, to) }
            }
            Kernels { name: $name, embed, norm, quantise, sum, store, add, gelu, keys, attend }
        };
    };
}

#[cfg(any(not(target_arch = "wasm32"), test, feature = "naive"))]
kernels!(PORTABLE, "portable", isa::portable::Portable);
#[cfg(target_arch = "x86_64")]
kernels!(AVX2, "avx2", isa::x86_64::Avx2, "avx2,fma");
#[cfg(all(target_arch = "wasm32", any(not(feature = "relaxed-simd"), feature = "naive")))]
kernels!(PLAIN, "simd128", isa::wasm::Plain);
#[cfg(all(target_arch = "wasm32", feature = "relaxed-simd"))]
kernels!(RELAXED, "relaxed-simd", isa::wasm::Relaxed, "relaxed-simd");

/// The fastest kernels that may be called here.
fn best() -> &'static Kernels {
    #[cfg(target_arch = "x86_64")]
    if isa::x86_64::Avx2::is_there() {
        return &AVX2;
    }
    // A module with relaxed SIMD does not even load where that is missing.
    #[cfg(all(target_arch = "wasm32", feature = "relaxed-simd"))]
    return &RELAXED;
    #[cfg(all(target_arch = "wasm32", not(feature = "relaxed-simd")))]
    return &PLAIN;
    #[cfg(not(target_arch = "wasm32"))]
    &PORTABLE
}

/// All kernels that may be called here, for tests.
#[cfg(any(test, feature = "naive"))]
fn all() -> Vec<&'static Kernels> {
    let mut all = vec![&PORTABLE];
    #[cfg(target_arch = "x86_64")]
    if isa::x86_64::Avx2::is_there() {
        all.push(&AVX2);
    }
    #[cfg(target_arch = "wasm32")]
    all.push(&PLAIN);
    #[cfg(all(target_arch = "wasm32", feature = "relaxed-simd"))]
    all.push(&RELAXED);
    all
}

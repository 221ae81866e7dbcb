//! The instructions that the kernels are written in, and who has them.
//!
//! A kernel is written once, generic over [`Isa`], and compiled once for each implementation; the methods
//! are `#[inline(always)]`, so that they dissolve in a kernel whose `#[target_feature]` allows them. All of
//! them work on eight lanes: two registers of WASM's 128 bits, one of AVX2's 256.
//!
//! | implementation | int8 products are | rows at once |
//! |---|---|---|
//! | [`portable::Portable`] | plain Rust | 4 |
//! | `wasm::Plain` | widened to 16 bits, multiplied in pairs | 2: it needs twice the accumulators |
//! | `wasm::Relaxed` | `i16x8.relaxed_dot_i8x16_i7x16_s`, added up for a chunk, then widened | 4 |
//! | `avx2::Avx2` | `vpmaddubsw`, added up for a chunk, `vpmaddwd` | 4 |

#[cfg(any(not(target_arch = "wasm32"), test, feature = "naive"))]
pub(super) mod portable;
#[cfg(target_arch = "wasm32")]
pub(super) mod wasm;
#[cfg(target_arch = "x86_64")]
pub(super) mod x86_64;

/// Eight f32.
///
/// # Safety
///
/// Every method needs the instructions of the type, and pointers that are valid for eight values (of any
/// alignment).
pub(super) trait F32x8: Copy {
    /// Eight times `value`.
    unsafe fn splat(value: f32) -> Self;
    /// Reads eight values.
    unsafe fn load(from: *const f32) -> Self;
    /// Reads eight int8 and makes them f32.
    unsafe fn load_i8(from: *const i8) -> Self;
    /// Writes eight values.
    unsafe fn store(self, to: *mut f32);
    /// Writes the integers nearest to eight values in 0…127 as bytes.
    unsafe fn store_u7(self, to: *mut u8);
    /// `self + other`
    unsafe fn add(self, other: Self) -> Self;
    /// `self - other`
    unsafe fn sub(self, other: Self) -> Self;
    /// `self × other`
    unsafe fn mul(self, other: Self) -> Self;
    /// The smaller one, lane by lane; of numbers, not NaN.
    unsafe fn min(self, other: Self) -> Self;
    /// The larger one, lane by lane; of numbers, not NaN.
    unsafe fn max(self, other: Self) -> Self;
    /// The nearest integer.
    unsafe fn round(self) -> Self;
    /// 2 to the power of integers in −126…127.
    unsafe fn exp2_integer(self) -> Self;
    /// The sum of the lanes.
    unsafe fn sum(self) -> f32;
    /// The smallest lane.
    unsafe fn smallest(self) -> f32;
    /// The largest lane.
    unsafe fn largest(self) -> f32;
}

/// What a kernel needs of a processor.
///
/// # Safety
///
/// As for [`F32x8`]: the instructions must be there, the pointers valid.
pub(super) trait Isa: Copy {
    /// Eight f32.
    type F: F32x8;
    /// Sums of products, for eight outputs.
    type Sums: Copy;
    /// Sums of the products of one chunk ([`CHUNK`](crate::weights::panels::CHUNK)), for eight outputs.
    type Products: Copy;
    /// Four inputs of one row, made ready to be multiplied.
    type Inputs: Copy;
    /// Four weights of each of eight outputs, made ready to be multiplied.
    type Weights: Copy;

    /// Rows whose sums fit into the registers together: 2 or 4.
    const ROWS: usize;

    /// `a × b + c`, rounded once or twice.
    unsafe fn madd(a: Self::F, b: Self::F, c: Self::F) -> Self::F;
    /// Nothing summed up yet.
    unsafe fn no_sums() -> Self::Sums;
    /// Reads four values in 0…127.
    unsafe fn inputs(from: *const u8) -> Self::Inputs;
    /// Reads 8 × 4 int8: four of each output. Those of a chunk keep to
    /// [`MOST`](crate::weights::panels::MOST).
    unsafe fn weights(from: *const i8) -> Self::Weights;
    /// Begins a chunk with two numbers an output, one a lane.
    unsafe fn begin(from: *const i16) -> Self::Products;
    /// Adds to each output four products, two a lane.
    unsafe fn dot(products: Self::Products, inputs: Self::Inputs, weights: Self::Weights) -> Self::Products;
    /// Adds a chunk to the sums.
    unsafe fn end(sums: Self::Sums, products: Self::Products) -> Self::Sums;
    /// The eight sums.
    unsafe fn finish(sums: Self::Sums) -> Self::F;
}

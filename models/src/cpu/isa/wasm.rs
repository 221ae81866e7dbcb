//! WASM SIMD, with and without its relaxed instructions.
#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "a comment before each `impl` says it for all its methods"
)]

use super::{F32x8, Isa};
use core::{arch::wasm32::*, array::from_fn};

/// Eight f32 in two registers.
#[derive(Clone, Copy)]
pub(in crate::cpu) struct Pair(v128, v128);

/// 1.5 × 2^23: added to a number of less than 22 bits, it leaves the nearest integer in the last bits of the
/// sum. `i32x4_trunc_sat_f32x4`, which cares for what does not fit, takes V8 half a dozen instructions.
const MAGIC: f32 = 12_582_912.0;
const MAGIC_BITS: i32 = MAGIC.to_bits() as i32;

impl Pair {
    #[inline(always)]
    fn each(self, f: impl Fn(v128) -> v128) -> Self {
        Pair(f(self.0), f(self.1))
    }
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(v128, v128) -> v128) -> Self {
        Pair(f(self.0, other.0), f(self.1, other.1))
    }
}

// SAFETY (all of it): every module is compiled with `simd128`; the caller passes valid pointers.
impl F32x8 for Pair {
    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        Pair(f32x4_splat(value), f32x4_splat(value))
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        unsafe { Pair(v128_load(from.cast()), v128_load(from.add(4).cast())) }
    }
    #[inline(always)]
    unsafe fn load_i8(from: *const i8) -> Self {
        let words = unsafe { i16x8_load_extend_i8x8(from) };
        Pair(
            f32x4_convert_i32x4(i32x4_extend_low_i16x8(words)),
            f32x4_convert_i32x4(i32x4_extend_high_i16x8(words)),
        )
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe {
            v128_store(to.cast(), self.0);
            v128_store(to.add(4).cast(), self.1);
        }
    }
    #[inline(always)]
    unsafe fn store_u7(self, to: *mut u8) {
        let integers =
            self.each(|value| i32x4_sub(f32x4_add(value, f32x4_splat(MAGIC)), i32x4_splat(MAGIC_BITS)));
        let words = i16x8_narrow_i32x4(integers.0, integers.1);
        unsafe { v128_store64_lane::<0>(u8x16_narrow_i16x8(words, words), to.cast()) }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| f32x4_add(a, b))
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| f32x4_sub(a, b))
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| f32x4_mul(a, b))
    }
    // `pmin` and `pmax` are one instruction on x86-64; `min` and `max`, which care for NaN and −0, are six.
    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        self.zip(other, |a, b| f32x4_pmin(a, b))
    }
    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| f32x4_pmax(a, b))
    }
    #[inline(always)]
    unsafe fn round(self) -> Self {
        self.each(|value| f32x4_nearest(value))
    }
    #[inline(always)]
    unsafe fn exp2_integer(self) -> Self {
        // What MAGIC's own bits add is shifted out, but for their last ones, which are 0.
        self.each(|power| i32x4_shl(i32x4_add(f32x4_add(power, f32x4_splat(MAGIC)), i32x4_splat(127)), 23))
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        across(f32x4_add(self.0, self.1), |a, b| f32x4_add(a, b))
    }
    #[inline(always)]
    unsafe fn smallest(self) -> f32 {
        across(f32x4_pmin(self.0, self.1), |a, b| f32x4_pmin(a, b))
    }
    #[inline(always)]
    unsafe fn largest(self) -> f32 {
        across(f32x4_pmax(self.0, self.1), |a, b| f32x4_pmax(a, b))
    }
}

#[inline(always)]
fn across(four: v128, f: impl Fn(v128, v128) -> v128) -> f32 {
    let two = f(four, i32x4_shuffle::<2, 3, 0, 1>(four, four));
    f32x4_extract_lane::<0>(f(two, i32x4_shuffle::<1, 0, 3, 2>(two, two)))
}

/// `simd128` alone.
#[cfg(any(not(feature = "relaxed-simd"), feature = "naive"))]
#[derive(Clone, Copy)]
pub(in crate::cpu) struct Plain;

// SAFETY (all of it): as above.
#[cfg(any(not(feature = "relaxed-simd"), feature = "naive"))]
impl Isa for Plain {
    type F = Pair;
    /// Of each output two sums, of its even and its odd pairs of products, side by side.
    type Sums = [v128; 4];
    type Products = [v128; 4];
    /// As 16 bits, twice.
    type Inputs = v128;
    /// As 16 bits, two outputs a register.
    type Weights = [v128; 4];
    const ROWS: usize = 2;

    #[inline(always)]
    unsafe fn madd(a: Pair, b: Pair, c: Pair) -> Pair {
        // SAFETY: the trait's.
        unsafe { a.mul(b).add(c) }
    }
    #[inline(always)]
    unsafe fn no_sums() -> [v128; 4] {
        [i32x4_splat(0); 4]
    }
    #[inline(always)]
    unsafe fn inputs(from: *const u8) -> v128 {
        // SAFETY: the trait's; so below.
        u16x8_extend_low_u8x16(unsafe { v128_load32_splat(from.cast()) })
    }
    #[inline(always)]
    unsafe fn weights(from: *const i8) -> [v128; 4] {
        from_fn(|i| unsafe { i16x8_load_extend_i8x8(from.add(i * 8)) })
    }
    #[inline(always)]
    unsafe fn begin(from: *const i16) -> [v128; 4] {
        from_fn(|i| unsafe { i32x4_load_extend_i16x4(from.add(i * 4)) })
    }
    #[inline(always)]
    unsafe fn dot(products: [v128; 4], inputs: v128, weights: [v128; 4]) -> [v128; 4] {
        from_fn(|i| i32x4_add(products[i], i32x4_dot_i16x8(weights[i], inputs)))
    }
    #[inline(always)]
    unsafe fn end(sums: [v128; 4], products: [v128; 4]) -> [v128; 4] {
        from_fn(|i| i32x4_add(sums[i], products[i]))
    }
    #[inline(always)]
    unsafe fn finish(sums: [v128; 4]) -> Pair {
        let four = |a: v128, b: v128| {
            let even = i32x4_shuffle::<0, 2, 4, 6>(a, b);
            f32x4_convert_i32x4(i32x4_add(even, i32x4_shuffle::<1, 3, 5, 7>(a, b)))
        };
        Pair(four(sums[0], sums[1]), four(sums[2], sums[3]))
    }
}

/// Relaxed SIMD: int8 dot products and fused multiply-add.
#[cfg(feature = "relaxed-simd")]
#[derive(Clone, Copy)]
pub(in crate::cpu) struct Relaxed;

// SAFETY (all of it): as above, and the kernels that use this are compiled with `relaxed-simd`. The second
// operand of the dot product must be in 0…127, or the result depends on the machine: inputs are.
#[cfg(feature = "relaxed-simd")]
impl Isa for Relaxed {
    type F = Pair;
    type Sums = [v128; 2];
    /// In 16 bits, two an output.
    type Products = [v128; 2];
    type Inputs = v128;
    type Weights = [v128; 2];
    const ROWS: usize = 4;

    #[inline(always)]
    unsafe fn madd(a: Pair, b: Pair, c: Pair) -> Pair {
        Pair(f32x4_relaxed_madd(a.0, b.0, c.0), f32x4_relaxed_madd(a.1, b.1, c.1))
    }
    #[inline(always)]
    unsafe fn no_sums() -> [v128; 2] {
        [i32x4_splat(0); 2]
    }
    #[inline(always)]
    unsafe fn inputs(from: *const u8) -> v128 {
        unsafe { v128_load32_splat(from.cast()) }
    }
    #[inline(always)]
    unsafe fn weights(from: *const i8) -> [v128; 2] {
        from_fn(|i| unsafe { v128_load(from.add(i * 16).cast()) })
    }
    #[inline(always)]
    unsafe fn begin(from: *const i16) -> [v128; 2] {
        from_fn(|i| unsafe { v128_load(from.add(i * 8).cast()) })
    }
    #[inline(always)]
    unsafe fn dot(products: [v128; 2], inputs: v128, weights: [v128; 2]) -> [v128; 2] {
        from_fn(|i| i16x8_add(products[i], i16x8_relaxed_dot_i8x16_i7x16(weights[i], inputs)))
    }
    #[inline(always)]
    unsafe fn end(sums: [v128; 2], products: [v128; 2]) -> [v128; 2] {
        from_fn(|i| i32x4_add(sums[i], i32x4_dot_i16x8(products[i], i16x8_splat(1))))
    }
    #[inline(always)]
    unsafe fn finish(sums: [v128; 2]) -> Pair {
        Pair(f32x4_convert_i32x4(sums[0]), f32x4_convert_i32x4(sums[1]))
    }
}

//! Any processor: arrays of eight, which compilers turn into whatever there is.
#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "a comment before each `impl` says it for all its methods"
)]

use super::{F32x8, Isa};
use std::array::from_fn;

/// Plain Rust. Nothing about it is unsafe but the pointers.
#[derive(Clone, Copy)]
pub(in crate::cpu) struct Portable;

// SAFETY (all of it): only the pointers are used unsafely, as the trait says they may be.
impl F32x8 for [f32; 8] {
    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        [value; 8]
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        unsafe { from.cast::<[f32; 8]>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn load_i8(from: *const i8) -> Self {
        unsafe { from.cast::<[i8; 8]>().read_unaligned() }.map(f32::from)
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe { to.cast::<[f32; 8]>().write_unaligned(self) }
    }
    #[inline(always)]
    unsafe fn store_u7(self, to: *mut u8) {
        unsafe { to.cast::<[u8; 8]>().write_unaligned(self.map(|value| value.round_ties_even() as u8)) }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        from_fn(|i| self[i] + other[i])
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        from_fn(|i| self[i] - other[i])
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        from_fn(|i| self[i] * other[i])
    }
    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        from_fn(|i| if self[i] < other[i] { self[i] } else { other[i] })
    }
    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        from_fn(|i| if self[i] > other[i] { self[i] } else { other[i] })
    }
    #[inline(always)]
    unsafe fn round(self) -> Self {
        self.map(f32::round_ties_even)
    }
    #[inline(always)]
    unsafe fn exp2_integer(self) -> Self {
        self.map(|power| f32::from_bits(((power as i32 + 127) as u32) << 23))
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        self.iter().sum()
    }
    #[inline(always)]
    unsafe fn smallest(self) -> f32 {
        self.into_iter().fold(f32::INFINITY, f32::min)
    }
    #[inline(always)]
    unsafe fn largest(self) -> f32 {
        self.into_iter().fold(f32::NEG_INFINITY, f32::max)
    }
}

// SAFETY (all of it): as above.
impl Isa for Portable {
    type F = [f32; 8];
    type Sums = [i32; 8];
    type Products = [i32; 8];
    type Inputs = [u8; 4];
    type Weights = [i8; 32];
    const ROWS: usize = 4;

    #[inline(always)]
    unsafe fn madd(a: Self::F, b: Self::F, c: Self::F) -> Self::F {
        from_fn(|i| a[i] * b[i] + c[i])
    }
    #[inline(always)]
    unsafe fn no_sums() -> Self::Sums {
        [0; 8]
    }
    #[inline(always)]
    unsafe fn inputs(from: *const u8) -> Self::Inputs {
        unsafe { from.cast::<[u8; 4]>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn weights(from: *const i8) -> Self::Weights {
        unsafe { from.cast::<[i8; 32]>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn begin(from: *const i16) -> Self::Products {
        let lanes = unsafe { from.cast::<[[i16; 2]; 8]>().read_unaligned() };
        lanes.map(|[a, b]| i32::from(a) + i32::from(b))
    }
    #[inline(always)]
    unsafe fn dot(products: Self::Products, inputs: Self::Inputs, weights: Self::Weights) -> Self::Products {
        from_fn(|i| {
            let product = |k: usize| i32::from(inputs[k]) * i32::from(weights[4 * i + k]);
            products[i] + (0..4).map(product).sum::<i32>()
        })
    }
    #[inline(always)]
    unsafe fn end(sums: Self::Sums, products: Self::Products) -> Self::Sums {
        from_fn(|i| sums[i] + products[i])
    }
    #[inline(always)]
    unsafe fn finish(sums: Self::Sums) -> Self::F {
        sums.map(|sum| sum as f32)
    }
}

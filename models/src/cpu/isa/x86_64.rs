//! AVX2 and FMA: for native tests and evaluations, which embed whole data sets.
#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "a comment before each `impl` says it for all its methods"
)]

use super::{F32x8, Isa};
use std::arch::x86_64::*;

/// AVX2 with FMA.
#[derive(Clone, Copy)]
pub(in crate::cpu) struct Avx2;

impl Avx2 {
    /// This processor has them.
    pub(in crate::cpu) fn is_there() -> bool {
        is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
    }
}

// SAFETY (all of it): the caller has AVX2 and FMA and passes valid pointers, as the trait demands.
impl F32x8 for __m256 {
    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        unsafe { _mm256_set1_ps(value) }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        unsafe { _mm256_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn load_i8(from: *const i8) -> Self {
        unsafe { _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(from.cast()))) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe { _mm256_storeu_ps(to, self) }
    }
    #[inline(always)]
    unsafe fn store_u7(self, to: *mut u8) {
        unsafe {
            let integers = _mm256_cvtps_epi32(self);
            let words =
                _mm_packs_epi32(_mm256_castsi256_si128(integers), _mm256_extracti128_si256(integers, 1));
            _mm_storel_epi64(to.cast(), _mm_packus_epi16(words, words));
        }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        unsafe { _mm256_add_ps(self, other) }
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        unsafe { _mm256_sub_ps(self, other) }
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        unsafe { _mm256_mul_ps(self, other) }
    }
    #[inline(always)]
    unsafe fn min(self, other: Self) -> Self {
        unsafe { _mm256_min_ps(self, other) }
    }
    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        unsafe { _mm256_max_ps(self, other) }
    }
    #[inline(always)]
    unsafe fn round(self) -> Self {
        unsafe { _mm256_round_ps(self, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC) }
    }
    #[inline(always)]
    unsafe fn exp2_integer(self) -> Self {
        unsafe {
            let biased = _mm256_add_epi32(_mm256_cvtps_epi32(self), _mm256_set1_epi32(127));
            _mm256_castsi256_ps(_mm256_slli_epi32(biased, 23))
        }
    }
    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        unsafe { lanes(self) }.iter().sum()
    }
    #[inline(always)]
    unsafe fn smallest(self) -> f32 {
        unsafe { lanes(self) }.into_iter().fold(f32::INFINITY, f32::min)
    }
    #[inline(always)]
    unsafe fn largest(self) -> f32 {
        unsafe { lanes(self) }.into_iter().fold(f32::NEG_INFINITY, f32::max)
    }
}

#[inline(always)]
unsafe fn lanes(vector: __m256) -> [f32; 8] {
    let mut lanes = [0.0; 8];
    // SAFETY: eight f32 fit into eight f32.
    unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), vector) };
    lanes
}

// SAFETY (all of it): as above. The products of a chunk are added in 16 bits, which the limit on weights allows.
impl Isa for Avx2 {
    type F = __m256;
    type Sums = __m256i;
    type Products = __m256i;
    type Inputs = __m256i;
    type Weights = __m256i;
    const ROWS: usize = 4;

    #[inline(always)]
    unsafe fn madd(a: __m256, b: __m256, c: __m256) -> __m256 {
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn no_sums() -> __m256i {
        unsafe { _mm256_setzero_si256() }
    }
    #[inline(always)]
    unsafe fn inputs(from: *const u8) -> __m256i {
        unsafe { _mm256_set1_epi32(from.cast::<i32>().read_unaligned()) }
    }
    #[inline(always)]
    unsafe fn weights(from: *const i8) -> __m256i {
        unsafe { _mm256_loadu_si256(from.cast()) }
    }
    #[inline(always)]
    unsafe fn begin(from: *const i16) -> __m256i {
        unsafe { _mm256_loadu_si256(from.cast()) }
    }
    #[inline(always)]
    unsafe fn dot(products: __m256i, inputs: __m256i, weights: __m256i) -> __m256i {
        unsafe { _mm256_add_epi16(products, _mm256_maddubs_epi16(inputs, weights)) }
    }
    #[inline(always)]
    unsafe fn end(sums: __m256i, products: __m256i) -> __m256i {
        unsafe { _mm256_add_epi32(sums, _mm256_madd_epi16(products, _mm256_set1_epi16(1))) }
    }
    #[inline(always)]
    unsafe fn finish(sums: __m256i) -> __m256 {
        unsafe { _mm256_cvtepi32_ps(sums) }
    }
}

//! exp and GELU on eight lanes.
//!
//! Their constants are read from memory, one load each, by way of a reference that the compiler cannot see
//! through ([`Constants`]): V8 builds a vector constant with three instructions every time it is used, even in
//! a loop, and a fifth of all time in GELU and softmax went there.

use super::isa::{F32x8, Isa};

/// Φ(x) − ½ ≈ x × P(x²) for |x| ≤ [`GELU_END`], where it reaches ½: minimax for x × Φ(x), which is off by at
/// most 6e-5 anywhere. No division, no exp. Made by `reference/make_gelu.py`.
const GELU: [f32; 9] = [
    0.398_639_37,
    -0.065_850_61,
    0.009_502_317,
    -0.001_013_013,
    7.741_8e-5,
    -4.072_767_6e-6,
    1.383_824_9e-7,
    -2.707_333e-9,
    2.297_569e-11,
];
const GELU_END: f32 = 4.25;

/// 1/n! from the sixth down to the first two.
const EXP: [f32; 7] = [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0];
/// Below, e^x counts as this power.
const EXP_END: f32 = -87.0;
/// ln 2 in two parts, the first of few enough bits that a small integer times it is exact.
const LN_2: [f32; 2] = [-0.693_359_4, 2.121_944_4e-4];

/// What [`gelu`] and [`exp`] compute with.
pub(super) struct Constants {
    gelu: [f32; 9],
    gelu_ends: [f32; 2],
    halves: [f32; 2],
    exp: [f32; 7],
    exp_end: f32,
    log2_e: f32,
    ln_2: [f32; 2],
}

static CONSTANTS: Constants = Constants {
    gelu: GELU,
    gelu_ends: [-GELU_END, GELU_END],
    halves: [-0.5, 0.5],
    exp: EXP,
    exp_end: EXP_END,
    log2_e: std::f32::consts::LOG2_E,
    ln_2: LN_2,
};

/// The constants; to be asked for outside of loops.
pub(super) fn constants() -> &'static Constants {
    std::hint::black_box(&CONSTANTS)
}

/// x × Φ(x), with Φ the distribution function of the normal distribution (Hendrycks and Gimpel, "Gaussian
/// Error Linear Units", 2016). Error at most 1e-4.
///
/// # Safety
///
/// The instructions of `V` must be there.
#[inline(always)]
pub(super) unsafe fn gelu<V: Isa>(x: V::F, with: &Constants) -> V::F {
    // SAFETY: passed on.
    unsafe {
        let [from, to] = with.gelu_ends;
        let near = x.max(V::F::splat(from)).min(V::F::splat(to));
        let square = near.mul(near);
        let mut p = V::F::splat(with.gelu[8]);
        let mut i = 8;
        while i > 0 {
            i -= 1;
            p = V::madd(p, square, V::F::splat(with.gelu[i]));
        }
        // At the ends rounding may leave ½ by a hair, and a large x would make it a beam.
        let [from, to] = with.halves;
        let half = near.mul(p).max(V::F::splat(from)).min(V::F::splat(to));
        V::madd(x, half, x.mul(V::F::splat(to)))
    }
}

/// e^x for x ≤ 0, to a few units in the last place; below −87 it is as good as 0.
///
/// x = n ln 2 + r with |r| ≤ ½ ln 2, e^r by its Taylor polynomial, 2^n by the exponent's bits.
///
/// # Safety
///
/// The instructions of `V` must be there.
#[inline(always)]
pub(super) unsafe fn exp<V: Isa>(x: V::F, with: &Constants) -> V::F {
    // SAFETY: passed on; n is in −126…0.
    unsafe {
        let x = x.max(V::F::splat(with.exp_end));
        let n = x.mul(V::F::splat(with.log2_e)).round();
        let r = V::madd(n, V::F::splat(with.ln_2[0]), x);
        let r = V::madd(n, V::F::splat(with.ln_2[1]), r);
        let mut p = V::F::splat(with.exp[0]);
        let mut i = 1;
        while i < 7 {
            p = V::madd(p, r, V::F::splat(with.exp[i]));
            i += 1;
        }
        p.mul(n.exp2_integer())
    }
}

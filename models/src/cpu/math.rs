//! exp and GELU on eight lanes.

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

/// x × Φ(x), with Φ the distribution function of the normal distribution (Hendrycks and Gimpel, "Gaussian
/// Error Linear Units", 2016). Error at most 1e-4.
///
/// # Safety
///
/// The instructions of `V` must be there.
#[inline(always)]
pub(super) unsafe fn gelu<V: Isa>(x: V::F) -> V::F {
    // SAFETY: passed on.
    unsafe {
        let near = x.max(V::F::splat(-GELU_END)).min(V::F::splat(GELU_END));
        let square = near.mul(near);
        let mut p = V::F::splat(GELU[8]);
        let mut i = 8;
        while i > 0 {
            i -= 1;
            p = V::madd(p, square, V::F::splat(GELU[i]));
        }
        // At the ends rounding may leave ½ by a hair, and a large x would make it a beam.
        let half = near.mul(p).max(V::F::splat(-0.5)).min(V::F::splat(0.5));
        V::madd(x, half, x.mul(V::F::splat(0.5)))
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
pub(super) unsafe fn exp<V: Isa>(x: V::F) -> V::F {
    // SAFETY: passed on; n is in −126…0.
    unsafe {
        let x = x.max(V::F::splat(-87.0));
        let n = x.mul(V::F::splat(std::f32::consts::LOG2_E)).round();
        // ln 2 in two parts, the first of few enough bits that n × it is exact.
        let r = V::madd(n, V::F::splat(-0.693_359_4), x);
        let r = V::madd(n, V::F::splat(2.121_944_4e-4), r);
        let mut p = V::F::splat(1.0 / 720.0);
        for coefficient in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
            p = V::madd(p, r, V::F::splat(coefficient));
        }
        p.mul(n.exp2_integer())
    }
}

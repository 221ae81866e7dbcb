//! Attention of one sequence: softmax(Q Kᵀ) V, head by head, four queries at a time.
//!
//! Nothing is transposed here: the projection wrote the keys in panels of eight ([`super::linear::Keys`]), so
//! the scores of four queries against eight keys are a block in registers; queries and values are read where
//! the projections left them. The scores of four queries are all that is ever stored: the whole matrix, 3 MB
//! for 256 tokens, never exists. Queries come scaled by log₂ e / √dims, so that
//! softmax is in powers of two.

use super::{
    isa::{F32x8, Isa},
    math,
};

/// What attention reads.
#[derive(Clone, Copy)]
pub(super) struct Attention<'a> {
    /// `tokens × hidden`
    pub queries: &'a [f32],
    /// `heads × panels × dims × 8`; keys beyond the last token may be anything finite.
    pub keys: &'a [f32],
    /// `tokens × hidden`
    pub values: &'a [f32],
    /// Tokens of the sequence, at least one.
    pub tokens: usize,
    /// Heads; each has hidden / heads dimensions, a multiple of 8.
    pub heads: usize,
    /// Width of a row.
    pub hidden: usize,
}

/// Room for the scores of four queries.
pub(super) fn scores_len(tokens: usize) -> usize {
    4 * tokens.next_multiple_of(8)
}

/// Attends, into `to` (`tokens × hidden`). `scores` has [`scores_len`] places.
///
/// # Safety
///
/// The instructions of `V` must be there.
#[inline(always)]
pub(super) unsafe fn attend<V: Isa>(job: Attention<'_>, scores: &mut [f32], to: &mut [f32]) {
    let Attention { tokens, heads, hidden, .. } = job;
    let dims = hidden / heads;
    assert!(tokens > 0 && dims * heads == hidden && dims.is_multiple_of(8));
    assert!(job.queries.len() == tokens * hidden && job.values.len() == tokens * hidden);
    assert!(job.keys.len() >= tokens.next_multiple_of(8) * hidden);
    assert!(to.len() == tokens * hidden && scores.len() >= scores_len(tokens));
    let constants = math::constants();
    for head in 0..heads {
        let mut query = 0;
        // SAFETY: queries and heads stay below what was checked.
        unsafe {
            while query + 4 <= tokens {
                block::<V, 4>(&job, head, query, scores, to, constants);
                query += 4;
            }
            while query < tokens {
                block::<V, 1>(&job, head, query, scores, to, constants);
                query += 1;
            }
        }
    }
}

/// `R` queries of one head.
#[inline(always)]
unsafe fn block<V: Isa, const R: usize>(
    job: &Attention<'_>,
    head: usize,
    query: usize,
    scores: &mut [f32],
    to: &mut [f32],
    constants: &math::Constants,
) {
    let Attention { tokens, heads, hidden, .. } = *job;
    let dims = hidden / heads;
    let padded = tokens.next_multiple_of(8);
    // SAFETY: the caller checked all lengths: a panel has `dims × 8` values, a row `hidden`, `scores` four
    // rows of `padded`.
    unsafe {
        let queries = job.queries.as_ptr().add(query * hidden + head * dims);
        let keys = job.keys.as_ptr().add(head * padded * dims);
        let values = job.values.as_ptr().add(head * dims);
        let scores = scores.as_mut_ptr();

        for key in (0..padded).step_by(8) {
            let panel = keys.add(key * dims);
            let mut dots = [V::F::splat(0.0); R];
            let mut d = 0;
            while d < dims {
                let keys = V::F::load(panel.add(d * 8));
                let mut r = 0;
                while r < R {
                    dots[r] = V::madd(V::F::splat(*queries.add(r * hidden + d)), keys, dots[r]);
                    r += 1;
                }
                d += 1;
            }
            let mut r = 0;
            while r < R {
                dots[r].store(scores.add(r * padded + key));
                r += 1;
            }
        }

        let mut inverse = [0.0f32; R];
        for (r, inverse) in inverse.iter_mut().enumerate() {
            *inverse = 1.0 / softmax::<V>(scores.add(r * padded), tokens, padded, constants);
        }

        for d in (0..dims).step_by(8) {
            let mut context = [V::F::splat(0.0); R];
            let mut key = 0;
            while key < tokens {
                let value = V::F::load(values.add(key * hidden + d));
                let mut r = 0;
                while r < R {
                    context[r] = V::madd(V::F::splat(*scores.add(r * padded + key)), value, context[r]);
                    r += 1;
                }
                key += 1;
            }
            let mut r = 0;
            while r < R {
                let at = to.as_mut_ptr().add((query + r) * hidden + head * dims + d);
                context[r].mul(V::F::splat(inverse[r])).store(at);
                r += 1;
            }
        }
    }
}

/// Turns scores into weights that sum up to what is returned.
#[inline(always)]
unsafe fn softmax<V: Isa>(
    scores: *mut f32,
    tokens: usize,
    padded: usize,
    constants: &math::Constants,
) -> f32 {
    // SAFETY: there are `padded` scores.
    unsafe {
        for key in tokens..padded {
            *scores.add(key) = f32::MIN;
        }
        let mut largest = V::F::splat(f32::MIN);
        for key in (0..padded).step_by(8) {
            largest = largest.max(V::F::load(scores.add(key)));
        }
        let largest = V::F::splat(largest.largest());
        let mut total = V::F::splat(0.0);
        for key in (0..padded).step_by(8) {
            let weight = math::exp2::<V>(V::F::load(scores.add(key)).sub(largest), constants);
            total = total.add(weight);
            weight.store(scores.add(key));
        }
        // What lies beyond the last token added 2^−126 at most.
        total.sum()
    }
}

//! What is done row by row: embedding, LayerNorm, quantising, pooling.

use super::{
    isa::{F32x8, Isa},
    linear::{GROUP, Grid, groups},
};

/// Quantised rows being written.
pub(super) struct RowsMut<'a> {
    /// `rows × width`
    pub values: &'a mut [u8],
    /// `rows × groups`
    pub grids: &'a mut [Grid],
}

/// LayerNorm's parameters.
#[derive(Clone, Copy)]
pub(super) struct Norm<'a> {
    /// The factor of each column.
    pub weight: &'a [f32],
    /// The summand of each column.
    pub bias: &'a [f32],
    /// Added to the variance.
    pub epsilon: f32,
}

/// An int8 row of an embedding table.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    /// Its values, int8.
    pub values: &'a [u8],
    /// value = int8 × scale
    pub scale: f32,
}

/// The sum of three embeddings into `to`.
///
/// # Safety
///
/// The instructions of `V` must be there.
#[inline(always)]
pub(super) unsafe fn embed<V: Isa>(word: Entry<'_>, position: Entry<'_>, kind: Entry<'_>, to: &mut [f32]) {
    let width = to.len();
    assert!(width.is_multiple_of(8));
    assert!(word.values.len() == width && position.values.len() == width && kind.values.len() == width);
    // SAFETY: all four have `width` values.
    unsafe {
        for i in (0..width).step_by(8) {
            let part = |entry: Entry<'_>| {
                V::F::load_i8(entry.values.as_ptr().add(i).cast()).mul(V::F::splat(entry.scale))
            };
            part(word).add(part(position)).add(part(kind)).store(to.as_mut_ptr().add(i));
        }
    }
}

/// LayerNorm of each row in place, and the result quantised as well.
///
/// # Safety
///
/// The instructions of `V` must be there.
#[inline(always)]
pub(super) unsafe fn norm<V: Isa>(rows: &mut [f32], norm: Norm<'_>, to: RowsMut<'_>) {
    let width = norm.weight.len();
    assert!(width > 0 && width.is_multiple_of(8) && norm.bias.len() == width);
    let count = rows.len() / width;
    let groups = groups(width);
    assert!(to.values.len() == rows.len() && to.grids.len() == count * groups);
    for (n, row) in rows.chunks_exact_mut(width).enumerate() {
        // SAFETY: every pointer stays within the row's `width` values, checked above; so below.
        unsafe {
            let at = row.as_mut_ptr();
            let mut total = V::F::splat(0.0);
            for i in (0..width).step_by(8) {
                total = total.add(V::F::load(at.add(i)));
            }
            let mean = V::F::splat(total.sum() / width as f32);
            let mut squares = V::F::splat(0.0);
            for i in (0..width).step_by(8) {
                let off = V::F::load(at.add(i)).sub(mean);
                squares = V::madd(off, off, squares);
            }
            let factor = V::F::splat(1.0 / (squares.sum() / width as f32 + norm.epsilon).sqrt());
            for i in (0..width).step_by(8) {
                let weight = V::F::load(norm.weight.as_ptr().add(i)).mul(factor);
                let bias = V::F::load(norm.bias.as_ptr().add(i));
                V::madd(V::F::load(at.add(i)).sub(mean), weight, bias).store(at.add(i));
            }
            let grids = &mut to.grids[n * groups..(n + 1) * groups];
            quantise_row::<V>(at, width, to.values.as_mut_ptr().add(n * width), grids);
        }
    }
}

/// Quantises rows: the smallest value of a group becomes 0, its largest 127.
///
/// # Safety
///
/// The instructions of `V` must be there.
#[inline(always)]
pub(super) unsafe fn quantise<V: Isa>(rows: &[f32], width: usize, to: RowsMut<'_>) {
    assert!(width > 0 && width.is_multiple_of(8) && rows.len().is_multiple_of(width));
    let count = rows.len() / width;
    let groups = groups(width);
    assert!(to.values.len() == rows.len() && to.grids.len() == count * groups);
    for (n, row) in rows.chunks_exact(width).enumerate() {
        // SAFETY: every pointer stays within the row's `width` values, checked above.
        unsafe {
            let grids = &mut to.grids[n * groups..(n + 1) * groups];
            quantise_row::<V>(row.as_ptr(), width, to.values.as_mut_ptr().add(n * width), grids);
        }
    }
}

/// Quantises one row, group by group.
#[inline(always)]
unsafe fn quantise_row<V: Isa>(row: *const f32, width: usize, to: *mut u8, grids: &mut [Grid]) {
    for (n, grid) in grids.iter_mut().enumerate() {
        let (start, end) = (n * GROUP, width.min((n + 1) * GROUP));
        // SAFETY: the caller's: `row` and `to` have `width` places, and there is a step for each group.
        // (x − smallest) / step is in 0…127 but for rounding, which `store_u7` does anyway. What is not finite
        // makes `grid` so, and with it the vector.
        unsafe {
            let mut smallest = V::F::splat(f32::INFINITY);
            let mut largest = V::F::splat(f32::NEG_INFINITY);
            for i in (start..end).step_by(8) {
                let value = V::F::load(row.add(i));
                smallest = smallest.min(value);
                largest = largest.max(value);
            }
            let (smallest, largest) = (smallest.smallest(), largest.largest());
            // A constant group has no steps.
            let step = if largest > smallest { (largest - smallest) / 127.0 } else { 1.0 };
            *grid = Grid { step, middle: smallest + 64.0 * step };
            let (inverse, shift) = (V::F::splat(1.0 / step), V::F::splat(smallest));
            for i in (start..end).step_by(8) {
                V::F::load(row.add(i)).sub(shift).mul(inverse).store_u7(to.add(i));
            }
        }
    }
}

/// The sum of rows, into `to`.
///
/// # Safety
///
/// The instructions of `V` must be there.
#[inline(always)]
pub(super) unsafe fn sum<V: Isa>(rows: &[f32], to: &mut [f32]) {
    let width = to.len();
    assert!(width > 0 && width.is_multiple_of(8) && rows.len().is_multiple_of(width));
    to.fill(0.0);
    for row in rows.chunks_exact(width) {
        // SAFETY: both have `width` values.
        unsafe {
            for i in (0..width).step_by(8) {
                let at = to.as_mut_ptr().add(i);
                V::F::load(at).add(V::F::load(row.as_ptr().add(i))).store(at);
            }
        }
    }
}

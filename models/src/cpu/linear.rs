//! A linear layer over int8.
//!
//! **Weights** are symmetric per output: w ≈ scale × int8. **Inputs** are asymmetric and 7 bits wide, because
//! the products of two int8 pairs must fit into 16 bits: x ≈ step × (u7 − 64) + middle, with step and middle for
//! each row and group of [`GROUP`] inputs. So
//!
//! ```text
//! Σ w x = scale × Σ over groups ( step × Σ int8 × (u7 − 64)  +  middle × Σ int8 )
//! ```
//!
//! where the first inner sum is what the kernel computes, in integers and so without error, and the second is
//! known when the weights are loaded. Asymmetric, because after GELU nearly everything is positive. In groups,
//! because a few of BERT's columns are ten times as large as the others and take the bits away from all that
//! share a step with them.
//!
//! **Chunks.** No processor that WASM can count on multiplies and adds int8 into 32 bits in one instruction:
//! there is a product that adds two neighbours in 16 bits (`vpmaddubsw`, the relaxed dot product), and widening
//! costs as much again. So the products of a whole chunk of [`CHUNK`] inputs are added up in 16 bits, and only
//! then widened. That this cannot overflow is a property of the weights: the converter chooses the scales so that
//! what is added up in a lane is at most 64 × [`MOST`](crate::weights::panels::MOST), and the loader checks it.
//! Nothing is lost in between, either: sums in 16 bits begin at −64 Σ int8 ([`Linear::centre`]) and may run over
//! on their way, which is undone as long as the end fits.
//!
//! **What chunks and groups cost**, mean and worst cosine to f32 on 200 real passages, and the time of 128 tokens
//! in Chromium (one core of an EPYC 9004, 3.7 GHz; onnxruntime-web's q8 took 57–59 ms):
//!
//! | chunk | group | mean | worst | ms |
//! |---:|---:|---:|---:|---:|
//! | 8, as 4 × 2, widened each time | 96 | 0.9986 | 0.992 | 31.4 |
//! | 32, without centring | 96 | 0.9979 | 0.992 | 28.7 |
//! | 48 | 96 | 0.9979 | 0.990 | 28.6 |
//! | 48 | 192 | 0.9972 | 0.988 | 26.9 |
//! | 64 | 192 | 0.9967 | 0.985 | 25.6 |
//!
//! and onnxruntime's q8 reaches 0.993 and 0.971. What did not help: the fused relaxed dot product (41 ms: two
//! multiplications each), 2 or 3 rows a block, unrolling (the compiler reorders sums until registers spill),
//! saturating additions (half the throughput), inputs interleaved by rows or shuffled instead of broadcast.
//! The inner loop by itself, measured natively, is bound by the two ports that multiply.
//!
//! **Weights lie in panels** `[outputs / 8][inputs / 4][8][4]`: the kernel walks through a panel once, from
//! front to back, and each load is the four weights of eight outputs, which the four inputs of a row,
//! broadcast, are multiplied with. The 16-bit sums of the block of rows (2 or 4, by what the registers hold) by
//! eight outputs stay in registers for a chunk. A panel (3 KB for 384 inputs) stays in the first-level cache
//! for all rows.

use super::{
    isa::{F32x8, Isa},
    math,
};
use crate::weights::panels::CHUNK;

/// Inputs that share a [`Grid`], a multiple of [`CHUNK`]; the last group of a row may be shorter.
pub(super) const GROUP: usize = 192;
const _: () = assert!(GROUP.is_multiple_of(CHUNK));

/// Groups of a row.
pub(super) fn groups(inputs: usize) -> usize {
    inputs.div_ceil(GROUP)
}

/// Chunks of a row.
pub(super) fn chunks(inputs: usize) -> usize {
    inputs.div_ceil(CHUNK)
}

/// A layer as the kernel reads it.
#[derive(Clone, Copy)]
pub(super) struct Linear<'a> {
    /// A multiple of 8.
    pub inputs: usize,
    /// A multiple of 8.
    pub outputs: usize,
    /// `outputs × inputs` int8, in panels.
    pub panels: &'a [u8],
    /// One an output.
    pub scale: &'a [f32],
    /// Σ int8 of each group: `[outputs / 8][groups][8]`.
    pub sum: &'a [f32],
    /// −64 Σ int8 of each lane of each chunk, modulo 2^16: `[outputs / 8][chunks][8][2]`.
    pub centre: &'a [i16],
    /// One an output.
    pub bias: &'a [f32],
}

/// What the quantised values of a group stand for: middle + step × (u7 − 64).
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub(super) struct Grid {
    /// Between two neighbours.
    pub step: f32,
    /// At 64.
    pub middle: f32,
}

/// Quantised rows.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    /// `rows × inputs`, in 0…127.
    pub values: &'a [u8],
    /// `rows × groups`
    pub grids: &'a [Grid],
}

impl<'a> Rows<'a> {
    /// Rows `from..to` of `inputs` values each.
    pub fn part(&self, from: usize, to: usize, inputs: usize) -> Rows<'a> {
        let groups = from * groups(inputs)..to * groups(inputs);
        Rows { values: &self.values[from * inputs..to * inputs], grids: &self.grids[groups] }
    }
}

/// What becomes of an output.
pub(super) trait Epilogue<V: Isa> {
    /// Panics unless `rows × outputs` values have a place.
    fn check(&self, rows: usize, outputs: usize);
    /// Takes the outputs `column..column + 8` of a row.
    ///
    /// # Safety
    ///
    /// [`Epilogue::check`] has passed; `row` and `column` are below what it was given.
    unsafe fn take(&mut self, row: usize, column: usize, values: V::F);
}

/// Written down, row after row.
pub(super) struct Store<'a> {
    /// `rows × outputs`
    pub to: &'a mut [f32],
    /// Outputs of a row.
    pub outputs: usize,
}

impl<V: Isa> Epilogue<V> for Store<'_> {
    fn check(&self, rows: usize, outputs: usize) {
        assert!(outputs == self.outputs && self.to.len() >= rows * outputs);
    }
    #[inline(always)]
    unsafe fn take(&mut self, row: usize, column: usize, values: V::F) {
        // SAFETY: checked to lie inside.
        unsafe { values.store(self.to.as_mut_ptr().add(row * self.outputs + column)) };
    }
}

/// Added to what is there.
pub(super) struct Add<'a>(pub Store<'a>);

impl<V: Isa> Epilogue<V> for Add<'_> {
    fn check(&self, rows: usize, outputs: usize) {
        Epilogue::<V>::check(&self.0, rows, outputs);
    }
    #[inline(always)]
    unsafe fn take(&mut self, row: usize, column: usize, values: V::F) {
        // SAFETY: checked to lie inside.
        unsafe {
            let to = self.0.to.as_mut_ptr().add(row * self.0.outputs + column);
            V::F::load(to).add(values).store(to);
        }
    }
}

/// GELU, then written down.
pub(super) struct Gelu<'a>(Store<'a>, &'static math::Constants);

impl<'a> Gelu<'a> {
    /// Through GELU, to there.
    pub fn to(store: Store<'a>) -> Self {
        Gelu(store, math::constants())
    }
}

impl<V: Isa> Epilogue<V> for Gelu<'_> {
    fn check(&self, rows: usize, outputs: usize) {
        Epilogue::<V>::check(&self.0, rows, outputs);
    }
    #[inline(always)]
    unsafe fn take(&mut self, row: usize, column: usize, values: V::F) {
        // SAFETY: checked to lie inside.
        unsafe {
            math::gelu::<V>(values, self.1).store(self.0.to.as_mut_ptr().add(row * self.0.outputs + column))
        };
    }
}

/// Written down as attention reads keys: for each head, panels of eight keys, `[dims][8]` each.
pub(super) struct Keys<'a> {
    /// `heads × panels × dims × 8`
    pub to: &'a mut [f32],
    /// Dimensions of a head, a multiple of 8.
    pub dims: usize,
    /// Panels of eight keys.
    pub panels: usize,
}

impl<V: Isa> Epilogue<V> for Keys<'_> {
    fn check(&self, rows: usize, outputs: usize) {
        assert!(rows <= self.panels * 8 && self.dims.is_multiple_of(8) && outputs.is_multiple_of(self.dims));
        assert!(self.to.len() >= outputs * self.panels * 8);
    }
    #[inline(always)]
    unsafe fn take(&mut self, row: usize, column: usize, values: V::F) {
        let (head, dim) = (column / self.dims, column % self.dims);
        let start = (head * self.panels + row / 8) * self.dims * 8 + dim * 8 + row % 8;
        let mut lanes = [0.0f32; 8];
        // SAFETY: eight values have room in eight; the last index is at most
        // (heads − 1 × panels + panels − 1) × dims × 8 + (dims − 1) × 8 + 7, checked to lie inside.
        unsafe {
            values.store(lanes.as_mut_ptr());
            for (i, lane) in lanes.into_iter().enumerate() {
                *self.to.get_unchecked_mut(start + i * 8) = lane;
            }
        }
    }
}

/// Puts all `rows` through a layer.
///
/// # Safety
///
/// The instructions of `V` must be there.
#[inline(always)]
pub(super) unsafe fn linear<V: Isa, E: Epilogue<V>>(rows: Rows<'_>, layer: Linear<'_>, mut to: E) {
    let Linear { inputs, outputs, .. } = layer;
    assert!(inputs > 0 && inputs.is_multiple_of(8) && outputs.is_multiple_of(8));
    assert!(layer.panels.len() == inputs * outputs && layer.sum.len() == outputs * groups(inputs));
    assert!(layer.centre.len() == outputs * chunks(inputs) * 2);
    assert!(layer.scale.len() == outputs && layer.bias.len() == outputs);
    let count = rows.values.len() / inputs;
    assert!(rows.grids.len() == count * groups(inputs));
    to.check(count, outputs);
    for column in (0..outputs).step_by(8) {
        let mut row = 0;
        // SAFETY: rows and columns stay below what was checked.
        unsafe {
            if V::ROWS >= 4 {
                while row + 4 <= count {
                    block::<V, E, 4>(&rows, row, &layer, column, &mut to);
                    row += 4;
                }
            }
            while row + 2 <= count {
                block::<V, E, 2>(&rows, row, &layer, column, &mut to);
                row += 2;
            }
            if row < count {
                block::<V, E, 1>(&rows, row, &layer, column, &mut to);
            }
        }
    }
}

/// `R` rows by eight outputs.
#[inline(always)]
unsafe fn block<V: Isa, E: Epilogue<V>, const R: usize>(
    rows: &Rows<'_>,
    row: usize,
    layer: &Linear<'_>,
    column: usize,
    to: &mut E,
) {
    let inputs = layer.inputs;
    let groups = groups(inputs);
    // SAFETY: the caller checked all lengths; a panel holds `inputs × 8` weights and `groups × 8` sums, a row
    // `inputs` values and `groups` steps.
    unsafe {
        let panel = layer.panels.as_ptr().add(column * inputs).cast::<i8>();
        let group_sums = layer.sum.as_ptr().add(column * groups);
        let centre = layer.centre.as_ptr().add(column * chunks(inputs) * 2);
        let values = rows.values.as_ptr().add(row * inputs);
        let grids = rows.grids.as_ptr().add(row * groups);
        let mut totals = [V::F::splat(0.0); R];
        let mut group = 0;
        while group < groups {
            let end = inputs.min((group + 1) * GROUP);
            let mut sums = [V::no_sums(); R];
            let mut k = group * GROUP;
            while k < end {
                let stop = end.min(k + CHUNK);
                let mut products = [V::begin(centre.add(k / CHUNK * 16)); R];
                while k < stop {
                    let weights = V::weights(panel.add(k * 8));
                    let mut r = 0;
                    while r < R {
                        products[r] = V::dot(products[r], V::inputs(values.add(r * inputs + k)), weights);
                        r += 1;
                    }
                    k += 4;
                }
                let mut r = 0;
                while r < R {
                    sums[r] = V::end(sums[r], products[r]);
                    r += 1;
                }
            }
            let group_sum = V::F::load(group_sums.add(group * 8));
            let mut r = 0;
            while r < R {
                let grid = &*grids.add(r * groups + group);
                let (step, middle) = (V::F::splat(grid.step), V::F::splat(grid.middle));
                totals[r] = V::madd(V::finish(sums[r]), step, V::madd(middle, group_sum, totals[r]));
                r += 1;
            }
            group += 1;
        }
        let scale = V::F::load(layer.scale.as_ptr().add(column));
        let bias = V::F::load(layer.bias.as_ptr().add(column));
        let mut r = 0;
        while r < R {
            to.take(row + r, column, V::madd(totals[r], scale, bias));
            r += 1;
        }
    }
}

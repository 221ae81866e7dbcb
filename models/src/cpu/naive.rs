//! All kernels once more, in plain loops, and the comparison of both on random input: natively by this crate's
//! tests, in WASM by the background's.

use super::{
    Add, Attention, Entry, Gelu, Kernels, Keys, Linear, Norm, Rows, RowsMut, Store, all, attention,
    linear::{GROUP, Grid, chunks, groups},
};
use crate::weights::panels;

/// How far f32 sums in another order may be apart, relative to the terms.
const TOLERANCE: f32 = 2e-5;

/// Shapes to compare at; every field is made valid (multiples, at least one) by [`check`].
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Seeds the random input.
    pub seed: u64,
    /// Rows of a product, tokens of a sequence.
    pub rows: usize,
    /// Inputs of a layer, in eights.
    pub inputs: usize,
    /// Outputs of a layer, in eights; they are also its heads, each of eight dimensions × `inputs`.
    pub outputs: usize,
}

/// Compares every kernel that this machine can run with its twin. Says what differs.
pub fn check(shape: Shape) -> Result<(), String> {
    for kernels in all() {
        let random = &mut Random(shape.seed);
        let (rows, inputs) = (shape.rows.max(1), shape.inputs.max(1) * 8);
        let outputs = shape.outputs.max(1) * 8;
        let checks = [
            check_linear(kernels, random, rows, inputs, outputs),
            check_attention(kernels, random, rows, shape.outputs.clamp(1, 4), shape.inputs.clamp(1, 4) * 8),
            check_rows(kernels, random, rows, inputs),
            check_gelu(kernels, random),
        ];
        for check in checks {
            check.map_err(|what| format!("{} of {} differs: {shape:?}", what, kernels.name))?;
        }
    }
    Ok(())
}

/// splitmix64, public domain (Vigna 2015): deterministic everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Values in −`size`…`size`.
    fn floats(&mut self, count: usize, size: f32) -> Vec<f32> {
        (0..count).map(|_| ((self.next() >> 40) as f32 / 8_388_608.0 - 1.0) * size).collect()
    }

    /// Bytes of at most `most`, both ends more often than chance would have it.
    fn bytes(&mut self, count: usize, most: u8) -> Vec<u8> {
        let byte = |n: u64| match n % 8 {
            0 => 0,
            1 => most,
            _ => ((n >> 8) % (u64::from(most) + 1)) as u8,
        };
        (0..count).map(|_| byte(self.next())).collect()
    }

    /// int8 in −128…127, as bytes.
    fn int8(&mut self, count: usize) -> Vec<u8> {
        self.bytes(count, 255).into_iter().map(|byte| byte.wrapping_add(128)).collect()
    }
}

fn near(ours: &[f32], naive: &[f32], scale: f32, what: &'static str) -> Result<(), &'static str> {
    let fits = |(a, b): (&f32, &f32)| (a - b).abs() <= TOLERANCE * scale.max(b.abs());
    if ours.len() == naive.len() && ours.iter().zip(naive).all(fits) { Ok(()) } else { Err(what) }
}

fn check_linear(
    kernels: &Kernels,
    random: &mut Random,
    rows: usize,
    inputs: usize,
    outputs: usize,
) -> Result<(), &'static str> {
    let mut weights = random.int8(outputs * inputs);
    // As large as they may be.
    for chunk in weights.chunks_mut(inputs).flat_map(|row| row.chunks_mut(panels::CHUNK)) {
        while panels::largest_sum(chunk, |byte: u8| f32::from(byte.cast_signed()).abs())
            > f32::from(panels::MOST)
        {
            chunk.iter_mut().for_each(|byte| *byte = (byte.cast_signed() / 10 * 9).cast_unsigned());
        }
    }
    let values = random.bytes(rows * inputs, 127);
    let groups = groups(inputs);
    let grid = |(step, middle)| Grid { step, middle };
    let (steps, middles) = (random.floats(rows * groups, 0.1), random.floats(rows * groups, 3.0));
    let grids: Vec<Grid> = steps.into_iter().zip(middles).map(grid).collect();
    let (scale, bias) = (random.floats(outputs, 0.01), random.floats(outputs, 1.0));
    let span = |group: usize| group * GROUP..inputs.min((group + 1) * GROUP);
    let weight = |output: usize, k: usize| i32::from(weights[output * inputs + k].cast_signed());
    let sum = |output: usize, group: usize| span(group).map(|k| weight(output, k)).sum::<i32>() as f32;
    let mut sums = Vec::new();
    for eight in 0..outputs / 8 {
        sums.extend((0..groups * 8).map(|n| sum(eight * 8 + n % 8, n / 8)));
    }
    let mut centre = Vec::new();
    for eight in 0..outputs / 8 {
        for chunk in 0..chunks(inputs) {
            for (output, lane) in (0..16).map(|n| (eight * 8 + n / 2, n % 2)) {
                let ends = (chunk * panels::CHUNK, inputs.min((chunk + 1) * panels::CHUNK));
                let of_lane = (ends.0..ends.1).filter(|k| k % 4 / 2 == lane);
                centre.push((-64 * of_lane.map(|k| weight(output, k)).sum::<i32>()) as i16);
            }
        }
    }
    let mut naive = vec![0.0; rows * outputs];
    for row in 0..rows {
        for output in 0..outputs {
            let mut total = 0.0;
            for group in 0..groups {
                let product: i32 =
                    span(group).map(|k| weight(output, k) * (i32::from(values[row * inputs + k]) - 64)).sum();
                let grid = &grids[row * groups + group];
                total += grid.step * product as f32 + grid.middle * sum(output, group);
            }
            naive[row * outputs + output] = total * scale[output] + bias[output];
        }
    }

    let packed = panels::pack(&weights, inputs);
    let layer =
        Linear { inputs, outputs, panels: &packed, scale: &scale, sum: &sums, centre: &centre, bias: &bias };
    let input = Rows { values: &values, grids: &grids };
    let size = 0.01 * 0.1 * 127.0 * 127.0 * inputs as f32;
    let mut ours = vec![0.5; rows * outputs];
    // SAFETY: `all` gives only kernels whose instructions are there; so below.
    unsafe { (kernels.add)(input, layer, Add(Store { to: &mut ours, outputs })) };
    let added: Vec<f32> = naive.iter().map(|value| value + 0.5).collect();
    near(&ours, &added, size, "add")?;
    // SAFETY: as above.
    unsafe { (kernels.store)(input, layer, Store { to: &mut ours, outputs }) };
    near(&ours, &naive, size, "store")?;
    // SAFETY: as above.
    unsafe { (kernels.gelu)(input, layer, Gelu::to(Store { to: &mut ours, outputs })) };
    let through: Vec<f32> = naive.iter().map(|value| gelu(*value)).collect();
    near(&ours, &through, size.max(1e-4 / TOLERANCE), "gelu of a layer")?;

    let dims = outputs.min(8);
    let count = rows.div_ceil(8);
    let mut keys = vec![0.0; outputs * count * 8];
    // SAFETY: as above.
    unsafe { (kernels.keys)(input, layer, Keys { to: &mut keys, dims, panels: count }) };
    near(&key_rows(&keys, rows, outputs, dims), &naive, size, "keys")
}

/// Panels of keys back to rows.
fn key_rows(keys: &[f32], rows: usize, outputs: usize, dims: usize) -> Vec<f32> {
    let panels = rows.div_ceil(8);
    let at = |row: usize, column: usize| {
        let (head, dim) = (column / dims, column % dims);
        keys[((head * panels + row / 8) * dims + dim) * 8 + row % 8]
    };
    (0..rows).flat_map(|row| (0..outputs).map(move |column| (row, column))).map(|(r, c)| at(r, c)).collect()
}

fn check_attention(
    kernels: &Kernels,
    random: &mut Random,
    tokens: usize,
    heads: usize,
    dims: usize,
) -> Result<(), &'static str> {
    let hidden = heads * dims;
    let queries = random.floats(tokens * hidden, 2.0);
    let values = random.floats(tokens * hidden, 2.0);
    // What lies beyond the last token must not matter.
    let keys = random.floats(tokens.next_multiple_of(8) * hidden, 2.0);
    let rows = key_rows(&keys, tokens, hidden, dims);
    let mut naive = vec![0.0f32; tokens * hidden];
    for head in 0..heads {
        let part =
            |all: &[f32], token: usize| -> Vec<f32> { all[token * hidden + head * dims..][..dims].to_vec() };
        for query in 0..tokens {
            let dot = |key: usize| -> f32 {
                part(&queries, query).iter().zip(part(&rows, key)).map(|(q, k)| q * k).sum()
            };
            let scores: Vec<f32> = (0..tokens).map(dot).collect();
            let largest = scores.iter().copied().fold(f32::MIN, f32::max);
            let weights: Vec<f32> = scores.iter().map(|score| (score - largest).exp2()).collect();
            let total: f32 = weights.iter().sum();
            for (key, weight) in weights.iter().enumerate() {
                let to = &mut naive[query * hidden + head * dims..][..dims];
                to.iter_mut().zip(part(&values, key)).for_each(|(to, value)| *to += weight / total * value);
            }
        }
    }
    let mut scores = vec![0.0; attention::scores_len(tokens)];
    let mut ours = vec![0.0; tokens * hidden];
    let job = Attention { queries: &queries, keys: &keys, values: &values, tokens, heads, hidden };
    // SAFETY: as above.
    unsafe { (kernels.attend)(job, &mut scores, &mut ours) };
    near(&ours, &naive, 4.0, "attention")
}

fn check_rows(kernels: &Kernels, random: &mut Random, rows: usize, width: usize) -> Result<(), &'static str> {
    let entries: Vec<Vec<u8>> = (0..3).map(|_| random.int8(width)).collect();
    let entry = |n: usize| Entry { values: &entries[n], scale: 0.01 * (n + 1) as f32 };
    let value = |n: usize, i: usize| f32::from(entries[n][i].cast_signed()) * entry(n).scale;
    let naive: Vec<f32> = (0..width).map(|i| value(0, i) + value(1, i) + value(2, i)).collect();
    let mut ours = vec![0.0; width];
    // SAFETY: as above.
    unsafe { (kernels.embed)(entry(0), entry(1), entry(2), &mut ours) };
    near(&ours, &naive, 1.0, "embedding")?;

    let mut states = random.floats(rows * width, 5.0);
    let (weight, bias) = (random.floats(width, 1.0), random.floats(width, 1.0));
    let epsilon = 1e-6;
    let mut naive = Vec::new();
    for row in states.chunks_exact(width) {
        let mean = row.iter().sum::<f32>() / width as f32;
        let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / width as f32;
        let factor = 1.0 / (variance + epsilon).sqrt();
        naive.extend(row.iter().enumerate().map(|(i, x)| (x - mean) * factor * weight[i] + bias[i]));
    }
    let mut values = vec![0; rows * width];
    let mut grids = vec![Grid::default(); rows * groups(width)];
    let norm = Norm { weight: &weight, bias: &bias, epsilon };
    // SAFETY: as above.
    unsafe {
        let to = RowsMut { values: &mut values, grids: &mut grids };
        (kernels.norm)(&mut states, norm, to);
    }
    near(&states, &naive, 4.0, "LayerNorm")?;
    check_quantised(&states, width, &values, &grids)?;

    // A group of one value only has no steps.
    states[..width].fill(1.5);
    // SAFETY: as above.
    unsafe {
        let to = RowsMut { values: &mut values, grids: &mut grids };
        (kernels.quantise)(&states, width, to);
    }
    check_quantised(&states, width, &values, &grids)?;

    let mut ours = vec![0.0; width];
    // SAFETY: as above.
    unsafe { (kernels.sum)(&states, &mut ours) };
    let naive: Vec<f32> = (0..width).map(|i| states.chunks_exact(width).map(|row| row[i]).sum()).collect();
    near(&ours, &naive, 4.0 * rows as f32, "sum")
}

/// Every value is at most half a step from what it stands for, and in 0…127.
fn check_quantised(rows: &[f32], width: usize, values: &[u8], grids: &[Grid]) -> Result<(), &'static str> {
    for (n, row) in rows.chunks_exact(width).enumerate() {
        for (i, (x, value)) in row.iter().zip(&values[n * width..]).enumerate() {
            let grid = &grids[n * groups(width) + i / GROUP];
            let back = grid.middle + grid.step * (f32::from(*value) - 64.0);
            if *value > 127 || (back - x).abs() > grid.step * 0.501 + 1e-6 {
                return Err("quantised row");
            }
        }
    }
    Ok(())
}

fn check_gelu(kernels: &Kernels, random: &mut Random) -> Result<(), &'static str> {
    // A layer that hands its bias on is the only way in.
    let outputs = 4096;
    let bias = random.floats(outputs, 12.0);
    let nothing = vec![0; outputs * 8];
    let zeros = vec![0.0; outputs];
    let centre = vec![0; outputs * 2];
    let layer = Linear {
        inputs: 8,
        outputs,
        panels: &nothing,
        scale: &zeros,
        sum: &zeros,
        centre: &centre,
        bias: &bias,
    };
    let rows = Rows { values: &[0; 8], grids: &[Grid::default()] };
    let mut ours = vec![0.0; outputs];
    // SAFETY: as above.
    unsafe { (kernels.gelu)(rows, layer, Gelu::to(Store { to: &mut ours, outputs })) };
    let close = ours.iter().zip(&bias).all(|(ours, x)| (ours - gelu(*x)).abs() <= 1e-4);
    if close { Ok(()) } else { Err("GELU") }
}

/// x Φ(x) with erf by its series (Abramowitz and Stegun 7.1.5) where that converges fast, in f64.
pub fn gelu(x: f32) -> f32 {
    let x = f64::from(x);
    let z = x / std::f64::consts::SQRT_2;
    let erf = if z.abs() > 5.0 {
        z.signum()
    } else {
        let (mut term, mut total) = (z, z);
        for n in 1..200 {
            term *= -z * z / f64::from(n);
            total += term / f64::from(2 * n + 1);
        }
        total * 2.0 / std::f64::consts::PI.sqrt()
    };
    (0.5 * x * (1.0 + erf)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn kernels_agree_with_their_twins(seed: u64, rows in 1usize..40, inputs in 1usize..20, outputs in 1usize..12) {
            check(Shape { seed, rows, inputs, outputs }).map_err(TestCaseError::fail)?;
        }
    }

    #[test]
    fn kernels_agree_at_the_sizes_of_the_models() {
        for (rows, inputs, outputs) in [(1, 48, 48), (16, 48, 192), (37, 192, 48), (128, 48, 48)] {
            check(Shape { seed: 7, rows, inputs, outputs }).unwrap();
        }
    }
}

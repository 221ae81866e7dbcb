//! Which vectors are worth a real comparison: one bit a dimension, all of them looked at for each question.
//!
//! A row's code is the signs of its values, 48 bytes of 384 dimensions. It depends on nothing but the row, so
//! segments that merge copy it. A question keeps three bits of each value, as three planes of bits; its product
//! with a code is a weighted sum of the Hamming distances between the code and each plane. That says roughly how
//! near a row is ([`QueryCode::cosine`]), and the few hundred rows which seem nearest are compared again by
//! their eight-bit values. The asymmetry is RaBitQ's (Gao and Long 2024): what is kept is small, and the one
//! question may be known better, at the cost of time alone. So is the scale: among directions that have the same
//! cosine with a question, the product with their signs is in the mean √(2/π) of what it would be with
//! themselves. Its random rotation and its factors for each row are left out, since they gain nothing here.
//!
//! # What was measured
//!
//! How many of the ten nearest passages (exact, f32) are among the best R estimates. Vectors of the bundled
//! model: SciFact's passages with its claims (26,632 and 300), the personas' titles and descriptions with their
//! questions (40,224 and 375), saved web pages with theirs (2,684 and 167), and all of them together with
//! SciFact's and the personas' whole documents (95,062 and 467). Larger sets add synthetic rows to these: a
//! real one, turned by the difference of two other real ones to a cosine drawn from 0.7 to 0.95 (329 questions;
//! of the ten nearest a quarter is synthetic at 200,000 rows, six tenths at 1,000,000). They are a little harder
//! than real ones: where a quarter of the real rows grows to all of them in this way, the 10th and the 300th
//! best cosine are 0.162 apart, and 0.174 in the real ones.
//!
//! | R | SciFact | personas | pages | all | 200,000 | 1,000,000 |
//! |---|---|---|---|---|---|---|
//! | 100 | 0.992 | 0.997 | 0.996 | 0.993 | 0.991 | 0.977 |
//! | 200 | 0.998 | 0.999 | 0.999 | 0.998 | 0.998 | 0.992 |
//! | 300 | 0.999 | 1.000 | 0.999 | 0.999 | 0.999 | 0.995 |
//! | 400 | 0.999 | 1.000 | 1.000 | 1.000 | 1.000 | 0.997 |
//! | 600 | 1.000 | 1.000 | 1.000 | 1.000 | 1.000 | 0.998 |
//!
//! Others, at R = 300 and 1,000,000 rows, where this has 0.995: a question of one bit 0.970, of two 0.990, of
//! four 0.996, of eight 0.996; this with RaBitQ's factor for each row 0.995. Taking the mean of SciFact's
//! passages off every row before its signs makes 0.994 of the 0.995 that four bits rounded over the whole range
//! have, and at R = 100 loses 0.001 to 0.006 on every set: the middle of one corpus is not that of another. A
//! random rotation is within 0.001 either way on the real sets.
//!
//! An estimate is off by 0.032 in the mean and by less than 0.105 in 99 of 100 cases (of the ten nearest: 0.028
//! and 0.087). Nothing is fitted: the mean error is below 0.002 for cosines to 0.4, then rises to 0.013 at those
//! above 0.8; least squares over the cosines above 0.3 would shrink estimates by 1 or 2 in 100.
//!
//! A scan looks at the first plane of a question, and at the others only where a row is among the nearest sixteenth by
//! that ([`QueryCode::reach`]); the rest gets an estimate from the one plane, which is off by 0.041 in the mean. Of
//! 131,809 vectors of SciFact and the personas with 240 questions, and with 240 of themselves, as many of the ten nearest
//! are among the best 100, 300 and 600 estimates as where all is looked at (0.989, 0.998, 0.999; 0.995, 0.999, 1.000).
//! With the first half of the dimensions instead of the first plane it is 0.988 of 0.989; with a thirty-second instead of
//! a sixteenth `bench search` finds 0.978 of the ten best pages of 1,000,000 passages instead of 0.981 (all looked at:
//! 0.982). The scan takes 0.6 to 0.7 of the time.
//!
//! One thread, 384 dimensions, AMD EPYC (Zen 4), V8 of Node 20:
//!
//! | all planes | 200,000 rows | 1,000,000 rows |
//! |---|---|---|
//! | WASM | 1.5 ms | 7.7 ms |
//! | native, for any x86-64 | 3.3 ms | 16 ms |
//! | native, with `popcnt` | 1.3 ms | 6.5 ms |
//!
//! Plain Rust is what is fastest here, since `i64.popcnt` is one instruction on x86-64. Slower in WASM, for the
//! same million: `i8x16.popcnt`, which is many instructions there, 10.7 ms; tables of four bits, looked up by
//! `i8x16.swizzle` after 16 rows were transposed, 19 ms (with four planes, which took SIMD counts 12 ms). Most
//! ARM processors count in SIMD registers only, and V8 moves every word there and back; that was not measured.

mod fine;

pub(crate) use fine::{FineQuery, encode_fine, fine_bytes};

use crate::vector::Vector;
use std::f64::consts::FRAC_PI_2;

/// Codes are padded to so many bytes, a SIMD register of WASM, so that a scan by those would need no others.
const BLOCK: usize = 16;
/// Dimensions that are compared at once.
const WORD: usize = u64::BITS as usize;
/// Bits of a question's value.
const PLANES: usize = 3;
/// The highest of its levels, which go from 0.
const LEVELS: usize = (1 << PLANES) - 1;
/// Between two levels, in standard deviations of a question's values: the step at which rounding normally
/// distributed values to eight levels loses least (Max 1960). Between 0.47 and 0.9 recall is the same within
/// 0.002 at every R; at 0.3 and at 1.2 it is worse, since large values are cut or small ones get lost.
const STEP: f64 = 0.586;

/// One row in so many is looked at by all planes of a question, but at least so many rows, and which these are is told
/// from every [`SAMPLE`]th. At 1 all are; see above for 32.
const LOOKED_AT: usize = 16;
const LEAST: usize = 8192;
const SAMPLE: usize = 64;

/// Rows of a block of the scan, which stays in the processor's nearest memory.
const ROWS: usize = 128;

/// What is resident of a vector.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Code<'a> {
    /// One bit a dimension.
    pub bits: &'a [u8],
    /// Four, of a lead.
    pub fine: Option<&'a [u8]>,
}

/// Bytes of a row's code: as many whole [`BLOCK`]s as hold one bit a dimension.
pub(crate) fn code_bytes(dimensions: usize) -> usize {
    dimensions.div_ceil(8 * BLOCK) * BLOCK
}

/// Appends the code of `vector`: a bit is 1 where the value is not negative, 0 also beyond the last dimension.
pub(crate) fn encode(vector: &Vector, out: &mut Vec<u8>) {
    let end = out.len() + code_bytes(vector.dimensions());
    let bits = |values: &[i8]| values.iter().rev().fold(0, |byte, value| byte << 1 | u8::from(*value >= 0));
    out.extend(vector.values().chunks(8).map(bits));
    out.resize(end, 0);
}

/// More than any distance: [`LEVELS`] times the most dimensions are less.
pub(crate) const FAR: u16 = u16::MAX;
const _: () = assert!(LEVELS * crate::vector::MAX_DIMENSIONS < FAR as usize);

/// Codes and estimates that do not belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WrongLength {
    /// The bytes of codes.
    pub codes: usize,
    /// The bytes that as many rows have as estimates were asked for.
    pub expected: usize,
}

/// How far a row may be by a question's first plane for the others to be looked at, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reach(u16);

impl Reach {
    /// All rows are looked at by all planes.
    pub const ALL: Self = Self(u16::MAX);
}

/// A question, made ready to be compared with codes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct QueryCode {
    /// The levels of its values: for each [`WORD`] of dimensions their first bits, then their second and third.
    planes: Vec<[u64; PLANES]>,
    /// The first of these alone.
    first: Vec<u64>,
    dimensions: usize,
    /// Makes a cosine of a product with ±1.
    scale: f32,
    /// The mean size of a value, in halves of a step: what a difference in the first plane means.
    mean: f32,
}

impl QueryCode {
    /// From a vector of length 1.
    pub fn new(unit: &[f32]) -> Self {
        let mut planes = vec![[0; PLANES]; 8 * code_bytes(unit.len()) / WORD];
        let (mut product, mut sizes) = (0.0, 0);
        for (n, value) in unit.iter().enumerate() {
            let level = level(*value, unit.len());
            product += f64::from(*value) * f64::from(centred(level));
            sizes += centred(level).abs();
            for (plane, bits) in planes[n / WORD].iter_mut().enumerate() {
                *bits |= u64::from(level >> (PLANES - 1 - plane) & 1) << (n % WORD);
            }
        }
        let scale = (FRAC_PI_2.sqrt() / ((unit.len() as f64).sqrt() * product)) as f32;
        // Of no direction there is nothing to estimate.
        let scale = if scale.is_finite() { scale } else { 0.0 };
        let mean = sizes as f32 / unit.len().max(1) as f32;
        Self {
            first: planes.iter().map(|planes| planes[0]).collect(),
            planes,
            dimensions: unit.len(),
            scale,
            mean,
        }
    }

    /// The reach within which about one row in [`LOOKED_AT`] is, at least [`LEAST`]; told from every [`SAMPLE`]th row of
    /// all `codes` that are to be scanned.
    pub fn reach<'a>(&self, codes: impl Iterator<Item = &'a [u8]>) -> Reach {
        let size = self.planes.len().max(1);
        let mut sampled = 0;
        // Of how many rows the first planes differ in so many bits.
        let mut rows = vec![0_usize; WORD * self.planes.len() + 1];
        for codes in codes {
            for row in codes.as_chunks::<8>().0.chunks_exact(size).step_by(SAMPLE) {
                rows[differing_bits(&self.first, row) as usize] += 1;
                sampled += 1;
            }
        }
        let wanted = (sampled / LOOKED_AT).max(LEAST / SAMPLE);
        let mut within = 0;
        let reach = rows.iter().position(|rows| {
            within += rows;
            within > wanted
        });
        reach.map_or(Reach::ALL, |reach| Reach(reach as u16))
    }

    /// How far away `out.len()` rows are, whose codes lie one after the other in `codes`: less than [`FAR`], however many
    /// dimensions a vector may have. The least of these is the nearest, and found many times faster than the greatest
    /// of numbers with a point. Nothing is written where lengths do not fit.
    ///
    /// Beyond `reach` it is told from the first plane alone.
    #[inline(never)]
    pub fn distances(&self, codes: &[u8], reach: Reach, out: &mut [u16]) -> Result<(), WrongLength> {
        let expected = out.len().saturating_mul(code_bytes(self.dimensions));
        if codes.len() != expected {
            return Err(WrongLength { codes: codes.len(), expected });
        }
        let (words, size) = (codes.as_chunks::<8>().0, self.planes.len().max(1));
        if reach == Reach::ALL {
            for (row, out) in words.chunks_exact(size).zip(out) {
                *out = self.distance(row) as u16;
            }
            return Ok(());
        }
        // Block by block, whose codes are still at hand for those that are looked at again; and which these are is found
        // without a jump that the processor would guess wrong.
        let rough = Rough::new(self.dimensions, self.mean);
        let mut near = [0; ROWS];
        for (rows, out) in words.chunks(ROWS * size).zip(out.chunks_mut(ROWS)) {
            differing(&self.first, rows, out);
            let near = within(reach, out, &mut near);
            rough.distances(out);
            self.again(rows, near, out);
        }
        Ok(())
    }

    /// The distances of some rows of a block.
    #[inline(never)]
    fn again(&self, rows: &[[u8; 8]], which: &[u8], out: &mut [u16]) {
        let size = self.planes.len();
        for row in which.iter().map(|row| usize::from(*row)) {
            out[row] = self.distance(&rows[row * size..(row + 1) * size]) as u16;
        }
    }

    /// The cosine that a distance stands for, estimated; one near ±1 may lie beyond it.
    #[inline]
    pub fn cosine(&self, distance: u16) -> f32 {
        self.scale * ((LEVELS * self.dimensions) as i32 - 2 * i32::from(distance)) as f32
    }

    /// 4, 2 and 1 times the bits in which the planes differ from a row's code, together.
    #[inline]
    fn distance(&self, row: &[[u8; 8]]) -> u32 {
        let mut distance = 0;
        for (planes, word) in self.planes.iter().zip(row) {
            let word = u64::from_le_bytes(*word);
            distance += planes.iter().fold(0, |sum, plane| 2 * sum + (plane ^ word).count_ones());
        }
        distance
    }
}

/// The bits in which each row's code differs from a plane.
#[inline(never)]
fn differing(plane: &[u64], rows: &[[u8; 8]], out: &mut [u16]) {
    for (row, out) in rows.chunks_exact(plane.len().max(1)).zip(out) {
        *out = differing_bits(plane, row) as u16;
    }
}

#[inline]
fn differing_bits(plane: &[u64], row: &[[u8; 8]]) -> u32 {
    plane.iter().zip(row).map(|(plane, word)| (plane ^ u64::from_le_bytes(*word)).count_ones()).sum()
}

/// Which of at most [`ROWS`] rows are within reach.
#[inline(never)]
fn within<'a>(reach: Reach, differing: &[u16], near: &'a mut [u8; ROWS]) -> &'a [u8] {
    let mut count = 0;
    for (row, differing) in (0..).zip(differing) {
        near[count % ROWS] = row;
        count += usize::from(*differing <= reach.0);
    }
    &near[..count.min(ROWS)]
}

/// What differing bits of the first plane alone say: each value is taken for one of mean size.
struct Rough {
    /// The distance at no difference and that of each differing bit, in parts of [`ROUGH`].
    least: u32,
    each: u32,
}

/// Parts of one: the most with which all distances fit.
const ROUGH: f32 = 65_536.0;
const _: () = assert!(LEVELS * crate::vector::MAX_DIMENSIONS <= (u32::MAX / ROUGH as u32) as usize);

impl Rough {
    fn new(dimensions: usize, mean: f32) -> Self {
        let least = dimensions as f32 * (LEVELS as f32 - mean) / 2.0;
        Self { least: (least * ROUGH) as u32, each: (mean * ROUGH).round() as u32 }
    }

    /// Distances in the place of differing bits.
    #[inline(never)]
    fn distances(&self, out: &mut [u16]) {
        for out in out {
            *out = ((self.least + self.each * u32::from(*out)) / ROUGH as u32) as u16;
        }
    }
}

/// The level of one of `dimensions` values of a vector of length 1.
fn level(value: f32, dimensions: usize) -> u8 {
    // A cast to an integer saturates, and makes 0 of what is no number.
    let level = f64::from(value) * (dimensions as f64).sqrt() / STEP + LEVELS.div_ceil(2) as f64;
    (level.floor() as u8).min(LEVELS as u8)
}

/// What a level stands for, in halves of a step: odd, and symmetric about 0.
fn centred(level: u8) -> i32 {
    2 * i32::from(level) - LEVELS as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector::unit;
    use proptest::prelude::*;

    /// Two directions of one length: a few that fill whole blocks or just do not, and any.
    fn two() -> impl Strategy<Value = (Vec<f32>, Vec<f32>)> {
        let dimensions = prop_oneof![
            prop::sample::select(vec![1, 7, 8, 127, 128, 129, 256, 383, 384, 385, 768, 1024, 8191, 8192]),
            1_usize..1200,
        ];
        let values = |n| prop::collection::vec(prop_oneof![9 => -1.0_f32..1.0, 1 => Just(0.0)], n);
        dimensions.prop_flat_map(move |n| (values(n), values(n))).prop_filter("no direction", |(a, b)| {
            [a, b].iter().all(|vector| vector.iter().any(|value| *value != 0.0))
        })
    }

    /// The product that the distances are for: of the levels with ±1, one dimension after the other.
    fn naive(query: &[f32], row: &Vector) -> i32 {
        let signs = row.values().iter().map(|value| if *value >= 0 { 1 } else { -1 });
        query.iter().zip(signs).map(|(value, sign)| sign * centred(level(*value, query.len()))).sum()
    }

    /// The estimates of so many rows.
    fn estimates(query: &QueryCode, codes: &[u8], rows: usize) -> Vec<f32> {
        let mut distances = vec![0; rows];
        query.distances(codes, Reach::ALL, &mut distances).unwrap();
        distances.into_iter().map(|distance| query.cosine(distance)).collect()
    }

    proptest! {
        #[test]
        fn as_one_dimension_after_the_other((query, row) in two(), flipped in any::<bool>()) {
            let query = unit(&query).unwrap();
            let other: Vec<f32> = row.iter().map(|value| if flipped { -value } else { value * value }).collect();
            let rows = [Vector::quantise(&row).unwrap(), Vector::quantise(&other).unwrap()];
            let mut codes = Vec::new();
            rows.iter().for_each(|row| encode(row, &mut codes));
            prop_assert_eq!(codes.len(), 2 * code_bytes(query.len()));
            let code = QueryCode::new(&query);
            // Both multiply the same scale with an integer, so these are equal only if the integers are.
            prop_assert_eq!(&estimates(&code, &codes, 2)[..], [0, 1].map(|n: usize| code.scale * naive(&query, &rows[n]) as f32));
        }

        #[test]
        fn beyond_reach_the_signs_alone_decide(
            (query, row) in two(), rows in 1_usize..300, reach in 0_u16..1000, seed in any::<u64>(),
        ) {
            // Rows that differ, or the same ones would all be within reach or beyond it.
            let seed = &mut seed.clone();
            let rows: Vec<Vector> = (0..rows)
                .map(|n| {
                    let share = n as f32 / rows as f32;
                    let value = |value: &f32| value * share + (1.0 - share) * normal(seed) + 1e-3;
                    Vector::quantise(&row.iter().map(value).collect::<Vec<_>>()).unwrap()
                })
                .collect();
            let mut codes = Vec::new();
            rows.iter().for_each(|row| encode(row, &mut codes));
            let (query, code) = (unit(&query).unwrap(), QueryCode::new(&unit(&query).unwrap()));
            let mut out = vec![0; rows.len()];
            code.distances(&codes, Reach(reach), &mut out).unwrap();
            let levels: Vec<i32> = query.iter().map(|value| centred(level(*value, query.len()))).collect();
            let mean = levels.iter().map(|level| level.abs()).sum::<i32>() as f32 / query.len() as f32;
            for (row, distance) in rows.iter().zip(out) {
                let signs = row.values().iter().map(|value| *value >= 0);
                let differing = levels.iter().zip(signs).filter(|(level, sign)| (**level >= 0) != *sign).count();
                let product = if reach == u16::MAX || differing <= usize::from(reach) {
                    naive(&query, row) as f32
                } else {
                    mean * (query.len() as f32 - 2.0 * differing as f32)
                };
                let exact = (LEVELS as f32 * query.len() as f32 - product) / 2.0;
                prop_assert!((f32::from(distance) - exact).abs() <= 2.0, "{distance} for {exact}");
            }
        }

        #[test]
        fn a_level_is_the_nearest_one(value in -1.0_f32..1.0, dimensions in 1_usize..8192) {
            let exact = f64::from(value) * (dimensions as f64).sqrt() / (STEP / 2.0);
            let most = LEVELS as f64;
            let error = f64::from(centred(level(value, dimensions))) - exact.clamp(-most, most);
            prop_assert!(error.abs() <= 1.0 + 1e-9, "{error}");
        }

        #[test]
        fn any_bytes_and_any_values_give_numbers(
            query in prop::collection::vec(any::<f32>(), 0..300),
            codes in prop::collection::vec(any::<u8>(), 0..200),
            rows in 0_usize..5,
            reach in any::<u16>(),
        ) {
            let mut out = vec![0; rows];
            let expected = rows * code_bytes(query.len());
            let query = QueryCode::new(&query);
            let answer = query.distances(&codes, Reach(reach), &mut out);
            prop_assert_eq!(answer.is_ok(), codes.len() == expected);
            prop_assert!(out.iter().all(|distance| *distance < FAR && !query.cosine(*distance).is_nan()));
        }
    }

    /// Values of a normal distribution, the same ones every time (sums of twelve uniform ones).
    fn normal(seed: &mut u64) -> f32 {
        let mut uniform = || {
            *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (*seed >> 40) as f32 / (1 << 24) as f32
        };
        (0..12).map(|_| uniform()).sum::<f32>() - 6.0
    }

    /// A direction whose cosine with `unit` is about `cosine`.
    fn near(unit: &[f32], cosine: f32, seed: &mut u64) -> Vec<f32> {
        let noise = ((1.0 - cosine * cosine) / unit.len() as f32).sqrt();
        unit.iter().map(|value| cosine * value + noise * normal(seed)).collect()
    }

    #[test]
    fn estimates_are_cosines() {
        let seed = &mut 1;
        for dimensions in [384, 768] {
            let query = unit(&(0..dimensions).map(|_| normal(seed)).collect::<Vec<_>>()).unwrap();
            for cosine in [-0.5, 0.0, 0.3, 0.6, 0.9] {
                let mut codes = Vec::new();
                let rows: Vec<Vector> =
                    (0..400).map(|_| Vector::quantise(&near(&query, cosine, seed)).unwrap()).collect();
                rows.iter().for_each(|row| encode(row, &mut codes));
                let out = estimates(&QueryCode::new(&query), &codes, rows.len());
                let errors =
                    || rows.iter().zip(&out).map(|(row, out)| f64::from(*out) - row.cosine_with_unit(&query));
                let bias = errors().sum::<f64>() / rows.len() as f64;
                let size = errors().map(f64::abs).sum::<f64>() / rows.len() as f64;
                assert!(bias.abs() < 0.02, "{bias} at {cosine}");
                assert!(size < 0.04, "{size} at {cosine}");
            }
        }
    }

    #[test]
    fn what_is_near_is_among_the_best_hundred() {
        let seed = &mut 2;
        let query = unit(&(0..384).map(|_| normal(seed)).collect::<Vec<_>>()).unwrap();
        let mut codes = Vec::new();
        for n in 0..5000 {
            let cosine = if n < 10 { 0.5 } else { 0.1 };
            encode(&Vector::quantise(&near(&query, cosine, seed)).unwrap(), &mut codes);
        }
        let out = estimates(&QueryCode::new(&query), &codes, 5000);
        let mut order: Vec<usize> = (0..out.len()).collect();
        order.sort_by(|a, b| out[*b].total_cmp(&out[*a]));
        assert!((0..10).all(|n| order[..100].contains(&n)));
    }

    #[test]
    fn what_is_near_is_looked_at_by_all_planes() {
        let seed = &mut 3;
        let query = unit(&(0..384).map(|_| normal(seed)).collect::<Vec<_>>()).unwrap();
        let code = QueryCode::new(&query);
        let mut codes = Vec::new();
        for n in 0..40_000 {
            let cosine = if n % 4000 == 7 { 0.5 } else { 0.1 };
            encode(&Vector::quantise(&near(&query, cosine, seed)).unwrap(), &mut codes);
        }
        let few = &codes[..codes.len() / 40_000 * (LEAST - 1)];
        assert_eq!(code.reach([few].into_iter()), Reach::ALL);
        let reach = code.reach(codes.chunks(codes.len() / 4));
        let mut out = vec![0; 40_000];
        code.distances(&codes, reach, &mut out).unwrap();
        let mut exact = vec![0; 40_000];
        code.distances(&codes, Reach::ALL, &mut exact).unwrap();
        assert!((7..40_000).step_by(4000).all(|row| out[row] == exact[row]));
        let same = out.iter().zip(&exact).filter(|(a, b)| a == b).count();
        assert!((LEAST / 2..LEAST * 2).contains(&same), "{same} are looked at");
        let mut least = [reach.0 + 1];
        Rough::new(384, code.mean).distances(&mut least);
        let others = out.iter().zip(&exact).filter(|(a, b)| a != b);
        assert!(others.map(|(out, _)| *out).all(|out| out >= least[0]), "{reach:?}");
    }

    #[test]
    fn a_bit_a_dimension_in_whole_blocks() {
        assert_eq!([0, 1, 128, 129, 384, 8192].map(code_bytes), [0, 16, 16, 32, 48, 1024]);
        let mut values = [1.0_f32; 130];
        (values[0], values[9], values[129]) = (-1.0, -1.0, 0.0);
        let mut codes = vec![42];
        encode(&Vector::quantise(&values).unwrap(), &mut codes);
        let mut expected = vec![0; 33];
        expected[..=16].fill(255);
        (expected[0], expected[1], expected[2], expected[17]) = (42, 0b1111_1110, 0b1111_1101, 0b11);
        assert_eq!(codes, expected);
    }

    #[test]
    fn lengths_that_do_not_fit_are_refused_and_write_nothing() {
        let query = QueryCode::new(&unit(&[1.0; 384]).unwrap());
        for bytes in [0, 47, 95, 97, 144] {
            let mut out = [7; 2];
            let refused = query.distances(&vec![0; bytes], Reach::ALL, &mut out);
            assert_eq!(refused, Err(WrongLength { codes: bytes, expected: 96 }));
            assert_eq!(out, [7; 2]);
        }
        assert_eq!(query.distances(&[], Reach::ALL, &mut []), Ok(()));
    }

    #[test]
    fn no_row_of_the_largest_vectors_is_as_far_as_far() {
        let query = QueryCode::new(&[1.0; crate::vector::MAX_DIMENSIONS]);
        let mut out = [0];
        query.distances(&[0; crate::vector::MAX_DIMENSIONS / 8], Reach::ALL, &mut out).unwrap();
        assert!(out[0] < FAR && usize::from(out[0]) >= 4 * crate::vector::MAX_DIMENSIONS, "{}", out[0]);
    }

    #[test]
    fn of_no_direction_nothing_is_estimated() {
        for values in [[0.0; 4], [f32::NAN; 4], [f32::INFINITY; 4], [f32::NEG_INFINITY; 4]] {
            assert_eq!(estimates(&QueryCode::new(&values), &[255; 16], 1), [0.0]);
        }
    }
}

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

mod fine;
mod scan;

pub(crate) use fine::{FineQuery, encode_fine, fine_bytes};
pub(crate) use scan::Reach;

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
    pub(super) fn two() -> impl Strategy<Value = (Vec<f32>, Vec<f32>)> {
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
    pub(super) fn naive(query: &[f32], row: &Vector) -> i32 {
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
        fn a_level_is_the_nearest_one(value in -1.0_f32..1.0, dimensions in 1_usize..8192) {
            let exact = f64::from(value) * (dimensions as f64).sqrt() / (STEP / 2.0);
            let most = LEVELS as f64;
            let error = f64::from(centred(level(value, dimensions))) - exact.clamp(-most, most);
            prop_assert!(error.abs() <= 1.0 + 1e-9, "{error}");
        }
    }

    /// Values of a normal distribution, the same ones every time (sums of twelve uniform ones).
    pub(super) fn normal(seed: &mut u64) -> f32 {
        let mut uniform = || {
            *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (*seed >> 40) as f32 / (1 << 24) as f32
        };
        (0..12).map(|_| uniform()).sum::<f32>() - 6.0
    }

    /// A direction whose cosine with `unit` is about `cosine`.
    pub(super) fn near(unit: &[f32], cosine: f32, seed: &mut u64) -> Vec<f32> {
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

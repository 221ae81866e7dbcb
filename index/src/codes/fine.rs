//! Finer codes, four bits a dimension, of the vectors that count most: the leads.
//!
//! What a page is worth is half its lead (`search::meaning`), which is one of its vectors and not the best of many, so
//! half of what one bit leaves open is in a tenth of the vectors. A question looks at the finer codes of some thousand
//! pages that seem best by one bit; then few need a real comparison.
//!
//! # What was measured
//!
//! How many of the ten best pages (exact, f32) are among the best R estimates of pages: `bench search`'s 1,000,000
//! passages on 100,000 pages, 116 questions, of the 2,048 pages that are best by one bit.
//!
//! | R | one bit | lead 2 bits | 3 bits | **4 bits** | 8 bits | all 2 bits |
//! |---|---|---|---|---|---|---|
//! | 32 | 0.647 | 0.841 | 0.922 | 0.919 | 0.933 | 0.920 |
//! | 64 | 0.807 | 0.939 | 0.975 | 0.985 | 0.986 | 0.974 |
//! | 96 | 0.872 | 0.971 | 0.991 | 0.995 | 0.995 | |
//! | 128 | 0.910 | 0.983 | 0.997 | 0.999 | 0.999 | 0.992 |
//! | 256 | 0.970 | 0.999 | 1.000 | 1.000 | 1.000 | 0.999 |
//!
//! A second bit for all vectors ("all 2 bits") is nearly three times as large and worse. Shares of the mean, of the
//! second best passage or of the title's in the estimate cost nothing and gain little: at 256 0.975 instead of 0.967,
//! the best of them (60 questions). All passages of all pages in eight bits: 0.991, the limit of what is kept.

use crate::vector::Vector;

/// Levels of a value, from 0.
const LEVELS: i32 = 16;
/// Between two of them, in standard deviations of a vector's values: the step at which rounding normally distributed
/// values to sixteen levels loses least (Max 1960).
const STEP: f32 = 0.3352;
/// A question's values are rounded to so many parts of one. The most that keeps them, and a level's product with them,
/// in 16 bits.
const PARTS: f32 = 2047.0;

/// Bytes of a finer code: two dimensions in each.
pub(crate) fn fine_bytes(dimensions: usize) -> usize {
    dimensions.div_ceil(2)
}

/// The finer code of `vector`: even dimensions in the low halves of bytes; level 0 beyond the last one.
pub(crate) fn encode_fine(vector: &Vector) -> Vec<u8> {
    let scale = (vector.dimensions() as f32).sqrt() / STEP;
    let level = |value: &f32| ((value * scale).floor() as i32 + LEVELS / 2).clamp(0, LEVELS - 1) as u8;
    let byte = |pair: &[f32]| level(&pair[0]) | pair.get(1).map_or(0, level) << 4;
    vector.unit().chunks(2).map(byte).collect()
}

/// A question, made ready to be compared with finer codes.
pub(crate) struct FineQuery {
    /// Its values, of even and of odd dimensions.
    even: Vec<i16>,
    odd: Vec<i16>,
    dimensions: usize,
    /// All values together.
    sum: i32,
}

impl FineQuery {
    /// From a vector of length 1.
    pub fn new(unit: &[f32]) -> Self {
        // A cast to an integer saturates, and makes 0 of what is no number.
        let of = |value: Option<&f32>| value.map_or(0, |value| (value * PARTS).round() as i16);
        let even: Vec<i16> = unit.chunks(2).map(|pair| of(pair.first())).collect();
        let odd: Vec<i16> = unit.chunks(2).map(|pair| of(pair.get(1))).collect();
        let sum = even.iter().chain(&odd).map(|value| i32::from(*value)).sum();
        Self { even, odd, dimensions: unit.len(), sum }
    }

    /// The cosine with the vector of a code of as many dimensions, give or take 0.01.
    #[inline(never)]
    pub fn cosine(&self, code: &[u8]) -> f32 {
        let (mut product, mut sum, mut squares) = (0_i32, 0_i32, 0_i32);
        for ((even, odd), byte) in self.even.iter().zip(&self.odd).zip(code) {
            let (low, high) = (i16::from(byte & 15), i16::from(byte >> 4));
            product += i32::from(low) * i32::from(*even) + i32::from(high) * i32::from(*odd);
            sum += i32::from(low + high);
            squares += i32::from(low) * i32::from(low) + i32::from(high) * i32::from(high);
        }
        // A level stands for itself less the middle, 7.5, here in halves.
        let middle = LEVELS - 1;
        let product = 2 * product - middle * self.sum;
        let squares = 4 * squares - 4 * middle * sum + middle * middle * self.dimensions as i32;
        product as f32 / (PARTS * (squares.max(1) as f32).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vector::unit;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_finer_code_tells_the_cosine(
            n in prop::sample::select(vec![1_usize, 2, 7, 383, 384, 768]),
            values in prop::collection::vec((-1.0_f32..1.0, -1.0_f32..1.0), 768),
            share in 0.0_f32..1.0,
        ) {
            let query: Vec<f32> = values[..n].iter().map(|(a, _)| *a + 1e-3).collect();
            let row: Vec<f32> = values[..n].iter().map(|(a, b)| share * a + (1.0 - share) * b + 1e-3).collect();
            let (query, row) = (unit(&query).unwrap(), Vector::quantise(&row).unwrap());
            let code = encode_fine(&row);
            prop_assert_eq!(code.len(), fine_bytes(n));
            let fine = FineQuery::new(&query).cosine(&code);
            prop_assert!((-1.01..=1.01).contains(&fine), "{}", fine);
            // Of few dimensions a value may be far beyond the highest level.
            let error = f64::from(fine) - row.cosine_with_unit(&query);
            prop_assert!(n < 300 || error.abs() < 0.02, "{error}");
        }

        #[test]
        fn as_one_level_after_the_other(
            values in prop::collection::vec(-1.0_f32..1.0, 1..80),
            bytes in prop::collection::vec(any::<u8>(), 40),
        ) {
            prop_assume!(values.iter().any(|value| *value != 0.0));
            let query = unit(&values).unwrap();
            let mut code = bytes[..fine_bytes(values.len())].to_vec();
            if values.len() % 2 == 1 {
                *code.last_mut().unwrap() &= 15;
            }
            let levels = code.iter().flat_map(|byte| [byte & 15, byte >> 4]);
            let levels: Vec<f32> = levels.take(values.len()).map(|level| f32::from(level) - 7.5).collect();
            let product: f32 = levels.iter().zip(&query).map(|(a, b)| a * b).sum();
            let length = levels.iter().map(|level| level * level).sum::<f32>().sqrt();
            let cosine = FineQuery::new(&query).cosine(&code);
            prop_assert!((cosine - product / length).abs() < 2e-3 * (values.len() as f32).sqrt(), "{cosine}");
        }

        #[test]
        fn any_bytes_and_any_values_give_numbers(
            query in prop::collection::vec(any::<f32>(), 0..300),
            code in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            prop_assert!(FineQuery::new(&query).cosine(&code).is_finite());
        }
    }
}

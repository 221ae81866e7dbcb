//! f32 rows to int8 rows with a scale.

use super::panels::{CHUNK, MOST, largest_sum};

/// An int8 matrix with one scale a row.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantisedMatrix {
    /// `rows × columns` values in −127…127.
    pub values: Vec<i8>,
    /// One scale a row: value ≈ int8 × scale.
    pub scales: Vec<f32>,
}

/// Quantises a matrix row by row, symmetrically: the row's largest magnitude becomes ±127, so the error
/// is at most half a scale. −128 is never used, so that a kernel may negate.
///
/// `values` holds rows of `columns` finite values.
pub fn quantise(values: &[f32], columns: usize) -> QuantisedMatrix {
    scaled(values, columns, |row| row.iter().fold(0.0f32, |largest, value| largest.max(value.abs())) / 127.0)
}

/// Quantises the matrix of a layer: as [`quantise`], but a row with a chunk that would add up to more than
/// [`MOST`] gets a larger scale. In MiniLM that is nearly all rows: 2.3 times as large on average.
pub fn quantise_layer(values: &[f32], columns: usize) -> QuantisedMatrix {
    scaled(values, columns, |row| {
        let largest = row.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
        let mut scale = (largest / 127.0).max(largest_sum(row, f32::abs) / f32::from(MOST));
        // Rounding may have added a little: at most a half to each weight of a lane, far less than these steps
        // give together.
        for _ in 0..CHUNK {
            if largest_sum(row, |value| (value / scale).round().abs()) <= f32::from(MOST) {
                break;
            }
            scale *= 1.0 + 1.0 / 512.0;
        }
        scale
    })
}

fn scaled(values: &[f32], columns: usize, scale: impl Fn(&[f32]) -> f32) -> QuantisedMatrix {
    let mut out = QuantisedMatrix { values: Vec::with_capacity(values.len()), scales: Vec::new() };
    for row in values.chunks_exact(columns) {
        let scale = scale(row);
        // An all-zero row keeps a harmless scale; a subnormal one would divide by zero.
        let scale = if scale > f32::MIN_POSITIVE { scale } else { 1.0 };
        out.scales.push(scale);
        out.values.extend(row.iter().map(|value| (value / scale).round().clamp(-127.0, 127.0) as i8));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn error_is_at_most_half_a_scale(row in prop::collection::vec(-10.0f32..10.0, 1..64)) {
            let q = quantise(&row, row.len());
            for (value, int) in row.iter().zip(&q.values) {
                prop_assert!((value - f32::from(*int) * q.scales[0]).abs() <= q.scales[0] * 0.5001);
            }
        }
    }

    proptest! {
        #[test]
        fn a_chunk_of_a_layer_fits_into_sixteen_bits(row in prop::collection::vec(-3.0f32..3.0, 40..=40), big in 0usize..40, sign in prop::bool::ANY) {
            let mut row = row;
            for (i, value) in row.iter_mut().enumerate() {
                if (i ^ big) & 2 == 0 { *value = if sign { 3.0 } else { -3.0 } }
            }
            let q = quantise_layer(&row, 40);
            prop_assert!(largest_sum(&q.values, |v| f32::from(v).abs()) <= f32::from(MOST));
            for (value, int) in row.iter().zip(&q.values) {
                prop_assert!((value - f32::from(*int) * q.scales[0]).abs() <= q.scales[0] * 0.5001);
            }
        }
    }

    #[test]
    fn rows_are_scaled_apart_and_zero_rows_survive() {
        let q = quantise(&[1.0, -0.5, 0.0, 0.0, 100.0, 50.0], 2);
        assert_eq!(q.values, [127, -64, 0, 0, 127, 64]);
        assert_eq!(q.scales.len(), 3);
        assert_eq!(q.scales[1], 1.0);
    }
}

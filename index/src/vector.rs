//! One vector, as it is kept: eight bits a dimension, its length forgotten.
//!
//! Every comparison is a cosine, so only the direction matters: values are scaled so that the largest is
//! ±127, and the length of what rounding made of them is divided out again in each comparison. A stored scale
//! would never be read. Against f32 this moves a cosine by less than 0.01 (tested), at a quarter of the bytes.

use crate::error::IndexError;

/// The most dimensions a vector may have: far above any sentence model, far below what could fill memory.
pub(crate) const MAX_DIMENSIONS: usize = 8192;

/// A direction.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Vector {
    values: Box<[i8]>,
    /// 1 / the Euclidean length of `values`.
    inverse_length: f32,
}

impl Vector {
    /// Rounds `values`.
    pub fn quantise(values: &[f32]) -> Result<Self, IndexError> {
        check(values)?;
        let largest = values.iter().fold(0.0_f64, |largest, v| largest.max(f64::from(v.abs())));
        let scale = 127.0 / largest;
        let rounded = values.iter().map(|v| (f64::from(*v) * scale).round() as i8).collect();
        Self::from_stored(rounded).ok_or(IndexError::BadVector { reason: "the vector is all zero" })
    }

    /// From its stored values; `None` if they are no direction.
    pub fn from_stored(values: Box<[i8]>) -> Option<Self> {
        let squares: u64 = values.iter().map(|v| (i32::from(*v) * i32::from(*v)) as u64).sum();
        if squares == 0 || values.len() > MAX_DIMENSIONS {
            return None;
        }
        let inverse_length = (1.0 / (squares as f64).sqrt()) as f32;
        Some(Self { values, inverse_length })
    }

    /// What is stored.
    pub fn values(&self) -> &[i8] {
        &self.values
    }

    /// How many dimensions it has.
    pub fn dimensions(&self) -> usize {
        self.values.len()
    }

    /// Its values, scaled to length 1.
    pub fn unit(&self) -> Vec<f32> {
        self.values.iter().map(|value| f32::from(*value) * self.inverse_length).collect()
    }

    /// The cosine with a vector of length 1 (see [`unit`]) and as many dimensions.
    #[inline(never)]
    pub fn cosine_with_unit(&self, unit: &[f32]) -> f64 {
        // Eight sums instead of one: the compiler may then use SIMD without changing the result.
        let mut sums = [0.0_f32; 8];
        let (left, right) = (self.values.chunks_exact(8), unit.chunks_exact(8));
        let rest: f32 = left.remainder().iter().zip(right.remainder()).map(|(a, b)| f32::from(*a) * b).sum();
        for (a, b) in left.zip(right) {
            for lane in 0..8 {
                sums[lane] += f32::from(a[lane]) * b[lane];
            }
        }
        f64::from((sums.iter().sum::<f32>() + rest) * self.inverse_length)
    }

    /// The cosine with another one of as many dimensions.
    pub fn cosine(&self, other: &Vector) -> f64 {
        let dot: i32 =
            self.values.iter().zip(&other.values).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum();
        f64::from(dot) * f64::from(self.inverse_length) * f64::from(other.inverse_length)
    }
}

/// `values` scaled to length 1.
pub(crate) fn unit(values: &[f32]) -> Result<Vec<f32>, IndexError> {
    check(values)?;
    let length = values.iter().map(|v| f64::from(*v) * f64::from(*v)).sum::<f64>().sqrt();
    Ok(values.iter().map(|v| (f64::from(*v) / length) as f32).collect())
}

/// Refuses what is no direction.
fn check(values: &[f32]) -> Result<(), IndexError> {
    let reason = if values.is_empty() {
        "the vector is empty"
    } else if values.len() > MAX_DIMENSIONS {
        "the vector has too many dimensions"
    } else if values.iter().any(|v| !v.is_finite()) {
        "the vector holds a value that is not finite"
    } else if values.iter().all(|v| *v == 0.0) {
        "the vector is all zero"
    } else {
        return Ok(());
    };
    Err(IndexError::BadVector { reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rounding_keeps_the_cosine(
            a in prop::collection::vec(-1.0_f32..1.0, 384),
            b in prop::collection::vec(-1.0_f32..1.0, 384),
        ) {
            let length = |v: &[f32]| v.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
            let dot: f64 = a.iter().zip(&b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
            let exact = dot / length(&a) / length(&b);
            let (qa, qb) = (Vector::quantise(&a).unwrap(), Vector::quantise(&b).unwrap());
            prop_assert!((qa.cosine_with_unit(&unit(&b).unwrap()) - exact).abs() < 0.01);
            prop_assert!((qa.cosine(&qb) - exact).abs() < 0.01);
            prop_assert!((qa.cosine(&qa) - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn what_is_no_direction_is_refused() {
        for values in [&[][..], &[0.0, 0.0], &[f32::NAN, 1.0], &[f32::INFINITY], &[1.0; MAX_DIMENSIONS + 1]] {
            assert_eq!(Vector::quantise(values).unwrap_err().code(), "bad_vector");
            assert_eq!(unit(values).unwrap_err().code(), "bad_vector");
        }
        assert_eq!(Vector::from_stored(Box::new([0, 0])), None);
    }

    #[test]
    fn very_small_and_very_large_values_are_directions_too() {
        for size in [f32::MIN_POSITIVE / 1000.0, f32::MAX] {
            let vector = Vector::quantise(&[size, -size, 0.0]).unwrap();
            assert_eq!(vector.values(), [127, -127, 0]);
            assert!((vector.cosine_with_unit(&unit(&[size, -size, 0.0]).unwrap()) - 1.0).abs() < 1e-6);
        }
    }
}

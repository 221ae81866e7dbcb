//! Numbers that look random and depend on nothing but what they are asked for.
//!
//! A page is made from the corpus's seed and its own number alone, so that the millionth can be made without the
//! others, and again when its exact neighbours are wanted. SplitMix64 (Steele, Lea and Flood, 2014) is enough for
//! that: it passes the usual tests and is three multiplications.

const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

/// A stream of numbers.
pub struct Random(u64);

impl Random {
    /// The stream that belongs to `key`; another key, another stream.
    pub fn of(key: [u64; 3]) -> Self {
        Self(key.into_iter().fold(0, |state, part| mix(state ^ mix(part.wrapping_add(GAMMA)))))
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GAMMA);
        mix(self.0)
    }

    /// Uniform in (0, 1]: never 0, since its powers and logarithms are taken.
    pub fn unit(&mut self) -> f64 {
        ((self.bits() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }

    /// Uniform below `n`, which must not be 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }
}

/// A bijection of 64 bits that spreads neighbours.
pub fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_uniform_repeatable_and_differ() {
        let draw = |key| {
            let mut random = Random::of(key);
            (0..10_000).map(|_| random.unit()).collect::<Vec<f64>>()
        };
        let (one, other) = (draw([1, 2, 3]), draw([1, 3, 2]));
        assert_eq!(one, draw([1, 2, 3]));
        assert_ne!(one, other);
        let mean = one.iter().sum::<f64>() / one.len() as f64;
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
        let mut random = Random::of([0; 3]);
        let mut counts = [0; 7];
        (0..7000).for_each(|_| counts[random.below(7)] += 1);
        assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
    }
}

//! Vectors that lie in space as the model's do.
//!
//! A search that first looks at one bit of every dimension, or stops early, is as good and as fast as the distribution
//! of its vectors lets it be, so random ones would prove nothing. Here every vector is a mixture of real ones:
//!
//! v = a·x + b·y + √(a·b)·(p − q), scaled to length 1, where a + b = 1,
//!
//! with *x* the real vector of the passage whose sentences the text mostly is made of, *y* that of the page's topic,
//! *p* and *q* drawn at random. If M is the mean of the real vectors and Σ their covariance, the mixture has the
//! mean (a + b)·M = M and the covariance (a² + b² + 2·a·b)·Σ = Σ: the same centre, the same spectrum and so the same
//! cosines of strangers, whatever b is. Noise of another kind would fill dimensions that the model leaves empty.
//!
//! Passages of one page share *y*, so their mean cosine is μ + b²·(1 − μ), with μ the mean cosine of strangers. The mean
//! of b is chosen so that this is the mean cosine within the documents of the seed corpus. b itself is uniform around
//! it, over all that fits into 0 to 1, so that some passages are almost a real one, and a question finds close
//! neighbours and far ones.

use super::random::Random;

/// Pairs that are looked at to find out what is usual.
const PAIRS: usize = 20_000;

/// The real vectors and how they are mixed.
pub struct Mixer {
    dims: usize,
    real: Vec<f32>,
    /// The mean of b.
    share: f64,
}

/// What a passage is made of: numbers of real passages.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recipe {
    /// x.
    pub own: usize,
    /// y.
    pub topic: usize,
    /// b, the share of the topic.
    pub share: f64,
    /// p and q.
    pub noise: (usize, usize),
}

impl Mixer {
    /// `real` holds unit vectors of `dims` values, one after the other; `document[i]` says to which document the i-th
    /// belongs. There must be two at least.
    pub fn new(real: Vec<f32>, dims: usize, document: &[usize]) -> Self {
        let count = document.len();
        let of = |i: usize| &real[i * dims..(i + 1) * dims];
        let mut random = Random::of([0, 0, 0]);
        let (mut strangers, mut kin) = (Mean::default(), Mean::default());
        for _ in 0..PAIRS {
            let (i, j) = (random.below(count), random.below(count));
            if document[i] != document[j] {
                strangers.add(dot(of(i), of(j)));
            }
        }
        for i in 0..count {
            for j in (0..i).rev().take_while(|j| document[*j] == document[i]) {
                kin.add(dot(of(i), of(j)));
            }
        }
        let (mean, within) = (strangers.mean(0.0), kin.mean(0.5));
        let share = ((within - mean) / (1.0 - mean)).clamp(0.0, 1.0).sqrt();
        Self { dims, real, share }
    }

    /// Values of a vector.
    pub fn dims(&self) -> usize {
        self.dims
    }

    /// How many real vectors there are.
    pub fn real(&self) -> usize {
        self.real.len() / self.dims
    }

    /// A real vector.
    pub fn vector(&self, i: usize) -> &[f32] {
        &self.real[i * self.dims..(i + 1) * self.dims]
    }

    /// Draws what a passage of a page with this topic is made of.
    pub fn draw(&self, topic: usize, random: &mut Random) -> Recipe {
        let count = self.real();
        let width = self.share.min(1.0 - self.share);
        let share = self.share + width * (2.0 * random.unit() - 1.0);
        let noise = (random.below(count), random.below(count));
        Recipe { own: random.below(count), topic, share, noise }
    }

    /// Writes the vector of a recipe, of length 1.
    pub fn mix(&self, recipe: &Recipe, out: &mut [f32]) {
        let (a, b) = ((1.0 - recipe.share) as f32, recipe.share as f32);
        let c = (a * b).max(0.0).sqrt();
        let (x, y) = (self.vector(recipe.own), self.vector(recipe.topic));
        let (p, q) = (self.vector(recipe.noise.0), self.vector(recipe.noise.1));
        for (d, out) in out.iter_mut().enumerate() {
            *out = a * x[d] + b * y[d] + c * (p[d] - q[d]);
        }
        let length = dot(out, out).sqrt().max(f32::MIN_POSITIVE);
        out.iter_mut().for_each(|value| *value /= length);
    }
}

#[derive(Default)]
struct Mean(f64, usize);

impl Mean {
    fn add(&mut self, value: f32) {
        self.0 += f64::from(value);
        self.1 += 1;
    }

    fn mean(&self, otherwise: f64) -> f64 {
        if self.1 == 0 { otherwise } else { self.0 / self.1 as f64 }
    }
}

/// The lead of a page, made from the vectors of its title and of its first passage: what a text of both would have.
pub fn lead(title: &[f32], first: &[f32]) -> Vec<f32> {
    let sum: Vec<f32> = title.iter().zip(first).map(|(a, b)| a + b).collect();
    let length = dot(&sum, &sum).sqrt().max(f32::MIN_POSITIVE);
    sum.into_iter().map(|value| value / length).collect()
}

/// The scalar product.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The scalar product, by hand: this crate is compiled for size, which leaves loops as they are written.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    use core::arch::wasm32::{f32x4_add, f32x4_extract_lane, f32x4_mul, f32x4_splat, v128_load};
    let mut sums = [f32x4_splat(0.0); 4];
    let (left, right) = (a.chunks_exact(16), b.chunks_exact(16));
    let rest: f32 = left.remainder().iter().zip(right.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in left.zip(right) {
        for (lane, sum) in sums.iter_mut().enumerate() {
            // SAFETY: both chunks hold 16 values, and `4 * lane` is at most 12. WASM loads need no alignment.
            let product = unsafe {
                f32x4_mul(
                    v128_load(a.as_ptr().add(4 * lane).cast()),
                    v128_load(b.as_ptr().add(4 * lane).cast()),
                )
            };
            *sum = f32x4_add(*sum, product);
        }
    }
    let sum = f32x4_add(f32x4_add(sums[0], sums[1]), f32x4_add(sums[2], sums[3]));
    rest + f32x4_extract_lane::<0>(sum)
        + f32x4_extract_lane::<1>(sum)
        + f32x4_extract_lane::<2>(sum)
        + f32x4_extract_lane::<3>(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of 200 real passages, by an independent implementation. Two neighbours are taken for a document.
    fn mixer() -> Mixer {
        let bytes = include_bytes!("../../../models/tests/data/real_passages.f32");
        let real: Vec<f32> =
            bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        let document: Vec<usize> = (0..real.len() / 384).map(|i| i / 2).collect();
        Mixer::new(real, 384, &document)
    }

    fn cosines(vectors: &[Vec<f32>]) -> (f64, f64) {
        let all: Vec<f64> = (0..vectors.len())
            .flat_map(|i| (0..i).map(move |j| (i, j)))
            .map(|(i, j)| f64::from(dot(&vectors[i], &vectors[j])))
            .collect();
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        let variance = all.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / all.len() as f64;
        (mean, variance.sqrt())
    }

    #[test]
    fn strangers_are_as_far_apart_as_real_passages() {
        let mixer = mixer();
        let real: Vec<Vec<f32>> = (0..mixer.real()).map(|i| mixer.vector(i).to_vec()).collect();
        let mut random = Random::of([7, 7, 7]);
        let mixed: Vec<Vec<f32>> = (0..400)
            .map(|_| {
                let topic = random.below(mixer.real());
                let mut out = vec![0.0; 384];
                mixer.mix(&mixer.draw(topic, &mut random), &mut out);
                assert!((dot(&out, &out) - 1.0).abs() < 1e-5);
                out
            })
            .collect();
        let ((mean, spread), (mixed_mean, mixed_spread)) = (cosines(&real), cosines(&mixed));
        assert!((mean - mixed_mean).abs() < 0.02, "{mean} and {mixed_mean}");
        assert!((spread - mixed_spread).abs() < 0.03, "{spread} and {mixed_spread}");
    }

    #[test]
    fn passages_of_a_page_are_as_close_as_those_of_a_document() {
        let mut mixer = mixer();
        let real: Vec<Vec<f32>> = (0..mixer.real()).map(|i| mixer.vector(i).to_vec()).collect();
        let (mean, within) = (cosines(&real).0, 0.45);
        mixer.share = ((within - mean) / (1.0 - mean)).sqrt();
        let mut random = Random::of([8, 8, 8]);
        let mut cosine = Mean::default();
        for _ in 0..2000 {
            let topic = random.below(mixer.real());
            let (mut one, mut other) = (vec![0.0; 384], vec![0.0; 384]);
            mixer.mix(&mixer.draw(topic, &mut random), &mut one);
            mixer.mix(&mixer.draw(topic, &mut random), &mut other);
            cosine.add(dot(&one, &other));
        }
        assert!((cosine.mean(0.0) - within).abs() < 0.03, "{}", cosine.mean(0.0));
    }
}

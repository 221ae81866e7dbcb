//! What exact search finds: every vector of every page compared, in f32.
//!
//! Twice: [`Scan`] holds them all, as the plainest engine there could be, and is a contender; [`nearest`] makes each
//! anew and holds none, and says what is right.

use super::generate::{Corpus, PASSAGES};
use super::vectors::{dot, lead};
use wasm_bindgen::prelude::*;

/// All vectors in memory, in f32, looked at one by one.
#[wasm_bindgen]
pub struct Scan {
    dims: usize,
    vectors: Vec<f32>,
}

#[wasm_bindgen]
impl Scan {
    /// Room for so many vectors of `dims` values.
    #[wasm_bindgen(constructor)]
    pub fn new(dims: usize, room: usize) -> Scan {
        Scan { dims, vectors: Vec::with_capacity(dims * room) }
    }

    /// Adds vectors.
    pub fn add(&mut self, vectors: &[f32]) {
        self.vectors.extend_from_slice(vectors);
    }

    /// The numbers of the `limit` vectors nearest to `query`, nearest first, of those that `allowed` has a 1 for, or of
    /// all if it is empty.
    pub fn search(&self, query: &[f32], allowed: &[u8], limit: usize) -> Vec<u32> {
        let mut best = Best::new(limit);
        for (n, vector) in self.vectors.chunks_exact(self.dims.max(1)).enumerate() {
            if allowed.is_empty() || allowed.get(n) == Some(&1) {
                best.offer(dot(vector, query), n as u64);
            }
        }
        best.numbers().map(|n| n as u32).collect()
    }
}

/// For each of several questions the `limit` pages, of the first `pages`, that are nearest as the product has it: by
/// the mean of the cosines of the best passage and of the lead.
pub fn nearest(corpus: &Corpus, pages: u64, questions: &[&[f32]], limit: usize) -> Vec<Vec<u64>> {
    let mut best: Vec<Best> = questions.iter().map(|_| Best::new(limit)).collect();
    let mut vector = vec![0.0; corpus.mixer.dims()];
    let mut beginning = Vec::new();
    for page in 0..pages {
        let mut cosines = vec![f32::MIN; questions.len()];
        for ordinal in 0..PASSAGES {
            corpus.vector(page, ordinal, &mut vector);
            if ordinal < 2 {
                beginning.push(vector.clone());
            }
            for (cosine, question) in cosines.iter_mut().zip(questions) {
                *cosine = cosine.max(dot(&vector, question));
            }
        }
        let lead = lead(&beginning[0], &beginning[1]);
        beginning.clear();
        for ((best, cosine), question) in best.iter_mut().zip(cosines).zip(questions) {
            let of_lead = dot(&lead, question);
            best.offer((cosine.max(of_lead) + of_lead) / 2.0, page);
        }
    }
    best.into_iter().map(|best| best.numbers().collect()).collect()
}

/// The best so far, best first. Few, so a sorted list.
struct Best {
    limit: usize,
    found: Vec<(f32, u64)>,
}

impl Best {
    fn new(limit: usize) -> Self {
        Self { limit, found: Vec::with_capacity(limit + 1) }
    }

    fn offer(&mut self, score: f32, number: u64) {
        if self.found.len() == self.limit && self.found.last().is_none_or(|(worst, _)| *worst >= score) {
            return;
        }
        let at = self.found.partition_point(|(other, _)| *other >= score);
        self.found.insert(at, (score, number));
        self.found.truncate(self.limit);
    }

    fn numbers(self) -> impl Iterator<Item = u64> {
        self.found.into_iter().map(|(_, number)| number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_of_all_or_of_those_allowed() {
        let mut scan = Scan::new(2, 4);
        scan.add(&[1.0, 0.0, 0.8, 0.6]);
        scan.add(&[0.0, 1.0, 0.6, 0.8]);
        assert_eq!(scan.search(&[1.0, 0.0], &[], 3), [0, 1, 3]);
        assert_eq!(scan.search(&[1.0, 0.0], &[0, 1, 1, 1], 2), [1, 3]);
        assert_eq!(scan.search(&[1.0, 0.0], &[], 0), [0_u32; 0]);
    }
}

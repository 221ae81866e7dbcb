//! Whether generated passages are like real ones: the same figures of both, printed by every run.
//!
//! Two passages of each document against two of each of as many pages, so that the same pairs are counted. What the
//! generator sets is the mean cosines; the deviation, the nearest neighbours and the vocabulary follow from it and show
//! whether it is any good.

use super::generate::Corpus;
use super::vectors::dot;
use super::words::words;
use serde::Serialize;
use std::collections::HashSet;

/// Documents that are compared with pages, at most.
const COMPARED: usize = 500;

/// The same figures of both.
#[derive(Serialize)]
pub struct Likeness {
    real: Figures,
    generated: Figures,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Figures {
    passages: usize,
    /// Words of a passage, in the mean.
    words: f64,
    /// Different words in all of them.
    vocabulary: usize,
    /// The mean cosine of passages of different pages, and its deviation.
    strangers: f64,
    deviation: f64,
    /// The mean cosine of the two of a page.
    neighbours: f64,
    /// The cosine with the nearest passage of another page: the median, and what a tenth exceed.
    nearest: [f64; 2],
}

impl Likeness {
    /// Compares.
    pub fn of(corpus: &Corpus) -> Self {
        let real: Vec<[usize; 2]> = corpus.real_pairs().take(COMPARED).collect();
        let made: Vec<(u64, usize)> =
            (0..real.len() as u64).flat_map(|page| [(page, 1), (page, 2)]).collect();
        let vector = |page, ordinal| {
            let mut out = vec![0.0; corpus.mixer.dims()];
            corpus.vector(page, ordinal, &mut out);
            out
        };
        Self {
            real: Figures::of(
                real.iter().flatten().map(|n| corpus.real_text(*n)),
                &real.iter().flatten().map(|n| corpus.mixer.vector(*n).to_vec()).collect::<Vec<_>>(),
            ),
            generated: Figures::of(
                made.iter().map(|(page, ordinal)| corpus.text(*page, *ordinal)),
                &made.iter().map(|(page, ordinal)| vector(*page, *ordinal)).collect::<Vec<_>>(),
            ),
        }
    }
}

impl Figures {
    /// The first two belong together, and the next two.
    fn of(texts: impl Iterator<Item = String>, vectors: &[Vec<f32>]) -> Self {
        let (mut counted, mut different) = (0, HashSet::new());
        for text in texts {
            words(&text).for_each(|word| {
                counted += 1;
                different.insert(word);
            });
        }
        let count = vectors.len();
        let (mut sum, mut squares, mut pairs, mut kin) = (0.0, 0.0, 0.0, 0.0);
        let mut nearest = vec![-1.0_f64; count];
        for i in 0..count {
            for j in 0..i {
                let cosine = f64::from(dot(&vectors[i], &vectors[j]));
                if i / 2 == j / 2 {
                    kin += cosine;
                    continue;
                }
                sum += cosine;
                squares += cosine * cosine;
                pairs += 1.0;
                nearest[i] = nearest[i].max(cosine);
                nearest[j] = nearest[j].max(cosine);
            }
        }
        nearest.sort_by(f64::total_cmp);
        let mean = sum / f64::max(pairs, 1.0);
        let at = |share: f64| nearest.get((count as f64 * share) as usize).copied().unwrap_or(0.0);
        Self {
            passages: count,
            words: counted as f64 / count.max(1) as f64,
            vocabulary: different.len(),
            strangers: mean,
            deviation: (squares / f64::max(pairs, 1.0) - mean * mean).max(0.0).sqrt(),
            neighbours: kin / (count / 2).max(1) as f64,
            nearest: [at(0.5), at(0.9)],
        }
    }
}

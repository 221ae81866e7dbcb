//! Combines what the words say with what the meaning says into one score.
//!
//! Two ways behind one name, because which is better was measured, not argued (mean over the fifteen history
//! personas, RR@2, and SciFact, nDCG@10): vectors alone 0.917 and 0.645, words alone 0.815 and 0.662,
//! reciprocal ranks 0.881 and 0.684–0.690, calibrated 0.933 and 0.716.

use crate::query::Why;
use crate::search::Closeness;
use crate::sort::sort_by;
use crate::words::query_terms;

/// Words that a question has to have, stop words not counted, for the full least cosine to hold.
const LONG: usize = 4;
/// How much less a shorter one is asked for: a question of few words says little, and the cosines with its pages are
/// lower. Calibrated by the rule that chose the full one, on questions cut to their three longest words
/// (`./build.sh bench relevance --calibrate`). At 0 right pages of which only the meaning matches are missing; at 0.18, as
/// it is, most short questions that nothing answers find some page all the same: the model does not tell these apart.
pub const EASED: f32 = 0.18;

/// Whether a question has so few words that less is asked of its pages.
pub fn says_little(question: &str) -> bool {
    query_terms(question).len() < LONG
}

/// The least cosine for a question, where `min_cosine` is the model's.
pub fn least_cosine(min_cosine: f32, question: &str) -> f32 {
    if says_little(question) { min_cosine - EASED } else { min_cosine }
}

/// What one point of BM25 is worth in cosine. BM25 of a good match is 10 to 25, so words move a page by
/// about 0.1 to 0.25, as much as meaning does between a fair and a close text. At 0 words only decide which
/// pages are hits; at 1 a single rare word outweighs any meaning.
pub const WORDS_WEIGHT: f64 = 0.01;

/// Flattens reciprocal ranks. At 0 the first of one list beats anything that is second in both; at infinity
/// every rank counts the same and only being in both lists matters. 60 is the value of the method's authors
/// (Cormack, Clarke and Büttcher, 2009).
pub const RANK_CONSTANT: f64 = 60.0;

/// How words and meaning are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fusion {
    /// The cosine plus [`WORDS_WEIGHT`] × BM25. For models whose cosines mean the same from question to
    /// question; the better one wherever it was measured.
    Calibrated,
    /// Reciprocal rank fusion: Σ 1 / ([`RANK_CONSTANT`] + rank) over the two lists. Knows no scale, so it is
    /// the choice where scores are not calibrated, as those of the hash embedder.
    Reciprocal,
}

/// A page's evidence.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Evidence {
    /// How close its meaning is, if it has vectors.
    pub cosine: Option<f64>,
    /// How close its closest passage is: a page on many things answers if one passage does.
    pub closest: Option<f64>,
    /// Its best BM25, if a word matched.
    pub bm25: Option<f64>,
}

impl Evidence {
    /// Takes over what is known of its meaning.
    pub fn see(&mut self, closeness: Closeness) {
        (self.cosine, self.closest) = (closeness.cosine(), closeness.best);
    }

    /// What it is worth by [`Fusion::Calibrated`], but that a cosine below 0 counts as such.
    pub fn calibrated(&self) -> f64 {
        self.cosine.unwrap_or(0.0) + WORDS_WEIGHT * self.bm25.unwrap_or(0.0)
    }

    /// What was only estimated may be too good by so much.
    pub fn doubt(&mut self, slack: f64) {
        for cosine in [&mut self.cosine, &mut self.closest].into_iter().flatten() {
            *cosine -= slack;
        }
    }

    /// What makes it a hit; `None` where nothing does.
    pub fn why(&self, min_cosine: f64) -> Option<Why> {
        match (self.bm25.is_some(), self.closest.is_some_and(|cosine| cosine >= min_cosine)) {
            (true, true) => Some(Why::Both),
            (true, false) => Some(Why::Words),
            (false, true) => Some(Why::Meaning),
            (false, false) => None,
        }
    }
}

/// The score of every page. `pages` are in the order in which equals are to be ranked.
///
/// A page of which no passage reaches `min_cosine` but that has words keeps its cosine's share under `Calibrated`
/// (that is what was measured, and there is no step at the threshold); under `Reciprocal` it has no rank in
/// the list of meaning.
pub(crate) fn fuse(fusion: Fusion, pages: &[Evidence], min_cosine: f64) -> Vec<f64> {
    match fusion {
        Fusion::Calibrated => pages
            .iter()
            .map(|page| page.cosine.unwrap_or(0.0).max(0.0) + WORDS_WEIGHT * page.bm25.unwrap_or(0.0))
            .collect(),
        Fusion::Reciprocal => {
            let mut scores = vec![0.0; pages.len()];
            let words = pages.iter().map(|page| page.bm25);
            let meaning = pages.iter().map(|page| {
                page.cosine.filter(|_| page.closest.is_some_and(|closest| closest >= min_cosine))
            });
            add_reciprocal_ranks(&mut scores, words);
            add_reciprocal_ranks(&mut scores, meaning);
            scores
        }
    }
}

/// Ranks those that have a value, best first, and adds the reciprocal of each one's rank to its score.
fn add_reciprocal_ranks(scores: &mut [f64], values: impl Iterator<Item = Option<f64>>) {
    let mut list: Vec<(usize, f64)> =
        values.enumerate().filter_map(|(page, value)| Some((page, value?))).collect();
    sort_by(&mut list, |a, b| b.1.total_cmp(&a.1));
    for (rank, (page, _)) in list.into_iter().enumerate() {
        scores[page] += 1.0 / (RANK_CONSTANT + rank as f64 + 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_question_may_be_farther_from_its_pages() {
        for (question, least) in [
            ("leavened loaves", 0.22),
            ("the art of the sourdough", 0.22),
            ("how to bake good sourdough bread", 0.4),
            ("how tides follow the moon in every bay of the north sea", 0.4),
        ] {
            assert!((least_cosine(0.4, question) - least).abs() < 1e-6, "{question}");
        }
    }

    fn evidence(cosine: Option<f64>, bm25: Option<f64>) -> Evidence {
        Evidence { cosine, closest: cosine, bm25 }
    }

    #[test]
    fn calibrated_adds_and_reciprocal_ranks() {
        let pages = [evidence(Some(0.5), Some(10.0)), evidence(Some(0.7), None), evidence(None, Some(20.0))];
        let calibrated = fuse(Fusion::Calibrated, &pages, 0.3);
        assert!((calibrated[0] - 0.6).abs() < 1e-12);
        assert!((calibrated[1] - 0.7).abs() < 1e-12);
        assert!((calibrated[2] - 0.2).abs() < 1e-12);
        let reciprocal = fuse(Fusion::Reciprocal, &pages, 0.3);
        assert!((reciprocal[0] - (1.0 / 62.0 + 1.0 / 62.0)).abs() < 1e-12);
        assert!((reciprocal[1] - 1.0 / 61.0).abs() < 1e-12);
        assert!((reciprocal[2] - 1.0 / 61.0).abs() < 1e-12);
    }

    #[test]
    fn a_far_page_without_words_is_no_hit() {
        assert_eq!(evidence(Some(0.29), None).why(0.3), None);
        assert_eq!(evidence(Some(0.29), Some(1.0)).why(0.3), Some(Why::Words));
        assert_eq!(evidence(Some(0.31), Some(1.0)).why(0.3), Some(Why::Both));
        assert_eq!(evidence(Some(0.31), None).why(0.3), Some(Why::Meaning));
        assert_eq!(evidence(None, None).why(-1.0), None);
    }

    #[test]
    fn a_far_page_has_no_rank_of_meaning() {
        let pages = [evidence(Some(0.1), Some(5.0)), evidence(Some(0.9), None)];
        let scores = fuse(Fusion::Reciprocal, &pages, 0.3);
        assert_eq!(scores, vec![1.0 / 61.0, 1.0 / 61.0]);
    }
}

//! The naive search that the index's two stages are held against: every vector of every page in f32, nothing coded,
//! rounded or left out. A page counts as in `index/src/search/meaning.rs`: the mean of its best cosine and its lead's.

use crate::metrics::mean;
use afterimage_index::PageId;
use std::collections::{BTreeMap, HashSet};

/// The vectors of one page, each of norm 1.
#[derive(Default)]
struct Page {
    all: Vec<Vec<f32>>,
    /// Which of them is the lead's, if it has one.
    lead: Option<usize>,
}

/// All vectors of a history.
#[derive(Default)]
pub struct Exact {
    pages: BTreeMap<PageId, Page>,
}

impl Exact {
    /// Adds a vector of norm 1.
    pub fn add(&mut self, page: PageId, vector: Vec<f32>, is_lead: bool) {
        let page = self.pages.entry(page).or_default();
        if is_lead {
            page.lead = Some(page.all.len());
        }
        page.all.push(vector);
    }

    /// Every page with its cosine, best first.
    pub fn ranked(&self, question: &[f32]) -> Vec<(PageId, f64)> {
        let mut all: Vec<(PageId, f64)> =
            self.pages.iter().map(|(id, page)| (*id, page.cosine(question))).collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1));
        all
    }
}

impl Page {
    fn cosine(&self, question: &[f32]) -> f64 {
        let cosine =
            |vector: &Vec<f32>| f64::from(vector.iter().zip(question).map(|(a, b)| a * b).sum::<f32>());
        let cosines: Vec<f64> = self.all.iter().map(cosine).collect();
        let best = cosines.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let lead = self.lead.and_then(|at| cosines.get(at));
        lead.map_or(best, |lead| f64::midpoint(best, *lead))
    }
}

/// The share of the first `k` of `exact` that are in `found`; `None` where there is nothing to find.
pub fn recall_of(exact: &[PageId], found: &[PageId], k: usize) -> Option<f64> {
    let found: HashSet<PageId> = found.iter().take(k).copied().collect();
    let hits: Vec<f64> = exact.iter().take(k).map(|id| if found.contains(id) { 1.0 } else { 0.0 }).collect();
    (!hits.is_empty()).then(|| mean(&hits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> PageId {
        PageId::from_key_hash([n; 32])
    }

    #[test]
    fn a_page_is_the_mean_of_its_best_and_its_lead() {
        let mut exact = Exact::default();
        exact.add(id(1), vec![1.0, 0.0], false);
        exact.add(id(1), vec![0.6, 0.8], true);
        exact.add(id(1), vec![0.0, 1.0], false);
        exact.add(id(2), vec![0.8, 0.6], false);
        exact.add(id(3), vec![0.9, 0.1], true);
        let ranked = exact.ranked(&[1.0, 0.0]);
        let near =
            |at: usize, page, cosine: f64| ranked[at].0 == page && (ranked[at].1 - cosine).abs() < 1e-6;
        assert!(near(0, id(3), 0.9) && near(1, id(1), 0.8) && near(2, id(2), 0.8), "{ranked:?}");
    }

    #[test]
    fn recall_counts_what_is_found_in_any_order() {
        let ids: Vec<PageId> = (0..12).map(id).collect();
        let found = [id(1), id(0), id(9), id(20)];
        assert_eq!(recall_of(&ids, &found, 10), Some(0.3));
        assert_eq!(recall_of(&ids, &found, 2), Some(1.0));
        assert_eq!(recall_of(&ids[..2], &found, 10), Some(1.0));
        assert_eq!(recall_of(&[], &found, 10), None);
    }
}

//! The measures of information retrieval, of one question each.
//!
//! `ranked` are the grades of the results, best result first; a result that is not relevant has grade 0.

/// Normalised discounted cumulative gain at `k`: what the results are worth, each discounted by the logarithm of
/// its rank, divided by the worth of the best possible order. `relevant` are the grades of all that is relevant.
/// Gains are the grades themselves, as in `trec_eval`. 0 where nothing is relevant.
pub fn ndcg(ranked: &[f64], relevant: &[f64], k: usize) -> f64 {
    let gain = |grades: &[f64]| -> f64 {
        grades.iter().take(k).enumerate().map(|(rank, grade)| grade / (rank as f64 + 2.0).log2()).sum()
    };
    let mut ideal = relevant.to_vec();
    ideal.sort_by(|a, b| b.total_cmp(a));
    let best = gain(&ideal);
    if best > 0.0 { gain(ranked) / best } else { 0.0 }
}

/// The share of all that is relevant that is among the first `k`. 0 where nothing is relevant.
pub fn recall(ranked: &[f64], relevant: usize, k: usize) -> f64 {
    if relevant == 0 {
        return 0.0;
    }
    ranked.iter().take(k).filter(|grade| **grade > 0.0).count() as f64 / relevant as f64
}

/// One divided by the rank of the first relevant result, 0 if it is not among the first `k`.
pub fn reciprocal_rank(ranked: &[f64], k: usize) -> f64 {
    let first = ranked.iter().take(k).position(|grade| *grade > 0.0);
    first.map_or(0.0, |rank| 1.0 / (rank as f64 + 1.0))
}

/// The arithmetic mean; 0 of nothing.
pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

/// A quantile of ascending values, interpolated; `None` of nothing.
pub fn quantile(ascending: &[f64], share: f64) -> Option<f64> {
    let at = ascending.len().checked_sub(1)? as f64 * share.clamp(0.0, 1.0);
    let (below, above) = (ascending[at.floor() as usize], ascending[at.ceil() as usize]);
    Some(below + (above - below) * at.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn ndcg_by_hand() {
        // 1/log2(2) + 1/log2(4) = 1.5, of at best 1 + 1/log2(3) = 1.630929753571457.
        assert!(near(ndcg(&[1.0, 0.0, 1.0], &[1.0, 1.0], 10), 1.5 / 1.630_929_753_571_457));
        // 1/log2(3) + 2/log2(4) = 1.630929753571457, of at best 2 + 1/log2(3) = 2.630929753571457.
        assert!(near(ndcg(&[0.0, 1.0, 2.0], &[1.0, 2.0], 10), 1.630_929_753_571_457 / 2.630_929_753_571_457));
        assert!(near(ndcg(&[0.0, 0.0, 1.0], &[1.0], 2), 0.0));
        assert!(near(ndcg(&[0.0, 0.0, 1.0], &[1.0], 3), 0.5));
        // More is relevant than can be shown: the first two are all there is to win.
        assert!(near(ndcg(&[1.0, 1.0], &[1.0, 1.0, 1.0], 2), 1.0));
        assert!(near(ndcg(&[], &[1.0], 10), 0.0));
        assert!(near(ndcg(&[0.0], &[], 10), 0.0));
    }

    #[test]
    fn recall_by_hand() {
        assert!(near(recall(&[1.0, 0.0, 2.0, 1.0], 4, 3), 0.5));
        assert!(near(recall(&[0.0, 1.0], 1, 1), 0.0));
        assert!(near(recall(&[0.0, 1.0], 1, 2), 1.0));
        assert!(near(recall(&[0.0], 0, 1), 0.0));
    }

    #[test]
    fn reciprocal_ranks_by_hand() {
        assert!(near(reciprocal_rank(&[0.0, 0.0, 1.0, 1.0], 10), 1.0 / 3.0));
        assert!(near(reciprocal_rank(&[0.0, 1.0], 2), 0.5));
        assert!(near(reciprocal_rank(&[0.0, 0.0, 1.0], 2), 0.0));
        assert!(near(reciprocal_rank(&[], 2), 0.0));
        assert!(near(mean(&[1.0, 0.5, 0.0]), 0.5));
        assert!(near(mean(&[]), 0.0));
    }

    #[test]
    fn quantiles_are_interpolated() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.5), Some(2.0));
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), Some(3.0));
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 1.0), Some(4.0));
        assert_eq!(quantile(&[], 0.5), None);
    }
}

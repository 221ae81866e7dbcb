//! Whether what is found by its meaning is what an exact comparison of everything would find.

use crate::helpers::*;
use afterimage_index::store::{Batch, RamStore};
use afterimage_index::{Fusion, Index, Must, NewPage, Order, PageId, Query, QueryVector};
use pollster::block_on;
use std::collections::HashMap;

const DIMENSIONS: usize = 384;
const PAGES: usize = 1000;

/// Values of a normal distribution, the same ones every time (sums of twelve uniform ones).
fn normal(seed: &mut u64) -> f32 {
    let mut uniform = || {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 40) as f32 / (1 << 24) as f32
    };
    (0..12).map(|_| uniform()).sum::<f32>() - 6.0
}

fn unit(values: Vec<f32>) -> Vec<f32> {
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    values.into_iter().map(|value| value / length).collect()
}

/// A direction whose cosine with `question` is `cosine`.
fn near(question: &[f32], cosine: f32, seed: &mut u64) -> Vec<f32> {
    let noise: Vec<f32> = question.iter().map(|_| normal(seed)).collect();
    let along: f32 = noise.iter().zip(question).map(|(a, b)| a * b).sum();
    let across = unit(noise.iter().zip(question).map(|(a, b)| a - along * b).collect());
    let share = (1.0 - cosine * cosine).sqrt();
    question.iter().zip(across).map(|(a, b)| cosine * a + share * b).collect()
}

fn page(n: usize) -> NewPage {
    let mut hash = [0; 32];
    // Spread, so that pages lie in another order than they came.
    hash[..8].copy_from_slice(&(n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes());
    NewPage {
        id: PageId::from_key_hash(hash),
        url: format!("https://site.test/{n}"),
        title: format!("Title {n}"),
        language: None,
        text_hash: hash,
        seen_at: n as f64,
        aliases: Vec::new(),
        passages: vec![format!("Text {n}")],
    }
}

#[test]
fn the_closest_of_many_pages_that_are_nearly_as_close_are_found() {
    block_on(async {
        let seed = &mut 7;
        let question = unit((0..DIMENSIONS).map(|_| normal(seed)).collect());
        let index = Index::open(RamStore::new()).await.unwrap();
        let pages: Vec<NewPage> = (0..PAGES).map(page).collect();
        // The last ten are the closest, by more than eight bits err and far less than one bit does.
        let closeness =
            |n: usize| 0.35 + 0.1 * n as f32 / PAGES as f32 + if n < PAGES - 10 { 0.0 } else { 0.003 };
        let ids: HashMap<PageId, usize> = pages.iter().enumerate().map(|(n, page)| (page.id, n)).collect();
        index.insert_many(pages, Batch::new()).await.unwrap();
        let mut vectors = Vec::new();
        for one in index.next_unembedded(SPACE, 3 * PAGES).await.unwrap() {
            let n = ids[&one.passage.page];
            // The lead is the closest, so it alone decides.
            let is_lead = one.passage.ordinal == 2;
            let vector = near(&question, closeness(n) - if is_lead { 0.0 } else { 0.2 }, seed);
            vectors.push((one.passage, vector));
        }
        index.set_vectors(SPACE, vectors).await.unwrap();
        index.flush().await.unwrap();
        while index.maintain().await.unwrap() {}
        for index in [Index::open(index.store().clone()).await.unwrap(), index] {
            let vector =
                QueryVector { space: SPACE, values: &question, fusion: Fusion::Calibrated, min_cosine: -1.0 };
            let query = Query {
                text: "",
                vector: Some(vector),
                must: Must::default(),
                order: Order::Best,
                filters: Default::default(),
                limit: 10,
            };
            let found = index.search(query).await.unwrap();
            let mut found: Vec<usize> = found.iter().map(|hit| ids[&hit.page.id]).collect();
            found.sort_unstable();
            assert_eq!(found, (PAGES - 10..PAGES).collect::<Vec<_>>());
        }
    });
}

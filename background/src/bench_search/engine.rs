//! Everything that `bench search` asks of the index, in one place: a new way to fill it or to ask it is a change here.

use super::generate::{PASSAGES, Page};
use super::random::mix;
use super::vectors::lead;
use crate::indexed_db::IndexedDb;
use afterimage_index::store::Batch;
use afterimage_index::{
    Clock, Filters, Fusion, Index, IndexError, NewPage, Order, PageId, Query, QueryVector, parse,
};
use std::cell::Cell;

/// The space of all vectors here.
const SPACE: &str = "bench@1";
/// Vectors that are kept in one transaction.
const VECTORS_AT_ONCE: usize = 1000;

/// The index over the browser's database.
pub struct Engine {
    index: Index<IndexedDb>,
    /// Something was asked, so vectors are read ahead.
    asked: Cell<bool>,
}

/// What is asked.
pub struct Ask<'a> {
    /// As typed, filters included.
    pub text: &'a str,
    /// Empty: words only.
    pub vector: &'a [f32],
    /// Below it a page is not found by its meaning.
    pub min_cosine: f32,
    /// Pages.
    pub limit: usize,
    /// What `yesterday` is counted from, ms since the epoch.
    pub now: f64,
}

impl Engine {
    /// Opens what is in the store.
    pub async fn open(store: IndexedDb) -> Result<Self, IndexError> {
        Ok(Self { index: Index::open(store).await?, asked: Cell::new(false) })
    }

    /// Keeps pages and the vectors of all their passages. `vectors` has those of the first page first, and of each page
    /// the title's first.
    pub async fn insert(&self, pages: Vec<Page>, vectors: &[f32]) -> Result<(), IndexError> {
        let Some(first) = pages.first().map(|page| page.number) else { return Ok(()) };
        let dims = vectors.len() / (pages.len() * PASSAGES);
        self.index.insert_many(pages.into_iter().map(new_page).collect(), Batch::new()).await?;
        loop {
            let missing = self.index.next_unembedded(SPACE, VECTORS_AT_ONCE).await?;
            if missing.is_empty() {
                return Ok(());
            }
            let of = |page: PageId, ordinal: u32| {
                let at = |ordinal: usize| ((number(page) - first) as usize * PASSAGES + ordinal) * dims;
                let one = |ordinal: usize| vectors.get(at(ordinal)..at(ordinal) + dims).unwrap_or_default();
                // One more than there are passages: title and beginning together.
                if ordinal as usize == PASSAGES {
                    lead(one(0), one(1))
                } else {
                    one(ordinal as usize).to_vec()
                }
            };
            let found = missing.iter().map(|one| (one.passage, of(one.passage.page, one.passage.ordinal)));
            self.index.set_vectors(SPACE, found.collect()).await?;
        }
    }

    /// One step of what the product does in its own time. `false`: nothing is left to do.
    pub async fn maintain(&self) -> Result<bool, IndexError> {
        if self.index.maintain().await? {
            return Ok(true);
        }
        if self.asked.get() {
            self.asked.set(self.index.warm(SPACE).await?);
        }
        Ok(self.asked.get())
    }

    /// The numbers of the pages that are found, the best first: all that the product does but to embed the question.
    pub async fn search(&self, ask: Ask<'_>) -> Result<Vec<u64>, IndexError> {
        self.asked.set(!ask.vector.is_empty());
        let question = parse(ask.text, Clock { now: ask.now, offset: 0.0 });
        let vector = (!ask.vector.is_empty()).then_some(QueryVector {
            space: SPACE,
            values: ask.vector,
            fusion: Fusion::Calibrated,
            min_cosine: ask.min_cosine,
        });
        let query = Query {
            text: &question.text,
            vector,
            must: question.must,
            order: Order::Best,
            filters: question.filters.and(Filters::default()),
            limit: ask.limit,
        };
        Ok(self.index.search(query).await?.iter().map(|hit| number(hit.page.id)).collect())
    }

    /// How many passages can be found.
    pub fn passages(&self) -> usize {
        self.index.counts().passages
    }
}

fn new_page(page: Page) -> NewPage {
    let mut text_hash = [0; 32];
    text_hash[..8].copy_from_slice(&mix(page.number).to_be_bytes());
    NewPage {
        id: page_id(page.number),
        url: page.url,
        title: page.title,
        language: Some("en".to_owned()),
        text_hash,
        seen_at: page.seen_at,
        aliases: vec![page_hash(page.number)],
        passages: page.passages,
    }
}

/// As spread over all identifiers as a hash; the number can be read out of it.
fn page_id(number: u64) -> PageId {
    let mut hash = [0; 32];
    hash[..16].copy_from_slice(&page_hash(number));
    PageId::from_key_hash(hash)
}

fn page_hash(number: u64) -> [u8; 16] {
    let mut hash = [0; 16];
    hash[..8].copy_from_slice(&mix(number).to_be_bytes());
    hash[8..].copy_from_slice(&number.to_be_bytes());
    hash
}

fn number(page: PageId) -> u64 {
    u64::from_str_radix(&page.to_string()[16..], 16).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_s_number_can_be_read_out_of_its_identifier() {
        for n in [0, 1, 99_999, u64::from(u32::MAX) + 7] {
            assert_eq!(number(page_id(n)), n);
        }
    }
}

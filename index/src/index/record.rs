//! A page as a whole: taken out with all that is kept of it, and put back.
//!
//! For whoever forgets a page and thinks better of it, and for carrying an index elsewhere.

use super::Index;
use super::write::{Incoming, Purge};
use crate::error::IndexError;
use crate::page::{NewPage, PageId, PageInfo, PassageRef};
use crate::rows::{PageRow, VectorRow, chunks, space_key, vector_key};
use crate::store::{Batch, Store, Table};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Vectors by their space and dimensions.
type BySpace = BTreeMap<(String, usize), Vec<(PassageRef, Vec<f32>)>>;

/// All that is kept of a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageRecord {
    /// What is known of it; the number of its passages counts the title's.
    pub page: PageInfo,
    /// Its text in passages, without the title.
    pub passages: Vec<String>,
    /// Its vectors, by space.
    pub vectors: Vec<SpaceVectors>,
}

/// A page's vectors in one space.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpaceVectors {
    /// The model and its revision.
    pub space: String,
    /// The passages that have one, as in [`PassageRef::ordinal`].
    pub ordinals: Vec<u32>,
    /// Their values, one vector after the other, scaled so that the largest of each is ±127.
    pub values: Vec<i8>,
}

impl<S: Store> Index<S> {
    /// Takes pages out, in the order asked, each named once; `None` for one that is not there or cannot be read in full. All are read
    /// together, so they should be few.
    pub async fn records(&self, ids: &[PageId]) -> Result<Vec<Option<PageRecord>>, IndexError> {
        let rows = self.page_rows(ids).await?;
        let of_row = |(id, row): (&PageId, &Option<PageRow>)| {
            let (id, passages) = (*id, row.as_ref().map_or(0, |row| row.passages));
            (0..chunks(passages) as u32).map(move |chunk| (id, chunk))
        };
        let wanted: Vec<(PageId, u32)> = ids.iter().zip(&rows).flat_map(of_row).collect();
        let mut texts = self.read_texts(&wanted).await?;
        let mut vectors = self.all_vectors_of(ids, &rows).await?;
        let mut records = Vec::with_capacity(ids.len());
        for (id, row) in ids.iter().zip(rows) {
            let Some(row) = row else {
                records.push(None);
                continue;
            };
            let titled = row.titled;
            let rows = (0..chunks(row.passages) as u32).map(|chunk| texts.remove(&(*id, chunk)).flatten());
            let passages: Option<Vec<String>> =
                rows.collect::<Option<Vec<Vec<String>>>>().map(|rows| rows.into_iter().flatten().collect());
            let page = self.info(*id, row);
            let vectors = vectors.remove(id).unwrap_or_default();
            records.push(passages.map(|mut passages| {
                if titled {
                    passages.remove(0);
                }
                PageRecord { page, passages, vectors }
            }));
        }
        Ok(records)
    }

    /// All vectors of pages; rows that cannot be read are left out, as they can be made again.
    async fn all_vectors_of(
        &self,
        ids: &[PageId],
        rows: &[Option<PageRow>],
    ) -> Result<BTreeMap<PageId, Vec<SpaceVectors>>, IndexError> {
        let spaces = self.spaces();
        let mut wanted = Vec::new();
        for (id, row) in ids.iter().zip(rows) {
            let Some(row) = row else { continue };
            // One more for the lead.
            for space in &spaces {
                let rows = 0..chunks(row.passages + 1) as u32;
                wanted.extend(rows.map(|chunk| (*id, row.number, space, chunk)));
            }
        }
        let key =
            |(id, _, space, chunk): &(PageId, u32, &String, u32)| vector_key(*id, &space_key(space), *chunk);
        let keys: Vec<String> = wanted.iter().map(key).collect();
        let found = self.store.get_many(Table::Vectors, &keys).await?;
        let mut vectors: BTreeMap<PageId, Vec<SpaceVectors>> = BTreeMap::new();
        for ((id, number, space, chunk), bytes) in wanted.into_iter().zip(found) {
            let row = bytes.and_then(|bytes| VectorRow::decode(&bytes).ok());
            let Some(row) = row.filter(|row| row.number == number && row.space == *space) else { continue };
            let of_page = vectors.entry(id).or_default();
            if of_page.last().is_none_or(|last| last.space != *space) {
                let (ordinals, values) = (Vec::new(), Vec::new());
                of_page.push(SpaceVectors { space: space.clone(), ordinals, values });
            }
            let Some(last) = of_page.last_mut() else { continue };
            for (ordinal, vector) in row.of_chunk(chunk) {
                last.ordinals.push(ordinal);
                last.values.extend(vector.values());
            }
        }
        Ok(vectors)
    }

    /// Puts pages back; those that are there already stay as they are. Returns how many came back. `also` commits in
    /// the same transaction. Vectors follow in a second one: should the worker die in between, they are made again.
    ///
    /// # Errors
    ///
    /// As [`Index::insert`], and then nothing is put back. Vectors that fit nothing are left out.
    pub async fn restore(&self, records: Vec<PageRecord>, also: Batch) -> Result<usize, IndexError> {
        let mut incoming: Vec<Incoming> = Vec::with_capacity(records.len());
        let mut vectors: Vec<(PageId, Vec<SpaceVectors>)> = Vec::with_capacity(records.len());
        for record in records {
            if self.contains(record.page.id) || vectors.iter().any(|(id, _)| *id == record.page.id) {
                continue;
            }
            let visits = record.page.visits;
            vectors.push((record.page.id, record.vectors));
            incoming.push(incoming_of(record.page, record.passages, visits));
        }
        let restored = incoming.len();
        self.write(incoming, &|_| Vec::new(), Purge::Later, also).await?;
        self.put_vectors(vectors).await?;
        Ok(restored)
    }

    /// Keeps vectors of pages as they are now, one transaction a space. Those that fit nothing are left out.
    pub(super) async fn put_vectors(
        &self,
        vectors: Vec<(PageId, Vec<SpaceVectors>)>,
    ) -> Result<(), IndexError> {
        let mut by_space = BySpace::new();
        for (id, spaces) in vectors {
            let Some(generation) = self.state.borrow().pages.find(id).map(|entry| entry.number) else {
                continue;
            };
            for SpaceVectors { space, ordinals, values } in spaces {
                let dimensions = values.len() / ordinals.len().max(1);
                if dimensions == 0 || values.len() != dimensions * ordinals.len() {
                    continue;
                }
                let of_space = by_space.entry((space, dimensions)).or_default();
                for (ordinal, values) in ordinals.iter().zip(values.chunks_exact(dimensions)) {
                    // One without a direction would have all of them refused.
                    if values.iter().any(|value| *value != 0) {
                        let passage = PassageRef { page: id, ordinal: *ordinal, generation };
                        of_space.push((passage, values.iter().map(|value| f32::from(*value)).collect()));
                    }
                }
            }
        }
        for ((space, _), vectors) in by_space {
            match self.set_vectors(&space, vectors).await {
                Ok(_) | Err(IndexError::BadVector { .. } | IndexError::DimensionMismatch { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Replaces the texts of pages by nothing, so that only their titles, addresses and times are kept; returns how
    /// many pages had one. As after [`Index::delete`], [`Index::purge`] removes what segments hold of the texts.
    /// `text_hash` is what an empty text has.
    pub async fn reduce(
        &self,
        ids: &[PageId],
        text_hash: [u8; 32],
        also: Batch,
    ) -> Result<usize, IndexError> {
        let mut incoming = Vec::new();
        for (id, row) in ids.iter().zip(self.page_rows(ids).await?) {
            let Some(row) = row.filter(|row| row.passages > u32::from(row.titled)) else { continue };
            let page = NewPage {
                id: *id,
                url: row.url,
                title: row.title,
                language: row.language,
                text_hash,
                seen_at: row.last_seen,
                aliases: row.aliases,
                passages: Vec::new(),
            };
            incoming.push(Incoming { page, text: None, first_seen: row.first_seen, visits: 0 });
        }
        let reduced = incoming.len();
        self.write(incoming, &|_| Vec::new(), Purge::Marked, also).await?;
        Ok(reduced)
    }
}

/// A page that comes with what another index knew of it; `visits` are added to those that are known.
pub(super) fn incoming_of(page: PageInfo, passages: Vec<String>, visits: u32) -> Incoming {
    let first_seen = page.first_seen;
    let page = NewPage {
        id: page.id,
        url: page.url,
        title: page.title,
        language: page.language,
        text_hash: page.text_hash,
        seen_at: page.last_seen,
        aliases: page.aliases,
        passages,
    };
    Incoming { page, text: None, first_seen, visits }
}

//! Which passages have no vector yet, and keeping those that were made.

use super::Index;
use crate::catalog::{JournalRow, VectorsAdded, piece_of};
use crate::codes::{Code, encode, encode_fine};
use crate::error::IndexError;
use crate::page::{Missing, PageId, PassageRef, Unembedded};
use crate::rows::{PASSAGES_PER_ROW, VectorRow, chunk_of, space_key, vector_key, vectors_prefix};
use crate::search::cache::BlockAt;
use crate::store::{Batch, Store, Table};
use crate::vector::Vector;
use std::collections::BTreeMap;

/// Pages whose vectors one commit removes.
const PAGES_AT_ONCE: usize = 100;

/// Vectors of one row, by their page and chunk.
type ByRow = BTreeMap<(PageId, u32), BTreeMap<u32, (u32, Vector)>>;

impl<S: Store> Index<S> {
    /// How many vectors are missing: one for each passage, and one for each lead.
    pub fn unembedded<'a>(&self, missing: impl Into<Missing<'a>>) -> usize {
        self.state.borrow().unembedded(missing.into())
    }

    /// Up to `limit` passages that lack such a vector: pages with more than a title first; of the page seen last first;
    /// its title, its lead, then the rest in order. Empty means that there are none.
    pub async fn next_unembedded<'a>(
        &self,
        missing: impl Into<Missing<'a>>,
        limit: usize,
    ) -> Result<Vec<Unembedded>, IndexError> {
        let missing = missing.into();
        // Alone, so that a row that is not as memory says is damaged, not just being replaced.
        let _alone = self.writing.lock().await;
        loop {
            let wanted: Vec<PassageRef> = (self.state.borrow().next_unembedded(missing, limit).into_iter())
                .flat_map(|(entry, ordinals)| {
                    let (page, generation) = (entry.id, entry.number);
                    ordinals.into_iter().map(move |ordinal| PassageRef { page, ordinal, generation })
                })
                .collect();
            let found = self.read_passages(&wanted).await?;
            let readable: Vec<Unembedded> = (wanted.iter().zip(found))
                .filter_map(|(passage, text)| Some(Unembedded { passage: *passage, text: text? }))
                .collect();
            // Where all of them were damaged, others may follow.
            if !readable.is_empty() || wanted.is_empty() {
                return Ok(readable);
            }
        }
    }

    /// Keeps vectors, in one transaction. Those whose page or text is gone are ignored, and so are those of passages
    /// that have one in this space. Returns how many passages got one.
    pub async fn set_vectors(
        &self,
        space: &str,
        vectors: Vec<(PassageRef, Vec<f32>)>,
    ) -> Result<usize, IndexError> {
        let dimensions = vectors.first().map_or(0, |(_, values)| values.len());
        let mut by_row = ByRow::new();
        for (passage, values) in &vectors {
            if values.len() != dimensions {
                let (space, got) = (space.to_owned(), values.len());
                return Err(IndexError::DimensionMismatch { space, expected: dimensions, got });
            }
            let vector = (passage.generation, Vector::quantise(values)?);
            by_row
                .entry((passage.page, chunk_of(passage.ordinal)))
                .or_default()
                .insert(passage.ordinal, vector);
        }

        let _alone = self.writing.lock().await;
        self.leave_out(space, dimensions, &mut by_row)?;
        if by_row.is_empty() {
            return Ok(0);
        }
        let name = space_key(space);
        let keys: Vec<String> = by_row.keys().map(|(page, chunk)| vector_key(*page, &name, *chunk)).collect();
        let rows = self.store.get_many(Table::Vectors, &keys).await?;
        let mut batch = Batch::new();
        let mut sizes: BTreeMap<PageId, u32> = BTreeMap::new();
        let mut added = Vec::with_capacity(keys.len());
        for ((((id, chunk), vectors), key), before) in by_row.iter().zip(keys).zip(rows) {
            let Some((_, (number, _))) = vectors.first_key_value() else { continue };
            let before_bytes = before.as_ref().map_or(0, |bytes| key.len() + bytes.len());
            // One that is damaged, or of an earlier text, begins anew.
            let row = before.and_then(|bytes| VectorRow::decode(&bytes).ok());
            let row = row.filter(|row| {
                let same = row.vectors.iter().flatten().all(|vector| vector.dimensions() == dimensions);
                row.number == *number && row.space == space && same
            });
            let mut row = row.unwrap_or_else(|| VectorRow::new(*number, space));
            for (ordinal, (_, vector)) in vectors {
                row.vectors[*ordinal as usize % PASSAGES_PER_ROW] = Some(vector.clone());
            }
            let bytes = row.encode()?;
            let known = self.state.borrow().pages.find(*id).map_or(0, |entry| entry.vector_bytes);
            let size = sizes.entry(*id).or_insert(known);
            *size = size.saturating_sub(before_bytes as u32).saturating_add((key.len() + bytes.len()) as u32);
            batch.put(Table::Vectors, key, bytes);
            let (page, number, space) = (*id, *number, space.to_owned());
            let ordinals = vectors.keys().copied().collect();
            added.push(VectorsAdded { page, number, space, chunk: *chunk, ordinals, vector_bytes: *size });
        }
        let journal = self.journal(JournalRow { pages: Vec::new(), vectors: added.clone() }, &mut batch)?;
        self.store.commit(batch).await?;

        self.state.borrow_mut().journal.push(journal);
        let mut stored = 0;
        for added in added {
            let vectors = by_row.remove(&(added.page, added.chunk)).unwrap_or_default();
            stored += self.take_in(&added, vectors.iter().map(|(ordinal, (_, vector))| (*ordinal, vector)));
        }
        Ok(stored)
    }

    /// Leaves out vectors of what is gone, and those that are there.
    fn leave_out(&self, space: &str, dimensions: usize, by_row: &mut ByRow) -> Result<(), IndexError> {
        let state = self.state.borrow();
        if dimensions > 0 {
            state.check_dimensions(space, dimensions)?;
        }
        by_row.retain(|(id, _), vectors| {
            let Some(slot) = state.pages.slot(*id) else { return false };
            let Some(entry) = state.pages.get(slot) else { return false };
            let there = match state.embedded(space, slot) {
                0 => Default::default(),
                _ => state.embedded_ordinals(space, entry.number),
            };
            vectors.retain(|ordinal, (generation, _)| {
                *generation == entry.number && *ordinal < entry.wanted() && !there.contains(ordinal)
            });
            !vectors.is_empty()
        });
        Ok(())
    }

    /// Makes vectors that are in the store searchable; returns how many passages got one.
    pub(super) fn take_in<'a>(
        &self,
        added: &VectorsAdded,
        vectors: impl Iterator<Item = (u32, &'a Vector)>,
    ) -> usize {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let Some(slot) = state.pages.slot_of_number(added.number) else { return 0 };
        let there = state.embedded_ordinals(&added.space, added.number);
        let lead = state.pages.get(slot).and_then(|entry| entry.lead());
        let mut stored = 0;
        let mut bits = Vec::new();
        for (ordinal, vector) in vectors.filter(|(ordinal, _)| !there.contains(ordinal)) {
            let Some(space) = state.space_for(&added.space, vector.dimensions()) else {
                state.corrupt += 1;
                continue;
            };
            bits.clear();
            encode(vector, &mut bits);
            let fine = (lead == Some(ordinal)).then(|| encode_fine(vector));
            let code = Code { bits: &bits, fine: fine.as_deref() };
            let dimensions = vector.dimensions();
            state.fresh.add_code(&added.space, dimensions, added.number, slot, ordinal, code);
            state.count_vectors(space, slot, 1);
            stored += 1;
        }
        state.pages.update(slot, |entry| entry.vector_bytes = added.vector_bytes);
        state.changed_pieces.insert(piece_of(added.page));
        let at = BlockAt { page: added.page, number: added.number, chunk: added.chunk };
        self.cache.borrow_mut().forget_block(&at, &added.space);
        stored
    }

    /// Deletes all vectors of a space. Until it returns, a worker that dies has deleted some of them; calling it
    /// again deletes the rest.
    pub async fn drop_space(&self, space: &str) -> Result<(), IndexError> {
        let mut merge = self.writing.lock().await;
        let name = space_key(space);
        loop {
            let with: Vec<PageId> = {
                let state = self.state.borrow();
                let with = state.pages.iter().filter(|(slot, _)| state.embedded(space, *slot) > 0);
                with.map(|(_, entry)| entry.id).take(PAGES_AT_ONCE).collect()
            };
            if with.is_empty() {
                break;
            }
            let mut batch = Batch::new();
            let mut freed = Vec::with_capacity(with.len());
            for id in &with {
                let prefix = vectors_prefix(*id, &name);
                let rows = self.scan(Table::Vectors, &prefix).await?;
                freed.push((*id, rows.iter().map(|(key, row)| key.len() + row.len()).sum::<usize>()));
                batch.delete_prefix(Table::Vectors, prefix);
            }
            self.store.commit(batch).await?;
            self.state.borrow_mut().forget_vectors(space, &freed);
        }
        // The merge under way may hold its codes.
        *merge = None;
        self.state.borrow_mut().drop_space(space);
        self.cache.borrow_mut().clear();
        self.checkpoint().await
    }
}

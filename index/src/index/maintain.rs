//! What is done when there is time: checkpoints, merges, rebuilds.
//!
//! **Checkpoint**: what is new becomes a segment, and the journal goes. Due when a start would take long otherwise.
//!
//! **Merges** keep segments few: [`FAN`] of about the same size become one, so that each posting is written once a tier.
//! A segment of which much is dead is written anew, and one that holds something of a deleted page at once.
//!
//! **Rebuild** (`rebuild`): what is derived and lost is made again.
//!
//! All of it goes on in steps of some milliseconds, and nothing is done when nothing changed.

use super::Index;
use crate::catalog::{MANIFEST, piece_key};
use crate::error::IndexError;
use crate::rows::PASSAGES_PER_ROW;
use crate::segment::fresh::Fresh;
use crate::segment::merge::{Merge, Progress, put};
use crate::segment::vectors::Vectors;
use crate::segment::words::Words;
use crate::segment::{Segment, code_piece_key, codes_key, list_key, prefix, terms_key, words_key};
use crate::state::State;
use crate::store::{Batch, Store, Table};
use std::rc::Rc;

/// A checkpoint is due with so many new documents, vectors or changes. Small: a worker that starts reads all of their
/// rows again, some 0.2 ms a document. At 1 every change would write a segment; with 100,000 a worker would take minutes
/// to start.
const NEW_DOCS: usize = 64;
const NEW_ROWS: usize = 1024;
const CHANGES: usize = 128;

/// So many segments of a tier become one of the next. At 2 everything is written again and again; large, every
/// question looks into many segments.
const FAN: usize = 8;

/// Segments smaller than this, in documents, are of one tier.
const SMALLEST: u64 = NEW_DOCS as u64;

/// A segment is written anew when so much of it is dead. At 0 each deletion writes everything anew; at 1 what is dead is
/// read for ever.
const DEAD_SHARE: f64 = 0.3;

impl<S: Store> Index<S> {
    /// Does one step of what is due. `true`: there is more to do.
    pub async fn maintain(&self) -> Result<bool, IndexError> {
        let mut merge = self.writing.lock().await;
        if merge.is_some() {
            self.go_on(&mut merge).await?;
            return Ok(true);
        }
        let lost = self.state.borrow().lost.first().copied();
        if let Some(id) = lost {
            self.lose(id);
            return Ok(true);
        }
        let garbage = self.state.borrow().manifest.garbage.first().copied();
        if let Some(id) = garbage {
            self.remove_garbage(id).await?;
            return Ok(true);
        }
        let purge = self.state.borrow_mut().next_to_purge();
        if let Some(inputs) = purge {
            self.begin(&mut merge, inputs).await?;
            return Ok(true);
        }
        if self.state.borrow().is_checkpoint_due() {
            self.checkpoint().await?;
            return Ok(true);
        }
        if self.state.borrow().manifest.rebuild {
            self.rebuild_some().await?;
            return Ok(true);
        }
        let due = self.state.borrow().to_merge();
        if let Some(inputs) = due {
            self.begin(&mut merge, inputs).await?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Whether [`Index::maintain`] has anything to do.
    pub fn wants_maintenance(&self) -> bool {
        // Whoever holds it may be merging.
        let merging = self.writing.try_lock().is_none_or(|merge| merge.is_some());
        let state = self.state.borrow();
        merging
            || !state.lost.is_empty()
            || !state.manifest.garbage.is_empty()
            || !state.manifest.purge.is_empty()
            || state.is_checkpoint_due()
            || state.manifest.rebuild
            || state.to_merge().is_some()
    }

    /// Removes the last traces of what was deleted, now rather than when there is time: afterwards nothing of it is in
    /// any table.
    pub async fn purge(&self) -> Result<(), IndexError> {
        self.flush().await?;
        while !self.state.borrow().manifest.purge.is_empty() {
            self.maintain().await?;
        }
        Ok(())
    }

    /// Writes what is new as a segment, whether it is due or not.
    pub async fn flush(&self) -> Result<(), IndexError> {
        let _alone = self.writing.lock().await;
        self.checkpoint().await
    }

    /// The caller holds `writing`.
    pub(super) async fn checkpoint(&self) -> Result<(), IndexError> {
        let nothing = {
            let state = self.state.borrow();
            state.journal.is_empty() && !state.manifest_changed && state.changed_pieces.is_empty()
        };
        if nothing {
            return Ok(());
        }
        let mut batch = Batch::new();
        let segment = {
            let mut state = self.state.borrow_mut();
            let id = state.new_segment();
            write_fresh(&state, id, &mut batch)?
        };
        let pages = self.state.borrow().pages.len() as u32;
        {
            let state = self.state.borrow();
            let mut manifest = state.manifest();
            manifest.pages = pages;
            manifest.segments.extend(segment.iter().map(|segment| segment.entry.clone()));
            batch.put(Table::Catalog, MANIFEST, manifest.encode()?);
            for (piece, bytes) in state.pages.encode_pieces(&state.changed_pieces)? {
                match bytes {
                    Some(bytes) => batch.put(Table::Catalog, piece_key(piece), bytes),
                    None => batch.delete(Table::Catalog, piece_key(piece)),
                }
            }
            state.journal.iter().for_each(|key| batch.delete(Table::Catalog, key.as_str()));
        }
        self.store.commit(batch).await?;
        let mut state = self.state.borrow_mut();
        state.manifest.pages = pages;
        state.journal.clear();
        state.changed_pieces.clear();
        state.manifest_changed = false;
        state.deleted = false;
        state.fresh = Fresh::default();
        // Its vectors are counted already.
        state.segments.extend(segment.map(Rc::new));
        Ok(())
    }

    async fn remove_garbage(&self, id: u32) -> Result<(), IndexError> {
        let mut batch = Batch::new();
        batch.delete_prefix(Table::Segments, prefix(id));
        let mut manifest = self.state.borrow().manifest();
        manifest.garbage.remove(&id);
        batch.put(Table::Catalog, MANIFEST, manifest.encode()?);
        self.store.commit(batch).await?;
        self.state.borrow_mut().manifest.garbage.remove(&id);
        Ok(())
    }

    async fn begin(&self, merge: &mut Option<Merge>, inputs: Vec<Rc<Segment>>) -> Result<(), IndexError> {
        let (id, manifest) = {
            let mut state = self.state.borrow_mut();
            let id = state.new_segment();
            let mut manifest = state.manifest();
            manifest.garbage.insert(id);
            (id, manifest)
        };
        let mut batch = Batch::new();
        batch.put(Table::Catalog, MANIFEST, manifest.encode()?);
        self.store.commit(batch).await?;
        let mut state = self.state.borrow_mut();
        state.manifest.garbage.insert(id);
        *merge = Some(Merge::new(id, inputs, &state.pages));
        Ok(())
    }

    /// One step of the merge under way. If it fails, the merge is given up: what it wrote is garbage.
    async fn go_on(&self, merge: &mut Option<Merge>) -> Result<(), IndexError> {
        let Some(mut under_way) = merge.take() else { return Ok(()) };
        match under_way.step(&self.store).await? {
            Progress::More(batch) => {
                self.store.commit(batch).await?;
                *merge = Some(under_way);
            }
            Progress::Lost(id) => self.lose(id),
            Progress::Ready => {
                let (mut batch, segment) = under_way.finish(&self.state.borrow().pages)?;
                let (manifest, segments) = {
                    let state = self.state.borrow();
                    let mut segments = state.segments.clone();
                    let at = segments.iter().position(|known| under_way.has_input(known.entry.id));
                    segments.retain(|known| !under_way.has_input(known.entry.id));
                    segments.splice(at.unwrap_or(0)..at.unwrap_or(0), segment.map(Rc::new)).for_each(drop);
                    let mut manifest = state.manifest.clone();
                    manifest.garbage.remove(&under_way.id);
                    manifest.purge.retain(|id| !under_way.has_input(*id));
                    if under_way.tainted {
                        manifest.purge.insert(under_way.id);
                    }
                    (manifest, segments)
                };
                let mut stored = manifest.clone();
                stored.segments = segments.iter().map(|segment| segment.entry.clone()).collect();
                batch.put(Table::Catalog, MANIFEST, stored.encode()?);
                self.store.commit(batch).await?;
                let mut state = self.state.borrow_mut();
                state.manifest = manifest;
                state.segments = segments;
                let mut cache = self.cache.borrow_mut();
                under_way.inputs.iter().for_each(|input| cache.forget_lists(input.entry.id));
            }
        }
        Ok(())
    }

    /// A segment turned out to be damaged. The caller holds `writing`.
    fn lose(&self, id: u32) {
        let mut state = self.state.borrow_mut();
        state.lost.remove(&id);
        state.lose_segment(id);
        state.corrupt += 1;
        drop(state);
        self.lost_something();
    }
}

/// The segment of what is new, and its rows; `None` if nothing is.
fn write_fresh(state: &State, id: u32, batch: &mut Batch) -> Result<Option<Segment>, IndexError> {
    let mut bytes = 0;
    let mut entry = crate::catalog::SegmentEntry { id, docs: 0, spaces: Vec::new(), bytes: 0 };
    let mut words: Option<Words> = None;
    if let Some(mut writer) = state.fresh.write_words(&state.pages)? {
        for (piece, row) in writer.take_pieces() {
            put(batch, &mut bytes, list_key(id, piece), row);
        }
        let written = writer.finish(&state.pages)?;
        put(batch, &mut bytes, words_key(id), written.head);
        put(batch, &mut bytes, terms_key(id), written.terms);
        if let Some((piece, row)) = written.last {
            put(batch, &mut bytes, list_key(id, piece), row);
        }
        entry.docs = written.words.docs();
        words = Some(written.words);
    }
    let mut vectors = Vec::new();
    for part in &state.fresh.vectors {
        let part = part.sorted(|slot| state.pages.is_alive(slot));
        if part.len() == 0 {
            continue;
        }
        put(batch, &mut bytes, codes_key(id, &part.space), part.encode_head()?);
        for piece in 0..part.pieces() {
            put(batch, &mut bytes, code_piece_key(id, &part.space, piece), part.encode_piece(piece));
        }
        entry.spaces.push((part.space.clone(), part.len() as u32));
        vectors.push(part);
    }
    entry.bytes = bytes;
    let is_empty = words.is_none() && vectors.is_empty();
    Ok((!is_empty).then(|| Segment::new(entry, words, vectors)))
}

impl State {
    fn is_checkpoint_due(&self) -> bool {
        self.fresh.docs() >= NEW_DOCS
            || self.fresh.rows() >= NEW_ROWS
            || self.journal.len() >= CHANGES
            || self.manifest_changed
            || self.deleted
    }

    /// The segment to be written anew first because something of it was deleted.
    fn next_to_purge(&mut self) -> Option<Vec<Rc<Segment>>> {
        let known = |id: &u32| self.segments.iter().any(|segment| segment.entry.id == *id);
        let purge = self.manifest.purge.iter().copied().filter(known).collect();
        self.manifest.purge = purge;
        let first = *self.manifest.purge.first()?;
        self.segments.iter().find(|segment| segment.entry.id == first).map(|segment| vec![Rc::clone(segment)])
    }

    /// Segments to be merged.
    fn to_merge(&self) -> Option<Vec<Rc<Segment>>> {
        let mut tiers: std::collections::BTreeMap<u32, Vec<&Rc<Segment>>> = Default::default();
        for segment in &self.segments {
            tiers.entry(tier(segment)).or_default().push(segment);
        }
        if let Some(full) = tiers.into_values().find(|tier| tier.len() >= FAN) {
            return Some(full.into_iter().take(FAN).cloned().collect());
        }
        let dead = self.segments.iter().find(|segment| self.dead_share(segment) > DEAD_SHARE)?;
        Some(vec![Rc::clone(dead)])
    }

    /// Forgets a segment; its words and codes have to be made again.
    fn lose_segment(&mut self, id: u32) {
        let Some(at) = self.segments.iter().position(|segment| segment.entry.id == id) else { return };
        let segment = self.segments.remove(at);
        self.manifest.garbage.insert(id);
        for part in &segment.vectors {
            self.uncount_part(part);
        }
        self.rebuilding = false;
    }

    fn uncount_part(&mut self, part: &Vectors) {
        for (index, run) in part.runs.iter().enumerate() {
            self.uncount_vectors(&part.space, run.slot, part.rows(index).len() as u32);
        }
    }
}

/// Segments of one tier are of about the same size.
fn tier(segment: &Segment) -> u32 {
    let rows: u64 = segment.entry.spaces.iter().map(|space| u64::from(space.1)).sum();
    let size = u64::from(segment.entry.docs).max(rows / PASSAGES_PER_ROW as u64);
    (size / SMALLEST).max(1).ilog(FAN as u64)
}

//! What is derived and lost is made again from the rows of pages, one page a step.
//!
//! Pages without words or codes are taken in as if they were new; so are the pages that version 1 wrote, whose rows are
//! brought into today's form on the way. Until all are looked at, the manifest says that a rebuild is under way, so that
//! the next worker goes on.

use super::Index;
use super::write::{Aliases, put_page};
use crate::catalog::{JournalRow, VectorsAdded, piece_of};
use crate::error::IndexError;
use crate::near::fingerprint;
use crate::page::PageId;
use crate::rows::{TextRow, VectorRow, chunks, of_page, space_key, text_key, v1, vector_key};
use crate::segment::fresh::count_words;
use crate::state::State;
use crate::store::{Batch, Store, Table};

impl<S: Store> Index<S> {
    /// Looks at one page that may lack words or codes.
    pub(super) async fn rebuild_some(&self) -> Result<(), IndexError> {
        let next = {
            let mut state = self.state.borrow_mut();
            if !state.rebuilding {
                state.rebuilding = true;
                state.rebuild = state.pages.iter().map(|(_, entry)| entry.id).collect();
            }
            state.rebuild.front().copied()
        };
        let Some(id) = next else {
            self.state.borrow_mut().end_rebuild();
            return self.checkpoint().await;
        };
        self.rebuild_page(id).await?;
        // Only now: what failed is tried again with the next step.
        self.state.borrow_mut().rebuild.pop_front();
        Ok(())
    }

    /// Takes in what a page lacks. If it fails, all of it can be done again.
    async fn rebuild_page(&self, id: PageId) -> Result<(), IndexError> {
        let (number, words, needs_words) = {
            let state = self.state.borrow();
            let Some(entry) = state.pages.find(id) else { return Ok(()) };
            (entry.number, entry.words, entry.passages > 0 && !state.has_words(entry.number))
        };
        // Version 1 did not count words.
        if needs_words && words == 0 {
            self.bring_forward(id).await?;
        }
        let vectors = self.scan(Table::Vectors, &of_page(id)).await?;
        if needs_words {
            // The last that can fail: vectors are counted once.
            self.take_in_words(id).await?;
            self.state.borrow_mut().changed_pieces.insert(piece_of(id));
        }
        for (key, bytes) in vectors {
            let Ok(row) = VectorRow::decode(&bytes) else { continue };
            let chunk = key.rsplit('/').next().and_then(|chunk| chunk.parse::<u32>().ok());
            let (Some(chunk), true) = (chunk, row.number == number) else { continue };
            let vector_bytes = self.state.borrow().pages.find(id).map_or(0, |entry| entry.vector_bytes);
            let ordinals = row.of_chunk(chunk).map(|(ordinal, _)| ordinal).collect();
            let size = (key.len() + bytes.len()) as u32;
            let vector_bytes = if needs_words { vector_bytes.saturating_add(size) } else { vector_bytes };
            let added =
                VectorsAdded { page: id, number, space: row.space.clone(), chunk, ordinals, vector_bytes };
            self.take_in(&added, row.of_chunk(chunk));
        }
        Ok(())
    }

    /// Writes the rows of a page of version 1 in today's form, under the same number.
    async fn bring_forward(&self, id: PageId) -> Result<(), IndexError> {
        let Some(bytes) = self.stored_page_rows(&[id]).await?.pop().flatten() else { return Ok(()) };
        let Some(mut row) = self.page_row(id, &bytes) else { return Ok(()) };
        if row.words > 0 {
            // An earlier try was committed, but its answer was lost.
            self.state.borrow_mut().pages.put(id, &row, id.to_string().len() + bytes.len());
            return Ok(());
        }
        let keys: Vec<String> = (0..chunks(row.passages) as u32).map(|chunk| text_key(id, chunk)).collect();
        let mut batch = Batch::new();
        let mut aliases = Aliases::default();
        aliases.add(id, &row.aliases);
        let mut texts: Vec<String> = Vec::new();
        for (chunk, (key, bytes)) in
            (0..).zip(keys.iter().zip(self.store.get_many(Table::Passages, &keys).await?))
        {
            let Some(Ok((text, vectors))) = bytes.map(|bytes| v1::chunk(&bytes)) else { continue };
            let text = TextRow { number: row.number, ..text };
            texts.extend(text.texts().unwrap_or_default());
            batch.put(Table::Passages, key.as_str(), text.encode()?);
            let mut rows: Vec<VectorRow> = Vec::new();
            for (n, (space, vector)) in
                vectors.into_iter().enumerate().filter_map(|(n, vector)| Some((n, vector?)))
            {
                let at = rows.iter().position(|row| row.space == space).unwrap_or_else(|| {
                    rows.push(VectorRow::new(row.number, &space));
                    rows.len() - 1
                });
                rows[at].vectors[n] = Some(vector);
            }
            for vectors in rows {
                let key = vector_key(id, &space_key(&vectors.space), chunk);
                batch.put(Table::Vectors, key, vectors.encode()?);
            }
        }
        if row.titled
            && let Some(title) = texts.first_mut()
        {
            title.clone_from(&row.title);
        }
        row.words = count_words(texts.iter().map(String::as_str)).max(1);
        row.fingerprint = fingerprint(texts.iter().skip(usize::from(row.titled)).map(String::as_str));
        let row_bytes = put_page(&mut batch, id, &row)?;
        self.put_aliases(aliases, &mut batch).await?;
        let journal = JournalRow { pages: vec![id], ..JournalRow::default() };
        let journal = self.journal(journal, &mut batch)?;
        self.store.commit(batch).await?;
        let mut state = self.state.borrow_mut();
        state.journal.push(journal);
        state.pages.put(id, &row, row_bytes);
        Ok(())
    }
}

impl State {
    fn end_rebuild(&mut self) {
        self.rebuilding = false;
        self.manifest.rebuild = false;
        self.manifest_changed = true;
    }
}

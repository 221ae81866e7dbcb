//! One small thing at a time: a queued page becomes an indexed one, a passage gets its vector, segments are tended.

use super::{Engine, EngineError, records, settings, text};
use crate::platform::Platform;
use afterimage_index::{
    Missing, NewPage, NewText, PassageRef, Unembedded, split,
    store::{Batch, Store, Table},
};
use afterimage_messages::BackendChoice;
use afterimage_models::{
    Backend, Embedder, Role,
    chain::{Link, Work},
};
use std::collections::VecDeque;

/// The longest passage, in word pieces; with `[CLS]` and `[SEP]` 128 tokens.
pub const PASSAGE_PIECES: usize = 126;
/// Vectors that are committed together. At 1 every passage costs a transaction; large, a worker that
/// dies repeats that many.
const COMMIT: usize = 8;

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// There is nothing to do.
    Idle,
    /// Something was done, and there may be more.
    Worked,
}

/// Passages on their way to a vector. Lost with the worker, and found again as debt.
#[derive(Debug, Default)]
pub struct Pending {
    space: String,
    todo: VecDeque<Unembedded>,
    pub(super) done: Vec<(PassageRef, Vec<f32>)>,
}

impl<S: Store, P: Platform> Engine<S, P> {
    /// Does one small thing: indexes a queued page by its words, or embeds one passage (a few on a
    /// graphics processor), or measures the backends if that was never done.
    pub async fn step(&self) -> Result<Step, EngineError> {
        let _one_at_a_time = self.working.lock().await;
        // First, since somebody is asking.
        let warming = self.warming.borrow().clone();
        if let Some(space) = warming {
            if !self.index.warm(&space).await? {
                *self.warming.borrow_mut() = None;
            }
            return Ok(Step::Worked);
        }
        // Also while paused: it may be that something deleted is still in a segment.
        if self.index.wants_maintenance() {
            self.index.maintain().await?;
            return Ok(Step::Worked);
        }
        if let Some(scope) = self.next_to_forget() {
            self.forget_alone(scope.clone()).await?;
            self.is_forgotten(&scope).await?;
            return Ok(Step::Worked);
        }
        if self.import_is_left() {
            self.import_goes_on(true).await?;
            return Ok(Step::Worked);
        }
        if self.retention_is_due() {
            self.retain().await?;
            return Ok(Step::Worked);
        }
        // Also while paused: somebody asked for it.
        if self.prepare_model().await? {
            return Ok(Step::Worked);
        }
        if self.is_paused() {
            return Ok(Step::Idle);
        }
        let first = self.queue.borrow().first();
        if let Some(entry) = first {
            self.index_queued(&entry.key).await?;
            return Ok(Step::Worked);
        }
        if self.is_sparing() {
            self.commit_vectors().await?;
            return Ok(Step::Idle);
        }
        self.embed_some().await
    }

    /// Something is left to do.
    pub fn has_work(&self) -> bool {
        let paused = self.is_paused();
        let warming = self.warming.borrow().is_some();
        warming
            || self.index.wants_maintenance()
            || self.next_to_forget().is_some()
            || self.import_is_left()
            || self.retention_is_due()
            || self.backfill_has_work()
            || self.models.has_work()
            || (!paused && (self.queue.borrow().len() > 0 || (!self.is_sparing() && self.debt() > 0)))
    }

    /// In how many milliseconds something will be left to do that is not yet, or a pause will be over: whoever sleeps has
    /// to wake up then.
    pub fn sleeps_for(&self) -> Option<f64> {
        let import_ends = self.importing_until();
        let pause_ends = self.settings.borrow().paused_until.filter(|_| !self.settings.borrow().paused);
        let sparing_ends = Some(self.sparing_until.get())
            .filter(|_| !self.is_paused() && self.is_sparing() && self.debt() > 0);
        let now = self.platform().now();
        let later = [import_ends, pause_ends, sparing_ends].into_iter().flatten().map(|until| until - now);
        later.filter(|left| *left > 0.0).min_by(f64::total_cmp)
    }

    /// Passages that should be embedded now, as far as it is known without opening a model.
    pub(super) fn debt(&self) -> usize {
        let space = self.bulk_space();
        self.index.unembedded(self.missing(&space))
    }

    /// What a passage lacks that should be embedded into `space`. The hash as a makeshift for a model that
    /// cannot be loaded just now must not destroy the model's vectors: it takes hours to make them again.
    fn missing<'a>(&self, space: &'a str) -> Missing<'a> {
        let hash = self.embedder().choose(Work::Bulk).backend == Backend::Hash;
        if hash && self.settings.borrow().backend != BackendChoice::Hash {
            Missing::Any
        } else {
            Missing::In(space)
        }
    }

    /// The space in which passages are embedded now, as far as it is known without opening a model.
    pub(super) fn bulk_space(&self) -> String {
        match self.embedder().choose(Work::Bulk).backend {
            Backend::Hash => match self.embedder().link(Backend::Hash) {
                Link::Ready(hash) => hash.space().to_owned(),
                _ => String::new(),
            },
            _ => self.model().space.to_owned(),
        }
    }

    /// The space in which questions are asked now, as far as it is known without opening a model.
    pub(super) fn answering_space(&self) -> String {
        let answering = self.answering().loader().model.spec;
        if answering == self.model() { self.bulk_space() } else { answering.space.to_owned() }
    }

    pub(super) async fn index_queued(&self, key: &str) -> Result<(), EngineError> {
        let row = self.store().get(Table::Queue, key).await?;
        let mut done = Batch::new();
        done.delete(Table::Queue, key);
        match row.as_deref().and_then(records::decode_queued) {
            // Gone: forgotten in the meantime.
            None => self.store().commit(done).await?,
            Some(page) => {
                let embedder = self.embedder().pick(Work::Bulk).await;
                let count = |text: &str| piece_count(&*embedder, text);
                let passages = |text: &str| split(text, PASSAGE_PIECES, &count);
                let new = NewPage {
                    id: page.id,
                    url: page.url,
                    title: page.title,
                    language: page.language,
                    text_hash: page.text_hash,
                    seen_at: page.seen_at,
                    aliases: vec![page.alias],
                    passages: Vec::new(),
                };
                // Forgotten while a model was opened? Then its row is gone, and so must the page be.
                if self.queue.borrow().first().is_some_and(|entry| entry.key == key) {
                    let new = NewText { page: new, text: page.text };
                    self.index.insert_texts(vec![new], &passages, done).await?;
                }
            }
        }
        self.queue.borrow_mut().remove(|entry| entry.key == key);
        Ok(())
    }

    async fn embed_some(&self) -> Result<Step, EngineError> {
        self.check_model().await?;
        if self.index.counts().passages > 0 && self.debt() > 0 && self.embedder().measurements().is_none() {
            self.measure().await?;
            return Ok(Step::Worked);
        }
        if self.pending.borrow().todo.is_empty() {
            self.commit_vectors().await?;
            if self.debt() == 0 {
                return self.drop_old_spaces().await;
            }
            let space = self.embedder().space(Work::Bulk).await;
            let todo = self.index.next_unembedded(self.missing(&space), COMMIT).await?;
            if todo.is_empty() {
                return Ok(Step::Idle);
            }
            *self.pending.borrow_mut() = Pending { space, todo: todo.into(), done: Vec::new() };
        }
        let together = match self.embedder().choose(Work::Bulk).backend {
            Backend::WebGpu => COMMIT,
            Backend::Cpu | Backend::Hash => 1,
        };
        let batch: Vec<Unembedded> = {
            let mut pending = self.pending.borrow_mut();
            let take = together.min(pending.todo.len());
            pending.todo.drain(..take).collect()
        };
        let texts: Vec<&str> = batch.iter().map(|passage| passage.text.as_str()).collect();
        let embedded = self.embedder().embed(&texts, Role::Passage, Work::Bulk).await?;
        let finished = {
            let mut pending = self.pending.borrow_mut();
            if embedded.space != pending.space {
                // A link fell under us. What is done is done; the rest is debt in another space.
                pending.todo.clear();
            } else {
                pending.done.extend(batch.iter().map(|passage| passage.passage).zip(embedded.vectors));
            }
            pending.todo.is_empty()
        };
        if finished {
            self.commit_vectors().await?;
        }
        Ok(Step::Worked)
    }

    /// Once every passage has its vector in a model's space, those of other spaces answer nothing any more.
    async fn drop_old_spaces(&self) -> Result<Step, EngineError> {
        if self.embedder().choose(Work::Bulk).backend == Backend::Hash || self.index.counts().passages == 0 {
            return Ok(Step::Idle);
        }
        let current = self.bulk_space();
        match self.index.spaces().into_iter().find(|space| *space != current) {
            Some(old) => {
                self.index.drop_space(&old).await?;
                Ok(Step::Worked)
            }
            None => Ok(Step::Idle),
        }
    }

    async fn commit_vectors(&self) -> Result<(), EngineError> {
        let Pending { space, done, .. } = std::mem::take(&mut *self.pending.borrow_mut());
        if !done.is_empty() {
            self.index.set_vectors(&space, done).await?;
        }
        Ok(())
    }

    /// Times the backends and remembers the result for this browser.
    pub(super) async fn measure(&self) -> Result<(), EngineError> {
        let mind = self.embedder();
        let measurements = mind.measure().await;
        self.platform().log(&format!("measured: {:?}", measurements.rows));
        let browser = self.platform().browser();
        settings::save_measurements(self.store(), &browser, mind.loader().model.spec, &measurements).await
    }
}

fn piece_count(embedder: &dyn Embedder, passage: &str) -> usize {
    embedder.count_tokens(passage).unwrap_or_else(|| text::estimate_pieces(passage))
}

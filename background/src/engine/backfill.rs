//! Titles and addresses of what was read before Afterimage came: from the browser's history and bookmarks.
//!
//! The worker asks [`Engine::backfill_next`] what to read of the browser and brings it to [`Engine::backfill_take`],
//! some hundred entries at a time, the newest first. Pages and the place up to which they were looked at are committed
//! together, so a worker that dies goes on from there. What is there already is left as it is.
//!
//! **The mark.** A page that came this way has a hash of text that no text has ([`title_only`]). So its first reading
//! finds a changed text and replaces all of it, the mark included, and what still has the mark was not read since. A list
//! of identifiers beside the pages, the alternative, could disagree with them.
//!
//! **What is forgotten while it runs** must not come back from entries that are still to be read, so the scopes are
//! kept with the run's state until it ends, and no longer.

use super::{Engine, EngineError, records, text};
use crate::{
    platform::Platform,
    rules::{self, sites},
    url_key,
};
use afterimage_index::{
    NewPage, PageId,
    store::{Batch, Store, Table},
};
use afterimage_messages::{
    Backfill, BackfillEntry, BackfillPhase, BackfillRead, BackfillState, Scope, Settings,
};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

const BACKFILL: &str = "backfill";
/// Entries that are read and committed together. Few, and each costs a transaction; many, and questions wait.
pub(super) const AT_ONCE: u32 = 250;
/// Visits less than this apart are taken to be at the same time, in ms: browsers give fractions, but do not compare
/// them all alike.
const SAME_MS: f64 = 1.0;
const DAY_MS: f64 = 86_400_000.0;

/// Where a run is; a row in `meta`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Run {
    /// When it began; names it.
    run: f64,
    phase: BackfillPhase,
    /// Visits before this time are yet to be looked at; `None`: no history is.
    history: Option<f64>,
    /// How many entries to ask for.
    limit: u32,
    /// Bookmarks are yet to be looked at,
    bookmarks: bool,
    /// those after this one.
    after: Option<String>,
    added: u32,
    left_out: u32,
    reached: Option<f64>,
    /// This run or an earlier one has added something.
    removable: bool,
    /// What was forgotten since it began.
    pub(super) forgotten: Vec<Scope>,
}

impl Run {
    /// What is to be read next.
    pub(super) fn next(&self) -> Option<BackfillRead> {
        let (run, limit) = (self.run, self.limit);
        match self.phase {
            BackfillPhase::Running => {}
            _ => return None,
        }
        match self.history {
            Some(before) => Some(BackfillRead::History { run, before, limit }),
            None => self.bookmarks.then(|| BackfillRead::Bookmarks { run, after: self.after.clone(), limit }),
        }
    }

    /// These entries were looked at.
    fn advance(&mut self, read: &BackfillRead, entries: &[BackfillEntry]) {
        match read {
            BackfillRead::History { before, limit, .. } => {
                // An address that was visited again since comes with its last visit, which says nothing here.
                let times = entries.iter().map(|entry| entry.seen_at).filter(|time| time < before);
                let oldest = times.fold(f64::INFINITY, f64::min);
                if oldest + SAME_MS < *before {
                    self.history = Some(oldest + SAME_MS);
                    self.reached = Some(oldest);
                    self.limit = AT_ONCE;
                } else if entries.len() < *limit as usize {
                    self.history = None;
                    self.limit = AT_ONCE;
                } else {
                    // So many at one moment, or visited since.
                    self.limit = limit.saturating_mul(2);
                }
            }
            BackfillRead::Bookmarks { limit, .. } => {
                self.after = entries.last().map(|entry| entry.id.clone());
                self.bookmarks = entries.len() >= *limit as usize;
            }
        }
        if self.history.is_none() && !self.bookmarks {
            self.end(BackfillPhase::Done);
        }
    }

    fn end(&mut self, phase: BackfillPhase) {
        self.phase = phase;
        self.forgotten.clear();
    }
}

/// The run that is in the store; none if its row cannot be read.
pub(super) async fn load<S: Store>(store: &S) -> Result<Run, EngineError> {
    let row = store.get(Table::Meta, BACKFILL).await?;
    Ok(row.as_deref().and_then(records::decode_json).unwrap_or_default())
}

impl<S: Store, P: Platform> Engine<S, P> {
    pub(super) async fn backfill(&self, what: Backfill) -> Result<(), EngineError> {
        match what {
            Backfill::Start { history, bookmarks } => self.start_backfill(history, bookmarks).await,
            Backfill::Cancel => {
                self.stop_backfill();
                let _alone = self.backfilling.lock().await;
                self.save_backfill().await
            }
            Backfill::Remove => self.remove_backfill().await,
        }
    }

    async fn start_backfill(&self, history: bool, bookmarks: bool) -> Result<(), EngineError> {
        if !self.consent() {
            return Err(EngineError::Forbidden("nothing is stored before the welcome page was answered"));
        }
        if !history && !bookmarks {
            return Err(EngineError::BadArgument("neither history nor bookmarks are to be taken in".into()));
        }
        let _alone = self.backfilling.lock().await;
        let now = self.platform().now();
        let run = {
            let before = self.backfill.borrow();
            Run {
                // Also where the clock stands still: a batch of the last run must not be taken for one of this.
                run: now.max(before.run + 1.0),
                phase: BackfillPhase::Running,
                history: history.then_some(now),
                limit: AT_ONCE,
                bookmarks,
                removable: before.removable,
                ..Run::default()
            }
        };
        *self.backfill.borrow_mut() = run;
        self.save_backfill().await
    }

    /// What the worker is to read of the browser now, if anything. What was really read comes first, and so does what
    /// is to be deleted.
    pub fn backfill_next(&self) -> Option<BackfillRead> {
        let first = self.next_to_forget().is_some()
            || self.queue.borrow().len() > 0
            || self.index.wants_maintenance();
        if first || !self.backfill_has_work() { None } else { self.backfill.borrow().next() }
    }

    /// Something is left to be read, now or soon.
    pub(super) fn backfill_has_work(&self) -> bool {
        self.consent() && !self.is_paused() && self.backfill.borrow().phase == BackfillPhase::Running
    }

    /// Takes in what was read. Entries of a run that was stopped meanwhile are dropped, and nothing is taken in twice.
    pub async fn backfill_take(
        &self,
        read: BackfillRead,
        entries: Vec<BackfillEntry>,
    ) -> Result<(), EngineError> {
        let _alone = self.backfilling.lock().await;
        let _no_step_in_between = self.working.lock().await;
        let expected = || self.backfill_has_work() && self.backfill.borrow().next().as_ref() == Some(&read);
        if !expected() {
            return Ok(());
        }
        let (pages, left_out) = self.wanted_of(&entries).await?;
        let mut after = self.backfill.borrow().clone();
        after.left_out = after.left_out.saturating_add(left_out);
        let last = pages.len().saturating_sub(1) / AT_ONCE as usize;
        let mut chunks = pages.chunks(AT_ONCE as usize);
        for at in 0..=last {
            let chunk = chunks.next().unwrap_or_default();
            after.added = after.added.saturating_add(chunk.len() as u32);
            after.removable |= !chunk.is_empty();
            if at == last {
                after.advance(&read, &entries);
            }
            self.index.insert_visited(chunk.to_vec(), row_of(&after)?).await?;
            // Stopped in the meantime: then that is written next, and it stays so.
            if !expected() {
                let mut now = self.backfill.borrow_mut();
                (now.added, now.removable) = (after.added, after.removable);
                return Ok(());
            }
        }
        *self.backfill.borrow_mut() = after;
        Ok(())
    }

    /// The pages among the entries that may be kept and are not there yet, and how many entries may not.
    async fn wanted_of(&self, entries: &[BackfillEntry]) -> Result<(Vec<(NewPage, u32)>, u32), EngineError> {
        let now = self.platform().now();
        // Manual mode is about reading; to take these in was asked for.
        let settings = Settings { manual: false, ..self.settings.borrow().clone() };
        let forgotten = Forgotten::of(&self.backfill.borrow().forgotten);
        let mut left_out = 0;
        let mut ids: HashSet<PageId> = HashSet::new();
        let mut wanted = Vec::new();
        for entry in entries {
            let page = may_keep(entry, &settings, now);
            let page = page.filter(|(page, _)| !forgotten.holds(page.id, &page.url, page.seen_at));
            let Some(page) = page else {
                left_out += 1;
                continue;
            };
            let waits = self.queue.borrow().newest(page.0.id).is_some();
            if !waits && !self.index.contains(page.0.id) && ids.insert(page.0.id) {
                wanted.push(page);
            }
        }
        // A page whose own word for its address is another one was read under this one.
        let aliases: Vec<[u8; 16]> = wanted.iter().map(|(page, _)| url_key::alias_hash(&page.url)).collect();
        let mut known = self.index.knows_aliases(&aliases).await?.into_iter();
        wanted.retain(|_| !known.next().unwrap_or(false));
        Ok((wanted, left_out))
    }

    /// Nothing more is taken in, from this moment on; durable once the state was saved.
    fn stop_backfill(&self) {
        let mut run = self.backfill.borrow_mut();
        if run.phase == BackfillPhase::Running {
            run.end(BackfillPhase::Cancelled);
        }
    }

    async fn remove_backfill(&self) -> Result<(), EngineError> {
        self.stop_backfill();
        let _alone = self.backfilling.lock().await;
        self.save_backfill().await?;
        let _no_step_in_between = self.working.lock().await;
        *self.undo.borrow_mut() = None;
        let titles: Vec<PageId> = {
            let pins = self.pins.borrow();
            self.index.list(|page| (page.passages < 2 && !pins.contains(&page.id)).then_some(page.id))
        };
        let mut marked = Vec::new();
        for ids in titles.chunks(AT_ONCE as usize) {
            let pages = self.index.pages(ids).await?.into_iter().flatten();
            marked.extend(pages.filter(|page| page.text_hash == title_only()).map(|page| page.id));
        }
        self.forget(&marked).await?;
        let mut run = self.backfill.borrow().clone();
        (run.phase, run.added, run.left_out, run.reached) = (BackfillPhase::None, 0, 0, None);
        run.removable = false;
        *self.backfill.borrow_mut() = run;
        self.save_backfill().await
    }

    /// Sees to it that what is about to be forgotten does not come back with this run, or with a file that is being taken
    /// in. Before `working` is taken.
    pub(super) async fn keep_gone(&self, mut scopes: Vec<Scope>) -> Result<(), EngineError> {
        self.keep_from_import(&scopes).await?;
        // What a level forbids, the rules forbid.
        scopes.retain(|scope| !matches!(scope, Scope::Level { .. }));
        if scopes.contains(&Scope::Everything) {
            self.stop_backfill();
        }
        let _alone = self.backfilling.lock().await;
        {
            let mut run = self.backfill.borrow_mut();
            if scopes.contains(&Scope::Everything) {
                // Even the counts would tell something; the name stays, so that no later run has it.
                *run = Run { run: run.run, ..Run::default() };
            } else if run.phase == BackfillPhase::Running && !scopes.is_empty() {
                run.forgotten.extend(scopes);
            } else {
                return Ok(());
            }
        }
        self.save_backfill().await
    }

    async fn save_backfill(&self) -> Result<(), EngineError> {
        let row = row_of(&self.backfill.borrow())?;
        Ok(self.store().commit(row).await?)
    }

    pub(super) fn backfill_state(&self) -> BackfillState {
        let run = self.backfill.borrow();
        let waits = run.phase == BackfillPhase::Running && !self.backfill_has_work();
        BackfillState {
            phase: if waits { BackfillPhase::Paused } else { run.phase },
            added: run.added,
            left_out: run.left_out,
            reached: run.reached,
            removable: run.removable,
        }
    }
}

/// The batch that writes a run down, or away.
fn row_of(run: &Run) -> Result<Batch, EngineError> {
    let mut batch = Batch::new();
    if run.phase == BackfillPhase::None {
        batch.delete(Table::Meta, BACKFILL);
        return Ok(batch);
    }
    let row = records::encode_json(run)
        .ok_or_else(|| EngineError::BadArgument("where the backfill is cannot be written down".into()))?;
    batch.put(Table::Meta, BACKFILL, row);
    Ok(batch)
}

/// The hash of text of a page that came by its title alone: of what no normalised text is, as it has a control character.
fn title_only() -> [u8; 32] {
    text::hash("\0title only")
}

/// The page of an entry, and its visits, if it may be kept.
fn may_keep(entry: &BackfillEntry, settings: &Settings, now: f64) -> Option<(NewPage, u32)> {
    rules::check_address(&entry.url, settings, false).ok()?;
    let title = text::normalise_title(&entry.title);
    if title.is_empty() || !entry.seen_at.is_finite() {
        return None;
    }
    // Retention would only forget it again.
    let days = settings.keep_days.map(f64::from);
    if days.is_some_and(|days| entry.seen_at < now - days * DAY_MS) {
        return None;
    }
    let key = url_key::UrlKey::new(&entry.url, None).ok()?;
    let page = NewPage {
        id: PageId::from_key_hash(key.sha256()),
        url: entry.url.clone(),
        title,
        language: None,
        text_hash: title_only(),
        seen_at: entry.seen_at.clamp(0.0, now),
        // Its identifier follows from this very address: a hash of it would find nothing more, and cost a third.
        aliases: Vec::new(),
        passages: Vec::new(),
    };
    Some((page, entry.visits.max(1)))
}

/// Scopes, ready to be asked for many pages.
#[derive(Default)]
pub(super) struct Forgotten {
    pages: HashSet<String>,
    sites: Vec<String>,
    periods: Vec<(f64, f64)>,
    everything: bool,
}

impl Forgotten {
    pub(super) fn of(scopes: &[Scope]) -> Self {
        let mut forgotten = Self::default();
        for scope in scopes {
            match scope {
                Scope::Page { page } => _ = forgotten.pages.insert(page.to_ascii_lowercase()),
                Scope::Site { site } => forgotten.sites.extend(sites::normalise(site)),
                Scope::Period { from, to } => forgotten.periods.push((*from, *to)),
                Scope::Everything => forgotten.everything = true,
                // What a level forbids, the rules forbid.
                Scope::Level { .. } => {}
            }
        }
        forgotten
    }

    /// Whether a page of this address that was last seen then is among them.
    pub(super) fn holds(&self, id: PageId, url: &str, seen_at: f64) -> bool {
        let host = rules::public_host(url).unwrap_or_default();
        self.everything
            || self.pages.contains(&id.to_string())
            || self.sites.iter().any(|site| sites::is_on(&host, site))
            || self.periods.iter().any(|(from, to)| *from <= seen_at && seen_at < *to)
    }
}

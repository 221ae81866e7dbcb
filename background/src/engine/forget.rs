//! Forgetting: whatever is deleted is gone, from the index and from the queue, in one transaction; and when the answer
//! comes, no segment holds a word of it any more.
//!
//! A single page can be taken back for [`UNDO_MS`]: it is kept in memory, never in the store, so that it is gone with
//! the worker at the latest.

use super::{Engine, EngineError, records, text};
use crate::{platform::Platform, rules::sites, url_key};
use afterimage_index::{
    PageId, PageRecord, sort_by,
    store::{Batch, Store, Table},
};
use afterimage_messages::{Forgotten, Level, Preview, Restored, Scope};
use std::collections::HashSet;

/// Chrome removes history entries by itself after 90 days and reports that like a removal by hand. A
/// page whose last visit is at least this old was no longer listed, so nobody can have removed it.
const AGED_OUT_MS: f64 = 89.0 * DAY_MS;
const DAY_MS: f64 = 24.0 * 3600.0 * 1000.0;
/// A visit less than this after the last one that is known changes nothing about that.
const SOON_MS: f64 = DAY_MS / 2.0;
/// How long a page can be taken back.
const UNDO_MS: f64 = 30_000.0;
/// Titles that a preview shows.
const TITLES: usize = 5;
/// Pages that are deleted in one transaction.
const AT_ONCE: usize = 200;

/// A page that can be taken back.
pub(super) struct Undo {
    until: f64,
    page: Option<PageRecord>,
    queued: Option<records::QueuedPage>,
    pinned: bool,
}

impl<S: Store, P: Platform> Engine<S, P> {
    /// What forgetting this would remove.
    pub(super) async fn preview(&self, scope: Scope) -> Result<Preview, EngineError> {
        let ids: HashSet<PageId> = self.pages_in(&scope)?.into_iter().collect();
        let pinned: HashSet<PageId> = self.pins.borrow().intersection(&ids).copied().collect();
        let (mut bytes, mut pinned_bytes) = (0, 0);
        let mut seen = self.index.list(|page| {
            ids.contains(&page.id).then(|| {
                let is_pinned = pinned.contains(&page.id);
                bytes += page.bytes;
                pinned_bytes += if is_pinned { page.bytes } else { 0 };
                (is_pinned, page.last_seen, page.id)
            })
        });
        let waiting =
            |of: &HashSet<PageId>| self.queue.borrow().bytes_of(|entry| of.contains(&entry.page)) as u64;
        bytes += waiting(&ids);
        pinned_bytes += waiting(&pinned);
        sort_by(&mut seen, |a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(&b.2)));
        let first: Vec<PageId> = seen.iter().take(TITLES).map(|(.., id)| *id).collect();
        let titles = self.index.pages(&first).await?.into_iter().flatten();
        let titles = titles.map(|page| if page.title.is_empty() { page.url } else { page.title }).collect();
        Ok(Preview {
            pages: ids.len() as u32,
            pinned: pinned.len() as u32,
            bytes: bytes as f64,
            pinned_bytes: pinned_bytes as f64,
            titles,
        })
    }

    /// Forgets.
    pub(super) async fn forget_scope(&self, scope: Scope) -> Result<Forgotten, EngineError> {
        self.keep_gone(vec![scope.clone()]).await?;
        let _no_step_in_between = self.working.lock().await;
        self.forget_alone(scope).await
    }

    /// The same for who holds `working`.
    pub(super) async fn forget_alone(&self, scope: Scope) -> Result<Forgotten, EngineError> {
        *self.undo.borrow_mut() = None;
        let done = |pages| Ok(Forgotten { pages, undo: false });
        match scope {
            Scope::Everything => done(self.forget_everything().await?),
            Scope::Page { .. } => {
                let ids = self.pages_in(&scope)?;
                let undo = self.keep_for_undo(&ids).await?;
                let pages = self.forget(&ids).await?;
                let kept = pages > 0 && (undo.page.is_some() || undo.queued.is_some());
                *self.undo.borrow_mut() = kept.then_some(undo);
                Ok(Forgotten { pages, undo: kept })
            }
            Scope::Level { level: Level::Title, .. } => {
                let ids = self.pages_in(&scope)?;
                done(self.reduce(&ids).await?)
            }
            Scope::Site { .. } | Scope::Period { .. } | Scope::Level { .. } => {
                let ids = self.pages_in(&scope)?;
                done(self.forget(&ids).await?)
            }
        }
    }

    /// Takes back what was forgotten last. A page that was read anew in the meantime stays as it is.
    pub(super) async fn undo(&self) -> Result<Restored, EngineError> {
        let _no_step_in_between = self.working.lock().await;
        let undo = self.undo.borrow_mut().take().filter(|undo| self.platform().now() <= undo.until);
        let Some(Undo { page, queued, pinned, .. }) = undo else { return Ok(Restored { pages: 0 }) };
        let Some(id) = page.as_ref().map(|page| page.page.id).or(queued.as_ref().map(|page| page.id)) else {
            return Ok(Restored { pages: 0 });
        };
        let mut also = Batch::new();
        if pinned {
            also.put(Table::Meta, super::library::pin_key(id), vec![1]);
        }
        let mut entry = None;
        if let Some(queued) = queued.filter(|_| self.queue.borrow().newest(id).is_none())
            && let Some((planned, batch)) = self.queue.borrow().plan(&queued)
        {
            also.ops.extend(batch.ops);
            entry = Some(planned);
        }
        let restored = self.index.restore(page.into_iter().collect(), also).await?;
        let waits = entry.is_some();
        if let Some(entry) = entry {
            self.queue.borrow_mut().push(entry);
        }
        if pinned {
            self.pins.borrow_mut().insert(id);
        }
        Ok(Restored { pages: u32::from(restored > 0 || waits) })
    }

    /// The browser notes a visit. Not every visit is read (some are short, or reading is paused), but whether a page is
    /// still listed in the browser's history hangs on all of them.
    pub async fn visited(&self, url: &str) -> Result<(), EngineError> {
        if !self.consent() || !self.platform().history_ages_out() {
            return Ok(());
        }
        let now = self.platform().now();
        if let Some(id) = self.find_page(url).await?
            && self.index.last_seen(id).is_some_and(|seen| now - seen >= SOON_MS)
        {
            self.index.pass_by(id, now).await?;
        }
        Ok(())
    }

    /// Follows a removal from the browser's history: these addresses, or everything.
    pub async fn history_removed(&self, all: bool, urls: &[String]) -> Result<Forgotten, EngineError> {
        if all {
            return self.forget_scope(Scope::Everything).await;
        }
        let now = self.platform().now();
        let keep_aged_out = self.platform().history_ages_out() && !self.settings.borrow().forget_aged_out;
        let aged_out = |id: PageId| {
            keep_aged_out && self.index.last_seen(id).is_some_and(|seen| now - seen >= AGED_OUT_MS)
        };
        let mut ids: Vec<PageId> = Vec::new();
        for url in urls {
            let by_key = url_key::UrlKey::new(url, None).ok().map(|key| PageId::from_key_hash(key.sha256()));
            let by_alias = self.index.find_alias(url_key::alias_hash(url)).await?;
            ids.extend(by_key.into_iter().chain(by_alias).filter(|id| !aged_out(*id)));
        }
        ids.sort();
        ids.dedup();
        let scopes = ids.iter().map(|id| Scope::Page { page: id.to_string() });
        self.keep_gone(scopes.collect()).await?;
        let _no_step_in_between = self.working.lock().await;
        *self.undo.borrow_mut() = None;
        let pages = self.forget(&ids).await?;
        Ok(Forgotten { pages, undo: false })
    }

    /// The pages that are meant, those that only wait in the queue included.
    fn pages_in(&self, scope: &Scope) -> Result<Vec<PageId>, EngineError> {
        let queue = self.queue.borrow();
        let pick = |wanted: &dyn Fn(&str, f64) -> bool, least_passages: u32| {
            let mut ids = self.index.list(|page| {
                (wanted(page.host, page.last_seen) && page.passages >= least_passages).then_some(page.id)
            });
            ids.extend(queue.pages_where(|entry| wanted(&entry.host, entry.seen_at)));
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        let site_of = |site: &str| {
            sites::normalise(site).ok_or_else(|| EngineError::BadArgument(format!("{site:?} names no site")))
        };
        Ok(match scope {
            Scope::Page { page } => {
                vec![page.parse().map_err(|_| EngineError::BadArgument(format!("{page:?} names no page")))?]
            }
            Scope::Site { site } => {
                let site = site_of(site)?;
                pick(&|host, _| sites::is_on(host, &site), 0)
            }
            Scope::Level { level: Level::Full, .. } => Vec::new(),
            Scope::Level { site, level } => {
                let site = site_of(site)?;
                let rules = &self.settings.borrow().sites;
                // A part of the site may have a rule of its own.
                let fits = |host: &str, _| {
                    let of_a_part =
                        sites::rule_for(host, rules).is_some_and(|rule| rule.site.len() > site.len());
                    sites::is_on(host, &site) && !of_a_part
                };
                pick(&fits, if *level == Level::Title { 2 } else { 0 })
            }
            Scope::Period { from, to } => pick(&|_, seen| *from <= seen && seen < *to, 0),
            Scope::Everything => pick(&|_, _| true, 0),
        })
    }

    async fn keep_for_undo(&self, ids: &[PageId]) -> Result<Undo, EngineError> {
        let page = self.index.records(ids).await?.into_iter().flatten().next();
        let key = ids.first().and_then(|id| self.queue.borrow().newest(*id).map(|entry| entry.key.clone()));
        let queued = match key {
            Some(key) => self.store().get(Table::Queue, &key).await?,
            None => None,
        };
        let pinned = ids.iter().any(|id| self.pins.borrow().contains(id));
        let queued = queued.as_deref().and_then(records::decode_queued);
        Ok(Undo { until: self.platform().now() + UNDO_MS, page, queued, pinned })
    }

    /// Empties the index and the queue. Models, measurements and settings stay: they say nothing of
    /// what was read.
    async fn forget_everything(&self) -> Result<u32, EngineError> {
        let mut also = Batch::new();
        also.delete_prefix(Table::Queue, "");
        also.delete_prefix(Table::Meta, super::library::PIN_PREFIX);
        let queued = self.queue.borrow().pages_where(|entry| !self.index.contains(entry.page)).len();
        let pages = self.index.delete_everything(also).await? + queued;
        self.queue.borrow_mut().remove(|_| true);
        self.pins.borrow_mut().clear();
        self.skipped.borrow_mut().clear();
        *self.pending.borrow_mut() = Default::default();
        Ok(pages as u32)
    }

    /// Forgets pages. Only for who holds `working`.
    pub(super) async fn forget(&self, ids: &[PageId]) -> Result<u32, EngineError> {
        let mut forgotten = 0;
        let mut indexed = false;
        for ids in ids.chunks(AT_ONCE) {
            let mut also = Batch::new();
            let mut only_queued = 0;
            for id in ids {
                let queue = self.queue.borrow();
                let keys: Vec<&String> = queue.keys_of(*id).collect();
                only_queued += usize::from(!keys.is_empty() && !self.index.contains(*id));
                for key in keys {
                    also.delete(Table::Queue, key.clone());
                }
                if self.pins.borrow().contains(id) {
                    also.delete(Table::Meta, super::library::pin_key(*id));
                }
            }
            let deleted = self.index.delete(ids, also).await?;
            self.queue.borrow_mut().remove(|entry| ids.contains(&entry.page));
            self.pins.borrow_mut().retain(|id| !ids.contains(id));
            indexed |= deleted > 0;
            forgotten += deleted + only_queued;
        }
        if indexed {
            self.index.purge().await?;
        }
        Ok(forgotten as u32)
    }

    /// Leaves only title and address of pages. Only for who holds `working`.
    async fn reduce(&self, ids: &[PageId]) -> Result<u32, EngineError> {
        let empty = text::hash("");
        let mut reduced: HashSet<PageId> = HashSet::new();
        for id in ids {
            let entry = self.queue.borrow().newest(*id).cloned();
            let Some(entry) = entry.filter(|entry| entry.text_hash != empty) else { continue };
            let row = self.store().get(Table::Queue, &entry.key).await?;
            let Some(page) = row.as_deref().and_then(records::decode_queued) else { continue };
            let page = records::QueuedPage { text: String::new(), text_hash: empty, ..page };
            let planned = self.queue.borrow().plan(&page);
            if let Some((entry, batch)) = planned {
                self.store().commit(batch).await?;
                self.queue.borrow_mut().push(entry);
                reduced.insert(*id);
            }
        }
        let with_text: Vec<PageId> = ids.iter().copied().filter(|id| self.index.contains(*id)).collect();
        for ids in with_text.chunks(AT_ONCE) {
            if self.index.reduce(ids, empty, Batch::new()).await? > 0 {
                reduced.extend(ids);
            }
        }
        self.index.purge().await?;
        Ok(reduced.len() as u32)
    }
}

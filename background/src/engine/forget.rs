//! Forgetting: whatever is deleted is gone, from the index and from the queue, in one transaction; and when the answer
//! comes, no segment holds a word of it any more.

use super::{Engine, EngineError};
use crate::{platform::Platform, url_key};
use afterimage_index::{
    PageId,
    store::{Batch, Store, Table},
};
use afterimage_messages::Forgotten;

/// Chrome removes history entries by itself after 90 days and reports that like a removal by hand. A
/// page whose last visit is at least this old was no longer listed, so nobody can have removed it.
const AGED_OUT_MS: f64 = 89.0 * 24.0 * 3600.0 * 1000.0;

impl<S: Store, P: Platform> Engine<S, P> {
    /// Forgets one page, named as in a result.
    pub(super) async fn forget_page(&self, page: &str) -> Result<Forgotten, EngineError> {
        let id: PageId =
            page.parse().map_err(|_| EngineError::BadArgument(format!("{page:?} names no page")))?;
        let pages = self.forget(&[id]).await?;
        Ok(Forgotten { pages })
    }

    /// Follows a removal from the browser's history: these addresses, or everything.
    pub async fn history_removed(&self, all: bool, urls: &[String]) -> Result<Forgotten, EngineError> {
        if all {
            return self.forget_everything().await;
        }
        let now = self.platform().now();
        let aged_out = |id: PageId| {
            self.platform().history_ages_out()
                && self.index.last_seen(id).is_some_and(|seen| now - seen >= AGED_OUT_MS)
        };
        let mut ids: Vec<PageId> = Vec::new();
        for url in urls {
            let by_key = url_key::UrlKey::new(url, None).ok().map(|key| PageId::from_key_hash(key.sha256()));
            let by_alias = self.index.find_alias(url_key::alias_hash(url)).await?;
            ids.extend(by_key.into_iter().chain(by_alias).filter(|id| !aged_out(*id)));
        }
        ids.sort();
        ids.dedup();
        let pages = self.forget(&ids).await?;
        Ok(Forgotten { pages })
    }

    /// Empties the index and the queue. Models, measurements and settings stay: they say nothing of
    /// what was read.
    async fn forget_everything(&self) -> Result<Forgotten, EngineError> {
        let _no_step_in_between = self.working.lock().await;
        let mut also = Batch::new();
        also.delete_prefix(Table::Queue, "");
        let queued = self.queue.borrow().len();
        let pages = self.index.delete_everything(also).await? + queued;
        self.queue.borrow_mut().remove(|_| true);
        *self.pending.borrow_mut() = Default::default();
        Ok(Forgotten { pages: pages as u32 })
    }

    async fn forget(&self, ids: &[PageId]) -> Result<u32, EngineError> {
        let _no_step_in_between = self.working.lock().await;
        let mut also = Batch::new();
        let mut only_queued = 0;
        for id in ids {
            let queue = self.queue.borrow();
            let keys: Vec<&String> = queue.keys_of(*id).collect();
            only_queued += usize::from(!keys.is_empty() && !self.index.contains(*id));
            for key in keys {
                also.delete(Table::Queue, key.clone());
            }
        }
        let pages = self.index.delete(ids, also).await? + only_queued;
        self.queue.borrow_mut().remove(|entry| ids.contains(&entry.page));
        if pages > only_queued {
            self.index.purge().await?;
        }
        Ok(pages as u32)
    }
}

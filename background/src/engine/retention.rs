//! Retention: pages that are too old, or too many, are forgotten by and by. Pinned pages stay.

use super::{Engine, EngineError};
use crate::platform::Platform;
use afterimage_index::{PageId, sort_by, store::Store};

/// How often it is looked whether something is too old, in ms.
const EVERY_MS: f64 = 3_600_000.0;
const DAY_MS: f64 = 86_400_000.0;
/// Pages that one step forgets.
const AT_ONCE: usize = 50;
/// Once above the limit, it is brought below this share of it, so that not every page that comes costs another.
const DOWN_TO: f64 = 0.95;

impl<S: Store, P: Platform> Engine<S, P> {
    /// It is time to look.
    pub(super) fn retention_is_due(&self) -> bool {
        let settings = self.settings.borrow();
        let wanted = settings.keep_days.is_some() || settings.keep_megabytes.is_some();
        wanted && self.platform().now() >= self.retention_due.get()
    }

    /// Forgets some of what is too old or too much. Only for who holds `working`.
    pub(super) async fn retain(&self) -> Result<(), EngineError> {
        let now = self.platform().now();
        let (days, megabytes) = {
            let settings = self.settings.borrow();
            (settings.keep_days, settings.keep_megabytes)
        };
        let mut pages: Vec<(f64, PageId, u64)> = {
            let pins = self.pins.borrow();
            self.index
                .list(|page| (!pins.contains(&page.id)).then_some((page.last_seen, page.id, page.bytes)))
        };
        sort_by(&mut pages, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let oldest = days.map_or(f64::NEG_INFINITY, |days| now - f64::from(days) * DAY_MS);
        let too_old = pages.partition_point(|page| page.0 < oldest);

        let mut too_many = 0;
        let stored = self.index.stored_bytes() as f64;
        if let Some(limit) = megabytes.map(|megabytes| f64::from(megabytes) * 1e6)
            && stored > limit
        {
            // What segments hold of a page goes with its rows: in proportion, on average.
            let mut rows = 0.0;
            self.index.list(|page| {
                rows += page.bytes as f64;
                None::<()>
            });
            let share = if rows > 0.0 { stored / rows } else { 1.0 };
            let mut left = stored;
            while left > limit * DOWN_TO && too_many < pages.len() {
                left -= pages[too_many].2 as f64 * share;
                too_many += 1;
            }
        }
        let gone: Vec<PageId> = pages[..too_old.max(too_many)].iter().map(|page| page.1).collect();
        let (some, rest) = gone.split_at(gone.len().min(AT_ONCE));
        if rest.is_empty() {
            self.retention_due.set(now + EVERY_MS);
        }
        self.forget(some).await?;
        Ok(())
    }
}

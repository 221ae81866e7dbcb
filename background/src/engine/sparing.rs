//! A battery that is nearly empty: embedding, which costs the most by far, waits until it is charged. Pages are read and
//! found by their words meanwhile, and what is to be forgotten goes.
//!
//! No browser tells an extension that it saves energy; pages are told of the battery, and say so when they offer
//! themselves. It is kept where a worker that dies finds it again: it would begin to embed with each new life.

use super::{Engine, EngineError, records};
use crate::platform::Platform;
use afterimage_index::store::{Batch, Store, Table};

/// The row in `meta`.
const SPARING: &str = "sparing";
/// How long it is believed that a battery is nearly empty, ms. Any page that is read says so again. At 0 nothing waits;
/// without an end, whoever reads nothing more after charging would wait for the next page.
const BELIEVED_MS: f64 = 10.0 * 60_000.0;
/// So much later it is written down again, ms: not at every page.
const AGAIN_MS: f64 = 60_000.0;

/// Until when, ms since the epoch; 0 if there was nothing to spare.
pub(super) async fn load<S: Store>(store: &S) -> Result<f64, EngineError> {
    let row = store.get(Table::Meta, SPARING).await?;
    Ok(row.and_then(|row| records::decode_json(&row)).unwrap_or_default())
}

impl<S: Store, P: Platform> Engine<S, P> {
    /// A page said how the battery is.
    pub(super) async fn battery_seen(&self, is_low: bool) -> Result<(), EngineError> {
        let (known, until) = (self.sparing_until.get(), self.platform().now() + BELIEVED_MS);
        let mut batch = Batch::new();
        if !is_low {
            if known == 0.0 {
                return Ok(());
            }
            batch.delete(Table::Meta, SPARING);
        } else if self.is_sparing() && until - known < AGAIN_MS {
            return Ok(());
        } else if let Some(row) = records::encode_json(&until) {
            batch.put(Table::Meta, SPARING, row);
        }
        self.sparing_until.set(if is_low { until } else { 0.0 });
        self.store().commit(batch).await?;
        Ok(())
    }

    /// Embedding waits.
    pub(super) fn is_sparing(&self) -> bool {
        let left = self.sparing_until.get() - self.platform().now();
        // No longer than that, should the clock have been set back.
        left > 0.0 && left <= BELIEVED_MS
    }
}

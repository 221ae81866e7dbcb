//! Settings and measurements, kept in `meta`.

use super::{Engine, EngineError, records};
use crate::platform::Platform;
use afterimage_index::store::{Batch, Store, Table};
use afterimage_messages::{BackendChoice, Settings};
use afterimage_models::{
    Backend,
    catalogue::ModelSpec,
    chain::{Measurements, Preference},
};

const SETTINGS: &str = "settings";
const MEASUREMENTS: &str = "measurements";
/// The most sites that a person can exclude one by one.
const EXCLUDED_LIMIT: usize = 10_000;

impl<S: Store, P: Platform> Engine<S, P> {
    /// Replaces the settings, durably, and lets them take effect.
    pub(super) async fn configure(&self, mut settings: Settings) -> Result<(), EngineError> {
        if settings.excluded_sites.len() > EXCLUDED_LIMIT {
            return Err(EngineError::BadArgument(format!("more than {EXCLUDED_LIMIT} excluded sites")));
        }
        settings.excluded_sites.retain(|site| !site.trim().is_empty());
        let row = records::encode_json(&settings)
            .ok_or_else(|| EngineError::BadArgument("the settings cannot be written down".into()))?;
        let mut batch = Batch::new();
        batch.put(Table::Meta, SETTINGS, row);
        let software_changed = self.settings.borrow().allow_software_gpu != settings.allow_software_gpu;
        if software_changed {
            batch.delete(Table::Meta, MEASUREMENTS);
        }
        self.store().commit(batch).await?;
        self.embedder.prefer(preference(settings.backend));
        if software_changed {
            self.platform().allow_software_gpu(settings.allow_software_gpu);
            self.embedder.reset(Backend::WebGpu);
        }
        *self.settings.borrow_mut() = settings;
        Ok(())
    }
}

pub(super) fn preference(choice: BackendChoice) -> Preference {
    match choice {
        BackendChoice::Auto => Preference::Auto,
        BackendChoice::WebGpu => Preference::Only(Backend::WebGpu),
        BackendChoice::Cpu => Preference::Only(Backend::Cpu),
        BackendChoice::Hash => Preference::Only(Backend::Hash),
    }
}

/// The settings; the defaults (no consent, so nothing is stored) where there are none or they are
/// unreadable.
pub(super) async fn load<S: Store>(store: &S) -> Result<Settings, EngineError> {
    let row = store.get(Table::Meta, SETTINGS).await?;
    Ok(row.as_deref().and_then(records::decode_json).unwrap_or_default())
}

/// Times are good for one browser version and one model; a change of either measures anew.
#[derive(serde::Serialize, serde::Deserialize)]
struct Measured {
    browser: String,
    space: String,
    measurements: Measurements,
}

pub(super) async fn load_measurements<S: Store>(
    store: &S,
    browser: &str,
    model: &ModelSpec,
) -> Result<Option<Measurements>, EngineError> {
    let row = store.get(Table::Meta, MEASUREMENTS).await?;
    let measured: Option<Measured> = row.as_deref().and_then(records::decode_json);
    Ok(measured.filter(|m| m.browser == browser && m.space == model.space).map(|m| m.measurements))
}

pub(super) async fn save_measurements<S: Store>(
    store: &S,
    browser: &str,
    model: &ModelSpec,
    measurements: &Measurements,
) -> Result<(), EngineError> {
    let measured =
        Measured { browser: browser.into(), space: model.space.into(), measurements: measurements.clone() };
    // Nothing usable is not worth remembering: the weights may come back.
    if measurements.rows.is_empty() {
        return Ok(());
    }
    if let Some(row) = records::encode_json(&measured) {
        let mut batch = Batch::new();
        batch.put(Table::Meta, MEASUREMENTS, row);
        store.commit(batch).await?;
    }
    Ok(())
}

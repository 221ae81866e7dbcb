//! Settings and measurements, kept in `meta`.

use super::{Engine, EngineError, records};
use crate::{
    platform::Platform,
    rules::{self, sites},
};
use afterimage_index::gather;
use afterimage_index::store::{Batch, Store, Table};
use afterimage_messages::{BackendChoice, Forgotten, Level, Scope, SetSite, Settings, SiteRule};
use afterimage_models::{
    Backend,
    catalogue::ModelSpec,
    chain::{Measurements, Preference},
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const SETTINGS: &str = "settings";
const MEASUREMENTS: &str = "measurements";
/// Scopes that a change of the settings has yet to forget.
const TO_FORGET: &str = "to_forget";
/// The most rules for sites.
const RULES: usize = 10_000;

impl<S: Store, P: Platform> Engine<S, P> {
    /// Replaces the settings, durably, and lets them take effect. What a rule for a site no longer allows to be kept is
    /// forgotten before this returns, or after a restart, should the worker die.
    pub(super) async fn configure(&self, mut settings: Settings) -> Result<Forgotten, EngineError> {
        if settings.sites.len() > RULES {
            return Err(EngineError::BadArgument(format!("more than {RULES} rules for sites")));
        }
        settings.sites = normalised(settings.sites);
        settings.paused_until = settings.paused_until.filter(|until| until.is_finite());
        let stricter = stricter(&self.settings.borrow(), &settings);
        let row = |what: &str, row: Option<Vec<u8>>| {
            row.ok_or_else(|| EngineError::BadArgument(format!("{what} cannot be written down")))
        };
        let mut batch = Batch::new();
        batch.put(Table::Meta, SETTINGS, row("the settings", records::encode_json(&settings))?);
        let software_changed = self.settings.borrow().allow_software_gpu != settings.allow_software_gpu;
        if software_changed {
            batch.delete(Table::Meta, MEASUREMENTS);
        }
        let mut to_forget = self.to_forget.borrow().clone();
        to_forget.extend(stricter.iter().cloned());
        if !stricter.is_empty() {
            batch.put(
                Table::Meta,
                TO_FORGET,
                row("what is to be forgotten", records::encode_json(&to_forget))?,
            );
        }
        self.store().commit(batch).await?;
        *self.to_forget.borrow_mut() = to_forget;
        self.embedder().prefer(preference(settings.backend));
        if software_changed {
            self.platform().allow_software_gpu(settings.allow_software_gpu);
            self.embedder().reset(Backend::WebGpu);
        }
        *self.settings.borrow_mut() = settings;
        self.retention_due.set(0.0);

        let mut pages = 0;
        for scope in stricter {
            pages += self.forget_scope(scope.clone()).await?.pages;
            self.is_forgotten(&scope).await?;
        }
        Ok(Forgotten { pages, undo: false })
    }

    /// Sets what is kept of a site.
    pub(super) async fn set_site(&self, rule: SetSite) -> Result<Forgotten, EngineError> {
        let Some(site) = sites::normalise(&rule.site) else {
            return Err(EngineError::BadArgument(format!("{:?} names no site", rule.site)));
        };
        let mut settings = self.settings.borrow().clone();
        settings.sites.retain(|known| sites::normalise(&known.site).as_ref() != Some(&site));
        settings.sites.extend(rule.level.map(|level| SiteRule { site, level }));
        self.configure(settings).await
    }

    /// Nothing is to be read just now.
    pub(super) fn is_paused(&self) -> bool {
        rules::is_paused(&self.settings.borrow(), self.platform().now())
    }

    pub(super) fn next_to_forget(&self) -> Option<Scope> {
        self.to_forget.borrow().first().cloned()
    }

    /// This is done.
    pub(super) async fn is_forgotten(&self, scope: &Scope) -> Result<(), EngineError> {
        let mut left = self.to_forget.borrow().clone();
        left.retain(|other| other != scope);
        let mut batch = Batch::new();
        match records::encode_json(&left).filter(|_| !left.is_empty()) {
            Some(row) => batch.put(Table::Meta, TO_FORGET, row),
            None => batch.delete(Table::Meta, TO_FORGET),
        }
        self.store().commit(batch).await?;
        *self.to_forget.borrow_mut() = left;
        Ok(())
    }
}

/// Each site once, as it is compared; of two rules for one site the later one counts.
fn normalised(rules: Vec<SiteRule>) -> Vec<SiteRule> {
    let rules = rules.into_iter().filter_map(|rule| Some((sites::normalise(&rule.site)?, rule.level)));
    let rules: BTreeMap<String, Level> = gather(rules);
    rules.into_iter().map(|(site, level)| SiteRule { site, level }).collect()
}

/// What the new rules allow less of than the old ones.
fn stricter(old: &Settings, new: &Settings) -> Vec<Scope> {
    let level = |site: &str, rules| sites::rule_for(site, rules).map_or(Level::Full, |rule| rule.level);
    let sites: BTreeSet<&String> = gather(old.sites.iter().chain(&new.sites).map(|rule| &rule.site));
    let stricter = sites.into_iter().filter_map(|site| {
        let (before, after) = (level(site, &old.sites), level(site, &new.sites));
        (after > before).then(|| Scope::Level { site: site.clone(), level: after })
    });
    stricter.collect()
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
    let mut settings: Settings = row.as_deref().and_then(decode).unwrap_or_default();
    settings.sites = normalised(settings.sites);
    Ok(settings)
}

/// Also as version 0.1.0 wrote them, with a list of excluded sites.
fn decode(row: &[u8]) -> Option<Settings> {
    let mut settings: Settings = records::decode_json(row)?;
    let raw: Value = records::decode_json(row)?;
    let excluded = raw.get("excludedSites").and_then(Value::as_array);
    let excluded = excluded.into_iter().flatten().filter_map(Value::as_str);
    settings.sites.extend(excluded.map(|site| SiteRule { site: site.to_owned(), level: Level::Never }));
    Some(settings)
}

/// What a change of the settings has yet to forget.
pub(super) async fn load_to_forget<S: Store>(store: &S) -> Result<Vec<Scope>, EngineError> {
    let row = store.get(Table::Meta, TO_FORGET).await?;
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

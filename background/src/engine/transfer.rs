//! Everything that is kept, into a file and out of one (`archive` has its bytes).
//!
//! One of the extension's pages drives both, a frame at a time, and gives back with each question the place that the last
//! answer named; so nothing is held here between two questions. An import looks at the whole file before it takes in the
//! first frame. What the rules forbid is left out, and what comes from the file is no visit: nothing is counted.

use super::{
    Engine, EngineError,
    archive::{self, Chain, Content, Entry},
    backfill::Forgotten,
    library::pin_key,
    records, text,
};
use crate::{platform::Platform, rules, url_key};
use afterimage_index::{
    PageId, gather,
    store::{Batch, Store, Table},
};
use afterimage_messages::{
    Export, ExportPlace, Exported, FileProblem, Import, ImportPlace, Imported, Level, Merged, Scope, Settings,
};
use afterimage_models::catalogue;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Pages that are read together. One transaction each would take far longer; many, and what does not fit the frame is
/// read twice.
const READ: usize = 16;
/// Pages in a frame at most, however small they are: each costs reads of its own.
const FRAME_PAGES: u32 = 512;
/// Steps of tending segments after a frame was taken in: about as many as it makes necessary.
const TEND: usize = 32;
/// An import from which nothing was heard for so long has ended.
const SILENT_MS: f64 = 120_000.0;
const DAY_MS: f64 = 86_400_000.0;

const IMPORTING: &str = "import";

/// A file that is being taken in; a row in `meta` while it is, as the worker may die between two frames.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Importing {
    until: f64,
    /// What was forgotten meanwhile: it must not come back with a frame that is still to come.
    forgotten: Vec<Scope>,
}

/// The import that is under way, if one is. A row that an import left behind names what was forgotten: it goes.
pub(super) async fn load<S: Store>(store: &S, now: f64) -> Result<Option<Importing>, EngineError> {
    let Some(row) = store.get(Table::Meta, IMPORTING).await? else { return Ok(None) };
    let importing: Option<Importing> = records::decode_json(&row);
    let importing = importing.filter(|importing| now < importing.until);
    if importing.is_none() {
        store.commit(row_of(None)?).await?;
    }
    Ok(importing)
}

/// The batch that writes it down, or away.
fn row_of(importing: Option<&Importing>) -> Result<Batch, EngineError> {
    let mut batch = Batch::new();
    match importing {
        None => batch.delete(Table::Meta, IMPORTING),
        Some(importing) => {
            let row = records::encode_json(importing)
                .ok_or_else(|| EngineError::BadArgument("an import cannot be written down".into()))?;
            batch.put(Table::Meta, IMPORTING, row);
        }
    }
    Ok(batch)
}

impl<S: Store, P: Platform> Engine<S, P> {
    /// The next piece of a file.
    pub(super) async fn export(&self, export: Export) -> Result<Exported, EngineError> {
        let Some(place) = export.place else { return self.begin_export().await };
        let chain = chain_of(&place.chain)?;
        let after: Option<PageId> = match &place.after {
            Some(page) => {
                let page = page.parse();
                Some(page.map_err(|_| EngineError::BadArgument("the place names no page".into()))?)
            }
            None => None,
        };
        let (entries, read, last) = self.entries_after(after).await?;
        let ExportPlace { mut pages, mut left_out, .. } = place;
        left_out = left_out.saturating_add(read.saturating_sub(entries.len() as u32));
        pages = pages.saturating_add(entries.len() as u32);
        let (content, done) = match last {
            None => (Content::End { pages, left_out }, true),
            Some(_) => (Content::Pages(entries), false),
        };
        let (frame, chain) = write(&chain, &content)?;
        let after = last.map(|last| last.to_string());
        let place = ExportPlace { after, chain: text_of(&chain), pages, left_out };
        Ok(self.exported(&frame, place, done))
    }

    /// Header and settings.
    async fn begin_export(&self) -> Result<Exported, EngineError> {
        // What waits to be indexed is to be in the file, too.
        let _no_step_in_between = self.working.lock().await;
        loop {
            let first = self.queue.borrow().first();
            let Some(entry) = first else { break };
            self.index_queued(&entry.key).await?;
        }
        let settings = of_a_person(self.settings.borrow().clone());
        let (frame, chain) = write(&archive::begin(), &Content::Settings(Box::new(settings)))?;
        let mut bytes = archive::header();
        bytes.extend(frame);
        let place = ExportPlace { after: None, chain: text_of(&chain), pages: 0, left_out: 0 };
        Ok(self.exported(&bytes, place, false))
    }

    fn exported(&self, bytes: &[u8], place: ExportPlace, done: bool) -> Exported {
        let total = self.index.counts().pages as u32;
        Exported { data: BASE64_STANDARD.encode(bytes), place, done, total }
    }

    /// Pages in the order of their identifiers that fill a frame, how many were looked at, and the last of these.
    async fn entries_after(
        &self,
        after: Option<PageId>,
    ) -> Result<(Vec<Entry>, u32, Option<PageId>), EngineError> {
        let mut ids = self.index.page_ids();
        ids.retain(|id| after.is_none_or(|after| *id > after));
        ids.sort_unstable();
        let (mut entries, mut bytes, mut read, mut last) = (Vec::new(), 0, 0, None);
        for some in ids.chunks(READ) {
            for (id, record) in some.iter().zip(self.index.records(some).await?) {
                if bytes >= archive::FRAME_FULL || read >= FRAME_PAGES {
                    return Ok((entries, read, last));
                }
                (read, last) = (read + 1, Some(*id));
                let Some(mut record) = record else { continue };
                record.vectors.retain(|vectors| is_of_a_model(&vectors.space));
                let pinned = self.pins.borrow().contains(id);
                let mut entry = Entry { record, pinned };
                if !entry.fits() {
                    // These can be made again.
                    entry.record.vectors.clear();
                }
                if entry.fits() {
                    bytes += entry.size();
                    entries.push(entry);
                }
            }
        }
        Ok((entries, read, last))
    }

    /// Looks at a frame, or takes in what is in it.
    pub(super) async fn import(&self, import: Import) -> Result<Imported, EngineError> {
        if !self.consent() {
            return Err(EngineError::Forbidden(
                "nothing is kept before the welcome page was answered with yes",
            ));
        }
        let frame = BASE64_STANDARD
            .decode(&import.data)
            .map_err(|_| EngineError::BadArgument("the frame is not base64".into()))?;
        let begins = import.place.is_none();
        let (chain, pages) = match &import.place {
            Some(place) => (chain_of(&place.chain)?, place.pages),
            None => (archive::begin(), 0),
        };
        let (content, chain) = match archive::read(&chain, &frame) {
            Ok(read) => read,
            Err(problem) => return Ok(Imported::Refused { problem }),
        };
        // A file that is only looked at changes nothing.
        if import.keep {
            self.import_goes_on(begins || matches!(content, Content::End { .. })).await?;
        }
        let place = |pages| ImportPlace { chain: text_of(&chain), pages };
        match content {
            Content::Settings(settings) if begins => {
                let settings = of_a_person(*settings);
                if import.keep {
                    self.take_settings(settings.clone()).await?;
                }
                Ok(Imported::Settings { place: place(pages), settings })
            }
            Content::Pages(entries) if !begins => {
                let place = place(pages.saturating_add(entries.len() as u32));
                let infos = || entries.iter().map(|entry| &entry.record.page);
                let sites: BTreeSet<String> = gather(infos().map(|page| url_key::site(&page.url)));
                Ok(Imported::Pages {
                    place,
                    oldest: infos().map(|page| page.first_seen).fold(f64::MAX, f64::min),
                    newest: infos().map(|page| page.last_seen).fold(0.0, f64::max),
                    pinned: entries.iter().filter(|entry| entry.pinned).count() as u32,
                    sites: sites.into_iter().collect(),
                    merged: if import.keep { Some(self.take_pages(entries).await?) } else { None },
                })
            }
            Content::End { pages: written, left_out } if !begins && written == pages => {
                Ok(Imported::End { left_out })
            }
            _ => Ok(Imported::Refused { problem: FileProblem::Damaged }),
        }
    }

    /// When the import that is under way counts as left, ms since the epoch, unless somebody goes on with it.
    pub(super) fn importing_until(&self) -> Option<f64> {
        self.importing.borrow().as_ref().map(|importing| importing.until)
    }

    /// Nobody goes on with the import that was under way.
    pub(super) fn import_is_left(&self) -> bool {
        let now = self.platform().now();
        self.importing.borrow().as_ref().is_some_and(|importing| now >= importing.until)
    }

    /// An import is under way; or it begins or ends, and with it what it remembers.
    pub(super) async fn import_goes_on(&self, begins_or_ends: bool) -> Result<(), EngineError> {
        {
            let mut importing = self.importing.borrow_mut();
            if begins_or_ends && importing.is_none() {
                return Ok(());
            } else if begins_or_ends {
                *importing = None;
            } else {
                let until = self.platform().now() + SILENT_MS;
                importing.get_or_insert(Importing { until, forgotten: Vec::new() }).until = until;
            }
        }
        self.save_import().await
    }

    /// This is about to be forgotten.
    pub(super) async fn keep_from_import(&self, scopes: &[Scope]) -> Result<(), EngineError> {
        {
            let mut importing = self.importing.borrow_mut();
            let now = self.platform().now();
            match importing.as_mut() {
                None => return Ok(()),
                Some(importing) if now < importing.until => importing.forgotten.extend_from_slice(scopes),
                Some(_) => *importing = None,
            }
        }
        self.save_import().await
    }

    async fn save_import(&self) -> Result<(), EngineError> {
        let row = row_of(self.importing.borrow().as_ref())?;
        Ok(self.store().commit(row).await?)
    }

    /// The file's settings hold from now on, its rules for sites besides those that are there.
    async fn take_settings(&self, settings: Settings) -> Result<(), EngineError> {
        let Settings { consent, paused, paused_until, backend, allow_software_gpu, mut sites, .. } =
            self.settings.borrow().clone();
        // Of two rules for one site the later one counts.
        sites.extend(settings.sites);
        let settings =
            Settings { consent, paused, paused_until, backend, allow_software_gpu, sites, ..settings };
        self.configure(settings).await?;
        Ok(())
    }

    async fn take_pages(&self, entries: Vec<Entry>) -> Result<Merged, EngineError> {
        // Nobody forgets a page while it is half here.
        let _no_step_in_between = self.working.lock().await;
        let all = entries.len();
        let now = self.platform().now();
        let entries: Vec<Entry> = {
            let settings = self.settings.borrow();
            let importing = self.importing.borrow();
            let forgotten = importing.as_ref().map(|importing| Forgotten::of(&importing.forgotten));
            let forgotten = forgotten.unwrap_or_default();
            let kept = entries.into_iter().filter_map(|entry| may_keep(entry, &settings, now));
            kept.filter(|Entry { record, .. }| {
                let page = &record.page;
                !forgotten.holds(page.id, &page.url, page.last_seen)
            })
            .collect()
        };
        let left_out = (all - entries.len()) as u32;
        let mut also = Batch::new();
        let pinned: Vec<PageId> =
            entries.iter().filter(|entry| entry.pinned).map(|entry| entry.record.page.id).collect();
        for id in &pinned {
            also.put(Table::Meta, pin_key(*id), vec![1]);
        }
        let records = entries.into_iter().map(|entry| entry.record).collect();
        let united = self.index.unite(records, also).await?;
        self.pins.borrow_mut().extend(pinned);
        // What is new is in memory, so it must become segments as fast as it comes.
        for _ in 0..TEND {
            if !self.index.wants_maintenance() {
                break;
            }
            self.index.maintain().await?;
        }
        Ok(Merged {
            added: united.added as u32,
            updated: united.updated as u32,
            unchanged: united.unchanged as u32,
            left_out,
        })
    }
}

/// What of a page may be kept here; what is kept now must be found by whoever forgets its address.
fn may_keep(mut entry: Entry, settings: &Settings, now: f64) -> Option<Entry> {
    let page = &mut entry.record.page;
    // Asked for, as a person chose this very file.
    let level = rules::check_address(&page.url, settings, true).ok()?;
    page.title = text::normalise_title(&page.title);
    page.language = page.language.take().map(|tag| text::cut(tag.trim(), text::LANGUAGE_LIMIT).to_owned());
    page.last_seen = page.last_seen.clamp(0.0, now);
    page.first_seen = page.first_seen.clamp(0.0, page.last_seen);
    if level == Level::Title && !entry.record.passages.is_empty() {
        entry.record.passages.clear();
        entry.record.vectors.clear();
        page.text_hash = text::hash("");
    }
    if page.title.is_empty() && entry.record.passages.is_empty() {
        return None;
    }
    let days = settings.keep_days.map(f64::from).filter(|_| !entry.pinned);
    if days.is_some_and(|days| page.last_seen < now - days * DAY_MS) {
        return None;
    }
    let own_key = url_key::UrlKey::new(&page.url, None).ok()?;
    let alias = url_key::alias_hash(&page.url);
    if PageId::from_key_hash(own_key.sha256()) != page.id && !page.aliases.contains(&alias) {
        page.aliases.push(alias);
    }
    entry.record.vectors.retain(|vectors| {
        let model = catalogue::MODELS.iter().find(|model| model.space == vectors.space);
        model.is_some_and(|model| vectors.values.len() == model.dims * vectors.ordinals.len())
    });
    Some(entry)
}

/// Other vectors are made again in a moment, and a file must not bring ever new spaces.
fn is_of_a_model(space: &str) -> bool {
    catalogue::MODELS.iter().any(|model| model.space == space)
}

/// Settings without what belongs to a machine, or to a moment.
fn of_a_person(settings: Settings) -> Settings {
    let Settings { consent, paused, paused_until, backend, allow_software_gpu, .. } = Settings::default();
    Settings { consent, paused, paused_until, backend, allow_software_gpu, ..settings }
}

fn write(chain: &Chain, content: &Content) -> Result<(Vec<u8>, Chain), EngineError> {
    archive::write(chain, content)
        .ok_or_else(|| EngineError::BadArgument("something is too large for a file".into()))
}

fn text_of(chain: &Chain) -> String {
    BASE64_STANDARD.encode(chain)
}

fn chain_of(text: &str) -> Result<Chain, EngineError> {
    let bytes = BASE64_STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| EngineError::BadArgument("the place has no checksum".into()))
}

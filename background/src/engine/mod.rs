//! All decisions and all state of the background, without a browser.
//!
//! A captured text goes through two durable states and no others:
//!
//! 1. **queued**: the text as captured, one row in the queue. Writing it is what `capture` acknowledges.
//! 2. **indexed**: split into passages, findable by words, in the index; in the same transaction the
//!    queue's row goes. From here on *missing vectors are a debt that can be read off the index*: the
//!    passages without a vector in the current space. So nothing has to be remembered about embedding
//!    in progress, a model that comes, goes or changes only changes the debt, and a worker that dies at
//!    any `await` has lost at most the few passages it was embedding.
//!
//! The rejected alternative, one queue from capture to vectors, would have kept a page unfindable until
//! its last passage was embedded, and a long page would never get there: the worker is killed first.
//!
//! [`Engine::step`] does one small thing and returns, so that the worker can answer a question between
//! any two passages and rest as long as it worked.

mod answer;
mod archive;
mod backfill;
mod capture;
mod compare;
mod error;
mod forget;
mod library;
mod models;
mod queue;
mod records;
mod retention;
mod settings;
mod sparing;
mod text;
mod transfer;
mod work;

#[cfg(test)]
mod tests;

pub use capture::{PageSender, Sender};
pub use error::EngineError;
pub use models::{LOST, Trouble};
pub use work::Step;

use crate::platform::Platform;
use afterimage_index::{Index, PageId, store::Store};
use afterimage_messages::{
    Envelope, ErrorCode, Failure, Level, Reply, Request, Response, Scope, Settings, SkipReason, VERSION,
    Wanted,
};
use afterimage_models::{Backend, chain::Unavailable};
use models::{Mind, Models, mind};
use queue::Queue;
use std::{
    cell::{Cell, RefCell},
    collections::{HashSet, VecDeque},
    rc::Rc,
};
use work::Pending;

/// The background.
pub struct Engine<S: Store, P: Platform> {
    index: Index<S>,
    platform: Rc<P>,
    /// The chosen model.
    mind: RefCell<Rc<Mind<P>>>,
    /// The model that answers until the chosen one has embedded as much.
    old_mind: RefCell<Option<Rc<Mind<P>>>>,
    models: Models,
    queue: RefCell<Queue>,
    settings: RefCell<Settings>,
    pending: RefCell<Pending>,
    /// The space in which something was asked: its vectors are read ahead for the next questions.
    warming: RefCell<Option<String>>,
    /// Pages that retention leaves alone.
    pins: RefCell<HashSet<PageId>>,
    /// Why pages were not read lately. In memory only.
    skipped: RefCell<VecDeque<(PageId, SkipReason)>>,
    /// The page that a person asked for, though reading is paused or manual, and until when that counts.
    asked_for: Cell<Option<(PageId, f64)>>,
    /// What was forgotten last. In memory only.
    undo: RefCell<Option<forget::Undo>>,
    /// What a change of the settings has yet to forget; durable.
    to_forget: RefCell<Vec<Scope>>,
    /// When retention is to look again, ms since the epoch.
    retention_due: Cell<f64>,
    /// A file that is being taken in. In memory only.
    importing: RefCell<Option<transfer::Importing>>,
    /// Taking in history and bookmarks: where it is.
    backfill: RefCell<backfill::Run>,
    /// Until when embedding waits for the battery, ms since the epoch; 0 if it does not.
    sparing_until: Cell<f64>,
    /// Held by whoever changes that in the store; never waited for by who holds `working`.
    backfilling: futures::lock::Mutex<()>,
    /// One step at a time, whoever asks.
    working: futures::lock::Mutex<()>,
}

impl<S: Store, P: Platform> Engine<S, P> {
    /// Reads everything durable. Corrupt rows are set aside; only a store that cannot be read at all is
    /// an error.
    pub async fn open(store: S, platform: P) -> Result<Self, EngineError> {
        let settings = settings::load(&store).await?;
        let models = Models::load(&store).await?;
        let model = models.book.borrow().chosen();
        let measurements = settings::load_measurements(&store, &platform.browser(), model.spec).await?;
        let queue = Queue::load(&store).await?;
        let pins = library::load_pins(&store).await?;
        let to_forget = settings::load_to_forget(&store).await?;
        let backfill = backfill::load(&store).await?;
        let importing = transfer::load(&store, platform.now()).await?;
        let sparing_until = sparing::load(&store).await?;
        let index = Index::open(store).await?;
        if index.corrupt_rows() > 0 {
            platform.log(&format!("{} corrupt rows were set aside", index.corrupt_rows()));
        }
        platform.allow_software_gpu(settings.allow_software_gpu);
        let platform = Rc::new(platform);
        let mind = mind(&platform, model, settings::preference(settings.backend));
        if let Some(measurements) = measurements {
            mind.remember(measurements);
        }
        Ok(Self {
            index,
            platform,
            mind: RefCell::new(mind),
            old_mind: RefCell::default(),
            models,
            queue: RefCell::new(queue),
            settings: RefCell::new(settings),
            pending: RefCell::default(),
            warming: RefCell::default(),
            pins: RefCell::new(pins),
            skipped: RefCell::default(),
            asked_for: Cell::default(),
            undo: RefCell::default(),
            to_forget: RefCell::new(to_forget),
            retention_due: Cell::default(),
            importing: RefCell::new(importing),
            backfill: RefCell::new(backfill),
            sparing_until: Cell::new(sparing_until),
            backfilling: futures::lock::Mutex::new(()),
            working: futures::lock::Mutex::new(()),
        })
    }

    /// Answers one message. `sender` is what the browser says of who sent it, never what the message says.
    pub async fn handle(&self, envelope: Envelope, sender: &Sender) -> Reply {
        match self.answer(envelope, sender).await {
            Ok(response) => Reply::Ok(response),
            Err(error) => {
                let failure = error.into_failure();
                self.platform().log(&format!("{:?}: {}", failure.code, failure.message));
                Reply::Error(failure)
            }
        }
    }

    async fn answer(&self, envelope: Envelope, sender: &Sender) -> Result<Response, EngineError> {
        if envelope.v != VERSION {
            return Err(EngineError::UnknownVersion(envelope.v));
        }
        match (envelope.request, sender) {
            (Request::Offer(offer), Sender::Page(page)) => {
                let checked = self.check(&offer, page);
                if !page.private {
                    self.note_outcome(&page.url, checked.err());
                    if let Some(is_low) = offer.low_battery.filter(|_| self.consent()) {
                        self.battery_seen(is_low).await?;
                    }
                }
                Ok(Response::Wanted(Wanted { skip: checked.err(), level: checked.unwrap_or(Level::Never) }))
            }
            (Request::Capture(capture), Sender::Page(page)) => {
                Ok(Response::Captured(self.capture(capture, page).await?))
            }
            (_, Sender::Page(_)) => {
                Err(EngineError::Forbidden("a page may only offer and send its own text"))
            }
            (Request::Offer(_) | Request::Capture(_), Sender::Extension) => {
                Err(EngineError::Forbidden("only a page can offer or send its text"))
            }
            (Request::Search(search), Sender::Extension) => Ok(Response::Results(self.search(search).await?)),
            (Request::Similar(similar), Sender::Extension) => {
                Ok(Response::Results(self.similar(similar).await?))
            }
            (Request::Preview(scope), Sender::Extension) => Ok(Response::Preview(self.preview(scope).await?)),
            (Request::Forget(scope), Sender::Extension) => {
                Ok(Response::Forgotten(self.forget_scope(scope).await?))
            }
            (Request::Undo, Sender::Extension) => Ok(Response::Restored(self.undo().await?)),
            (Request::SetSite(rule), Sender::Extension) => {
                Ok(Response::Forgotten(self.set_site(rule).await?))
            }
            (Request::Page(address), Sender::Extension) => {
                Ok(Response::Page(self.page_status(&address.url).await?))
            }
            (Request::Remember(address), Sender::Extension) => {
                Ok(Response::Wanted(self.ask_for(&address.url)))
            }
            (Request::Pin(pin), Sender::Extension) => Ok(Response::Page(self.pin(pin).await?)),
            (Request::Pages(list), Sender::Extension) => Ok(Response::Pages(self.pages(list).await?)),
            (Request::Sites, Sender::Extension) => Ok(Response::Sites(self.sites())),
            (Request::Sensitive, Sender::Extension) => Ok(Response::Sensitive(self.sensitive())),
            (Request::Backfill(what), Sender::Extension) => {
                self.backfill(what).await?;
                Ok(Response::State(self.state().await))
            }
            (Request::Export(export), Sender::Extension) => {
                Ok(Response::Exported(self.export(export).await?))
            }
            (Request::Import(import), Sender::Extension) => {
                Ok(Response::Imported(self.import(import).await?))
            }
            (Request::Models, Sender::Extension) => Ok(Response::Models(self.models().await?)),
            (Request::Model(change), Sender::Extension) => {
                Ok(Response::Models(self.change_model(change).await?))
            }
            (Request::ImportModel(piece), Sender::Extension) => {
                Ok(Response::Models(self.import_model(piece).await?))
            }
            (Request::State, Sender::Extension) => Ok(Response::State(self.state().await)),
            (Request::Diagnose(diagnose), Sender::Extension) => {
                Ok(Response::Diagnosis(self.diagnose(&diagnose.text).await?))
            }
            (Request::Compare(compare), Sender::Extension) => {
                Ok(Response::Compared(self.compare(&compare).await?))
            }
            (Request::Configure(settings), Sender::Extension) => {
                self.configure(settings).await?;
                Ok(Response::State(self.state().await))
            }
        }
    }

    /// The welcome page was answered with yes.
    pub fn consent(&self) -> bool {
        self.settings.borrow().consent
    }

    /// A model is to be downloaded.
    pub fn wants_network(&self) -> bool {
        self.models.wants_network()
    }

    /// The graphics device was lost: the CPU goes on.
    pub fn gpu_lost(&self, detail: &str) {
        let why = format!("The graphics device was lost ({detail}); the CPU goes on.");
        self.embedder().close(Backend::WebGpu, Unavailable::new("device_lost", why));
    }

    fn platform(&self) -> &P {
        &self.platform
    }

    fn store(&self) -> &S {
        self.index.store()
    }
}

/// The reply to something that is no envelope at all.
pub fn bad_message(why: &str) -> Reply {
    Reply::Error(Failure {
        code: ErrorCode::BadMessage,
        message: format!("This message has no shape that is known here: {why}"),
    })
}

//! The models: getting another than the one that ships, and embedding with it.
//!
//! A model comes in pieces, from the hub or from the person's own files. Each piece is committed together with the
//! number of bytes that are here, so a worker that dies goes on at that byte. Once all are here, steps of the ordinary
//! work verify and convert them ([`prepare`]), and one commit puts the model in place of the pieces.
//!
//! The worker does what [`Engine::model_next`] says and brings back bytes or a [`Trouble`]; what follows from them
//! is decided by [`book`].

mod book;
mod minds;
mod pins;
mod prepare;

pub(super) use minds::{Mind, mind};

use super::{Engine, EngineError, records};
use crate::platform::Platform;
use afterimage_index::{
    Missing,
    store::{Batch, Store, StoreError, Table},
};
use afterimage_messages::{
    BackendChoice, ChangeModel, ImportPiece, ModelAction, ModelFetch, ModelFile, ModelList, ModelPhase,
    ModelProblem, ModelState, ModelStep,
};
use afterimage_models::catalogue::{self, ModelSpec};
use base64::{Engine as _, prelude::BASE64_STANDARD};
pub(super) use book::Book;
pub use book::Trouble;
use book::{KeptFiles, Pieces, Record};
use minds::key;
use pins::Pinned;
use prepare::{Outcome, Preparing, hex};
use sha2::{Digest, Sha256};
use std::{cell::RefCell, rc::Rc};

const BOOK: &str = "models";
/// The largest piece that is taken: twice what the worker and the options page send.
const PIECE_LIMIT: usize = 2 << 20;
/// A space that no model has: what lacks a vector in it is everything.
const NO_SPACE: &str = "";

/// What the engine remembers of models.
#[derive(Default)]
pub(super) struct Models {
    pub book: RefCell<Book>,
    pins: RefCell<Option<Rc<Vec<Pinned>>>>,
    preparing: RefCell<Option<Preparing>>,
    /// Held by whoever changes the book.
    changing: futures::lock::Mutex<()>,
}

impl Models {
    /// What is durable.
    pub async fn load<S: Store>(store: &S) -> Result<Self, EngineError> {
        let row = store.get(Table::Meta, BOOK).await?;
        let book: Book = row.as_deref().and_then(records::decode_json).unwrap_or_default();
        Ok(Self { book: RefCell::new(book), ..Self::default() })
    }

    /// Something is to be fetched, now or after a while.
    pub fn wants_network(&self) -> bool {
        self.in_phase(ModelPhase::Downloading)
    }

    /// Something is to be verified and converted.
    pub fn has_work(&self) -> bool {
        self.in_phase(ModelPhase::Verifying)
    }

    fn in_phase(&self, phase: ModelPhase) -> bool {
        self.book.borrow().records.values().any(|record| record.phase == phase)
    }

    fn record(&self, id: &str) -> Record {
        self.book.borrow().records.get(id).cloned().unwrap_or_default()
    }
}

impl<S: Store, P: Platform> Engine<S, P> {
    /// All models.
    pub(super) async fn models(&self) -> Result<ModelList, EngineError> {
        let pins = self.pins().await;
        let listed = catalogue::MODELS.iter().filter_map(|spec| {
            let pinned = pins.iter().find(|pinned| pinned.spec == spec);
            (spec.bundled || pinned.is_some()).then(|| self.model_state(spec, pinned))
        });
        let wanted = self.index.unembedded(Missing::In(NO_SPACE));
        // Who chose the hash wants no vectors of a model.
        let missing = match self.settings.borrow().backend {
            BackendChoice::Hash => 0,
            _ => self.index.unembedded(Missing::In(self.model().space)),
        };
        Ok(ModelList {
            models: listed.collect(),
            answering: self.answering().loader().model.spec.id.into(),
            embedded: wanted.saturating_sub(missing) as u32,
            wanted: wanted as u32,
        })
    }

    fn model_state(&self, spec: &ModelSpec, pinned: Option<&Pinned>) -> ModelState {
        let record = self.models.record(spec.id);
        let preparing = self.models.preparing.borrow();
        let preparing = preparing.as_ref().filter(|preparing| preparing.pinned.spec == spec);
        let received: u64 = record.received.iter().sum();
        let phase = match record.phase {
            _ if spec.bundled => ModelPhase::Ready,
            ModelPhase::Verifying if preparing.is_some_and(Preparing::converts) => ModelPhase::Converting,
            phase => phase,
        };
        let done = match phase {
            ModelPhase::Verifying | ModelPhase::Converting => preparing.map_or(0.0, Preparing::done),
            ModelPhase::Ready => 1.0,
            _ => pinned.map_or(0.0, |pinned| received as f64 / pinned.bytes().max(1) as f64),
        };
        let files = pinned.iter().flat_map(|pinned| &pinned.files).zip(record.received);
        ModelState {
            id: spec.id.into(),
            licence: spec.licence.into(),
            languages: spec.languages.iter().map(|tag| (*tag).to_owned()).collect(),
            max_tokens: spec.max_tokens as u32,
            bundled: spec.bundled,
            chosen: self.model() == spec,
            phase,
            done,
            problem: record.problem,
            detail: record.detail.clone(),
            retry_at: record.retry_at,
            files: files
                .map(|(file, received)| ModelFile {
                    name: file.name.clone(),
                    bytes: file.bytes as f64,
                    received: received as f64,
                })
                .collect(),
            stored_bytes: stored_bytes(spec, &record) as f64,
            verified_at: record.verified_at,
        }
    }

    /// What all models take on the disk, as far as it is known without reading them: they are large.
    pub(super) fn model_bytes(&self) -> f64 {
        catalogue::MODELS.iter().map(|spec| stored_bytes(spec, &self.models.record(spec.id)) as f64).sum()
    }

    /// Does what a person wants with a model.
    pub(super) async fn change_model(&self, change: ChangeModel) -> Result<ModelList, EngineError> {
        let spec = catalogue::find(&change.model)
            .ok_or_else(|| EngineError::BadArgument(format!("there is no model {:?}", change.model)))?;
        {
            let _alone = self.models.changing.lock().await;
            match change.action {
                ModelAction::Download => {
                    let pinned = self.pinned(spec).await?;
                    let mut record = self.models.record(spec.id);
                    let pieces = record.download(&pinned);
                    self.save_record(&pinned, record, pieces, Batch::new()).await?;
                }
                ModelAction::Pause => {
                    let pinned = self.pinned(spec).await?;
                    let mut record = self.models.record(spec.id);
                    record.pause();
                    self.save_record(&pinned, record, Pieces::Keep, Batch::new()).await?;
                }
                ModelAction::Verify => self.verify_model(spec).await?,
                ModelAction::Delete => self.delete_model(spec).await?,
                ModelAction::Use => {
                    let mut book = self.models.book.borrow().clone();
                    if book.model(spec).is_none() {
                        let why = format!("{} is not here yet: download it first", spec.id);
                        return Err(EngineError::BadArgument(why));
                    }
                    book.chosen = (!spec.bundled).then(|| spec.id.to_owned());
                    self.save_book(book, Batch::new()).await?;
                }
            }
        }
        self.change_mind().await;
        self.models().await
    }

    /// Takes in a piece of a file that the person has.
    pub(super) async fn import_model(&self, piece: ImportPiece) -> Result<ModelList, EngineError> {
        let bad = |why: String| Err(EngineError::BadArgument(why));
        let Some(spec) = catalogue::find(&piece.model) else {
            return bad(format!("no model {:?}", piece.model));
        };
        if piece.data.len() > PIECE_LIMIT / 3 * 4 + 4 {
            return bad(format!("a piece of more than {PIECE_LIMIT} bytes"));
        }
        let Ok(bytes) = BASE64_STANDARD.decode(piece.data.as_bytes()) else { return bad("no base64".into()) };
        {
            let _alone = self.models.changing.lock().await;
            let pinned = self.pinned(spec).await?;
            let Some(file) = pinned.files.iter().position(|file| file.name == piece.file) else {
                return bad(format!("{:?} is no file of {}", piece.file, spec.id));
            };
            let mut record = self.models.record(spec.id);
            let end = piece.at + bytes.len() as f64;
            let whole = matches!(record.phase, ModelPhase::Ready | ModelPhase::Verifying);
            // Asked again, since the answer was lost.
            let again = end == record.received[file] as f64 || (whole && end == piece.size);
            if again && (piece.at > 0.0 || whole) {
                return self.models().await;
            }
            if whole {
                return bad(format!("{} is here already", spec.id));
            }
            let size = pinned.files[file].bytes;
            if piece.size != size as f64 {
                return bad(format!(
                    "{} has {} bytes, not {size}: it is another file",
                    piece.file, piece.size
                ));
            }
            let mut batch = Batch::new();
            if piece.at == 0.0 {
                if record.import(file, &pinned) == Pieces::Drop {
                    batch.delete_prefix(Table::Models, pinned.pieces());
                }
                batch.delete_prefix(Table::Models, pinned.pieces_of(file));
            }
            let at = record.received[file];
            let fits = piece.at == at as f64 && record.phase == ModelPhase::Importing;
            if !fits || bytes.is_empty() || at + bytes.len() as u64 > size {
                return bad(format!("a piece at {} where {at} bytes are here", piece.at));
            }
            self.keep_piece(&pinned, record, file, bytes, batch).await?;
        }
        self.models().await
    }

    /// What the worker is to fetch; `None`: nothing.
    pub async fn model_next(&self) -> Option<ModelStep> {
        if !self.models.wants_network() {
            return None;
        }
        let now = self.platform.now();
        let pins = self.pins().await;
        let book = self.models.book.borrow();
        let mut wait: Option<f64> = None;
        for pinned in pins.iter() {
            let Some(record) = book.records.get(pinned.spec.id) else { continue };
            if record.phase != ModelPhase::Downloading {
                continue;
            }
            if let Some(at) = record.retry_at.filter(|at| *at > now) {
                wait = Some(wait.map_or(at, |other| other.min(at)));
                continue;
            }
            let files = pinned.files.iter().zip(record.received);
            if let Some((file, from)) = files.into_iter().find(|(file, received)| *received < file.bytes) {
                return Some(ModelStep::Fetch(ModelFetch {
                    model: pinned.spec.id.into(),
                    file: file.name.clone(),
                    url: file.url.clone(),
                    from: from as f64,
                    size: file.bytes as f64,
                }));
            }
        }
        wait.map(|at| ModelStep::Wait { ms: at - now })
    }

    /// Keeps what came of a file, durably; `false`: no more of it is wanted.
    pub async fn model_take(
        &self,
        model: &str,
        file: &str,
        at: f64,
        bytes: Vec<u8>,
    ) -> Result<bool, EngineError> {
        let _alone = self.models.changing.lock().await;
        // Also once it is paused: what came until then.
        let wanted = [ModelPhase::Downloading, ModelPhase::Paused];
        let Some((pinned, file, record)) = self.fetched(model, file, &wanted).await else { return Ok(false) };
        let here = record.received[file];
        if at != here as f64 || bytes.is_empty() || here + bytes.len() as u64 > pinned.files[file].bytes {
            return Ok(false);
        }
        let id = pinned.spec.id;
        self.keep_piece(&pinned, record, file, bytes, Batch::new()).await?;
        Ok(self.models.record(id).phase == ModelPhase::Downloading)
    }

    /// A request ended without all that it should have brought.
    pub async fn model_trouble(&self, model: &str, file: &str, trouble: &Trouble) -> Result<(), EngineError> {
        let _alone = self.models.changing.lock().await;
        let wanted = [ModelPhase::Downloading];
        let Some((pinned, _, mut record)) = self.fetched(model, file, &wanted).await else { return Ok(()) };
        self.platform.log(&format!("{file} of {model}: {trouble:?}"));
        let pieces = record.trouble(trouble, self.platform.now());
        self.save_record(&pinned, record, pieces, Batch::new()).await
    }

    /// The download that a fetch is of, if it is still wanted.
    async fn fetched(
        &self,
        model: &str,
        name: &str,
        wanted: &[ModelPhase],
    ) -> Option<(Pinned, usize, Record)> {
        let pinned = self.pinned(catalogue::find(model)?).await.ok()?;
        let file = pinned.files.iter().position(|file| file.name == name)?;
        let record = self.models.record(pinned.spec.id);
        wanted.contains(&record.phase).then_some((pinned, file, record))
    }

    /// Verifies and converts a little. `false`: there is nothing to do.
    pub(super) async fn prepare_model(&self) -> Result<bool, EngineError> {
        if !self.models.has_work() {
            *self.models.preparing.borrow_mut() = None;
            return Ok(false);
        }
        let _alone = self.models.changing.lock().await;
        let pins = self.pins().await;
        let due = |pinned: &&Pinned| self.models.record(pinned.spec.id).phase == ModelPhase::Verifying;
        let Some(pinned) = pins.iter().find(due).cloned() else {
            // Of an older version of the extension.
            self.forget_unknown(&pins).await?;
            return Ok(true);
        };
        let under_way = self.models.preparing.borrow_mut().take();
        let mut preparing = under_way
            .filter(|preparing| preparing.pinned == pinned)
            .unwrap_or_else(|| Preparing::new(pinned.clone()));
        match preparing.step(self.store()).await? {
            Outcome::More => *self.models.preparing.borrow_mut() = Some(preparing),
            Outcome::Done { weights, tokenizer } => self.put_model(&pinned, weights, tokenizer).await?,
            Outcome::Refused(problem, why) => {
                self.platform.log(&format!("{} is refused: {why}", pinned.spec.id));
                let mut record = self.models.record(pinned.spec.id);
                let pieces = record.refuse(problem, Some(why));
                self.save_record(&pinned, record, pieces, Batch::new()).await?;
            }
        }
        Ok(true)
    }

    /// Puts a model in place of its pieces.
    async fn put_model(
        &self,
        pinned: &Pinned,
        weights: Vec<u8>,
        tokenizer: Vec<u8>,
    ) -> Result<(), EngineError> {
        let spec = pinned.spec;
        let of = |bytes: &[u8]| (bytes.len() as u64, hex(&Sha256::digest(bytes)));
        let kept = KeptFiles { space: spec.space.into(), weights: of(&weights), tokenizer: of(&tokenizer) };
        let mut batch = Batch::new();
        batch.put(Table::Models, key(spec, &kept.weights.1), weights);
        batch.put(Table::Models, key(spec, &kept.tokenizer.1), tokenizer);
        let mut record = self.models.record(spec.id);
        record.ready(kept, self.platform.now());
        self.save_record(pinned, record, Pieces::Drop, batch).await
    }

    /// Compares what is stored of a model with its hash.
    async fn verify_model(&self, spec: &'static ModelSpec) -> Result<(), EngineError> {
        let mut book = self.models.book.borrow().clone();
        let Some(record) = book.records.get_mut(spec.id).filter(|record| record.phase == ModelPhase::Ready)
        else {
            let why = format!("{} is not here: there is nothing to verify", spec.id);
            return Err(EngineError::BadArgument(why));
        };
        let mut right = true;
        for (bytes, sha256) in record.kept.iter().flat_map(|kept| [&kept.weights, &kept.tokenizer]) {
            let row = self.store().get(Table::Models, &key(spec, sha256)).await?;
            right &=
                row.is_some_and(|row| row.len() as u64 == *bytes && hex(&Sha256::digest(&row)) == *sha256);
        }
        if right {
            record.verified_at = Some(self.platform.now());
            return self.save_book(book, Batch::new()).await;
        }
        self.lose_model(spec, book).await
    }

    /// A model cannot be read any more: it has to be fetched again, and the one that ships takes over.
    async fn lose_model(&self, spec: &'static ModelSpec, mut book: Book) -> Result<(), EngineError> {
        let record = book.records.entry(spec.id.into()).or_default();
        *record = Record::default();
        let why = "the stored copy is damaged or gone".to_owned();
        _ = record.refuse(ModelProblem::WrongBytes, Some(why));
        unchoose(&mut book, spec);
        self.save_book(book, without(spec)).await
    }

    async fn delete_model(&self, spec: &'static ModelSpec) -> Result<(), EngineError> {
        if spec.bundled {
            return Err(EngineError::BadArgument("the model that ships cannot be deleted".into()));
        }
        let mut book = self.models.book.borrow().clone();
        book.records.remove(spec.id);
        unchoose(&mut book, spec);
        self.save_book(book, without(spec)).await
    }

    /// If the chosen model turned out not to be there, the one that ships takes over.
    pub(super) async fn check_model(&self) -> Result<(), EngineError> {
        let spec = self.model();
        let lost = match self.embedder().link(afterimage_models::Backend::Cpu) {
            afterimage_models::chain::Link::Closed(why) => !spec.bundled && why.code == LOST,
            _ => false,
        };
        if lost {
            let _alone = self.models.changing.lock().await;
            let book = self.models.book.borrow().clone();
            self.lose_model(spec, book).await?;
            self.change_mind().await;
        }
        Ok(())
    }

    async fn keep_piece(
        &self,
        pinned: &Pinned,
        mut record: Record,
        file: usize,
        bytes: Vec<u8>,
        mut batch: Batch,
    ) -> Result<(), EngineError> {
        record.took(file, bytes.len() as u64, pinned);
        let at = record.received[file] - bytes.len() as u64;
        batch.put(Table::Models, pinned.piece(file, at), bytes);
        self.save_record(pinned, record, Pieces::Keep, batch).await
    }

    /// Commits a batch with a model's record. Without room for it, that is what the record says then.
    async fn save_record(
        &self,
        pinned: &Pinned,
        record: Record,
        pieces: Pieces,
        mut batch: Batch,
    ) -> Result<(), EngineError> {
        if pieces == Pieces::Drop {
            batch.delete_prefix(Table::Models, pinned.pieces());
        }
        let mut book = self.models.book.borrow().clone();
        let before = book.records.insert(pinned.spec.id.into(), record).unwrap_or_default();
        match self.save_book(book.clone(), batch).await {
            // A model that is here loses nothing by a full disk.
            Err(EngineError::Store(StoreError::Full)) if before.phase != ModelPhase::Ready => {
                let mut record = before;
                _ = record.refuse(ModelProblem::NoSpace, None);
                book.records.insert(pinned.spec.id.into(), record);
                // If not even this can be written, the next start tries again.
                if self.save_book(book.clone(), Batch::new()).await.is_err() {
                    *self.models.book.borrow_mut() = book;
                }
                Ok(())
            }
            other => other,
        }
    }

    async fn save_book(&self, book: Book, mut batch: Batch) -> Result<(), EngineError> {
        let row = records::encode_json(&book)
            .ok_or_else(|| EngineError::BadArgument("the models cannot be written down".into()))?;
        batch.put(Table::Meta, BOOK, row);
        self.store().commit(batch).await?;
        *self.models.book.borrow_mut() = book;
        Ok(())
    }

    /// Forgets models that cannot be downloaded any more and were not whole.
    async fn forget_unknown(&self, pins: &[Pinned]) -> Result<(), EngineError> {
        let mut book = self.models.book.borrow().clone();
        book.records.retain(|id, record| {
            record.phase == ModelPhase::Ready || pins.iter().any(|pinned| pinned.spec.id == id)
        });
        self.save_book(book, Batch::new()).await
    }

    async fn pinned(&self, spec: &'static ModelSpec) -> Result<Pinned, EngineError> {
        let pins = self.pins().await;
        let found = pins.iter().find(|pinned| pinned.spec == spec).cloned();
        found.ok_or_else(|| EngineError::BadArgument(format!("{} is not for download", spec.id)))
    }

    async fn pins(&self) -> Rc<Vec<Pinned>> {
        let known = self.models.pins.borrow().clone();
        if let Some(pins) = known {
            return pins;
        }
        let text = self.platform.downloads().await;
        let pins = Rc::new(text.as_deref().map(pins::read).unwrap_or_default());
        if text.is_some() {
            *self.models.pins.borrow_mut() = Some(pins.clone());
        }
        pins
    }
}

/// The code with which [`Platform::load`] says that the files of a kept model are not in the store.
pub const LOST: &str = "model_lost";

fn unchoose(book: &mut Book, spec: &ModelSpec) {
    book.chosen = book.chosen.take().filter(|chosen| chosen != spec.id);
}

/// Removes a model and all that came of it.
fn without(spec: &ModelSpec) -> Batch {
    let mut batch = Batch::new();
    batch.delete_prefix(Table::Models, format!("{}@", spec.id));
    batch.delete_prefix(Table::Models, format!("piece/{}@", spec.id));
    batch
}

fn stored_bytes(spec: &ModelSpec, record: &Record) -> u64 {
    if spec.bundled {
        return spec.converted.map_or(0, |file| file.bytes);
    }
    let kept = record.kept.as_ref().filter(|_| record.phase == ModelPhase::Ready);
    kept.map_or(record.received.iter().sum(), |kept| kept.weights.0 + kept.tokenizer.0)
}

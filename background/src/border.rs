//! The class that the worker sees.

use crate::{
    engine::{self, Engine, Sender, Step},
    host::{Browser, Host},
    indexed_db::IndexedDb,
};
use afterimage_messages::{Envelope, ErrorCode, Failure, Reply};
use js_sys::Reflect;
use serde::{Serialize, de::DeserializeOwned};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// The database's name.
const DATABASE: &str = "afterimage";

/// The background.
#[wasm_bindgen]
pub struct Background {
    // `Rc`: wasm-bindgen must not hold a borrow of this object across an `await`.
    engine: Rc<Engine<Rc<IndexedDb>, Browser>>,
}

#[wasm_bindgen]
impl Background {
    /// Opens the database and reads what is durable. Rejects with a `Reply` that says why it cannot.
    #[wasm_bindgen(js_name = start)]
    pub async fn start(host: Host) -> Result<Background, JsValue> {
        console_panics();
        let not_ready = |why: String| {
            let failure = Failure { code: ErrorCode::NotReady, message: why };
            reply(&Reply::Error(failure))
        };
        let store = Rc::new(IndexedDb::open(DATABASE).await.map_err(|error| not_ready(error.to_string()))?);
        let browser = Browser::new(host, store.clone());
        let engine = Engine::open(store, browser).await.map_err(|error| not_ready(error.to_string()))?;
        Ok(Background { engine: Rc::new(engine) })
    }

    /// Answers one message (an `Envelope`) of the extension's own pages with a `Reply`.
    #[wasm_bindgen(js_name = handle)]
    pub async fn handle(&self, message: JsValue) -> JsValue {
        answer(self.engine.clone(), message, Sender::Extension).await
    }

    /// Answers one message of a content script. What it runs in is what the browser says, never what a
    /// message says.
    #[wasm_bindgen(js_name = handlePage)]
    pub async fn handle_page(
        &self,
        message: JsValue,
        url: String,
        top_frame: bool,
        private: bool,
    ) -> JsValue {
        let page = engine::PageSender { url, top_frame, private };
        answer(self.engine.clone(), message, Sender::Page(page)).await
    }

    /// Does one small piece of work. `true` if there may be more; rejects with a `Reply`.
    #[wasm_bindgen(js_name = step)]
    pub async fn step(&self) -> Result<bool, JsValue> {
        let engine = self.engine.clone();
        match engine.step().await {
            Ok(step) => Ok(step == Step::Worked),
            Err(error) => Err(reply(&Reply::Error(error.into_failure()))),
        }
    }

    /// What the worker is to read of the history or the bookmarks and to bring to `backfillTake`; `undefined`: nothing
    /// just now, `step` comes first.
    #[wasm_bindgen(js_name = backfillNext)]
    pub fn backfill_next(&self) -> JsValue {
        self.engine.backfill_next().map_or(JsValue::UNDEFINED, |read| plain(&read))
    }

    /// Takes in what was read (a list of `BackfillEntry`). Rejects with a `Reply`.
    #[wasm_bindgen(js_name = backfillTake)]
    pub async fn backfill_take(&self, asked: JsValue, entries: JsValue) -> Result<(), JsValue> {
        let engine = self.engine.clone();
        let taken = engine.backfill_take(read(asked)?, read(entries)?).await;
        taken.map_err(|error| reply(&Reply::Error(error.into_failure())))
    }

    /// What the worker is to do for downloads: a `ModelStep`, or `undefined`.
    #[wasm_bindgen(js_name = modelNext)]
    pub async fn model_next(&self) -> JsValue {
        let engine = self.engine.clone();
        engine.model_next().await.map_or(JsValue::UNDEFINED, |step| plain(&step))
    }

    /// Something is to be fetched, now or after a while.
    #[wasm_bindgen(js_name = wantsNetwork)]
    pub fn wants_network(&self) -> bool {
        self.engine.wants_network()
    }

    /// Keeps bytes of a model's file, durably; `false`: no more of it is wanted. Rejects with a `Reply`.
    #[wasm_bindgen(js_name = modelTake)]
    pub async fn model_take(
        &self,
        model: String,
        file: String,
        at: f64,
        bytes: Vec<u8>,
    ) -> Result<bool, JsValue> {
        let engine = self.engine.clone();
        let taken = engine.model_take(&model, &file, at, bytes).await;
        taken.map_err(|error| reply(&Reply::Error(error.into_failure())))
    }

    /// A request for a model's file ended too early: with a status that brings none; without one, `detail` says why,
    /// and without that it brought something of another length. Rejects with a `Reply`.
    #[wasm_bindgen(js_name = modelTrouble)]
    pub async fn model_trouble(
        &self,
        model: String,
        file: String,
        status: Option<u32>,
        detail: Option<String>,
    ) -> Result<(), JsValue> {
        let engine = self.engine.clone();
        let trouble = match (status, detail) {
            (Some(status), _) => engine::Trouble::Status(status),
            (None, Some(detail)) => engine::Trouble::Broken(detail),
            (None, None) => engine::Trouble::OtherLength,
        };
        let told = engine.model_trouble(&model, &file, &trouble).await;
        told.map_err(|error| reply(&Reply::Error(error.into_failure())))
    }

    /// Something is left to do.
    #[wasm_bindgen(js_name = hasWork)]
    pub fn has_work(&self) -> bool {
        self.engine.has_work()
    }

    /// In how many milliseconds something will be left to do; `undefined`: never, as far as it is known.
    #[wasm_bindgen(js_name = sleepsFor)]
    pub fn sleeps_for(&self) -> Option<f64> {
        self.engine.sleeps_for()
    }

    /// The welcome page was answered with yes.
    #[wasm_bindgen(getter)]
    pub fn consent(&self) -> bool {
        self.engine.consent()
    }

    /// The browser notes a visit. Rejects with a `Reply`.
    #[wasm_bindgen(js_name = visited)]
    pub async fn visited(&self, url: String) -> Result<(), JsValue> {
        let engine = self.engine.clone();
        engine.visited(&url).await.map_err(|error| reply(&Reply::Error(error.into_failure())))
    }

    /// Follows a removal from the browser's history. Answers with a `Reply`.
    #[wasm_bindgen(js_name = historyRemoved)]
    pub async fn history_removed(&self, all: bool, urls: Vec<String>) -> JsValue {
        let engine = self.engine.clone();
        reply(&match engine.history_removed(all, &urls).await {
            Ok(forgotten) => Reply::Ok(afterimage_messages::Response::Forgotten(forgotten)),
            Err(error) => Reply::Error(error.into_failure()),
        })
    }

    /// The GPU's device was lost: nothing may wait for it any longer.
    #[wasm_bindgen(js_name = gpuLost)]
    pub fn gpu_lost(&self, detail: &str) {
        self.engine.gpu_lost(detail);
    }
}

async fn answer(engine: Rc<Engine<Rc<IndexedDb>, Browser>>, message: JsValue, sender: Sender) -> JsValue {
    // The version first: a newer sender's request may have a shape that is not known here.
    let version = Reflect::get(&message, &"v".into()).ok().and_then(|v| v.as_f64());
    let answer = match (version, serde_wasm_bindgen::from_value::<Envelope>(message)) {
        (_, Ok(envelope)) => engine.handle(envelope, &sender).await,
        (Some(version), Err(_)) if version != f64::from(afterimage_messages::VERSION) => {
            Reply::Error(engine::EngineError::UnknownVersion(version as u32).into_failure())
        }
        (_, Err(error)) => engine::bad_message(&error.to_string()),
    };
    reply(&answer)
}

/// A message of the worker itself. The error is a `Reply`.
fn read<T: DeserializeOwned>(message: JsValue) -> Result<T, JsValue> {
    serde_wasm_bindgen::from_value(message).map_err(|error| reply(&engine::bad_message(&error.to_string())))
}

/// A reply as plain, JSON-safe objects.
fn reply(reply: &Reply) -> JsValue {
    plain(reply)
}

/// A message as plain, JSON-safe objects.
fn plain(message: &impl Serialize) -> JsValue {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    // Every message is made of strings, numbers and lists; should one fail all the same, `null` is an
    // answer that the callers' guard refuses.
    message.serialize(&serializer).unwrap_or(JsValue::NULL)
}

/// A panic ends the module without a word unless someone prints it.
fn console_panics() {
    std::panic::set_hook(Box::new(|info| {
        wasm_bindgen::throw_str(&info.to_string());
    }));
}

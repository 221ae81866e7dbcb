//! Adapter to the TypeScript worker: what it does for us, and the [`Platform`] made of that.

use crate::{
    engine::LOST,
    indexed_db::IndexedDb,
    platform::{Model, Platform},
};
use afterimage_index::store::{Batch, Store, Table};
use afterimage_models::{
    Backend, EmbedError, Embedder,
    catalogue::{FileSpec, ModelSpec},
    chain::Unavailable,
    cpu::CpuEncoder,
    encoder::Encoder,
    neural::NeuralEmbedder,
    tokenizer::Tokenizer,
};
use futures::future::LocalBoxFuture;
use js_sys::{Float32Array, Reflect, Uint8Array, Uint32Array};
use sha2::{Digest, Sha256};
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::{Rc, Weak},
};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// What `background/worker/host.ts` implements.
    pub type Host;

    /// A file of the package; rejects where it cannot be read.
    #[wasm_bindgen(method, catch, js_name = readAsset)]
    async fn read_asset(this: &Host, path: &str) -> Result<JsValue, JsValue>;

    /// Starts the GPU module and hands it the weights; rejects with `{code, detail}`.
    #[wasm_bindgen(method, catch, js_name = openGpu)]
    async fn open_gpu(this: &Host, weights: Uint8Array, allow_software: bool) -> Result<JsValue, JsValue>;

    /// Encodes sequences: all ids one after the other, and the length of each. Answers with all vectors
    /// one after the other; rejects when the device is lost or the module died.
    #[wasm_bindgen(method, catch, js_name = encodeOnGpu)]
    async fn encode_on_gpu(this: &Host, ids: Uint32Array, lengths: Uint32Array) -> Result<JsValue, JsValue>;

    /// A line for the log.
    #[wasm_bindgen(method)]
    fn log(this: &Host, line: &str);

    /// A step of the start is done: for `bench coldstart`.
    #[wasm_bindgen(method)]
    fn mark(this: &Host, step: &str);

    /// The extension's version.
    #[wasm_bindgen(method, getter)]
    fn version(this: &Host) -> String;

    /// The browser and its version.
    #[wasm_bindgen(method, getter)]
    fn browser(this: &Host) -> String;

    /// History entries disappear by themselves here.
    #[wasm_bindgen(method, getter, js_name = historyAgesOut)]
    fn history_ages_out(this: &Host) -> bool;
}

/// The package's list of models that may be downloaded.
const DOWNLOADS: &str = "models/downloads.json";

/// The browser, as the engine sees it.
pub struct Browser {
    host: Rc<Host>,
    store: Rc<IndexedDb>,
    allow_software_gpu: Cell<bool>,
    /// By space; several backends of a model share one.
    tokenizers: RefCell<HashMap<&'static str, Weak<Tokenizer>>>,
    /// The space of the model on the graphics processor, where there is room for one.
    on_gpu: Rc<Cell<&'static str>>,
}

impl Browser {
    /// A platform on top of the worker.
    pub fn new(host: Host, store: Rc<IndexedDb>) -> Self {
        Self {
            host: Rc::new(host),
            store,
            allow_software_gpu: Cell::new(false),
            tokenizers: RefCell::default(),
            on_gpu: Rc::default(),
        }
    }

    async fn open(&self, model: &Model, backend: Backend) -> Result<Rc<dyn Embedder>, Unavailable> {
        let spec = model.spec;
        let bytes = self.weights(model).await?;
        self.host.mark("weights");
        let tokenizer = self.tokenizer(model).await?;
        self.host.mark("tokenizer");
        match backend {
            Backend::Cpu => {
                let encoder =
                    CpuEncoder::load(bytes).map_err(|e| Unavailable::new(e.code(), e.to_string()))?;
                self.host.mark("encoder");
                Ok(Rc::new(NeuralEmbedder::new(backend, spec, tokenizer, encoder)))
            }
            Backend::WebGpu => {
                let weights = Uint8Array::from(bytes.as_slice());
                drop(bytes);
                // From here on the model that was there is not.
                self.on_gpu.set(spec.space);
                let opened = self.host.open_gpu(weights, self.allow_software_gpu.get()).await;
                opened.map_err(|error| unavailable(&error))?;
                let encoder = GpuEncoder {
                    host: self.host.clone(),
                    dims: spec.dims,
                    space: spec.space,
                    on_gpu: self.on_gpu.clone(),
                };
                Ok(Rc::new(NeuralEmbedder::new(backend, spec, tokenizer, encoder)))
            }
            Backend::Hash => Err(Unavailable::new("no_model", "The hash has no model to load.")),
        }
    }

    /// A model's weights: of one that ships the copy in the store, else the package's file, which is verified and then
    /// kept in the store. A name in the store carries the SHA-256, so what is found under it was verified.
    async fn weights(&self, model: &Model) -> Result<Vec<u8>, Unavailable> {
        if let Some(kept) = &model.kept {
            return self.kept(&kept.weights, Some(kept.bytes)).await;
        }
        let spec = model.spec;
        let file = spec.converted.ok_or_else(|| {
            Unavailable::new("weights_unknown", "The catalogue does not pin this model's weights.")
        })?;
        let key = format!("{}/{}", spec.space, file.sha256);
        if let Ok(Some(bytes)) = self.store.get(Table::Models, &key).await
            && bytes.len() as u64 == file.bytes
        {
            return Ok(bytes);
        }
        let bytes = self.asset(spec, &file, "weights").await?;
        let mut batch = Batch::new();
        // An older revision's file goes with the same stroke.
        batch.delete_prefix(Table::Models, format!("{}@", spec.id));
        batch.put(Table::Models, key, bytes.clone());
        if let Err(error) = self.store.commit(batch).await {
            // The package's file serves as well, only slower at the next start.
            self.host.log(&format!("the weights could not be kept: {error}"));
        }
        Ok(bytes)
    }

    async fn tokenizer(&self, model: &Model) -> Result<Rc<Tokenizer>, Unavailable> {
        let spec = model.spec;
        let known = self.tokenizers.borrow().get(spec.space).and_then(Weak::upgrade);
        if let Some(tokenizer) = known {
            return Ok(tokenizer);
        }
        let bytes = match &model.kept {
            Some(kept) => self.kept(&kept.tokenizer, None).await?,
            None => self.asset(spec, &spec.tokenizer, "tokenizer").await?,
        };
        let tokenizer = std::str::from_utf8(&bytes)
            .map_err(|error| EmbedError::Tokenizer(error.to_string()))
            .and_then(|json| Tokenizer::from_json(json, spec.max_tokens))
            .map_err(|error| Unavailable::new("tokenizer_unreadable", error.to_string()))?;
        let tokenizer = Rc::new(tokenizer);
        self.tokenizers.borrow_mut().insert(spec.space, Rc::downgrade(&tokenizer));
        Ok(tokenizer)
    }

    /// A file of a model that does not ship.
    async fn kept(&self, key: &str, bytes: Option<u64>) -> Result<Vec<u8>, Unavailable> {
        match self.store.get(Table::Models, key).await {
            Ok(Some(file)) if bytes.is_none_or(|bytes| bytes == file.len() as u64) => Ok(file),
            Ok(_) => Err(Unavailable::new(LOST, "The model is not stored any more: download it again.")),
            Err(error) => {
                Err(Unavailable::new("model_unreadable", format!("The model cannot be read: {error}")))
            }
        }
    }

    /// A file of the package that must be exactly the pinned one. `what` begins the error codes.
    async fn asset(&self, model: &ModelSpec, spec: &FileSpec, what: &str) -> Result<Vec<u8>, Unavailable> {
        let path = format!("models/{}/{}", model.id, spec.name);
        let refuse = |code: &str, why: &str| {
            Unavailable::new(
                format!("{what}_{code}"),
                format!("The model's file {} {why}: reinstall the extension.", spec.name),
            )
        };
        let value = self.host.read_asset(&path).await.map_err(|_| refuse("missing", "is missing"))?;
        let bytes = Uint8Array::new(&value).to_vec();
        if (bytes.len() as u64) < spec.bytes {
            return Err(refuse("truncated", "is cut off"));
        }
        let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        if hash != spec.sha256 {
            return Err(refuse("wrong_hash", "is not the published one (its SHA-256 differs)"));
        }
        Ok(bytes)
    }
}

impl Platform for Browser {
    fn load<'a>(
        &'a self,
        model: &'a Model,
        backend: Backend,
    ) -> LocalBoxFuture<'a, Result<Rc<dyn Embedder>, Unavailable>> {
        Box::pin(async move {
            let start = self.now();
            let opened = self.open(model, backend).await;
            let took = self.now() - start;
            let id = model.spec.id;
            match &opened {
                Ok(_) => self.host.log(&format!("{id} on {backend} opened in {took:.0} ms")),
                Err(why) => {
                    self.host.log(&format!("{id} on {backend} stays closed: {} ({})", why.detail, why.code));
                }
            }
            opened
        })
    }

    fn now(&self) -> f64 {
        js_sys::Date::now()
    }

    fn downloads(&self) -> LocalBoxFuture<'_, Option<String>> {
        Box::pin(async {
            let value = self.host.read_asset(DOWNLOADS).await.ok()?;
            String::from_utf8(Uint8Array::new(&value).to_vec()).ok()
        })
    }

    fn allow_software_gpu(&self, allow: bool) {
        self.allow_software_gpu.set(allow);
    }

    fn version(&self) -> String {
        self.host.version()
    }

    fn browser(&self) -> String {
        self.host.browser()
    }

    fn history_ages_out(&self) -> bool {
        self.host.history_ages_out()
    }

    fn utc_offset(&self) -> f64 {
        -js_sys::Date::new_0().get_timezone_offset()
    }

    fn log(&self, line: &str) {
        self.host.log(line);
    }
}

/// The encoder behind the border to the GPU module.
struct GpuEncoder {
    host: Rc<Host>,
    dims: usize,
    space: &'static str,
    on_gpu: Rc<Cell<&'static str>>,
}

impl Encoder for GpuEncoder {
    fn encode<'a>(
        &'a self,
        sequences: &'a [Vec<u32>],
    ) -> LocalBoxFuture<'a, Result<Vec<Vec<f32>>, EmbedError>> {
        Box::pin(async move {
            // Another model's vectors must never pass for this one's.
            if self.on_gpu.get() != self.space {
                let why = "Another model has the graphics processor now.";
                return Err(EmbedError::Gone(Unavailable::new("other_model", why)));
            }
            let ids: Vec<u32> = sequences.concat();
            let lengths: Vec<u32> = sequences.iter().map(|sequence| sequence.len() as u32).collect();
            let answer = self
                .host
                .encode_on_gpu(Uint32Array::from(ids.as_slice()), Uint32Array::from(lengths.as_slice()))
                .await
                .map_err(|error| EmbedError::Gone(unavailable(&error)))?;
            let values = Float32Array::new(&answer).to_vec();
            if values.len() != self.dims * sequences.len() {
                return Err(EmbedError::NotAVector);
            }
            Ok(values.chunks_exact(self.dims).map(<[f32]>::to_vec).collect())
        })
    }
}

/// `{code, detail}` as thrown by the worker, or whatever else was thrown.
fn unavailable(error: &JsValue) -> Unavailable {
    let field = |name: &str| Reflect::get(error, &name.into()).ok().and_then(|value| value.as_string());
    let said = field("detail").or_else(|| field("message")).unwrap_or_else(|| format!("{error:?}"));
    Unavailable::new(field("code").unwrap_or_else(|| "gpu_failed".into()), said)
}

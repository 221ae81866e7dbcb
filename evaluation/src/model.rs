//! The product's model: the published weights, converted as the build converts them, on the CPU's kernels.

use crate::{error::Error, vectors::Vectors};
use afterimage_models::{
    Backend, Embedder, Role,
    catalogue::{self, ModelSpec},
    config::BertConfig,
    cpu::CpuEncoder,
    neural::{Cpu, NeuralEmbedder},
    tokenizer::Tokenizer,
    weights,
};
use pollster::block_on;
use sha2::{Digest, Sha256};
use std::{fs, path::Path, rc::Rc};

/// Texts that are embedded and kept at once.
const BATCH: usize = 32;

/// A model's files, from which every thread makes an embedder of its own.
pub struct Files {
    weights: Vec<u8>,
    tokenizer: String,
    spec: &'static ModelSpec,
}

impl Files {
    /// Reads a published model and converts its weights.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read(&path).map_err(Error::file(path))
        };
        let text = |name: &str| {
            String::from_utf8(read(name)?).map_err(|error| Error::Model(format!("{name}: {error}")))
        };
        let refuse = |error: weights::WeightsError| Error::Model(error.to_string());
        let config = BertConfig::from_hugging_face(&text("config.json")?, &text("1_Pooling/config.json")?)
            .map_err(refuse)?;
        let weights = weights::convert(&read("model.safetensors")?, config).map_err(refuse)?;
        let spec = catalogue::bundled();
        let hash: String = Sha256::digest(&weights).iter().map(|byte| format!("{byte:02x}")).collect();
        if spec.converted.is_some_and(|pinned| pinned.sha256 != hash) {
            return Err(Error::Model(format!("its int8 weights ({hash}) are not those of the catalogue")));
        }
        Ok(Self { weights, tokenizer: text("tokenizer.json")?, spec })
    }

    /// What the catalogue says of the model.
    pub fn spec(&self) -> &'static ModelSpec {
        self.spec
    }

    /// The dimensions of its vectors.
    pub fn dims(&self) -> usize {
        self.spec.dims
    }

    /// Names what decides over a vector besides the text and the kernels.
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for part in [&self.weights, self.tokenizer.as_bytes(), self.spec.space.as_bytes()] {
            hash.update(Sha256::digest(part));
        }
        hash.update(self.spec.max_tokens.to_le_bytes());
        hash.finalize().into()
    }

    /// Opens the model, for one thread.
    pub fn open<'a>(&self, vectors: &'a Vectors) -> Result<Model<'a>, Error> {
        let tokenizer = Tokenizer::from_json(&self.tokenizer, self.spec.max_tokens)?;
        let encoder =
            CpuEncoder::load(self.weights.clone()).map_err(|error| Error::Model(error.to_string()))?;
        let instructions = encoder.instructions();
        let embedder = NeuralEmbedder::new(Backend::Cpu, self.spec, Rc::new(tokenizer), encoder);
        Ok(Model { embedder, instructions, spec: self.spec, vectors })
    }
}

/// An embedder that remembers.
pub struct Model<'a> {
    embedder: Cpu,
    instructions: &'static str,
    spec: &'static ModelSpec,
    vectors: &'a Vectors,
}

impl Model<'_> {
    /// What the catalogue says of the model.
    pub fn spec(&self) -> &'static ModelSpec {
        self.spec
    }

    /// The instructions that its kernels use.
    pub fn instructions(&self) -> &'static str {
        self.instructions
    }

    /// Word pieces in a text, as passages are measured.
    pub fn pieces(&self, text: &str) -> usize {
        // This embedder always counts; a text is never shorter than nothing.
        self.embedder.count_tokens(text).unwrap_or(0)
    }

    /// One vector a text, in order. A text longer than the model takes is embedded by its beginning.
    pub fn embed(&self, texts: &[&str], role: Role) -> Result<Vec<Vec<f32>>, Error> {
        let prefix = match role {
            Role::Query => self.spec.query_prefix,
            Role::Passage => self.spec.passage_prefix,
        };
        let keys: Vec<_> = texts.iter().map(|text| self.vectors.key(prefix, text)).collect();
        let missing: Vec<usize> = (0..texts.len()).filter(|n| !self.vectors.has(&keys[*n])).collect();
        for batch in missing.chunks(BATCH) {
            let these: Vec<&str> = batch.iter().map(|n| texts[*n]).collect();
            let made = block_on(self.embedder.embed(&these, role))?;
            self.vectors.keep(batch.iter().map(|n| keys[*n]).zip(made).collect())?;
        }
        let found = keys.iter().map(|key| self.vectors.get(key)).collect::<Option<Vec<_>>>();
        found.ok_or_else(|| Error::Model("a vector that was just made is gone".into()))
    }
}

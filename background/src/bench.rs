//! The benchmark's border: encoders side by side, in a WASM module of its own that never ships.
//!
//! `./build.sh bench embed` wants what the product hides: our kernels and Burn's unmodified backend in one
//! module, on token ids that every contender gets alike. The module is built twice, with and without
//! relaxed SIMD, as the main module is.

use afterimage_models::{
    bert::{BertEncoder, flex_device},
    config::BertConfig,
    cpu::CpuEncoder,
    encoder::Encoder,
    hash::HashEmbedder,
    tokenizer::Tokenizer,
    weights::Weights,
};
use std::{fmt::Display, rc::Rc};
use wasm_bindgen::prelude::*;

/// Where texts are cut, special pieces included: all-MiniLM-L6-v2's own limit.
const MAX_TOKENS: usize = 256;

/// A tokenizer, a hash embedder and one neural encoder.
#[wasm_bindgen]
pub struct BenchEncoder {
    tokenizer: Tokenizer,
    hash: HashEmbedder,
    // `Rc`: wasm-bindgen must not hold a borrow of this object across an `await`.
    encoder: Rc<dyn Encoder>,
}

#[wasm_bindgen]
impl BenchEncoder {
    /// Opens a file of our own converter: `kind` is "int8" for our kernels, "flex" for Burn's unmodified
    /// backend on the same weights as f32.
    pub fn open(weights: Vec<u8>, kind: &str, tokenizer_json: &str) -> Result<BenchEncoder, JsError> {
        let file = Weights::converted(&weights).map_err(said)?;
        let config = file.config().clone();
        let encoder: Rc<dyn Encoder> = match kind {
            "int8" => Rc::new(CpuEncoder::load(weights).map_err(said)?),
            "flex" => flex(&file)?,
            _ => return Err(JsError::new(&format!("the kind is int8 or flex, not {kind}"))),
        };
        Self::with(&config, encoder, tokenizer_json)
    }

    /// Opens the published f32 weights on Burn's unmodified backend.
    #[wasm_bindgen(js_name = openPublished)]
    pub fn open_published(
        weights: Vec<u8>,
        config_json: &str,
        pooling_json: &str,
        tokenizer_json: &str,
    ) -> Result<BenchEncoder, JsError> {
        let config = BertConfig::from_hugging_face(config_json, pooling_json).map_err(said)?;
        let weights = Weights::published(&weights, config).map_err(said)?;
        Self::with(weights.config(), flex(&weights)?, tokenizer_json)
    }

    /// A text's word pieces, `[CLS]` and `[SEP]` included, cut at the model's limit.
    pub fn tokenize(&self, text: &str) -> Result<Vec<u32>, JsError> {
        Ok(self.tokenizer.ids_cut(text))
    }

    /// Encodes sequences: `ids` of all, one after the other, and the length of each. Gives all vectors,
    /// one after the other.
    pub async fn encode(&self, ids: Vec<u32>, lengths: Vec<u32>) -> Result<Vec<f32>, JsError> {
        let encoder = self.encoder.clone();
        let mut rest = ids.as_slice();
        let mut sequences = Vec::with_capacity(lengths.len());
        for length in lengths {
            let Some((sequence, others)) = rest.split_at_checked(length as usize) else {
                return Err(JsError::new("the lengths do not fit the ids"));
            };
            sequences.push(sequence.to_vec());
            rest = others;
        }
        Ok(encoder.encode(&sequences).await.map_err(said)?.concat())
    }

    /// The hash embedder's vector.
    pub fn hash(&self, text: &str) -> Vec<f32> {
        self.hash.vector(text)
    }

    fn with(config: &BertConfig, encoder: Rc<dyn Encoder>, tokenizer_json: &str) -> Result<Self, JsError> {
        let tokenizer = Tokenizer::from_json(tokenizer_json, MAX_TOKENS).map_err(said)?;
        Ok(Self { tokenizer, hash: HashEmbedder::new(config.hidden_size), encoder })
    }
}

/// Burn's unmodified backend.
fn flex(weights: &Weights<'_>) -> Result<Rc<dyn Encoder>, JsError> {
    Ok(Rc::new(BertEncoder::load(weights, &flex_device()).map_err(said)?))
}

fn said(error: impl Display) -> JsError {
    JsError::new(&error.to_string())
}

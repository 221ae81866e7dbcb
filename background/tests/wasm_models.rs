//! What only a browser can show of the models: the tokenizer with its other regex engine, BERT with WASM's
//! SIMD, and the converter, which must make the same bytes as the native one.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "tests")]

use afterimage_models::{
    config::BertConfig,
    cpu::{CpuEncoder, naive},
    encoder::Encoder,
    tokenizer::Tokenizer,
    weights,
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const TOKENIZER: &str = include_str!(concat!(env!("AFTERIMAGE_MODEL_DIR"), "/tokenizer.json"));
const TOKEN_IDS: &str = include_str!("../../models/tests/data/token_ids.json");
const CONFIG: &str = include_str!("../../models/tests/data/tiny-mean/config.json");
const POOLING: &str = include_str!("../../models/tests/data/tiny-mean/1_Pooling/config.json");
const WEIGHTS: &[u8] = include_bytes!("../../models/tests/data/tiny-mean/model.safetensors");
const EXPECTED: &str = include_str!("../../models/tests/data/tiny-mean/expected.json");
/// Of what the native converter makes of the same file (`models/tests/configs.rs` holds it to this, too).
const CONVERTED_SHA256: &str = include_str!("../../models/tests/data/tiny-mean/converted.sha256");

fn ids(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect()
}

#[wasm_bindgen_test]
fn token_ids_of_200_awkward_strings() {
    let tokenizer = Tokenizer::from_json(TOKENIZER, 256).unwrap();
    let reference: Value = serde_json::from_str(TOKEN_IDS).unwrap();
    let strings = reference["strings"].as_array().unwrap();
    assert_eq!(strings.len(), 200);
    for string in strings {
        let text = match string["repeat"].as_array() {
            Some(repeat) => repeat[0].as_str().unwrap().repeat(repeat[1].as_u64().unwrap() as usize),
            None => string["text"].as_str().unwrap().to_owned(),
        };
        assert_eq!(tokenizer.ids(&text), ids(&string["ids"]), "{}", string["name"]);
    }
}

#[wasm_bindgen_test]
async fn bert_gives_the_reference_vectors() {
    let config = BertConfig::from_hugging_face(CONFIG, POOLING).unwrap();
    let encoder = CpuEncoder::load(weights::convert(WEIGHTS, config).unwrap()).unwrap();
    let reference: Value = serde_json::from_str(EXPECTED).unwrap();
    let rows = reference["sequences"].as_array().unwrap();
    let sequences: Vec<Vec<u32>> = rows.iter().map(|row| ids(&row["ids"])).collect();
    for (vector, row) in encoder.encode(&sequences).await.unwrap().iter().zip(rows) {
        let wanted = row["vector"].as_array().unwrap();
        let cosine: f64 = vector.iter().zip(wanted).map(|(a, b)| f64::from(*a) * b.as_f64().unwrap()).sum();
        assert!(cosine > 0.998, "{cosine}");
    }
}

/// Relaxed SIMD, SIMD, and plain Rust: each kernel against its naive twin.
#[wasm_bindgen_test]
fn kernels_agree_with_their_twins() {
    for seed in 0..60 {
        let n = seed as usize;
        let shape =
            naive::Shape { seed, rows: 1 + n * 7 % 40, inputs: 1 + n * 5 % 40, outputs: 1 + n * 3 % 12 };
        naive::check(shape).unwrap();
    }
    naive::check(naive::Shape { seed: 60, rows: 37, inputs: 192, outputs: 48 }).unwrap();
}

#[wasm_bindgen_test]
fn the_fast_instructions_are_used() {
    let config = BertConfig::from_hugging_face(CONFIG, POOLING).unwrap();
    let encoder = CpuEncoder::load(weights::convert(WEIGHTS, config).unwrap()).unwrap();
    let wanted = if cfg!(feature = "relaxed-simd") { "relaxed-simd" } else { "simd128" };
    assert_eq!(encoder.instructions(), wanted);
}

#[wasm_bindgen_test]
fn the_converter_makes_the_same_bytes_as_natively() {
    let config = BertConfig::from_hugging_face(CONFIG, POOLING).unwrap();
    let converted = weights::convert(WEIGHTS, config).unwrap();
    let hash: String = Sha256::digest(&converted).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hash, CONVERTED_SHA256.trim());
}

//! Where the tests find the real model and the real texts.
#![allow(dead_code, reason = "each test binary uses its own part")]

use afterimage_models::{
    bert::{Batching, BertEncoder, flex_device},
    config::BertConfig,
    encoder::Encoder,
    tokenizer::Tokenizer,
    weights::Weights,
};
use pollster::block_on;
use serde_json::Value;
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// The folder of the published MiniLM. build.sh fetches it; without it these tests cannot say anything,
/// so they fail.
pub fn model_dir() -> PathBuf {
    let dir = env::var_os("AFTERIMAGE_MODEL_DIR")
        .expect("AFTERIMAGE_MODEL_DIR is not set: run the tests by ./build.sh test native");
    PathBuf::from(dir)
}

pub fn model_file(name: &str) -> Vec<u8> {
    let path = model_dir().join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub fn config() -> BertConfig {
    let text = |name| String::from_utf8(model_file(name)).unwrap();
    BertConfig::from_hugging_face(&text("config.json"), &text("1_Pooling/config.json")).unwrap()
}

pub fn tokenizer() -> Tokenizer {
    Tokenizer::from_json(&String::from_utf8(model_file("tokenizer.json")).unwrap(), 256).unwrap()
}

/// A folder of the shared real data, or `None` (said aloud) where it is absent.
pub fn data(folder: &str) -> Option<PathBuf> {
    let root = env::var_os("AFTERIMAGE_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    let path = root.join(folder);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("SKIPPED: {} is absent (set AFTERIMAGE_DATA)", path.display());
    None
}

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

pub fn json(path: impl AsRef<Path>) -> Value {
    serde_json::from_str(&fs::read_to_string(path.as_ref()).unwrap()).unwrap()
}

pub fn floats(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap() as f32).collect()
}

pub fn ids(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|v| v.as_u64().unwrap() as u32).collect()
}

pub fn published(batching: Batching) -> BertEncoder {
    let bytes = model_file("model.safetensors");
    BertEncoder::load(&Weights::published(&bytes, config()).unwrap(), batching, &flex_device()).unwrap()
}

pub fn encode(encoder: &impl Encoder, sequences: &[Vec<u32>]) -> Vec<Vec<f32>> {
    block_on(encoder.encode(sequences)).unwrap()
}

/// The largest difference between two vectors.
pub fn distance(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max)
}

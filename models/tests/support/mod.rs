//! Where the tests find the real model and the real texts.
#![allow(dead_code, reason = "each test binary uses its own part")]

use afterimage_models::{
    bert::{BertEncoder, flex_device},
    config::BertConfig,
    encoder::Encoder,
    tokenizer::Tokenizer,
    weights::Weights,
};
use pollster::block_on;
use safetensors::{Dtype, tensor::TensorView};
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

/// A folder of the shared real data, or `None` (said aloud) where it is absent and may be (see `AFTERIMAGE_REQUIRE` in
/// CONTRIBUTING.md).
pub fn data(folder: &str) -> Option<PathBuf> {
    let root = env::var_os("AFTERIMAGE_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    let path = root.join(folder);
    if path.is_dir() {
        return Some(path);
    }
    let missing = format!("{} is absent (set AFTERIMAGE_DATA)", path.display());
    let may_skip = env::var_os("AFTERIMAGE_REQUIRE").is_none_or(|value| value.is_empty());
    assert!(may_skip, "{missing}");
    eprintln!("SKIPPED: {missing}");
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

pub fn published() -> BertEncoder {
    let bytes = model_file("model.safetensors");
    BertEncoder::load(&Weights::published(&bytes, config()).unwrap(), &flex_device()).unwrap()
}

pub fn encode(encoder: &impl Encoder, sequences: &[Vec<u32>]) -> Vec<Vec<f32>> {
    block_on(encoder.encode(sequences)).unwrap()
}

/// The largest difference between two vectors.
pub fn distance(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max)
}

/// The generator that `reference/README.md` defines: splitmix64 seeded with the FNV-1a of a tensor's name.
pub fn random_tensor(name: &str, length: usize) -> Vec<f32> {
    let seed =
        name.bytes().fold(0xCBF2_9CE4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01B3));
    (1..=length as u64)
        .map(|i| {
            let mut z = seed.wrapping_add(i.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^= z >> 31;
            let value = ((z >> 40) as i64 - 8_388_608) as f32 * (0.1f32 / 8_388_608.0);
            if name.ends_with("LayerNorm.weight") { 1.0 + value } else { value }
        })
        .collect()
}

/// A published file with random weights, and `types` token types.
pub fn random_weights(config: &BertConfig, types: usize) -> Vec<u8> {
    let (hidden, wide) = (config.hidden_size, config.intermediate_size);
    let mut shapes = vec![
        ("embeddings.word_embeddings.weight".to_owned(), vec![config.vocab_size, hidden]),
        ("embeddings.position_embeddings.weight".into(), vec![config.max_position_embeddings, hidden]),
        ("embeddings.token_type_embeddings.weight".into(), vec![types, hidden]),
        ("embeddings.LayerNorm.weight".into(), vec![hidden]),
        ("embeddings.LayerNorm.bias".into(), vec![hidden]),
    ];
    for n in 0..config.num_hidden_layers {
        for (name, rows, columns) in [
            ("attention.self.query", hidden, hidden),
            ("attention.self.key", hidden, hidden),
            ("attention.self.value", hidden, hidden),
            ("attention.output.dense", hidden, hidden),
            ("intermediate.dense", wide, hidden),
            ("output.dense", hidden, wide),
        ] {
            shapes.push((format!("encoder.layer.{n}.{name}.weight"), vec![rows, columns]));
            shapes.push((format!("encoder.layer.{n}.{name}.bias"), vec![rows]));
        }
        for name in ["attention.output.LayerNorm", "output.LayerNorm"] {
            shapes.push((format!("encoder.layer.{n}.{name}.weight"), vec![hidden]));
            shapes.push((format!("encoder.layer.{n}.{name}.bias"), vec![hidden]));
        }
    }
    let tensors: Vec<(String, Vec<usize>, Vec<f32>)> = shapes
        .into_iter()
        .map(|(name, shape)| {
            let values = random_tensor(&name, shape.iter().product());
            (name, shape, values)
        })
        .collect();
    let bytes: Vec<Vec<u8>> =
        tensors.iter().map(|(_, _, v)| v.iter().flat_map(|x| x.to_le_bytes()).collect()).collect();
    let views = tensors
        .iter()
        .zip(&bytes)
        .map(|((name, shape, _), data)| (name, TensorView::new(Dtype::F32, shape.clone(), data).unwrap()));
    safetensors::serialize(views, None).unwrap()
}

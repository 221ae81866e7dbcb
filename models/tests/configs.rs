//! One BERT for every config: tiny random models with mean and CLS pooling, and bge-small's own shape
//! with random weights, against an independent implementation; and the same BERT on a second backend.

mod support;

use afterimage_models::{
    Pooling,
    bert::{Bert, BertEncoder, flex_device},
    config::BertConfig,
    weights::{self, Weights, WeightsError},
};
use burn::tensor::Device;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fs;
use support::*;

fn tiny(name: &str) -> (BertConfig, Vec<u8>, Value) {
    let read = |file: &str| fs::read(fixture(name).join(file)).unwrap();
    let text = |file: &str| String::from_utf8(read(file)).unwrap();
    let config = BertConfig::from_hugging_face(&text("config.json"), &text("1_Pooling/config.json")).unwrap();
    (config, read("model.safetensors"), json(fixture(name).join("expected.json")))
}

fn expected(value: &Value) -> (Vec<Vec<u32>>, Vec<Vec<f32>>) {
    let rows = value["sequences"].as_array().unwrap();
    rows.iter().map(|row| (ids(&row["ids"]), floats(&row["vector"]))).unzip()
}

#[test]
fn tiny_models_of_both_poolings() {
    for name in ["tiny-mean", "tiny-cls"] {
        let (config, bytes, reference) = tiny(name);
        let weights = Weights::published(&bytes, config.clone()).unwrap();
        let (sequences, wanted) = expected(&reference);
        let encoder = BertEncoder::load(&weights, &flex_device()).unwrap();
        for (ours, theirs) in encode(&encoder, &sequences).iter().zip(&wanted) {
            assert!(distance(ours, theirs) < 1e-5, "{name}");
        }
        let bert = Bert::load(&weights, &flex_device()).unwrap();
        let hidden = &reference["last_hidden_state"];
        let sequence = ids(&hidden["ids"]);
        let states = bert.forward(&sequence).into_data().try_to_vec::<f32>().unwrap();
        let rows: Vec<f32> = hidden["rows"].as_array().unwrap().iter().flat_map(floats).collect();
        assert!(distance(&states, &rows) < 1e-4, "{name}");
    }
}

#[test]
#[allow(deprecated, reason = "a second opinion for as long as Burn keeps it")]
fn a_second_backend_gives_the_same_vectors() {
    let (config, bytes, reference) = tiny("tiny-mean");
    let weights = Weights::published(&bytes, config).unwrap();
    let (sequences, wanted) = expected(&reference);
    let encoder = BertEncoder::load(&weights, &Device::ndarray()).unwrap();
    for (ours, theirs) in encode(&encoder, &sequences).iter().zip(&wanted) {
        assert!(distance(ours, theirs) < 1e-5);
    }
}

#[test]
fn the_shape_of_bge_small_with_random_weights() {
    let reference = json(fixture("bge_small_random.json"));
    let number = |name: &str| reference["config"][name].as_u64().unwrap() as usize;
    let config = BertConfig {
        vocab_size: number("vocab_size"),
        hidden_size: number("hidden_size"),
        num_hidden_layers: number("num_hidden_layers"),
        num_attention_heads: number("num_attention_heads"),
        intermediate_size: number("intermediate_size"),
        max_position_embeddings: number("max_position_embeddings"),
        layer_norm_eps: reference["config"]["layer_norm_eps"].as_f64().unwrap(),
        hidden_act: reference["config"]["hidden_act"].as_str().unwrap().into(),
        pooling: Pooling::Cls,
    };
    let types = number("type_vocab_size");
    for check in reference["tensors"].as_array().unwrap() {
        let values = random_tensor(check["name"].as_str().unwrap(), 4);
        assert_eq!(floats(&check["first"]), values, "{}", check["name"]);
    }
    let bytes = random_weights(&config, types);
    let weights = Weights::published(&bytes, config).unwrap();
    let encoder = BertEncoder::load(&weights, &flex_device()).unwrap();
    let (sequences, wanted) = expected(&reference);
    for (ours, theirs) in encode(&encoder, &sequences).iter().zip(&wanted) {
        assert!(distance(ours, theirs) < 1e-4, "{} tokens", sequences.len());
    }
}

#[test]
fn converted_weights_hold_the_model_and_nothing_else() {
    let (config, bytes, reference) = tiny("tiny-mean");
    let converted = weights::convert(&bytes, config.clone()).unwrap();
    assert!(converted.len() * 3 < bytes.len() * 2, "smaller: {} of {}", converted.len(), bytes.len());
    // The browser's converter is held to the same hash (background/tests/wasm_models.rs).
    let hash: String = Sha256::digest(&converted).iter().map(|byte| format!("{byte:02x}")).collect();
    let pinned = fs::read_to_string(fixture("tiny-mean/converted.sha256")).unwrap();
    assert_eq!(hash, pinned.trim(), "the same bytes every time and everywhere");
    let weights = Weights::converted(&converted).unwrap();
    assert_eq!(*weights.config(), config);
    let encoder = BertEncoder::load(&weights, &flex_device()).unwrap();
    let (sequences, wanted) = expected(&reference);
    for (ours, theirs) in encode(&encoder, &sequences).iter().zip(&wanted) {
        let cosine: f32 = ours.iter().zip(theirs).map(|(a, b)| a * b).sum();
        assert!(cosine > 0.999, "{cosine}");
    }
}

#[test]
fn weights_that_do_not_fit_are_refused_with_a_code() {
    let (config, bytes, _) = tiny("tiny-cls");
    let code = |error: WeightsError| error.code();
    let load = |bytes: &[u8], config: BertConfig| {
        Weights::published(bytes, config)
            .and_then(|weights| Bert::load(&weights, &flex_device()).map(drop))
            .map_err(code)
    };
    assert_eq!(load(&bytes[..bytes.len() / 2], config.clone()), Err("weights_unreadable"));
    assert_eq!(load(&[], config.clone()), Err("weights_unreadable"));
    let wider = BertConfig { intermediate_size: 128, ..config.clone() };
    assert_eq!(load(&bytes, wider), Err("weights_shape"));
    let deeper = BertConfig { num_hidden_layers: 3, ..config.clone() };
    assert_eq!(load(&bytes, deeper), Err("weights_tensor_missing"));
    let odd = BertConfig { num_attention_heads: 5, ..config.clone() };
    assert_eq!(load(&bytes, odd), Err("weights_config"));
    assert_eq!(Weights::converted(&bytes).map(drop).map_err(code), Err("weights_config"));

    let converted = weights::convert(&bytes, config).unwrap();
    // A NaN in a scale: scales are f32 tensors, found by their value in the file.
    let good = Weights::converted(&converted).unwrap();
    let scale = good.vector("encoder.layer.0.output.dense.weight.scale", 32).unwrap()[0];
    let at = converted.windows(4).position(|w| w == scale.to_le_bytes()).unwrap();
    let mut poisoned = converted.clone();
    poisoned[at..at + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    let refused =
        Weights::converted(&poisoned).and_then(|w| Bert::load(&w, &flex_device()).map(drop)).map_err(code);
    assert_eq!(refused, Err("weights_not_finite"));
}

#[test]
fn sequences_that_do_not_fit_are_refused() {
    let (config, bytes, _) = tiny("tiny-mean");
    let weights = Weights::published(&bytes, config).unwrap();
    let encoder = BertEncoder::load(&weights, &flex_device()).unwrap();
    for bad in [vec![], vec![1; 65], vec![128]] {
        let refused = pollster::block_on(afterimage_models::encoder::Encoder::encode(&encoder, &[bad]));
        assert_eq!(refused.unwrap_err().code(), "bad_shape");
    }
}

//! The CPU's own forward pass, whole: against reference numbers, batched and single, and with files and
//! sequences that must be refused. (The kernels one by one, against their naive twins: `src/cpu/naive.rs`.)

mod support;

use afterimage_models::{
    EmbedError, Pooling,
    config::BertConfig,
    cpu::CpuEncoder,
    embedder::cosine,
    encoder::Encoder,
    weights::{self, Weights, WeightsError},
};
use pollster::block_on;
use proptest::prelude::*;
use std::fs;
use support::*;

type Sequences = Vec<Vec<u32>>;
type Vectors = Vec<Vec<f32>>;

/// A tiny model as published, its config, and sequences with the vectors that another implementation gives.
fn tiny(name: &str) -> (Vec<u8>, BertConfig, Sequences, Vectors) {
    let read = |file: &str| fs::read(fixture(name).join(file)).unwrap();
    let text = |file: &str| String::from_utf8(read(file)).unwrap();
    let config = BertConfig::from_hugging_face(&text("config.json"), &text("1_Pooling/config.json")).unwrap();
    let reference = json(fixture(name).join("expected.json"));
    let rows = reference["sequences"].as_array().unwrap();
    let (sequences, vectors) = rows.iter().map(|row| (ids(&row["ids"]), floats(&row["vector"]))).unzip();
    (read("model.safetensors"), config, sequences, vectors)
}

fn tiny_file() -> Vec<u8> {
    let (bytes, config, _, _) = tiny("tiny-mean");
    weights::convert(&bytes, config).unwrap()
}

#[test]
fn tiny_models_of_both_poolings() {
    for (name, pooling) in [("tiny-mean", Pooling::Mean), ("tiny-cls", Pooling::Cls)] {
        let (bytes, config, sequences, wanted) = tiny(name);
        assert_eq!(config.pooling, pooling);
        let encoder = CpuEncoder::load(weights::convert(&bytes, config).unwrap()).unwrap();
        for (ours, theirs) in encode(&encoder, &sequences).iter().zip(&wanted) {
            assert!(cosine(ours, theirs) > 0.998, "{name}: {}", cosine(ours, theirs));
        }
    }
}

#[test]
fn embeddings_of_pieces_are_added_up() {
    let (bytes, config, ..) = tiny("tiny-mean");
    let (rows, columns) = (config.vocab_size, config.hidden_size);
    let table = Weights::published(&bytes, config.clone()).unwrap();
    let table = table.matrix("embeddings.word_embeddings.weight", rows, columns).unwrap().values;
    let encoder = CpuEncoder::load(weights::convert(&bytes, config).unwrap()).unwrap();
    let sum = encoder.weighted_sum(&[(3, 2.0), (5, -0.5)]).unwrap();
    let wanted: Vec<f32> =
        (0..columns).map(|n| 2.0 * table[3 * columns + n] - 0.5 * table[5 * columns + n]).collect();
    assert!(cosine(&sum, &wanted) / (cosine(&sum, &sum) * cosine(&wanted, &wanted)).sqrt() > 0.999);
    assert_eq!(encoder.weighted_sum(&[]), Some(vec![0.0; columns]));
    assert_eq!(encoder.weighted_sum(&[(rows as u32, 1.0)]), None);
}

#[test]
fn a_batch_gives_the_very_vectors_of_its_parts() {
    let encoder = CpuEncoder::load(tiny_file()).unwrap();
    let sequence = |n: usize| (0..n).map(|i| (i * 37 % 128) as u32).collect::<Vec<_>>();
    let sequences: Vec<Vec<u32>> = [1, 64, 7, 8, 9, 33, 64, 64, 64, 64, 64, 2].map(sequence).to_vec();
    let single: Vec<Vec<f32>> =
        sequences.iter().flat_map(|one| encode(&encoder, std::slice::from_ref(one))).collect();
    assert_eq!(encode(&encoder, &sequences), single);
    assert_eq!(encode(&encoder, &[]), Vec::<Vec<f32>>::new());
}

#[test]
fn ten_thousand_sequences_are_no_trouble() {
    let encoder = CpuEncoder::load(tiny_file()).unwrap();
    let sequences: Vec<Vec<u32>> = (0..10_000u32).map(|i| vec![i % 128; 1 + i as usize % 3]).collect();
    let vectors = encode(&encoder, &sequences);
    assert_eq!(vectors.len(), 10_000);
    assert_eq!(vectors[0], vectors[384], "the same sequence, 384 apart");
}

#[test]
fn sequences_that_do_not_fit_are_refused() {
    let encoder = CpuEncoder::load(tiny_file()).unwrap();
    for bad in [vec![], vec![1; 65], vec![1; 600], vec![128], vec![u32::MAX]] {
        // A good one beside it does not help.
        let refused = block_on(encoder.encode(&[vec![1, 2], bad]));
        assert_eq!(refused.unwrap_err().code(), "bad_shape");
    }
}

/// Changes the `n`th f32 of a tensor in a file.
fn set_float(file: &mut [u8], tensor: &str, n: usize, value: f32) {
    let header = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    let json: serde_json::Value = serde_json::from_slice(&file[8..8 + header]).unwrap();
    let start = json[tensor]["data_offsets"][0].as_u64().unwrap() as usize;
    let at = 8 + header + start + n * 4;
    file[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

#[test]
fn scales_that_are_no_scales_are_refused() {
    let good = tiny_file();
    for name in ["encoder.layer.1.output.dense.weight.scale", "embeddings.word_embeddings.weight.scale"] {
        for (bad, code) in [
            (f32::NAN, "weights_not_finite"),
            (f32::INFINITY, "weights_not_finite"),
            (0.0, "weights_scale"),
            (-0.1, "weights_scale"),
        ] {
            let mut file = good.clone();
            set_float(&mut file, name, 3, bad);
            assert_eq!(CpuEncoder::load(file).map(drop).map_err(|e| e.code()), Err(code), "{name} {bad}");
        }
    }
}

#[test]
fn scales_too_large_for_f32_make_an_error_and_no_vector() {
    let mut file = tiny_file();
    for n in 0..32 {
        set_float(&mut file, "encoder.layer.0.output.dense.weight.scale", n, f32::MAX);
    }
    let encoder = CpuEncoder::load(file).unwrap();
    assert_eq!(block_on(encoder.encode(&[vec![1, 2, 3]])), Err(EmbedError::NotAVector));
}

#[test]
fn weights_beyond_the_kernels_arithmetic_are_refused() {
    let mut file = tiny_file();
    let header = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    let json: serde_json::Value = serde_json::from_slice(&file[8..8 + header]).unwrap();
    let offsets = &json["encoder.layer.0.intermediate.dense.weight"]["data_offsets"];
    let start = 8 + header + offsets[0].as_u64().unwrap() as usize;
    // The first two of every four inputs of an output: fours are 32 bytes apart.
    for four in (0..3).map(|n| start + n * 32) {
        file[four..four + 2].fill(127);
    }
    assert_eq!(CpuEncoder::load(file).map(drop).map_err(|e| e.code()), Err("weights_range"));
}

#[test]
fn files_of_another_shape_are_refused() {
    let code = |file: Vec<u8>| CpuEncoder::load(file).map(drop).map_err(|e: WeightsError| e.code());
    let file = tiny_file();
    assert_eq!(code(vec![]), Err("weights_unreadable"));
    assert_eq!(code(file[..file.len() - 1].to_vec()), Err("weights_unreadable"));
    assert_eq!(code(tiny("tiny-mean").0), Err("weights_config"));
    // The header is JSON of fixed length: numbers can be swapped for others of as many digits.
    let swap = |from: &str, to: &str| {
        let at = file.windows(from.len()).position(|part| part == from.as_bytes()).unwrap();
        let mut file = file.clone();
        file[at..at + to.len()].copy_from_slice(to.as_bytes());
        file
    };
    assert_eq!(code(swap("\\\"format\\\":2", "\\\"format\\\":1")), Err("weights_config"));
    assert_eq!(
        code(swap("\\\"num_attention_heads\\\":4", "\\\"num_attention_heads\\\":8")),
        Err("weights_config")
    );
    assert_eq!(
        code(swap("\\\"num_hidden_layers\\\":2", "\\\"num_hidden_layers\\\":3")),
        Err("weights_tensor_missing")
    );
    assert_eq!(code(swap("\\\"vocab_size\\\":128", "\\\"vocab_size\\\":127")), Err("weights_shape"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever happens to a file: an error, or an encoder that gives unit vectors or an error.
    #[test]
    fn damaged_files_never_panic(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20), header in any::<bool>()) {
        let mut file = tiny_file();
        let end = if header { 4096.min(file.len()) } else { file.len() };
        for (index, byte) in damage {
            file[index.index(end)] = byte;
        }
        if let Ok(encoder) = CpuEncoder::load(file)
            && let Ok(vectors) = block_on(encoder.encode(&[vec![1, 5, 9, 100, 2]]))
        {
            let norm: f32 = vectors[0].iter().map(|x| x * x).sum();
            prop_assert!((norm - 1.0).abs() < 0.02);
        }
    }

    #[test]
    fn noise_is_no_file(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(CpuEncoder::load(bytes).is_err());
    }
}

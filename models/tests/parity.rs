//! The real MiniLM against numbers made by someone else's implementation (`reference/`).

mod support;

use afterimage_models::{
    bert::{BertEncoder, flex_device},
    catalogue,
    cpu::CpuEncoder,
    embedder::cosine,
    weights::{self, Weights},
};
use sha2::{Digest, Sha256};
use std::fs;
use support::*;

#[test]
fn token_ids_of_200_awkward_strings() {
    let tokenizer = tokenizer();
    let reference = json(fixture("token_ids.json"));
    let strings = reference["strings"].as_array().unwrap();
    assert_eq!(strings.len(), 200);
    for string in strings {
        let text = match string["repeat"].as_array() {
            Some(repeat) => repeat[0].as_str().unwrap().repeat(repeat[1].as_u64().unwrap() as usize),
            None => string["text"].as_str().unwrap().to_owned(),
        };
        let wanted = ids(&string["ids"]);
        assert_eq!(tokenizer.ids(&text), wanted, "{}", string["name"]);
        assert_eq!(tokenizer.count(&text), wanted.len() - 2, "{}", string["name"]);
        let cut = tokenizer.ids_cut(&text);
        assert!(cut.len() <= 256 && cut.last() == wanted.last());
    }
}

#[test]
fn f32_vectors_agree_to_1e_4_and_give_the_published_similarities() {
    let reference = json(fixture("minilm_vectors.json"));
    let texts = reference["texts"].as_array().unwrap();
    let tokenizer = tokenizer();
    let encoder = published();
    let sequences: Vec<Vec<u32>> = texts
        .iter()
        .map(|text| {
            let cut = tokenizer.ids_cut(text["text"].as_str().unwrap());
            assert_eq!(cut, ids(&text["ids"]), "{}", text["name"]);
            cut
        })
        .collect();
    let vectors = encode(&encoder, &sequences);
    for (vector, text) in vectors.iter().zip(texts) {
        let off = distance(vector, &floats(&text["vector"]));
        assert!(off < 1e-4, "{}: {off}", text["name"]);
    }
    for row in reference["published_similarities"].as_array().unwrap() {
        let index = |n: usize| row[n].as_u64().unwrap() as usize;
        let similarity = cosine(&vectors[index(0)], &vectors[index(1)]);
        assert!((similarity - row[2].as_f64().unwrap() as f32).abs() < 5e-5, "{row}: {similarity}");
    }
}

#[test]
fn int8_stays_close_on_200_real_passages() {
    let (Some(scifact), Some(stsb)) = (data("scifact"), data("stsb")) else { return };
    let reference = json(fixture("real_passages.json"));
    let wanted: Vec<f32> = fs::read(fixture("real_passages.f32"))
        .unwrap()
        .as_chunks::<4>()
        .0
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect();
    let corpus = fs::read_to_string(scifact.join("corpus.jsonl")).unwrap();
    let corpus: Vec<&str> = corpus.split('\n').collect();
    let pairs = fs::read_to_string(stsb.join("stsb-en-test.csv")).unwrap();
    let pairs: Vec<&str> = pairs.split('\n').collect();

    let tokenizer = tokenizer();
    let mut sequences = Vec::new();
    for passage in reference["passages"].as_array().unwrap() {
        let line = passage["line"].as_u64().unwrap() as usize;
        let text = match passage["source"].as_str().unwrap() {
            "scifact" => {
                let row: serde_json::Value = serde_json::from_str(corpus[line]).unwrap();
                format!("{} {}", row["title"].as_str().unwrap(), row["text"].as_str().unwrap())
            }
            _ => pairs[line].split(',').next().unwrap().to_owned(),
        };
        let hash: String = Sha256::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hash, passage["sha256"].as_str().unwrap(), "the text is the one that was embedded");
        sequences.push(tokenizer.ids_cut(&text));
    }

    let converted = weights::convert(&model_file("model.safetensors"), config()).unwrap();
    let burn = BertEncoder::load(&Weights::converted(&converted).unwrap(), &flex_device());
    let weights_only = encode(&burn.unwrap(), &sequences);
    let kernels = encode(&CpuEncoder::load(converted).unwrap(), &sequences);
    let wanted: Vec<Vec<f32>> = wanted.chunks_exact(384).map(<[f32]>::to_vec).collect();
    let compare = |what: &str, ours: &[Vec<f32>], theirs: &[Vec<f32>]| {
        let cosines: Vec<f32> = ours.iter().zip(theirs).map(|(a, b)| cosine(a, b)).collect();
        assert_eq!(cosines.len(), 200);
        let mean = cosines.iter().sum::<f32>() / cosines.len() as f32;
        let worst = cosines.iter().copied().fold(1.0, f32::min);
        println!("{what}: mean cosine {mean:.5}, worst {worst:.5}");
        assert!(mean >= 0.995 && worst >= 0.975, "{what}: mean {mean}, worst {worst}");
    };
    compare("int8 weights, f32 arithmetic, against f32", &weights_only, &wanted);
    compare("int8 kernels against f32", &kernels, &wanted);
    // The graphics processor computes in f32 from the same int8 weights: one space.
    compare("int8 kernels against f32 arithmetic", &kernels, &weights_only);
}

#[test]
fn the_converter_makes_exactly_what_the_catalogue_pins() {
    let converted = weights::convert(&model_file("model.safetensors"), config()).unwrap();
    let pinned = catalogue::bundled().converted.unwrap();
    let hash: String = Sha256::digest(&converted).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((converted.len() as u64, hash.as_str()), (pinned.bytes, pinned.sha256));
    assert_eq!(config().pooling, catalogue::bundled().pooling);
    assert_eq!(config().hidden_size, catalogue::bundled().dims);
}

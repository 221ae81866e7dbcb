//! The converter against files that come in blocks, cut off, or made by somebody who means harm.

mod support;

use afterimage_models::{
    Pooling,
    config::BertConfig,
    weights::{Converter, WeightsError, convert, header_length},
};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::fs;
use support::*;

/// Wide enough that its table of words takes several blocks.
fn config() -> BertConfig {
    BertConfig {
        vocab_size: 6000,
        hidden_size: 64,
        num_hidden_layers: 1,
        num_attention_heads: 4,
        intermediate_size: 128,
        max_position_embeddings: 16,
        layer_norm_eps: 1e-12,
        hidden_act: "gelu".into(),
        pooling: Pooling::Cls,
    }
}

/// A file with another header, over the same tensors.
fn with_header(header: &str, file: &[u8]) -> Vec<u8> {
    let data = header_length(file).unwrap();
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &file[data..]].concat()
}

fn header_of(file: &[u8]) -> String {
    String::from_utf8(file[8..header_length(file).unwrap()].to_vec()).unwrap()
}

fn code(converted: Result<Vec<u8>, WeightsError>) -> &'static str {
    converted.unwrap_err().code()
}

#[test]
fn blocks_are_small_come_in_order_and_can_be_read_once() {
    let file = random_weights(&config(), 2);
    let header = &file[..header_length(&file).unwrap()];
    let mut converter = Converter::new(header, file.len() as u64, config()).unwrap();
    let (mut reached, mut blocks) = (header.len() as u64, 0);
    while let Some(wanted) = converter.wants() {
        assert!(wanted.start >= reached && wanted.end - wanted.start <= 1 << 20, "{wanted:?}");
        assert!(converter.done() < 1.0);
        reached = wanted.end;
        blocks += 1;
        converter.take(&file[wanted.start as usize..wanted.end as usize]).unwrap();
    }
    assert!(blocks > 20 && converter.done() == 1.0);
    assert_eq!(converter.finish(), convert(&file, config()).unwrap());
}

#[test]
fn a_published_model_gives_the_same_bytes_as_ever() {
    let published = fs::read(fixture("tiny-cls/model.safetensors")).unwrap();
    let text = |file: &str| fs::read_to_string(fixture(file)).unwrap();
    let config =
        BertConfig::from_hugging_face(&text("tiny-cls/config.json"), &text("tiny-cls/1_Pooling/config.json"))
            .unwrap();
    let converted = convert(&published, config).unwrap();
    let hash: String = Sha256::digest(&converted).iter().map(|byte| format!("{byte:02x}")).collect();
    // Made by the converter that held a whole file in memory.
    assert_eq!(hash, "3e62ba65a13a680100c830c5c9870e147037cd0005ab1cd7da9e0c9f43de28e1");
}

#[test]
fn a_file_that_lies_is_refused_with_a_code() {
    let file = random_weights(&config(), 2);
    let header = header_of(&file);
    assert_eq!(code(convert(&[], config())), "weights_unreadable");
    assert_eq!(code(convert(&file[..7], config())), "weights_unreadable");
    assert_eq!(code(convert(&file[..file.len() - 1], config())), "weights_unreadable");
    assert_eq!(code(convert(&[file.as_slice(), &[0]].concat(), config())), "weights_unreadable");
    let long = [&(1u64 << 40).to_le_bytes(), header.as_bytes()].concat();
    assert_eq!(code(convert(&long, config())), "weights_unreadable");
    let name = "embeddings.word_embeddings.weight";
    for (from, to, expected) in [
        (name, "embeddings.other.weight", "weights_tensor_missing"),
        ("[6000,64]", "[64,6000]", "weights_shape"),
        ("[6000,64]", "[6000,65]", "weights_unreadable"),
        ("\"F32\"", "\"I32\"", "weights_type"),
        ("\"data_offsets\":[0,", "\"data_offsets\":[4,", "weights_unreadable"),
        ("{", "[", "weights_unreadable"),
    ] {
        assert!(header.contains(from), "{from}");
        assert_eq!(code(convert(&with_header(&header.replace(from, to), &file), config())), expected, "{to}");
    }
    let wide = BertConfig { intermediate_size: 132, ..config() };
    assert_eq!(code(convert(&file, wide)), "weights_config");
    // A config that is far larger than the file must not be allocated first.
    let huge = BertConfig { vocab_size: 1 << 20, num_hidden_layers: 128, ..config() };
    assert_eq!(code(convert(&file, huge)), "weights_shape");
    let mut poisoned = file.clone();
    let last = poisoned.len() - 4;
    poisoned[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    assert_eq!(code(convert(&poisoned, config())), "weights_not_finite");
}

#[test]
fn a_block_of_another_length_is_refused() {
    let file = random_weights(&config(), 2);
    let header = &file[..header_length(&file).unwrap()];
    let mut converter = Converter::new(header, file.len() as u64, config()).unwrap();
    let wanted = converter.wants().unwrap();
    assert!(converter.take(&file[wanted.start as usize..wanted.end as usize - 4]).is_err());
    assert_eq!(converter.wants(), Some(wanted), "nothing was taken");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(file in prop::collection::vec(any::<u8>(), 0..200)) {
        _ = convert(&file, config());
    }

    #[test]
    fn no_header_makes_it_panic(header in "[\\PC]{0,200}") {
        let file = [&(header.len() as u64).to_le_bytes(), header.as_bytes()].concat();
        _ = convert(&file, config());
    }
}

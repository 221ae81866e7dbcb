//! The tokenizer against the `tokenizers` crate, id for id, on whatever chance makes; and files it must refuse.
//! (Against numbers of Hugging Face's own code: `parity.rs`.)

mod support;

use afterimage_models::tokenizer::Tokenizer;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::{str::FromStr, sync::LazyLock};
use support::*;

static OURS: LazyLock<Tokenizer> = LazyLock::new(tokenizer);
static TWIN: LazyLock<tokenizers::Tokenizer> = LazyLock::new(|| {
    let json = String::from_utf8(model_file("tokenizer.json")).unwrap();
    let mut twin = tokenizers::Tokenizer::from_str(&json).unwrap();
    twin.with_truncation(None).unwrap();
    twin.with_padding(None);
    twin
});

fn assert_same(text: &str) {
    let theirs = TWIN.encode_fast(text, true).unwrap();
    let ids = OURS.ids(text);
    assert_eq!(ids, theirs.get_ids(), "{text:?}");
    assert_eq!(OURS.count(text), ids.len() - 2);
    let cut = OURS.ids_cut(text);
    let (wanted, last) = (ids.len().min(256), ids[ids.len() - 1]);
    assert_eq!((cut.len(), cut[wanted - 1]), (wanted, last));
    assert_eq!(cut[..wanted - 1], ids[..wanted - 1]);
    let pieces = &theirs.get_tokens()[1..ids.len() - 1];
    let known = pieces.iter().filter(|piece| *piece != "[UNK]").count();
    let share = if pieces.is_empty() { 1.0 } else { known as f64 / pieces.len() as f64 };
    assert_eq!(OURS.known_share(text), share, "{text:?}");
}

/// Characters of many scripts, those that the rules single out, and any.
fn awkward() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => "[a-zA-Z]{1,12}",
        2 => "[ \\t\\r\\n.,;:!?'\"()#@$%^&*+=<>|~`_/\\\\-]{1,3}",
        1 => "[0-9]{1,6}",
        1 => "[À-ÿŁłŠšǅİıſßﬁΑ-Ωα-ωςА-я]{1,8}",
        1 => "[\u{300}-\u{36f}]{1,2}",
        1 => "[一-鿿㐀-㐿豈-龎]{1,4}",
        1 => "[가-힣]{1,4}",
        1 => "[ぁ-んァ-ヶ]{1,5}",
        1 => "[ا-يऀ-९๐-๙]{1,5}",
        1 => "[\u{200b}-\u{200f}\u{2028}-\u{202f}\u{2060}\u{feff}\u{ad}\u{a0}\u{3000}]{1,2}",
        1 => "[😀-🙏🏻-🏿❤️‍]{1,3}",
        1 => "[\u{0}-\u{1f}\u{7f}-\u{9f}\u{fffd}]{1,2}",
        1 => prop_oneof![
            Just("[SEP]".to_owned()), Just("[CLS]".to_owned()), Just("[MASK]".to_owned()), Just("[SEP".to_owned()),
            Just("[sep]".to_owned()), Just("##ing".to_owned()), Just("x".repeat(101)), Just("[[PAD]]".to_owned()),
        ],
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]
    #[test]
    fn ids_are_those_of_the_twin(text in awkward()) {
        assert_same(&text);
    }

    #[test]
    fn no_character_panics(text in any::<String>()) {
        OURS.ids_cut(&text);
    }
}

#[test]
fn ids_of_real_pages_are_those_of_the_twin() {
    let Some(scifact) = data("scifact") else { return };
    let corpus = std::fs::read_to_string(scifact.join("corpus.jsonl")).unwrap();
    for line in corpus.lines().step_by(40) {
        let row: Value = serde_json::from_str(line).unwrap();
        assert_same(row["text"].as_str().unwrap());
    }
}

#[test]
fn long_and_hostile_texts_take_no_longer_than_they_are() {
    let start = std::time::Instant::now();
    for text in [
        "[SEP]".repeat(50_000),
        "[".repeat(250_000),
        "a".repeat(250_000),
        "é".repeat(120_000),
        "[SE ".repeat(60_000),
    ] {
        OURS.count(&text);
        assert!(OURS.ids_cut(&text).len() <= 256);
    }
    // Unoptimised and beside other work; a quadratic one takes minutes.
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn other_tokenizers_are_refused() {
    let good: Value = serde_json::from_slice(&model_file("tokenizer.json")).unwrap();
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut file = good.clone();
        change(&mut file);
        Tokenizer::from_json(&file.to_string(), 256).map(drop).map_err(|error| error.code().to_owned())
    };
    assert_eq!(refused(&|_| {}), Ok(()));
    let failed = Err("tokenizer_failed".to_owned());
    assert_eq!(refused(&|file| file["model"]["type"] = json!("BPE")), failed.clone());
    assert_eq!(refused(&|file| file["normalizer"]["type"] = json!("NFC")), failed.clone());
    assert_eq!(refused(&|file| file["pre_tokenizer"]["type"] = json!("Whitespace")), failed.clone());
    assert_eq!(refused(&|file| file["model"]["unk_token"] = json!("[nothing]")), failed.clone());
    assert_eq!(refused(&|file| file["added_tokens"][0]["lstrip"] = json!(true)), failed.clone());
    assert_eq!(refused(&|file| file["post_processor"]["single"] = json!([])), failed.clone());
    assert_eq!(refused(&|file| file["added_tokens"] = json!([])), failed.clone());
    assert_eq!(
        Tokenizer::from_json("", 256).map(drop).map_err(|error| error.code().to_owned()),
        failed.clone()
    );
    let json = good.to_string();
    assert_eq!(
        Tokenizer::from_json(&json, 1).map(drop).map_err(|error| error.code().to_owned()),
        Err("bad_shape".to_owned())
    );
}

//! Turns `catalogue.toml` into Rust constants, so that no TOML parser ships and a slip in the file is a
//! build error.

use serde::Deserialize;
use std::{env, fmt::Write, fs, path::Path};

#[derive(Deserialize)]
struct Catalogue {
    model: Vec<Model>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Model {
    id: String,
    revision: String,
    licence: String,
    dims: usize,
    max_tokens: usize,
    pooling: String,
    query_prefix: String,
    passage_prefix: String,
    min_cosine: f32,
    languages: Vec<String>,
    bundled: bool,
    source: Vec<File>,
    converted: Option<File>,
    tokenizer: File,
    /// Read by tools/downloads.py.
    #[serde(default, rename = "config")]
    _config: Option<toml::Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    name: String,
    #[serde(default)]
    url: String,
    bytes: u64,
    sha256: String,
}

impl File {
    fn code(&self, default_name: &str) -> String {
        let name = if self.name.is_empty() { default_name } else { &self.name };
        format!(
            "FileSpec {{ name: {name:?}, url: {:?}, bytes: {}, sha256: {:?} }}",
            self.url, self.bytes, self.sha256
        )
    }
}

fn main() {
    println!("cargo::rerun-if-changed=catalogue.toml");
    let text = fs::read_to_string("catalogue.toml").expect("models/catalogue.toml can be read");
    let catalogue: Catalogue = toml::from_str(&text).expect("models/catalogue.toml is a catalogue");
    let mut code = String::from(
        "/// Every model, in the order of the catalogue.\npub static MODELS: &[ModelSpec] = &[\n",
    );
    for model in &catalogue.model {
        let pooling = match model.pooling.as_str() {
            "mean" => "Pooling::Mean",
            "cls" => "Pooling::Cls",
            other => panic!("models/catalogue.toml: pooling {other:?} is neither mean nor cls"),
        };
        let source: Vec<_> = model.source.iter().map(|file| file.code("")).collect();
        let converted = match &model.converted {
            Some(file) => format!("Some({})", file.code("weights.safetensors")),
            None => "None".into(),
        };
        writeln!(
            code,
            "    ModelSpec {{ id: {:?}, revision: {:?}, space: {:?}, licence: {:?}, dims: {}, max_tokens: {}, \
             pooling: {pooling}, query_prefix: {:?}, passage_prefix: {:?}, min_cosine: {:?}, languages: &{:?}, bundled: {}, \
             source: &[{}], converted: {converted}, tokenizer: {} }},",
            model.id,
            model.revision,
            format!("{}@{}", model.id, model.revision),
            model.licence,
            model.dims,
            model.max_tokens,
            model.query_prefix,
            model.passage_prefix,
            model.min_cosine,
            model.languages,
            model.bundled,
            source.join(", "),
            model.tokenizer.code("tokenizer.json"),
        )
        .expect("writing to a string");
    }
    code.push_str("];\n");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("catalogue.rs"), code).expect("OUT_DIR can be written");
}

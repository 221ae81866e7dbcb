//! What may be downloaded: `models/downloads.json` of the package, which the build writes from `models/catalogue.toml`.
//!
//! A file and not constants of the catalogue, since tests that play the hub have no weights with the published hash;
//! their copy of the extension pins their own. So there is no switch that turns a check off.

use afterimage_models::{
    catalogue::{self, ModelSpec},
    config::BertConfig,
};
use serde::Deserialize;

/// Where in [`Pinned::files`] the weights are.
pub const WEIGHTS: usize = 0;
/// Where the tokenizer is.
pub const TOKENIZER: usize = 1;
/// Only this may be spoken with a hub.
const SCHEME: &str = "https://";

/// A model that may be downloaded.
#[derive(Debug, Clone, PartialEq)]
pub struct Pinned {
    pub spec: &'static ModelSpec,
    pub config: BertConfig,
    /// Weights and tokenizer.
    pub files: [PinnedFile; 2],
}

/// A file that must be exactly this one.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct PinnedFile {
    pub name: String,
    pub url: String,
    pub bytes: u64,
    /// Hexadecimal, lower case.
    pub sha256: String,
}

#[derive(Deserialize)]
struct File {
    models: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    revision: String,
    config: BertConfig,
    weights: PinnedFile,
    tokenizer: PinnedFile,
}

/// Reads the list. Entries that do not fit the catalogue are left out.
pub fn read(text: &str) -> Vec<Pinned> {
    let Ok(file) = serde_json::from_str::<File>(text) else { return Vec::new() };
    let known = file.models.into_iter().filter_map(|entry| {
        let spec =
            catalogue::find(&entry.id).filter(|spec| spec.revision == entry.revision && !spec.bundled)?;
        let config = entry.config;
        let fits = config.check().is_ok()
            && config.hidden_size == spec.dims
            && config.pooling == spec.pooling
            && config.max_position_embeddings >= spec.max_tokens;
        let files = [entry.weights, entry.tokenizer];
        let sound = files.iter().all(|file| file.url.starts_with(SCHEME) && file.bytes > 0);
        (fits && sound).then_some(Pinned { spec, config, files })
    });
    known.collect()
}

impl Pinned {
    /// All bytes.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// Before the keys of all that came of it and is not a model yet.
    pub fn pieces(&self) -> String {
        format!("piece/{}/", self.spec.space)
    }

    /// Before the keys of all that came of a file.
    pub fn pieces_of(&self, file: usize) -> String {
        format!("{}{}/", self.pieces(), self.files[file].name)
    }

    /// The key of a piece; in the order of the keys they make the file.
    pub fn piece(&self, file: usize, at: u64) -> String {
        format!("{}{at:012}", self.pieces_of(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_the_package_is_the_catalogue() {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tools/downloads.py");
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let made = std::process::Command::new("python3").arg(script).current_dir(root).output().unwrap();
        let text = String::from_utf8(made.stdout).unwrap();
        let pinned = read(&text);
        let bge = catalogue::find("bge-small-en-v1.5").unwrap();
        assert_eq!(pinned.iter().map(|pinned| pinned.spec).collect::<Vec<_>>(), [bge], "{text}");
        let [weights, tokenizer] = &pinned[0].files;
        assert_eq!((weights.url.as_str(), weights.bytes), (bge.source[0].url, bge.source[0].bytes));
        assert_eq!(weights.sha256, bge.source[0].sha256);
        assert_eq!((tokenizer.bytes, tokenizer.sha256.as_str()), (bge.tokenizer.bytes, bge.tokenizer.sha256));
        assert_eq!(tokenizer.url, weights.url.replace("model.safetensors", "tokenizer.json"));
        assert_eq!(pinned[0].config.num_hidden_layers, 12);

        for (from, to) in [
            ("https://", "http://"),
            ("\"vocab_size\": 30522", "\"vocab_size\": 0"),
            ("\"hidden_size\": 384", "\"hidden_size\": 768"),
            ("\"cls\"", "\"mean\""),
            (bge.revision, "main"),
            (bge.id, "all-MiniLM-L6-v2"),
            ("{", ""),
        ] {
            assert!(text.contains(from), "{from}");
            assert_eq!(read(&text.replacen(from, to, 9)), [], "{from} → {to}");
        }
    }
}

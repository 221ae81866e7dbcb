//! The models that Afterimage knows, from `catalogue.toml`.

use crate::Pooling;

/// What is known of a model before any of its files is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ModelSpec {
    /// Its name on the hub, and the folder of its files in the package.
    pub id: &'static str,
    /// The revision of its weights.
    pub revision: &'static str,
    /// `id@revision`: vectors are compared only within one space.
    pub space: &'static str,
    /// SPDX expression.
    pub licence: &'static str,
    /// Dimensions of its vectors.
    pub dims: usize,
    /// Longest input, in word pieces, `[CLS]` and `[SEP]` included.
    pub max_tokens: usize,
    /// How token states become one vector.
    pub pooling: Pooling,
    /// Put before a question.
    pub query_prefix: &'static str,
    /// Put before a passage.
    pub passage_prefix: &'static str,
    /// Below this cosine a page is no answer.
    pub min_cosine: f32,
    /// What it was trained on, as BCP 47 primary subtags; empty: any language.
    pub languages: &'static [&'static str],
    /// Ships in the package.
    pub bundled: bool,
    /// The published files.
    pub source: &'static [FileSpec],
    /// What the converter makes of them, where it is pinned.
    pub converted: Option<FileSpec>,
    /// Its `tokenizer.json`.
    pub tokenizer: FileSpec,
}

impl ModelSpec {
    /// Whether it was trained on the language of a BCP 47 tag.
    pub fn knows(&self, tag: &str) -> bool {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        self.languages.is_empty() || self.languages.iter().any(|known| known.eq_ignore_ascii_case(primary))
    }
}

/// A file that must be exactly this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileSpec {
    /// Its name.
    pub name: &'static str,
    /// Where it is published; empty if it comes with another file.
    pub url: &'static str,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, hexadecimal, lower case.
    pub sha256: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/catalogue.rs"));

/// The model of this name.
pub fn find(id: &str) -> Option<&'static ModelSpec> {
    MODELS.iter().find(|model| model.id == id)
}

/// The model that ships in the package.
pub fn bundled() -> &'static ModelSpec {
    // A test holds the catalogue to exactly one bundled model.
    MODELS.iter().find(|model| model.bundled).unwrap_or(&MODELS[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_sound() {
        assert_eq!(MODELS.iter().filter(|model| model.bundled).count(), 1);
        for model in MODELS {
            let hashes = model.source.iter().chain(&model.converted).chain([&model.tokenizer]);
            for file in hashes {
                assert_eq!(file.sha256.len(), 64, "{} {}", model.id, file.name);
                assert!(file.sha256.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
                assert!(file.bytes > 0, "{} {}", model.id, file.name);
            }
            assert_eq!(model.space, format!("{}@{}", model.id, model.revision));
            assert!(find(model.id) == Some(model), "names are unique");
        }
        for (tag, known) in [("en", true), ("EN-gb", true), ("en_US", true), ("de", false), ("eng", false)] {
            assert_eq!(bundled().knows(tag), known, "{tag}");
        }
        assert_eq!(bundled().id, "all-MiniLM-L6-v2");
        assert_eq!(find("bge-small-en-v1.5").unwrap().pooling, Pooling::Cls);
    }
}

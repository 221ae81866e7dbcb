//! BEIR SciFact: scientific claims, and the abstracts that support or refute them.

use super::read;
use crate::{error::Error, history::Document, measure::Task};
use serde::Deserialize;
use std::{collections::HashMap, path::Path};

/// The corpus and its test questions.
pub struct SciFact {
    /// The URL is the identifier.
    pub documents: Vec<Document>,
    /// Claims, in the order of the file.
    pub tasks: Vec<Task>,
}

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "_id")]
    id: String,
    #[serde(default)]
    title: String,
    text: String,
}

#[derive(Deserialize)]
struct Judgement {
    #[serde(rename = "query-id")]
    query: String,
    #[serde(rename = "corpus-id")]
    document: String,
    score: f64,
}

impl SciFact {
    /// Reads `corpus.jsonl`, `queries.jsonl` and `qrels/test.tsv`.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let documents = lines(&folder.join("corpus.jsonl"))?
            .into_iter()
            .map(|line| Document { url: line.id, title: line.title, text: line.text, seen_at: 0.0 })
            .collect();
        let judgements = folder.join("qrels/test.tsv");
        let mut relevant: HashMap<String, HashMap<String, f64>> = HashMap::new();
        let text = read(&judgements)?;
        let mut rows = csv::ReaderBuilder::new().delimiter(b'\t').from_reader(text.as_bytes());
        for row in rows.deserialize() {
            let row: Judgement = row.map_err(Error::format(&judgements))?;
            if row.score > 0.0 {
                relevant.entry(row.query).or_default().insert(row.document, row.score);
            }
        }
        let tasks = lines(&folder.join("queries.jsonl"))?
            .into_iter()
            .filter_map(|line| Some(Task { relevant: relevant.remove(&line.id)?, text: line.text }))
            .collect();
        Ok(Self { documents, tasks })
    }
}

fn lines(path: &Path) -> Result<Vec<Line>, Error> {
    read(path)?.lines().map(|line| serde_json::from_str(line).map_err(Error::format(path))).collect()
}

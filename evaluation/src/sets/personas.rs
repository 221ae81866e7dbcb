//! Mozilla's browsing-history personas: what somebody has read, and what they later ask for.

use super::{folders, read};
use crate::{error::Error, history::Document, measure::Task};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Pages of results are not pages that were read; the product does not keep them either.
const RESULTS_PAGE: &str = "google.com/search?";

/// One person.
pub struct Persona {
    /// The folder's name.
    pub name: String,
    /// Title and description of every page.
    pub documents: Vec<Document>,
    /// What they ask; one page answers each.
    pub tasks: Vec<Task>,
}

#[derive(Deserialize)]
struct Ask {
    #[serde(rename = "search_query")]
    text: String,
    url: String,
}

#[derive(Deserialize)]
struct Visit {
    url: String,
    title: String,
    description: String,
    /// µs since the epoch.
    last_visit_date: f64,
}

/// The folders of all of them.
pub fn all(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    folders(folder)
}

impl Persona {
    /// Reads `history.csv` and `query.csv`.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let visits: Vec<Visit> = rows(&folder.join("history.csv"))?;
        let asks: Vec<Ask> = rows(&folder.join("query.csv"))?;
        let documents =
            visits.into_iter().filter(|visit| !visit.url.contains(RESULTS_PAGE)).map(|visit| Document {
                url: visit.url,
                title: visit.title,
                text: visit.description,
                seen_at: visit.last_visit_date / 1000.0,
            });
        Ok(Self {
            name: folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            documents: documents.collect(),
            tasks: asks.into_iter().map(|ask| Task::one(ask.text, ask.url)).collect(),
        })
    }
}

fn rows<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<Vec<T>, Error> {
    let text = read(path)?;
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .map(|row| row.map_err(Error::format(path)))
        .collect()
}

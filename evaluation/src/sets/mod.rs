//! The data sets, read into documents and questions. None of their texts is part of the project.

pub mod personas;
pub mod saved_pages;
pub mod scifact;
pub mod unanswered;

use crate::error::Error;
use std::{fs, path::Path};

fn read(path: &Path) -> Result<String, Error> {
    let bytes = fs::read(path).map_err(Error::file(path))?;
    String::from_utf8(bytes).map_err(Error::format(path))
}

/// The folders in a folder, in the order of their names.
fn folders(path: &Path) -> Result<Vec<std::path::PathBuf>, Error> {
    let mut all = Vec::new();
    for entry in fs::read_dir(path).map_err(Error::file(path))? {
        let entry = entry.map_err(Error::file(path))?.path();
        if entry.is_dir() {
            all.push(entry);
        }
    }
    all.sort();
    Ok(all)
}

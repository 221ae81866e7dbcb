//! What can go wrong, each with what to do about it.

use afterimage_index::IndexError;
use afterimage_models::EmbedError;
use std::{fmt, path::PathBuf};

/// Why nothing was measured.
#[derive(Debug)]
pub enum Error {
    /// The command line is not understood.
    Usage(String),
    /// A file cannot be read or written.
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        why: std::io::Error,
    },
    /// A file is there but is not what it should be.
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        why: String,
    },
    /// The model cannot be opened.
    Model(String),
    /// A text was not embedded.
    Embed(EmbedError),
    /// The index refused something.
    Index(IndexError),
    /// None of the data sets is there.
    NoData(PathBuf),
}

impl Error {
    /// For `map_err`: a file that cannot be read or written.
    pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |why| Error::File { path, why }
    }

    /// For `map_err`: a file with something unexpected in it.
    pub fn format<W: fmt::Display>(path: impl Into<PathBuf>) -> impl FnOnce(W) -> Self {
        let path = path.into();
        move |why| Error::Format { path, why: why.to_string() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Usage(why) => write!(f, "{why}"),
            Error::File { path, why } => {
                write!(f, "{}: {why}. Is the path right, and may it be read and written?", path.display())
            }
            Error::Format { path, why } => {
                write!(f, "{}: {why}. Fetch this file anew: its SOURCE.txt says from where", path.display())
            }
            Error::Model(why) => {
                write!(f, "the model cannot be used: {why}. Delete its folder; ./build.sh fetches it again")
            }
            Error::Embed(why) => write!(f, "a text was not embedded: {why}. Report this as a bug"),
            Error::Index(why) => write!(f, "the index refused: {why}"),
            Error::NoData(path) => write!(
                f,
                "{} holds none of the data sets: set AFTERIMAGE_DATA to a folder that does",
                path.display()
            ),
        }
    }
}

impl std::error::Error for Error {}

impl From<IndexError> for Error {
    fn from(error: IndexError) -> Self {
        Error::Index(error)
    }
}

impl From<EmbedError> for Error {
    fn from(error: EmbedError) -> Self {
        Error::Embed(error)
    }
}

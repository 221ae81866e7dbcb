//! What can go wrong inside, and how it is told at the border.

use afterimage_index::{IndexError, store::StoreError};
use afterimage_messages::{ErrorCode, Failure, VERSION};
use afterimage_models::EmbedError;
use std::fmt;

/// Why the engine could not do it.
#[derive(Debug, Clone, PartialEq)]
pub enum EngineError {
    /// The sender speaks another version of the protocol.
    UnknownVersion(u32),
    /// The sender may not ask this; the sentence says what it may.
    Forbidden(&'static str),
    /// An argument makes no sense.
    BadArgument(String),
    /// The store failed.
    Store(StoreError),
    /// The index failed.
    Index(IndexError),
    /// No embedder could embed.
    Embed(EmbedError),
}

impl EngineError {
    /// As told to whoever asked.
    pub fn into_failure(self) -> Failure {
        let code = match &self {
            EngineError::UnknownVersion(_) => ErrorCode::UnknownVersion,
            EngineError::Forbidden(_) => ErrorCode::Forbidden,
            EngineError::BadArgument(_) => ErrorCode::BadMessage,
            EngineError::Store(_) | EngineError::Index(IndexError::Store(_)) => ErrorCode::Store,
            EngineError::Index(_) => ErrorCode::Corrupt,
            EngineError::Embed(_) => ErrorCode::Embed,
        };
        Failure { code, message: self.to_string() }
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EngineError::UnknownVersion(version) => {
                write!(
                    f,
                    "The message has version {version}, not {VERSION}: reload the page or the extension."
                )
            }
            EngineError::Forbidden(what) => write!(f, "Not allowed: {what}."),
            EngineError::BadArgument(why) => write!(f, "The request makes no sense: {why}."),
            EngineError::Store(error) => error.fmt(f),
            EngineError::Index(error) => error.fmt(f),
            EngineError::Embed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for EngineError {}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<IndexError> for EngineError {
    fn from(error: IndexError) -> Self {
        Self::Index(error)
    }
}

impl From<EmbedError> for EngineError {
    fn from(error: EmbedError) -> Self {
        Self::Embed(error)
    }
}

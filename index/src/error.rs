//! Everything that can go wrong at this crate's border.

use crate::store::{StoreError, Table};
use std::fmt;

/// Why the index could not do it. Nothing was changed, in memory or in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum IndexError {
    /// The store failed.
    Store(StoreError),
    /// A stored row that is needed for the answer cannot be read.
    Corrupt {
        /// Its table.
        table: Table,
        /// Its key.
        key: String,
    },
    /// A vector has another number of dimensions than those already stored in its space.
    DimensionMismatch {
        /// The space.
        space: String,
        /// What the space has.
        expected: usize,
        /// What was given.
        got: usize,
    },
    /// A vector is empty, too long, all zero, or holds a value that is not finite.
    BadVector {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A time is not a finite number.
    BadTime,
    /// A page has more text than one page may have.
    PageTooLarge {
        /// Its text in bytes, title included.
        bytes: usize,
        /// The most that is accepted.
        limit: usize,
    },
    /// A row could not be encoded.
    Encode(String),
}

impl IndexError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            IndexError::Store(error) => error.code(),
            IndexError::Corrupt { .. } => "row_corrupt",
            IndexError::DimensionMismatch { .. } => "dimension_mismatch",
            IndexError::BadVector { .. } => "bad_vector",
            IndexError::BadTime => "bad_time",
            IndexError::PageTooLarge { .. } => "page_too_large",
            IndexError::Encode(_) => "row_encode",
        }
    }
}

impl fmt::Display for IndexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IndexError::Store(error) => error.fmt(f),
            IndexError::Corrupt { table, key } => {
                write!(f, "the stored row {key} of table {} is damaged: visit its page again", table.name())
            }
            IndexError::DimensionMismatch { space, expected, got } => write!(
                f,
                "vectors of space {space} have {expected} dimensions, this one has {got}: \
                 give another model another space"
            ),
            IndexError::BadVector { reason } => write!(f, "{reason}: embed the text again"),
            IndexError::BadTime => {
                write!(f, "the time is not a finite number: pass milliseconds since the epoch")
            }
            IndexError::PageTooLarge { bytes, limit } => {
                write!(f, "the page has {bytes} bytes of text, at most {limit} are kept: cut it first")
            }
            IndexError::Encode(why) => write!(f, "a row could not be encoded ({why}): report this as a bug"),
        }
    }
}

impl std::error::Error for IndexError {}

impl From<StoreError> for IndexError {
    fn from(error: StoreError) -> Self {
        IndexError::Store(error)
    }
}

//! Where everything durable lives: a handful of ordered tables of bytes and one atomic commit.
//!
//! The background keeps them in IndexedDB; [`RamStore`] is their twin for tests. Both pass `conformance`,
//! the one shared test suite (cargo feature `conformance`). The trait is this small on purpose: the layout of every
//! record is decided, versioned and tested in Rust, so the browser's database only has to keep bytes in
//! key order and to commit all of a batch or none of it. The rejected alternative, one method for every
//! record type, would have put half of the engine into the adapter, where no native test reaches it.

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod ram;

pub use ram::{Fault, RamStore};

use std::{fmt, rc::Rc};

/// The tables. A key is unique within its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// One row a page.
    Pages,
    /// Texts of passages.
    Passages,
    /// Vectors of passages.
    Vectors,
    /// Which pages were seen under a raw address.
    Aliases,
    /// Which lines pages of a site have in common, one row a site.
    Boilerplate,
    /// What is derived from pages, texts, vectors and aliases and is small: which segments there are, what is known of each page,
    /// what changed since.
    Catalog,
    /// The segments: what is derived and large.
    Segments,
    /// Captured texts that are not yet indexed.
    Queue,
    /// Model files. Large: an implementation should keep a value here as a blob outside its log.
    Models,
    /// Settings, measurements, format versions.
    Meta,
}

impl Table {
    /// All of them.
    pub const ALL: [Table; 10] = [
        Table::Pages,
        Table::Passages,
        Table::Vectors,
        Table::Aliases,
        Table::Boilerplate,
        Table::Catalog,
        Table::Segments,
        Table::Queue,
        Table::Models,
        Table::Meta,
    ];

    /// Those that say what was read: emptied when everything is forgotten.
    pub const OF_PAGES: [Table; 7] = [
        Table::Pages,
        Table::Passages,
        Table::Vectors,
        Table::Aliases,
        Table::Boilerplate,
        Table::Catalog,
        Table::Segments,
    ];

    /// The stable name under which it is kept.
    pub fn name(self) -> &'static str {
        match self {
            Table::Pages => "pages",
            Table::Passages => "passages",
            Table::Vectors => "vectors",
            Table::Aliases => "aliases",
            Table::Boilerplate => "boilerplate",
            Table::Catalog => "catalog",
            Table::Segments => "segments",
            Table::Queue => "queue",
            Table::Models => "models",
            Table::Meta => "meta",
        }
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Write a row, replacing the one of the same key.
    Put {
        /// Where.
        table: Table,
        /// Its key.
        key: String,
        /// Its bytes.
        value: Vec<u8>,
    },
    /// Remove a row, if it is there.
    Delete {
        /// Where.
        table: Table,
        /// Its key.
        key: String,
    },
    /// Remove every row whose key starts with `prefix`.
    DeletePrefix {
        /// Where.
        table: Table,
        /// The prefix; empty empties the table.
        prefix: String,
    },
}

/// Changes that happen together or not at all, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// The changes.
    pub ops: Vec<Op>,
}

impl Batch {
    /// No changes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a write.
    pub fn put(&mut self, table: Table, key: impl Into<String>, value: Vec<u8>) {
        self.ops.push(Op::Put { table, key: key.into(), value });
    }

    /// Adds a removal.
    pub fn delete(&mut self, table: Table, key: impl Into<String>) {
        self.ops.push(Op::Delete { table, key: key.into() });
    }

    /// Adds the removal of every row whose key starts with `prefix`.
    pub fn delete_prefix(&mut self, table: Table, prefix: impl Into<String>) {
        self.ops.push(Op::DeletePrefix { table, prefix: prefix.into() });
    }
}

/// An ordered, transactional store of bytes.
///
/// Futures are not `Send`: a service worker has one thread.
#[allow(async_fn_in_trait, reason = "one thread, static dispatch; nobody needs the future to be Send")]
pub trait Store {
    /// The row of `key`.
    async fn get(&self, table: Table, key: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// The rows of `keys`, in their order, read in one transaction.
    async fn get_many(&self, table: Table, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError>;

    /// Up to `limit` rows whose keys are greater than `after` (all, if `None`), in ascending order of
    /// their UTF-16 code units (for the ASCII keys that this project uses: of their bytes).
    async fn scan(
        &self,
        table: Table,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Vec<u8>)>, StoreError>;

    /// The number of rows.
    async fn count(&self, table: Table) -> Result<usize, StoreError>;

    /// Applies all of `batch` or none of it. When this returns `Ok`, the change survives the death of
    /// the worker and of the browser.
    async fn commit(&self, batch: Batch) -> Result<(), StoreError>;
}

/// A store that several owners share.
impl<S: Store> Store for Rc<S> {
    async fn get(&self, table: Table, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        (**self).get(table, key).await
    }

    async fn get_many(&self, table: Table, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        (**self).get_many(table, keys).await
    }

    async fn scan(
        &self,
        table: Table,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        (**self).scan(table, after, limit).await
    }

    async fn count(&self, table: Table) -> Result<usize, StoreError> {
        (**self).count(table).await
    }

    async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        (**self).commit(batch).await
    }
}

/// Why the store could not do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// The disk is full, or the quota is.
    Full,
    /// The database could not be opened, or was closed under us; a new worker may succeed.
    Unavailable(String),
    /// Anything else the database says.
    Failed(String),
}

impl StoreError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            StoreError::Full => "store_full",
            StoreError::Unavailable(_) => "store_unavailable",
            StoreError::Failed(_) => "store_failed",
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Full => write!(f, "the disk or the browser's quota is full: free some space"),
            StoreError::Unavailable(why) => {
                write!(f, "the database cannot be opened ({why}): restart the browser")
            }
            StoreError::Failed(why) => write!(f, "the database failed: {why}"),
        }
    }
}

impl std::error::Error for StoreError {}

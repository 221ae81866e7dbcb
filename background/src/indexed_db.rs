//! [`Store`] over the browser's IndexedDB.
//!
//! One object store for each table, with string keys kept apart from the values. A value is a `Uint8Array`,
//! in [`Table::Models`] a `Blob`: the browser keeps a blob's bytes outside of its log, so that a model of
//! 20–100 MB is read in tens of milliseconds and does not slow down everything else.
//!
//! **Transactions.** An IndexedDB transaction commits by itself as soon as it has nothing to do when control
//! goes back to the browser, which makes it easy to lose one between two `await`s. Here all requests of a
//! transaction are made at once, before the first `await`, so there is no such gap. A commit is one
//! read-write transaction over exactly the tables of its batch, asks for `durability: "strict"` (Chrome's
//! default is to leave the last seconds in the system's cache) and is done only at the `complete` event; a
//! commit whose future is dropped half way is aborted.
//!
//! **Connections.** A connection closes itself when somebody wants to delete or upgrade the database, so
//! that they never wait for us; the browser may close one too, such as when site data are cleared. The next
//! operation then opens a new one and is repeated once, which is safe because the failed attempt was
//! aborted as a whole. If that does not help it is [`StoreError::Unavailable`].
//!
//! **The crate.** `indexed_db_futures` 0.6 was chosen over `idb` 0.6. Both are small, kept and under the MIT
//! licence; `idb` is half the code and has fewer dependencies (the other one's are mostly procedural macros,
//! which do not ship). But `idb` cannot ask for durability; it reports an abort without its reason, so that
//! a full disk looks like any other failure; and when its transaction is dropped, what was asked for until
//! then is committed. `indexed_db_futures` does all three as this file needs them. Its explicit `commit()`
//! is not used, because that loses the reason of an abort as well; `on_done()` and `error()` keep it.

use afterimage_index::gather;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use afterimage_index::store::{Batch, Op, Store, StoreError, Table};
use futures::FutureExt as _;
use futures::future::{AbortHandle, abortable};
use indexed_db_futures::KeyRange;
use indexed_db_futures::database::{Database, VersionChangeEvent};
use indexed_db_futures::error::{Error, OpenDbError};
use indexed_db_futures::future::VoidRequest;
use indexed_db_futures::object_store::ObjectStore;
use indexed_db_futures::prelude::*;
use indexed_db_futures::transaction::{
    Transaction, TransactionDurability, TransactionFinishKind, TransactionMode, TransactionOptions,
};
use js_sys::{Array, JsString, Uint8Array};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, DomException};

/// The version of the tables' layout: what tables there are, not what is in their rows.
const VERSION: u32 = 3;

/// A [`Store`] in IndexedDB.
pub struct IndexedDb {
    name: String,
    connection: RefCell<Rc<Connection>>,
}

impl IndexedDb {
    /// Opens the database, making or upgrading it if need be.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the browser refuses, or if a newer version of the extension made it;
    /// [`StoreError::Full`] if there is no room for even an empty one.
    pub async fn open(name: &str) -> Result<Self, StoreError> {
        let connection = Rc::new(Connection::open(name).await?);
        Ok(Self { name: name.to_owned(), connection: RefCell::new(connection) })
    }

    fn current(&self) -> Rc<Connection> {
        Rc::clone(&self.connection.borrow())
    }

    /// A connection that is not `dead`: what another operation opened meanwhile, or a new one.
    async fn reconnect(&self, dead: &Rc<Connection>) -> Result<Rc<Connection>, StoreError> {
        let current = self.current();
        if !Rc::ptr_eq(&current, dead) {
            return Ok(current);
        }
        let fresh = Rc::new(Connection::open(&self.name).await?);
        *self.connection.borrow_mut() = Rc::clone(&fresh);
        Ok(fresh)
    }

    /// Does `work`, a second time on a new connection if the first one turns out to be closed.
    async fn with_database<T>(
        &self,
        work: impl AsyncFn(&Database) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let connection = self.current();
        match work(&connection.database).await {
            Err(Failure::Closed(_)) => {
                let connection = self.reconnect(&connection).await?;
                Ok(work(&connection.database).await?)
            }
            other => Ok(other?),
        }
    }
}

impl Store for IndexedDb {
    async fn get(&self, table: Table, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.with_database(async |database| {
            let transaction = read(database, table)?;
            let value =
                transaction.object_store(table.name())?.get::<JsValue, _, _>(key).primitive()?.await?;
            end(transaction);
            bytes_if_any(value).await
        })
        .await
    }

    async fn get_many(&self, table: Table, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        self.with_database(async |database| {
            let transaction = read(database, table)?;
            let rows = transaction.object_store(table.name())?;
            let mut requests = Vec::with_capacity(keys.len());
            for key in keys {
                requests.push(rows.get::<JsValue, _, _>(key.as_str()).primitive()?);
            }
            // All values first: reading a blob would leave the transaction without a request.
            let mut values = Vec::with_capacity(keys.len());
            for request in requests {
                values.push(request.await?);
            }
            end(transaction);
            let mut found = Vec::with_capacity(keys.len());
            for value in values {
                found.push(bytes_if_any(value).await?);
            }
            Ok(found)
        })
        .await
    }

    /// Two requests, `getAllKeys` and `getAll`, in one transaction and hence of one state. A cursor would
    /// cost one event for each row, many times the row's own time.
    async fn scan(
        &self,
        table: Table,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        // To IndexedDB a limit of 0 is none.
        if limit == 0 {
            return Ok(Vec::new());
        }
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        // The empty string is the first of all keys.
        let range = || match after {
            Some(after) => KeyRange::LowerBound(after, true),
            None => KeyRange::LowerBound("", false),
        };
        self.with_database(async |database| {
            let transaction = read(database, table)?;
            let rows = transaction.object_store(table.name())?;
            let keys =
                rows.get_all_keys::<String>().with_query::<&str, _>(range()).with_limit(limit).primitive()?;
            let values =
                rows.get_all::<JsValue>().with_query::<&str, _>(range()).with_limit(limit).primitive()?;
            let keys = keys.await?;
            let values = values.await?;
            end(transaction);
            let mut found = Vec::with_capacity(values.len());
            for (key, value) in keys.zip(values) {
                found.push((key?, bytes(value?).await?));
            }
            Ok(found)
        })
        .await
    }

    async fn count(&self, table: Table) -> Result<usize, StoreError> {
        self.with_database(async |database| {
            let transaction = read(database, table)?;
            let count = transaction.object_store(table.name())?.count().primitive()?.await?;
            Ok(count as usize)
        })
        .await
    }

    async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        if batch.ops.is_empty() {
            return Ok(());
        }
        let tables: BTreeSet<Table> = gather(batch.ops.iter().map(table_of));
        let names: Vec<&str> = tables.iter().map(|table| table.name()).collect();
        self.with_database(async |database| {
            let transaction = database
                .transaction(names.as_slice())
                .with_mode(TransactionMode::Readwrite)
                .with_options(TransactionOptions::new().with_durability(TransactionDurability::Strict))
                .build()?;
            let done = transaction.on_done()?;
            let mut requests = Vec::with_capacity(batch.ops.len());
            for op in &batch.ops {
                let rows = transaction.object_store(table_of(op).name())?;
                requests.push(request(&rows, op)?);
            }
            match done.await {
                TransactionFinishKind::Ok => Ok(()),
                _ => Err(why_aborted(&transaction, requests)),
            }
        })
        .await
    }
}

/// Deletes the database. Waits until every connection to it is closed; ours close themselves.
///
/// # Errors
/// [`StoreError::Unavailable`] if the browser has no IndexedDB, else what the browser says.
pub async fn delete_database(name: &str) -> Result<(), StoreError> {
    Database::delete_by_name(name).map_err(cannot_open)?.await.map_err(|error| Failure::from(error).into())
}

/// An open database that closes itself when somebody else needs it closed, or when it is dropped.
struct Connection {
    database: Database,
    watch: AbortHandle,
}

impl Connection {
    async fn open(name: &str) -> Result<Self, StoreError> {
        let request = Database::open(name).with_version(VERSION).with_on_upgrade_needed(upgrade).build();
        let database = request.map_err(cannot_open)?.await.map_err(cannot_open)?;
        let mut changes = database.version_changes().map_err(Failure::from)?;
        let watched = database.clone();
        let (task, watch) = abortable(async move {
            if changes.recv().await.is_some() {
                watched.close();
            }
        });
        spawn_local(task.map(drop));
        Ok(Self { database, watch })
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.watch.abort();
        // It closes once its transactions are finished.
        self.database.clone().close();
    }
}

/// From whatever version there is to [`VERSION`], one step for each version in between.
fn upgrade(event: VersionChangeEvent, database: Database) -> Result<(), Error> {
    let version_1 = [Table::Pages, Table::Passages, Table::Queue, Table::Models, Table::Meta];
    let version_2 = [Table::Vectors, Table::Aliases, Table::Catalog, Table::Segments];
    if event.old_version() < 1.0 {
        for table in version_1 {
            database.create_object_store(table.name()).build()?;
        }
    }
    if event.old_version() < 2.0 {
        for table in version_2 {
            database.create_object_store(table.name()).build()?;
        }
    }
    if event.old_version() < 3.0 {
        database.create_object_store(Table::Boilerplate.name()).build()?;
    }
    Ok(())
}

fn read(database: &Database, table: Table) -> Result<Transaction<'_>, Error> {
    database.transaction(table.name()).with_mode(TransactionMode::Readonly).build()
}

/// Ends a transaction that has read what it wanted. Dropping it would abort it, which is more work for the browser.
fn end(transaction: Transaction<'_>) {
    // The first poll asks for the commit; nobody waits for its event.
    let _ = transaction.commit().now_or_never();
}

fn table_of(op: &Op) -> Table {
    match op {
        Op::Put { table, .. } | Op::Delete { table, .. } | Op::DeletePrefix { table, .. } => *table,
    }
}

/// Makes the request of one change. It runs whether or not it is awaited.
fn request(rows: &ObjectStore<'_>, op: &Op) -> Result<VoidRequest, Failure> {
    Ok(match op {
        Op::Put { table, key, value } => {
            rows.put(value_of(*table, value)?).with_key(key.as_str()).without_key_type().primitive()?
        }
        Op::Delete { key, .. } => rows.delete(key.as_str()).primitive()?,
        Op::DeletePrefix { prefix, .. } => match end_of_prefix(prefix) {
            Some(end) => rows
                .delete::<JsValue, _>(KeyRange::Bound(JsValue::from_str(prefix), false, end, true))
                .primitive()?,
            None => rows.delete::<&str, _>(KeyRange::LowerBound(prefix.as_str(), false)).primitive()?,
        },
    })
}

/// The first string that does not start with `prefix` and sorts after all that do, in the order of UTF-16
/// code units: the prefix with its last unit increased. `None` if there is none, as for the empty prefix.
/// A JavaScript string, because half of a surrogate pair is a unit too.
fn end_of_prefix(prefix: &str) -> Option<JsValue> {
    let mut units: Vec<u16> = prefix.encode_utf16().collect();
    while let Some(last) = units.pop() {
        if let Some(next) = last.checked_add(1) {
            units.push(next);
            return Some(JsString::from_char_code(&units).into());
        }
    }
    None
}

/// What is kept of a value.
fn value_of(table: Table, value: &[u8]) -> Result<JsValue, Failure> {
    let bytes = Uint8Array::from(value);
    if table != Table::Models {
        return Ok(bytes.into());
    }
    let blob = Blob::new_with_u8_array_sequence(&Array::of1(&bytes));
    Ok(blob.map_err(|error| Failure::from(Error::from(error)))?.into())
}

async fn bytes_if_any(value: Option<JsValue>) -> Result<Option<Vec<u8>>, Failure> {
    match value {
        Some(value) => bytes(value).await.map(Some),
        None => Ok(None),
    }
}

/// The bytes of a kept value, whichever way it is kept.
async fn bytes(value: JsValue) -> Result<Vec<u8>, Failure> {
    let value = match value.dyn_into::<Uint8Array>() {
        Ok(bytes) => return Ok(bytes.to_vec()),
        Err(value) => value,
    };
    match value.dyn_into::<Blob>() {
        Ok(blob) => {
            let buffer = JsFuture::from(blob.array_buffer()).await.map_err(Error::from)?;
            Ok(Uint8Array::new(&buffer).to_vec())
        }
        Err(_) => Err(Failure::Other("a value is neither bytes nor a blob".to_owned())),
    }
}

/// The reason of an abort: the transaction's own (a full disk shows only at its end), else that of the first
/// request that failed by itself rather than because the others were aborted.
fn why_aborted(transaction: &Transaction<'_>, requests: Vec<VoidRequest>) -> Failure {
    let own = transaction.error().map(Failure::from);
    let failures = requests.into_iter().filter_map(|request| request.now_or_never()?.err());
    own.into_iter()
        .chain(failures.map(Failure::from))
        .find(|failure| !matches!(failure, Failure::Closed(_)))
        .unwrap_or_else(|| Failure::Closed("the transaction was aborted".to_owned()))
}

/// How an operation failed, before it is known whether it is worth a second try.
#[derive(Debug)]
enum Failure {
    /// The connection is closed, or was closed under the transaction; nothing was written.
    Closed(String),
    Full,
    Other(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let exception = match error {
            Error::DomException(exception) => DomException::from(exception),
            other => return Failure::Other(other.to_string()),
        };
        let text = format!("{}: {}", exception.name(), exception.message());
        match exception.name().as_str() {
            "QuotaExceededError" => Failure::Full,
            "InvalidStateError" | "AbortError" => Failure::Closed(text),
            _ => Failure::Other(text),
        }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Closed(why) => StoreError::Unavailable(why),
            Failure::Full => StoreError::Full,
            Failure::Other(why) => StoreError::Failed(why),
        }
    }
}

/// A database that cannot be opened is unavailable whatever the reason, except that a full disk can be
/// helped.
fn cannot_open(error: OpenDbError) -> StoreError {
    match error {
        OpenDbError::Base(error) => match Failure::from(error) {
            Failure::Full => StoreError::Full,
            Failure::Closed(why) | Failure::Other(why) => StoreError::Unavailable(why),
        },
        other => StoreError::Unavailable(other.to_string()),
    }
}

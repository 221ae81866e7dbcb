//! The IndexedDB store in a real browser, in a service worker as in the extension: the suite that all
//! stores share, then what only a database on disk has to show. Run by `./build.sh test`.
//!
//! Where a fault is wanted that no browser produces on request, such as a full disk, a method of IndexedDB
//! is replaced for the length of a test; what our code does with the fault is then real.

#![cfg(target_arch = "wasm32")]

use std::cell::Cell;

use afterimage_background::indexed_db::{IndexedDb, delete_database};
use afterimage_index::store::{Batch, Store, StoreError, Table, conformance};
use futures::FutureExt as _;
use indexed_db_futures::database::Database;
use indexed_db_futures::prelude::*;
use indexed_db_futures::transaction::TransactionMode;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_service_worker);

/// An empty database of its own for each test.
async fn fresh(name: &str) -> IndexedDb {
    delete_database(name).await.expect("deleted");
    IndexedDb::open(name).await.expect("opened")
}

/// The same database again, after the first connection is gone.
async fn reopen(store: IndexedDb, name: &str) -> IndexedDb {
    drop(store);
    IndexedDb::open(name).await.expect("opened again")
}

fn one(table: Table, key: &str, value: &[u8]) -> Batch {
    let mut batch = Batch::new();
    batch.put(table, key, value.to_vec());
    batch
}

/// What lies in the database, as the browser sees it.
async fn raw_value(name: &str, table: Table, key: &str) -> JsValue {
    let database = Database::open(name).await.expect("opened");
    let transaction = database.transaction(table.name()).build().expect("transaction");
    let rows = transaction.object_store(table.name()).expect("table");
    let value: Option<JsValue> = rows.get(key).primitive().expect("request").await.expect("value");
    drop(transaction);
    database.close();
    value.expect("there is a row")
}

/// Replaces a method of IndexedDB until dropped. `body` sees the arguments as `a` and the original as `f`.
struct Replaced(js_sys::Function);

impl Replaced {
    fn new(class: &str, method: &str, body: &str) -> Self {
        let install = format!(
            "const p = self.{class}.prototype, f = p.{method};
             p.{method} = function (...a) {{ {body} }};
             return () => {{ p.{method} = f; }};"
        );
        let undo = js_sys::Function::new_no_args(&install).call0(&JsValue::NULL).expect("installed");
        Self(undo.dyn_into().expect("a function"))
    }
}

impl Drop for Replaced {
    fn drop(&mut self) {
        self.0.call0(&JsValue::NULL).expect("restored");
    }
}

fn eval(expression: &str) -> JsValue {
    js_sys::Function::new_no_args(&format!("return {expression}")).call0(&JsValue::NULL).expect("evaluated")
}

#[wasm_bindgen_test]
async fn it_does_what_every_store_must() {
    let made = Cell::new(0);
    conformance::run(async || {
        made.set(made.get() + 1);
        fresh(&format!("conformance-{}", made.get())).await
    })
    .await;
    assert!(made.get() > 0, "the suite asked for stores");
}

#[wasm_bindgen_test]
async fn what_was_committed_survives_the_connection() {
    let name = "survives";
    let store = fresh(name).await;
    let mut batch = one(Table::Pages, "a", b"page");
    batch.put(Table::Passages, "a/0", b"passage".to_vec());
    batch.put(Table::Models, "m", vec![7; 1000]);
    store.commit(batch).await.expect("committed");
    let store = reopen(store, name).await;
    assert_eq!(store.get(Table::Pages, "a").await, Ok(Some(b"page".to_vec())));
    assert_eq!(store.get(Table::Passages, "a/0").await, Ok(Some(b"passage".to_vec())));
    assert_eq!(store.get(Table::Models, "m").await, Ok(Some(vec![7; 1000])));
    assert_eq!(store.count(Table::Queue).await, Ok(0));
}

#[wasm_bindgen_test]
async fn models_are_blobs_and_other_values_are_bytes() {
    let name = "blobs";
    let store = fresh(name).await;
    // Large enough that the browser keeps the blob in a file of its own.
    let model: Vec<u8> = (0..8 << 20).map(|i: u32| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut batch = one(Table::Models, "big", &model);
    batch.put(Table::Models, "empty", Vec::new());
    batch.put(Table::Meta, "small", vec![1, 2, 3]);
    store.commit(batch).await.expect("committed");
    let blob = raw_value(name, Table::Models, "big").await.dyn_into::<web_sys::Blob>().expect("a blob");
    assert_eq!(blob.size(), f64::from(8 << 20));
    assert!(raw_value(name, Table::Meta, "small").await.is_instance_of::<js_sys::Uint8Array>());

    let store = reopen(store, name).await;
    assert!(store.get(Table::Models, "big").await == Ok(Some(model.clone())), "read back by get");
    let keys = ["empty".to_owned(), "absent".to_owned(), "big".to_owned()];
    let found = store.get_many(Table::Models, &keys).await.expect("read");
    assert!(found == [Some(Vec::new()), None, Some(model.clone())], "read back by get_many");
    let found = store.scan(Table::Models, None, 10).await.expect("read");
    assert!(found == [("big".to_owned(), model), ("empty".to_owned(), Vec::new())], "read back by scan");
}

#[wasm_bindgen_test]
async fn a_commit_waits_for_the_transaction_before_it() {
    let name = "waits";
    let store = fresh(name).await;
    store.commit(one(Table::Meta, "n", b"old")).await.expect("committed");
    // A foreign connection holds the table for a while, as another worker's would.
    let database = Database::open(name).await.expect("opened");
    let transaction =
        database.transaction("meta").with_mode(TransactionMode::Readwrite).build().expect("transaction");
    let done = transaction.on_done().expect("listener");
    let first_is_done = Cell::new(false);
    let first = async {
        let rows = transaction.object_store("meta").expect("table");
        for _ in 0..200 {
            let _: Option<JsValue> = rows.get("n").primitive().expect("request").await.expect("value");
        }
        let value = js_sys::Uint8Array::from(&b"first"[..]).unchecked_into::<JsValue>();
        rows.put(value).with_key("n").without_key_type().primitive().expect("request").await.expect("put");
        first_is_done.set(true);
        done.await;
    };
    let second = async {
        let mut batch = one(Table::Pages, "p", b"x");
        batch.put(Table::Meta, "n", b"second".to_vec());
        store.commit(batch).await.expect("committed");
        assert!(first_is_done.get(), "committed over a transaction that was still running");
    };
    futures::join!(first, second);
    assert_eq!(store.get(Table::Meta, "n").await, Ok(Some(b"second".to_vec())));
    drop(transaction);
    database.close();
}

#[wasm_bindgen_test]
async fn many_operations_at_once_all_finish() {
    let store = fresh("at-once").await;
    let commits = (0..50).map(|i| store.commit(one(Table::Queue, &format!("{i:03}"), &[i])));
    for result in futures::future::join_all(commits).await {
        assert_eq!(result, Ok(()));
    }
    let reads = (0..50).map(|i| store.scan(Table::Queue, None, i));
    for (limit, rows) in futures::future::join_all(reads).await.into_iter().enumerate() {
        assert_eq!(rows.expect("read").len(), limit);
    }
    assert_eq!(store.count(Table::Queue).await, Ok(50));
}

#[wasm_bindgen_test]
async fn prefixes_end_where_utf16_says() {
    let store = fresh("prefixes").await;
    let keys = [
        "a",
        "a/",
        "a/1",
        "a/\u{ffff}x",
        "a/\u{1f600}",
        "a0",
        "b",
        "\u{d7ff}1",
        "\u{e000}",
        "\u{ffff}\u{ffff}",
    ];
    for (prefix, left) in [
        ("a/", vec!["a", "a0", "b", "\u{d7ff}1", "\u{e000}", "\u{ffff}\u{ffff}"]),
        (
            "\u{d7ff}",
            vec!["a", "a/", "a/1", "a/\u{1f600}", "a/\u{ffff}x", "a0", "b", "\u{e000}", "\u{ffff}\u{ffff}"],
        ),
        (
            "\u{ffff}",
            vec!["a", "a/", "a/1", "a/\u{1f600}", "a/\u{ffff}x", "a0", "b", "\u{d7ff}1", "\u{e000}"],
        ),
        ("", vec![]),
    ] {
        let mut batch = Batch::new();
        batch.delete_prefix(Table::Meta, "");
        for key in keys {
            batch.put(Table::Meta, key, Vec::new());
        }
        batch.delete_prefix(Table::Meta, prefix);
        store.commit(batch).await.expect("committed");
        let rows = store.scan(Table::Meta, None, 100).await.expect("read");
        assert_eq!(rows.into_iter().map(|(key, _)| key).collect::<Vec<_>>(), left, "{prefix:?}");
    }
}

#[wasm_bindgen_test]
async fn commits_ask_for_strict_durability_over_their_own_tables_only() {
    let store = fresh("strict").await;
    let _spy = Replaced::new(
        "IDBDatabase",
        "transaction",
        "const t = f.apply(this, a);
         self.spied = [...t.objectStoreNames].join() + ' ' + t.mode + ' ' + t.durability;
         return t;",
    );
    let mut batch = one(Table::Queue, "q", b"1");
    batch.delete(Table::Pages, "p");
    batch.put(Table::Queue, "r", b"2".to_vec());
    store.commit(batch).await.expect("committed");
    assert_eq!(eval("self.spied").as_string().as_deref(), Some("pages,queue readwrite strict"));
    store.get(Table::Meta, "x").await.expect("read");
    let spied = eval("self.spied").as_string().unwrap_or_default();
    assert!(spied.starts_with("meta readonly"), "{spied}");
}

#[wasm_bindgen_test]
async fn a_full_disk_is_told_apart_and_nothing_is_written() {
    let store = fresh("full").await;
    store.commit(one(Table::Meta, "before", b"1")).await.expect("committed");
    // At the call, in the middle of the batch.
    {
        let _fault = Replaced::new(
            "IDBObjectStore",
            "put",
            "if (a[1] === 'c') throw new DOMException('no room', 'QuotaExceededError');
             return f.apply(this, a);",
        );
        assert_eq!(store.commit(three_changes()).await, Err(StoreError::Full));
    }
    assert_eq!(keys_of(&store, Table::Meta).await, ["before"]);
    assert_eq!(keys_of(&store, Table::Pages).await, Vec::<String>::new());
    // The store goes on once there is room.
    store.commit(three_changes()).await.expect("committed");
    assert_eq!(keys_of(&store, Table::Meta).await, ["a", "c"]);
}

#[wasm_bindgen_test]
async fn a_request_that_fails_later_undoes_the_whole_batch() {
    let store = fresh("undone").await;
    store.commit(one(Table::Meta, "before", b"1")).await.expect("committed");
    {
        // `add` of a key that is there fails when the request is run, not when it is made.
        let _fault = Replaced::new(
            "IDBObjectStore",
            "put",
            "return a[1] === 'c' ? (f.call(this, a[0], 'c'), this.add(a[0], 'c')) : f.apply(this, a);",
        );
        match store.commit(three_changes()).await {
            Err(StoreError::Failed(why)) => assert!(why.contains("ConstraintError"), "{why}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(keys_of(&store, Table::Meta).await, ["before"]);
    assert_eq!(keys_of(&store, Table::Pages).await, Vec::<String>::new());
}

#[wasm_bindgen_test]
async fn a_commit_that_nobody_waits_for_is_undone() {
    let store = fresh("dropped").await;
    assert_eq!(store.commit(three_changes()).now_or_never(), None, "it takes a while");
    assert_eq!(store.count(Table::Meta).await, Ok(0));
    assert_eq!(store.count(Table::Pages).await, Ok(0));
}

#[wasm_bindgen_test]
async fn deleting_needs_no_goodbye_and_leaves_nothing() {
    let name = "deleted";
    let store = fresh(name).await;
    store.commit(one(Table::Pages, "a", b"x")).await.expect("committed");
    // The store is still open: it closes itself, or this would wait for ever.
    delete_database(name).await.expect("deleted");
    // And opens itself again when it is asked, once for all who ask at the same time.
    let (count, row, commit) = futures::join!(
        store.count(Table::Pages),
        store.get(Table::Pages, "a"),
        store.commit(one(Table::Pages, "b", b"y")),
    );
    assert_eq!(count, Ok(0));
    assert_eq!(row, Ok(None));
    assert_eq!(commit, Ok(()));
    assert_eq!(keys_of(&store, Table::Pages).await, ["b"]);
    // What is not there can be deleted as well.
    delete_database("never-was").await.expect("deleted");
}

#[wasm_bindgen_test]
async fn a_connection_that_dies_under_a_commit_is_replaced() {
    let store = fresh("dies").await;
    let _fault = Replaced::new(
        "IDBDatabase",
        "transaction",
        "if (!self.died) { self.died = true; this.close(); }
         return f.apply(this, a);",
    );
    store.commit(three_changes()).await.expect("committed on a second connection");
    assert_eq!(keys_of(&store, Table::Meta).await, ["a", "c"]);
    assert!(eval("self.died").is_truthy());
}

#[wasm_bindgen_test]
async fn a_connection_that_always_dies_is_unavailable() {
    let store = fresh("always-dies").await;
    let result = {
        let _fault = Replaced::new("IDBDatabase", "transaction", "this.close(); return f.apply(this, a);");
        store.count(Table::Meta).await
    };
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
    assert_eq!(store.count(Table::Meta).await, Ok(0), "and available again later");
}

#[wasm_bindgen_test]
async fn a_database_of_an_earlier_version_is_upgraded_and_keeps_its_rows() {
    // The tables of each version, in full.
    let versions = [
        vec!["pages", "passages", "queue", "models", "meta"],
        vec!["pages", "passages", "queue", "models", "meta", "vectors", "aliases", "catalog", "segments"],
    ];
    for (version, tables) in (1_u32..).zip(versions) {
        let name = format!("version-{version}");
        delete_database(&name).await.expect("deleted");
        let upgrade = move |_, database: Database| {
            tables.iter().try_for_each(|table| database.create_object_store(table).build().map(drop))
        };
        let request = Database::open(name.as_str()).with_version(version).with_on_upgrade_needed(upgrade);
        let earlier = request.build().expect("request").await.expect("made");
        let transaction = earlier.transaction("pages").with_mode(TransactionMode::Readwrite).build();
        let transaction = transaction.expect("transaction");
        let row = js_sys::Uint8Array::from(&b"row"[..]);
        let rows = transaction.object_store("pages").expect("table");
        rows.put(JsValue::from(row)).with_key("a").primitive().expect("request").await.expect("put");
        transaction.commit().await.expect("committed");
        earlier.close();

        let store = IndexedDb::open(&name).await.expect("upgraded");
        assert_eq!(store.get(Table::Pages, "a").await, Ok(Some(b"row".to_vec())), "version {version}");
        for table in Table::ALL {
            store.commit(one(table, "b", b"new")).await.expect("there is such a table");
        }
    }
}

#[wasm_bindgen_test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let name = "newer";
    let store = fresh(name).await;
    store.commit(one(Table::Meta, "a", b"x")).await.expect("committed");
    // A newer extension upgrades it; the old worker's connection gives way.
    let newer = Database::open(name)
        .with_version(1_000_u32)
        .with_on_upgrade_needed(|_, _| Ok(()))
        .build()
        .expect("request")
        .await
        .expect("upgraded");
    let result = store.get(Table::Meta, "a").await;
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
    let reopened = IndexedDb::open(name).await.map(drop);
    assert!(matches!(reopened, Err(StoreError::Unavailable(_))), "{reopened:?}");
    newer.close();
}

/// Two rows in one table and, between them, one in another.
fn three_changes() -> Batch {
    let mut batch = Batch::new();
    batch.delete(Table::Meta, "before");
    batch.put(Table::Meta, "a", vec![1]);
    batch.put(Table::Pages, "b", vec![2]);
    batch.put(Table::Meta, "c", vec![3]);
    batch
}

async fn keys_of(store: &IndexedDb, table: Table) -> Vec<String> {
    store.scan(table, None, 1000).await.expect("read").into_iter().map(|(key, _)| key).collect()
}

//! Rows as they are stored today, kept: another form of them is another version, and needs a reader (FORMAT.md).
//! `UPDATE_FORMAT=1 cargo test -p afterimage-index` writes the file anew, which is right only where no store of this
//! version is out there yet.

use crate::damage::{copy, rows};
use crate::helpers::*;
use afterimage_index::Index;
use afterimage_index::store::{Batch, RamStore, Table};
use pollster::block_on;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/version-2.txt");

/// Rows that are the truth; all others can be made of them.
const TRUTH: [Table; 4] = [Table::Pages, Table::Passages, Table::Vectors, Table::Aliases];

/// Pages with and without titles and texts, seen at two addresses, embedded, in segments and in the journal.
async fn fill() -> RamStore {
    let store = RamStore::new();
    let index = Index::open(store.clone()).await.unwrap();
    index
        .insert(page(1, "About foxes", &["a red fox eats berries", "foxes sleep"]), Batch::new())
        .await
        .unwrap();
    index.insert(page(2, "", &["全文検索エンジン"]), Batch::new()).await.unwrap();
    index.insert(page(3, "Only a title", &[]), Batch::new()).await.unwrap();
    index.visit(id(1), 9.0, Some([7; 16]), Batch::new()).await.unwrap();
    embed(&index, 9).await;
    index.flush().await.unwrap();
    while index.maintain().await.unwrap() {}
    let site = (4..9).map(|n| text(n, "site.test", &["a menu of this site", &format!("text {n}")])).collect();
    read(&index, site, Batch::new()).await.unwrap();
    store
}

type Rows = Vec<(Table, String, Vec<u8>)>;

fn written(rows: &Rows) -> String {
    let line = |(table, key, bytes): &(Table, String, Vec<u8>)| {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{} {key} {hex}\n", table.name())
    };
    rows.iter().map(line).collect()
}

fn kept() -> Rows {
    let file = std::fs::read_to_string(FILE).unwrap();
    let row = |line: &str| {
        let [table, key, hex] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let byte = |at: usize| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap();
        let table = Table::ALL.into_iter().find(|known| known.name() == table).unwrap();
        (table, key.to_owned(), (0..hex.len() / 2).map(byte).collect())
    };
    file.lines().map(row).collect()
}

#[test]
fn what_version_2_writes_stays_as_it_is() {
    block_on(async {
        let now = rows(&fill().await).await;
        if std::env::var_os("UPDATE_FORMAT").is_some() {
            std::fs::write(FILE, written(&now)).unwrap();
        }
        let truth = |rows: Rows| -> Rows { rows.into_iter().filter(|row| TRUTH.contains(&row.0)).collect() };
        assert_eq!(truth(now), truth(kept()), "another form is another version");
    });
}

#[test]
fn what_version_2_wrote_is_read_with_its_segments() {
    block_on(async {
        let index = Index::open(copy(&kept()).await).await.unwrap();
        assert_eq!((index.corrupt_rows(), index.counts().pages), (0, 8));
        assert!(!index.wants_maintenance(), "nothing has to be made again");
        for (question, page) in [("berries", id(1)), ("検索", id(2)), ("title", id(3)), ("6", id(6))] {
            assert_eq!(pages(&ask(&index, question).await), [page], "{question}");
        }
        assert_eq!(pages(&ask(&index, "menu").await).len(), 3, "what all pages of a site repeat");
        let hits = ask_meaning(&index, "", "foxes sleep", 0.99).await;
        assert_eq!(pages(&hits), [id(1)]);
        assert_eq!(index.find_alias([7; 16]).await, Ok(Some(id(1))));
    });
}

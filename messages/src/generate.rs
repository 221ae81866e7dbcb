//! Writes and checks the TypeScript twin.

use super::*;
use std::{env, fs, path::PathBuf, process};
use ts_rs::{Config, TS};

/// `UPDATE_MESSAGES=1 cargo test -p afterimage-messages` writes `messages.ts`; without it the committed
/// file must be what these types give.
#[test]
fn typescript_twin_is_fresh() {
    let out = env::temp_dir().join(format!("afterimage-messages-{}", process::id()));
    let config = Config::new().with_out_dir(&out);
    Envelope::export_all(&config).unwrap();
    Reply::export_all(&config).unwrap();
    Intent::export_all(&config).unwrap();
    BackfillRead::export_all(&config).unwrap();
    BackfillEntry::export_all(&config).unwrap();
    ModelStep::export_all(&config).unwrap();
    let mut fresh = fs::read_to_string(out.join("messages.ts")).unwrap();
    fs::remove_dir_all(&out).unwrap();
    let constants = [
        ("The protocol's version; every envelope carries it.", "VERSION", VERSION.to_string()),
        ("Where an `Intent` lies in `storage.session`.", "INTENT_KEY", format!("\"{INTENT_KEY}\"")),
        (
            "What every file with everything begins with.",
            "FILE_MAGIC",
            serde_json::to_string(FILE_MAGIC).unwrap(),
        ),
        ("The version of such files.", "FILE_VERSION", FILE_VERSION.to_string()),
        ("Bytes in front of a frame's payload.", "FRAME_HEADER", FRAME_HEADER.to_string()),
        ("The most bytes of a frame's payload.", "FRAME_LIMIT", FRAME_LIMIT.to_string()),
    ];
    for (what, name, value) in constants {
        fresh.push_str(&format!("\n/** {what} */\nexport const {name} = {value};\n"));
    }

    let committed = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("messages.ts");
    if env::var_os("UPDATE_MESSAGES").is_some() {
        fs::write(&committed, &fresh).unwrap();
    }
    let committed = fs::read_to_string(&committed).unwrap_or_default();
    assert_eq!(
        committed, fresh,
        "messages.ts is stale: run UPDATE_MESSAGES=1 cargo test -p afterimage-messages"
    );
}

#[test]
fn the_wire_looks_as_documented() {
    let envelope = Envelope {
        v: VERSION,
        request: Request::Search(Search {
            query: "lost".into(),
            mode: SearchMode::Words,
            limit: 5,
            filters: Filters::default(),
            order: Order::Best,
        }),
    };
    let wire = serde_json::to_value(&envelope).unwrap();
    assert_eq!(
        wire,
        serde_json::json!({"v": 2, "request": {"type": "search", "query": "lost", "mode": "words",
            "limit": 5, "filters": {"site": null, "after": null, "before": null}, "order": "best"}})
    );
    let bare: Envelope = serde_json::from_value(serde_json::json!({"v": 2, "request": {"type": "search",
        "query": "lost", "mode": "words", "limit": 5}}))
    .unwrap();
    assert_eq!(bare, envelope, "filters and order may be left out");
    assert!(
        serde_json::from_value::<Request>(serde_json::json!({"type": "format"})).is_err(),
        "the union is closed"
    );
}

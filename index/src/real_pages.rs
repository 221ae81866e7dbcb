//! Real texts for tests: `shared/data` beside the checkout, or where `AFTERIMAGE_DATA` says. Tests that need
//! them say so and pass where they are absent; where `AFTERIMAGE_REQUIRE` is set, as in CI, they fail.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// A file or folder of the shared data, or `None` (said aloud) where it is absent and may be.
pub(crate) fn data(name: &str) -> Option<PathBuf> {
    let root = env::var_os("AFTERIMAGE_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from);
    let path = root.join(name);
    if path.exists() {
        return Some(path);
    }
    let missing = format!("{} is absent (set AFTERIMAGE_DATA)", path.display());
    let may_skip = env::var_os("AFTERIMAGE_REQUIRE").is_none_or(|value| value.is_empty());
    assert!(may_skip, "{missing}");
    eprintln!("SKIPPED: {missing}");
    None
}

/// The paragraphs of Readability's test pages, a page each, without those that are filler or nearly empty,
/// and without second copies.
pub(crate) fn articles() -> Option<Vec<Vec<String>>> {
    let mut folders: Vec<PathBuf> =
        fs::read_dir(data("readability-test-pages")?).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let mut pages: Vec<Vec<String>> = Vec::new();
    for folder in folders {
        let Ok(html) = fs::read_to_string(folder.join("expected.html")) else { continue };
        let page = paragraphs(&html);
        let text = page.join(" ");
        let filler = text.contains("Lorem ipsum") || text.split_whitespace().count() < 100;
        if !filler && !pages.contains(&page) {
            pages.push(page);
        }
    }
    Some(pages)
}

/// Elements that do not end a line.
const INLINE: [&str; 12] =
    ["a", "b", "cite", "code", "em", "font", "i", "img", "span", "strong", "sub", "sup"];

/// The lines of clean HTML.
fn paragraphs(html: &str) -> Vec<String> {
    let mut text = String::new();
    for (nth, part) in html.split('<').enumerate() {
        let (tag, after) = if nth == 0 { ("", part) } else { part.split_once('>').unwrap_or((part, "")) };
        let name = tag.trim_start_matches('/').split([' ', '\n', '\t', '/']).next().unwrap_or_default();
        if nth > 0 && !INLINE.contains(&name) {
            text.push('\n');
        }
        text.extend(after.chars().map(|c| if c == '\n' { ' ' } else { c }));
    }
    for (entity, plain) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&nbsp;", " "), ("&amp;", "&")] {
        text = text.replace(entity, plain);
    }
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect()
}

//! The rows of sites against a twin that keeps them in memory and names pages by what they are.

use super::Index;
use crate::boilerplate::Boilerplate;
use crate::page::{NewPage, NewText, PageId};
use crate::store::{Batch, RamStore, Store, Table};
use pollster::block_on;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone)]
enum Step {
    /// Pages that come together: page, site, lines.
    Read(Vec<(u8, u8, Vec<String>)>),
    Passages(u8, u8),
    Delete(Vec<u8>),
    Everything,
    Visit(u8),
    Flush,
    Maintain,
    Restart,
}

#[derive(Default)]
struct Twin {
    sites: BTreeMap<String, Boilerplate>,
    /// The site of each page, and what is left of its lines.
    pages: BTreeMap<u8, (String, Vec<String>)>,
}

impl Twin {
    fn read(&mut self, n: u8, site: &str, lines: &[&str]) {
        if self.pages.get(&n).is_some_and(|known| known.0 != site) {
            self.forget(n);
        }
        let dropped = self.sites.entry(site.to_owned()).or_default().see(n.into(), lines);
        let kept = lines.iter().zip(dropped).filter(|(line, dropped)| !dropped && !line.trim().is_empty());
        self.pages.insert(n, (site.to_owned(), kept.map(|(line, _)| (*line).to_owned()).collect()));
    }

    fn forget(&mut self, n: u8) {
        if let Some((site, _)) = self.pages.remove(&n) {
            self.sites.entry(site).or_default().forget(&|known| known == u32::from(n));
        }
    }
}

fn id(n: u8) -> PageId {
    PageId::from_key_hash([n; 32])
}

fn site(n: u8) -> String {
    format!("site{n}.test")
}

fn page(n: u8, of: u8) -> NewPage {
    NewPage {
        id: id(n),
        url: format!("https://{}/{n}", site(of)),
        title: String::new(),
        language: None,
        text_hash: [n; 32],
        seen_at: 1.0,
        aliases: Vec::new(),
        passages: Vec::new(),
    }
}

async fn apply(index: &mut Index<RamStore>, twin: &mut Twin, step: Step) {
    match step {
        Step::Read(texts) => {
            // Of two texts of one page the last counts, and pages count in the order of their identifiers.
            let last: BTreeMap<u8, (u8, Vec<String>)> =
                texts.iter().map(|(n, of, lines)| (*n, (*of, lines.clone()))).collect();
            for (n, (of, lines)) in last {
                twin.read(n, &site(of), &lines.iter().map(String::as_str).collect::<Vec<_>>());
            }
            let texts =
                texts.into_iter().map(|(n, of, lines)| NewText { page: page(n, of), text: lines.join("\n") });
            let by_line = |text: &str| text.lines().map(str::to_owned).collect();
            index.insert_texts(texts.collect(), &by_line, Batch::new()).await.unwrap();
        }
        Step::Passages(n, of) => {
            twin.read(n, &site(of), &[]);
            index.insert(page(n, of), Batch::new()).await.unwrap();
        }
        Step::Delete(pages) => {
            pages.iter().for_each(|n| twin.forget(*n));
            index.delete(&pages.into_iter().map(id).collect::<Vec<_>>(), Batch::new()).await.unwrap();
        }
        Step::Everything => {
            *twin = Twin::default();
            index.delete_everything(Batch::new()).await.unwrap();
        }
        Step::Visit(n) => _ = index.visit(id(n), 2.0, None, Batch::new()).await.unwrap(),
        Step::Flush => index.flush().await.unwrap(),
        Step::Maintain => _ = index.maintain().await.unwrap(),
        Step::Restart => *index = Index::open(index.store().clone()).await.unwrap(),
    }
}

/// Rows, and what is left of each page's text, are as the twin has them.
async fn compare(index: &Index<RamStore>, twin: &Twin) {
    let mut numbers: BTreeMap<u32, u32> = BTreeMap::new();
    for (n, (_, lines)) in &twin.pages {
        let number = index.state.borrow().pages.find(id(*n)).map(|entry| entry.number);
        numbers.insert(number.expect("the page is there"), u32::from(*n));
        let texts = index.read_texts(&[(id(*n), 0)]).await.unwrap();
        assert_eq!(texts.into_values().next().flatten().unwrap_or_default(), *lines, "page {n}");
    }
    let mut rows = BTreeMap::new();
    for (host, row) in index.store().scan(Table::Boilerplate, None, 99).await.unwrap() {
        rows.insert(host, Boilerplate::decode(&row).unwrap());
    }
    let known = |site: &Boilerplate, page: &dyn Fn(u32) -> u32| -> Vec<([u8; 4], BTreeSet<u32>)> {
        site.known().map(|(hash, owners)| (hash, owners.iter().map(|owner| page(*owner)).collect())).collect()
    };
    let rows: BTreeMap<_, _> = rows
        .iter()
        .map(|(host, row)| (host, known(row, &|owner| *numbers.get(&owner).expect("its owners are there"))))
        .collect();
    let expected: BTreeMap<_, _> = (twin.sites.iter())
        .filter(|(_, site)| !site.is_empty())
        .map(|(host, site)| (host, known(site, &|owner| owner)))
        .collect();
    assert_eq!(rows, expected);
}

fn lines() -> impl Strategy<Value = Vec<String>> {
    let line = prop_oneof![
        4 => prop::sample::select(vec!["Home World News", "Terms of use", "We use cookies", "One", "Two"])
            .prop_map(str::to_owned),
        2 => "(the|all) (red|blue) (cat|dog|bird) [a-c]",
    ];
    prop::collection::vec(line, 0..9)
}

fn step() -> impl Strategy<Value = Step> {
    let (page, site) = (0..8_u8, 0..2_u8);
    prop_oneof![
        8 => prop::collection::vec((page.clone(), site.clone(), lines()), 1..4).prop_map(Step::Read),
        1 => (page.clone(), site).prop_map(|(page, site)| Step::Passages(page, site)),
        3 => prop::collection::vec(page.clone(), 1..4).prop_map(Step::Delete),
        1 => Just(Step::Everything),
        1 => page.prop_map(Step::Visit),
        2 => Just(Step::Flush),
        2 => Just(Step::Maintain),
        2 => Just(Step::Restart),
    ]
}

proptest! {
    #[test]
    fn rows_hold_the_lines_of_pages_that_are_there_and_of_no_others(steps in prop::collection::vec(step(), 1..30)) {
        block_on(async {
            let mut index = Index::open(RamStore::new()).await.unwrap();
            let mut twin = Twin::default();
            for step in steps {
                apply(&mut index, &mut twin, step).await;
                compare(&index, &twin).await;
            }
            assert_eq!(index.corrupt_rows(), 0);
            let all: Vec<PageId> = index.page_ids();
            index.delete(&all, Batch::new()).await.unwrap();
            assert_eq!(index.store().count(Table::Boilerplate).await, Ok(0));
        });
    }
}

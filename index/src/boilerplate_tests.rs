//! Tests of [`super::Boilerplate`].

use super::*;
use crate::real_pages::articles;
use proptest::prelude::*;
use std::collections::BTreeSet;

const BANNER: &str = "The daily example, news since 1901";
const FOOTER: &str = "Terms of use and privacy";

/// Lines of page `n` that no other page has.
fn own_lines(n: u32) -> Vec<String> {
    (0..6).map(|line| format!("Page {n} has a text of its own in line {line}")).collect()
}

/// Whether banner and footer are dropped from page `n`; its own lines never are.
fn see(site: &mut Boilerplate, n: u32) -> [bool; 2] {
    let own = own_lines(n);
    let lines: Vec<&str> =
        [BANNER].into_iter().chain(own.iter().map(String::as_str)).chain([FOOTER]).collect();
    let dropped = site.see(n, &lines);
    assert_eq!(dropped.len(), lines.len());
    assert!(!dropped[1..7].contains(&true), "page {n}");
    [dropped[0], dropped[7]]
}

#[test]
fn what_three_pages_have_is_dropped_from_the_fourth_on() {
    let mut site = Boilerplate::default();
    let seen: Vec<_> = (0..6).map(|n| see(&mut site, n)).collect();
    assert_eq!(seen, [[false; 2], [false; 2], [false; 2], [true; 2], [true; 2], [true; 2]]);
    assert_eq!(see(&mut site, 1), [false; 2], "the first three keep it whenever they are read");
    assert_eq!(see(&mut site, 5), [true; 2]);
}

#[test]
fn when_an_owner_is_forgotten_the_next_page_takes_its_place() {
    let mut site = Boilerplate::default();
    (0..5).for_each(|n| _ = see(&mut site, n));
    assert!(site.forget(&|page| page == 1));
    assert!(!site.forget(&|page| page == 1), "nothing is left of it");
    assert_eq!(see(&mut site, 5), [false; 2]);
    assert_eq!(see(&mut site, 6), [true; 2]);
}

#[test]
fn nothing_is_left_of_pages_that_are_forgotten() {
    let mut site = Boilerplate::default();
    see(&mut site, 7);
    let before = site.clone();
    see(&mut site, 8);
    assert!(site.forget(&|page| page == 8));
    let hashes = |site: &Boilerplate| site.lines.iter().map(|line| line.hash).collect::<BTreeSet<_>>();
    assert_eq!(hashes(&site), hashes(&before));
    assert!(site.forget(&|_| true));
    assert!(site.is_empty());
    assert_eq!(site, Boilerplate::default());
}

#[test]
fn a_page_that_is_read_again_gives_up_the_lines_it_lost() {
    let mut site = Boilerplate::default();
    (0..3).for_each(|n| _ = see(&mut site, n));
    site.see(2, &["A new text without any of that"]);
    assert_eq!(see(&mut site, 3), [false; 2], "only two have it now");
    assert_eq!(see(&mut site, 4), [true; 2]);
    site.see(2, &[]);
    assert!(!site.lines.iter().any(|line| line.owners.contains(&2)));
}

#[test]
fn a_page_with_another_number_still_has_its_lines() {
    let mut site = Boilerplate::default();
    (0..3).for_each(|n| _ = see(&mut site, n));
    site.renumber(1, 9);
    site.renumber(77, 78);
    assert!(site.lines.iter().all(|line| !line.owners.contains(&1) && line.owners.is_sorted()));
    assert_eq!(site.see(9, &[BANNER, FOOTER, &own_lines(9).join(" ")]), [false; 3], "it is one of the three");
    assert_eq!(see(&mut site, 4), [true; 2]);
    assert!(!site.lines.iter().any(|line| line.owners.contains(&78)), "nobody had that number");
}

/// What is dropped of `lines`, each with a long line of its own around it, after four pages had them.
fn after_four(lines: &[&str]) -> Vec<bool> {
    let mut site = Boilerplate::default();
    let mut last = Vec::new();
    for n in 0..4 {
        let own = own_lines(n).join(" ");
        let page: Vec<&str> = [&own[..]].into_iter().chain(lines.iter().copied()).chain([&own[..]]).collect();
        last = site.see(n, &page);
    }
    assert!(!last[0] && !last[lines.len() + 1]);
    last[1..=lines.len()].to_vec()
}

#[test]
fn short_lines_count_only_together() {
    for (lines, dropped) in [
        (&["Overview"][..], false),
        (&["New York"], false),
        (&["Home", "World"], false),
        (&["Home", "World", "Sport"], true),
        (&["Home", "|", "World", "|", "Sport"], true),
        (&["Sign in now"], true),
        (&["Überblick"], false),
        (&["猫の写真"], true),
        (&["猫写真"], false),
        (&["—", "* * *"], false),
        (&[""], false),
    ] {
        assert_eq!(after_four(lines), vec![dropped; lines.len()], "{lines:?}");
    }
    assert_eq!(after_four(&["All rights reserved by us", "Top"]), [true, false]);
}

#[test]
fn case_accents_and_punctuation_do_not_matter_and_numbers_do() {
    let mut site = Boilerplate::default();
    let own: Vec<String> = (0..5).map(|n| own_lines(n).join(" ")).collect();
    let spellings = ["Lire la suite…", "LIRE LA SUITE", "» Lire la suite", "Lïre la suite"];
    for (n, line) in spellings.into_iter().enumerate() {
        assert_eq!(site.see(n as u32, &[line, &own[n]]), [n == 3, false]);
    }
    let mut site = Boilerplate::default();
    for (n, own) in own.iter().enumerate() {
        assert_eq!(site.see(n as u32, &[&format!("It has {n} comments"), own]), [false; 2]);
    }
}

#[test]
fn a_page_that_is_nearly_all_boilerplate_keeps_everything() {
    let mut site = Boilerplate::default();
    (0..4).for_each(|n| _ = see(&mut site, n));
    assert_eq!(site.see(9, &[BANNER, FOOTER]), [false; 2]);
    assert_eq!(site.see(10, &[BANNER, FOOTER, "Short."]), [false; 3]);
    assert_eq!(site.see(11, &[BANNER, FOOTER, "A line of its own."]), [true, true, false]);
}

#[test]
fn the_same_line_twice_on_a_page_counts_once() {
    let mut site = Boilerplate::default();
    let own = own_lines(0).join(" ");
    assert_eq!(site.see(0, &[FOOTER, FOOTER, FOOTER, FOOTER, &own]), [false; 5]);
    (1..3).for_each(|n| _ = see(&mut site, n));
    assert_eq!(site.see(3, &[FOOTER, &own, FOOTER]), [true, false, true]);
}

/// A page of `count` lines, with banner and footer.
fn long_page(n: u32, count: usize) -> Vec<String> {
    let own = (0..count).map(|line| format!("Long page {n}, line number {line}"));
    [BANNER.to_owned()].into_iter().chain(own).chain([FOOTER.to_owned()]).collect()
}

#[test]
fn long_pages_and_time_do_not_push_out_what_repeats() {
    let mut site = Boilerplate::default();
    for n in 0..60 {
        let lines = long_page(n, 2000);
        let dropped = site.see(n, &lines.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((dropped[0], dropped[2001]), (n >= 3, n >= 3), "page {n}");
        assert_eq!(dropped.iter().filter(|dropped| **dropped).count(), if n < 3 { 0 } else { 2 });
        assert!(site.lines.len() <= ONCE + MANY);
    }
    assert!(site.encode().unwrap().len() < 6000);
}

#[test]
fn a_site_that_changes_all_its_boilerplate_is_learnt_anew() {
    let mut site = Boilerplate::default();
    for version in 0..4 {
        // More than a table keeps in one version, so that the half for repeated lines is full.
        let lines: Vec<String> = (0..300).map(|n| format!("Version {version} of the entry {n}")).collect();
        for n in 0..20 {
            let own = own_lines(100 * version + n).join(" ").repeat(20);
            let mut page: Vec<&str> =
                lines[(n as usize % 4) * 60..].iter().take(60).map(String::as_str).collect();
            page.push(&own);
            let dropped = site.see(100 * version + n, &page);
            assert_eq!(dropped[0], n >= 12, "version {version}, page {n}");
            assert!(!dropped[60]);
        }
    }
    assert_eq!(site.lines.iter().filter(|line| line.owners.len() > 1).count(), MANY);
}

#[test]
fn tables_come_back_as_they_were_and_damage_is_noticed() {
    let mut site = Boilerplate::default();
    (0..4).for_each(|n| _ = see(&mut site, n * 70_000));
    let bytes = site.encode().unwrap();
    assert_eq!(Boilerplate::decode(&bytes), Ok(site));
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        assert_eq!(Boilerplate::decode(&damaged), Err(Unreadable), "byte {at}");
        assert_eq!(Boilerplate::decode(&bytes[..at]), Err(Unreadable), "cut at {at}");
    }
}

#[test]
fn tables_that_could_not_have_been_written_are_refused() {
    let line = |n: usize, owners: &[u32]| Line { hash: (n as u32).to_le_bytes(), owners: owners.to_vec() };
    let refused = |lines: Vec<Line>| Boilerplate::decode(&seal(&lines).unwrap()) == Err(Unreadable);
    assert!(!refused(vec![line(1, &[1, 2]), line(2, &[1])]));
    assert!(refused(vec![line(1, &[])]));
    assert!(refused(vec![line(1, &[1, 1])]));
    assert!(refused(vec![line(1, &[2, 1])]));
    assert!(refused(vec![line(1, &[1, 2, 3, 4])]));
    assert!(refused(vec![line(1, &[1]), line(1, &[2])]));
    assert!(!refused((0..ONCE).map(|n| line(n, &[1])).collect()));
    assert!(refused((0..=ONCE).map(|n| line(n, &[1])).collect()));
    assert!(refused((0..=MANY).map(|n| line(n, &[1, 2])).collect()));
}

/// What [`Boilerplate`] does, without hashes and bounds: text of a unit → its owners.
#[derive(Default)]
struct Twin(HashMap<Vec<String>, BTreeSet<u32>>);

impl Twin {
    fn see(&mut self, page: u32, lines: &[&str]) -> Vec<bool> {
        let words_of = |line: &str| {
            let mut all = Vec::new();
            words(line, |word, _| all.push(word.to_owned()));
            all
        };
        // The unit of each line: itself, or all the short lines around it.
        let all: Vec<Vec<String>> = lines.iter().map(|line| words_of(line)).collect();
        let unit = |nth: usize| {
            if all[nth].len() >= 3 {
                return all[nth].clone();
            }
            let start = (0..nth).rev().find(|n| all[*n].len() >= 3).map_or(0, |n| n + 1);
            let end = (nth..all.len()).find(|n| all[*n].len() >= 3).unwrap_or(all.len());
            all[start..end].concat()
        };
        let units: Vec<Vec<String>> = (0..lines.len()).map(unit).collect();
        self.0.iter_mut().for_each(|(unit, owners)| {
            if !units.contains(unit) {
                owners.remove(&page);
            }
        });
        for unit in units.iter().filter(|unit| unit.len() >= 3) {
            let owners = self.0.entry(unit.clone()).or_default();
            if owners.len() < 3 {
                owners.insert(page);
            }
        }
        let dropped: Vec<bool> = units
            .iter()
            .map(|unit| self.0.get(unit).is_some_and(|owners| owners.len() == 3 && !owners.contains(&page)))
            .collect();
        let count = |wanted: bool| -> usize {
            let lines = lines.iter().zip(&dropped).filter(|(_, dropped)| **dropped == wanted);
            lines.map(|(line, _)| line.chars().count()).sum()
        };
        if count(true) > 4 * count(false) { vec![false; lines.len()] } else { dropped }
    }

    fn owners(&self) -> usize {
        self.0.values().map(BTreeSet::len).sum()
    }
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec!["Home", "News", "Top 10", "|", ""]).prop_map(str::to_owned),
        4 => "(the|all) (red|blue) (cat|dog|bird)",
        1 => "[a-z]{2} [a-z]{2} [a-z]{2} [a-z]{2}",
    ]
}

proptest! {
    #[test]
    fn it_does_what_the_naive_one_does(
        visits in prop::collection::vec(
            (0_u32..9, prop::collection::vec(line(), 0..9), any::<bool>(), 0_u32..9),
            1..30,
        ),
    ) {
        let (mut site, mut twin) = (Boilerplate::default(), Twin::default());
        for (page, lines, forget, gone) in &visits {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            prop_assert_eq!(site.see(*page, &lines), twin.see(*page, &lines));
            if *forget {
                let before = twin.owners();
                twin.0.values_mut().for_each(|owners| _ = owners.remove(gone));
                prop_assert_eq!(site.forget(&|page| page == *gone), twin.owners() != before);
                prop_assert!(!site.lines.iter().any(|line| line.owners.contains(gone)));
            }
            twin.0.retain(|_, owners| !owners.is_empty());
            prop_assert_eq!(site.lines.len(), twin.0.len());
            prop_assert_eq!(Boilerplate::decode(&site.encode().unwrap()), Ok(site.clone()));
        }
    }

    #[test]
    fn no_table_makes_it_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..60),
        lines in prop::collection::vec((any::<[u8; 4]>(), prop::collection::vec(0_u32..4, 0..5)), 0..5),
    ) {
        let _ = Boilerplate::decode(&bytes);
        if let Ok(mut site) = Boilerplate::decode(&seal(&lines).unwrap()) {
            site.see(1, &["one two three"]);
            site.forget(&|page| page == 2);
            prop_assert_eq!(Boilerplate::decode(&site.encode().unwrap()), Ok(site));
        }
    }
}

/// What is around an article on a site, in three places. The menu is right above the article, and a box of news
/// below it changes every four pages.
fn around(n: usize) -> [Vec<String>; 3] {
    let own = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    let top = own(&[
        "Skip to the main content",
        "We and our partners use cookies to store and read data on your device. You can change your choice at \
         any time in the settings.",
        "Accept all cookies",
        "Support independent journalism from one pound a week",
        "Home",
        "World",
        "Politics",
        "Business",
        "Sport",
        "Culture",
        "Opinion",
        "Sign in",
        "Search",
    ]);
    let middle = own(&["Advertisement", "Sign up for our morning newsletter", "Story continues below"]);
    let mut bottom: Vec<String> =
        (0..4).map(|story| format!("{BOX} the story number {story} of the day {}", n / 4)).collect();
    bottom.extend(own(&[
        "Share this article with your friends",
        "Facebook",
        "Twitter",
        "E-mail",
        "About us",
        "Contact the newsroom",
        "Jobs",
        "Terms and conditions of sale and use",
        "Privacy",
        "© 2026 The Example Company. All rights reserved. No part of this may be reproduced without permission.",
    ]));
    [top, middle, bottom]
}

/// How lines of the changing box begin.
const BOX: &str = "Most read:";

/// Prints the figures of the essay (`cargo test -- --nocapture boilerplate_around`), and holds them.
#[test]
fn the_boilerplate_around_real_articles_is_found_and_their_text_is_not() {
    let Some(articles) = articles() else { return };
    // Characters, and those of them that were dropped: of lasting boilerplate, of the changing box.
    let mut boilerplate = [(0, 0); 2];
    let (mut lost, mut own) = (0, 0);
    for some in articles.chunks_exact(20) {
        let mut site = Boilerplate::default();
        for (n, article) in some.iter().enumerate() {
            let [top, middle, bottom] = around(n);
            let half = article.len() / 2;
            let parts: [(&[String], bool); 5] = [
                (&top, true),
                (&article[..half], false),
                (&middle, true),
                (&article[half..], false),
                (&bottom, true),
            ];
            let lines: Vec<(&str, bool)> =
                parts.iter().flat_map(|(part, is)| part.iter().map(|line| (&line[..], *is))).collect();
            let dropped = site.see(n as u32, &lines.iter().map(|(line, _)| *line).collect::<Vec<_>>());
            for ((line, is_boilerplate), dropped) in lines.iter().zip(dropped) {
                let length = line.chars().count() as u32;
                match (is_boilerplate, n < REPEATS) {
                    (true, true) => assert!(!dropped, "page {n}: {line}"),
                    (true, false) => {
                        let (all, caught) = &mut boilerplate[usize::from(line.starts_with(BOX))];
                        *all += length;
                        *caught += if dropped { length } else { 0 };
                    }
                    (false, _) => {
                        own += 1;
                        lost += usize::from(dropped);
                    }
                }
            }
        }
        println!("a site's table: {} lines, {} bytes", site.lines.len(), site.encode().unwrap().len());
    }
    let [lasting, changing] = boilerplate.map(|(all, caught)| 100.0 * f64::from(caught) / f64::from(all));
    println!(
        "caught {lasting:.1} % of lasting boilerplate, {changing:.1} % of changing (characters {boilerplate:?})"
    );
    println!("lost {lost} of {own} lines of articles");
    assert!(lasting > 90.0, "{lasting} %");
    assert_eq!(lost, 0);
}

/// Different sites taken for one: whatever is dropped is a mistake.
#[test]
fn articles_of_different_sites_lose_nothing() {
    let Some(articles) = articles() else { return };
    let mut site = Boilerplate::default();
    let mut lost = Vec::new();
    for (n, article) in articles.iter().enumerate() {
        let lines: Vec<&str> = article.iter().map(String::as_str).collect();
        let dropped = site.see(n as u32, &lines);
        lost.extend(lines.into_iter().zip(dropped).filter(|(_, dropped)| *dropped).map(|(line, _)| line));
    }
    assert_eq!(lost, [""; 0]);
}

use super::*;
use crate::real_pages::{articles, data};
use proptest::prelude::*;
use std::collections::{HashMap, HashSet};

fn of(text: &str) -> Option<u64> {
    fingerprint(std::iter::once(text))
}

/// `count` words that are in no other text of another `kind`.
fn text(kind: &str, count: usize) -> String {
    (0..count).map(|n| format!("{kind}{n}")).collect::<Vec<_>>().join(" ")
}

#[test]
fn stored_fingerprints_stay_what_they_are() {
    assert_eq!(of(&text("word", 100)), Some(0x40f6_3d01_0279_a339));
}

#[test]
fn a_short_text_has_none() {
    assert_eq!(of(""), None);
    assert_eq!(of("... — !"), None);
    assert_eq!(of(&text("w", FEWEST + SHINGLE - 2)), None);
    assert!(of(&text("w", FEWEST + SHINGLE - 1)).is_some());
    assert_eq!(of(&"the same words again ".repeat(1000)), None, "but few different shingles");
    let lines = text("w", FEWEST);
    assert!(fingerprint(lines.split(' ')).is_some(), "a line of one word is a shingle");
}

#[test]
fn case_accents_punctuation_and_repetition_do_not_matter() {
    let plain = text("cafe", 60);
    let written: Vec<String> = plain.split(' ').map(|word| word.replace("cafe", "Café")).collect();
    assert_eq!(of(&plain), of(&written.join(", ")));
    assert_eq!(of(&plain), fingerprint([&plain[..], &plain[..]].into_iter()));
}

#[test]
fn passages_that_share_a_sentence_are_as_good_as_the_whole() {
    let whole: Vec<String> = (0..60).map(|n| text(&format!("sentence{n}w"), 9)).collect();
    let passages: Vec<String> = whole.windows(4).step_by(3).map(|passage| passage.join(" ")).collect();
    let from_whole = of(&whole.join(" ")).unwrap();
    let from_passages = fingerprint(passages.iter().map(String::as_str)).unwrap();
    assert!((from_whole ^ from_passages).count_ones() <= 3);
}

#[test]
fn scripts_without_spaces_have_one_too() {
    let rain = "春の雨が静かに降り続き町の屋根を濡らしていた。人々は傘を差して駅へ急いだ。".to_owned();
    let print = of(&rain).unwrap();
    assert!(near(print, of(&(rain.clone() + "以上")).unwrap()));
    let other = "量子計算機は従来の機械では解けない問題を短時間で解くことが期待されている。".to_owned();
    assert!(!near(print, of(&other).unwrap()));
}

proptest! {
    /// Against comparing with all of them.
    #[test]
    fn the_first_that_is_near_is_found(
        centres in prop::collection::vec(any::<u64>(), 1..4),
        prints in prop::collection::vec((any::<prop::sample::Index>(), prop::collection::vec(0..64_u32, 0..7)), 1..60),
    ) {
        let mut first = FirstLike::new();
        let mut all: Vec<u64> = Vec::new();
        for (centre, flips) in prints {
            let print = flips.iter().fold(*centre.get(&centres), |print, bit| print ^ 1 << bit);
            prop_assert_eq!(first.find(print), all.iter().position(|other| near(*other, print)));
            first.add(print, all.len());
            all.push(print);
        }
    }
}

#[test]
fn a_giant_text_costs_no_more_than_its_beginning() {
    let start = text("w", MOST + SHINGLE - 1);
    assert_eq!(of(&start), of(&format!("{start} {}", text("x", 2000))));
}

/// Counts in a map, runs as strings: what [`fingerprint`] is, said in another way.
fn naive(texts: &[String]) -> Option<u64> {
    let mut runs: HashSet<Vec<String>> = HashSet::new();
    for text in texts {
        let mut all = Vec::new();
        words(text, |word, _| all.push(word.to_owned()));
        if all.len() < SHINGLE && !all.is_empty() {
            runs.insert(all.clone());
        }
        runs.extend(all.windows(SHINGLE).map(<[String]>::to_vec));
    }
    let mut balance: HashMap<u32, i64> = HashMap::new();
    for run in &runs {
        let mut whole = Hash::new();
        for word in run {
            let mut hash = Hash::new();
            hash.word(word);
            whole.number(hash.finish());
        }
        for bit in 0..64 {
            *balance.entry(bit).or_default() += if whole.finish() & (1 << bit) == 0 { -1 } else { 1 };
        }
    }
    let print = (0..64).filter(|bit| balance.get(bit).is_some_and(|sum| *sum > 0)).map(|bit| 1 << bit).sum();
    (runs.len() >= 24).then_some(print)
}

proptest! {
    #[test]
    fn it_is_the_naive_one(texts in prop::collection::vec("[a-e]{1,2}( [a-e字]{1,2}){0,12}|\\PC{0,20}", 0..14)) {
        prop_assert_eq!(fingerprint(texts.iter().map(String::as_str)), naive(&texts));
    }
}

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        let mut hash = Hash::new();
        hash.number(self.0);
        self.0 += 1;
        (hash.finish() % limit as u64) as usize
    }
}

/// [`fingerprint`] with runs of another length.
fn print(lines: &[String], length: usize) -> Option<u64> {
    let mut shingles = shingles(lines.iter().map(String::as_str), length);
    shingles.sort_unstable();
    shingles.dedup();
    (shingles.len() >= FEWEST).then(|| majority(&shingles))
}

fn word_count(line: &str) -> usize {
    line.split_whitespace().count()
}

/// What happens to pages, in the order of the essay.
fn changed(page: &[String], all: &[Vec<String>], dice: &mut Dice) -> [Vec<String>; 6] {
    let line_of = |dice: &mut Dice| -> &String {
        let page: &Vec<String> = pick(all, dice);
        pick(page, dice)
    };
    let mut commented = page.to_vec();
    commented.insert(0, "Updated 3 March 2025 at 14:05 by the editors".into());
    while commented.len() < page.len() + 4 {
        let line = line_of(dice);
        if (15..50).contains(&word_count(line)) {
            commented.push(line.clone());
        }
    }
    let mut edited = Vec::new();
    for line in page {
        let words = line.split_whitespace().map(|word| match dice.below(50) {
            0 => line_of(dice).split(' ').next().unwrap_or_default(),
            _ => word,
        });
        edited.push(words.collect::<Vec<_>>().join(" "));
    }
    let mut dropped = page.to_vec();
    let long: Vec<usize> = (0..page.len()).filter(|n| word_count(&page[*n]) >= 10).collect();
    if page.len() > 1 && !long.is_empty() {
        dropped.remove(*pick(&long, dice));
    }
    let menu = [
        "Home",
        "World news",
        "Politics",
        "Business and finance",
        "Sign in",
        "We use cookies to improve your experience. Read our privacy policy to learn about your choices.",
        "Subscribe to our newsletter and get the best stories every morning",
    ];
    let headed = menu.iter().map(|line| (*line).to_owned()).chain(page.iter().cloned()).collect();
    let characters = page.join("\n").chars().count();
    let cut: String = page.join("\n").chars().take(characters * 9 / 10).collect();
    let printed = if page.len() > 3 { page[1..page.len() - 1].to_vec() } else { page.to_vec() };
    [commented, edited, dropped, headed, cut.lines().map(str::to_owned).collect(), printed]
}

fn pick<'a, T>(all: &'a [T], dice: &mut Dice) -> &'a T {
    &all[dice.below(all.len())]
}

/// How many pairs of `prints` are how far apart.
fn distances(prints: &[u64], counts: &mut [usize; 65]) {
    for (n, a) in prints.iter().enumerate() {
        for b in &prints[..n] {
            counts[(a ^ b).count_ones() as usize] += 1;
        }
    }
}

/// The first `words` words of a page as one line.
fn first(page: &[String], words: usize) -> String {
    page.join(" ").split_whitespace().take(words).collect::<Vec<_>>().join(" ")
}

/// Parts of at least 200 words, whole paragraphs each.
fn parts(page: &[String]) -> Vec<Vec<String>> {
    let mut parts: Vec<Vec<String>> = vec![Vec::new()];
    for line in page {
        if parts.last().is_some_and(|part| part.iter().map(|line| word_count(line)).sum::<usize>() >= 200) {
            parts.push(Vec::new());
        }
        parts.last_mut().unwrap().push(line.clone());
    }
    parts.pop();
    parts
}

/// Prints the tables of the essay (`cargo test -- --nocapture near`), and holds what it says.
#[test]
fn changed_copies_are_found_and_different_pages_told_apart() {
    let Some(pages) = articles() else { return };
    let abstracts: Vec<String> = data("scifact/corpus.jsonl")
        .map(|path| std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect())
        .unwrap_or_default();
    let furniture = (0..)
        .map(|n| first(&pages[n % pages.len()][n / pages.len()..], 10))
        .take(20)
        .collect::<Vec<String>>();
    let copies: Vec<[Vec<String>; 6]> = {
        let mut dice = Dice(1);
        pages.iter().map(|page| changed(page, &pages, &mut dice)).collect()
    };
    let long = |page: &[String]| page.iter().map(|line| word_count(line)).sum::<usize>() >= 300;

    for length in [1, 2, SHINGLE, 4] {
        let prints: Vec<u64> = pages.iter().map(|page| print(page, length).unwrap()).collect();
        let mut of_kind = [[0; 65]; 6];
        let mut of_long = [0; 65];
        for ((page, whole), copies) in pages.iter().zip(&prints).zip(&copies) {
            for (copy, of_kind) in copies.iter().zip(&mut of_kind) {
                let far = (print(copy, length).unwrap() ^ whole).count_ones() as usize;
                of_kind[far] += 1;
                of_long[far] += usize::from(long(page));
            }
        }
        let mut wrong = [[0; 65]; 4];
        distances(&prints, &mut wrong[0]);
        let of_abstracts = abstracts.iter().filter_map(|text| print(std::slice::from_ref(text), length));
        distances(&of_abstracts.collect::<Vec<_>>(), &mut wrong[1]);
        for page in &pages {
            let parts: Vec<u64> = parts(page).iter().filter_map(|part| print(part, length)).collect();
            distances(&parts, &mut wrong[2]);
        }
        let furnished = pages.iter().filter(|page| long(page)).filter_map(|page| {
            let mut lines = furniture.clone();
            lines.push(first(page, 300));
            print(&lines, length)
        });
        distances(&furnished.collect::<Vec<_>>(), &mut wrong[3]);

        let within = |counts: &[usize; 65], far: usize| counts[..=far].iter().sum::<usize>();
        let share =
            |counts: &[usize; 65], far| 100.0 * within(counts, far) as f64 / within(counts, 64) as f64;
        let pairs: Vec<usize> = wrong.iter().map(|counts| within(counts, 64)).collect();
        println!("runs of {length}; pairs {pairs:?}, long copies {}", within(&of_long, 64));
        for far in 2..=12 {
            let all = of_kind.iter().map(|counts| share(counts, far)).sum::<f64>() / 6.0;
            let kinds: Vec<String> =
                of_kind.iter().map(|counts| format!("{:.0}", share(counts, far))).collect();
            let wrong: Vec<String> = wrong.iter().map(|counts| within(counts, far).to_string()).collect();
            println!(
                "| {far} | {all:.0} | {:.0} | {} | {} |",
                share(&of_long, far),
                kinds.join(" | "),
                wrong.join(" | ")
            );
            if length == SHINGLE && far == DISTANCE as usize {
                assert!(all > 78.0, "{all} % of the copies are found");
                assert!(wrong.iter().all(|pairs| pairs == "0"), "{wrong:?} wrong pairs");
            }
        }
    }
}

//! Chooses the cosine below which a page is not found by its meaning: the catalogue's `min_cosine`.
//!
//! Some page is always the closest one, so a question that nothing answers finds something unless there is a least
//! cosine. It costs pages whose question is far from them, but only those in which no word of the question is: the
//! others are hits by their words, and keep their cosine's share of the score.
//!
//! **The rule**: the largest threshold, in steps of 0.01, that costs at most [`LOST`] of the right pages among the
//! hybrid's first ten, in every set. What it lets through of the questions that nothing answers is a budget
//! ([`STILL_FOUND`]) and not the rule: some of those are as close to a page as real questions in other words than the
//! page's are (0.40 to 0.62 in the saved pages), and to find these is what meaning is for.
//!
//! Short questions are asked for less (`afterimage_index::least_cosine`), by the same rule: of questions cut to their
//! three longest words, since the sets have few short ones. That lets most of the unanswered ones through; no threshold
//! does better, since the right pages of such questions are as far as the closest page of any other.
//!
//! Three signals are compared. The cosine of the *closest passage*, of which the threshold is asked: a page on many
//! things answers if one passage does. The *mean* of that and the lead's, which ranks: where a hundredth may be lost,
//! questions that nothing answers found a page in 0.21 of the cases with the personas, and in 0.13 by the closest passage.
//! A hundredth is too much, though: in the browser two of twenty questions in other words lost their page. And by how
//! many *standard deviations* the mean is above that of all pages with this question, as a cosine might mean more where
//! a question is far from everything else: it is worse in every set. So is the distance from the 10th or the 50th page.

use crate::{
    error::Error,
    history::{History, Method, Question, questions},
    jobs::Part,
    measure::Task,
    metrics::{mean, quantile},
    model::Model,
    report::{Report, table},
    sets::unanswered,
};
use afterimage_index::{EASED, Hit, says_little};
use afterimage_models::catalogue::ModelSpec;
use serde_json::json;

/// The share of the unanswered questions that may find a page by meaning. At 0 the oddest question of a set decides;
/// at 1 there is no threshold. Most of them are about something that somebody does read of.
pub const STILL_FOUND: f64 = 0.25;
/// The share of the right pages among the hybrid's first ten that may be lost. At 0 the oddest page decides; at some
/// hundredths all pages may go that have no word of their question.
const LOST: f64 = 0.005;
/// Words of a question that somebody types who does not type sentences.
const KEYWORDS: usize = 3;
/// Thresholds that are looked at, in hundredths.
const THRESHOLDS: std::ops::RangeInclusive<u32> = 10..=70;
/// Each so many of them are shown.
const SHOWN: u32 = 5;
/// Shares of right pages that a signal may lose when two are compared.
const LOSSES: [f64; 3] = [0.01, 0.02, 0.05];

/// How close a page is to a question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Signal {
    /// The cosine that ranks: the mean of the closest passage's and the lead's.
    pub cosine: f64,
    /// The closest passage's, of which the threshold is asked.
    pub closest: f64,
    /// How far above the mean of all pages, in standard deviations of them.
    pub above: f64,
}

/// The right page of a question, where it is found without a threshold.
#[derive(Debug, Clone, Copy, Default)]
pub struct Answered {
    /// Among the first ten by meaning alone.
    pub by_meaning: Option<Signal>,
    /// Among the first ten of the hybrid; and whether a word of the question is in it.
    pub by_both: Option<(Signal, bool)>,
}

/// How questions are worded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wording {
    /// As somebody asked; those that say enough for the full threshold.
    Asked,
    /// As few words as somebody types who remembers a page's subject.
    Keywords,
}

impl Wording {
    /// Both.
    pub const ALL: [Wording; 2] = [Wording::Asked, Wording::Keywords];

    fn name(self) -> &'static str {
        match self {
            Wording::Asked => "as asked",
            Wording::Keywords => "keywords",
        }
    }

    /// A question in this wording; `None` where it is none.
    fn of(self, text: &str) -> Option<String> {
        let short = says_little(text);
        match self {
            Wording::Asked => (!short).then(|| text.to_owned()),
            Wording::Keywords if short => Some(text.to_owned()),
            Wording::Keywords => Some(keywords(text)),
        }
    }
}

/// The longest words of a question, in its order: they tell most of what it is about.
fn keywords(text: &str) -> String {
    let mut words: Vec<(usize, &str)> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).enumerate().collect();
    words.sort_by_key(|(at, word)| (std::cmp::Reverse(word.chars().count()), *at));
    words.truncate(KEYWORDS);
    words.sort_unstable();
    words.iter().map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
}

/// What a threshold has to tell apart, of one history and one wording.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Of its questions.
    pub wording: Wording,
    /// One a question that is answered.
    pub answered: Vec<Answered>,
    /// The closest page to each question that nothing answers.
    pub unanswered: Vec<Signal>,
}

/// Asks what is answered.
fn answered(
    history: &History,
    tasks: &[Task],
    wording: Wording,
    model: &Model<'_>,
) -> Result<Vec<Answered>, Error> {
    let mut all = Vec::with_capacity(tasks.len());
    let (tasks, texts): (Vec<&Task>, Vec<_>) =
        tasks.iter().filter_map(|task| Some((task, wording.of(&task.text)?))).unzip();
    for (task, question) in tasks.into_iter().zip(questions(model, &texts)?) {
        let is_right = |hit: &&Hit| task.relevant.get(&hit.page.url).is_some_and(|grade| *grade > 0.0);
        let scale = Scale::new(history, &question);
        let by_meaning = history.ask(&question, Method::Vectors)?;
        let by_both = history.ask_above(&question, -1.0)?;
        let by_both = by_both.iter().find(is_right);
        all.push(Answered {
            by_meaning: by_meaning.iter().find(is_right).and_then(|hit| scale.of(hit)),
            by_both: by_both.and_then(|hit| Some((scale.of(hit)?, hit.bm25.is_some()))),
        });
    }
    Ok(all)
}

/// Asks what nothing answers.
fn unanswered(history: &History, wording: Wording, model: &Model<'_>) -> Result<Vec<Signal>, Error> {
    let mut all = Vec::new();
    let texts: Vec<_> = unanswered::questions().filter_map(|text| wording.of(text)).collect();
    for question in questions(model, &texts)? {
        let scale = Scale::new(history, &question);
        let found = history.ask(&question, Method::Vectors)?;
        let found = found.iter().filter_map(|hit| scale.of(hit));
        all.extend(found.max_by(|a, b| a.closest.total_cmp(&b.closest)));
    }
    Ok(all)
}

/// All questions to a history, in both wordings.
pub fn samples(history: &History, tasks: &[&[Task]], model: &Model<'_>) -> Result<[Sample; 2], Error> {
    let sample = |wording| -> Result<Sample, Error> {
        let mut sample =
            Sample { wording, answered: Vec::new(), unanswered: unanswered(history, wording, model)? };
        for tasks in tasks {
            sample.answered.extend(answered(history, tasks, wording, model)?);
        }
        Ok(sample)
    };
    let [asked, keywords] = Wording::ALL.map(sample);
    Ok([asked?, keywords?])
}

/// The cosines of a question with all pages.
struct Scale {
    mean: f64,
    deviation: f64,
}

impl Scale {
    fn new(history: &History, question: &Question) -> Self {
        let all = history.cosines(question);
        let mean_of_all = mean(&all);
        let squares: Vec<f64> = all.iter().map(|cosine| (cosine - mean_of_all).powi(2)).collect();
        Self { mean: mean_of_all, deviation: mean(&squares).sqrt().max(f64::MIN_POSITIVE) }
    }

    fn of(&self, hit: &Hit) -> Option<Signal> {
        let cosine = hit.cosine?;
        Some(Signal { cosine, closest: hit.closest?, above: (cosine - self.mean) / self.deviation })
    }
}

/// The samples of a part as one, or of every other question in it.
#[derive(Debug, Clone, Default)]
struct Pool {
    answered: Vec<Answered>,
    unanswered: Vec<Signal>,
}

impl Pool {
    fn of<'a>(samples: impl Iterator<Item = &'a Sample>, half: Option<usize>) -> Self {
        let mut pool = Self::default();
        for sample in samples {
            let wanted = |n: &usize| half.is_none_or(|half| n % 2 == half);
            let answered = sample.answered.iter().enumerate().filter(|(n, _)| wanted(n));
            pool.answered.extend(answered.map(|(_, answered)| answered));
            let unanswered = sample.unanswered.iter().enumerate().filter(|(n, _)| wanted(n));
            pool.unanswered.extend(unanswered.map(|(_, signal)| signal));
        }
        pool
    }

    /// The share of the right pages by meaning that stay.
    fn kept_by_meaning(&self, least: f64) -> f64 {
        let found: Vec<Signal> = self.answered.iter().filter_map(|answered| answered.by_meaning).collect();
        share(&found, |signal| signal.closest >= least)
    }

    /// The share of the hybrid's right pages that stay.
    fn kept_by_both(&self, least: f64) -> f64 {
        let found: Vec<(Signal, bool)> =
            self.answered.iter().filter_map(|answered| answered.by_both).collect();
        share(&found, |(signal, has_words)| *has_words || signal.closest >= least)
    }

    /// The share of those among them that stay in which no word of the question is.
    fn kept_without_words(&self, least: f64) -> f64 {
        let found = self.answered.iter().filter_map(|answered| answered.by_both);
        let found: Vec<Signal> =
            found.filter(|(_, has_words)| !has_words).map(|(signal, _)| signal).collect();
        share(&found, |signal| signal.closest >= least)
    }

    /// The share of the unanswered questions that still find a page.
    fn still_found(&self, least: f64) -> f64 {
        share(&self.unanswered, |signal| signal.closest >= least)
    }
}

fn share<T>(all: &[T], is: impl Fn(&T) -> bool) -> f64 {
    all.iter().filter(|one| is(one)).count() as f64 / all.len().max(1) as f64
}

/// What the rule chooses; `None` where even the smallest threshold costs too much.
fn choose(pools: &[Pool]) -> Option<f64> {
    let thresholds = THRESHOLDS.map(|hundredths| f64::from(hundredths) / 100.0);
    thresholds.take_while(|least| pools.iter().all(|pool| pool.kept_by_both(*least) >= 1.0 - LOST)).last()
}

/// Says what every threshold does, compares the signals, and chooses.
pub fn present(samples: &[(Part, Sample)], model: &ModelSpec, report: &mut Report) {
    let parts: Vec<Part> =
        Part::ALL.into_iter().filter(|part| samples.iter().any(|(of, _)| of == part)).collect();
    for wording in Wording::ALL {
        let of = |part: Part, half| {
            let these = samples.iter().filter(|(of, sample)| *of == part && sample.wording == wording);
            Pool::of(these.map(|(_, sample)| sample), half)
        };
        let pools: Vec<Pool> = parts.iter().map(|part| of(*part, None)).collect();
        let chosen = choose(&pools);
        for (part, pool) in parts.iter().zip(&pools) {
            let halves = [0, 1].map(|half| of(*part, Some(half)));
            thresholds(*part, wording, pool, &halves, chosen, report);
        }
        signals(&parts, &pools, report);
        let least = f64::from(model.min_cosine);
        let held = match wording {
            Wording::Asked => least,
            Wording::Keywords => least - f64::from(EASED),
        };
        let name = format!("{}, questions {}", model.id, wording.name());
        report.print(match chosen {
            Some(chosen) => format!("Chosen for {name}: {chosen:.2}; what holds is {held:.2}."),
            None => format!("No threshold for {name} keeps to the rule; what holds is {held:.2}."),
        });
        report.row(json!({ "model": model.id, "wording": wording.name(), "chosen": chosen, "held": held }));
        let off = chosen.map(|chosen| (held - chosen).abs());
        report.at_most(&format!("{name}: least cosine, distance from the chosen one"), off, 0.005);
    }
}

fn thresholds(
    part: Part,
    wording: Wording,
    pool: &Pool,
    halves: &[Pool; 2],
    chosen: Option<f64>,
    report: &mut Report,
) {
    let found = |by: fn(&Answered) -> bool| pool.answered.iter().filter(|answered| by(answered)).count();
    report.print(format!(
        "### {}, questions {}: {} of them, right page among the first ten by meaning of {}, of the hybrid of {}, in {} of \
         these without a word of the question; {} unanswered \
         questions. Even and odd halves.",
        part.name(),
        wording.name(),
        pool.answered.len(),
        found(|answered| answered.by_meaning.is_some()),
        found(|answered| answered.by_both.is_some()),
        found(|answered| answered.by_both.is_some_and(|(_, has_words)| !has_words)),
        pool.unanswered.len(),
    ));
    let mut lines = Vec::new();
    for hundredths in THRESHOLDS {
        let least = f64::from(hundredths) / 100.0;
        let is_chosen = chosen == Some(least);
        if hundredths % SHOWN != 0 && !is_chosen {
            continue;
        }
        let figures =
            [Pool::kept_by_meaning, Pool::kept_by_both, Pool::kept_without_words, Pool::still_found]
                .map(|of| halves.each_ref().map(|half| of(half, least)));
        report.row(json!({
            "part": part.name(), "wording": wording.name(), "min_cosine": least, "kept_by_meaning": figures[0], "kept_by_both": figures[1],
            "kept_without_words": figures[2], "unanswered_found": figures[3],
        }));
        let mark = if is_chosen { " ←" } else { "" };
        let figures = figures.map(|halves| halves.map(figure).join(" / "));
        lines.push([format!("{least:.2}{mark}")].into_iter().chain(figures).collect());
    }
    let head = [
        "min_cosine",
        "right pages kept by meaning",
        "… by the hybrid",
        "… of those without words",
        "unanswered that find a page",
    ];
    report.print(table(&head, &lines, 1));
}

/// How much of the unanswered a signal lets through when it may lose so many right pages, with a threshold for each
/// set, and with one for all of them.
fn signals(parts: &[Part], pools: &[Pool], report: &mut Report) {
    report.print(
        "### Unanswered questions that find a page, when so many of the right pages by meaning are lost"
            .into(),
    );
    let mut lines = Vec::new();
    for (name, of) in [
        ("closest passage", (|s| s.closest) as fn(Signal) -> f64),
        ("mean with the lead", |s| s.cosine),
        ("deviations above the mean", |s| s.above),
    ] {
        let right = |pool: &Pool| {
            let mut all: Vec<f64> =
                pool.answered.iter().filter_map(|answered| answered.by_meaning).map(of).collect();
            all.sort_by(f64::total_cmp);
            all
        };
        for lost in LOSSES {
            let own: Vec<Option<f64>> = pools.iter().map(|pool| quantile(&right(pool), lost)).collect();
            let one = own.iter().flatten().copied().reduce(f64::min);
            for (each, thresholds) in [("of each set", own), ("one for all", vec![one; pools.len()])] {
                let still: Vec<f64> = pools
                    .iter()
                    .zip(&thresholds)
                    .map(|(pool, least)| {
                        share(&pool.unanswered, |signal| least.is_none_or(|least| of(*signal) >= least))
                    })
                    .collect();
                report.row(json!({
                    "signal": name, "lost": lost, "threshold": each, "thresholds": thresholds,
                    "unanswered_found": still,
                }));
                let first = [name.to_owned(), format!("{:.0} %", lost * 100.0), each.to_owned()];
                lines.push(first.into_iter().chain(still.into_iter().map(figure)).collect());
            }
        }
    }
    let mut head = vec!["signal", "lost", "threshold"];
    head.extend(parts.iter().map(|part| part.name()));
    report.print(table(&head, &lines, 3));
}

fn figure(value: f64) -> String {
    format!("{value:.4}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signal(cosine: f64) -> Signal {
        Signal { cosine, closest: cosine, above: 0.0 }
    }

    /// Right pages at 0.3, 0.4 … with a word or without, and unanswered questions of these cosines.
    fn pool(right: &[(f64, bool)], unanswered: &[f64]) -> Pool {
        let answered = right.iter().map(|(cosine, has_words)| Answered {
            by_meaning: Some(signal(*cosine)),
            by_both: Some((signal(*cosine), *has_words)),
        });
        let unanswered = unanswered.iter().copied().map(signal).collect();
        Pool { answered: answered.collect(), unanswered }
    }

    #[test]
    fn the_largest_threshold_that_loses_nothing_is_chosen() {
        let by_meaning = pool(&[(0.6, false), (0.3, true)], &[0.2, 0.25]);
        assert_eq!(
            choose(std::slice::from_ref(&by_meaning)),
            Some(0.6),
            "a page with words stays in any case"
        );
        let further = pool(&[(0.444, false)], &[0.5]);
        assert_eq!(choose(&[by_meaning, further]), Some(0.44), "the hardest set decides");
        let mut many = vec![(0.3, false)];
        many.extend([(0.5, false); 199]);
        assert_eq!(choose(&[pool(&many, &[])]), Some(0.5), "one in two hundred may go");
        assert_eq!(choose(&[pool(&many[..199], &[])]), Some(0.3));
        assert_eq!(choose(&[pool(&[(0.05, false)], &[])]), None);
    }

    #[test]
    fn shares_are_of_what_was_found() {
        let mut pool = pool(&[(0.3, true), (0.5, false)], &[0.2, 0.4]);
        pool.answered.push(Answered::default());
        assert_eq!((pool.kept_by_meaning(0.4), pool.kept_by_both(0.4)), (0.5, 1.0));
        assert_eq!((pool.kept_by_both(0.6), pool.still_found(0.3)), (0.5, 0.5));
    }

    #[test]
    fn a_question_in_keywords_is_its_longest_words() {
        for (text, short) in [
            ("how do tides follow the moon in northern bays", "follow tides northern"),
            ("leavened loaves", "leavened loaves"),
            ("", ""),
        ] {
            let mut words: Vec<&str> = short.split_whitespace().collect();
            words.sort_by_key(|word| text.find(word));
            assert_eq!(keywords(text), words.join(" "));
        }
        assert_eq!(Wording::Asked.of("leavened loaves"), None);
        assert_eq!(Wording::Keywords.of("leavened loaves").as_deref(), Some("leavened loaves"));
    }

    #[test]
    fn halves_are_every_other_question() {
        let Pool { answered, unanswered } = pool(&[(0.1, true), (0.2, true), (0.3, true)], &[0.5]);
        let sample = Sample { wording: Wording::Asked, answered, unanswered };
        let cosines = |half| {
            let pool = Pool::of([&sample, &sample].into_iter(), half);
            let right = pool.answered.iter().filter_map(|a| a.by_meaning);
            (right.map(|signal| signal.cosine).collect::<Vec<_>>(), pool.unanswered.len())
        };
        assert_eq!(cosines(Some(0)), (vec![0.1, 0.3, 0.1, 0.3], 2));
        assert_eq!(cosines(Some(1)), (vec![0.2, 0.2], 0));
        assert_eq!(cosines(None).0.len(), 6);
    }
}

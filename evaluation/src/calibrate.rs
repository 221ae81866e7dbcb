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
//! Short questions are asked for less (`afterimage_index::least_cosine`): the sets have few of them, and the shares of
//! questions that find a page are counted at the threshold itself.
//!
//! Two signals are compared, because a cosine might mean more where a question is far from everything else: the
//! cosine itself, and by how many standard deviations it is above the mean of all pages' cosines with this question.
//! The cosine is better in every set. So it is than its distance from the 10th or the 50th page, than the cosine
//! less a half of any of these, and not worse than the cosine plus some of the distances.

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
use afterimage_index::Hit;
use afterimage_models::catalogue::ModelSpec;
use serde_json::json;

/// The share of the unanswered questions that may find a page by meaning. At 0 the oddest question of a set decides;
/// at 1 there is no threshold. Most of them are about something that somebody does read of.
pub const STILL_FOUND: f64 = 0.25;
/// The share of the right pages among the hybrid's first ten that may be lost. At 0 the oddest page decides; at some
/// hundredths all pages may go that have no word of their question.
const LOST: f64 = 0.01;
/// Thresholds that are looked at, in hundredths.
const THRESHOLDS: std::ops::RangeInclusive<u32> = 10..=70;
/// Each so many of them are shown.
const SHOWN: u32 = 5;
/// Shares of right pages that a signal may lose when two are compared.
const LOSSES: [f64; 3] = [0.01, 0.02, 0.05];

/// How close a page is to a question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Signal {
    /// The cosine.
    pub cosine: f64,
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

/// What a threshold has to tell apart, of one history.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    /// One a question that is answered.
    pub answered: Vec<Answered>,
    /// The closest page to each question that nothing answers.
    pub unanswered: Vec<Signal>,
}

/// Asks what is answered.
pub fn answered(history: &History, tasks: &[Task], model: &Model<'_>) -> Result<Vec<Answered>, Error> {
    let mut all = Vec::with_capacity(tasks.len());
    let texts: Vec<&str> = tasks.iter().map(|task| task.text.as_str()).collect();
    for (task, question) in tasks.iter().zip(questions(model, &texts)?) {
        let is_right = |hit: &&Hit| task.relevant.get(&hit.page.url).is_some_and(|grade| *grade > 0.0);
        let scale = Scale::new(history, &question);
        let by_meaning = history.ask(&question, Method::Vectors)?;
        let by_both = history.ask_above(&question, -1.0)?;
        let by_both = by_both.iter().find(is_right);
        all.push(Answered {
            by_meaning: by_meaning.iter().find(is_right).and_then(|hit| Some(scale.of(hit.cosine?))),
            by_both: by_both.and_then(|hit| Some((scale.of(hit.cosine?), hit.bm25.is_some()))),
        });
    }
    Ok(all)
}

/// Asks what nothing answers.
pub fn unanswered(history: &History, model: &Model<'_>) -> Result<Vec<Signal>, Error> {
    let mut all = Vec::new();
    for question in questions(model, &unanswered::questions().collect::<Vec<_>>())? {
        let closest = history.ask(&question, Method::Vectors)?.first().and_then(|hit| hit.cosine);
        all.extend(closest.map(|cosine| Scale::new(history, &question).of(cosine)));
    }
    Ok(all)
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

    fn of(&self, cosine: f64) -> Signal {
        Signal { cosine, above: (cosine - self.mean) / self.deviation }
    }
}

/// The samples of a part as one, or of every other question in it.
#[derive(Debug, Clone, Default)]
struct Pool(Sample);

impl Pool {
    fn of<'a>(samples: impl Iterator<Item = &'a Sample>, half: Option<usize>) -> Self {
        let mut pool = Sample::default();
        for sample in samples {
            let wanted = |n: &usize| half.is_none_or(|half| n % 2 == half);
            let answered = sample.answered.iter().enumerate().filter(|(n, _)| wanted(n));
            pool.answered.extend(answered.map(|(_, answered)| answered));
            let unanswered = sample.unanswered.iter().enumerate().filter(|(n, _)| wanted(n));
            pool.unanswered.extend(unanswered.map(|(_, signal)| signal));
        }
        Self(pool)
    }

    /// The share of the right pages by meaning that stay.
    fn kept_by_meaning(&self, least: f64) -> f64 {
        let found: Vec<Signal> = self.0.answered.iter().filter_map(|answered| answered.by_meaning).collect();
        share(&found, |signal| signal.cosine >= least)
    }

    /// The share of the hybrid's right pages that stay.
    fn kept_by_both(&self, least: f64) -> f64 {
        let found: Vec<(Signal, bool)> =
            self.0.answered.iter().filter_map(|answered| answered.by_both).collect();
        share(&found, |(signal, has_words)| *has_words || signal.cosine >= least)
    }

    /// The share of those among them that stay in which no word of the question is.
    fn kept_without_words(&self, least: f64) -> f64 {
        let found = self.0.answered.iter().filter_map(|answered| answered.by_both);
        let found: Vec<Signal> =
            found.filter(|(_, has_words)| !has_words).map(|(signal, _)| signal).collect();
        share(&found, |signal| signal.cosine >= least)
    }

    /// The share of the unanswered questions that still find a page.
    fn still_found(&self, least: f64) -> f64 {
        share(&self.0.unanswered, |signal| signal.cosine >= least)
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
    let of = |part: Part, half| {
        Pool::of(samples.iter().filter(|(of, _)| *of == part).map(|(_, sample)| sample), half)
    };
    let pools: Vec<Pool> = parts.iter().map(|part| of(*part, None)).collect();
    let chosen = choose(&pools);
    for (part, pool) in parts.iter().zip(&pools) {
        let halves = [0, 1].map(|half| of(*part, Some(half)));
        thresholds(*part, pool, &halves, chosen, report);
    }
    signals(&parts, &pools, report);
    let held = f64::from(model.min_cosine);
    report.print(match chosen {
        Some(chosen) => {
            format!("Chosen for {}: min_cosine = {chosen:.2}; the catalogue has {held:.2}.", model.id)
        }
        None => format!("No threshold for {} keeps to the rule; the catalogue has {held:.2}.", model.id),
    });
    report.row(json!({ "model": model.id, "chosen": chosen, "catalogue": held }));
    let off = chosen.map(|chosen| (held - chosen).abs());
    report.at_most("the catalogue's min_cosine, distance from the chosen one", off, 0.005);
}

fn thresholds(part: Part, pool: &Pool, halves: &[Pool; 2], chosen: Option<f64>, report: &mut Report) {
    let found = |by: fn(&Answered) -> bool| pool.0.answered.iter().filter(|answered| by(answered)).count();
    report.print(format!(
        "### {}: {} questions, right page among the first ten by meaning of {}, of the hybrid of {}, in {} of \
         these without a word of the question; {} unanswered \
         questions. Even and odd halves.",
        part.name(),
        pool.0.answered.len(),
        found(|answered| answered.by_meaning.is_some()),
        found(|answered| answered.by_both.is_some()),
        found(|answered| answered.by_both.is_some_and(|(_, has_words)| !has_words)),
        pool.0.unanswered.len(),
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
            "part": part.name(), "min_cosine": least, "kept_by_meaning": figures[0], "kept_by_both": figures[1],
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
    for (name, of) in
        [("cosine", (|s| s.cosine) as fn(Signal) -> f64), ("deviations above the mean", |s| s.above)]
    {
        let right = |pool: &Pool| {
            let mut all: Vec<f64> =
                pool.0.answered.iter().filter_map(|answered| answered.by_meaning).map(of).collect();
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
                        share(&pool.0.unanswered, |signal| least.is_none_or(|least| of(*signal) >= least))
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
        Signal { cosine, above: 0.0 }
    }

    /// Right pages at 0.3, 0.4 … with a word or without, and unanswered questions of these cosines.
    fn pool(right: &[(f64, bool)], unanswered: &[f64]) -> Pool {
        let answered = right.iter().map(|(cosine, has_words)| Answered {
            by_meaning: Some(signal(*cosine)),
            by_both: Some((signal(*cosine), *has_words)),
        });
        let unanswered = unanswered.iter().copied().map(signal).collect();
        Pool(Sample { answered: answered.collect(), unanswered })
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
        many.extend([(0.5, false); 99]);
        assert_eq!(choose(&[pool(&many, &[])]), Some(0.5), "one in a hundred may go");
        assert_eq!(choose(&[pool(&many[..99], &[])]), Some(0.3));
        assert_eq!(choose(&[pool(&[(0.05, false)], &[])]), None);
    }

    #[test]
    fn shares_are_of_what_was_found() {
        let mut pool = pool(&[(0.3, true), (0.5, false)], &[0.2, 0.4]);
        pool.0.answered.push(Answered::default());
        assert_eq!((pool.kept_by_meaning(0.4), pool.kept_by_both(0.4)), (0.5, 1.0));
        assert_eq!((pool.kept_by_both(0.6), pool.still_found(0.3)), (0.5, 0.5));
    }

    #[test]
    fn halves_are_every_other_question() {
        let sample = pool(&[(0.1, true), (0.2, true), (0.3, true)], &[0.5]).0;
        let cosines = |half| {
            let pool = Pool::of([&sample, &sample].into_iter(), half);
            let right = pool.0.answered.iter().filter_map(|a| a.by_meaning);
            (right.map(|signal| signal.cosine).collect::<Vec<_>>(), pool.0.unanswered.len())
        };
        assert_eq!(cosines(Some(0)), (vec![0.1, 0.3, 0.1, 0.3], 2));
        assert_eq!(cosines(Some(1)), (vec![0.2, 0.2], 0));
        assert_eq!(cosines(None).0.len(), 6);
    }
}

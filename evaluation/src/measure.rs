//! Asks a history and scores its answers.

use crate::{
    error::Error,
    history::{Form, History, Method, Question, RESULTS, questions},
    metrics::{mean, ndcg, recall, reciprocal_rank},
    model::Model,
    sets::unanswered,
    typing::{self, Typed},
};
use afterimage_index::Hit;
use serde::Serialize;
use std::collections::HashMap;

/// A question, and the pages that answer it with their grades.
pub struct Task {
    /// What is asked.
    pub text: String,
    /// By URL.
    pub relevant: HashMap<String, f64>,
}

impl Task {
    /// A question that one page answers.
    pub fn one(text: String, url: String) -> Self {
        Self { text, relevant: HashMap::from([(url, 1.0)]) }
    }
}

/// Means over the questions of a set.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Measures {
    /// nDCG@10.
    pub ndcg_10: f64,
    /// Recall@1.
    pub recall_1: f64,
    /// Recall@3.
    pub recall_3: f64,
    /// Recall@10.
    pub recall_10: f64,
    /// The mean reciprocal rank, of the first ten.
    pub mrr_10: f64,
    /// The mean reciprocal rank, of the first two.
    pub rr_2: f64,
}

/// Cosines of closest passages: what a threshold has to tell apart.
#[derive(Debug, Clone, Default)]
pub struct Cosines {
    /// Of each question's right page; `None` where it is not among the first ten by meaning.
    pub right: Vec<Option<f64>>,
    /// Of the closest page to each question that the set answers.
    pub answered: Vec<f64>,
    /// Of the closest page to each question that it does not.
    pub unanswered: Vec<f64>,
}

/// All that was measured of one set in one form.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The set.
    pub set: String,
    /// How pages became passages.
    pub form: Form,
    /// How many there are.
    pub pages: usize,
    /// And their passages.
    pub passages: usize,
    /// How many were asked.
    pub questions: usize,
    /// In the order of [`Method::ALL`].
    pub measures: Vec<Measures>,
    /// While typing; empty where it was not measured.
    pub typed: Vec<Typed>,
    /// Empty where they were not measured.
    pub cosines: Cosines,
    /// Of each question, the share of the pages closest by all vectors in f32 that the index finds;
    /// empty where it was not measured.
    pub recall_of_exact: Vec<f64>,
}

impl Outcome {
    /// The figures of a method.
    pub fn of(&self, method: Method) -> Measures {
        self.measures.get(method as usize).copied().unwrap_or_default()
    }
}

/// Asks every question in every way.
pub fn measure(
    set: &str,
    form: Form,
    history: &History,
    tasks: &[Task],
    model: &Model<'_>,
) -> Result<Outcome, Error> {
    let asked = questions(model, &tasks.iter().map(|task| &task.text).collect::<Vec<_>>())?;
    let mut measures = Vec::new();
    let mut cosines = Cosines::default();
    for method in Method::ALL {
        let mut all = Vec::with_capacity(tasks.len());
        for (task, question) in tasks.iter().zip(&asked) {
            let hits = history.ask(question, method)?;
            let grade = |url: &str| task.relevant.get(url).copied().unwrap_or(0.0);
            let ranked: Vec<f64> = hits.iter().map(|hit| grade(&hit.page.url)).collect();
            if method == Method::Vectors {
                cosines.answered.extend(closest(&hits));
                let right = hits.iter().find(|hit| grade(&hit.page.url) > 0.0);
                cosines.right.push(right.and_then(|hit| hit.closest));
            }
            all.push(score(&ranked, &task.relevant));
        }
        measures.push(average(&all));
    }
    let mut recall_of_exact = Vec::with_capacity(tasks.len());
    if form == Form::Passages {
        for question in &asked {
            recall_of_exact.extend(history.recall_of_exact(question)?);
        }
    }
    let (pages, passages) = history.counts();
    let set = set.to_owned();
    let questions = tasks.len();
    let typed = Vec::new();
    Ok(Outcome { set, form, pages, passages, questions, measures, typed, cosines, recall_of_exact })
}

/// The closest page to each question that nothing answers.
pub fn unanswered_cosines(history: &History, model: &Model<'_>) -> Result<Vec<f64>, Error> {
    let mut all = Vec::new();
    for question in questions(model, &unanswered::questions().collect::<Vec<_>>())? {
        all.extend(closest(&history.ask(&question, Method::Vectors)?));
    }
    Ok(all)
}

/// The cosine of the closest passage.
fn closest(hits: &[Hit]) -> Option<f64> {
    hits.iter().filter_map(|hit| hit.closest).max_by(f64::total_cmp)
}

/// What becomes of exact matches when meaning joins the words, at every length of [`typing::LENGTHS`].
pub fn while_typing(history: &History, tasks: &[Task], model: &Model<'_>) -> Result<Vec<Typed>, Error> {
    let mut all = Vec::new();
    for characters in typing::LENGTHS {
        let begun: Vec<&str> =
            tasks.iter().filter_map(|task| typing::begun(&task.text, characters)).collect();
        let mut typed = Typed { characters, ..Typed::default() };
        for (text, question) in begun.iter().zip(questions(model, &begun)?) {
            typed.add(
                text,
                &titles(history, &question, Method::Words)?,
                &titles(history, &question, Method::Calibrated)?,
            );
        }
        all.push(typed);
    }
    Ok(all)
}

/// URL and title of the first results.
fn titles(history: &History, question: &Question, method: Method) -> Result<Vec<(String, String)>, Error> {
    let hits = history.ask(question, method)?;
    Ok(hits.into_iter().map(|hit| (hit.page.url, hit.page.title)).collect())
}

fn score(ranked: &[f64], relevant: &HashMap<String, f64>) -> Measures {
    let grades: Vec<f64> = relevant.values().copied().collect();
    Measures {
        ndcg_10: ndcg(ranked, &grades, RESULTS),
        recall_1: recall(ranked, grades.len(), 1),
        recall_3: recall(ranked, grades.len(), 3),
        recall_10: recall(ranked, grades.len(), RESULTS),
        mrr_10: reciprocal_rank(ranked, RESULTS),
        rr_2: reciprocal_rank(ranked, 2),
    }
}

/// The mean of each figure.
pub fn average(all: &[Measures]) -> Measures {
    let of = |figure: fn(&Measures) -> f64| mean(&all.iter().map(figure).collect::<Vec<_>>());
    Measures {
        ndcg_10: of(|m| m.ndcg_10),
        recall_1: of(|m| m.recall_1),
        recall_3: of(|m| m.recall_3),
        recall_10: of(|m| m.recall_10),
        mrr_10: of(|m| m.mrr_10),
        rr_2: of(|m| m.rr_2),
    }
}

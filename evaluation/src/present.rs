//! From outcomes to tables and budgets.

use crate::{
    calibrate::STILL_FOUND,
    history::{Form, Method},
    jobs::Part,
    measure::{Measures, Outcome, average},
    metrics::{mean, quantile},
    report::{Report, table},
    typing::{LENGTHS, Typed},
};
use serde_json::{Value, json};

/// nDCG@10 of all-MiniLM-L6-v2 on SciFact, as published, and how far off it we may be.
const SCIFACT_VECTORS: (f64, f64) = (0.645, 0.007);
/// The least nDCG@10 of the hybrid on SciFact.
const SCIFACT_HYBRID: f64 = 0.715;
/// The least mean RR@2 of the hybrid over the personas.
const PERSONAS_HYBRID: f64 = 0.935;
/// Personas on which the hybrid may be worse than the better of words and vectors, and by how much.
const WORSE: (usize, f64) = (1, 0.01);
/// The least share of the ten closest pages that the two stages find.
const RECALL_OF_EXACT: f64 = 0.99;
/// Below so many characters meaning pushes no exact match out.
const TYPED: usize = 12;
/// Of the distribution of cosines.
const QUANTILES: [f64; 7] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

/// Says everything of the outcomes of one part. `min_cosine` is the model's.
pub fn present(part: Part, outcomes: &[&Outcome], min_cosine: f64, report: &mut Report) {
    outcomes.iter().for_each(|outcome| rows(part, outcome, report));
    match part {
        Part::SciFact => scifact(outcomes, min_cosine, report),
        Part::Personas => personas(outcomes, min_cosine, report),
        Part::Pages => {
            report.print("### Saved articles among the first persona's pages, passages".into());
            let lines = outcomes.iter().flat_map(|outcome| lines(&outcome.set, outcome));
            report.print(measures_table("questions", &lines.collect::<Vec<_>>()));
        }
    }
    recall_of_exact(part, &in_form(outcomes, Form::Passages), report);
}

/// What the two stages lose.
fn recall_of_exact(part: Part, outcomes: &[&Outcome], report: &mut Report) {
    let all: Vec<f64> = outcomes.iter().flat_map(|outcome| &outcome.recall_of_exact).copied().collect();
    let (recall, lost) = (mean(&all), all.iter().filter(|recall| **recall < 1.0).count());
    let worst = all.iter().copied().reduce(f64::min);
    report.row(json!({
        "part": part.name(), "recall_10_of_exact": recall, "questions": all.len(), "with_loss": lost, "worst": worst,
    }));
    let name = format!("{}: two-stage Recall@10 of exact f32, {} questions", part.name(), all.len());
    report.at_least(&name, (!all.is_empty()).then_some(recall), RECALL_OF_EXACT);
}

/// The JSON of an outcome, one row a method.
fn rows(part: Part, outcome: &Outcome, report: &mut Report) {
    for method in Method::ALL {
        let mut row = json!({
            "part": part.name(), "set": outcome.set, "form": outcome.form.name(), "method": method.name(),
            "pages": outcome.pages, "passages": outcome.passages, "questions": outcome.questions,
        });
        if let (Value::Object(row), Value::Object(measures)) = (&mut row, json!(outcome.of(method))) {
            row.extend(measures);
        }
        report.row(row);
    }
    for typed in &outcome.typed {
        report.row(json!({ "part": part.name(), "set": outcome.set, "typed": typed }));
    }
}

fn scifact(outcomes: &[&Outcome], min_cosine: f64, report: &mut Report) {
    report.print("### SciFact, test".into());
    let lines = outcomes.iter().flat_map(|outcome| lines(outcome.form.name(), outcome));
    report.print(measures_table("form", &lines.collect::<Vec<_>>()));
    let passages = in_form(outcomes, Form::Passages);
    cosines("SciFact", &passages, min_cosine, report);

    let ndcg = |form, method| Some(in_form(outcomes, form).first()?.of(method).ndcg_10);
    let vectors = ndcg(Form::Whole, Method::Vectors);
    let (published, tolerance) = SCIFACT_VECTORS;
    report.at_most(
        &format!("SciFact, one vector: vectors' nDCG@10, distance from {published}"),
        vectors.map(|found| (found - published).abs()),
        tolerance,
    );
    let hybrid = ndcg(Form::Passages, Method::Calibrated);
    report.at_least("SciFact: hybrid's nDCG@10", hybrid, SCIFACT_HYBRID);
    let lead = passages.first().map(|outcome| lead(outcome, |measures| measures.ndcg_10));
    report.at_least("SciFact: hybrid's nDCG@10 − better of words and vectors", lead, 0.0);
}

fn personas(outcomes: &[&Outcome], min_cosine: f64, report: &mut Report) {
    for form in Form::ALL {
        let these = in_form(outcomes, form);
        report.print(format!("### Personas, RR@2, {}", form.name()));
        let mut lines: Vec<Vec<String>> = these
            .iter()
            .map(|outcome| {
                let mut line = vec![outcome.set.clone(), outcome.pages.to_string()];
                line.extend(Method::ALL.map(|method| figure(outcome.of(method).rr_2)));
                line
            })
            .collect();
        let mut last = vec!["mean".into(), String::new()];
        last.extend(Method::ALL.map(|method| figure(over(&these, method).rr_2)));
        lines.push(last);
        let mut head = vec!["persona", "pages"];
        head.extend(Method::ALL.map(Method::name));
        report.print(table(&head, &lines, 1));
    }
    report.print("### Personas, means".into());
    let mut lines = Vec::new();
    for form in Form::ALL {
        let these = in_form(outcomes, form);
        for method in Method::ALL {
            lines.push((form.name().to_owned(), method, over(&these, method)));
        }
    }
    report.print(measures_table("form", &lines));

    let passages = in_form(outcomes, Form::Passages);
    typing(&passages, report);
    cosines("Personas", &passages, min_cosine, report);
    let leads: Vec<f64> = passages.iter().map(|outcome| lead(outcome, |measures| measures.rr_2)).collect();
    // Rounded, so that equal means of different sums are equal.
    let good = leads.iter().filter(|lead| **lead >= -1e-9).count();
    let found = (!passages.is_empty()).then(|| over(&passages, Method::Calibrated).rr_2);
    report.at_least("personas: hybrid's mean RR@2", found, PERSONAS_HYBRID);
    let wanted = passages.len().saturating_sub(WORSE.0);
    report.at_least(
        "personas on which hybrid's RR@2 ≥ better of words and vectors",
        Some(good as f64),
        wanted as f64,
    );
    let worst = leads.into_iter().min_by(f64::total_cmp);
    report.at_least("personas: least of hybrid's RR@2 − better of words and vectors", worst, -WORSE.1);
    for typed in sum_of_typed(&passages).into_iter().filter(|typed| typed.characters < TYPED) {
        let name = format!("exact matches pushed out after {} characters", typed.characters);
        report.at_most(&name, (typed.exact > 0).then_some(typed.pushed_out as f64), 0.0);
    }
}

fn typing(outcomes: &[&Outcome], report: &mut Report) {
    report.print("### While typing: exact matches among the first three by words".into());
    let lines: Vec<Vec<String>> = sum_of_typed(outcomes)
        .into_iter()
        .map(|typed| {
            [typed.characters, typed.questions, typed.exact, typed.pushed_out, typed.for_others]
                .map(|count| count.to_string())
                .to_vec()
        })
        .collect();
    let head = ["characters", "questions", "exact matches", "pushed out", "… by no exact match"];
    report.print(table(&head, &lines, 0));
}

fn sum_of_typed(outcomes: &[&Outcome]) -> Vec<Typed> {
    let at = |characters| {
        let these = outcomes.iter().flat_map(|outcome| &outcome.typed);
        let these = these.filter(|typed| typed.characters == characters);
        these.fold(Typed { characters, ..Typed::default() }, |sum, typed| sum.plus(*typed))
    };
    LENGTHS.map(at).to_vec()
}

/// How close pages are to questions that they answer, and to those that nothing answers.
fn cosines(name: &str, outcomes: &[&Outcome], min_cosine: f64, report: &mut Report) {
    let sorted = |values: &dyn Fn(&Outcome) -> Vec<f64>| {
        let mut all: Vec<f64> = outcomes.iter().flat_map(|outcome| values(outcome)).collect();
        all.sort_by(f64::total_cmp);
        all
    };
    let right = sorted(&|outcome| outcome.cosines.right.iter().flatten().copied().collect());
    let answered = sorted(&|outcome| outcome.cosines.answered.clone());
    let unanswered = sorted(&|outcome| outcome.cosines.unanswered.clone());
    report.print(format!("### {name}, passages: quantiles of cosines"));
    let lines: Vec<Vec<String>> = [
        ("right page (among the first ten)", &right),
        ("closest page, question answered", &answered),
        ("closest page, question unanswered", &unanswered),
    ]
    .into_iter()
    .map(|(what, values)| {
        let found: Vec<Option<f64>> = QUANTILES.map(|share| quantile(values, share)).to_vec();
        report.row(json!({ "set": name, "cosines": what, "n": values.len(), "quantiles": QUANTILES, "values": found }));
        let cells = found.iter().map(|value| value.map_or_else(|| "–".into(), figure));
        [what.to_owned(), values.len().to_string()].into_iter().chain(cells).collect()
    })
    .collect();
    let shares: Vec<String> = QUANTILES.iter().map(|share| format!("{:.0} %", share * 100.0)).collect();
    let head: Vec<&str> = ["cosine of", "n"].into_iter().chain(shares.iter().map(String::as_str)).collect();
    report.print(table(&head, &lines, 1));
    let found = unanswered.iter().filter(|cosine| **cosine >= min_cosine).count();
    report.at_most(
        &format!("{name}: unanswered questions that find a page by meaning, at {min_cosine:.2}"),
        (!unanswered.is_empty()).then(|| found as f64 / unanswered.len() as f64),
        STILL_FOUND,
    );
}

/// How much better the hybrid is than the better of words and vectors.
fn lead(outcome: &Outcome, figure: fn(&Measures) -> f64) -> f64 {
    let of = |method| figure(&outcome.of(method));
    of(Method::Calibrated) - of(Method::Words).max(of(Method::Vectors))
}

fn in_form<'a>(outcomes: &[&'a Outcome], form: Form) -> Vec<&'a Outcome> {
    outcomes.iter().copied().filter(|outcome| outcome.form == form).collect()
}

/// The mean of a method's figures over sets.
fn over(outcomes: &[&Outcome], method: Method) -> Measures {
    average(&outcomes.iter().map(|outcome| outcome.of(method)).collect::<Vec<_>>())
}

fn lines(name: &str, outcome: &Outcome) -> Vec<(String, Method, Measures)> {
    Method::ALL.map(|method| (format!("{name} ({})", outcome.questions), method, outcome.of(method))).to_vec()
}

fn measures_table(what: &str, lines: &[(String, Method, Measures)]) -> String {
    let rows: Vec<Vec<String>> = lines
        .iter()
        .map(|(name, method, m)| {
            let figures = [m.ndcg_10, m.recall_1, m.recall_3, m.recall_10, m.mrr_10, m.rr_2].map(figure);
            [name.clone(), method.name().to_owned()].into_iter().chain(figures).collect()
        })
        .collect();
    let head = [what, "by", "nDCG@10", "Recall@1", "Recall@3", "Recall@10", "MRR@10", "RR@2"];
    table(&head, &rows, 2)
}

fn figure(value: f64) -> String {
    format!("{value:.4}")
}

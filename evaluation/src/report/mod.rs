//! What every benchmark ends with, as `tests/bench/report` writes it for those in a browser: tables on stdout,
//! `NAME.json` and `NAME.md`, and budgets. A budget that could not be measured does not hold.

mod machine;
mod table;

pub use machine::machine;
pub use table::table;

use crate::error::Error;
use serde::Serialize;
use serde_json::Value;
use std::{fs, path::Path};

/// What must stay true.
#[derive(Debug, Serialize)]
struct Budget {
    name: String,
    /// With direction, such as `≥ 0.9`.
    limit: String,
    measured: Option<f64>,
    holds: bool,
}

/// The JSON file.
#[derive(Serialize)]
struct Results<'a> {
    machine: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    partial: Option<&'a str>,
    rows: &'a [Value],
    budgets: &'a [Budget],
}

/// One benchmark's results.
#[derive(Debug, Default)]
pub struct Report {
    text: Vec<String>,
    rows: Vec<Value>,
    budgets: Vec<Budget>,
}

impl Report {
    /// A paragraph or a table, printed at once.
    pub fn print(&mut self, text: String) {
        println!("{text}\n");
        self.text.push(text);
    }

    /// What the JSON file holds for one line of a table.
    pub fn row(&mut self, row: Value) {
        self.rows.push(row);
    }

    /// A budget with an upper limit.
    pub fn at_most(&mut self, name: &str, measured: Option<f64>, limit: f64) {
        let measured = measured.filter(|value| value.is_finite()).map(rounded);
        let holds = measured.is_some_and(|value| value <= limit);
        self.budgets.push(Budget { name: name.to_owned(), limit: format!("≤ {limit}"), measured, holds });
    }

    /// A budget with a lower limit.
    pub fn at_least(&mut self, name: &str, measured: Option<f64>, limit: f64) {
        let measured = measured.filter(|value| value.is_finite()).map(rounded);
        let holds = measured.is_some_and(|value| value >= limit);
        self.budgets.push(Budget { name: name.to_owned(), limit: format!("≥ {limit}"), measured, holds });
    }

    /// Prints the budgets and writes the files; `true` if all of them hold. `partial` says what was left out.
    pub fn finish(
        mut self,
        folder: &Path,
        name: &str,
        machine: &str,
        partial: Option<&str>,
    ) -> Result<bool, Error> {
        let rows: Vec<Vec<String>> = (self.budgets.iter())
            .map(|budget| {
                let measured =
                    budget.measured.map_or_else(|| "not measured".into(), |value| value.to_string());
                let holds = if budget.holds { "yes" } else { "NO" };
                vec![budget.name.clone(), budget.limit.clone(), measured, holds.into()]
            })
            .collect();
        self.print(table(&["budget", "limit", "measured", "holds"], &rows, 1));
        self.print(format!("Measured on: {machine}."));
        let result = Results { machine, partial, rows: &self.rows, budgets: &self.budgets };
        let path = folder.join(format!("{name}.json"));
        let result = serde_json::to_string_pretty(&result).map_err(Error::format(path))?;
        let write = |kind: &str, text: String| {
            let path = folder.join(format!("{name}.{kind}"));
            fs::write(&path, text + "\n").map_err(Error::file(path))
        };
        fs::create_dir_all(folder).map_err(Error::file(folder))?;
        write("json", result)?;
        write("md", self.text.join("\n\n"))?;
        Ok(self.budgets.iter().all(|budget| budget.holds))
    }
}

/// Four digits after the point: what the limits are compared with is what is shown.
fn rounded(value: f64) -> f64 {
    // Adding zero makes -0 a plain 0.
    (value * 1e4).round() / 1e4 + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_hold_or_do_not() {
        let mut report = Report::default();
        report.at_least("a", Some(0.71496), 0.715);
        report.at_least("b", Some(0.7149), 0.715);
        report.at_most("c", None, 1.0);
        report.at_most("d", Some(f64::NAN), 1.0);
        report.at_most("e", Some(-0.000_01), 0.0);
        let holds: Vec<bool> = report.budgets.iter().map(|budget| budget.holds).collect();
        assert_eq!(holds, [true, false, false, false, true]);
        assert_eq!(report.budgets[0].limit, "≥ 0.715");
    }
}

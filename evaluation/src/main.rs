//! `relevance`: how well pages are found again, by the product's own model, passages, index and fusion.
//!
//! | module | what |
//! |---|---|
//! | `sets` | the data sets, as documents and questions |
//! | `model`, `vectors` | the product's embedder, and the vectors of earlier runs |
//! | `history` | documents in the product's index, and the ways to ask it |
//! | `exact` | all vectors in f32: what the index is held against |
//! | `metrics`, `measure`, `typing` | what answers are worth |
//! | `calibrate` | `--calibrate`: the threshold below which meaning finds nothing |
//! | `jobs` | all of it, over all cores |
//! | `present`, `report` | tables and budgets; the files that every benchmark writes |
//!
//! `./build.sh bench relevance` gives the folders.

mod calibrate;
mod error;
mod exact;
mod history;
mod jobs;
mod measure;
mod metrics;
mod model;
mod present;
mod report;
mod sets;
mod typing;
mod vectors;

use error::Error;
use jobs::Part;
use std::{env, path::PathBuf, process::ExitCode};

const USAGE: &str =
"usage: relevance --model DIR --data DIR --cache DIR --out DIR [--only scifact|personas|pages | --calibrate]
  --only       measures one of the sets
  --calibrate  chooses the model's min_cosine instead, over all sets";

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("relevance: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The command line.
#[derive(Default)]
struct Options {
    model: PathBuf,
    data: PathBuf,
    cache: PathBuf,
    out: PathBuf,
    only: Option<Part>,
    calibrate: bool,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, Error> {
        let usage = || Error::Usage(USAGE.to_owned());
        let mut options = Options::default();
        while let Some(name) = arguments.next() {
            if name == "--calibrate" {
                options.calibrate = true;
                continue;
            }
            let value = arguments.next().ok_or_else(usage)?;
            match name.as_str() {
                "--model" => options.model = value.into(),
                "--data" => options.data = value.into(),
                "--cache" => options.cache = value.into(),
                "--out" => options.out = value.into(),
                "--only" => {
                    let part = Part::ALL.into_iter().find(|part| part.name() == value);
                    options.only = Some(part.ok_or_else(usage)?);
                }
                _ => return Err(usage()),
            }
        }
        let folders = [&options.model, &options.data, &options.cache, &options.out];
        if folders.iter().any(|folder| folder.as_os_str().is_empty()) {
            return Err(usage());
        }
        // One set does not say what holds for the others.
        if options.calibrate && options.only.is_some() {
            return Err(usage());
        }
        Ok(options)
    }
}

/// `true` if every budget holds.
fn run() -> Result<bool, Error> {
    let options = Options::read(env::args().skip(1))?;
    let (parts, absent): (Vec<Part>, Vec<Part>) = (Part::ALL.into_iter())
        .filter(|part| options.only.is_none_or(|only| only == *part))
        .partition(|part| part.folder(&options.data).is_dir());
    if parts.is_empty() {
        return Err(Error::NoData(options.data));
    }
    let files = model::Files::read(&options.model)?;
    let vectors = vectors::Vectors::open(&options.cache, files.digest(), files.dims())?;
    let instructions = files.open(&vectors)?.instructions();
    let mut report = report::Report::default();
    for part in &absent {
        let folder = part.folder(&options.data);
        report.print(format!("SKIPPED: {} is absent (set AFTERIMAGE_DATA).", folder.display()));
    }
    let names: Vec<&str> = parts.iter().map(|part| part.name()).collect();
    let partial = (parts.len() < Part::ALL.len()).then(|| format!("only {}", names.join(", ")));
    let machine = report::machine(&[format!("int8 kernels: {instructions}")]);
    if options.calibrate {
        let samples = jobs::samples(&parts, &options.data, &files, &vectors)?;
        calibrate::present(&samples, files.spec(), &mut report);
        return report.finish(&options.out, "calibration", &machine, partial.as_deref());
    }
    let outcomes = jobs::run(&parts, &options.data, &files, &vectors)?;
    for part in &parts {
        let these: Vec<_> =
            outcomes.iter().filter(|(of, _)| of == part).map(|(_, outcome)| outcome).collect();
        present::present(*part, &these, f64::from(files.spec().min_cosine), &mut report);
    }
    report.finish(&options.out, "relevance", &machine, partial.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Options, Error> {
        Options::read(line.split(' ').map(str::to_owned))
    }

    #[test]
    fn the_command_line_is_read() {
        let options = read("--model a --data b --cache c --out d --only pages").unwrap();
        assert_eq!((options.only, options.out), (Some(Part::Pages), PathBuf::from("d")));
        assert!(read("--calibrate --model a --data b --cache c --out d").unwrap().calibrate);
        assert!(read("--calibrate --model a --data b --cache c --out d --only pages").is_err());
        for wrong in ["", "--model a", "--model a --data b --cache c --out", "--only x", "--else y"] {
            assert!(matches!(read(wrong), Err(Error::Usage(_))), "{wrong}");
        }
    }
}

//! What is to be measured, over all cores: each thread has a model and a history of its own.

use crate::{
    error::Error,
    history::{Form, History},
    measure::{Outcome, Task, measure, unanswered_cosines, while_typing},
    model::{Files, Model},
    sets::{
        personas::{self, Persona},
        saved_pages,
        scifact::SciFact,
    },
    vectors::Vectors,
};
use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// A data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// BEIR SciFact.
    SciFact,
    /// The personas.
    Personas,
    /// Saved articles.
    Pages,
}

impl Part {
    /// All.
    pub const ALL: [Part; 3] = [Part::SciFact, Part::Personas, Part::Pages];

    /// As it is named on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Part::SciFact => "scifact",
            Part::Personas => "personas",
            Part::Pages => "pages",
        }
    }

    /// Its folder.
    pub fn folder(self, data: &Path) -> PathBuf {
        data.join(match self {
            Part::SciFact => "scifact",
            Part::Personas => "history-personas",
            Part::Pages => "readability-test-pages",
        })
    }
}

/// What came of a job.
type Outcomes = Result<Vec<(Part, Outcome)>, Error>;

/// One history to build and ask.
enum Job {
    SciFact(PathBuf, Form),
    Persona(PathBuf, Form),
    /// Articles among the pages of a persona, if there is one.
    Pages(PathBuf, Option<PathBuf>),
}

/// Measures parts; outcomes are in the order of sets.
pub fn run(parts: &[Part], data: &Path, files: &Files, vectors: &Vectors) -> Outcomes {
    let jobs = jobs(parts, data)?;
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Outcomes)>> = Mutex::new(Vec::new());
    let threads = thread::available_parallelism().map_or(1, usize::from).min(jobs.len());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let model = files.open(vectors);
                while let Some((n, job)) = take(&jobs, &next) {
                    let outcome = match &model {
                        Ok(model) => job.run(model),
                        Err(error) => Err(Error::Model(error.to_string())),
                    };
                    let failed = outcome.is_err();
                    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                    done.push((n, outcome));
                    eprintln!("{} of {} histories, {} vectors made", done.len(), jobs.len(), vectors.made());
                    if failed {
                        // The others need not go on for minutes.
                        next.store(jobs.len(), Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(n, _)| *n);
    let outcomes = done.into_iter().map(|(_, outcomes)| outcomes).collect::<Result<Vec<_>, _>>()?;
    Ok(outcomes.into_iter().flatten().collect())
}

fn take<'a>(jobs: &'a [Job], next: &AtomicUsize) -> Option<(usize, &'a Job)> {
    let n = next.fetch_add(1, Ordering::Relaxed);
    Some((n, jobs.get(n)?))
}

fn jobs(parts: &[Part], data: &Path) -> Result<Vec<Job>, Error> {
    let mut jobs = Vec::new();
    for part in parts {
        let folder = part.folder(data);
        match part {
            Part::SciFact => jobs.extend(Form::ALL.map(|form| Job::SciFact(folder.clone(), form))),
            Part::Personas => {
                for persona in personas::all(&folder)? {
                    jobs.extend(Form::ALL.map(|form| Job::Persona(persona.clone(), form)));
                }
            }
            Part::Pages => {
                let personas = Part::Personas.folder(data);
                let among =
                    if personas.is_dir() { personas::all(&personas)?.into_iter().next() } else { None };
                jobs.push(Job::Pages(folder, among));
            }
        }
    }
    Ok(jobs)
}

impl Job {
    fn run(&self, model: &Model<'_>) -> Outcomes {
        match self {
            Job::SciFact(folder, form) => {
                let set = SciFact::read(folder)?;
                let history = History::new(&set.documents, *form, model)?;
                let mut outcome = measure("SciFact", *form, &history, &set.tasks, model)?;
                outcome.cosines.unanswered = unanswered_cosines(&history, model)?;
                Ok(vec![(Part::SciFact, outcome)])
            }
            Job::Persona(folder, form) => {
                let persona = Persona::read(folder)?;
                let history = History::new(&persona.documents, *form, model)?;
                let mut outcome = measure(&persona.name, *form, &history, &persona.tasks, model)?;
                if *form == Form::Passages {
                    outcome.typed = while_typing(&history, &persona.tasks, model)?;
                    outcome.cosines.unanswered = unanswered_cosines(&history, model)?;
                }
                Ok(vec![(Part::Personas, outcome)])
            }
            Job::Pages(folder, among) => {
                let pages = saved_pages::all(folder)?;
                let mut documents: Vec<_> = pages.iter().map(|page| page.document.clone()).collect();
                if let Some(persona) = among {
                    documents.extend(Persona::read(persona)?.documents);
                }
                let history = History::new(&documents, Form::Passages, model)?;
                let url = |page: &saved_pages::SavedPage| page.document.url.clone();
                let described: Vec<Task> = pages
                    .iter()
                    .filter_map(|page| Some(Task::one(page.described.clone()?, url(page))))
                    .collect();
                let remembered: Vec<Task> =
                    pages.iter().map(|page| Task::one(page.remembered.clone(), url(page))).collect();
                let described = measure("described", Form::Passages, &history, &described, model)?;
                let remembered = measure("remembered", Form::Passages, &history, &remembered, model)?;
                Ok(vec![(Part::Pages, described), (Part::Pages, remembered)])
            }
        }
    }
}

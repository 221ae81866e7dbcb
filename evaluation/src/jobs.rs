//! What is to be measured, over all cores: each thread has a model and a history of its own.

use crate::{
    calibrate::{self, Sample},
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

/// What came of a job, for each of its sets of questions.
type Of<T> = Result<Vec<(Part, T)>, Error>;

/// One history to build and ask.
enum Job {
    SciFact(PathBuf, Form),
    Persona(PathBuf, Form),
    /// Articles among the pages of a persona, if there is one.
    Pages(PathBuf, Option<PathBuf>),
}

/// A history that was built, and the sets of questions to it, each with its name.
struct Built {
    part: Part,
    form: Form,
    history: History,
    sets: Vec<(String, Vec<Task>)>,
}

/// Measures parts; outcomes are in the order of sets.
pub fn run(parts: &[Part], data: &Path, files: &Files, vectors: &Vectors) -> Of<Outcome> {
    over_all_cores(&jobs(parts, data)?, files, vectors, &Built::measure)
}

/// What a threshold on meaning has to tell apart, in pages as the product keeps them.
pub fn samples(parts: &[Part], data: &Path, files: &Files, vectors: &Vectors) -> Of<Sample> {
    let mut jobs = jobs(parts, data)?;
    jobs.retain(|job| job.form() == Form::Passages);
    over_all_cores(&jobs, files, vectors, &Built::sample)
}

fn over_all_cores<T: Send>(
    jobs: &[Job],
    files: &Files,
    vectors: &Vectors,
    ask: &(impl Fn(&Built, &Model<'_>) -> Of<T> + Sync),
) -> Of<T> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Of<T>)>> = Mutex::new(Vec::new());
    let threads = thread::available_parallelism().map_or(1, usize::from).min(jobs.len());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let model = files.open(vectors);
                while let Some((n, job)) = take(jobs, &next) {
                    let outcome = match &model {
                        Ok(model) => job.build(model).and_then(|built| ask(&built, model)),
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
    fn form(&self) -> Form {
        match self {
            Job::SciFact(_, form) | Job::Persona(_, form) => *form,
            Job::Pages(..) => Form::Passages,
        }
    }

    fn build(&self, model: &Model<'_>) -> Result<Built, Error> {
        let form = self.form();
        let (part, documents, sets) = match self {
            Job::SciFact(folder, _) => {
                let set = SciFact::read(folder)?;
                (Part::SciFact, set.documents, vec![("SciFact".to_owned(), set.tasks)])
            }
            Job::Persona(folder, _) => {
                let persona = Persona::read(folder)?;
                (Part::Personas, persona.documents, vec![(persona.name, persona.tasks)])
            }
            Job::Pages(folder, among) => {
                let pages = saved_pages::all(folder)?;
                let mut documents: Vec<_> = pages.iter().map(|page| page.document.clone()).collect();
                if let Some(persona) = among {
                    documents.extend(Persona::read(persona)?.documents);
                }
                let url = |page: &saved_pages::SavedPage| page.document.url.clone();
                let described: Vec<Task> = pages
                    .iter()
                    .filter_map(|page| Some(Task::one(page.described.clone()?, url(page))))
                    .collect();
                let remembered: Vec<Task> =
                    pages.iter().map(|page| Task::one(page.remembered.clone(), url(page))).collect();
                let others: Vec<Task> = saved_pages::in_other_words()?
                    .into_iter()
                    .filter(|(_, page)| pages.iter().any(|known| known.document.url == *page))
                    .map(|(text, page)| Task::one(text, page))
                    .collect();
                let sets = vec![
                    ("described".to_owned(), described),
                    ("remembered".to_owned(), remembered),
                    ("in other words".to_owned(), others),
                ];
                (Part::Pages, documents, sets)
            }
        };
        let history = History::new(&documents, form, model)?;
        Ok(Built { part, form, history, sets })
    }
}

impl Built {
    fn measure(&self, model: &Model<'_>) -> Of<Outcome> {
        let mut all = Vec::new();
        for (n, (name, tasks)) in self.sets.iter().enumerate() {
            let mut outcome = measure(name, self.form, &self.history, tasks, model)?;
            if self.form == Form::Passages && n == 0 {
                outcome.cosines.unanswered = unanswered_cosines(&self.history, model)?;
            }
            if self.form == Form::Passages && self.part == Part::Personas {
                outcome.typed = while_typing(&self.history, tasks, model)?;
            }
            all.push((self.part, outcome));
        }
        Ok(all)
    }

    fn sample(&self, model: &Model<'_>) -> Of<Sample> {
        let tasks: Vec<&[Task]> = self.sets.iter().map(|(_, tasks)| tasks.as_slice()).collect();
        let samples = calibrate::samples(&self.history, &tasks, model)?;
        Ok(samples.into_iter().map(|sample| (self.part, sample)).collect())
    }
}

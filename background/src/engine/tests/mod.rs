//! The engine on a RAM store with a small model of meaning: words of one row of [`MEANINGS`] are one.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod backfill;
mod capture;
mod compare;
mod forget;
mod levels;
mod library;
mod models;
mod retention;
mod senders;
mod transfer;
mod work;

use super::*;
use crate::{
    engine::capture::PageSender,
    platform::{Model, Platform},
};
use afterimage_index::store::{Batch, RamStore, Table};
use afterimage_messages::{
    Address, BackendChoice, Capture, Captured, Forgotten, Hit, Level, ListPages, Offer, PageList, PageStatus,
    Pin, Preview, Search, SearchMode, SetSite, Similar, SiteRule, SkipReason, State, Why,
};
use afterimage_models::{
    Backend, EmbedError, Embedder, Role, catalogue, chain::Unavailable, hash::HashEmbedder,
};
use futures::future::LocalBoxFuture;
use pollster::block_on;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

const MEANINGS: [[&str; 3]; 3] =
    [["cat", "feline", "kitten"], ["ship", "vessel", "boat"], ["bread", "loaf", "baguette"]];

/// The meanings in a text, or the text itself where there is none.
fn meaning(text: &str) -> String {
    let meaning: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter_map(|word| MEANINGS.iter().find(|row| row.contains(&word)).map(|row| row[0]))
        .collect();
    if meaning.is_empty() { text.to_owned() } else { meaning.join(" ") }
}

/// Its space, and the number of dimensions by which its vectors are turned, so that no two models agree.
struct SmallModel(HashEmbedder, &'static str, usize);

impl SmallModel {
    fn vector(&self, text: &str) -> Vec<f32> {
        let mut vector = self.0.vector(&meaning(text));
        vector.rotate_left(self.2);
        vector
    }
}

impl Embedder for SmallModel {
    fn backend(&self) -> Backend {
        Backend::Cpu
    }
    fn space(&self) -> &str {
        self.1
    }
    fn dims(&self) -> usize {
        384
    }
    fn embed<'a>(
        &'a self,
        texts: &'a [&'a str],
        _: Role,
    ) -> LocalBoxFuture<'a, Result<Vec<Vec<f32>>, EmbedError>> {
        Box::pin(async move { Ok(texts.iter().map(|text| self.vector(text)).collect()) })
    }
    fn count_tokens(&self, text: &str) -> Option<usize> {
        Some(text.split_whitespace().count())
    }
    fn known_share(&self, text: &str) -> f64 {
        let known = text.chars().filter(char::is_ascii).count();
        known as f64 / text.chars().count().max(1) as f64
    }
    fn sketch(&self, text: &str) -> Option<Vec<f32>> {
        Some(self.vector(text))
    }
}

/// A world that outlives an engine, as the browser outlives the worker.
#[derive(Clone)]
struct World {
    store: RamStore,
    model_there: Rc<Cell<bool>>,
    downloads: Rc<RefCell<Option<String>>>,
    now: Rc<Cell<f64>>,
    ages_out: Rc<Cell<bool>>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            store: RamStore::new(),
            model_there: Rc::new(Cell::new(true)),
            downloads: Rc::default(),
            now: Rc::new(Cell::new(1_700_000_000_000.0)),
            ages_out: Rc::new(Cell::new(true)),
        }
    }
}

impl Platform for World {
    fn load<'a>(
        &'a self,
        model: &'a Model,
        backend: Backend,
    ) -> LocalBoxFuture<'a, Result<Rc<dyn Embedder>, Unavailable>> {
        let there = self.model_there.get() && backend == Backend::Cpu;
        Box::pin(async move {
            if let Some(kept) = &model.kept
                && block_on(self.store.get(Table::Models, &kept.weights)).unwrap().is_none()
            {
                return Err(Unavailable::new(LOST, "It is gone."));
            }
            let turn = if model.spec.bundled { 0 } else { 100 };
            if there {
                Ok(Rc::new(SmallModel(HashEmbedder::new(384), model.spec.space, turn)) as Rc<dyn Embedder>)
            } else {
                Err(Unavailable::new("weights_missing", "The weights are missing."))
            }
        })
    }
    fn now(&self) -> f64 {
        self.now.set(self.now.get() + 1.0);
        self.now.get()
    }
    fn downloads(&self) -> LocalBoxFuture<'_, Option<String>> {
        Box::pin(async { self.downloads.borrow().clone() })
    }
    fn allow_software_gpu(&self, _: bool) {}
    fn version(&self) -> String {
        "0.0.0".into()
    }
    fn browser(&self) -> String {
        "Test/1".into()
    }
    fn history_ages_out(&self) -> bool {
        self.ages_out.get()
    }
    fn utc_offset(&self) -> f64 {
        60.0
    }
    fn log(&self, _: &str) {}
}

type TestEngine = Engine<RamStore, World>;

impl World {
    /// A new worker on what is durable.
    fn start(&self) -> TestEngine {
        block_on(Engine::open(self.store.clone(), self.clone())).unwrap()
    }

    /// A new worker, with consent given.
    fn consenting(&self) -> TestEngine {
        let engine = self.start();
        engine.set(|settings| settings.consent = true);
        engine
    }

    /// Rows of everything that says what was read.
    fn rows(&self) -> usize {
        [Table::Pages, Table::Passages, Table::Boilerplate, Table::Queue]
            .into_iter()
            .map(|table| block_on(self.store.count(table)).unwrap())
            .sum()
    }
}

impl TestEngine {
    fn ask(&self, request: Request, sender: &Sender) -> Result<Response, Failure> {
        match block_on(self.handle(Envelope { v: VERSION, request }, sender)) {
            Reply::Ok(response) => Ok(response),
            Reply::Error(failure) => Err(failure),
        }
    }

    fn set(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.settings.borrow().clone();
        change(&mut settings);
        self.ask(Request::Configure(settings), &Sender::Extension).unwrap();
    }

    fn read(&self, url: &str, title: &str, text: &str) -> Captured {
        match self.ask(Request::Capture(page_text(url, title, text)), &page(url)).unwrap() {
            Response::Captured(captured) => captured,
            other => panic!("{other:?}"),
        }
    }

    /// Works until there is nothing left to do; returns the number of steps.
    fn finish(&self) -> usize {
        let mut steps = 0;
        while block_on(self.step()).unwrap() == Step::Worked {
            steps += 1;
            assert!(steps < 10_000, "it must come to an end");
        }
        assert!(!self.has_work());
        steps
    }

    fn find(&self, query: &str, mode: SearchMode) -> Vec<Hit> {
        let search = Search {
            query: query.into(),
            mode,
            limit: 10,
            filters: Default::default(),
            order: Default::default(),
        };
        match self.ask(Request::Search(search), &Sender::Extension).unwrap() {
            Response::Results(results) => results.hits,
            other => panic!("{other:?}"),
        }
    }

    fn urls(&self, query: &str, mode: SearchMode) -> Vec<String> {
        self.find(query, mode).into_iter().map(|hit| hit.url).collect()
    }

    fn status(&self, url: &str) -> PageStatus {
        match self.ask(Request::Page(Address { url: url.into() }), &Sender::Extension).unwrap() {
            Response::Page(status) => status,
            other => panic!("{other:?}"),
        }
    }

    fn now_state(&self) -> State {
        block_on(self.state())
    }
}

fn page(url: &str) -> Sender {
    Sender::Page(PageSender { url: url.into(), top_frame: true, private: false })
}

fn offer(url: &str) -> Offer {
    Offer {
        url: url.into(),
        visible_password: false,
        visible_card: false,
        noarchive: false,
        low_battery: None,
    }
}

fn page_text(url: &str, title: &str, text: &str) -> Capture {
    Capture {
        offer: offer(url),
        canonical: None,
        title: title.into(),
        language: Some("en".into()),
        text: text.into(),
    }
}

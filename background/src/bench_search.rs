//! The border of `./build.sh bench search`, in a WASM module of its own that never ships.
//!
//! Three classes, because each is wanted where the others are not: [`SeedMaker`] embeds the real passages and questions,
//! once; [`Generator`] makes pages of them without a model, for every contender alike; [`BenchIndex`] is the product's
//! index over the product's database, which opens what is on disk with neither of them in memory. Its pages are made on
//! this side of the border, so that a million passages need not cross it.

mod engine;
mod exact;
mod generate;
mod likeness;
mod random;
mod vectors;
mod words;

use crate::indexed_db::IndexedDb;
use afterimage_index::split;
use afterimage_models::{catalogue, cpu::CpuEncoder, encoder::Encoder as _, tokenizer::Tokenizer};
use engine::{Ask, Engine};
pub use exact::Scan;
use generate::{Corpus, PASSAGES, Page, SeedDocument};
use likeness::Likeness;
use serde::Serialize;
use std::{cell::RefCell, fmt::Display, rc::Rc};
use wasm_bindgen::prelude::*;

/// Where texts are cut, special pieces included, and the most pieces of a passage: the product's.
const MAX_TOKENS: usize = 256;
const PASSAGE_PIECES: usize = 126;

/// Real texts to passages and vectors.
#[wasm_bindgen]
pub struct SeedMaker {
    tokenizer: Rc<Tokenizer>,
    encoder: Rc<CpuEncoder>,
}

#[wasm_bindgen]
impl SeedMaker {
    /// Opens a file of our own converter.
    pub fn open(weights: Vec<u8>, tokenizer_json: &str) -> Result<SeedMaker, JsError> {
        let tokenizer = Rc::new(Tokenizer::from_json(tokenizer_json, MAX_TOKENS).map_err(said)?);
        Ok(Self { tokenizer, encoder: Rc::new(CpuEncoder::load(weights).map_err(said)?) })
    }

    /// The passages that the product makes of a text.
    pub fn split(&self, text: &str) -> Vec<String> {
        split(text, PASSAGE_PIECES, &|text| self.tokenizer.count(text))
    }

    /// The vector of a text, of length 1.
    pub async fn encode(&self, text: String) -> Result<Vec<f32>, JsError> {
        let (tokenizer, encoder) = (self.tokenizer.clone(), self.encoder.clone());
        let ids = [tokenizer.ids_cut(&text)];
        let vectors = encoder.encode(&ids).await.map_err(said)?;
        Ok(vectors.into_iter().next().unwrap_or_default())
    }
}

/// Makes pages.
#[wasm_bindgen]
pub struct Generator {
    corpus: Rc<Corpus>,
}

#[wasm_bindgen]
impl Generator {
    /// From the seed corpus, a JSON list of `{title, passages}`, and the vectors of all its passages.
    #[wasm_bindgen(constructor)]
    pub fn new(seeds_json: &str, vectors: Vec<f32>, seed: u32) -> Result<Generator, JsError> {
        let documents: Vec<SeedDocument> = serde_json::from_str(seeds_json).map_err(said)?;
        let corpus = Corpus::new(documents, vectors, u64::from(seed));
        let corpus = corpus.ok_or_else(|| JsError::new("the vectors do not fit the passages"))?;
        Ok(Self { corpus: Rc::new(corpus) })
    }

    /// Pages as others take them: a JSON list with a `Document` of tests/bench/search/work.ts for each passage.
    pub fn documents(&self, from: u32, count: u32) -> Result<String, JsError> {
        let mut all = Vec::with_capacity(count as usize * PASSAGES);
        for page in self.pages(from, count) {
            let Page { number, host, url, title, seen_at, passages } = page;
            let texts = [title.clone()].into_iter().chain(passages);
            all.extend(texts.map(|text| Document {
                page: number,
                host: host.clone(),
                url: url.clone(),
                title: title.clone(),
                seen_at,
                text,
            }));
        }
        serde_json::to_string(&all).map_err(said)
    }

    /// The vectors of all passages of these pages.
    pub fn vectors(&self, from: u32, count: u32) -> Vec<f32> {
        let dims = self.corpus.mixer.dims();
        let mut all = vec![0.0; count as usize * PASSAGES * dims];
        for (n, out) in all.chunks_exact_mut(dims).enumerate() {
            self.corpus.vector(u64::from(from) + (n / PASSAGES) as u64, n % PASSAGES, out);
        }
        all
    }

    /// The words of the seed corpus, the most frequent first.
    pub fn vocabulary(&self) -> Vec<String> {
        self.corpus.vocabulary.words.clone()
    }

    /// The host name of the site of a rank, from 0, the most frequent.
    pub fn site(&self, rank: u32) -> String {
        generate::site(u64::from(rank))
    }

    /// When the last page was seen, ms since the epoch.
    pub fn now(&self) -> f64 {
        generate::NOW
    }

    /// Exact search over the first `pages` pages: for each of the questions, whose vectors come one after the other, the
    /// numbers of the `limit` best pages.
    pub fn exact(&self, pages: u32, questions: &[f32], limit: usize) -> Vec<u32> {
        let questions: Vec<&[f32]> = questions.chunks_exact(self.corpus.mixer.dims()).collect();
        let found = exact::nearest(&self.corpus, u64::from(pages), &questions, limit);
        found.into_iter().flatten().map(|page| page as u32).collect()
    }

    /// How alike real and generated passages are, as JSON: a `Likeness` of tests/bench/search/work.ts.
    pub fn likeness(&self) -> Result<String, JsError> {
        serde_json::to_string(&Likeness::of(&self.corpus)).map_err(said)
    }

    fn pages(&self, from: u32, count: u32) -> impl Iterator<Item = Page> {
        (u64::from(from)..u64::from(from) + u64::from(count)).map(|number| self.corpus.page(number))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    page: u64,
    host: String,
    url: String,
    title: String,
    seen_at: f64,
    text: String,
}

/// The product's index over the product's database.
#[wasm_bindgen]
pub struct BenchIndex {
    engine: Rc<Engine>,
    /// Pages that are made and not yet kept.
    waiting: RefCell<(Vec<Page>, Vec<f32>)>,
}

#[wasm_bindgen]
impl BenchIndex {
    /// Opens the database of that name, or makes it.
    pub async fn open(name: String) -> Result<BenchIndex, JsError> {
        let store = IndexedDb::open(&name).await.map_err(said)?;
        let engine = Rc::new(Engine::open(store).await.map_err(said)?);
        Ok(Self { engine, waiting: RefCell::default() })
    }

    /// Makes pages and their vectors: what the benchmark must not measure.
    pub fn prepare(&self, generator: &Generator, from: u32, count: u32) {
        self.waiting.replace((generator.pages(from, count).collect(), generator.vectors(from, count)));
    }

    /// Keeps what was prepared.
    pub async fn insert(&self) -> Result<(), JsError> {
        let (engine, (pages, vectors)) = (self.engine.clone(), self.waiting.take());
        engine.insert(pages, &vectors).await.map_err(said)
    }

    /// One step of background work; `false` if none is left.
    pub async fn maintain(&self) -> Result<bool, JsError> {
        let engine = self.engine.clone();
        engine.maintain().await.map_err(said)
    }

    /// The numbers of the pages that are found. Without a `min_cosine` the model's own holds.
    pub async fn query(
        &self,
        text: String,
        vector: Vec<f32>,
        min_cosine: Option<f32>,
        limit: usize,
    ) -> Result<Vec<u32>, JsError> {
        let engine = self.engine.clone();
        let min_cosine = min_cosine.unwrap_or_else(|| catalogue::bundled().min_cosine);
        let ask = Ask { text: &text, vector: &vector, min_cosine, limit, now: generate::NOW };
        let found = engine.search(ask).await.map_err(said)?;
        Ok(found.into_iter().map(|page| page as u32).collect())
    }

    /// How many passages can be found.
    pub fn passages(&self) -> usize {
        self.engine.passages()
    }
}

fn said(error: impl Display) -> JsError {
    JsError::new(&error.to_string())
}

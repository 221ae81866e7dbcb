//! A history to search: documents in the product's own index, and the four ways to ask it.

use crate::{
    error::Error,
    exact::{Exact, recall_of},
    model::Model,
};
use afterimage_index::{
    Filters, Fusion, Hit, Index, Must, NewPage, Order, PageId, Query, QueryVector, least_cosine, split,
    store::{Batch, RamStore},
};
use afterimage_models::Role;
use pollster::block_on;
use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// The longest passage in word pieces, as in the product's background.
const PASSAGE_PIECES: usize = 126;
/// Results of one question. Every measure looks at ten at most.
pub const RESULTS: usize = 10;

/// What was read.
#[derive(Debug, Clone)]
pub struct Document {
    /// Names it.
    pub url: String,
    /// Its title; may be empty.
    pub title: String,
    /// The rest.
    pub text: String,
    /// When, ms since the epoch.
    pub seen_at: f64,
}

/// How a document becomes passages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// Title and text are one passage with one vector, which the model makes of the first 256 word pieces: how
    /// published figures are made. Words are all of it.
    Whole,
    /// As the product does it: the title, then sentences packed to at most 126 word pieces; a page is as good as
    /// its best passage.
    Passages,
}

impl Form {
    /// Both.
    pub const ALL: [Form; 2] = [Form::Whole, Form::Passages];

    /// For tables.
    pub fn name(self) -> &'static str {
        match self {
            Form::Whole => "one vector",
            Form::Passages => "passages",
        }
    }
}

/// How a question is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// BM25 alone.
    Words,
    /// Cosines alone, of every page.
    Vectors,
    /// What the product does with a model's vectors.
    Calibrated,
    /// Reciprocal rank fusion.
    Reciprocal,
}

impl Method {
    /// All, in the order of the tables.
    pub const ALL: [Method; 4] = [Method::Words, Method::Vectors, Method::Calibrated, Method::Reciprocal];

    /// For tables.
    pub fn name(self) -> &'static str {
        match self {
            Method::Words => "words",
            Method::Vectors => "vectors",
            Method::Calibrated => "hybrid",
            Method::Reciprocal => "hybrid, reciprocal ranks",
        }
    }
}

/// A question with its vector.
pub struct Question {
    text: String,
    vector: Vec<f32>,
}

/// Embeds questions.
pub fn questions<T: AsRef<str>>(model: &Model<'_>, texts: &[T]) -> Result<Vec<Question>, Error> {
    let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
    let vectors = model.embed(&texts, Role::Query)?;
    Ok(texts
        .iter()
        .zip(vectors)
        .map(|(text, vector)| Question { text: (*text).to_owned(), vector })
        .collect())
}

/// Documents, indexed and embedded.
pub struct History {
    index: Index<RamStore>,
    exact: Exact,
    space: &'static str,
    min_cosine: f32,
}

impl History {
    /// Indexes documents. Of two with one URL the later one counts.
    pub fn new(documents: &[Document], form: Form, model: &Model<'_>) -> Result<Self, Error> {
        block_on(async {
            let index = Index::open(RamStore::new()).await?;
            for document in documents {
                index.insert(page(document, form, model), Batch::new()).await?;
            }
            let space = model.spec().space;
            let todo = index.next_unembedded(space, usize::MAX).await?;
            let texts: Vec<&str> = todo.iter().map(|passage| passage.text.as_str()).collect();
            let vectors = model.embed(&texts, Role::Passage)?;
            let vectors: Vec<_> = todo.iter().map(|passage| passage.passage).zip(vectors).collect();
            let mut exact = Exact::default();
            for (passage, vector) in &vectors {
                let page = index.page(passage.page).await?;
                // The lead comes after the last passage.
                let is_lead = page.is_some_and(|page| page.passages == passage.ordinal);
                exact.add(passage.page, vector.clone(), is_lead);
            }
            index.set_vectors(space, vectors).await?;
            while index.maintain().await? {}
            Ok(Self { index, exact, space, min_cosine: model.spec().min_cosine })
        })
    }

    /// How many pages and passages there are.
    pub fn counts(&self) -> (usize, usize) {
        let counts = self.index.counts();
        (counts.pages, counts.passages)
    }

    /// The best pages, best first.
    pub fn ask(&self, question: &Question, method: Method) -> Result<Vec<Hit>, Error> {
        self.ask_for(question, method, least_cosine(self.min_cosine, &question.text), RESULTS)
    }

    /// The hybrid's best pages, best first, with another threshold than the model's.
    pub fn ask_above(&self, question: &Question, min_cosine: f32) -> Result<Vec<Hit>, Error> {
        self.ask_for(question, Method::Calibrated, min_cosine, RESULTS)
    }

    /// The cosine of every page with a question, best first.
    pub fn cosines(&self, question: &Question) -> Vec<f64> {
        self.exact.ranked(&question.vector).into_iter().map(|(_, cosine)| cosine).collect()
    }

    /// The share of the [`RESULTS`] closest pages, all vectors compared in f32, that are among the index's; `None` in
    /// a history of nothing.
    ///
    /// Of pages that say nearly the same the index gives one. Those that are in no answer, however long, went so, and
    /// are not looked for.
    pub fn recall_of_exact(&self, question: &Question) -> Result<Option<f64>, Error> {
        let ids = |hits: Vec<Hit>| hits.into_iter().map(|hit| hit.page.id).collect::<Vec<PageId>>();
        let found = ids(self.ask(question, Method::Vectors)?);
        let mut exact: Vec<PageId> =
            self.exact.ranked(&question.vector).into_iter().map(|(id, _)| id).collect();
        let recall = recall_of(&exact, &found, RESULTS);
        if recall.is_none_or(|recall| recall == 1.0) {
            return Ok(recall);
        }
        let all = self.ask_for(question, Method::Vectors, self.min_cosine, exact.len())?;
        let all: HashSet<PageId> = ids(all).into_iter().collect();
        exact.retain(|id| all.contains(id));
        Ok(recall_of(&exact, &found, RESULTS))
    }

    fn ask_for(
        &self,
        question: &Question,
        method: Method,
        min_cosine: f32,
        limit: usize,
    ) -> Result<Vec<Hit>, Error> {
        let vector = |fusion, min_cosine| QueryVector {
            space: self.space,
            values: &question.vector,
            fusion,
            min_cosine,
        };
        let (text, vector) = match method {
            Method::Words => (question.text.as_str(), None),
            Method::Vectors => ("", Some(vector(Fusion::Calibrated, -1.0))),
            Method::Calibrated => (question.text.as_str(), Some(vector(Fusion::Calibrated, min_cosine))),
            Method::Reciprocal => (question.text.as_str(), Some(vector(Fusion::Reciprocal, min_cosine))),
        };
        let query = Query {
            text,
            vector,
            must: Must::default(),
            order: Order::Best,
            filters: Filters::default(),
            limit,
        };
        Ok(block_on(self.index.search(query))?)
    }
}

fn page(document: &Document, form: Form, model: &Model<'_>) -> NewPage {
    let (title, passages) = match form {
        Form::Whole => (String::new(), vec![format!("{} {}", document.title, document.text)]),
        Form::Passages => {
            let count = |text: &str| model.pieces(text);
            (document.title.clone(), split(&document.text, PASSAGE_PIECES, &count))
        }
    };
    NewPage {
        id: PageId::from_key_hash(Sha256::digest(&document.url).into()),
        url: document.url.clone(),
        title,
        language: None,
        text_hash: Sha256::digest(&document.text).into(),
        seen_at: document.seen_at,
        aliases: Vec::new(),
        passages,
    }
}

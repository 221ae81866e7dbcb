//! Questions: search, similar pages, state, diagnosis.

use super::{Engine, EngineError, models::Mind};
use crate::{platform::Platform, rules, url_key};
use afterimage_index::{self as index, Clock, Fusion, Query, QueryVector, least_cosine, parse, store::Store};
use afterimage_messages as messages;
use afterimage_models::{
    Backend, Role,
    chain::{self, Link, Work},
    embedder::cosine,
};

/// The most results that are ever given.
const LIMIT: usize = 200;
/// The longest question that is read, in bytes of UTF-8: more than any model takes.
pub(super) const QUESTION_LIMIT: usize = 4096;
/// Of a question of which the model knows less than this share, only the words count: to a model without Japanese all
/// Japanese texts are alike. At 0 these find each other by meaning; at 1 one sign or rare name that is not in the
/// vocabulary takes the meaning from a question. English questions are at 1, but for such. Not chosen on a set.
const KNOWN: f64 = 0.6;
/// Below this cosine of two hash vectors they share little but common letters. At 0 every page is a hit; at 1 only the
/// same text is.
const HASH_MIN_COSINE: f32 = 0.15;

impl<S: Store, P: Platform> Engine<S, P> {
    pub(super) async fn search(&self, search: messages::Search) -> Result<messages::Results, EngineError> {
        let question = super::text::cut(search.query.trim(), QUESTION_LIMIT);
        if question.is_empty() && search.filters == messages::Filters::default() {
            return Ok(self.results(Vec::new(), None, 0.0, 0.0));
        }
        let start = self.platform().now();
        let clock = Clock { now: start, offset: self.platform().utc_offset() };
        let question = parse(question, clock);
        let mind = self.answering();
        let model = mind.loader().model.spec;
        let embedded = match search.mode {
            messages::SearchMode::Hybrid
                if !question.text.is_empty() && mind.known_share(&question.text).await >= KNOWN =>
            {
                Some(mind.embed(&[&question.text], Role::Query, Work::Query).await?)
            }
            _ => None,
        };
        self.check_model().await?;
        let middle = self.platform().now();
        let vector = embedded.as_ref().and_then(|embedded| {
            let hash = embedded.backend == Backend::Hash;
            Some(QueryVector {
                space: &embedded.space,
                values: embedded.vectors.first()?,
                // Letters are not calibrated against words; a model's cosines are.
                fusion: if hash { Fusion::Reciprocal } else { Fusion::Calibrated },
                min_cosine: if hash {
                    HASH_MIN_COSINE
                } else {
                    least_cosine(model.min_cosine, &question.text)
                },
            })
        });
        let query = Query {
            text: &question.text,
            vector,
            must: question.must,
            filters: as_in_addresses(question.filters.and(filters(search.filters))),
            order: match search.order {
                messages::Order::Best => index::Order::Best,
                messages::Order::Newest => index::Order::Newest,
            },
            limit: (search.limit as usize).min(LIMIT),
        };
        let mut hits = self.index.search(query).await?;
        if embedded.as_ref().is_some_and(|embedded| embedded.backend != Backend::Hash) {
            show_closest(&mind, &question.text, &mut hits);
        }
        if let Some(embedded) = &embedded {
            *self.warming.borrow_mut() = Some(embedded.space.clone());
        }
        let backend = embedded.map(|embedded| embedded.backend);
        let mut results = self.results(hits, backend, middle - start, self.platform().now() - middle);
        if results.backend != Some(messages::Backend::Hash) {
            for hit in results.hits.iter_mut().filter(|hit| hit.why == messages::Why::Words) {
                hit.unknown_language = hit.language.clone().filter(|tag| !model.knows(tag));
            }
        }
        Ok(results)
    }

    pub(super) async fn similar(&self, similar: messages::Similar) -> Result<messages::Results, EngineError> {
        let start = self.platform().now();
        let known = self.find_page(&similar.url).await?;
        let Some(page) = known else {
            return Ok(messages::Results { unknown_page: true, ..self.results(Vec::new(), None, 0.0, 0.0) });
        };
        let limit = (similar.limit as usize).min(LIMIT);
        let own_site =
            similar.other_sites.then(|| url_key::site(&similar.url)).filter(|site| !site.is_empty());
        let filters = index::Filters { without_sites: own_site.into_iter().collect(), ..Default::default() };
        let space = self.answering_space();
        let hits = self.index.similar(page, &space, filters, limit).await?;
        Ok(self.results(hits, None, 0.0, self.platform().now() - start))
    }

    pub(super) async fn diagnose(&self, text: &str) -> Result<messages::Diagnosis, EngineError> {
        let text = super::text::cut(text, super::text::TEXT_LIMIT);
        let start = self.platform().now();
        let mind = self.answering();
        let embedded = mind.embed(&[text], Role::Query, Work::Query).await?;
        let took_ms = self.platform().now() - start;
        let vector = embedded.vectors.into_iter().next().unwrap_or_default();
        // The special pieces [CLS] and [SEP] are two more.
        let tokens = mind.count_tokens(text).await.map(|count| count as u32 + 2);
        Ok(messages::Diagnosis {
            backend: backend(embedded.backend),
            space: embedded.space,
            dims: vector.len() as u32,
            tokens,
            took_ms,
            first_ten: vector.iter().take(10).map(|value| f64::from(*value)).collect(),
            norm: vector.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt(),
        })
    }

    pub(super) async fn state(&self) -> messages::State {
        let (mind, model) = (self.embedder(), self.model());
        let counts = self.index.counts();
        let (queued, queue_bytes) = {
            let queue = self.queue.borrow();
            (queue.len() as u32, queue.bytes())
        };
        let settings = self.settings.borrow().clone();
        let paused = rules::is_paused(&settings, self.platform().now());
        let query_choice = choice(mind.choose(Work::Query));
        let bulk_choice = choice(mind.choose(Work::Bulk));
        // Someone who chose the hash needs no telling that it is used.
        let wanted_hash = settings.backend == messages::BackendChoice::Hash;
        let problem = (query_choice.backend == messages::Backend::Hash && !wanted_hash).then(|| {
            format!("Pages are found by their letters only, not by their meaning. {}", query_choice.reason)
        });
        messages::State {
            settings,
            model: model.id.into(),
            space: self.bulk_space(),
            dims: model.dims as u32,
            chain: Backend::ALL.into_iter().map(|backend| self.link(backend)).collect(),
            query_choice,
            bulk_choice,
            problem,
            paused,
            pages: counts.pages as u32,
            passages: counts.passages as u32,
            queued,
            unembedded: self.debt() as u32,
            sparing: self.is_sparing(),
            backfill: self.backfill_state(),
            stored_bytes: self.index.stored_bytes() as f64 + queue_bytes as f64,
            model_bytes: self.model_bytes(),
            version: self.platform().version(),
        }
    }

    fn results(
        &self,
        hits: Vec<index::Hit>,
        backend_used: Option<Backend>,
        embed_ms: f64,
        search_ms: f64,
    ) -> messages::Results {
        messages::Results {
            hits: hits.into_iter().map(|hit| self.hit(hit)).collect(),
            backend: backend_used.map(backend),
            embed_ms,
            search_ms,
            unknown_page: false,
        }
    }

    fn hit(&self, hit: index::Hit) -> messages::Hit {
        let page = hit.page;
        let site = url_key::site(&page.url);
        messages::Hit {
            page: page.id.to_string(),
            title: if page.title.is_empty() { page.url.clone() } else { page.title },
            url: page.url,
            site,
            last_seen: page.last_seen,
            visits: page.visits,
            snippet: hit
                .snippet
                .into_iter()
                .map(|piece| messages::Piece { text: piece.text, marked: piece.marked })
                .collect(),
            score: hit.score,
            cosine: hit.cosine,
            bm25: hit.bm25,
            alike: hit.alike,
            language: page.language,
            unknown_language: None,
            pinned: self.pins.borrow().contains(&page.id),
            why: match hit.why {
                index::Why::Words => messages::Why::Words,
                index::Why::Meaning => messages::Why::Meaning,
                index::Why::Both => messages::Why::Both,
            },
        }
    }

    fn link(&self, which: Backend) -> messages::Link {
        let mind = self.embedder();
        let measured = mind.measurements();
        let row = measured.as_ref().and_then(|measurements| measurements.of(which));
        let (available, code, detail) = match mind.link(which) {
            Link::Untried => (false, "untried".into(), "Not needed so far.".into()),
            Link::Ready(embedder) => {
                (true, "ready".into(), format!("Ready, in the space {}.", embedder.space()))
            }
            Link::Closed(why) => (false, why.code, why.detail),
        };
        messages::Link {
            backend: backend(which),
            available,
            code,
            detail,
            query_ms: row.map(|row| row.query_ms),
            bulk_ms: row.map(|row| row.bulk_ms),
        }
    }
}

/// Where only meaning matched, shows the closest sentence. By sketches: the model itself would take longer for
/// the sentences of ten passages than all the rest of the answer.
fn show_closest<P: Platform>(mind: &Mind<P>, question: &str, hits: &mut [index::Hit]) {
    let Some(sketcher) = mind.sketcher() else { return };
    let Some(asked) = sketcher.sketch(question) else { return };
    for hit in hits {
        if let Some(passage) = hit.unmarked.take() {
            hit.snippet = index::closest(&passage, |sentence| {
                sketcher.sketch(sentence).map(|sketch| cosine(&asked, &sketch))
            });
        }
    }
}

fn filters(filters: messages::Filters) -> index::Filters {
    index::Filters {
        sites: filters.site.map(|site| vec![site]),
        without_sites: Vec::new(),
        after: filters.after,
        before: filters.before,
    }
}

/// Hosts that were typed in other letters than ASCII, as the browser writes them in addresses.
fn as_in_addresses(mut filters: index::Filters) -> index::Filters {
    for site in filters.sites.iter_mut().flatten().chain(&mut filters.without_sites) {
        if let Some(ascii) = rules::sites::normalise(site).filter(|_| !site.is_ascii()) {
            *site = ascii;
        }
    }
    filters
}

fn choice(choice: chain::Choice) -> messages::Choice {
    messages::Choice { backend: backend(choice.backend), reason: choice.reason }
}

pub(super) fn backend(backend: Backend) -> messages::Backend {
    match backend {
        Backend::WebGpu => messages::Backend::WebGpu,
        Backend::Cpu => messages::Backend::Cpu,
        Backend::Hash => messages::Backend::Hash,
    }
}

//! Where each model that does not ship is: plain data and what may happen to it, without a store or a network.

use super::pins::Pinned;
use afterimage_messages::{ModelPhase, ModelProblem};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How long it waits after each failure in a row before it tries again, ms; after the last the person decides.
pub const WAITS: [f64; 6] = [2_000.0, 5_000.0, 15_000.0, 30_000.0, 60_000.0, 120_000.0];

/// All that is durable of models; a row in `meta`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Book {
    /// The model that the person chose; `None`: the one that ships.
    pub chosen: Option<String>,
    /// By id.
    pub records: BTreeMap<String, Record>,
}

/// One model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// `Verifying` also stands for converting: both begin anew after a death.
    pub phase: ModelPhase,
    pub problem: Option<ModelProblem>,
    pub detail: Option<String>,
    /// The SHA-256 of the published weights that what came is of.
    pub source: String,
    /// How much of each file is here.
    pub received: [u64; 2],
    /// The files that are used, once there are any.
    pub kept: Option<KeptFiles>,
    pub verified_at: Option<f64>,
    /// Failures in a row.
    #[serde(skip)]
    pub failures: usize,
    #[serde(skip)]
    pub retry_at: Option<f64>,
}

/// What is in the store of a model that is ready.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct KeptFiles {
    pub space: String,
    /// Bytes and SHA-256 of the converted weights.
    pub weights: (u64, String),
    pub tokenizer: (u64, String),
}

/// How a request ended that did not bring all that it should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The server answered with a status that brings no file.
    Status(u32),
    /// What the server has is of another length, or not the part that was asked for.
    OtherLength,
    /// No connection, one that broke, or one on which nothing came for too long; in the browser's words.
    Broken(String),
}

/// What is to become of the pieces that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Pieces {
    Keep,
    Drop,
}

impl Record {
    /// The person wants it fetched. What came of the same file is used.
    pub fn download(&mut self, pinned: &Pinned) -> Pieces {
        match self.phase {
            ModelPhase::Ready | ModelPhase::Verifying | ModelPhase::Converting => return Pieces::Keep,
            ModelPhase::Downloading => {
                // Somebody who asks again does not want to wait.
                (self.failures, self.retry_at) = (0, None);
                return Pieces::Keep;
            }
            ModelPhase::Absent | ModelPhase::Paused | ModelPhase::Importing | ModelPhase::Failed => {}
        }
        let pieces = self.begin(pinned);
        self.set(ModelPhase::Downloading);
        self.look(pinned);
        pieces
    }

    /// A file of the person's own begins.
    pub fn import(&mut self, file: usize, pinned: &Pinned) -> Pieces {
        let pieces = self.begin(pinned);
        self.received[file] = 0;
        self.set(ModelPhase::Importing);
        pieces
    }

    fn begin(&mut self, pinned: &Pinned) -> Pieces {
        let source = &pinned.files[super::pins::WEIGHTS].sha256;
        if self.source == *source {
            return Pieces::Keep;
        }
        self.source = source.clone();
        self.received = [0; 2];
        Pieces::Drop
    }

    pub fn pause(&mut self) {
        if self.phase == ModelPhase::Downloading {
            self.set(ModelPhase::Paused);
        }
    }

    /// So many more bytes of a file are durable.
    pub fn took(&mut self, file: usize, bytes: u64, pinned: &Pinned) {
        self.received[file] += bytes;
        self.set(self.phase);
        self.look(pinned);
    }

    fn look(&mut self, pinned: &Pinned) {
        let whole = self.received.iter().zip(&pinned.files).all(|(received, file)| *received == file.bytes);
        if whole {
            self.set(ModelPhase::Verifying);
        }
    }

    /// A request ended without all that it should have brought.
    pub fn trouble(&mut self, trouble: &Trouble, now: f64) -> Pieces {
        let (problem, detail) = match trouble {
            Trouble::OtherLength | Trouble::Status(416) => {
                return self.refuse(ModelProblem::WrongLength, None);
            }
            Trouble::Status(status) => {
                let problem = match status {
                    401 | 403 | 404 | 410 | 451 => ModelProblem::NotFound,
                    _ => ModelProblem::Server,
                };
                (problem, format!("HTTP {status}"))
            }
            Trouble::Broken(detail) => (ModelProblem::Unreachable, detail.clone()),
        };
        let wait = WAITS.get(self.failures).filter(|_| problem != ModelProblem::NotFound);
        match wait {
            Some(wait) => {
                self.failures += 1;
                self.retry_at = Some(now + wait);
            }
            None => self.set(ModelPhase::Failed),
        }
        self.problem = Some(problem);
        self.detail = Some(detail);
        Pieces::Keep
    }

    /// What came cannot be used. Room on the disk is the one thing that does not speak against it.
    pub fn refuse(&mut self, problem: ModelProblem, detail: Option<String>) -> Pieces {
        self.set(ModelPhase::Failed);
        self.problem = Some(problem);
        self.detail = detail;
        if problem == ModelProblem::NoSpace {
            return Pieces::Keep;
        }
        self.received = [0; 2];
        Pieces::Drop
    }

    pub fn ready(&mut self, kept: KeptFiles, now: f64) {
        self.set(ModelPhase::Ready);
        self.received = [0; 2];
        self.kept = Some(kept);
        self.verified_at = Some(now);
    }

    fn set(&mut self, phase: ModelPhase) {
        self.phase = phase;
        (self.problem, self.detail, self.failures, self.retry_at) = (None, None, 0, None);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::engine::models::pins::PinnedFile;
    use afterimage_models::{catalogue, config::BertConfig};

    fn pinned() -> Pinned {
        let file = |name: &str, bytes| PinnedFile {
            name: name.into(),
            url: format!("https://hub.example/{name}"),
            bytes,
            sha256: "f".repeat(64),
        };
        let spec = catalogue::find("bge-small-en-v1.5").unwrap();
        let config = BertConfig {
            vocab_size: 8,
            hidden_size: 384,
            num_hidden_layers: 1,
            num_attention_heads: 1,
            intermediate_size: 8,
            max_position_embeddings: 512,
            layer_norm_eps: 1e-12,
            hidden_act: "gelu".into(),
            pooling: spec.pooling,
        };
        Pinned { spec, config, files: [file("weights", 1000), file("tokenizer", 10)] }
    }

    fn status(status: u32) -> Trouble {
        Trouble::Status(status)
    }

    fn broken() -> Trouble {
        Trouble::Broken("net".into())
    }

    fn fetching() -> Record {
        let mut record = Record::default();
        assert_eq!(record.download(&pinned()), Pieces::Drop);
        record
    }

    #[test]
    fn from_nothing_to_verifying_with_a_pause_between() {
        let pinned = pinned();
        let mut record = fetching();
        assert_eq!(record.phase, ModelPhase::Downloading);
        record.took(0, 100, &pinned);
        record.pause();
        assert_eq!((record.phase, record.received), (ModelPhase::Paused, [100, 0]));
        assert_eq!(record.download(&pinned), Pieces::Keep, "it goes on where it stopped");
        record.took(0, pinned.files[0].bytes - 100, &pinned);
        assert_eq!(record.phase, ModelPhase::Downloading);
        record.took(1, pinned.files[1].bytes, &pinned);
        assert_eq!(record.phase, ModelPhase::Verifying);
        record.pause();
        assert_eq!(record.phase, ModelPhase::Verifying, "there is nothing to pause");
        record.ready(KeptFiles::default(), 5.0);
        assert_eq!((record.phase, record.verified_at), (ModelPhase::Ready, Some(5.0)));
        assert_eq!(record.download(&pinned), Pieces::Keep);
        assert_eq!(record.phase, ModelPhase::Ready);
    }

    #[test]
    fn it_tries_again_ever_later_and_then_asks() {
        for (trouble, problem) in [(status(500), ModelProblem::Server), (broken(), ModelProblem::Unreachable)]
        {
            let mut record = fetching();
            for (failure, wait) in WAITS.iter().enumerate() {
                assert_eq!(record.trouble(&trouble, 1000.0), Pieces::Keep);
                assert_eq!(record.phase, ModelPhase::Downloading, "failure {failure}");
                assert_eq!((record.retry_at, record.problem), (Some(1000.0 + wait), Some(problem)));
            }
            assert_eq!(record.trouble(&trouble, 1000.0), Pieces::Keep);
            assert_eq!((record.phase, record.problem), (ModelPhase::Failed, Some(problem)));
            assert_eq!(record.retry_at, None);
        }
    }

    #[test]
    fn what_comes_in_between_counts_anew() {
        let mut record = fetching();
        for _ in 0..20 {
            _ = record.trouble(&broken(), 0.0);
            record.took(0, 1, &pinned());
            assert_eq!((record.problem, record.retry_at), (None, None));
        }
        assert_eq!(record.phase, ModelPhase::Downloading);
        _ = record.trouble(&broken(), 0.0);
        _ = record.download(&pinned());
        assert_eq!(record.retry_at, None, "asked for, it does not wait");
    }

    #[test]
    fn what_will_not_change_is_not_tried_again() {
        for code in [401, 403, 404, 410, 451] {
            let mut record = fetching();
            assert_eq!(record.trouble(&status(code), 0.0), Pieces::Keep);
            assert_eq!((record.phase, record.problem), (ModelPhase::Failed, Some(ModelProblem::NotFound)));
        }
        for trouble in [status(416), Trouble::OtherLength] {
            let mut record = fetching();
            record.took(0, 1, &pinned());
            assert_eq!(record.trouble(&trouble, 0.0), Pieces::Drop);
            assert_eq!((record.problem, record.received), (Some(ModelProblem::WrongLength), [0, 0]));
        }
    }

    #[test]
    fn without_room_what_came_is_kept_and_wrong_bytes_are_not() {
        let mut record = fetching();
        record.took(0, 7, &pinned());
        assert_eq!(record.refuse(ModelProblem::NoSpace, None), Pieces::Keep);
        assert_eq!((record.phase, record.received), (ModelPhase::Failed, [7, 0]));
        assert_eq!(record.refuse(ModelProblem::WrongBytes, None), Pieces::Drop);
        assert_eq!(record.received, [0, 0]);
    }

    #[test]
    fn another_pin_begins_anew() {
        let mut record = fetching();
        record.took(0, 7, &pinned());
        record.pause();
        let mut other = pinned();
        other.files[0].sha256 = "0".repeat(64);
        assert_eq!(record.download(&other), Pieces::Drop);
        assert_eq!(record.received, [0, 0]);
    }

    #[test]
    fn what_all_came_before_need_not_be_fetched() {
        let pinned = pinned();
        let mut record = fetching();
        record.received = [pinned.files[0].bytes, pinned.files[1].bytes];
        _ = record.refuse(ModelProblem::NoSpace, None);
        assert_eq!(record.download(&pinned), Pieces::Keep);
        assert_eq!(record.phase, ModelPhase::Verifying);
    }

    #[test]
    fn an_import_begins_one_file_and_leaves_the_other() {
        let pinned = pinned();
        let mut record = fetching();
        record.took(1, pinned.files[1].bytes, &pinned);
        record.took(0, 5, &pinned);
        assert_eq!(record.import(0, &pinned), Pieces::Keep);
        assert_eq!(record.received, [0, pinned.files[1].bytes]);
        record.took(0, pinned.files[0].bytes, &pinned);
        assert_eq!(record.phase, ModelPhase::Verifying);
    }

    #[test]
    fn only_what_is_durable_survives_its_row() {
        let mut record = fetching();
        _ = record.trouble(&broken(), 0.0);
        let book = Book { chosen: Some("m".into()), records: [("m".into(), record)].into() };
        let read: Book = serde_json::from_slice(&serde_json::to_vec(&book).unwrap()).unwrap();
        let record = &read.records["m"];
        assert_eq!((record.phase, record.failures, record.retry_at), (ModelPhase::Downloading, 0, None));
    }
}

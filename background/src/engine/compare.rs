//! Comparing texts with a question, for the welcome page: the real embedder answers, and nothing is kept, so it may be
//! asked before consent.

use super::{Engine, EngineError, answer::QUESTION_LIMIT, text};
use crate::platform::Platform;
use afterimage_index::store::Store;
use afterimage_messages::{Compare, Compared};
use afterimage_models::{EmbedError, Role, chain::Work};

/// The most texts that are compared at once: the worker answers nothing else meanwhile.
const TEXTS: usize = 64;
/// How often a backend may fail between question and texts before it is an error: once each, WebGPU and CPU.
const ATTEMPTS: usize = 3;

impl<S: Store, P: Platform> Engine<S, P> {
    /// How near each text is to the question.
    pub(super) async fn compare(&self, compare: &Compare) -> Result<Compared, EngineError> {
        if compare.texts.len() > TEXTS {
            return Err(EngineError::BadArgument(format!("more than {TEXTS} texts to compare")));
        }
        let question = text::cut(compare.question.trim(), QUESTION_LIMIT);
        let texts: Vec<&str> =
            compare.texts.iter().map(|text| text::cut(text.trim(), QUESTION_LIMIT)).collect();
        let start = self.platform().now();
        let mind = self.answering();
        for _ in 0..ATTEMPTS {
            let asked = mind.embed(&[question], Role::Query, Work::Query).await?;
            let told = mind.embed(&texts, Role::Passage, Work::Query).await?;
            // Vectors of different spaces are never compared.
            if asked.space != told.space {
                continue;
            }
            let question = asked.vectors.into_iter().next().unwrap_or_default();
            return Ok(Compared {
                backend: super::answer::backend(told.backend),
                cosines: told.vectors.iter().map(|vector| cosine(&question, vector)).collect(),
                took_ms: self.platform().now() - start,
            });
        }
        Err(EngineError::Embed(EmbedError::Shape("question and texts are of different spaces".into())))
    }
}

/// Of vectors of length 1.
fn cosine(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

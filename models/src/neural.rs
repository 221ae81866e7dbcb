//! Tokenizer + encoder = an embedder. The CPU's and the graphics processor's differ only in the encoder.

use crate::{
    Backend, EmbedError, Embedder, Role,
    catalogue::ModelSpec,
    embedder::{check_unit, normalise},
    encoder::Encoder,
    tokenizer::Tokenizer,
};
use futures::future::LocalBoxFuture;
use std::rc::Rc;

/// The id of the most frequent word ("the") in the vocabulary of BERT, uncased, which all models of the catalogue
/// share; rarer words follow. What is before it are single characters and special pieces.
const FIRST_WORD: u32 = 1996;
/// The piece of this rank counts half in a sketch, rarer ones more. At 0 "the" counts as much as any word; at some
/// ten thousands only the rarest do. It is the weight a / (a + p) of Arora, Liang and Ma (2017) with their a = 0.001,
/// if the piece of rank r has the share p = 0.1 / r of a text.
///
/// How often the sentence of a passage whose sketch is closest to the question's is the one that the whole model
/// finds closest, over 969 questions with a right page (SciFact, saved pages, six personas; 3.4 sentences a passage),
/// and in the 79 where no longer word is in both: 0.80 and 0.66. Every piece alike: 0.78 and 0.57; less the mean of
/// all embeddings 0.80 and 0.63; the closest piece to each of the question's 0.79 and 0.63; the first sentence 0.50
/// and 0.44. Its cosine by the whole model is 0.020 and 0.030 from the best one's; the first sentence's 0.110 and
/// 0.088. The whole model takes 12 ms a sentence.
const HALF_RANK: f32 = 100.0;

/// A neural model on some backend.
pub struct NeuralEmbedder<E> {
    backend: Backend,
    spec: &'static ModelSpec,
    tokenizer: Rc<Tokenizer>,
    encoder: E,
}

/// BERT in int8, in this very module.
pub type Cpu = NeuralEmbedder<crate::cpu::CpuEncoder>;

impl<E: Encoder> NeuralEmbedder<E> {
    /// Puts the parts together. Several backends of one model share a tokenizer.
    pub fn new(backend: Backend, spec: &'static ModelSpec, tokenizer: Rc<Tokenizer>, encoder: E) -> Self {
        Self { backend, spec, tokenizer, encoder }
    }
}

impl<E: Encoder> Embedder for NeuralEmbedder<E> {
    fn backend(&self) -> Backend {
        self.backend
    }

    fn space(&self) -> &str {
        self.spec.space
    }

    fn dims(&self) -> usize {
        self.spec.dims
    }

    fn embed<'a>(
        &'a self,
        texts: &'a [&'a str],
        role: Role,
    ) -> LocalBoxFuture<'a, Result<Vec<Vec<f32>>, EmbedError>> {
        Box::pin(async move {
            let prefix = match role {
                Role::Query => self.spec.query_prefix,
                Role::Passage => self.spec.passage_prefix,
            };
            let sequences: Vec<Vec<u32>> = texts
                .iter()
                .map(|text| match prefix {
                    "" => self.tokenizer.ids_cut(text),
                    _ => self.tokenizer.ids_cut(&format!("{prefix}{text}")),
                })
                .collect();
            let vectors = self.encoder.encode(&sequences).await?;
            if vectors.len() != texts.len() {
                return Err(EmbedError::Backend(format!(
                    "{} vectors for {} texts",
                    vectors.len(),
                    texts.len()
                )));
            }
            for vector in &vectors {
                if vector.len() != self.spec.dims {
                    return Err(EmbedError::NotAVector);
                }
                check_unit(vector)?;
            }
            Ok(vectors)
        })
    }

    fn count_tokens(&self, text: &str) -> Option<usize> {
        Some(self.tokenizer.count(text))
    }

    fn known_share(&self, text: &str) -> f64 {
        self.tokenizer.known_share(text)
    }

    fn sketch(&self, text: &str) -> Option<Vec<f32>> {
        let ids = self.tokenizer.ids_cut(text);
        // Without [CLS] and [SEP].
        let words = ids.get(1..ids.len().checked_sub(1)?)?;
        let weighted: Vec<(u32, f32)> = words.iter().map(|id| (*id, weight(*id))).collect();
        let mut vector = self.encoder.weighted_sum(&weighted)?;
        normalise(&mut vector);
        check_unit(&vector).is_ok().then_some(vector)
    }
}

/// How much a word piece counts in a sketch, from nearly 0 to nearly 1.
fn weight(id: u32) -> f32 {
    let rank = (id.saturating_sub(FIRST_WORD) + 1) as f32;
    rank / (rank + HALF_RANK)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue;

    /// Gives each of three word pieces a dimension of its own.
    struct Axes;

    impl Encoder for Axes {
        fn encode<'a>(&'a self, _: &'a [Vec<u32>]) -> LocalBoxFuture<'a, Result<Vec<Vec<f32>>, EmbedError>> {
            Box::pin(async { Ok(Vec::new()) })
        }

        fn weighted_sum(&self, pieces: &[(u32, f32)]) -> Option<Vec<f32>> {
            let mut sum = vec![0.0; 3];
            for (id, weight) in pieces {
                sum[[1996, 2095, 30_000].iter().position(|known| known == id)?] += weight;
            }
            Some(sum)
        }
    }

    fn embedder() -> NeuralEmbedder<Axes> {
        let json = r###"{
            "added_tokens": [{"id": 101, "content": "[CLS]"}, {"id": 102, "content": "[SEP]"}],
            "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                "strip_accents": null, "lowercase": true},
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 102], "cls": ["[CLS]", 101]},
            "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                "max_input_chars_per_word": 100,
                "vocab": {"[UNK]": 100, "[CLS]": 101, "[SEP]": 102, "the": 1996, "city": 2095, "fox": 30000}}
        }"###;
        let tokenizer = Tokenizer::from_json(json, 8).unwrap();
        NeuralEmbedder::new(Backend::Cpu, catalogue::bundled(), Rc::new(tokenizer), Axes)
    }

    #[test]
    fn rare_words_count_most_in_a_sketch() {
        let sketch = embedder().sketch("The city the fox").unwrap();
        assert!(sketch[0] < 0.03 && (sketch[1] / sketch[2] - 0.5).abs() < 0.01, "{sketch:?}");
        assert!((sketch.iter().map(|value| value * value).sum::<f32>() - 1.0).abs() < 1e-5);
    }

    #[test]
    fn without_words_there_is_no_sketch() {
        assert_eq!(embedder().sketch(""), None);
        assert_eq!(embedder().sketch("unknown"), None);
    }
}

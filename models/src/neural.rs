//! Tokenizer + encoder = an embedder. The CPU's and the graphics processor's differ only in the encoder.

use crate::{
    Backend, EmbedError, Embedder, Role, catalogue::ModelSpec, embedder::check_unit, encoder::Encoder,
    tokenizer::Tokenizer,
};
use futures::future::LocalBoxFuture;
use std::rc::Rc;

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
}

//! Token ids to vectors: what a backend has to provide. Tokenizers, prefixes and limits stay outside, so
//! that a backend on the far side of a border (the GPU module) needs none of them.

use crate::EmbedError;
use futures::future::LocalBoxFuture;

/// Token ids to vectors.
pub trait Encoder {
    /// Encodes `sequences` (word-piece ids, `[CLS]` and `[SEP]` included, each of at least one and at
    /// most the model's maximum) into one vector each, in order, of norm 1.
    fn encode<'a>(
        &'a self,
        sequences: &'a [Vec<u32>],
    ) -> LocalBoxFuture<'a, Result<Vec<Vec<f32>>, EmbedError>>;

    /// The sum of the input embeddings of word pieces, each times its weight. `None` where the table is out of
    /// reach (on a graphics processor), or an id outside it.
    fn weighted_sum(&self, _pieces: &[(u32, f32)]) -> Option<Vec<f32>> {
        None
    }
}

/// Refuses sequences that a model cannot take: empty ones, longer ones than there are positions, ids outside
/// the vocabulary.
pub fn check_sequences(
    sequences: &[Vec<u32>],
    vocabulary: usize,
    positions: usize,
) -> Result<(), EmbedError> {
    for sequence in sequences {
        if sequence.is_empty() {
            return Err(EmbedError::Shape("an empty sequence".into()));
        }
        if sequence.len() > positions {
            let why = format!("{} tokens, at most {positions} are possible", sequence.len());
            return Err(EmbedError::Shape(why));
        }
        if let Some(id) = sequence.iter().find(|id| **id as usize >= vocabulary) {
            return Err(EmbedError::Shape(format!("token {id} is outside the vocabulary")));
        }
    }
    Ok(())
}

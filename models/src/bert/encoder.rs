//! BERT on one of Burn's devices, one sequence at a time: best on one CPU thread, where padding is pure loss.

use super::Bert;
use crate::{
    EmbedError, Pooling,
    embedder::check_unit,
    encoder::{Encoder, check_sequences},
    weights::{Weights, WeightsError},
};
use burn::tensor::Device;
use futures::future::LocalBoxFuture;

/// Burn's CPU device, the flex backend. Always pass a device: Burn's default one prefers a graphics
/// processor and panics where none was opened.
#[cfg(feature = "flex")]
pub fn flex_device() -> Device {
    Device::flex()
}

/// BERT on one of Burn's devices.
pub struct BertEncoder {
    bert: Bert,
    pooling: Pooling,
}

impl BertEncoder {
    /// Reads the model out of `weights` onto `device`.
    pub fn load(weights: &Weights<'_>, device: &Device) -> Result<Self, WeightsError> {
        Ok(Self { bert: Bert::load(weights, device)?, pooling: weights.config().pooling })
    }
}

impl Encoder for BertEncoder {
    fn encode<'a>(
        &'a self,
        sequences: &'a [Vec<u32>],
    ) -> LocalBoxFuture<'a, Result<Vec<Vec<f32>>, EmbedError>> {
        Box::pin(async move {
            check_sequences(sequences, self.bert.vocabulary(), self.bert.max_positions())?;
            let mut vectors = Vec::with_capacity(sequences.len());
            for sequence in sequences {
                let vector = self
                    .bert
                    .embed(sequence, self.pooling)
                    .into_data_async()
                    .await
                    .map_err(|error| EmbedError::Backend(error.to_string()))?
                    .try_to_vec::<f32>()
                    .map_err(|error| EmbedError::Backend(format!("{error:?}")))?;
                check_unit(&vector)?;
                vectors.push(vector);
            }
            Ok(vectors)
        })
    }
}

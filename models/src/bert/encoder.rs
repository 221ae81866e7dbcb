//! BERT on one of Burn's devices, batched as the device likes it.

use super::Bert;
use crate::{
    EmbedError, Pooling,
    embedder::check_unit,
    encoder::{Encoder, check_sequences},
    weights::{Weights, WeightsError},
};
use burn::tensor::Device;
use futures::future::LocalBoxFuture;

/// How sequences of different lengths share a forward pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Batching {
    /// One sequence at a time, never padded: best on one CPU thread, where padding is pure loss.
    Single,
    /// Padded to the next of [`BUCKETS`], up to [`MAX_BATCH`] together: a graphics processor compiles a
    /// pipeline for every shape, so there must be few shapes.
    Bucketed,
}

/// Lengths to which sequences are padded, in word pieces.
pub const BUCKETS: [usize; 6] = [16, 32, 64, 128, 256, 512];

/// Largest number of sequences in a forward pass.
pub const MAX_BATCH: usize = 8;

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
    batching: Batching,
}

impl BertEncoder {
    /// Reads the model out of `weights` onto `device`.
    pub fn load(weights: &Weights<'_>, batching: Batching, device: &Device) -> Result<Self, WeightsError> {
        let pooling = weights.config().pooling;
        Ok(Self { bert: Bert::load(weights, device)?, pooling, batching })
    }

    /// The groups that go through the model together: indices into `sequences` and the padded length.
    fn groups(&self, sequences: &[Vec<u32>]) -> Vec<(Vec<usize>, usize)> {
        match self.batching {
            Batching::Single => (0..sequences.len()).map(|i| (vec![i], sequences[i].len())).collect(),
            Batching::Bucketed => {
                let longest = self.bert.max_positions();
                let bucket =
                    |len: usize| BUCKETS.into_iter().find(|b| *b >= len).map_or(len, |b| b.min(longest));
                let mut order: Vec<usize> = (0..sequences.len()).collect();
                order.sort_by_key(|i| bucket(sequences[*i].len()));
                let mut groups: Vec<(Vec<usize>, usize)> = Vec::new();
                for i in order {
                    let length = bucket(sequences[i].len());
                    match groups.last_mut() {
                        Some((group, l)) if *l == length && group.len() < MAX_BATCH => group.push(i),
                        _ => groups.push((vec![i], length)),
                    }
                }
                groups
            }
        }
    }
}

impl Encoder for BertEncoder {
    fn encode<'a>(
        &'a self,
        sequences: &'a [Vec<u32>],
    ) -> LocalBoxFuture<'a, Result<Vec<Vec<f32>>, EmbedError>> {
        Box::pin(async move {
            check_sequences(sequences, self.bert.vocabulary(), self.bert.max_positions())?;
            let mut vectors = vec![Vec::new(); sequences.len()];
            for (group, length) in self.groups(sequences) {
                let batch: Vec<&[u32]> = group.iter().map(|i| sequences[*i].as_slice()).collect();
                let pooled = self.bert.embed(&batch, length, self.pooling);
                let data = pooled
                    .into_data_async()
                    .await
                    .map_err(|error| EmbedError::Backend(error.to_string()))?
                    .try_to_vec::<f32>()
                    .map_err(|error| EmbedError::Backend(format!("{error:?}")))?;
                for (values, i) in data.chunks_exact(self.bert.hidden()).zip(group) {
                    check_unit(values)?;
                    vectors[i] = values.to_vec();
                }
            }
            Ok(vectors)
        })
    }
}

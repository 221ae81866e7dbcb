//! The forward pass.

use super::{
    Adapter, ROWS,
    device::{Buffer, Gpu, Kernel, Work},
    layers::{Dense, Model, check},
    texts::{Kernels, LINEAR_COLUMNS, QUERIES},
};
use crate::{
    EmbedError, Pooling,
    config::BertConfig,
    embedder::check_unit,
    encoder::{Encoder, check_sequences},
    weights::{Weights, WeightsError},
};
use burn::tensor::Device;
use futures::future::LocalBoxFuture;
use std::fmt;

/// BERT on a graphics processor.
pub struct GpuEncoder {
    gpu: Gpu,
    config: BertConfig,
    kernels: Kernels,
    model: Model,
    memory: Memory,
}

/// What a pass works in, each for [`ROWS`] tokens.
struct Memory {
    /// `[3][ROWS][2]`: id and position of each token; first and past-the-last token of its sequence; the range
    /// of tokens that each sequence is pooled over.
    input: Buffer,
    /// States after LayerNorm, and before.
    states: Buffer,
    sums: Buffer,
    /// Queries, keys and values.
    projected: Buffer,
    context: Buffer,
    wide: Buffer,
    pooled: Buffer,
    vectors: Buffer,
}

impl GpuEncoder {
    /// Uploads a file of our own converter to a device of Burn's wgpu backend.
    pub fn load(file: &[u8], adapter: Adapter, device: &Device) -> Result<Self, WeightsError> {
        let weights = Weights::converted(file)?;
        let config = weights.config().clone();
        check(&config, adapter)?;
        let gpu = Gpu::new(device)
            .ok_or_else(|| WeightsError::Config("not for the GPU's kernels: no device of wgpu's".into()))?;
        let floats = |width: usize| gpu.empty(ROWS * width * 4);
        let (hidden, wide) = (config.hidden_size, config.intermediate_size);
        let memory = Memory {
            input: gpu.empty(INPUT),
            states: floats(hidden),
            sums: floats(hidden),
            projected: floats(3 * hidden),
            context: floats(hidden),
            wide: floats(wide),
            pooled: floats(hidden),
            vectors: floats(hidden),
        };
        let model = Model::upload(&gpu, file, &weights)?;
        Ok(Self { kernels: Kernels::new(&config, adapter), gpu, config, model, memory })
    }

    /// What was done since the last call of this.
    pub fn take_work(&self) -> Work {
        self.gpu.take_work()
    }

    /// Queues a whole pass, of at most [`ROWS`] tokens; the future waits for its vectors, one after the other.
    fn start(&self, sequences: &[Vec<u32>]) -> impl Future<Output = Result<Vec<f32>, EmbedError>> {
        let (gpu, kernels, memory, share) = (&self.gpu, &self.kernels, &self.memory, self.kernels.share);
        let tokens: usize = sequences.iter().map(Vec::len).sum();
        gpu.write(&memory.input, input(sequences, self.config.pooling));

        let columns = self.config.hidden_size / 4 / share.lanes;
        let linear = |kernel: &Kernel, from: &Buffer, layer: &Dense, more: &[&Buffer]| {
            let buffers = [&[from, &layer.panels, &layer.scale_bias], more].concat();
            gpu.launch(kernel, &buffers, layer.outputs / LINEAR_COLUMNS, tokens.div_ceil(share.linear_rows));
        };
        let norm = |weights: &Buffer| {
            let buffers = [&memory.sums, weights, &memory.states];
            gpu.launch(&kernels.norm, &buffers, tokens.div_ceil(share.norm_rows), 1);
        };

        let model = &self.model;
        let tables = [&model.words, &model.word_scales, &model.positions, &memory.input, &memory.sums];
        gpu.launch(&kernels.embed, &tables, columns, tokens);
        norm(&model.norm);
        for layer in &model.layers {
            linear(&kernels.project, &memory.states, &layer.project, &[&memory.projected]);
            let buffers = [&memory.projected, &memory.input, &memory.context];
            let groups = tokens.div_ceil(share.lanes * QUERIES);
            gpu.launch(&kernels.attend, &buffers, groups, self.config.num_attention_heads);
            linear(&kernels.output, &memory.context, &layer.output, &[&memory.sums, &memory.states]);
            norm(&layer.output_norm);
            linear(&kernels.up, &memory.states, &layer.up, &[&memory.wide]);
            linear(&kernels.down, &memory.wide, &layer.down, &[&memory.sums, &memory.states]);
            norm(&layer.down_norm);
        }
        let count = sequences.len();
        gpu.launch(&kernels.pool, &[&memory.states, &memory.input, &memory.pooled], columns, count);
        gpu.launch(&kernels.unit, &[&memory.pooled, &memory.vectors], columns, count);
        gpu.read(&memory.vectors, count * self.config.hidden_size * 4)
    }
}

/// Bytes of [`Memory::input`].
const INPUT: usize = 3 * ROWS * 8;

/// The contents of [`Memory::input`].
fn input(sequences: &[Vec<u32>], pooling: Pooling) -> Vec<u8> {
    let (mut tokens, mut ranges, mut pooled) = ([[0u32; 2]; ROWS], [[0u32; 2]; ROWS], [[0u32; 2]; ROWS]);
    let mut from = 0;
    for (sequence, pooled) in sequences.iter().zip(&mut pooled) {
        let to = from + sequence.len();
        for (position, (id, token)) in sequence.iter().zip(&mut tokens[from..to]).enumerate() {
            *token = [*id, position as u32];
        }
        // Attention runs on to the end of a workgroup: rows past the last token pass for the last sequence's, or
        // they would divide by zero. What they compute is never read.
        ranges[from..].fill([from as u32, to as u32]);
        *pooled = match pooling {
            Pooling::Mean => [from as u32, to as u32],
            Pooling::Cls => [from as u32, from as u32 + 1],
        };
        from = to;
    }
    let mut bytes = Vec::with_capacity(INPUT);
    for [first, second] in tokens.into_iter().chain(ranges).chain(pooled) {
        bytes.extend_from_slice(&first.to_le_bytes());
        bytes.extend_from_slice(&second.to_le_bytes());
    }
    bytes
}

impl Encoder for GpuEncoder {
    fn encode<'a>(
        &'a self,
        sequences: &'a [Vec<u32>],
    ) -> LocalBoxFuture<'a, Result<Vec<Vec<f32>>, EmbedError>> {
        Box::pin(async move {
            let config = &self.config;
            check_sequences(sequences, config.vocab_size, config.max_position_embeddings)?;
            let mut values = Vec::with_capacity(sequences.len() * config.hidden_size);
            let (mut rest, mut waiting) = (sequences, None);
            while !rest.is_empty() {
                let mut tokens = 0;
                let fit = rest.iter().take_while(|sequence| {
                    tokens += sequence.len();
                    tokens <= ROWS
                });
                let (pass, others) = rest.split_at(fit.count());
                // The next pass is queued before the last one's vectors are waited for.
                if let Some(last) = waiting.replace(self.start(pass)) {
                    values.extend(last.await?);
                }
                rest = others;
            }
            if let Some(last) = waiting {
                values.extend(last.await?);
            }
            let vectors: Vec<Vec<f32>> =
                values.chunks_exact(config.hidden_size).map(<[f32]>::to_vec).collect();
            vectors.iter().try_for_each(|vector| check_unit(vector))?;
            if vectors.len() != sequences.len() {
                return Err(EmbedError::Backend("the device gave fewer vectors than were asked for".into()));
            }
            Ok(vectors)
        })
    }
}

impl fmt::Debug for GpuEncoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GpuEncoder").field("config", &self.config).finish_non_exhaustive()
    }
}

//! The forward pass, and the memory it works in.

use super::{
    Kernels, attention,
    attention::Attention,
    best,
    layers::{Layer, Model},
    linear::{Add, Gelu, Grid, Keys, Rows, Store, groups},
    rows::RowsMut,
};
use crate::{
    EmbedError, Pooling,
    embedder::{check_unit, normalise},
    encoder::{Encoder, check_sequences},
    weights::WeightsError,
};
use futures::future::LocalBoxFuture;
use std::{cell::RefCell, fmt};

/// Tokens that go through the layers together, unless one sequence alone has more. Enough to read the
/// weights (10 MB) from memory seldom, few enough that everything else stays in the cache.
pub(super) const PASS: usize = 256;
/// Rows that go through the second half of a layer together: with 1536 columns 260 KB.
const CHUNK: usize = 32;

/// BERT in int8, on one core.
pub struct CpuEncoder {
    file: Vec<u8>,
    model: Model,
    kernels: &'static Kernels,
    memory: RefCell<Memory>,
}

/// Grows to what the longest pass needs, and is used again.
#[derive(Default)]
struct Memory {
    states: Vec<f32>,
    quantised: Quantised,
    queries: Vec<f32>,
    keys: Vec<f32>,
    values: Vec<f32>,
    context: Vec<f32>,
    scores: Vec<f32>,
    /// Of a chunk.
    narrow: Quantised,
    wide: Vec<f32>,
    wide_quantised: Quantised,
}

#[derive(Default)]
struct Quantised {
    values: Vec<u8>,
    grids: Vec<Grid>,
}

impl Quantised {
    fn resize(&mut self, rows: usize, width: usize) {
        self.values.resize(rows * width, 0);
        self.grids.resize(rows * groups(width), Grid::default());
    }

    fn rows(&self) -> Rows<'_> {
        Rows { values: &self.values, grids: &self.grids }
    }

    fn rows_mut(&mut self, from: usize, to: usize, width: usize) -> RowsMut<'_> {
        let groups = from * groups(width)..to * groups(width);
        RowsMut { values: &mut self.values[from * width..to * width], grids: &mut self.grids[groups] }
    }
}

impl CpuEncoder {
    /// Takes a file of our own converter. Everything that it says is checked here, so that nothing can fail
    /// later.
    pub fn load(file: Vec<u8>) -> Result<Self, WeightsError> {
        Self::with_kernels(file, best())
    }

    pub(super) fn with_kernels(file: Vec<u8>, kernels: &'static Kernels) -> Result<Self, WeightsError> {
        let model = Model::find(&file)?;
        Ok(Self { file, model, kernels, memory: RefCell::default() })
    }

    /// The instructions that are used.
    pub fn instructions(&self) -> &'static str {
        self.kernels.name
    }

    /// Encodes in passes of about [`PASS`] tokens.
    fn encode_now(&self, sequences: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let config = &self.model.config;
        check_sequences(sequences, config.vocab_size, config.max_position_embeddings)?;
        let mut memory = self.memory.borrow_mut();
        let mut vectors = Vec::with_capacity(sequences.len());
        let mut rest = sequences;
        while !rest.is_empty() {
            let mut tokens = 0;
            let fit = rest.iter().take_while(|sequence| {
                tokens += sequence.len();
                tokens <= PASS
            });
            let (pass, others) = rest.split_at(fit.count().max(1));
            // SAFETY: `best` gave the kernels.
            unsafe { self.pass(pass, &mut memory, &mut vectors) };
            rest = others;
        }
        vectors.iter().try_for_each(|vector| check_unit(vector))?;
        Ok(vectors)
    }

    /// # Safety
    ///
    /// The kernels' instructions must be there; the sequences must be checked.
    unsafe fn pass(&self, sequences: &[Vec<u32>], memory: &mut Memory, vectors: &mut Vec<Vec<f32>>) {
        let (kernels, file, model) = (self.kernels, self.file.as_slice(), &self.model);
        let hidden = model.config.hidden_size;
        let tokens: usize = sequences.iter().map(Vec::len).sum();
        let longest = sequences.iter().map(Vec::len).max().unwrap_or(0);
        memory.resize(tokens, longest, sequences, &model.config);

        let mut rows = memory.states.chunks_exact_mut(hidden);
        for (position, id) in sequences.iter().flat_map(|sequence| sequence.iter().enumerate()) {
            let Some(row) = rows.next() else { break };
            let word = model.word.entry(file, *id as usize);
            // SAFETY: the caller's; so below.
            unsafe {
                (kernels.embed)(word, model.position.entry(file, position), model.kind.entry(file, 0), row)
            };
        }
        // SAFETY: the caller's.
        unsafe {
            let to = memory.quantised.rows_mut(0, tokens, hidden);
            (kernels.norm)(&mut memory.states, model.norm.get(), to);
            for layer in &model.layers {
                self.attend(layer, sequences, memory);
                for from in (0..tokens).step_by(CHUNK) {
                    self.finish(layer, from, tokens.min(from + CHUNK), memory);
                }
            }
        }

        let mut from = 0;
        for sequence in sequences {
            let states = &memory.states[from * hidden..(from + sequence.len()) * hidden];
            let mut vector = vec![0.0; hidden];
            match model.config.pooling {
                Pooling::Cls => vector.copy_from_slice(&states[..hidden]),
                // The sum: its direction is the mean's.
                // SAFETY: the caller's.
                Pooling::Mean => unsafe { (kernels.sum)(states, &mut vector) },
            }
            normalise(&mut vector);
            vectors.push(vector);
            from += sequence.len();
        }
    }

    /// Projections and attention of a layer, into `context`.
    unsafe fn attend(&self, layer: &Layer, sequences: &[Vec<u32>], memory: &mut Memory) {
        let (kernels, file) = (self.kernels, self.file.as_slice());
        let (hidden, heads) = (self.model.config.hidden_size, self.model.config.num_attention_heads);
        let rows = memory.quantised.rows();
        // SAFETY: the caller's.
        unsafe {
            (kernels.store)(rows, layer.query.of(file), Store { to: &mut memory.queries, outputs: hidden });
            (kernels.store)(rows, layer.value.of(file), Store { to: &mut memory.values, outputs: hidden });
            let (mut from, mut keys) = (0, memory.keys.as_mut_slice());
            for sequence in sequences {
                let tokens = sequence.len();
                let panels = tokens.div_ceil(8);
                let (here, rest) = keys.split_at_mut(panels * 8 * hidden);
                let part = rows.part(from, from + tokens, hidden);
                (kernels.keys)(part, layer.key.of(file), Keys { to: here, dims: hidden / heads, panels });
                let span = from * hidden..(from + tokens) * hidden;
                let job = Attention {
                    queries: &memory.queries[span.clone()],
                    keys: here,
                    values: &memory.values[span.clone()],
                    tokens,
                    heads,
                    hidden,
                };
                (kernels.attend)(job, &mut memory.scores, &mut memory.context[span]);
                from += tokens;
                keys = rest;
            }
        }
    }

    /// The rest of a layer, for the rows `from..to`.
    unsafe fn finish(&self, layer: &Layer, from: usize, to: usize, memory: &mut Memory) {
        let (kernels, file) = (self.kernels, self.file.as_slice());
        let (hidden, wide) = (self.model.config.hidden_size, self.model.config.intermediate_size);
        let count = to - from;
        let span = from * hidden..to * hidden;
        let states = &mut memory.states[span.clone()];
        // SAFETY: the caller's.
        unsafe {
            (kernels.quantise)(&memory.context[span], hidden, memory.narrow.rows_mut(0, count, hidden));
            let rows = memory.narrow.rows().part(0, count, hidden);
            (kernels.add)(rows, layer.attention.of(file), Add(Store { to: &mut *states, outputs: hidden }));
            let narrow = memory.narrow.rows_mut(0, count, hidden);
            (kernels.norm)(&mut *states, layer.attention_norm.get(), narrow);

            let rows = memory.narrow.rows().part(0, count, hidden);
            let up = &mut memory.wide[..count * wide];
            (kernels.gelu)(rows, layer.up.of(file), Gelu::to(Store { to: &mut *up, outputs: wide }));
            (kernels.quantise)(up, wide, memory.wide_quantised.rows_mut(0, count, wide));
            let rows = memory.wide_quantised.rows().part(0, count, wide);
            (kernels.add)(rows, layer.down.of(file), Add(Store { to: &mut *states, outputs: hidden }));
            let quantised = memory.quantised.rows_mut(from, to, hidden);
            (kernels.norm)(states, layer.output_norm.get(), quantised);
        }
    }
}

impl Memory {
    fn resize(
        &mut self,
        tokens: usize,
        longest: usize,
        sequences: &[Vec<u32>],
        config: &crate::config::BertConfig,
    ) {
        let (hidden, wide) = (config.hidden_size, config.intermediate_size);
        for buffer in [&mut self.states, &mut self.queries, &mut self.values, &mut self.context] {
            buffer.resize(tokens * hidden, 0.0);
        }
        let padded: usize = sequences.iter().map(|sequence| sequence.len().next_multiple_of(8)).sum();
        self.keys.resize(padded * hidden, 0.0);
        self.scores.resize(attention::scores_len(longest), 0.0);
        self.quantised.resize(tokens, hidden);
        self.narrow.resize(CHUNK, hidden);
        self.wide.resize(CHUNK * wide, 0.0);
        self.wide_quantised.resize(CHUNK, wide);
    }
}

impl Encoder for CpuEncoder {
    fn encode<'a>(
        &'a self,
        sequences: &'a [Vec<u32>],
    ) -> LocalBoxFuture<'a, Result<Vec<Vec<f32>>, EmbedError>> {
        Box::pin(async move { self.encode_now(sequences) })
    }

    fn weighted_sum(&self, pieces: &[(u32, f32)]) -> Option<Vec<f32>> {
        let config = &self.model.config;
        let mut sum = vec![0.0; config.hidden_size];
        for (id, weight) in pieces {
            let row = Some(*id as usize).filter(|row| *row < config.vocab_size)?;
            let entry = self.model.word.entry(&self.file, row);
            let factor = weight * entry.scale;
            sum.iter_mut()
                .zip(entry.values)
                .for_each(|(sum, value)| *sum += factor * f32::from(*value as i8));
        }
        Some(sum)
    }
}

impl fmt::Debug for CpuEncoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CpuEncoder").field("instructions", &self.kernels.name).finish_non_exhaustive()
    }
}

//! The weights as the kernels read them: places in the file, and the few vectors that are computed.

use super::{
    linear::{GROUP, Linear, chunks, groups},
    rows::{Entry, Norm},
};
use crate::{
    config::BertConfig,
    weights::{
        Weights, WeightsError,
        panels::{CHUNK, MOST},
    },
};
use std::ops::Range;

/// A whole model. The matrices stay in the file's bytes, which are kept beside this.
#[derive(Debug)]
pub(super) struct Model {
    pub config: BertConfig,
    pub word: Table,
    pub position: Table,
    pub kind: Table,
    pub norm: NormVectors,
    pub layers: Vec<Layer>,
}

/// One encoder layer.
#[derive(Debug)]
pub(super) struct Layer {
    pub query: Dense,
    pub key: Dense,
    pub value: Dense,
    pub attention: Dense,
    pub attention_norm: NormVectors,
    pub up: Dense,
    pub down: Dense,
    pub output_norm: NormVectors,
}

/// A linear layer.
#[derive(Debug)]
pub(super) struct Dense {
    panels: Range<usize>,
    inputs: usize,
    scale: Vec<f32>,
    sums: Sums,
    bias: Vec<f32>,
}

/// An embedding table.
#[derive(Debug)]
pub(super) struct Table {
    values: Range<usize>,
    width: usize,
    scale: Vec<f32>,
}

/// LayerNorm.
#[derive(Debug)]
pub(super) struct NormVectors {
    weight: Vec<f32>,
    bias: Vec<f32>,
    epsilon: f32,
}

impl Model {
    /// Finds everything in a file of our own converter.
    pub fn find(file: &[u8]) -> Result<Self, WeightsError> {
        let weights = Weights::converted(file)?;
        let config = weights.config().clone();
        let (hidden, wide) = (config.hidden_size, config.intermediate_size);
        let head = hidden / config.num_attention_heads;
        if !head.is_multiple_of(8) || !wide.is_multiple_of(8) {
            return Err(WeightsError::Config("the sizes of heads and layers must be multiples of 8".into()));
        }
        let table = |name: &str, rows: usize| {
            let (values, scale) = weights.rows_at(&format!("embeddings.{name}.weight"), rows, hidden)?;
            Ok::<_, WeightsError>(Table { values, width: hidden, scale })
        };
        let norm = |name: &str| {
            Ok::<_, WeightsError>(NormVectors {
                weight: weights.vector(&format!("{name}.weight"), hidden)?,
                bias: weights.vector(&format!("{name}.bias"), hidden)?,
                epsilon: config.layer_norm_eps as f32,
            })
        };
        let dense = |name: &str, outputs: usize, inputs: usize| {
            let (panels, scale) = weights.panels_at(&format!("{name}.weight"), outputs, inputs)?;
            let sums = Sums::of(&file[panels.clone()], inputs);
            if !sums.fit {
                return Err(WeightsError::Range(name.into()));
            }
            let bias = weights.vector(&format!("{name}.bias"), outputs)?;
            Ok::<_, WeightsError>(Dense { panels, inputs, scale, sums, bias })
        };
        let layers = (0..config.num_hidden_layers)
            .map(|n| {
                let at = format!("encoder.layer.{n}");
                let mut query = dense(&format!("{at}.attention.self.query"), hidden, hidden)?;
                // Attention divides every score by √dims: here once, instead of there each time.
                query.times(std::f32::consts::LOG2_E / (head as f32).sqrt());
                Ok(Layer {
                    query,
                    key: dense(&format!("{at}.attention.self.key"), hidden, hidden)?,
                    value: dense(&format!("{at}.attention.self.value"), hidden, hidden)?,
                    attention: dense(&format!("{at}.attention.output.dense"), hidden, hidden)?,
                    attention_norm: norm(&format!("{at}.attention.output.LayerNorm"))?,
                    up: dense(&format!("{at}.intermediate.dense"), wide, hidden)?,
                    down: dense(&format!("{at}.output.dense"), hidden, wide)?,
                    output_norm: norm(&format!("{at}.output.LayerNorm"))?,
                })
            })
            .collect::<Result<_, WeightsError>>()?;
        Ok(Self {
            word: table("word_embeddings", config.vocab_size)?,
            position: table("position_embeddings", config.max_position_embeddings)?,
            kind: table("token_type_embeddings", 1)?,
            norm: norm("embeddings.LayerNorm")?,
            layers,
            config,
        })
    }
}

impl Dense {
    /// The layer, with its panels in `file`.
    pub fn of<'a>(&'a self, file: &'a [u8]) -> Linear<'a> {
        Linear {
            inputs: self.inputs,
            outputs: self.scale.len(),
            panels: &file[self.panels.clone()],
            scale: &self.scale,
            sum: &self.sums.groups,
            centre: &self.sums.centre,
            bias: &self.bias,
        }
    }

    fn times(&mut self, factor: f32) {
        self.scale.iter_mut().chain(&mut self.bias).for_each(|value| *value *= factor);
    }
}

impl Table {
    /// An entry, with the table in `file`.
    pub fn entry<'a>(&self, file: &'a [u8], row: usize) -> Entry<'a> {
        let start = self.values.start + row * self.width;
        Entry { values: &file[start..start + self.width], scale: self.scale[row] }
    }
}

impl NormVectors {
    /// The parameters.
    pub fn get(&self) -> Norm<'_> {
        Norm { weight: &self.weight, bias: &self.bias, epsilon: self.epsilon }
    }
}

/// What [`Linear`] says of its panels.
#[derive(Debug)]
struct Sums {
    /// Σ int8 of each output and group.
    groups: Vec<f32>,
    /// −64 Σ int8 of each lane of each chunk.
    centre: Vec<i16>,
    /// All chunks keep to [`MOST`].
    fit: bool,
}

impl Sums {
    /// Of panels `[outputs / 8][inputs / 4][8][4]`.
    fn of(panels: &[u8], inputs: usize) -> Self {
        let outputs = panels.len() / inputs;
        let mut out = Self {
            groups: Vec::with_capacity(outputs * groups(inputs)),
            centre: Vec::with_capacity(outputs * chunks(inputs) * 2),
            fit: true,
        };
        for group in panels.chunks_exact(inputs * 8).flat_map(|panel| panel.chunks(GROUP * 8)) {
            let mut eight = [0i32; 8];
            for chunk in group.chunks(CHUNK * 8) {
                // Without a branch, so that compilers take many at once. At most CHUNK × 128 each.
                let (mut sums, mut magnitudes) = ([0i16; 16], [0i16; 16]);
                for block in chunk.as_chunks::<32>().0 {
                    for (i, [a, b]) in block.as_chunks::<2>().0.iter().enumerate() {
                        let (a, b) = (i16::from(a.cast_signed()), i16::from(b.cast_signed()));
                        sums[i] += a + b;
                        magnitudes[i] += a.abs() + b.abs();
                    }
                }
                out.fit &= magnitudes.into_iter().fold(0, i16::max) <= MOST;
                out.centre.extend(sums.map(|sum| sum.wrapping_mul(-64)));
                for (total, [a, b]) in eight.iter_mut().zip(sums.as_chunks::<2>().0) {
                    *total += i32::from(*a) + i32::from(*b);
                }
            }
            // Far below 2^24: exact.
            out.groups.extend(eight.map(|sum| sum as f32));
        }
        out
    }
}

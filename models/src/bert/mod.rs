//! The one BERT, in Burn, for every config of that family: the twin that the kernels of [`crate::cpu`] and
//! `crate::gpu` are held against, and a contender of the benchmark.
//!
//! Written over `burn::nn` instead of generated from ONNX: one hand-written forward pass serves every
//! hidden size, depth and number of heads, runs on every Burn device (`Device` is a value), and can be
//! read in a minute. Three things are folded when the weights are loaded, because they cost nothing
//! then and a kernel each time otherwise: query, key and value projections are one matrix; the
//! token-type embedding, always type 0 for single texts, is added to the position embeddings; PyTorch's
//! `[out, in]` matrices are transposed into Burn's `[in, out]`.
//!
//! Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers" (2019). LayerNorm comes after
//! the residual and has the epsilon of the model's config (1e-12); GELU is the exact one.

mod encoder;

pub use encoder::BertEncoder;
#[cfg(feature = "flex")]
pub use encoder::flex_device;

use crate::{
    config::{BertConfig, Pooling},
    weights::{Matrix, Weights, WeightsError},
};
use burn::{
    module::Param,
    nn::{LayerNorm, LayerNormConfig, Linear},
    tensor::{
        Device, Int, Tensor, TensorData, activation,
        module::{attention, embedding},
        ops::AttentionModuleOptions,
    },
};

/// BERT's encoder with its weights on a device.
#[derive(Debug)]
pub struct Bert {
    word: Tensor<2>,
    position: Tensor<2>,
    norm: LayerNorm,
    layers: Vec<Layer>,
    heads: usize,
    device: Device,
}

#[derive(Debug)]
struct Layer {
    query_key_value: Linear,
    attention_output: Linear,
    attention_norm: LayerNorm,
    up: Linear,
    down: Linear,
    output_norm: LayerNorm,
}

impl Bert {
    /// Reads the model out of `weights` onto `device`.
    pub fn load(weights: &Weights<'_>, device: &Device) -> Result<Self, WeightsError> {
        let config = weights.config();
        config.check()?;
        let hidden = config.hidden_size;
        let word = weights.matrix("embeddings.word_embeddings.weight", config.vocab_size, hidden)?;
        let mut position = weights.matrix(
            "embeddings.position_embeddings.weight",
            config.max_position_embeddings,
            hidden,
        )?;
        let types = weights.first_row("embeddings.token_type_embeddings.weight", hidden)?;
        for row in position.values.chunks_exact_mut(hidden) {
            row.iter_mut().zip(&types).for_each(|(p, t)| *p += t);
        }
        let layers = (0..config.num_hidden_layers)
            .map(|n| Layer::load(weights, config, &format!("encoder.layer.{n}"), device))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            word: upload(word, device),
            position: upload(position, device),
            norm: layer_norm(weights, config, "embeddings.LayerNorm", device)?,
            layers,
            heads: config.num_attention_heads,
            device: device.clone(),
        })
    }

    /// The longest sequence that has position embeddings.
    pub fn max_positions(&self) -> usize {
        self.position.dims()[0]
    }

    /// Word pieces in the vocabulary.
    pub fn vocabulary(&self) -> usize {
        self.word.dims()[0]
    }

    /// The vector of norm 1, `[1, hidden]`, of a sequence that [`crate::encoder::check_sequences`] accepted.
    pub fn embed(&self, sequence: &[u32], pooling: Pooling) -> Tensor<2> {
        let states = self.forward(sequence);
        let [_, _, hidden] = states.dims();
        let pooled: Tensor<2> = match pooling {
            Pooling::Cls => states.narrow(1, 0, 1).reshape([1, hidden]),
            Pooling::Mean => states.mean_dim(1).reshape([1, hidden]),
        };
        let norm = (pooled.clone() * pooled.clone()).sum_dim(1).sqrt();
        pooled / norm
    }

    /// The last layer's states, `[1, length, hidden]`.
    pub fn forward(&self, sequence: &[u32]) -> Tensor<3> {
        let length = sequence.len();
        let ids: Vec<i32> = sequence.iter().map(|id| *id as i32).collect();
        let ids = Tensor::<2, Int>::from_data(TensorData::new(ids, [1, length]), &self.device);
        let words = embedding(self.word.clone(), ids);
        let positions = self.position.clone().narrow(0, 0, length).unsqueeze::<3>();
        let mut states = self.norm.forward(words + positions);
        for layer in &self.layers {
            states = layer.forward(states, self.heads);
        }
        states
    }
}

impl Layer {
    fn load(
        weights: &Weights<'_>,
        config: &BertConfig,
        prefix: &str,
        device: &Device,
    ) -> Result<Self, WeightsError> {
        let (hidden, wide) = (config.hidden_size, config.intermediate_size);
        let one = |name: &str, rows: usize, columns: usize| {
            linear(weights, &[format!("{prefix}.{name}")], rows, columns, device)
        };
        let projections = ["query", "key", "value"].map(|name| format!("{prefix}.attention.self.{name}"));
        Ok(Self {
            query_key_value: linear(weights, &projections, hidden, hidden, device)?,
            attention_output: one("attention.output.dense", hidden, hidden)?,
            attention_norm: layer_norm(
                weights,
                config,
                &format!("{prefix}.attention.output.LayerNorm"),
                device,
            )?,
            up: one("intermediate.dense", wide, hidden)?,
            down: one("output.dense", hidden, wide)?,
            output_norm: layer_norm(weights, config, &format!("{prefix}.output.LayerNorm"), device)?,
        })
    }

    fn forward(&self, states: Tensor<3>, heads: usize) -> Tensor<3> {
        let [size, length, hidden] = states.dims();
        let projected = self.query_key_value.forward(states.clone());
        let part = |n: usize| {
            projected
                .clone()
                .narrow(2, n * hidden, hidden)
                .reshape([size, length, heads, hidden / heads])
                .swap_dims(1, 2)
        };
        let context = attention(part(0), part(1), part(2), None, None, AttentionModuleOptions::default())
            .swap_dims(1, 2)
            .reshape([size, length, hidden]);
        let states = self.attention_norm.forward(states + self.attention_output.forward(context));
        let wide = activation::gelu(self.up.forward(states.clone()));
        self.output_norm.forward(states + self.down.forward(wide))
    }
}

fn upload(matrix: Matrix, device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(matrix.values, [matrix.rows, matrix.columns]), device)
}

/// Several `[out, in]` matrices of one shape, side by side as one `[in, n × out]` layer.
fn linear(
    weights: &Weights<'_>,
    names: &[String],
    rows: usize,
    columns: usize,
    device: &Device,
) -> Result<Linear, WeightsError> {
    let width = rows * names.len();
    let mut values = vec![0.0f32; width * columns];
    let mut biases = Vec::with_capacity(width);
    for (n, name) in names.iter().enumerate() {
        let matrix = weights.matrix(&format!("{name}.weight"), rows, columns)?;
        for (row, source) in matrix.values.chunks_exact(columns).enumerate() {
            for (column, value) in source.iter().enumerate() {
                values[column * width + n * rows + row] = *value;
            }
        }
        biases.extend(weights.vector(&format!("{name}.bias"), rows)?);
    }
    Ok(Linear {
        weight: Param::from_data(TensorData::new(values, [columns, width]), device),
        bias: Some(Param::from_data(TensorData::new(biases, [width]), device)),
    })
}

fn layer_norm(
    weights: &Weights<'_>,
    config: &BertConfig,
    name: &str,
    device: &Device,
) -> Result<LayerNorm, WeightsError> {
    let hidden = config.hidden_size;
    let vector = |part: &str| -> Result<Param<Tensor<1>>, WeightsError> {
        let values = weights.vector(&format!("{name}.{part}"), hidden)?;
        Ok(Param::from_data(TensorData::new(values, [hidden]), device))
    };
    let mut norm = LayerNormConfig::new(hidden).with_epsilon(config.layer_norm_eps).init(device);
    norm.gamma = vector("weight")?;
    norm.beta = Some(vector("bias")?);
    Ok(norm)
}

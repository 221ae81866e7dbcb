//! The one BERT, in Burn, for every config of that family.
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

use crate::{
    EmbedError,
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
use serde::{Deserialize, Serialize};

/// How the states of all tokens become one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// The mean over all tokens, padding left out.
    Mean,
    /// The state of `[CLS]`, the first token.
    Cls,
}

/// The part of a Hugging Face `config.json` that shapes the forward pass, and the pooling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BertConfig {
    /// Word pieces in the vocabulary.
    pub vocab_size: usize,
    /// Width of a token's state; the dimensions of the vector.
    pub hidden_size: usize,
    /// Encoder layers.
    pub num_hidden_layers: usize,
    /// Attention heads; they divide the hidden size.
    pub num_attention_heads: usize,
    /// Width of the feed-forward layer.
    pub intermediate_size: usize,
    /// Longest sequence that has position embeddings.
    pub max_position_embeddings: usize,
    /// Epsilon of every LayerNorm.
    pub layer_norm_eps: f64,
    /// Must be `gelu`.
    pub hidden_act: String,
    /// From the model's `1_Pooling/config.json`.
    pub pooling: Pooling,
}

impl BertConfig {
    /// Reads a model's own `config.json` and `1_Pooling/config.json`.
    pub fn from_hugging_face(config: &str, pooling: &str) -> Result<Self, WeightsError> {
        #[derive(Deserialize)]
        struct PoolingConfig {
            #[serde(default)]
            pooling_mode_cls_token: bool,
            #[serde(default)]
            pooling_mode_mean_tokens: bool,
        }
        let bad = |error: serde_json::Error| WeightsError::Config(error.to_string());
        let modes: PoolingConfig = serde_json::from_str(pooling).map_err(bad)?;
        let pooling = match (modes.pooling_mode_cls_token, modes.pooling_mode_mean_tokens) {
            (true, false) => "cls",
            (false, true) => "mean",
            _ => return Err(WeightsError::Config("the pooling is neither CLS nor mean".into())),
        };
        let mut config: serde_json::Value = serde_json::from_str(config).map_err(bad)?;
        config["pooling"] = pooling.into();
        let config: Self = serde_json::from_value(config).map_err(bad)?;
        config.check()?;
        Ok(config)
    }

    /// Refuses what no weights can fit, before anything is allocated.
    pub fn check(&self) -> Result<(), WeightsError> {
        let bad = |why: &str| Err(WeightsError::Config(why.into()));
        let sane = |n: usize, limit: usize| n > 0 && n <= limit;
        if !sane(self.num_attention_heads, 256) || !self.hidden_size.is_multiple_of(self.num_attention_heads)
        {
            return bad("the heads do not divide the hidden size");
        }
        if !(sane(self.vocab_size, 1 << 20)
            && sane(self.hidden_size, 1 << 13)
            && sane(self.num_hidden_layers, 128)
            && sane(self.intermediate_size, 1 << 15)
            && sane(self.max_position_embeddings, 1 << 15))
        {
            return bad("a size is zero or absurd");
        }
        if !(self.layer_norm_eps > 0.0 && self.layer_norm_eps < 1e-2) {
            return bad("layer_norm_eps is not a small positive number");
        }
        if self.hidden_act != "gelu" {
            return bad("only the activation gelu is supported");
        }
        Ok(())
    }
}

/// BERT's encoder with its weights on a device.
#[derive(Debug)]
pub struct Bert {
    word: Tensor<2>,
    position: Tensor<2>,
    norm: LayerNorm,
    layers: Vec<Layer>,
    heads: usize,
    hidden: usize,
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
            hidden,
            device: device.clone(),
        })
    }

    /// Width of a token's state.
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// The longest sequence that has position embeddings.
    pub fn max_positions(&self) -> usize {
        self.position.dims()[0]
    }

    /// Refuses sequences that the model cannot take: empty ones, longer ones than there are positions,
    /// ids outside the vocabulary.
    pub fn check(&self, sequences: &[Vec<u32>]) -> Result<(), EmbedError> {
        let vocabulary = self.word.dims()[0];
        for sequence in sequences {
            if sequence.is_empty() {
                return Err(EmbedError::Shape("an empty sequence".into()));
            }
            if sequence.len() > self.max_positions() {
                return Err(EmbedError::Shape(format!(
                    "{} tokens, at most {} are possible",
                    sequence.len(),
                    self.max_positions()
                )));
            }
            if let Some(id) = sequence.iter().find(|id| **id as usize >= vocabulary) {
                return Err(EmbedError::Shape(format!("token {id} is outside the vocabulary")));
            }
        }
        Ok(())
    }

    /// Vectors of norm 1, `[batch, hidden]`, of sequences that [`Bert::check`] accepted, padded to
    /// `length` tokens.
    pub fn embed(&self, batch: &[&[u32]], length: usize, pooling: Pooling) -> Tensor<2> {
        let padded = batch.iter().any(|sequence| sequence.len() < length);
        let states = self.forward(batch, length, padded);
        let [size, _, hidden] = states.dims();
        let pooled: Tensor<2> = match pooling {
            Pooling::Cls => states.narrow(1, 0, 1).reshape([size, hidden]),
            Pooling::Mean if padded => {
                // [batch, 1, length] × [batch, length, hidden]: each token weighs 1/n, padding 0.
                let mut weights = vec![0.0f32; size * length];
                for (row, sequence) in weights.chunks_exact_mut(length).zip(batch) {
                    row[..sequence.len()].fill(1.0 / sequence.len() as f32);
                }
                let weights =
                    Tensor::<3>::from_data(TensorData::new(weights, [size, 1, length]), &self.device);
                weights.matmul(states).reshape([size, hidden])
            }
            Pooling::Mean => states.mean_dim(1).reshape([size, hidden]),
        };
        let norm = (pooled.clone() * pooled.clone()).sum_dim(1).sqrt();
        pooled / norm
    }

    /// The last layer's states, `[batch, length, hidden]`.
    pub fn forward(&self, batch: &[&[u32]], length: usize, padded: bool) -> Tensor<3> {
        let size = batch.len();
        let mut ids = vec![0i32; size * length];
        for (row, sequence) in ids.chunks_exact_mut(length).zip(batch) {
            row.iter_mut().zip(*sequence).for_each(|(slot, id)| *slot = *id as i32);
        }
        let ids = Tensor::<2, Int>::from_data(TensorData::new(ids, [size, length]), &self.device);
        // Added to the scores before the softmax: a padded key gets no weight.
        let mask = padded.then(|| {
            let mut bias = vec![0.0f32; size * length];
            for (row, sequence) in bias.chunks_exact_mut(length).zip(batch) {
                row[sequence.len()..].fill(-1e9);
            }
            Tensor::<4>::from_data(TensorData::new(bias, [size, 1, 1, length]), &self.device)
                .expand([size, self.heads, length, length])
        });
        let words = embedding(self.word.clone(), ids);
        let positions = self.position.clone().narrow(0, 0, length).unsqueeze::<3>();
        let mut states = self.norm.forward(words + positions);
        for layer in &self.layers {
            states = layer.forward(states, self.heads, mask.clone());
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

    fn forward(&self, states: Tensor<3>, heads: usize, mask: Option<Tensor<4>>) -> Tensor<3> {
        let [size, length, hidden] = states.dims();
        let projected = self.query_key_value.forward(states.clone());
        let part = |n: usize| {
            projected
                .clone()
                .narrow(2, n * hidden, hidden)
                .reshape([size, length, heads, hidden / heads])
                .swap_dims(1, 2)
        };
        let context = attention(part(0), part(1), part(2), None, mask, AttentionModuleOptions::default())
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

//! What a model's own files say of its shape.

use crate::weights::WeightsError;
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

//! The weights on the device: the file's own int8 bytes, and a few vectors.

use super::{
    Adapter, ROWS,
    device::{Buffer, Gpu},
    texts::LINEAR_COLUMNS,
};
use crate::{
    config::BertConfig,
    weights::{Weights, WeightsError},
};

/// The largest buffer that every device has (WebGPU's own default for `maxStorageBufferBindingSize`).
const LARGEST_BUFFER: usize = 128 << 20;
/// The widest head: attention keeps a query, its output and four keys in registers.
const WIDEST_HEAD: usize = 128;
/// 2^-24: kernels read an int8 as the highest byte of an i32.
const HIGHEST_BYTE: f32 = 1.0 / 16_777_216.0;

/// A whole model.
pub(super) struct Model {
    pub words: Buffer,
    pub word_scales: Buffer,
    pub positions: Buffer,
    pub norm: Buffer,
    pub layers: Vec<Layer>,
}

/// One encoder layer. LayerNorms are weight, then bias.
pub(super) struct Layer {
    pub project: Dense,
    pub output: Dense,
    pub output_norm: Buffer,
    pub up: Dense,
    pub down: Dense,
    pub down_norm: Buffer,
}

/// A linear layer: panels; scales, then biases.
pub(super) struct Dense {
    pub panels: Buffer,
    pub scale_bias: Buffer,
    pub outputs: usize,
}

/// Refuses sizes that the kernels do not divide: they have no edges.
pub(super) fn check(config: &BertConfig, adapter: Adapter) -> Result<(), WeightsError> {
    let bad = |why: String| Err(WeightsError::Config(format!("not for the GPU's kernels: {why}")));
    let (hidden, wide) = (config.hidden_size, config.intermediate_size);
    let step = match adapter {
        Adapter::Software => LINEAR_COLUMNS,
        // 32 invocations by 4 columns.
        Adapter::Hardware => 128,
    };
    if !hidden.is_multiple_of(step) || !wide.is_multiple_of(LINEAR_COLUMNS) {
        return bad(format!("the sizes of layers must be multiples of {step} and {LINEAR_COLUMNS}"));
    }
    let head = hidden / config.num_attention_heads;
    if !head.is_multiple_of(4) || head > WIDEST_HEAD {
        return bad(format!("the size of a head must be a multiple of 4, at most {WIDEST_HEAD}"));
    }
    if config.max_position_embeddings > ROWS {
        return bad(format!("more than {ROWS} positions"));
    }
    let largest = [config.vocab_size * hidden, hidden * wide, 3 * hidden * hidden]
        .into_iter()
        .chain([3 * hidden, wide].map(|width| ROWS * width * 4))
        .max();
    if largest > Some(LARGEST_BUFFER) {
        return bad(format!("a buffer of more than {LARGEST_BUFFER} bytes"));
    }
    Ok(())
}

impl Model {
    /// Uploads a file of our own converter, of which `weights` is the contents.
    pub fn upload(gpu: &Gpu, file: &[u8], weights: &Weights<'_>) -> Result<Self, WeightsError> {
        let config = weights.config();
        let hidden = config.hidden_size;
        let (words, scales) =
            weights.rows_at("embeddings.word_embeddings.weight", config.vocab_size, hidden)?;
        let table = "embeddings.position_embeddings.weight";
        let mut positions = weights.matrix(table, config.max_position_embeddings, hidden)?.values;
        let types = weights.first_row("embeddings.token_type_embeddings.weight", hidden)?;
        for row in positions.chunks_exact_mut(hidden) {
            row.iter_mut().zip(&types).for_each(|(position, kind)| *position += kind);
        }
        let layers = (0..config.num_hidden_layers)
            .map(|n| Layer::upload(gpu, file, weights, &format!("encoder.layer.{n}")))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            words: gpu.create(file[words].to_vec()),
            word_scales: gpu.create(bytes(scales.iter().map(|scale| scale * HIGHEST_BYTE))),
            positions: gpu.create(bytes(positions)),
            norm: norm(gpu, weights, "embeddings.LayerNorm")?,
            layers,
        })
    }
}

impl Layer {
    fn upload(gpu: &Gpu, file: &[u8], weights: &Weights<'_>, at: &str) -> Result<Self, WeightsError> {
        let (hidden, wide) = (weights.config().hidden_size, weights.config().intermediate_size);
        let dense = |names: &[&str], outputs: usize, inputs: usize| {
            let (mut panels, mut scale_bias, mut biases) = (Vec::new(), Vec::new(), Vec::new());
            // Panels of layers that stand side by side follow one another.
            for name in names {
                let (here, scales) = weights.panels_at(&format!("{at}.{name}.weight"), outputs, inputs)?;
                panels.extend_from_slice(&file[here]);
                scale_bias.extend(scales.iter().map(|scale| scale * HIGHEST_BYTE));
                biases.extend(weights.vector(&format!("{at}.{name}.bias"), outputs)?);
            }
            scale_bias.append(&mut biases);
            Ok::<_, WeightsError>(Dense {
                panels: gpu.create(panels),
                scale_bias: gpu.create(bytes(scale_bias)),
                outputs: outputs * names.len(),
            })
        };
        let projections = ["attention.self.query", "attention.self.key", "attention.self.value"];
        Ok(Self {
            project: dense(&projections, hidden, hidden)?,
            output: dense(&["attention.output.dense"], hidden, hidden)?,
            output_norm: norm(gpu, weights, &format!("{at}.attention.output.LayerNorm"))?,
            up: dense(&["intermediate.dense"], wide, hidden)?,
            down: dense(&["output.dense"], hidden, wide)?,
            down_norm: norm(gpu, weights, &format!("{at}.output.LayerNorm"))?,
        })
    }
}

fn norm(gpu: &Gpu, weights: &Weights<'_>, name: &str) -> Result<Buffer, WeightsError> {
    let hidden = weights.config().hidden_size;
    let mut values = weights.vector(&format!("{name}.weight"), hidden)?;
    values.extend(weights.vector(&format!("{name}.bias"), hidden)?);
    Ok(gpu.create(bytes(values)))
}

fn bytes(values: impl IntoIterator<Item = f32>) -> Vec<u8> {
    values.into_iter().flat_map(f32::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pooling;

    #[test]
    fn what_the_kernels_do_not_divide_is_refused() {
        let minilm = BertConfig {
            vocab_size: 30_522,
            hidden_size: 384,
            num_hidden_layers: 6,
            num_attention_heads: 12,
            intermediate_size: 1536,
            max_position_embeddings: 512,
            layer_norm_eps: 1e-12,
            hidden_act: "gelu".into(),
            pooling: Pooling::Mean,
        };
        let base =
            BertConfig { hidden_size: 768, num_hidden_layers: 12, intermediate_size: 3072, ..minilm.clone() };
        for adapter in [Adapter::Software, Adapter::Hardware] {
            for good in [&minilm, &BertConfig { num_hidden_layers: 12, ..minilm.clone() }, &base] {
                assert_eq!(check(good, adapter), Ok(()));
            }
            for bad in [
                BertConfig { hidden_size: 360, ..minilm.clone() },
                BertConfig { intermediate_size: 1544, ..minilm.clone() },
                BertConfig { num_attention_heads: 192, ..minilm.clone() },
                BertConfig { num_attention_heads: 2, ..minilm.clone() },
                BertConfig { max_position_embeddings: 1025, ..minilm.clone() },
                BertConfig { vocab_size: 1 << 20, ..minilm.clone() },
            ] {
                assert_eq!(check(&bad, adapter).map_err(|e| e.code()), Err("weights_config"), "{bad:?}");
            }
        }
        let narrow = BertConfig { hidden_size: 96, ..minilm };
        assert_eq!(check(&narrow, Adapter::Software), Ok(()));
        assert!(check(&narrow, Adapter::Hardware).is_err());
    }
}

//! Published weights to shipped weights.

use super::{
    FORMAT, METADATA_KEY, Metadata, Weights, WeightsError, panel_shape, panels, quantise, quantise_layer,
};
use crate::config::BertConfig;
use safetensors::{Dtype, tensor::TensorView};
use std::collections::HashMap;

/// Converts a published safetensors file (f32, Hugging Face names) into the shipped format. Tensors that
/// the encoder does not use (the pooler, buffers of position ids) are left out. The same input gives the
/// same bytes on every machine, natively and in WASM.
pub fn convert(published: &[u8], config: BertConfig) -> Result<Vec<u8>, WeightsError> {
    let weights = Weights::published(published, config)?;
    let config = weights.config().clone();
    let mut tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();

    let matrix = |out: &mut Vec<_>, name: String, rows: usize, columns: usize, in_panels: bool| {
        let quantise = if in_panels { quantise_layer } else { quantise };
        let q = quantise(&weights.matrix(&name, rows, columns)?.values, columns);
        let scales = q.scales.iter().flat_map(|scale| scale.to_le_bytes()).collect();
        out.push((format!("{name}.scale"), Dtype::F32, vec![rows], scales));
        let values: Vec<u8> = q.values.into_iter().map(i8::cast_unsigned).collect();
        out.push(if in_panels {
            (name, Dtype::I8, panel_shape(rows, columns).to_vec(), panels::pack::<u8>(&values, columns))
        } else {
            (name, Dtype::I8, vec![rows, columns], values)
        });
        Ok::<(), WeightsError>(())
    };
    let vector = |out: &mut Vec<_>, name: String, length: usize| {
        let values = weights.vector(&name, length)?;
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        out.push((name, Dtype::F32, vec![length], bytes));
        Ok::<(), WeightsError>(())
    };

    let (hidden, wide) = (config.hidden_size, config.intermediate_size);
    if !hidden.is_multiple_of(8) || !wide.is_multiple_of(8) {
        return Err(WeightsError::Config("the sizes of layers must be multiples of 8".into()));
    }
    matrix(&mut tensors, "embeddings.word_embeddings.weight".into(), config.vocab_size, hidden, false)?;
    let positions = config.max_position_embeddings;
    matrix(&mut tensors, "embeddings.position_embeddings.weight".into(), positions, hidden, false)?;
    // Only type 0 is ever read: a single text has no second segment.
    let types = weights.first_row("embeddings.token_type_embeddings.weight", hidden)?;
    let q = quantise(&types, hidden);
    tensors.push((
        "embeddings.token_type_embeddings.weight".into(),
        Dtype::I8,
        vec![1, hidden],
        q.values.iter().map(|v| v.cast_unsigned()).collect(),
    ));
    tensors.push((
        "embeddings.token_type_embeddings.weight.scale".into(),
        Dtype::F32,
        vec![1],
        q.scales[0].to_le_bytes().to_vec(),
    ));
    let mut norms = vec!["embeddings.LayerNorm".to_owned()];
    for n in 0..config.num_hidden_layers {
        let layers = [
            ("attention.self.query", hidden, hidden),
            ("attention.self.key", hidden, hidden),
            ("attention.self.value", hidden, hidden),
            ("attention.output.dense", hidden, hidden),
            ("intermediate.dense", wide, hidden),
            ("output.dense", hidden, wide),
        ];
        for (name, rows, columns) in layers {
            let name = format!("encoder.layer.{n}.{name}");
            matrix(&mut tensors, format!("{name}.weight"), rows, columns, true)?;
            vector(&mut tensors, format!("{name}.bias"), rows)?;
        }
        norms.push(format!("encoder.layer.{n}.attention.output.LayerNorm"));
        norms.push(format!("encoder.layer.{n}.output.LayerNorm"));
    }
    for norm in norms {
        vector(&mut tensors, format!("{norm}.weight"), hidden)?;
        vector(&mut tensors, format!("{norm}.bias"), hidden)?;
    }

    let views = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| {
            let view = TensorView::new(*dtype, shape.clone(), bytes)
                .map_err(|error| WeightsError::NotSafetensors(error.to_string()))?;
            Ok((name.as_str(), view))
        })
        .collect::<Result<Vec<_>, WeightsError>>()?;
    let metadata = serde_json::to_string(&Metadata { format: FORMAT, config })
        .map_err(|error| WeightsError::Config(error.to_string()))?;
    let metadata = HashMap::from([(METADATA_KEY.to_owned(), metadata)]);
    safetensors::serialize(views, Some(metadata)).map_err(|e| WeightsError::NotSafetensors(e.to_string()))
}

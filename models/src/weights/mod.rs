//! Model weights: what is published (safetensors, f32) and what is shipped (the same names, int8 rows
//! with f32 scales).
//!
//! The shipped file is one safetensors file. Embedding tables are `I8 [rows, columns]`, the matrices of layers
//! `I8 [rows / 8, columns / 4, 8, 4]` ([`panels`]: the order in which the CPU's kernel reads them), each beside
//! a vector `<name>.scale`, `F32 [rows]`: value = int8 × scale of its row. Vectors (biases, LayerNorm) stay f32.
//! The header's metadata has one key, `afterimage`, with a JSON object: the format's version and the
//! [`BertConfig`]; so one file, under one pinned SHA-256, is all that an encoder needs. (One key, because
//! a header with several is written in an order that changes from run to run.)

mod convert;
pub mod panels;
mod quantise;

pub use convert::{Converter, convert, header_length};
pub use quantise::{QuantisedMatrix, quantise, quantise_layer};

use crate::config::BertConfig;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};
use std::{fmt, ops::Range};

/// The version of the shipped format.
pub const FORMAT: u32 = 2;
/// The metadata key.
pub(crate) const METADATA_KEY: &str = "afterimage";

/// What the metadata key holds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Metadata {
    pub format: u32,
    pub config: BertConfig,
}

/// A dequantised matrix, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    /// Outputs of a layer, or entries of a table.
    pub rows: usize,
    /// Inputs of a layer, or the width of an entry.
    pub columns: usize,
    /// `rows × columns` values.
    pub values: Vec<f32>,
}

/// Weights that can be read by name, published or shipped.
#[derive(Debug)]
pub struct Weights<'a> {
    bytes: &'a [u8],
    tensors: SafeTensors<'a>,
    config: BertConfig,
}

impl<'a> Weights<'a> {
    /// Opens a published file, whose config comes beside it.
    pub fn published(bytes: &'a [u8], config: BertConfig) -> Result<Self, WeightsError> {
        Ok(Self { bytes, tensors: open(bytes)?, config })
    }

    /// Opens a file of our own converter.
    pub fn converted(bytes: &'a [u8]) -> Result<Self, WeightsError> {
        let tensors = open(bytes)?;
        let (_, header) =
            SafeTensors::read_metadata(bytes).map_err(|e| WeightsError::NotSafetensors(e.to_string()))?;
        let text = header
            .metadata()
            .as_ref()
            .and_then(|map| map.get(METADATA_KEY))
            .ok_or_else(|| WeightsError::Config("not a file of this converter".into()))?;
        let metadata: Metadata =
            serde_json::from_str(text).map_err(|e| WeightsError::Config(e.to_string()))?;
        if metadata.format != FORMAT {
            return Err(WeightsError::Config(format!("format {}, not {FORMAT}", metadata.format)));
        }
        metadata.config.check()?;
        Ok(Self { bytes, tensors, config: metadata.config })
    }

    /// The model's config.
    pub fn config(&self) -> &BertConfig {
        &self.config
    }

    /// A matrix that must have exactly this shape.
    pub fn matrix(&self, name: &str, rows: usize, columns: usize) -> Result<Matrix, WeightsError> {
        let values = self.rows(name, rows, columns, rows)?;
        Ok(Matrix { rows, columns, values })
    }

    /// The first row of a matrix of any number of rows.
    pub fn first_row(&self, name: &str, columns: usize) -> Result<Vec<f32>, WeightsError> {
        let rows = self.tensor(name)?.shape().first().copied().unwrap_or(0);
        self.rows(name, rows, columns, 1)
    }

    /// A vector that must have exactly this length.
    pub fn vector(&self, name: &str, length: usize) -> Result<Vec<f32>, WeightsError> {
        let tensor = self.tensor(name)?;
        if tensor.shape() != [length] {
            return Err(shape(name, &tensor, &[length]));
        }
        floats(name, &tensor, length)
    }

    fn rows(&self, name: &str, rows: usize, columns: usize, take: usize) -> Result<Vec<f32>, WeightsError> {
        let tensor = self.tensor(name)?;
        let in_panels = tensor.dtype() == Dtype::I8 && tensor.shape() == panel_shape(rows, columns);
        if !(in_panels || tensor.shape() == [rows, columns]) || take > rows {
            return Err(shape(name, &tensor, &[rows, columns]));
        }
        if tensor.dtype() != Dtype::I8 {
            return floats(name, &tensor, take * columns);
        }
        let scales = self.scales(name, rows)?;
        let mut values = Vec::with_capacity(take * columns);
        let unpacked = in_panels.then(|| panels::unpack(tensor.data(), columns));
        let data = unpacked.as_deref().unwrap_or(tensor.data());
        for (row, scale) in data.chunks_exact(columns).zip(&scales).take(take) {
            values.extend(row.iter().map(|byte| f32::from(byte.cast_signed()) * scale));
        }
        Ok(values)
    }

    /// Where in the file the int8 rows of an embedding table lie, and their scales.
    pub fn rows_at(
        &self,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<(Range<usize>, Vec<f32>), WeightsError> {
        Ok((self.place(name, &[rows, columns])?, self.scales(name, rows)?))
    }

    /// Where in the file the int8 panels of a layer lie, and the scales of its rows (outputs).
    pub fn panels_at(
        &self,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<(Range<usize>, Vec<f32>), WeightsError> {
        Ok((self.place(name, &panel_shape(rows, columns))?, self.scales(name, rows)?))
    }

    fn place(&self, name: &str, wanted: &[usize]) -> Result<Range<usize>, WeightsError> {
        let tensor = self.tensor(name)?;
        if tensor.shape() != wanted {
            return Err(shape(name, &tensor, wanted));
        }
        if tensor.dtype() != Dtype::I8 {
            return Err(WeightsError::Type { name: name.into(), found: format!("{:?}", tensor.dtype()) });
        }
        let start = tensor.data().as_ptr().addr() - self.bytes.as_ptr().addr();
        Ok(start..start + tensor.data().len())
    }

    /// Scales, which must be positive: a negative or zero one would be a slip of the converter.
    fn scales(&self, name: &str, rows: usize) -> Result<Vec<f32>, WeightsError> {
        let name = format!("{name}.scale");
        let scales = self.vector(&name, rows)?;
        if scales.iter().all(|scale| *scale > 0.0) { Ok(scales) } else { Err(WeightsError::Scale(name)) }
    }

    fn tensor(&self, name: &str) -> Result<TensorView<'_>, WeightsError> {
        // Some publishers save the whole classifier, with the encoder under `bert.`.
        self.tensors
            .tensor(name)
            .or_else(|_| self.tensors.tensor(&format!("bert.{name}")))
            .map_err(|_| WeightsError::Missing(name.into()))
    }
}

/// The shape of a layer's weights in the shipped file.
fn panel_shape(rows: usize, columns: usize) -> [usize; 4] {
    [rows / 8, columns / 4, 8, 4]
}

fn open(bytes: &[u8]) -> Result<SafeTensors<'_>, WeightsError> {
    SafeTensors::deserialize(bytes).map_err(|error| WeightsError::NotSafetensors(error.to_string()))
}

fn shape(name: &str, tensor: &TensorView<'_>, wanted: &[usize]) -> WeightsError {
    WeightsError::Shape { name: name.into(), found: tensor.shape().to_vec(), wanted: wanted.to_vec() }
}

/// The first `take` values of an f32 tensor, all finite.
fn floats(name: &str, tensor: &TensorView<'_>, take: usize) -> Result<Vec<f32>, WeightsError> {
    if tensor.dtype() != Dtype::F32 {
        return Err(WeightsError::Type { name: name.into(), found: format!("{:?}", tensor.dtype()) });
    }
    let values: Vec<f32> =
        tensor.data().as_chunks::<4>().0.iter().take(take).map(|bytes| f32::from_le_bytes(*bytes)).collect();
    if values.iter().any(|value| !value.is_finite()) {
        return Err(WeightsError::NotFinite(name.into()));
    }
    Ok(values)
}

/// Why weights cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WeightsError {
    /// The file is no safetensors file, or is cut off.
    NotSafetensors(String),
    /// The config is missing or describes something else than a BERT encoder.
    Config(String),
    /// A tensor is not there.
    Missing(String),
    /// A tensor has another shape than the config says.
    Shape {
        /// Its name.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that the config asks for.
        wanted: Vec<usize>,
    },
    /// A tensor has a type that is not read.
    Type {
        /// Its name.
        name: String,
        /// Its type.
        found: String,
    },
    /// A tensor holds a NaN or an infinity.
    NotFinite(String),
    /// A scale is not positive.
    Scale(String),
    /// Weights are larger than the kernels' arithmetic allows.
    Range(String),
}

impl WeightsError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            WeightsError::NotSafetensors(_) => "weights_unreadable",
            WeightsError::Config(_) => "weights_config",
            WeightsError::Missing(_) => "weights_tensor_missing",
            WeightsError::Shape { .. } => "weights_shape",
            WeightsError::Type { .. } => "weights_type",
            WeightsError::NotFinite(_) => "weights_not_finite",
            WeightsError::Scale(_) => "weights_scale",
            WeightsError::Range(_) => "weights_range",
        }
    }
}

impl fmt::Display for WeightsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WeightsError::NotSafetensors(why) => write!(f, "the weights are no safetensors file: {why}"),
            WeightsError::Config(why) => write!(f, "the model's config cannot be used: {why}"),
            WeightsError::Missing(name) => write!(f, "the weights lack the tensor {name}"),
            WeightsError::Shape { name, found, wanted } => {
                write!(f, "the tensor {name} has the shape {found:?}, not {wanted:?}")
            }
            WeightsError::Type { name, found } => write!(f, "the tensor {name} has the unknown type {found}"),
            WeightsError::NotFinite(name) => write!(f, "the tensor {name} holds a NaN or an infinity"),
            WeightsError::Scale(name) => write!(f, "the tensor {name} holds a scale that is not positive"),
            WeightsError::Range(name) => write!(f, "the tensor {name} holds weights that are too large"),
        }
    }
}

impl std::error::Error for WeightsError {}

//! Published weights to shipped weights, a few rows at a time: the browser has neither the 130 MB of a published file in
//! one piece nor the memory to hold them.

use super::{FORMAT, METADATA_KEY, Metadata, WeightsError, panel_shape, panels, quantise, quantise_layer};
use crate::config::BertConfig;
use safetensors::{Dtype, tensor};
use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
};

/// The most source bytes that one call of [`Converter::take`] is handed.
const BLOCK: usize = 1 << 20;
/// The longest header that is read: those of published models have some 20 KB.
const HEADER_LIMIT: u64 = 1 << 20;
/// Before the header stands its length, in so many bytes.
const LENGTH: usize = 8;
/// Bytes of an f32.
const FLOAT: usize = 4;

/// Converts a published safetensors file (f32, Hugging Face names) into the shipped format. Tensors that
/// the encoder does not use (the pooler, buffers of position ids) are left out. The same input gives the
/// same bytes on every machine, natively and in WASM, in whatever blocks it comes.
pub fn convert(published: &[u8], config: BertConfig) -> Result<Vec<u8>, WeightsError> {
    let length = header_length(published)?;
    let header = published.get(..length).ok_or_else(cut_off)?;
    let mut converter = Converter::new(header, published.len() as u64, config)?;
    while let Some(wanted) = converter.wants() {
        let block = published.get(wanted.start as usize..wanted.end as usize).ok_or_else(cut_off)?;
        converter.take(block)?;
    }
    Ok(converter.finish())
}

/// How many bytes at the beginning of a published file [`Converter::new`] wants, from the first eight.
pub fn header_length(beginning: &[u8]) -> Result<usize, WeightsError> {
    let length = beginning.first_chunk::<LENGTH>().ok_or_else(cut_off)?;
    let length = u64::from_le_bytes(*length);
    if length > HEADER_LIMIT {
        return Err(WeightsError::NotSafetensors(format!("a header of {length} bytes")));
    }
    Ok(LENGTH + length as usize)
}

/// The conversion under way: tells which bytes of the published file it wants next, from the front to the back, and
/// takes them.
#[derive(Debug)]
pub struct Converter {
    out: Vec<u8>,
    blocks: Vec<Block>,
    next: usize,
}

/// Some rows of a tensor.
#[derive(Debug)]
struct Block {
    name: String,
    kind: Kind,
    columns: usize,
    /// Where it lies in the published file.
    from: Range<u64>,
    /// Where its values go.
    to: usize,
    /// Where the scales of its rows go.
    scales: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// int8 rows, each with a scale.
    Rows,
    /// The same in panels.
    Panels,
    /// f32, as published.
    Floats,
}

/// A tensor to be: what the shipped file has of it.
struct Plan {
    name: String,
    kind: Kind,
    rows: usize,
    columns: usize,
}

impl Converter {
    /// Plans the conversion of a file of `file_bytes` that begins with `header` ([`header_length`]).
    pub fn new(header: &[u8], file_bytes: u64, config: BertConfig) -> Result<Self, WeightsError> {
        config.check()?;
        if !config.hidden_size.is_multiple_of(8) || !config.intermediate_size.is_multiple_of(8) {
            return Err(WeightsError::Config("the sizes of layers must be multiples of 8".into()));
        }
        let source = Source::read(header, file_bytes)?;
        let plans = plans(&config);
        // Before anything as large as the config says is allocated. In the order of the file; few enough to be put in
        // place one by one.
        let mut found: Vec<(u64, &Plan)> = Vec::with_capacity(plans.len());
        for plan in &plans {
            let start = source.find(plan)?;
            found.insert(found.partition_point(|(other, _)| *other < start), (start, plan));
        }
        let (out, places) = empty(&plans, config)?;
        let place = |name: &str| places.get(name).copied().ok_or_else(|| WeightsError::Missing(name.into()));
        let mut blocks = Vec::new();
        for (start, plan) in found {
            let (to, scales) = match plan.kind {
                Kind::Floats => (place(&plan.name)?, 0),
                Kind::Rows | Kind::Panels => (place(&plan.name)?, place(&scale_of(&plan.name))?),
            };
            let width = plan.columns * FLOAT;
            // Whole panels, so that a block can be packed by itself.
            let together = (BLOCK / width / 8).max(1) * 8;
            for row in (0..plan.rows).step_by(together) {
                let end = plan.rows.min(row + together);
                let value = if plan.kind == Kind::Floats { FLOAT } else { 1 };
                blocks.push(Block {
                    name: plan.name.clone(),
                    kind: plan.kind,
                    columns: plan.columns,
                    from: start + (row * width) as u64..start + (end * width) as u64,
                    to: to + row * plan.columns * value,
                    scales: scales + row * FLOAT,
                });
            }
        }
        Ok(Self { out, blocks, next: 0 })
    }

    /// The bytes of the published file that [`Self::take`] wants next; `None`: it has all.
    pub fn wants(&self) -> Option<Range<u64>> {
        Some(self.blocks.get(self.next)?.from.clone())
    }

    /// Converts the bytes that were wanted.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), WeightsError> {
        let Some(block) = self.blocks.get(self.next) else { return Ok(()) };
        if bytes.len() as u64 != block.from.end - block.from.start {
            return Err(cut_off());
        }
        let values: Vec<f32> =
            bytes.as_chunks::<FLOAT>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        if values.iter().any(|value| !value.is_finite()) {
            return Err(WeightsError::NotFinite(block.name.clone()));
        }
        let mut put = |at: usize, bytes: &[u8]| {
            let place = self.out.get_mut(at..at + bytes.len()).ok_or_else(cut_off)?;
            place.copy_from_slice(bytes);
            Ok::<(), WeightsError>(())
        };
        if block.kind == Kind::Floats {
            put(block.to, bytes)?;
        } else {
            let in_panels = block.kind == Kind::Panels;
            let quantise = if in_panels { quantise_layer } else { quantise };
            let quantised = quantise(&values, block.columns);
            let scales: Vec<u8> = quantised.scales.iter().flat_map(|scale| scale.to_le_bytes()).collect();
            let values: Vec<u8> = quantised.values.into_iter().map(i8::cast_unsigned).collect();
            put(block.scales, &scales)?;
            put(block.to, if in_panels { panels::pack(&values, block.columns) } else { values }.as_slice())?;
        }
        self.next += 1;
        Ok(())
    }

    /// How much of the work is done, from 0 to 1.
    pub fn done(&self) -> f64 {
        self.next as f64 / self.blocks.len().max(1) as f64
    }

    /// The shipped file, once nothing is wanted any more.
    pub fn finish(self) -> Vec<u8> {
        self.out
    }
}

/// What a published file says of itself.
struct Source {
    tensors: tensor::Metadata,
    /// Where the tensors begin.
    data: u64,
}

impl Source {
    fn read(header: &[u8], file_bytes: u64) -> Result<Self, WeightsError> {
        let text = header.get(LENGTH..).unwrap_or_default();
        let tensors: tensor::Metadata = serde_json::from_slice(text).map_err(not_safetensors)?;
        if (header.len() as u64).checked_add(tensors.data_len() as u64) != Some(file_bytes) {
            return Err(cut_off());
        }
        Ok(Self { tensors, data: header.len() as u64 })
    }

    /// Where in the file a tensor begins that must be as planned.
    fn find(&self, plan: &Plan) -> Result<u64, WeightsError> {
        let Plan { name, rows, columns, .. } = plan;
        // Some publishers save the whole classifier, with the encoder under `bert.`.
        let found = self.tensors.info(name).or_else(|| self.tensors.info(&format!("bert.{name}")));
        let info = found.ok_or_else(|| WeightsError::Missing(name.clone()))?;
        let wanted = if plan.kind == Kind::Floats { vec![*columns] } else { vec![*rows, *columns] };
        // Of the token types there may be any number; the first is taken.
        let fits = match name.as_str() {
            TYPES => matches!(info.shape.as_slice(), [types, width] if *types > 0 && width == columns),
            _ => info.shape == wanted,
        };
        if !fits {
            return Err(WeightsError::Shape { name: name.clone(), found: info.shape.clone(), wanted });
        }
        if info.dtype != Dtype::F32 {
            return Err(WeightsError::Type { name: name.clone(), found: format!("{:?}", info.dtype) });
        }
        let (start, end) = info.data_offsets;
        let needed = rows * columns * FLOAT;
        if end.checked_sub(start).is_none_or(|length| length < needed) || end > self.tensors.data_len() {
            return Err(cut_off());
        }
        Ok(self.data + start as u64)
    }
}

/// Only type 0 is ever read: a single text has no second segment.
const TYPES: &str = "embeddings.token_type_embeddings.weight";

/// All tensors that an encoder of this config needs.
fn plans(config: &BertConfig) -> Vec<Plan> {
    let (hidden, wide) = (config.hidden_size, config.intermediate_size);
    let table = |name: &str, rows: usize| Plan { name: name.into(), kind: Kind::Rows, rows, columns: hidden };
    let vector = |name: String, length: usize| Plan { name, kind: Kind::Floats, rows: 1, columns: length };
    let mut plans = vec![
        table("embeddings.word_embeddings.weight", config.vocab_size),
        table("embeddings.position_embeddings.weight", config.max_position_embeddings),
        table(TYPES, 1),
    ];
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
            plans.push(Plan { name: format!("{name}.weight"), kind: Kind::Panels, rows, columns });
            plans.push(vector(format!("{name}.bias"), rows));
        }
        norms.push(format!("encoder.layer.{n}.attention.output.LayerNorm"));
        norms.push(format!("encoder.layer.{n}.output.LayerNorm"));
    }
    for norm in norms {
        plans.push(vector(format!("{norm}.weight"), hidden));
        plans.push(vector(format!("{norm}.bias"), hidden));
    }
    plans
}

fn scale_of(name: &str) -> String {
    format!("{name}.scale")
}

/// The shipped file with its header, all values zero, and where each tensor begins. The `safetensors` crate writes a
/// header only together with the values; the order is its own: f32 before int8, then by name.
fn empty(plans: &[Plan], config: BertConfig) -> Result<(Vec<u8>, HashMap<String, usize>), WeightsError> {
    let (mut floats, mut integers) = (BTreeMap::new(), BTreeMap::new());
    for Plan { name, kind, rows, columns } in plans {
        match kind {
            Kind::Floats => _ = floats.insert(name.clone(), vec![*columns]),
            Kind::Rows => _ = integers.insert(name.clone(), vec![*rows, *columns]),
            Kind::Panels => _ = integers.insert(name.clone(), panel_shape(*rows, *columns).to_vec()),
        }
        if *kind != Kind::Floats {
            floats.insert(scale_of(name), vec![*rows]);
        }
    }
    let text = |value: &str| serde_json::to_string(value).map_err(not_safetensors);
    let metadata = serde_json::to_string(&Metadata { format: FORMAT, config })
        .map_err(|error| WeightsError::Config(error.to_string()))?;
    let mut header = format!("{{\"__metadata__\":{{{}:{}}}", text(METADATA_KEY)?, text(&metadata)?);
    let mut places = HashMap::new();
    let mut end = 0;
    for (tensors, dtype, size) in [(floats, "F32", FLOAT), (integers, "I8", 1)] {
        for (name, shape) in tensors {
            let begin = end;
            end += shape.iter().product::<usize>() * size;
            let name_text = text(&name)?;
            header += &format!(
                ",{name_text}:{{\"dtype\":\"{dtype}\",\"shape\":{shape:?},\"data_offsets\":[{begin},{end}]}}"
            )
            .replace(", ", ",");
            places.insert(name, begin);
        }
    }
    header.push('}');
    let padded = header.len().next_multiple_of(LENGTH);
    header.extend(std::iter::repeat_n(' ', padded - header.len()));
    let data = LENGTH + header.len();
    places.values_mut().for_each(|place| *place += data);
    let mut out = Vec::with_capacity(data + end);
    out.extend((header.len() as u64).to_le_bytes());
    out.extend(header.as_bytes());
    out.resize(data + end, 0);
    Ok((out, places))
}

fn not_safetensors(error: impl std::fmt::Display) -> WeightsError {
    WeightsError::NotSafetensors(error.to_string())
}

fn cut_off() -> WeightsError {
    WeightsError::NotSafetensors("its length is not what its header says".into())
}

//! The kernels' texts: WGSL, below a few constants, or written out by a loop here where a loop there would be
//! slow ([`unrolled`]).

mod unrolled;

use super::{Adapter, ROWS, device::Kernel};
use crate::config::BertConfig;
use std::fmt::Write;

/// What is done with a linear layer's sums before they are stored.
#[derive(Debug, Clone, Copy)]
enum Finish {
    Nothing,
    Gelu,
    Residual,
}

/// All kernels of a model.
pub(super) struct Kernels {
    /// Words and positions.
    pub embed: Kernel,
    /// LayerNorm.
    pub norm: Kernel,
    /// To queries, keys and values.
    pub project: Kernel,
    /// Attention.
    pub attend: Kernel,
    /// Attention's own linear layer, and the residual.
    pub output: Kernel,
    /// The first feed-forward layer, and GELU.
    pub up: Kernel,
    /// The second one, and the residual.
    pub down: Kernel,
    /// Pooling.
    pub pool: Kernel,
    /// To norm 1.
    pub unit: Kernel,
    /// How much of it a workgroup does.
    pub share: Share,
}

/// How much a workgroup does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    /// Rows of a linear layer.
    pub linear_rows: usize,
    /// Rows of LayerNorm.
    pub norm_rows: usize,
    /// Invocations of the others: fours of columns, or pairs of queries.
    pub lanes: usize,
}

/// Columns of a linear layer that a workgroup does.
pub(super) const LINEAR_COLUMNS: usize = 32;
/// Queries that an invocation does.
pub(super) const QUERIES: usize = 2;

impl Share {
    pub fn of(adapter: Adapter) -> Self {
        match adapter {
            Adapter::Software => Self { linear_rows: unrolled::LINEAR_ROWS, norm_rows: 4, lanes: 4 },
            Adapter::Hardware => Self { linear_rows: 32, norm_rows: 1, lanes: 32 },
        }
    }
}

impl Kernels {
    /// The texts for a config whose sizes were checked.
    pub fn new(config: &BertConfig, adapter: Adapter) -> Self {
        let (hidden, wide) = (config.hidden_size, config.intermediate_size);
        let share = Share::of(adapter);
        let constants = |more: &[(&str, usize)]| {
            let mut text = format!("const ROWS = {ROWS}u;\nconst H4 = {}u;\n", hidden / 4);
            for (name, value) in more {
                line(&mut text, format_args!("const {name} = {value}u;"));
            }
            text
        };
        let columns = |text: &str| {
            let tables = [("VOCABULARY", config.vocab_size), ("POSITIONS", config.max_position_embeddings)];
            let text = constants(&[("LANES", share.lanes), tables[0], tables[1]]) + text;
            Kernel::new(&text, share.lanes)
        };
        let linear = |inputs: usize, outputs: usize, finish: Finish| {
            let mut text = constants(&[("K4", inputs / 4), ("N4", outputs / 4)]);
            text += include_str!("linear.wgsl");
            text += match finish {
                Finish::Nothing => include_str!("nothing.wgsl"),
                Finish::Gelu => include_str!("gelu.wgsl"),
                Finish::Residual => include_str!("residual.wgsl"),
            };
            match adapter {
                Adapter::Software => Kernel::new(&(text + &unrolled::linear()), 4),
                Adapter::Hardware => Kernel::new(&(text + include_str!("tiles.wgsl")), 64),
            }
        };
        let norm = {
            let mut text = constants(&[]);
            // As f32, or a tiny one would be no f32 and hence an error.
            line(&mut text, format_args!("const EPSILON = {:e}f;", config.layer_norm_eps as f32));
            text += include_str!("norm.wgsl");
            match adapter {
                Adapter::Software => Kernel::new(&(text + include_str!("norm_rows.wgsl")), 4),
                Adapter::Hardware => Kernel::new(&(text + include_str!("norm_groups.wgsl")), 32),
            }
        };
        let attend = constants(&[("LANES", share.lanes)])
            + include_str!("attention.wgsl")
            + &unrolled::attention(hidden / config.num_attention_heads);
        Self {
            embed: columns(include_str!("embed.wgsl")),
            norm,
            project: linear(hidden, 3 * hidden, Finish::Nothing),
            attend: Kernel::new(&attend, share.lanes),
            output: linear(hidden, hidden, Finish::Residual),
            up: linear(hidden, wide, Finish::Gelu),
            down: linear(wide, hidden, Finish::Residual),
            pool: columns(include_str!("pool.wgsl")),
            unit: columns(include_str!("unit.wgsl")),
            share,
        }
    }
}

/// Adds a line.
fn line(text: &mut String, words: std::fmt::Arguments<'_>) {
    // A string takes everything.
    _ = writeln!(text, "{words}");
}

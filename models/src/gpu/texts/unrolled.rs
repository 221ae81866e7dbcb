//! Texts that are written out line by line: one variable for each sum, so that all of them stay in registers.
//! (An array with an index that is not constant lies in memory, and a software adapter then does for each of
//! four invocations a load of its own.)

use super::{QUERIES, line};
use std::fmt::Display;

/// Rows of a linear layer that an invocation does, by 8 columns: 64 sums. Fewer load more often; with more
/// nothing is gained.
pub(super) const LINEAR_ROWS: usize = 8;
/// Keys that an invocation of attention takes at a time.
const KEYS: usize = 4;

macro_rules! w { ($text:ident, $($words:tt)*) => { line(&mut $text, format_args!($($words)*)) } }

/// `finish(a bᵀ · scale + bias)`: a panel of 8 columns and [`LINEAR_ROWS`] rows an invocation, no barrier.
pub(super) fn linear() -> String {
    let (rows, halves) = (0..LINEAR_ROWS, 0..2);
    let mut s = String::new();
    w!(s, "@compute @workgroup_size(4)");
    w!(s, "fn main(@builtin(global_invocation_id) id: vec3<u32>) {{");
    w!(s, "  let panel = id.x;\n  let row = id.y * {LINEAR_ROWS}u;\n  let base = panel * 2u * K4;");
    for i in rows.clone() {
        w!(s, "  let a{i}_from = (row + {i}u) * K4;");
        w!(s, "  var c{i}_0 = vec4<f32>();\n  var c{i}_1 = vec4<f32>();");
    }
    w!(s, "  for (var k = 0u; k < K4; k++) {{");
    for h in halves.clone() {
        w!(s, "    let u{h} = b[base + 2u * k + {h}u];");
    }
    for i in rows.clone() {
        w!(s, "    let a{i} = a[a{i}_from + k];");
    }
    for j in 0..4 {
        for h in halves.clone() {
            let shifted = format!("(u{h} << vec4<u32>({}u))", 24 - 8 * j);
            let shifted = if j == 3 { format!("u{h}") } else { shifted };
            let masked = if j == 0 { shifted } else { format!("({shifted} & vec4<u32>(0xff000000u))") };
            w!(s, "    let b{j}_{h} = vec4<f32>(bitcast<vec4<i32>>({masked}));");
        }
        for i in rows.clone() {
            w!(s, "    c{i}_0 += a{i}[{j}] * b{j}_0;\n    c{i}_1 += a{i}[{j}] * b{j}_1;");
        }
    }
    w!(s, "  }}");
    for h in halves {
        w!(s, "  let n{h} = panel * 2u + {h}u;");
        w!(s, "  let scale{h} = scale_bias[n{h}];\n  let bias{h} = scale_bias[N4 + n{h}];");
        for i in rows.clone() {
            let at = format!("(row + {i}u) * N4 + n{h}");
            w!(s, "  o[{at}] = finish(c{i}_{h} * scale{h} + bias{h}, {at});");
        }
    }
    w!(s, "}}");
    s
}

/// Attention with a running maximum: [`QUERIES`] queries of one head an invocation, [`KEYS`] keys at a time.
/// The queries may belong to two sequences, so keys outside a query's own get no weight.
pub(super) fn attention(dims: usize) -> String {
    let (queries, keys, fours) = (0..QUERIES, 0..KEYS, dims / 4);
    let scale = 1.0 / (dims as f32).sqrt();
    let mut s = String::new();
    w!(s, "@compute @workgroup_size(LANES)");
    w!(s, "fn main(@builtin(global_invocation_id) id: vec3<u32>) {{");
    w!(s, "  let t = id.x * {QUERIES}u;\n  let h = id.y * {fours}u;");
    for q in queries.clone() {
        w!(s, "  let range{q} = input[ROWS + t + {q}u];\n  var most{q} = -1e30;\n  var weight{q} = 0.0;");
        for d in 0..fours {
            w!(s, "  let q{q}_{d} = x[(t + {q}u) * 3u * H4 + h + {d}u] * {scale:?};");
            w!(s, "  var o{q}_{d} = vec4<f32>();");
        }
    }
    w!(s, "  let last = range{}.y;", QUERIES - 1);
    w!(s, "  for (var j = range0.x; j < last; j += {KEYS}u) {{");
    for k in keys.clone() {
        w!(s, "    let at{k} = min(j + {k}u, last - 1u) * 3u * H4 + H4 + h;");
        for d in 0..fours {
            w!(s, "    let k{k}_{d} = x[at{k} + {d}u];");
        }
        for q in queries.clone() {
            let dot = sum(fours, |d| format!("dot(q{q}_{d}, k{k}_{d})"));
            let own = format!("j + {k}u >= range{q}.x && j + {k}u < range{q}.y");
            w!(s, "    let s{q}_{k} = select(-1e30, {dot}, {own});");
        }
    }
    for q in queries.clone() {
        let most = (0..KEYS).fold(format!("most{q}"), |most, k| format!("max({most}, s{q}_{k})"));
        w!(s, "    let now{q} = {most};\n    let old{q} = exp(most{q} - now{q});\n    most{q} = now{q};");
        for k in keys.clone() {
            w!(s, "    let e{q}_{k} = select(0.0, exp(s{q}_{k} - now{q}), s{q}_{k} > -1e29);");
        }
        w!(s, "    weight{q} = weight{q} * old{q} + {};", sum(KEYS, |k| format!("e{q}_{k}")));
    }
    for d in 0..fours {
        for k in keys.clone() {
            w!(s, "    let v{k}_{d} = x[at{k} + H4 + {d}u];");
        }
        for q in queries.clone() {
            let values = sum(KEYS, |k| format!("e{q}_{k} * v{k}_{d}"));
            w!(s, "    o{q}_{d} = o{q}_{d} * old{q} + {values};");
        }
    }
    w!(s, "  }}");
    for q in queries {
        for d in 0..fours {
            w!(s, "  o[(t + {q}u) * H4 + h + {d}u] = o{q}_{d} / weight{q};");
        }
    }
    w!(s, "}}");
    s
}

fn sum<T: Display>(count: usize, of: impl Fn(usize) -> T) -> String {
    (0..count).map(|i| of(i).to_string()).collect::<Vec<_>>().join(" + ")
}

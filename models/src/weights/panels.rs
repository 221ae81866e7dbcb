//! The order in which the shipped file keeps a layer's weights: panels `[rows / 8][columns / 4][8][4]`, as
//! the CPU's kernel reads them ([`crate::cpu`]), so that loading converts nothing.

/// Inputs whose products kernels add up in 16 bits before they widen. Chunks begin where a row begins.
pub const CHUNK: usize = 64;

/// The most that the magnitudes of a chunk's weights may add up to in a lane: times 64, the largest magnitude of
/// a centred input, that fits into 16 bits. There are two lanes an output: of every four weights the first two
/// go into one, the last two into the other.
pub const MOST: i16 = 511;

/// The largest sum that [`MOST`] limits, in a row.
pub fn largest_sum<T: Copy>(row: &[T], magnitude: impl Fn(T) -> f32) -> f32 {
    row.chunks(CHUNK).fold(0.0, |largest: f32, chunk| {
        let mut lanes = [0.0f32; 2];
        chunk.iter().enumerate().for_each(|(i, weight)| lanes[i % 4 / 2] += magnitude(*weight));
        largest.max(lanes[0]).max(lanes[1])
    })
}

/// Row-major to panels. `rows` is a multiple of 8, `columns` of 4.
pub fn pack<T: Copy>(values: &[T], columns: usize) -> Vec<T> {
    let mut out = Vec::with_capacity(values.len());
    for eight in values.chunks_exact(8 * columns) {
        for column in (0..columns).step_by(4) {
            for row in eight.chunks_exact(columns) {
                out.extend_from_slice(&row[column..column + 4]);
            }
        }
    }
    out
}

/// Panels to row-major.
pub fn unpack<T: Copy + Default>(panels: &[T], columns: usize) -> Vec<T> {
    let mut out = vec![T::default(); panels.len()];
    for (panel, rows) in panels.chunks_exact(8 * columns).zip(out.chunks_exact_mut(8 * columns)) {
        for (block, column) in panel.chunks_exact(32).zip((0..columns).step_by(4)) {
            for (four, row) in block.chunks_exact(4).zip(rows.chunks_exact_mut(columns)) {
                row[column..column + 4].copy_from_slice(four);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_lies_where_the_format_says() {
        let (rows, columns) = (24, 12);
        let matrix: Vec<usize> = (0..rows * columns).collect();
        let panels = pack(&matrix, columns);
        for row in 0..rows {
            for column in 0..columns {
                let place = (row / 8) * columns * 8 + (column / 4) * 32 + (row % 8) * 4 + column % 4;
                assert_eq!(panels[place], row * columns + column);
            }
        }
        assert_eq!(unpack(&panels, columns), matrix);
    }
}

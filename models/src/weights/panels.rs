//! The order in which the shipped file keeps a layer's weights: panels `[rows / 8][columns / 4][8][4]`, as
//! the CPU's kernel reads them ([`crate::cpu`]), so that loading converts nothing.

/// The most that the magnitudes of four weights may add up to: the first two and the first two of the next
/// four, or the last two and the last two, of eight weights of one output. Times 127 that is the largest
/// number of 16 bits, in which kernels add up four products at a time.
pub const MOST: u32 = 258;

/// The largest sum of magnitudes, of all fours that [`MOST`] limits, in a row.
pub fn largest_four<T: Copy>(row: &[T], magnitude: impl Fn(T) -> f32) -> f32 {
    row.as_chunks::<8>().0.iter().fold(0.0, |largest: f32, eight| {
        let of = |i: usize| magnitude(eight[i]);
        largest.max(of(0) + of(1) + of(4) + of(5)).max(of(2) + of(3) + of(6) + of(7))
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

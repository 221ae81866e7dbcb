//! The scan: how far every code is from a question, by `i64.popcnt` of plain Rust.
//!
//! Every row is looked at by the first plane of a question, and by the others only if it is among the nearest sixteenth by
//! that ([`QueryCode::reach`]); the rest gets an estimate from the one plane, which is off by 0.041 in the mean. Of
//! 131,809 vectors of SciFact and the personas with 240 questions, and with 240 of themselves, as many of the ten nearest
//! are among the best 100, 300 and 600 estimates as where all is looked at (0.989, 0.998, 0.999; 0.995, 0.999, 1.000).
//! With the first half of the dimensions instead of the first plane it is 0.988 of 0.989; with a thirty-second instead of
//! a sixteenth `bench search` finds 0.978 of the ten best pages of 1,000,000 passages instead of 0.981 (all looked at:
//! 0.982). The scan takes 0.6 to 0.7 of the time.
//!
//! One thread, 384 dimensions, AMD EPYC (Zen 4), V8 of Node 20:
//!
//! | all planes | 200,000 rows | 1,000,000 rows |
//! |---|---|---|
//! | WASM | 1.5 ms | 7.7 ms |
//! | native, for any x86-64 | 3.3 ms | 16 ms |
//! | native, with `popcnt` | 1.3 ms | 6.5 ms |
//!
//! Plain Rust is what is fastest here, since `i64.popcnt` is one instruction on x86-64. Slower in WASM, for the
//! same million: `i8x16.popcnt`, which is many instructions there, 10.7 ms; tables of four bits, looked up by
//! `i8x16.swizzle` after 16 rows were transposed, 19 ms (with four planes, which took SIMD counts 12 ms). Most
//! ARM processors count in SIMD registers only, and V8 moves every word there and back; that was not measured.

use super::{LEVELS, QueryCode, WORD, code_bytes};

/// One row in so many is looked at by all planes of a question, but at least so many rows, and which these are is told
/// from every [`SAMPLE`]th. At 1 all are; see above for 32.
const LOOKED_AT: usize = 16;
const LEAST: usize = 8192;
const SAMPLE: usize = 64;

/// Rows of a block of the scan, which stays in the processor's nearest memory.
const ROWS: usize = 128;

/// How far a row may be by a question's first plane for the others to be looked at, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reach(u16);

impl Reach {
    /// All rows are looked at by all planes.
    pub const ALL: Self = Self(u16::MAX);
}

/// Codes and estimates that do not belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WrongLength {
    /// The bytes of codes.
    pub codes: usize,
    /// The bytes that as many rows have as estimates were asked for.
    pub expected: usize,
}

impl QueryCode {
    /// The reach within which about one row in [`LOOKED_AT`] is, at least [`LEAST`]; told from every [`SAMPLE`]th row of
    /// all `codes` that are to be scanned.
    pub fn reach<'a>(&self, codes: impl Iterator<Item = &'a [u8]>) -> Reach {
        let size = self.planes.len().max(1);
        let mut sampled = 0;
        // Of how many rows the first planes differ in so many bits.
        let mut rows = vec![0_usize; WORD * self.planes.len() + 1];
        for codes in codes {
            for row in codes.as_chunks::<8>().0.chunks_exact(size).step_by(SAMPLE) {
                rows[differing_bits(&self.first, row) as usize] += 1;
                sampled += 1;
            }
        }
        let wanted = (sampled / LOOKED_AT).max(LEAST / SAMPLE);
        let mut within = 0;
        let reach = rows.iter().position(|rows| {
            within += rows;
            within > wanted
        });
        reach.map_or(Reach::ALL, |reach| Reach(reach as u16))
    }

    /// How far away `out.len()` rows are, whose codes lie one after the other in `codes`: less than [`FAR`], however many
    /// dimensions a vector may have. The least of these is the nearest, and found many times faster than the greatest
    /// of numbers with a point. Nothing is written where lengths do not fit.
    ///
    /// Beyond `reach` it is told from the first plane alone.
    #[inline(never)]
    pub fn distances(&self, codes: &[u8], reach: Reach, out: &mut [u16]) -> Result<(), WrongLength> {
        let expected = out.len().saturating_mul(code_bytes(self.dimensions));
        if codes.len() != expected {
            return Err(WrongLength { codes: codes.len(), expected });
        }
        let (words, size) = (codes.as_chunks::<8>().0, self.planes.len().max(1));
        if reach == Reach::ALL {
            for (row, out) in words.chunks_exact(size).zip(out) {
                *out = self.distance(row) as u16;
            }
            return Ok(());
        }
        // Block by block, whose codes are still at hand for those that are looked at again; and which these are is found
        // without a jump that the processor would guess wrong.
        let rough = Rough::new(self.dimensions, self.mean);
        let mut near = [0; ROWS];
        for (rows, out) in words.chunks(ROWS * size).zip(out.chunks_mut(ROWS)) {
            differing(&self.first, rows, out);
            let near = within(reach, out, &mut near);
            rough.distances(out);
            self.again(rows, near, out);
        }
        Ok(())
    }

    /// The distances of some rows of a block.
    #[inline(never)]
    fn again(&self, rows: &[[u8; 8]], which: &[u8], out: &mut [u16]) {
        let size = self.planes.len();
        for row in which.iter().map(|row| usize::from(*row)) {
            out[row] = self.distance(&rows[row * size..(row + 1) * size]) as u16;
        }
    }
}

/// The bits in which each row's code differs from a plane.
#[inline(never)]
fn differing(plane: &[u64], rows: &[[u8; 8]], out: &mut [u16]) {
    for (row, out) in rows.chunks_exact(plane.len().max(1)).zip(out) {
        *out = differing_bits(plane, row) as u16;
    }
}

#[inline]
fn differing_bits(plane: &[u64], row: &[[u8; 8]]) -> u32 {
    plane.iter().zip(row).map(|(plane, word)| (plane ^ u64::from_le_bytes(*word)).count_ones()).sum()
}

/// Which of at most [`ROWS`] rows are within reach.
#[inline(never)]
fn within<'a>(reach: Reach, differing: &[u16], near: &'a mut [u8; ROWS]) -> &'a [u8] {
    let mut count = 0;
    for (row, differing) in (0..).zip(differing) {
        near[count % ROWS] = row;
        count += usize::from(*differing <= reach.0);
    }
    &near[..count.min(ROWS)]
}

/// What differing bits of the first plane alone say: each value is taken for one of mean size.
struct Rough {
    /// The distance at no difference and that of each differing bit, in parts of [`ROUGH`].
    least: u32,
    each: u32,
}

/// Parts of one: the most with which all distances fit.
const ROUGH: f32 = 65_536.0;
const _: () = assert!(LEVELS * crate::vector::MAX_DIMENSIONS <= (u32::MAX / ROUGH as u32) as usize);

impl Rough {
    fn new(dimensions: usize, mean: f32) -> Self {
        let least = dimensions as f32 * (LEVELS as f32 - mean) / 2.0;
        Self { least: (least * ROUGH) as u32, each: (mean * ROUGH).round() as u32 }
    }

    /// Distances in the place of differing bits.
    #[inline(never)]
    fn distances(&self, out: &mut [u16]) {
        for out in out {
            *out = ((self.least + self.each * u32::from(*out)) / ROUGH as u32) as u16;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{naive, near, normal, two};
    use super::super::{FAR, centred, encode, level};
    use super::*;
    use crate::vector::{Vector, unit};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn beyond_reach_the_signs_alone_decide(
            (query, row) in two(), rows in 1_usize..300, reach in 0_u16..1000, seed in any::<u64>(),
        ) {
            // Rows that differ, or the same ones would all be within reach or beyond it.
            let seed = &mut seed.clone();
            let rows: Vec<Vector> = (0..rows)
                .map(|n| {
                    let share = n as f32 / rows as f32;
                    let value = |value: &f32| value * share + (1.0 - share) * normal(seed) + 1e-3;
                    Vector::quantise(&row.iter().map(value).collect::<Vec<_>>()).unwrap()
                })
                .collect();
            let mut codes = Vec::new();
            rows.iter().for_each(|row| encode(row, &mut codes));
            let (query, code) = (unit(&query).unwrap(), QueryCode::new(&unit(&query).unwrap()));
            let mut out = vec![0; rows.len()];
            code.distances(&codes, Reach(reach), &mut out).unwrap();
            let levels: Vec<i32> = query.iter().map(|value| centred(level(*value, query.len()))).collect();
            let mean = levels.iter().map(|level| level.abs()).sum::<i32>() as f32 / query.len() as f32;
            for (row, distance) in rows.iter().zip(out) {
                let signs = row.values().iter().map(|value| *value >= 0);
                let differing = levels.iter().zip(signs).filter(|(level, sign)| (**level >= 0) != *sign).count();
                let product = if reach == u16::MAX || differing <= usize::from(reach) {
                    naive(&query, row) as f32
                } else {
                    mean * (query.len() as f32 - 2.0 * differing as f32)
                };
                let exact = (LEVELS as f32 * query.len() as f32 - product) / 2.0;
                prop_assert!((f32::from(distance) - exact).abs() <= 2.0, "{distance} for {exact}");
            }
        }

        #[test]
        fn any_bytes_and_any_values_give_numbers(
            query in prop::collection::vec(any::<f32>(), 0..300),
            codes in prop::collection::vec(any::<u8>(), 0..200),
            rows in 0_usize..5,
            reach in any::<u16>(),
        ) {
            let mut out = vec![0; rows];
            let expected = rows * code_bytes(query.len());
            let query = QueryCode::new(&query);
            let answer = query.distances(&codes, Reach(reach), &mut out);
            prop_assert_eq!(answer.is_ok(), codes.len() == expected);
            prop_assert!(out.iter().all(|distance| *distance < FAR && !query.cosine(*distance).is_nan()));
        }
    }

    #[test]
    fn what_is_near_is_looked_at_by_all_planes() {
        let seed = &mut 3;
        let query = unit(&(0..384).map(|_| normal(seed)).collect::<Vec<_>>()).unwrap();
        let code = QueryCode::new(&query);
        let mut codes = Vec::new();
        for n in 0..40_000 {
            let cosine = if n % 4000 == 7 { 0.5 } else { 0.1 };
            encode(&Vector::quantise(&near(&query, cosine, seed)).unwrap(), &mut codes);
        }
        let few = &codes[..codes.len() / 40_000 * (LEAST - 1)];
        assert_eq!(code.reach([few].into_iter()), Reach::ALL);
        let reach = code.reach(codes.chunks(codes.len() / 4));
        let mut out = vec![0; 40_000];
        code.distances(&codes, reach, &mut out).unwrap();
        let mut exact = vec![0; 40_000];
        code.distances(&codes, Reach::ALL, &mut exact).unwrap();
        assert!((7..40_000).step_by(4000).all(|row| out[row] == exact[row]));
        let same = out.iter().zip(&exact).filter(|(a, b)| a == b).count();
        assert!((LEAST / 2..LEAST * 2).contains(&same), "{same} are looked at");
        let mut least = [reach.0 + 1];
        Rough::new(384, code.mean).distances(&mut least);
        let others = out.iter().zip(&exact).filter(|(a, b)| a != b);
        assert!(others.map(|(out, _)| *out).all(|out| out >= least[0]), "{reach:?}");
    }

    #[test]
    fn lengths_that_do_not_fit_are_refused_and_write_nothing() {
        let query = QueryCode::new(&unit(&[1.0; 384]).unwrap());
        for bytes in [0, 47, 95, 97, 144] {
            let mut out = [7; 2];
            let refused = query.distances(&vec![0; bytes], Reach::ALL, &mut out);
            assert_eq!(refused, Err(WrongLength { codes: bytes, expected: 96 }));
            assert_eq!(out, [7; 2]);
        }
        assert_eq!(query.distances(&[], Reach::ALL, &mut []), Ok(()));
    }
}

//! The list of one term: in which documents it occurs, ascending, and how often in each.
//!
//! # Format
//!
//! The number of postings as a varint, then blocks of [`BLOCK`] postings. Of every posting two numbers are kept:
//! its *gap* (documents between the one before and itself) and its *repeats* (occurrences after the first).
//! A block begins with one byte: the width of its gaps in bits (low six bits, 0 to 32) and that of its repeats
//! (high two bits, 0 to 2). Repeats are nearly always that narrow; 3 says that the width is in the next byte.
//! Then all gaps and all repeats in that many bits each, as one bit string, lowest bits first, padded to a byte.
//!
//! On 5,183 abstracts (SciFact, each one document; 653,868 postings, of which 18,381 are the only one of their
//! term and thus in no list) the lists take 1.31 bytes a posting, 1.37 when the abstracts are cut into passages
//! of 80 words. The last blocks are more than half of that, 449 KB. Two varints a posting make them 691 KB, one
//! varint with a flag for repeats 512, bit strings with two bytes of widths and a padding each 469.
//!
//! Nearly all postings of long lists are in full blocks, so their unpacker has the width as a constant, and the
//! compiler makes constants of all shifts and masks, for each of 32 widths. In WASM (V8) it takes 14 to 120 ns
//! for 128 numbers; four bit strings side by side, for vector instructions, took 20 to 110, as LLVM made few of
//! them. Decoding a long list takes 0.9 to 1.5 ns a posting (native, release).
//!
//! # Safety from bytes
//!
//! [`decode`] never believes a number before it is checked: it allocates nothing, every posting costs it one
//! document of those below `docs`, and what a block says is looked at as a whole before any of it is handed out.

use super::{Damaged, varint};

/// Postings of a full block.
const BLOCK: usize = 128;

/// The code that says that the width of the repeats is in a byte of its own.
const WIDE: usize = 3;

/// The widest that a number can be.
const MAX_WIDTH: usize = 32;

/// A document that has a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Posting {
    /// Below the segment's number of documents, which is at most [`u32::MAX`].
    pub doc: u32,
    /// At least 1.
    pub occurrences: u32,
}

/// Brings them into the order of a list. In one place, since it is large and must be fast.
pub(crate) fn sort_postings(postings: &mut [Posting]) {
    postings.sort_unstable_by_key(|posting| posting.doc);
}

/// Appends the list of `postings`, whose documents ascend strictly.
pub(crate) fn encode(postings: &[Posting], out: &mut Vec<u8>) {
    debug_assert!(postings.is_sorted_by(|a, b| a.doc < b.doc));
    debug_assert!(postings.iter().all(|posting| posting.occurrences > 0 && posting.doc < u32::MAX));
    varint::put(postings.len() as u64, out);
    let mut next = 0;
    for block in postings.chunks(BLOCK) {
        let (mut gaps, mut repeats) = ([0; BLOCK], [0; BLOCK]);
        for (n, posting) in block.iter().enumerate() {
            gaps[n] = posting.doc.wrapping_sub(next);
            repeats[n] = posting.occurrences.wrapping_sub(1);
            next = posting.doc.wrapping_add(1);
        }
        let widths = [width(&gaps), width(&repeats)];
        out.push((widths[0] | widths[1].min(WIDE) << 6) as u8);
        if widths[1] >= WIDE {
            out.push(widths[1] as u8);
        }
        let mut bits = BitWriter::default();
        gaps[..block.len()].iter().for_each(|&gap| bits.put(gap, widths[0], out));
        repeats[..block.len()].iter().for_each(|&more| bits.put(more, widths[1], out));
        bits.finish(out);
    }
}

/// Hands the postings of a list to `each`, in order. The list is all of `bytes`; its documents must be below
/// `docs`. Work is bounded by `docs` and by the bytes, and nothing is allocated.
///
/// # Errors
/// No [`encode`] wrote this list for so many documents. `each` may have had some postings by then, all of them
/// below `docs` and ascending.
pub(crate) fn decode(bytes: &[u8], docs: u32, mut each: impl FnMut(Posting)) -> Result<(), Damaged> {
    decode_while(bytes, docs, |posting| {
        each(posting);
        true
    })
}

/// As [`decode`], until `each` wants no more.
pub(crate) fn decode_while(
    mut bytes: &[u8],
    docs: u32,
    mut each: impl FnMut(Posting) -> bool,
) -> Result<(), Damaged> {
    let mut left = varint::take(&mut bytes)?;
    if left > u64::from(docs) {
        return Err(Damaged);
    }
    let (mut gaps, mut repeats) = ([0; BLOCK], [0; BLOCK]);
    let mut next = 0;
    while left > 0 {
        let [gap_width, repeat_width] = take_widths(&mut bytes)?;
        let length = left.min(BLOCK as u64) as usize;
        left -= length as u64;
        let packed = take(&mut bytes, (length * (gap_width + repeat_width)).div_ceil(8))?;
        if length == BLOCK {
            let (packed_gaps, packed_repeats) = packed.split_at(gap_width * BLOCK / 8);
            unpack(packed_gaps, gap_width, &mut gaps);
            unpack(packed_repeats, repeat_width, &mut repeats);
        } else {
            for n in 0..length {
                gaps[n] = bits_at(packed, n * gap_width, gap_width);
                repeats[n] = bits_at(packed, length * gap_width + n * repeat_width, repeat_width);
            }
        }
        let (gaps, repeats) = (&gaps[..length], &repeats[..length]);
        // Documents ascend, so the last is the greatest, and what all others and their sums are below.
        let end = u64::from(next) + length as u64 + gaps.iter().map(|&gap| u64::from(gap)).sum::<u64>();
        if end > u64::from(docs) || (repeat_width == MAX_WIDTH && repeats.contains(&u32::MAX)) {
            return Err(Damaged);
        }
        for (gap, more) in gaps.iter().zip(repeats) {
            let doc = next + gap;
            next = doc + 1;
            if !each(Posting { doc, occurrences: more + 1 }) {
                return Ok(());
            }
        }
    }
    if bytes.is_empty() { Ok(()) } else { Err(Damaged) }
}

/// The bits that the greatest of `values` needs.
fn width(values: &[u32; BLOCK]) -> usize {
    (u32::BITS - values.iter().fold(0, |all, value| all | value).leading_zeros()) as usize
}

/// Takes the widths of a block's gaps and repeats, each at most [`MAX_WIDTH`].
fn take_widths(bytes: &mut &[u8]) -> Result<[usize; 2], Damaged> {
    let byte = usize::from(take(bytes, 1)?[0]);
    let mut widths = [byte & 0x3f, byte >> 6];
    if widths[1] == WIDE {
        widths[1] = take(bytes, 1)?[0].into();
        if widths[1] < WIDE {
            return Err(Damaged);
        }
    }
    if widths.iter().any(|&width| width > MAX_WIDTH) { Err(Damaged) } else { Ok(widths) }
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8], Damaged> {
    let (taken, rest) = bytes.split_at_checked(length).ok_or(Damaged)?;
    *bytes = rest;
    Ok(taken)
}

/// The numbers of a full block, of `width` bits each. `packed` has 16 × `width` bytes.
fn unpack(packed: &[u8], width: usize, values: &mut [u32; BLOCK]) {
    macro_rules! by_width {
        ($($w:literal)*) => {
            match width {
                $($w => unpack_width::<$w>(packed, values),)*
                _ => values.fill(0),
            }
        };
    }
    by_width!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32);
}

/// [`unpack`] for one width, which is not 0: eight numbers fill `WIDTH` bytes, so that each of the eight always
/// begins at the same bit.
fn unpack_width<const WIDTH: usize>(packed: &[u8], values: &mut [u32; BLOCK]) {
    let mask = u64::from(u32::MAX >> (MAX_WIDTH - WIDTH));
    for (group, bytes) in values.as_chunks_mut::<8>().0.iter_mut().zip(packed.as_chunks::<WIDTH>().0) {
        // The last number begins in byte 28 at most, and eight bytes are read from there.
        let mut padded = [0; 36];
        padded[..WIDTH].copy_from_slice(bytes);
        for (n, value) in group.iter_mut().enumerate() {
            let window: [u8; 8] = std::array::from_fn(|byte| padded[n * WIDTH / 8 + byte]);
            *value = (u64::from_le_bytes(window) >> (n * WIDTH % 8) & mask) as u32;
        }
    }
}

/// The `width` bits of `packed` from bit `at` on; bits beyond its end are 0.
fn bits_at(packed: &[u8], at: usize, width: usize) -> u32 {
    let rest = packed.get(at / 8..).unwrap_or_default();
    let bytes = rest.first_chunk().copied().unwrap_or_else(|| {
        let mut bytes = [0; 8];
        bytes[..rest.len()].copy_from_slice(rest);
        bytes
    });
    (u64::from_le_bytes(bytes) >> (at % 8) & ((1 << width) - 1)) as u32
}

/// Appends numbers of any width to one bit string.
#[derive(Default)]
struct BitWriter {
    /// The low `length` bits are not yet written.
    pending: u64,
    length: usize,
}

impl BitWriter {
    fn put(&mut self, value: u32, width: usize, out: &mut Vec<u8>) {
        self.pending |= u64::from(value) << self.length;
        self.length += width;
        while self.length >= 8 {
            out.push(self.pending as u8);
            self.pending >>= 8;
            self.length -= 8;
        }
    }

    fn finish(self, out: &mut Vec<u8>) {
        if self.length > 0 {
            out.push(self.pending as u8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(bytes: &[u8], docs: u32) -> Result<Vec<Posting>, Damaged> {
        let mut all = Vec::new();
        decode(bytes, docs, |posting| all.push(posting)).map(|()| all)
    }

    fn encoded(postings: &[Posting]) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(postings, &mut bytes);
        bytes
    }

    /// Every `step`th document from `first` on.
    fn regular(count: u32, first: u32, step: u32) -> Vec<Posting> {
        (0..count).map(|n| Posting { doc: first + n * step, occurrences: 1 + n % 3 }).collect()
    }

    /// The twin of [`unpack`]: bit by bit.
    fn unpack_naively(packed: &[u8], width: usize) -> [u32; BLOCK] {
        std::array::from_fn(|n| {
            (0..width).fold(0, |value, bit| {
                let at = n * width + bit;
                value | u32::from(packed[at / 8] >> (at % 8) & 1) << bit
            })
        })
    }

    /// Lists of every shape: a density for each stretch, from every document to gaps of millions.
    fn lists() -> impl Strategy<Value = Vec<Posting>> {
        let stretch = (0..24_u32, 0..33_u32, prop::collection::vec(any::<(u32, u32)>(), 0..200));
        prop::collection::vec(stretch, 0..4).prop_map(|stretches| {
            let mut next = 0_u32;
            let mut all = Vec::new();
            for (gap_bits, occurrence_bits, values) in stretches {
                for (gap, more) in values {
                    let gap = (u64::from(gap) & ((1 << gap_bits) - 1)) as u32;
                    let more = (u64::from(more) & ((1 << occurrence_bits) - 1)) as u32;
                    let Some(doc) = next.checked_add(gap).filter(|&doc| doc < u32::MAX) else { break };
                    all.push(Posting { doc, occurrences: more.saturating_add(1) });
                    next = doc + 1;
                }
            }
            all
        })
    }

    #[test]
    fn lists_of_every_length_around_a_block_come_back() {
        for count in [0, 1, 2, 127, 128, 129, 255, 256, 257, 1000] {
            for (first, step) in [(0, 1), (7, 1), (0, 2), (5, 1000), (1 << 31, 1 << 20)] {
                let list = regular(count, first, step);
                let docs = list.last().map_or(0, |last| last.doc + 1);
                assert_eq!(decoded(&encoded(&list), docs).as_ref(), Ok(&list), "{count} {first} {step}");
                if docs > 0 {
                    assert_eq!(decoded(&encoded(&list), docs - 1), Err(Damaged), "the last is not below");
                }
            }
        }
    }

    #[test]
    fn the_greatest_numbers_come_back() {
        for count in [1, BLOCK as u32] {
            let mut list = regular(count, 0, 1);
            let last = list.len() - 1;
            list[last] = Posting { doc: u32::MAX - 1, occurrences: u32::MAX };
            assert_eq!(decoded(&encoded(&list), u32::MAX), Ok(list));
        }
    }

    #[test]
    fn a_dense_list_is_small() {
        let list: Vec<Posting> = (0..12_800).map(|doc| Posting { doc, occurrences: 1 }).collect();
        assert_eq!(encoded(&list).len(), 2 + 100);
    }

    #[test]
    fn nothing_is_decoded_beyond_what_is_wanted() {
        let list = regular(1000, 0, 3);
        let mut bytes = encoded(&list);
        let second = encoded(&list[..BLOCK]).len() + 1;
        // Noticed only by who gets there.
        bytes.truncate(second);
        for wanted in [1, 2, BLOCK] {
            let mut found = Vec::new();
            let result = decode_while(&bytes, 3000, |posting| {
                found.push(posting);
                found.len() < wanted
            });
            assert_eq!((result, &found[..]), (Ok(()), &list[..wanted]));
        }
        assert_eq!(decoded(&bytes, 3000), Err(Damaged));
    }

    #[test]
    fn what_encode_cannot_have_written_is_damaged() {
        let wide = |bytes: &[u8], length: usize| [bytes, &vec![0; length]].concat();
        for (why, bytes) in [
            ("nothing", vec![]),
            ("no block", vec![1]),
            ("a posting more than said", wide(&encoded(&regular(3, 0, 1)), 1)),
            ("gaps of 33 bits", wide(&[1, 33], 5)),
            ("repeats of 33 bits", wide(&[1, 3 << 6, 33], 5)),
            ("narrow repeats spelt as wide ones", wide(&[1, 3 << 6, 2], 1)),
            ("2^32 occurrences", vec![1, 3 << 6, 32, 255, 255, 255, 255]),
            ("a count that no segment has", vec![255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0]),
            ("more postings than documents", wide(&[0xe9, 7], 9)),
            ("gaps beyond u32", [&[128, 1, 32][..], &[255; 512]].concat()),
        ] {
            assert_eq!(decoded(&bytes, 1000), Err(Damaged), "{why}");
        }
        assert_eq!(decoded(&[128, 1, 0], 128).map(|all| all.len()), Ok(128));
        assert_eq!(decoded(&[128, 1, 0], 127), Err(Damaged));
    }

    #[test]
    fn every_truncation_is_damaged() {
        for list in [regular(40, 3, 17), regular(300, 0, 5)] {
            let bytes = encoded(&list);
            for length in 0..bytes.len() {
                assert_eq!(decoded(&bytes[..length], u32::MAX), Err(Damaged), "{length}");
            }
        }
    }

    proptest! {
        #[test]
        fn lists_come_back(list in lists()) {
            prop_assert_eq!(decoded(&encoded(&list), u32::MAX), Ok(list));
        }

        #[test]
        fn blocks_unpack_as_bit_by_bit(bytes in prop::collection::vec(any::<u8>(), 512)) {
            for width in 0..=MAX_WIDTH {
                let packed = &bytes[..width * BLOCK / 8];
                let mut values = [1; BLOCK];
                unpack(packed, width, &mut values);
                prop_assert_eq!(values, unpack_naively(packed, width), "{}", width);
                prop_assert_eq!(values, std::array::from_fn(|n| bits_at(packed, n * width, width)));
                let (mut bits, mut again) = (BitWriter::default(), Vec::new());
                values.iter().for_each(|&value| bits.put(value, width, &mut again));
                bits.finish(&mut again);
                prop_assert_eq!(&*again, packed);
            }
        }

        #[test]
        fn whatever_the_bytes_postings_ascend_below_docs(
            bytes in prop::collection::vec(any::<u8>(), 0..64),
            count in prop::option::of(0..300_u64),
            docs in prop_oneof![0..500_u32, any::<u32>()],
        ) {
            let mut list = Vec::new();
            count.inspect(|&count| varint::put(count, &mut list));
            list.extend(bytes);
            check_order(&list, docs)?;
        }

        #[test]
        fn a_flipped_bit_gives_another_list_or_none(list in lists(), at: prop::sample::Index, bit in 0..8_u8) {
            let mut bytes = encoded(&list);
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            check_order(&bytes, u32::MAX)?;
        }
    }

    fn check_order(bytes: &[u8], docs: u32) -> Result<(), TestCaseError> {
        let (mut next, mut count) = (0, 0_usize);
        let mut ordered = true;
        let result = decode(bytes, docs, |posting| {
            ordered &= posting.doc >= next && posting.doc < docs && posting.occurrences > 0;
            next = posting.doc.saturating_add(1);
            count += 1;
        });
        prop_assert!(ordered);
        prop_assert!(count <= bytes.len() * BLOCK, "a block has at least one byte");
        if result.is_ok() {
            prop_assert_eq!(varint::take(&mut &*bytes), Ok(count as u64));
        }
        Ok(())
    }
}

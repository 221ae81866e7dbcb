//! A row of `vectors`: those of up to sixteen passages in one space, eight bits a dimension.

use super::{PASSAGES_PER_ROW, Unreadable, checksum, seal, unseal};
use crate::error::IndexError;
use crate::page::PageId;
use crate::vector::Vector;
use serde::{Deserialize, Serialize};

/// Vectors of one page in one space.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct VectorRow {
    /// The page's, so that a row of another text is recognised.
    pub number: u32,
    pub space: String,
    /// One for each passage of the chunk; all have as many dimensions.
    pub vectors: Vec<Option<Vector>>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    number: u32,
    space: String,
    dimensions: u32,
    /// Which passages have one, the first in the lowest bit.
    present: u16,
    /// All values, one after the other.
    #[serde(with = "bytes")]
    values: Vec<i8>,
}

/// As a string of bytes: serde would go through the values one by one.
mod bytes {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(values: &[i8], serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = values.iter().map(|value| value.cast_unsigned()).collect();
        serializer.serialize_bytes(&bytes)
    }

    pub fn deserialize<'a, D: Deserializer<'a>>(deserializer: D) -> Result<Vec<i8>, D::Error> {
        let bytes: &[u8] = Deserialize::deserialize(deserializer)?;
        Ok(bytes.iter().map(|byte| byte.cast_signed()).collect())
    }
}

impl VectorRow {
    pub fn new(number: u32, space: &str) -> Self {
        Self { number, space: space.to_owned(), vectors: vec![None; PASSAGES_PER_ROW] }
    }

    /// Those that are there, with the ordinals of their passages; the row is the page's `chunk`th, which may be any number.
    pub fn of_chunk(&self, chunk: u32) -> impl Iterator<Item = (u32, &Vector)> {
        let first = chunk.saturating_mul(PASSAGES_PER_ROW as u32);
        let vectors = (0..).zip(&self.vectors);
        vectors.filter_map(move |(n, vector)| Some((first.checked_add(n)?, vector.as_ref()?)))
    }

    pub fn encode(&self) -> Result<Vec<u8>, IndexError> {
        let there = || self.vectors.iter().flatten();
        let present =
            self.vectors.iter().enumerate().fold(0, |bits, (n, v)| bits | u16::from(v.is_some()) << n);
        seal(&Stored {
            number: self.number,
            space: self.space.clone(),
            dimensions: there().next().map_or(0, |vector| vector.dimensions() as u32),
            present,
            values: there().flat_map(|vector| vector.values().iter().copied()).collect(),
        })
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        let stored: Stored = unseal(bytes)?;
        let count = stored.present.count_ones() as usize;
        let dimensions = stored.dimensions as usize;
        if count == 0 || dimensions == 0 || stored.values.len() != count.saturating_mul(dimensions) {
            return Err(Unreadable);
        }
        let mut values = stored.values.chunks_exact(dimensions);
        let mut vectors = Vec::with_capacity(PASSAGES_PER_ROW);
        for n in 0..PASSAGES_PER_ROW {
            vectors.push(match stored.present >> n & 1 {
                0 => None,
                _ => {
                    let values = values.next().ok_or(Unreadable)?;
                    Some(Vector::from_stored(values.into()).ok_or(Unreadable)?)
                }
            });
        }
        Ok(Self { number: stored.number, space: stored.space, vectors })
    }
}

/// A space's name as it is in keys: short, and the same for ever.
pub(crate) fn space_key(space: &str) -> String {
    format!("{:08x}", checksum(space.as_bytes()))
}

/// The key of one row of vectors.
pub(crate) fn vector_key(page: PageId, space_key: &str, chunk: u32) -> String {
    format!("{page}/{space_key}/{chunk:06}")
}

/// The prefix of the keys of all vectors of a page in one space.
pub(crate) fn vectors_prefix(page: PageId, space_key: &str) -> String {
    format!("{page}/{space_key}/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::VERSION;
    use proptest::prelude::*;

    #[test]
    fn it_comes_back_as_it_was_and_every_changed_byte_is_noticed() {
        let mut row = VectorRow::new(7, "one@1");
        row.vectors[1] = Some(Vector::quantise(&[0.5, -0.5, 0.1]).unwrap());
        row.vectors[15] = Some(Vector::quantise(&[1.0, 0.0, 0.0]).unwrap());
        let bytes = row.encode().unwrap();
        assert_eq!(VectorRow::decode(&bytes), Ok(row));
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x10;
            assert_eq!(VectorRow::decode(&damaged), Err(Unreadable), "byte {at}");
            assert_eq!(VectorRow::decode(&bytes[..at]), Err(Unreadable), "cut at {at}");
        }
    }

    #[test]
    fn a_chunk_that_no_page_has_is_no_panic() {
        let mut row = VectorRow::new(7, "one@1");
        row.vectors[0] = Some(Vector::quantise(&[1.0]).unwrap());
        row.vectors[3] = Some(Vector::quantise(&[1.0]).unwrap());
        let ordinals = |chunk| row.of_chunk(chunk).map(|(ordinal, _)| ordinal).collect::<Vec<u32>>();
        assert_eq!(ordinals(2), [32, 35]);
        assert_eq!(ordinals(u32::MAX), [u32::MAX], "as far as there are numbers");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(payload in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut bytes = vec![VERSION];
            bytes.extend(checksum(&payload).to_le_bytes());
            bytes.extend(&payload);
            let _ = VectorRow::decode(&bytes);
        }
    }
}

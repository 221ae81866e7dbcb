//! A hash that is the same in every build and on every machine, because its values are stored.
//!
//! FNV-1a over 64 bits (Fowler, Noll, Vo), finished with the mixer of MurmurHash3. FNV alone is right for
//! tables but its upper bits hardly depend on the last bytes; whoever looks at single bits ([`crate::near`])
//! needs bits that are all equally good. The hashes of the
//! standard library promise nothing about the next release. Not for secrets: whoever wants a collision can
//! make one.

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// The state of one hash.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hash(u64);

impl Hash {
    pub fn new() -> Self {
        Self(OFFSET)
    }

    /// Takes one more word. Words are told apart: `ab`, `c` is not `a`, `bc`.
    pub fn word(&mut self, word: &str) {
        // 0xff is in no UTF-8.
        for byte in word.bytes().chain([0xff]) {
            self.byte(byte);
        }
    }

    /// Takes one more number.
    pub fn number(&mut self, number: u64) {
        for byte in number.to_le_bytes() {
            self.byte(byte);
        }
    }

    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(PRIME);
    }

    /// The hash of all that was taken.
    pub fn finish(self) -> u64 {
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        mixed ^ (mixed >> 33)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> u64 {
        let mut hash = Hash::new();
        words.iter().for_each(|word| hash.word(word));
        hash.finish()
    }

    #[test]
    fn stored_values_stay_what_they_are() {
        assert_eq!(of(&[]), 0xefd0_1f60_ba99_2926);
        assert_eq!(of(&["afterimage", "猫"]), 0x7aba_14eb_6e50_09eb);
        let mut hash = Hash::new();
        hash.number(1);
        assert_eq!(hash.finish(), 0x4a3a_3a4b_a652_3826);
    }

    #[test]
    fn the_inner_state_is_fnv_1a() {
        // The published test vector of `foobar`.
        let mut hash = Hash::new();
        "foobar".bytes().for_each(|byte| hash.byte(byte));
        assert_eq!(hash.0, 0x8594_4171_f739_67e8);
    }

    #[test]
    fn words_are_told_apart() {
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(of(&["a", "b"]), of(&["b", "a"]));
        assert_ne!(of(&["a"]), of(&["a", ""]));
    }

    #[test]
    fn every_bit_depends_on_the_last_letter() {
        let (a, b, c, d) = (of(&["word a"]), of(&["word b"]), of(&["word c"]), of(&["word d"]));
        let changed = (a ^ b).count_ones() + (b ^ c).count_ones() + (c ^ d).count_ones();
        assert!((72..=120).contains(&changed), "{changed} of 192 bits");
    }
}

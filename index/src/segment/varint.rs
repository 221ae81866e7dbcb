//! Whole numbers in as few bytes as they need: seven bits each, the lowest first, the eighth bit set on all but
//! the last byte (LEB128).

use super::Damaged;

/// Appends `value`.
pub(super) fn put(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Takes a number from the front of `bytes`.
///
/// # Errors
/// The bytes end inside the number, it needs more than 64 bits, or it is written longer than it needs.
pub(super) fn take(bytes: &mut &[u8]) -> Result<u64, Damaged> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or(Damaged)?;
        *bytes = rest;
        let bits = u64::from(byte & 0x7f);
        if bits << shift >> shift != bits || (byte == 0 && shift > 0) {
            return Err(Damaged);
        }
        value |= bits << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_put_cannot_have_written_is_damaged() {
        for bytes in [&[][..], &[0x80], &[0xff; 9], &[0x80, 0], &[0xff; 11]] {
            assert_eq!(take(&mut &*bytes), Err(Damaged), "{bytes:?}");
        }
        let mut most = vec![0xff; 9];
        most.push(1);
        assert_eq!(take(&mut &*most), Ok(u64::MAX));
        most[9] = 2;
        assert_eq!(take(&mut &*most), Err(Damaged), "65 bits");
    }

    proptest! {
        #[test]
        fn numbers_come_back(bits in 0..64, value: u64, rest: Vec<u8>) {
            let value = value >> bits;
            let mut bytes = Vec::new();
            put(value, &mut bytes);
            bytes.extend(&rest);
            let mut left = &*bytes;
            prop_assert_eq!(take(&mut left), Ok(value));
            prop_assert_eq!(left, &*rest);
        }

        #[test]
        fn a_number_has_one_spelling(bytes in prop::collection::vec(any::<u8>(), 0..12)) {
            let mut left = &*bytes;
            if let Ok(value) = take(&mut left) {
                let mut again = Vec::new();
                put(value, &mut again);
                prop_assert_eq!(&bytes[..bytes.len() - left.len()], &*again);
            }
        }
    }
}

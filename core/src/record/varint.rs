//! Variable-length integers, as records and flexible messages use them: seven bits a byte, the
//! lowest first; signed ones zigzag-encoded. See
//! <https://kafka.apache.org/protocol#protocol_types> (VARINT, VARLONG, UNSIGNED_VARINT).

use super::RecordError;

/// The longest encoding of 32 bits.
pub const MAX_VARINT_BYTES: usize = 5;
/// The longest encoding of 64 bits.
pub const MAX_VARLONG_BYTES: usize = 10;

/// Maps small magnitudes of either sign to small unsigned numbers.
const fn zigzag32(value: i32) -> u32 {
    ((value << 1) ^ (value >> 31)) as u32
}

const fn zigzag64(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

// Where size counts (WebAssembly) the compiler inlines next to nothing by itself. These are called some
// ten times for each record, and are nearly always one byte long, so that they say it themselves.

/// Appends an unsigned number of 32 bits.
#[inline]
pub fn put_unsigned(out: &mut Vec<u8>, value: u32) {
    put_unsigned_long(out, u64::from(value));
}

/// Appends an unsigned number of 64 bits.
#[inline]
pub fn put_unsigned_long(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a signed number of 32 bits.
#[inline(always)]
pub fn put(out: &mut Vec<u8>, value: i32) {
    put_long(out, i64::from(value));
}

/// Appends a signed number of 64 bits.
#[inline(always)]
pub fn put_long(out: &mut Vec<u8>, value: i64) {
    put_unsigned_long(out, zigzag64(value));
}

/// How many bytes [`put`] appends.
#[inline(always)]
pub const fn size(value: i32) -> usize {
    size_unsigned(zigzag32(value) as u64)
}

/// How many bytes [`put_long`] appends.
#[inline(always)]
pub const fn size_long(value: i64) -> usize {
    size_unsigned(zigzag64(value))
}

/// How many bytes an unsigned number takes.
#[inline(always)]
pub const fn size_unsigned(value: u64) -> usize {
    // One byte for each seven bits begun; zero has one bit.
    (70 - (value | 1).leading_zeros() as usize) / 7
}

/// Reads an unsigned number of 32 bits off the front of `bytes`.
///
/// # Errors
/// [`RecordError::Truncated`] where the bytes end first, [`RecordError::BadRecord`] where the
/// number is longer than 32 bits.
#[inline(always)]
pub fn get_unsigned(bytes: &mut &[u8]) -> Result<u32, RecordError> {
    if let [first @ 0..0x80, rest @ ..] = *bytes {
        *bytes = rest;
        return Ok(u32::from(*first));
    }
    let value = get_slow(bytes, MAX_VARINT_BYTES)?;
    u32::try_from(value).map_err(|_| RecordError::BadRecord("varint longer than 32 bits"))
}

/// Reads an unsigned number of 64 bits off the front of `bytes`. Errors as [`get_unsigned`]'s.
#[inline(always)]
pub fn get_unsigned_long(bytes: &mut &[u8]) -> Result<u64, RecordError> {
    if let [first @ 0..0x80, rest @ ..] = *bytes {
        *bytes = rest;
        return Ok(u64::from(*first));
    }
    get_slow(bytes, MAX_VARLONG_BYTES)
}

fn get_slow(bytes: &mut &[u8], max_bytes: usize) -> Result<u64, RecordError> {
    let mut value = 0u64;
    for (index, &byte) in bytes.iter().enumerate().take(max_bytes) {
        let bits = u64::from(byte & 0x7f);
        let shift = 7 * index as u32;
        if shift == 63 && bits > 1 {
            return Err(RecordError::BadRecord("varint longer than 64 bits"));
        }
        value |= bits << shift;
        if byte < 0x80 {
            *bytes = bytes.get(index + 1..).unwrap_or_default();
            return Ok(value);
        }
    }
    if bytes.len() >= max_bytes {
        return Err(RecordError::BadRecord("varint longer than its type"));
    }
    Err(RecordError::Truncated { wanted: bytes.len() + 1, left: bytes.len() })
}

/// Reads a signed number of 32 bits off the front of `bytes`. Errors as [`get_unsigned`]'s.
#[inline(always)]
pub fn get(bytes: &mut &[u8]) -> Result<i32, RecordError> {
    let value = get_unsigned(bytes)?;
    Ok((value >> 1) as i32 ^ -((value & 1) as i32))
}

/// Reads a signed number of 64 bits off the front of `bytes`. Errors as [`get_unsigned`]'s.
#[inline(always)]
pub fn get_long(bytes: &mut &[u8]) -> Result<i64, RecordError> {
    let value = get_unsigned_long(bytes)?;
    Ok((value >> 1) as i64 ^ -((value & 1) as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signed_numbers_come_back_in_the_size_foretold() {
        for shift in 0..64 {
            for value in [1i64 << shift, (1i64 << shift).wrapping_sub(1), -(1i64 << (shift / 2))] {
                for value in [value, value.wrapping_neg()] {
                    let mut out = Vec::new();
                    put_long(&mut out, value);
                    assert_eq!(out.len(), size_long(value), "{value}");
                    let mut bytes = &out[..];
                    assert_eq!(get_long(&mut bytes), Ok(value));
                    assert!(bytes.is_empty());

                    let (value, mut out) = (value as i32, Vec::new());
                    put(&mut out, value);
                    assert_eq!(out.len(), size(value), "{value}");
                    let mut bytes = &out[..];
                    assert_eq!(get(&mut bytes), Ok(value));
                    assert!(bytes.is_empty());
                }
            }
        }
    }

    #[test]
    fn known_encodings() {
        let encoded = |value| {
            let mut out = Vec::new();
            put(&mut out, value);
            out
        };
        assert_eq!(encoded(0), [0]);
        assert_eq!(encoded(-1), [1]);
        assert_eq!(encoded(1), [2]);
        assert_eq!(encoded(63), [0x7e]);
        assert_eq!(encoded(-64), [0x7f]);
        assert_eq!(encoded(64), [0x80, 0x01]);
        assert_eq!(encoded(i32::MAX), [0xfe, 0xff, 0xff, 0xff, 0x0f]);
        assert_eq!(encoded(i32::MIN), [0xff, 0xff, 0xff, 0xff, 0x0f]);
    }

    #[test]
    fn too_long_or_cut_off_is_refused() {
        assert!(matches!(get(&mut &[][..]), Err(RecordError::Truncated { .. })));
        assert!(matches!(get(&mut &[0x80; 4][..]), Err(RecordError::Truncated { .. })));
        assert!(matches!(get(&mut &[0x80; 5][..]), Err(RecordError::BadRecord(_))));
        let mut too_wide = &[0xff, 0xff, 0xff, 0xff, 0x1f][..];
        assert!(matches!(get(&mut too_wide), Err(RecordError::BadRecord(_))));
        assert!(matches!(get_long(&mut &[0x80; 10][..]), Err(RecordError::BadRecord(_))));
        let mut too_wide = &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02][..];
        assert!(matches!(get_long(&mut too_wide), Err(RecordError::BadRecord(_))));
    }
}

//! The gzip container (RFC 1952) around miniz_oxide's deflate. The crate that usually puts it there,
//! flate2, would add a tenth to what a page has to load.

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress as inflate};

use super::{Compression, RecordError};

/// Magic number, deflate, no flags, no time, no hint at the level, system unknown.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// CRC-32 and size of the plain bytes.
const TRAILER_BYTES: usize = 8;
/// zlib's default, and Kafka's.
const LEVEL: u8 = 6;

const HEADER_CRC: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;

const CORRUPT: RecordError = RecordError::BadCompression(Compression::Gzip);

pub(super) fn compress(plain: &[u8]) -> Vec<u8> {
    let deflated = compress_to_vec(plain, LEVEL);
    let mut packed = Vec::with_capacity(HEADER.len() + deflated.len() + TRAILER_BYTES);
    packed.extend_from_slice(&HEADER);
    packed.extend_from_slice(&deflated);
    packed.extend_from_slice(&crc32(plain).to_le_bytes());
    packed.extend_from_slice(&(plain.len() as u32).to_le_bytes());
    packed
}

/// Unpacks each member. The trailer's CRC-32 is not checked: the batch's own checksum covers the
/// packed bytes.
pub(super) fn decompress(mut packed: &[u8], max_bytes: usize) -> Result<Vec<u8>, RecordError> {
    let mut plain = Vec::new();
    loop {
        skip_header(&mut packed).ok_or(CORRUPT)?;
        let member = member(&mut packed, max_bytes, plain.len())?;
        let trailer = packed.split_off(..TRAILER_BYTES).ok_or(CORRUPT)?;
        if !trailer.ends_with(&(member.len() as u32).to_le_bytes()) {
            return Err(CORRUPT);
        }
        if plain.is_empty() {
            plain = member;
        } else {
            plain.extend_from_slice(&member);
        }
        if packed.is_empty() {
            return Ok(plain);
        }
    }
}

/// Takes a member's header off the front of `packed`; `None` where it is none.
fn skip_header(packed: &mut &[u8]) -> Option<()> {
    let [0x1f, 0x8b, 8, flags @ ..0x20, _, _, _, _, _, _] = packed.split_off(..10)? else {
        return None;
    };
    if flags & EXTRA != 0 {
        let [low, high] = packed.split_off(..2)? else { return None };
        packed.split_off(..usize::from(u16::from_le_bytes([*low, *high])))?;
    }
    for flag in [NAME, COMMENT] {
        if flags & flag != 0 {
            let len = packed.iter().position(|&byte| byte == 0)?;
            packed.split_off(..=len)?;
        }
    }
    if flags & HEADER_CRC != 0 {
        packed.split_off(..2)?;
    }
    Some(())
}

/// Takes the deflated bytes of a member off the front of `packed` and unpacks them, `taken` of
/// `max_bytes` being used up already.
fn member(packed: &mut &[u8], max_bytes: usize, taken: usize) -> Result<Vec<u8>, RecordError> {
    let limit = max_bytes - taken;
    let mut state = Box::<DecompressorOxide>::default();
    let mut plain = vec![0; packed.len().saturating_mul(2).min(limit)];
    let mut len = 0;
    loop {
        let (status, read, written) =
            inflate(&mut state, packed, &mut plain, len, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF);
        len += written;
        packed.split_off(..read).ok_or(CORRUPT)?;
        match status {
            TINFLStatus::Done => {
                plain.truncate(len);
                return Ok(plain);
            }
            TINFLStatus::HasMoreOutput if plain.len() >= limit => {
                return Err(RecordError::TooLarge { max_bytes });
            }
            TINFLStatus::HasMoreOutput => {
                plain.resize(plain.len().saturating_mul(2).clamp(1, limit), 0);
            }
            _ => return Err(CORRUPT),
        }
    }
}

/// CRC-32 as gzip wants it (reflected, polynomial 0xEDB88320), four bytes at a time. To make the
/// tables each time takes a fraction of what deflate takes to set itself up, and to have them in a
/// static would put 4 KiB that do not compress into every page.
fn crc32(bytes: &[u8]) -> u32 {
    let mut tables = [[0; 256]; 4];
    for byte in 0..256 {
        let mut crc = byte as u32;
        for table in &mut tables {
            for _ in 0..8 {
                crc = if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ 0xedb8_8320 };
            }
            table[byte] = crc;
        }
    }
    let entry = |table: usize, crc: u32, at: u32| tables[table][(crc >> at & 0xff) as usize];
    let (words, rest) = bytes.as_chunks::<4>();
    let crc = words.iter().fold(!0, |crc: u32, word| {
        let crc = crc ^ u32::from_le_bytes(*word);
        entry(3, crc, 0) ^ entry(2, crc, 8) ^ entry(1, crc, 16) ^ entry(0, crc, 24)
    });
    !rest.iter().fold(crc, |crc, &byte| crc >> 8 ^ entry(0, crc ^ u32::from(byte), 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc32_of_the_check_string() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn a_header_may_have_every_optional_field() {
        let deflated = &compress(b"value")[HEADER.len()..];
        let all = EXTRA | NAME | COMMENT | HEADER_CRC;
        let mut packed = vec![0x1f, 0x8b, 8, all, 1, 2, 3, 4, 0, 3];
        packed.extend_from_slice(b"\x02\x00xxname\0\0cc");
        packed.extend_from_slice(deflated);
        assert_eq!(decompress(&packed, 5).unwrap(), b"value");
        for flags in [0x20, 0x80] {
            packed[3] = flags;
            assert_eq!(decompress(&packed, 5), Err(CORRUPT));
        }
    }

    #[test]
    fn members_follow_one_another_within_one_bound() {
        let mut packed = compress(b"one, ");
        packed.extend_from_slice(&compress(b"two"));
        assert_eq!(decompress(&packed, 8).unwrap(), b"one, two");
        for max_bytes in [0, 4, 5, 7] {
            assert_eq!(decompress(&packed, max_bytes), Err(RecordError::TooLarge { max_bytes }));
        }
    }

    #[test]
    fn nothing_packs_to_something_that_unpacks() {
        assert_eq!(decompress(&compress(b""), 0).unwrap(), b"");
    }

    #[test]
    fn a_cut_off_or_wrong_size_is_refused() {
        let packed = compress(&[7; 4000]);
        for len in 0..packed.len() {
            assert_eq!(decompress(&packed[..len], 5000), Err(CORRUPT), "{len}");
        }
        let mut wrong = packed.clone();
        let last = wrong.len() - 4;
        wrong[last] ^= 1;
        assert_eq!(decompress(&wrong, 5000), Err(CORRUPT));
    }
}

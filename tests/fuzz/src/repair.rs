//! Makes checksums hold in bytes that were changed: otherwise nothing behind a checksum would ever be
//! reached.

const LENGTH_AT: usize = 8;
const MAGIC_AT: usize = 16;
const CRC_AT: usize = 17;
const CRC_FROM: usize = 21;
const HEADER_BYTES: usize = 61;

fn be32(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// Whatever looks like a record batch.
pub fn batches(bytes: &mut [u8]) {
    let mut at = 0;
    while at + HEADER_BYTES <= bytes.len() {
        let end = at + 12 + be32(bytes, at + LENGTH_AT) as usize;
        if bytes[at + MAGIC_AT] != 2 || end < at + HEADER_BYTES || end > bytes.len() {
            at += 1;
            continue;
        }
        let crc = crc32c::crc32c(&bytes[at + CRC_FROM..end]);
        bytes[at + CRC_AT..at + CRC_AT + 4].copy_from_slice(&crc.to_be_bytes());
        at = end;
    }
}

/// A metadata value: its checksum stands before it.
pub fn value(bytes: &mut [u8]) {
    if bytes.len() >= 4 {
        let crc = crc32c::crc32c(&bytes[4..]);
        bytes[..4].copy_from_slice(&crc.to_be_bytes());
    }
}

/// A journal of the native broker: a magic of eight bytes, then commits, each with its length and
/// its checksum before it.
pub fn journal(bytes: &mut [u8]) {
    let mut at = 8;
    while at + 8 <= bytes.len() {
        let end = at + 8 + be32(bytes, at) as usize;
        if end > bytes.len() {
            return;
        }
        let crc = crc32c::crc32c(&bytes[at + 8..end]);
        bytes[at + 4..at + 8].copy_from_slice(&crc.to_be_bytes());
        at = end;
    }
}

//! The framing that Java's Kafka client puts around snappy, named after snappy-java's author: a
//! header, then blocks of raw snappy, each behind its length. librdkafka writes one raw block
//! without a frame, so both are read.

use super::{Compression, RecordError};

const MAGIC: [u8; 8] = [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0];
/// The version of the framing, and the oldest that its reader must know.
const VERSIONS: [u8; 8] = [0, 0, 0, 1, 0, 0, 0, 1];
/// How much plain data a block holds: snappy-java's default.
const BLOCK_BYTES: usize = 32 * 1024;
/// Snappy's best is a copy of 64 bytes from 3, so a block that claims more lies.
const MAX_RATIO: usize = 22;

const CORRUPT: RecordError = RecordError::BadCompression(Compression::Snappy);

pub(super) fn compress(plain: &[u8]) -> Result<Vec<u8>, RecordError> {
    let mut encoder = snap::raw::Encoder::new();
    let mut out = Vec::with_capacity(16 + plain.len() / 2);
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&VERSIONS);
    for block in plain.chunks(BLOCK_BYTES) {
        let start = out.len();
        out.resize(start + 4 + snap::raw::max_compress_len(block.len()), 0);
        let Some((length, packed)) =
            out.get_mut(start..).and_then(<[u8]>::split_first_chunk_mut::<4>)
        else {
            return Err(CORRUPT);
        };
        let len = encoder.compress(block, packed).map_err(|_| CORRUPT)?;
        *length = (len as u32).to_be_bytes();
        out.truncate(start + 4 + len);
    }
    Ok(out)
}

pub(super) fn decompress(packed: &[u8], max_bytes: usize) -> Result<Vec<u8>, RecordError> {
    let mut plain = Vec::new();
    let mut decoder = snap::raw::Decoder::new();
    let Some(framed) = packed.strip_prefix(&MAGIC) else {
        block(&mut decoder, packed, &mut plain, max_bytes)?;
        return Ok(plain);
    };
    // The two versions are not checked, as Java does not: only one has ever been written.
    let mut rest = framed.get(VERSIONS.len()..).ok_or(CORRUPT)?;
    while !rest.is_empty() {
        let (len, after) = rest.split_first_chunk::<4>().ok_or(CORRUPT)?;
        let len = u32::from_be_bytes(*len) as usize;
        let (packed, after) = after.split_at_checked(len).ok_or(CORRUPT)?;
        block(&mut decoder, packed, &mut plain, max_bytes)?;
        rest = after;
    }
    Ok(plain)
}

/// Appends the plain bytes of one raw block.
fn block(
    decoder: &mut snap::raw::Decoder,
    packed: &[u8],
    plain: &mut Vec<u8>,
    max_bytes: usize,
) -> Result<(), RecordError> {
    let len = snap::raw::decompress_len(packed).map_err(|_| CORRUPT)?;
    if len > packed.len().saturating_mul(MAX_RATIO) {
        return Err(CORRUPT);
    }
    let start = plain.len();
    if len > max_bytes.saturating_sub(start) {
        return Err(RecordError::TooLarge { max_bytes });
    }
    plain.resize(start + len, 0);
    let target = plain.get_mut(start..).unwrap_or_default();
    let written = decoder.decompress(packed, target).map_err(|_| CORRUPT)?;
    if written == len { Ok(()) } else { Err(CORRUPT) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_as_java_writes_it() {
        let packed = compress(&[7; 2 * BLOCK_BYTES + 1]).unwrap();
        assert_eq!(packed[..8], MAGIC);
        assert_eq!(packed[8..16], VERSIONS);
        let mut rest = &packed[16..];
        let mut sizes = Vec::new();
        while let Some((len, after)) = rest.split_first_chunk::<4>() {
            let (block, after) = after.split_at(u32::from_be_bytes(*len) as usize);
            sizes.push(snap::raw::decompress_len(block).unwrap());
            rest = after;
        }
        assert_eq!(sizes, [BLOCK_BYTES, BLOCK_BYTES, 1]);
    }

    #[test]
    fn raw_snappy_is_read_too() {
        let packed = snap::raw::Encoder::new().compress_vec(b"as librdkafka writes it").unwrap();
        assert_eq!(decompress(&packed, 23).unwrap(), b"as librdkafka writes it");
        assert_eq!(decompress(&packed, 22), Err(RecordError::TooLarge { max_bytes: 22 }));
    }

    #[test]
    fn a_claimed_size_beyond_snappys_reach_reserves_nothing() {
        // A block of 5 bytes that claims 4 GiB less one.
        let lie = [0xff, 0xff, 0xff, 0xff, 0x0f];
        assert_eq!(decompress(&lie, usize::MAX), Err(CORRUPT));
    }

    #[test]
    fn a_cut_off_frame_is_refused() {
        let packed = compress(&[7; 40_000]).unwrap();
        for len in [9, 15, 17, 19, 21, packed.len() - 1] {
            assert!(decompress(&packed[..len], 1 << 20).is_err(), "{len}");
        }
    }
}

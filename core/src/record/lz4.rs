//! The LZ4 frame format around lz4_flex's blocks, as much of it as Kafka's own reader knows. See
//! <https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md>. lz4_flex has a reader and a writer
//! of frames too; they would double its share of what a page has to load.

use lz4_flex::block::{
    DecompressError, compress_into, decompress_into_with_dict, get_maximum_output_size,
};

use super::{Compression, RecordError};

const MAGIC: [u8; 4] = 0x184D_2204_u32.to_le_bytes();
/// What we write is what Java writes: version 1, independent blocks of at most 64 KiB, no sizes, no
/// checksums. The last byte is the header's checksum, which Java verifies: the second byte of
/// XXH32 of the two before it.
const DESCRIPTOR: [u8; 3] = [0x60, 0x40, 0x82];
const BLOCK_BYTES: usize = 64 * 1024;

const VERSION_MASK: u8 = 0xc0;
const VERSION: u8 = 0x40;
const INDEPENDENT_BLOCKS: u8 = 1 << 5;
const BLOCK_CHECKSUMS: u8 = 1 << 4;
const CONTENT_SIZE: u8 = 1 << 3;
const RESERVED: u8 = 1 << 1;
const DICTIONARY: u8 = 1;

/// In a block's size: the block is stored as it is.
const STORED: u32 = 1 << 31;
/// How far back a block that is not independent may reach.
const WINDOW_BYTES: usize = 64 * 1024;
/// A byte extends a match by 255 at most, so a block that comes to more lies.
const MAX_RATIO: usize = 255;

const CORRUPT: RecordError = RecordError::BadCompression(Compression::Lz4);

pub(super) fn compress(plain: &[u8]) -> Result<Vec<u8>, RecordError> {
    let mut out = Vec::with_capacity(16 + plain.len() / 2);
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&DESCRIPTOR);
    for block in plain.chunks(BLOCK_BYTES) {
        let start = out.len();
        out.resize(start + 4 + get_maximum_output_size(block.len()), 0);
        let Some((size, packed)) =
            out.get_mut(start..).and_then(<[u8]>::split_first_chunk_mut::<4>)
        else {
            return Err(CORRUPT);
        };
        let len = compress_into(block, packed).map_err(|_| CORRUPT)?;
        if len < block.len() {
            *size = (len as u32).to_le_bytes();
            out.truncate(start + 4 + len);
        } else {
            *size = (block.len() as u32 | STORED).to_le_bytes();
            out.truncate(start + 4);
            out.extend_from_slice(block);
        }
    }
    // A block of size 0 ends the frame.
    out.extend_from_slice(&[0; 4]);
    Ok(out)
}

/// Unpacks a frame. Its checksums are not checked, as the batch's own covers the packed bytes, and
/// what lies behind the frame is ignored, as Java does.
pub(super) fn decompress(mut packed: &[u8], max_bytes: usize) -> Result<Vec<u8>, RecordError> {
    let packed = &mut packed;
    let (flags, block_max_bytes) = header(packed).ok_or(CORRUPT)?;
    let mut plain = Vec::new();
    loop {
        let size = packed.split_off(..4).and_then(<[u8]>::first_chunk::<4>).ok_or(CORRUPT)?;
        let size = u32::from_le_bytes(*size);
        if size == 0 {
            return Ok(plain);
        }
        let len = (size & !STORED) as usize;
        if len > block_max_bytes {
            return Err(CORRUPT);
        }
        let block = packed.split_off(..len).ok_or(CORRUPT)?;
        if flags & BLOCK_CHECKSUMS != 0 {
            packed.split_off(..4).ok_or(CORRUPT)?;
        }
        let left = max_bytes - plain.len();
        if size & STORED != 0 {
            if len > left {
                return Err(RecordError::TooLarge { max_bytes });
            }
            plain.extend_from_slice(block);
            continue;
        }
        let start = plain.len();
        let room = block_max_bytes.min(len.saturating_mul(MAX_RATIO));
        plain.resize(start + room.min(left), 0);
        let (before, target) = plain.split_at_mut(start);
        let window = match flags & INDEPENDENT_BLOCKS {
            0 => before.get(start.saturating_sub(WINDOW_BYTES)..).unwrap_or_default(),
            _ => &[],
        };
        let written = match decompress_into_with_dict(block, target, window) {
            Ok(written) => written,
            Err(DecompressError::OutputTooSmall { .. }) if left < room => {
                return Err(RecordError::TooLarge { max_bytes });
            }
            Err(_) => return Err(CORRUPT),
        };
        plain.truncate(start + written);
    }
}

/// Takes a frame's header off the front of `packed`: its flags, and how much a block holds at most.
fn header(packed: &mut &[u8]) -> Option<(u8, usize)> {
    if packed.split_off(..4)? != MAGIC {
        return None;
    }
    let [flags, sizes] = packed.split_off(..2)? else { return None };
    if flags & (VERSION_MASK | RESERVED | DICTIONARY) != VERSION {
        return None;
    }
    let block_max_bytes = match sizes {
        0x40 => 64 << 10,
        0x50 => 256 << 10,
        0x60 => 1 << 20,
        0x70 => 4 << 20,
        _ => return None,
    };
    if flags & CONTENT_SIZE != 0 {
        packed.split_off(..8)?;
    }
    packed.split_off_first()?;
    Some((*flags, block_max_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame around blocks that are given with their sizes.
    fn frame(flags: u8, blocks: &[&[u8]]) -> Vec<u8> {
        let mut frame = MAGIC.to_vec();
        frame.extend_from_slice(&[VERSION | flags, 0x40]);
        if flags & CONTENT_SIZE != 0 {
            frame.extend_from_slice(&[9; 8]);
        }
        frame.push(0);
        for block in blocks {
            frame.extend_from_slice(block);
            if flags & BLOCK_CHECKSUMS != 0 {
                frame.extend_from_slice(&[9; 4]);
            }
        }
        frame.extend_from_slice(&[0; 4]);
        frame
    }

    /// "abcd", stored.
    const ABCD: &[u8] = &[4, 0, 0, 0x80, b'a', b'b', b'c', b'd'];
    /// A copy of 8 bytes from 4 back, then "vwxyz".
    const COPY: &[u8] = &[9, 0, 0, 0, 0x04, 4, 0, 0x50, b'v', b'w', b'x', b'y', b'z'];

    #[test]
    fn optional_fields_are_passed_over() {
        for flags in [0, BLOCK_CHECKSUMS, CONTENT_SIZE, BLOCK_CHECKSUMS | CONTENT_SIZE, 1 << 2] {
            let frame = frame(flags | INDEPENDENT_BLOCKS, &[ABCD, ABCD]);
            assert_eq!(decompress(&frame, 8).unwrap(), b"abcdabcd");
            assert_eq!(decompress(&frame, 7), Err(RecordError::TooLarge { max_bytes: 7 }));
        }
        for flags in [RESERVED, DICTIONARY, 0x80] {
            assert_eq!(decompress(&frame(flags, &[ABCD]), 8), Err(CORRUPT));
        }
    }

    #[test]
    fn only_dependent_blocks_reach_back() {
        let linked = frame(0, &[ABCD, COPY]);
        assert_eq!(decompress(&linked, 17).unwrap(), b"abcdabcdabcdvwxyz");
        assert_eq!(decompress(&linked, 16), Err(RecordError::TooLarge { max_bytes: 16 }));
        assert_eq!(decompress(&frame(INDEPENDENT_BLOCKS, &[ABCD, COPY]), 17), Err(CORRUPT));
        assert_eq!(decompress(&frame(0, &[COPY]), 17), Err(CORRUPT));
    }

    #[test]
    fn what_does_not_compress_is_stored() {
        let mut state = 1u32;
        let next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        let noise: Vec<u8> = std::iter::repeat_with(next).take(100_000).collect();
        let packed = compress(&noise).unwrap();
        assert_eq!(packed.len(), noise.len() + 7 + 2 * 4 + 4);
        assert_eq!(decompress(&packed, noise.len()).unwrap(), noise);
    }

    #[test]
    fn nothing_packs_to_something_that_unpacks() {
        assert_eq!(decompress(&compress(b"").unwrap(), 0).unwrap(), b"");
    }

    #[test]
    fn a_cut_off_frame_is_refused() {
        let packed = compress(&[7; 70_000]).unwrap();
        for len in 0..packed.len() {
            assert_eq!(decompress(&packed[..len], 1 << 20), Err(CORRUPT), "{len}");
        }
    }
}

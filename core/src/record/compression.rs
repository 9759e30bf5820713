//! The five ways that the records section of a batch can be packed.

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder as ZstdDecoder};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::{RecordError, gzip, lz4, xerial};

/// How the records of a batch are compressed: the low three bits of its attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Compression {
    /// Not at all.
    #[default]
    None = 0,
    /// gzip (RFC 1952).
    Gzip = 1,
    /// Snappy, written in Java's framing, read with or without it.
    Snappy = 2,
    /// The LZ4 frame format.
    Lz4 = 3,
    /// Zstandard (RFC 8878, KIP-110).
    Zstd = 4,
}

impl Compression {
    /// Every compression, by number.
    pub const ALL: [Compression; 5] = [
        Compression::None,
        Compression::Gzip,
        Compression::Snappy,
        Compression::Lz4,
        Compression::Zstd,
    ];

    /// The name that configurations use (`compression.type`).
    pub const fn name(self) -> &'static str {
        match self {
            Compression::None => "none",
            Compression::Gzip => "gzip",
            Compression::Snappy => "snappy",
            Compression::Lz4 => "lz4",
            Compression::Zstd => "zstd",
        }
    }

    /// The compression of that name, if there is one.
    pub fn from_name(name: &str) -> Option<Compression> {
        Compression::ALL.into_iter().find(|compression| compression.name() == name)
    }

    /// Packs the records section of a batch.
    ///
    /// # Errors
    /// [`RecordError::BadCompression`] where the library refuses, which it has no reason to.
    pub fn compress(self, plain: &[u8]) -> Result<Vec<u8>, RecordError> {
        match self {
            Compression::None => Ok(plain.to_vec()),
            Compression::Gzip => Ok(gzip::compress(plain)),
            Compression::Snappy => xerial::compress(plain),
            Compression::Lz4 => lz4::compress(plain),
            // The only level that ruzstd has; about zstd's own level 1.
            Compression::Zstd => Ok(compress_to_vec(plain, CompressionLevel::Fastest)),
        }
    }

    /// Unpacks the records section of a batch, to at most `max_bytes`: memory grows with what comes
    /// out, never by a size that the packed bytes claim.
    ///
    /// # Errors
    /// [`RecordError::TooLarge`] where more would come out, [`RecordError::BadCompression`] where
    /// the bytes are not of this compression.
    pub fn decompress(self, packed: &[u8], max_bytes: usize) -> Result<Vec<u8>, RecordError> {
        match self {
            Compression::None if packed.len() > max_bytes => {
                Err(RecordError::TooLarge { max_bytes })
            }
            Compression::None => Ok(packed.to_vec()),
            Compression::Gzip => gzip::decompress(packed, max_bytes),
            Compression::Snappy => xerial::decompress(packed, max_bytes),
            Compression::Lz4 => lz4::decompress(packed, max_bytes),
            Compression::Zstd => unzstd(packed, max_bytes),
        }
    }
}

/// Decodes every frame, block by block: the decoder holds back a whole window (up to 128 MiB) before
/// it lets its reader see a byte, so a bound on what is read would not bound its memory.
fn unzstd(mut packed: &[u8], max_bytes: usize) -> Result<Vec<u8>, RecordError> {
    let corrupt = RecordError::BadCompression(Compression::Zstd);
    let mut plain = Vec::new();
    while !packed.is_empty() {
        // A new decoder each time: one used again reserves the window that the frame claims.
        let mut decoder = ZstdDecoder::new();
        match decoder.init(&mut packed) {
            Ok(()) => {}
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length,
                ..
            })) => {
                packed = packed.get(length as usize..).ok_or(corrupt)?;
                continue;
            }
            Err(_) => return Err(corrupt),
        }
        let left = max_bytes - plain.len();
        let bound = BlockDecodingStrategy::UptoBytes(left.saturating_add(1));
        decoder.decode_blocks(&mut packed, bound).map_err(|_| corrupt)?;
        if !decoder.is_finished() || decoder.can_collect() > left {
            return Err(RecordError::TooLarge { max_bytes });
        }
        let frame = decoder.collect().unwrap_or_default();
        if plain.is_empty() {
            plain = frame;
        } else {
            plain.extend_from_slice(&frame);
        }
    }
    Ok(plain)
}

impl TryFrom<u8> for Compression {
    type Error = RecordError;

    fn try_from(number: u8) -> Result<Compression, RecordError> {
        Compression::ALL
            .get(usize::from(number))
            .copied()
            .ok_or(RecordError::UnknownCompression(number))
    }
}

impl TryFrom<i8> for Compression {
    type Error = RecordError;

    fn try_from(number: i8) -> Result<Compression, RecordError> {
        Compression::try_from(number as u8)
    }
}

impl std::fmt::Display for Compression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

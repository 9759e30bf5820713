//! Metadata values: a version, a message described like those of the protocol, and a checksum.

use std::ops::RangeInclusive;

use bytes::Bytes;

use crate::crc::crc32c;
use crate::protocol::{DecodeError, Field, Reader, Writer};

/// Why a metadata value cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// The bytes are not those that were written.
    #[error("its checksum does not hold")]
    Damaged,
    /// A newer release wrote it.
    #[error("its version {0} is newer than this release")]
    Newer(i16),
    /// The checksum holds and yet it does not parse.
    #[error("it does not parse: {0}")]
    Malformed(#[from] DecodeError),
}

/// Writes a value: CRC-32C of what follows, version, fields.
pub(crate) fn seal_value(value: &impl Field, version: i16) -> Bytes {
    let mut out = Writer::new(vec![0; 4], version, true);
    version.write(&mut out);
    value.write(&mut out);
    let mut bytes = out.into_inner();
    let crc = crc32c(&bytes[4..]);
    bytes[..4].copy_from_slice(&crc.to_be_bytes());
    bytes.into()
}

/// Reads a value that was written in one of these versions.
pub(crate) fn open_value<T: Field>(
    value: Bytes,
    versions: RangeInclusive<i16>,
) -> Result<T, ValueError> {
    let mut from = Reader::new(value, 0, true);
    let stored = u32::read(&mut from).map_err(|_| ValueError::Damaged)?;
    let body = from.into_rest();
    if crc32c(&body) != stored {
        return Err(ValueError::Damaged);
    }
    let mut from = Reader::new(body, 0, true);
    let version = i16::read(&mut from)?;
    if !versions.contains(&version) {
        return Err(ValueError::Newer(version));
    }
    from.version = version;
    Ok(T::read(&mut from)?)
}

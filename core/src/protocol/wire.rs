//! The primitive types of the protocol, and the reader and writer that carry a message's version.

use bytes::Bytes;

use crate::Uuid;

/// Why bytes are not the message that they were taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes end inside a field.
    #[error("{wanted} bytes wanted, {left} left")]
    Truncated {
        /// How many bytes the field needs.
        wanted: usize,
        /// How many bytes there are.
        left: usize,
    },
    /// A length is negative, or null where the field cannot be null.
    #[error("length {0} where a value must be")]
    BadLength(i64),
    /// A varint runs past the width of its type.
    #[error("varint longer than its type")]
    BadVarint,
    /// A string is not UTF-8.
    #[error("string is not UTF-8")]
    BadString,
    /// Bytes are left behind the last field.
    #[error("{0} bytes left behind the message")]
    Trailing(usize),
    /// The message does not exist in this version.
    #[error("version {0} is not known")]
    UnknownVersion(i16),
    /// No API has this key.
    #[error("API key {0} is not known")]
    UnknownApi(i16),
}

/// Reads fields from a frame. Byte fields are slices of the frame, not copies.
pub struct Reader {
    frame: Bytes,
    /// How much of the frame has been read.
    at: usize,
    /// The version of the message being read.
    pub version: i16,
    /// Whether that version is flexible: compact lengths and tagged fields (KIP-482).
    pub flexible: bool,
}

impl Reader {
    /// A reader over `frame` for a message of the given version.
    pub fn new(frame: Bytes, version: i16, flexible: bool) -> Reader {
        Reader { frame, at: 0, version, flexible }
    }

    /// How many bytes are left.
    pub fn remaining(&self) -> usize {
        self.frame.len() - self.at
    }

    /// What has not been read.
    pub fn into_rest(mut self) -> Bytes {
        self.frame.split_off(self.at)
    }

    /// Takes the next `len` bytes, without copying them.
    pub fn take(&mut self, len: usize) -> Result<Bytes, DecodeError> {
        let at = self.at;
        self.skip(len)?;
        Ok(self.frame.slice(at..self.at))
    }

    fn skip(&mut self, len: usize) -> Result<&[u8], DecodeError> {
        self.need(len)?;
        let at = self.at;
        self.at += len;
        Ok(&self.frame[at..self.at])
    }

    fn need(&self, wanted: usize) -> Result<(), DecodeError> {
        let left = self.remaining();
        if wanted > left { Err(DecodeError::Truncated { wanted, left }) } else { Ok(()) }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.skip(N)?);
        Ok(array)
    }

    /// An unsigned LEB128 number of at most 32 bits.
    pub fn uvarint(&mut self) -> Result<u32, DecodeError> {
        let mut value: u32 = 0;
        for shift in (0..35).step_by(7) {
            let [byte] = self.array()?;
            if shift == 28 && byte > 0x0f {
                return Err(DecodeError::BadVarint);
            }
            value |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(DecodeError::BadVarint)
    }

    /// The length of a string, a byte field (`short`: 16 bits wide when not compact) or an array;
    /// `None` for null.
    fn length(&mut self, short: bool) -> Result<Option<usize>, DecodeError> {
        let len = if self.flexible {
            i64::from(self.uvarint()?) - 1
        } else if short {
            i64::from(i16::read(self)?)
        } else {
            i64::from(i32::read(self)?)
        };
        match len {
            -1 => Ok(None),
            0.. => {
                // What is counted takes a byte each at least.
                self.need(len as usize)?;
                Ok(Some(len as usize))
            }
            _ => Err(DecodeError::BadLength(len)),
        }
    }

    /// Reads the tagged fields that end a flexible struct: `known` reads the ones it knows and says
    /// so; the rest is skipped, as KIP-482 asks.
    pub fn tags(
        &mut self,
        known: &mut dyn FnMut(u32, &mut Reader) -> Result<bool, DecodeError>,
    ) -> Result<(), DecodeError> {
        if !self.flexible {
            return Ok(());
        }
        for _ in 0..self.uvarint()? {
            let tag = self.uvarint()?;
            let size = self.uvarint()? as usize;
            let mut field = Reader::new(self.take(size)?, self.version, true);
            if known(tag, &mut field)? && field.remaining() > 0 {
                return Err(DecodeError::Trailing(field.remaining()));
            }
        }
        Ok(())
    }
}

/// Writes the fields of a message.
pub struct Writer {
    out: Vec<u8>,
    /// The version of the message being written.
    pub version: i16,
    /// Whether that version is flexible: compact lengths and tagged fields (KIP-482).
    pub flexible: bool,
}

impl Writer {
    /// A writer that appends to `out` a message of the given version.
    pub fn new(out: Vec<u8>, version: i16, flexible: bool) -> Writer {
        Writer { out, version, flexible }
    }

    /// What has been written.
    pub fn into_inner(self) -> Vec<u8> {
        self.out
    }

    /// Appends raw bytes.
    pub fn put(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// An unsigned LEB128 number.
    pub fn uvarint(&mut self, mut value: u32) {
        while value >= 0x80 {
            self.out.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.out.push(value as u8);
    }

    fn length(&mut self, len: Option<usize>, short: bool) {
        if self.flexible {
            self.uvarint(len.map_or(0, |len| len as u32 + 1));
        } else if short {
            len.map_or(-1, |len| len as i16).write(self);
        } else {
            len.map_or(-1, |len| len as i32).write(self);
        }
    }

    /// Writes one tagged field, its size first.
    pub fn tag(&mut self, tag: u32, field: &impl Field) {
        let mut inner = Writer::new(Vec::new(), self.version, true);
        field.write(&mut inner);
        self.uvarint(tag);
        self.uvarint(inner.out.len() as u32);
        self.put(&inner.out);
    }
}

/// A type that a field of a message can have.
pub trait Field: Sized {
    /// Writes the value.
    fn write(&self, out: &mut Writer);
    /// Reads a value.
    fn read(from: &mut Reader) -> Result<Self, DecodeError>;
    /// How many bytes a value takes at least: what bounds the claimed length of an array.
    fn min_bytes(version: i16, flexible: bool) -> usize;
    /// Makes a value for a test.
    #[cfg(test)]
    fn sample(samples: &mut super::tests::samples::Samples) -> Self;
}

macro_rules! numbers {
    ($($number:ty),*) => { $(
        impl Field for $number {
            fn write(&self, out: &mut Writer) {
                out.put(&self.to_be_bytes());
            }
            fn read(from: &mut Reader) -> Result<Self, DecodeError> {
                Ok(<$number>::from_be_bytes(from.array()?))
            }
            fn min_bytes(_version: i16, _flexible: bool) -> usize {
                size_of::<$number>()
            }
            #[cfg(test)]
            fn sample(samples: &mut super::tests::samples::Samples) -> Self {
                samples.number(size_of::<$number>()) as $number
            }
        }
    )* };
}
numbers!(i8, i16, u16, i32, u32, i64, f64);

impl Field for bool {
    fn write(&self, out: &mut Writer) {
        out.put(&[u8::from(*self)]);
    }
    fn read(from: &mut Reader) -> Result<Self, DecodeError> {
        Ok(i8::read(from)? != 0)
    }
    fn min_bytes(_version: i16, _flexible: bool) -> usize {
        1
    }
    #[cfg(test)]
    fn sample(samples: &mut super::tests::samples::Samples) -> Self {
        samples.flag()
    }
}

impl Field for Uuid {
    fn write(&self, out: &mut Writer) {
        out.put(&self.0);
    }
    fn read(from: &mut Reader) -> Result<Self, DecodeError> {
        Ok(Uuid(from.array()?))
    }
    fn min_bytes(_version: i16, _flexible: bool) -> usize {
        16
    }
    #[cfg(test)]
    fn sample(samples: &mut super::tests::samples::Samples) -> Self {
        let (high, low) = (samples.number(8) as u64, samples.number(8) as u64);
        Uuid((u128::from(high) << 64 | u128::from(low)).to_be_bytes())
    }
}

/// A field that a length precedes, with −1 (0 when compact) for null.
trait Prefixed: Sized {
    const SHORT: bool;
    fn body_len(&self) -> usize;
    fn write_body(&self, out: &mut Writer);
    fn read_body(from: &mut Reader, len: usize) -> Result<Self, DecodeError>;
    #[cfg(test)]
    fn sample_body(samples: &mut super::tests::samples::Samples) -> Self;
}

/// The longest string in bytes, in flexible versions too.
const MAX_STRING_BYTES: usize = i16::MAX as usize;

/// As much of a string as can be written.
fn cut(text: &str) -> &str {
    if text.len() <= MAX_STRING_BYTES {
        return text;
    }
    let whole_chars = (0..=MAX_STRING_BYTES).rev().find(|&at| text.is_char_boundary(at));
    &text[..whole_chars.unwrap_or(0)]
}

/// At most 32,767 bytes, in every version: longer text is cut when written, for it cannot be told
/// on the wire, and refused when read.
impl Prefixed for String {
    const SHORT: bool = true;
    fn body_len(&self) -> usize {
        cut(self).len()
    }
    fn write_body(&self, out: &mut Writer) {
        out.put(cut(self).as_bytes());
    }
    #[cfg(test)]
    fn sample_body(samples: &mut super::tests::samples::Samples) -> Self {
        samples.text()
    }
    fn read_body(from: &mut Reader, len: usize) -> Result<Self, DecodeError> {
        if len > MAX_STRING_BYTES {
            return Err(DecodeError::BadLength(len as i64));
        }
        std::str::from_utf8(from.skip(len)?).map(str::to_owned).map_err(|_| DecodeError::BadString)
    }
}

impl Prefixed for Bytes {
    const SHORT: bool = false;
    fn body_len(&self) -> usize {
        self.len()
    }
    fn write_body(&self, out: &mut Writer) {
        out.put(self);
    }
    fn read_body(from: &mut Reader, len: usize) -> Result<Self, DecodeError> {
        from.take(len)
    }
    #[cfg(test)]
    fn sample_body(samples: &mut super::tests::samples::Samples) -> Self {
        samples.text().into()
    }
}

impl<T: Field> Prefixed for Vec<T> {
    const SHORT: bool = false;
    fn body_len(&self) -> usize {
        self.len()
    }
    fn write_body(&self, out: &mut Writer) {
        self.iter().for_each(|item| item.write(out));
    }
    fn read_body(from: &mut Reader, len: usize) -> Result<Self, DecodeError> {
        let min_bytes = T::min_bytes(from.version, from.flexible);
        from.need(len.saturating_mul(min_bytes))?;
        let mut items = Vec::with_capacity(len);
        for _ in 0..len {
            items.push(T::read(from)?);
        }
        Ok(items)
    }
    #[cfg(test)]
    fn sample_body(samples: &mut super::tests::samples::Samples) -> Self {
        samples.array(T::sample)
    }
}

fn min_prefix_bytes(short: bool, flexible: bool) -> usize {
    match (flexible, short) {
        (true, _) => 1,
        (false, true) => 2,
        (false, false) => 4,
    }
}

impl<T: Prefixed> Field for T {
    fn write(&self, out: &mut Writer) {
        out.length(Some(self.body_len()), T::SHORT);
        self.write_body(out);
    }
    fn read(from: &mut Reader) -> Result<Self, DecodeError> {
        let len = from.length(T::SHORT)?.ok_or(DecodeError::BadLength(-1))?;
        T::read_body(from, len)
    }
    fn min_bytes(_version: i16, flexible: bool) -> usize {
        min_prefix_bytes(T::SHORT, flexible)
    }
    #[cfg(test)]
    fn sample(samples: &mut super::tests::samples::Samples) -> Self {
        T::sample_body(samples)
    }
}

impl<T: Prefixed> Field for Option<T> {
    fn write(&self, out: &mut Writer) {
        out.length(self.as_ref().map(T::body_len), T::SHORT);
        if let Some(value) = self {
            value.write_body(out);
        }
    }
    fn read(from: &mut Reader) -> Result<Self, DecodeError> {
        match from.length(T::SHORT)? {
            Some(len) => T::read_body(from, len).map(Some),
            None => Ok(None),
        }
    }
    fn min_bytes(_version: i16, flexible: bool) -> usize {
        min_prefix_bytes(T::SHORT, flexible)
    }
    #[cfg(test)]
    fn sample(samples: &mut super::tests::samples::Samples) -> Self {
        if samples.null() { None } else { Some(T::sample_body(samples)) }
    }
}

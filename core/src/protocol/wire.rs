//! The primitive types of the protocol, and the reader and writer that carry a message's version.

use std::ops::Range;

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
///
/// The first error is kept, and whatever is read after it is empty or zero: so a message of many
/// fields is checked once, at its end, which takes less code than checking each.
pub struct Reader {
    frame: Bytes,
    /// How much of the frame has been read; all of it after an error.
    at: usize,
    error: Option<DecodeError>,
    /// The version of the message being read.
    pub version: i16,
    /// Whether that version is flexible: compact lengths and tagged fields (KIP-482).
    pub flexible: bool,
}

impl Reader {
    /// A reader over `frame` for a message of the given version.
    pub fn new(frame: Bytes, version: i16, flexible: bool) -> Reader {
        Reader { frame, at: 0, error: None, version, flexible }
    }

    /// How many bytes are left.
    pub fn remaining(&self) -> usize {
        self.frame.len() - self.at
    }

    /// What has not been read.
    pub fn into_rest(mut self) -> Bytes {
        self.frame.split_off(self.at)
    }

    /// Whether all that was read was there.
    pub fn check(&self) -> Result<(), DecodeError> {
        self.error.map_or(Ok(()), Err)
    }

    #[cold]
    pub(crate) fn fail(&mut self, error: DecodeError) {
        self.at = self.frame.len();
        self.error.get_or_insert(error);
    }

    /// Whether so many bytes are left; if not, that is the error.
    fn has(&mut self, wanted: usize) -> bool {
        let left = self.remaining();
        if wanted > left {
            self.fail(DecodeError::Truncated { wanted, left });
        }
        wanted <= left
    }

    /// The place of the next `len` bytes, which are then behind the reader.
    fn advance(&mut self, len: usize) -> Range<usize> {
        let at = self.at;
        if !self.has(len) {
            return 0..0;
        }
        self.at += len;
        at..self.at
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        let place = self.advance(N);
        self.frame[place].try_into().unwrap_or([0; N])
    }

    /// An unsigned LEB128 number of at most 32 bits.
    pub(crate) fn uvarint(&mut self) -> u32 {
        let mut value: u32 = 0;
        for shift in (0..35).step_by(7) {
            let [byte] = self.array();
            if shift == 28 && byte > 0x0f {
                self.fail(DecodeError::BadVarint);
                return 0;
            }
            value |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        value
    }

    /// The length of a string, a byte field (`short`: 16 bits wide when not compact) or an array;
    /// `None` for null.
    fn length(&mut self, short: bool) -> Option<usize> {
        let len = if self.flexible {
            i64::from(self.uvarint()) - 1
        } else if short {
            i64::from(i16::parse(self))
        } else {
            i64::from(i32::parse(self))
        };
        // What is counted takes a byte each at least.
        match usize::try_from(len) {
            Ok(len) => self.has(len).then_some(len),
            Err(_) if len == -1 => None,
            Err(_) => {
                self.fail(DecodeError::BadLength(len));
                None
            }
        }
    }

    /// The length of what cannot be null.
    fn length_not_null(&mut self, short: bool) -> usize {
        self.length(short).unwrap_or_else(|| {
            self.fail(DecodeError::BadLength(-1));
            0
        })
    }

    /// Reads a value that may be null only where `null` says so.
    pub(crate) fn parse_nullable<T>(&mut self, null: bool) -> Option<T>
    where
        Option<T>: Field,
    {
        let value = Option::parse(self);
        if value.is_none() && !null {
            self.fail(DecodeError::BadLength(-1));
        }
        value
    }

    /// Reads the tagged fields that end a flexible struct: `known` reads the ones it knows and says
    /// so; the rest is skipped, as KIP-482 asks.
    pub(crate) fn tags(&mut self, known: &mut dyn FnMut(u32, &mut Reader) -> bool) {
        if !self.flexible {
            return;
        }
        let mut left = self.uvarint();
        while left > 0 && self.error.is_none() {
            left -= 1;
            let tag = self.uvarint();
            let size_bytes = self.uvarint() as usize;
            let place = self.advance(size_bytes);
            let mut field = Reader::new(self.frame.slice(place), self.version, true);
            let error = match (known(tag, &mut field), field.remaining()) {
                (true, left @ 1..) => Some(DecodeError::Trailing(left)),
                _ => field.error,
            };
            if let Some(error) = error {
                self.fail(error);
            }
        }
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
    /// Reads a value, which means nothing unless [`Reader::check`] finds no error.
    fn parse(from: &mut Reader) -> Self;
    /// Reads a value.
    fn read(from: &mut Reader) -> Result<Self, DecodeError> {
        let value = Self::parse(from);
        from.check().map(|()| value)
    }
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
            fn parse(from: &mut Reader) -> Self {
                <$number>::from_be_bytes(from.array())
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
    fn parse(from: &mut Reader) -> Self {
        i8::parse(from) != 0
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
    fn parse(from: &mut Reader) -> Self {
        Uuid(from.array())
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
    fn parse_body(from: &mut Reader, len: usize) -> Self;
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
    fn parse_body(from: &mut Reader, len: usize) -> Self {
        let place = from.advance(len);
        match std::str::from_utf8(&from.frame[place]) {
            Ok(text) if len <= MAX_STRING_BYTES => return text.to_owned(),
            Ok(_) => from.fail(DecodeError::BadLength(len as i64)),
            Err(_) => from.fail(DecodeError::BadString),
        }
        String::new()
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
    fn parse_body(from: &mut Reader, len: usize) -> Self {
        let place = from.advance(len);
        from.frame.slice(place)
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
    fn parse_body(from: &mut Reader, len: usize) -> Self {
        let min_bytes = T::min_bytes(from.version, from.flexible);
        if !from.has(len.saturating_mul(min_bytes)) {
            return Vec::new();
        }
        let mut items = Vec::with_capacity(len);
        while items.len() < len && from.error.is_none() {
            items.push(T::parse(from));
        }
        items
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
    fn parse(from: &mut Reader) -> Self {
        let len = from.length_not_null(T::SHORT);
        T::parse_body(from, len)
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
    fn parse(from: &mut Reader) -> Self {
        from.length(T::SHORT).map(|len| T::parse_body(from, len))
    }
    fn min_bytes(_version: i16, flexible: bool) -> usize {
        min_prefix_bytes(T::SHORT, flexible)
    }
    #[cfg(test)]
    fn sample(samples: &mut super::tests::samples::Samples) -> Self {
        if samples.null() { None } else { Some(T::sample_body(samples)) }
    }
}

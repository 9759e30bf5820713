//! The types that a field can have: numbers, strings, byte fields, arrays.

use bytes::Bytes;

use super::rule::Size;
use super::wire::{DecodeError, Reader, Writer};
use crate::Uuid;

/// A type that a field of a message can have.
pub trait Field: Default {
    /// How many bytes a value takes at least.
    const SIZE: Size;
    /// Writes the value.
    fn write(&self, out: &mut Writer);
    /// Reads a value over a default, which it may leave where an error is found.
    fn fill(&mut self, from: &mut Reader);
    /// Reads a value, which means nothing unless [`Reader::check`] finds no error.
    fn parse(from: &mut Reader) -> Self {
        let mut value = Self::default();
        value.fill(from);
        value
    }
    /// Reads a value.
    fn read(from: &mut Reader) -> Result<Self, DecodeError> {
        let value = Self::parse(from);
        from.check().map(|()| value)
    }
    /// Makes a value for a test.
    #[cfg(test)]
    fn sample(samples: &mut super::tests::samples::Samples) -> Self;
}

macro_rules! numbers {
    ($($number:ty),*) => { $(
        impl Field for $number {
            const SIZE: Size = Size::Bytes(size_of::<$number>() as u8);
            fn write(&self, out: &mut Writer) {
                out.put(&self.to_be_bytes());
            }
            fn fill(&mut self, from: &mut Reader) {
                *self = <$number>::from_be_bytes(from.array());
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
    const SIZE: Size = Size::Bytes(1);
    fn write(&self, out: &mut Writer) {
        out.put(&[u8::from(*self)]);
    }
    fn fill(&mut self, from: &mut Reader) {
        *self = from.array() != [0];
    }
    #[cfg(test)]
    fn sample(samples: &mut super::tests::samples::Samples) -> Self {
        samples.flag()
    }
}

impl Field for Uuid {
    const SIZE: Size = Size::Bytes(16);
    fn write(&self, out: &mut Writer) {
        out.put(&self.0);
    }
    fn fill(&mut self, from: &mut Reader) {
        self.0 = from.array();
    }
    #[cfg(test)]
    fn sample(samples: &mut super::tests::samples::Samples) -> Self {
        let (high, low) = (samples.number(8) as u64, samples.number(8) as u64);
        Uuid((u128::from(high) << 64 | u128::from(low)).to_be_bytes())
    }
}

/// A field that a length precedes, with −1 (0 when compact) for null.
trait Prefixed: Default {
    const SHORT: bool;
    fn body_len(&self) -> usize;
    fn write_body(&self, out: &mut Writer);
    /// Reads `len` bytes or elements over a default.
    fn fill_body(&mut self, from: &mut Reader, len: usize);
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
    fn fill_body(&mut self, from: &mut Reader, len: usize) {
        match std::str::from_utf8(from.peeked(len)) {
            Ok(text) if len <= MAX_STRING_BYTES => *self = text.to_owned(),
            Ok(_) => from.fail(DecodeError::BadLength(len as i64)),
            Err(_) => from.fail(DecodeError::BadString),
        }
    }
    #[cfg(test)]
    fn sample_body(samples: &mut super::tests::samples::Samples) -> Self {
        samples.text()
    }
}

impl Prefixed for Bytes {
    const SHORT: bool = false;
    fn body_len(&self) -> usize {
        self.len()
    }
    fn write_body(&self, out: &mut Writer) {
        out.put_many(self);
    }
    fn fill_body(&mut self, from: &mut Reader, len: usize) {
        *self = from.slice(len);
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
    fn fill_body(&mut self, from: &mut Reader, len: usize) {
        let min_bytes = T::SIZE.min_bytes(from.version, from.flexible);
        if from.has(len.saturating_mul(min_bytes)) {
            // Vec makes room for four elements at least when it is left to grow.
            self.reserve_exact(len);
            self.extend(std::iter::repeat_with(T::default).take(len));
            self.iter_mut().for_each(|item| item.fill(from));
        }
    }
    #[cfg(test)]
    fn sample_body(samples: &mut super::tests::samples::Samples) -> Self {
        samples.array(T::sample)
    }
}

impl<T: Prefixed> Field for T {
    const SIZE: Size = Size::Prefix { short: T::SHORT };
    fn write(&self, out: &mut Writer) {
        out.length(Some(self.body_len()), T::SHORT);
        self.write_body(out);
    }
    fn fill(&mut self, from: &mut Reader) {
        let len = from.length_not_null(T::SHORT);
        self.fill_body(from, len);
    }
    #[cfg(test)]
    fn sample(samples: &mut super::tests::samples::Samples) -> Self {
        T::sample_body(samples)
    }
}

impl<T: Prefixed> Field for Option<T> {
    const SIZE: Size = Size::Prefix { short: T::SHORT };
    fn write(&self, out: &mut Writer) {
        out.length(self.as_ref().map(T::body_len), T::SHORT);
        if let Some(value) = self {
            value.write_body(out);
        }
    }
    fn fill(&mut self, from: &mut Reader) {
        *self = None;
        if let Some(len) = from.length(T::SHORT) {
            self.insert(T::default()).fill_body(from, len);
        }
    }
    #[cfg(test)]
    fn sample(samples: &mut super::tests::samples::Samples) -> Self {
        if samples.null() { None } else { Some(T::sample_body(samples)) }
    }
}

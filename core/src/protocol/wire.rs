//! The reader and the writer of messages: they carry a message's version, and walk along the rules
//! of the struct whose turn it is.

use std::mem;
use std::ops::{Range, RangeInclusive};

use bytes::Bytes;

use super::describe::{FieldsIn, FieldsOut};
use super::field::Field;
use super::rule::Walk;

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
    /// What may be read, up to the end of the frame or of a tagged field.
    frame: Bytes,
    /// How much of the frame has been read; all of it after an error.
    at: usize,
    error: Option<DecodeError>,
    walk: Walk,
    /// The version of the message being read.
    pub version: i16,
    /// Whether that version is flexible: compact lengths and tagged fields (KIP-482).
    pub flexible: bool,
}

impl Reader {
    /// A reader over `frame` for a message of the given version.
    pub fn new(frame: Bytes, version: i16, flexible: bool) -> Reader {
        Reader { frame, at: 0, error: None, walk: Walk::plain(&[]), version, flexible }
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
    pub(super) fn has(&mut self, wanted: usize) -> bool {
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

    /// The next `len` bytes, uncopied.
    pub(super) fn slice(&mut self, len: usize) -> Bytes {
        let place = self.advance(len);
        self.frame.slice(place)
    }

    /// The next `len` bytes, to be copied.
    pub(super) fn peeked(&mut self, len: usize) -> &[u8] {
        let place = self.advance(len);
        &self.frame[place]
    }

    pub(super) fn array<const N: usize>(&mut self) -> [u8; N] {
        let Some(next) = self.frame.get(self.at..).and_then(|left| left.first_chunk()) else {
            self.has(N);
            return [0; N];
        };
        self.at += N;
        *next
    }

    /// An unsigned LEB128 number of at most 32 bits.
    pub(crate) fn uvarint(&mut self) -> u32 {
        let [first] = self.array();
        let mut value = u32::from(first & 0x7f);
        if first < 0x80 {
            // Most are lengths and counts below 127.
            return value;
        }
        for shift in [7, 14, 21, 28] {
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
    /// `None` for null, which is an error where the version has no null.
    pub(super) fn length(&mut self, short: bool) -> Option<usize> {
        let null = self.walk.take_null(self.version);
        let len = if self.flexible {
            i64::from(self.uvarint()) - 1
        } else if short {
            i64::from(i16::from_be_bytes(self.array()))
        } else {
            i64::from(i32::from_be_bytes(self.array()))
        };
        match usize::try_from(len) {
            // What is counted takes a byte each at least.
            Ok(len) => return self.has(len).then_some(len),
            Err(_) if len == -1 && null => {}
            Err(_) => self.fail(DecodeError::BadLength(len)),
        }
        None
    }

    /// The length of what cannot be null.
    pub(super) fn length_not_null(&mut self, short: bool) -> usize {
        self.length(short).unwrap_or_else(|| {
            self.fail(DecodeError::BadLength(-1));
            0
        })
    }

    /// Reads the fields of a struct: those without a tag, and in a flexible version the tagged ones
    /// behind them. Tags that the version does not have are skipped, as KIP-482 asks.
    pub(crate) fn fields(&mut self, into: &mut dyn FieldsIn) {
        let outer = mem::replace(&mut self.walk, Walk::plain(into.rules()));
        into.read_fields(self);
        let mut left = if self.flexible { self.uvarint() } else { 0 };
        while left > 0 && self.error.is_none() {
            left -= 1;
            let tag = self.uvarint();
            let size_bytes = self.uvarint() as usize;
            let place = self.advance(size_bytes);
            if let Some(walk) = Walk::tagged(into.rules(), tag, self.version) {
                let field = self.frame.slice(..place.end);
                let frame = mem::replace(&mut self.frame, field);
                self.at = place.start;
                self.walk = walk;
                into.read_fields(self);
                if self.remaining() > 0 {
                    self.fail(DecodeError::Trailing(self.remaining()));
                }
                self.frame = frame;
            }
            if self.error.is_some() {
                self.at = self.frame.len();
            }
        }
        self.walk = outer;
    }

    /// Reads a message, if it is described for the version.
    pub(super) fn message(
        &mut self,
        into: &mut dyn FieldsIn,
        versions: &RangeInclusive<i16>,
        flexible_from: i16,
    ) -> Result<(), DecodeError> {
        self.flexible = self.version >= flexible_from;
        if versions.contains(&self.version) {
            self.fields(into);
        } else {
            self.fail(DecodeError::UnknownVersion(self.version));
        }
        self.check()
    }

    /// Whether all has been read.
    pub(super) fn end(&self) -> Result<(), DecodeError> {
        match self.remaining() {
            0 => Ok(()),
            left => Err(DecodeError::Trailing(left)),
        }
    }

    /// Reads a struct's next field, if it is due.
    pub(crate) fn field<F: Field>(&mut self, into: &mut F) {
        if self.walk.is_due(self.version) {
            into.fill(self);
        }
    }

    /// Reads a struct's next field, which is a tagged one, if it is due. The last of equal tags holds.
    pub(crate) fn tagged<F: Field>(&mut self, into: &mut F) {
        if self.walk.is_due(self.version) {
            *into = F::parse(self);
        }
    }
}

/// Room for the lengths and tags behind the records of a response.
const ROOM_BEHIND_BYTES: usize = 64;

/// Writes the fields of a message.
pub struct Writer {
    out: Vec<u8>,
    walk: Walk,
    /// How many tagged fields the struct at hand has to write.
    tags: u32,
    /// Whether it is their turn.
    tags_due: bool,
    /// The version of the message being written.
    pub version: i16,
    /// Whether that version is flexible: compact lengths and tagged fields (KIP-482).
    pub flexible: bool,
}

impl Writer {
    /// A writer that appends to `out` a message of the given version.
    pub fn new(out: Vec<u8>, version: i16, flexible: bool) -> Writer {
        let walk = Walk::plain(&[]);
        Writer { out, walk, tags: 0, tags_due: false, version, flexible }
    }

    /// What has been written.
    pub fn into_inner(self) -> Vec<u8> {
        self.out
    }

    /// Appends raw bytes.
    pub fn put(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Appends raw bytes that may be many, with room for what little mostly follows them: growing
    /// once more would copy them again.
    pub(super) fn put_many(&mut self, bytes: &[u8]) {
        self.out.reserve(bytes.len() + ROOM_BEHIND_BYTES);
        self.put(bytes);
    }

    /// An unsigned LEB128 number.
    pub fn uvarint(&mut self, mut value: u32) {
        while value >= 0x80 {
            self.out.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.out.push(value as u8);
    }

    /// The length of a string, a byte field or an array; `None` for null, in whose place the empty
    /// value is written where the version has no null.
    pub(super) fn length(&mut self, len: Option<usize>, short: bool) {
        let null = self.walk.take_null(self.version);
        let len = if null { len } else { Some(len.unwrap_or(0)) };
        if self.flexible {
            self.uvarint(len.map_or(0, |len| len as u32 + 1));
        } else if short {
            self.put(&len.map_or(-1, |len| len as i16).to_be_bytes());
        } else {
            self.put(&len.map_or(-1, |len| len as i32).to_be_bytes());
        }
    }

    /// Writes the fields of a struct: those without a tag, and in a flexible version the tagged ones
    /// behind them.
    pub(crate) fn fields(&mut self, from: &dyn FieldsOut) {
        let outer = (mem::take(&mut self.tags), mem::take(&mut self.tags_due));
        let outer_walk = mem::replace(&mut self.walk, Walk::plain(from.rules()));
        from.write_fields(self);
        if self.flexible {
            self.uvarint(self.tags);
            if self.tags > 0 {
                self.tags_due = true;
                self.walk = Walk::plain(from.rules());
                from.write_fields(self);
            }
        }
        self.walk = outer_walk;
        (self.tags, self.tags_due) = outer;
    }

    /// Writes a struct's next field, if it is due.
    pub(crate) fn field<F: Field>(&mut self, from: &F) {
        if self.walk.is_due(self.version) && !self.tags_due {
            from.write(self);
        }
    }

    /// Writes a struct's next field, which is a tagged one, its size first; counts it where it is
    /// not yet due. A field with its default is left out.
    pub(crate) fn tagged<F: Field + PartialEq>(&mut self, from: &F, default: F) {
        let is_default = *from == default;
        match self.walk.next(self.version) {
            Some(tag) if !is_default && self.tags_due => {
                let before = mem::take(&mut self.out);
                from.write(self);
                let field = mem::replace(&mut self.out, before);
                self.uvarint(tag as u32);
                self.uvarint(field.len() as u32);
                self.put(&field);
            }
            Some(_) if !is_default => self.tags += 1,
            _ => {}
        }
    }
}

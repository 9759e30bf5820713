//! Values for tests: of each field that the version has, and defaults for the others.

use std::collections::VecDeque;

/// Makes the values of one message's fields.
pub struct Samples {
    /// The version of the message that is made.
    pub version: i16,
    source: Source,
}

enum Source {
    /// Nothing is null, empty or a default: numbers count up, arrays have two elements.
    Full { count: i64, flag: bool },
    /// Everything is null, empty or zero, but the outermost arrays.
    Hollow { elements: usize, depth: usize },
    /// The bytes decide; behind their end, everything is null, empty or zero.
    Random { bytes: VecDeque<u8> },
}

impl Samples {
    /// Every field has a value that is no field's default. Booleans have only two values: `flag`
    /// is the one that they all get.
    pub fn full(version: i16, flag: bool) -> Samples {
        Samples { version, source: Source::Full { count: 0, flag } }
    }

    /// Arrays of the most elements that few bytes can hold.
    pub fn hollow(version: i16, elements: usize) -> Samples {
        Samples { version, source: Source::Hollow { elements, depth: 0 } }
    }

    /// Values out of random bytes.
    pub fn random(version: i16, bytes: &[u8]) -> Samples {
        Samples { version, source: Source::Random { bytes: bytes.iter().copied().collect() } }
    }

    fn byte(bytes: &mut VecDeque<u8>) -> u8 {
        bytes.pop_front().unwrap_or(0)
    }

    /// A number of so many bytes; the caller takes the lower ones.
    pub fn number(&mut self, size_bytes: usize) -> i64 {
        match &mut self.source {
            Source::Full { count, .. } => {
                *count += 1;
                if size_bytes == 1 { 2 + *count % 100 } else { 10_000 + *count }
            }
            Source::Hollow { .. } => 0,
            Source::Random { bytes } => match Self::byte(bytes) % 8 {
                0 => 0,
                1 => -1,
                2 => i64::MAX >> (64 - 8 * size_bytes),
                3 => i64::MIN >> (64 - 8 * size_bytes),
                _ => (0..size_bytes).fold(0, |n, _| n << 8 | i64::from(Self::byte(bytes))),
            },
        }
    }

    pub fn flag(&mut self) -> bool {
        match &mut self.source {
            Source::Full { flag, .. } => *flag,
            Source::Hollow { .. } => false,
            Source::Random { bytes } => Self::byte(bytes) % 2 == 1,
        }
    }

    /// Whether a nullable field is null.
    pub fn null(&mut self) -> bool {
        match &mut self.source {
            Source::Full { .. } => false,
            Source::Hollow { .. } => true,
            Source::Random { bytes } => Self::byte(bytes) % 4 == 0,
        }
    }

    /// A string, or the bytes of one.
    pub fn text(&mut self) -> String {
        match &mut self.source {
            Source::Full { count, .. } => {
                *count += 1;
                format!("text “{count}”")
            }
            Source::Hollow { .. } => String::new(),
            Source::Random { bytes } => {
                let len = match Self::byte(bytes) {
                    // Long enough for the varint of a compact length to take two bytes.
                    250.. => 120 + usize::from(Self::byte(bytes)),
                    len => usize::from(len % 12),
                };
                (0..len).map(|_| char::from(Self::byte(bytes))).collect()
            }
        }
    }

    pub fn array<T>(&mut self, element: impl Fn(&mut Samples) -> T) -> Vec<T> {
        let len = match &mut self.source {
            Source::Full { .. } => 2,
            Source::Hollow { elements, depth: 0 } => *elements,
            Source::Hollow { .. } => 0,
            Source::Random { bytes } => match Self::byte(bytes) {
                255 => 130,
                len => usize::from(len % 4),
            },
        };
        self.nest(1);
        let items = (0..len).map(|_| element(self)).collect();
        self.nest(-1);
        items
    }

    fn nest(&mut self, by: isize) {
        if let Source::Hollow { depth, .. } = &mut self.source {
            *depth = depth.wrapping_add_signed(by);
        }
    }
}

//! Bytes read as a script. What is missing is zero or empty: every input means something.

use bytes::Bytes;

/// What is left of an input.
pub struct Script {
    rest: Bytes,
}

impl Script {
    pub fn new(data: &[u8]) -> Script {
        Script { rest: Bytes::copy_from_slice(data) }
    }

    pub fn is_over(&self) -> bool {
        self.rest.is_empty()
    }

    pub fn byte(&mut self) -> u8 {
        self.bytes(1).first().copied().unwrap_or(0)
    }

    pub fn number(&mut self) -> u16 {
        u16::from(self.byte()) << 8 | u16::from(self.byte())
    }

    /// So many bytes, or as many as there are.
    pub fn bytes(&mut self, count: usize) -> Bytes {
        self.rest.split_to(count.min(self.rest.len()))
    }

    /// Bytes with their length before them.
    pub fn blob(&mut self) -> Bytes {
        let count = usize::from(self.number());
        self.bytes(count)
    }

    pub fn rest(&mut self) -> Bytes {
        std::mem::take(&mut self.rest)
    }
}

/// Writes what [`Script::blob`] reads.
pub fn put_blob(out: &mut Vec<u8>, bytes: &[u8]) {
    let bytes = &bytes[..bytes.len().min(usize::from(u16::MAX))];
    out.extend((bytes.len() as u16).to_be_bytes());
    out.extend(bytes);
}

//! Frames: each request and response is preceded by its length, four bytes in network order.

use bytes::{Buf, Bytes, BytesMut};

/// Why a stream of bytes cannot be split into frames any further. The connection must be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The length is negative.
    #[error("frame length {0} is negative")]
    Negative(i32),
    /// The length is above the bound (Kafka's `socket.request.max.bytes`).
    #[error("frame of {size_bytes} bytes, {max_bytes} allowed")]
    TooLarge {
        /// What the frame claims.
        size_bytes: usize,
        /// What is allowed.
        max_bytes: usize,
    },
}

/// Splits a stream of bytes into frames. Nothing is reserved for a frame that has not arrived.
#[derive(Debug)]
pub struct Frames {
    buffer: BytesMut,
    max_bytes: usize,
}

impl Frames {
    /// A splitter that refuses frames above `max_bytes`.
    pub fn new(max_bytes: usize) -> Frames {
        Frames { buffer: BytesMut::new(), max_bytes }
    }

    /// Adds what arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame, without its length.
    pub fn next_frame(&mut self) -> Result<Option<Bytes>, FrameError> {
        let Some(prefix) = self.buffer.first_chunk::<4>() else { return Ok(None) };
        let claimed = i32::from_be_bytes(*prefix);
        let size_bytes = usize::try_from(claimed).map_err(|_| FrameError::Negative(claimed))?;
        if size_bytes > self.max_bytes {
            return Err(FrameError::TooLarge { size_bytes, max_bytes: self.max_bytes });
        }
        if self.buffer.len() < 4 + size_bytes {
            return Ok(None);
        }
        self.buffer.advance(4);
        Ok(Some(self.buffer.split_to(size_bytes).freeze()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_out_whole_however_they_arrive() {
        let stream = [0, 0, 0, 2, 7, 8, 0, 0, 0, 0, 0, 0, 0, 1, 9];
        for cut in 1..stream.len() {
            let mut frames = Frames::new(16);
            let mut seen = Vec::new();
            for part in stream.chunks(cut) {
                frames.push(part);
                while let Some(frame) = frames.next_frame().unwrap() {
                    seen.push(frame.to_vec());
                }
            }
            assert_eq!(seen, [vec![7, 8], vec![], vec![9]]);
        }
    }

    #[test]
    fn a_frame_that_lies_about_its_length_is_refused_before_it_arrives() {
        let mut frames = Frames::new(16);
        frames.push(&[0x7f, 0xff, 0xff, 0xff]);
        let error = FrameError::TooLarge { size_bytes: 0x7fff_ffff, max_bytes: 16 };
        assert_eq!(frames.next_frame(), Err(error));
        let mut frames = Frames::new(16);
        frames.push(&[0xff, 0xff, 0xff, 0xff]);
        assert_eq!(frames.next_frame(), Err(FrameError::Negative(-1)));
    }
}

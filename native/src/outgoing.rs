//! What waits to be written to one connection.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes};

/// Responses with their lengths, as one run of bytes that is written without copying it together.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    chunks: VecDeque<Bytes>,
    size_bytes: usize,
}

impl Outgoing {
    /// Adds a frame, preceded by its length.
    pub(crate) fn push(&mut self, frame: Bytes) {
        // A frame that a length cannot express does not come out of the broker: fetch.max.bytes and
        // the other bounds are 32-bit numbers.
        let length = i32::try_from(frame.len()).unwrap_or(i32::MAX).to_be_bytes();
        self.size_bytes += length.len() + frame.len();
        self.chunks.push_back(Bytes::copy_from_slice(&length));
        if !frame.is_empty() {
            self.chunks.push_back(frame);
        }
    }
}

impl Buf for Outgoing {
    fn remaining(&self) -> usize {
        self.size_bytes
    }

    fn chunk(&self) -> &[u8] {
        self.chunks.front().map_or(&[], |chunk| &chunk[..])
    }

    fn chunks_vectored<'a>(&'a self, into: &mut [IoSlice<'a>]) -> usize {
        let mut filled = 0;
        for (slot, chunk) in into.iter_mut().zip(&self.chunks) {
            *slot = IoSlice::new(chunk);
            filled += 1;
        }
        filled
    }

    fn advance(&mut self, mut count: usize) {
        self.size_bytes = self.size_bytes.saturating_sub(count);
        while let Some(front) = self.chunks.front_mut() {
            if count < front.len() {
                front.advance(count);
                return;
            }
            count -= front.len();
            self.chunks.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_leave_whole_however_little_is_taken_at_a_time() {
        for step in 1..16 {
            let mut outgoing = Outgoing::default();
            outgoing.push(Bytes::from_static(b"abc"));
            outgoing.push(Bytes::new());
            outgoing.push(Bytes::from_static(b"d"));
            assert_eq!(outgoing.remaining(), 16);
            let mut seen = Vec::new();
            while outgoing.has_remaining() {
                let mut slices = [IoSlice::new(&[]); 8];
                let filled = outgoing.chunks_vectored(&mut slices);
                let run: Vec<u8> = slices[..filled].iter().flat_map(|s| s.to_vec()).collect();
                assert_eq!(run.len(), outgoing.remaining());
                let take = step.min(run.len());
                seen.extend_from_slice(&run[..take]);
                outgoing.advance(take);
            }
            assert_eq!(seen, b"\0\0\0\x03abc\0\0\0\0\0\0\0\x01d");
            assert_eq!(outgoing.chunk(), b"");
        }
    }
}

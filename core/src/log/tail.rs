//! The recent end of a log, in memory: what is not yet stored, and what consumers that keep up read.

use std::collections::VecDeque;

use crate::record::Batch;
use crate::storage::SegmentId;

/// A batch in memory, and where it is or will be stored.
#[derive(Debug, Clone)]
pub(crate) struct TailBatch {
    pub segment: SegmentId,
    pub position: u64,
    pub batch: Batch,
}

/// A run of batches without gaps that ends where the log ends.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    batches: VecDeque<TailBatch>,
    size_bytes: usize,
}

impl Tail {
    pub(crate) fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    pub(crate) fn push(&mut self, batch: TailBatch) {
        self.size_bytes += batch.batch.bytes.len();
        self.batches.push_back(batch);
    }

    /// Drops the oldest batch if all of it lies before `confirmed`; says how many bytes that freed.
    pub(crate) fn evict(&mut self, confirmed: i64) -> Option<usize> {
        let front = self.batches.front()?;
        if front.batch.header.next_offset() > confirmed {
            return None;
        }
        let freed = front.batch.bytes.len();
        self.batches.pop_front();
        self.size_bytes -= freed;
        Some(freed)
    }

    /// Puts batches in the place of those from `start` to `end`.
    pub(crate) fn replace(&mut self, start: i64, end: i64, batches: Vec<TailBatch>) {
        let place =
            |offset| self.batches.partition_point(|tail| tail.batch.header.base_offset < offset);
        let (from, to) = (place(start), place(end));
        let behind = self.batches.split_off(to);
        self.batches.truncate(from);
        self.batches.extend(batches.into_iter().chain(behind));
        self.size_bytes = self.batches.iter().map(|tail| tail.batch.bytes.len()).sum();
    }

    pub(crate) fn clear(&mut self) {
        self.batches.clear();
        self.size_bytes = 0;
    }

    pub(crate) fn front(&self) -> Option<&TailBatch> {
        self.batches.front()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &TailBatch> + Clone {
        self.batches.iter()
    }

    /// The batches from the one that holds `offset` on.
    pub(crate) fn starting_at(&self, offset: i64) -> impl Iterator<Item = &TailBatch> + Clone {
        let at = self.batches.partition_point(|b| b.batch.header.next_offset() <= offset);
        self.batches.range(at..)
    }
}

//! One segment of a log: where it starts, how far it reaches, and its index.

use super::index::{IndexEntry, SparseIndex};
use crate::record::BatchHeader;
use crate::storage::SegmentId;

/// The least distance between two index entries. Kafka's `index.interval.bytes` is 4 KiB; a read
/// from a browser's database costs about as much for 4 KiB as for 64.
pub(crate) const INDEX_INTERVAL_BYTES: u64 = 64 * 1024;

/// A run of batches that is stored, indexed and deleted as one. Named by its base offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    pub base_offset: i64,
    /// How often compaction has written it anew.
    pub generation: u32,
    /// Where the next batch goes.
    pub size_bytes: u64,
    /// The largest timestamp of any record, −1 in an empty segment.
    pub max_timestamp: i64,
    /// The base offset of the batch that holds it.
    pub max_timestamp_offset: i64,
    /// The first batch's largest timestamp, from which `segment.ms` counts; −1 when empty.
    pub first_timestamp: i64,
    /// When its first batch was appended, by the broker's clock; −1 where that is not known.
    pub created_ms: i64,
    /// When its last batch was appended, by the broker's clock; −1 where that is not known.
    pub modified_ms: i64,
    pub index: SparseIndex,
}

impl Segment {
    pub(crate) fn new(base_offset: i64) -> Segment {
        Segment::named(SegmentId::new(base_offset))
    }

    pub(crate) fn named(SegmentId { base_offset, generation }: SegmentId) -> Segment {
        Segment {
            base_offset,
            generation,
            size_bytes: 0,
            max_timestamp: -1,
            max_timestamp_offset: -1,
            first_timestamp: -1,
            created_ms: -1,
            modified_ms: -1,
            index: SparseIndex::default(),
        }
    }

    /// Its name in storage.
    pub(crate) fn id(&self) -> SegmentId {
        SegmentId { base_offset: self.base_offset, generation: self.generation }
    }

    /// Takes a batch in at `position`, which is the segment's end, or behind it where bytes were
    /// lost in storage.
    pub(crate) fn note_batch(&mut self, position: u64, batch: &BatchHeader) {
        let entry = IndexEntry {
            offset: batch.base_offset,
            position,
            max_timestamp_before: self.max_timestamp,
        };
        self.index.note(entry, INDEX_INTERVAL_BYTES);
        self.size_bytes = position + batch.size_bytes() as u64;
        if batch.record_count == 0 {
            // A header that compaction left: no record has its time.
            return;
        }
        if self.first_timestamp < 0 {
            self.first_timestamp = batch.max_timestamp;
        }
        if batch.max_timestamp > self.max_timestamp {
            self.max_timestamp = batch.max_timestamp;
            self.max_timestamp_offset = batch.base_offset;
        }
    }

    /// Notes when a batch was appended.
    pub(crate) fn note_time(&mut self, now_ms: i64) {
        if self.created_ms < 0 {
            self.created_ms = now_ms;
        }
        self.modified_ms = now_ms;
    }

    /// The time of the youngest record; of the last append where records have none, and `now_ms`
    /// where that is not known either.
    pub(crate) fn largest_ms(&self, now_ms: i64) -> i64 {
        match (self.max_timestamp, self.modified_ms) {
            (timestamp @ 0.., _) => timestamp,
            (_, modified @ 0..) => modified,
            _ => now_ms,
        }
    }

    /// The positions to read for a batch that starts at or behind `from`: whole batches, `max_bytes`
    /// or a little more, and never past `limit`.
    pub(crate) fn range(&self, from: u64, max_bytes: u64, limit: u64) -> (u64, u64) {
        let wanted = from.saturating_add(max_bytes.max(1));
        (from, self.index.next_start(wanted).unwrap_or(u64::MAX).min(limit).max(from))
    }
}

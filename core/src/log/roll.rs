//! When a segment ends and the next one begins.

use super::PartitionLog;
use super::segment::Segment;
use crate::record::BatchHeader;

/// What an index entry counts against `segment.index.bytes`: an offset, a position and a timestamp.
const INDEX_ENTRY_BYTES: u64 = 20;

impl PartitionLog {
    /// Starts a new segment where a batch would not fit into the active one, in bytes or in time.
    pub(super) fn roll_if_due(&mut self, batch: &BatchHeader, size_bytes: u64, now_ms: i64) {
        let (active, config) = (self.active(), &self.config);
        if active.size_bytes == 0 {
            return;
        }
        let full = active.size_bytes + size_bytes > config.segment_bytes;
        let indexed = active.index.entries().len() as u64 * INDEX_ENTRY_BYTES;
        // Kafka's index names offsets by 32 bits, relative to the segment's.
        let span = self.next_offset + i64::from(batch.last_offset_delta) - active.base_offset;
        // By the records' time; by the broker's where they have none.
        let age_ms = match (active.first_timestamp, active.created_ms) {
            (first @ 0.., _) => batch.max_timestamp.saturating_sub(first),
            (_, created @ 0..) => now_ms.saturating_sub(created),
            _ => 0,
        };
        let old = age_ms > config.roll_ms() - self.jitter_ms();
        if full || old || indexed >= config.segment_index_bytes || span > i64::from(i32::MAX) {
            self.roll();
        }
    }

    /// Ends the active segment.
    pub(super) fn roll(&mut self) {
        self.rolled.push(self.active().base_offset);
        self.segments.push(Segment::new(self.next_offset));
        self.snapshot_bytes = 0;
    }

    /// How much sooner than `segment.ms` the active segment ends: another time for each segment of
    /// each partition, so that not all end at once, and always the same for this one.
    fn jitter_ms(&self) -> i64 {
        let bound = self.config.segment_jitter_ms.min(self.config.roll_ms());
        let Ok(bound @ 1..) = u64::try_from(bound) else { return 0 };
        let seed = u64::from(self.id.0) << 40 ^ self.active().base_offset as u64;
        let mut mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        ((mixed ^ (mixed >> 32)) % bound) as i64
    }
}

//! How much of a log is to be compacted, and when.

use crate::log::PartitionLog;
use crate::log::segment::Segment;

/// What there is to compact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dirty {
    /// The first offset that has not been compacted.
    pub first_offset: i64,
    /// The first offset that must be left alone: the base offset of a segment.
    pub end_offset: i64,
    clean_bytes: u64,
    dirty_bytes: u64,
    /// `max.compaction.lag.ms` has passed for a record.
    overdue: bool,
}

impl Dirty {
    /// How much of what can be compacted is new, in millionths.
    pub(super) fn ratio_millionths(&self) -> u64 {
        self.dirty_bytes.saturating_mul(1_000_000) / (self.clean_bytes + self.dirty_bytes).max(1)
    }

    fn is_due(&self, min_millionths: u64) -> bool {
        self.dirty_bytes > 0 && (self.overdue || self.ratio_millionths() > min_millionths)
    }
}

impl PartitionLog {
    /// When compaction is due, by the clock of `now_ms`: not later than now if it is. `None` where
    /// time alone brings nothing.
    pub fn cleaning_due_ms(&self, now_ms: i64) -> Option<i64> {
        if !self.config.compacted || self.damaged {
            return None;
        }
        let dirty = self.dirty(now_ms);
        if dirty.is_due(self.config.min_cleanable_millionths) {
            return Some(now_ms);
        }
        let mut due: Option<i64> = None;
        for segment in self.dirty_segments(dirty.first_offset) {
            let settled =
                segment.largest_ms(now_ms).saturating_add(self.config.min_compaction_lag_ms);
            let overdue = match segment.first_timestamp {
                first @ 1.. => first.saturating_add(self.config.max_compaction_lag_ms),
                _ => i64::MAX,
            };
            for at in [settled, overdue.saturating_add(1)] {
                if at > now_ms && at < i64::MAX && due.is_none_or(|due| at < due) {
                    due = Some(at);
                }
            }
        }
        due
    }

    /// How much of what can be compacted is new, in millionths: the larger, the more urgent.
    pub fn dirty_millionths(&self, now_ms: i64) -> u64 {
        self.dirty(now_ms).ratio_millionths()
    }

    /// What there is to compact.
    pub(super) fn dirty(&self, now_ms: i64) -> Dirty {
        let first_offset = match self.clean_offset {
            // Beyond what is there: all of it may be new.
            clean if clean > self.next_offset => self.log_start_offset,
            clean => clean.max(self.log_start_offset),
        };
        let config = &self.config;
        let young = |segment: &&Segment| {
            let lag_ms = config.min_compaction_lag_ms;
            lag_ms > 0 && segment.largest_ms(now_ms) > now_ms.saturating_sub(lag_ms)
        };
        // What is not stored yet is in segments that end behind the high watermark. One that ends
        // there is the last of which something is stored, and tells where the log ends.
        let unstored = |at: &usize| match self.segments.get(at + 1) {
            Some(next) => next.base_offset >= self.high_watermark,
            None => true,
        };
        let from = self.segment_of(first_offset);
        let bound = (from..self.segments.len())
            .find(|at| unstored(at) || young(&&self.segments[*at]))
            .unwrap_or(self.segments.len() - 1);
        let bytes = |segments: &[Segment]| segments.iter().map(|s| s.size_bytes).sum::<u64>();
        let dirty = &self.segments[from..bound];
        let clean = self.segments.partition_point(|s| s.base_offset < first_offset);
        let until_ms = now_ms.saturating_sub(config.max_compaction_lag_ms);
        let waited = |s: &Segment| s.first_timestamp > 0 && s.first_timestamp < until_ms;
        Dirty {
            first_offset,
            end_offset: self.segments[bound].base_offset.max(first_offset),
            clean_bytes: bytes(&self.segments[..clean]),
            dirty_bytes: bytes(dirty),
            overdue: dirty.iter().any(waited),
        }
    }

    /// The segments with something that has not been compacted, without the active one.
    fn dirty_segments(&self, first_offset: i64) -> &[Segment] {
        let from = self.segment_of(first_offset);
        &self.segments[from..self.segments.len() - 1]
    }
}

//! Retention: which segments have had their time.
//!
//! As in Kafka, whole segments go, the oldest first: those before the log's start, those without
//! which the log is still as large as `retention.bytes` allows, and those whose youngest record is
//! older than `retention.ms`. Records that are not stored yet are never deleted. A segment without
//! timestamps goes by the time of its last append.

use super::PartitionLog;
use super::segment::Segment;
use crate::storage::{MetadataKey, Write};

impl PartitionLog {
    /// When the oldest segment will have had its time, by the clock of `now_ms`: not later than now
    /// if it has had it. `None` where nothing can expire by time alone.
    pub fn retention_due_ms(&self, now_ms: i64) -> Option<i64> {
        if self.expired(now_ms) > 0 {
            return Some(now_ms);
        }
        let oldest = self.segments.first()?;
        let empty = oldest.size_bytes == 0 && self.segments.len() == 1;
        if !self.config.deleted || self.config.retention_ms < 0 || empty {
            return None;
        }
        Some(oldest.largest_ms(now_ms).saturating_add(self.config.retention_ms).saturating_add(1))
    }

    /// Whether an append of so many bytes may have changed what
    /// [`retention_due_ms`](Self::retention_due_ms) says: the log was empty, or it is larger now
    /// than `retention.bytes` allows by a whole segment.
    pub fn append_counts(&self, appended_bytes: usize) -> bool {
        let Some(oldest) = self.segments.first() else { return false };
        let first = self.segments.len() == 1 && oldest.size_bytes == appended_bytes as u64;
        let bound = u64::try_from(self.config.retention_bytes).ok().filter(|_| self.config.deleted);
        first || bound.is_some_and(|bound| self.size_bytes() >= bound + oldest.size_bytes)
    }

    /// Removes segments that have had their time, the oldest first, as long as `room_bytes` is left,
    /// from which each takes its size. The writes need no room, unless all records go: then the next
    /// segment begins, and what it says of the log is stored with that.
    pub fn expire(&mut self, now_ms: i64, room_bytes: &mut i64, writes: &mut Vec<Write>) {
        let expired = self.expired(now_ms);
        let mut count = 0;
        while count < expired && *room_bytes > 0 {
            *room_bytes = room_bytes.saturating_sub_unsigned(self.segments[count].size_bytes);
            count += 1;
        }
        if count == self.segments.len() {
            self.roll();
            if self.config.durability.is_some() {
                writes.push(self.snapshot_write(self.active(), self.next_offset, true));
            }
        }
        if count > 0 {
            self.drop_segments(count, writes);
            let start = self.segments[0].base_offset;
            if start > self.log_start_offset {
                self.raise_start(start);
            }
        }
    }

    /// How old the oldest segment is, where it may be dropped for room; never the active one.
    pub fn droppable_since_ms(&self, now_ms: i64) -> Option<i64> {
        let [oldest, next, ..] = self.segments.as_slice() else { return None };
        let stored = self.config.durability.is_some() && next.base_offset < self.high_watermark;
        (self.config.drops_when_full && stored).then(|| oldest.largest_ms(now_ms))
    }

    /// Drops the oldest segment; says how many bytes that frees. The writes need no room.
    pub fn drop_oldest(&mut self, writes: &mut Vec<Write>) -> u64 {
        let [oldest, next, ..] = self.segments.as_slice() else { return 0 };
        let (freed, start) = (oldest.size_bytes, next.base_offset);
        self.drop_segments(1, writes);
        if start > self.log_start_offset {
            self.raise_start(start);
        }
        freed
    }

    /// How many segments, from the oldest on, have had their time.
    fn expired(&self, now_ms: i64) -> usize {
        let config = &self.config;
        let ends = self.segments.iter().skip(1).map(|next| next.base_offset);
        let segments = self.segments.iter().zip(ends.chain([self.next_offset]));
        // Behind one that goes there is one of which something is stored: else the log would begin
        // at offset 0 again. An active segment that is empty is not worth a new one.
        let active = self.active().base_offset;
        let stored = |&(segment, end): &(&Segment, i64)| match segment.base_offset == active {
            true => end <= self.high_watermark && segment.size_bytes > 0,
            false => end < self.high_watermark,
        };
        // Stored ones: the others may never be.
        let unstored = self.tail.starting_at(self.high_watermark);
        let unstored: usize = unstored.map(|tail| tail.batch.bytes.len()).sum();
        let size_bytes = self.size_bytes().saturating_sub(unstored as u64);
        let mut excess = match u64::try_from(config.retention_bytes) {
            Ok(bound) if config.deleted => size_bytes.checked_sub(bound),
            _ => None,
        };
        let last = self.segments.len() - 1;
        let mut gone = 0;
        for (at, (segment, end)) in segments.take_while(stored).enumerate() {
            let before_start = at < last && end <= self.log_start_offset;
            let left = excess.and_then(|excess| excess.checked_sub(segment.size_bytes));
            let age_ms = now_ms.saturating_sub(segment.largest_ms(now_ms));
            let too_old =
                config.deleted && config.retention_ms >= 0 && age_ms > config.retention_ms;
            if !(before_start || left.is_some() || too_old) {
                break;
            }
            excess = left;
            gone = at + 1;
        }
        gone
    }

    /// Raises the log's start, and drops the segments that end before it. The active one stays.
    pub fn delete_before(&mut self, offset: i64, writes: &mut Vec<Write>) {
        if offset <= self.log_start_offset {
            return;
        }
        self.raise_start(offset);
        let keep = self.segment_of(offset);
        // The log starts where its first segment does, unless something else is said; and of that one
        // nothing may be stored yet.
        let told = self.segments[keep].base_offset == offset && offset < self.high_watermark;
        if !told && self.config.durability.is_some() {
            writes.push(self.record_write());
        }
        self.drop_segments(keep, writes);
    }

    fn raise_start(&mut self, offset: i64) {
        self.log_start_offset = offset;
        self.epochs.truncate_front(offset);
        if self.config.durability.is_none() {
            // Memory is the only place where they were.
            while self.tail.evict(offset).is_some() {}
        }
    }

    /// Drops the first segments. The commit needs no room for this.
    fn drop_segments(&mut self, count: usize, writes: &mut Vec<Write>) {
        let dropped: Vec<Segment> = self.segments.drain(..count).collect();
        if self.config.durability.is_none() {
            return;
        }
        for segment in dropped {
            let (log, segment) = (self.id, segment.id());
            writes.push(Write::DeleteSegment { log, segment });
            let key = MetadataKey::Segment(log, segment).to_string();
            writes.push(Write::DeleteMetadata { key });
        }
    }
}

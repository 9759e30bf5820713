//! Putting a compacted segment in the place of those that it is made from.

use crate::log::PartitionLog;
use crate::log::segment::Segment;
use crate::log::tail::TailBatch;
use crate::storage::{MetadataKey, SegmentId, Write};

/// What memory got rid of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Freed {
    /// Batches.
    pub batches: usize,
    /// Their bytes.
    pub bytes: usize,
}

impl PartitionLog {
    /// Where some segments are in the log, one after the other; `None` where one of them is gone.
    pub(super) fn places(&self, ids: &[SegmentId]) -> Option<std::ops::Range<usize>> {
        let from = self.segments.iter().position(|segment| Some(&segment.id()) == ids.first())?;
        let range = from..from + ids.len();
        let found = self.segments.get(range.clone())?.iter().map(Segment::id);
        found.eq(ids.iter().copied()).then_some(range)
    }

    /// A name for what will stand in the place of some segments. Those before it may still be there.
    pub(super) fn next_id(&mut self, base_offset: i64) -> SegmentId {
        self.last_generation += 1;
        SegmentId { base_offset, generation: self.last_generation }
    }

    /// Replaces segments by one that holds what is left of them, in memory and, with these writes,
    /// in storage. `batches` are its batches where the log lives in memory alone.
    pub(super) fn replace(
        &mut self,
        places: std::ops::Range<usize>,
        segment: Segment,
        batches: Vec<TailBatch>,
        writes: &mut Vec<Write>,
    ) -> Freed {
        let start = self.segments.get(places.start).map_or(0, |first| first.base_offset);
        let end = self.segments.get(places.end).map_or(self.next_offset, |next| next.base_offset);
        let resident = self.config.durability.is_none();
        // The log begins with the segment that it began with, even if that has nothing left.
        let replacement = (segment.size_bytes > 0 || places.start == 0).then_some(segment);
        if let (Some(segment), false) = (&replacement, resident) {
            writes.push(self.snapshot_write(segment, end, false));
        }
        let replaced: Vec<Segment> = self.segments.splice(places, replacement).collect();
        self.unfinished.clear();
        if resident {
            self.tail.replace(start, end, batches);
            return Freed::default();
        }
        writes.push(self.record_write());
        for segment in replaced {
            let (log, segment) = (self.id, segment.id());
            writes.push(Write::DeleteSegment { log, segment });
            let key = MetadataKey::Segment(log, segment).to_string();
            writes.push(Write::DeleteMetadata { key });
        }
        // What memory holds of the records before is not what is stored any more.
        let mut freed = Freed::default();
        while let Some(bytes) = self.tail.evict(end) {
            freed.batches += 1;
            freed.bytes += bytes;
        }
        freed
    }

    /// The writes that remove what a compaction left that did not come to its end.
    pub fn remove_unfinished(&mut self, writes: &mut Vec<Write>) {
        for segment in std::mem::take(&mut self.unfinished) {
            if !self.has_segment(segment) {
                writes.push(Write::DeleteSegment { log: self.id, segment });
            }
        }
    }
}

//! Opening a log from what is stored: the snapshots of its segments, and the bytes appended since.

use bytes::Bytes;

use super::scan::{Offsets, Scanned, scan};
use super::segment::Segment;
use super::snapshot::{self, Restored};
use super::tail::TailBatch;
use super::{LogConfig, LogRecord, MAX_OFFSET, PartitionLog};
use crate::sort::sort_by;
use crate::storage::{LogId, LogRange, Pieces, SegmentId};

/// Bytes of a log that are missing or are not what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The first offset that may be lost.
    pub first_offset: i64,
    /// The first offset behind the damage that is whole again.
    pub next_offset: i64,
    /// The segment, by its base offset.
    pub segment: i64,
    /// Where in the segment the damage starts.
    pub position: u64,
    /// How far it goes.
    pub size_bytes: u64,
    /// What is wrong.
    pub reason: String,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Damage { topic, partition, first_offset, next_offset, .. } = self;
        write!(
            out,
            "topic {topic} partition {partition}: offsets {first_offset} to {} are damaged in \
             storage ({} bytes at {} of segment {}: {}); reading goes on at offset {next_offset}",
            next_offset - 1,
            self.size_bytes,
            self.position,
            self.segment,
            self.reason
        )
    }
}

/// A log that is being opened: ask for [`loads`](Self::loads), then [`finish`](Self::finish).
#[derive(Debug)]
pub struct Recovery {
    log: PartitionLog,
    loads: Vec<LogRange>,
    expected: Vec<(i64, i16, i32)>,
    now_ms: i64,
    notice: Option<String>,
}

impl Recovery {
    /// Starts from the values stored under the log's keys: its record, and its segments'
    /// snapshots.
    pub fn new(
        id: LogId,
        (topic, partition): (&str, i32),
        leader_epoch: i32,
        config: LogConfig,
        record: LogRecord,
        mut snapshots: Vec<(SegmentId, Bytes)>,
    ) -> Recovery {
        let mut log = PartitionLog::new(id, topic, partition, leader_epoch, config);
        log.log_start_offset = record.log_start_offset.clamp(0, MAX_OFFSET);
        log.clean_offset = record.clean_offset;
        log.unfinished = record.unfinished.iter().map(|unfinished| unfinished.id()).collect();
        log.last_generation = record.last_generation;
        let mut loads = Vec::new();
        // Metadata whose key makes no sense is nobody's.
        snapshots.retain(|(segment, _)| (0..=MAX_OFFSET).contains(&segment.base_offset));
        sort_by(&mut snapshots, |(a, _), (b, _)| a < b);
        let mut notice = None;
        let last = snapshots.len().saturating_sub(1);
        for (at, (segment_id, value)) in snapshots.into_iter().enumerate() {
            let restored = snapshot::decode(segment_id, value);
            if restored.is_none() && at == last {
                notice = Some(format!(
                    "topic {topic} partition {partition}: what is stored of the segment from offset \
                     {} on cannot be read. Its records are read instead, but idempotent producers \
                     may be forgotten: what they send again may be stored twice",
                    segment_id.base_offset
                ));
            }
            let whole = restored.is_some() && at < last;
            let segment = log.restore(segment_id, restored);
            if !whole {
                let start = segment.size_bytes;
                loads.push(LogRange { log: id, segment: segment_id, start, end: u64::MAX });
            }
            if at == 0 {
                log.segments.clear();
                // Retention removes segments without a word about where the log starts then.
                log.log_start_offset = log.log_start_offset.max(segment_id.base_offset);
            }
            log.segments.push(segment);
        }
        if last == 0 && loads.is_empty() {
            log.segments = vec![Segment::new(log.log_start_offset)];
        }
        log.snapshot_bytes = log.active().size_bytes;
        // What is stored of the log may be from before that was said.
        let named = log.segments.iter().map(|segment| segment.generation);
        let named = named.chain(log.unfinished.iter().map(|segment| segment.generation));
        log.last_generation = named.fold(log.last_generation, u32::max);
        Recovery { log, loads, expected: Vec::new(), now_ms: 0, notice }
    }

    /// What a person should know of it.
    pub fn take_notice(&mut self) -> Option<String> {
        self.notice.take()
    }

    /// Expects batches of these producers, with their epochs and sequence numbers: they had been
    /// appended, and could not be stored.
    pub fn expect_producers(&mut self, producers: Vec<(i64, i16, i32)>, now_ms: i64) {
        self.expected = producers;
        self.now_ms = now_ms;
    }

    /// What must be read. At most the active segment's end, unless a snapshot was damaged.
    pub fn loads(&self) -> &[LogRange] {
        &self.loads
    }

    /// Ends with a log that can be used, and with what was found damaged. `loaded` has an answer for
    /// each of the loads, in their order.
    pub fn finish(mut self, loaded: Vec<Pieces>) -> (PartitionLog, Vec<Damage>) {
        let mut damage = Vec::new();
        for (range, pieces) in self.loads.iter().zip(loaded) {
            let end = pieces.last().map_or(range.start, |(at, bytes)| at + bytes.len() as u64);
            let offsets = self.log.offsets_of(range);
            let mut scanned = scan(pieces, range.start, end, offsets.first);
            offsets.refuse_strays(&mut scanned);
            self.log.take_scanned(range, &offsets, scanned, &mut damage);
            // Damage at the end still takes room: what is appended next must not overlap it.
            let at = self.log.segment_of(range.segment.base_offset);
            let segment = &mut self.log.segments[at];
            segment.size_bytes = segment.size_bytes.max(end);
        }
        let log = &mut self.log;
        if damage.iter().any(|damage| damage.next_offset == log.next_offset) {
            // What is appended next leaves a gap, which no segment has that was not compacted.
            log.roll();
        }
        for producer in self.expected {
            log.producers.expect(producer, self.now_ms);
        }
        log.next_offset = log.next_offset.max(log.log_start_offset);
        log.high_watermark = log.next_offset;
        log.written_offset = log.next_offset;
        log.epochs.truncate_front(log.log_start_offset);
        (self.log, damage)
    }
}

impl PartitionLog {
    fn restore(&mut self, id: SegmentId, restored: Option<Restored>) -> Segment {
        self.next_offset = self.next_offset.max(id.base_offset);
        let Some(restored) = restored else { return Segment::named(id) };
        self.next_offset = self.next_offset.max(restored.next_offset);
        self.epochs = restored.epochs;
        self.producers = restored.producers;
        restored.segment
    }

    /// What is known of the offsets in a part that recovery reads: the end of a segment, or all of it.
    fn offsets_of(&self, range: &LogRange) -> Offsets {
        let at = self.segment_of(range.segment.base_offset);
        let next = self.segments.get(at + 1).map(|next| next.base_offset);
        let first = match next {
            // Its snapshot says how far it went before.
            None => self.next_offset,
            Some(_) => range.segment.base_offset,
        };
        Offsets {
            first,
            behind: next.unwrap_or(MAX_OFFSET),
            // Compaction and imports leave gaps, but not behind a snapshot.
            is_dense: next.is_none() && range.start > 0,
        }
    }

    fn take_scanned(
        &mut self,
        range: &LogRange,
        offsets: &Offsets,
        found: Vec<Scanned>,
        damage: &mut Vec<Damage>,
    ) {
        let at = self.segment_of(range.segment.base_offset);
        let active = at + 1 == self.segments.len();
        let mut due = offsets.first;
        let mut open: Option<usize> = None;
        for item in found {
            match item {
                Scanned::Batch { position, batch } => {
                    let header = batch.header;
                    if let Some(known) = open.take().and_then(|at| damage.get_mut(at)) {
                        known.next_offset = header.base_offset;
                    }
                    due = header.next_offset();
                    self.segments[at].note_batch(position, &header);
                    self.epochs.note(header.partition_leader_epoch, header.base_offset);
                    if header.producer_id >= 0 && !header.is_control() {
                        self.producers.appended(&header, header.max_timestamp);
                    }
                    if active {
                        let segment = range.segment;
                        self.tail.push(TailBatch { segment, position, batch });
                        self.next_offset = self.next_offset.max(due);
                    }
                }
                Scanned::Damage { position, size_bytes, reason } => {
                    // Memory holds a run without gaps.
                    self.tail.clear();
                    open = Some(damage.len());
                    damage.push(Damage {
                        topic: self.topic.clone(),
                        partition: self.partition,
                        first_offset: due,
                        next_offset: due,
                        segment: range.segment.base_offset,
                        position,
                        size_bytes,
                        reason,
                    });
                }
            }
        }
        let Some(known) = open.and_then(|at| damage.get_mut(at)) else { return };
        known.next_offset = offsets.behind;
        if active {
            // No offset is given twice: as a record takes a few bytes, none that is lost had one
            // behind these.
            let most = i64::try_from(known.size_bytes).unwrap_or(MAX_OFFSET);
            self.next_offset = due.saturating_add(most).min(MAX_OFFSET);
            known.next_offset = self.next_offset;
        }
    }
}

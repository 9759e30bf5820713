//! What is kept of a segment so that a broker can open without reading its records.
//!
//! A snapshot of the active segment is written again for every so many bytes appended, in the same
//! commit as the append; opening reads it and then only what was appended since.

use bytes::Bytes;

use super::MAX_OFFSET;
use super::epochs::LeaderEpochs;
use super::index::{IndexEntry, SparseIndex};
use super::producers::{AppendedBatch, ProducerState, Producers};
use super::segment::Segment;
use crate::storage::{SegmentId, ValueError, open_value, seal_value};

/// The version of the snapshots written here. 1 added when a segment was appended to.
const VERSION: i16 = 1;

/// More than a segment has: `segment.bytes` is a 32-bit number, and only a last batch goes beyond.
const MAX_BYTES: u64 = u32::MAX as u64;

/// The version of a log's record. 1 added what compaction needs, 2 the last generation.
const LOG_VERSION: i16 = 2;

message! {
    /// What is stored of a log besides its segments, once it does not begin at offset 0 any more.
    struct LogRecord {
        /// The first offset that may be read.
        log_start_offset: i64,
        /// Up to here it has been compacted.
        clean_offset: i64 [1..],
        /// Segments that compaction was writing, and that are not part of the log.
        unfinished: Vec<UnfinishedSegment> [1..],
        /// The last generation that compaction has named a segment by.
        last_generation: u32 [2..],
    }

    /// A segment's name.
    struct UnfinishedSegment {
        /// Its base offset.
        base_offset: i64,
        /// Its generation.
        generation: u32,
    }

    /// A segment as it was after some append, and its log's state at that point.
    struct SegmentSnapshot {
        /// How many bytes of the segment the snapshot speaks of.
        size_bytes: i64,
        /// The offset behind the last record of those bytes.
        next_offset: i64,
        /// The largest timestamp, −1 where there is none.
        max_timestamp: i64,
        /// The base offset of the batch that holds it.
        max_timestamp_offset: i64,
        /// The first batch's largest timestamp.
        first_timestamp: i64,
        /// When the first batch was appended, −1 where that is not known.
        created_ms: i64 [1..] = -1,
        /// When the last batch was appended, −1 where that is not known.
        modified_ms: i64 [1..] = -1,
        /// The sparse index.
        entries: Vec<SnapshotEntry>,
        /// The log's leader epochs.
        epochs: Vec<SnapshotEpoch>,
        /// The log's idempotent producers; empty for a segment that is no longer active.
        producers: Vec<SnapshotProducer>,
    }

    /// A row of the sparse index.
    struct SnapshotEntry {
        /// The batch's base offset.
        offset: i64,
        /// Where it starts.
        position: u32,
        /// The largest timestamp before it.
        max_timestamp_before: i64,
    }

    /// A leader epoch.
    struct SnapshotEpoch {
        /// The epoch.
        epoch: i32,
        /// The offset of its first record.
        start_offset: i64,
    }

    /// An idempotent producer.
    struct SnapshotProducer {
        /// Its id.
        id: i64,
        /// Its epoch.
        epoch: i16,
        /// When it last wrote.
        last_append_ms: i64,
        /// Its last batches.
        batches: Vec<SnapshotBatch>,
    }

    /// A batch that a producer sent.
    struct SnapshotBatch {
        /// Its first sequence number.
        first_sequence: i32,
        /// Its last sequence number.
        last_sequence: i32,
        /// The offset of its last record.
        last_offset: i64,
        /// From its first record's offset to its last one's.
        offset_delta: i32,
        /// Its largest timestamp.
        timestamp: i64,
    }
}

impl LogRecord {
    /// The value to store.
    pub fn seal(&self) -> Bytes {
        seal_value(self, LOG_VERSION)
    }

    /// Reads a stored value.
    pub fn open(value: Bytes) -> Result<LogRecord, ValueError> {
        open_value(value, 0..=LOG_VERSION)
    }
}

impl From<&SegmentId> for UnfinishedSegment {
    fn from(id: &SegmentId) -> UnfinishedSegment {
        UnfinishedSegment { base_offset: id.base_offset, generation: id.generation }
    }
}

impl UnfinishedSegment {
    pub(crate) fn id(&self) -> SegmentId {
        SegmentId { base_offset: self.base_offset, generation: self.generation }
    }
}

/// A snapshot, taken apart.
pub(crate) struct Restored {
    pub segment: Segment,
    pub next_offset: i64,
    pub epochs: LeaderEpochs,
    pub producers: Producers,
}

/// Writes a snapshot. `producers` is given for the active segment alone.
pub(crate) fn encode(
    segment: &Segment,
    next_offset: i64,
    epochs: &LeaderEpochs,
    producers: Option<&Producers>,
) -> Bytes {
    let entry = |e: &IndexEntry| SnapshotEntry {
        offset: e.offset,
        // Segments end before 2³¹ bytes, as segment.bytes is a 32-bit number.
        position: u32::try_from(e.position).unwrap_or(u32::MAX),
        max_timestamp_before: e.max_timestamp_before,
    };
    let batch = |b: &AppendedBatch| SnapshotBatch {
        first_sequence: b.first_sequence,
        last_sequence: b.last_sequence,
        last_offset: b.last_offset,
        offset_delta: b.offset_delta,
        timestamp: b.timestamp,
    };
    let producer = |(id, state): (i64, &ProducerState)| SnapshotProducer {
        id,
        epoch: state.epoch,
        last_append_ms: state.last_append_ms,
        batches: state.batches.iter().map(batch).collect(),
    };
    let snapshot = SegmentSnapshot {
        size_bytes: segment.size_bytes as i64,
        next_offset,
        max_timestamp: segment.max_timestamp,
        max_timestamp_offset: segment.max_timestamp_offset,
        first_timestamp: segment.first_timestamp,
        created_ms: segment.created_ms,
        modified_ms: segment.modified_ms,
        entries: segment.index.entries().iter().map(entry).collect(),
        epochs: epochs
            .starts()
            .iter()
            .map(|&(epoch, start_offset)| SnapshotEpoch { epoch, start_offset })
            .collect(),
        producers: producers.map_or(Vec::new(), |all| {
            // Of one that is merely expected, nothing is stored.
            let stored = all.iter().filter(|(_, state)| !state.batches.is_empty());
            stored.map(producer).collect()
        }),
    };
    seal_value(&snapshot, VERSION)
}

/// Reads a snapshot; `None` where the value is damaged or contradicts itself, so that the segment
/// must be read instead.
pub(crate) fn decode(id: SegmentId, value: Bytes) -> Option<Restored> {
    let snapshot = open_value::<SegmentSnapshot>(value, 0..=VERSION).ok()?;
    let entry = |e: &SnapshotEntry| IndexEntry {
        offset: e.offset,
        position: u64::from(e.position),
        max_timestamp_before: e.max_timestamp_before,
    };
    let index = SparseIndex::from_entries(snapshot.entries.iter().map(entry).collect())?;
    let size_bytes = u64::try_from(snapshot.size_bytes).ok().filter(|size| *size <= MAX_BYTES)?;
    let offsets = id.base_offset..=snapshot.next_offset;
    let within = |e: &IndexEntry| offsets.contains(&e.offset) && e.position < size_bytes;
    if snapshot.next_offset > MAX_OFFSET || !index.entries().iter().all(within) {
        return None;
    }
    let mut producers = Producers::default();
    for producer in snapshot.producers {
        let batch = |b: SnapshotBatch| AppendedBatch {
            first_sequence: b.first_sequence,
            last_sequence: b.last_sequence,
            last_offset: b.last_offset,
            offset_delta: b.offset_delta,
            timestamp: b.timestamp,
        };
        let state = ProducerState {
            epoch: producer.epoch,
            last_append_ms: producer.last_append_ms,
            batches: producer.batches.into_iter().map(batch).collect(),
            due: 0,
        };
        producers.insert(producer.id, state);
    }
    let segment = Segment {
        base_offset: id.base_offset,
        generation: id.generation,
        size_bytes,
        max_timestamp: snapshot.max_timestamp,
        max_timestamp_offset: snapshot.max_timestamp_offset,
        first_timestamp: snapshot.first_timestamp,
        created_ms: snapshot.created_ms,
        modified_ms: snapshot.modified_ms,
        index,
    };
    let starts = snapshot.epochs.iter().map(|e| (e.epoch, e.start_offset)).collect();
    let epochs = LeaderEpochs::from_starts(starts);
    Some(Restored { segment, next_offset: snapshot.next_offset, epochs, producers })
}

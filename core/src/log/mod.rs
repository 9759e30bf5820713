//! One partition's log: appended to at the end, read from anywhere, rebuilt from what is stored.
//!
//! The log keeps its indexes and its recent batches in memory. What it appends becomes writes, which
//! the broker collects with [`PartitionLog::take_writes`] and sends to storage; until
//! [`PartitionLog::confirm`] says that they are stored, no consumer sees those records. The high
//! watermark is the end of what storage has confirmed.

mod append;
mod clean;
mod config;
mod epochs;
mod import;
mod index;
mod producers;
mod read;
mod recover;
mod retention;
mod roll;
mod scan;
mod segment;
mod snapshot;
mod tail;
mod write;

pub use append::{AppendError, Appended};
pub use clean::{CleanStep, Cleaner, CleanerSettings, Freed};
pub use config::LogConfig;
pub use read::{ColdRead, FoundTimestamp, Read, TimestampQuery, find_timestamp};
pub use recover::{Damage, Recovery};
pub use scan::{Scanned, scan};
pub use snapshot::LogRecord;

use self::epochs::LeaderEpochs;
use self::producers::Producers;
use self::segment::Segment;
use self::tail::Tail;
use crate::record::BatchHeader;
use crate::storage::{LogId, SegmentId};

/// No log gets this far; an offset behind it is damage.
pub(crate) const MAX_OFFSET: i64 = i64::MAX / 2;

/// The log of one partition.
#[derive(Debug)]
pub struct PartitionLog {
    id: LogId,
    topic: String,
    partition: i32,
    config: LogConfig,
    leader_epoch: i32,
    /// Ascending by base offset; the last one is active. Never empty.
    segments: Vec<Segment>,
    /// The first offset that may be read.
    log_start_offset: i64,
    /// The offset that the next record gets: the log end offset.
    next_offset: i64,
    /// Behind the last record that is stored.
    high_watermark: i64,
    /// Behind the last record that has been handed to a commit.
    written_offset: i64,
    epochs: LeaderEpochs,
    producers: Producers,
    tail: Tail,
    /// Where the active segment ended when its last snapshot was written.
    snapshot_bytes: u64,
    /// Segments that ended since the last commit and whose final snapshot is due.
    rolled: Vec<i64>,
    /// Up to here the log has been compacted.
    clean_offset: i64,
    /// Segments that are being written by compaction, and are not part of the log yet.
    unfinished: Vec<SegmentId>,
    /// The last generation that compaction has named a segment by.
    last_generation: u32,
    /// Compaction has found damage, and leaves the log as it is.
    damaged: bool,
}

impl PartitionLog {
    /// An empty log that begins at offset 0.
    pub fn new(
        id: LogId,
        topic: &str,
        partition: i32,
        leader_epoch: i32,
        config: LogConfig,
    ) -> Self {
        PartitionLog {
            id,
            topic: topic.to_owned(),
            partition,
            config,
            leader_epoch,
            segments: vec![Segment::new(0)],
            log_start_offset: 0,
            next_offset: 0,
            high_watermark: 0,
            written_offset: 0,
            epochs: LeaderEpochs::default(),
            producers: Producers::default(),
            tail: Tail::default(),
            snapshot_bytes: 0,
            rolled: Vec::new(),
            clean_offset: 0,
            unfinished: Vec::new(),
            last_generation: 0,
            damaged: false,
        }
    }

    /// The log's name in storage.
    pub fn id(&self) -> LogId {
        self.id
    }

    /// The topic that it is part of.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// Which partition of the topic it is.
    pub fn partition(&self) -> i32 {
        self.partition
    }

    /// The settings it goes by.
    pub fn config(&self) -> &LogConfig {
        &self.config
    }

    /// Changes the settings; what is stored stays as it is.
    pub fn set_config(&mut self, config: LogConfig) {
        self.config = config;
    }

    /// The first offset that may be read.
    pub fn log_start_offset(&self) -> i64 {
        self.log_start_offset
    }

    /// The offset that the next record gets, stored or not.
    pub fn log_end_offset(&self) -> i64 {
        self.next_offset
    }

    /// Behind the last record that is stored: how far consumers see.
    pub fn high_watermark(&self) -> i64 {
        self.high_watermark
    }

    /// The leader epoch that new batches get.
    pub fn leader_epoch(&self) -> i32 {
        self.leader_epoch
    }

    /// The epoch in which `offset` was written; −1 where that is not known.
    pub fn epoch_of(&self, offset: i64) -> i32 {
        self.epochs.epoch_of(offset).unwrap_or(-1)
    }

    /// The largest epoch at or below `epoch`, and the offset behind its last record (KIP-101).
    pub fn end_offset_of_epoch(&self, epoch: i32) -> (i32, i64) {
        self.epochs.end_offset_of(epoch, self.leader_epoch, self.high_watermark)
    }

    /// How many bytes the log holds in all its segments.
    pub fn size_bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.size_bytes).sum()
    }

    /// How many bytes of records are held in memory.
    pub fn memory_bytes(&self) -> usize {
        self.tail.size_bytes()
    }

    /// The sizes of the batches held in memory, oldest first.
    pub fn batches_in_memory(&self) -> impl Iterator<Item = usize> {
        self.tail.iter().map(|tail| tail.batch.bytes.len())
    }

    /// Forgets idempotent producers that have not written since `since_ms`.
    pub fn expire_producers(&mut self, since_ms: i64) {
        self.producers.expire(since_ms);
    }

    /// The idempotent producers of which nothing is stored, but whose first batches are in memory:
    /// each with its epoch and the first of its sequence numbers.
    pub fn unstored_producers(&self) -> Vec<(i64, i16, i32)> {
        self.producers.unstored(self.high_watermark)
    }

    /// Notes that a batch was refused for now. Those that are on their way behind it are not to take
    /// its place.
    pub fn refused(&mut self, batch: &BatchHeader, now_ms: i64) {
        if batch.producer_id >= 0 {
            let expected = (batch.producer_id, batch.producer_epoch, batch.base_sequence);
            self.producers.expect(expected, now_ms);
        }
    }

    fn active(&self) -> &Segment {
        // There is always one: `new` and recovery make it, and deletion spares it.
        &self.segments[self.segments.len() - 1]
    }

    fn active_mut(&mut self) -> &mut Segment {
        let last = self.segments.len() - 1;
        &mut self.segments[last]
    }

    /// Which segment holds `offset`.
    fn segment_of(&self, offset: i64) -> usize {
        self.segments.partition_point(|s| s.base_offset <= offset).saturating_sub(1)
    }
}

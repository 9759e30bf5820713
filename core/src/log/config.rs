//! What a log is told by its topic's configuration.

use crate::record::{Compression, TimestampType};
use crate::storage::Durability;

/// The settings that a partition's log honours, each named after the topic configuration it is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogConfig {
    /// `max.message.bytes`: the largest batch, as it arrives.
    pub max_message_bytes: usize,
    /// `segment.bytes`: where a segment ends.
    pub segment_bytes: u64,
    /// `segment.ms`: after how long a segment ends, by the records' timestamps.
    pub segment_ms: i64,
    /// `segment.jitter.ms`: how much sooner than that a segment may end.
    pub segment_jitter_ms: i64,
    /// `segment.index.bytes`: how large a segment's index may grow.
    pub segment_index_bytes: u64,
    /// Whether `cleanup.policy` has `delete`.
    pub deleted: bool,
    /// `retention.ms`: how long records are kept; negative for ever.
    pub retention_ms: i64,
    /// `retention.bytes`: how large the log may grow; negative for no bound.
    pub retention_bytes: i64,
    /// Whether `cleanup.policy` has `compact`, which asks for a key in each record.
    pub compacted: bool,
    /// `delete.retention.ms`: how long a compacted log keeps a tombstone.
    pub delete_retention_ms: i64,
    /// `min.compaction.lag.ms`: how long a record is safe from compaction.
    pub min_compaction_lag_ms: i64,
    /// `max.compaction.lag.ms`: after how long a record is due for compaction.
    pub max_compaction_lag_ms: i64,
    /// `min.cleanable.dirty.ratio`, in millionths: how much of the log is new when compaction is due.
    pub min_cleanable_millionths: u64,
    /// `compression.type`; `None` to keep batches as their producers compressed them.
    pub compression: Option<Compression>,
    /// `message.timestamp.type`.
    pub timestamp_type: TimestampType,
    /// `message.timestamp.before.max.ms`: how far in the past a record may be stamped.
    pub timestamp_before_max_ms: i64,
    /// `message.timestamp.after.max.ms`: how far in the future a record may be stamped.
    pub timestamp_after_max_ms: i64,
    /// `ottla.durability`; `None` for a topic that lives in memory alone.
    pub durability: Option<Durability>,
    /// `ottla.full.policy`: whether the oldest segments go where there is no room.
    pub drops_when_full: bool,
    /// `ottla.import`: whether batches keep the offsets that they come with.
    pub importing: bool,
}

impl LogConfig {
    /// After how long a segment ends: sooner where compaction must not wait as long.
    pub(crate) fn roll_ms(&self) -> i64 {
        match self.compacted {
            true => self.segment_ms.min(self.max_compaction_lag_ms),
            false => self.segment_ms,
        }
    }
}

impl Default for LogConfig {
    /// Kafka's defaults, and relaxed durability.
    fn default() -> LogConfig {
        LogConfig {
            max_message_bytes: 1_048_588,
            segment_bytes: 1 << 30,
            segment_ms: 7 * 24 * 3_600_000,
            segment_jitter_ms: 0,
            segment_index_bytes: 10 << 20,
            deleted: true,
            retention_ms: 7 * 24 * 3_600_000,
            retention_bytes: -1,
            compacted: false,
            delete_retention_ms: 24 * 3_600_000,
            min_compaction_lag_ms: 0,
            max_compaction_lag_ms: i64::MAX,
            min_cleanable_millionths: 500_000,
            compression: None,
            timestamp_type: TimestampType::CreateTime,
            timestamp_before_max_ms: i64::MAX,
            timestamp_after_max_ms: 3_600_000,
            durability: Some(Durability::Relaxed),
            drops_when_full: false,
            importing: false,
        }
    }
}

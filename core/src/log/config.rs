//! What a log is told by its topic's configuration.

use crate::record::TimestampType;
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
    /// `message.timestamp.type`.
    pub timestamp_type: TimestampType,
    /// `message.timestamp.before.max.ms`: how far in the past a record may be stamped.
    pub timestamp_before_max_ms: i64,
    /// `message.timestamp.after.max.ms`: how far in the future a record may be stamped.
    pub timestamp_after_max_ms: i64,
    /// Whether `cleanup.policy` has `compact`, which asks for a key in each record.
    pub compacted: bool,
    /// `ottla.durability`; `None` for a topic that lives in memory alone.
    pub durability: Option<Durability>,
}

impl Default for LogConfig {
    /// Kafka's defaults, and relaxed durability.
    fn default() -> LogConfig {
        LogConfig {
            max_message_bytes: 1_048_588,
            segment_bytes: 1 << 30,
            segment_ms: 7 * 24 * 3_600_000,
            timestamp_type: TimestampType::CreateTime,
            timestamp_before_max_ms: i64::MAX,
            timestamp_after_max_ms: 3_600_000,
            compacted: false,
            durability: Some(Durability::Relaxed),
        }
    }
}

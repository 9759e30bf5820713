//! Record batches: what producers send, logs keep and consumers fetch. Only format 2 exists here
//! (KIP-98); Kafka itself dropped the older ones in 4.0 (KIP-724).

mod batch;
mod builder;
mod compression;
mod control;
mod error;
mod records;
mod validate;
pub mod varint;
mod xerial;

pub use batch::{
    Batch, BatchHeader, Batches, HEADER_BYTES, batches, set_base_offset, set_log_append_time,
    set_max_timestamp, set_partition_leader_epoch,
};
pub use builder::{BatchBuilder, BatchOptions};
pub use compression::Compression;
pub use control::ControlType;
pub use error::RecordError;
pub use records::{Header, HeaderSpans, Record, RecordSpan, Spans, header_spans, headers, spans};
pub use validate::{Validated, validate};

/// Whose clock stamped the records (KIP-32).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TimestampType {
    /// The producer's, or its application's.
    #[default]
    CreateTime = 0,
    /// The broker's, when it appended the batch.
    LogAppendTime = 1,
}

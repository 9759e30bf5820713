//! Record batches: what producers send, logs keep and consumers fetch. Only format 2 exists here
//! (KIP-98); Kafka itself dropped the older ones in 4.0 (KIP-724).
//!
//! ```
//! use ottla::record::{BatchBuilder, BatchOptions, Compression, batches};
//!
//! let mut builder = BatchBuilder::new();
//! builder.append(1_700_000_000_000, Some(b"truck-7"), Some(b"left depot"), &[]);
//! builder.append(1_700_000_000_250, Some(b"truck-7"), None, &[("reason", Some(b"sold"))]);
//! let options = BatchOptions { compression: Compression::Zstd, ..BatchOptions::default() };
//! let bytes = builder.finish(&options)?;
//!
//! for batch in batches(bytes) {
//!     let batch = batch?;
//!     batch.verify()?;
//!     let records = batch.records(1 << 20)?;
//!     assert_eq!(records[0].value.as_deref(), Some(&b"left depot"[..]));
//!     assert_eq!(records[1].offset, 1);
//!     assert_eq!(records[1].headers[0].key_str(), "reason");
//! }
//! # Ok::<(), ottla::record::RecordError>(())
//! ```

mod batch;
mod builder;
mod compression;
mod control;
mod error;
mod gzip;
mod lz4;
mod recompress;
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
pub use validate::{Validated, check_records, validate};

/// Whose clock stamped the records (KIP-32).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TimestampType {
    /// The producer's, or its application's.
    #[default]
    CreateTime = 0,
    /// The broker's, when it appended the batch.
    LogAppendTime = 1,
}

//! Appending: what a batch must be, what it is given, and what the log notes of it.
//!
//! The checks and their errors are those of Kafka's broker for batches from clients. A batch is kept
//! as the bytes that arrived; only base offset and leader epoch are set, which its checksum does not
//! cover, and the append time where the topic asks for it.

use bytes::BytesMut;

use super::PartitionLog;
use super::producers::Sequenced;
use super::tail::TailBatch;
use crate::protocol::ErrorCode;
use crate::record::{self, Batch, RecordError, TimestampType};

/// How many bytes a batch may have once it is decompressed.
pub(crate) const MAX_UNPACKED_BYTES: usize = 128 * 1024 * 1024;

/// What an append gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// The first record's offset.
    pub base_offset: i64,
    /// Milliseconds since 1970, or −1 where the topic keeps the producer's timestamps.
    pub log_append_time_ms: i64,
    /// The batch's size in the log.
    pub size_bytes: usize,
    /// Whether the batch had been appended before (a retry by an idempotent producer).
    pub duplicate: bool,
}

/// Why a batch was refused. Nothing of it was appended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct AppendError {
    /// The protocol's error.
    pub code: ErrorCode,
    /// What is wrong.
    pub message: String,
    /// Which records caused it, by their place in the batch.
    pub records: Vec<(i32, String)>,
}

impl AppendError {
    fn new(code: ErrorCode, message: impl Into<String>) -> AppendError {
        AppendError { code, message: message.into(), records: Vec::new() }
    }
}

impl From<RecordError> for AppendError {
    fn from(error: RecordError) -> AppendError {
        let code = match error {
            RecordError::UnsupportedMagic(_)
            | RecordError::BadRecord(_)
            | RecordError::BadBatch(_)
            | RecordError::MissingKey { .. } => ErrorCode::InvalidRecord,
            RecordError::UnknownCompression(_) => ErrorCode::UnsupportedCompressionType,
            RecordError::TooLarge { .. } => ErrorCode::MessageTooLarge,
            _ => ErrorCode::CorruptMessage,
        };
        let records = match error {
            RecordError::MissingKey { index } => vec![(index, error.to_string())],
            _ => Vec::new(),
        };
        AppendError { code, message: error.to_string(), records }
    }
}

impl PartitionLog {
    /// Appends one batch from a client. It is in memory then, and not yet stored.
    pub fn append(&mut self, batch: Batch, now_ms: i64) -> Result<Appended, AppendError> {
        let max_timestamp = self.check(&batch, now_ms)?;
        if let Some(duplicate) = self.check_sequence(&batch)? {
            return Ok(duplicate);
        }
        let batch = self.compress(batch)?;
        let base_offset = self.next_offset;
        let stored = self.stamp(batch, max_timestamp, now_ms);
        let header = stored.header;
        self.roll_if_due(&header, stored.bytes.len() as u64, now_ms);
        self.epochs.note(self.leader_epoch, base_offset);
        if header.producer_id >= 0 {
            self.producers.appended(&header, now_ms);
        }
        let position = self.active().size_bytes;
        self.active_mut().note_batch(position, &header);
        self.active_mut().note_time(now_ms);
        let segment = self.active().id();
        let size_bytes = stored.bytes.len();
        self.tail.push(TailBatch { segment, position, batch: stored });
        self.next_offset = header.next_offset();
        let log_append_time_ms = self.append_time(now_ms);
        Ok(Appended { base_offset, log_append_time_ms, size_bytes, duplicate: false })
    }

    fn append_time(&self, now_ms: i64) -> i64 {
        match self.config.timestamp_type {
            TimestampType::CreateTime => -1,
            TimestampType::LogAppendTime => now_ms,
        }
    }

    fn check_size(&self, batch: &Batch) -> Result<(), AppendError> {
        let (size, bound) = (batch.bytes.len(), self.config.max_message_bytes);
        if size <= bound {
            return Ok(());
        }
        let message = format!(
            "the batch has {size} bytes and max.message.bytes of topic {} is {bound}: send smaller \
             batches, or raise it",
            self.topic
        );
        Err(AppendError::new(ErrorCode::MessageTooLarge, message))
    }

    /// Compresses a batch as the topic asks for, where its producer did not.
    fn compress(&self, batch: Batch) -> Result<Batch, AppendError> {
        match self.config.compression {
            Some(wanted) if batch.header.compression() != Ok(wanted) => {
                let batch = batch.recompress(wanted, MAX_UNPACKED_BYTES)?;
                self.check_size(&batch)?;
                Ok(batch)
            }
            _ => Ok(batch),
        }
    }

    /// Checks what can be checked of a batch by itself; gives its records' largest timestamp.
    fn check(&self, batch: &Batch, now_ms: i64) -> Result<i64, AppendError> {
        let config = &self.config;
        self.check_size(batch)?;
        batch.verify()?;
        let seen =
            record::validate(batch, config.compacted, MAX_UNPACKED_BYTES).map_err(|error| {
                match error {
                    // The checksum held: the producer itself wrote records that contradict their batch.
                    RecordError::Truncated { .. } => {
                        AppendError::new(ErrorCode::InvalidRecord, error.to_string())
                    }
                    other => other.into(),
                }
            })?;
        if config.timestamp_type == TimestampType::CreateTime {
            let (first, last) = (seen.min_timestamp.unwrap_or(now_ms), seen.max_timestamp);
            let ahead = last.saturating_sub(now_ms) > config.timestamp_after_max_ms;
            let behind = now_ms.saturating_sub(first) > config.timestamp_before_max_ms;
            if ahead || behind {
                let message = format!(
                    "timestamps {first} to {last} are outside what message.timestamp.before.max.ms \
                     and message.timestamp.after.max.ms allow at {now_ms}"
                );
                return Err(AppendError::new(ErrorCode::InvalidTimestamp, message));
            }
        }
        let last_delta = i64::from(batch.header.last_offset_delta);
        if self.next_offset.checked_add(last_delta + 1).is_none() {
            return Err(AppendError::new(ErrorCode::InvalidRecord, "the log has no offsets left"));
        }
        Ok(seen.max_timestamp)
    }

    /// Judges an idempotent producer's batch; a retried one comes back as what it was given.
    fn check_sequence(&self, batch: &Batch) -> Result<Option<Appended>, AppendError> {
        let header = &batch.header;
        if header.producer_id < 0 {
            return Ok(None);
        }
        let (topic, partition, id) = (&self.topic, self.partition, header.producer_id);
        match self.producers.judge(header) {
            Sequenced::Next => Ok(None),
            Sequenced::Duplicate(known) => Ok(Some(Appended {
                base_offset: known.base_offset(),
                log_append_time_ms: self.append_time(known.timestamp),
                size_bytes: batch.bytes.len(),
                duplicate: true,
            })),
            Sequenced::OldEpoch { current } => Err(AppendError::new(
                ErrorCode::InvalidProducerEpoch,
                format!(
                    "producer {id} sent epoch {} to {topic}-{partition}, which has seen {current}",
                    header.producer_epoch
                ),
            )),
            Sequenced::OutOfOrder { last_sequence } => Err(AppendError::new(
                ErrorCode::OutOfOrderSequenceNumber,
                format!(
                    "producer {id} sent sequence {} to {topic}-{partition}, whose last is \
                     {last_sequence}",
                    header.base_sequence
                ),
            )),
        }
    }

    /// Sets what a broker sets in a batch.
    fn stamp(&self, batch: Batch, max_timestamp: i64, now_ms: i64) -> Batch {
        let mut header = batch.header;
        // A copy on purpose: the frame that the batch came in would otherwise live as long as it.
        let mut bytes = BytesMut::from(&batch.bytes[..]);
        header.base_offset = self.next_offset;
        header.partition_leader_epoch = self.leader_epoch;
        record::set_base_offset(&mut bytes, self.next_offset);
        record::set_partition_leader_epoch(&mut bytes, self.leader_epoch);
        if self.config.timestamp_type == TimestampType::LogAppendTime {
            record::set_log_append_time(&mut bytes, now_ms);
        } else if header.max_timestamp != max_timestamp {
            // Lookups by time rely on the header, so a producer that got it wrong is corrected.
            record::set_max_timestamp(&mut bytes, TimestampType::CreateTime, max_timestamp);
        }
        // The bytes are a batch that was parsed: parsing it again gives the header as it is now.
        let header = record::BatchHeader::parse(&bytes).unwrap_or(header);
        Batch { header, bytes: bytes.freeze() }
    }
}

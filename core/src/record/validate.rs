//! What a broker asks of a batch before it appends it: the checks that Kafka's `LogValidator` makes
//! for magic 2.

use super::{Batch, RecordError, TimestampType, spans};

/// What the records of a valid batch have been seen to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validated {
    /// The earliest timestamp of a record that has one, in milliseconds since 1970; `None` where no
    /// record has one. The broker holds it against `message.timestamp.before.max.ms`.
    pub min_timestamp: Option<i64>,
    /// The latest timestamp of a record, −1 where no record has one. The batch's header should say
    /// the same; where it does not, Kafka corrects it
    /// ([`set_max_timestamp`](super::set_max_timestamp)).
    pub max_timestamp: i64,
}

/// Checks that the records of a batch can be read, whatever compaction has left of them.
///
/// # Errors
/// Those of [`Batch::body`] and [`spans`].
pub fn check_records(batch: &Batch, max_bytes: usize) -> Result<(), RecordError> {
    let body = batch.body(max_bytes)?;
    spans(&body, batch.header.record_count).try_for_each(|span| span.map(drop))
}

/// Checks a batch that a producer sent: header, record count, offsets one by one from 0, and a key
/// in each record where `keys_required` (a compacted topic). As in Kafka, a compressed batch is
/// decompressed for this, to at most `max_bytes`. The CRC is [`Batch::verify`]'s to check, and
/// comes first.
///
/// # Errors
/// [`RecordError::BadBatch`], [`RecordError::BadRecord`] or [`RecordError::MissingKey`], which Kafka
/// answers with INVALID_RECORD (a timestamp type with INVALID_TIMESTAMP); the errors of
/// [`Batch::body`] and [`spans`], which it answers with CORRUPT_MESSAGE or INVALID_RECORD.
pub fn validate(
    batch: &Batch,
    keys_required: bool,
    max_bytes: usize,
) -> Result<Validated, RecordError> {
    let header = &batch.header;
    if header.record_count < 1 {
        return Err(RecordError::BadBatch("no records"));
    }
    if header.last_offset_delta != header.record_count - 1 {
        return Err(RecordError::BadBatch("offsets and record count contradict each other"));
    }
    if header.is_control() {
        return Err(RecordError::BadBatch("clients may not write control records"));
    }
    if header.producer_id >= 0 && header.base_sequence < 0 {
        return Err(RecordError::BadBatch("a producer id without a sequence number"));
    }
    if header.timestamp_type() == TimestampType::LogAppendTime {
        return Err(RecordError::BadTimestampType);
    }
    let body = batch.body(max_bytes)?;
    let mut seen = Validated { min_timestamp: None, max_timestamp: -1 };
    for (index, span) in (0..).zip(spans(&body, header.record_count)) {
        let span = span?;
        if span.offset_delta != index {
            return Err(RecordError::BadRecord("offsets are not one by one"));
        }
        if keys_required && span.key.is_none() {
            return Err(RecordError::MissingKey { index });
        }
        let timestamp = header.base_timestamp.wrapping_add(span.timestamp_delta);
        if timestamp != -1 {
            let earlier = seen.min_timestamp.map_or(timestamp, |min| min.min(timestamp));
            seen.min_timestamp = Some(earlier);
        }
        seen.max_timestamp = seen.max_timestamp.max(timestamp);
    }
    Ok(seen)
}

//! What compaction leaves of a batch.

use bytes::{Bytes, BytesMut};

use super::offset_map::OffsetMap;
use crate::log::append::MAX_UNPACKED_BYTES;
use crate::record::{
    self, Batch, BatchBuilder, BatchOptions, Compression, RecordError, RecordSpan, TimestampType,
};

/// What is left of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kept {
    /// All of it, as it is.
    Same,
    /// This, at the same offsets.
    Changed(Bytes),
    /// Nothing.
    Nothing,
}

/// By what batches are judged.
#[derive(Debug)]
pub(super) struct Filter {
    pub map: OffsetMap,
    /// When the round began: it decides which tombstones have had their time.
    pub now_ms: i64,
    pub delete_retention_ms: i64,
}

impl Filter {
    /// Judges a batch. `keep_empty`: something else than its records needs its header.
    pub(super) fn judge(&self, batch: &Batch, keep_empty: bool) -> Kept {
        let header = &batch.header;
        // Whether a transaction was aborted is for transactions to say: until then all of it stays.
        if header.is_control() || header.is_transactional() {
            return Kept::Same;
        }
        match self.filter(batch, keep_empty) {
            Ok(kept) => kept,
            // What cannot be read is in no map either, so nothing stands in for it.
            Err(_) => Kept::Same,
        }
    }

    fn filter(&self, batch: &Batch, keep_empty: bool) -> Result<Kept, RecordError> {
        let header = &batch.header;
        let body = batch.body(MAX_UNPACKED_BYTES)?;
        let mut kept = Vec::new();
        let mut has_tombstone = false;
        for span in record::spans(&body, header.record_count) {
            let span = span?;
            if self.keeps(batch, &body, &span) {
                has_tombstone |= span.value.is_none();
                kept.push(span);
            }
        }
        if kept.is_empty() {
            return match (keep_empty, header.record_count) {
                (true, 0) => Ok(Kept::Same),
                (true, _) => rebuild(batch, &body, &kept, None).map(Kept::Changed),
                (false, _) => Ok(Kept::Nothing),
            };
        }
        let fresh = has_tombstone && !header.has_delete_horizon();
        if kept.len() == header.record_count as usize && !fresh {
            return Ok(Kept::Same);
        }
        let horizon_ms = match header.has_delete_horizon() {
            true => Some(header.base_timestamp),
            false if fresh => Some(self.now_ms.saturating_add(self.delete_retention_ms)),
            false => None,
        };
        rebuild(batch, &body, &kept, horizon_ms).map(Kept::Changed)
    }

    fn keeps(&self, batch: &Batch, body: &Bytes, span: &RecordSpan) -> bool {
        let header = &batch.header;
        let offset = header.base_offset.saturating_add(i64::from(span.offset_delta));
        if offset > self.map.latest_offset {
            return true;
        }
        // A record without a key is from before the topic was compacted, and goes, as in Kafka.
        let Some(key) = span.key.clone().and_then(|key| body.get(key)) else { return false };
        let expired = header.has_delete_horizon() && self.now_ms >= header.base_timestamp;
        offset >= self.map.get(key) && (span.value.is_some() || !expired)
    }
}

/// The batch with some of its records. It keeps its offsets and sequence numbers, its times, and how
/// it is compressed.
fn rebuild(
    batch: &Batch,
    body: &Bytes,
    kept: &[RecordSpan],
    horizon_ms: Option<i64>,
) -> Result<Bytes, RecordError> {
    let header = &batch.header;
    let mut builder = BatchBuilder::with_capacity(batch.bytes.len());
    if let Some(horizon_ms) = horizon_ms {
        builder.set_delete_horizon(horizon_ms);
    }
    for span in kept {
        let timestamp = header.base_timestamp.wrapping_add(span.timestamp_delta);
        let part = |range: &std::ops::Range<usize>| body.get(range.clone()).unwrap_or_default();
        let (key, value) = (span.key.as_ref().map(part), span.value.as_ref().map(part));
        builder.append_encoded(span.offset_delta, timestamp, key, value, part(&span.headers));
    }
    builder.keep_last_offset_delta(header.last_offset_delta);
    let bytes = builder.finish(&BatchOptions {
        compression: match kept {
            [] => Compression::None,
            _ => header.compression()?,
        },
        timestamp_type: header.timestamp_type(),
        producer_id: header.producer_id,
        producer_epoch: header.producer_epoch,
        base_sequence: header.base_sequence,
        is_transactional: header.is_transactional(),
        is_control: header.is_control(),
        base_offset: header.base_offset,
        partition_leader_epoch: header.partition_leader_epoch,
    })?;
    if !kept.is_empty() && header.timestamp_type() == TimestampType::CreateTime {
        return Ok(bytes);
    }
    // An append time is all records'; and a header alone keeps what it said.
    let mut bytes = BytesMut::from(&bytes[..]);
    record::set_max_timestamp(&mut bytes, header.timestamp_type(), header.max_timestamp);
    Ok(bytes.freeze())
}

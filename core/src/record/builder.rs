//! Making batches.

use bytes::Bytes;

use super::batch::{CONTROL, DELETE_HORIZON, LOG_APPEND_TIME, TRANSACTIONAL, set_crc};
use super::{
    BatchHeader, Compression, HEADER_BYTES, RecordError, TimestampType, header_spans, varint,
};

/// The most that a record takes besides key, value and headers: length, attributes, timestamp and
/// offset deltas, and the lengths of key and value.
const MAX_RECORD_OVERHEAD: usize = 1 + varint::MAX_VARLONG_BYTES + 4 * varint::MAX_VARINT_BYTES;
/// What a record without headers has in their place: the count 0.
const NO_HEADERS: &[u8] = &[0];

/// What a batch says besides its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchOptions {
    /// How to compress the records.
    pub compression: Compression,
    /// Whose clock the timestamps are of.
    pub timestamp_type: TimestampType,
    /// The idempotent producer's id, or −1.
    pub producer_id: i64,
    /// The idempotent producer's epoch, or −1.
    pub producer_epoch: i16,
    /// The sequence number of the first record, or −1.
    pub base_sequence: i32,
    /// Whether the batch belongs to a transaction.
    pub is_transactional: bool,
    /// Whether the batch holds a control record.
    pub is_control: bool,
    /// The offset of the first record; a producer says 0 and the broker sets it.
    pub base_offset: i64,
    /// The epoch of the leader that appends the batch; a producer says −1.
    pub partition_leader_epoch: i32,
}

impl Default for BatchOptions {
    /// A plain producer's: nothing compressed, no producer id.
    fn default() -> BatchOptions {
        BatchOptions {
            compression: Compression::None,
            timestamp_type: TimestampType::CreateTime,
            producer_id: -1,
            producer_epoch: -1,
            base_sequence: -1,
            is_transactional: false,
            is_control: false,
            base_offset: 0,
            partition_leader_epoch: -1,
        }
    }
}

/// Grows the records of a batch in one buffer. What cannot become a batch (records out of order, a
/// body beyond 2 GiB) is told by [`BatchBuilder::finish`].
#[derive(Debug, Clone)]
pub struct BatchBuilder {
    /// The header's place, then the records.
    buf: Vec<u8>,
    count: i32,
    last_offset_delta: i32,
    base_timestamp: i64,
    has_delete_horizon: bool,
    max_timestamp: i64,
    failed: Option<RecordError>,
}

impl Default for BatchBuilder {
    fn default() -> BatchBuilder {
        BatchBuilder::new()
    }
}

impl BatchBuilder {
    /// An empty batch.
    pub fn new() -> BatchBuilder {
        BatchBuilder::with_capacity(0)
    }

    /// An empty batch with room for one of `bytes`, header included.
    pub fn with_capacity(bytes: usize) -> BatchBuilder {
        let mut buf = Vec::with_capacity(bytes.max(HEADER_BYTES));
        buf.resize(HEADER_BYTES, 0);
        BatchBuilder {
            buf,
            count: 0,
            last_offset_delta: -1,
            base_timestamp: -1,
            has_delete_horizon: false,
            max_timestamp: -1,
            failed: None,
        }
    }

    /// Appends a record at the next offset. `timestamp` is in milliseconds since 1970, −1 for none;
    /// the first one becomes the base of the others.
    #[inline]
    pub fn append(
        &mut self,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[(&str, Option<&[u8]>)],
    ) {
        self.append_at(self.last_offset_delta.wrapping_add(1), timestamp, key, value, headers);
    }

    /// Appends a record at an offset of its own, as compaction does, which leaves gaps. Offsets rise.
    #[inline]
    pub fn append_at(
        &mut self,
        offset_delta: i32,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[(&str, Option<&[u8]>)],
    ) {
        if headers.is_empty() {
            return self.put(offset_delta, timestamp, key, value, NO_HEADERS.len(), |out| {
                out.extend_from_slice(NO_HEADERS);
            });
        }
        self.put(offset_delta, timestamp, key, value, headers_size(headers), |out| {
            varint::put(out, headers.len() as i32);
            for (key, value) in headers {
                put_field(out, Some(key.as_bytes()));
                put_field(out, *value);
            }
        });
    }

    /// Appends a record whose headers are encoded already, their count first, as
    /// [`RecordSpan::headers`](super::RecordSpan::headers) delimits them.
    pub fn append_encoded(
        &mut self,
        offset_delta: i32,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers: &[u8],
    ) {
        match header_spans(headers).and_then(|mut spans| spans.try_for_each(|span| span.map(drop)))
        {
            Ok(()) => self.put(offset_delta, timestamp, key, value, headers.len(), |out| {
                out.extend_from_slice(headers);
            }),
            Err(error) => self.failed = Some(error),
        }
    }

    #[inline]
    fn put(
        &mut self,
        offset_delta: i32,
        timestamp: i64,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
        headers_bytes: usize,
        put_headers: impl FnOnce(&mut Vec<u8>),
    ) {
        if offset_delta <= self.last_offset_delta {
            self.failed = Some(RecordError::BadRecord("offsets do not rise"));
            return;
        }
        if self.count == 0 && !self.has_delete_horizon {
            self.base_timestamp = timestamp;
        }
        let timestamp_delta = timestamp.wrapping_sub(self.base_timestamp);
        let len = 1
            + varint::size_long(timestamp_delta)
            + varint::size(offset_delta)
            + field_size(key)
            + field_size(value)
            + headers_bytes;
        if len > i32::MAX as usize - self.buf.len().min(i32::MAX as usize) {
            self.failed = Some(RecordError::TooLarge { max_bytes: i32::MAX as usize });
            return;
        }
        let out = &mut self.buf;
        out.reserve(varint::MAX_VARINT_BYTES + len);
        varint::put(out, len as i32);
        out.push(0);
        varint::put_long(out, timestamp_delta);
        varint::put(out, offset_delta);
        put_field(out, key);
        put_field(out, value);
        put_headers(out);
        self.count += 1;
        self.last_offset_delta = offset_delta;
        self.max_timestamp = self.max_timestamp.max(timestamp);
    }

    /// Keeps the offsets up to `last_offset_delta` for this batch although its last records are
    /// gone, as compaction does; a batch may even have none left. It never shortens the batch.
    pub fn keep_last_offset_delta(&mut self, last_offset_delta: i32) {
        self.last_offset_delta = self.last_offset_delta.max(last_offset_delta);
    }

    /// Says when compaction may drop the batch's tombstones (KIP-534), in milliseconds since 1970.
    /// The records' timestamps are told relative to this, so it comes before the first record.
    pub fn set_delete_horizon(&mut self, horizon_ms: i64) {
        if self.count > 0 {
            self.failed = Some(RecordError::BadBatch("a delete horizon behind records"));
        }
        self.base_timestamp = horizon_ms;
        self.has_delete_horizon = true;
    }

    /// How many records have been appended.
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether none has.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The size of the batch, uncompressed, header included.
    pub fn size_bytes(&self) -> usize {
        self.buf.len()
    }

    /// An upper bound of [`BatchBuilder::size_bytes`] after another record, its key and value this
    /// long (0 for null).
    pub fn size_after(
        &self,
        key_len: usize,
        value_len: usize,
        headers: &[(&str, Option<&[u8]>)],
    ) -> usize {
        self.size_bytes()
            .saturating_add(MAX_RECORD_OVERHEAD)
            .saturating_add(key_len)
            .saturating_add(value_len)
            .saturating_add(headers_size(headers))
    }

    /// The batch's bytes.
    ///
    /// # Errors
    /// [`RecordError::BadRecord`] where an append went wrong, [`RecordError::BadBatch`] for a batch
    /// without offsets, [`RecordError::TooLarge`] where a 32-bit length cannot say its size.
    pub fn finish(self, options: &BatchOptions) -> Result<Bytes, RecordError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if self.last_offset_delta < 0 {
            return Err(RecordError::BadBatch("no records"));
        }
        let mut attributes = options.compression as i16;
        let flags = [
            (options.timestamp_type == TimestampType::LogAppendTime, LOG_APPEND_TIME),
            (options.is_transactional, TRANSACTIONAL),
            (options.is_control, CONTROL),
            (self.has_delete_horizon, DELETE_HORIZON),
        ];
        for (is_set, flag) in flags {
            attributes |= if is_set { flag } else { 0 };
        }
        let mut bytes = self.buf;
        if options.compression != Compression::None && self.count > 0 {
            let plain = bytes.get(HEADER_BYTES..).unwrap_or_default();
            let packed = options.compression.compress(plain)?;
            bytes.truncate(HEADER_BYTES);
            bytes.extend_from_slice(&packed);
        }
        let batch_length = i32::try_from(bytes.len() - 12)
            .map_err(|_| RecordError::TooLarge { max_bytes: i32::MAX as usize })?;
        let header = BatchHeader {
            base_offset: options.base_offset,
            batch_length,
            partition_leader_epoch: options.partition_leader_epoch,
            magic: 2,
            crc: 0,
            attributes,
            last_offset_delta: self.last_offset_delta,
            base_timestamp: self.base_timestamp,
            max_timestamp: self.max_timestamp,
            producer_id: options.producer_id,
            producer_epoch: options.producer_epoch,
            base_sequence: options.base_sequence,
            record_count: self.count,
        };
        if let Some(place) = bytes.first_chunk_mut::<HEADER_BYTES>() {
            *place = header.encode();
        }
        set_crc(&mut bytes);
        Ok(Bytes::from(bytes))
    }
}

#[inline]
fn field_size(field: Option<&[u8]>) -> usize {
    // The cast cannot wrap to a length that passes: the bytes themselves are added, and `put`
    // refuses a record beyond 2 GiB.
    field.map_or(1, |bytes| varint::size(bytes.len() as i32).saturating_add(bytes.len()))
}

#[inline]
fn put_field(out: &mut Vec<u8>, field: Option<&[u8]>) {
    match field {
        Some(bytes) => {
            varint::put(out, bytes.len() as i32);
            out.extend_from_slice(bytes);
        }
        None => varint::put(out, -1),
    }
}

fn headers_size(headers: &[(&str, Option<&[u8]>)]) -> usize {
    let fields = headers
        .iter()
        .map(|(key, value)| field_size(Some(key.as_bytes())).saturating_add(field_size(*value)));
    fields.fold(varint::size(headers.len() as i32), usize::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::super::{Batch, batches};
    use super::*;

    fn one(bytes: Bytes) -> Batch {
        let all: Vec<_> = batches(bytes).collect();
        let [Ok(batch)] = &all[..] else { panic!("{all:?}") };
        batch.verify().unwrap();
        batch.clone()
    }

    #[test]
    fn what_goes_in_comes_out_in_every_compression() {
        for compression in Compression::ALL {
            let mut builder = BatchBuilder::new();
            for index in 0..1000 {
                let value = format!("value {index}");
                let value = (index % 7 != 0).then_some(value.as_bytes());
                let headers: &[(&str, Option<&[u8]>)] =
                    if index % 2 == 0 { &[("a", None), ("b", Some(b"c"))] } else { &[] };
                let bound = builder.size_after(1, value.map_or(0, <[u8]>::len), headers);
                builder.append(5000 - index, Some(b"k"), value, headers);
                assert!(builder.size_bytes() <= bound);
            }
            let options = BatchOptions {
                compression,
                base_offset: 77,
                partition_leader_epoch: 3,
                producer_id: 9,
                producer_epoch: 2,
                base_sequence: i32::MAX - 9,
                is_transactional: true,
                ..BatchOptions::default()
            };
            let batch = one(builder.finish(&options).unwrap());
            let header = batch.header;
            assert_eq!(header.compression(), Ok(compression));
            assert_eq!(
                (header.base_offset, header.last_offset(), header.next_offset()),
                (77, 1076, 1077)
            );
            assert_eq!((header.base_timestamp, header.max_timestamp), (5000, 5000));
            assert_eq!((header.producer_id, header.producer_epoch), (9, 2));
            assert_eq!(header.last_sequence(), 1000 - 1 - 10);
            assert!(header.is_transactional() && !header.is_control());
            let records = batch.records(1 << 20).unwrap();
            assert_eq!(records.len(), 1000);
            for (index, record) in (0..).zip(&records) {
                assert_eq!(record.offset, 77 + index);
                assert_eq!(record.timestamp, 5000 - index);
                assert_eq!(record.key.as_deref(), Some(&b"k"[..]));
                let value = format!("value {index}");
                assert_eq!(record.value.as_deref(), (index % 7 != 0).then_some(value.as_bytes()));
                assert_eq!(record.headers.len(), if index % 2 == 0 { 2 } else { 0 });
            }
            let body = batch.body(usize::MAX).unwrap().len();
            assert!(batch.records(body).is_ok());
            assert_eq!(batch.records(body - 1), Err(RecordError::TooLarge { max_bytes: body - 1 }));
        }
    }

    #[test]
    fn compaction_leaves_gaps_and_keeps_the_last_offset() {
        let mut builder = BatchBuilder::new();
        builder.append_at(3, 10, Some(b"a"), Some(b"1"), &[]);
        builder.append_encoded(8, 12, Some(b"b"), None, &[2, 2, b'h', 1]);
        builder.keep_last_offset_delta(20);
        let batch = one(builder.finish(&BatchOptions::default()).unwrap());
        assert_eq!(batch.header.next_offset(), 21);
        let records = batch.records(100).unwrap();
        assert_eq!(records.iter().map(|record| record.offset).collect::<Vec<_>>(), [3, 8]);
        assert_eq!(records[1].headers[0].key_str(), "h");
        assert_eq!(records[1].headers[0].value, None);
    }

    #[test]
    fn a_batch_may_lose_all_its_records_but_not_its_offsets() {
        for compression in Compression::ALL {
            let mut builder = BatchBuilder::new();
            builder.keep_last_offset_delta(4);
            let options = BatchOptions { compression, ..BatchOptions::default() };
            let batch = one(builder.finish(&options).unwrap());
            assert_eq!(batch.bytes.len(), HEADER_BYTES);
            assert_eq!(batch.header.next_offset(), 5);
            assert_eq!(batch.records(0), Ok(vec![]));
        }
        let empty = BatchBuilder::new().finish(&BatchOptions::default());
        assert_eq!(empty, Err(RecordError::BadBatch("no records")));
    }

    #[test]
    fn what_cannot_be_is_told_at_the_end() {
        let mut falling = BatchBuilder::new();
        falling.append_at(3, 0, None, None, &[]);
        falling.append_at(3, 0, None, None, &[]);
        assert!(matches!(falling.finish(&BatchOptions::default()), Err(RecordError::BadRecord(_))));
        let mut bad_headers = BatchBuilder::new();
        bad_headers.append_encoded(0, 0, None, None, &[2]);
        assert!(bad_headers.finish(&BatchOptions::default()).is_err());
    }
}

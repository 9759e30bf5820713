//! A record batch as it travels and rests: a header of 61 bytes, then the records, perhaps packed.
//! See <https://kafka.apache.org/documentation/#recordbatch> (KIP-98).

use bytes::Bytes;

use crate::crc::crc32c;

use super::{Compression, ControlType, Record, RecordError, TimestampType, records, spans};

/// The size of a batch's header (Kafka's `RECORD_BATCH_OVERHEAD`).
pub const HEADER_BYTES: usize = 61;
/// The base offset and the length itself, which `batch_length` does not count.
const LOG_OVERHEAD: usize = 12;
/// Where the bytes begin that the checksum covers.
const ATTRIBUTES_AT: usize = 21;
const MAX_TIMESTAMP_AT: usize = 35;

pub(super) const COMPRESSION_MASK: i16 = 0x07;
pub(super) const LOG_APPEND_TIME: i16 = 0x08;
pub(super) const TRANSACTIONAL: i16 = 0x10;
pub(super) const CONTROL: i16 = 0x20;
pub(super) const DELETE_HORIZON: i16 = 0x40;

/// The fixed fields at a batch's front, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchHeader {
    /// The offset of the first record, or of what was the first before compaction.
    pub base_offset: i64,
    /// How many bytes follow this field.
    pub batch_length: i32,
    /// The epoch of the leader that appended the batch; −1 from a producer.
    pub partition_leader_epoch: i32,
    /// The format's version: 2.
    pub magic: i8,
    /// CRC-32C of everything behind this field.
    pub crc: u32,
    /// Compression, timestamp type and flags; see the methods.
    pub attributes: i16,
    /// The last record's offset less the base offset; compaction keeps it.
    pub last_offset_delta: i32,
    /// What the records' timestamps are relative to, in milliseconds since 1970; the delete horizon
    /// instead where [`BatchHeader::has_delete_horizon`].
    pub base_timestamp: i64,
    /// The latest timestamp, in milliseconds since 1970; −1 for none.
    pub max_timestamp: i64,
    /// The idempotent producer's id, or −1.
    pub producer_id: i64,
    /// The idempotent producer's epoch, or −1.
    pub producer_epoch: i16,
    /// The sequence number of the first record, or −1.
    pub base_sequence: i32,
    /// How many records the batch holds.
    pub record_count: i32,
}

impl BatchHeader {
    /// Reads the header at the front of `bytes`, which may hold more, or less, than the batch. It
    /// does not check the CRC.
    ///
    /// # Errors
    /// [`RecordError::Truncated`] below 61 bytes, [`RecordError::UnsupportedMagic`] for any format
    /// but 2, [`RecordError::BadLength`] for a batch shorter than its header.
    pub fn parse(bytes: &[u8]) -> Result<BatchHeader, RecordError> {
        // The magic stands at the same place in every format, and the old ones are shorter.
        if let Some(&magic) = bytes.get(16)
            && magic != 2
        {
            return Err(RecordError::UnsupportedMagic(magic as i8));
        }
        let Some(header) = bytes.first_chunk::<HEADER_BYTES>() else {
            return Err(RecordError::Truncated { wanted: HEADER_BYTES, left: bytes.len() });
        };
        let mut fields = Fields(header);
        let header = BatchHeader {
            base_offset: i64::from_be_bytes(fields.next()),
            batch_length: i32::from_be_bytes(fields.next()),
            partition_leader_epoch: i32::from_be_bytes(fields.next()),
            magic: i8::from_be_bytes(fields.next()),
            crc: u32::from_be_bytes(fields.next()),
            attributes: i16::from_be_bytes(fields.next()),
            last_offset_delta: i32::from_be_bytes(fields.next()),
            base_timestamp: i64::from_be_bytes(fields.next()),
            max_timestamp: i64::from_be_bytes(fields.next()),
            producer_id: i64::from_be_bytes(fields.next()),
            producer_epoch: i16::from_be_bytes(fields.next()),
            base_sequence: i32::from_be_bytes(fields.next()),
            record_count: i32::from_be_bytes(fields.next()),
        };
        if header.batch_length < (HEADER_BYTES - LOG_OVERHEAD) as i32 {
            return Err(RecordError::BadLength(header.batch_length));
        }
        Ok(header)
    }

    /// The header's bytes.
    pub(super) fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        let mut rest = &mut bytes[..];
        put(&mut rest, self.base_offset.to_be_bytes());
        put(&mut rest, self.batch_length.to_be_bytes());
        put(&mut rest, self.partition_leader_epoch.to_be_bytes());
        put(&mut rest, self.magic.to_be_bytes());
        put(&mut rest, self.crc.to_be_bytes());
        put(&mut rest, self.attributes.to_be_bytes());
        put(&mut rest, self.last_offset_delta.to_be_bytes());
        put(&mut rest, self.base_timestamp.to_be_bytes());
        put(&mut rest, self.max_timestamp.to_be_bytes());
        put(&mut rest, self.producer_id.to_be_bytes());
        put(&mut rest, self.producer_epoch.to_be_bytes());
        put(&mut rest, self.base_sequence.to_be_bytes());
        put(&mut rest, self.record_count.to_be_bytes());
        bytes
    }

    /// The size of the whole batch, header included.
    pub const fn size_bytes(&self) -> usize {
        LOG_OVERHEAD + self.batch_length as usize
    }

    /// The offset of the last record, or of what was the last before compaction.
    pub const fn last_offset(&self) -> i64 {
        self.base_offset.saturating_add(self.last_offset_delta as i64)
    }

    /// The offset behind the batch.
    pub const fn next_offset(&self) -> i64 {
        self.last_offset().saturating_add(1)
    }

    /// The sequence number of the last record, −1 where there are none. Behind 2³¹−1 comes 0.
    pub const fn last_sequence(&self) -> i32 {
        if self.base_sequence < 0 {
            return -1;
        }
        self.base_sequence.wrapping_add(self.last_offset_delta) & i32::MAX
    }

    /// How the records are compressed.
    ///
    /// # Errors
    /// [`RecordError::UnknownCompression`] for the numbers 5 to 7.
    pub fn compression(&self) -> Result<Compression, RecordError> {
        Compression::try_from((self.attributes & COMPRESSION_MASK) as u8)
    }

    /// Whose clock the timestamps are of.
    pub const fn timestamp_type(&self) -> TimestampType {
        if self.attributes & LOG_APPEND_TIME == 0 {
            TimestampType::CreateTime
        } else {
            TimestampType::LogAppendTime
        }
    }

    /// Whether the batch belongs to a transaction.
    pub const fn is_transactional(&self) -> bool {
        self.attributes & TRANSACTIONAL != 0
    }

    /// Whether the batch holds a control record, which clients never show.
    pub const fn is_control(&self) -> bool {
        self.attributes & CONTROL != 0
    }

    /// Whether the base timestamp is the time at which compaction may drop the batch's tombstones
    /// (KIP-534).
    pub const fn has_delete_horizon(&self) -> bool {
        self.attributes & DELETE_HORIZON != 0
    }
}

/// Takes a header's fields apart. The fields' widths add up to the header's, so none comes short.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn next<const N: usize>(&mut self) -> [u8; N] {
        let Some((field, rest)) = self.0.split_first_chunk::<N>() else { return [0; N] };
        self.0 = rest;
        *field
    }
}

fn put<const N: usize>(rest: &mut &mut [u8], field: [u8; N]) {
    if let Some((target, after)) = std::mem::take(rest).split_first_chunk_mut::<N>() {
        *target = field;
        *rest = after;
    }
}

/// One record batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Its header, parsed.
    pub header: BatchHeader,
    /// Its bytes: exactly this batch, header included.
    pub bytes: Bytes,
}

impl Batch {
    /// Takes the batch at the front of `bytes`. It does not check the CRC.
    ///
    /// # Errors
    /// Those of [`BatchHeader::parse`], and [`RecordError::Truncated`] where the batch is longer than
    /// `bytes`.
    pub fn split_from(bytes: &mut Bytes) -> Result<Batch, RecordError> {
        let header = BatchHeader::parse(bytes)?;
        let (wanted, left) = (header.size_bytes(), bytes.len());
        if wanted > left {
            return Err(RecordError::Truncated { wanted, left });
        }
        Ok(Batch { header, bytes: bytes.split_to(wanted) })
    }

    /// Checks the CRC-32C over everything behind it.
    ///
    /// # Errors
    /// [`RecordError::BadCrc`].
    pub fn verify(&self) -> Result<(), RecordError> {
        let (stored, computed) = (self.header.crc, checksum(&self.bytes));
        if stored == computed { Ok(()) } else { Err(RecordError::BadCrc { stored, computed }) }
    }

    /// The records section, decompressed; without a copy where it is not compressed.
    ///
    /// # Errors
    /// Those of [`Compression::decompress`] and [`BatchHeader::compression`].
    pub fn body(&self, max_bytes: usize) -> Result<Bytes, RecordError> {
        let packed = self.bytes.slice(HEADER_BYTES.min(self.bytes.len())..);
        match self.header.compression()? {
            Compression::None if packed.len() > max_bytes => {
                Err(RecordError::TooLarge { max_bytes })
            }
            Compression::None => Ok(packed),
            // Compaction can leave a batch's header alone, with its producer's last sequence.
            _ if self.header.record_count == 0 && packed.is_empty() => Ok(packed),
            compression => Ok(Bytes::from(compression.decompress(&packed, max_bytes)?)),
        }
    }

    /// The records, as slices of the decompressed body.
    ///
    /// # Errors
    /// Those of [`Batch::body`], and [`RecordError::BadRecord`] or [`RecordError::Truncated`] where
    /// the body does not hold exactly `record_count` records.
    pub fn records(&self, max_bytes: usize) -> Result<Vec<Record>, RecordError> {
        records::records(&self.header, &self.body(max_bytes)?)
    }

    /// What the control record of this batch says.
    ///
    /// # Errors
    /// Those of [`Batch::body`] and [`spans`], [`RecordError::BadBatch`] for a batch that is not a
    /// control batch, [`RecordError::BadRecord`] where its key is not a control record's.
    pub fn control_type(&self) -> Result<ControlType, RecordError> {
        if !self.header.is_control() {
            return Err(RecordError::BadBatch("not a control batch"));
        }
        // A control batch is a few dozen bytes and never compressed by Kafka.
        let body = self.body(CONTROL_BODY_MAX_BYTES)?;
        let first = spans(&body, self.header.record_count).next();
        let span = first.ok_or(RecordError::BadBatch("control batch without a record"))??;
        ControlType::from_key(span.key.and_then(|key| body.get(key)))
    }
}

const CONTROL_BODY_MAX_BYTES: usize = 64 * 1024;

/// The CRC-32C that a batch of these bytes must have.
fn checksum(batch: &[u8]) -> u32 {
    crc32c(batch.get(ATTRIBUTES_AT..).unwrap_or_default())
}

/// Splits bytes into the batches that they consist of. The iterator stops behind the first error; a
/// last batch that is cut off, as a fetch may return it, is [`RecordError::Truncated`].
pub fn batches(bytes: Bytes) -> Batches {
    Batches { rest: bytes }
}

/// The batches in some bytes; see [`batches`].
#[derive(Debug, Clone)]
pub struct Batches {
    rest: Bytes,
}

impl Iterator for Batches {
    type Item = Result<Batch, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let batch = Batch::split_from(&mut self.rest);
        if batch.is_err() {
            self.rest = Bytes::new();
        }
        Some(batch)
    }
}

/// Sets the base offset of a batch in place. It lies outside the CRC. Bytes too short for a batch
/// are left alone, here and in the functions below.
pub fn set_base_offset(batch: &mut [u8], base_offset: i64) {
    set(batch, 0, base_offset.to_be_bytes());
}

/// Sets the partition leader epoch of a batch in place. It lies outside the CRC.
pub fn set_partition_leader_epoch(batch: &mut [u8], epoch: i32) {
    set(batch, 12, epoch.to_be_bytes());
}

/// Stamps a batch in place as appended at `now_ms`, and makes its CRC anew.
pub fn set_log_append_time(batch: &mut [u8], now_ms: i64) {
    set_max_timestamp(batch, TimestampType::LogAppendTime, now_ms);
}

/// Sets the timestamp type and the latest timestamp of a batch in place, and makes its CRC anew
/// where that changes anything.
pub fn set_max_timestamp(batch: &mut [u8], timestamp_type: TimestampType, max_timestamp: i64) {
    let Ok(header) = BatchHeader::parse(batch) else { return };
    if header.timestamp_type() == timestamp_type && header.max_timestamp == max_timestamp {
        return;
    }
    let attributes = match timestamp_type {
        TimestampType::CreateTime => header.attributes & !LOG_APPEND_TIME,
        TimestampType::LogAppendTime => header.attributes | LOG_APPEND_TIME,
    };
    set(batch, ATTRIBUTES_AT, attributes.to_be_bytes());
    set(batch, MAX_TIMESTAMP_AT, max_timestamp.to_be_bytes());
    set_crc(batch);
}

/// Makes the CRC of a batch anew.
pub(super) fn set_crc(batch: &mut [u8]) {
    let crc = checksum(batch);
    set(batch, 17, crc.to_be_bytes());
}

fn set<const N: usize>(batch: &mut [u8], at: usize, field: [u8; N]) {
    if batch.len() >= HEADER_BYTES
        && let Some(target) = batch.get_mut(at..at + N)
    {
        target.copy_from_slice(&field);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BatchBuilder, BatchOptions};
    use super::*;

    fn sample() -> Vec<u8> {
        let mut builder = BatchBuilder::new();
        builder.append(10, Some(b"key"), Some(b"value"), &[]);
        builder.append(12, None, None, &[]);
        builder.finish(&BatchOptions::default()).unwrap().to_vec()
    }

    fn parse(bytes: &[u8]) -> Batch {
        Batch::split_from(&mut Bytes::copy_from_slice(bytes)).unwrap()
    }

    #[test]
    fn a_broker_places_a_batch_without_touching_its_checksum() {
        let mut bytes = sample();
        let before = parse(&bytes).header;
        set_base_offset(&mut bytes, 1 << 40);
        set_partition_leader_epoch(&mut bytes, 77);
        let batch = parse(&bytes);
        batch.verify().unwrap();
        let placed = BatchHeader { base_offset: 1 << 40, partition_leader_epoch: 77, ..before };
        assert_eq!(batch.header, placed);
        assert_eq!(batch.records(100).unwrap()[1].offset, (1 << 40) + 1);
    }

    #[test]
    fn append_time_is_every_records_time_until_taken_back() {
        let original = sample();
        let mut bytes = original.clone();
        set_log_append_time(&mut bytes, 99);
        let batch = parse(&bytes);
        batch.verify().unwrap();
        assert_eq!(batch.header.timestamp_type(), TimestampType::LogAppendTime);
        let times = batch.records(100).unwrap().iter().map(|r| r.timestamp).collect::<Vec<_>>();
        assert_eq!(times, [99, 99]);
        set_max_timestamp(&mut bytes, TimestampType::CreateTime, 12);
        assert_eq!(bytes, original);
    }

    #[test]
    fn what_is_too_short_for_a_batch_is_left_alone() {
        let mut bytes = vec![2; HEADER_BYTES - 1];
        set_base_offset(&mut bytes, 0);
        set_partition_leader_epoch(&mut bytes, 0);
        set_log_append_time(&mut bytes, 0);
        assert_eq!(bytes, [2; HEADER_BYTES - 1]);
    }

    #[test]
    fn a_length_below_the_headers_is_refused() {
        for length in [i32::MIN, -1, 0, 48] {
            let mut bytes = sample();
            bytes[8..12].copy_from_slice(&length.to_be_bytes());
            assert_eq!(BatchHeader::parse(&bytes), Err(RecordError::BadLength(length)));
        }
    }

    #[test]
    fn a_control_record_says_what_happened() {
        let control = |kind: ControlType| {
            let mut builder = BatchBuilder::new();
            builder.append(1, Some(&kind.key()), Some(&[0; 6]), &[]);
            let options = BatchOptions { is_control: true, ..BatchOptions::default() };
            parse(&builder.finish(&options).unwrap()).control_type()
        };
        for kind in [ControlType::Abort, ControlType::Commit, ControlType::Other(4)] {
            assert_eq!(control(kind), Ok(kind));
        }
        assert!(matches!(parse(&sample()).control_type(), Err(RecordError::BadBatch(_))));
        for key in [None, Some(&[0, 0, 0][..]), Some(&[0xff, 0xff, 0, 1])] {
            assert!(matches!(ControlType::from_key(key), Err(RecordError::BadRecord(_))));
        }
    }

    #[test]
    fn unknown_compressions_are_refused() {
        for number in 5..=7 {
            let mut bytes = sample();
            bytes[22] |= number;
            let refused = Err(RecordError::UnknownCompression(number));
            assert_eq!(parse(&bytes).body(100), refused);
        }
    }
}

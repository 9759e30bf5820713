//! Appending what a backup holds: batches keep their offsets, as a follower's do.

use bytes::BytesMut;

use super::PartitionLog;
use super::append::{AppendError, Appended, MAX_UNPACKED_BYTES};
use super::segment::Segment;
use super::tail::TailBatch;
use crate::protocol::ErrorCode;
use crate::record::{self, Batch};

impl PartitionLog {
    /// Appends a batch at the offset that it has, which must not be below the log's end: compaction
    /// leaves gaps. The first batch of an empty log is where the log starts.
    ///
    /// Producers are another cluster's, whose numbers say nothing here: a batch with one is refused.
    /// The leader epoch is this log's, as epochs only rise.
    pub fn append_as_it_was(&mut self, batch: Batch, now_ms: i64) -> Result<Appended, AppendError> {
        let mut header = batch.header;
        let refuse = |message: String| {
            Err(AppendError { code: ErrorCode::InvalidRecord, message, records: Vec::new() })
        };
        if header.producer_id >= 0 || header.is_transactional() || header.is_control() {
            return refuse("a topic with ottla.import=true takes no records of producers".into());
        }
        batch.verify()?;
        record::check_records(&batch, MAX_UNPACKED_BYTES)?;
        let (first, next) = (header.base_offset, self.next_offset);
        if first < next || header.next_offset() > super::MAX_OFFSET || header.last_offset_delta < 0
        {
            return refuse(format!("a batch at offset {first} cannot follow offset {next}"));
        }
        if self.next_offset == 0 && self.segments.len() == 1 && self.active().size_bytes == 0 {
            self.segments = vec![Segment::new(first)];
            (self.log_start_offset, self.next_offset) = (first, first);
            (self.high_watermark, self.written_offset) = (first, first);
        }
        self.roll_if_due(&header, batch.bytes.len() as u64, now_ms);
        self.epochs.note(self.leader_epoch, first);
        // A copy, as when a client's batch is stamped.
        let mut bytes = BytesMut::from(&batch.bytes[..]);
        header.partition_leader_epoch = self.leader_epoch;
        record::set_partition_leader_epoch(&mut bytes, self.leader_epoch);
        let position = self.active().size_bytes;
        self.active_mut().note_batch(position, &header);
        self.active_mut().note_time(now_ms);
        let segment = self.active().id();
        let size_bytes = bytes.len();
        let stored = Batch { header, bytes: bytes.freeze() };
        self.tail.push(TailBatch { segment, position, batch: stored });
        self.next_offset = header.next_offset();
        Ok(Appended { base_offset: first, log_append_time_ms: -1, size_bytes, duplicate: false })
    }
}

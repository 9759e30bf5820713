//! From the log's memory to storage: which writes are due, and what their confirmation means.

use bytes::BytesMut;

use super::segment::Segment;
use super::{LogRecord, PartitionLog, snapshot};
use crate::storage::{MetadataKey, Write};

/// A snapshot of the active segment is written for each so many bytes appended: opening reads no
/// more than that of each log. For large segments a 64th of what they hold, so that the snapshots,
/// which grow with the segment, stay a small part of what is written.
const SNAPSHOT_INTERVAL_BYTES: u64 = 256 * 1024;

impl PartitionLog {
    /// Whether records wait to be handed to storage.
    pub fn has_unwritten(&self) -> bool {
        self.written_offset < self.next_offset
    }

    /// The writes that are due. They are one commit's, together; its confirmation is told with
    /// [`confirm`](Self::confirm) and the log end offset of now.
    pub fn take_writes(&mut self, writes: &mut Vec<Write>) {
        if self.config.durability.is_none() {
            self.written_offset = self.next_offset;
            self.rolled.clear();
            return;
        }
        self.append_writes(writes);
        for base in std::mem::take(&mut self.rolled) {
            // A segment that ended and was deleted before its turn came needs no snapshot.
            let at = self.segments.iter().position(|segment| segment.base_offset == base);
            if let Some(at) = at {
                let end = self.segments.get(at + 1).map_or(self.next_offset, |s| s.base_offset);
                writes.push(self.snapshot_write(&self.segments[at], end, false));
            }
        }
        let size = self.active().size_bytes;
        let due = self.snapshot_bytes + SNAPSHOT_INTERVAL_BYTES.max(size / 64);
        let is_due = size > 0 && (self.snapshot_bytes == 0 || size >= due);
        // What is imported may have gaps, which recovery would take for damage.
        if is_due || (size > 0 && self.config.importing) {
            writes.push(self.snapshot_write(self.active(), self.next_offset, true));
            self.snapshot_bytes = size;
        }
        self.written_offset = self.next_offset;
    }

    fn append_writes(&self, writes: &mut Vec<Write>) {
        let mut batches = self.tail.starting_at(self.written_offset).peekable();
        while let Some(first) = batches.next() {
            let mut bytes = first.batch.bytes.clone();
            if batches.peek().is_some_and(|next| next.segment == first.segment) {
                let mut run = BytesMut::from(&bytes[..]);
                while let Some(next) = batches.next_if(|next| next.segment == first.segment) {
                    run.extend_from_slice(&next.batch.bytes);
                }
                bytes = run.freeze();
            }
            let (segment, position) = (first.segment, first.position);
            writes.push(Write::Append { log: self.id, segment, position, bytes });
        }
    }

    pub(super) fn snapshot_write(
        &self,
        segment: &Segment,
        next_offset: i64,
        active: bool,
    ) -> Write {
        let producers = active.then_some(&self.producers);
        Write::PutMetadata {
            key: MetadataKey::Segment(self.id, segment.id()).to_string(),
            value: snapshot::encode(segment, next_offset, &self.epochs, producers),
        }
    }

    /// Storage has confirmed all records before `offset`. Says whether consumers see more now.
    pub fn confirm(&mut self, offset: i64) -> bool {
        let advanced = offset > self.high_watermark;
        self.high_watermark = self.high_watermark.max(offset);
        advanced
    }

    /// Frees the oldest batch in memory if it is stored; says how many bytes that freed.
    pub fn evict(&mut self) -> Option<usize> {
        match self.config.durability {
            // Memory is the only place where they are.
            None => None,
            Some(_) => self.tail.evict(self.high_watermark),
        }
    }

    /// What is stored of the log besides its segments.
    pub(super) fn record_write(&self) -> Write {
        let record = LogRecord {
            log_start_offset: self.log_start_offset,
            clean_offset: self.clean_offset,
            unfinished: self.unfinished.iter().map(Into::into).collect(),
            last_generation: self.last_generation,
        };
        let key = MetadataKey::Log(self.id).to_string();
        Write::PutMetadata { key, value: record.seal() }
    }

    /// The writes that remove the log from storage.
    pub fn delete_writes(&self, writes: &mut Vec<Write>) {
        writes.push(Write::DeleteLog { log: self.id });
        let segments = self.segments.iter().map(|s| MetadataKey::Segment(self.id, s.id()));
        for key in segments.chain([MetadataKey::Log(self.id)]) {
            writes.push(Write::DeleteMetadata { key: key.to_string() });
        }
    }
}

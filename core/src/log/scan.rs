//! Reads batches out of stored bytes, and finds the way past damage.

use bytes::Bytes;

use super::{MAX_OFFSET, PartitionLog};
use crate::record::{self, Batch, BatchHeader};
use crate::storage::{LogRange, Pieces};

/// What lies at a position of a segment.
#[derive(Debug, Clone)]
pub enum Scanned {
    /// A whole batch whose checksum holds.
    Batch {
        /// Where it starts.
        position: u64,
        /// The batch.
        batch: Batch,
    },
    /// Bytes that are missing or are no batch.
    Damage {
        /// Where it starts.
        position: u64,
        /// How far it goes: to the next whole batch, or to the end.
        size_bytes: u64,
        /// What is wrong.
        reason: String,
    },
}

/// Goes through the pieces that a load brought for `start..end` of a segment. Each byte of the range
/// is accounted for, as part of a batch or as damage. `end` is `u64::MAX` where it is not known.
/// `first` is the smallest offset that the range can begin with, or `i64::MIN`.
pub fn scan(pieces: Pieces, start: u64, end: u64, first: i64) -> Vec<Scanned> {
    let mut found = Vec::new();
    let mut at = start;
    for (piece_start, bytes) in pieces {
        if piece_start > at {
            found.push(missing(at, piece_start));
        }
        at = piece_start + bytes.len() as u64;
        scan_piece(piece_start, bytes, &mut found);
    }
    if end != u64::MAX && at < end {
        found.push(missing(at, end));
    }
    refuse_contradictions(&mut found, first);
    found
}

/// The checksum does not cover a batch's offset. Offsets grow, so one that is not below its follower's
/// is damaged, unless it is the follower that falls behind all of them, or the batch follows without a
/// gap on what is before it, as no damaged one would.
fn refuse_contradictions(found: &mut [Scanned], first: i64) {
    let mut due = first;
    for at in 0..found.len() {
        let Some((item, rest)) = found[at..].split_first_mut() else { return };
        let Scanned::Batch { position, batch } = &*item else { continue };
        let (base, next) = (batch.header.base_offset, batch.header.next_offset());
        let follower = rest.iter().find_map(|item| match item {
            Scanned::Batch { batch, .. } => Some(batch.header.base_offset),
            Scanned::Damage { .. } => None,
        });
        let is_contradicted = follower.is_some_and(|follower| (due..next).contains(&follower));
        if base == due || (base > due && !is_contradicted) {
            due = next;
            continue;
        }
        let (position, size_bytes) = (*position, batch.bytes.len() as u64);
        *item = contradiction(position, size_bytes);
    }
}

fn contradiction(position: u64, size_bytes: u64) -> Scanned {
    let reason = "its offset contradicts those around it".to_owned();
    Scanned::Damage { position, size_bytes, reason }
}

/// What is known of the offsets in a part of a segment, which checksums do not cover.
pub(super) struct Offsets {
    /// The part begins with this offset or a later one.
    pub first: i64,
    /// It ends before this one.
    pub behind: i64,
    /// It begins with exactly that one, and none is missing in between.
    pub is_dense: bool,
}

impl Offsets {
    /// Takes batches whose offsets cannot be right for damage.
    pub(super) fn refuse_strays(&self, found: &mut [Scanned]) {
        let (mut due, mut exact) = (self.first, self.is_dense);
        for item in found {
            let Scanned::Batch { position, batch } = &*item else {
                exact = false;
                continue;
            };
            let (base, next) = (batch.header.base_offset, batch.header.next_offset());
            if base < due || next > self.behind || (exact && base != due) {
                let (position, size_bytes) = (*position, batch.bytes.len() as u64);
                *item = contradiction(position, size_bytes);
                exact = false;
            } else {
                (due, exact) = (next, self.is_dense);
            }
        }
    }
}

impl PartitionLog {
    /// Reads batches out of a part of one of the log's segments.
    pub(super) fn scan_part(&self, range: &LogRange, pieces: Pieces) -> Vec<Scanned> {
        if !self.has_segment(range.segment) {
            return scan(pieces, range.start, range.end, i64::MIN);
        }
        let (first, behind) = (self.offset_before(range), self.bound_of(range));
        let mut found = scan(pieces, range.start, range.end, first);
        Offsets { first, behind, is_dense: false }.refuse_strays(&mut found);
        found
    }

    /// The offset before which a part of a segment ends, which may be in memory.
    fn bound_of(&self, range: &LogRange) -> i64 {
        let front = self.tail.front();
        let stored =
            front.is_none_or(|front| (range.segment, range.end) <= (front.segment, front.position));
        if stored && self.config.durability.is_some() {
            return self.offset_behind(range);
        }
        let at = self.segment_of(range.segment.base_offset);
        self.segments.get(at + 1).map_or(self.next_offset, |next| next.base_offset)
    }
}

fn missing(from: u64, to: u64) -> Scanned {
    let reason = "the bytes are missing".to_owned();
    Scanned::Damage { position: from, size_bytes: to - from, reason }
}

fn scan_piece(mut position: u64, mut bytes: Bytes, found: &mut Vec<Scanned>) {
    // The smallest offset that a batch after damage can have: keeps chance matches out.
    let mut due = i64::MIN;
    while !bytes.is_empty() {
        let reason = match batch_at(&bytes) {
            Ok(batch) => {
                let size = batch.bytes.len();
                due = batch.header.next_offset();
                found.push(Scanned::Batch { position, batch });
                position += size as u64;
                bytes = bytes.slice(size..);
                continue;
            }
            Err(error) => error.to_string(),
        };
        let skipped =
            (1..bytes.len()).find(|&at| is_batch(&bytes.slice(at..), due)).unwrap_or(bytes.len());
        found.push(Scanned::Damage { position, size_bytes: skipped as u64, reason });
        position += skipped as u64;
        bytes = bytes.slice(skipped..);
    }
}

fn batch_at(bytes: &Bytes) -> Result<Batch, record::RecordError> {
    let size = BatchHeader::parse(bytes)?.size_bytes();
    let whole = bytes.slice(..size.min(bytes.len()));
    let batch = record::batches(whole)
        .next()
        .unwrap_or(Err(record::RecordError::Truncated { wanted: size, left: bytes.len() }))?;
    batch.verify()?;
    // The checksum does not cover the offset; see also above.
    if !(0..=MAX_OFFSET).contains(&batch.header.base_offset) {
        return Err(record::RecordError::BadBatch("its offset makes no sense"));
    }
    Ok(batch)
}

fn is_batch(bytes: &Bytes, due: i64) -> bool {
    // The cheap checks first: a checksum per byte of damage would take for ever.
    let plausible = bytes.get(16) == Some(&2)
        && BatchHeader::parse(bytes)
            .is_ok_and(|header| header.base_offset >= due && header.size_bytes() <= bytes.len());
    plausible && batch_at(bytes).is_ok()
}

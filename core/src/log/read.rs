//! Reading: from memory where the batches are there, otherwise by asking for a part of a segment.

use bytes::Bytes;

use super::append::MAX_UNPACKED_BYTES;
use super::scan::Scanned;
use super::segment::Segment;
use super::tail::TailBatch;
use super::{Damage, PartitionLog};
use crate::protocol::ErrorCode;
use crate::record::Batch;
use crate::storage::{LogRange, Pieces, SegmentId};

/// What a read from some offset gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// Whole batches; the first one may begin before the offset asked for.
    Batches(Bytes),
    /// There is nothing yet at this offset.
    Empty,
    /// The batches are in storage: load this, and hand it to [`PartitionLog::read_loaded`].
    Cold(LogRange),
    /// The offset is before the log's start or behind its end.
    OutOfRange,
}

/// What a loaded part of a segment gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColdRead {
    /// Whole batches, from the one that holds the offset on.
    pub batches: Bytes,
    /// Where to go on if `batches` is empty: no batch in that part reached the offset.
    pub resume_offset: i64,
    /// Behind the last of the batches.
    pub next_offset: Option<i64>,
    /// The offset asked for lies in damaged bytes.
    pub damaged: bool,
    /// What was found damaged on the way, for the log.
    pub damage: Vec<Damage>,
}

/// A question for an offset by time. KIP-79, KIP-734.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimestampQuery {
    /// The first record stamped so or later.
    AtOrAfter(i64),
    /// The record with the largest timestamp.
    Max,
}

impl PartitionLog {
    /// Reads batches from `offset` on, at most `max_bytes` of them; the first one comes whole where
    /// it is larger, if `at_least_one`.
    pub fn read(&self, offset: i64, max_bytes: usize, at_least_one: bool) -> Read {
        if offset < self.log_start_offset || offset > self.next_offset {
            return Read::OutOfRange;
        }
        if offset >= self.high_watermark {
            return Read::Empty;
        }
        if !self.is_in_memory(offset) {
            return Read::Cold(self.cold_range(offset, max_bytes));
        }
        let mut budget = Budget { left: max_bytes, at_least_one };
        let stored = |batch: &&Batch| batch.header.next_offset() <= self.high_watermark;
        let ahead = self.tail.starting_at(offset).map(|tail| &tail.batch);
        let fits = |batch: &&Batch| budget.take(batch.bytes.len());
        let count = ahead.clone().take_while(stored).take_while(fits).count();
        match concat(ahead.take(count).map(|batch| &batch.bytes)) {
            bytes if bytes.is_empty() => Read::Empty,
            bytes => Read::Batches(bytes),
        }
    }

    /// How many bytes there are to read from `offset` on, or a little more.
    pub fn available_bytes(&self, offset: i64) -> u64 {
        if offset >= self.high_watermark || offset < self.log_start_offset {
            return 0;
        }
        if self.is_in_memory(offset) {
            let ahead = self.tail.starting_at(offset);
            let stored = ahead.take_while(|b| b.batch.header.next_offset() <= self.high_watermark);
            return stored.map(|b| b.batch.bytes.len() as u64).sum();
        }
        let at = self.segment_of(offset);
        let behind: u64 = self.segments[at + 1..].iter().map(|s| s.size_bytes).sum();
        let segment = &self.segments[at];
        behind + segment.size_bytes.saturating_sub(segment.index.position_of_offset(offset))
    }

    /// Whether memory holds what there is from `offset` on: all of a topic in memory, whose first
    /// records may be gone by compaction.
    fn is_in_memory(&self, offset: i64) -> bool {
        let front = self.tail.front();
        self.config.durability.is_none()
            || front.is_some_and(|front| front.batch.header.base_offset <= offset)
    }

    fn cold_range(&self, offset: i64, max_bytes: usize) -> LogRange {
        let segment = &self.segments[self.segment_of(offset)];
        let from = segment.index.position_of_offset(offset);
        let (start, end) = segment.range(from, max_bytes as u64, self.stored_end(segment));
        LogRange { log: self.id, segment: segment.id(), start, end }
    }

    /// Where a segment's bytes in storage are known to end: at the segment's end, or where the tail
    /// begins, which may not all be stored.
    fn stored_end(&self, segment: &Segment) -> u64 {
        match self.tail.front() {
            // Nothing is, of a topic in memory.
            _ if self.config.durability.is_none() => 0,
            Some(front) if front.segment == segment.id() => front.position,
            _ => segment.size_bytes,
        }
    }

    /// Goes on with a read whose bytes have been loaded.
    pub fn read_loaded(
        &self,
        offset: i64,
        max_bytes: usize,
        at_least_one: bool,
        range: &LogRange,
        pieces: Pieces,
    ) -> ColdRead {
        let scanned = self.scan_part(range, pieces.clone());
        let damage = self.name_damage(range, &scanned);
        let mut budget = Budget { left: max_bytes, at_least_one };
        let mut taken = Vec::new();
        let mut taken_from = 0;
        let mut next_offset = None;
        // Damage is passed only before the first batch taken, and only where the batch behind it
        // shows that the offset asked for was not in it.
        let mut passed_damage = false;
        let mut damaged = false;
        // A batch that does not fit, or is not stored yet, is not passed over.
        let mut reached = false;
        for item in &scanned {
            match item {
                Scanned::Batch { batch, .. } if batch.header.next_offset() <= offset => {
                    passed_damage = false;
                }
                Scanned::Batch { batch, position } => {
                    if passed_damage && taken.is_empty() && batch.header.base_offset > offset {
                        damaged = true;
                        break;
                    }
                    reached = true;
                    let stored = batch.header.next_offset() <= self.high_watermark;
                    if !stored || !budget.take(batch.bytes.len()) {
                        break;
                    }
                    if taken.is_empty() {
                        taken_from = *position;
                    }
                    taken.push(&batch.bytes);
                    next_offset = Some(batch.header.next_offset());
                }
                Scanned::Damage { .. } if taken.is_empty() => passed_damage = true,
                Scanned::Damage { .. } => break,
            }
        }
        // Damage at the end of the range: what follows it decides whether the offset is in it.
        damaged |= passed_damage && taken.is_empty() && offset < self.offset_behind(range);
        let resume_offset = if reached { offset } else { self.offset_behind(range).max(offset) };
        let batches = run(&pieces, taken_from, &taken);
        ColdRead { batches, resume_offset, next_offset, damaged, damage }
    }

    /// The first offset behind a range of a segment, as far as the index tells.
    pub(super) fn offset_behind(&self, range: &LogRange) -> i64 {
        let at = self.segment_of(range.segment.base_offset);
        let entries = self.segments[at].index.entries();
        let next = entries.iter().find(|entry| entry.position >= range.end).map(|e| e.offset);
        let next_segment = || self.segments.get(at + 1).map(|segment| segment.base_offset);
        let next = next.or_else(next_segment).unwrap_or(self.next_offset);
        // What memory holds may begin before that, in the middle of the segment.
        let behind =
            |front: &&TailBatch| (front.segment, front.position) >= (range.segment, range.end);
        let tail = self.tail.front().filter(behind);
        tail.map_or(next, |front| front.batch.header.base_offset.min(next))
    }

    /// Says of damage which offsets it took, from the batches around it.
    fn name_damage(&self, range: &LogRange, scanned: &[Scanned]) -> Vec<Damage> {
        let mut first = self.offset_before(range);
        let mut found: Vec<Damage> = Vec::new();
        for item in scanned {
            match item {
                Scanned::Batch { batch, .. } => {
                    if let Some(open) = found.last_mut().filter(|d| d.next_offset < 0) {
                        open.next_offset = batch.header.base_offset;
                    }
                    first = batch.header.next_offset();
                }
                Scanned::Damage { position, size_bytes, reason } => found.push(Damage {
                    topic: self.topic.clone(),
                    partition: self.partition,
                    first_offset: first,
                    next_offset: -1,
                    segment: range.segment.base_offset,
                    position: *position,
                    size_bytes: *size_bytes,
                    reason: reason.clone(),
                }),
            }
        }
        let behind = self.offset_behind(range);
        found.iter_mut().filter(|d| d.next_offset < 0).for_each(|d| d.next_offset = behind);
        found
    }

    pub(super) fn offset_before(&self, range: &LogRange) -> i64 {
        let segment = &self.segments[self.segment_of(range.segment.base_offset)];
        let known = segment.index.entries().iter().find(|entry| entry.position == range.start);
        known.map_or(segment.base_offset, |entry| entry.offset)
    }

    /// Where to look for the answer to a question by time: a part of a segment, or `None` where the
    /// index already tells that no record matches. `behind` is the part that was looked through
    /// before, if any.
    pub fn timestamp_range(
        &self,
        query: TimestampQuery,
        behind: Option<&LogRange>,
    ) -> Option<LogRange> {
        // A search starts anew where compaction has replaced what was looked through.
        let behind = behind.filter(|range| self.has_segment(range.segment));
        // The largest timestamp may be that of a deleted record, as in Kafka: its segment is there
        // as long as the log starts in it. Of a topic in memory deleted records are gone.
        let kept = query == TimestampQuery::Max && self.config.durability.is_some();
        let live =
            |s: &&Segment| s.max_timestamp >= 0 && (kept || self.end_of(s) > self.log_start_offset);
        let (segment, from) = match (query, behind) {
            (TimestampQuery::Max, Some(_)) => return None,
            (TimestampQuery::Max, None) => {
                // The first of equals, as Kafka answers: `max_by_key` takes the last.
                let segment =
                    self.segments.iter().rev().filter(live).max_by_key(|s| s.max_timestamp)?;
                let indexed = segment.index.position_of_offset(segment.max_timestamp_offset);
                // The index knows of a batch before it, which memory may have no more.
                let resident = self.tail.front().is_some_and(|front| {
                    front.segment == segment.id()
                        && front.batch.header.base_offset <= segment.max_timestamp_offset
                });
                let from = if resident { self.stored_end(segment) } else { 0 };
                (segment, indexed.max(from))
            }
            (TimestampQuery::AtOrAfter(timestamp), _) => {
                let unread = |s: &&Segment| match behind {
                    Some(range) if s.id() == range.segment => range.end < s.size_bytes,
                    Some(range) => s.base_offset > range.segment.base_offset,
                    None => true,
                };
                let mut segments = self.segments.iter().filter(live).filter(unread);
                let segment = segments.find(|s| s.max_timestamp >= timestamp)?;
                let from = match behind {
                    Some(range) if segment.id() == range.segment => range.end,
                    _ => segment.index.position_of_timestamp(timestamp),
                };
                (segment, from.max(segment.index.position_of_offset(self.log_start_offset)))
            }
        };
        // Either all in storage or all in memory.
        let stored = self.stored_end(segment);
        let limit = if from < stored { stored } else { segment.size_bytes };
        let (start, end) = segment.range(from, 1, limit);
        Some(LogRange { log: self.id, segment: segment.id(), start, end })
    }

    /// Whether a segment is part of the log, and not replaced or removed.
    pub fn has_segment(&self, id: SegmentId) -> bool {
        self.segments.iter().any(|segment| segment.id() == id)
    }

    fn end_of(&self, segment: &Segment) -> i64 {
        let next = self.segments.iter().find(|other| other.base_offset > segment.base_offset);
        next.map_or(self.next_offset, |next| next.base_offset)
    }

    /// The part of a segment, as a load would have brought it, if memory holds all that there is.
    pub fn range_in_memory(&self, range: &LogRange) -> Option<Pieces> {
        let front = self.tail.front()?;
        let stored = self.config.durability.is_some();
        if stored && (front.segment, front.position) > (range.segment, range.start) {
            return None;
        }
        let inside = |b: &&TailBatch| {
            b.segment == range.segment && b.position >= range.start && b.position < range.end
        };
        let mut batches = self.tail.iter().filter(inside).peekable();
        let start = batches.peek().map_or(range.start, |first| first.position);
        Some(vec![(start, concat(batches.map(|b| &b.batch.bytes)))])
    }
}

/// Counts bytes against a bound that the first batch may exceed.
struct Budget {
    left: usize,
    at_least_one: bool,
}

impl Budget {
    fn take(&mut self, size: usize) -> bool {
        let fits = size <= self.left || self.at_least_one;
        self.at_least_one = false;
        self.left = self.left.saturating_sub(size);
        fits
    }
}

/// Batches that follow each other from `position` on as one run of bytes: a part of the piece that
/// holds all of them, if there is one, which copies nothing.
fn run(pieces: &Pieces, position: u64, batches: &[&Bytes]) -> Bytes {
    let size: usize = batches.iter().map(|batch| batch.len()).sum();
    let whole = pieces.iter().find_map(|(start, bytes)| {
        let from = usize::try_from(position.checked_sub(*start)?).ok()?;
        let to = from.checked_add(size).filter(|to| *to <= bytes.len())?;
        Some(bytes.slice(from..to))
    });
    whole.unwrap_or_else(|| concat(batches.iter().copied()))
}

/// One run of bytes; a single one is not copied.
fn concat<'a>(mut parts: impl Iterator<Item = &'a Bytes> + Clone) -> Bytes {
    // All the room at once: bytes that grow part by part are copied again and again.
    let size_bytes = parts.clone().map(Bytes::len).sum();
    let Some(first) = parts.next() else { return Bytes::new() };
    let Some(second) = parts.next() else { return first.clone() };
    let mut all = Vec::with_capacity(size_bytes);
    all.extend_from_slice(first);
    all.extend_from_slice(second);
    parts.for_each(|part| all.extend_from_slice(part));
    all.into()
}

/// The record that answers a question by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundTimestamp {
    /// Its offset.
    pub offset: i64,
    /// Its timestamp.
    pub timestamp: i64,
    /// The leader epoch of its batch.
    pub leader_epoch: i32,
}

/// The record that answers a question by time, from one part of a segment. Only stored records
/// count; the first one of a time must be one that a consumer can read.
///
/// # Errors
/// CORRUPT_MESSAGE where a batch does not decompress.
pub fn find_timestamp(
    log: &PartitionLog,
    query: TimestampQuery,
    range: &LogRange,
    pieces: Pieces,
) -> Result<Option<FoundTimestamp>, ErrorCode> {
    let start = match query {
        TimestampQuery::AtOrAfter(_) => log.log_start_offset,
        TimestampQuery::Max => 0,
    };
    let counted = start..log.high_watermark;
    let mut best: Option<FoundTimestamp> = None;
    for item in log.scan_part(range, pieces) {
        let Scanned::Batch { batch, .. } = item else { continue };
        let largest = batch.header.max_timestamp;
        let hopeless = match query {
            TimestampQuery::AtOrAfter(timestamp) => largest < timestamp,
            TimestampQuery::Max => best.is_some_and(|found| largest <= found.timestamp),
        };
        if hopeless || batch.header.next_offset() <= counted.start {
            continue;
        }
        let records = batch.records(MAX_UNPACKED_BYTES).map_err(|_| ErrorCode::CorruptMessage)?;
        for record in records.iter().filter(|record| counted.contains(&record.offset)) {
            let found = FoundTimestamp {
                offset: record.offset,
                timestamp: record.timestamp,
                leader_epoch: batch.header.partition_leader_epoch,
            };
            match query {
                TimestampQuery::AtOrAfter(timestamp) if record.timestamp >= timestamp => {
                    return Ok(Some(found));
                }
                TimestampQuery::Max if best.is_none_or(|it| record.timestamp > it.timestamp) => {
                    best = Some(found);
                }
                _ => {}
            }
        }
    }
    Ok(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_a_part_of_the_piece_that_holds_it() {
        let all = Bytes::from_static(b"..aabbbc");
        let batches = [all.slice(2..4), all.slice(4..7)];
        let run_of = |pieces: &Pieces| run(pieces, 102, &[&batches[0], &batches[1]]);
        let found = run_of(&vec![(90, Bytes::from_static(b"x")), (100, all.clone())]);
        assert_eq!(found, b"aabbb"[..]);
        assert_eq!(found.as_ptr(), all[2..].as_ptr(), "copied");
        // No piece holds all of it.
        let halves: Pieces = vec![(100, all.slice(..4)), (104, all.slice(4..))];
        assert_eq!(run_of(&halves), b"aabbb"[..]);
        let behind: Pieces = vec![(103, all.clone())];
        assert_eq!(run_of(&behind), b"aabbb"[..]);
        assert_eq!(run(&halves, 0, &[]), b""[..]);
    }

    #[test]
    fn one_part_is_not_copied() {
        let one = Bytes::from(vec![1, 2, 3]);
        assert_eq!(concat([&one].into_iter()).as_ptr(), one.as_ptr());
        assert_eq!(concat([&one, &one].into_iter()), [1, 2, 3, 1, 2, 3][..]);
        assert_eq!(concat(std::iter::empty()), b""[..]);
    }
}

//! One round of compaction of one log, slice by slice.

use std::collections::VecDeque;

use bytes::BytesMut;

use super::filter::{Filter, Kept};
use super::offset_map::OffsetMap;
use super::replace::Freed;
use crate::log::PartitionLog;
use crate::log::scan::Scanned;
use crate::log::segment::Segment;
use crate::log::tail::TailBatch;
use crate::record::{Batch, BatchHeader};
use crate::storage::{LogRange, Pieces, SegmentId, Write};

/// How a round of compaction goes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CleanerSettings {
    /// Where the hashes of keys start from.
    pub seed: u64,
    /// How much memory the keys may take (`log.cleaner.dedupe.buffer.size`).
    pub map_bytes: u64,
    /// How much is read or written in a slice (half of `log.cleaner.io.buffer.size`).
    pub slice_bytes: u64,
}

/// What a round needs to go on.
#[derive(Debug)]
pub enum CleanStep {
    /// This part of a segment.
    Load(LogRange),
    /// That these writes are stored.
    Store {
        /// The writes, which go together.
        writes: Vec<Write>,
        /// Whether they end something: what was written before must be on the medium with them.
        strict: bool,
        /// What memory got rid of.
        freed: Freed,
    },
    /// Nothing: it is over.
    Done {
        /// Writes that remove what it leaves behind where it was cut short.
        writes: Vec<Write>,
        /// Damage that keeps the log from being compacted, for a person.
        notice: Option<String>,
    },
}

/// A round of compaction.
#[derive(Debug)]
pub struct Cleaner {
    filter: Filter,
    settings: CleanerSettings,
    first_offset: i64,
    /// Where the round ends; what ends there is kept, if only its header, as Kafka does.
    end_offset: i64,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// The keys of what is new are noted. Next comes this position of this segment.
    Index { segment: SegmentId, position: u64 },
    /// What is kept is copied, group by group.
    Copy { groups: VecDeque<Vec<SegmentId>>, copy: Option<Copying> },
}

/// A group of segments that becomes one.
#[derive(Debug)]
struct Copying {
    sources: Vec<SegmentId>,
    /// Which of them is read, and how far it has been.
    at: usize,
    position: u64,
    output: Segment,
    /// What is not handed to storage yet.
    pending: Vec<TailBatch>,
    pending_bytes: u64,
    /// Some of it has been.
    stored: bool,
}

/// Why a round does not come to its end.
enum Halt {
    /// The log has changed meanwhile.
    Changed,
    Damaged(String),
}

impl Cleaner {
    /// Starts a round, for which the log must be due.
    pub fn new(log: &PartitionLog, now_ms: i64, settings: CleanerSettings) -> Cleaner {
        let dirty = log.dirty(now_ms);
        let segment = &log.segments[log.segment_of(dirty.first_offset)];
        let position = segment.index.position_of_offset(dirty.first_offset);
        let filter = Filter {
            map: OffsetMap::new(settings.seed, settings.map_bytes),
            now_ms,
            delete_retention_ms: log.config.delete_retention_ms,
        };
        Cleaner {
            filter,
            settings,
            first_offset: dirty.first_offset,
            end_offset: dirty.end_offset,
            stage: Stage::Index { segment: segment.id(), position },
        }
    }

    /// Does a slice: takes what was loaded, if something was, and says what comes next. Where
    /// nothing was, what was to be stored is stored.
    pub fn go_on(
        &mut self,
        log: &mut PartitionLog,
        loaded: Option<(LogRange, Pieces)>,
    ) -> CleanStep {
        let outcome = match loaded {
            _ if !log.config.compacted => Err(Halt::Changed),
            Some((range, _)) if !log.has_segment(range.segment) => Err(Halt::Changed),
            Some((range, pieces)) => self.take(log, &range, pieces),
            None => Ok(()),
        };
        outcome.and_then(|()| self.next(log)).unwrap_or_else(|halt| {
            let mut writes = Vec::new();
            log.remove_unfinished(&mut writes);
            let notice = match halt {
                Halt::Changed => None,
                Halt::Damaged(reason) => {
                    log.damaged = true;
                    Some(format!(
                        "topic {} partition {} is not compacted until the broker opens again: {reason}",
                        log.topic, log.partition
                    ))
                }
            };
            CleanStep::Done { writes, notice }
        })
    }

    fn take(&mut self, log: &PartitionLog, range: &LogRange, pieces: Pieces) -> Result<(), Halt> {
        for found in log.scan_part(range, pieces) {
            let batch = match found {
                Scanned::Batch { batch, .. } => batch,
                // What memory no longer has lies before the log's start.
                Scanned::Damage { .. } if log.config.durability.is_none() => continue,
                Scanned::Damage { position, reason, .. } => {
                    let base = range.segment.base_offset;
                    return Err(Halt::Damaged(format!(
                        "at {position} of segment {base}: {reason}"
                    )));
                }
            };
            match &mut self.stage {
                Stage::Index { .. } => {
                    if !self.index(&batch) {
                        self.start_copying(log);
                        return Ok(());
                    }
                }
                Stage::Copy { copy: Some(copy), .. } => {
                    let keep_empty = batch.header.next_offset() == self.end_offset
                        || log.producers.is_last_of_producer(&batch.header);
                    match self.filter.judge(&batch, keep_empty) {
                        Kept::Same => copy.put(batch),
                        Kept::Changed(bytes) => {
                            let header = BatchHeader::parse(&bytes)
                                .map_err(|error| Halt::Damaged(error.to_string()))?;
                            copy.put(Batch { header, bytes });
                        }
                        Kept::Nothing => {}
                    }
                }
                Stage::Copy { copy: None, .. } => {}
            }
        }
        match &mut self.stage {
            Stage::Index { position, .. } => *position = range.end,
            Stage::Copy { copy: Some(copy), .. } => copy.position = range.end,
            Stage::Copy { copy: None, .. } => {}
        }
        Ok(())
    }

    /// Notes a batch's keys; `false` where the map has no room for all of them.
    fn index(&mut self, batch: &Batch) -> bool {
        let header = &batch.header;
        // What a transaction brings counts only once it is known not to be aborted.
        let plain = !header.is_control() && !header.is_transactional();
        let body =
            if plain { batch.body(crate::log::append::MAX_UNPACKED_BYTES).ok() } else { None };
        let Some(body) = body else { return true };
        for span in crate::record::spans(&body, header.record_count) {
            // What does not parse from here on is kept as it is.
            let Ok(span) = span else { break };
            let offset = header.base_offset.saturating_add(i64::from(span.offset_delta));
            let key = span.key.and_then(|key| body.get(key));
            let Some(key) = key.filter(|_| offset >= self.first_offset) else { continue };
            if !self.filter.map.put(key, offset) {
                return false;
            }
        }
        let latest = &mut self.filter.map.latest_offset;
        *latest = (*latest).max(header.last_offset());
        true
    }

    fn start_copying(&mut self, log: &PartitionLog) {
        let end = self.filter.map.latest_offset.saturating_add(1);
        let mut groups: VecDeque<Vec<SegmentId>> = VecDeque::new();
        let (mut size_bytes, mut first) = (0, 0);
        for (at, segment) in log.segments.iter().enumerate() {
            if segment.base_offset >= end {
                break;
            }
            let behind = log.segments.get(at + 1).map_or(log.next_offset, |next| next.base_offset);
            size_bytes += segment.size_bytes;
            let fits =
                size_bytes <= log.config.segment_bytes && behind - first <= i64::from(i32::MAX);
            match groups.back_mut().filter(|_| fits) {
                Some(group) => group.push(segment.id()),
                None => {
                    groups.push_back(vec![segment.id()]);
                    (size_bytes, first) = (segment.size_bytes, segment.base_offset);
                }
            }
        }
        self.stage = Stage::Copy { groups, copy: None };
    }

    /// What comes next.
    fn next(&mut self, log: &mut PartitionLog) -> Result<CleanStep, Halt> {
        loop {
            match &mut self.stage {
                Stage::Index { segment, position } => {
                    let at = log.segments.iter().position(|known| known.id() == *segment);
                    let at = at.ok_or(Halt::Changed)?;
                    let slice = self.settings.slice_bytes;
                    if let Some(range) = part(log, at, *position, slice) {
                        return Ok(CleanStep::Load(range));
                    }
                    let next = log.segments.get(at + 1).ok_or(Halt::Changed)?;
                    // Offsets may be missing at the end of a segment.
                    let latest = &mut self.filter.map.latest_offset;
                    *latest = (*latest).max(next.base_offset - 1);
                    (*segment, *position) = (next.id(), 0);
                    if next.base_offset >= self.end_offset {
                        self.start_copying(log);
                    }
                }
                Stage::Copy { groups, copy: copy @ None } => match groups.pop_front() {
                    None => return Ok(CleanStep::Done { writes: Vec::new(), notice: None }),
                    Some(group) => *copy = Some(Copying::new(log, group)?),
                },
                Stage::Copy { groups, copy: copy @ Some(_) } => {
                    let Some(copying) = copy else { continue };
                    let places = log.places(&copying.sources).ok_or(Halt::Changed)?;
                    let resident = log.config.durability.is_none();
                    if !resident && copying.pending_bytes >= self.settings.slice_bytes {
                        let mut writes = Vec::new();
                        copying.store(log, &mut writes);
                        let freed = Freed::default();
                        return Ok(CleanStep::Store { writes, strict: false, freed });
                    }
                    let at = places.start + copying.at;
                    if let Some(range) = part(log, at, copying.position, self.settings.slice_bytes)
                    {
                        return Ok(CleanStep::Load(range));
                    }
                    copying.at += 1;
                    copying.position = 0;
                    if copying.at < copying.sources.len() {
                        continue;
                    }
                    if groups.is_empty() {
                        log.clean_offset = self.filter.map.latest_offset.saturating_add(1);
                    }
                    let mut writes = Vec::new();
                    let mut batches = Vec::new();
                    match resident {
                        true => batches = std::mem::take(&mut copying.pending),
                        false => copying.append(log, &mut writes),
                    }
                    let output = copying.output.clone();
                    *copy = None;
                    let freed = log.replace(places, output, batches, &mut writes);
                    return Ok(CleanStep::Store { writes, strict: true, freed });
                }
            }
        }
    }
}

impl Copying {
    fn new(log: &mut PartitionLog, sources: Vec<SegmentId>) -> Result<Copying, Halt> {
        let places = log.places(&sources).ok_or(Halt::Changed)?;
        let replaced = &log.segments[places];
        let (Some(first), Some(last)) = (replaced.first(), replaced.last()) else {
            return Err(Halt::Changed);
        };
        let (base_offset, created_ms, modified_ms) =
            (first.base_offset, first.created_ms, last.modified_ms);
        let output =
            Segment { created_ms, modified_ms, ..Segment::named(log.next_id(base_offset)) };
        let (pending, pending_bytes) = (Vec::new(), 0);
        Ok(Copying { sources, at: 0, position: 0, output, pending, pending_bytes, stored: false })
    }

    fn put(&mut self, batch: Batch) {
        let (segment, position) = (self.output.id(), self.output.size_bytes);
        self.output.note_batch(position, &batch.header);
        self.pending_bytes += batch.bytes.len() as u64;
        self.pending.push(TailBatch { segment, position, batch });
    }

    /// Hands over what is pending, and first of all says that there is something unfinished.
    fn store(&mut self, log: &mut PartitionLog, writes: &mut Vec<Write>) {
        if !std::mem::replace(&mut self.stored, true) {
            log.unfinished = vec![self.output.id()];
            writes.push(log.record_write());
        }
        self.append(log, writes);
    }

    fn append(&mut self, log: &PartitionLog, writes: &mut Vec<Write>) {
        let Some(first) = self.pending.first() else { return };
        let (segment, position) = (first.segment, first.position);
        let mut run = BytesMut::with_capacity(self.pending_bytes as usize);
        for tail in self.pending.drain(..) {
            run.extend_from_slice(&tail.batch.bytes);
        }
        self.pending_bytes = 0;
        writes.push(Write::Append { log: log.id, segment, position, bytes: run.freeze() });
    }
}

/// The next part of a segment, if there is one.
fn part(log: &PartitionLog, at: usize, position: u64, max_bytes: u64) -> Option<LogRange> {
    let segment = log.segments.get(at)?;
    if position >= segment.size_bytes {
        return None;
    }
    let (start, end) = segment.range(position, max_bytes, segment.size_bytes);
    Some(LogRange { log: log.id, segment: segment.id(), start, end })
}

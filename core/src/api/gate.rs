//! The one gate between memory and storage: what waits to be stored, and who waits for it.
//!
//! One commit is out at a time. What arrives meanwhile is the next one: many small requests share
//! one commit, and a commit can never land without the one before it.

use super::Call;
use super::reply::AfterCommit;
use crate::storage::{Commit, CommitId, Durability, LogId, LogRange, SegmentId, Write};

/// What one commit makes true once it is confirmed.
#[derive(Default)]
pub(crate) struct Bound {
    /// The logs in the commit, with their ends.
    pub logs: Vec<(LogId, i64)>,
    /// The responses that wait for it.
    pub waiting: Vec<(Call, AfterCommit)>,
    /// Whether upkeep waits for it.
    pub upkeep: bool,
    /// The segments that upkeep writes with it.
    segments: Vec<(LogId, SegmentId)>,
    /// Whether retention waits for it.
    pub retention: bool,
    /// Whether segments go with it for room.
    pub drops: bool,
}

/// What a response waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// Everything.
    All,
    /// What is no record: after a failed commit, that is stored apart.
    Metadata,
}

/// What waits to be stored.
#[derive(Default)]
pub(crate) struct Gate {
    last_id: u64,
    in_flight: Option<(CommitId, Bound)>,
    /// Writes of metadata for the next commit.
    writes: Vec<Write>,
    strict: bool,
    /// Upkeep waits for the next commit.
    upkeep: bool,
    /// The segments that upkeep writes with the next commit.
    segments: Vec<(LogId, SegmentId)>,
    /// Retention waits for the next commit.
    retention: bool,
    /// Segments go with the next commit for room.
    drops: bool,
    /// A write that goes with the next commit that stores anything.
    companion: Option<Write>,
    /// Logs with records for the next commit.
    dirty: Vec<LogId>,
    waiting: Vec<(Call, AfterCommit)>,
    /// The responses that do not wait for records.
    waiting_for_writes: Vec<(Call, AfterCommit)>,
    /// Bytes that are not confirmed, in flight and for the next commit.
    unstored_bytes: u64,
    in_flight_bytes: u64,
    /// The last commit failed: what removes things does not wait for room that others lack.
    careful: bool,
}

impl Gate {
    /// Adds a write of metadata to the next commit. Metadata is always flushed.
    pub(crate) fn write(&mut self, write: Write) {
        self.strict = true;
        self.writes.push(write);
    }

    /// Adds writes of upkeep, which waits until they are stored.
    pub(crate) fn keep_up(&mut self, writes: Vec<Write>, strict: bool) {
        self.strict |= strict;
        self.upkeep = true;
        self.segments.extend(writes.iter().filter_map(|write| match write {
            Write::Append { log, segment, .. } => Some((*log, *segment)),
            _ => None,
        }));
        self.writes.extend(writes);
    }

    /// Whether a part of a segment may not be stored yet, though it is part of its log already.
    pub(crate) fn is_storing(&self, range: &LogRange) -> bool {
        let segment = (range.log, range.segment);
        let in_flight = self.in_flight.as_ref();
        self.segments.contains(&segment)
            || in_flight.is_some_and(|(_, bound)| bound.segments.contains(&segment))
    }

    /// Adds what retention removes, which goes on when that is stored.
    pub(crate) fn expire(&mut self, writes: Vec<Write>) {
        self.strict = true;
        self.retention = true;
        self.writes.extend(writes);
    }

    /// Adds what is removed for room.
    pub(crate) fn drop_segments(&mut self, writes: Vec<Write>) {
        self.strict = true;
        self.drops = true;
        self.writes.extend(writes);
    }

    /// Whether what is removed for room is still to be stored.
    pub(crate) fn is_dropping(&self) -> bool {
        self.drops || self.in_flight.as_ref().is_some_and(|(_, bound)| bound.drops)
    }

    /// Has a write go with the next commit that stores anything. A commit that only removes things
    /// stays without it: a full storage has room for such a one alone.
    pub(crate) fn accompany(&mut self, write: Write) {
        self.companion = Some(write);
    }

    /// Notes that a log has records for the next commit.
    pub(crate) fn dirty(&mut self, log: LogId, size_bytes: usize) {
        if !self.dirty.contains(&log) {
            self.dirty.push(log);
        }
        self.unstored_bytes += size_bytes as u64;
    }

    pub(crate) fn forget(&mut self, log: LogId) {
        self.dirty.retain(|other| *other != log);
    }

    pub(crate) fn unstored_bytes(&self) -> u64 {
        self.unstored_bytes
    }

    /// Whether all that has been written so far, `of` this kind, is stored.
    pub(crate) fn has_stored(&self, of: Written) -> bool {
        self.in_flight.is_none() && !self.has_waiting(of)
    }

    fn has_waiting(&self, of: Written) -> bool {
        !self.writes.is_empty() || (of == Written::All && !self.dirty.is_empty())
    }

    /// Holds a response back until all that has been written so far, `of` this kind, is stored.
    pub(crate) fn hold(&mut self, call: Call, of: Written, reply: AfterCommit) {
        let waits = self.has_waiting(of);
        let waiting = match (&mut self.in_flight, of) {
            (Some((_, bound)), _) if !waits => &mut bound.waiting,
            (_, Written::All) => &mut self.waiting,
            (_, Written::Metadata) => &mut self.waiting_for_writes,
        };
        waiting.push((call, reply));
    }

    /// The next commit, if one is due and none is out. `take` collects the writes of a log, and says
    /// where the log ends and what durability it asks for.
    pub(crate) fn next(
        &mut self,
        mut take: impl FnMut(LogId, &mut Vec<Write>) -> Option<(i64, Durability)>,
    ) -> Option<Commit> {
        if self.in_flight.is_some() || (self.writes.is_empty() && self.dirty.is_empty()) {
            return None;
        }
        // Without records: those that do not fit would keep retention from making room for them.
        let apart = self.careful && !self.writes.is_empty() && !self.dirty.is_empty();
        if apart {
            return Some(self.commit_writes());
        }
        let mut writes = std::mem::take(&mut self.writes);
        let mut durability =
            if std::mem::take(&mut self.strict) { Durability::Strict } else { Durability::Relaxed };
        let mut logs = Vec::with_capacity(self.dirty.len());
        for log in self.dirty.drain(..) {
            if let Some((end, asked)) = take(log, &mut writes) {
                logs.push((log, end));
                durability = durability.max(asked);
            }
        }
        let waiting = std::mem::take(&mut self.waiting);
        self.in_flight_bytes = self.unstored_bytes;
        Some(self.send(durability, writes, logs, waiting))
    }

    /// The commit of what upkeep and changes of metadata write. Who waits for records does so for the
    /// next one.
    fn commit_writes(&mut self) -> Commit {
        self.strict = false;
        let writes = std::mem::take(&mut self.writes);
        self.send(Durability::Strict, writes, Vec::new(), Vec::new())
    }

    fn send(
        &mut self,
        durability: Durability,
        mut writes: Vec<Write>,
        logs: Vec<(LogId, i64)>,
        mut waiting: Vec<(Call, AfterCommit)>,
    ) -> Commit {
        self.add_companion(&mut writes);
        waiting.append(&mut self.waiting_for_writes);
        self.last_id += 1;
        let id = CommitId(self.last_id);
        let upkeep = std::mem::take(&mut self.upkeep);
        let retention = std::mem::take(&mut self.retention);
        let drops = std::mem::take(&mut self.drops);
        let segments = std::mem::take(&mut self.segments);
        self.in_flight = Some((id, Bound { logs, waiting, upkeep, retention, drops, segments }));
        Commit { id, durability, writes }
    }

    fn add_companion(&mut self, writes: &mut Vec<Write>) {
        let stores = |write: &Write| {
            matches!(
                write,
                Write::PutMetadata { .. } | Write::CreateLog { .. } | Write::Append { .. }
            )
        };
        if writes.iter().any(stores) {
            // First, so that a later write to the same key counts.
            writes.splice(0..0, self.companion.take());
        }
    }

    /// The commit that is out has been confirmed. `None` for a commit that is not the one out.
    pub(crate) fn confirmed(&mut self, id: CommitId) -> Option<Bound> {
        let (_, bound) = self.in_flight.take_if(|(out, _)| *out == id)?;
        self.unstored_bytes -= self.in_flight_bytes;
        self.in_flight_bytes = 0;
        self.careful &= bound.logs.is_empty();
        Some(bound)
    }

    /// Whether this is the commit that is out.
    pub(crate) fn is_out(&self, id: CommitId) -> bool {
        self.in_flight.as_ref().is_some_and(|(out, _)| *out == id)
    }

    /// The commit that is out has failed, or will never be answered: everything that waits has failed
    /// with it, since the next one stands on it.
    pub(crate) fn abandon(&mut self) -> Vec<(Call, AfterCommit)> {
        let out = self.in_flight.take().map(|(_, bound)| bound.waiting);
        let mut waiting = out.unwrap_or_default();
        waiting.append(&mut self.waiting);
        waiting.append(&mut self.waiting_for_writes);
        let last_id = self.last_id;
        *self = Gate { last_id, careful: true, ..Gate::default() };
        waiting
    }
}

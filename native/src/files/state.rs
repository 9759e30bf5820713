//! What the journal says is stored.

use std::collections::BTreeMap;

use bytes::Bytes;
use ottla::storage::{LogId, MetadataKey, SegmentId};

/// One step of a commit, as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    Put {
        key: String,
        value: Bytes,
    },
    Delete {
        key: String,
    },
    CreateLog {
        log: LogId,
        topic: String,
        partition: i32,
    },
    DeleteLog {
        log: LogId,
    },
    /// A segment reaches this far.
    End {
        log: LogId,
        segment: SegmentId,
        end: u64,
    },
    DeleteSegment {
        log: LogId,
        segment: SegmentId,
    },
    /// The value under the segment's key speaks of this many bytes of it.
    Snapshot {
        log: LogId,
        segment: SegmentId,
        end: u64,
    },
}

/// A segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct SegmentState {
    /// How many bytes are stored.
    pub end: u64,
    /// How many of them the core does not read again when it opens.
    pub snapshot_end: u64,
}

/// A log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LogState {
    pub topic: String,
    pub partition: i32,
    pub segments: BTreeMap<SegmentId, SegmentState>,
}

/// Everything but the records themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct State {
    pub metadata: BTreeMap<String, Bytes>,
    pub logs: BTreeMap<LogId, LogState>,
    /// The number of the last commit in the journal.
    pub sequence: u64,
}

impl State {
    pub(super) fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::Put { key, value } => {
                self.metadata.insert(key, value);
            }
            Entry::Delete { key } => {
                self.metadata.remove(&key);
            }
            Entry::CreateLog { log, topic, partition } => {
                self.logs.insert(log, LogState { topic, partition, segments: BTreeMap::new() });
            }
            Entry::DeleteLog { log } => {
                self.logs.remove(&log);
            }
            Entry::End { log, segment, end } => {
                if let Some(log) = self.logs.get_mut(&log) {
                    log.segments.entry(segment).or_default().end = end;
                }
            }
            Entry::DeleteSegment { log, segment } => {
                if let Some(log) = self.logs.get_mut(&log) {
                    log.segments.remove(&segment);
                }
            }
            Entry::Snapshot { log, segment, end } => {
                let segments = self.logs.get_mut(&log).map(|log| &mut log.segments);
                if let Some(known) = segments.and_then(|segments| segments.get_mut(&segment)) {
                    known.snapshot_end = end;
                }
            }
        }
    }

    /// The entries that make this state out of an empty one.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        for (key, value) in &self.metadata {
            entries.push(Entry::Put { key: key.clone(), value: value.clone() });
        }
        for (&log, LogState { topic, partition, segments }) in &self.logs {
            let (topic, partition) = (topic.clone(), *partition);
            entries.push(Entry::CreateLog { log, topic, partition });
            for (&segment, &SegmentState { end, snapshot_end }) in segments {
                entries.push(Entry::End { log, segment, end });
                entries.push(Entry::Snapshot { log, segment, end: snapshot_end });
            }
        }
        entries
    }

    /// The segment whose files have the names of its base offset: the oldest of those that begin
    /// there. `None` where none does.
    pub(super) fn settled(&self, log: LogId, base_offset: i64) -> Option<SegmentId> {
        let segments = &self.logs.get(&log)?.segments;
        let first = segments.range(SegmentId::new(base_offset)..).next()?;
        Some(*first.0).filter(|first| first.base_offset == base_offset)
    }

    /// How far a segment reaches; 0 for one that is not there.
    pub(super) fn end(&self, log: LogId, segment: SegmentId) -> u64 {
        let log = self.logs.get(&log);
        log.and_then(|log| log.segments.get(&segment)).map_or(0, |segment| segment.end)
    }

    /// A segment turned out shorter than it should be. Where the value under its key speaks of more
    /// than there is, it is made unreadable: the core reads the segment instead.
    pub(super) fn shorten(&mut self, log: LogId, segment: SegmentId, end: u64) {
        let segments = self.logs.get_mut(&log).map(|log| &mut log.segments);
        let Some(known) = segments.and_then(|segments| segments.get_mut(&segment)) else { return };
        known.end = end;
        if known.snapshot_end > end {
            known.snapshot_end = 0;
            let key = MetadataKey::Segment(log, segment).to_string();
            self.metadata.insert(key, Bytes::new());
        }
    }
}

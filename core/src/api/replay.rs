//! Reading back what is stored of groups, a part of a log at a time.

use bytes::Bytes;

use super::{LoadedPart, Node, Parked, Progress};
use crate::group::OFFSETS_TOPIC;
use crate::log::Read;
use crate::record::batches;
use crate::storage::{Loaded, LogId, LogRange, StorageError};
use crate::{LogLevel, Now, Output};

/// How many bytes are read at once.
const PART_BYTES: usize = 1024 * 1024;
/// How many bytes a batch may have once it is decompressed.
const MAX_UNPACKED_BYTES: usize = 128 * 1024 * 1024;

/// Goes through the logs of `__consumer_offsets`, one after the other.
pub(crate) struct Replay {
    /// The logs that have not been read to their ends, the current one last.
    logs: Vec<LogId>,
    /// How far the current one has been read.
    offset: i64,
    loaded: Option<LoadedPart>,
    failed: Option<StorageError>,
}

impl Replay {
    pub(crate) fn new(node: &Node) -> Replay {
        let logs = node.topics.get(OFFSETS_TOPIC).map(|topic| topic.logs.clone());
        Replay { logs: logs.unwrap_or_default(), offset: 0, loaded: None, failed: None }
    }

    /// Applies batches; gives the offset behind them.
    fn apply(&mut self, node: &mut Node, bytes: Bytes) {
        for batch in batches(bytes).flatten() {
            self.offset = batch.header.next_offset();
            if batch.header.is_control() {
                continue;
            }
            let records = match batch.records(MAX_UNPACKED_BYTES) {
                Ok(records) => records,
                Err(error) => {
                    warn(node, batch.header.base_offset, &error.to_string());
                    continue;
                }
            };
            for record in records {
                let Some(key) = record.key else { continue };
                let groups = node.coordinator.groups_mut();
                if let Err(error) = groups.replay(key, record.value) {
                    warn(node, record.offset, &error.to_string());
                }
            }
        }
    }

    fn next_log(&mut self) {
        self.logs.pop();
        self.offset = 0;
    }
}

fn warn(node: &mut Node, offset: i64, error: &str) {
    let message =
        format!("{OFFSETS_TOPIC}, offset {offset}: passed over, as it cannot be read: {error}");
    node.notices.push_back(Output::Log { level: LogLevel::Error, message });
}

impl Parked for Replay {
    fn advance(&mut self, node: &mut Node, now: Now) -> Progress {
        if let Some(error) = self.failed.take() {
            node.failed = Some(error);
            return Progress::Done(Bytes::new());
        }
        while let Some(log) = self.logs.last().and_then(|id| node.logs.get(id)) {
            self.offset = self.offset.max(log.log_start_offset());
            // What compaction replaced meanwhile is read again.
            let loaded = self.loaded.take().filter(|part| log.has_segment(part.range.segment));
            if let Some(part) = loaded {
                let pieces = part.pieces.unwrap_or_default();
                let read = log.read_loaded(self.offset, PART_BYTES, true, &part.range, pieces);
                let from = self.offset;
                for damage in read.damage {
                    let message = damage.to_string();
                    node.notices.push_back(Output::Log { level: LogLevel::Error, message });
                }
                self.offset = read.resume_offset;
                self.apply(node, read.batches);
                if self.offset <= from {
                    self.next_log();
                }
                continue;
            }
            match log.read(self.offset, PART_BYTES, true) {
                Read::Batches(bytes) => self.apply(node, bytes),
                Read::Cold(range) => return Progress::Load(vec![range]),
                Read::Empty | Read::OutOfRange => self.next_log(),
            }
        }
        node.groups_loaded(now);
        Progress::Done(Bytes::new())
    }

    fn loaded(&mut self, range: &LogRange, result: Result<Loaded, StorageError>) {
        if let Err(error) = &result {
            self.failed = Some(error.clone());
        }
        self.loaded = Some(LoadedPart::new(range, result));
    }
}

//! Fetch (key 1, versions 4–18): reads record batches, and waits for them. KIP-74, KIP-227, KIP-320,
//! KIP-516, KIP-595, KIP-951.
//!
//! A batch is served as it is stored: a fetch at an offset inside one gets the whole batch. At least
//! one batch is returned, however large. A fetch that finds fewer than `min_bytes` waits; one whose
//! batches are not in memory has them loaded first.

mod session;

use bytes::Bytes;

pub(crate) use self::session::FetchSessions;
use self::session::{FetchedPartition, Mode};
use super::{Call, LoadedPart, Node, Parked, Progress, Reply};
use crate::log::{PartitionLog, Read};
use crate::protocol::{ErrorCode, messages as m};
use crate::storage::{Loaded, LogId, LogRange, StorageError};
use crate::{LogLevel, Now, Output};

const READ_COMMITTED: i8 = 1;

const NOT_LEADER: i16 = ErrorCode::NotLeaderOrFollower as i16;
const FENCED: i16 = ErrorCode::FencedLeaderEpoch as i16;

pub(crate) fn fetch(node: &mut Node, now: Now, call: Call, mut request: m::FetchRequest) -> Reply {
    let fresh_id = node.random.session_id();
    let (mode, partitions) = match node.sessions.begin(&mut request, call.version, fresh_id, now) {
        Ok(begun) => begun,
        Err(code) => {
            let error_code = code.code();
            return call.now(&m::FetchResponse { error_code, ..Default::default() });
        }
    };
    let bound = node.settings.fetch_max_bytes.min(request.max_bytes);
    Reply::Parked(Box::new(Task {
        call,
        mode,
        partitions: partitions.into_iter().map(PartitionTask::new).collect(),
        min_bytes: request.min_bytes.max(0) as usize,
        max_bytes: bound.max(0) as usize,
        deadline_ms: now.monotonic_ms + request.max_wait_ms.max(0) as u64,
        read_committed: request.isolation_level == READ_COMMITTED,
    }))
}

struct Task {
    call: Call,
    mode: Mode,
    partitions: Vec<PartitionTask>,
    min_bytes: usize,
    max_bytes: usize,
    deadline_ms: u64,
    read_committed: bool,
}

struct PartitionTask {
    fetched: FetchedPartition,
    /// Where to read: past the offset asked for, where a part of a segment held nothing from there.
    offset: i64,
    awaited: Option<LogRange>,
    loaded: Option<LoadedPart>,
    /// Where the next fetch goes on, and with how many bytes at most, if this one was loaded.
    next: Option<(i64, usize)>,
}

/// What a partition gives at this moment.
enum Outcome {
    Data(Bytes),
    Diverging(m::FetchEpochEndOffset),
    Load(LogRange),
}

impl PartitionTask {
    fn new(fetched: FetchedPartition) -> PartitionTask {
        let offset = fetched.asked.fetch_offset;
        PartitionTask { fetched, offset, awaited: None, loaded: None, next: None }
    }

    fn log_id(&self, node: &Node, call: Call) -> Result<LogId, ErrorCode> {
        let key = &self.fetched.key;
        let topic = node.topic(&key.topic, key.topic_id)?;
        let log = topic.log(key.partition).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        node.check_leader(call, key.partition).map(|()| log)
    }

    fn read(
        &mut self,
        log: &PartitionLog,
        max_bytes: usize,
        at_least_one: bool,
        notices: &mut Vec<Output>,
    ) -> Result<Outcome, ErrorCode> {
        let asked = &self.fetched.asked;
        Node::check_epoch(log, asked.current_leader_epoch)?;
        if let Some(diverging) = diverging_epoch(log, asked) {
            return Ok(Outcome::Diverging(diverging));
        }
        if max_bytes == 0 && !at_least_one {
            return Ok(Outcome::Data(Bytes::new()));
        }
        loop {
            let range = match log.read(self.offset, max_bytes, at_least_one) {
                Read::OutOfRange => return Err(ErrorCode::OffsetOutOfRange),
                Read::Empty => return Ok(Outcome::Data(Bytes::new())),
                Read::Batches(batches) => return Ok(Outcome::Data(batches)),
                Read::Cold(range) => range,
            };
            let here = |part: &&LoadedPart| {
                (part.range.segment, part.range.start) == (range.segment, range.start)
            };
            let Some(part) = self.loaded.as_ref().filter(here) else {
                return Ok(Outcome::Load(range));
            };
            let (range, pieces) = (&part.range, part.pieces.clone()?);
            let read = log.read_loaded(self.offset, max_bytes, at_least_one, range, pieces);
            notices.extend(
                read.damage.iter().map(|damage| Output::Log {
                    level: LogLevel::Error,
                    message: damage.to_string(),
                }),
            );
            if read.damaged {
                return Err(ErrorCode::CorruptMessage);
            }
            if !read.batches.is_empty() || read.resume_offset <= self.offset {
                self.next = read.next_offset.map(|offset| (offset, max_bytes));
                return Ok(Outcome::Data(read.batches));
            }
            self.offset = read.resume_offset;
        }
    }
}

/// Where a consumer's log parted from this one (KIP-595): it read records of an epoch that ended
/// earlier here.
fn diverging_epoch(
    log: &PartitionLog,
    asked: &m::FetchPartition,
) -> Option<m::FetchEpochEndOffset> {
    if asked.last_fetched_epoch < 0 {
        return None;
    }
    let (epoch, end_offset) = log.end_offset_of_epoch(asked.last_fetched_epoch);
    let parted = epoch < asked.last_fetched_epoch || end_offset < asked.fetch_offset;
    parted.then_some(m::FetchEpochEndOffset { epoch, end_offset })
}

impl Parked for Task {
    fn advance(&mut self, node: &mut Node, now: Now) -> Progress {
        let mut found: Vec<(usize, m::FetchPartitionData)> =
            Vec::with_capacity(self.partitions.len());
        let mut loads = Vec::new();
        let mut logs = Vec::with_capacity(self.partitions.len());
        let mut notices = Vec::new();
        let (mut total, mut settled) = (0, self.partitions.is_empty());
        for (at, partition) in self.partitions.iter_mut().enumerate() {
            let left = self.max_bytes.saturating_sub(total);
            let wanted = left.min(partition.fetched.asked.partition_max_bytes.max(0) as usize);
            let log = partition.log_id(node, self.call).map(|id| node.logs.get(&id));
            let outcome = match log {
                Ok(Some(log)) => {
                    logs.push(log.id());
                    partition.read(log, wanted, total == 0, &mut notices).map(|o| (log, o))
                }
                Ok(None) => Err(ErrorCode::UnknownTopicOrPartition),
                Err(code) => Err(code),
            };
            let mut data = m::FetchPartitionData {
                partition_index: partition.fetched.key.partition,
                high_watermark: -1,
                records: Some(Bytes::new()),
                ..Default::default()
            };
            match outcome {
                Ok((log, outcome)) => {
                    data.high_watermark = log.high_watermark();
                    data.last_stable_offset = log.high_watermark();
                    data.log_start_offset = log.log_start_offset();
                    data.aborted_transactions = self.read_committed.then(Vec::new);
                    match outcome {
                        Outcome::Data(records) => {
                            total += records.len();
                            data.records = Some(records);
                        }
                        Outcome::Diverging(diverging) => {
                            data.diverging_epoch = diverging;
                            settled = true;
                        }
                        Outcome::Load(range) => {
                            // What it will bring counts, so that the next partition asks for less.
                            total += ((range.end - range.start) as usize).min(wanted.max(1));
                            partition.awaited = Some(range.clone());
                            loads.push(range);
                        }
                    }
                }
                Err(code) => {
                    data.error_code = code.code();
                    settled = true;
                }
            }
            found.push((at, data));
        }
        node.notices.extend(notices);
        if !loads.is_empty() {
            return Progress::Load(loads);
        }
        if settled || total >= self.min_bytes || now.monotonic_ms >= self.deadline_ms {
            return Progress::Done(self.respond(node, found));
        }
        Progress::Wait { logs, deadline_ms: self.deadline_ms }
    }

    fn loaded(&mut self, range: &LogRange, result: Result<Loaded, StorageError>) {
        let awaits = |p: &&mut PartitionTask| p.awaited.as_ref() == Some(range);
        if let Some(partition) = self.partitions.iter_mut().find(awaits) {
            partition.awaited = None;
            partition.loaded = Some(LoadedPart::new(range, result));
        }
    }

    fn read_ahead(&self, node: &Node) -> Vec<LogRange> {
        let next = |partition: &PartitionTask| {
            let (offset, max_bytes) = partition.next?;
            let log = node.logs.get(&partition.log_id(node, self.call).ok()?)?;
            match log.read(offset, max_bytes, true) {
                Read::Cold(range) => Some(range),
                _ => None,
            }
        };
        self.partitions.iter().filter_map(next).collect()
    }
}

impl Task {
    /// The response, grouped by topic in the order of the partitions.
    fn respond(&self, node: &mut Node, found: Vec<(usize, m::FetchPartitionData)>) -> Bytes {
        let session_id = match self.mode {
            Mode::Full { session_id } | Mode::Incremental { session_id } => session_id,
        };
        let mut response = m::FetchResponse { session_id, ..Default::default() };
        for (at, mut data) in found {
            let fetched = &self.partitions[at].fetched;
            let news = data.error_code != 0
                || data.records.as_ref().is_some_and(|records| !records.is_empty())
                || data.high_watermark != fetched.sent_high_watermark
                || data.log_start_offset != fetched.sent_log_start
                || data.diverging_epoch.epoch >= 0;
            if matches!(self.mode, Mode::Incremental { .. }) && !news {
                continue;
            }
            let key = &fetched.key;
            node.sessions.told(session_id, key, &data);
            let stale = [NOT_LEADER, FENCED];
            if self.call.version >= 16
                && stale.contains(&data.error_code)
                && let Ok(topic) = node.topic(&key.topic, key.topic_id)
            {
                let endpoints = &mut response.node_endpoints;
                data.current_leader = node.tell_leader(endpoints, &topic.name, key.partition);
            }
            match response.responses.last_mut() {
                Some(last) if last.topic == key.topic && last.topic_id == key.topic_id => {
                    last.partitions.push(data);
                }
                _ => response.responses.push(m::FetchableTopicResponse {
                    topic: key.topic.clone(),
                    topic_id: key.topic_id,
                    partitions: vec![data],
                }),
            }
        }
        self.call.encode(&response)
    }
}

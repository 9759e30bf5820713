//! ListOffsets (key 2, versions 1–11): offsets by time. KIP-79, KIP-207, KIP-320, KIP-734.
//!
//! −1 asks for the end, −2 for the start, −3 for the record with the largest timestamp; −4 and
//! later ones speak of tiered storage. Any other number asks for the first record stamped so or
//! later, and gets offset −1 where there is none.

use super::{Call, LoadedPart, Node, Parked, Progress, Reply};
use crate::Now;
use crate::log::{FoundTimestamp, TimestampQuery, find_timestamp};
use crate::protocol::{ErrorCode, messages as m};
use crate::storage::{Loaded, LogId, LogRange, StorageError};

const LATEST: i64 = -1;
const EARLIEST: i64 = -2;
const MAX_TIMESTAMP: i64 = -3;
const EARLIEST_LOCAL: i64 = -4;
/// The end of what is in tiered storage: nothing is.
const LATEST_TIERED: i64 = -5;
/// The start of what waits for tiered storage: nothing does.
const EARLIEST_PENDING_UPLOAD: i64 = -6;

pub(crate) fn list_offsets(
    node: &mut Node,
    _: Now,
    call: Call,
    request: m::ListOffsetsRequest,
) -> Reply {
    let mut task = Task { call, response: Default::default(), lookups: Vec::new() };
    for topic in request.topics {
        let mut result = m::ListOffsetsTopicResponse { name: topic.name, ..Default::default() };
        for asked in topic.partitions {
            let mut answer = m::ListOffsetsPartitionResponse {
                partition_index: asked.partition_index,
                ..Default::default()
            };
            let place = (task.response.topics.len(), result.partitions.len());
            match start(node, call, &result.name, &asked) {
                Ok(Start::Known { offset, leader_epoch }) => {
                    answer.offset = offset;
                    answer.leader_epoch = leader_epoch;
                }
                Ok(Start::Search { log, query }) => {
                    task.lookups.push(Lookup::new(place, log, query));
                }
                Err(code) => answer.error_code = code.code(),
            }
            result.partitions.push(answer);
        }
        task.response.topics.push(result);
    }
    match task.lookups.is_empty() {
        true => call.now(&task.response),
        false => Reply::Parked(Box::new(task)),
    }
}

enum Start {
    Known { offset: i64, leader_epoch: i32 },
    Search { log: LogId, query: TimestampQuery },
}

fn start(
    node: &mut Node,
    call: Call,
    topic: &str,
    asked: &m::ListOffsetsPartition,
) -> Result<Start, ErrorCode> {
    let version = call.version;
    let log = node.led_log(call, topic, asked.partition_index)?;
    Node::check_epoch(log, asked.current_leader_epoch)?;
    let known = |offset: i64| {
        let leader_epoch = match log.epoch_of(offset.min(log.high_watermark() - 1)) {
            -1 => log.leader_epoch(),
            epoch => epoch,
        };
        Ok(Start::Known { offset, leader_epoch })
    };
    match asked.timestamp {
        LATEST => known(log.high_watermark()),
        EARLIEST => known(log.log_start_offset()),
        EARLIEST_LOCAL if version >= 8 => known(log.log_start_offset()),
        LATEST_TIERED if version >= 9 => Ok(Start::Known { offset: -1, leader_epoch: -1 }),
        EARLIEST_PENDING_UPLOAD if version >= 11 => {
            Ok(Start::Known { offset: -1, leader_epoch: -1 })
        }
        MAX_TIMESTAMP if version >= 7 => {
            Ok(Start::Search { log: log.id(), query: TimestampQuery::Max })
        }
        timestamp if timestamp >= 0 => {
            Ok(Start::Search { log: log.id(), query: TimestampQuery::AtOrAfter(timestamp) })
        }
        _ => Err(ErrorCode::UnsupportedVersion),
    }
}

struct Task {
    call: Call,
    response: m::ListOffsetsResponse,
    lookups: Vec<Lookup>,
}

/// One partition's search, which goes from one part of a segment to the next.
struct Lookup {
    /// Where the answer goes: the topic's place in the response, and the partition's.
    place: (usize, usize),
    log: LogId,
    query: TimestampQuery,
    /// The part that was searched last.
    behind: Option<LogRange>,
    awaited: Option<LogRange>,
    loaded: Option<LoadedPart>,
}

/// How far a search came: to a record, to nothing, or to a part to be loaded.
type Found = Result<Option<FoundTimestamp>, LogRange>;

impl Lookup {
    fn new(place: (usize, usize), log: LogId, query: TimestampQuery) -> Lookup {
        Lookup { place, log, query, behind: None, awaited: None, loaded: None }
    }

    fn advance(&mut self, node: &Node) -> Result<Found, ErrorCode> {
        let log = node.logs.get(&self.log).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        loop {
            let Some(range) = log.timestamp_range(self.query, self.behind.as_ref()) else {
                return Ok(Ok(None));
            };
            // What was loaded of a segment that is gone meanwhile may not be all of it.
            let loaded = self.loaded.take().filter(|part| log.has_segment(part.range.segment));
            let (range, pieces) = match loaded {
                Some(part) => (part.range, part.pieces?),
                None => match log.range_in_memory(&range) {
                    Some(pieces) => (range, pieces),
                    None => return Ok(Err(range)),
                },
            };
            let found = find_timestamp(log, self.query, &range, pieces)?;
            if found.is_some() {
                return Ok(Ok(found));
            }
            self.behind = Some(range);
        }
    }
}

impl Parked for Task {
    fn advance(&mut self, node: &mut Node, _: Now) -> Progress {
        let mut loads = Vec::new();
        let response = &mut self.response;
        self.lookups.retain_mut(|lookup| {
            let (topic, partition) = lookup.place;
            let answer = &mut response.topics[topic].partitions[partition];
            match lookup.advance(node) {
                Ok(Ok(Some(found))) => {
                    answer.offset = found.offset;
                    answer.timestamp = found.timestamp;
                    answer.leader_epoch = found.leader_epoch;
                }
                Ok(Ok(None)) => {}
                Ok(Err(range)) => {
                    lookup.awaited = Some(range.clone());
                    loads.push(range);
                    return true;
                }
                Err(code) => answer.error_code = code.code(),
            }
            false
        });
        match loads.is_empty() {
            true => Progress::Done(self.call.encode(&self.response)),
            false => Progress::Load(loads),
        }
    }

    fn loaded(&mut self, range: &LogRange, result: Result<Loaded, StorageError>) {
        let awaits = |lookup: &&mut Lookup| lookup.awaited.as_ref() == Some(range);
        if let Some(lookup) = self.lookups.iter_mut().find(awaits) {
            lookup.awaited = None;
            lookup.loaded = Some(LoadedPart::new(range, result));
        }
    }
}

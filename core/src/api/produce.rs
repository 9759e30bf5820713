//! Produce (key 0, versions 3–13): appends record batches. KIP-98, KIP-360, KIP-467, KIP-516.
//!
//! The response leaves when the batches are stored, with acks=1 too: a single broker has nobody
//! else to wait for, and nothing is acknowledged before it is stored. With acks=0 there is no
//! response at all: an error closes the connection, as in Kafka, so that the client asks again who
//! leads.

use bytes::Bytes;

use super::reply::Refusable;
use super::{Call, Node, Reply};
use crate::Now;
use crate::log::AppendError;
use crate::protocol::{ErrorCode, messages as m};
use crate::record::{self, Compression, RecordError};
use crate::storage::LogId;

const NOT_LEADER: i16 = ErrorCode::NotLeaderOrFollower as i16;

pub(crate) fn produce(node: &mut Node, now: Now, call: Call, request: m::ProduceRequest) -> Reply {
    let refused = match request.acks {
        -1..=1 => None,
        _ => Some(AppendError {
            code: ErrorCode::InvalidRequiredAcks,
            message: format!("acks={}: 0, 1 and -1 (all) are possible", request.acks),
            records: Vec::new(),
        }),
    };
    let responses = Vec::with_capacity(request.topic_data.len());
    let mut response = m::ProduceResponse { responses, ..Default::default() };
    let mut appended = false;
    for topic in request.topic_data {
        let name = node.topic(&topic.name, topic.topic_id).map(|found| found.name.clone());
        let mut result = m::TopicProduceResponse {
            name: topic.name,
            topic_id: topic.topic_id,
            partition_responses: Vec::with_capacity(topic.partition_data.len()),
        };
        for partition in topic.partition_data {
            let outcome = match (&refused, &name) {
                (Some(error), _) => Err(error.clone()),
                (None, Err(code)) => Err(plain(*code)),
                (None, Ok(name)) => {
                    append(node, now, call, name, partition.index, partition.records)
                }
            };
            appended |= outcome.is_ok();
            let mut answer = answer(partition.index, outcome);
            if let (NOT_LEADER, Ok(name)) = (answer.error_code, &name) {
                let endpoints = &mut response.node_endpoints;
                answer.current_leader = node.tell_leader(endpoints, name, partition.index);
            }
            result.partition_responses.push(answer);
        }
        response.responses.push(result);
    }
    if request.acks == 0 {
        return match first_error(&response) {
            Some(code) => Reply::Close(format!("a produce request with acks=0 failed: {code}")),
            None => Reply::Now(None),
        };
    }
    if appended { call.once_stored(node, response) } else { call.now(&response) }
}

fn first_error(response: &m::ProduceResponse) -> Option<i16> {
    let partitions = response.responses.iter().flat_map(|topic| &topic.partition_responses);
    partitions.map(|partition| partition.error_code).find(|code| *code != 0)
}

fn plain(code: ErrorCode) -> AppendError {
    AppendError { code, message: code.message().to_owned(), records: Vec::new() }
}

/// Appends one partition's batch; gives base offset, append time and log start.
fn append(
    node: &mut Node,
    now: Now,
    call: Call,
    topic: &str,
    partition: i32,
    records: Option<Bytes>,
) -> Result<(i64, i64, i64), AppendError> {
    // What the broker keeps for itself is not for clients to write.
    if crate::topic::is_internal(topic) {
        return Err(plain(ErrorCode::InvalidTopicException));
    }
    let log = node.led_log(call, topic, partition).map_err(plain)?;
    let (id, resident) = (log.id(), log.config().durability.is_none());
    if log.config().importing {
        check_room(node, resident)?;
        return import(node, id, records.unwrap_or_default(), now);
    }
    let batch = only_batch(records.unwrap_or_default(), call.version)?;
    if let Err(error) = check_room(node, resident) {
        if let Some(log) = node.logs.get_mut(&id) {
            log.refused(&batch.header, now.wall_ms);
        }
        return Err(error);
    }
    if batch.header.is_transactional() {
        return Err(AppendError {
            code: ErrorCode::InvalidTxnState,
            message: "transactions are not served yet: produce without a transactional id".into(),
            records: Vec::new(),
        });
    }
    let size = batch.bytes.len();
    let unknown = || plain(ErrorCode::UnknownTopicOrPartition);
    let log = node.logs.get_mut(&id).ok_or_else(unknown)?;
    let bound = log.config().segment_bytes;
    if size as u64 > bound {
        let message = format!(
            "the batch has {size} bytes and segment.bytes of topic {topic} is {bound}: send smaller \
             batches, or raise it"
        );
        let code = ErrorCode::RecordListTooLarge;
        return Err(AppendError { code, message, records: Vec::new() });
    }
    let appended = log.append(batch, now.wall_ms)?;
    let start = log.log_start_offset();
    if !appended.duplicate {
        node.appended(id, appended.size_bytes);
    }
    Ok((appended.base_offset, appended.log_append_time_ms, start))
}

/// Appends batches of a backup, at the offsets that they have: all of them, or those before the first
/// that cannot be taken.
fn import(
    node: &mut Node,
    id: LogId,
    records: Bytes,
    now: Now,
) -> Result<(i64, i64, i64), AppendError> {
    let mut first = None;
    for batch in record::batches(records) {
        let log =
            node.logs.get_mut(&id).ok_or_else(|| plain(ErrorCode::UnknownTopicOrPartition))?;
        let appended = log.append_as_it_was(batch?, now.wall_ms)?;
        first.get_or_insert(appended.base_offset);
        node.appended(id, appended.size_bytes);
    }
    let start = node.logs.get(&id).map_or(-1, |log| log.log_start_offset());
    Ok((first.unwrap_or(-1), -1, start))
}

/// Refuses while too much waits for storage, or too much is held for topics that have none.
fn check_room(node: &Node, resident: bool) -> Result<(), AppendError> {
    let (held, allowed) = match resident {
        true => (node.memory_topics_bytes() as u64, node.settings.memory_bytes),
        false => (node.gate.unstored_bytes(), node.settings.unstored_bytes),
    };
    if !resident {
        node.check_headroom()?;
    }
    if held < allowed {
        return Ok(());
    }
    let (bound, name, advice) = match resident {
        true => ("ottla.memory.bytes", "topics in memory", "delete records, or raise it"),
        false => {
            let advice = "try again when storage has caught up";
            ("ottla.unstored.bytes", "records not yet stored", advice)
        }
    };
    let message = format!("{name} hold {held} bytes, as many as {bound} allows: {advice}");
    Err(AppendError { code: ErrorCode::KafkaStorageError, message, records: Vec::new() })
}

/// A Produce request has exactly one batch for each partition, in format 2.
fn only_batch(records: Bytes, version: i16) -> Result<record::Batch, AppendError> {
    let mut batches = record::batches(records);
    let batch = batches.next().unwrap_or(Err(RecordError::BadBatch("no batch")))?;
    if batches.next().is_some() {
        return Err(RecordError::BadBatch("more than one batch for a partition").into());
    }
    // zstd came with version 7 (KIP-110).
    if version < 7 && batch.header.compression() == Ok(Compression::Zstd) {
        return Err(plain(ErrorCode::UnsupportedCompressionType));
    }
    Ok(batch)
}

fn answer(
    index: i32,
    outcome: Result<(i64, i64, i64), AppendError>,
) -> m::PartitionProduceResponse {
    match outcome {
        Ok((base_offset, log_append_time_ms, log_start_offset)) => m::PartitionProduceResponse {
            index,
            base_offset,
            log_append_time_ms,
            log_start_offset,
            ..Default::default()
        },
        Err(error) => m::PartitionProduceResponse {
            index,
            error_code: error.code.code(),
            base_offset: -1,
            error_message: Some(error.message),
            record_errors: error
                .records
                .into_iter()
                .map(|(batch_index, message)| m::BatchIndexAndErrorMessage {
                    batch_index,
                    batch_index_error_message: Some(message),
                })
                .collect(),
            ..Default::default()
        },
    }
}

impl Refusable for m::ProduceResponse {
    fn refuse(&mut self, code: ErrorCode, message: &str) {
        let partitions = self.responses.iter_mut().flat_map(|t| &mut t.partition_responses);
        for partition in partitions.filter(|partition| partition.error_code == 0) {
            partition.error_code = code.code();
            partition.error_message = Some(message.to_owned());
            partition.base_offset = -1;
            partition.log_append_time_ms = -1;
            partition.log_start_offset = -1;
        }
    }
}

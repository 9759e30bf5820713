//! DeleteRecords (key 21, versions 0–2): raises a partition's first offset. KIP-107.
//!
//! −1 stands for the high watermark. An offset below the log's start changes nothing and succeeds.
//! A topic that is only compacted keeps its records, as in Kafka: POLICY_VIOLATION.

use super::reply::Refusable;
use super::{Call, Node, Reply};
use crate::Now;
use crate::protocol::{ErrorCode, messages as m};

pub(crate) fn delete_records(
    node: &mut Node,
    _: Now,
    call: Call,
    request: m::DeleteRecordsRequest,
) -> Reply {
    let mut response = m::DeleteRecordsResponse::default();
    for topic in request.topics {
        let mut result = m::DeleteRecordsTopicResult { name: topic.name, ..Default::default() };
        for partition in topic.partitions {
            let partition_index = partition.partition_index;
            let outcome = delete(node, call, &result.name, partition_index, partition.offset);
            let (low_watermark, error_code) = match outcome {
                Ok(start) => (start, 0),
                Err(code) => (-1, code.code()),
            };
            result.partitions.push(m::DeleteRecordsPartitionResult {
                partition_index,
                low_watermark,
                error_code,
            });
        }
        response.topics.push(result);
    }
    call.once_metadata_stored(node, response)
}

fn delete(
    node: &mut Node,
    call: Call,
    topic: &str,
    partition: i32,
    offset: i64,
) -> Result<i64, ErrorCode> {
    if crate::topic::is_internal(topic) {
        return Err(ErrorCode::InvalidTopicException);
    }
    let log = node.led_log(call, topic, partition)?;
    // What is imported begins where it did, whatever the topic's policy is to be.
    if !log.config().deleted && !log.config().importing {
        return Err(ErrorCode::PolicyViolation);
    }
    let end = log.high_watermark();
    let offset = if offset == -1 { end } else { offset };
    if offset < 0 || offset > end {
        return Err(ErrorCode::OffsetOutOfRange);
    }
    let mut writes = Vec::new();
    log.delete_before(offset, &mut writes);
    let (start, id) = (log.log_start_offset(), log.id());
    node.stale.push(id);
    writes.into_iter().for_each(|write| node.gate.write(write));
    Ok(start)
}

impl Refusable for m::DeleteRecordsResponse {
    fn refuse(&mut self, code: ErrorCode, _: &str) {
        let partitions = self.topics.iter_mut().flat_map(|topic| &mut topic.partitions);
        for partition in partitions.filter(|partition| partition.error_code == 0) {
            partition.error_code = code.code();
            partition.low_watermark = -1;
        }
    }
}

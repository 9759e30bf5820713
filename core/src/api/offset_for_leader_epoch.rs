//! OffsetForLeaderEpoch (key 23, versions 2–4): where a leader epoch ended. KIP-101, KIP-320.

use super::{Call, Node, Reply};
use crate::Now;
use crate::protocol::{ErrorCode, messages as m};

pub(crate) fn offset_for_leader_epoch(
    node: &mut Node,
    _: Now,
    call: Call,
    request: m::OffsetForLeaderEpochRequest,
) -> Reply {
    let mut response = m::OffsetForLeaderEpochResponse::default();
    for topic in request.topics {
        let mut result = m::OffsetForLeaderTopicResult { topic: topic.topic, ..Default::default() };
        for asked in topic.partitions {
            let (error_code, leader_epoch, end_offset) =
                match answer(node, call, &result.topic, &asked) {
                    Ok((epoch, offset)) => (0, epoch, offset),
                    Err(code) => (code.code(), -1, -1),
                };
            let partition = asked.partition;
            let answer = m::EpochEndOffset { error_code, partition, leader_epoch, end_offset };
            result.partitions.push(answer);
        }
        response.topics.push(result);
    }
    call.now(&response)
}

fn answer(
    node: &mut Node,
    call: Call,
    topic: &str,
    asked: &m::OffsetForLeaderPartition,
) -> Result<(i32, i64), ErrorCode> {
    let log = node.led_log(call, topic, asked.partition)?;
    Node::check_epoch(log, asked.current_leader_epoch)?;
    Ok(log.end_offset_of_epoch(asked.leader_epoch))
}

//! OffsetCommit (key 8, versions 2–10). KIP-211, KIP-320, KIP-345, KIP-848.

use super::{Call, Node, Reply};
use crate::Now;
use crate::protocol::{ErrorCode, messages as m};

pub(crate) fn offset_commit(
    node: &mut Node,
    now: Now,
    call: Call,
    request: m::OffsetCommitRequest,
) -> Reply {
    let room = match node.gate.unstored_bytes() < node.settings.unstored_bytes {
        true => Ok(()),
        // Which makes the client try again.
        false => Err(ErrorCode::CoordinatorNotAvailable),
    };
    if let Err(code) = node.check_coordinator(call, &request.group_id).and(room) {
        return call.now(&refuse_all(request, code));
    }
    let response = node.on_groups(now, |groups, context, effects| {
        groups.commit(context, call.version, request, effects)
    });
    call.once_stored(node, response)
}

fn refuse_all(request: m::OffsetCommitRequest, code: ErrorCode) -> m::OffsetCommitResponse {
    let topics = request.topics.into_iter().map(|topic| m::OffsetCommitResponseTopic {
        name: topic.name,
        topic_id: topic.topic_id,
        partitions: topic
            .partitions
            .iter()
            .map(|partition| m::OffsetCommitResponsePartition {
                partition_index: partition.partition_index,
                error_code: code.code(),
            })
            .collect(),
    });
    m::OffsetCommitResponse { topics: topics.collect(), ..Default::default() }
}

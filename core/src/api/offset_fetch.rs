//! OffsetFetch (key 9, versions 1–10). KIP-320, KIP-447, KIP-709 (several groups at once), KIP-848.
//!
//! The response leaves when all offsets that it tells of are stored.

use super::{Call, Node, Reply};
use crate::Now;
use crate::protocol::{ErrorCode, messages as m};

/// From this version on, a request is for several groups.
const SEVERAL_GROUPS_SINCE: i16 = 8;
/// From this version on, an error can be told of a group as a whole.
const GROUP_ERROR_SINCE: i16 = 2;

pub(crate) fn offset_fetch(
    node: &mut Node,
    now: Now,
    call: Call,
    request: m::OffsetFetchRequest,
) -> Reply {
    let mut response = m::OffsetFetchResponse::default();
    if call.version >= SEVERAL_GROUPS_SINCE {
        let groups = request.groups.iter();
        response.groups = groups.map(|group| fetch(node, now, call, group)).collect();
    } else {
        let topic = |topic: m::OffsetFetchRequestTopic| m::OffsetFetchRequestTopics {
            name: topic.name,
            partition_indexes: topic.partition_indexes,
            ..Default::default()
        };
        let group = m::OffsetFetchRequestGroup {
            group_id: request.group_id,
            topics: request.topics.map(|topics| topics.into_iter().map(topic).collect()),
            ..Default::default()
        };
        let found = fetch(node, now, call, &group);
        response.error_code = found.error_code;
        response.topics = found.topics.into_iter().map(old_topic).collect();
        if found.error_code != 0 && call.version < GROUP_ERROR_SINCE {
            response.topics = refuse_each(group, found.error_code);
        }
    }
    call.once_stored(node, response)
}

fn fetch(
    node: &mut Node,
    now: Now,
    call: Call,
    group: &m::OffsetFetchRequestGroup,
) -> m::OffsetFetchResponseGroup {
    let fetched = node.check_coordinator(call, &group.group_id).map(|()| {
        node.on_groups(now, |groups, context, _| groups.fetch(context, call.version, group))
    });
    fetched.unwrap_or_else(|code: ErrorCode| m::OffsetFetchResponseGroup {
        group_id: group.group_id.clone(),
        error_code: code.code(),
        ..Default::default()
    })
}

fn old_topic(topic: m::OffsetFetchResponseTopics) -> m::OffsetFetchResponseTopic {
    let old = |partition: m::OffsetFetchResponsePartitions| m::OffsetFetchResponsePartition {
        partition_index: partition.partition_index,
        committed_offset: partition.committed_offset,
        committed_leader_epoch: partition.committed_leader_epoch,
        metadata: partition.metadata,
        error_code: partition.error_code,
    };
    m::OffsetFetchResponseTopic {
        name: topic.name,
        partitions: topic.partitions.into_iter().map(old).collect(),
    }
}

fn refuse_each(
    group: m::OffsetFetchRequestGroup,
    error_code: i16,
) -> Vec<m::OffsetFetchResponseTopic> {
    let refused = |partition_index: i32| m::OffsetFetchResponsePartition {
        partition_index,
        committed_offset: -1,
        metadata: Some(String::new()),
        error_code,
        ..Default::default()
    };
    let topics = group.topics.into_iter().flatten();
    let refused = topics.map(|topic| m::OffsetFetchResponseTopic {
        name: topic.name,
        partitions: topic.partition_indexes.into_iter().map(refused).collect(),
    });
    refused.collect()
}

//! OffsetFetch.

use super::{TOPIC_IDS_SINCE, find};
use crate::Uuid;
use crate::group::record::OffsetCommitValue;
use crate::group::{Context, Group, Groups};
use crate::protocol::messages as m;

impl Groups {
    /// Serves an OffsetFetch, for one of its groups.
    pub(crate) fn fetch(
        &self,
        context: &Context,
        version: i16,
        request: &m::OffsetFetchRequestGroup,
    ) -> m::OffsetFetchResponseGroup {
        let group = &request.group_id;
        if let Some(Group::Consumer(own)) = self.groups.get(group)
            && let Err(code) = own.check_fetch(request.member_id.as_deref(), request.member_epoch)
        {
            let (group_id, error_code) = (group.clone(), code.code());
            return m::OffsetFetchResponseGroup { group_id, error_code, topics: Vec::new() };
        }
        let by_id = version >= TOPIC_IDS_SINCE;
        let mut topics = Vec::new();
        for topic in request.topics.iter().flatten() {
            let found = if by_id {
                find(context, true, "", topic.topic_id)
            } else {
                Ok((topic.name.as_str(), Uuid::ZERO, 0))
            };
            let one = |index: &i32| match found {
                Ok((name, ..)) => committed(*index, self.offsets.get(group, name, *index)),
                Err(code) => m::OffsetFetchResponsePartitions {
                    error_code: code.code(),
                    ..committed(*index, None)
                },
            };
            topics.push(m::OffsetFetchResponseTopics {
                name: topic.name.clone(),
                topic_id: topic.topic_id,
                partitions: topic.partition_indexes.iter().map(one).collect(),
            });
        }
        if request.topics.is_none() {
            for (name, partitions) in self.offsets.of_group(group).into_iter().flatten() {
                let topic_id = context.topics.get(name).map_or(Uuid::ZERO, |topic| topic.id);
                if !(by_id && topic_id.is_zero()) {
                    let all =
                        partitions.iter().map(|(index, value)| committed(*index, Some(value)));
                    let (name, partitions) = (name.clone(), all.collect());
                    topics.push(m::OffsetFetchResponseTopics { name, topic_id, partitions });
                }
            }
        }
        m::OffsetFetchResponseGroup { group_id: group.clone(), topics, error_code: 0 }
    }
}

fn committed(
    partition_index: i32,
    value: Option<&OffsetCommitValue>,
) -> m::OffsetFetchResponsePartitions {
    m::OffsetFetchResponsePartitions {
        partition_index,
        committed_offset: value.map_or(-1, |value| value.offset),
        committed_leader_epoch: value.map_or(-1, |value| value.leader_epoch),
        metadata: Some(value.map(|value| value.metadata.clone()).unwrap_or_default()),
        error_code: 0,
    }
}

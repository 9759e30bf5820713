//! OffsetDelete, and what takes offsets along.

use super::{find, tombstone};
use crate::Uuid;
use crate::group::record::OffsetCommitValue;
use crate::group::{Context, Effects, Group, Groups};
use crate::protocol::ErrorCode;
use crate::protocol::messages as m;

impl Groups {
    /// Serves an OffsetDelete (KIP-496).
    pub(crate) fn delete_offsets(
        &mut self,
        context: &Context,
        request: m::OffsetDeleteRequest,
        effects: &mut Effects,
    ) -> m::OffsetDeleteResponse {
        let id = &request.group_id;
        let checked = match self.groups.get(id) {
            _ if id.is_empty() => Err(ErrorCode::InvalidGroupId),
            None => Err(ErrorCode::GroupIdNotFound),
            Some(Group::Classic(group)) if !group.is_empty() && !group.is_of_consumers() => {
                Err(ErrorCode::NonEmptyGroup)
            }
            Some(_) => Ok(()),
        };
        if let Err(code) = checked {
            return m::OffsetDeleteResponse { error_code: code.code(), ..Default::default() };
        }
        let mut response = m::OffsetDeleteResponse::default();
        for topic in request.topics {
            let count =
                find(context, false, &topic.name, Uuid::ZERO).map_or(0, |(_, _, count)| count);
            let subscribed = self.groups.get(id).is_some_and(|g| g.is_subscribed_to(&topic.name));
            let partitions = topic.partitions.iter().map(|partition| {
                let index = partition.partition_index;
                let error_code = if !(0..count).contains(&index) {
                    ErrorCode::UnknownTopicOrPartition.code()
                } else if subscribed {
                    ErrorCode::GroupSubscribedToTopic.code()
                } else {
                    if self.offsets.get(id, &topic.name, index).is_some() {
                        effects.records.push(tombstone(id, &topic.name, index));
                        self.offsets.remove(id, &topic.name, index);
                    }
                    0
                };
                m::OffsetDeleteResponsePartition { partition_index: index, error_code }
            });
            let partitions = partitions.collect();
            response.topics.push(m::OffsetDeleteResponseTopic { name: topic.name, partitions });
        }
        response
    }

    /// Forgets the offsets of a topic that has been deleted.
    pub(crate) fn topic_deleted(&mut self, topic: &str, effects: &mut Effects) {
        self.remove_offsets(effects, |_, name, _| name == topic);
    }

    /// Deletes all offsets of a group.
    pub(in crate::group) fn remove_group_offsets(&mut self, group: &str, effects: &mut Effects) {
        self.remove_offsets(effects, |id, _, _| id == group);
    }

    /// Deletes those offsets of which `is_due` says so.
    pub(super) fn remove_offsets(
        &mut self,
        effects: &mut Effects,
        mut is_due: impl FnMut(&str, &str, &OffsetCommitValue) -> bool,
    ) {
        let mut due = Vec::new();
        for (group, topics) in &self.offsets.groups {
            for (topic, partitions) in topics {
                for (partition, value) in partitions {
                    if is_due(group, topic, value) {
                        due.push((group.clone(), topic.clone(), *partition));
                    }
                }
            }
        }
        for (group, topic, partition) in due {
            effects.records.push(tombstone(&group, &topic, partition));
            self.offsets.remove(&group, &topic, partition);
        }
    }
}

impl Group {
    pub(super) fn is_subscribed_to(&self, topic: &str) -> bool {
        match self {
            Group::Classic(group) => group.is_subscribed_to(topic),
            Group::Consumer(group) => group.is_subscribed_to(topic),
        }
    }
}

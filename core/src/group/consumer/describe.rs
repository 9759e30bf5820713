//! Consumer groups as administrators see them.

use super::super::Context;
use super::super::partitions::TopicPartitions;
use super::group::ConsumerGroup;
use crate::protocol::messages as m;

/// The type of a member of the consumer protocol.
const CONSUMER_MEMBER: i8 = 1;
/// The type of a member of the classic protocol.
const CLASSIC_MEMBER: i8 = 0;

impl ConsumerGroup {
    /// Serves a ConsumerGroupDescribe.
    pub(crate) fn describe(&self, context: &Context) -> m::ConsumerGroupDescribedGroup {
        let members = self.members.iter().map(|(id, member)| m::ConsumerGroupDescribeMember {
            member_id: id.clone(),
            instance_id: member.instance_id.clone(),
            rack_id: member.rack_id.clone(),
            member_epoch: member.epoch,
            client_id: member.client_id.clone(),
            client_host: member.client_host.clone(),
            subscribed_topic_names: member.topics.clone(),
            subscribed_topic_regex: member.regex.clone(),
            assignment: assignment(context, Some(&member.assigned)),
            target_assignment: assignment(context, self.targets.get(id)),
            member_type: if member.classic.is_some() { CLASSIC_MEMBER } else { CONSUMER_MEMBER },
        });
        m::ConsumerGroupDescribedGroup {
            group_id: self.id.clone(),
            group_state: self.state().to_owned(),
            group_epoch: self.epoch,
            assignment_epoch: self.target_epoch,
            assignor_name: self.assignor().to_owned(),
            members: members.collect(),
            ..Default::default()
        }
    }
}

/// Partitions of topics that there are.
fn assignment(
    context: &Context,
    partitions: Option<&TopicPartitions>,
) -> m::ConsumerGroupDescribeAssignment {
    let topics = partitions.into_iter().flatten().filter_map(|(&topic_id, list)| {
        let topic = context.topics.by_id(topic_id)?;
        let (topic_name, partitions) = (topic.name.clone(), list.clone());
        Some(m::ConsumerGroupDescribeTopicPartitions { topic_id, topic_name, partitions })
    });
    m::ConsumerGroupDescribeAssignment { topic_partitions: topics.collect() }
}

//! A consumer group that was a classic one, and one that becomes it: the members that speak the
//! classic protocol go on with the partitions that they have.

use bytes::Bytes;
use litemap::LiteMap;

use super::super::classic::{ClassicGroup, ClassicMember};
use super::super::partitions::TopicPartitions;
use super::super::record::{RecordClassicMemberMetadata, RecordClassicProtocol};
use super::super::{Context, Effects, Settings, partitions};
use super::group::ConsumerGroup;
use super::member::Member;
use crate::protocol::messages::JoinGroupRequestProtocol;
use crate::protocol::{
    ConsumerProtocolAssignment, ConsumerProtocolSubscription, ConsumerProtocolTopicPartition,
    decode_consumer_protocol, encode_consumer_protocol,
};

impl ConsumerGroup {
    /// The consumer group that takes the place of a classic group of consumers; its records are
    /// written. `None` where the members' subscriptions or assignments cannot be read, or carry what
    /// an assignor of the client's own needs.
    pub(crate) fn from_classic(
        context: &Context,
        settings: &Settings,
        id: &str,
        classic: &ClassicGroup,
        effects: &mut Effects,
    ) -> Option<ConsumerGroup> {
        let mut group = ConsumerGroup::new(id);
        (group.epoch, group.target_epoch) = (classic.generation(), classic.generation());
        for (id, old) in classic.members() {
            let name = classic.protocol().or(old.protocols.first().map(|own| own.name.as_str()));
            let (_, subscription) =
                decode_consumer_protocol::<ConsumerProtocolSubscription>(old.metadata(name))
                    .ok()?;
            let assigned = read_assignment(context, &old.assignment)?;
            let mut member = Member {
                epoch: classic.generation(),
                previous_epoch: classic.generation(),
                rebalance_timeout_ms: old.rebalance_timeout_ms,
                assigned: assigned.clone(),
                ..Member::default()
            };
            member.instance_id.clone_from(&old.instance_id);
            member.client_id.clone_from(&old.client_id);
            member.client_host.clone_from(&old.client_host);
            member.subscribe_classic(subscription, old.session_timeout_ms, &old.protocols);
            group.members.insert(id.clone(), member);
            group.targets.insert(id.clone(), assigned);
        }
        group.metadata_hash = group.hash_topics(context.topics);
        group.write_all(effects);
        group.loaded(context, settings);
        Some(group)
    }

    /// Writes the whole group.
    fn write_all(&self, effects: &mut Effects) {
        self.members.iter().for_each(|(id, member)| self.write_member(id, member, effects));
        self.write_group(effects);
        self.members.keys().for_each(|id| self.write_target(id, effects));
        self.write_targets(effects);
        self.members.iter().for_each(|(id, member)| self.write_current(id, member, effects));
    }

    /// Whether the group is to become a classic one: it has members, all of them speak the classic
    /// protocol, and it is allowed.
    pub(crate) fn is_to_be_classic(&self, settings: &Settings) -> bool {
        settings.consumer_downgrade
            && (1..=settings.max_size).contains(&self.members.len())
            && self.members.values().all(|member| member.classic.is_some())
    }

    /// The classic group that takes the place of a group all of whose members speak the classic
    /// protocol; its records are written.
    pub(crate) fn to_classic(
        &self,
        context: &Context,
        settings: &Settings,
        effects: &mut Effects,
    ) -> ClassicGroup {
        self.members.keys().for_each(|id| self.write_no_member(id, effects));
        self.remove(effects);
        let mut members = LiteMap::new_vec();
        for (id, member) in &self.members {
            let Some(classic) = &member.classic else { continue };
            let protocols = classic.supported_protocols.iter().map(|own| {
                JoinGroupRequestProtocol { name: own.name.clone(), metadata: own.metadata.clone() }
            });
            let target = self.targets.get(id);
            let old = ClassicMember {
                instance_id: member.instance_id.clone(),
                client_id: member.client_id.clone(),
                client_host: member.client_host.clone(),
                rebalance_timeout_ms: member.rebalance_timeout_ms,
                session_timeout_ms: classic.session_timeout_ms,
                protocols: protocols.collect(),
                assignment: member.write_assignment(context, target),
                ..ClassicMember::default()
            };
            members.insert(id.clone(), old);
        }
        ClassicGroup::of_consumers(&self.id, self.epoch, members, context, settings, effects)
    }
}

impl Member {
    /// Takes over what a JoinGroup tells, or what is known of a member of a classic group.
    pub(super) fn subscribe_classic(
        &mut self,
        subscription: ConsumerProtocolSubscription,
        session_timeout_ms: i32,
        protocols: &[JoinGroupRequestProtocol],
    ) {
        self.set_topics(subscription.topics);
        if subscription.rack_id.is_some() {
            self.rack_id = subscription.rack_id;
        }
        let protocol = |own: &JoinGroupRequestProtocol| RecordClassicProtocol {
            name: own.name.clone(),
            // A copy: the frame would otherwise live as long as it.
            metadata: Bytes::copy_from_slice(&own.metadata),
        };
        let supported_protocols = protocols.iter().map(protocol).collect();
        self.classic =
            Some(RecordClassicMemberMetadata { session_timeout_ms, supported_protocols });
    }

    /// The name of the assignor that a member of the classic protocol is told.
    pub(super) fn classic_protocol(&self) -> &str {
        let first = self.classic.as_ref().and_then(|own| own.supported_protocols.first());
        first.map_or("", |own| &own.name)
    }

    /// Partitions as a member of the classic protocol reads them, in the version that it knows.
    pub(super) fn write_assignment(
        &self,
        context: &Context,
        assigned: Option<&TopicPartitions>,
    ) -> Bytes {
        let first = self.classic.as_ref().and_then(|own| own.supported_protocols.first());
        let read = first.map(|own| decode_consumer_protocol(own.metadata.clone()));
        let version = match read {
            Some(Ok((version, ConsumerProtocolSubscription { .. }))) => version.min(3),
            _ => 0,
        };
        let topics = assigned.into_iter().flatten().filter_map(|(id, list)| {
            let (topic, partitions) = (context.topics.by_id(*id)?.name.clone(), list.clone());
            Some(ConsumerProtocolTopicPartition { topic, partitions })
        });
        let assigned_partitions = topics.collect();
        let assignment = ConsumerProtocolAssignment { assigned_partitions, user_data: None };
        encode_consumer_protocol(&assignment, version)
    }
}

/// What a member of a classic group has; `None` where that cannot be told.
fn read_assignment(context: &Context, assignment: &Bytes) -> Option<TopicPartitions> {
    let mut assigned = TopicPartitions::new_vec();
    if assignment.is_empty() {
        return Some(assigned);
    }
    let (_, read) =
        decode_consumer_protocol::<ConsumerProtocolAssignment>(assignment.clone()).ok()?;
    if read.user_data.is_some_and(|data| !data.is_empty()) {
        return None;
    }
    for own in read.assigned_partitions {
        if let Some(topic) = context.topics.get(&own.topic) {
            own.partitions.iter().for_each(|p| partitions::add(&mut assigned, topic.id, *p));
        }
    }
    Some(assigned)
}

//! What the leader of a generation does: it assigns, and looks after the topics of all members.

use std::sync::Arc;

use bytes::Bytes;

use super::super::assignor::{GroupMember, TopicPartition, assign};
use super::super::config::Assignor;
use super::super::partitions::{from_wire, to_wire};
use super::super::{Context, GroupEvent, MemberMetadata, Phase, Shared, Topics, distinct};
use super::{Classic, Lead};
use crate::client::error::ClientError;
use crate::protocol::messages::JoinGroupResponse;
use crate::protocol::{
    ApiKey, ConsumerProtocolAssignment, ConsumerProtocolSubscription, DecodeError,
    decode_consumer_protocol, encode_consumer_protocol,
};

/// The version of the assignments that are sent.
const ASSIGNMENT_VERSION: i16 = 3;

impl Classic {
    /// The member is the leader.
    pub(super) fn elected(
        &mut self,
        context: &mut Context<'_>,
        shared: &mut Shared,
        answer: JoinGroupResponse,
    ) {
        let assignor = answer.protocol_name.unwrap_or_default();
        let custom = match shared.config.assignors.iter().find(|known| known.name() == assignor) {
            Some(known) => matches!(known, Assignor::Custom(_)),
            None => {
                let code = crate::protocol::ErrorCode::InconsistentGroupProtocol;
                let error = shared.broker_error(code, ApiKey::JoinGroup);
                return shared.fail(context, error);
            }
        };
        let mut members = Vec::with_capacity(answer.members.len());
        let mut raw = Vec::with_capacity(answer.members.len());
        for member in answer.members {
            let read = read_member(&member.member_id, &member.group_instance_id, &member.metadata);
            match read {
                Ok(known) => members.push(known),
                // A custom assignor's subscription may be anything.
                Err(_) if custom => {}
                Err(error) => {
                    let api = ApiKey::JoinGroup;
                    return shared.fail(context, ClientError::Malformed { api, error });
                }
            }
            raw.push(MemberMetadata {
                member_id: member.member_id,
                group_instance_id: member.group_instance_id,
                metadata: member.metadata,
            });
        }
        let topics = members.iter().flat_map(|member| member.topics.iter().cloned());
        shared.topics.of_group = distinct(topics.collect());
        shared.phase = Phase::Assigning;
        self.leads = true;
        if answer.skip_assignment {
            // A static leader is back; its group goes on as it was (KIP-814).
            return self.sync(context, shared, Vec::new());
        }
        self.lead = Some(Lead { assignor, members, raw, asked: false });
        self.assign(context, shared);
    }

    /// Assigns, once the topics of all members are known.
    pub(super) fn assign(&mut self, context: &mut Context<'_>, shared: &mut Shared) {
        let Some(lead) = &mut self.lead else { return };
        let Some(counts) = Topics::counts(context, &shared.topics.of_group) else { return };
        let of_config = |known: &&Assignor| known.name() == lead.assignor;
        let assignments = match shared.config.assignors.iter().find(of_config) {
            Some(Assignor::Standard(strategy)) => {
                let given = assign(*strategy, &mut self.max_generation, &counts, &lead.members);
                let ids = lead.members.iter().map(|member| member.member_id.clone());
                ids.zip(given.iter().map(|partitions| encode(partitions))).collect()
            }
            _ => match self.assignments.take() {
                Some(assignments) => assignments,
                None => {
                    if !std::mem::replace(&mut lead.asked, true) {
                        let event = GroupEvent::AssignmentWanted {
                            generation_id: shared.generation,
                            assignor: lead.assignor.clone(),
                            members: std::mem::take(&mut lead.raw),
                            partitions: counts.into_iter().collect(),
                        };
                        context.tell(event);
                    }
                    return;
                }
            },
        };
        self.snapshot = Some(counts);
        self.compared = context.cluster.metadata.generation;
        self.lead = None;
        self.sync(context, shared, assignments);
    }
}

fn read_member(
    member_id: &str,
    group_instance_id: &Option<String>,
    metadata: &Bytes,
) -> Result<GroupMember, DecodeError> {
    let (_, subscription): (_, ConsumerProtocolSubscription) =
        decode_consumer_protocol(metadata.clone()).or_else(|error| {
            // KafkaJS lets assigners claim a newer version, and writes the fields of version 0.
            let fields = metadata.get(2..).ok_or(error)?;
            decode_consumer_protocol([&[0, 0], fields].concat().into()).map_err(|_| error)
        })?;
    Ok(GroupMember {
        member_id: member_id.to_owned(),
        group_instance_id: group_instance_id.clone(),
        topics: distinct(subscription.topics.into_iter().map(Arc::from).collect()),
        owned_partitions: from_wire(subscription.owned_partitions),
        generation_id: subscription.generation_id,
        user_data: subscription.user_data,
    })
}

fn encode(partitions: &[TopicPartition]) -> Bytes {
    let assigned_partitions = to_wire(partitions);
    let assignment = ConsumerProtocolAssignment { assigned_partitions, user_data: None };
    encode_consumer_protocol(&assignment, ASSIGNMENT_VERSION)
}

//! SyncGroup: each member gets its part, and the rebalance is over.

use bytes::Bytes;

use super::super::coordinator::Lane;
use super::super::partitions::from_wire;
use super::super::{Ask, Context, Phase, Shared, TopicPartition};
use super::{Classic, PROTOCOL_TYPE};
use crate::client::error::ClientError;
use crate::client::event::Response;
use crate::protocol::messages::{SyncGroupRequest, SyncGroupRequestAssignment, SyncGroupResponse};
use crate::protocol::{ApiKey, ConsumerProtocolAssignment, ErrorCode, decode_consumer_protocol};
use crate::sort::sort;

impl Classic {
    /// Asks for the member's part; the leader hands in everybody's.
    pub(super) fn sync(
        &mut self,
        context: &mut Context<'_>,
        shared: &mut Shared,
        assignments: Vec<(String, Bytes)>,
    ) {
        let assignments = assignments
            .into_iter()
            .map(|(member_id, assignment)| SyncGroupRequestAssignment { member_id, assignment });
        let request = SyncGroupRequest {
            group_id: shared.config.group_id.clone(),
            generation_id: shared.generation,
            member_id: shared.member_id.clone(),
            group_instance_id: shared.config.group_instance_id.clone(),
            protocol_type: Some(PROTOCOL_TYPE.to_owned()),
            protocol_name: Some(shared.membership.assignor.clone()),
            assignments: assignments.collect(),
        };
        // It waits for the leader, who may take as long as everybody may take to join.
        let config = &shared.config;
        let timeout_ms = context.cluster.config.request_timeout_ms.max(config.rebalance_timeout_ms);
        match shared.ask(context, Lane::Membership, Ask::Sync, &request, i16::MAX, timeout_ms) {
            Ok(true) => shared.phase = Phase::Syncing,
            // The connection is gone: the rebalance starts over.
            Ok(false) => shared.phase = Phase::Preparing,
            Err(error) => shared.fail(context, error),
        }
    }

    pub(super) fn sync_answered(
        &mut self,
        context: &mut Context<'_>,
        shared: &mut Shared,
        result: Result<Response, ClientError>,
    ) {
        shared.phase = Phase::Preparing;
        let answer = match result.and_then(|response| response.decode::<SyncGroupResponse>()) {
            Ok(answer) => answer,
            Err(error) if error.is_retriable() => return shared.back_off(context),
            Err(error) => return shared.fail(context, error),
        };
        let error = match ErrorCode::from_code(answer.error_code) {
            ErrorCode::None => {
                let other = |name: &Option<String>, ours: &str| {
                    name.as_deref().is_some_and(|theirs| theirs != ours)
                };
                if other(&answer.protocol_type, PROTOCOL_TYPE)
                    || other(&answer.protocol_name, &shared.membership.assignor)
                {
                    let code = ErrorCode::InconsistentGroupProtocol;
                    let error = shared.broker_error(code, ApiKey::SyncGroup);
                    return shared.fail(context, error);
                }
                return match read(answer.assignment) {
                    Ok(partitions) => self.assigned(context, shared, partitions),
                    Err(error) => shared.fail(context, error),
                };
            }
            code => shared.broker_error(code, ApiKey::SyncGroup),
        };
        if self.common_error(context, shared, &error) {
        } else if error.code() == Some(ErrorCode::RebalanceInProgress) {
            // The group has begun another one: join at once.
        } else if error.is_retriable() {
            shared.back_off(context);
        } else {
            shared.fail(context, error);
        }
    }

    /// The rebalance is over for this member.
    fn assigned(
        &mut self,
        context: &mut Context<'_>,
        shared: &mut Shared,
        mut partitions: Vec<TopicPartition>,
    ) {
        sort(&mut partitions);
        partitions.dedup();
        shared.phase = Phase::Stable;
        let allowed = |(topic, _): &TopicPartition| shared.topics.allows(topic);
        let changed = shared.topics.names().is_none_or(|names| names != self.joined_topics);
        if changed && !partitions.iter().all(allowed) {
            // The subscription has changed since the member joined.
            self.rejoin = Some("received assignment does not match the current subscription");
            return;
        }
        // Otherwise the assignor cares for no subscriptions, and would give the same again.
        shared.membership.left_alone =
            partitions.iter().filter(|key| !allowed(key)).cloned().collect();
        partitions.retain(allowed);
        self.last_assignment = Some((partitions.clone(), shared.generation));
        let owned = shared.owned.keys();
        let without = |all: &[TopicPartition], some: &[TopicPartition]| {
            let kept = all.iter().filter(|key| some.binary_search(key).is_err());
            kept.cloned().collect::<Vec<TopicPartition>>()
        };
        let added = without(&partitions, &owned);
        let revoked = without(&owned, &partitions);
        shared.owned.add(context, &added);
        shared.joined(context, added, partitions);
        if !revoked.is_empty() {
            // Others get them in the next rebalance (KIP-429).
            self.joins_after_revoking = true;
            shared.revoke(context, revoked);
        }
    }
}

fn read(assignment: Bytes) -> Result<Vec<TopicPartition>, ClientError> {
    if assignment.is_empty() {
        // A leader that forgot the member.
        return Ok(Vec::new());
    }
    let decoded = decode_consumer_protocol::<ConsumerProtocolAssignment>(assignment);
    let malformed = |error| ClientError::Malformed { api: ApiKey::SyncGroup, error };
    let (_, assignment) = decoded.map_err(malformed)?;
    Ok(from_wire(assignment.assigned_partitions))
}

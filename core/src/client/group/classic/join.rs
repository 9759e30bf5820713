//! JoinGroup: a member asks to be part of the next generation.

use std::sync::Arc;

use bytes::Bytes;

use super::super::assignor::{Strategy, generation_user_data, sticky_user_data};
use super::super::config::Assignor;
use super::super::coordinator::Lane;
use super::super::partitions::to_wire;
use super::super::{Ask, Context, Phase, Shared};
use super::{Classic, PROTOCOL_TYPE};
use crate::client::error::ClientError;
use crate::client::event::Response;
use crate::protocol::messages::{JoinGroupRequest, JoinGroupRequestProtocol, JoinGroupResponse};
use crate::protocol::{
    ApiKey, ConsumerProtocolSubscription, ErrorCode, Message, encode_consumer_protocol,
};

/// The version of the subscriptions that are sent.
const SUBSCRIPTION_VERSION: i16 = 3;
/// The first version that knows of static members.
const STATIC_MEMBERS_VERSION: i16 = 5;
/// An answer may come so much later than the rebalance timeout.
const LAPSE_MS: u64 = 5_000;

impl Classic {
    /// Joins, once everything is given up that must be and the topics are known.
    pub(super) fn join(&mut self, context: &mut Context<'_>, shared: &mut Shared) {
        if shared.owned.revoking().is_some() || !shared.rested(context) {
            return;
        }
        let Some(names) = shared.topics.names() else { return };
        let names = names.to_vec();
        let request = self.join_request(shared, &names);
        let config = &shared.config;
        let most_ms = config.rebalance_timeout_ms.saturating_add(LAPSE_MS);
        let timeout_ms = context.cluster.config.request_timeout_ms.max(most_ms);
        let Some(to) = shared.endpoint(context, Lane::Membership) else { return };
        let sent = match context.cluster.net.version::<JoinGroupRequest>(to, i16::MAX) {
            Ok(version)
                if version < STATIC_MEMBERS_VERSION
                    && shared.config.group_instance_id.is_some() =>
            {
                let detail = "static members need JoinGroup 5; unset group_instance_id".to_owned();
                Err(ClientError::Unsupported { api: JoinGroupRequest::API, detail })
            }
            Ok(_) => {
                shared.ask(context, Lane::Membership, Ask::Join, &request, i16::MAX, timeout_ms)
            }
            Err(error) => Err(error),
        };
        match sent {
            Ok(true) => {
                self.rejoin = None;
                self.joins_after_revoking = false;
                self.lead = None;
                self.leads = false;
                self.snapshot = None;
                self.assignments = None;
                self.joined_topics = names;
                shared.topics.of_group.clear();
                shared.phase = Phase::Joining;
            }
            Ok(false) => {}
            Err(error) => shared.fail(context, error),
        }
    }

    fn join_request(&self, shared: &Shared, topics: &[Arc<str>]) -> JoinGroupRequest {
        let config = &shared.config;
        let protocols = config.assignors.iter().map(|assignor| JoinGroupRequestProtocol {
            name: assignor.name().to_owned(),
            metadata: self.subscription(shared, topics, assignor),
        });
        JoinGroupRequest {
            group_id: config.group_id.clone(),
            session_timeout_ms: i32::try_from(config.session_timeout_ms).unwrap_or(i32::MAX),
            rebalance_timeout_ms: i32::try_from(config.rebalance_timeout_ms).unwrap_or(i32::MAX),
            member_id: shared.member_id.clone(),
            group_instance_id: config.group_instance_id.clone(),
            protocol_type: PROTOCOL_TYPE.to_owned(),
            protocols: protocols.collect(),
            reason: Some(self.rejoin.unwrap_or_default().to_owned()),
        }
    }

    fn subscription(&self, shared: &Shared, topics: &[Arc<str>], assignor: &Assignor) -> Bytes {
        let (last, last_generation) = match &self.last_assignment {
            Some((partitions, generation)) => (Some(partitions), *generation),
            None => (None, -1),
        };
        let user_data = match assignor {
            Assignor::Standard(Strategy::Sticky) => {
                last.map(|partitions| sticky_user_data(partitions, last_generation))
            }
            Assignor::Standard(Strategy::CooperativeSticky) => {
                Some(generation_user_data(last_generation))
            }
            Assignor::Standard(_) => None,
            Assignor::Custom(custom) => match &custom.metadata {
                Some(metadata) => return metadata.clone(),
                None => custom.user_data.clone(),
            },
        };
        let subscription = ConsumerProtocolSubscription {
            topics: topics.iter().map(ToString::to_string).collect(),
            user_data,
            owned_partitions: to_wire(&shared.owned.keys()),
            generation_id: shared.generation,
            rack_id: None,
        };
        encode_consumer_protocol(&subscription, SUBSCRIPTION_VERSION)
    }

    pub(super) fn join_answered(
        &mut self,
        context: &mut Context<'_>,
        shared: &mut Shared,
        result: Result<Response, ClientError>,
    ) {
        shared.phase = Phase::Preparing;
        let answer = match result.and_then(|response| response.decode::<JoinGroupResponse>()) {
            Ok(answer) => answer,
            Err(error) if error.is_retriable() => return shared.back_off(context),
            Err(error) => return shared.fail(context, error),
        };
        let error = match ErrorCode::from_code(answer.error_code) {
            ErrorCode::None => return self.joined(context, shared, answer),
            ErrorCode::MemberIdRequired => {
                // The same request again, with the id (KIP-394).
                shared.member_id = answer.member_id;
                return;
            }
            code => shared.broker_error(code, ApiKey::JoinGroup),
        };
        let passing = error.is_retriable() || error.code() == Some(ErrorCode::RebalanceInProgress);
        if self.common_error(context, shared, &error) {
        } else if passing {
            shared.back_off(context);
        } else {
            shared.fail(context, error);
        }
    }

    /// The member is part of a generation, whose assignment is still to come.
    fn joined(
        &mut self,
        context: &mut Context<'_>,
        shared: &mut Shared,
        answer: JoinGroupResponse,
    ) {
        if answer.protocol_type.as_deref().is_some_and(|kind| kind != PROTOCOL_TYPE) {
            let code = ErrorCode::InconsistentGroupProtocol;
            let error = shared.broker_error(code, ApiKey::JoinGroup);
            return shared.fail(context, error);
        }
        shared.generation = answer.generation_id;
        shared.member_id.clone_from(&answer.member_id);
        shared.membership.leader_id.clone_from(&answer.leader);
        shared.membership.assignor = answer.protocol_name.clone().unwrap_or_default();
        self.heartbeat_at_ms = context.now_ms().saturating_add(shared.config.heartbeat_interval_ms);
        if answer.leader == answer.member_id {
            self.elected(context, shared, answer);
        } else {
            self.sync(context, shared, Vec::new());
        }
    }
}

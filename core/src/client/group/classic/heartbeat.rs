//! Heartbeats, and the goodbye.

use super::super::coordinator::Lane;
use super::super::{Ask, Context, Phase, Shared};
use super::Classic;
use crate::client::error::ClientError;
use crate::client::event::Response;
use crate::protocol::messages::{
    HeartbeatRequest, HeartbeatResponse, LeaveGroupRequest, MemberIdentity,
};
use crate::protocol::{ApiKey, ErrorCode};

impl Classic {
    /// Says that the member is alive, when it is time. While JoinGroup or SyncGroup is out, that
    /// request says so.
    pub(super) fn heartbeat(&mut self, context: &mut Context<'_>, shared: &mut Shared) {
        let member = matches!(
            shared.phase,
            Phase::Preparing | Phase::Assigning | Phase::Stable | Phase::Leaving
        );
        let due = self.heartbeat_at_ms <= context.now_ms();
        if !member || !due || shared.generation < 0 || shared.is_asking(Ask::Heartbeat) {
            return;
        }
        let request = HeartbeatRequest {
            group_id: shared.config.group_id.clone(),
            generation_id: shared.generation,
            member_id: shared.member_id.clone(),
            group_instance_id: shared.config.group_instance_id.clone(),
        };
        let config = &shared.config;
        let timeout_ms = context.cluster.config.request_timeout_ms.min(config.session_timeout_ms);
        match shared.ask(context, Lane::Membership, Ask::Heartbeat, &request, i16::MAX, timeout_ms)
        {
            Ok(true) => {
                let interval_ms = shared.config.heartbeat_interval_ms;
                self.heartbeat_at_ms = context.now_ms().saturating_add(interval_ms);
            }
            Ok(false) => {}
            Err(error) => shared.fail(context, error),
        }
    }

    pub(super) fn heartbeat_answered(
        &mut self,
        context: &mut Context<'_>,
        shared: &mut Shared,
        result: Result<Response, ClientError>,
    ) {
        let answer = match result.and_then(|response| response.decode::<HeartbeatResponse>()) {
            Ok(answer) => answer,
            Err(error) if error.is_retriable() => return,
            Err(error) => return shared.fail(context, error),
        };
        let error = match ErrorCode::from_code(answer.error_code) {
            ErrorCode::None => return,
            ErrorCode::RebalanceInProgress => {
                if shared.phase == Phase::Stable {
                    self.rejoin.get_or_insert("group is already rebalancing");
                }
                return;
            }
            code => shared.broker_error(code, ApiKey::Heartbeat),
        };
        // A join that has been sent meanwhile will hear the same.
        let settled = matches!(shared.phase, Phase::Preparing | Phase::Stable | Phase::Assigning);
        if !settled || self.common_error(context, shared, &error) {
        } else if !error.is_retriable() {
            shared.fail(context, error);
        }
    }

    /// Leaves, once everything is given up. A static member only stops.
    pub(super) fn leave(&mut self, context: &mut Context<'_>, shared: &mut Shared) {
        if !shared.may_say_goodbye(context) {
            return;
        }
        let known = !shared.member_id.is_empty() && shared.config.group_instance_id.is_none();
        if !known || shared.leave_by_ms <= context.now_ms() {
            return shared.left(context);
        }
        if shared.is_asking(Ask::Leave) {
            return;
        }
        let member = MemberIdentity {
            member_id: shared.member_id.clone(),
            group_instance_id: None,
            reason: Some("the consumer is being closed".to_owned()),
        };
        let request = LeaveGroupRequest {
            group_id: shared.config.group_id.clone(),
            member_id: shared.member_id.clone(),
            members: vec![member],
        };
        let timeout_ms = context.cluster.config.request_timeout_ms;
        let asked =
            shared.ask(context, Lane::Membership, Ask::Leave, &request, i16::MAX, timeout_ms);
        if asked.is_err() {
            shared.left(context);
        }
    }
}

//! What members of classic groups ask for.

use super::classic::ClassicGroup;
use super::{Caller, Context, Effects, Group, Groups};
use crate::protocol::ErrorCode;
use crate::protocol::messages as m;

impl Groups {
    /// Serves a JoinGroup. The answer comes among the effects, of this operation or a later one.
    pub(crate) fn join(
        &mut self,
        context: &Context,
        caller: &Caller,
        mut request: m::JoinGroupRequest,
        effects: &mut Effects,
    ) {
        let member_id = request.member_id.clone();
        if let Err(code) = self.check_join(&request) {
            return effects.refuse_join(caller.ticket, &member_id, code);
        }
        // Version 0 has no rebalance timeout.
        if caller.version == 0 {
            request.rebalance_timeout_ms = request.session_timeout_ms;
        }
        let id = request.group_id.clone();
        self.make_way_for_classic(&id, effects);
        let written = effects.records.len();
        let is_new = !self.groups.contains_key(&id);
        if is_new {
            if !member_id.is_empty() {
                return effects.refuse_join(caller.ticket, &member_id, ErrorCode::UnknownMemberId);
            }
            self.groups.insert(id.clone(), Group::Classic(ClassicGroup::new(&id, context)));
        }
        let Groups { groups, settings, .. } = self;
        match groups.get_mut(&id) {
            Some(Group::Classic(group)) => {
                group.join(context, caller, settings, request, effects);
                if is_new && effects.records.len() == written {
                    effects.records.push(group.record_of_none());
                }
            }
            Some(Group::Consumer(group)) => {
                let response = group.join(context, caller, settings, &request, effects);
                effects.join_once_stored(caller.ticket, response);
                self.downgrade(context, &id, effects);
            }
            None => {}
        }
        self.schedule(context, &id);
    }

    fn check_join(&self, request: &m::JoinGroupRequest) -> Result<(), ErrorCode> {
        let allowed = self.settings.min_session_timeout_ms..=self.settings.max_session_timeout_ms;
        if request.group_id.is_empty() {
            Err(ErrorCode::InvalidGroupId)
        } else if !allowed.contains(&request.session_timeout_ms) {
            Err(ErrorCode::InvalidSessionTimeout)
        } else {
            Ok(())
        }
    }

    /// Serves a SyncGroup. The answer comes among the effects, of this operation or a later one.
    pub(crate) fn sync(
        &mut self,
        context: &Context,
        caller: &Caller,
        request: m::SyncGroupRequest,
        effects: &mut Effects,
    ) {
        let id = request.group_id.clone();
        match self.groups.get_mut(&id) {
            _ if id.is_empty() => effects.refuse_sync(caller.ticket, ErrorCode::InvalidGroupId),
            Some(Group::Classic(group)) => group.sync(context, caller, request, effects),
            Some(Group::Consumer(group)) => match group.sync(context, &self.settings, &request) {
                Ok(response) => effects.sync(caller.ticket, response),
                Err(code) => effects.refuse_sync(caller.ticket, code),
            },
            None => effects.refuse_sync(caller.ticket, ErrorCode::UnknownMemberId),
        }
        self.schedule(context, &id);
    }

    /// Serves a Heartbeat.
    pub(crate) fn heartbeat(
        &mut self,
        context: &Context,
        request: &m::HeartbeatRequest,
    ) -> Result<(), ErrorCode> {
        let id = &request.group_id;
        let outcome = match self.groups.get_mut(id) {
            _ if id.is_empty() => Err(ErrorCode::InvalidGroupId),
            Some(Group::Classic(group)) => group.heartbeat(context, request),
            Some(Group::Consumer(group)) => {
                group.heartbeat_classic(context, &self.settings, request)
            }
            None => Err(ErrorCode::UnknownMemberId),
        };
        self.schedule(context, id);
        outcome
    }

    /// Serves a LeaveGroup.
    pub(crate) fn leave(
        &mut self,
        context: &Context,
        version: i16,
        request: m::LeaveGroupRequest,
        effects: &mut Effects,
    ) -> m::LeaveGroupResponse {
        let id = request.group_id;
        if id.is_empty() {
            let error_code = ErrorCode::InvalidGroupId.code();
            return m::LeaveGroupResponse { error_code, ..Default::default() };
        }
        let leaving = match version {
            // One member for each request, by its id.
            ..=2 => vec![m::MemberIdentity { member_id: request.member_id, ..Default::default() }],
            _ => request.members,
        };
        let Groups { groups, settings, .. } = self;
        let mut members = Vec::new();
        let mut gone = Vec::new();
        for identity in leaving {
            let left = match groups.get_mut(&id) {
                Some(Group::Classic(group)) => group.leave(&identity, effects),
                Some(Group::Consumer(group)) => group.leaving(&identity).map(|id| gone.push(id)),
                None => Err(ErrorCode::UnknownMemberId),
            };
            members.push(m::MemberResponse {
                member_id: identity.member_id,
                group_instance_id: identity.group_instance_id,
                error_code: left.err().map_or(0, ErrorCode::code),
            });
        }
        if let Some(Group::Classic(group)) = groups.get_mut(&id)
            && members.iter().any(|member| member.error_code == 0)
        {
            group.left(context, settings, effects);
        }
        self.put_out_consumers(context, &id, &gone, effects);
        self.schedule(context, &id);
        let error_code = match (version, members.first()) {
            (..=2, Some(member)) => member.error_code,
            _ => 0,
        };
        m::LeaveGroupResponse { error_code, members, ..Default::default() }
    }
}

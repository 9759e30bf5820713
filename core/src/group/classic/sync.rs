//! SyncGroup: the leader hands in the assignment, all get their part.

use bytes::Bytes;
use litemap::LiteMap;

use super::group::{ClassicGroup, State};
use super::member::own;
use crate::group::{Caller, Context, Effects};
use crate::map;
use crate::protocol::ErrorCode;
use crate::protocol::messages::{SyncGroupRequest, SyncGroupResponse};

/// From this version on a member must say what it takes the group's kind and protocol to be
/// (KIP-559).
const PROTOCOL_SINCE: i16 = 5;

impl ClassicGroup {
    /// Serves a SyncGroup.
    pub(crate) fn sync(
        &mut self,
        context: &Context,
        caller: &Caller,
        request: SyncGroupRequest,
        effects: &mut Effects,
    ) {
        if let Err(code) = self.check_sync(caller.version, &request) {
            return effects.refuse_sync(caller.ticket, code);
        }
        match self.state {
            State::Empty => effects.refuse_sync(caller.ticket, ErrorCode::UnknownMemberId),
            State::PreparingRebalance => {
                effects.refuse_sync(caller.ticket, ErrorCode::RebalanceInProgress);
            }
            State::CompletingRebalance => {
                self.synced(&request.member_id);
                if let Some(member) = self.members.get_mut(&request.member_id)
                    && let Some(earlier) = member.sync.replace(caller.ticket)
                {
                    // Its connection would wait for it for ever.
                    effects.refuse_sync(earlier, ErrorCode::RebalanceInProgress);
                }
                if self.is_leader(&request.member_id) {
                    self.assign(context, request, effects);
                }
            }
            State::Stable => {
                self.synced(&request.member_id);
                let response = self.assigned(&request.member_id);
                effects.sync(caller.ticket, response);
            }
        }
    }

    fn check_sync(&self, version: i16, request: &SyncGroupRequest) -> Result<(), ErrorCode> {
        let told = request.protocol_type.is_some() && request.protocol_name.is_some();
        if version >= PROTOCOL_SINCE && !told {
            return Err(ErrorCode::InconsistentGroupProtocol);
        }
        self.check_member(&request.member_id, request.group_instance_id.as_deref())?;
        if request.generation_id != self.generation {
            return Err(ErrorCode::IllegalGeneration);
        }
        let differs = |said: &Option<String>, own: &Option<String>| match (said, own) {
            (Some(said), Some(own)) => said != own,
            _ => false,
        };
        if differs(&request.protocol_type, &self.protocol_type)
            || differs(&request.protocol_name, &self.protocol)
        {
            return Err(ErrorCode::InconsistentGroupProtocol);
        }
        Ok(())
    }

    /// Notes that a member owes no SyncGroup any more.
    fn synced(&mut self, id: &str) {
        if let Some(member) = self.members.get_mut(id) {
            member.owes_sync = false;
        }
        if !self.members.values().any(|member| member.owes_sync) {
            self.sync_deadline_ms = None;
        }
    }

    /// Takes the leader's assignment. The group is stable in memory from here on; no member hears of
    /// it before it is stored.
    fn assign(&mut self, context: &Context, request: SyncGroupRequest, effects: &mut Effects) {
        let given = request.assignments.into_iter();
        let mut given: LiteMap<String, Bytes> =
            map::collect(given.map(|one| (one.member_id, one.assignment)));
        for (id, member) in self.members.iter_mut() {
            member.assignment = own(&given.remove(id).unwrap_or_default());
        }
        effects.records.push(self.record());
        self.transition(context, State::Stable);
        let ids: Vec<String> = self.members.keys().cloned().collect();
        for id in ids {
            let ticket = self.members.get_mut(&id).and_then(|member| member.sync.take());
            if let Some(ticket) = ticket {
                let response = self.assigned(&id);
                effects.sync(ticket, response);
                // While it waited, its session was not supervised.
                self.extend_session(context, &id);
            }
        }
    }

    fn assigned(&self, id: &str) -> SyncGroupResponse {
        SyncGroupResponse {
            protocol_type: self.protocol_type.clone(),
            protocol_name: self.protocol.clone(),
            assignment: self.members.get(id).map(|m| m.assignment.clone()).unwrap_or_default(),
            ..Default::default()
        }
    }
}

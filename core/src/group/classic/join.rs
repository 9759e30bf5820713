//! JoinGroup: who may come in, and what that does to the group.

use super::group::{ClassicGroup, PendingMember, State};
use super::member::{Member, own_protocols};
use crate::group::{Caller, Context, Effects, Response, Settings};
use crate::protocol::ErrorCode;
use crate::protocol::messages::JoinGroupRequest;

/// From this version on a new member is given its id before it joins (KIP-394).
const KNOWN_ID_SINCE: i16 = 4;
/// From this version on a leader can be told to leave the assignment as it is (KIP-814).
const SKIPS_ASSIGNMENT_SINCE: i16 = 9;
/// How long a new member's JoinGroup waits. Its session is not supervised as long as it does not
/// know its id; if its client is gone, this is what ends it.
const NEW_MEMBER_TIMEOUT_MS: u64 = 5 * 60 * 1000;

impl ClassicGroup {
    /// Serves a JoinGroup whose group id and timeouts have been checked.
    pub(crate) fn join(
        &mut self,
        context: &Context,
        caller: &Caller,
        settings: &Settings,
        request: JoinGroupRequest,
        effects: &mut Effects,
    ) {
        let member_id = request.member_id.clone();
        let refuse = |effects: &mut Effects, code| {
            effects.refuse_join(caller.ticket, &member_id, code);
        };
        if !self.has_room_for(&member_id, settings.max_size) {
            self.put_out(&member_id, effects);
            self.complete_after_loss(context, effects);
            return effects.refuse_join(caller.ticket, "", ErrorCode::GroupMaxSizeReached);
        }
        if !self.supports(&request.protocol_type, &request.protocols) {
            return refuse(effects, ErrorCode::InconsistentGroupProtocol);
        }
        if member_id.is_empty() {
            return self.join_anew(context, caller, settings, request, effects);
        }
        if self.pending.contains_key(&member_id) {
            // Ids are given out to dynamic members only.
            return match request.group_instance_id {
                None => self.enter(context, caller, settings, &member_id, request, effects),
                Some(_) => refuse(effects, ErrorCode::UnknownServerError),
            };
        }
        if let Err(code) = self.check_member(&member_id, request.group_instance_id.as_deref()) {
            return refuse(effects, code);
        }
        let unchanged =
            self.members.get(&member_id).is_some_and(|own| own.matches(&request.protocols));
        match self.state {
            State::Empty => refuse(effects, ErrorCode::UnknownMemberId),
            // The member has not seen the answer to its JoinGroup.
            State::CompletingRebalance if unchanged => {
                effects.join(caller.ticket, self.joined(&member_id));
            }
            // The leader wants a rebalance, for a reason that its metadata does not show.
            State::Stable if unchanged && !self.is_leader(&member_id) => {
                effects.join(caller.ticket, self.joined(&member_id));
            }
            _ => {
                self.update(caller, &member_id, request, effects);
                self.rebalance_or_complete(context, settings, effects);
            }
        }
    }

    /// Whether there is room for a member. During a rebalance those count that have joined it, so
    /// that the last to come are put out of a group that has become too large.
    fn has_room_for(&self, id: &str, max_size: usize) -> bool {
        match self.state {
            State::Empty => true,
            State::PreparingRebalance => {
                let joined = |member: &&Member| member.join.is_some();
                self.members.get(id).as_ref().is_some_and(joined)
                    || self.members.values().filter(joined).count() < max_size
            }
            _ => self.members.contains_key(id) || self.members.len() < max_size,
        }
    }

    fn join_anew(
        &mut self,
        context: &Context,
        caller: &Caller,
        settings: &Settings,
        request: JoinGroupRequest,
        effects: &mut Effects,
    ) {
        let name = request.group_instance_id.as_deref();
        let id = format!("{}-{}", name.unwrap_or(caller.client_id), hyphenated(caller.random));
        let current = name.and_then(|name| self.static_member(name)).map(str::to_owned);
        if let Some(current) = current {
            return self.replace(context, caller, settings, (&current, &id), request, effects);
        }
        if name.is_some() || caller.version < KNOWN_ID_SINCE {
            return self.enter(context, caller, settings, &id, request, effects);
        }
        let deadline_ms = self.due_in(context, request.session_timeout_ms.max(0) as u64);
        let client_host = caller.client_host.to_owned();
        effects.refuse_join(caller.ticket, &id, ErrorCode::MemberIdRequired);
        self.pending.insert(id, PendingMember { client_host, deadline_ms });
    }

    /// Takes a new member in.
    fn enter(
        &mut self,
        context: &Context,
        caller: &Caller,
        settings: &Settings,
        id: &str,
        request: JoinGroupRequest,
        effects: &mut Effects,
    ) {
        if self.state == State::PreparingRebalance && self.previous == State::Empty {
            self.member_added = true;
        }
        let member = Member {
            instance_id: request.group_instance_id,
            client_id: caller.client_id.to_owned(),
            client_host: caller.client_host.to_owned(),
            rebalance_timeout_ms: request.rebalance_timeout_ms,
            session_timeout_ms: request.session_timeout_ms,
            protocols: own_protocols(request.protocols),
            is_new: true,
            join: Some(caller.ticket),
            ..Member::default()
        };
        self.add(id, &request.protocol_type, member);
        self.extend(context, id, NEW_MEMBER_TIMEOUT_MS);
        self.rebalance_or_complete(context, settings, effects);
    }

    /// Notes what a member says of itself with its next JoinGroup. One that it sent before, and that
    /// still waits, will not be answered any more: the client has given it up.
    fn update(
        &mut self,
        caller: &Caller,
        id: &str,
        request: JoinGroupRequest,
        effects: &mut Effects,
    ) {
        let Some(member) = self.members.get_mut(id) else { return };
        member.protocols = own_protocols(request.protocols);
        member.rebalance_timeout_ms = request.rebalance_timeout_ms;
        member.session_timeout_ms = request.session_timeout_ms;
        if let Some(earlier) = member.join.replace(caller.ticket) {
            // Its connection would wait for it for ever.
            effects.refuse_join(earlier, id, ErrorCode::RebalanceInProgress);
        }
    }

    /// A static member is back, without its id: it gets a new one, and whoever had the old one is
    /// fenced (KIP-345).
    fn replace(
        &mut self,
        context: &Context,
        caller: &Caller,
        settings: &Settings,
        (old, new): (&str, &str),
        request: JoinGroupRequest,
        effects: &mut Effects,
    ) {
        let leader_before = self.leader.clone().unwrap_or_default();
        let Some(mut member) = self.members.remove(old) else { return };
        if let Some(ticket) = member.join.take() {
            effects.refuse_join(ticket, old, ErrorCode::FencedInstanceId);
        }
        if let Some(ticket) = member.sync.take() {
            effects.refuse_sync(ticket, ErrorCode::FencedInstanceId);
        }
        member.is_new = false;
        member.owes_sync = false;
        member.client_id = caller.client_id.to_owned();
        member.client_host = caller.client_host.to_owned();
        self.members.insert(new.to_owned(), member);
        if self.is_leader(old) {
            self.leader = Some(new.to_owned());
        }
        self.extend_session(context, new);
        self.update(caller, new, request, effects);
        match self.state {
            State::Stable if self.select_protocol() == self.protocol => {
                effects.records.push(self.record());
                let mut response = self.joined(new);
                if caller.version >= SKIPS_ASSIGNMENT_SINCE {
                    response.skip_assignment = self.is_leader(new);
                } else {
                    // An older client that was told to lead would assign, and upset a group that is
                    // at rest: it is told of the leader that is gone.
                    response.leader = leader_before;
                    response.members = Vec::new();
                }
                if let Some(member) = self.members.get_mut(new) {
                    member.join = None;
                }
                effects.join(caller.ticket, response);
                if let Some(answer) = effects.answers.last_mut() {
                    answer.once_stored = matches!(answer.response, Response::Join(_));
                }
            }
            State::Stable => self.rebalance_or_complete(context, settings, effects),
            // The leader may have been told of the old id already.
            State::CompletingRebalance => self.prepare_rebalance(context, settings, effects),
            _ => self.complete_if_all_joined(context, effects),
        }
    }
}

/// The usual way to write 128 bits that are to be taken for unique, as in Kafka's member ids.
fn hyphenated(bits: u128) -> String {
    let digits = format!("{:032x}", u128::from_be_bytes(crate::Uuid::from_random(bits).0));
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

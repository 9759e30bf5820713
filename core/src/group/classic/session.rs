//! Staying and going: heartbeats, sessions that end, members that leave.

use super::group::{ClassicGroup, State};
use crate::group::{Context, Effects, Settings};
use crate::protocol::ErrorCode;
use crate::protocol::messages::{HeartbeatRequest, MemberIdentity};

impl ClassicGroup {
    /// Serves a Heartbeat.
    pub(crate) fn heartbeat(
        &mut self,
        context: &Context,
        request: &HeartbeatRequest,
    ) -> Result<(), ErrorCode> {
        self.check_member(&request.member_id, request.group_instance_id.as_deref())?;
        if request.generation_id != self.generation {
            return Err(ErrorCode::IllegalGeneration);
        }
        self.extend_session(context, &request.member_id);
        match self.state {
            State::Empty => Err(ErrorCode::UnknownMemberId),
            State::PreparingRebalance => Err(ErrorCode::RebalanceInProgress),
            State::CompletingRebalance | State::Stable => Ok(()),
        }
    }

    /// Checks that the group takes offsets from a client, which may be none of its members.
    pub(crate) fn check_commit(
        &self,
        member: &str,
        instance_id: Option<&str>,
        generation: i32,
    ) -> Result<(), ErrorCode> {
        let is_member = generation >= 0 || !member.is_empty() || instance_id.is_some();
        match self.state {
            State::Empty if generation < 0 => return Ok(()),
            _ if is_member => {
                self.check_member(member, instance_id)?;
                if generation != self.generation {
                    return Err(ErrorCode::IllegalGeneration);
                }
            }
            State::Empty => {}
            _ => return Err(ErrorCode::UnknownMemberId),
        }
        match self.state {
            // The member has heard of the generation, and owns nothing yet.
            State::CompletingRebalance => Err(ErrorCode::RebalanceInProgress),
            _ => Ok(()),
        }
    }

    /// A commit is a sign of life as good as a heartbeat.
    pub(crate) fn extend_session_by_commit(&mut self, context: &Context, member: &str) {
        let alive = matches!(self.state, State::Stable | State::PreparingRebalance);
        if alive && self.members.contains_key(member) {
            self.extend_session(context, member);
        }
    }

    /// Sends everyone away who waits for an answer.
    pub(crate) fn refuse_waiting(&mut self, code: ErrorCode, effects: &mut Effects) {
        for (id, member) in self.members.iter_mut() {
            if let Some(ticket) = member.join.take() {
                effects.refuse_join(ticket, id, code);
            }
            if let Some(ticket) = member.sync.take() {
                effects.refuse_sync(ticket, code);
            }
        }
    }

    /// Lets one member leave. What that means for the others is for [`ClassicGroup::left`] to say,
    /// once for all that leave together.
    pub(crate) fn leave(
        &mut self,
        identity: &MemberIdentity,
        effects: &mut Effects,
    ) -> Result<(), ErrorCode> {
        let name = identity.group_instance_id.as_deref();
        let mut id = identity.member_id.as_str();
        if id.is_empty() {
            // An administrator removes a static member by its name.
            let named = name.and_then(|name| self.static_member(name));
            let named = named.ok_or(ErrorCode::UnknownMemberId)?.to_owned();
            self.put_out(&named, effects);
            return Ok(());
        }
        if !self.pending.contains_key(id) {
            self.check_member(id, name)?;
        }
        id = &identity.member_id;
        self.put_out(id, effects);
        Ok(())
    }

    /// Members have left.
    pub(crate) fn left(&mut self, context: &Context, settings: &Settings, effects: &mut Effects) {
        if self.state != State::Empty {
            self.rebalance_or_complete(context, settings, effects);
        }
    }

    /// Puts those members out, static ones too, whose hosts are not among `hosts`.
    pub(crate) fn keep_hosts(
        &mut self,
        context: &Context,
        settings: &Settings,
        hosts: &[String],
        effects: &mut Effects,
    ) {
        let mut gone: Vec<String> = Vec::new();
        let members = self.members.iter().map(|(id, member)| (id, &member.client_host));
        let pending = self.pending.iter().map(|(id, member)| (id, &member.client_host));
        for (id, host) in members.chain(pending) {
            if !hosts.contains(host) {
                gone.push(id.clone());
            }
        }
        gone.iter().for_each(|id| self.put_out(id, effects));
        if !gone.is_empty() {
            self.left(context, settings, effects);
        }
    }

    /// Takes up the supervision of members that were read from storage. Their sessions begin now.
    pub(crate) fn loaded(&mut self, context: &Context, settings: &Settings, effects: &mut Effects) {
        let ids: Vec<String> = self.members.keys().cloned().collect();
        ids.iter().for_each(|id| self.extend_session(context, id));
        if self.members.len() > settings.max_size {
            self.prepare_rebalance(context, settings, effects);
        }
    }

    /// When the group has something to do, on the monotonic clock; it may turn out to be nothing.
    pub(crate) fn deadline_ms(&self) -> Option<u64> {
        self.due_ms
    }

    /// Does what is due.
    pub(crate) fn advance(
        &mut self,
        context: &Context,
        settings: &Settings,
        effects: &mut Effects,
    ) {
        let now = context.now.monotonic_ms;
        if self.due_ms.is_none_or(|due| due > now) {
            return;
        }
        let unused = self.pending.iter().filter(|(_, own)| own.deadline_ms <= now);
        let unused: Vec<String> = unused.map(|(id, _)| id.clone()).collect();
        for id in unused {
            self.put_out(&id, effects);
            self.complete_after_loss(context, effects);
        }
        let silent = self.members.iter().filter(|(_, m)| m.deadline_ms.is_some_and(|d| d <= now));
        let silent: Vec<String> = silent.map(|(id, _)| id.clone()).collect();
        for id in silent {
            self.session_ended(context, settings, &id, effects);
        }
        if self.join_timer.is_some_and(|timer| timer.deadline_ms <= now) {
            self.join_timer_fired(context, settings, effects);
        }
        if self.sync_deadline_ms.is_some_and(|deadline| deadline <= now) {
            self.put_out_unsynced(context, settings, effects);
        }
        let sessions = self.members.values().filter_map(|member| member.deadline_ms);
        let pending = self.pending.values().map(|own| own.deadline_ms);
        let timers = [self.join_timer.map(|timer| timer.deadline_ms), self.sync_deadline_ms];
        self.due_ms = sessions.chain(pending).chain(timers.into_iter().flatten()).min();
    }

    fn session_ended(
        &mut self,
        context: &Context,
        settings: &Settings,
        id: &str,
        effects: &mut Effects,
    ) {
        let now = context.now.monotonic_ms;
        let Some(member) = self.members.get_mut(id) else { return };
        if member.deadline_ms.is_none_or(|deadline| deadline > now) {
            return;
        }
        member.deadline_ms = None;
        if member.waits() {
            return;
        }
        self.put_out(id, effects);
        match self.state {
            State::Stable | State::CompletingRebalance => {
                self.prepare_rebalance(context, settings, effects);
            }
            _ => self.complete_after_loss(context, effects),
        }
    }

    /// Whoever was missing from a rebalance may have been the last one.
    pub(super) fn complete_after_loss(&mut self, context: &Context, effects: &mut Effects) {
        if self.state == State::PreparingRebalance && self.all_joined() {
            self.complete_join(context, effects);
        }
    }

    /// Puts those out who joined a generation and never asked for their assignment.
    fn put_out_unsynced(&mut self, context: &Context, settings: &Settings, effects: &mut Effects) {
        self.sync_deadline_ms = None;
        let owing = self.members.iter().filter(|(_, member)| member.owes_sync);
        let owing: Vec<String> = owing.map(|(id, _)| id.clone()).collect();
        if owing.is_empty() {
            return;
        }
        owing.iter().for_each(|id| self.put_out(id, effects));
        self.prepare_rebalance(context, settings, effects);
    }
}

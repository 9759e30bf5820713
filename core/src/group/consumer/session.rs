//! Staying and going: members that leave, sessions that end, time for giving up partitions that is
//! over.

use super::super::{Context, Effects, Settings};
use super::group::{ConsumerGroup, Deadlines};
use super::member::MemberState;
use super::{LEAVE_STATIC_EPOCH, Refusal};
use crate::protocol::ErrorCode;
use crate::protocol::messages::{ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse};

impl Deadlines {
    fn first_ms(&self) -> u64 {
        let others = [self.rebalance_ms, self.join_ms, self.sync_ms];
        others.into_iter().flatten().fold(self.session_ms, u64::min)
    }
}

impl ConsumerGroup {
    /// When the group has something to do, on the monotonic clock.
    pub(crate) fn deadline_ms(&self) -> Option<u64> {
        self.deadlines.values().map(Deadlines::first_ms).min()
    }

    /// Puts those members out whose time is up.
    pub(crate) fn advance(
        &mut self,
        context: &Context,
        settings: &Settings,
        effects: &mut Effects,
    ) {
        let now_ms = context.now.monotonic_ms;
        let late = self.deadlines.iter().filter(|(_, own)| own.first_ms() <= now_ms);
        let late: Vec<String> = late.map(|(id, _)| id.clone()).collect();
        self.put_out(context, settings, &late, effects);
    }

    /// All that was stored has been replayed: members have their timeouts from now on.
    pub(crate) fn loaded(&mut self, context: &Context, settings: &Settings) {
        let ids: Vec<String> = self.members.keys().cloned().collect();
        for id in ids {
            self.extend_session(context, settings, &id);
            let Some(member) = self.members.get(&id) else { continue };
            if member.state == MemberState::UnrevokedPartitions {
                let due_ms = context.now.after(member.rebalance_timeout_ms);
                self.deadlines.entry(id).or_default().rebalance_ms = Some(due_ms);
            }
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
        let gone = self.members.iter().filter(|(_, member)| !hosts.contains(&member.client_host));
        let gone: Vec<String> = gone.map(|(id, _)| id.clone()).collect();
        self.put_out(context, settings, &gone, effects);
    }

    /// Lets a member's session last its timeout from now.
    pub(super) fn extend_session(&mut self, context: &Context, settings: &Settings, id: &str) {
        let own = self.members.get(id).and_then(|member| member.classic.as_ref());
        let timeout_ms =
            own.map_or(settings.consumer_session_timeout_ms, |own| own.session_timeout_ms);
        let end_ms = context.now.after(timeout_ms);
        self.deadlines.entry(id.to_owned()).or_default().session_ms = end_ms;
    }

    /// Serves a heartbeat with which a member leaves.
    pub(crate) fn leave(
        &mut self,
        context: &Context,
        settings: &Settings,
        request: &ConsumerGroupHeartbeatRequest,
        effects: &mut Effects,
    ) -> Result<ConsumerGroupHeartbeatResponse, Refusal> {
        let id = &request.member_id;
        match &request.instance_id {
            None if self.members.contains_key(id) => {}
            None => return Err(self.unknown_member(id)),
            Some(instance_id) => self.check_instance(id, instance_id)?,
        }
        if request.member_epoch == LEAVE_STATIC_EPOCH {
            self.rest(id, effects);
        } else {
            self.put_out(context, settings, std::slice::from_ref(id), effects);
        }
        Ok(ConsumerGroupHeartbeatResponse {
            member_id: Some(id.clone()),
            member_epoch: request.member_epoch,
            ..Default::default()
        })
    }

    /// A static member leaves for a while, and finds its partitions when it is back.
    fn rest(&mut self, id: &str, effects: &mut Effects) {
        if let Some(member) = self.members.get_mut(id) {
            member.epoch = LEAVE_STATIC_EPOCH;
            member.pending_revocation = Default::default();
            let member = member.clone();
            self.write_current(id, &member, effects);
        }
    }

    /// Puts members out, and gives the group its next epoch. [`ConsumerGroup::is_to_be_classic`] may
    /// hold after that.
    pub(crate) fn put_out(
        &mut self,
        context: &Context,
        settings: &Settings,
        ids: &[String],
        effects: &mut Effects,
    ) {
        if ids.is_empty() {
            return;
        }
        for id in ids {
            self.forget(id, effects);
        }
        self.drop_regexes(effects);
        // What becomes a classic group begins a generation of its own.
        if !self.is_to_be_classic(settings) {
            let hash = self.hash_topics(context.topics);
            self.next_epoch(hash, effects);
        }
    }

    /// Forgets a member.
    pub(super) fn forget(&mut self, id: &str, effects: &mut Effects) {
        self.members.remove(id);
        self.targets.remove(id);
        self.deadlines.remove(id);
        self.write_no_member(id, effects);
    }

    pub(super) fn unknown_member(&self, id: &str) -> Refusal {
        let message = format!("Group {} has no member {id}.", self.id);
        Refusal::new(ErrorCode::UnknownMemberId, message)
    }

    /// Checks that the static name is the member's.
    pub(super) fn check_instance(&self, id: &str, instance_id: &str) -> Result<(), Refusal> {
        match self.static_member(instance_id) {
            None => {
                let message =
                    format!("Group {} has no member with instance id {instance_id}.", self.id);
                Err(Refusal::new(ErrorCode::UnknownMemberId, message))
            }
            Some((other, _)) if other != id => {
                let message = format!("Instance id {instance_id} is now that of member {other}.");
                Err(Refusal::new(ErrorCode::FencedInstanceId, message))
            }
            Some(_) => Ok(()),
        }
    }
}

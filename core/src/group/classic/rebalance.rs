//! A rebalance: from the first JoinGroup to a new generation.

use bytes::Bytes;

use super::group::{ClassicGroup, JoinTimer, State};
use crate::group::{Context, Effects, Settings};
use crate::protocol::ErrorCode;

impl ClassicGroup {
    /// A member has joined, changed or left: a rebalance begins, or the one under way may be done.
    pub(super) fn rebalance_or_complete(
        &mut self,
        context: &Context,
        settings: &Settings,
        effects: &mut Effects,
    ) {
        match self.state {
            State::PreparingRebalance => self.complete_if_all_joined(context, effects),
            _ => self.prepare_rebalance(context, settings, effects),
        }
    }

    /// Asks all members to join anew.
    pub(super) fn prepare_rebalance(
        &mut self,
        context: &Context,
        settings: &Settings,
        effects: &mut Effects,
    ) {
        if self.state == State::CompletingRebalance {
            self.cancel_syncs(context, effects);
        }
        self.forgive_syncs();
        if self.state == State::Empty {
            // More members will come soon: it saves a rebalance for each to wait for them.
            let delay = settings.initial_rebalance_delay_ms;
            let remaining = self.rebalance_timeout_ms().saturating_sub(delay);
            let deadline_ms = self.due_in(context, delay);
            self.join_timer = Some(JoinTimer { deadline_ms, initial: Some((delay, remaining)) });
            return self.transition(context, State::PreparingRebalance);
        }
        self.transition(context, State::PreparingRebalance);
        if self.all_joined() {
            return self.complete_join(context, effects);
        }
        self.wait_for_joins(context);
    }

    fn wait_for_joins(&mut self, context: &Context) {
        let deadline_ms = self.due_in(context, self.rebalance_timeout_ms());
        self.join_timer = Some(JoinTimer { deadline_ms, initial: None });
    }

    /// Sends those away who wait for an assignment that will not come.
    fn cancel_syncs(&mut self, context: &Context, effects: &mut Effects) {
        let mut waiting = Vec::new();
        for (id, member) in self.members.iter_mut() {
            member.assignment = Bytes::new();
            if let Some(ticket) = member.sync.take() {
                effects.refuse_sync(ticket, ErrorCode::RebalanceInProgress);
                waiting.push(id.clone());
            }
        }
        waiting.iter().for_each(|id| self.extend_session(context, id));
    }

    pub(super) fn forgive_syncs(&mut self) {
        self.sync_deadline_ms = None;
        self.members.iter_mut().for_each(|(_, member)| member.owes_sync = false);
    }

    /// Ends the joining phase if nobody is missing; an empty group's first one lasts its time.
    pub(super) fn complete_if_all_joined(&mut self, context: &Context, effects: &mut Effects) {
        let first = self.previous == State::Empty;
        if self.state == State::PreparingRebalance && !first && self.all_joined() {
            self.complete_join(context, effects);
        }
    }

    /// The joining phase's time is up.
    pub(super) fn join_timer_fired(
        &mut self,
        context: &Context,
        settings: &Settings,
        effects: &mut Effects,
    ) {
        let Some(timer) = self.join_timer.take() else { return };
        match timer.initial {
            Some((delay, remaining)) if self.member_added && remaining != 0 => {
                self.member_added = false;
                let next_delay = settings.initial_rebalance_delay_ms.min(remaining);
                let initial = Some((next_delay, remaining.saturating_sub(delay)));
                let deadline_ms = self.due_in(context, next_delay);
                self.join_timer = Some(JoinTimer { deadline_ms, initial });
            }
            _ => self.complete_join(context, effects),
        }
    }

    /// Ends the joining phase. Dynamic members that are missing are out of the group; static ones
    /// have until their sessions end.
    pub(super) fn complete_join(&mut self, context: &Context, effects: &mut Effects) {
        self.join_timer = None;
        let missing = self.members.iter().filter(|(_, m)| m.join.is_none());
        let missing: Vec<String> =
            missing.filter(|(_, m)| m.instance_id.is_none()).map(|(id, _)| id.clone()).collect();
        for id in missing {
            self.put_out(&id, effects);
        }
        if !self.members.is_empty() && !self.elect_among_joined() {
            // Only silent static members: their sessions will end, or one of them is back.
            return self.wait_for_joins(context);
        }
        self.generation = self.generation.wrapping_add(1);
        self.protocol = self.select_protocol();
        self.subscribed = self.read_subscriptions();
        self.forgive_syncs();
        if self.members.is_empty() {
            self.transition(context, State::Empty);
            return effects.records.push(self.record());
        }
        self.transition(context, State::CompletingRebalance);
        self.answer_joins(context, effects);
        self.sync_deadline_ms = Some(self.due_in(context, self.rebalance_timeout_ms()));
    }

    /// Makes sure that the leader is one that has joined.
    fn elect_among_joined(&mut self) -> bool {
        let joined = |id: &String| self.members.get(id).is_some_and(|m| m.join.is_some());
        if self.leader.as_ref().is_some_and(joined) {
            return true;
        }
        let Some(first) = self.members.keys().find(|id| joined(id)) else { return false };
        self.leader = Some(first.clone());
        true
    }

    fn answer_joins(&mut self, context: &Context, effects: &mut Effects) {
        let ids: Vec<String> = self.members.keys().cloned().collect();
        for id in ids {
            let Some(member) = self.members.get_mut(&id) else { continue };
            member.is_new = false;
            member.owes_sync = true;
            let ticket = member.join.take();
            if let Some(ticket) = ticket {
                effects.join(ticket, self.joined(&id));
            }
            self.extend_session(context, &id);
        }
    }
}

//! What the two protocols of a group share: where the member stands, and the ways out of that.

use litemap::LiteMap;

use super::assignor::TopicPartition;
use super::coordinator::{Coordinator, Lane};
use super::owned::{Owned, Step};
use super::topics::Topics;
use super::{Ask, Context, GroupConfig, GroupEvent, Membership, Phase};
use crate::client::connection::Owner;
use crate::client::error::ClientError;
use crate::protocol::{ApiKey, ErrorCode, Request};

/// What both protocols share.
pub(super) struct Shared {
    pub(super) config: GroupConfig,
    pub(super) coordinator: Coordinator,
    pub(super) topics: Topics,
    pub(super) owned: Owned,
    pub(super) phase: Phase,
    pub(super) member_id: String,
    /// The generation or the member's epoch, −1 where it has none.
    pub(super) generation: i32,
    pub(super) membership: Membership,
    pub(super) alive_at_ms: u64,
    pub(super) rebalance_started_ms: u64,
    /// How many attempts in a row failed.
    pub(super) attempts: u32,
    pub(super) not_before_ms: u64,
    pub(super) asked: LiteMap<u64, Ask>,
    pub(super) next_ask: u64,
    /// When to stop trying to say goodbye.
    pub(super) leave_by_ms: u64,
    /// Commits are on their way, or wait for it.
    pub(super) commits_wait: bool,
}

impl Shared {
    pub(super) fn new(config: GroupConfig) -> Shared {
        Shared {
            config,
            coordinator: Coordinator::default(),
            topics: Topics::default(),
            owned: Owned::default(),
            phase: Phase::Out,
            member_id: String::new(),
            generation: -1,
            membership: Membership::default(),
            alive_at_ms: 0,
            rebalance_started_ms: 0,
            attempts: 0,
            not_before_ms: 0,
            asked: LiteMap::new(),
            next_ask: 0,
            leave_by_ms: 0,
            commits_wait: false,
        }
    }

    /// Sends a request to the coordinator, or says that it cannot be sent yet.
    pub(super) fn ask<R: Request>(
        &mut self,
        context: &mut Context<'_>,
        lane: Lane,
        ask: Ask,
        request: &R,
        at_most: i16,
        timeout_ms: u64,
    ) -> Result<bool, ClientError> {
        let Some(to) = self.endpoint(context, lane) else { return Ok(false) };
        let version = context.cluster.net.version::<R>(to, at_most)?;
        let owner = Some(self.owner(ask));
        context.cluster.net.send(context.now, to, request, version, owner, timeout_ms);
        Ok(true)
    }

    pub(super) fn owner(&mut self, ask: Ask) -> Owner {
        self.next_ask += 1;
        self.asked.insert(self.next_ask, ask);
        Owner::Group(self.next_ask)
    }

    pub(super) fn is_asking(&self, ask: Ask) -> bool {
        self.asked.values().any(|&asked| asked == ask)
    }

    /// Tries again after a pause that grows.
    pub(super) fn back_off(&mut self, context: &mut Context<'_>) {
        let pause_ms = context.cluster.pause_ms(self.attempts);
        self.attempts += 1;
        self.not_before_ms = context.now_ms().saturating_add(pause_ms);
    }

    pub(super) fn rested(&self, context: &Context<'_>) -> bool {
        self.not_before_ms <= context.now_ms()
    }

    /// Whether the application must prove alive.
    pub(super) fn watches_poll(&self) -> bool {
        matches!(self.phase, Phase::Preparing | Phase::Assigning | Phase::Syncing | Phase::Stable)
            && !self.member_id.is_empty()
    }

    pub(super) fn enforce_poll_interval(&mut self, context: &mut Context<'_>) {
        let Some(most_ms) = self.config.max_poll_interval_ms else { return };
        let over = self.alive_at_ms.saturating_add(most_ms) <= context.now_ms();
        if over && self.watches_poll() {
            context.tell(GroupEvent::PollIntervalExceeded);
            self.lose(context);
            // Says goodbye first, in the way of the protocol.
            self.leave_by_ms = context.now_ms().saturating_add(self.config.session_timeout_ms);
            self.topics.dormant = true;
            self.phase = Phase::Leaving;
        }
    }

    /// Joins again, if the application has proved alive meanwhile.
    pub(super) fn wake(&mut self, context: &mut Context<'_>) {
        let most_ms = self.config.max_poll_interval_ms.unwrap_or(u64::MAX);
        if self.alive_at_ms.saturating_add(most_ms) > context.now_ms() {
            self.rebalance_started_ms = context.now_ms();
            self.phase = Phase::Preparing;
        }
    }

    /// Everything is lost: the group has gone on without the member.
    pub(super) fn lose(&mut self, context: &mut Context<'_>) {
        let partitions = self.owned.take_all(context);
        if !partitions.is_empty() {
            context.tell(GroupEvent::Lost { partitions });
        }
    }

    /// The group does not know the member, or not in this generation: it joins anew.
    pub(super) fn reset(&mut self, context: &mut Context<'_>, forget_id: bool) {
        self.lose(context);
        self.generation = -1;
        if forget_id {
            self.member_id.clear();
        }
        self.asked.retain(|_, ask| !ask.is_membership());
        if !matches!(self.phase, Phase::Out | Phase::Leaving | Phase::Dormant) {
            self.phase = Phase::Preparing;
        }
    }

    /// The member is out of the group for good.
    pub(super) fn fail(&mut self, context: &mut Context<'_>, error: ClientError) {
        if self.phase == Phase::Out {
            return;
        }
        self.lose(context);
        self.out();
        context.tell(GroupEvent::Failed { error });
    }

    pub(super) fn out(&mut self) {
        self.phase = Phase::Out;
        self.member_id.clear();
        self.generation = -1;
        self.membership = Membership::default();
        self.topics = Topics::default();
        self.asked.retain(|_, ask| !ask.is_membership());
    }

    /// After the goodbye, or without one.
    pub(super) fn left(&mut self, context: &mut Context<'_>) {
        if self.topics.dormant {
            self.topics.dormant = false;
            self.phase = Phase::Dormant;
            self.member_id.clear();
            self.generation = -1;
            self.asked.retain(|_, ask| !ask.is_membership());
            return;
        }
        self.out();
        context.tell(GroupEvent::Left);
    }

    /// Whether everything is given up and committed, so that the member can leave.
    pub(super) fn may_say_goodbye(&mut self, context: &mut Context<'_>) -> bool {
        let late = self.leave_by_ms <= context.now_ms();
        match self.owned.revoking() {
            Some(Step::Committing) if late => self.owned.finish(context),
            Some(_) => return false,
            None => {}
        }
        if !self.owned.is_empty() {
            let partitions = self.owned.keys();
            self.revoke(context, partitions);
            return false;
        }
        !self.commits_wait || late
    }

    /// Begins to give partitions up, if there are any.
    pub(super) fn revoke(&mut self, context: &mut Context<'_>, partitions: Vec<TopicPartition>) {
        let timeout_ms = self.config.rebalance_timeout_ms;
        self.owned.revoke(context, partitions, timeout_ms);
    }

    /// The members share out anew.
    pub(super) fn rebalancing(&mut self, context: &mut Context<'_>, reason: &str) {
        self.rebalance_started_ms = context.now_ms();
        context.tell(GroupEvent::Rebalancing { reason: reason.to_owned() });
    }

    /// Tells of the end of a rebalance.
    pub(super) fn joined(
        &mut self,
        context: &mut Context<'_>,
        added: Vec<TopicPartition>,
        partitions: Vec<TopicPartition>,
    ) {
        self.attempts = 0;
        self.not_before_ms = 0;
        if !added.is_empty() {
            context.tell(GroupEvent::Assigned { partitions: added });
        }
        let duration_ms = context.now_ms().saturating_sub(self.rebalance_started_ms);
        self.membership.member_id.clone_from(&self.member_id);
        self.membership.generation_id = self.generation;
        self.membership.partitions = partitions;
        self.membership.duration_ms = duration_ms;
        context.tell(GroupEvent::Joined(self.membership.clone()));
    }

    pub(super) fn broker_error(&self, code: ErrorCode, api: ApiKey) -> ClientError {
        ClientError::broker(code, api, format!("group {}", self.config.group_id))
    }
}

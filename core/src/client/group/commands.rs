//! What a host says to its client about the group.

use std::sync::Arc;

use bytes::Bytes;

use super::{
    Context, Group, Membership, OffsetToCommit, Phase, Protocol, Subscription, TopicPartition,
};
use crate::Now;
use crate::client::Client;
use crate::client::config::AutoOffsetReset;
use crate::client::error::ClientError;
use crate::client::event::CallId;

impl Client {
    /// Joins the group with this subscription, or tells it of a new one. Events say how it goes:
    /// [`GroupEvent`](super::GroupEvent).
    ///
    /// # Errors
    /// [`ClientError::BadArgument`] without a group in the configuration, for a pattern in the
    /// classic protocol, and while partitions are assigned by hand; [`ClientError::Closed`].
    pub fn subscribe(&mut self, now: Now, subscription: Subscription) -> Result<(), ClientError> {
        self.open()?;
        let by_hand = self.fetcher.is_assigned() && !self.is_subscribed();
        let group = self.group.as_deref_mut().ok_or_else(no_group)?;
        if by_hand {
            let text = "partitions are assigned by hand; assign none before subscribing";
            return Err(ClientError::BadArgument(text.to_owned()));
        }
        let classic = matches!(group.protocol, Protocol::Classic(_));
        if classic && matches!(subscription, Subscription::Pattern(_)) {
            let text = "the classic protocol knows no patterns; use Subscription::Chosen";
            return Err(ClientError::BadArgument(text.to_owned()));
        }
        let shared = &mut group.shared;
        shared.topics.subscribe(subscription);
        shared.topics.dormant = false;
        shared.alive_at_ms = now.monotonic_ms;
        if shared.phase == Phase::Out {
            shared.phase = Phase::Preparing;
            shared.rebalance_started_ms = now.monotonic_ms;
            shared.attempts = 0;
            shared.not_before_ms = 0;
        }
        self.drive(now);
        Ok(())
    }

    /// Answers [`GroupEvent::TopicsListed`](super::GroupEvent::TopicsListed): the topics to
    /// subscribe to.
    ///
    /// # Errors
    /// [`ClientError::BadArgument`] where the subscription is not
    /// [`Chosen`](Subscription::Chosen); [`ClientError::Closed`].
    pub fn choose_topics(&mut self, now: Now, topics: &[&str]) -> Result<(), ClientError> {
        self.open()?;
        let group = self.group.as_deref_mut().ok_or_else(no_group)?;
        let topics = topics.iter().map(|&topic| topic.into()).collect();
        if !group.shared.topics.choose(topics) {
            let text = "the subscription is not Chosen";
            return Err(ClientError::BadArgument(text.to_owned()));
        }
        self.drive(now);
        Ok(())
    }

    /// Gives all partitions up, commits, and leaves the group:
    /// [`GroupEvent::Revoked`](super::GroupEvent::Revoked) where there are any, then
    /// [`GroupEvent::Left`](super::GroupEvent::Left). A static member only stops, so that it
    /// finds its partitions again when it is back in time (KIP-345).
    ///
    /// # Errors
    /// [`ClientError::BadArgument`] without a subscription; [`ClientError::Closed`].
    pub fn leave_group(&mut self, now: Now) -> Result<(), ClientError> {
        self.open()?;
        let group = self.group.as_deref_mut().ok_or_else(no_group)?;
        if group.shared.phase == Phase::Out {
            return Err(ClientError::BadArgument("not subscribed".to_owned()));
        }
        let Client { cluster, fetcher, .. } = self;
        let mut context = Context { now, cluster, fetcher };
        group.leave(&mut context);
        self.drive(now);
        Ok(())
    }

    /// Says that the application goes on: where `max_poll_interval_ms` is set, more often than that.
    pub fn alive(&mut self, now: Now) {
        if let Some(group) = self.group.as_deref_mut() {
            group.shared.alive_at_ms = now.monotonic_ms;
            self.drive(now);
        }
    }

    /// Answers [`GroupEvent::Revoked`](super::GroupEvent::Revoked): nothing of those partitions is
    /// being processed any more. What was marked processed is committed now, and then they go. Each
    /// `Revoked` is to be answered once, also when `Lost` has come since.
    pub fn acknowledge_revoked(&mut self, now: Now) {
        if let Some(group) = self.group.as_deref_mut() {
            group.shared.owned.acknowledge();
            self.drive(now);
        }
    }

    /// Answers [`GroupEvent::AssignmentWanted`](super::GroupEvent::AssignmentWanted) with what each
    /// member gets, as its assignor reads it: usually a `ConsumerProtocolAssignment`, of
    /// [`encode_consumer_protocol`](crate::protocol::encode_consumer_protocol). An answer that
    /// comes too late is dropped.
    pub fn give_assignment(
        &mut self,
        now: Now,
        generation_id: i32,
        assignments: Vec<(String, Bytes)>,
    ) {
        if let Some(group) = self.group.as_deref_mut()
            && let Protocol::Classic(classic) = &mut group.protocol
            && group.shared.phase == Phase::Assigning
            && group.shared.generation == generation_id
        {
            classic.assignments = Some(assignments);
            self.drive(now);
        }
    }

    /// Changes what a custom assignor's leader gets from this member, from the next rebalance on:
    /// the whole subscription, as [`CustomAssignor::metadata`](super::CustomAssignor::metadata).
    ///
    /// # Errors
    /// [`ClientError::BadArgument`] where no custom assignor has that name.
    pub fn set_assignor_metadata(
        &mut self,
        assignor: &str,
        metadata: Bytes,
    ) -> Result<(), ClientError> {
        let group = self.group.as_deref_mut().ok_or_else(no_group)?;
        for known in &mut group.shared.config.assignors {
            if let super::Assignor::Custom(custom) = known
                && custom.name == assignor
            {
                custom.metadata = Some(metadata);
                return Ok(());
            }
        }
        Err(ClientError::BadArgument(format!("no custom assignor is called {assignor}")))
    }

    /// Says that everything before this offset of a partition is processed, which is what the client
    /// commits by itself. What was not delivered under the present assignment, or lies before what
    /// was marked already, is left alone: `false`.
    pub fn mark_processed(&mut self, topic: &str, partition: i32, next_offset: i64) -> bool {
        let key = (topic.into(), partition);
        let group = self.group.as_deref_mut();
        group.is_some_and(|group| group.shared.owned.processed(&key, next_offset))
    }

    /// Whether the client commits by itself what was marked processed, from now on, and how often:
    /// [`GroupConfig::auto_commit`](super::GroupConfig::auto_commit).
    ///
    /// # Errors
    /// [`ClientError::BadArgument`] without a group, and for an interval of 0.
    pub fn set_auto_commit(
        &mut self,
        now: Now,
        auto_commit: bool,
        interval_ms: u64,
    ) -> Result<(), ClientError> {
        let group = self.group.as_deref_mut().ok_or_else(no_group)?;
        let mut config = group.shared.config.clone();
        (config.auto_commit, config.auto_commit_interval_ms) = (auto_commit, interval_ms);
        config.validate()?;
        group.shared.config = config;
        group.commits.restart_interval();
        self.drive(now);
        Ok(())
    }

    /// Commits these offsets; [`GroupEvent::Committed`](super::GroupEvent::Committed) follows.
    /// Commits are sent in the order of their calls. While the group rebalances they wait; those of
    /// partitions that are not this member's then fail with [`ClientError::NotOwned`]. A client
    /// without a subscription commits as no member.
    ///
    /// # Errors
    /// [`ClientError::BadArgument`] for no offsets or a negative one, and without a group;
    /// [`ClientError::TooManyCalls`], [`ClientError::Closed`].
    pub fn commit(
        &mut self,
        now: Now,
        offsets: Vec<OffsetToCommit>,
    ) -> Result<CallId, ClientError> {
        if offsets.is_empty() || offsets.iter().any(|offset| offset.offset < 0) {
            let text = "commit: name one offset at least, none negative";
            return Err(ClientError::BadArgument(text.to_owned()));
        }
        let call = self.group_call()?;
        self.push_commit(now, call, offsets);
        Ok(call)
    }

    /// Commits what was marked processed and is not committed yet; `None` where that is nothing.
    ///
    /// # Errors
    /// As [`Client::commit`].
    pub fn commit_processed(&mut self, now: Now) -> Result<Option<CallId>, ClientError> {
        let group = self.group.as_deref().ok_or_else(no_group)?;
        let offsets = group.shared.owned.uncommitted(false);
        if offsets.is_empty() {
            return Ok(None);
        }
        let call = self.group_call()?;
        self.push_commit(now, call, offsets);
        Ok(Some(call))
    }

    fn push_commit(&mut self, now: Now, call: CallId, offsets: Vec<OffsetToCommit>) {
        let Client { cluster, fetcher, group, .. } = self;
        if let Some(Group { commits, shared, .. }) = group.as_deref_mut() {
            let mut context = Context { now, cluster, fetcher };
            commits.push(&mut context, shared, Some(call), offsets, false);
        }
        self.drive(now);
    }

    /// Asks for committed offsets;
    /// [`GroupEvent::CommittedFetched`](super::GroupEvent::CommittedFetched) follows.
    ///
    /// # Errors
    /// [`ClientError::BadArgument`] without a group; [`ClientError::TooManyCalls`],
    /// [`ClientError::Closed`].
    pub fn committed(
        &mut self,
        now: Now,
        partitions: &[(&str, i32)],
    ) -> Result<CallId, ClientError> {
        let call = self.group_call()?;
        let timeout_ms = self.cluster.config.api_timeout_ms;
        let partitions = partitions.iter().map(|&(topic, p)| (Arc::from(topic), p)).collect();
        if let Some(group) = self.group.as_deref_mut() {
            let deadline_ms = now.monotonic_ms.saturating_add(timeout_ms);
            group.lookups.push(Some(call), partitions, deadline_ms);
        }
        self.drive(now);
        Ok(call)
    }

    /// Where to go on in a topic when there is no committed offset, or it does not exist any more;
    /// otherwise `fetcher.auto_offset_reset` says.
    pub fn set_auto_offset_reset(&mut self, topic: &str, reset: AutoOffsetReset) {
        self.fetcher.set_reset(topic.into(), reset);
    }

    /// How far a partition's position is behind the end of what is stored, by the last answer to a
    /// fetch; `None` before there was one.
    pub fn lag(&self, topic: &str, partition: i32) -> Option<i64> {
        self.fetcher.lag(&(topic.into(), partition))
    }

    /// The partitions that the member owns, those on their way out included.
    pub fn assignment(&self) -> Vec<TopicPartition> {
        self.group.as_deref().map(|group| group.shared.owned.keys()).unwrap_or_default()
    }

    /// What the member was at the end of the last rebalance; `None` while it is none.
    pub fn membership(&self) -> Option<&Membership> {
        let shared = &self.group.as_deref()?.shared;
        (shared.generation >= 0).then_some(&shared.membership)
    }

    pub(in crate::client) fn is_subscribed(&self) -> bool {
        self.group.as_deref().is_some_and(|group| group.shared.topics.is_subscribed())
    }

    fn group_call(&mut self) -> Result<CallId, ClientError> {
        self.open()?;
        let group = self.group.as_deref().ok_or_else(no_group)?;
        let max_pending_calls = self.cluster.config.max_pending_calls;
        if group.commits.len() + group.lookups.len() >= max_pending_calls {
            return Err(ClientError::TooManyCalls { max_pending_calls });
        }
        Ok(self.calls.next_call())
    }
}

fn no_group() -> ClientError {
    ClientError::BadArgument("the configuration names no group; set ClientConfig::group".to_owned())
}

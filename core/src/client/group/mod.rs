//! A client as a member of a consumer group, in the classic protocol or in KIP-848's.
//!
//! The group is named by [`ClientConfig::group`](crate::client::ClientConfig::group); its events
//! come as [`Event::Group`](crate::client::Event::Group). What a host does:
//!
//! 1. [`Client::subscribe`](crate::client::Client::subscribe). With [`Subscription::Chosen`],
//!    answer each [`GroupEvent::TopicsListed`] with
//!    [`choose_topics`](crate::client::Client::choose_topics).
//! 2. On [`GroupEvent::Assigned`], `seek` if the partitions are to start elsewhere than at their
//!    committed offsets, or where `auto_offset_reset` says
//!    ([`set_auto_offset_reset`](crate::client::Client::set_auto_offset_reset) for a topic of its
//!    own). `pause` and `resume` as ever.
//! 3. Take records with [`poll_fetched`](crate::client::Client::poll_fetched); say
//!    [`mark_processed`](crate::client::Client::mark_processed) of what is done, which is what the
//!    client commits by itself; or [`commit`](crate::client::Client::commit),
//!    [`commit_processed`](crate::client::Client::commit_processed).
//! 4. On [`GroupEvent::Revoked`], finish what is being processed and say
//!    [`acknowledge_revoked`](crate::client::Client::acknowledge_revoked). On
//!    [`GroupEvent::Lost`], stop.
//! 5. Where `max_poll_interval_ms` is set, say [`alive`](crate::client::Client::alive) more often
//!    than that. Heartbeats go out by themselves, as long as the host calls `handle` at the
//!    deadlines.
//! 6. [`leave_group`](crate::client::Client::leave_group), and after [`GroupEvent::Left`],
//!    `close`.
//!
//! Besides: [`committed`](crate::client::Client::committed),
//! [`lag`](crate::client::Client::lag), [`assignment`](crate::client::Client::assignment),
//! [`membership`](crate::client::Client::membership); and for assignors of the host's
//! [`give_assignment`](crate::client::Client::give_assignment) and
//! [`set_assignor_metadata`](crate::client::Client::set_assignor_metadata). Without a subscription,
//! a client with a group may `assign` partitions itself, and commit and ask for offsets.
//!
//! Delivery is at least once, in order within a partition. A commit carries the member's generation
//! and is refused once the group has gone on without it; of a partition that the member does not
//! own, or owns anew since, none is sent.
//!
//! Membership and offsets travel on different connections to the coordinator, for an answer to
//! JoinGroup comes only when all members have joined.

mod assignor;
mod classic;
mod commands;
mod commits;
mod config;
mod consumer;
mod coordinator;
mod event;
mod lookups;
mod owned;
mod partitions;
mod shared;
mod topics;

use std::sync::Arc;

pub use assignor::{GroupMember, Strategy, TopicPartition, assign};
pub use config::{Assignor, CustomAssignor, GroupConfig, GroupProtocol, Subscription};
pub use event::{CommittedOffset, GroupEvent, MemberMetadata, Membership, OffsetToCommit};

use super::cluster::Cluster;
use super::error::ClientError;
use super::event::{Event, Fetched, Response};
use super::fetcher::Fetcher;
use crate::Now;
use crate::protocol::ErrorCode;
use crate::sort::sort;
use classic::Classic;
use commits::Commits;
use consumer::Consumer;
use lookups::Lookups;
use shared::Shared;
use topics::Topics;

/// What a request in flight is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    FindCoordinator,
    Join,
    Sync,
    Heartbeat,
    Leave,
    /// With the generation that it carries.
    Commit(i32),
    /// The lookup's number.
    Lookup(u64),
}

impl Ask {
    fn is_membership(self) -> bool {
        matches!(self, Ask::Join | Ask::Sync | Ask::Heartbeat | Ask::Leave)
    }
}

/// Where a member stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No member and not about to be one.
    Out,
    /// About to join: gives up what it must first.
    Preparing,
    /// JoinGroup, or the first heartbeat of the consumer protocol, is out.
    Joining,
    /// The leader is finding the assignment.
    Assigning,
    /// SyncGroup is out.
    Syncing,
    /// A member.
    Stable,
    /// Gives up everything, then says so.
    Leaving,
    /// Waits for the application to prove alive.
    Dormant,
}

enum Protocol {
    Classic(Box<Classic>),
    Consumer(Box<Consumer>),
}

/// A client's part in its group.
pub(crate) struct Group {
    shared: Shared,
    protocol: Protocol,
    commits: Commits,
    lookups: Lookups,
}

/// What every step needs.
struct Context<'a> {
    now: Now,
    cluster: &'a mut Cluster,
    fetcher: &'a mut Fetcher,
}

impl Context<'_> {
    fn tell(&mut self, event: GroupEvent) {
        self.cluster.events.push_back(Event::Group(event));
    }

    fn now_ms(&self) -> u64 {
        self.now.monotonic_ms
    }
}

impl Group {
    pub(crate) fn new(config: GroupConfig) -> Group {
        let protocol = match config.protocol {
            GroupProtocol::Classic => Protocol::Classic(Box::default()),
            GroupProtocol::Consumer => Protocol::Consumer(Box::default()),
        };
        Group {
            shared: Shared::new(config),
            protocol,
            commits: Commits::default(),
            lookups: Lookups::default(),
        }
    }

    /// Goes on with whatever can go on.
    pub(crate) fn drive(&mut self, now: Now, cluster: &mut Cluster, fetcher: &mut Fetcher) {
        let mut context = Context { now, cluster, fetcher };
        let context = &mut context;
        let shared = &mut self.shared;
        shared.topics.drive(context);
        shared.owned.observe(context);
        shared.enforce_poll_interval(context);
        self.commits.drive(context, shared);
        shared.commits_wait = self.commits.is_busy();
        match &mut self.protocol {
            Protocol::Classic(classic) => classic.drive(context, shared),
            Protocol::Consumer(consumer) => consumer.drive(context, shared),
        }
        self.lookups.drive(context, shared);
    }

    /// A request was answered, or will not be.
    pub(crate) fn on_reply(
        &mut self,
        now: Now,
        cluster: &mut Cluster,
        fetcher: &mut Fetcher,
        request: u64,
        result: Result<Response, ClientError>,
    ) {
        let Some(ask) = self.shared.asked.remove(&request) else { return };
        let mut context = Context { now, cluster, fetcher };
        let context = &mut context;
        let shared = &mut self.shared;
        let failed = result.as_ref().err().is_some_and(ClientError::is_retriable);
        if failed && ask != Ask::FindCoordinator {
            shared.coordinator.lost();
        }
        match (ask, &mut self.protocol) {
            (Ask::FindCoordinator, _) => {
                let group_id = &shared.config.group_id;
                if let Err(error) = shared.coordinator.found(context, group_id, result) {
                    shared.fail(context, error.clone());
                    self.commits.fail_all(context, shared, &error);
                    self.lookups.fail_all(context, &error);
                }
            }
            (Ask::Commit(generation), _) => {
                self.commits.answered(context, shared, generation, result);
            }
            (Ask::Lookup(id), _) => self.lookups.answered(context, shared, id, result),
            (ask, Protocol::Classic(classic)) => classic.answered(context, shared, ask, result),
            (ask, Protocol::Consumer(consumer)) => consumer.answered(context, shared, ask, result),
        }
    }

    /// The host goes on elsewhere in a partition.
    pub(crate) fn sought(&mut self, key: &TopicPartition) {
        self.shared.owned.sought(key);
    }

    /// The host has taken records.
    pub(crate) fn delivered(&mut self, fetched: &Fetched) {
        let epoch = fetched.batches.last().map_or(-1, |batch| batch.header.partition_leader_epoch);
        let key = (fetched.topic.clone(), fetched.partition);
        self.shared.owned.delivered(&key, fetched.next_offset, epoch);
    }

    /// Begins to leave.
    fn leave(&mut self, context: &mut Context<'_>) {
        let shared = &mut self.shared;
        let wait_ms = context.cluster.config.request_timeout_ms;
        let wait_ms = wait_ms.saturating_add(shared.config.rebalance_timeout_ms);
        shared.leave_by_ms = context.now_ms().saturating_add(wait_ms);
        shared.topics.dormant = false;
        match shared.phase {
            Phase::Dormant => return shared.left(context),
            Phase::Joining | Phase::Syncing => {
                shared.asked.retain(|_, ask| !ask.is_membership());
                shared.interrupt(context);
            }
            _ => {}
        }
        if shared.generation < 0 {
            shared.lose(context);
        }
        shared.phase = Phase::Leaving;
    }

    /// Where the member is leaving, it is out then, whatever answers are missing.
    pub(crate) fn leave_within(&mut self, now: Now, ms: u64) {
        let shared = &mut self.shared;
        shared.leave_by_ms = shared.leave_by_ms.min(now.monotonic_ms.saturating_add(ms));
    }

    /// When something is due.
    pub(crate) fn deadline(&self, now: Now) -> Option<u64> {
        let shared = &self.shared;
        let active = !matches!(shared.phase, Phase::Out | Phase::Dormant);
        let poll = shared.config.max_poll_interval_ms.filter(|_| shared.watches_poll());
        let busy = active || self.commits.is_busy() || self.lookups.is_busy();
        let heartbeat = match &self.protocol {
            Protocol::Classic(classic) => classic.heartbeat_at_ms,
            Protocol::Consumer(consumer) => consumer.heartbeat_at_ms,
        };
        let all = [
            Some(shared.coordinator.not_before_ms).filter(|_| busy),
            Some(shared.not_before_ms).filter(|_| active),
            Some(heartbeat).filter(|_| active),
            poll.map(|ms| shared.alive_at_ms.saturating_add(ms)),
            Some(shared.leave_by_ms).filter(|_| shared.phase == Phase::Leaving),
            shared.owned.deadline(),
            self.commits.deadline(now.monotonic_ms, shared),
            self.lookups.deadline(now.monotonic_ms),
        ];
        all.into_iter().flatten().filter(|&at| at > now.monotonic_ms).min()
    }

    /// Nothing can be reached: what waits has failed, and nobody is there to say goodbye to.
    pub(crate) fn fail_waiting(
        &mut self,
        now: Now,
        cluster: &mut Cluster,
        fetcher: &mut Fetcher,
        error: &ClientError,
    ) {
        self.leave_within(now, 0);
        let mut context = Context { now, cluster, fetcher };
        self.commits.fail_all(&mut context, &mut self.shared, error);
        self.lookups.fail_all(&mut context, error);
    }
}

/// The coordinator is not this one, or cannot say.
fn is_moved(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable)
}

/// Sorted, each once.
fn distinct(mut topics: Vec<Arc<str>>) -> Vec<Arc<str>> {
    sort(&mut topics);
    topics.dedup();
    topics
}

//! A member in the classic protocol: joins, gets its assignment (the leader makes it), is heard of.
//!
//! What a coordinator's error means is as in Kafka's `AbstractCoordinator` and
//! `ConsumerCoordinator`. KIP-62, KIP-345, KIP-394, KIP-429.

mod heartbeat;
mod join;
mod leader;
mod sync;

use std::sync::Arc;

use bytes::Bytes;
use litemap::LiteMap;

use super::assignor::TopicPartition;
use super::{Ask, Context, GroupMember, MemberMetadata, Phase, Shared, Topics};
use crate::client::error::ClientError;
use crate::client::event::Response;

/// The kind of group that consumers form.
const PROTOCOL_TYPE: &str = "consumer";

/// What a leader has to assign.
struct Lead {
    assignor: String,
    members: Vec<GroupMember>,
    /// As they came, for an assignor of the host's.
    raw: Vec<MemberMetadata>,
    /// Whether the host was asked for the assignment.
    asked: bool,
}

#[derive(Default)]
pub(super) struct Classic {
    /// Why to join again, where that is due.
    rejoin: Option<&'static str>,
    /// The topics that the member joined with.
    joined_topics: Vec<Arc<str>>,
    lead: Option<Lead>,
    /// Whether the member leads the present generation, and so watches the group's topics.
    leads: bool,
    /// What a host's assignor answered.
    pub(super) assignments: Option<Vec<(String, Bytes)>>,
    /// The numbers of partitions that the leader's assignment rests on.
    snapshot: Option<LiteMap<Arc<str>, i32>>,
    /// The metadata that it was compared with last.
    compared: u64,
    /// What the sticky assignors remember.
    max_generation: i32,
    last_assignment: Option<(Vec<TopicPartition>, i32)>,
    /// Once what was revoked is gone, the member joins again, so that others get it.
    joins_after_revoking: bool,
    pub(super) heartbeat_at_ms: u64,
}

impl Classic {
    pub(super) fn drive(&mut self, context: &mut Context<'_>, shared: &mut Shared) {
        shared.owned.expire(context);
        if self.joins_after_revoking && shared.owned.revoking().is_none() {
            self.joins_after_revoking = false;
            self.rejoin.get_or_insert("need to revoke partitions and re-join");
        }
        loop {
            let before = shared.phase;
            self.step(context, shared);
            if shared.phase == before {
                break;
            }
        }
        self.heartbeat(context, shared);
    }

    fn step(&mut self, context: &mut Context<'_>, shared: &mut Shared) {
        match shared.phase {
            Phase::Out | Phase::Joining | Phase::Syncing => {}
            Phase::Dormant => shared.wake(context),
            Phase::Preparing => self.join(context, shared),
            Phase::Assigning => self.assign(context, shared),
            Phase::Stable => {
                self.watch(context, shared);
                if self.rejoin.is_some() && shared.owned.revoking().is_none() {
                    self.prepare(context, shared);
                }
            }
            Phase::Leaving => self.leave(context, shared),
        }
    }

    pub(super) fn answered(
        &mut self,
        context: &mut Context<'_>,
        shared: &mut Shared,
        ask: Ask,
        result: Result<Response, ClientError>,
    ) {
        match ask {
            Ask::Join => self.join_answered(context, shared, result),
            Ask::Sync => self.sync_answered(context, shared, result),
            Ask::Heartbeat => self.heartbeat_answered(context, shared, result),
            // Whatever it is: the member has done its part.
            _ => shared.left(context),
        }
    }

    /// Looks for changes that the group must know of.
    fn watch(&mut self, context: &mut Context<'_>, shared: &mut Shared) {
        if shared.topics.names().is_some_and(|names| names != self.joined_topics) {
            self.rejoin.get_or_insert("subscription has changed");
        }
        let news = context.cluster.metadata.generation;
        if self.compared == news {
            return;
        }
        self.compared = news;
        if self.leads
            && let Some(counts) = Topics::counts(context, &shared.topics.of_group)
            && *self.snapshot.get_or_insert_with(|| counts.clone()) != counts
        {
            self.rejoin.get_or_insert("cached metadata has changed");
        }
    }

    /// Gives up what must be before joining again: everything, or what is not subscribed to.
    fn prepare(&mut self, context: &mut Context<'_>, shared: &mut Shared) {
        let reason = self.rejoin.unwrap_or_default();
        shared.rebalancing(context, reason);
        shared.phase = Phase::Preparing;
        let mut partitions = shared.owned.keys();
        if shared.config.is_cooperative() {
            partitions.retain(|(topic, _)| !shared.topics.allows(topic));
        }
        shared.revoke(context, partitions);
    }

    /// What an error means that more than one answer may bring. Says whether it was one of them.
    fn common_error(
        &mut self,
        context: &mut Context<'_>,
        shared: &mut Shared,
        error: &ClientError,
    ) -> bool {
        use crate::protocol::ErrorCode::*;
        match error.code() {
            Some(UnknownMemberId) => shared.reset(context, true),
            Some(IllegalGeneration) => shared.reset(context, false),
            Some(NotCoordinator | CoordinatorNotAvailable) => {
                shared.coordinator.lost();
                return false;
            }
            _ => return false,
        }
        true
    }
}

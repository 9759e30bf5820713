//! A member in the consumer protocol of KIP-848: one kind of request, in which the member says what
//! has changed for it and the coordinator what it is to own.

use std::sync::Arc;

use litemap::LiteMap;

use super::assignor::TopicPartition;
use super::coordinator::Lane;
use super::partitions::by_topic;
use super::{Ask, Context, Phase, Shared};
use crate::Uuid;
use crate::client::error::ClientError;
use crate::client::event::Response;
use crate::protocol::messages::{
    ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse,
    ConsumerGroupHeartbeatTopicPartitions,
};
use crate::protocol::{ApiKey, ErrorCode, Message};
use crate::sort::sort;

/// The epochs by which a member joins and leaves; the last is a static member's, which will be back.
const JOIN_EPOCH: i32 = 0;
const LEAVE_EPOCH: i32 = -1;
const LEAVE_STATIC_EPOCH: i32 = -2;
/// The first version in which members make their ids themselves, and may subscribe by pattern.
const OWN_ID_VERSION: i16 = 1;

/// What the coordinator was told last.
#[derive(Debug, Default, PartialEq)]
struct Told {
    topics: Vec<Arc<str>>,
    pattern: Option<String>,
    /// `None` where it is to be told in any case, even if it is nothing.
    owned: Option<Vec<TopicPartition>>,
}

#[derive(Default)]
pub(super) struct Consumer {
    told: Option<Told>,
    /// What a heartbeat that is out tells.
    telling: Option<Told>,
    /// The versions of subscription and ownership that were compared with it last.
    compared: (u64, u64),
    /// What the member is to own, until it does.
    target: Option<LiteMap<Uuid, Vec<i32>>>,
    /// The ids of topics of which the member had partitions: a deleted topic has no other trace.
    ids: LiteMap<Arc<str>, Uuid>,
    /// Partitions of the target are being given up for.
    reconciling: bool,
    /// Whether the member has had what it was to own since it joined.
    settled: bool,
    pub(super) heartbeat_at_ms: u64,
    interval_ms: u64,
}

impl Consumer {
    pub(super) fn drive(&mut self, context: &mut Context<'_>, shared: &mut Shared) {
        shared.owned.expire(context);
        if shared.phase == Phase::Dormant {
            shared.wake(context);
        }
        match shared.phase {
            Phase::Out | Phase::Dormant => {}
            Phase::Leaving => self.leave(context, shared),
            Phase::Preparing => self.join(context, shared),
            _ => {
                self.reconcile(context, shared);
                self.heartbeat(context, shared);
            }
        }
    }

    /// Joins, once the topics are known.
    fn join(&mut self, context: &mut Context<'_>, shared: &mut Shared) {
        if shared.topics.names().is_none() || !shared.rested(context) {
            return;
        }
        let Some(to) = shared.endpoint(context, Lane::Membership) else { return };
        type Beat = ConsumerGroupHeartbeatRequest;
        match context.cluster.net.version::<Beat>(to, i16::MAX) {
            Ok(version) if version >= OWN_ID_VERSION => {
                if shared.member_id.is_empty() {
                    let rng = &mut context.cluster.rng;
                    let bits = u128::from(rng.next_u64()) << 64 | u128::from(rng.next_u64());
                    shared.member_id = Uuid::from_random(bits).to_string();
                }
            }
            Ok(_) if shared.topics.pattern().is_some() => {
                let detail = "patterns need version 1; use Subscription::Chosen".to_owned();
                return shared.fail(context, ClientError::Unsupported { api: Beat::API, detail });
            }
            Ok(_) => {}
            Err(error) => return shared.fail(context, error),
        }
        self.told = None;
        self.target = None;
        self.ids = LiteMap::new();
        self.settled = false;
        self.reconciling = false;
        shared.rebalance_started_ms = context.now_ms();
        if self.send(context, shared, JOIN_EPOCH) {
            shared.phase = Phase::Joining;
        }
    }

    fn heartbeat(&mut self, context: &mut Context<'_>, shared: &mut Shared) {
        if shared.phase != Phase::Stable
            || shared.is_asking(Ask::Heartbeat)
            || !shared.rested(context)
        {
            return;
        }
        let versions = (shared.topics.version, shared.owned.version);
        let changed = self.compared != versions && self.told != Some(what_to_tell(shared));
        let news = changed || self.told.is_none();
        if !news || self.send(context, shared, shared.generation) {
            self.compared = versions;
        }
        if !news && self.heartbeat_at_ms <= context.now_ms() {
            self.send(context, shared, shared.generation);
        }
    }

    fn send(&mut self, context: &mut Context<'_>, shared: &mut Shared, epoch: i32) -> bool {
        let tell = what_to_tell(shared);
        let owned = self.to_ids(tell.owned.as_deref().unwrap_or_default());
        let config = &shared.config;
        let told = self.told.as_ref();
        let first = told.is_none();
        let joins = epoch == JOIN_EPOCH;
        let topics = told.is_none_or(|told| told.topics != tell.topics);
        let pattern = told.is_none_or(|told| told.pattern != tell.pattern);
        let changed = told.is_none_or(|told| told.owned != tell.owned);
        let rebalance_timeout_ms = i32::try_from(config.rebalance_timeout_ms).unwrap_or(i32::MAX);
        let names = || tell.topics.iter().map(ToString::to_string).collect();
        let request = ConsumerGroupHeartbeatRequest {
            group_id: config.group_id.clone(),
            member_id: shared.member_id.clone(),
            member_epoch: epoch,
            instance_id: config.group_instance_id.clone(),
            rack_id: None,
            rebalance_timeout_ms: if first { rebalance_timeout_ms } else { -1 },
            subscribed_topic_names: topics.then(names),
            // An empty pattern takes the former one back.
            subscribed_topic_regex: match &tell.pattern {
                None if first => None,
                now => pattern.then(|| now.clone().unwrap_or_default()),
            },
            server_assignor: config.server_assignor.clone().filter(|_| first),
            topic_partitions: if joins { Some(Vec::new()) } else { changed.then_some(owned) },
        };
        let timeout_ms = context.cluster.config.request_timeout_ms;
        let lane = Lane::Membership;
        match shared.ask(context, lane, Ask::Heartbeat, &request, i16::MAX, timeout_ms) {
            Ok(sent) => {
                if sent {
                    self.telling = Some(tell);
                    self.heartbeat_at_ms = context.now_ms().saturating_add(self.interval_ms);
                }
                sent
            }
            Err(error) => {
                shared.fail(context, error);
                false
            }
        }
    }

    pub(super) fn answered(
        &mut self,
        context: &mut Context<'_>,
        shared: &mut Shared,
        ask: Ask,
        result: Result<Response, ClientError>,
    ) {
        if ask == Ask::Leave {
            return shared.left(context);
        }
        type Answer = ConsumerGroupHeartbeatResponse;
        let answer = match result.and_then(|response| response.decode::<Answer>()) {
            Ok(answer) => answer,
            Err(error) if error.is_retriable() => return self.again(context, shared),
            Err(error) => return shared.fail(context, error),
        };
        let code = ErrorCode::from_code(answer.error_code);
        if code != ErrorCode::None {
            return self.refused(context, shared, code, answer.error_message);
        }
        if !matches!(shared.phase, Phase::Joining | Phase::Stable) {
            return;
        }
        self.told = self.telling.take();
        shared.attempts = 0;
        shared.not_before_ms = 0;
        if let Some(member_id) = answer.member_id.filter(|id| !id.is_empty()) {
            shared.member_id = member_id;
        }
        shared.generation = answer.member_epoch;
        shared.membership.generation_id = answer.member_epoch;
        shared.phase = Phase::Stable;
        self.interval_ms = u64::try_from(answer.heartbeat_interval_ms).unwrap_or(0).max(1);
        let interval_ms = self.interval_ms;
        self.heartbeat_at_ms = context.now_ms().saturating_add(interval_ms);
        if let Some(assignment) = answer.assignment {
            let mut target: LiteMap<Uuid, Vec<i32>> = LiteMap::new();
            for topic in assignment.topic_partitions {
                target.entry(topic.topic_id).or_default().extend(topic.partitions);
            }
            self.target = Some(target);
        }
    }

    /// A heartbeat got lost: the next one tells everything.
    fn again(&mut self, context: &mut Context<'_>, shared: &mut Shared) {
        self.told = None;
        self.telling = None;
        if shared.phase == Phase::Joining {
            shared.phase = Phase::Preparing;
        }
        shared.back_off(context);
    }

    fn refused(
        &mut self,
        context: &mut Context<'_>,
        shared: &mut Shared,
        code: ErrorCode,
        message: Option<String>,
    ) {
        match code {
            // The coordinator has taken everything away: the member joins anew, with its id.
            // One that was the last to speak this protocol may find a classic group.
            ErrorCode::UnknownMemberId
            | ErrorCode::FencedMemberEpoch
            | ErrorCode::GroupIdNotFound
                if shared.phase == Phase::Stable || code != ErrorCode::GroupIdNotFound =>
            {
                self.target = None;
                self.told = None;
                // One that may not even join with its id is known by it at an epoch that it was never
                // told of: it joins as another.
                let joins = shared.phase == Phase::Joining;
                if joins {
                    shared.back_off(context);
                }
                shared.reset(context, joins);
                shared.rebalancing(context, "the group has gone on without this member");
            }
            ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable => {
                shared.coordinator.lost();
                self.again(context, shared);
            }
            // Of a static member that has not been given up yet (KIP-848).
            ErrorCode::UnreleasedInstanceId => self.again(context, shared),
            code if code.is_retriable() => self.again(context, shared),
            code => {
                let context_text = format!("group {}", shared.config.group_id);
                let api = ApiKey::ConsumerGroupHeartbeat;
                let error = ClientError::Broker { code, api, context: context_text, message };
                shared.fail(context, error);
            }
        }
    }

    /// Makes what the member owns what it is to own: gives up first, takes then.
    fn reconcile(&mut self, context: &mut Context<'_>, shared: &mut Shared) {
        let Some(target) = &self.target else { return };
        if shared.owned.revoking().is_some() {
            return;
        }
        // Partitions whose topic is not known yet have to wait for its name.
        let mut known: Vec<TopicPartition> = Vec::new();
        let mut complete = true;
        for (id, partitions) in target {
            match context.cluster.metadata.name_of(id) {
                Some(name) => {
                    self.ids.insert(name.clone(), *id);
                    known.extend(partitions.iter().map(|&p| (name.clone(), p)));
                }
                None => complete = false,
            }
        }
        if !complete {
            context.cluster.metadata.want_unknown();
        }
        sort(&mut known);
        known.dedup();
        let owned = shared.owned.keys();
        let without = |all: &[TopicPartition], some: &[TopicPartition]| {
            let kept = all.iter().filter(|key| some.binary_search(key).is_err());
            kept.cloned().collect::<Vec<TopicPartition>>()
        };
        let (revoked, added) = (without(&owned, &known), without(&known, &owned));
        if complete && self.settled && !self.reconciling && known == owned {
            // Told before: an answer to that would only be asked for another.
            self.target = None;
            return;
        }
        if !self.reconciling && (!revoked.is_empty() || !added.is_empty()) {
            self.reconciling = true;
            shared.rebalancing(context, "the coordinator assigns anew");
        }
        if !revoked.is_empty() {
            return shared.revoke(context, revoked);
        }
        if complete {
            self.target = None;
            self.settled = true;
            self.reconciling = false;
            // Told in any case, for the coordinator waits for that.
            if let Some(told) = &mut self.told {
                told.owned = None;
            }
            self.heartbeat_at_ms = 0;
        }
        if complete || !added.is_empty() {
            shared.owned.add(context, &added);
            shared.joined(context, added, known);
        }
    }

    /// Partitions as heartbeats name them: also those of topics that are deleted by now.
    fn to_ids(&self, owned: &[TopicPartition]) -> Vec<ConsumerGroupHeartbeatTopicPartitions> {
        let ids = by_topic(owned).into_iter().filter_map(|(topic, partitions)| {
            let topic_id = *self.ids.get(&topic)?;
            Some(ConsumerGroupHeartbeatTopicPartitions { topic_id, partitions })
        });
        ids.collect()
    }

    /// Says goodbye, once everything is given up.
    fn leave(&mut self, context: &mut Context<'_>, shared: &mut Shared) {
        if !shared.may_say_goodbye(context) {
            return;
        }
        if shared.generation < 0 || shared.leave_by_ms <= context.now_ms() {
            return shared.left(context);
        }
        if shared.is_asking(Ask::Leave) {
            return;
        }
        let config = &shared.config;
        // A static member that stops keeps its partitions for a while; one that hangs does not.
        let stays = config.group_instance_id.is_some() && !shared.topics.dormant;
        let request = ConsumerGroupHeartbeatRequest {
            group_id: config.group_id.clone(),
            member_id: shared.member_id.clone(),
            member_epoch: if stays { LEAVE_STATIC_EPOCH } else { LEAVE_EPOCH },
            instance_id: config.group_instance_id.clone(),
            ..ConsumerGroupHeartbeatRequest::default()
        };
        let timeout_ms = context.cluster.config.request_timeout_ms;
        let lane = Lane::Membership;
        if shared.ask(context, lane, Ask::Leave, &request, i16::MAX, timeout_ms).is_err() {
            shared.left(context);
        }
    }
}

fn what_to_tell(shared: &Shared) -> Told {
    Told {
        topics: shared.topics.names().unwrap_or_default().to_vec(),
        pattern: shared.topics.pattern().map(str::to_owned),
        owned: Some(shared.owned.keys()),
    }
}

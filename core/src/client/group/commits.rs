//! Commits: one request at a time, in order, each with the member's generation.

use std::collections::VecDeque;
use std::sync::Arc;

use litemap::LiteMap;

use super::assignor::TopicPartition;
use super::coordinator::Lane;
use super::event::OffsetToCommit;
use super::owned::Step;
use super::{Ask, Context, GroupEvent, GroupProtocol, Phase, Shared, is_moved};
use crate::client::error::ClientError;
use crate::client::event::{CallId, PartitionOutcome, Response};
use crate::protocol::messages::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic,
    OffsetCommitResponse,
};
use crate::protocol::{ApiKey, ErrorCode};

/// From the next version on, topics are named by their ids alone.
const BY_NAME: i16 = 9;

#[derive(Debug)]
struct Item {
    offset: OffsetToCommit,
    /// The assignment that it belongs to; `None` where the client is no member.
    tenure: Option<u64>,
    result: Option<Result<i64, ClientError>>,
}

#[derive(Debug)]
struct Commit {
    call: Option<CallId>,
    items: Vec<Item>,
    /// Partitions are only given up after it.
    revokes: bool,
    attempts: u32,
    not_before_ms: u64,
    deadline_ms: u64,
}

#[derive(Debug, Default)]
pub(super) struct Commits {
    queue: VecDeque<Commit>,
    in_flight: bool,
    /// When to commit without being asked.
    auto_at_ms: u64,
}

impl Commits {
    pub(super) fn is_busy(&self) -> bool {
        !self.queue.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn push(
        &mut self,
        context: &mut Context<'_>,
        shared: &Shared,
        call: Option<CallId>,
        offsets: Vec<OffsetToCommit>,
        revokes: bool,
    ) {
        let member = shared.topics.is_subscribed();
        let items = offsets.into_iter().map(|offset| {
            let key = (offset.topic.clone(), offset.partition);
            let tenure = shared.owned.get(&key).map(|progress| progress.tenure);
            // A tenure that nobody has: the partition is not this member's.
            let tenure = if member { Some(tenure.unwrap_or(0)) } else { None };
            Item { offset, tenure, result: None }
        });
        let timeout_ms = context.cluster.config.api_timeout_ms;
        self.queue.push_back(Commit {
            call,
            items: items.collect(),
            revokes,
            attempts: 0,
            not_before_ms: 0,
            deadline_ms: context.now_ms().saturating_add(timeout_ms),
        });
    }

    /// The interval of automatic commits begins anew.
    pub(super) fn restart_interval(&mut self) {
        self.auto_at_ms = 0;
    }

    pub(super) fn drive(&mut self, context: &mut Context<'_>, shared: &mut Shared) {
        self.auto_commit(context, shared);
        self.expire(context, shared);
        while !self.in_flight
            && let Some(commit) = self.queue.front_mut()
        {
            if commit.not_before_ms > context.now_ms() || !may_send(shared) {
                return;
            }
            for item in commit.items.iter_mut().filter(|item| item.result.is_none()) {
                let key = (item.offset.topic.clone(), item.offset.partition);
                let tenure = shared.owned.get(&key).map(|progress| progress.tenure);
                if item.tenure.is_some() && item.tenure != tenure {
                    item.result = Some(Err(not_owned(&key)));
                }
            }
            let open: Vec<&Item> = commit.items.iter().filter(|i| i.result.is_none()).collect();
            if open.is_empty() {
                self.end(context, shared);
                continue;
            }
            let request = request(shared, &open);
            let ask = Ask::Commit(shared.generation);
            let timeout_ms = context.cluster.config.request_timeout_ms;
            match shared.ask(context, Lane::Offsets, ask, &request, BY_NAME, timeout_ms) {
                Ok(sent) => {
                    self.in_flight = sent;
                    return;
                }
                Err(error) => {
                    fail_rest(commit, &error);
                    self.end(context, shared);
                }
            }
        }
    }

    /// Commits what is due by the interval, and what must be before partitions are given up.
    fn auto_commit(&mut self, context: &mut Context<'_>, shared: &mut Shared) {
        let config = &shared.config;
        if shared.owned.revoking() == Some(Step::Finished) {
            let offsets = shared.owned.uncommitted(true);
            if config.auto_commit && !offsets.is_empty() && shared.generation >= 0 {
                self.push(context, shared, None, offsets, true);
            } else if let Some(last) = self.queue.back_mut() {
                // What the host committed last may be of these partitions.
                last.revokes = true;
            } else {
                return shared.owned.finish(context);
            }
            return shared.owned.set_step(Step::Committing);
        }
        if !config.auto_commit || shared.owned.is_empty() {
            self.auto_at_ms = 0;
        } else if self.auto_at_ms == 0 {
            self.auto_at_ms = context.now_ms().saturating_add(config.auto_commit_interval_ms);
        } else if self.auto_at_ms <= context.now_ms() {
            self.auto_at_ms = context.now_ms().saturating_add(config.auto_commit_interval_ms);
            let offsets = shared.owned.uncommitted(false);
            if self.queue.is_empty() && !offsets.is_empty() {
                self.push(context, shared, None, offsets, false);
            }
        }
    }

    /// Gives up what has taken too long. What is in flight has a timeout of its own.
    fn expire(&mut self, context: &mut Context<'_>, shared: &mut Shared) {
        while !self.in_flight
            && let Some(commit) = self.queue.front_mut()
            && commit.deadline_ms <= context.now_ms()
        {
            let what = format!("commit of group {}", shared.config.group_id);
            let timeout_ms = context.cluster.config.api_timeout_ms;
            fail_rest(commit, &ClientError::Timeout { what, timeout_ms });
            self.end(context, shared);
        }
    }

    /// The first commit is done.
    fn end(&mut self, context: &mut Context<'_>, shared: &mut Shared) {
        let Some(commit) = self.queue.pop_front() else { return };
        let offsets: Vec<PartitionOutcome<i64>> = commit
            .items
            .into_iter()
            .map(|item| {
                let OffsetToCommit { topic, partition, offset, .. } = item.offset;
                let result = item.result.unwrap_or(Err(ClientError::Closed));
                if let (Ok(_), Some(tenure)) = (&result, item.tenure) {
                    shared.owned.is_committed(&(topic.clone(), partition), tenure, offset);
                }
                PartitionOutcome { topic: topic.to_string(), partition, result }
            })
            .collect();
        context.tell(GroupEvent::Committed { call: commit.call, offsets });
        if commit.revokes && shared.owned.revoking() == Some(Step::Committing) {
            shared.owned.finish(context);
        }
    }

    pub(super) fn answered(
        &mut self,
        context: &mut Context<'_>,
        shared: &mut Shared,
        generation: i32,
        result: Result<Response, ClientError>,
    ) {
        self.in_flight = false;
        let Some(commit) = self.queue.front_mut() else { return };
        let mut again = false;
        match result.and_then(|response| response.decode::<OffsetCommitResponse>()) {
            Err(error) if error.is_retriable() => again = true,
            Err(error) => fail_rest(commit, &error),
            Ok(answer) => {
                let mut codes: Vec<(String, i32, ErrorCode)> = Vec::new();
                for topic in answer.topics {
                    codes.extend(topic.partitions.into_iter().map(|p| {
                        (topic.name.clone(), p.partition_index, ErrorCode::from_code(p.error_code))
                    }));
                }
                again = settle(commit, shared, generation, &codes);
                for code in codes.into_iter().map(|(_, _, code)| code) {
                    react(context, shared, generation, code);
                }
            }
        }
        let Some(commit) = self.queue.front_mut() else { return };
        if again {
            let pause_ms = context.cluster.pause_ms(commit.attempts);
            commit.attempts += 1;
            commit.not_before_ms = context.now_ms().saturating_add(pause_ms);
        } else {
            self.end(context, shared);
        }
    }

    pub(super) fn fail_all(
        &mut self,
        context: &mut Context<'_>,
        shared: &mut Shared,
        error: &ClientError,
    ) {
        self.in_flight = false;
        while let Some(commit) = self.queue.front_mut() {
            fail_rest(commit, error);
            self.end(context, shared);
        }
    }

    pub(super) fn deadline(&self, now_ms: u64, shared: &Shared) -> Option<u64> {
        let head = self.queue.front().filter(|_| !self.in_flight);
        let auto = Some(self.auto_at_ms).filter(|_| !shared.owned.is_empty());
        let all = [head.map(|c| c.not_before_ms), head.map(|c| c.deadline_ms), auto];
        all.into_iter().flatten().filter(|&at| at > now_ms).min()
    }
}

/// Whether the group would take a commit of this member now, or may.
fn may_send(shared: &Shared) -> bool {
    let member = shared.generation >= 0;
    match shared.phase {
        // One that the group does not know any more owns nothing, and so commits nothing.
        Phase::Out | Phase::Leaving => true,
        Phase::Assigning | Phase::Syncing | Phase::Dormant => false,
        _ => member,
    }
}

fn not_owned((topic, partition): &TopicPartition) -> ClientError {
    ClientError::NotOwned { topic: topic.to_string(), partition: *partition }
}

fn fail_rest(commit: &mut Commit, error: &ClientError) {
    for item in commit.items.iter_mut().filter(|item| item.result.is_none()) {
        item.result = Some(Err(error.clone()));
    }
}

fn request(shared: &Shared, items: &[&Item]) -> OffsetCommitRequest {
    let mut topics: LiteMap<Arc<str>, Vec<OffsetCommitRequestPartition>> = LiteMap::new();
    for OffsetToCommit { topic, partition, offset, leader_epoch, metadata } in
        items.iter().map(|item| item.offset.clone())
    {
        let of_topic = topics.entry(topic).or_default();
        let known = of_topic.iter_mut().find(|known| known.partition_index == partition);
        let entry = OffsetCommitRequestPartition {
            partition_index: partition,
            committed_offset: offset,
            committed_leader_epoch: leader_epoch,
            committed_metadata: Some(metadata.unwrap_or_default()),
        };
        match known {
            Some(known) => *known = entry,
            None => of_topic.push(entry),
        }
    }
    let topics = topics.into_iter().map(|(name, partitions)| OffsetCommitRequestTopic {
        name: name.to_string(),
        partitions,
        ..OffsetCommitRequestTopic::default()
    });
    let member = shared.topics.is_subscribed();
    OffsetCommitRequest {
        group_id: shared.config.group_id.clone(),
        generation_id_or_member_epoch: if member { shared.generation } else { -1 },
        member_id: if member { shared.member_id.clone() } else { String::new() },
        group_instance_id: shared.config.group_instance_id.clone().filter(|_| member),
        retention_time_ms: -1,
        topics: topics.collect(),
    }
}

/// Gives each offset its result; says whether some are to be tried again.
fn settle(
    commit: &mut Commit,
    shared: &Shared,
    generation: i32,
    codes: &[(String, i32, ErrorCode)],
) -> bool {
    let mut again = false;
    for item in commit.items.iter_mut().filter(|item| item.result.is_none()) {
        let OffsetToCommit { topic, partition, offset, .. } = &item.offset;
        let found = codes.iter().find(|(name, p, _)| **name == **topic && p == partition);
        let code = found.map_or(ErrorCode::UnknownServerError, |(_, _, code)| *code);
        if code == ErrorCode::None {
            item.result = Some(Ok(*offset));
        } else if is_passing(shared, commit.revokes, generation, code) {
            again = true;
        } else {
            let context = format!("commit of {topic}-{partition}");
            item.result = Some(Err(ClientError::broker(code, ApiKey::OffsetCommit, context)));
        }
    }
    again
}

/// Whether the same offset may be committed later.
fn is_passing(shared: &Shared, revokes: bool, generation: i32, code: ErrorCode) -> bool {
    use ErrorCode::*;
    let changed = shared.generation != generation;
    let rebalances = matches!(shared.phase, Phase::Joining | Phase::Assigning | Phase::Syncing);
    match code {
        RebalanceInProgress => !revokes,
        // It was sent before the member knew of its new generation.
        UnknownMemberId | IllegalGeneration => changed || rebalances,
        // The next heartbeat brings the epoch.
        StaleMemberEpoch => true,
        code => code.is_retriable(),
    }
}

/// What an error means for the member.
fn react(context: &mut Context<'_>, shared: &mut Shared, generation: i32, code: ErrorCode) {
    use ErrorCode::*;
    let current = shared.generation == generation && shared.generation >= 0;
    let settled = matches!(shared.phase, Phase::Stable | Phase::Preparing);
    let classic = shared.config.protocol == GroupProtocol::Classic;
    match code {
        code if is_moved(code) || code == RequestTimedOut => shared.coordinator.lost(),
        FencedInstanceId => {
            let error = shared.broker_error(code, ApiKey::OffsetCommit);
            shared.fail(context, error);
        }
        UnknownMemberId | IllegalGeneration if current && settled && classic => {
            shared.reset(context, code == UnknownMemberId);
        }
        _ => {}
    }
}

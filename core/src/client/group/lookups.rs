//! Committed offsets: for the partitions that start, and for a caller that asks.

use std::sync::Arc;

use litemap::LiteMap;

use super::assignor::TopicPartition;
use super::coordinator::Lane;
use super::event::CommittedOffset;
use super::partitions::by_topic;
use super::{Ask, Context, GroupEvent, GroupProtocol, Shared, is_moved};
use crate::client::config::IsolationLevel;
use crate::client::error::ClientError;
use crate::client::event::{CallId, PartitionOutcome, Response};
use crate::protocol::messages::{
    OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
    OffsetFetchResponse,
};
use crate::protocol::{ApiKey, ErrorCode};

/// From the next version on, topics are named by their ids alone.
const BY_NAME: i16 = 9;

/// A partition's committed offset, once it is known.
type Found = Option<Result<Option<CommittedOffset>, ClientError>>;

#[derive(Debug)]
struct Wanted {
    key: TopicPartition,
    /// Which of its assignments is to start: what was committed when an earlier one did may be long
    /// passed. 0 for a caller that asks.
    start: u64,
    found: Found,
}

#[derive(Debug)]
struct Lookup {
    id: u64,
    /// `None` for partitions that start.
    call: Option<CallId>,
    partitions: Vec<Wanted>,
    in_flight: bool,
    attempts: u32,
    not_before_ms: u64,
    deadline_ms: u64,
}

#[derive(Debug, Default)]
pub(super) struct Lookups {
    lookups: Vec<Lookup>,
    next_id: u64,
}

impl Lookups {
    pub(super) fn is_busy(&self) -> bool {
        !self.lookups.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.lookups.len()
    }

    pub(super) fn push(
        &mut self,
        call: Option<CallId>,
        partitions: Vec<TopicPartition>,
        deadline_ms: u64,
    ) {
        let partitions = partitions.into_iter().map(|key| (key, 0)).collect();
        self.add(call, partitions, deadline_ms);
    }

    fn add(
        &mut self,
        call: Option<CallId>,
        partitions: Vec<(TopicPartition, u64)>,
        deadline_ms: u64,
    ) {
        let wanted = |(key, start)| Wanted { key, start, found: None };
        self.next_id += 1;
        self.lookups.push(Lookup {
            id: self.next_id,
            call,
            partitions: partitions.into_iter().map(wanted).collect(),
            in_flight: false,
            attempts: 0,
            not_before_ms: 0,
            deadline_ms,
        });
    }

    pub(super) fn drive(&mut self, context: &mut Context<'_>, shared: &mut Shared) {
        let starting = context.fetcher.starting();
        // Some may have been taken away or sought elsewhere since they were asked for.
        self.lookups.retain_mut(|lookup| {
            if lookup.call.is_some() || lookup.in_flight {
                return true;
            }
            lookup.partitions.retain(|wanted| {
                starting.iter().any(|(key, start)| *start == wanted.start && *key == wanted.key)
            });
            !lookup.partitions.is_empty()
        });
        // One lookup of starts at a time: the next one takes all that have come up meanwhile.
        if !starting.is_empty() && !self.lookups.iter().any(|lookup| lookup.call.is_none()) {
            self.add(None, starting, u64::MAX);
        }
        let mut lookups = std::mem::take(&mut self.lookups);
        lookups.retain_mut(|lookup| {
            if lookup.in_flight || lookup.not_before_ms > context.now_ms() {
                return true;
            }
            if lookup.deadline_ms <= context.now_ms() {
                let what = format!("offsets of group {}", shared.config.group_id);
                let timeout_ms = context.cluster.config.api_timeout_ms;
                lookup.fail_rest(&ClientError::Timeout { what, timeout_ms });
            }
            let open: Vec<TopicPartition> = lookup.open();
            if !open.is_empty() {
                let request = request(context, shared, &open);
                let ask = Ask::Lookup(lookup.id);
                let timeout_ms = context.cluster.config.request_timeout_ms;
                match shared.ask(context, Lane::Offsets, ask, &request, BY_NAME, timeout_ms) {
                    Ok(sent) => lookup.in_flight = sent,
                    Err(error) => lookup.fail_rest(&error),
                }
            }
            let done = lookup.is_done();
            if done {
                lookup.deliver(context, shared);
            }
            !done
        });
        self.lookups.append(&mut lookups);
    }

    pub(super) fn answered(
        &mut self,
        context: &mut Context<'_>,
        shared: &mut Shared,
        id: u64,
        result: Result<Response, ClientError>,
    ) {
        let Some(lookup) = self.lookups.iter_mut().find(|lookup| lookup.id == id) else { return };
        lookup.in_flight = false;
        match result.and_then(|response| response.decode::<OffsetFetchResponse>()) {
            Ok(answer) => lookup.settle(shared, answer),
            Err(error) if error.is_retriable() => {}
            Err(error) => lookup.fail_rest(&error),
        }
        if !lookup.is_done() {
            let pause_ms = context.cluster.pause_ms(lookup.attempts);
            lookup.attempts += 1;
            lookup.not_before_ms = context.now_ms().saturating_add(pause_ms);
        }
        // What is done is delivered by `drive`, which follows each answer.
    }

    pub(super) fn fail_all(&mut self, context: &mut Context<'_>, error: &ClientError) {
        let mut lookups = std::mem::take(&mut self.lookups);
        for lookup in lookups.iter_mut().filter(|lookup| lookup.call.is_some()) {
            lookup.fail_rest(error);
            lookup.tell(context);
        }
        lookups.retain(|lookup| lookup.call.is_none());
        self.lookups = lookups;
    }

    pub(super) fn deadline(&self, now_ms: u64) -> Option<u64> {
        let waiting = self.lookups.iter().filter(|lookup| !lookup.in_flight);
        let each = waiting.flat_map(|lookup| [lookup.not_before_ms, lookup.deadline_ms]);
        each.filter(|&at| at > now_ms && at < u64::MAX).min()
    }
}

impl Lookup {
    fn open(&self) -> Vec<TopicPartition> {
        let open = self.partitions.iter().filter(|wanted| wanted.found.is_none());
        open.map(|wanted| wanted.key.clone()).collect()
    }

    fn is_done(&self) -> bool {
        self.partitions.iter().all(|wanted| wanted.found.is_some())
    }

    fn fail_rest(&mut self, error: &ClientError) {
        for wanted in self.partitions.iter_mut().filter(|wanted| wanted.found.is_none()) {
            wanted.found = Some(Err(error.clone()));
        }
    }

    fn settle(&mut self, shared: &mut Shared, answer: OffsetFetchResponse) {
        let mut found: Vec<(String, i32, ErrorCode, CommittedOffset)> = Vec::new();
        let mut push = |topic: &str, partition, code, offset, leader_epoch, metadata| {
            let metadata = Option::unwrap_or_default(metadata);
            let committed = CommittedOffset { offset, leader_epoch, metadata };
            found.push((topic.to_owned(), partition, ErrorCode::from_code(code), committed));
        };
        let mut whole = ErrorCode::from_code(answer.error_code);
        for topic in answer.topics {
            for p in topic.partitions {
                let (offset, epoch) = (p.committed_offset, p.committed_leader_epoch);
                push(&topic.name, p.partition_index, p.error_code, offset, epoch, p.metadata);
            }
        }
        // From version 8 on: of the one group that was asked for.
        for group in answer.groups {
            whole = ErrorCode::from_code(group.error_code);
            for topic in group.topics {
                for p in topic.partitions {
                    let (offset, epoch) = (p.committed_offset, p.committed_leader_epoch);
                    push(&topic.name, p.partition_index, p.error_code, offset, epoch, p.metadata);
                }
            }
        }
        if is_moved(whole) {
            shared.coordinator.lost();
        }
        for Wanted { key: (topic, partition), found: result, .. } in &mut self.partitions {
            let known = found.iter().find(|(name, p, ..)| **name == **topic && p == partition);
            let (code, committed) = match known {
                Some((_, _, code, committed)) if whole == ErrorCode::None => (*code, committed),
                _ if whole != ErrorCode::None => {
                    self_error(result, whole, &shared.config.group_id);
                    continue;
                }
                _ => {
                    // A group never used has none.
                    *result = Some(Ok(None));
                    continue;
                }
            };
            match code {
                ErrorCode::None if committed.offset < 0 => *result = Some(Ok(None)),
                ErrorCode::None => *result = Some(Ok(Some(committed.clone()))),
                code => self_error(result, code, &format!("{topic}-{partition}")),
            }
        }
    }

    fn deliver(&mut self, context: &mut Context<'_>, shared: &mut Shared) {
        if self.call.is_some() {
            return self.tell(context);
        }
        for Wanted { key, found, .. } in std::mem::take(&mut self.partitions) {
            match found {
                Some(Ok(committed)) => {
                    let tenure = shared.owned.get(&key).map_or(0, |progress| progress.tenure);
                    if let Some(committed) = &committed {
                        shared.owned.is_committed(&key, tenure, committed.offset);
                    }
                    let at = committed.map(|found| (found.offset, found.leader_epoch));
                    context.fetcher.start(context.cluster, &key, at);
                }
                Some(Err(error)) => context.fetcher.cannot_start(context.cluster, key, error),
                None => {}
            }
        }
    }

    fn tell(&mut self, context: &mut Context<'_>) {
        let Some(call) = self.call else { return };
        let offsets = std::mem::take(&mut self.partitions).into_iter();
        let offsets =
            offsets.map(|Wanted { key: (topic, partition), found, .. }| PartitionOutcome {
                topic: topic.to_string(),
                partition,
                result: found.unwrap_or(Err(ClientError::Closed)),
            });
        let offsets = offsets.collect();
        context.tell(GroupEvent::CommittedFetched { call, offsets });
    }
}

/// An error that may pass leaves the result open.
fn self_error(result: &mut Found, code: ErrorCode, of: &str) {
    // A member of the consumer protocol asks with its epoch, which may have changed on the way.
    let stale = matches!(code, ErrorCode::StaleMemberEpoch | ErrorCode::UnknownMemberId);
    if !code.is_retriable() && !stale {
        let context = format!("committed offsets of {of}");
        *result = Some(Err(ClientError::broker(code, ApiKey::OffsetFetch, context)));
    }
}

fn request(
    context: &Context<'_>,
    shared: &Shared,
    partitions: &[TopicPartition],
) -> OffsetFetchRequest {
    let topics: LiteMap<Arc<str>, Vec<i32>> = by_topic(partitions);
    let named = topics.iter().map(|(name, partitions)| OffsetFetchRequestTopic {
        name: name.to_string(),
        partition_indexes: partitions.clone(),
    });
    let in_group = topics.iter().map(|(name, partitions)| OffsetFetchRequestTopics {
        name: name.to_string(),
        partition_indexes: partitions.clone(),
        ..OffsetFetchRequestTopics::default()
    });
    let group_id = shared.config.group_id.clone();
    let member = shared.config.protocol == GroupProtocol::Consumer && shared.generation >= 0;
    let fetcher = &context.cluster.config.fetcher;
    OffsetFetchRequest {
        group_id: group_id.clone(),
        topics: Some(named.collect()),
        groups: vec![OffsetFetchRequestGroup {
            group_id,
            member_id: member.then(|| shared.member_id.clone()),
            member_epoch: if member { shared.generation } else { -1 },
            topics: Some(in_group.collect()),
        }],
        require_stable: fetcher.isolation_level == IsolationLevel::ReadCommitted,
    }
}

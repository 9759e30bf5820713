//! Fetch requests, and what their answers mean.

use litemap::LiteMap;
use std::sync::Arc;

use super::super::cluster::Cluster;
use super::super::config::{AutoOffsetReset, IsolationLevel};
use super::super::connection::{Channel, Owner};
use super::super::error::{ClientError, is_stale_metadata};
use super::super::event::{Fetched, Response};
use super::assignment::State;
use super::position::{Parsed, StartPosition, parse};
use super::session::{Delta, Key, Wanted};
use super::{Fetcher, Sent, fetch_error};
use crate::Now;
use crate::map;
use crate::protocol::messages::{FetchPartitionData, FetchRequest, FetchResponse};
use crate::protocol::{ApiKey, ErrorCode};

/// Before this version topics are named, from it on they have ids (KIP-516).
const TOPIC_ID_VERSION: i16 = 13;
/// A fetch that is unanswered after this time is taken to wait for new records.
const INTERRUPT_AFTER_MS: u64 = 20;

impl Fetcher {
    /// Asks every node that leads something wanted and is not being asked already.
    pub(super) fn fetch(&mut self, now: Now, cluster: &mut Cluster) {
        let mut wanted: LiteMap<i32, LiteMap<Key, Wanted>> = LiteMap::new();
        // Nodes with a partition that will be wanted soon: a fetch without it could hold it up.
        let mut not_yet: Vec<i32> = Vec::new();
        let keys: Vec<Key> = self.assignment.partitions.keys().cloned().collect();
        for key in keys {
            let Some(assigned) = self.assignment.partitions.get(&key) else { continue };
            let looking_up = assigned.state == State::LookingUp;
            if (assigned.state != State::Fetching && !looking_up)
                || assigned.paused
                || assigned.held
                || assigned.not_before_ms > now.monotonic_ms
            {
                continue;
            }
            let Some((node, leader_epoch)) = cluster.leader(now, &key.0, key.1) else {
                let retries = cluster.config.retry.retries;
                if let Some(code) = cluster.metadata.given_up(&key.0, retries) {
                    self.failed(now, cluster, key.clone(), fetch_error(code, &key), true);
                }
                continue;
            };
            if looking_up || assigned.buffered >= cluster.config.fetcher.max_buffered_fetches {
                not_yet.push(node);
                continue;
            }
            let topic_id = cluster.metadata.peek(&key.0).map(|info| info.id).unwrap_or_default();
            let entry = Wanted {
                topic_id,
                offset: assigned.fetch_offset,
                leader_epoch,
                last_fetched_epoch: assigned.last_epoch,
                max_bytes: cluster.config.fetcher.max_partition_fetch_bytes,
            };
            wanted.entry(node).or_default().insert(key, entry);
        }
        for (node, partitions) in wanted {
            let state = self.nodes.entry(node).or_default();
            if let Some(sent) = state.in_flight.and_then(|request| self.requests.get(&request)) {
                let starves = partitions.keys().any(|key| {
                    let generation = self.assignment.partitions.get(key).map(|a| a.generation);
                    sent.partitions.get(key).map(|(generation, _)| *generation) != generation
                });
                let at_ms = sent.sent_at_ms.saturating_add(INTERRUPT_AFTER_MS);
                state.interrupt_at_ms = if starves { at_ms } else { 0 };
                if starves && at_ms <= now.monotonic_ms {
                    state.interrupt_at_ms = 0;
                    cluster.net.interrupt(sent.to);
                }
            } else if state.not_before_ms <= now.monotonic_ms && !not_yet.contains(&node) {
                self.send(now, cluster, node, partitions);
            }
        }
    }

    fn send(
        &mut self,
        now: Now,
        cluster: &mut Cluster,
        node: i32,
        partitions: LiteMap<Key, Wanted>,
    ) {
        let Some(to) = cluster.node(now, node, Channel::Fetch) else { return };
        let by_id = partitions.values().all(|wanted| !wanted.topic_id.is_zero());
        let at_most = if by_id { i16::MAX } else { TOPIC_ID_VERSION - 1 };
        let version = match cluster.net.version::<FetchRequest>(to, at_most) {
            Ok(version) => version,
            Err(error) => {
                for key in partitions.into_iter().map(|(key, _)| key) {
                    self.stall(cluster, key, error.clone());
                }
                return;
            }
        };
        let sent = Sent {
            node,
            to,
            sent_at_ms: now.monotonic_ms,
            partitions: map::collect(partitions.iter().filter_map(|(key, wanted)| {
                let assigned = self.assignment.partitions.get(key)?;
                Some((key.clone(), (assigned.generation, wanted.offset)))
            })),
        };
        let Some(state) = self.nodes.get_mut(&node) else { return };
        let Delta { session_id, session_epoch, topics, forgotten } =
            state.session.next(partitions, version, version >= TOPIC_ID_VERSION);
        self.next_request += 1;
        state.in_flight = Some(self.next_request);
        let config = &cluster.config.fetcher;
        let request = FetchRequest {
            max_wait_ms: i32::try_from(config.max_wait_ms).unwrap_or(i32::MAX),
            min_bytes: config.min_bytes,
            max_bytes: config.max_bytes,
            isolation_level: config.isolation_level as i8,
            session_id,
            session_epoch,
            topics,
            forgotten_topics_data: forgotten,
            ..FetchRequest::default()
        };
        self.requests.insert(self.next_request, sent);
        let owner = Some(Owner::Fetch(self.next_request));
        let timeout_ms = cluster.config.request_timeout_ms.saturating_add(config.max_wait_ms);
        cluster.net.send(now, to, &request, version, owner, timeout_ms);
    }

    /// A fetch was answered, or will not be.
    pub(crate) fn on_reply(
        &mut self,
        now: Now,
        cluster: &mut Cluster,
        request: u64,
        result: Result<Response, ClientError>,
    ) {
        let Some(sent) = self.requests.remove(&request) else { return };
        let Some(node) = self.nodes.get_mut(&sent.node) else { return };
        node.in_flight = None;
        node.interrupt_at_ms = 0;
        let response = match result.and_then(|response| response.decode::<FetchResponse>()) {
            Ok(response) => response,
            Err(error) => {
                node.session.reset();
                // A lost connection is made again after a pause of its own.
                if !error.is_retriable() {
                    for (key, _) in sent.partitions {
                        self.stall(cluster, key, error.clone());
                    }
                }
                return;
            }
        };
        let code = ErrorCode::from_code(response.error_code);
        if code != ErrorCode::None {
            // The session is not what the broker takes it for; the next one is a new one.
            node.session.reset();
            node.errors += 1;
            if node.errors > 1 {
                let pause_ms = cluster.pause_ms(node.errors - 2);
                node.not_before_ms = now.monotonic_ms.saturating_add(pause_ms);
                let error = ClientError::broker(code, ApiKey::Fetch, "fetch");
                for (key, _) in sent.partitions {
                    self.failed(now, cluster, key, error.clone(), false);
                }
            }
            return;
        }
        node.errors = 0;
        node.session.answered(response.session_id);
        for topic in response.responses {
            let name: Arc<str> = if topic.topic_id.is_zero() {
                topic.topic.as_str().into()
            } else {
                match cluster.metadata.name_of(&topic.topic_id) {
                    Some(name) => name.clone(),
                    None => continue,
                }
            };
            for data in topic.partitions {
                let key = (name.clone(), data.partition_index);
                let Some(&(generation, offset)) = sent.partitions.get(&key) else { continue };
                let current = self.assignment.current(&key, generation);
                if current.is_some_and(|assigned| assigned.fetch_offset == offset) {
                    self.partition_answered(now, cluster, key, generation, data);
                }
            }
        }
    }

    fn partition_answered(
        &mut self,
        now: Now,
        cluster: &mut Cluster,
        key: Key,
        generation: u64,
        data: FetchPartitionData,
    ) {
        let code = ErrorCode::from_code(data.error_code);
        let leader = &data.current_leader;
        if leader.leader_id >= 0 {
            cluster.metadata.learn_leader(&key.0, key.1, leader.leader_id, leader.leader_epoch);
        }
        let Some(assigned) = self.assignment.current(&key, generation) else { return };
        if data.diverging_epoch.epoch >= 0 {
            // The log was cut off below what was fetched: go on where it agrees.
            let agreed = data.diverging_epoch.end_offset;
            let offset = assigned.position.map_or(agreed, |position| position.min(agreed));
            return self.reset(cluster, key, StartPosition::Offset(offset));
        }
        match code {
            ErrorCode::None => self.deliver(cluster, key, generation, data),
            ErrorCode::OffsetOutOfRange => {
                let start = match self.reset_of(cluster, &key) {
                    AutoOffsetReset::Earliest => StartPosition::Earliest,
                    _ => StartPosition::Latest,
                };
                self.reset(cluster, key, start);
            }
            // Trying again would find the same damage.
            ErrorCode::CorruptMessage => {
                assigned.state = State::Stalled;
                let (topic, partition) = (key.0.to_string(), key.1);
                let offset = assigned.fetch_offset;
                let error = ClientError::Damaged { topic, partition, offset };
                self.assignment.push(key, generation, Err(error));
            }
            code => {
                if is_stale_metadata(code) {
                    cluster.metadata.want();
                }
                let error = fetch_error(code, &key);
                self.failed(now, cluster, key, error, false);
            }
        }
    }

    /// The position does not exist (any more): go on elsewhere, if that is wanted. What was fetched
    /// before stays, and is taken first.
    fn reset(&mut self, cluster: &mut Cluster, key: Key, start: StartPosition) {
        let reset = self.reset_of(cluster, &key);
        let Some(assigned) = self.assignment.partitions.get_mut(&key) else { return };
        if reset != AutoOffsetReset::None {
            if assigned.buffered == 0 {
                self.assignment.seek(&key, start);
            } else {
                assigned.state = State::Start(start);
                assigned.last_epoch = -1;
            }
            return;
        }
        assigned.state = State::Stalled;
        let (generation, offset) = (assigned.generation, assigned.fetch_offset);
        let (topic, partition) = (key.0.to_string(), key.1);
        let error = ClientError::OffsetOutOfRange { topic, partition, offset };
        self.assignment.push(key, generation, Err(error));
    }

    fn deliver(
        &mut self,
        cluster: &mut Cluster,
        key: Key,
        generation: u64,
        data: FetchPartitionData,
    ) {
        let Some(assigned) = self.assignment.current(&key, generation) else { return };
        assigned.errors = 0;
        assigned.high_watermark = data.high_watermark;
        let config = &cluster.config.fetcher;
        let committed = config.isolation_level == IsolationLevel::ReadCommitted;
        let aborted = committed.then(|| data.aborted_transactions.unwrap_or_default());
        let Some(records) = data.records.filter(|records| !records.is_empty()) else { return };
        let first_offset = assigned.fetch_offset;
        let Parsed { batches, next_offset, last_epoch, damage } =
            parse(records, first_offset, aborted, config.check_crcs);
        if next_offset > first_offset {
            assigned.fetch_offset = next_offset;
            assigned.last_epoch = last_epoch;
            let fetched = Fetched {
                topic: key.0.clone(),
                partition: key.1,
                first_offset,
                next_offset,
                high_watermark: data.high_watermark,
                last_stable_offset: data.last_stable_offset,
                log_start_offset: data.log_start_offset,
                batches,
            };
            self.assignment.push(key.clone(), generation, Ok(fetched));
        }
        if let Some((last_offset, reason)) = damage {
            if let Some(assigned) = self.assignment.current(&key, generation) {
                assigned.state = State::Stalled;
            }
            let error = ClientError::Corrupt {
                topic: key.0.to_string(),
                partition: key.1,
                offset: next_offset,
                last_offset,
                reason,
            };
            self.assignment.push(key, generation, Err(error));
        }
    }
}

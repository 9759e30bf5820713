//! The fetcher: reads assigned partitions, one fetch ahead of the consumer.
//!
//! * Each node has at most one fetch in flight, in a session of its own, on a connection of its own.
//! * A response waits, cut into batches, until the consumer takes it; the position moves then. While
//!   `max_buffered_fetches` responses of some partition wait, its node is not asked: a fetch without
//!   that partition could wait for `max_wait_ms` and hold it up.
//! * A seek drops what was fetched. Answers to requests from before it are dropped when they come.
//!   A fetch that waits at the broker, and knows nothing of a partition that is wanted now, is given
//!   up with its connection: the protocol has no other way to end it.
//! * Offsets are fetched with the leader epochs that are known, so that a log that was truncated
//!   shows (KIP-320, KIP-595).

mod assignment;
mod commands;
mod fetch;
mod grouped;
mod position;
mod session;

use litemap::LiteMap;
use std::sync::Arc;

pub use position::StartPosition;

use super::admin::{Calls, Origin};
use super::cluster::Cluster;
use super::config::AutoOffsetReset;
use super::connection::EndpointId;
use super::error::ClientError;
use super::event::{CallId, Event, Fetched, ListedOffset, PartitionOutcome};
use crate::Now;
use crate::protocol::{ApiKey, ErrorCode};
use assignment::{Assignment, State};
use session::{Key, Session};

/// ListOffsets' names for the ends of a log.
const LATEST: i64 = -1;
const EARLIEST: i64 = -2;

#[derive(Debug, Default)]
struct Node {
    session: Session,
    /// The request in flight.
    in_flight: Option<u64>,
    /// When to give it up for the sake of partitions that it does not know, 0 where there are none.
    interrupt_at_ms: u64,
    errors: u32,
    not_before_ms: u64,
}

/// A fetch in flight: the partitions that the node knows to be wanted, with the generation and the
/// offset of each.
#[derive(Debug)]
struct Sent {
    node: i32,
    to: EndpointId,
    sent_at_ms: u64,
    partitions: LiteMap<Key, (u64, i64)>,
}

/// The partitions of a lookup, with generation and what was looked for.
type Lookup = Vec<(Key, u64, StartPosition)>;

#[derive(Debug, Default)]
pub(crate) struct Fetcher {
    assignment: Assignment,
    nodes: LiteMap<i32, Node>,
    requests: LiteMap<u64, Sent>,
    lookups: LiteMap<CallId, Lookup>,
    next_request: u64,
    /// Where to go on in some topics, when there is no other place.
    resets: LiteMap<Arc<str>, AutoOffsetReset>,
    /// `FetchReady` has been said, and nothing has been found missing since.
    announced: bool,
}

impl Fetcher {
    pub(crate) fn assign(&mut self, wanted: Vec<(Arc<str>, i32, StartPosition)>) {
        self.assignment.assign(wanted);
    }

    pub(crate) fn seek(&mut self, key: &Key, start: StartPosition) -> Result<(), ClientError> {
        if self.assignment.seek(key, start) { Ok(()) } else { Err(not_assigned(key)) }
    }

    pub(crate) fn pause(&mut self, key: &Key, paused: bool) -> Result<(), ClientError> {
        let found = self.assignment.partitions.get_mut(key);
        found.ok_or_else(|| not_assigned(key))?.paused = paused;
        Ok(())
    }

    pub(crate) fn position(&self, key: &Key) -> Option<i64> {
        self.assignment.partitions.get(key)?.position
    }

    pub(crate) fn paused(&self) -> Vec<Key> {
        let paused = self.assignment.partitions.iter().filter(|(_, assigned)| assigned.paused);
        paused.map(|(key, _)| key.clone()).collect()
    }

    pub(crate) fn buffered(&self) -> usize {
        self.assignment.waiting.len()
    }

    /// What the consumer gets next; its position moves behind it.
    pub(crate) fn take(&mut self, cluster: &mut Cluster) -> Option<Fetched> {
        while let Some(waiting) = self.assignment.take() {
            match waiting.item {
                Ok(fetched) if fetched.batches.is_empty() => {}
                Ok(fetched) => return Some(fetched),
                Err(error) => self.stall(cluster, waiting.key, error),
            }
        }
        self.announced = false;
        None
    }

    /// Sends what can be sent.
    pub(crate) fn drive(&mut self, now: Now, cluster: &mut Cluster, calls: &mut Calls) {
        if self.assignment.partitions.is_empty() && self.nodes.is_empty() {
            return;
        }
        self.look_up(now, cluster, calls);
        self.fetch(now, cluster);
        self.announce(cluster);
    }

    fn announce(&mut self, cluster: &mut Cluster) {
        let partitions = &self.assignment.partitions;
        let mut waiting = self.assignment.waiting.iter();
        if !self.announced
            && waiting.any(|w| partitions.get(&w.key).is_some_and(|a| !a.paused && !a.held))
        {
            self.announced = true;
            cluster.events.push_back(Event::FetchReady);
        }
    }

    /// Finds the offsets of starts that are not offsets.
    fn look_up(&mut self, now: Now, cluster: &mut Cluster, calls: &mut Calls) {
        let mut lookup: Lookup = Vec::new();
        let mut wanted = Vec::new();
        for (key, assigned) in &mut self.assignment.partitions {
            let State::Start(start) = assigned.state else { continue };
            if assigned.not_before_ms > now.monotonic_ms {
                continue;
            }
            let timestamp = match start {
                StartPosition::Offset(offset) => {
                    assigned.fetch_from(offset);
                    continue;
                }
                StartPosition::Earliest => EARLIEST,
                StartPosition::Latest => LATEST,
                StartPosition::Timestamp(timestamp) => timestamp,
            };
            assigned.state = State::LookingUp;
            wanted.push((key.0.clone(), key.1, timestamp));
            lookup.push((key.clone(), assigned.generation, start));
        }
        if wanted.is_empty() {
            return;
        }
        let isolation_level = cluster.config.fetcher.isolation_level;
        // The bound on calls is for those of the caller: this cannot be refused.
        if let Ok(call) = calls.list_offsets(now, cluster, Origin::Fetcher, isolation_level, wanted)
        {
            self.lookups.insert(call, lookup);
        }
    }

    /// Offsets were found, or could not be.
    pub(crate) fn looked_up(
        &mut self,
        now: Now,
        cluster: &mut Cluster,
        call: CallId,
        outcomes: Vec<PartitionOutcome<ListedOffset>>,
    ) {
        let lookup = self.lookups.remove(&call).unwrap_or_default();
        for ((key, generation, start), outcome) in lookup.into_iter().zip(outcomes) {
            let Some(assigned) = self.assignment.current(&key, generation) else { continue };
            match outcome.result {
                // No record is that late.
                Ok(found) if found.offset < 0 => {
                    assigned.state = State::Start(StartPosition::Latest);
                }
                Ok(found) => {
                    assigned.fetch_from(found.offset);
                    assigned.errors = 0;
                }
                Err(error) => {
                    assigned.state = State::Start(start);
                    self.failed(now, cluster, key, error, true);
                }
            }
        }
    }

    /// A partition could not be fetched: try again after a pause, or wait for a seek. `tell`s of an
    /// error that may pass at once, and otherwise when it has not passed after all the retries.
    fn failed(
        &mut self,
        now: Now,
        cluster: &mut Cluster,
        key: Key,
        error: ClientError,
        tell: bool,
    ) {
        let Some(assigned) = self.assignment.partitions.get_mut(&key) else { return };
        if !error.is_retriable() {
            return self.stall(cluster, key, error);
        }
        assigned.errors += 1;
        let pause_ms = cluster.pause_ms(assigned.errors - 1);
        assigned.not_before_ms = now.monotonic_ms.saturating_add(pause_ms);
        if tell || assigned.errors > cluster.config.retry.retries {
            assigned.errors = 0;
            let (topic, partition) = key;
            cluster.events.push_back(Event::FetchFailed { topic, partition, error });
        }
    }

    fn stall(&mut self, cluster: &mut Cluster, key: Key, error: ClientError) {
        if let Some(assigned) = self.assignment.partitions.get_mut(&key) {
            assigned.state = State::Stalled;
            let (topic, partition) = key;
            cluster.events.push_back(Event::FetchFailed { topic, partition, error });
        }
    }

    /// When something has to be tried again, if nothing happens until then.
    pub(crate) fn deadline(&self, now: Now) -> Option<u64> {
        let partitions = self.assignment.partitions.values().map(|assigned| assigned.not_before_ms);
        let pauses = self.nodes.values().map(|node| node.not_before_ms);
        let interrupts = self.nodes.values().map(|node| node.interrupt_at_ms);
        partitions.chain(pauses).chain(interrupts).filter(|&at| at > now.monotonic_ms).min()
    }
}

fn not_assigned((topic, partition): &Key) -> ClientError {
    ClientError::BadArgument(format!("{topic}-{partition} is not assigned; assign it first"))
}

/// What a fetch error of a partition means, by its code.
fn fetch_error(code: ErrorCode, (topic, partition): &Key) -> ClientError {
    ClientError::broker(code, ApiKey::Fetch, format!("fetch from {topic}-{partition}"))
}

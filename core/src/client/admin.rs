//! Calls: requests that a caller makes, to one node or split among the leaders of partitions, with
//! their retries and deadlines.

use std::collections::VecDeque;

use litemap::LiteMap;
use std::sync::Arc;

use super::cluster::{Cluster, read_metadata};
use super::config::IsolationLevel;
use super::connection::{Channel, Owner};
use super::error::{ClientError, is_stale_metadata};
use super::event::{CallId, Event, ListedOffset, PartitionOutcome, Response};
use super::metadata::metadata_request;
use super::split::{Item, Split, SplitKind};
use super::target::{Errand, Target};
use crate::Now;
use crate::protocol::messages::MetadataRequest;
use crate::protocol::{ApiKey, ErrorCode, Request};

enum Kind {
    Request(Errand),
    Metadata { topics: Vec<Arc<str>> },
    Split(Split),
}

/// Who wants the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Caller,
    Fetcher,
}

struct Call {
    id: u64,
    origin: Origin,
    kind: Kind,
    attempts: u32,
    not_before_ms: u64,
    deadline_ms: u64,
    /// How many requests are in flight for it.
    in_flight: usize,
    last_error: Option<ClientError>,
}

#[derive(Default)]
pub(crate) struct Calls {
    calls: LiteMap<u64, Call>,
    /// The requests in flight: their calls, and their items where a call is split.
    requests: LiteMap<u64, (u64, Vec<usize>)>,
    /// Offsets that the fetcher asked for.
    pub(crate) for_fetcher: VecDeque<(CallId, Vec<PartitionOutcome<ListedOffset>>)>,
    next_id: u64,
    next_request: u64,
}

impl Calls {
    pub(crate) fn request<R: Request + Send + 'static>(
        &mut self,
        now: Now,
        cluster: &Cluster,
        target: Target,
        request: R,
        max_version: i16,
    ) -> Result<CallId, ClientError> {
        let kind = Kind::Request(Errand::new(target, request, max_version));
        self.start(now, cluster, Origin::Caller, kind)
    }

    pub(crate) fn metadata(
        &mut self,
        now: Now,
        cluster: &Cluster,
        topics: Vec<Arc<str>>,
    ) -> Result<CallId, ClientError> {
        self.start(now, cluster, Origin::Caller, Kind::Metadata { topics })
    }

    pub(crate) fn list_offsets(
        &mut self,
        now: Now,
        cluster: &Cluster,
        origin: Origin,
        isolation_level: IsolationLevel,
        partitions: Vec<(Arc<str>, i32, i64)>,
    ) -> Result<CallId, ClientError> {
        let split = Split::new(SplitKind::ListOffsets(isolation_level), partitions);
        self.start(now, cluster, origin, Kind::Split(split))
    }

    pub(crate) fn delete_records(
        &mut self,
        now: Now,
        cluster: &Cluster,
        partitions: Vec<(Arc<str>, i32, i64)>,
    ) -> Result<CallId, ClientError> {
        let split = Split::new(SplitKind::DeleteRecords, partitions);
        self.start(now, cluster, Origin::Caller, Kind::Split(split))
    }

    /// The name of a call that somebody else carries out.
    pub(crate) fn next_call(&mut self) -> CallId {
        self.next_id += 1;
        CallId(self.next_id)
    }

    fn start(
        &mut self,
        now: Now,
        cluster: &Cluster,
        origin: Origin,
        kind: Kind,
    ) -> Result<CallId, ClientError> {
        let max_pending_calls = cluster.config.max_pending_calls;
        if origin == Origin::Caller && self.calls.len() >= max_pending_calls {
            return Err(ClientError::TooManyCalls { max_pending_calls });
        }
        self.next_id += 1;
        let call = Call {
            id: self.next_id,
            origin,
            kind,
            attempts: 0,
            not_before_ms: 0,
            deadline_ms: now.monotonic_ms.saturating_add(cluster.config.api_timeout_ms),
            in_flight: 0,
            last_error: None,
        };
        self.calls.insert(call.id, call);
        Ok(CallId(self.next_id))
    }

    /// Sends what can be sent, and ends what has taken too long.
    pub(crate) fn drive(&mut self, now: Now, cluster: &mut Cluster) {
        let ids: Vec<u64> = self.calls.keys().copied().collect();
        for id in ids {
            let Some(mut call) = self.calls.remove(&id) else { continue };
            if call.deadline_ms <= now.monotonic_ms {
                let timeout_ms = cluster.config.api_timeout_ms;
                let error = call
                    .last_error
                    .take()
                    .unwrap_or(ClientError::Timeout { what: call.describe(), timeout_ms });
                self.fail(cluster, call, error);
                continue;
            }
            if call.in_flight == 0
                && call.not_before_ms <= now.monotonic_ms
                && let Err(error) = self.send(now, cluster, &mut call)
            {
                self.fail(cluster, call, error);
                continue;
            }
            self.end_if_done(cluster, call);
        }
    }

    fn send(
        &mut self,
        now: Now,
        cluster: &mut Cluster,
        call: &mut Call,
    ) -> Result<(), ClientError> {
        match &mut call.kind {
            Kind::Request(errand) => {
                self.next_request += 1;
                if errand.send(now, cluster, Owner::Call(self.next_request))? {
                    self.requests.insert(self.next_request, (call.id, Vec::new()));
                    call.in_flight = 1;
                }
            }
            Kind::Metadata { topics } => {
                let Some(to) = cluster.any_node(now) else { return Ok(()) };
                let version = cluster.net.version::<MetadataRequest>(to, i16::MAX)?;
                let create = cluster.config.allow_auto_topic_creation;
                let request = metadata_request(topics.iter().map(|name| &**name), create);
                self.next_request += 1;
                let owner = Some(Owner::Call(self.next_request));
                let config = &cluster.config;
                let timeout_ms = config.request_timeout_ms;
                cluster.net.send(now, to, &request, version, owner, timeout_ms);
                self.requests.insert(self.next_request, (call.id, Vec::new()));
                call.in_flight = 1;
            }
            Kind::Split(split) => {
                for (node, items) in split.by_leader(now, cluster) {
                    let Some(to) = cluster.node(now, node, Channel::Main) else { continue };
                    self.next_request += 1;
                    let owner = Owner::Call(self.next_request);
                    split.send(now, cluster, to, owner, &items)?;
                    self.requests.insert(self.next_request, (call.id, items));
                    call.in_flight += 1;
                }
            }
        }
        Ok(())
    }

    /// A request of a call was answered, or will not be.
    pub(crate) fn on_reply(
        &mut self,
        now: Now,
        cluster: &mut Cluster,
        request: u64,
        result: Result<Response, ClientError>,
    ) {
        let Some((id, items)) = self.requests.remove(&request) else { return };
        let Some(mut call) = self.calls.remove(&id) else { return };
        call.in_flight = call.in_flight.saturating_sub(1);
        let again = match (&mut call.kind, result) {
            (Kind::Request(errand), result) => {
                let done = result.and_then(|response| {
                    errand.answered(cluster, &response).map(|itself| itself.then_some(response))
                });
                match done {
                    Ok(Some(response)) => {
                        let call = CallId(id);
                        cluster.events.push_back(Event::Response { call, response });
                        return;
                    }
                    Ok(None) => None,
                    Err(error) => {
                        errand.lost();
                        Some(error)
                    }
                }
            }
            (_, Err(error)) => Some(error),
            (Kind::Metadata { topics }, Ok(response)) => match read_metadata(&response) {
                Ok(response) => {
                    cluster.metadata.apply(response);
                    match missing(cluster, topics) {
                        Some(error) => Some(error),
                        None => {
                            let call = CallId(id);
                            cluster.events.push_back(Event::MetadataLoaded { call });
                            return;
                        }
                    }
                }
                Err(error) => Some(error),
            },
            (Kind::Split(split), Ok(response)) => match split.answered(response, &items) {
                Ok(again) => again,
                Err(error) => Some(error),
            },
        };
        let Some(error) = again else { return self.end_if_done(cluster, call) };
        if error.code().is_none_or(is_stale_metadata) {
            cluster.metadata.want();
        }
        call.attempts += 1;
        if !error.is_retriable() || call.attempts > cluster.config.retry.retries {
            self.fail(cluster, call, error);
        } else {
            let pause_ms = cluster.pause_after_ms(call.attempts, &error);
            call.not_before_ms = now.monotonic_ms.saturating_add(pause_ms);
            call.last_error = Some(error);
            self.calls.insert(id, call);
        }
    }

    fn end_if_done(&mut self, cluster: &mut Cluster, call: Call) {
        match call.kind {
            Kind::Split(split) if split.is_done() => {
                let origin = call.origin;
                self.deliver(cluster, call.id, origin, split);
            }
            kind => {
                self.calls.insert(call.id, Call { kind, ..call });
            }
        }
    }

    fn deliver(&mut self, cluster: &mut Cluster, id: u64, origin: Origin, split: Split) {
        let call = CallId(id);
        let deletes = split.kind == SplitKind::DeleteRecords;
        let outcomes = split.items.into_iter().map(Item::into_outcome);
        if origin == Origin::Fetcher {
            self.for_fetcher.push_back((call, outcomes.collect()));
        } else if deletes {
            let low_watermarks = outcomes
                .map(|PartitionOutcome { topic, partition, result }| {
                    let result = result.map(|found| found.offset);
                    PartitionOutcome { topic, partition, result }
                })
                .collect();
            cluster.events.push_back(Event::RecordsDeleted { call, low_watermarks });
        } else {
            let offsets = outcomes.collect();
            cluster.events.push_back(Event::OffsetsListed { call, offsets });
        }
    }

    /// Ends a call; where it is split, the partitions that have their results keep them.
    fn fail(&mut self, cluster: &mut Cluster, call: Call, error: ClientError) {
        self.requests.retain(|_, (id, _)| *id != call.id);
        match call.kind {
            Kind::Split(mut split) => {
                split.fail_rest(&error);
                self.deliver(cluster, call.id, call.origin, split);
            }
            _ => cluster.events.push_back(Event::CallFailed { call: CallId(call.id), error }),
        }
    }

    pub(crate) fn fail_all(&mut self, cluster: &mut Cluster, error: &ClientError) {
        for (_, call) in std::mem::take(&mut self.calls) {
            self.fail(cluster, call, error.clone());
        }
    }

    pub(crate) fn deadline(&self, now: Now) -> Option<u64> {
        let each = self.calls.values().map(|call| {
            let waits = call.in_flight == 0 && call.not_before_ms > now.monotonic_ms;
            if waits { call.deadline_ms.min(call.not_before_ms) } else { call.deadline_ms }
        });
        each.min()
    }

    pub(crate) fn len(&self) -> usize {
        self.calls.len()
    }
}

impl Call {
    fn describe(&self) -> String {
        match &self.kind {
            Kind::Request(errand) => format!("{:?}", errand.api()),
            Kind::Metadata { topics } if topics.is_empty() => "metadata".to_owned(),
            Kind::Metadata { topics } => format!("metadata of {}", topics.join(", ")),
            Kind::Split(split) => split.describe(),
        }
    }
}

/// What keeps the metadata of these topics from being complete.
fn missing(cluster: &Cluster, topics: &[Arc<str>]) -> Option<ClientError> {
    topics.iter().find_map(|topic| {
        let code = match cluster.metadata.topic_error(topic) {
            Some(code) => code,
            None if cluster.metadata.peek(topic).is_none() => ErrorCode::UnknownTopicOrPartition,
            None => return None,
        };
        Some(ClientError::broker(code, ApiKey::Metadata, format!("metadata of {topic}")))
    })
}

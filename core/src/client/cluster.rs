//! What every part of a client shares: configuration, connections, metadata, events, randomness.

use std::collections::VecDeque;
use std::sync::Arc;

use super::config::{Address, ClientConfig};
use super::connection::{Channel, EndpointId, Network, Owner};
use super::error::ClientError;
use super::event::{Event, Response};
use super::metadata::{Metadata, TopicInfo};
use super::rng::Rng;
use crate::Now;
use crate::protocol::messages::{MetadataRequest, MetadataResponse};
use crate::protocol::{ApiKey, ErrorCode};

#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) config: ClientConfig,
    pub(crate) net: Network,
    pub(crate) metadata: Metadata,
    pub(crate) events: VecDeque<Event>,
    pub(crate) rng: Rng,
    /// Why metadata cannot be had, after all the retries.
    pub(crate) hopeless: Option<ClientError>,
    /// Whether one attempt to reach a broker is enough.
    pub(crate) hurry: bool,
}

impl Cluster {
    /// Every address at which a broker may be, those from the metadata first.
    fn candidates(&mut self) -> Vec<EndpointId> {
        let brokers = self.metadata.brokers.values();
        let addresses: Vec<Address> = brokers.chain(&self.config.bootstrap).cloned().collect();
        addresses.iter().map(|address| self.net.endpoint(address, Channel::Main)).collect()
    }

    /// A broker that is ready, the least busy one; starts to connect where there is none.
    pub(crate) fn any_node(&mut self, now: Now) -> Option<EndpointId> {
        let candidates = self.candidates();
        let ready = candidates.iter().copied().filter(|&id| self.net.is_ready(id));
        if let Some(id) = ready.min_by_key(|&id| self.net.in_flight(id)) {
            return Some(id);
        }
        if !candidates.iter().any(|&id| self.net.is_connecting(id)) {
            // Any of the brokers first, in turns that differ between clients.
            let brokers = self.metadata.brokers.len();
            let start = self.rng.below(brokers);
            for turn in 0..candidates.len() {
                let at = if turn < brokers { (start + turn) % brokers } else { turn };
                self.net.want(now, candidates[at], &self.config);
                if self.net.is_connecting(candidates[at]) {
                    break;
                }
            }
        }
        None
    }

    /// A node, where it is known and ready; starts to connect where it is not.
    pub(crate) fn node(&mut self, now: Now, node: i32, channel: Channel) -> Option<EndpointId> {
        let Some(address) = self.metadata.brokers.get(&node) else {
            self.metadata.want();
            return None;
        };
        let id = self.net.endpoint(address, channel);
        self.net.want(now, id, &self.config).then_some(id)
    }

    /// The controller. In a KRaft cluster any broker passes such requests on, and the metadata
    /// names one.
    pub(crate) fn controller(&mut self, now: Now) -> Option<EndpointId> {
        match self.metadata.controller {
            Some(node) => self.node(now, node, Channel::Main),
            None => {
                self.metadata.want();
                None
            }
        }
    }

    /// The node that leads a partition, and its leader epoch.
    pub(crate) fn leader(
        &mut self,
        now: Now,
        topic: &Arc<str>,
        partition: i32,
    ) -> Option<(i32, i32)> {
        self.metadata.topic(now.monotonic_ms, topic);
        let leader = self.metadata.leader(topic, partition);
        if leader.is_none() {
            self.metadata.want();
        }
        leader
    }

    pub(crate) fn topic(&mut self, now: Now, topic: &Arc<str>) -> Option<&TopicInfo> {
        self.metadata.topic(now.monotonic_ms, topic)
    }

    pub(crate) fn pause_ms(&mut self, retry: u32) -> u64 {
        self.config.retry.delay_ms(retry, &mut self.rng)
    }

    /// The pause before another attempt at what has failed so often now. A connection that was lost
    /// has a pause of its own before it is made again; what was on it goes again with it.
    pub(crate) fn pause_after_ms(&mut self, attempts: u32, error: &ClientError) -> u64 {
        let lost = matches!(error, ClientError::Connection { .. });
        match attempts.saturating_sub(1 + u32::from(lost)) {
            0 if lost && attempts == 1 => 0,
            retry => self.pause_ms(retry),
        }
    }

    /// Asks for metadata when it is time.
    pub(crate) fn drive_metadata(&mut self, now: Now) {
        if !self.metadata.due(now.monotonic_ms, self.config.metadata_max_age_ms) {
            return;
        }
        let Some(id) = self.any_node(now) else { return };
        match self.net.version::<MetadataRequest>(id, i16::MAX) {
            Ok(version) => {
                let create = self.config.allow_auto_topic_creation;
                let request = self.metadata.request(now.monotonic_ms, create);
                let timeout_ms = self.config.request_timeout_ms;
                let owner = Some(Owner::Metadata);
                self.net.send(now, id, &request, version, owner, timeout_ms);
            }
            Err(error) => self.metadata_failed(now, error),
        }
    }

    pub(crate) fn on_metadata(&mut self, now: Now, result: Result<Response, ClientError>) {
        match result.and_then(|response| read_metadata(&response)) {
            Ok(response) => {
                if let Some(retry) = self.metadata.answered(now.monotonic_ms, response) {
                    let pause_ms = self.pause_ms(retry);
                    self.metadata.pause_until(now.monotonic_ms.saturating_add(pause_ms));
                } else {
                    // One question per pause, however often somebody finds a leader missing.
                    let pause_ms = self.config.retry.initial_retry_time_ms / 3;
                    self.metadata.pause_until(now.monotonic_ms.saturating_add(pause_ms));
                }
            }
            Err(error) => self.metadata_failed(now, error),
        }
    }

    fn metadata_failed(&mut self, now: Now, error: ClientError) {
        let retry = self.metadata.failed();
        let pause_ms = self.pause_after_ms(retry + 1, &error);
        if retry >= self.config.retry.retries && !error.is_retriable() {
            self.hopeless = Some(error);
        }
        self.metadata.pause_until(now.monotonic_ms.saturating_add(pause_ms));
    }

    /// The reason, once each broker has been tried as often as the configuration says, and none
    /// could be reached or made sense.
    pub(crate) fn unreachable(&mut self) -> Option<ClientError> {
        if let Some(error) = self.hopeless.take() {
            return Some(error);
        }
        let candidates = self.candidates();
        let retries = if self.hurry { 0 } else { self.config.retry.retries };
        let given_up = |id: &EndpointId| self.net.failures(*id) > retries;
        if candidates.is_empty() || !candidates.iter().all(given_up) {
            return None;
        }
        let error = self.net.error(*candidates.first()?);
        candidates.into_iter().for_each(|id| self.net.forgive(id));
        Some(error)
    }
}

/// Reads an answer to a metadata request; from version 13 on it may be an error as a whole
/// (KIP-1102).
pub(crate) fn read_metadata(response: &Response) -> Result<MetadataResponse, ClientError> {
    let answer = response.decode::<MetadataResponse>()?;
    match ErrorCode::from_code(answer.error_code) {
        ErrorCode::None => Ok(answer),
        code => Err(ClientError::broker(code, ApiKey::Metadata, "metadata")),
    }
}

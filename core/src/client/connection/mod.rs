//! Connections to brokers: made when they are needed, negotiated with ApiVersions (KIP-35, KIP-511),
//! made again after a pause when they fail; and the requests that are in flight on them.

mod handshake;
mod loss;

use std::collections::VecDeque;

use litemap::LiteMap;

use bytes::Bytes;

use super::config::{Address, ClientConfig};
use super::error::ClientError;
use super::event::{ClientInput, ClientOutput, Link, Response};
use super::rng::Rng;
use crate::Now;
use crate::protocol::messages::ApiVersionsRequest;
use crate::protocol::{ApiKey, Message, Request, encode_request};

/// Fetches have a connection of their own to each node, and so has the membership of a group: answers
/// leave in the order of the requests, and a fetch or a JoinGroup may wait for long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    Main,
    Fetch,
    Group,
}

/// An index into the network's endpoints, which are never removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct EndpointId(usize);

/// Who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Metadata,
    InitProducerId,
    Produce(u64),
    Fetch(u64),
    Call(u64),
    Group(u64),
}

/// An answer, or the news that there will be none.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) owner: Owner,
    pub(crate) result: Result<Response, ClientError>,
}

#[derive(Debug)]
enum State {
    Idle,
    Connecting { link: Link, deadline_ms: u64 },
    Negotiating { link: Link, deadline_ms: u64, version: i16, correlation_id: i32 },
    Ready { link: Link },
}

#[derive(Debug)]
struct InFlight {
    owner: Owner,
    api: ApiKey,
    version: i16,
    correlation_id: i32,
    deadline_ms: u64,
    timeout_ms: u64,
}

#[derive(Debug)]
struct Endpoint {
    address: Address,
    channel: Channel,
    state: State,
    /// Attempts that failed since the last that did not.
    failures: u32,
    retry_at_ms: u64,
    last_reason: String,
    /// What the broker serves, by key.
    versions: LiteMap<i16, (i16, i16)>,
    in_flight: VecDeque<InFlight>,
}

impl Endpoint {
    fn link(&self) -> Option<Link> {
        match self.state {
            State::Idle => None,
            State::Connecting { link, .. }
            | State::Negotiating { link, .. }
            | State::Ready { link } => Some(link),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Network {
    client_id: String,
    /// Where every broker is reached, if there is such an address.
    only: Option<Address>,
    endpoints: Vec<Endpoint>,
    pub(crate) outputs: VecDeque<ClientOutput>,
    pub(crate) replies: VecDeque<Reply>,
    /// Set when a connection is lost or cannot be made: leaders may have moved.
    pub(crate) lost: bool,
    next_link: u64,
    next_correlation_id: i32,
}

impl Network {
    pub(crate) fn new(config: &ClientConfig) -> Network {
        let only = config.bootstrap.first().filter(|_| config.one_address).cloned();
        Network { client_id: config.client_id.clone(), only, ..Network::default() }
    }

    /// The endpoint at an address, known from now on.
    pub(crate) fn endpoint(&mut self, address: &Address, channel: Channel) -> EndpointId {
        let address = self.only.as_ref().unwrap_or(address);
        let same = |e: &Endpoint| e.channel == channel && e.address == *address;
        let at = self.endpoints.iter().position(same).unwrap_or_else(|| {
            self.endpoints.push(Endpoint {
                address: address.clone(),
                channel,
                state: State::Idle,
                failures: 0,
                retry_at_ms: 0,
                last_reason: String::new(),
                versions: LiteMap::new(),
                in_flight: VecDeque::new(),
            });
            self.endpoints.len() - 1
        });
        EndpointId(at)
    }

    pub(crate) fn is_ready(&self, id: EndpointId) -> bool {
        matches!(self.endpoints[id.0].state, State::Ready { .. })
    }

    pub(crate) fn is_connecting(&self, id: EndpointId) -> bool {
        matches!(self.endpoints[id.0].state, State::Connecting { .. } | State::Negotiating { .. })
    }

    pub(crate) fn failures(&self, id: EndpointId) -> u32 {
        self.endpoints[id.0].failures
    }

    pub(crate) fn forgive(&mut self, id: EndpointId) {
        self.endpoints[id.0].failures = self.endpoints[id.0].failures.min(1);
    }

    pub(crate) fn in_flight(&self, id: EndpointId) -> usize {
        self.endpoints[id.0].in_flight.len()
    }

    pub(crate) fn error(&self, id: EndpointId) -> ClientError {
        let endpoint = &self.endpoints[id.0];
        ClientError::Connection {
            address: endpoint.address.to_string(),
            reason: endpoint.last_reason.clone(),
        }
    }

    /// Starts to connect, unless that is under way or it is too early to try again. Says whether
    /// the endpoint is ready.
    pub(crate) fn want(&mut self, now: Now, id: EndpointId, config: &ClientConfig) -> bool {
        let link = Link(self.next_link);
        let endpoint = &mut self.endpoints[id.0];
        match endpoint.state {
            State::Ready { .. } => return true,
            State::Idle if now.monotonic_ms >= endpoint.retry_at_ms => {}
            _ => return false,
        }
        self.next_link += 1;
        let deadline_ms = now.monotonic_ms.saturating_add(config.connection_timeout_ms);
        endpoint.state = State::Connecting { link, deadline_ms };
        let Address { host, port } = endpoint.address.clone();
        self.outputs.push_back(ClientOutput::Connect { link, host, port });
        false
    }

    /// The highest version of an API that both sides know, at most `at_most`.
    pub(crate) fn version<M: Message>(
        &self,
        id: EndpointId,
        at_most: i16,
    ) -> Result<i16, ClientError> {
        self.common_version(id, M::API, *M::VERSIONS.start(), (*M::VERSIONS.end()).min(at_most))
    }

    fn common_version(
        &self,
        id: EndpointId,
        api: ApiKey,
        ours_min: i16,
        ours_max: i16,
    ) -> Result<i16, ClientError> {
        let theirs = self.endpoints[id.0].versions.get(&(api as i16));
        match theirs {
            Some(&(min, max)) if min.max(ours_min) <= max.min(ours_max) => Ok(max.min(ours_max)),
            _ => {
                let theirs = theirs.map_or("none".to_owned(), |(min, max)| format!("{min}-{max}"));
                let detail = format!("this client {ours_min}-{ours_max}, the broker {theirs}");
                Err(ClientError::Unsupported { api, detail })
            }
        }
    }

    /// Sends a request to an endpoint that is ready. Without an `owner` no answer is expected.
    pub(crate) fn send<R: Request>(
        &mut self,
        now: Now,
        id: EndpointId,
        request: &R,
        version: i16,
        owner: Option<Owner>,
        timeout_ms: u64,
    ) {
        let correlation_id = self.correlation_id();
        let frame = encode_request(request, version, correlation_id, Some(&self.client_id));
        let deadline_ms = now.monotonic_ms.saturating_add(timeout_ms);
        let api = R::API;
        let expected = owner.map(|owner| InFlight {
            owner,
            api,
            version,
            correlation_id,
            deadline_ms,
            timeout_ms,
        });
        self.send_frame(id, frame, expected);
    }

    fn send_frame(&mut self, id: EndpointId, frame: Bytes, expected: Option<InFlight>) {
        let endpoint = &mut self.endpoints[id.0];
        if let State::Ready { link } = endpoint.state {
            endpoint.in_flight.extend(expected);
            self.outputs.push_back(ClientOutput::Send { link, frame });
        }
    }

    fn correlation_id(&mut self) -> i32 {
        self.next_correlation_id = self.next_correlation_id.wrapping_add(1) & i32::MAX;
        self.next_correlation_id
    }

    pub(crate) fn handle(
        &mut self,
        now: Now,
        input: ClientInput,
        config: &ClientConfig,
        rng: &mut Rng,
    ) {
        let by_link = |link: Link| move |e: &Endpoint| e.link() == Some(link);
        match input {
            ClientInput::Connected { link } => {
                if let Some(at) = self.endpoints.iter().position(by_link(link))
                    && matches!(self.endpoints[at].state, State::Connecting { .. })
                {
                    self.negotiate(at, link, *ApiVersionsRequest::VERSIONS.end());
                }
            }
            ClientInput::Received { link, frame } => {
                if let Some(at) = self.endpoints.iter().position(by_link(link))
                    && let Err(reason) = self.received(at, frame)
                {
                    self.drop_link(now, at, reason, config, rng);
                }
            }
            ClientInput::Disconnected { link, reason } => {
                if let Some(at) = self.endpoints.iter().position(by_link(link)) {
                    // The host knows already that it is gone.
                    self.lose(now, at, reason, None, config, rng);
                }
            }
            ClientInput::Tick => {}
        }
    }
}

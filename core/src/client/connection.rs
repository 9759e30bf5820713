//! Connections to brokers: made when they are needed, negotiated with ApiVersions (KIP-35, KIP-511),
//! made again after a pause when they fail; and the requests that are in flight on them.

use std::collections::VecDeque;

use litemap::LiteMap;

use bytes::Bytes;

use super::config::{Address, ClientConfig};
use super::error::ClientError;
use super::event::{ClientInput, ClientOutput, Link, Response};
use super::rng::Rng;
use crate::Now;
use crate::map;
use crate::protocol::messages::{ApiVersionsRequest, ApiVersionsResponse};
use crate::protocol::{ApiKey, ErrorCode, Message, Request, decode_response, encode_request};

/// A pause before a connection that was lost, having worked, is made again (Kafka's
/// `reconnect.backoff.ms`).
const RECONNECT_BACKOFF_MS: u64 = 50;

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
    endpoints: Vec<Endpoint>,
    pub(crate) outputs: VecDeque<ClientOutput>,
    pub(crate) replies: VecDeque<Reply>,
    /// Set when a connection is lost or cannot be made: leaders may have moved.
    pub(crate) lost: bool,
    next_link: u64,
    next_correlation_id: i32,
}

impl Network {
    pub(crate) fn new(client_id: String) -> Network {
        Network { client_id, ..Network::default() }
    }

    /// The endpoint at an address, known from now on.
    pub(crate) fn endpoint(&mut self, address: &Address, channel: Channel) -> EndpointId {
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

    fn negotiate(&mut self, at: usize, link: Link, version: i16) {
        let correlation_id = self.correlation_id();
        let endpoint = &mut self.endpoints[at];
        let (State::Connecting { deadline_ms, .. } | State::Negotiating { deadline_ms, .. }) =
            endpoint.state
        else {
            return;
        };
        endpoint.state = State::Negotiating { link, deadline_ms, version, correlation_id };
        let request = ApiVersionsRequest {
            client_software_name: "ottla".to_owned(),
            client_software_version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let frame = encode_request(&request, version, correlation_id, Some(&self.client_id));
        self.outputs.push_back(ClientOutput::Send { link, frame });
    }

    /// Takes a frame, or says why the connection makes no sense any more.
    fn received(&mut self, at: usize, frame: Bytes) -> Result<(), String> {
        let endpoint = &mut self.endpoints[at];
        let correlation_id = frame.first_chunk().map(|bytes| i32::from_be_bytes(*bytes));
        match endpoint.state {
            State::Negotiating { link, version, correlation_id: expected, .. } => {
                if correlation_id != Some(expected) {
                    return Err("an answer to a request that was not sent".to_owned());
                }
                // An unknown version is answered in version 0, whatever was asked (KIP-511).
                let code = frame.get(4..6).map_or(0, |code| i16::from_be_bytes([code[0], code[1]]));
                let refused = code == ErrorCode::UnsupportedVersion.code();
                let body = if refused { 0 } else { version };
                let (_, answer) =
                    decode_response::<ApiVersionsResponse>(frame, body).map_err(|error| {
                        format!("the answer to ApiVersions makes no sense: {error}")
                    })?;
                let served = answer.api_keys.iter();
                let versions = map::collect(
                    served.map(|api| (api.api_key, (api.min_version, api.max_version))),
                );
                if refused && version > 0 {
                    let known = versions.get(&(ApiKey::ApiVersions as i16));
                    let next = known.map_or(0, |known| known.1.clamp(0, version - 1));
                    self.negotiate(at, link, next);
                    return Ok(());
                }
                if answer.error_code != 0 {
                    let name = ErrorCode::from_code(answer.error_code).name();
                    return Err(format!("the broker answered {name} to ApiVersions"));
                }
                endpoint.versions = versions;
                endpoint.state = State::Ready { link };
                endpoint.failures = 0;
                Ok(())
            }
            State::Ready { .. } => match endpoint.in_flight.pop_front() {
                Some(entry) if correlation_id == Some(entry.correlation_id) => {
                    let response = Response { api: entry.api, version: entry.version, frame };
                    self.replies.push_back(Reply { owner: entry.owner, result: Ok(response) });
                    Ok(())
                }
                entry => {
                    entry.into_iter().for_each(|entry| endpoint.in_flight.push_front(entry));
                    Err("an answer to a request that was not sent".to_owned())
                }
            },
            _ => Err("a frame before the connection stood".to_owned()),
        }
    }

    /// Gives up a connection, and tells the host.
    fn drop_link(
        &mut self,
        now: Now,
        at: usize,
        reason: String,
        config: &ClientConfig,
        rng: &mut Rng,
    ) {
        if let Some(link) = self.endpoints[at].link() {
            self.outputs.push_back(ClientOutput::Disconnect { link });
        }
        self.lose(now, at, reason, None, config, rng);
    }

    /// Gives up what is in flight on a connection that works, so that something else can be asked
    /// at once on another.
    pub(crate) fn interrupt(&mut self, id: EndpointId) {
        let endpoint = &mut self.endpoints[id.0];
        let State::Ready { link } = endpoint.state else { return };
        endpoint.state = State::Idle;
        self.outputs.push_back(ClientOutput::Disconnect { link });
        for entry in std::mem::take(&mut endpoint.in_flight) {
            let address = endpoint.address.to_string();
            let reason = "given up for another request".to_owned();
            let result = Err(ClientError::Connection { address, reason });
            self.replies.push_back(Reply { owner: entry.owner, result });
        }
    }

    fn lose(
        &mut self,
        now: Now,
        at: usize,
        reason: String,
        late: Option<u64>,
        config: &ClientConfig,
        rng: &mut Rng,
    ) {
        let endpoint = &mut self.endpoints[at];
        let pause_ms = if matches!(endpoint.state, State::Ready { .. }) {
            RECONNECT_BACKOFF_MS
        } else {
            endpoint.failures += 1;
            config.retry.delay_ms(endpoint.failures - 1, rng)
        };
        endpoint.state = State::Idle;
        endpoint.retry_at_ms = now.monotonic_ms.saturating_add(pause_ms);
        endpoint.last_reason = reason;
        self.lost = true;
        for entry in std::mem::take(&mut endpoint.in_flight) {
            let error = match late {
                Some(timeout_ms) => {
                    let what = format!("{:?} to {}", entry.api, endpoint.address);
                    ClientError::Timeout { what, timeout_ms }
                }
                None => ClientError::Connection {
                    address: endpoint.address.to_string(),
                    reason: endpoint.last_reason.clone(),
                },
            };
            self.replies.push_back(Reply { owner: entry.owner, result: Err(error) });
        }
    }

    /// Gives up what has taken too long.
    pub(crate) fn expire(&mut self, now: Now, config: &ClientConfig, rng: &mut Rng) {
        for at in 0..self.endpoints.len() {
            let endpoint = &self.endpoints[at];
            match endpoint.state {
                State::Connecting { link, deadline_ms }
                | State::Negotiating { link, deadline_ms, .. }
                    if deadline_ms <= now.monotonic_ms =>
                {
                    self.outputs.push_back(ClientOutput::Disconnect { link });
                    let reason = format!("not there within {} ms", config.connection_timeout_ms);
                    self.lose(now, at, reason, None, config, rng);
                }
                State::Ready { link } => {
                    let overdue = |entry: &&InFlight| entry.deadline_ms <= now.monotonic_ms;
                    if let Some(entry) = endpoint.in_flight.iter().find(overdue) {
                        let late = entry.timeout_ms;
                        let reason = format!("{:?} unanswered after {late} ms", entry.api);
                        self.outputs.push_back(ClientOutput::Disconnect { link });
                        self.lose(now, at, reason, Some(late), config, rng);
                    }
                }
                _ => {}
            }
        }
    }

    /// When something may have to be given up or tried again.
    pub(crate) fn deadline(&self, now: Now) -> Option<u64> {
        let each = self.endpoints.iter().filter_map(|endpoint| match endpoint.state {
            State::Idle => Some(endpoint.retry_at_ms).filter(|&at| at > now.monotonic_ms),
            State::Connecting { deadline_ms, .. } | State::Negotiating { deadline_ms, .. } => {
                Some(deadline_ms)
            }
            State::Ready { .. } => endpoint.in_flight.iter().map(|e| e.deadline_ms).min(),
        });
        each.min()
    }

    /// Closes every connection.
    pub(crate) fn close(&mut self) {
        for endpoint in &mut self.endpoints {
            if let Some(link) = endpoint.link() {
                self.outputs.push_back(ClientOutput::Disconnect { link });
            }
            endpoint.state = State::Idle;
            endpoint.in_flight.clear();
        }
    }
}

//! The broker: a function from Kafka frames to Kafka frames, without I/O.
//!
//! # Use
//! - **Inputs**: [`Broker::handle`] takes one input and never fails.
//! - **Outputs**: after each input, call [`Broker::poll_output`] until it returns `None`.
//! - **Time**: [`Broker::poll_deadline`] says when [`Input::Tick`] is due at the latest.
//!
//! A new broker first asks for all metadata, then for the end of each log; requests that arrive
//! meanwhile wait. From then on a commit is out whenever something is to be stored, one at a time,
//! and a response leaves when what it promises is stored.
//!
//! After a failed commit memory is ahead of storage. Everything that waits for storage is answered
//! with an error, and the broker opens anew from what is stored. If that fails too, it says
//! [`Output::Failed`] and is of no more use.

mod ahead;
mod cleaning;
mod connections;
mod groups;
mod open;
mod parked;
mod room;
mod upkeep;

use std::collections::VecDeque;

use bytes::Bytes;

use self::ahead::ReadAhead;
use self::connections::Connections;
use self::open::Opening;
use self::parked::ParkedRequests;
use self::upkeep::Upkeep;
use crate::Uuid;
use crate::api::{self, BrokerConfig, Call, Node, Reply};
use crate::io::{ConnectionId, Input, LogLevel, Now, Output};
use crate::protocol::{ApiKey, Reader, RequestHeader, peek_header};
use crate::storage::{CommitId, Load, LoadId, Loaded, LogRange, StorageError};

/// How often idle producers are looked for.
const EXPIRY_INTERVAL_MS: u64 = 600_000;

/// A Kafka broker.
pub struct Broker {
    node: Node,
    connections: Connections,
    parked: ParkedRequests,
    ahead: ReadAhead,
    /// Loads of what is about to be stored.
    held_loads: Vec<(LoadId, LogRange)>,
    upkeep: Upkeep,
    phase: Phase,
    outputs: VecDeque<Output>,
    last_load: u64,
    next_expiry_ms: u64,
    /// Segments are dropped for room no earlier than this.
    drops_from_ms: u64,
    /// Segments that were to go for room did not, as the commit failed.
    drops_lost: bool,
    /// Whether the storage has the cluster's id.
    is_cluster_stored: bool,
    /// Requests to groups, which wait until what is stored of groups has been read.
    delayed: Vec<(Call, RequestHeader, Reader)>,
}

enum Phase {
    /// Reads what is stored. Requests wait.
    Opening {
        opening: Opening,
        requests: Vec<(Call, RequestHeader, Reader)>,
    },
    Serving,
    /// The storage is of no use; the host has been told.
    Failed,
}

impl Broker {
    /// A broker that first reads what is stored. `seed` is where its ids come from.
    pub fn new(config: BrokerConfig, seed: u64) -> Broker {
        let mut broker = Broker {
            node: Node::new(config, seed),
            connections: Connections::default(),
            parked: ParkedRequests::default(),
            ahead: ReadAhead::default(),
            held_loads: Vec::new(),
            upkeep: Upkeep::default(),
            phase: Phase::Serving,
            outputs: VecDeque::new(),
            last_load: 0,
            next_expiry_ms: 0,
            drops_from_ms: 0,
            drops_lost: false,
            is_cluster_stored: false,
            delayed: Vec::new(),
        };
        broker.open();
        broker
    }

    /// Takes an input.
    pub fn handle(&mut self, now: Now, input: Input) {
        match input {
            Input::Connected { connection, client_host, node_id } => {
                self.connections.connect(connection);
                self.node.clients.connect(connection, client_host, node_id);
            }
            Input::Request { connection, frame } => self.request(now, connection, frame),
            Input::Disconnected { connection } => self.disconnect(connection),
            Input::Committed { commit } => self.committed(now, commit),
            Input::CommitFailed { commit, error } => self.commit_failed(commit, &error),
            Input::StorageLost { error } => self.storage_lost(&error),
            Input::Loaded { load, result } => self.loaded(now, load, result),
            Input::AliveHosts { hosts } => self.node.keep_hosts(now, hosts),
            Input::Room { total_bytes, usable_bytes } => {
                self.node.room.told(total_bytes, usable_bytes);
                self.make_room(now);
            }
            Input::Tick => self.tick(now),
        }
        self.coordinate(now);
        self.wake_changed(now);
        self.plan_upkeep(now);
        self.commit();
        if !self.node.notices.is_empty() {
            self.outputs.append(&mut self.node.notices);
        }
    }

    /// The next thing to do, if any.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When a [`Input::Tick`] is due, on the monotonic clock.
    pub fn poll_deadline(&self) -> Option<u64> {
        let groups = self.node.coordinator.deadline_ms();
        let deadlines = [self.parked.deadline_ms(), self.upkeep.deadline_ms(), groups];
        deadlines.into_iter().flatten().min()
    }

    /// Whether the broker has read what is stored and serves.
    pub fn is_serving(&self) -> bool {
        matches!(self.phase, Phase::Serving)
    }

    /// The cluster's id, once it is read or stored: a host that keeps it elsewhere, too, notices when
    /// the storage was emptied behind its back.
    pub fn cluster_id(&self) -> Option<Uuid> {
        self.is_cluster_stored.then_some(self.node.cluster.cluster_id)
    }

    /// How many requests of a connection wait for their answers. A host stops reading a connection
    /// before this reaches `queued.max.requests`, at which the broker closes it.
    pub fn queued_requests(&self, connection: ConnectionId) -> usize {
        self.connections.queued(connection)
    }

    /// How many bytes of records wait to be stored. A host stops reading produce requests before
    /// this reaches `ottla.unstored.bytes`, at which the broker refuses them.
    pub fn unstored_bytes(&self) -> u64 {
        self.node.gate.unstored_bytes()
    }

    /// How many bytes of records memory holds for topics that are stored: those that wait to be, and
    /// of the others `ottla.cache.bytes` at most.
    pub fn held_bytes(&self) -> u64 {
        let stored = self.node.logs.values().filter(|log| log.config().durability.is_some());
        stored.map(|log| log.memory_bytes() as u64).sum()
    }

    fn request(&mut self, now: Now, connection: ConnectionId, frame: Bytes) {
        let bound = self.node.settings.request_max_bytes;
        if frame.len() > bound {
            let reason = format!("a request of {} bytes, {bound} allowed", frame.len());
            return self.close(connection, reason);
        }
        let (header, body) = match peek_header(frame) {
            Ok(read) => read,
            Err(error) => return self.close(connection, format!("bad request header: {error}")),
        };
        let bound = self.node.settings.queued_max_requests;
        let Some(sequence) = self.connections.expect(connection, bound) else {
            let reason = format!("more than {bound} requests wait (queued.max.requests)");
            return self.close(connection, reason);
        };
        let call = Call {
            connection,
            node_id: self.node.clients.get(connection).node_id,
            sequence,
            version: header.api_version,
            correlation_id: header.correlation_id,
        };
        match &mut self.phase {
            Phase::Opening { requests, .. } => requests.push((call, header, body)),
            Phase::Serving => self.serve(now, call, header, body),
            Phase::Failed => self.close(connection, "the storage has failed".to_owned()),
        }
    }

    fn serve(&mut self, now: Now, call: Call, mut header: RequestHeader, body: Reader) {
        if self.delays(&header) {
            return self.delayed.push((call, header, body));
        }
        self.node.clients.serving(call.connection, header.client_id.take());
        let served = api::SERVED.iter().find(|(api, _, _)| *api as i16 == header.api_key);
        let known = served.is_some_and(|(_, min, max)| (*min..=*max).contains(&header.api_version));
        if !known && header.api_key == ApiKey::ApiVersions as i16 {
            return self.respond(call, Some(api::unsupported_api_versions(call)));
        }
        let outcome = match known {
            true => api::serve(&mut self.node, now, call, &header, body),
            false => Err(crate::protocol::DecodeError::UnknownVersion(header.api_version)),
        };
        match outcome {
            Ok(reply) => self.reply(now, call, reply),
            Err(error) => {
                let (key, version) = (header.api_key, header.api_version);
                let reason = format!("request with key {key}, version {version}: {error}");
                self.close(call.connection, reason);
            }
        }
    }

    fn reply(&mut self, now: Now, call: Call, reply: Reply) {
        match reply {
            Reply::Now(frame) => self.respond(call, frame),
            Reply::Close(reason) => self.close(call.connection, reason),
            Reply::AfterCommit(of, reply) => self.node.gate.hold(call, of, reply),
            Reply::Later => {}
            Reply::Parked(request) => {
                let id = self.parked.insert(Some(call), request);
                self.advance(now, id);
            }
        }
    }

    fn respond(&mut self, call: Call, frame: Option<Bytes>) {
        let Call { connection, sequence, .. } = call;
        let Broker { connections, outputs, .. } = self;
        connections.complete(connection, sequence, frame, |frame| {
            outputs.push_back(Output::Respond { connection, frame });
        });
    }

    fn disconnect(&mut self, connection: ConnectionId) {
        self.connections.disconnect(connection);
        self.node.clients.disconnect(connection);
        self.parked.drop_connection(connection);
        self.node.coordinator.drop_connection(connection);
        self.delayed.retain(|(call, ..)| call.connection != connection);
        if let Phase::Opening { requests, .. } = &mut self.phase {
            requests.retain(|(call, ..)| call.connection != connection);
        }
    }

    fn close(&mut self, connection: ConnectionId, reason: String) {
        self.disconnect(connection);
        self.outputs.push_back(Output::Close { connection, reason });
    }

    /// Sends off what is to be stored, if nothing is out.
    fn commit(&mut self) {
        let Phase::Serving = self.phase else { return };
        let Node { gate, logs, .. } = &mut self.node;
        let commit = gate.next(|id, writes| {
            let log = logs.get_mut(&id)?;
            log.take_writes(writes);
            Some((log.log_end_offset(), log.config().durability?))
        });
        if let Some(commit) = commit {
            self.outputs.push_back(Output::Commit(commit));
        }
    }

    fn committed(&mut self, now: Now, commit: CommitId) {
        let Some(bound) = self.node.gate.confirmed(commit) else { return };
        self.is_cluster_stored = true;
        if bound.retention {
            self.upkeep.expired();
        }
        if bound.drops {
            self.dropped(now);
        }
        if let Some(cleaning) = self.upkeep.cleaning.as_mut().filter(|_| bound.upkeep) {
            cleaning.stored();
        }
        for (log, end) in bound.logs {
            let Some(known) = self.node.logs.get_mut(&log) else { continue };
            if known.confirm(end) {
                self.node.changed.push(log);
                if known.config().compacted {
                    self.node.stale.push(log);
                }
            }
        }
        // Who waits for the records comes before who waits to hear that they are stored: sending a
        // frame to another process takes a browser as long as all that is done here.
        self.wake_changed(now);
        for (call, reply) in bound.waiting {
            self.respond(call, reply(Ok(())));
        }
        self.node.evict();
        for (id, range) in std::mem::take(&mut self.held_loads) {
            self.load_part(id, range);
        }
    }

    /// Answers who waits for logs that have changed.
    fn wake_changed(&mut self, now: Now) {
        while let Some(log) = self.node.changed.pop() {
            self.wake(now, log);
        }
    }

    fn commit_failed(&mut self, commit: CommitId, error: &StorageError) {
        if self.node.gate.is_out(commit) {
            self.open_anew("a commit failed", error);
        }
    }

    fn storage_lost(&mut self, error: &StorageError) {
        if !matches!(self.phase, Phase::Failed) {
            self.open_anew("the storage was lost", error);
        }
    }

    /// Memory is ahead of storage: refuses all that waits for it, and reads what is stored.
    fn open_anew(&mut self, what: &str, error: &StorageError) {
        let message = format!("{what} ({error}): opening anew from what is stored");
        self.outputs.push_back(Output::Log { level: LogLevel::Error, message });
        self.drops_lost |= self.node.gate.is_dropping();
        for (call, reply) in self.node.gate.abandon() {
            self.respond(call, reply(Err(error)));
        }
        self.open();
    }

    fn tick(&mut self, now: Now) {
        for id in self.parked.due(now.monotonic_ms) {
            self.advance(now, id);
        }
        self.keep_up(now);
        if now.monotonic_ms >= self.next_expiry_ms {
            self.next_expiry_ms = now.monotonic_ms + EXPIRY_INTERVAL_MS;
            let since = now.wall_ms - self.node.config.number("producer.id.expiration.ms");
            self.node.logs.iter_mut().for_each(|(_, log)| log.expire_producers(since));
        }
    }

    fn load_id(&mut self) -> LoadId {
        self.last_load += 1;
        LoadId(self.last_load)
    }

    /// Asks for a part of a segment, once it is stored: a load may overtake the commit that is out.
    fn load_part(&mut self, id: LoadId, range: LogRange) {
        match self.node.gate.is_storing(&range) {
            true => self.held_loads.push((id, range)),
            false => self.outputs.push_back(Output::Load { id, load: Load::Log(range) }),
        }
    }

    fn loaded(&mut self, now: Now, load: LoadId, result: Result<Loaded, StorageError>) {
        if matches!(self.phase, Phase::Opening { .. }) {
            return self.opened(now, load, result);
        }
        let mut result = Some(result);
        if self.upkeep.cleaning.as_mut().is_some_and(|it| it.loaded(load, &mut result)) {
            return;
        }
        let Some(result) = result else { return };
        if !self.parked.awaits(load) {
            self.ahead.loaded(load, result);
        } else if let Some(id) = self.parked.loaded(load, result) {
            self.advance(now, id);
        }
    }
}

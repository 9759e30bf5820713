//! The broker's host: it carries out what the broker asks for.
//!
//! It lives on one thread, shared by the tasks of that thread: each connection's task hands its
//! requests over itself, and finds the responses in its own queue.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use ottla::storage::{MemoryStorage, StorageError};
use ottla::{BrokerConfig, ConnectionId, Input, LogLevel, Now, Output};
use tokio::sync::Notify;
use tracing::{error, info, warn};

use crate::connection::Peer;
use crate::files::{Done, Files};

/// The longest time without a tick: the broker does some work by the clock alone.
const TICK_INTERVAL: Duration = Duration::from_secs(60);

/// A part of `ottla.unstored.bytes` that producers may fill before they are read no further: one
/// request is always let in on top of it.
const UNSTORED_SHARE: u64 = 4;

/// How many requests of one connection are with the broker at a time, at most.
const MAX_IN_FLIGHT: usize = 64;

/// How many bytes may wait to be written to a connection while more of its requests are served.
const MAX_OUTGOING_BYTES: usize = 1 << 20;

/// The API key of Fetch, whose responses are large.
const FETCH: i16 = 1;

/// The API key of Produce, which waits for storage.
const PRODUCE: i16 = 0;

/// Keeps what the broker wants kept.
pub(crate) enum Storage {
    Memory(MemoryStorage),
    Files(Files),
}

struct State {
    broker: ottla::Broker,
    storage: Storage,
    peers: HashMap<ConnectionId, Rc<Peer>>,
    last_connection: u64,
    /// Connections whose next request may not be served yet.
    blocked: Vec<Rc<Peer>>,
    /// Whether a commit is out.
    committing: bool,
    failed: Option<StorageError>,
}

/// The broker with its storage and its connections.
pub(crate) struct Host {
    state: RefCell<State>,
    started: Instant,
    /// The deadline that the ticker waits for.
    armed_ms: Cell<Option<u64>>,
    rearm: Notify,
    /// The broker serves, or has failed.
    pub(crate) changed: Notify,
    max_in_flight: usize,
    max_unstored_bytes: u64,
}

impl Host {
    pub(crate) fn new(config: BrokerConfig, seed: u64, storage: Storage) -> Rc<Host> {
        let number = |name| config.value(name).trim().parse::<u64>().unwrap_or(u64::MAX);
        let queued = number("queued.max.requests");
        let host = Host {
            max_in_flight: MAX_IN_FLIGHT.min(usize::try_from(queued).unwrap_or(MAX_IN_FLIGHT)),
            max_unstored_bytes: number("ottla.unstored.bytes") / UNSTORED_SHARE,
            state: RefCell::new(State {
                broker: ottla::Broker::new(config, seed),
                storage,
                peers: HashMap::new(),
                last_connection: 0,
                blocked: Vec::new(),
                committing: false,
                failed: None,
            }),
            started: Instant::now(),
            armed_ms: Cell::new(None),
            rearm: Notify::new(),
            changed: Notify::new(),
        };
        host.input(Input::Tick);
        Rc::new(host)
    }

    fn now(&self) -> Now {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now {
            monotonic_ms: self.started.elapsed().as_millis() as u64,
            wall_ms: wall.as_millis() as i64,
        }
    }

    /// Hands an input to the broker, and does what comes of it.
    pub(crate) fn input(&self, input: Input) {
        let mut state = self.state.borrow_mut();
        let was_serving = state.broker.is_serving();
        state.broker.handle(self.now(), input);
        state.drain(|| self.now());
        if was_serving != state.broker.is_serving() || state.failed.is_some() {
            self.changed.notify_waiters();
        }
        let deadline = state.broker.poll_deadline();
        if deadline.is_some() && self.armed_ms.get().is_none_or(|armed| deadline < Some(armed)) {
            self.rearm.notify_one();
        }
    }

    /// Tells the broker what storage has done.
    pub(crate) fn done(&self, done: Done) {
        self.input(match done {
            Done::Committed(commit, outcome) => {
                self.state.borrow_mut().committing = false;
                match outcome {
                    Ok(()) => Input::Committed { commit },
                    Err(error) => Input::CommitFailed { commit, error },
                }
            }
            Done::Loaded(load, result) => Input::Loaded { load, result },
        });
        // What a producer waits for is room, which makes no output.
        self.unblock();
    }

    /// Takes the storage away, at the end.
    pub(crate) fn take_storage(&self) -> Storage {
        std::mem::replace(
            &mut self.state.borrow_mut().storage,
            Storage::Memory(MemoryStorage::new()),
        )
    }

    /// Tells the broker the time whenever it wants to know.
    pub(crate) async fn tick(&self) {
        loop {
            let deadline = self.state.borrow().broker.poll_deadline();
            self.armed_ms.set(deadline);
            let now_ms = self.started.elapsed().as_millis() as u64;
            let wait = deadline.map_or(TICK_INTERVAL, |due| {
                Duration::from_millis(due.saturating_sub(now_ms)).min(TICK_INTERVAL)
            });
            tokio::select! {
                () = tokio::time::sleep(wait) => self.input(Input::Tick),
                () = self.rearm.notified() => {}
            }
        }
    }

    pub(crate) fn is_serving(&self) -> bool {
        self.state.borrow().broker.is_serving()
    }

    /// Why the storage is of no use, if it is.
    pub(crate) fn failure(&self) -> Option<StorageError> {
        self.state.borrow().failed.clone()
    }

    /// Whether all that was asked for has been stored and answered.
    pub(crate) fn is_quiet(&self) -> bool {
        let state = self.state.borrow();
        !state.committing && state.peers.values().all(|peer| !peer.has_outgoing())
    }

    pub(crate) fn peers(&self) -> Vec<Rc<Peer>> {
        self.state.borrow().peers.values().cloned().collect()
    }

    pub(crate) fn connection_count(&self) -> usize {
        self.state.borrow().peers.len()
    }

    pub(crate) fn next_connection(&self) -> ConnectionId {
        let mut state = self.state.borrow_mut();
        state.last_connection += 1;
        ConnectionId(state.last_connection)
    }

    pub(crate) fn connect(&self, peer: Rc<Peer>) {
        let connection = peer.id;
        let (client_host, node_id) = (java_host(peer.address.ip()), peer.node_id);
        self.state.borrow_mut().peers.insert(connection, peer);
        self.input(Input::Connected { connection, client_host, node_id });
    }

    pub(crate) fn disconnect(&self, connection: ConnectionId) {
        self.state.borrow_mut().peers.remove(&connection);
        self.input(Input::Disconnected { connection });
    }

    /// How many of a connection's requests wait for their answers.
    pub(crate) fn queued_requests(&self, connection: ConnectionId) -> usize {
        self.state.borrow().broker.queued_requests(connection)
    }

    /// Hands a request over as soon as there is room for it. While it waits nothing is read from
    /// its connection, so the client's own sending comes to a halt.
    pub(crate) async fn request(&self, peer: &Rc<Peer>, frame: Bytes) {
        let api = frame.first_chunk::<2>().map_or(-1, |key| i16::from_be_bytes(*key));
        loop {
            let admitted = self.admits(peer, api);
            if admitted || peer.is_closing() {
                break;
            }
            self.state.borrow_mut().blocked.push(peer.clone());
            peer.unblocked.notified().await;
        }
        if !peer.is_closing() {
            peer.fetching.set(api == FETCH);
            self.input(Input::Request { connection: peer.id, frame });
        }
    }

    /// Whether a request may be served now. A fetch goes alone, as every request does with Kafka:
    /// otherwise a client that pipelines fetches and reads no answer could fill the memory.
    fn admits(&self, peer: &Peer, api: i16) -> bool {
        let state = self.state.borrow();
        let queued = state.broker.queued_requests(peer.id);
        let alone = queued == 0 && !peer.has_outgoing();
        match api {
            FETCH => alone,
            _ if peer.fetching.get() && !alone => false,
            PRODUCE if state.broker.unstored_bytes() > self.max_unstored_bytes => false,
            _ => queued < self.max_in_flight && peer.outgoing_bytes() < MAX_OUTGOING_BYTES,
        }
    }

    /// Lets the connections look again whose requests had to wait: something has moved.
    pub(crate) fn unblock(&self) {
        self.state.borrow_mut().unblock();
    }
}

/// An address as Java prints it: with a slash, and an IPv6 one with all of its parts.
fn java_host(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => format!("/{address}"),
        IpAddr::V6(address) => {
            let parts = address.segments().map(|part| format!("{part:x}"));
            format!("/{}", parts.join(":"))
        }
    }
}

impl State {
    fn drain(&mut self, now: impl Fn() -> Now) {
        let mut moved = false;
        while let Some(output) = self.broker.poll_output() {
            match output {
                Output::Respond { connection, frame } => {
                    moved = true;
                    if let Some(peer) = self.peers.get(&connection) {
                        peer.send(frame);
                    }
                }
                Output::Close { connection, reason } => {
                    moved = true;
                    if let Some(peer) = self.peers.get(&connection) {
                        info!(connection = connection.0, client = %peer.address, reason, "closing");
                        peer.close();
                    }
                }
                Output::Commit(commit) => match &mut self.storage {
                    Storage::Memory(memory) => {
                        moved = true;
                        memory.commit(&commit);
                        self.broker.handle(now(), Input::Committed { commit: commit.id });
                    }
                    Storage::Files(files) => {
                        self.committing = true;
                        files.commit(commit);
                    }
                },
                Output::Load { id, load } => match &self.storage {
                    Storage::Memory(memory) => {
                        let result = Ok(memory.load(&load));
                        self.broker.handle(now(), Input::Loaded { load: id, result });
                    }
                    Storage::Files(files) => files.load(id, load),
                },
                Output::Log { level: LogLevel::Info, message } => info!("{message}"),
                Output::Log { level: LogLevel::Warn, message } => warn!("{message}"),
                Output::Log { level: LogLevel::Error, message } => error!("{message}"),
                Output::Failed { error } => {
                    error!(%error, "the storage has failed");
                    self.failed = Some(error);
                }
            }
        }
        if moved {
            self.unblock();
        }
    }

    fn unblock(&mut self) {
        for peer in self.blocked.drain(..) {
            peer.unblocked.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_printed_as_by_java() {
        for (address, printed) in [
            ("127.0.0.1", "/127.0.0.1"),
            ("::1", "/0:0:0:0:0:0:0:1"),
            ("2001:db8::a0:1", "/2001:db8:0:0:0:0:a0:1"),
            ("::ffff:10.1.2.3", "/10.1.2.3"),
        ] {
            assert_eq!(java_host(address.parse().unwrap()), printed);
        }
    }
}

//! A broker with a storage, a clock and clients, and what must hold whatever happens to them.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use ottla::protocol::messages as m;
use ottla::protocol::{Request, decode_response, encode_request};
use ottla::storage::{Commit, Load, LoadId, MemoryStorage, StorageError};
use ottla::{Broker, BrokerConfig, ConnectionId, Input, LogLevel, Now, Output};

/// How many clients there are that may ask anything.
pub const CLIENTS: u8 = 4;

/// The connection of a client that asks only what makes sense.
pub const WITNESS: ConnectionId = ConnectionId(0);

/// A broker and all around it.
pub struct World {
    pub broker: Broker,
    pub storage: MemoryStorage,
    pub now: Now,
    pub hold_commits: bool,
    pub hold_loads: bool,
    pub commits: VecDeque<Commit>,
    pub loads: VecDeque<(LoadId, Load)>,
    /// What went wrong by the broker's own account.
    pub errors: Vec<String>,
    pub failed: bool,
    /// Responses to the witness.
    pub responses: VecDeque<Bytes>,
    last_correlation_id: i32,
    /// The connection of each client; a connection's name is never used twice.
    clients: [ConnectionId; CLIENTS as usize],
    last_connection: u64,
    /// The last answer on each connection.
    answered: BTreeMap<ConnectionId, i32>,
}

/// Where a client says that it is.
pub fn client_host(client: u8) -> String {
    format!("/10.0.0.{client}")
}

fn config() -> BrokerConfig {
    let mut config = BrokerConfig::new();
    for (name, value) in [
        ("socket.request.max.bytes", "65536"),
        ("ottla.cache.bytes", "16384"),
        ("ottla.memory.bytes", "1048576"),
        ("ottla.unstored.bytes", "262144"),
        ("queued.max.requests", "50"),
        ("max.incremental.fetch.session.cache.slots", "8"),
        ("log.segment.bytes", "4096"),
        ("offsets.topic.num.partitions", "2"),
        ("group.initial.rebalance.delay.ms", "100"),
    ] {
        config.set(name, value).expect("a configuration of the broker");
    }
    config.add_node("second", 9093);
    config
}

impl World {
    pub fn new() -> World {
        World::open(MemoryStorage::new())
    }

    /// A broker over what is stored, with its connections.
    pub fn open(storage: MemoryStorage) -> World {
        let mut world = World {
            broker: Broker::new(config(), 42),
            storage,
            now: Now { monotonic_ms: 1_000, wall_ms: 1_700_000_000_000 },
            hold_commits: false,
            hold_loads: false,
            commits: VecDeque::new(),
            loads: VecDeque::new(),
            errors: Vec::new(),
            failed: false,
            responses: VecDeque::new(),
            last_correlation_id: 0,
            clients: [WITNESS; CLIENTS as usize],
            last_connection: 0,
            answered: BTreeMap::new(),
        };
        world.drain();
        world.connect(WITNESS, 0);
        for client in 0..CLIENTS {
            world.reconnect(client);
        }
        world
    }

    fn connect(&mut self, connection: ConnectionId, client: u8) {
        self.answered.insert(connection, 0);
        let (client_host, node_id) = (client_host(client), i32::from(client % 2));
        self.input(Input::Connected { connection, client_host, node_id });
    }

    /// The connection that a client has at this time.
    pub fn client(&self, client: u8) -> ConnectionId {
        self.clients[usize::from(client % CLIENTS)]
    }

    /// A client goes, and comes back.
    pub fn reconnect(&mut self, client: u8) {
        let connection = self.client(client);
        if connection != WITNESS {
            self.answered.remove(&connection);
            self.input(Input::Disconnected { connection });
        }
        self.last_connection += 1;
        self.clients[usize::from(client % CLIENTS)] = ConnectionId(self.last_connection);
        self.connect(ConnectionId(self.last_connection), client % CLIENTS);
    }

    pub fn next_correlation_id(&mut self) -> i32 {
        self.last_correlation_id += 1;
        self.last_correlation_id
    }

    pub fn input(&mut self, input: Input) {
        self.broker.handle(self.now, input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.broker.poll_output() {
            match output {
                Output::Respond { connection, frame } => self.respond(connection, frame),
                Output::Close { connection, .. } => {
                    assert_ne!(connection, WITNESS, "the witness asks only what makes sense");
                    // A client that was sent away comes back.
                    let client = self.clients.iter().position(|known| *known == connection);
                    if let Some(client) = client {
                        self.reconnect(client as u8);
                    }
                }
                Output::Log { level: LogLevel::Error, message } => self.errors.push(message),
                Output::Log { .. } => {}
                Output::Failed { .. } => self.failed = true,
                Output::Commit(commit) => {
                    assert!(self.commits.is_empty(), "one commit is out at a time");
                    self.commits.push_back(commit);
                    if !self.hold_commits {
                        self.store();
                    }
                }
                Output::Load { id, load } => {
                    self.loads.push_back((id, load));
                    if !self.hold_loads {
                        self.load();
                    }
                }
            }
        }
    }

    fn respond(&mut self, connection: ConnectionId, frame: Bytes) {
        let id = frame.first_chunk::<4>().map(|id| i32::from_be_bytes(*id));
        let id = id.expect("a response has a correlation id");
        let last = self.answered.get_mut(&connection).expect("a response to somebody");
        assert!(id > *last, "responses leave in the order of the requests");
        *last = id;
        if connection == WITNESS {
            self.responses.push_back(frame);
        }
    }

    /// Carries out the commit that is out.
    pub fn store(&mut self) {
        let Some(commit) = self.commits.pop_front() else { return };
        self.storage.commit(&commit);
        self.input(Input::Committed { commit: commit.id });
    }

    /// Refuses the commit that is out.
    pub fn refuse(&mut self) {
        let Some(commit) = self.commits.pop_front() else { return };
        let error = StorageError::Full("no room".to_owned());
        self.input(Input::CommitFailed { commit: commit.id, error });
        self.errors.retain(|message| !message.contains("a commit failed"));
    }

    pub fn load(&mut self) {
        let Some((load, what)) = self.loads.pop_front() else { return };
        let result = Ok(self.storage.load(&what));
        self.input(Input::Loaded { load, result });
    }

    /// Fails a load.
    pub fn lose(&mut self) {
        let Some((load, _)) = self.loads.pop_front() else { return };
        let result = Err(StorageError::Failed("it cannot be read".to_owned()));
        self.input(Input::Loaded { load, result });
    }

    /// Does all that is held back, and holds nothing back from now on.
    pub fn settle(&mut self) {
        (self.hold_commits, self.hold_loads) = (false, false);
        while !self.commits.is_empty() || !self.loads.is_empty() {
            self.store();
            self.load();
        }
    }

    /// Lets time pass, with the ticks that are due.
    pub fn pass(&mut self, ms: u64) {
        let until = self.now.monotonic_ms + ms;
        // Bounded: a deadline that is due for ever would be a fault, and shows as a hang.
        for _ in 0..100 {
            let due = self.broker.poll_deadline().filter(|due| *due <= until);
            let to = due.unwrap_or(until).max(self.now.monotonic_ms);
            self.now.wall_ms += (to - self.now.monotonic_ms) as i64;
            self.now.monotonic_ms = to;
            self.input(Input::Tick);
            if due.is_none() {
                return;
            }
        }
    }

    /// The witness asks; an answer must come at once.
    pub fn ask<R: Request>(&mut self, request: &R, version: i16) -> R::Response {
        self.ask_and_wait(request, version, 0)
    }

    /// The witness asks; an answer must come in time.
    pub fn ask_and_wait<R: Request>(&mut self, request: &R, version: i16, ms: u64) -> R::Response {
        let id = self.next_correlation_id();
        let frame = encode_request(request, version, id, Some("witness"));
        self.input(Input::Request { connection: WITNESS, frame });
        if ms > 0 {
            self.pass(ms);
        }
        let frame = self.responses.pop_front().expect("an answer");
        decode_response::<R::Response>(frame, version).expect("a response of this API").1
    }

    /// The broker is well: it answers, and what it answers of fits together.
    pub fn check(&mut self) {
        if self.failed {
            return;
        }
        self.settle();
        self.pass(0);
        let metadata = self.ask(&m::MetadataRequest::default(), 12);
        assert_eq!(metadata.brokers.len(), 2);
    }

    /// What is stored opens without any damage: as after the death of the process.
    pub fn reopen(self) -> World {
        let was_failed = self.failed;
        let now = self.now;
        let mut world = World::open(self.storage);
        world.now = now;
        assert!(was_failed || !world.failed, "what was stored cannot be opened");
        world
    }
}

impl Default for World {
    fn default() -> World {
        World::new()
    }
}

//! A broker, its storage and its clients under one clock. What happens waits in a queue; when and in
//! which order it comes is up to the seed, as far as the contracts allow: frames of a connection stay
//! in order, loads overtake each other, a commit is stored some time before that is said.

mod network;
mod room;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use bytes::Bytes;
use ottla::client::{ClientInput, Link};
use ottla::storage::{Commit, CommitId, Load, LoadId, Loaded, StorageError};
use ottla::{Broker, BrokerConfig, ConnectionId, Input, LogLevel, Now, Output};

use crate::book::Book;
use crate::clients::Actor;
use crate::disk::{Disk, Flips};
use crate::random::Random;
use crate::sabotage::Saboteur;
pub(crate) use crate::world::room::Room;

/// More events than any seed has.
const MOST_EVENTS: u64 = 400_000;
/// How long the auditor waits for an answer.
const PATIENCE_MS: u64 = 20_000;

/// How fast things are, and how often they fail: one of so many times, 0 for never.
#[derive(Clone, Copy, Default)]
pub(crate) struct Weather {
    pub(crate) commit_ms: usize,
    pub(crate) load_ms: usize,
    pub(crate) network_ms: usize,
    pub(crate) failing_commits: usize,
    pub(crate) failing_loads: usize,
    pub(crate) flips: Flips,
}

pub(crate) enum What {
    ToBroker(ConnectionId, Bytes),
    ToClient(ConnectionId, Bytes),
    Connect(usize, Link),
    /// A client hears that its connection is gone.
    Gone(usize, Link),
    /// The broker hears it.
    HungUp(ConnectionId),
    Land,
    Confirm(CommitId),
    Fail(CommitId, StorageError),
    Load(LoadId, Load),
    /// The host looks how much room there is.
    Look,
    Start,
    Crash {
        power: bool,
    },
}

struct Waiting {
    at_ms: u64,
    number: u64,
    /// Of which life of the broker it is; 0 for all.
    life: u64,
    what: What,
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Waiting) -> bool {
        self.number == other.number
    }
}
impl Eq for Waiting {}
impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Waiting) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Waiting {
    fn cmp(&self, other: &Waiting) -> std::cmp::Ordering {
        (self.at_ms, self.number).cmp(&(other.at_ms, other.number))
    }
}

/// A connection, and until when each direction is busy: what is sent later comes later.
struct Wire {
    actor: usize,
    link: Link,
    up_ms: u64,
    down_ms: u64,
}

pub(crate) struct World {
    pub(crate) now: Now,
    pub(crate) random: Random,
    pub(crate) weather: Weather,
    pub(crate) disk: Disk,
    pub(crate) book: Book,
    pub(crate) actors: Vec<Actor>,
    pub(crate) saboteur: Saboteur,
    pub(crate) traces: bool,
    /// Whether bits may flip.
    pub(crate) damages: bool,
    /// The largest value.
    pub(crate) large: usize,
    pub(crate) room: Room,
    config: BrokerConfig,
    /// How much of stored records the broker may hold in memory.
    cache_bytes: u64,
    broker: Option<Broker>,
    broker_due: Option<u64>,
    /// Counts the broker's lives, from 1.
    pub(crate) life: u64,
    /// Whether clients are let in.
    pub(crate) open: bool,
    /// The commits that are out: one, unless they are confirmed too early.
    commits: VecDeque<Commit>,
    landed: bool,
    queue: BinaryHeap<Reverse<Waiting>>,
    events: u64,
    wires: BTreeMap<ConnectionId, Wire>,
    next_connection: u64,
    auditor: ConnectionId,
    answers: VecDeque<Bytes>,
    correlation_id: i32,
}

impl World {
    pub(crate) fn new(random: Random, config: BrokerConfig, saboteur: Saboteur) -> World {
        let cache_bytes = config.value("ottla.cache.bytes").parse().unwrap();
        let mut world = World {
            now: Now { monotonic_ms: 1_000, wall_ms: 1_700_000_000_000 },
            random,
            weather: Weather::default(),
            disk: Disk::default(),
            book: Book::default(),
            actors: Vec::new(),
            traces: saboteur.traces,
            damages: false,
            large: 200,
            room: Room::default(),
            saboteur,
            config,
            cache_bytes,
            broker: None,
            broker_due: None,
            life: 0,
            open: true,
            commits: VecDeque::new(),
            landed: false,
            queue: BinaryHeap::new(),
            events: 0,
            wires: BTreeMap::new(),
            next_connection: 1,
            auditor: ConnectionId(0),
            answers: VecDeque::new(),
            correlation_id: 0,
        };
        world.start();
        world
    }

    pub(crate) fn tell(&self, what: impl FnOnce() -> String) {
        if self.traces {
            eprintln!("{:>7} ms: {}", self.now.monotonic_ms - 1_000, what());
        }
    }

    pub(crate) fn at(&mut self, in_ms: u64, what: What) {
        self.wait(self.now.monotonic_ms + in_ms, 0, what);
    }

    fn wait(&mut self, at_ms: u64, life: u64, what: What) {
        self.events += 1;
        assert!(self.events < MOST_EVENTS, "events without end");
        self.queue.push(Reverse(Waiting { at_ms, number: self.events, life, what }));
    }

    fn later(&mut self, most_ms: usize) -> u64 {
        self.now.monotonic_ms + self.random.below(most_ms + 1) as u64
    }

    // ---- The broker

    fn start(&mut self) {
        if self.broker.is_some() {
            return;
        }
        self.life += 1;
        let seed = self.random.below(usize::MAX) as u64;
        self.broker = Some(Broker::new(self.config.clone(), seed));
        self.tell(|| "the broker starts".to_owned());
        self.next_connection += 1;
        self.auditor = ConnectionId(self.next_connection);
        self.answers.clear();
        let client_host = "/127.0.0.1".to_owned();
        self.input(Input::Connected { connection: self.auditor, client_host, node_id: 0 });
        self.begin_to_look();
    }

    pub(crate) fn input(&mut self, input: Input) {
        let Some(mut broker) = self.broker.take() else { return };
        broker.handle(self.now, input);
        let mut failed = None;
        while let Some(output) = broker.poll_output() {
            match output {
                Output::Failed { error } => failed = Some(error),
                other => self.carry_out(other),
            }
        }
        let (held, unstored) = (broker.held_bytes(), broker.unstored_bytes());
        assert!(
            held <= self.cache_bytes + unstored || !broker.is_serving(),
            "memory: {held} bytes are held, of which {unstored} are not stored; {} may be cached",
            self.cache_bytes
        );
        let jitter = self.random.below(3) as u64;
        self.broker_due = broker.poll_deadline().map(|due| due.max(self.now.monotonic_ms) + jitter);
        self.broker = Some(broker);
        if let Some(error) = failed {
            self.tell(|| format!("the broker gives up: {error}"));
            self.stop();
        }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Respond { connection, frame } => self.respond(connection, frame),
            Output::Close { connection, reason } => {
                assert!(reason.contains("storage has failed"), "a connection is closed: {reason}");
                if let Some(wire) = self.wires.remove(&connection) {
                    let at = self.later(self.weather.network_ms).max(wire.down_ms);
                    self.wait(at, 0, What::Gone(wire.actor, wire.link));
                }
            }
            Output::Log { level: LogLevel::Error, message } if !self.saboteur.hides(&message) => {
                self.tell(|| format!("the broker says: {message}"));
                let words = ["damaged", "cannot be read", "not compacted"];
                let damaged = self.damages || !words.iter().any(|word| message.contains(word));
                assert!(damaged, "nothing was damaged, and yet: {message}");
                self.book.reported(&message);
            }
            Output::Log { .. } | Output::Failed { .. } => {}
            Output::Commit(commit) => {
                let early = self.saboteur.confirms_early();
                assert!(early || self.commits.is_empty(), "two commits are out at a time");
                let at = self.later(self.weather.commit_ms);
                self.wait(at, self.life, What::Land);
                if early {
                    self.wait(self.now.monotonic_ms, self.life, What::Confirm(commit.id));
                }
                self.saboteur.committing(&commit);
                self.commits.push_back(commit);
                self.landed = false;
            }
            Output::Load { id, load } => {
                let at = self.later(self.weather.load_ms);
                self.wait(at, self.life, What::Load(id, load));
            }
        }
    }

    fn respond(&mut self, connection: ConnectionId, frame: Bytes) {
        let frame = self.saboteur.response(connection, frame);
        if connection == self.auditor {
            return self.answers.push_back(frame);
        }
        let at = self.later(self.weather.network_ms);
        let Some(wire) = self.wires.get_mut(&connection) else { return };
        wire.down_ms = wire.down_ms.max(at);
        let at = wire.down_ms;
        self.wait(at, 0, What::ToClient(connection, frame));
    }

    /// The broker's process ends. What is under way to the storage may get there or not.
    fn stop(&mut self) {
        self.broker = None;
        self.broker_due = None;
        let under_way = std::mem::take(&mut self.commits).pop_front();
        if let Some(commit) = under_way.filter(|_| !self.landed) {
            let lands = !self.saboteur.confirms_early() && self.random.chance(2);
            if lands && self.disk.has_room(&commit) {
                self.disk.land(&commit);
            }
            self.tell(|| format!("{:?} was under way: stored: {lands}", commit.id));
        }
        for (_, wire) in std::mem::take(&mut self.wires) {
            let at = self.later(self.weather.network_ms);
            self.wait(at, 0, What::Gone(wire.actor, wire.link));
        }
        let down_ms = 20 + self.random.below(500) as u64;
        self.at(down_ms, What::Start);
        // What comes of this life is void.
        self.life += 1;
    }

    fn crash(&mut self, power: bool) {
        if self.broker.is_none() {
            return;
        }
        self.tell(|| "the broker crashes".to_owned());
        self.stop();
        if power {
            let lost = self.disk.lose_power(&mut self.random);
            self.tell(|| format!("the power is lost, and {lost} commits with it"));
            self.book.power_lost();
            // What was on its way to clients is not, so that nobody hears of what is gone after it
            // has been found to be gone.
            self.queue.retain(|Reverse(waiting)| !matches!(waiting.what, What::ToClient(..)));
            self.open = false;
        }
        self.saboteur.crashed(&mut self.disk, &mut self.random);
    }

    // ---- Time

    /// Lets time pass.
    pub(crate) fn pass(&mut self, ms: u64) {
        let until = self.now.monotonic_ms + ms;
        while self.step(until) {}
    }

    /// The next thing happens, if it does so until then.
    pub(crate) fn step(&mut self, until_ms: u64) -> bool {
        let queued = self.queue.peek().map(|Reverse(waiting)| waiting.at_ms);
        let actor = (0..self.actors.len()).min_by_key(|at| self.actors[*at].due_ms());
        let woken = actor.map(|at| self.actors[at].due_ms());
        let next = [queued, self.broker_due, woken].into_iter().flatten().min();
        let next = next.unwrap_or(u64::MAX).max(self.now.monotonic_ms);
        let to = next.min(until_ms);
        self.now.wall_ms += (to - self.now.monotonic_ms) as i64;
        self.now.monotonic_ms = to;
        if next > until_ms {
            return false;
        }
        if queued.is_some_and(|at| at <= to) {
            if let Some(Reverse(Waiting { life, what, .. })) = self.queue.pop()
                && (life == 0 || life == self.life)
            {
                self.happen(what);
            }
        } else if self.broker_due.is_some_and(|due| due <= to) {
            self.count();
            self.input(Input::Tick);
        } else if let Some(at) = actor {
            self.count();
            self.wake(at);
        }
        true
    }

    fn count(&mut self) {
        self.events += 1;
        assert!(self.events < MOST_EVENTS, "ticks without end");
    }

    fn happen(&mut self, what: What) {
        match what {
            What::ToBroker(connection, frame) => {
                if self.wires.contains_key(&connection) {
                    self.input(Input::Request { connection, frame });
                }
            }
            What::ToClient(connection, frame) => {
                let actor = |actor: &Actor| actor.link_of(connection);
                let found =
                    self.actors.iter().enumerate().find_map(|(at, a)| Some((at, actor(a)?)));
                if let Some((at, link)) = found {
                    self.hear(at, ClientInput::Received { link, frame });
                }
            }
            What::Connect(at, link) => self.connect(at, link),
            What::Gone(at, link) => {
                if self.actors[at].unlink(link) {
                    self.hear(at, ClientInput::Disconnected { link, reason: "gone".into() });
                }
            }
            What::HungUp(connection) => self.input(Input::Disconnected { connection }),
            What::Land => self.land(),
            What::Confirm(commit) => {
                if !self.saboteur.confirms_early() {
                    self.commits.clear();
                }
                self.saboteur.settled();
                self.input(Input::Committed { commit });
            }
            What::Fail(commit, error) => {
                self.commits.clear();
                self.saboteur.settled();
                self.input(Input::CommitFailed { commit, error });
            }
            What::Load(id, load) => self.load(id, &load),
            What::Look => self.look(),
            What::Start => self.start(),
            What::Crash { power } => self.crash(power),
        }
    }

    fn load(&mut self, id: LoadId, load: &Load) {
        let odds = self.weather.failing_loads;
        let result = if odds > 0 && self.random.chance(odds) {
            self.tell(|| format!("{load:?} fails"));
            Err(StorageError::Failed("it cannot be read".into()))
        } else {
            let (loaded, flipped) = self.disk.load(load, self.weather.flips, &mut self.random);
            if flipped {
                self.tell(|| format!("{load:?} brings a flipped bit"));
            }
            self.tell(|| match (load, &loaded) {
                (Load::Log(range), Loaded::Log(pieces)) => {
                    let bytes: usize = pieces.iter().map(|(_, bytes)| bytes.len()).sum();
                    format!("{id:?}: {bytes} bytes of {range:?}")
                }
                _ => format!("{id:?}: metadata"),
            });
            Ok(self.saboteur.loaded(loaded))
        };
        self.input(Input::Loaded { load: id, result });
    }
}

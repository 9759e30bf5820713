//! What it takes until all members of a group have their partitions, for each assignor of the classic
//! protocol and for KIP-848: when the group is new, when a member more comes, when one leaves.
//!
//! Clients and broker are in one process. Frames take no time, and time passes only when nothing else
//! is left to do, so that "until stable" is what the protocol itself waits for: heartbeats that tell
//! of a rebalance, and the delay in which a new group waits for more members (Kafka's 3 seconds). What
//! client and broker compute is measured apart, over everybody. Bytes are those of the groups' own
//! requests and answers, with their lengths, in both directions.
//!
//! Heartbeats go out every 3 seconds (every 5 in KIP-848), as by default. Nothing is read.

#![allow(clippy::expect_used, clippy::panic, reason = "a benchmark that fails should stop")]

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;
use ottla::client::{
    Address, Assignor, Client, ClientConfig, ClientInput, ClientOutput, Event, GroupConfig,
    GroupEvent, GroupProtocol, Link, Strategy, Subscription, TopicPartition,
};
use ottla::protocol::{ApiKey, encode_request, messages as m};
use ottla::storage::MemoryStorage;
use ottla::{Broker, BrokerConfig, ConnectionId, Input, Now, Output};

const TOPIC: &str = "t";
const ADMIN: ConnectionId = ConnectionId(0);
/// A group counts as stable when nothing has changed for so long.
const QUIET_MS: u64 = 21_300;
/// The APIs that there are for groups.
const OWN: [ApiKey; 8] = [
    ApiKey::FindCoordinator,
    ApiKey::JoinGroup,
    ApiKey::SyncGroup,
    ApiKey::Heartbeat,
    ApiKey::LeaveGroup,
    ApiKey::OffsetCommit,
    ApiKey::OffsetFetch,
    ApiKey::ConsumerGroupHeartbeat,
];

/// A connection of a client: the APIs of the requests that have no answer yet.
struct Connection {
    member: usize,
    link: Link,
    asked: VecDeque<bool>,
}

struct Member {
    client: Client,
    links: HashMap<Link, ConnectionId>,
    owned: BTreeSet<TopicPartition>,
}

/// Since the last change of the group's.
#[derive(Clone, Copy)]
struct Cost {
    at_ms: u64,
    bytes: u64,
    requests: u64,
    computed: Duration,
}

struct World {
    broker: Broker,
    storage: MemoryStorage,
    now: Now,
    members: BTreeMap<usize, Member>,
    connections: HashMap<ConnectionId, Connection>,
    cost: Cost,
    stable: Cost,
}

impl World {
    fn new(partitions: i32) -> World {
        let now = Now { monotonic_ms: 1_000, wall_ms: 1_700_000_000_000 };
        let cost = Cost { at_ms: 0, bytes: 0, requests: 0, computed: Duration::ZERO };
        let mut world = World {
            broker: Broker::new(BrokerConfig::default(), 1),
            storage: MemoryStorage::new(),
            now,
            members: BTreeMap::new(),
            connections: HashMap::new(),
            cost,
            stable: cost,
        };
        let client_host = "/127.0.0.1".to_owned();
        world.tell(Input::Connected { connection: ADMIN, client_host, node_id: 0 });
        let topic = m::CreatableTopic {
            name: TOPIC.to_owned(),
            num_partitions: partitions,
            replication_factor: 1,
            ..m::CreatableTopic::default()
        };
        let create = m::CreateTopicsRequest { topics: vec![topic], ..Default::default() };
        let frame = encode_request(&create, 7, 1, None);
        world.tell(Input::Request { connection: ADMIN, frame });
        world
    }

    fn join(&mut self, number: usize, group: GroupConfig) {
        let config = ClientConfig {
            bootstrap: vec![Address::new("localhost", 9092)],
            group: Some(group),
            ..ClientConfig::default()
        };
        let mut client = Client::new(config, 1 + number as u64).expect("a configuration");
        client.subscribe(self.now, Subscription::Topics(vec![TOPIC.into()])).expect("a topic");
        let (links, owned) = (HashMap::new(), BTreeSet::new());
        self.members.insert(number, Member { client, links, owned });
    }

    /// Hands the broker something, and brings about all that comes of it.
    fn tell(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            self.broker.handle(self.now, input);
            while let Some(output) = self.broker.poll_output() {
                match output {
                    Output::Respond { connection, frame } => self.answer(connection, frame),
                    Output::Commit(commit) => {
                        self.storage.commit(&commit);
                        inputs.push_back(Input::Committed { commit: commit.id });
                    }
                    Output::Load { id, load } => {
                        let result = Ok(self.storage.load(&load));
                        inputs.push_back(Input::Loaded { load: id, result });
                    }
                    Output::Log { .. } => {}
                    other => panic!("{other:?}"),
                }
            }
        }
    }

    fn answer(&mut self, connection: ConnectionId, frame: Bytes) {
        let Some(known) = self.connections.get_mut(&connection) else { return };
        if known.asked.pop_front().expect("it was asked") {
            self.cost.bytes += 4 + frame.len() as u64;
        }
        let (member, link) = (known.member, known.link);
        let member = self.members.get_mut(&member).expect("it is there");
        member.client.handle(self.now, ClientInput::Received { link, frame });
    }

    /// Lets everybody do what there is to do now.
    fn run(&mut self) {
        let mut busy = true;
        while busy {
            busy = false;
            for number in self.members.keys().copied().collect::<Vec<_>>() {
                busy |= self.work(number);
            }
        }
    }

    /// Lets a member hear what there is, and send one thing: members take turns, as the second step of
    /// one must not overtake the first of another that is as far.
    fn work(&mut self, number: usize) -> bool {
        let now = self.now;
        let mut busy = false;
        let member = self.members.get_mut(&number).expect("it is there");
        while let Some(event) = member.client.poll_event() {
            busy = true;
            let Event::Group(event) = event else { continue };
            let changed = match event {
                GroupEvent::Assigned { partitions } => {
                    for (topic, partition) in partitions {
                        member.client.pause(now, &topic, partition).expect("its own");
                        member.owned.insert((topic, partition));
                    }
                    true
                }
                GroupEvent::Revoked { partitions } => {
                    member.owned.retain(|each| !partitions.contains(each));
                    member.client.acknowledge_revoked(now);
                    true
                }
                GroupEvent::Lost { .. } | GroupEvent::Failed { .. } => panic!("{event:?}"),
                GroupEvent::Rebalancing { .. } | GroupEvent::Joined(_) => true,
                _ => false,
            };
            if changed {
                self.stable.at_ms = now.monotonic_ms;
            }
        }
        let member = self.members.get_mut(&number).expect("it is there");
        let Some(output) = member.client.poll_output() else { return busy };
        busy = true;
        match output {
            ClientOutput::Connect { link, .. } => {
                let connection = ConnectionId(1 + self.connections.len() as u64);
                member.links.insert(link, connection);
                member.client.handle(now, ClientInput::Connected { link });
                let known = Connection { member: number, link, asked: VecDeque::new() };
                self.connections.insert(connection, known);
                let client_host = "/127.0.0.1".to_owned();
                self.tell(Input::Connected { connection, client_host, node_id: 0 });
            }
            ClientOutput::Send { link, frame } => {
                let connection = member.links[&link];
                let api = i16::from_be_bytes([frame[0], frame[1]]);
                let own = OWN.iter().any(|key| *key as i16 == api);
                if own {
                    self.cost.bytes += 4 + frame.len() as u64;
                    self.cost.requests += 1;
                }
                let known = self.connections.get_mut(&connection).expect("it stands");
                known.asked.push_back(own);
                self.tell(Input::Request { connection, frame });
            }
            ClientOutput::Disconnect { .. } => {}
        }
        busy
    }

    /// What it takes is counted from now on.
    fn begin(&mut self) {
        let at_ms = self.now.monotonic_ms;
        self.cost = Cost { at_ms, bytes: 0, requests: 0, computed: Duration::ZERO };
        self.stable = self.cost;
    }

    /// Lets time pass until the group stands still. Says what it took.
    fn settle(&mut self, partitions: i32) -> Cost {
        let begun = self.cost.at_ms;
        while self.now.monotonic_ms < self.stable.at_ms + QUIET_MS {
            let started = Instant::now();
            self.run();
            self.cost.computed += started.elapsed();
            if self.stable.at_ms == self.now.monotonic_ms {
                self.stable = Cost { at_ms: self.now.monotonic_ms, ..self.cost };
            }
            let now = self.now;
            let due = self.members.values().filter_map(|each| each.client.poll_deadline(now));
            let due = due.chain(self.broker.poll_deadline()).min().unwrap_or(u64::MAX);
            let end = self.stable.at_ms + QUIET_MS;
            let by = due.min(end).saturating_sub(now.monotonic_ms).max(1);
            self.now.monotonic_ms += by;
            self.now.wall_ms += by as i64;
            let started = Instant::now();
            self.tell(Input::Tick);
            let now = self.now;
            for member in self.members.values_mut() {
                member.client.handle(now, ClientInput::Tick);
            }
            self.cost.computed += started.elapsed();
        }
        let shares: Vec<usize> = self.members.values().map(|each| each.owned.len()).collect();
        let all: BTreeSet<_> = self.members.values().flat_map(|each| &each.owned).collect();
        assert_eq!((all.len(), shares.iter().sum()), (partitions as usize, partitions as usize));
        let (least, most) = (shares.iter().min(), shares.iter().max());
        assert!(most.zip(least).is_some_and(|(most, least)| most - least <= 1), "{shares:?}");
        Cost { at_ms: self.stable.at_ms - begun, ..self.stable }
    }
}

type Kind = (&'static str, fn(&mut GroupConfig));
const KINDS: [Kind; 5] = [
    ("range (eager)", |group| assign(group, Strategy::Range)),
    ("roundrobin (eager)", |group| assign(group, Strategy::RoundRobin)),
    ("sticky (eager)", |group| assign(group, Strategy::Sticky)),
    ("cooperative-sticky", |group| assign(group, Strategy::CooperativeSticky)),
    ("KIP-848, uniform", |group| group.protocol = GroupProtocol::Consumer),
];

fn assign(group: &mut GroupConfig, strategy: Strategy) {
    group.assignors = vec![Assignor::Standard(strategy)];
}

fn measure(members: usize, partitions: i32) {
    println!("\nRebalance: {members} members, {partitions} partitions\n");
    println!(
        "{:<20} {:<12} {:>14} {:>12} {:>10} {:>14}",
        "protocol", "what", "until stable", "bytes", "requests", "computed"
    );
    for (name, change) in KINDS {
        let config = || {
            let mut group = GroupConfig::new("g");
            change(&mut group);
            group
        };
        let mut world = World::new(partitions);
        let print = |what: &str, cost: Cost| {
            println!(
                "{name:<20} {what:<12} {:>11} ms {:>12} {:>10} {:>11.1} ms",
                cost.at_ms,
                cost.bytes,
                cost.requests,
                cost.computed.as_secs_f64() * 1_000.0
            );
        };
        world.begin();
        (0..members).for_each(|number| world.join(number, config()));
        print("all come", world.settle(partitions));
        world.begin();
        world.join(members, config());
        print("one more", world.settle(partitions));
        world.begin();
        let now = world.now;
        let leaving = world.members.get_mut(&0).expect("the first");
        leaving.client.leave_group(now).expect("a member");
        world.run();
        world.members.remove(&0);
        print("one leaves", world.settle(partitions));
    }
}

fn main() {
    measure(10, 100);
    measure(100, 1_000);
}

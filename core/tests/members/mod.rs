//! Several clients in consumer groups of one broker, under one clock that only moves when it is told.
//!
//! Frames wait in a queue for each connection and direction. [`World::run`] carries all of them in a
//! fixed order; [`World::step`] carries one, which the caller's randomness chooses, so that messages
//! of different connections overtake each other while those of one stay in order. What members are
//! told and what they process is checked as it happens: see [`checks`].
#![allow(dead_code, unreachable_pub, clippy::expect_used, clippy::unwrap_used, clippy::panic)] // Each test binary uses a part of it, as a module of its own.

pub mod checks;
pub mod member;

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use ottla::client::{
    Address, AutoOffsetReset, ClientConfig, ClientInput, ClientOutput, GroupConfig,
};
use ottla::protocol::{Request, decode_response, messages as m};
use ottla::{ConnectionId, Input};

use crate::host::{self, CLIENT, Host, batch};
use checks::Checks;
pub use member::Member;

/// A broker and the members of its groups.
pub struct World {
    pub host: Host,
    pub members: Vec<Member>,
    pub checks: Checks,
    /// Frames on their way to the broker, and to the clients.
    to_broker: BTreeMap<ConnectionId, VecDeque<Bytes>>,
    to_client: BTreeMap<ConnectionId, VecDeque<Bytes>>,
    next_connection: u64,
}

/// A member's configuration: reads from the first offset, finds new partitions within a second.
pub fn config(change: impl FnOnce(&mut GroupConfig)) -> ClientConfig {
    let mut group = GroupConfig::new("g");
    group.session_timeout_ms = 10_000;
    group.rebalance_timeout_ms = 20_000;
    group.auto_commit_interval_ms = 1_000;
    change(&mut group);
    let mut config = ClientConfig {
        bootstrap: vec![Address::new("localhost", 9092)],
        metadata_max_age_ms: 1_000,
        group: Some(group),
        ..ClientConfig::default()
    };
    config.fetcher.auto_offset_reset = AutoOffsetReset::Earliest;
    config.retry.retries = 1_000;
    config
}

/// Asks the broker beside the members, whose answers stay where they are.
pub fn ask<R: Request>(host: &mut Host, request: &R, version: i16) -> R::Response {
    host.send(request, version);
    let at = host.responses.iter().position(|(to, _)| *to == CLIENT).expect("an answer");
    let (_, frame) = host.responses.remove(at).unwrap();
    decode_response(frame, version).expect("an answer of this API and version").1
}

impl World {
    pub fn new() -> World {
        World {
            host: Host::new(),
            members: Vec::new(),
            checks: Checks::default(),
            to_broker: BTreeMap::new(),
            to_client: BTreeMap::new(),
            next_connection: 100,
        }
    }

    /// With topics of so many partitions.
    pub fn with(topics: &[(&str, i32)]) -> World {
        let mut world = World::new();
        topics.iter().for_each(|(name, partitions)| world.create(name, *partitions));
        world
    }

    pub fn create(&mut self, topic: &str, partitions: i32) {
        let topic = m::CreatableTopic {
            name: topic.to_owned(),
            num_partitions: partitions,
            replication_factor: 1,
            ..Default::default()
        };
        let request = m::CreateTopicsRequest { topics: vec![topic], ..Default::default() };
        assert_eq!(ask(&mut self.host, &request, 7).topics[0].error_code, 0);
    }

    /// Appends records to a partition, each with the number that it has in it.
    pub fn produce(&mut self, topic: &str, partition: i32, records: i64) {
        let key = (topic.into(), partition);
        let first = self.checks.produced(&key, records);
        let values: Vec<String> = (first..first + records).map(|n| n.to_string()).collect();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let batch = batch(self.host.now.wall_ms, &values);
        let answer = ask(&mut self.host, &host::produce(topic, partition, batch), 9);
        assert_eq!(answer.responses[0].partition_responses[0].error_code, 0);
    }

    pub fn grow(&mut self, topic: &str, partitions: i32) {
        let topic = m::CreatePartitionsTopic {
            name: topic.to_owned(),
            count: partitions,
            ..Default::default()
        };
        let request = m::CreatePartitionsRequest {
            topics: vec![topic],
            timeout_ms: 1_000,
            ..Default::default()
        };
        assert_eq!(ask(&mut self.host, &request, 3).results[0].error_code, 0);
    }

    /// Another member, which subscribes at once. Returns its number.
    pub fn join(&mut self, config: ClientConfig, topics: &[&str]) -> usize {
        let number = self.members.len();
        self.members.push(Member::new(number, config, topics, self.host.now));
        number
    }

    /// A member is gone without a word. Its connections break, or nobody notices.
    pub fn crash(&mut self, number: usize, noticed: bool) {
        let member = &mut self.members[number];
        member.crashed = true;
        self.checks.gone(number);
        for (_, connection) in std::mem::take(&mut member.links) {
            self.to_broker.remove(&connection);
            self.to_client.remove(&connection);
            if noticed {
                self.host.input(Input::Disconnected { connection });
            }
        }
    }

    /// All connections of a member break; it makes them anew.
    pub fn cut(&mut self, number: usize) {
        let member = &mut self.members[number];
        for (link, connection) in std::mem::take(&mut member.links) {
            self.to_broker.remove(&connection);
            self.to_client.remove(&connection);
            self.host.input(Input::Disconnected { connection });
            let reason = "cut".to_owned();
            member.client.handle(self.host.now, ClientInput::Disconnected { link, reason });
        }
    }

    /// Another broker over what is stored.
    pub fn restart_broker(&mut self) {
        (0..self.members.len()).for_each(|number| self.cut(number));
        self.to_broker.clear();
        self.to_client.clear();
        let host = std::mem::replace(&mut self.host, Host::new());
        self.host = host.reopen_now();
    }

    /// Carries everything until nothing more comes of it.
    pub fn run(&mut self) {
        loop {
            self.work();
            let busy = |frames: &BTreeMap<ConnectionId, VecDeque<Bytes>>| {
                frames.iter().find(|(_, frames)| !frames.is_empty()).map(|(&id, _)| id)
            };
            if let Some(connection) = busy(&self.to_broker) {
                self.carry(connection, true);
            } else if let Some(connection) = busy(&self.to_client) {
                self.carry(connection, false);
            } else {
                return;
            }
        }
    }

    /// Carries one frame, which `random` chooses: a number below its argument. Says whether there
    /// was one.
    pub fn step(&mut self, random: &mut dyn FnMut(usize) -> usize) -> bool {
        self.work();
        let waiting = |frames: &BTreeMap<ConnectionId, VecDeque<Bytes>>, up: bool| {
            let busy = frames.iter().filter(|(_, frames)| !frames.is_empty());
            busy.map(|(&id, _)| (id, up)).collect::<Vec<_>>()
        };
        let mut all = waiting(&self.to_broker, true);
        all.extend(waiting(&self.to_client, false));
        if all.is_empty() {
            return false;
        }
        let (connection, up) = all[random(all.len())];
        self.carry(connection, up);
        self.work();
        true
    }

    fn carry(&mut self, connection: ConnectionId, up: bool) {
        let frames = if up { &mut self.to_broker } else { &mut self.to_client };
        let Some(frame) = frames.get_mut(&connection).and_then(VecDeque::pop_front) else { return };
        if up {
            return self.host.input(Input::Request { connection, frame });
        }
        for member in self.members.iter_mut().filter(|member| !member.stalled) {
            let link = member.links.iter().find(|(_, known)| **known == connection);
            if let Some((&link, _)) = link {
                let input = ClientInput::Received { link, frame };
                return member.client.handle(self.host.now, input);
            }
        }
    }

    /// Lets every member that is not stalled do what it can, and collects what is to be carried.
    fn work(&mut self) {
        for number in 0..self.members.len() {
            let member = &mut self.members[number];
            if member.crashed || member.stalled {
                continue;
            }
            member.work(self.host.now, &mut self.checks);
            while let Some(output) = self.members[number].client.poll_output() {
                self.carry_out(number, output);
            }
        }
        while let Some((connection, frame)) = self.host.responses.pop_front() {
            self.to_client.entry(connection).or_default().push_back(frame);
        }
        for (connection, _) in std::mem::take(&mut self.host.closed) {
            for member in &mut self.members {
                let link = member.links.iter().find(|(_, known)| **known == connection);
                if let Some(link) = link.map(|(&link, _)| link) {
                    member.links.remove(&link);
                    let reason = "closed".to_owned();
                    let input = ClientInput::Disconnected { link, reason };
                    member.client.handle(self.host.now, input);
                }
            }
        }
    }

    fn carry_out(&mut self, number: usize, output: ClientOutput) {
        let member = &mut self.members[number];
        match output {
            ClientOutput::Connect { link, .. } => {
                let connection = ConnectionId(self.next_connection);
                self.next_connection += 1;
                member.links.insert(link, connection);
                self.host.connect(connection);
                member.client.handle(self.host.now, ClientInput::Connected { link });
            }
            ClientOutput::Send { link, frame } => {
                if let Some(&connection) = member.links.get(&link) {
                    self.to_broker.entry(connection).or_default().push_back(frame);
                }
            }
            ClientOutput::Disconnect { link } => {
                if let Some(connection) = member.links.remove(&link) {
                    self.to_broker.remove(&connection);
                    self.to_client.remove(&connection);
                    self.host.input(Input::Disconnected { connection });
                }
            }
        }
    }

    /// Lets time pass, from one deadline of a member to the next, carrying everything.
    pub fn pass(&mut self, ms: u64) {
        let end = self.host.now.monotonic_ms + ms;
        while self.host.now.monotonic_ms < end {
            self.run();
            let left = end - self.host.now.monotonic_ms;
            self.tick(left);
        }
        self.run();
    }

    /// Lets time pass to the next deadline, `most_ms` at most, carrying nothing.
    pub fn tick(&mut self, most_ms: u64) {
        let now = self.host.now;
        let awake = |member: &&mut Member| !member.crashed && !member.stalled;
        let due = self.members.iter_mut().filter(awake).filter_map(|m| m.client.poll_deadline(now));
        let by = due.min().map_or(most_ms, |at| at.saturating_sub(now.monotonic_ms).max(1));
        self.host.pass(by.min(most_ms));
        for member in self.members.iter_mut().filter(awake) {
            member.client.handle(self.host.now, ClientInput::Tick);
        }
        self.work();
        self.checks.committed_only_grows(&mut self.host);
    }

    /// Lets time pass until the group stands still for as long as a heartbeat may take, and says who
    /// has what: `0: t0 t1 | 1: t2`.
    pub fn settle(&mut self) -> String {
        let mut before = String::new();
        let mut still = 0;
        for _ in 0..120 {
            self.pass(1_000);
            let now = self.checks.owners();
            let quiet = self.members.iter().all(|m| m.crashed || m.is_quiet());
            still = if now == before && quiet { still + 1 } else { 0 };
            if still >= 8 {
                self.checks.everything_owned_once(&self.members);
                return now;
            }
            before = now;
        }
        panic!("never stands still: {before}");
    }
}

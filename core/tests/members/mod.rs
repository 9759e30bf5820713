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

/// Somebody between clients and broker who changes what is said: for showing that it is noticed.
pub trait Tamper {
    fn request(&mut self, connection: ConnectionId, frame: Bytes) -> Bytes;
    fn response(&mut self, connection: ConnectionId, frame: Bytes) -> Bytes;
    /// The broker is about to be opened anew over this storage.
    fn storage(&mut self, host: &mut Host);
}

/// A broker and the members of its groups.
pub struct World {
    pub host: Host,
    pub members: Vec<Member>,
    /// What is known of the group `g`, and of the group `h` beside it.
    pub checks: Checks,
    pub beside: Checks,
    pub tamper: Option<Box<dyn Tamper>>,
    /// Whether to say what members are told.
    pub traces: bool,
    /// How many commits there were when offsets were looked at last.
    looked_at: usize,
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

/// Where a member is.
fn tab(number: usize) -> String {
    format!("tab-{number}")
}

impl World {
    pub fn new() -> World {
        World {
            host: Host::new(),
            members: Vec::new(),
            checks: Checks::of("g"),
            beside: Checks::of("h"),
            tamper: None,
            traces: false,
            looked_at: 0,
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
        self.beside.produced(&key, records);
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

    pub fn delete(&mut self, topic: &str) {
        self.checks.forget(topic);
        self.beside.forget(topic);
        let request = m::DeleteTopicsRequest {
            topic_names: vec![topic.to_owned()],
            timeout_ms: 1_000,
            ..Default::default()
        };
        assert_eq!(ask(&mut self.host, &request, 5).responses[0].error_code, 0);
    }

    /// What was held back is stored, and nothing is held back from now on.
    pub fn release(&mut self) {
        self.host.hold_commits = false;
        while !self.host.commits.is_empty() {
            self.host.store();
        }
    }

    /// Another member, which subscribes at once. Returns its number.
    pub fn join(&mut self, config: ClientConfig, topics: &[&str]) -> usize {
        let number = self.members.len();
        if self.traces {
            eprintln!(
                "{} ms: member {number}: {topics:?} {:?}",
                self.host.now.monotonic_ms, config.group
            );
        }
        self.members.push(Member::new(number, config, topics, self.host.now));
        number
    }

    /// A member is gone without a word. Its connections break, or nobody notices.
    pub fn crash(&mut self, number: usize, noticed: bool) {
        let member = &mut self.members[number];
        member.crashed = true;
        let checks = if member.beside { &mut self.beside } else { &mut self.checks };
        checks.gone(number);
        for (_, connection) in std::mem::take(&mut member.links) {
            self.to_broker.remove(&connection);
            self.to_client.remove(&connection);
            if noticed {
                self.host.input(Input::Disconnected { connection });
            }
        }
    }

    /// Members are gone whose host knows it: their tabs were closed.
    pub fn vanish(&mut self, number: usize) {
        self.crash(number, false);
        let alive = self.members.iter().filter(|member| !member.crashed);
        let hosts = alive.map(|member| tab(member.number)).collect();
        self.host.input(Input::AliveHosts { hosts });
    }

    /// All connections of a member break; it makes them anew.
    pub fn cut(&mut self, number: usize) {
        let member = &mut self.members[number];
        for (link, connection) in std::mem::take(&mut member.links) {
            self.to_broker.remove(&connection);
            self.to_client.remove(&connection);
            self.host.input(Input::Disconnected { connection });
            let reason = "cut".to_owned();
            member.woken = true;
            member.client.handle(self.host.now, ClientInput::Disconnected { link, reason });
        }
    }

    /// Another broker over what is stored.
    pub fn restart_broker(&mut self) {
        (0..self.members.len()).for_each(|number| self.cut(number));
        self.to_broker.clear();
        self.to_client.clear();
        let mut host = std::mem::replace(&mut self.host, Host::new());
        if let Some(tamper) = &mut self.tamper {
            tamper.storage(&mut host);
        }
        self.host = host.reopen_now();
        self.looked_at = usize::MAX;
    }

    /// Carries everything until nothing more comes of it.
    pub fn run(&mut self) {
        self.members.iter_mut().for_each(|member| member.woken = true);
        for _ in 0..20_000 {
            self.work();
            let deaf = self.deaf();
            let busy = |frames: &BTreeMap<ConnectionId, VecDeque<Bytes>>| {
                let waiting = |(id, frames): &(&ConnectionId, &VecDeque<Bytes>)| {
                    !frames.is_empty() && !deaf.contains(id)
                };
                frames.iter().find(waiting).map(|(&id, _)| id)
            };
            if let Some(connection) = busy(&self.to_broker) {
                self.carry(connection, true);
            } else if let Some(connection) = busy(&self.to_client) {
                self.carry(connection, false);
            } else {
                return;
            }
        }
        panic!("messages without end");
    }

    /// Carries one frame, which `random` chooses: a number below its argument. Says whether there
    /// was one.
    pub fn step(&mut self, random: &mut dyn FnMut(usize) -> usize) -> bool {
        self.work();
        let deaf = self.deaf();
        let waiting = |frames: &BTreeMap<ConnectionId, VecDeque<Bytes>>, up: bool| {
            let busy = frames.iter().filter(|(_, frames)| !frames.is_empty());
            let busy = busy.filter(|(id, _)| !deaf.contains(id));
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

    /// The connections of members that hang: what is on its way there waits.
    fn deaf(&self) -> Vec<ConnectionId> {
        let deaf = self.members.iter().filter(|member| member.stalled && !member.crashed);
        deaf.flat_map(|member| member.links.values().copied()).collect()
    }

    fn carry(&mut self, connection: ConnectionId, up: bool) {
        let frames = if up { &mut self.to_broker } else { &mut self.to_client };
        let Some(frame) = frames.get_mut(&connection).and_then(VecDeque::pop_front) else { return };
        let frame = match &mut self.tamper {
            None => frame,
            Some(tamper) if up => tamper.request(connection, frame),
            Some(tamper) => tamper.response(connection, frame),
        };
        if up {
            return self.host.input(Input::Request { connection, frame });
        }
        for member in self.members.iter_mut().filter(|member| !member.stalled) {
            let link = member.links.iter().find(|(_, known)| **known == connection);
            if let Some((&link, _)) = link {
                member.woken = true;
                let input = ClientInput::Received { link, frame };
                return member.client.handle(self.host.now, input);
            }
        }
    }

    /// Lets every member that heard something and is not stalled do what it can, and collects what is
    /// to be carried.
    fn work(&mut self) {
        for number in 0..self.members.len() {
            let member = &mut self.members[number];
            if member.crashed || member.stalled || !std::mem::take(&mut member.woken) {
                continue;
            }
            let checks = if member.beside { &mut self.beside } else { &mut self.checks };
            let told = member.told.len();
            member.work(self.host.now, checks);
            for text in member.told[told..].iter().filter(|_| self.traces) {
                eprintln!("{} ms: member {number}: {text}", self.host.now.monotonic_ms);
            }
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
                    member.woken = true;
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
                let client_host = tab(number);
                self.host.input(Input::Connected { connection, client_host, node_id: 0 });
                member.woken = true;
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
            member.woken = true;
            member.client.handle(self.host.now, ClientInput::Tick);
        }
        self.work();
        self.look();
    }

    /// Looks at what is committed, where that may have changed and can be told.
    fn look(&mut self) {
        let changed = self.looked_at != self.host.commit_count;
        if changed && self.host.commits.is_empty() && self.host.broker.is_serving() {
            self.looked_at = self.host.commit_count;
            let two = self.members.iter().any(|member| member.beside);
            for checks in
                [&mut self.checks, &mut self.beside].into_iter().take(1 + usize::from(two))
            {
                checks.committed_only_grows(&mut self.host);
                checks.assigned_once(&mut self.host);
            }
        }
    }

    /// Lets time pass until the groups stand still for as long as a heartbeat may take and every
    /// partition has one owner, and says who has what: `0: t0 t1 | 1: t2`.
    pub fn settle(&mut self) -> String {
        let mut before = String::new();
        let mut wrong = String::new();
        let mut still = 0;
        for _ in 0..150 {
            self.pass(1_000);
            let now = [self.checks.owners(), self.beside.owners()].join(" / ");
            let now = now.trim_end_matches(" / ").to_owned();
            let quiet = self.members.iter().all(|m| m.crashed || m.is_quiet());
            still = if now == before && quiet { still + 1 } else { 0 };
            if still >= 8 {
                let owned = self.checks.everything_owned_once(&self.members, false);
                match owned.and_then(|()| self.beside.everything_owned_once(&self.members, true)) {
                    Ok(()) => return now,
                    Err(why) => wrong = why,
                }
            }
            before = now;
        }
        panic!("never stands still: {before} {wrong}");
    }
}

//! The client against the broker: frames go from one to the other, and nothing else is real.
#![allow(clippy::unwrap_used, clippy::panic)] // Clippy's exception covers test functions only.

mod host;

use std::collections::{BTreeMap, VecDeque};

use host::Host;
use ottla::client::{
    Address, AutoOffsetReset, Client, ClientConfig, ClientError, ClientInput, ClientOutput, Event,
    Fetched, IsolationLevel, Link, ProduceRecord, SendId, StartPosition, Target,
};
use ottla::protocol::messages::{
    CreatableTopic, CreatePartitionsRequest, CreatePartitionsTopic, CreateTopicsRequest,
    CreateTopicsResponse,
};
use ottla::record::Compression;
use ottla::{ConnectionId, Input};

/// A broker and one client, each connection of which is one of the broker's.
struct World {
    host: Host,
    client: Client,
    links: BTreeMap<Link, ConnectionId>,
    next_connection: u64,
    events: VecDeque<Event>,
}

fn config() -> ClientConfig {
    ClientConfig { bootstrap: vec![Address::new("localhost", 9092)], ..ClientConfig::default() }
}

impl World {
    fn new(config: ClientConfig) -> World {
        World {
            host: Host::new(),
            client: Client::new(config, 7).unwrap(),
            links: BTreeMap::new(),
            next_connection: 100,
            events: VecDeque::new(),
        }
    }

    /// With a topic `t`.
    fn with_topic(config: ClientConfig, partitions: i32) -> World {
        let mut world = World::new(config);
        let topic = CreatableTopic {
            name: "t".to_owned(),
            num_partitions: partitions,
            replication_factor: 1,
            ..CreatableTopic::default()
        };
        let request = CreateTopicsRequest { topics: vec![topic], ..CreateTopicsRequest::default() };
        world.client.request(world.host.now, Target::Controller, request).unwrap();
        world.run();
        let Some(Event::Response { response, .. }) = world.events.pop_front() else {
            panic!("{:?}", world.events)
        };
        let response: CreateTopicsResponse = response.decode().unwrap();
        assert_eq!(response.topics[0].error_code, 0, "{response:?}");
        world
    }

    /// Carries frames to and fro until there are none.
    fn run(&mut self) {
        loop {
            let mut idle = true;
            while let Some(output) = self.client.poll_output() {
                idle = false;
                self.carry_out(output);
            }
            while let Some((connection, frame)) = self.host.responses.pop_front() {
                idle = false;
                let link = self.links.iter().find(|(_, known)| **known == connection);
                if let Some((&link, _)) = link {
                    self.client.handle(self.host.now, ClientInput::Received { link, frame });
                }
            }
            self.events.extend(std::iter::from_fn(|| self.client.poll_event()));
            if idle {
                return;
            }
        }
    }

    fn carry_out(&mut self, output: ClientOutput) {
        match output {
            ClientOutput::Connect { link, .. } => {
                let connection = ConnectionId(self.next_connection);
                self.next_connection += 1;
                self.links.insert(link, connection);
                self.host.connect(connection);
                self.client.handle(self.host.now, ClientInput::Connected { link });
            }
            ClientOutput::Send { link, frame } => {
                // Written before the connection was cut.
                let Some(&connection) = self.links.get(&link) else { return };
                self.host.input(Input::Request { connection, frame });
            }
            ClientOutput::Disconnect { link } => {
                let connection = self.links.remove(&link).unwrap();
                self.host.input(Input::Disconnected { connection });
            }
        }
    }

    fn pass(&mut self, ms: u64) {
        let end = self.host.now.monotonic_ms + ms;
        loop {
            let due = self.client.poll_deadline(self.host.now).filter(|&at| at <= end);
            let by = due.unwrap_or(end).saturating_sub(self.host.now.monotonic_ms);
            self.host.pass(by);
            self.run();
            self.client.handle(self.host.now, ClientInput::Tick);
            self.run();
            if due.is_none() {
                return;
            }
        }
    }

    /// Cuts every connection; answers that are on their way are lost.
    fn cut(&mut self) {
        for (link, connection) in std::mem::take(&mut self.links) {
            self.host.input(Input::Disconnected { connection });
            self.host.responses.retain(|(to, _)| *to != connection);
            let reason = "cut".to_owned();
            self.client.handle(self.host.now, ClientInput::Disconnected { link, reason });
        }
    }

    /// Stores all that is held back, and what follows from it.
    fn store_all(&mut self) {
        self.run();
        while !self.host.commits.is_empty() {
            self.host.store();
            self.run();
        }
    }

    /// Another broker over what is stored.
    fn restart(&mut self) {
        self.cut();
        let now = self.host.now;
        let host = std::mem::replace(&mut self.host, Host::new());
        self.host = host.reopen();
        self.host.now = now;
    }

    fn send(&mut self, id: u64, partition: i32, values: &[&str]) {
        let records = values.iter().map(|value| ProduceRecord {
            partition: Some(partition),
            value: Some(value.as_bytes()),
            ..ProduceRecord::default()
        });
        self.client.produce(self.host.now, SendId(id), "t", records).unwrap();
    }

    /// The next send that is done: its id and first offset.
    fn done(&mut self) -> Option<(u64, i64)> {
        let at = self.events.iter().position(|event| matches!(event, Event::Produced { .. }))?;
        match self.events.remove(at) {
            Some(Event::Produced { send, partitions, error: None, .. }) => {
                Some((send.0, partitions[0].base_offset))
            }
            other => panic!("{other:?}"),
        }
    }

    fn assign(&mut self, partitions: i32, start: StartPosition) {
        let wanted: Vec<_> = (0..partitions).map(|partition| ("t", partition, start)).collect();
        self.client.assign(self.host.now, &wanted).unwrap();
        self.run();
    }

    /// The values of what there is to take, by partition.
    fn take_all(&mut self) -> BTreeMap<i32, Vec<String>> {
        let mut all: BTreeMap<i32, Vec<String>> = BTreeMap::new();
        loop {
            let Some(fetched) = self.client.poll_fetched(self.host.now) else { return all };
            self.run();
            all.entry(fetched.partition).or_default().extend(values(&fetched));
        }
    }
}

fn values(fetched: &Fetched) -> Vec<String> {
    let records = fetched.batches.iter().flat_map(|batch| batch.records(1 << 24).unwrap());
    let wanted = records.filter(|record| record.offset >= fetched.first_offset);
    wanted.map(|record| String::from_utf8(record.value.unwrap().to_vec()).unwrap()).collect()
}

#[test]
fn records_go_out_by_key_and_come_back_in_order() {
    for compression in [
        Compression::None,
        Compression::Gzip,
        Compression::Snappy,
        Compression::Lz4,
        Compression::Zstd,
    ] {
        let mut config = config();
        config.producer.compression = compression;
        let mut world = World::with_topic(config, 6);
        let keys: Vec<String> = (0..3_000).map(|at| format!("key {}", at % 100)).collect();
        let lines: Vec<String> = (0..3_000).map(|at| format!("{at} {}", "x".repeat(150))).collect();
        let records = keys.iter().zip(&lines).map(|(key, line)| ProduceRecord {
            key: Some(key.as_bytes()),
            value: Some(line.as_bytes()),
            headers: &[("h", Some(b"1")), ("n", None)],
            ..ProduceRecord::default()
        });
        world.client.produce(world.host.now, SendId(1), "t", records).unwrap();
        world.run();
        let Some(Event::Produced { partitions, error: None, .. }) = world.events.pop_front() else {
            panic!("{:?}", world.events)
        };
        assert!(partitions.len() == 6 && partitions.iter().all(|p| p.base_offset == 0));

        world.assign(6, StartPosition::Earliest);
        let read = world.take_all();
        let number = |line: &String| line.split(' ').next().unwrap().parse::<usize>().unwrap();
        let mut count = 0;
        for (partition, lines) in read {
            let numbers: Vec<usize> = lines.iter().map(number).collect();
            assert!(numbers.is_sorted());
            let chosen = |&at: &usize| {
                ottla::client::murmur2_partition(keys[at].as_bytes(), 6) == partition as usize
            };
            assert!(numbers.iter().all(chosen));
            count += numbers.len();
        }
        assert_eq!(count, 3_000, "{compression:?}");
    }
}

#[test]
fn a_send_is_done_when_it_is_stored_and_a_waiting_consumer_gets_it_then() {
    let mut world = World::with_topic(config(), 1);
    world.assign(1, StartPosition::Latest);
    assert!(world.client.poll_fetched(world.host.now).is_none());
    world.run();
    world.host.hold_commits = true;
    world.send(1, 0, &["a", "b"]);
    world.run();
    assert_eq!(world.done(), None);
    assert!(world.take_all().is_empty());
    world.store_all();
    assert_eq!(world.done(), Some((1, 0)));
    assert_eq!(world.take_all()[&0], ["a", "b"]);
    assert_eq!(world.client.position("t", 0), Some(2));
}

#[test]
fn an_answer_lost_with_the_connection_or_the_broker_doubles_nothing() {
    for restart in [false, true] {
        let mut world = World::with_topic(config(), 1);
        world.send(1, 0, &["a"]);
        world.run();
        assert_eq!(world.done(), Some((1, 0)));
        world.host.hold_commits = true;
        world.send(2, 0, &["b"]);
        world.send(3, 0, &["c"]);
        world.run();
        // Stored, but the answers never arrive.
        while !world.host.commits.is_empty() {
            world.host.store();
        }
        if restart {
            world.restart()
        } else {
            world.cut()
        }
        world.host.hold_commits = false;
        world.pass(1_000);
        assert_eq!([world.done(), world.done()], [Some((2, 1)), Some((3, 2))]);
        world.send(4, 0, &["d"]);
        world.run();
        assert_eq!(world.done(), Some((4, 3)));
        world.assign(1, StartPosition::Earliest);
        assert_eq!(world.take_all()[&0], ["a", "b", "c", "d"], "restart: {restart}");
    }
}

#[test]
fn offsets_are_found_and_records_deleted() {
    let mut config = config();
    config.fetcher.auto_offset_reset = AutoOffsetReset::Earliest;
    let mut world = World::with_topic(config, 2);
    for (id, timestamp) in (0..).zip([1_000, 2_000, 3_000]) {
        let record = ProduceRecord {
            partition: Some(1),
            value: Some(b"v"),
            timestamp: Some(timestamp),
            ..ProduceRecord::default()
        };
        world.client.produce(world.host.now, SendId(id), "t", [record]).unwrap();
        world.run();
    }
    world.events.clear();
    let asked = [("t", 0, -1), ("t", 1, -1), ("t", 1, 1_500), ("t", 1, 9_000), ("t", 7, -1)];
    let isolation_level = IsolationLevel::ReadUncommitted;
    world.client.list_offsets(world.host.now, isolation_level, &asked).unwrap();
    // Partition 7 could be new: the client looks again before it says that there is none.
    world.pass(1_000);
    let Some(Event::OffsetsListed { offsets, .. }) = world.events.pop_front() else { panic!() };
    let found: Vec<Option<i64>> =
        offsets.iter().map(|p| p.result.as_ref().ok().map(|at| at.offset)).collect();
    assert_eq!(found, [Some(0), Some(3), Some(1), Some(-1), None]);

    world.client.delete_records(world.host.now, &[("t", 1, 2)]).unwrap();
    world.run();
    let Some(Event::RecordsDeleted { low_watermarks, .. }) = world.events.pop_front() else {
        panic!()
    };
    assert_eq!(low_watermarks[0].result, Ok(2));
    // The position that is gone is reset to the first that is there.
    world.assign(2, StartPosition::Offset(0));
    world.pass(100);
    assert_eq!(world.take_all()[&1].len(), 1);
    assert_eq!(world.client.position("t", 1), Some(3));
}

#[test]
fn partitions_that_were_just_added_are_found() {
    let mut world = World::with_topic(config(), 1);
    let ask = |world: &mut World, partition: i32| {
        let now = world.host.now;
        world
            .client
            .list_offsets(now, IsolationLevel::ReadUncommitted, &[("t", partition, -1)])
            .unwrap();
        world.run();
        for _ in 0..50 {
            if let Some(Event::OffsetsListed { offsets, .. }) = world.events.pop_front() {
                return offsets[0].result.clone().map(|found| found.offset);
            }
            world.pass(100);
        }
        panic!("no answer")
    };
    assert_eq!(ask(&mut world, 0), Ok(0));
    let grow = CreatePartitionsTopic { name: "t".to_owned(), count: 3, ..Default::default() };
    let request = CreatePartitionsRequest { topics: vec![grow], ..Default::default() };
    world.client.request(world.host.now, Target::Controller, request).unwrap();
    world.run();
    world.events.clear();
    assert_eq!(
        ask(&mut world, 2),
        Ok(0),
        "what was known of the topic is older than the partition"
    );
    assert!(ask(&mut world, 3).is_err());
}

#[test]
fn a_refusal_says_why() {
    let mut world = World::new(config());
    let record = ProduceRecord { value: Some(b"v"), ..ProduceRecord::default() };
    world.client.produce(world.host.now, SendId(1), "no/such", [record]).unwrap();
    world.run();
    let Some(Event::Produced { error: Some(error), .. }) = world.events.pop_front() else {
        panic!("{:?}", world.events)
    };
    assert!(matches!(error, ClientError::Broker { .. }) && !error.is_retriable(), "{error}");
    assert!(error.to_string().contains("INVALID_TOPIC_EXCEPTION"), "{error}");

    // And a topic that is not there is made.
    world.client.produce(world.host.now, SendId(2), "new", [record]).unwrap();
    world.pass(1_000);
    let event = world.events.pop_front();
    assert!(matches!(event, Some(Event::Produced { error: None, .. })), "{event:?}");
}

/// Connections are cut and commits held back at random, between any two steps: what was sent is
/// there once, in order.
#[test]
fn order_and_count_survive_cut_connections() {
    for seed in 0..60 {
        let mut state = seed * 2 + 1;
        let mut random = move |bound: u64| {
            state = state ^ state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % bound
        };
        let mut config = config();
        config.retry.retries = 1_000;
        config.producer.max_partial_in_flight = 5;
        let mut world = World::with_topic(config, 2);
        world.host.hold_commits = true;
        let mut sent = [Vec::new(), Vec::new()];
        for id in 0..200 {
            let partition = random(2) as usize;
            let value = id.to_string();
            world.send(id, partition as i32, &[&value]);
            sent[partition].push(value);
            match random(12) {
                0 => world.cut(),
                1..6 => world.run(),
                6 => world.pass(random(700)),
                7..10 if !world.host.commits.is_empty() => world.host.store(),
                10 => {
                    if let Some(output) = world.client.poll_output() {
                        world.carry_out(output);
                    }
                }
                _ => {}
            }
        }
        world.host.hold_commits = false;
        while !world.host.commits.is_empty() {
            world.host.store();
        }
        world.pass(120_000);
        let done = std::iter::from_fn(|| world.done()).count();
        assert_eq!((done, world.client.buffered_bytes()), (200, 0), "seed {seed}");
        world.assign(2, StartPosition::Earliest);
        let read = world.take_all();
        assert_eq!([&read[&0], &read[&1]], [&sent[0], &sent[1]], "seed {seed}");
    }
}

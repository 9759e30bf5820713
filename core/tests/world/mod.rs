//! A client and a broker between which frames go, and nothing else is real.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::panic)] // Each test binary uses a part of it, as a module of its own.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use ottla::client::{
    Address, Client, ClientConfig, ClientInput, ClientOutput, Event, Fetched, Link, ProduceRecord,
    SendId, StartPosition, Target,
};
use ottla::protocol::messages::{
    CreatableTopic, CreatableTopicConfig, CreateTopicsRequest, CreateTopicsResponse,
    ProduceResponse,
};
use ottla::protocol::{ApiKey, ErrorCode, decode_response, encode_response, peek_header};
use ottla::{ConnectionId, Input};

use crate::host::Host;

/// A broker and one client, each connection of which is one of the broker's.
pub struct World {
    pub host: Host,
    pub client: Client,
    pub links: BTreeMap<Link, ConnectionId>,
    next_connection: u64,
    pub events: VecDeque<Event>,
    /// Of how many answers to produce requests one says `REQUEST_TIMED_OUT` instead of what it says.
    /// None at 0.
    pub one_unclear_of: u64,
    /// The versions of the produce requests that are not answered.
    produces: BTreeMap<(ConnectionId, i32), i16>,
    random: Random,
}

/// Numbers that look random and are the same for the same seed.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed * 2 + 1)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

pub fn config() -> ClientConfig {
    ClientConfig { bootstrap: vec![Address::new("localhost", 9092)], ..ClientConfig::default() }
}

impl World {
    pub fn new(config: ClientConfig) -> World {
        World {
            host: Host::new(),
            client: Client::new(config, 7).unwrap(),
            links: BTreeMap::new(),
            next_connection: 100,
            events: VecDeque::new(),
            one_unclear_of: 0,
            produces: BTreeMap::new(),
            random: Random::new(1),
        }
    }

    /// With a topic `t`.
    pub fn with_topic(config: ClientConfig, partitions: i32) -> World {
        World::with_topic_of(config, partitions, &[])
    }

    /// With a topic `t` that has these settings.
    pub fn with_topic_of(
        config: ClientConfig,
        partitions: i32,
        settings: &[(&str, &str)],
    ) -> World {
        let mut world = World::new(config);
        let configs = settings.iter().map(|&(name, value)| CreatableTopicConfig {
            name: name.to_owned(),
            value: Some(value.to_owned()),
        });
        let topic = CreatableTopic {
            name: "t".to_owned(),
            num_partitions: partitions,
            replication_factor: 1,
            configs: configs.collect(),
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
    pub fn run(&mut self) {
        loop {
            let mut idle = true;
            while let Some(output) = self.client.poll_output() {
                idle = false;
                self.carry_out(output);
            }
            while let Some((connection, frame)) = self.host.responses.pop_front() {
                idle = false;
                let frame = self.garbled(connection, frame);
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

    pub fn carry_out(&mut self, output: ClientOutput) {
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
                let (header, _) = peek_header(frame.clone()).unwrap();
                if header.api_key == ApiKey::Produce as i16 {
                    let request = (connection, header.correlation_id);
                    self.produces.insert(request, header.api_version);
                }
                self.host.input(Input::Request { connection, frame });
            }
            ClientOutput::Disconnect { link } => {
                let connection = self.links.remove(&link).unwrap();
                self.host.input(Input::Disconnected { connection });
            }
        }
    }

    /// An answer as it came, or one to the same produce request that leaves open what became of it.
    fn garbled(&mut self, connection: ConnectionId, frame: Bytes) -> Bytes {
        let id = i32::from_be_bytes(frame[..4].try_into().unwrap());
        let Some(version) = self.produces.remove(&(connection, id)) else { return frame };
        if self.one_unclear_of == 0 || self.random.below(self.one_unclear_of) > 0 {
            return frame;
        }
        let (_, mut answer): (i32, ProduceResponse) = decode_response(frame, version).unwrap();
        let partitions = answer.responses.iter_mut().flat_map(|t| &mut t.partition_responses);
        partitions.for_each(|p| p.error_code = ErrorCode::RequestTimedOut.code());
        encode_response(&answer, version, id)
    }

    pub fn pass(&mut self, ms: u64) {
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
    pub fn cut(&mut self) {
        for (link, connection) in std::mem::take(&mut self.links) {
            self.host.input(Input::Disconnected { connection });
            self.host.responses.retain(|(to, _)| *to != connection);
            let reason = "cut".to_owned();
            self.client.handle(self.host.now, ClientInput::Disconnected { link, reason });
        }
    }

    /// Stores all that is held back, and what follows from it.
    pub fn store_all(&mut self) {
        self.run();
        while !self.host.commits.is_empty() {
            self.host.store();
            self.run();
        }
    }

    /// Another broker over what is stored.
    pub fn restart(&mut self) {
        self.cut();
        let now = self.host.now;
        let host = std::mem::replace(&mut self.host, Host::new());
        self.host = host.reopen();
        self.host.now = now;
    }

    pub fn send(&mut self, id: u64, partition: i32, values: &[&str]) {
        let records = values.iter().map(|value| ProduceRecord {
            partition: Some(partition),
            value: Some(value.as_bytes()),
            ..ProduceRecord::default()
        });
        self.client.produce(self.host.now, SendId(id), "t", records).unwrap();
    }

    /// The next send that is done: its id and first offset.
    pub fn done(&mut self) -> Option<(u64, i64)> {
        let at = self.events.iter().position(|event| matches!(event, Event::Produced { .. }))?;
        match self.events.remove(at) {
            Some(Event::Produced { send, partitions, error: None, .. }) => {
                Some((send.0, partitions[0].base_offset))
            }
            other => panic!("{other:?}"),
        }
    }

    pub fn assign(&mut self, partitions: i32, start: StartPosition) {
        let wanted: Vec<_> = (0..partitions).map(|partition| ("t", partition, start)).collect();
        self.client.assign(self.host.now, &wanted).unwrap();
        self.run();
    }

    /// The values of what there is to take, by partition.
    pub fn take_all(&mut self) -> BTreeMap<i32, Vec<String>> {
        let mut all: BTreeMap<i32, Vec<String>> = BTreeMap::new();
        loop {
            let Some(fetched) = self.client.poll_fetched(self.host.now) else { return all };
            self.run();
            all.entry(fetched.partition).or_default().extend(values(&fetched));
        }
    }
}

pub fn values(fetched: &Fetched) -> Vec<String> {
    let records = fetched.batches.iter().flat_map(|batch| batch.records(1 << 24).unwrap());
    let wanted = records.filter(|record| record.offset >= fetched.first_offset);
    wanted.map(|record| String::from_utf8(record.value.unwrap().to_vec()).unwrap()).collect()
}

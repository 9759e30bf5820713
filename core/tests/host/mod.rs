//! A host for a broker in tests: it carries out what the broker asks for, at once or when it is told.
#![allow(dead_code, unreachable_pub, clippy::expect_used, clippy::unwrap_used)] // Each test binary uses a part of it, as a module of its own.

use std::collections::VecDeque;

use bytes::Bytes;
use ottla::protocol::{Request, decode_response, encode_request, messages as m};
use ottla::record::{BatchBuilder, BatchOptions};
use ottla::storage::{Commit, Load, LoadId, LogId, MemoryStorage, StorageError, Write};
use ottla::{Broker, BrokerConfig, ConnectionId, Input, Now, Output};

/// A broker, its storage and its clock.
pub struct Host {
    pub broker: Broker,
    pub storage: MemoryStorage,
    pub now: Now,
    /// Hold commits back until [`Host::store`].
    pub hold_commits: bool,
    pub hold_loads: bool,
    pub commits: VecDeque<Commit>,
    pub loads: VecDeque<(LoadId, Load)>,
    pub responses: VecDeque<(ConnectionId, Bytes)>,
    pub closed: Vec<(ConnectionId, String)>,
    pub notices: Vec<String>,
    pub failed: Option<StorageError>,
    pub commit_count: usize,
    pub load_count: usize,
    pub loaded_bytes: usize,
    /// The logs of the topic `__consumer_offsets`.
    pub offsets_logs: Vec<LogId>,
    correlation_id: i32,
    seed: u64,
}

/// Where a broker's random numbers begin.
const SEED: u64 = 42;

pub const CLIENT: ConnectionId = ConnectionId(1);

impl Host {
    pub fn new() -> Host {
        Host::open(config(&[]), MemoryStorage::new())
    }

    pub fn with(settings: &[(&str, &str)]) -> Host {
        Host::open(config(settings), MemoryStorage::new())
    }

    pub fn open(config: BrokerConfig, storage: MemoryStorage) -> Host {
        let now = Now { monotonic_ms: 1_000, wall_ms: 1_700_000_000_000 };
        Host::open_at(now, config, storage)
    }

    pub fn open_at(now: Now, config: BrokerConfig, storage: MemoryStorage) -> Host {
        Host::open_seeded(now, config, storage, SEED)
    }

    fn open_seeded(now: Now, config: BrokerConfig, storage: MemoryStorage, seed: u64) -> Host {
        let mut host = Host::held_seeded(now, config, storage, seed);
        host.hold_loads = false;
        while !host.loads.is_empty() {
            host.load();
        }
        host
    }

    /// A broker whose loads wait for [`Host::load`].
    pub fn held_at(now: Now, config: BrokerConfig, storage: MemoryStorage) -> Host {
        Host::held_seeded(now, config, storage, SEED)
    }

    fn held_seeded(now: Now, config: BrokerConfig, storage: MemoryStorage, seed: u64) -> Host {
        let mut host = Host {
            broker: Broker::new(config, seed),
            storage,
            now,
            hold_commits: false,
            hold_loads: true,
            commits: VecDeque::new(),
            loads: VecDeque::new(),
            responses: VecDeque::new(),
            closed: Vec::new(),
            notices: Vec::new(),
            failed: None,
            commit_count: 0,
            load_count: 0,
            loaded_bytes: 0,
            offsets_logs: Vec::new(),
            correlation_id: 0,
            seed,
        };
        host.pump();
        host.connect(CLIENT);
        host
    }

    /// A new broker over what is stored: all that was not stored is gone.
    pub fn reopen(self) -> Host {
        let now = Now { monotonic_ms: 1_000, wall_ms: 1_700_000_000_000 };
        // Ids are never made twice.
        Host::open_seeded(now, config(&[]), self.storage, self.seed + 1)
    }

    /// The same, with clocks that go on.
    pub fn reopen_now(self) -> Host {
        let offsets_logs = self.offsets_logs;
        let host = Host::open_seeded(self.now, config(&[]), self.storage, self.seed + 1);
        Host { offsets_logs, ..host }
    }

    pub fn connect(&mut self, connection: ConnectionId) {
        self.connect_to(0, connection);
    }

    /// Connects to one of the brokers that the broker is shown as.
    pub fn connect_to(&mut self, node_id: i32, connection: ConnectionId) {
        let client_host = "/127.0.0.1".to_owned();
        self.input(Input::Connected { connection, client_host, node_id });
    }

    pub fn input(&mut self, input: Input) {
        self.broker.handle(self.now, input);
        self.pump();
    }

    pub fn pump(&mut self) {
        while let Some(output) = self.broker.poll_output() {
            match output {
                Output::Respond { connection, frame } => {
                    self.responses.push_back((connection, frame))
                }
                Output::Close { connection, reason } => self.closed.push((connection, reason)),
                Output::Log { message, .. } => self.notices.push(message),
                Output::Failed { error } => self.failed = Some(error),
                Output::Commit(commit) => {
                    self.commit_count += 1;
                    self.offsets_logs.extend(commit.writes.iter().filter_map(offsets_log));
                    self.commits.push_back(commit);
                    if !self.hold_commits {
                        self.store();
                    }
                }
                Output::Load { id, load } => {
                    self.load_count += 1;
                    self.loads.push_back((id, load));
                    if !self.hold_loads {
                        self.load();
                    }
                }
            }
        }
    }

    /// Carries out the oldest commit and confirms it.
    pub fn store(&mut self) {
        let commit = self.commits.pop_front().expect("a commit is out");
        self.storage.commit(&commit);
        self.broker.handle(self.now, Input::Committed { commit: commit.id });
        self.pump();
    }

    pub fn fail_commit(&mut self, error: StorageError) {
        let commit = self.commits.pop_front().expect("a commit is out");
        self.broker.handle(self.now, Input::CommitFailed { commit: commit.id, error });
        self.pump();
    }

    /// Carries out the oldest load.
    pub fn load(&mut self) {
        let (id, load) = self.loads.pop_front().expect("a load is out");
        let loaded = self.storage.load(&load);
        if let ottla::storage::Loaded::Log(pieces) = &loaded {
            self.loaded_bytes += pieces.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
        }
        self.broker.handle(self.now, Input::Loaded { load: id, result: Ok(loaded) });
        self.pump();
    }

    /// Lets time pass, with the ticks that are due.
    pub fn pass(&mut self, ms: u64) {
        let until = self.now.monotonic_ms + ms;
        loop {
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

    /// Sends a request and leaves its response in the queue.
    pub fn send<R: Request>(&mut self, request: &R, version: i16) -> i32 {
        self.send_from(CLIENT, request, version)
    }

    pub fn send_from<R: Request>(&mut self, from: ConnectionId, request: &R, version: i16) -> i32 {
        self.correlation_id += 1;
        let frame = encode_request(request, version, self.correlation_id, Some("test"));
        self.input(Input::Request { connection: from, frame });
        self.correlation_id
    }

    /// Sends a request whose response must come at once.
    pub fn call<R: Request>(&mut self, request: &R, version: i16) -> R::Response {
        let id = self.send(request, version);
        let (correlation_id, response) = self.response::<R>(version).expect("a response");
        assert_eq!(correlation_id, id);
        response
    }

    /// The oldest response that has not been looked at.
    pub fn response<R: Request>(&mut self, version: i16) -> Option<(i32, R::Response)> {
        let (_, frame) = self.responses.pop_front()?;
        Some(decode_response(frame, version).expect("a response of this API and version"))
    }

    pub fn create(&mut self, name: &str, partitions: i32, configs: &[(&str, &str)]) -> i16 {
        let topic = m::CreatableTopic {
            name: name.into(),
            num_partitions: partitions,
            replication_factor: 1,
            configs: configs
                .iter()
                .map(|(name, value)| m::CreatableTopicConfig {
                    name: name.to_string(),
                    value: Some(value.to_string()),
                })
                .collect(),
            ..Default::default()
        };
        let request = m::CreateTopicsRequest { topics: vec![topic], ..Default::default() };
        self.call(&request, 7).topics[0].error_code
    }

    pub fn produce(
        &mut self,
        topic: &str,
        partition: i32,
        batch: Bytes,
    ) -> m::PartitionProduceResponse {
        let mut response = self.call(&produce(topic, partition, batch), 9);
        response.responses.remove(0).partition_responses.remove(0)
    }

    /// Fetches one partition without waiting.
    pub fn fetch(&mut self, topic: &str, partition: i32, offset: i64) -> m::FetchPartitionData {
        self.fetch_at_most(topic, partition, offset, 1 << 20)
    }

    pub fn fetch_at_most(
        &mut self,
        topic: &str,
        partition: i32,
        offset: i64,
        max_bytes: i32,
    ) -> m::FetchPartitionData {
        let request = fetch(topic, partition, offset, max_bytes, 0);
        self.call(&request, 12).responses.remove(0).partitions.remove(0)
    }

    pub fn list_offset(&mut self, topic: &str, partition: i32, timestamp: i64) -> (i16, i64, i64) {
        let asked =
            m::ListOffsetsPartition { partition_index: partition, timestamp, ..Default::default() };
        let topic = m::ListOffsetsTopic { name: topic.into(), partitions: vec![asked] };
        let request = m::ListOffsetsRequest { topics: vec![topic], ..Default::default() };
        let answer = self.call(&request, 7).topics.remove(0).partitions.remove(0);
        (answer.error_code, answer.offset, answer.timestamp)
    }

    /// Reads a partition from `offset` to its end as a consumer would, fetch by fetch.
    pub fn read_all(
        &mut self,
        topic: &str,
        partition: i32,
        mut offset: i64,
    ) -> Vec<ottla::record::Record> {
        let mut records = Vec::new();
        loop {
            let data = self.fetch(topic, partition, offset);
            assert_eq!(data.error_code, 0, "fetch at {offset}");
            let bytes = data.records.unwrap_or_default();
            if bytes.is_empty() {
                return records;
            }
            for batch in ottla::record::batches(bytes) {
                let batch = batch.expect("a whole batch");
                batch.verify().expect("its checksum holds");
                let from = offset;
                let own = batch.records(usize::MAX).expect("its records");
                records.extend(own.into_iter().filter(|record| record.offset >= from));
                offset = batch.header.next_offset();
            }
        }
    }
}

fn offsets_log(write: &Write) -> Option<LogId> {
    match write {
        Write::CreateLog { log, topic, .. } if topic == "__consumer_offsets" => Some(*log),
        _ => None,
    }
}

/// A broker's configuration. Records are kept for ever where nothing else is said: those of tests
/// are stamped in 1970.
pub fn config(settings: &[(&str, &str)]) -> BrokerConfig {
    let mut config = BrokerConfig::new();
    config.set("log.retention.ms", "-1").expect("a valid setting");
    for (name, value) in settings {
        config.set(name, value).expect("a valid setting");
    }
    config
}

pub fn produce(topic: &str, partition: i32, batch: Bytes) -> m::ProduceRequest {
    let data = m::PartitionProduceData { index: partition, records: Some(batch) };
    let topic = m::TopicProduceData {
        name: topic.into(),
        partition_data: vec![data],
        ..Default::default()
    };
    m::ProduceRequest { acks: -1, timeout_ms: 1000, topic_data: vec![topic], ..Default::default() }
}

pub fn fetch(
    topic: &str,
    partition: i32,
    fetch_offset: i64,
    partition_max_bytes: i32,
    max_wait_ms: i32,
) -> m::FetchRequest {
    let asked =
        m::FetchPartition { partition, fetch_offset, partition_max_bytes, ..Default::default() };
    let topic =
        m::FetchTopic { topic: topic.into(), partitions: vec![asked], ..Default::default() };
    m::FetchRequest {
        replica_id: -1,
        max_wait_ms,
        min_bytes: 1,
        max_bytes: 50 << 20,
        session_epoch: -1,
        topics: vec![topic],
        ..Default::default()
    }
}

/// A batch of records with these values, one millisecond apart.
pub fn batch(timestamp: i64, values: &[&str]) -> Bytes {
    batch_with(timestamp, values, &BatchOptions::default())
}

pub fn batch_with(timestamp: i64, values: &[&str], options: &BatchOptions) -> Bytes {
    let mut builder = BatchBuilder::new();
    for (at, value) in (0..).zip(values) {
        builder.append(timestamp + at, Some(b"key"), Some(value.as_bytes()), &[]);
    }
    builder.finish(options).expect("a batch")
}

pub fn values(records: &[ottla::record::Record]) -> Vec<String> {
    let text =
        |r: &ottla::record::Record| String::from_utf8_lossy(r.value.as_ref().unwrap()).into_owned();
    records.iter().map(text).collect()
}

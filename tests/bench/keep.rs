//! What retention and compaction of a million records cost through `Broker::handle`: seconds in all,
//! the longest that a producer waits meanwhile, and the most memory that is taken.
//!
//! The storage is in memory and done at once, so what is measured is the broker's own work. A
//! producer sends a batch after every slice, and waits for as long as the slice and its own request
//! take.

#![allow(clippy::expect_used, clippy::panic, reason = "a benchmark that fails should stop")]

use std::time::{Duration, Instant};

use bytes::Bytes;
use ottla::protocol::messages as m;
use ottla::protocol::{Request, decode_response, encode_request};
use ottla::record::{BatchBuilder, BatchOptions, Compression};
use ottla::storage::MemoryStorage;
use ottla::{Broker, BrokerConfig, ConnectionId, Input, Now, Output};

const CLIENT: ConnectionId = ConnectionId(1);
const RECORDS: u32 = 1_000_000;
const KEYS: u32 = 10_000;
const BATCH: u32 = 500;
const DAY_MS: i64 = 86_400_000;

struct Host {
    broker: Broker,
    storage: MemoryStorage,
    now: Now,
    longest: Duration,
    commits: usize,
}

impl Host {
    fn new() -> Host {
        let mut config = BrokerConfig::default();
        // As in a browser.
        for name in ["log.segment.bytes", "log.cleaner.dedupe.buffer.size"] {
            config.set(name, "16777216").expect("a setting");
        }
        config.set("ottla.cache.bytes", "1048576").expect("a setting");
        let mut host = Host {
            broker: Broker::new(config, 1),
            storage: MemoryStorage::new(),
            now: Now { monotonic_ms: 1_000, wall_ms: 1_700_000_000_000 },
            longest: Duration::ZERO,
            commits: 0,
        };
        host.drain();
        let client_host = "/127.0.0.1".to_owned();
        host.input(Input::Connected { connection: CLIENT, client_host, node_id: 0 });
        host
    }

    fn input(&mut self, input: Input) -> Option<Bytes> {
        self.handle(input);
        self.drain()
    }

    fn handle(&mut self, input: Input) {
        let started = Instant::now();
        self.broker.handle(self.now, input);
        self.longest = self.longest.max(started.elapsed());
    }

    fn drain(&mut self) -> Option<Bytes> {
        let mut answer = None;
        while let Some(output) = self.broker.poll_output() {
            match output {
                Output::Respond { frame, .. } => answer = Some(frame),
                Output::Commit(commit) => {
                    self.commits += 1;
                    self.storage.commit(&commit);
                    self.handle(Input::Committed { commit: commit.id });
                }
                Output::Load { id, load } => {
                    let loaded = self.storage.load(&load);
                    self.handle(Input::Loaded { load: id, result: Ok(loaded) });
                }
                output => panic!("{output:?}"),
            }
        }
        answer
    }

    fn call<R: Request>(&mut self, request: &R, version: i16) -> R::Response {
        let frame = encode_request(request, version, 1, Some("bench"));
        let answer = self.input(Input::Request { connection: CLIENT, frame }).expect("an answer");
        decode_response::<R::Response>(answer, version).expect("whole").1
    }

    fn create(&mut self, configs: &[(&str, &str)]) {
        let config = |(name, value): &(&str, &str)| m::CreatableTopicConfig {
            name: (*name).to_owned(),
            value: Some((*value).to_owned()),
        };
        let topic = m::CreatableTopic {
            name: "t".to_owned(),
            num_partitions: 1,
            replication_factor: 1,
            configs: configs.iter().map(config).collect(),
            ..Default::default()
        };
        let request = m::CreateTopicsRequest { topics: vec![topic], ..Default::default() };
        assert_eq!(self.call(&request, 7).topics[0].error_code, 0);
    }

    fn produce(&mut self, first: u32, count: u32, compression: Compression) {
        let mut batch = BatchBuilder::new();
        for number in first..first + count {
            let key = format!("key {:06}", number.wrapping_mul(2_654_435_761) % KEYS);
            let value = format!("{number:0100}");
            batch.append(self.now.wall_ms, Some(key.as_bytes()), Some(value.as_bytes()), &[]);
        }
        let options = BatchOptions { compression, ..BatchOptions::default() };
        let records = Some(batch.finish(&options).expect("a batch"));
        let topic = m::TopicProduceData {
            name: "t".to_owned(),
            partition_data: vec![m::PartitionProduceData { index: 0, records }],
            ..Default::default()
        };
        let request = m::ProduceRequest {
            acks: -1,
            timeout_ms: 30_000,
            topic_data: vec![topic],
            ..Default::default()
        };
        let answer = self.call(&request, 9);
        assert_eq!(answer.responses[0].partition_responses[0].error_code, 0);
    }

    fn fill(&mut self, compression: Compression) {
        for first in (0..RECORDS).step_by(BATCH as usize) {
            self.produce(first, BATCH, compression);
        }
    }

    fn stored_bytes(&mut self) -> usize {
        self.storage.segments_mut().values().flatten().map(|(_, bytes)| bytes.len()).sum()
    }

    /// Ticks until nothing is due, with a producer in between. Says how often.
    fn keep_up(&mut self) -> usize {
        let mut ticks = 0;
        while self.broker.poll_deadline().is_some_and(|due| due <= self.now.monotonic_ms) {
            let started = Instant::now();
            self.input(Input::Tick);
            self.produce(RECORDS + ticks, 1, Compression::None);
            self.longest = self.longest.max(started.elapsed());
            ticks += 1;
        }
        ticks as usize
    }
}

fn report(what: &str, host: &mut Host, before: usize, run: impl FnOnce(&mut Host) -> usize) {
    (host.longest, host.commits) = (Duration::ZERO, 0);
    let started = Instant::now();
    let mut ticks = 0;
    let memory = allocation_counter::measure(|| ticks = run(host));
    let seconds = started.elapsed().as_secs_f64();
    let after = host.stored_bytes();
    println!(
        "{what}: {seconds:.2} s in {ticks} slices, longest pause {:.1} ms, {:.1} MB of memory at \
         most, {} commits, {:.1} MB stored before and {:.1} MB after",
        host.longest.as_secs_f64() * 1e3,
        memory.bytes_max as f64 / 1e6,
        host.commits,
        before as f64 / 1e6,
        after as f64 / 1e6,
    );
}

fn main() {
    let mut host = Host::new();
    host.create(&[("retention.ms", "3600000")]);
    host.fill(Compression::None);
    let before = host.stored_bytes();
    host.now.wall_ms += DAY_MS;
    host.now.monotonic_ms += DAY_MS as u64;
    report("retention of 1,000,000 records", &mut host, before, Host::keep_up);

    for compression in [Compression::None, Compression::Lz4] {
        let mut host = Host::new();
        // Nothing is compacted while it is filled. Compressed, all would fit into one segment.
        host.create(&[
            ("cleanup.policy", "compact"),
            ("min.compaction.lag.ms", "3600000"),
            (
                "segment.bytes",
                if compression == Compression::None { "16777216" } else { "1048576" },
            ),
        ]);
        host.fill(compression);
        let before = host.stored_bytes();
        host.now.wall_ms += DAY_MS;
        host.now.monotonic_ms += DAY_MS as u64;
        let what = format!("compaction of 1,000,000 records with 10,000 keys, {compression}");
        report(&what, &mut host, before, Host::keep_up);
    }
}

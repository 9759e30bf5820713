//! What a produce and a fetch cost through `Broker::handle`, beside copying the same bytes once and
//! computing their CRC-32C.

#![allow(missing_docs, reason = "criterion's macros")]
#![allow(clippy::expect_used, clippy::panic, reason = "a benchmark that fails should stop")]

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ottla::protocol::messages::{
    CreatableTopic, CreateTopicsRequest, CreateTopicsResponse, FetchPartition, FetchRequest,
    FetchResponse, FetchTopic, PartitionProduceData, ProduceRequest, ProduceResponse,
    TopicProduceData,
};
use ottla::protocol::{Request, decode_response, encode_request};
use ottla::record::{BatchBuilder, BatchOptions};
use ottla::storage::{Loaded, MemoryStorage};
use ottla::{Broker, BrokerConfig, ConnectionId, Input, Now, Output};

const TOPIC: &str = "records";
const CONNECTION: ConnectionId = ConnectionId(1);
const NOW: Now = Now { monotonic_ms: 1_000, wall_ms: 1_700_000_000_000 };

/// The last versions that name a topic by its name.
const PRODUCE_VERSION: i16 = 12;
const FETCH_VERSION: i16 = 12;
const CREATE_TOPICS_VERSION: i16 = 7;

/// A broker with a storage that is done as soon as it is asked.
struct Host {
    broker: Broker,
    /// `None` forgets what it is given, so that a long benchmark does not fill the memory.
    storage: Option<MemoryStorage>,
}

impl Host {
    fn new(storage: Option<MemoryStorage>) -> Host {
        let mut host = Host { broker: Broker::new(BrokerConfig::default(), 1), storage };
        host.drain();
        let client_host = "/127.0.0.1".to_owned();
        host.input(Input::Connected { connection: CONNECTION, client_host, node_id: 0 });
        let create = CreateTopicsRequest {
            topics: vec![CreatableTopic {
                name: TOPIC.to_owned(),
                num_partitions: 1,
                replication_factor: 1,
                ..CreatableTopic::default()
            }],
            ..CreateTopicsRequest::default()
        };
        let response = host.request(frame(&create, CREATE_TOPICS_VERSION));
        let (_, response) =
            decode_response::<CreateTopicsResponse>(response, CREATE_TOPICS_VERSION)
                .expect("whole");
        assert_eq!(response.topics[0].error_code, 0);
        host
    }

    /// Asks, stores what is to be stored, and returns the answer.
    fn request(&mut self, frame: Bytes) -> Bytes {
        self.input(Input::Request { connection: CONNECTION, frame }).expect("an answer")
    }

    fn input(&mut self, input: Input) -> Option<Bytes> {
        self.broker.handle(NOW, input);
        self.drain()
    }

    fn drain(&mut self) -> Option<Bytes> {
        let mut answer = None;
        while let Some(output) = self.broker.poll_output() {
            match output {
                Output::Respond { frame, .. } => answer = Some(frame),
                Output::Commit(commit) => {
                    if let Some(storage) = &mut self.storage {
                        storage.commit(&commit);
                    }
                    self.broker.handle(NOW, Input::Committed { commit: commit.id });
                }
                Output::Load { id, load } => {
                    let nothing = || Loaded::Metadata(Vec::new());
                    let loaded = self.storage.as_ref().map_or_else(nothing, |s| s.load(&load));
                    self.broker.handle(NOW, Input::Loaded { load: id, result: Ok(loaded) });
                }
                output => panic!("{output:?}"),
            }
        }
        answer
    }
}

fn frame<R: Request>(request: &R, version: i16) -> Bytes {
    encode_request(request, version, 1, Some("bench"))
}

/// A batch of records with 16-byte keys and 100-byte values.
fn batch(records: u8) -> Bytes {
    let mut batch = BatchBuilder::new();
    for number in 0..records {
        batch.append(NOW.wall_ms, Some(&[number; 16]), Some(&[number; 100]), &[]);
    }
    batch.finish(&BatchOptions::default()).expect("a batch")
}

fn produce(records: Bytes) -> Bytes {
    let request = ProduceRequest {
        acks: -1,
        timeout_ms: 30_000,
        topic_data: vec![TopicProduceData {
            name: TOPIC.to_owned(),
            partition_data: vec![PartitionProduceData { index: 0, records: Some(records) }],
            ..TopicProduceData::default()
        }],
        ..ProduceRequest::default()
    };
    frame(&request, PRODUCE_VERSION)
}

fn fetch(max_bytes: i32) -> Bytes {
    let request = FetchRequest {
        min_bytes: 1,
        max_bytes,
        topics: vec![FetchTopic {
            topic: TOPIC.to_owned(),
            partitions: vec![FetchPartition {
                partition: 0,
                fetch_offset: 0,
                partition_max_bytes: max_bytes,
                ..FetchPartition::default()
            }],
            ..FetchTopic::default()
        }],
        ..FetchRequest::default()
    };
    frame(&request, FETCH_VERSION)
}

/// The least that anyone who stores bytes does with them.
fn copy_and_sum(bytes: &[u8]) -> (Vec<u8>, u32) {
    let copy = bytes.to_vec();
    let sum = crc32c::crc32c(&copy);
    (copy, sum)
}

fn bench_produce(criterion: &mut Criterion) {
    let records = batch(250);
    let request = produce(records.clone());
    let mut host = Host::new(None);
    let answer = host.request(request.clone());
    let (_, answer) = decode_response::<ProduceResponse>(answer, PRODUCE_VERSION).expect("whole");
    assert_eq!(answer.responses[0].partition_responses[0].error_code, 0);

    let mut group = criterion.benchmark_group("produce");
    group.throughput(Throughput::Bytes(records.len() as u64));
    group.bench_function("handle", |bencher| {
        bencher.iter(|| black_box(host.request(request.clone())));
    });
    group.bench_function("copy and CRC-32C", |bencher| {
        bencher.iter(|| black_box(copy_and_sum(black_box(&records))));
    });
    group.finish();
}

fn bench_small_produce(criterion: &mut Criterion) {
    let request = produce(batch(1));
    let mut host = Host::new(None);
    let mut group = criterion.benchmark_group("produce of one record");
    group.throughput(Throughput::Elements(1));
    group.bench_function("handle", |bencher| {
        bencher.iter(|| black_box(host.request(request.clone())));
    });
    group.finish();
}

fn bench_fetch(criterion: &mut Criterion) {
    let mut host = Host::new(Some(MemoryStorage::new()));
    let records = batch(250);
    let max_bytes = 1 << 20;
    let mut stored = Vec::new();
    while stored.len() + records.len() <= max_bytes {
        host.request(produce(records.clone()));
        stored.extend_from_slice(&records);
    }
    let request = fetch(max_bytes as i32);
    let answer = host.request(request.clone());
    let (_, answer) = decode_response::<FetchResponse>(answer, FETCH_VERSION).expect("whole");
    let found = answer.responses[0].partitions[0].records.as_ref().map_or(0, Bytes::len);
    assert_eq!(found, stored.len());

    let mut group = criterion.benchmark_group("fetch");
    group.throughput(Throughput::Bytes(stored.len() as u64));
    group.bench_function("handle", |bencher| {
        bencher.iter(|| black_box(host.request(request.clone())));
    });
    group.bench_function("copy and CRC-32C", |bencher| {
        bencher.iter(|| black_box(copy_and_sum(black_box(&stored))));
    });
    group.finish();
}

criterion_group!(benches, bench_produce, bench_small_produce, bench_fetch);
criterion_main!(benches);

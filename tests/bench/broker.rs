//! A broker to be measured, and frames to ask it with.

use bytes::Bytes;
use ottla::protocol::messages::{
    CreatableTopic, CreateTopicsRequest, CreateTopicsResponse, FetchPartition, FetchRequest,
    FetchTopic, PartitionProduceData, ProduceRequest, TopicProduceData,
};
use ottla::protocol::{Request, decode_response, encode_request};
use ottla::record::{BatchBuilder, BatchOptions};
use ottla::storage::{Loaded, MemoryStorage};
use ottla::{Broker, BrokerConfig, ConnectionId, Input, Now, Output};

const TOPIC: &str = "records";
const CONNECTION: ConnectionId = ConnectionId(1);
pub(crate) const NOW: Now = Now { monotonic_ms: 1_000, wall_ms: 1_700_000_000_000 };

/// The last version that names a topic by its name.
pub(crate) const PRODUCE_VERSION: i16 = 12;
/// The last version that names a topic by its name.
pub(crate) const FETCH_VERSION: i16 = 12;
const CREATE_TOPICS_VERSION: i16 = 7;

/// A broker with a storage that is done as soon as it is asked.
pub(crate) struct Host {
    broker: Broker,
    /// `None` forgets what it is given, so that a long benchmark does not fill the memory.
    storage: Option<MemoryStorage>,
}

impl Host {
    pub(crate) fn new(storage: Option<MemoryStorage>) -> Host {
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
    pub(crate) fn request(&mut self, frame: Bytes) -> Bytes {
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
pub(crate) fn batch(records: u8) -> Bytes {
    let mut batch = BatchBuilder::new();
    for number in 0..records {
        batch.append(NOW.wall_ms, Some(&[number; 16]), Some(&[number; 100]), &[]);
    }
    batch.finish(&BatchOptions::default()).expect("a batch")
}

pub(crate) fn produce(records: Bytes) -> Bytes {
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

pub(crate) fn fetch(max_bytes: i32) -> Bytes {
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

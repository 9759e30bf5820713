//! Writes seeds: inputs made from what real clients and a real broker say to each other.
//!
//! ```text
//! seeds CORPUS    writes CORPUS/TARGET/seed-...
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use bytes::Bytes;
use ottla::Input;
use ottla::client::Link;
use ottla::protocol::{Message, Request, encode_request, messages as m};
use ottla::record::{BatchBuilder, BatchOptions, Compression};
use ottla_fuzz::script::put_blob;
use ottla_fuzz::targets::messages;
use ottla_fuzz::targets::requests::{Step, put_request};
use ottla_fuzz::targets::responses::{Answers, drive};
use ottla_fuzz::with_requests;
use ottla_fuzz::world::{WITNESS, World};

struct Corpus {
    root: PathBuf,
    counts: BTreeMap<&'static str, usize>,
}

impl Corpus {
    fn add(&mut self, target: &'static str, seed: &[u8]) {
        let count = self.counts.entry(target).or_default();
        *count += 1;
        let folder = self.root.join(target);
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(format!("seed-{count}")), seed).expect("a file");
    }
}

fn main() {
    let root = std::env::args().nth(1).expect("where to write").into();
    let mut corpus = Corpus { root, counts: BTreeMap::new() };
    plain(&mut corpus);
    lives(&mut corpus);
    groups(&mut corpus);
    records(&mut corpus);
    responses(&mut corpus);
    damages(&mut corpus);
    println!("seeds: {:?}", corpus.counts);
}

/// Each request in each version with all defaults.
fn plain(corpus: &mut Corpus) {
    macro_rules! each {
        ($($request:ident),*) => { $(all_versions(corpus, &m::$request::default());)* };
    }
    with_requests!(each);
}

fn all_versions<R: Request>(corpus: &mut Corpus, request: &R) {
    let mut all = Vec::new();
    for version in R::VERSIONS {
        put_request(&mut all, version as u8, &encode_request(request, version, 0, Some("seed")));
        for seed in [
            messages::seed(request, false, version),
            messages::seed(&R::Response::default(), true, version),
        ] {
            corpus.add("messages", &seed.expect("an API that is listed"));
        }
    }
    corpus.add("requests", &all);
}

/// What happens to a broker, written down as an input.
struct Life<'a> {
    corpus: &'a mut Corpus,
    world: World,
    script: Vec<u8>,
}

impl Life<'_> {
    /// Asks the broker, and keeps request and response.
    fn ask<R: Request>(&mut self, request: &R, version: i16) -> R::Response {
        put_request(&mut self.script, 0, &encode_request(request, version, 0, Some("seed")));
        let response = self.world.ask(request, version);
        self.keep(request, false, version);
        self.keep(&response, true, version);
        response
    }

    /// Asks what the broker answers after some time.
    fn ask_and_wait<R: Request>(&mut self, request: &R, version: i16) -> R::Response {
        put_request(&mut self.script, 0, &encode_request(request, version, 0, Some("witness")));
        self.script.extend([Step::Pass as u8, 1, 244]);
        let response = self.world.ask_and_wait(request, version, 5_000);
        self.keep(request, false, version);
        self.keep(&response, true, version);
        response
    }

    fn keep<M: Message>(&mut self, message: &M, is_response: bool, version: i16) {
        let seed = messages::seed(message, is_response, version);
        self.corpus.add("messages", &seed.expect("an API that is listed"));
    }
}

fn batch(count: usize, options: &BatchOptions) -> Bytes {
    let mut batch = BatchBuilder::new();
    for at in 0..count {
        let headers = [("name", Some(&b"value"[..])), ("null", None)];
        batch.append(1_700_000_000_000 + at as i64, Some(b"key"), Some(b"some value"), &headers);
    }
    batch.finish(options).expect("a batch")
}

fn produce(records: Bytes) -> m::ProduceRequest {
    let topic = m::TopicProduceData {
        name: "t".into(),
        partition_data: vec![m::PartitionProduceData { index: 0, records: Some(records) }],
        ..Default::default()
    };
    m::ProduceRequest { acks: -1, timeout_ms: 1000, topic_data: vec![topic], ..Default::default() }
}

fn fetch(fetch_offset: i64) -> m::FetchRequest {
    let partition_max_bytes = 10_000;
    let asked = m::FetchPartition { fetch_offset, partition_max_bytes, ..Default::default() };
    let topic = m::FetchTopic { topic: "t".into(), partitions: vec![asked], ..Default::default() };
    m::FetchRequest {
        max_bytes: 10_000,
        session_epoch: -1,
        topics: vec![topic],
        ..Default::default()
    }
}

/// Lives of a broker: the usual one, and the same with storage that is slow, fails and comes back.
fn lives(corpus: &mut Corpus) {
    let steps: [&[u8]; 4] = [
        &[],
        &[Step::Reopen as u8],
        &[Step::HoldCommits as u8, Step::HoldLoads as u8],
        &[Step::HoldCommits as u8],
    ];
    for (at, before) in steps.into_iter().enumerate() {
        let mut life = Life { corpus, world: World::new(), script: Vec::new() };
        live(&mut life, before, at == 3);
        let script = life.script;
        corpus.add("requests", &script);
    }
}

fn live(life: &mut Life<'_>, between: &[u8], refuse: bool) {
    let topic = m::CreatableTopic {
        name: "t".into(),
        num_partitions: 2,
        replication_factor: 1,
        configs: vec![m::CreatableTopicConfig {
            name: "segment.bytes".into(),
            value: Some("1000".into()),
        }],
        ..Default::default()
    };
    life.ask(&m::ApiVersionsRequest::default(), 3);
    let create = m::CreateTopicsRequest { topics: vec![topic], ..Default::default() };
    life.ask(&create, 7);
    life.ask(&m::MetadataRequest::default(), 12);
    life.script.extend(between);
    let producer = life.ask(&m::InitProducerIdRequest::default(), 4);
    for (round, compression) in Compression::ALL.into_iter().enumerate() {
        let options = BatchOptions {
            compression,
            producer_id: producer.producer_id,
            producer_epoch: 0,
            base_sequence: 10 * round as i32,
            ..Default::default()
        };
        life.ask(&produce(batch(10, &options)), 9);
    }
    if !between.is_empty() {
        life.script.push(if refuse { Step::Refuse as u8 } else { Step::Settle as u8 });
        life.script.extend([Step::Pass as u8, 1, 0, Step::Settle as u8]);
    }
    for offset in [0, 15, 50] {
        life.ask(&fetch(offset), 12);
    }
    let mut session = fetch(0);
    session.session_epoch = 0;
    let begun = life.ask(&session, 12);
    session.session_id = begun.session_id;
    session.session_epoch = 1;
    life.ask(&session, 12);
    for timestamp in [-1, -2, -3, 1_700_000_000_005] {
        let asked = m::ListOffsetsPartition { timestamp, ..Default::default() };
        let topic = m::ListOffsetsTopic { name: "t".into(), partitions: vec![asked] };
        life.ask(&m::ListOffsetsRequest { topics: vec![topic], ..Default::default() }, 7);
    }
    let asked = m::OffsetForLeaderPartition { leader_epoch: 0, ..Default::default() };
    let topic = m::OffsetForLeaderTopic { topic: "t".into(), partitions: vec![asked] };
    life.ask(&m::OffsetForLeaderEpochRequest { topics: vec![topic], ..Default::default() }, 4);
    let partition = m::DeleteRecordsPartition { partition_index: 0, offset: 12 };
    let topic = m::DeleteRecordsTopic { name: "t".into(), partitions: vec![partition] };
    life.ask(&m::DeleteRecordsRequest { topics: vec![topic], ..Default::default() }, 2);
    let resource = m::DescribeConfigsResource {
        resource_type: 2,
        resource_name: "t".into(),
        configuration_keys: None,
    };
    let describe = m::DescribeConfigsRequest {
        resources: vec![resource],
        include_synonyms: true,
        ..Default::default()
    };
    life.ask(&describe, 4);
    let resource = m::IncrementalAlterConfigsResource {
        resource_type: 2,
        resource_name: "t".into(),
        configs: vec![m::IncrementalAlterableConfig {
            name: "retention.ms".into(),
            config_operation: 0,
            value: Some("1000".into()),
        }],
    };
    let alter =
        m::IncrementalAlterConfigsRequest { resources: vec![resource], ..Default::default() };
    life.ask(&alter, 1);
    let more = m::CreatePartitionsTopic { name: "t".into(), count: 4, assignments: None };
    life.ask(&m::CreatePartitionsRequest { topics: vec![more], ..Default::default() }, 3);
    life.ask(&m::DescribeClusterRequest { endpoint_type: 1, ..Default::default() }, 1);
    let cursor =
        m::DescribeTopicPartitionsRequest { response_partition_limit: 2, ..Default::default() };
    life.ask(&cursor, 0);
    let state = m::DeleteTopicState { name: Some("t".into()), ..Default::default() };
    life.ask(&m::DeleteTopicsRequest { topics: vec![state], ..Default::default() }, 6);
}

/// A group of each protocol, from the first member to the last.
fn groups(corpus: &mut Corpus) {
    for between in [&[][..], &[Step::Reopen as u8], &[Step::AliveHosts as u8, 2]] {
        for protocol in [classic, consumer] {
            let mut life = Life { corpus, world: World::new(), script: Vec::new() };
            let topic = m::CreatableTopic {
                name: "t".into(),
                num_partitions: 2,
                replication_factor: 1,
                ..Default::default()
            };
            life.ask(&m::CreateTopicsRequest { topics: vec![topic], ..Default::default() }, 7);
            let group = coordinated(&mut life);
            protocol(&mut life, &group, between);
            let script = life.script;
            corpus.add("requests", &script);
        }
    }
}

/// A group that node 0 coordinates.
fn coordinated(life: &mut Life<'_>) -> String {
    for number in 0.. {
        let group = format!("g{number}");
        let request = m::FindCoordinatorRequest {
            coordinator_keys: vec![group.clone()],
            ..Default::default()
        };
        if life.ask(&request, 4).coordinators[0].node_id == 0 {
            return group;
        }
    }
    unreachable!("there are more groups than numbers")
}

fn classic(life: &mut Life<'_>, group: &str, between: &[u8]) {
    let group_id = group.to_owned();
    let protocol =
        m::JoinGroupRequestProtocol { name: "range".into(), metadata: Bytes::from_static(&[0; 8]) };
    let mut join = m::JoinGroupRequest {
        group_id: group_id.clone(),
        session_timeout_ms: 10_000,
        rebalance_timeout_ms: 10_000,
        protocol_type: "consumer".into(),
        protocols: vec![protocol],
        ..Default::default()
    };
    join.member_id = life.ask(&join, 7).member_id;
    let joined = life.ask_and_wait(&join, 7);
    assert_eq!(joined.error_code, 0);
    let (member_id, generation_id) = (joined.member_id, joined.generation_id);
    let assignment = m::SyncGroupRequestAssignment {
        member_id: member_id.clone(),
        assignment: Bytes::from_static(&[0; 8]),
    };
    let sync = m::SyncGroupRequest {
        group_id: group_id.clone(),
        generation_id,
        member_id: member_id.clone(),
        protocol_type: Some("consumer".into()),
        protocol_name: Some("range".into()),
        assignments: vec![assignment],
        ..Default::default()
    };
    assert_eq!(life.ask(&sync, 5).error_code, 0);
    life.script.extend(between);
    let heartbeat = m::HeartbeatRequest {
        group_id: group_id.clone(),
        generation_id,
        member_id: member_id.clone(),
        ..Default::default()
    };
    life.ask(&heartbeat, 4);
    offsets(life, group, &member_id, generation_id);
    let identity = m::MemberIdentity { member_id, ..Default::default() };
    life.ask(&m::LeaveGroupRequest { group_id, members: vec![identity], ..Default::default() }, 5);
    forget(life, group);
}

fn consumer(life: &mut Life<'_>, group: &str, between: &[u8]) {
    let mut heartbeat = m::ConsumerGroupHeartbeatRequest {
        group_id: group.to_owned(),
        member_id: "member".into(),
        rebalance_timeout_ms: 10_000,
        subscribed_topic_names: Some(vec!["t".into()]),
        topic_partitions: Some(Vec::new()),
        ..Default::default()
    };
    let joined = life.ask(&heartbeat, 1);
    assert_eq!(joined.error_code, 0, "{:?}", joined.error_message);
    life.script.extend(between);
    heartbeat.member_epoch = joined.member_epoch;
    heartbeat.subscribed_topic_names = None;
    heartbeat.subscribed_topic_regex = Some("t.*".into());
    heartbeat.server_assignor = Some("range".into());
    life.ask(&heartbeat, 1);
    offsets(life, group, "member", joined.member_epoch);
    let describe =
        m::ConsumerGroupDescribeRequest { group_ids: vec![group.into()], ..Default::default() };
    life.ask(&describe, 1);
    heartbeat.member_epoch = -1;
    life.ask(&heartbeat, 1);
    forget(life, group);
}

fn offsets(life: &mut Life<'_>, group: &str, member_id: &str, generation: i32) {
    let partition = m::OffsetCommitRequestPartition {
        committed_offset: 5,
        committed_metadata: Some("why".into()),
        ..Default::default()
    };
    let topic = m::OffsetCommitRequestTopic {
        name: "t".into(),
        partitions: vec![partition],
        ..Default::default()
    };
    let commit = m::OffsetCommitRequest {
        group_id: group.into(),
        generation_id_or_member_epoch: generation,
        member_id: member_id.into(),
        topics: vec![topic],
        ..Default::default()
    };
    life.ask(&commit, 9);
    let topic = m::OffsetFetchRequestTopics {
        name: "t".into(),
        partition_indexes: vec![0, 1],
        ..Default::default()
    };
    let asked = m::OffsetFetchRequestGroup {
        group_id: group.into(),
        topics: Some(vec![topic]),
        ..Default::default()
    };
    life.ask(&m::OffsetFetchRequest { groups: vec![asked], ..Default::default() }, 9);
    life.ask(&m::ListGroupsRequest::default(), 5);
    let describe = m::DescribeGroupsRequest { groups: vec![group.into()], ..Default::default() };
    life.ask(&describe, 5);
}

fn forget(life: &mut Life<'_>, group: &str) {
    let partitions = vec![m::OffsetDeleteRequestPartition { partition_index: 0 }];
    let topic = m::OffsetDeleteRequestTopic { name: "t".into(), partitions };
    life.ask(&m::OffsetDeleteRequest { group_id: group.into(), topics: vec![topic] }, 0);
    life.ask(&m::DeleteGroupsRequest { groups_names: vec![group.into()] }, 2);
}

/// Batches and compressed bytes.
fn records(corpus: &mut Corpus) {
    for (number, compression) in Compression::ALL.into_iter().enumerate() {
        for count in [1, 20] {
            let options = BatchOptions { compression, ..Default::default() };
            let bytes = batch(count, &options);
            corpus.add("batches", &[&[1], &bytes[..]].concat());
            corpus.add("batches", &[&[0], &bytes[..], &bytes[..]].concat());
        }
        for plain in [&b""[..], &b"abc"[..], &[b'x'; 3000]] {
            let packed = compression.compress(plain).expect("it can be packed");
            let mut seed = vec![number as u8, 1, 0];
            seed.extend(packed);
            corpus.add("compression", &seed);
        }
    }
}

/// A broker's answers, written down.
struct Recorded {
    world: World,
    script: Vec<u8>,
}

impl Answers for Recorded {
    fn answer(&mut self, _: Link, request: &Bytes) -> Option<Bytes> {
        // The broker wants ids that rise on its connection; a client starts anew on each of its own.
        let mut frame = request.to_vec();
        frame[4..8].copy_from_slice(&self.world.next_correlation_id().to_be_bytes());
        self.world.input(Input::Request { connection: WITNESS, frame: frame.into() });
        self.world.pass(1_000);
        let mut answer = self.world.responses.pop_front()?.to_vec();
        self.script.push(2);
        put_blob(&mut self.script, &answer);
        answer[..4].copy_from_slice(&request[4..8]);
        Some(answer.into())
    }
}

fn responses(corpus: &mut Corpus) {
    let mut recorded = Recorded { world: World::new(), script: Vec::new() };
    drive(&mut recorded);
    corpus.add("responses", &recorded.script);
}

/// A few kinds of damage to what is stored.
fn damages(corpus: &mut Corpus) {
    corpus.add("recovery", &[]);
    corpus.add("files", &[]);
    for kind in 0..6 {
        for which in [0, 3, 7] {
            corpus.add("recovery", &[kind, which, 0, 0, 20, 2, 3, 1, 2, 3]);
            corpus.add("recovery", &[kind, which, 0, 0, 5, 0, 0]);
        }
    }
    for kind in [0, 1, 2, 3, 4, 0x80 | 4] {
        for which in 0..6 {
            corpus.add("files", &[which, kind, 0, 30, 3, 1, 2, 3]);
        }
    }
}

//! The client against brokers that a test scripts.

mod admin;
mod connections;
mod fetching;
mod grouping;
mod producing;
mod refusing;
mod retrying;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;

use super::*;
use crate::Uuid;
use crate::protocol::messages::*;
use crate::protocol::{
    ApiKey, ErrorCode, Message, RequestHeader, decode_request, encode_response, peek_header,
};
use crate::record::{BatchBuilder, BatchOptions, batches};

/// A request that a broker has got and not answered.
struct Seen {
    link: Link,
    /// The node that got it.
    node: i32,
    header: RequestHeader,
    frame: Bytes,
}

/// A topic as the brokers tell of it: the leader and the leader epoch of each partition.
type Leaders = Vec<(i32, i32)>;

/// A client with brokers: node 0 at `b:0`, node 1 at `b:1`, … They answer ApiVersions, Metadata and
/// InitProducerId themselves; everything else waits in `inbox` for the test.
struct Rig {
    client: Client,
    now: Now,
    inbox: VecDeque<Seen>,
    events: VecDeque<Event>,
    links: BTreeMap<Link, i32>,
    /// Nodes that let nobody connect.
    down: BTreeSet<i32>,
    nodes: i32,
    /// Who coordinates groups.
    coordinator: i32,
    topics: BTreeMap<String, Leaders>,
    /// Whether topics are made that are asked for by name.
    creates: bool,
    /// The highest versions served, where not all of them.
    at_most: BTreeMap<ApiKey, i16>,
    producer_ids: i64,
    metadata_requests: usize,
    /// The share of the answers that are cut short or changed in a byte or two, of 100.
    garble: u64,
    rng: Rng,
}

fn config() -> ClientConfig {
    ClientConfig { bootstrap: vec![Address::new("b", 0)], ..ClientConfig::default() }
}

fn pipelined() -> ClientConfig {
    let mut config = config();
    config.producer.max_partial_in_flight = 5;
    config
}

/// Sends `a` to `d` as four requests, whose answers are up to the test.
fn four(rig: &mut Rig) -> Vec<(Seen, ProduceRequest)> {
    for (id, value) in (1..).zip(["a", "b", "c", "d"]) {
        rig.send(id, 0, &[value]).unwrap();
    }
    (0..4).map(|_| rig.expect::<ProduceRequest>()).collect()
}

fn topic_id(name: &str) -> Uuid {
    let mut id = [7; 16];
    id[0] = name.len() as u8;
    id[1] = name.as_bytes()[0];
    Uuid(id)
}

impl Rig {
    /// With a topic `t` of two partitions on node 0.
    fn new(config: ClientConfig) -> Rig {
        Rig {
            client: Client::new(config, 1).unwrap(),
            now: Now { monotonic_ms: 1_000, wall_ms: 5_000_000 },
            inbox: VecDeque::new(),
            events: VecDeque::new(),
            links: BTreeMap::new(),
            down: BTreeSet::new(),
            nodes: 1,
            coordinator: 0,
            topics: BTreeMap::from([("t".to_owned(), vec![(0, 0), (0, 0)])]),
            creates: false,
            at_most: BTreeMap::new(),
            producer_ids: 0,
            metadata_requests: 0,
            garble: 0,
            rng: Rng::new(3),
        }
    }

    /// Does what the client wants, until it wants nothing more.
    fn run(&mut self) {
        loop {
            self.events.extend(std::iter::from_fn(|| self.client.poll_event()));
            match self.client.poll_output() {
                None => return,
                Some(ClientOutput::Connect { link, host, port }) => {
                    assert_eq!(host, "b");
                    self.links.insert(link, port);
                    let input = if self.down.contains(&port) {
                        ClientInput::Disconnected { link, reason: "refused".to_owned() }
                    } else {
                        ClientInput::Connected { link }
                    };
                    self.client.handle(self.now, input);
                }
                Some(ClientOutput::Disconnect { link }) => self.forget(link),
                Some(ClientOutput::Send { link, frame }) => self.arrived(link, frame),
            }
        }
    }

    fn forget(&mut self, link: Link) {
        self.links.remove(&link);
        self.inbox.retain(|seen| seen.link != link);
    }

    fn arrived(&mut self, link: Link, frame: Bytes) {
        let (header, from) = peek_header(frame.clone()).unwrap();
        let seen = Seen { link, node: self.links[&link], header, frame };
        let version = seen.header.api_version;
        match ApiKey::try_from(seen.header.api_key).unwrap() {
            ApiKey::ApiVersions => {
                let body = self.api_versions(version);
                let version = if body.error_code == 35 { 0 } else { version };
                let frame = encode_response(&body, version, seen.header.correlation_id);
                let frame = self.garbled(frame, 0);
                self.client.handle(self.now, ClientInput::Received { link, frame });
            }
            ApiKey::Metadata => {
                self.metadata_requests += 1;
                let request: MetadataRequest = decode_request(&seen.header, from).unwrap();
                if self.creates && request.allow_auto_topic_creation {
                    for name in request.topics.iter().flatten().filter_map(|t| t.name.clone()) {
                        self.topics.entry(name).or_insert(vec![(0, 0)]);
                    }
                }
                let answer = self.metadata(&request);
                self.answer(&seen, &answer);
            }
            ApiKey::InitProducerId => {
                self.producer_ids += 1;
                let answer = InitProducerIdResponse {
                    producer_id: 1_000 * self.producer_ids,
                    ..InitProducerIdResponse::default()
                };
                self.answer(&seen, &answer);
            }
            ApiKey::FindCoordinator => {
                let answer = FindCoordinatorResponse {
                    coordinators: vec![Coordinator {
                        host: "b".to_owned(),
                        port: self.coordinator,
                        node_id: self.coordinator,
                        ..Coordinator::default()
                    }],
                    ..FindCoordinatorResponse::default()
                };
                self.answer(&seen, &answer);
            }
            _ => self.inbox.push_back(seen),
        }
    }

    fn api_versions(&self, version: i16) -> ApiVersionsResponse {
        let served = |api: ApiKey, max: i16| ApiVersion {
            api_key: api as i16,
            min_version: 0,
            max_version: self.at_most.get(&api).copied().unwrap_or(max),
        };
        let api_keys = vec![
            served(ApiKey::Produce, 13),
            served(ApiKey::Fetch, 18),
            served(ApiKey::ListOffsets, 11),
            served(ApiKey::Metadata, 13),
            served(ApiKey::ApiVersions, 4),
            served(ApiKey::InitProducerId, 5),
            served(ApiKey::DeleteRecords, 2),
            served(ApiKey::CreateTopics, 7),
            served(ApiKey::FindCoordinator, 6),
            served(ApiKey::JoinGroup, 9),
            served(ApiKey::SyncGroup, 5),
            served(ApiKey::Heartbeat, 4),
            served(ApiKey::LeaveGroup, 5),
            served(ApiKey::OffsetCommit, 10),
            served(ApiKey::OffsetFetch, 10),
            served(ApiKey::ConsumerGroupHeartbeat, 1),
        ];
        let known = version <= api_keys[4].max_version;
        let error_code = if known { 0 } else { ErrorCode::UnsupportedVersion.code() };
        ApiVersionsResponse { error_code, api_keys, ..ApiVersionsResponse::default() }
    }

    fn metadata(&self, request: &MetadataRequest) -> MetadataResponse {
        let broker = |node_id| MetadataResponseBroker {
            node_id,
            host: "b".to_owned(),
            port: node_id,
            rack: None,
        };
        let all = || self.topics.keys().cloned().collect::<Vec<String>>();
        let named = |asked: &Vec<MetadataRequestTopic>| {
            asked.iter().map(|topic| topic.name.clone().unwrap()).collect()
        };
        let names: Vec<String> = request.topics.as_ref().map_or_else(all, named);
        let topics = names.into_iter().map(|name| {
            let Some(leaders) = self.topics.get(&name) else {
                return MetadataResponseTopic {
                    error_code: ErrorCode::UnknownTopicOrPartition.code(),
                    name: Some(name),
                    ..MetadataResponseTopic::default()
                };
            };
            let partitions = (0..).zip(leaders).map(|(partition_index, &(leader_id, epoch))| {
                MetadataResponsePartition {
                    partition_index,
                    leader_id,
                    leader_epoch: epoch,
                    replica_nodes: vec![leader_id],
                    isr_nodes: vec![leader_id],
                    ..MetadataResponsePartition::default()
                }
            });
            MetadataResponseTopic {
                topic_id: topic_id(&name),
                partitions: partitions.collect(),
                name: Some(name),
                ..MetadataResponseTopic::default()
            }
        });
        MetadataResponse {
            brokers: (0..self.nodes).map(broker).collect(),
            cluster_id: Some("c".to_owned()),
            controller_id: 0,
            topics: topics.collect(),
            ..MetadataResponse::default()
        }
    }

    fn answer<M: Message>(&mut self, seen: &Seen, response: &M) {
        let frame = encode_response(response, seen.header.api_version, seen.header.correlation_id);
        // What is believed for long is only cut short.
        let believed = matches!(M::API, ApiKey::Metadata | ApiKey::FindCoordinator);
        let changes = if believed { 0 } else { 3 };
        let frame = self.garbled(frame, changes);
        self.client.handle(self.now, ClientInput::Received { link: seen.link, frame });
        self.run();
    }

    fn garbled(&mut self, frame: Bytes, changes: usize) -> Bytes {
        if self.rng.below(100) as u64 >= self.garble {
            return frame;
        }
        let mut bytes = frame.to_vec();
        // Behind the correlation id, so that it is taken for an answer.
        for _ in 0..self.rng.below(changes + 1) {
            let at = 4 + self.rng.below(bytes.len().saturating_sub(4));
            if let Some(byte) = bytes.get_mut(at) {
                *byte = self.rng.next_u64() as u8;
            }
        }
        bytes.truncate(4 + self.rng.below(bytes.len() * 3));
        bytes.into()
    }

    /// The next request that waits; it must be of this type.
    fn expect<R: Request>(&mut self) -> (Seen, R) {
        let seen = self.inbox.pop_front().expect("a request");
        let (_, from) = peek_header(seen.frame.clone()).unwrap();
        assert_eq!(seen.header.api_key, R::API as i16);
        let request = decode_request(&seen.header, from).unwrap();
        (seen, request)
    }

    fn pass(&mut self, ms: u64) {
        self.now.monotonic_ms += ms;
        self.now.wall_ms += ms as i64;
        self.client.handle(self.now, ClientInput::Tick);
        self.run();
    }

    /// Lets time pass from deadline to deadline, `ms` at most.
    fn pass_by_deadlines(&mut self, ms: u64) {
        let end = self.now.monotonic_ms + ms;
        while let Some(at) = self.client.poll_deadline(self.now).filter(|&at| at <= end) {
            let by = at.saturating_sub(self.now.monotonic_ms);
            self.pass(by);
            let next = self.client.poll_deadline(self.now);
            assert!(next.is_none_or(|next| next > self.now.monotonic_ms), "a deadline that stays");
        }
        self.pass(end - self.now.monotonic_ms);
    }

    fn cut(&mut self, link: Link) {
        self.forget(link);
        let reason = "cut".to_owned();
        self.client.handle(self.now, ClientInput::Disconnected { link, reason });
        self.run();
    }

    fn next_event(&mut self) -> Event {
        self.events.pop_front().expect("an event")
    }

    // Producing

    fn send(&mut self, id: u64, partition: i32, values: &[&str]) -> Result<(), ClientError> {
        let records = values.iter().map(|value| ProduceRecord {
            partition: Some(partition),
            value: Some(value.as_bytes()),
            ..ProduceRecord::default()
        });
        let sent = self.client.produce(self.now, SendId(id), "t", records);
        self.run();
        sent
    }

    /// Answers a produce request: every partition with this error, and base offset.
    fn produced(&mut self, seen: &Seen, request: &ProduceRequest, code: ErrorCode, base: i64) {
        let answer = produce_answer(request, |_| (code, base));
        self.answer(seen, &answer);
    }

    /// `id: partition@offset ...` or `id! error` of the next event.
    fn outcome(&mut self) -> String {
        match self.next_event() {
            Event::Produced { send, mut partitions, error, .. } => {
                partitions.sort_by_key(|p| p.partition);
                let mut text = format!("{}:", send.0);
                for p in partitions {
                    text += &format!(" {}@{}", p.partition, p.base_offset);
                }
                error.into_iter().for_each(|error| text += &format!(" ! {error}"));
                text
            }
            other => panic!("{other:?}"),
        }
    }

    // Fetching

    fn assign(&mut self, partitions: &[(i32, StartPosition)]) {
        let wanted: Vec<_> = partitions.iter().map(|&(p, start)| ("t", p, start)).collect();
        self.client.assign(self.now, &wanted).unwrap();
        self.run();
    }

    /// Answers a fetch in session 9: partition, error, and the batches.
    fn fetched(&mut self, seen: &Seen, partitions: Vec<(i32, ErrorCode, Vec<u8>)>) {
        let partitions =
            partitions.into_iter().map(|(partition_index, code, records)| FetchPartitionData {
                partition_index,
                error_code: code.code(),
                high_watermark: 100,
                last_stable_offset: 100,
                log_start_offset: 0,
                records: Some(records.into()),
                ..FetchPartitionData::default()
            });
        let answer = FetchResponse {
            session_id: 9,
            responses: vec![FetchableTopicResponse {
                topic: "t".to_owned(),
                topic_id: topic_id("t"),
                partitions: partitions.collect(),
            }],
            ..FetchResponse::default()
        };
        self.answer(seen, &answer);
    }

    /// `partition: first..next` of what is taken.
    fn take(&mut self) -> Option<String> {
        let taken = self.client.poll_fetched(self.now);
        self.run();
        taken.map(|f| format!("{}: {}..{}", f.partition, f.first_offset, f.next_offset))
    }
}

fn produce_answer(
    request: &ProduceRequest,
    outcome: impl Fn(i32) -> (ErrorCode, i64),
) -> ProduceResponse {
    let responses = request.topic_data.iter().map(|topic| TopicProduceResponse {
        name: topic.name.clone(),
        topic_id: topic.topic_id,
        partition_responses: topic
            .partition_data
            .iter()
            .map(|p| {
                let (code, base_offset) = outcome(p.index);
                PartitionProduceResponse {
                    index: p.index,
                    error_code: code.code(),
                    base_offset,
                    log_start_offset: 0,
                    ..PartitionProduceResponse::default()
                }
            })
            .collect(),
    });
    ProduceResponse { responses: responses.collect(), ..ProduceResponse::default() }
}

/// `partition[values]`, with ` epoch/sequence` where there is one, for each batch of a request.
fn text(request: &ProduceRequest) -> String {
    let all = request.topic_data.iter().flat_map(|topic| &topic.partition_data);
    let each = all.map(|p| {
        let mut inside = batches(p.records.clone().unwrap());
        let batch = inside.next().unwrap().unwrap();
        assert!(inside.next().is_none(), "one batch per partition");
        batch.verify().unwrap();
        let records = batch.records(1 << 24).unwrap();
        let value = |r: &crate::record::Record| match &r.value {
            Some(value) => String::from_utf8_lossy(value).into_owned(),
            None => "-".to_owned(),
        };
        let values: Vec<String> = records.iter().map(value).collect();
        let sequence = match batch.header {
            h if h.producer_id < 0 => String::new(),
            h => format!(" {}/{}", h.producer_epoch, h.base_sequence),
        };
        format!("{}[{}]{sequence}", p.index, values.join(" "))
    });
    each.collect::<Vec<_>>().join(", ")
}

fn batch(base_offset: i64, records: usize) -> Vec<u8> {
    let mut builder = BatchBuilder::new();
    (0..records).for_each(|_| builder.append(1, None, Some(b"x"), &[]));
    let options =
        BatchOptions { base_offset, partition_leader_epoch: 0, ..BatchOptions::default() };
    builder.finish(&options).unwrap().to_vec()
}

/// The partitions and offsets of a fetch request: `id/epoch partition@offset ... -forgotten ...`.
fn fetch_text(request: &FetchRequest) -> String {
    let mut text = format!("{}/{}", request.session_id, request.session_epoch);
    for p in request.topics.iter().flat_map(|topic| &topic.partitions) {
        text += &format!(" {}@{}", p.partition, p.fetch_offset);
    }
    for partition in request.forgotten_topics_data.iter().flat_map(|topic| &topic.partitions) {
        text += &format!(" -{partition}");
    }
    text
}

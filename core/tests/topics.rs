//! Topics and their configuration: what is made, changed, described, and refused.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers outside of test functions.

mod host;

use host::{Host, batch, values};
use ottla::Uuid;
use ottla::protocol::messages as m;

const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;
const INVALID_TOPIC_EXCEPTION: i16 = 17;
const TOPIC_ALREADY_EXISTS: i16 = 36;
const INVALID_PARTITIONS: i16 = 37;
const INVALID_REPLICATION_FACTOR: i16 = 38;
const INVALID_REPLICA_ASSIGNMENT: i16 = 39;
const INVALID_CONFIG: i16 = 40;
const INVALID_REQUEST: i16 = 42;
const POLICY_VIOLATION: i16 = 44;
const TOPIC: i8 = 2;
const BROKER: i8 = 4;

fn creatable(name: &str) -> m::CreatableTopic {
    m::CreatableTopic {
        name: name.into(),
        num_partitions: 1,
        replication_factor: 1,
        ..Default::default()
    }
}

fn create(host: &mut Host, topic: m::CreatableTopic) -> m::CreatableTopicResult {
    let request = m::CreateTopicsRequest { topics: vec![topic], ..Default::default() };
    host.call(&request, 7).topics.remove(0)
}

#[test]
fn a_created_topic_is_described_as_it_is() {
    let mut host = Host::new();
    let mut topic = creatable("orders");
    topic.num_partitions = 3;
    topic.configs =
        vec![m::CreatableTopicConfig { name: "retention.ms".into(), value: Some("60000".into()) }];
    let created = create(&mut host, topic);
    assert_eq!((created.error_code, created.num_partitions), (0, 3));
    let configs = created.configs.unwrap();
    let retention = configs.iter().find(|c| c.name == "retention.ms").unwrap();
    assert_eq!((retention.value.as_deref(), retention.config_source), (Some("60000"), 1));
    let metadata = host.call(&m::MetadataRequest::default(), 12);
    let described = &metadata.topics[0];
    assert_eq!(described.name.as_deref(), Some("orders"));
    assert_eq!(described.topic_id, created.topic_id);
    let partitions: Vec<_> = described
        .partitions
        .iter()
        .map(|p| (p.partition_index, p.leader_id, p.leader_epoch, p.isr_nodes.clone()))
        .collect();
    assert_eq!(partitions, [(0, 0, 0, vec![0]), (1, 0, 0, vec![0]), (2, 0, 0, vec![0])]);
}

#[test]
fn what_cannot_be_made_is_refused_with_kafkas_error() {
    let mut host = Host::new();
    assert_eq!(host.create("taken.name", 1, &[]), 0);
    let with = |name: &str, change: fn(&mut m::CreatableTopic)| {
        let mut topic = creatable(name);
        change(&mut topic);
        topic
    };
    let assign = |topic: &mut m::CreatableTopic, broker_ids: Vec<i32>| {
        topic.num_partitions = -1;
        topic.replication_factor = -1;
        let assignment = m::CreatableReplicaAssignment { partition_index: 0, broker_ids };
        topic.assignments = vec![assignment];
    };
    let mut elsewhere = creatable("t");
    assign(&mut elsewhere, vec![5]);
    let cases = [
        (with("taken.name", |_| {}), TOPIC_ALREADY_EXISTS),
        (with("taken_name", |_| {}), INVALID_TOPIC_EXCEPTION),
        (with("bad name", |_| {}), INVALID_TOPIC_EXCEPTION),
        (with("", |_| {}), INVALID_TOPIC_EXCEPTION),
        (with("t", |t| t.num_partitions = 0), INVALID_PARTITIONS),
        (with("t", |t| t.num_partitions = i32::MAX), POLICY_VIOLATION),
        (with("t", |t| t.replication_factor = 2), INVALID_REPLICATION_FACTOR),
        (with("t", |t| t.replication_factor = 0), INVALID_REPLICATION_FACTOR),
        (with("t", |t| t.assignments.push(Default::default())), INVALID_REQUEST),
        (elsewhere, INVALID_REPLICA_ASSIGNMENT),
    ];
    for (topic, code) in cases {
        let name = topic.name.clone();
        let refused = create(&mut host, topic);
        assert_eq!(refused.error_code, code, "{name}: {:?}", refused.error_message);
        assert!(refused.error_message.is_some_and(|message| !message.is_empty()));
    }
    let twice = m::CreateTopicsRequest {
        topics: vec![creatable("twice"), creatable("twice"), creatable("once")],
        ..Default::default()
    };
    let codes: Vec<i16> = host.call(&twice, 7).topics.iter().map(|t| t.error_code).collect();
    assert_eq!(codes, [INVALID_REQUEST, INVALID_REQUEST, 0]);
    for (name, value) in [("retention.ms", "soon"), ("no.such.config", "1")] {
        assert_eq!(host.create("t", 1, &[(name, value)]), INVALID_CONFIG, "{name}");
    }
    let names = host.call(&m::MetadataRequest::default(), 12).topics;
    let names: Vec<_> = names.iter().filter_map(|topic| topic.name.as_deref()).collect();
    assert_eq!(names, ["once", "taken.name"], "nothing else was made");
}

#[test]
fn validate_only_makes_nothing() {
    let mut host = Host::new();
    let topics = vec![creatable("t")];
    let request = m::CreateTopicsRequest { topics, validate_only: true, ..Default::default() };
    assert_eq!(host.call(&request, 7).topics[0].error_code, 0);
    assert!(host.call(&m::MetadataRequest::default(), 12).topics.is_empty());
    assert_eq!(host.create("t", 1, &[]), 0);
    let grow = m::CreatePartitionsTopic { name: "t".into(), count: 4, ..Default::default() };
    let request = m::CreatePartitionsRequest {
        topics: vec![grow],
        validate_only: true,
        ..Default::default()
    };
    assert_eq!(host.call(&request, 3).results[0].error_code, 0);
    assert_eq!(host.call(&m::MetadataRequest::default(), 12).topics[0].partitions.len(), 1);
}

#[test]
fn partitions_are_added_and_records_stay_where_they_are() {
    let mut host = Host::new();
    host.create("t", 2, &[]);
    host.produce("t", 1, batch(1, &["stays"]));
    let grow = |count: i32| m::CreatePartitionsRequest {
        topics: vec![m::CreatePartitionsTopic { name: "t".into(), count, ..Default::default() }],
        ..Default::default()
    };
    assert_eq!(host.call(&grow(2), 3).results[0].error_code, INVALID_PARTITIONS);
    assert_eq!(host.call(&grow(1), 3).results[0].error_code, INVALID_PARTITIONS);
    assert_eq!(host.call(&grow(4), 3).results[0].error_code, 0);
    assert_eq!(host.produce("t", 3, batch(1, &["new"])).error_code, 0);
    let mut host = host.reopen();
    assert_eq!(values(&host.read_all("t", 1, 0)), ["stays"]);
    assert_eq!(values(&host.read_all("t", 3, 0)), ["new"]);
}

#[test]
fn topics_are_deleted_by_name_or_by_id() {
    let mut host = Host::new();
    host.create("a", 1, &[]);
    host.create("b", 1, &[]);
    let id = host.call(&m::MetadataRequest::default(), 12).topics[1].topic_id;
    let delete = |name: Option<&str>, topic_id: Uuid| m::DeleteTopicsRequest {
        topics: vec![m::DeleteTopicState { name: name.map(str::to_owned), topic_id }],
        ..Default::default()
    };
    let mut code = |request: m::DeleteTopicsRequest| host.call(&request, 6).responses[0].clone();
    assert_eq!(code(delete(Some("a"), Uuid::ZERO)).error_code, 0);
    let by_id = code(delete(None, id));
    assert_eq!((by_id.error_code, by_id.name.as_deref()), (0, Some("b")));
    assert_eq!(code(delete(Some("a"), Uuid::ZERO)).error_code, UNKNOWN_TOPIC_OR_PARTITION);
    assert_eq!(code(delete(None, id)).error_code, 100, "UNKNOWN_TOPIC_ID");
    assert_eq!(code(delete(Some("a"), id)).error_code, INVALID_REQUEST);
}

#[test]
fn metadata_makes_topics_only_where_it_may() {
    let ask = |name: &str, allow: bool| m::MetadataRequest {
        topics: Some(vec![m::MetadataRequestTopic {
            name: Some(name.into()),
            ..Default::default()
        }]),
        allow_auto_topic_creation: allow,
        ..Default::default()
    };
    let mut host = Host::with(&[("num.partitions", "3")]);
    let mut topic = |request: m::MetadataRequest| host.call(&request, 12).topics.remove(0);
    assert_eq!(topic(ask("t", false)).error_code, UNKNOWN_TOPIC_OR_PARTITION);
    let made = topic(ask("t", true));
    assert_eq!((made.error_code, made.partitions.len()), (0, 3));
    assert_eq!(topic(ask("bad name", true)).error_code, INVALID_TOPIC_EXCEPTION);
    assert_eq!(topic(ask("__consumer_offsets", true)).error_code, UNKNOWN_TOPIC_OR_PARTITION);
    let mut host = Host::with(&[("auto.create.topics.enable", "false")]);
    let refused = host.call(&ask("t", true), 12).topics.remove(0);
    assert_eq!(refused.error_code, UNKNOWN_TOPIC_OR_PARTITION);
    let by_id = m::MetadataRequest {
        topics: Some(vec![m::MetadataRequestTopic { topic_id: Uuid([7; 16]), name: None }]),
        ..Default::default()
    };
    let unknown = host.call(&by_id, 12).topics.remove(0);
    assert_eq!((unknown.error_code, unknown.topic_id), (100, Uuid([7; 16])), "the id is echoed");
}

fn described(
    host: &mut Host,
    kind: i8,
    name: &str,
    keys: Option<&[&str]>,
) -> m::DescribeConfigsResult {
    let resource = m::DescribeConfigsResource {
        resource_type: kind,
        resource_name: name.into(),
        configuration_keys: keys.map(|keys| keys.iter().map(|key| key.to_string()).collect()),
    };
    let request = m::DescribeConfigsRequest {
        resources: vec![resource],
        include_synonyms: true,
        include_documentation: true,
    };
    host.call(&request, 4).results.remove(0)
}

#[test]
fn configs_are_described_in_the_order_asked_for_with_their_synonyms() {
    let mut host = Host::with(&[("log.retention.ms", "1000")]);
    host.create("t", 1, &[("segment.bytes", "2000")]);
    let keys = ["segment.bytes", "retention.ms", "cleanup.policy", "no.such"];
    let result = described(&mut host, TOPIC, "t", Some(&keys));
    let told: Vec<_> = result
        .configs
        .iter()
        .map(|c| (c.name.as_str(), c.value.as_deref().unwrap(), c.config_source, c.synonyms.len()))
        .collect();
    let expected = [
        ("segment.bytes", "2000", 1, 2),
        ("retention.ms", "1000", 4, 2),
        ("cleanup.policy", "delete", 5, 1),
    ];
    assert_eq!(told, expected);
    assert!(result.configs.iter().all(|c| c.documentation.as_ref().is_some_and(|d| !d.is_empty())));
    let all = described(&mut host, TOPIC, "t", None);
    assert!(all.configs.len() > 30);
    // As Kafka reads it, and as kafka-python asks.
    assert_eq!(described(&mut host, TOPIC, "t", Some(&[])).configs.len(), all.configs.len());
    // Kafka has the default of log.retention.ms in hours, and tells it behind a value in ms only.
    let synonyms = |host: &mut Host, topic: &str, key: &str| -> Vec<(String, String, i8)> {
        let result = described(host, TOPIC, topic, Some(&[key])).configs.remove(0);
        let synonyms = result.synonyms.into_iter();
        synonyms.map(|s| (s.name, s.value.unwrap(), s.source)).collect()
    };
    let told = |name: &str, value: &str, source| (name.to_owned(), value.to_owned(), source);
    let set = [told("log.retention.ms", "1000", 4), told("log.retention.hours", "168", 5)];
    assert_eq!(synonyms(&mut host, "t", "retention.ms"), set);
    assert_eq!(synonyms(&mut host, "t", "segment.ms"), []);
    assert_eq!(synonyms(&mut host, "t", "follower.replication.throttled.replicas"), []);
    host.create("u", 1, &[("segment.ms", "5")]);
    assert_eq!(synonyms(&mut host, "u", "segment.ms"), [told("segment.ms", "5", 1)]);
    let broker = described(&mut host, BROKER, "0", Some(&["num.partitions"]));
    assert!(broker.configs[0].read_only);
    let unset = described(&mut host, BROKER, "0", Some(&["log.roll.ms", "node.id"])).configs;
    let told: Vec<_> = unset.iter().map(|c| (c.value.as_deref(), c.synonyms.len())).collect();
    assert_eq!(told, [(None, 0), (Some("0"), 0)]);
    assert_eq!(described(&mut host, TOPIC, "nowhere", None).error_code, UNKNOWN_TOPIC_OR_PARTITION);
    assert_eq!(described(&mut host, BROKER, "7", None).error_code, INVALID_REQUEST);
    assert_eq!(described(&mut host, 99, "x", None).error_code, INVALID_REQUEST);
}

fn alter(host: &mut Host, operation: i8, name: &str, value: Option<&str>) -> (i16, String) {
    let request = m::IncrementalAlterConfigsRequest {
        resources: vec![m::IncrementalAlterConfigsResource {
            resource_type: TOPIC,
            resource_name: "t".into(),
            configs: vec![m::IncrementalAlterableConfig {
                name: name.into(),
                config_operation: operation,
                value: value.map(str::to_owned),
            }],
        }],
        validate_only: false,
    };
    let answer = host.call(&request, 1).responses.remove(0);
    (answer.error_code, answer.error_message.unwrap_or_default())
}

fn value(host: &mut Host, name: &str) -> String {
    described(host, TOPIC, "t", Some(&[name])).configs.remove(0).value.unwrap()
}

#[test]
fn configs_are_changed_one_by_one() {
    let (set, delete, append, subtract) = (0, 1, 2, 3);
    let mut host = Host::new();
    host.create("t", 1, &[]);
    assert_eq!(alter(&mut host, set, "max.message.bytes", Some("300")).0, 0);
    assert_eq!(host.produce("t", 0, batch(1, &["x".repeat(300).as_str()])).error_code, 10);
    assert_eq!(alter(&mut host, append, "cleanup.policy", Some("compact")).0, 0);
    assert_eq!(value(&mut host, "cleanup.policy"), "delete,compact");
    assert_eq!(alter(&mut host, subtract, "cleanup.policy", Some("delete")).0, 0);
    assert_eq!(value(&mut host, "cleanup.policy"), "compact");
    let mut host = host.reopen();
    assert_eq!(value(&mut host, "max.message.bytes"), "300", "it is stored");
    assert_eq!(alter(&mut host, delete, "max.message.bytes", None).0, 0);
    assert_eq!(value(&mut host, "max.message.bytes"), "1048588");
    let (code, message) = alter(&mut host, set, "retention.ms", Some("-5"));
    assert_eq!(code, INVALID_CONFIG);
    assert!(message.contains("retention.ms") && message.contains("-5"), "{message}");
    assert_eq!(alter(&mut host, append, "retention.ms", Some("5")).0, INVALID_CONFIG);
    assert_eq!(alter(&mut host, set, "retention.ms", None).0, INVALID_REQUEST);
    assert_eq!(alter(&mut host, 9, "retention.ms", Some("5")).0, INVALID_REQUEST);
    assert_eq!(alter(&mut host, set, "ottla.durability", Some("memory")).0, INVALID_CONFIG);
    assert_eq!(alter(&mut host, set, "ottla.durability", Some("strict")).0, 0);
}

#[test]
fn the_older_api_replaces_all_configs() {
    let mut host = Host::new();
    host.create("t", 1, &[("max.message.bytes", "300")]);
    let config = m::AlterableConfig { name: "retention.ms".into(), value: Some("5".into()) };
    let resource = m::AlterConfigsResource {
        resource_type: TOPIC,
        resource_name: "t".into(),
        configs: vec![config],
    };
    let request = m::AlterConfigsRequest { resources: vec![resource], validate_only: false };
    assert_eq!(host.call(&request, 2).responses[0].error_code, 0);
    assert_eq!(value(&mut host, "retention.ms"), "5");
    assert_eq!(value(&mut host, "max.message.bytes"), "1048588");
}

#[test]
fn the_cluster_is_described() {
    let mut host = Host::with(&[("advertised.host", "tab"), ("advertised.port", "7")]);
    let request = m::DescribeClusterRequest { endpoint_type: 1, ..Default::default() };
    let cluster = host.call(&request, 2);
    assert_eq!((cluster.error_code, cluster.controller_id), (0, 0));
    assert_eq!((cluster.brokers[0].host.as_str(), cluster.brokers[0].port), ("tab", 7));
    assert_eq!(Uuid::parse(&cluster.cluster_id).map(|id| id.is_zero()), Some(false));
    let controllers = m::DescribeClusterRequest { endpoint_type: 2, ..Default::default() };
    assert_eq!(host.call(&controllers, 2).error_code, 114, "MISMATCHED_ENDPOINT_TYPE");
}

#[test]
fn topic_partitions_are_described_page_by_page() {
    let mut host = Host::new();
    host.create("a", 3, &[]);
    host.create("b", 2, &[]);
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let request = m::DescribeTopicPartitionsRequest {
            response_partition_limit: 2,
            cursor: cursor.take(),
            ..Default::default()
        };
        let page = host.call(&request, 0);
        let count: usize = page.topics.iter().map(|topic| topic.partitions.len()).sum();
        assert!(count <= 2, "{count} partitions on a page of 2");
        for topic in page.topics {
            let name = topic.name.unwrap();
            seen.extend(topic.partitions.iter().map(|p| (name.clone(), p.partition_index)));
        }
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    let all = [("a", 0), ("a", 1), ("a", 2), ("b", 0), ("b", 1)];
    assert_eq!(seen, all.map(|(name, partition)| (name.to_owned(), partition)));
}

#[test]
fn one_broker_can_be_shown_as_several_that_lead_in_turn() {
    let mut config = host::config(&[("advertised.host", "a"), ("node.id", "5")]);
    config.add_node("b", 9093);
    config.add_node("c", 9094);
    let mut host = Host::open(config, Default::default());
    let topic = |name: &str, replication_factor| m::CreatableTopic {
        name: name.into(),
        num_partitions: 4,
        replication_factor,
        ..Default::default()
    };
    let topics = vec![topic("t", 3), topic("u", 4)];
    let request = m::CreateTopicsRequest { topics, ..Default::default() };
    let codes: Vec<i16> = host.call(&request, 7).topics.iter().map(|t| t.error_code).collect();
    assert_eq!(codes, [0, 38], "INVALID_REPLICATION_FACTOR above the number of brokers");
    let metadata = host.call(&m::MetadataRequest::default(), 12);
    let brokers: Vec<_> =
        metadata.brokers.iter().map(|b| (b.node_id, b.host.as_str(), b.port)).collect();
    assert_eq!(brokers, [(5, "a", 9092), (6, "b", 9093), (7, "c", 9094)]);
    assert_eq!(metadata.controller_id, 5);
    let leaders: Vec<i32> = metadata.topics[0].partitions.iter().map(|p| p.leader_id).collect();
    assert_eq!(leaders, [5, 6, 7, 5]);
    let request = m::DescribeClusterRequest { endpoint_type: 1, ..Default::default() };
    assert_eq!(host.call(&request, 1).brokers.len(), 3);
    let assigned = |broker| m::CreatePartitionsAssignment { broker_ids: vec![broker] };
    for (broker, code) in [(5, 39), (6, 0)] {
        let topic = m::CreatePartitionsTopic {
            name: "t".into(),
            count: 5,
            assignments: Some(vec![assigned(broker)]),
        };
        let request = m::CreatePartitionsRequest { topics: vec![topic], ..Default::default() };
        assert_eq!(
            host.call(&request, 3).results[0].error_code,
            code,
            "INVALID_REPLICA_ASSIGNMENT"
        );
    }
}

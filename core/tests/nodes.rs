//! One broker shown as three: each partition is led by one of them, and the others say who.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers outside of test functions.

mod host;

use host::{CLIENT, Host, batch, config, fetch, produce, values};
use ottla::ConnectionId;
use ottla::protocol::messages as m;
use ottla::storage::MemoryStorage;

const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;
const NOT_LEADER_OR_FOLLOWER: i16 = 6;
const INVALID_REQUEST: i16 = 42;
const FENCED_LEADER_EPOCH: i16 = 74;

/// The connection to each node; the numbers are those of the nodes, 5 to 7.
const FIRST: ConnectionId = ConnectionId(105);
const SECOND: ConnectionId = ConnectionId(106);
const THIRD: ConnectionId = ConnectionId(107);

/// A topic `t` with four partitions, led by 5, 6, 7 and 5.
fn host() -> Host {
    let mut config = config(&[("node.id", "5"), ("advertised.host", "a")]);
    config.add_node("b", 9093);
    config.add_node("c", 9094);
    let mut host = Host::open(config, MemoryStorage::new());
    for (node_id, connection) in (5..).zip([FIRST, SECOND, THIRD]) {
        host.connect_to(node_id, connection);
    }
    assert_eq!(host.create("t", 4, &[]), 0);
    host
}

fn ask<R: ottla::protocol::Request>(
    host: &mut Host,
    from: ConnectionId,
    request: &R,
    version: i16,
) -> R::Response {
    host.send_from(from, request, version);
    host.response::<R>(version).expect("a response").1
}

fn topic_id(host: &mut Host) -> ottla::Uuid {
    host.call(&m::MetadataRequest::default(), 12).topics[0].topic_id
}

#[test]
fn only_the_leader_takes_records_and_the_others_say_who_leads() {
    let mut host = host();
    for (version, named) in [(9, false), (10, true), (13, true)] {
        let mut request = produce("t", 1, batch(1, &["a"]));
        let more = m::PartitionProduceData { index: 4, records: Some(batch(1, &["b"])) };
        request.topic_data[0].partition_data.push(more);
        if version >= 13 {
            request.topic_data[0].topic_id = topic_id(&mut host);
        }
        let mut response = ask(&mut host, THIRD, &request, version);
        let partitions = response.responses.remove(0).partition_responses;
        assert_eq!(partitions[0].error_code, NOT_LEADER_OR_FOLLOWER);
        assert_eq!(partitions[1].error_code, UNKNOWN_TOPIC_OR_PARTITION, "to all nodes alike");
        let leader = if named { (6, 0) } else { (-1, -1) };
        let told = &partitions[0].current_leader;
        assert_eq!((told.leader_id, told.leader_epoch), leader, "version {version}");
        let addresses: Vec<_> =
            response.node_endpoints.iter().map(|n| (n.node_id, n.host.as_str(), n.port)).collect();
        assert_eq!(addresses, if named { vec![(6, "b", 9093)] } else { Vec::new() });
    }
    let mut silent = produce("t", 1, batch(1, &["a"]));
    let response = ask(&mut host, SECOND, &silent, 9);
    assert_eq!(response.responses[0].partition_responses[0].base_offset, 0, "the first that is in");
    silent.acks = 0;
    host.send_from(THIRD, &silent, 9);
    assert_eq!(host.closed.pop().unwrap().0, THIRD, "a client with acks=0 learns it by this alone");
}

#[test]
fn only_the_leader_is_read_from_and_the_others_say_who_leads() {
    let mut host = host();
    for (partition, leader) in [(0, FIRST), (1, SECOND), (2, THIRD), (3, FIRST)] {
        let value = format!("{partition}");
        ask(&mut host, leader, &produce("t", partition, batch(1, &[&value])), 9);
    }
    let id = topic_id(&mut host);
    for (version, named) in [(12, false), (15, false), (16, true), (18, true)] {
        // A long poll: an error ends it at once.
        let mut request = fetch("t", 2, 0, 1 << 20, 60_000);
        if version >= 13 {
            request.topics[0].topic_id = id;
        }
        let response = ask(&mut host, FIRST, &request, version);
        let partition = &response.responses[0].partitions[0];
        assert_eq!(partition.error_code, NOT_LEADER_OR_FOLLOWER);
        assert!(partition.records.as_ref().is_none_or(|records| records.is_empty()));
        let told = &partition.current_leader;
        let leader = if named { (7, 0) } else { (-1, -1) };
        assert_eq!((told.leader_id, told.leader_epoch), leader, "version {version}");
        let ports: Vec<_> = response.node_endpoints.iter().map(|n| n.port).collect();
        assert_eq!(ports, if named { vec![9094] } else { Vec::new() });
        let response = ask(&mut host, THIRD, &request, version);
        assert_eq!(response.responses[0].partitions[0].high_watermark, 1);
        assert!(response.node_endpoints.is_empty());
    }
    // CLIENT reached a number that no node has: it leads nothing.
    assert_eq!(host.fetch("t", 0, 0).error_code, NOT_LEADER_OR_FOLLOWER);
    host.connect_to(5, CLIENT);
    assert_eq!(values(&host.read_all("t", 3, 0)), ["3"]);
}

#[test]
fn a_fenced_reader_is_told_the_leader() {
    let mut host = host().reopen();
    host.connect(CLIENT);
    let id = topic_id(&mut host);
    host.produce("t", 0, batch(1, &["opening again raised the epoch"]));
    let mut request = fetch("t", 0, 0, 1 << 20, 0);
    request.topics[0].topic_id = id;
    request.topics[0].partitions[0].current_leader_epoch = 0;
    let response = host.call(&request, 16);
    let partition = &response.responses[0].partitions[0];
    assert_eq!(partition.error_code, FENCED_LEADER_EPOCH);
    assert_eq!((partition.current_leader.leader_id, partition.current_leader.leader_epoch), (0, 1));
    assert_eq!(response.node_endpoints.len(), 1);
}

#[test]
fn offsets_epochs_and_deletions_are_the_leaders_alone() {
    let mut host = host();
    ask(&mut host, SECOND, &produce("t", 1, batch(1, &["a", "b"])), 9);
    for (node, error_code) in [(THIRD, NOT_LEADER_OR_FOLLOWER), (SECOND, 0)] {
        let asked =
            m::ListOffsetsPartition { partition_index: 1, timestamp: -1, ..Default::default() };
        let topic = m::ListOffsetsTopic { name: "t".into(), partitions: vec![asked] };
        let request = m::ListOffsetsRequest { topics: vec![topic], ..Default::default() };
        let answer = ask(&mut host, node, &request, 7).topics.remove(0).partitions.remove(0);
        assert_eq!(answer.error_code, error_code);

        let asked =
            m::OffsetForLeaderPartition { partition: 1, leader_epoch: 0, ..Default::default() };
        let topic = m::OffsetForLeaderTopic { topic: "t".into(), partitions: vec![asked] };
        let request = m::OffsetForLeaderEpochRequest { topics: vec![topic], ..Default::default() };
        let answer = ask(&mut host, node, &request, 3).topics.remove(0).partitions.remove(0);
        assert_eq!(answer.error_code, error_code);

        let asked = m::DeleteRecordsPartition { partition_index: 1, offset: 1 };
        let topic = m::DeleteRecordsTopic { name: "t".into(), partitions: vec![asked] };
        let request = m::DeleteRecordsRequest { topics: vec![topic], ..Default::default() };
        let answer = ask(&mut host, node, &request, 2).topics.remove(0).partitions.remove(0);
        assert_eq!(answer.error_code, error_code);
    }
}

#[test]
fn a_node_describes_itself_and_no_other() {
    let mut host = host();
    for (node, connection, named) in [("6", SECOND, "b"), ("5", FIRST, "a")] {
        let keys = ["node.id", "advertised.host"];
        let mut describe = |name: &str| {
            let resource = m::DescribeConfigsResource {
                resource_type: 4,
                resource_name: name.into(),
                configuration_keys: Some(keys.map(str::to_owned).to_vec()),
            };
            let request =
                m::DescribeConfigsRequest { resources: vec![resource], ..Default::default() };
            ask(&mut host, connection, &request, 4).results.remove(0)
        };
        let values: Vec<_> = describe(node).configs.into_iter().map(|c| c.value.unwrap()).collect();
        assert_eq!(values, [node, named]);
        assert_eq!(describe("7").error_code, INVALID_REQUEST);
        assert_eq!(describe("").configs, []);
    }
}

//! Bytes that Java's own client made: kafka-clients 4.3.0, by `MessageUtil.toByteBufferAccessor` of
//! the generated `…Data` classes with the values given here and nothing else set (offsets by topic
//! id: kafka-clients 4.1.0).

use std::fmt::Debug;

use bytes::Bytes;

use crate::Uuid;
use crate::protocol::messages::*;
use crate::protocol::{Message, decode_message, encode_message, encode_request};

fn bytes(hex: &str) -> Bytes {
    let digits: Vec<u8> = hex.bytes().filter(|digit| !digit.is_ascii_whitespace()).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

fn check<M: Message + Debug>(message: &M, version: i16, hex: &str) {
    let golden = bytes(hex);
    assert_eq!(encode_message(message, version, Vec::new()), golden);
    assert_eq!(decode_message::<M>(golden, version).as_ref(), Ok(message));
}

fn topic_id() -> Uuid {
    Uuid((1_u128 << 64 | 2).to_be_bytes())
}

#[test]
fn list_offsets_of_kafka_4_2_with_its_header() {
    let partition =
        ListOffsetsPartition { partition_index: 3, timestamp: -6, ..Default::default() };
    let request = ListOffsetsRequest {
        replica_id: -1,
        isolation_level: 1,
        topics: vec![ListOffsetsTopic { name: "orders".into(), partitions: vec![partition] }],
        timeout_ms: 30_000,
    };
    let header = "0002000b 00000007 0005 6b61666b61 00";
    let body =
        "ffffffff 01 02 07 6f7264657273 02 00000003 ffffffff fffffffffffffffa 00 00 00007530 00";
    check(&request, 11, body);
    let frame = [bytes(header), bytes(body)].concat();
    assert_eq!(encode_request(&request, 11, 7, Some("kafka")), frame);
}

#[test]
fn a_fetch_request_by_topic_id() {
    let read = FetchPartition {
        partition: 3,
        fetch_offset: 100,
        partition_max_bytes: 1 << 20,
        ..Default::default()
    };
    let replica = FetchPartition { partition: 4, high_watermark: 50, ..Default::default() };
    let request = FetchRequest {
        max_wait_ms: 500,
        min_bytes: 1,
        session_id: 9,
        session_epoch: 2,
        topics: vec![FetchTopic {
            topic_id: topic_id(),
            partitions: vec![read, replica],
            ..Default::default()
        }],
        ..Default::default()
    };
    check(
        &request,
        18,
        "000001f4 00000001 7fffffff 00 00000009 00000002 02 00000000000000010000000000000002 03
         00000003 ffffffff 0000000000000064 ffffffff ffffffffffffffff 00100000 00
         00000004 ffffffff 0000000000000000 ffffffff ffffffffffffffff 00000000
         01 01 08 0000000000000032 00 01 01 00",
    );
}

#[test]
fn a_fetch_response_that_names_the_leader() {
    let partition = FetchPartitionData {
        partition_index: 3,
        error_code: 6,
        high_watermark: -1,
        current_leader: LeaderIdAndEpoch { leader_id: 2, leader_epoch: 5 },
        ..Default::default()
    };
    let response = FetchResponse {
        session_id: 9,
        responses: vec![FetchableTopicResponse {
            topic_id: topic_id(),
            partitions: vec![partition],
            ..Default::default()
        }],
        node_endpoints: vec![NodeEndpoint {
            node_id: 2,
            host: "b2".into(),
            port: 9_092,
            rack: None,
        }],
        ..Default::default()
    };
    check(
        &response,
        18,
        "00000000 0000 00000009 02 00000000000000010000000000000002 02
         00000003 0006 ffffffffffffffff ffffffffffffffff ffffffffffffffff 00 ffffffff 00
         01 01 09 00000002 00000005 00 00
         01 00 0e 02 00000002 03 6232 00002384 00 00",
    );
}

#[test]
fn a_metadata_response_before_and_after_flexible_versions() {
    let partition = MetadataResponsePartition {
        leader_id: 1,
        leader_epoch: 4,
        replica_nodes: vec![1],
        isr_nodes: vec![1],
        ..Default::default()
    };
    let broker = MetadataResponseBroker {
        node_id: 1,
        host: "localhost".into(),
        port: 9_092,
        ..Default::default()
    };
    let mut response = MetadataResponse {
        brokers: vec![broker],
        cluster_id: Some("c".into()),
        controller_id: 1,
        topics: vec![MetadataResponseTopic {
            name: Some("orders".into()),
            partitions: vec![partition],
            ..Default::default()
        }],
        ..Default::default()
    };
    check(
        &response,
        7,
        "00000000 00000001 00000001 0009 6c6f63616c686f7374 00002384 ffff 0001 63 00000001
         00000001 0000 0006 6f7264657273 00 00000001
         0000 00000000 00000001 00000004 00000001 00000001 00000001 00000001 00000000",
    );
    response.topics[0].topic_id = topic_id();
    check(
        &response,
        13,
        "00000000 02 00000001 0a 6c6f63616c686f7374 00002384 00 00 02 63 00000001
         02 0000 07 6f7264657273 00000000000000010000000000000002 00 02
         0000 00000000 00000001 00000004 02 00000001 02 00000001 01 00
         80000000 00 0000 00",
    );
}

#[test]
fn an_offset_commit_by_topic_id() {
    let partition = OffsetCommitRequestPartition {
        partition_index: 3,
        committed_offset: 100,
        committed_leader_epoch: 5,
        committed_metadata: Some("note".into()),
    };
    let request = OffsetCommitRequest {
        group_id: "g".into(),
        generation_id_or_member_epoch: 7,
        member_id: "m".into(),
        group_instance_id: Some("i".into()),
        topics: vec![OffsetCommitRequestTopic {
            topic_id: topic_id(),
            partitions: vec![partition],
            ..Default::default()
        }],
        ..Default::default()
    };
    check(
        &request,
        10,
        "02 67 00000007 02 6d 02 69 02 00000000000000010000000000000002 02
         00000003 0000000000000064 00000005 05 6e6f7465 00 00 00",
    );
}

#[test]
fn an_offset_fetch_by_topic_id() {
    let group = OffsetFetchRequestGroup {
        group_id: "g".into(),
        member_id: Some("m".into()),
        member_epoch: 7,
        topics: Some(vec![OffsetFetchRequestTopics {
            topic_id: topic_id(),
            partition_indexes: vec![3, 4],
            ..Default::default()
        }]),
    };
    let request =
        OffsetFetchRequest { groups: vec![group], require_stable: true, ..Default::default() };
    check(
        &request,
        10,
        "02 02 67 02 6d 00000007 02 00000000000000010000000000000002 03 00000003 00000004 00 00
         01 00",
    );
}

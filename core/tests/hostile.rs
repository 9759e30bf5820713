//! Frames that make no sense cost their own connection, and nothing else.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers outside of test functions.

mod host;

use bytes::Bytes;
use host::{CLIENT, Host, batch, fetch, produce, values};
use ottla::protocol::{ApiKey, encode_request, messages as m};
use ottla::{ConnectionId, Input};
use proptest::prelude::*;

fn send_raw(host: &mut Host, from: u64, frame: Vec<u8>) {
    let connection = ConnectionId(from);
    host.connect(connection);
    host.input(Input::Request { connection, frame: frame.into() });
}

#[test]
fn nonsense_closes_its_connection_with_a_reason() {
    let mut host = Host::new();
    host.create("t", 1, &[]);
    let unknown_api = vec![0x7f, 0xff, 0, 0, 0, 0, 0, 1, 0xff, 0xff];
    let unknown_version = vec![0, 1, 0, 99, 0, 0, 0, 1, 0xff, 0xff];
    let produce_2 = vec![0, 0, 0, 2, 0, 0, 0, 1, 0xff, 0xff, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    // A Metadata request that claims two thousand million topics.
    let lying = vec![0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff];
    let cases = [vec![], vec![0], unknown_api, unknown_version, produce_2, lying];
    for (n, frame) in (10..).zip(cases) {
        send_raw(&mut host, n, frame.clone());
        let (closed, reason) = host.closed.pop().expect("closed");
        assert_eq!(closed, ConnectionId(n), "{frame:?}");
        assert!(!reason.is_empty());
    }
    assert!(host.responses.is_empty());
    assert_eq!(host.produce("t", 0, batch(1, &["still here"])).error_code, 0);
}

#[test]
fn bytes_behind_a_request_are_ignored() {
    let mut host = Host::new();
    // As librdkafka 2.16 asks for all topics: Metadata 13, null topics, and three bytes too many.
    let mut frame = vec![0, 3, 0, 13, 0, 0, 0, 3, 0, 7];
    frame.extend_from_slice(b"rdkafka");
    frame.extend_from_slice(&[0, 0, 0, 0, 0, 1, 0, 0]);
    send_raw(&mut host, 5, frame);
    assert_eq!(host.closed, []);
    let (id, _) = host.response::<m::MetadataRequest>(13).expect("a response");
    assert_eq!(id, 3);
}

#[test]
fn an_unknown_version_of_api_versions_gets_all_versions_in_the_form_of_version_0() {
    let mut host = Host::new();
    send_raw(&mut host, 5, vec![0, 18, 0, 99, 0, 0, 0, 42, 0xff, 0xff]);
    let (_, frame) = host.responses.pop_front().unwrap();
    assert_eq!(frame[..4], 42i32.to_be_bytes(), "header v0: the correlation id alone");
    let body = frame.slice(4..);
    let response: m::ApiVersionsResponse = ottla::protocol::decode_message(body, 0).unwrap();
    assert_eq!(response.error_code, 35);
    let produce = response.api_keys.iter().find(|api| api.api_key == ApiKey::Produce as i16);
    let range = produce.map(|api| (api.min_version, api.max_version));
    assert_eq!(range, Some((0, 13)), "librdkafka compresses only if the range starts at 0");
    assert!(host.closed.is_empty());
}

#[test]
fn every_version_that_is_told_is_served() {
    let mut host = Host::new();
    let request = m::ApiVersionsRequest {
        client_software_name: "test".into(),
        client_software_version: "1".into(),
    };
    let told = host.call(&request, 4);
    assert_eq!((told.error_code, told.api_keys.len()), (0, 30));
    let request = m::ApiVersionsRequest {
        client_software_name: "not legal!".into(),
        client_software_version: "1".into(),
    };
    assert_eq!(host.call(&request, 3).error_code, 42, "INVALID_REQUEST");
    for api in told.api_keys {
        let key = ApiKey::try_from(api.api_key).unwrap();
        // Below 3, Produce is told and not served.
        let first = if key == ApiKey::Produce { 3 } else { api.min_version };
        for version in first..=api.max_version {
            let frame = empty_request(key, version);
            send_raw(&mut host, 5, frame.to_vec());
            assert_eq!(host.closed, [], "{key:?} {version}");
            assert_eq!(host.responses.len(), 1, "{key:?} {version}");
            host.responses.clear();
        }
    }
}

fn empty_request(key: ApiKey, version: i16) -> Bytes {
    macro_rules! of {
        ($($api:ident => $request:ident),*) => {
            match key {
                $(ApiKey::$api => encode_request(&m::$request::default(), version, 1, Some("x")),)*
                other => panic!("{other:?} is told and not tested"),
            }
        };
    }
    if key == ApiKey::Produce {
        return encode_request(&produce("nowhere", 0, Bytes::new()), version, 1, Some("x"));
    }
    if key == ApiKey::Fetch {
        return encode_request(&fetch("nowhere", 0, 0, 1, 0), version, 1, Some("x"));
    }
    of!(ApiVersions => ApiVersionsRequest, Metadata => MetadataRequest, CreateTopics => CreateTopicsRequest,
        DeleteTopics => DeleteTopicsRequest, CreatePartitions => CreatePartitionsRequest,
        DescribeLogDirs => DescribeLogDirsRequest,
        DescribeConfigs => DescribeConfigsRequest, AlterConfigs => AlterConfigsRequest,
        IncrementalAlterConfigs => IncrementalAlterConfigsRequest, ListOffsets => ListOffsetsRequest,
        DeleteRecords => DeleteRecordsRequest, OffsetForLeaderEpoch => OffsetForLeaderEpochRequest,
        DescribeCluster => DescribeClusterRequest, InitProducerId => InitProducerIdRequest,
        DescribeTopicPartitions => DescribeTopicPartitionsRequest,
        FindCoordinator => FindCoordinatorRequest, JoinGroup => JoinGroupRequest,
        SyncGroup => SyncGroupRequest, Heartbeat => HeartbeatRequest,
        LeaveGroup => LeaveGroupRequest, OffsetCommit => OffsetCommitRequest,
        OffsetFetch => OffsetFetchRequest, OffsetDelete => OffsetDeleteRequest,
        DescribeGroups => DescribeGroupsRequest, ListGroups => ListGroupsRequest,
        DeleteGroups => DeleteGroupsRequest,
        ConsumerGroupHeartbeat => ConsumerGroupHeartbeatRequest,
        ConsumerGroupDescribe => ConsumerGroupDescribeRequest)
}

#[test]
fn a_request_above_the_bound_is_refused() {
    let mut host = Host::with(&[("socket.request.max.bytes", "1000")]);
    send_raw(&mut host, 5, vec![0; 1001]);
    assert!(host.closed[0].1.contains("1000"));
}

#[test]
fn too_many_waiting_requests_close_the_connection() {
    let mut host = Host::with(&[("queued.max.requests", "3")]);
    host.create("t", 1, &[]);
    for _ in 0..3 {
        host.send(&fetch("t", 0, 0, 1 << 20, 60_000), 12);
    }
    assert!(host.closed.is_empty());
    host.send(&fetch("t", 0, 0, 1 << 20, 60_000), 12);
    assert_eq!(host.closed[0].0, CLIENT);
    assert!(host.closed[0].1.contains("queued.max.requests"));
    assert_eq!(host.broker.poll_deadline(), None, "its long polls are gone");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever arrives, the broker goes on, and what was stored stays readable.
    #[test]
    fn garbage_harms_nobody(key in 0i16..80, version in 0i16..20, body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut host = Host::new();
        host.create("t", 1, &[]);
        host.produce("t", 0, batch(1, &["kept"]));
        let mut frame = Vec::new();
        frame.extend(key.to_be_bytes());
        frame.extend(version.to_be_bytes());
        frame.extend([0, 0, 0, 1, 0xff, 0xff]);
        frame.extend(body);
        send_raw(&mut host, 5, frame);
        host.responses.clear();
        prop_assert_eq!(values(&host.read_all("t", 0, 0)), ["kept"]);
    }

    /// The same with requests that are almost right.
    #[test]
    fn almost_right_requests_harm_nobody(flips in proptest::collection::vec((0usize..400, any::<u8>()), 1..6), which in 0usize..4) {
        let mut host = Host::new();
        host.create("t", 1, &[]);
        host.produce("t", 0, batch(1, &["kept"]));
        let frame = match which {
            0 => encode_request(&produce("t", 0, batch(1, &["a", "b"])), 9, 1, Some("x")),
            1 => encode_request(&fetch("t", 0, 0, 1000, 0), 12, 1, Some("x")),
            2 => empty_request(ApiKey::CreateTopics, 7),
            _ => empty_request(ApiKey::ListOffsets, 7),
        };
        let mut frame = frame.to_vec();
        for (at, byte) in flips {
            let at = at % frame.len();
            frame[at] = byte;
        }
        send_raw(&mut host, 5, frame);
        host.responses.clear();
        let stored = values(&host.read_all("t", 0, 0));
        prop_assert_eq!(&stored[0], "kept");
    }
}

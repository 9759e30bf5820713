//! Calls.

use super::*;

#[test]
fn a_request_goes_to_its_target_and_comes_back_as_it_is() {
    let mut rig = Rig::new(config());
    rig.nodes = 2;
    rig.topics.insert("t".to_owned(), vec![(1, 0)]);
    let targets = [
        (Target::AnyNode, 0),
        (Target::Controller, 0),
        (Target::Node(1), 1),
        (Target::Leader("t".into(), 0), 1),
    ];
    for (target, node) in targets {
        let request = CreateTopicsRequest { timeout_ms: 5, ..CreateTopicsRequest::default() };
        let call = rig.client.request(rig.now, target, request.clone()).unwrap();
        rig.run();
        let (seen, got) = rig.expect::<CreateTopicsRequest>();
        assert_eq!((seen.node, seen.header.api_version, got), (node, 7, request));
        let answer = CreateTopicsResponse { throttle_time_ms: 3, ..Default::default() };
        rig.answer(&seen, &answer);
        let Event::Response { call: answered, response } = rig.next_event() else { panic!() };
        assert_eq!((answered, response.decode()), (call, Ok(answer)));
    }
}

#[test]
fn a_lost_request_is_sent_again_and_an_unsupported_one_fails() {
    let mut rig = Rig::new(config());
    rig.client.request(rig.now, Target::AnyNode, CreateTopicsRequest::default()).unwrap();
    rig.run();
    let (seen, _) = rig.expect::<CreateTopicsRequest>();
    rig.cut(seen.link);
    rig.pass_by_deadlines(500);
    rig.expect::<CreateTopicsRequest>();

    let request = DescribeClusterRequest::default();
    let call = rig.client.request(rig.now, Target::AnyNode, request).unwrap();
    rig.run();
    let Event::CallFailed { call: failed, error } = rig.next_event() else { panic!() };
    assert!(failed == call && matches!(error, ClientError::Unsupported { .. }));
}

#[test]
fn a_request_for_a_group_goes_to_whoever_coordinates_it_now() {
    let mut rig = Rig::new(config());
    rig.nodes = 2;
    rig.coordinator = 1;
    let request = OffsetCommitRequest { group_id: "g".to_owned(), ..Default::default() };
    let target = Target::Coordinator("g".into());
    let call = rig.client.request_at_most(rig.now, target, request.clone(), 9).unwrap();
    rig.run();
    let (seen, got) = rig.expect::<OffsetCommitRequest>();
    assert_eq!((seen.node, seen.header.api_version, got), (1, 9, request));

    rig.coordinator = 0;
    rig.down.insert(1);
    rig.cut(seen.link);
    rig.pass_by_deadlines(2_000);
    let (seen, _) = rig.expect::<OffsetCommitRequest>();
    assert_eq!(seen.node, 0);
    let answer = OffsetCommitResponse { throttle_time_ms: 4, ..Default::default() };
    rig.answer(&seen, &answer);
    let Event::Response { call: answered, response } = rig.next_event() else { panic!() };
    assert_eq!((answered, response.decode()), (call, Ok(answer)));
}

#[test]
fn a_coordinator_that_cannot_be_reached_is_looked_for_again() {
    let mut rig = Rig::new(config());
    rig.nodes = 2;
    rig.coordinator = 1;
    rig.down.insert(1);
    let target = Target::Coordinator("g".into());
    rig.client.request_at_most(rig.now, target, OffsetCommitRequest::default(), 9).unwrap();
    rig.run();
    assert!(rig.inbox.is_empty());
    rig.coordinator = 0;
    rig.pass_by_deadlines(2_000);
    assert_eq!(rig.expect::<OffsetCommitRequest>().0.node, 0);
}

#[test]
fn metadata_is_loaded_for_the_caller() {
    let mut rig = Rig::new(config());
    let call = rig.client.load_metadata(rig.now, &["t"]).unwrap();
    rig.run();
    assert!(matches!(rig.next_event(), Event::MetadataLoaded { call: loaded } if loaded == call));
    let info = rig.client.topic("t").unwrap();
    assert_eq!((info.partitions.len(), info.partitions[1].leader), (2, Some(0)));
    assert_eq!((rig.client.controller(), rig.client.cluster_id()), (Some(0), Some("c")));

    rig.client.load_metadata(rig.now, &["nobody"]).unwrap();
    rig.run();
    rig.pass_by_deadlines(60_000);
    let Event::CallFailed { error, .. } = rig.next_event() else { panic!() };
    assert_eq!(error.code(), Some(ErrorCode::UnknownTopicOrPartition));
}

#[test]
fn records_are_deleted_at_each_leader_and_only_what_failed_is_asked_again() {
    let mut rig = Rig::new(config());
    rig.nodes = 2;
    rig.topics.insert("t".to_owned(), vec![(0, 0), (1, 0)]);
    rig.client.delete_records(rig.now, &[("t", 0, 5), ("t", 1, -1), ("t", 9, 5)]).unwrap();
    rig.run();
    let answer = |request: &DeleteRecordsRequest, low_watermark, code: ErrorCode| {
        let topic = &request.topics[0];
        let [partition] = &topic.partitions[..] else { panic!("{topic:?}") };
        DeleteRecordsResponse {
            topics: vec![DeleteRecordsTopicResult {
                name: topic.name.clone(),
                partitions: vec![DeleteRecordsPartitionResult {
                    partition_index: partition.partition_index,
                    low_watermark,
                    error_code: code.code(),
                }],
            }],
            ..DeleteRecordsResponse::default()
        }
    };
    let (seen, request) = rig.expect::<DeleteRecordsRequest>();
    assert_eq!((seen.node, request.topics[0].partitions[0].offset), (0, 5));
    rig.answer(&seen, &answer(&request, 5, ErrorCode::None));
    let (seen, request) = rig.expect::<DeleteRecordsRequest>();
    assert_eq!(seen.node, 1);
    rig.topics.insert("t".to_owned(), vec![(0, 0), (0, 1)]);
    rig.answer(&seen, &answer(&request, -1, ErrorCode::NotLeaderOrFollower));
    rig.pass_by_deadlines(500);
    let (seen, request) = rig.expect::<DeleteRecordsRequest>();
    assert_eq!((seen.node, request.topics[0].partitions[0].partition_index), (0, 1));
    rig.answer(&seen, &answer(&request, 77, ErrorCode::None));
    let Event::RecordsDeleted { low_watermarks, .. } = rig.next_event() else { panic!() };
    let results: Vec<_> = low_watermarks.into_iter().map(|p| p.result).collect();
    assert_eq!((&results[0], &results[1]), (&Ok(5), &Ok(77)));
    let code = results[2].clone().unwrap_err().code();
    assert_eq!(code, Some(ErrorCode::UnknownTopicOrPartition));
}

#[test]
fn calls_are_bounded_in_number_and_in_time() {
    let mut config = config();
    config.max_pending_calls = 2;
    let mut rig = Rig::new(config);
    for _ in 0..2 {
        rig.client.request(rig.now, Target::AnyNode, CreateTopicsRequest::default()).unwrap();
    }
    let refused = rig.client.request(rig.now, Target::AnyNode, CreateTopicsRequest::default());
    assert_eq!(refused, Err(ClientError::TooManyCalls { max_pending_calls: 2 }));
    rig.run();
    rig.pass_by_deadlines(60_000);
    assert_eq!(rig.client.pending_calls(), 0);
    for _ in 0..2 {
        assert!(matches!(rig.next_event(), Event::CallFailed { .. }));
    }
}

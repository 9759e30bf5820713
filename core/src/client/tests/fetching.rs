//! Positions, sessions, buffering, errors.

use super::*;
use StartPosition::{Earliest, Latest, Offset, Timestamp};

#[test]
fn one_fetch_runs_ahead_and_the_position_follows_what_is_taken() {
    let mut rig = Rig::new(config());
    rig.assign(&[(0, Offset(3))]);
    let (seen, request) = rig.expect::<FetchRequest>();
    assert_eq!((seen.header.api_version, &*fetch_text(&request)), (18, "0/0 0@3"));
    assert_eq!(request.topics[0].partitions[0].current_leader_epoch, 0);
    rig.fetched(&seen, vec![(0, ErrorCode::None, batch(0, 5))]);
    assert!(matches!(rig.next_event(), Event::FetchReady));
    assert_eq!(rig.client.position("t", 0), Some(3));

    let (seen, request) = rig.expect::<FetchRequest>();
    assert_eq!(fetch_text(&request), "9/1 0@5");
    rig.fetched(&seen, vec![(0, ErrorCode::None, batch(5, 5))]);
    assert!(rig.inbox.is_empty(), "two wait, no more are asked for");

    assert_eq!(rig.take().unwrap(), "0: 3..5");
    assert_eq!(rig.client.position("t", 0), Some(5));
    let (seen, request) = rig.expect::<FetchRequest>();
    assert_eq!(fetch_text(&request), "9/2 0@10");
    assert_eq!(rig.take().unwrap(), "0: 5..10");
    assert_eq!(rig.take(), None);
    assert!(rig.inbox.is_empty());
    rig.fetched(&seen, vec![(0, ErrorCode::None, batch(10, 1))]);
    assert!(matches!(rig.next_event(), Event::FetchReady));
    assert!(rig.events.is_empty());
}

#[test]
fn starts_are_looked_up_at_the_leaders() {
    let mut rig = Rig::new(config());
    rig.nodes = 2;
    rig.topics.insert("t".to_owned(), vec![(0, 0), (1, 4), (1, 4)]);
    rig.assign(&[(0, Earliest), (1, Latest), (2, Timestamp(777))]);
    assert_eq!(rig.client.position("t", 0), None);
    for (node, expected) in [(0, vec![(0, -2, 0)]), (1, vec![(1, -1, 4), (2, 777, 4)])] {
        let (seen, request) = rig.expect::<ListOffsetsRequest>();
        assert_eq!((seen.node, request.isolation_level), (node, 1));
        let asked = request.topics[0].partitions.iter();
        let asked = asked.map(|p| (p.partition_index, p.timestamp, p.current_leader_epoch));
        assert_eq!(asked.collect::<Vec<_>>(), expected);
        // No record is as late as that time.
        let found = move |p: i32| if p == 2 { -1 } else { 10 + i64::from(p) };
        rig.answer(&seen, &listed(&request, found));
    }
    let (seen, request) = rig.expect::<ListOffsetsRequest>();
    assert_eq!(request.topics[0].partitions[0].timestamp, -1);
    rig.answer(&seen, &listed(&request, |_| 60));
    let (seen, request) = rig.expect::<FetchRequest>();
    assert_eq!((seen.node, &*fetch_text(&request)), (0, "0/0 0@10"));
    assert_eq!(fetch_text(&rig.expect::<FetchRequest>().1), "0/0 1@11 2@60");
    assert_eq!(rig.client.position("t", 2), Some(60));
}

pub(super) fn listed(
    request: &ListOffsetsRequest,
    offset: impl Fn(i32) -> i64,
) -> ListOffsetsResponse {
    let topics = request.topics.iter().map(|topic| ListOffsetsTopicResponse {
        name: topic.name.clone(),
        partitions: topic
            .partitions
            .iter()
            .map(|p| ListOffsetsPartitionResponse {
                partition_index: p.partition_index,
                offset: offset(p.partition_index),
                ..ListOffsetsPartitionResponse::default()
            })
            .collect(),
    });
    ListOffsetsResponse { topics: topics.collect(), ..ListOffsetsResponse::default() }
}

#[test]
fn a_seek_drops_what_was_fetched_and_what_is_on_its_way() {
    let mut rig = Rig::new(config());
    rig.assign(&[(0, Offset(0))]);
    let (seen, _) = rig.expect::<FetchRequest>();
    rig.fetched(&seen, vec![(0, ErrorCode::None, batch(0, 5))]);
    let (seen, _) = rig.expect::<FetchRequest>();
    rig.client.seek(rig.now, "t", 0, Offset(42)).unwrap();
    rig.run();
    assert_eq!((rig.take(), rig.client.position("t", 0)), (None, Some(42)));
    rig.fetched(&seen, vec![(0, ErrorCode::None, batch(5, 5))]);
    assert_eq!(rig.take(), None);
    let (_, request) = rig.expect::<FetchRequest>();
    assert_eq!(fetch_text(&request), "9/2 0@42");
    assert!(rig.client.seek(rig.now, "t", 1, Offset(0)).is_err());
}

#[test]
fn a_fetch_that_waits_is_given_up_for_a_seek() {
    let mut rig = Rig::new(config());
    rig.assign(&[(0, Offset(0)), (1, Offset(0))]);
    let (seen, _) = rig.expect::<FetchRequest>();
    rig.fetched(&seen, vec![]);
    let (waiting, _) = rig.expect::<FetchRequest>();
    rig.client.seek(rig.now, "t", 0, Offset(42)).unwrap();
    rig.run();
    assert!(rig.inbox.is_empty(), "an answer may be on its way");
    rig.pass_by_deadlines(20);
    let (seen, request) = rig.expect::<FetchRequest>();
    assert_ne!(seen.link, waiting.link);
    assert_eq!(fetch_text(&request), "9/0 0@42 1@0");
    rig.pass_by_deadlines(100);
    assert!(rig.inbox.is_empty());
}

#[test]
fn a_paused_partition_is_neither_fetched_nor_given_out() {
    let mut rig = Rig::new(config());
    rig.assign(&[(0, Offset(0)), (1, Offset(0))]);
    let (seen, _) = rig.expect::<FetchRequest>();
    rig.client.pause(rig.now, "t", 0).unwrap();
    let data = vec![(0, ErrorCode::None, batch(0, 5)), (1, ErrorCode::None, batch(0, 7))];
    rig.fetched(&seen, data);
    assert_eq!((rig.take().unwrap(), rig.take()), ("1: 0..7".to_owned(), None));
    let (seen, request) = rig.expect::<FetchRequest>();
    assert_eq!(fetch_text(&request), "9/1 1@7 -0");
    rig.events.clear();
    rig.client.resume(rig.now, "t", 0).unwrap();
    rig.run();
    assert!(matches!(rig.next_event(), Event::FetchReady));
    assert_eq!(rig.take().unwrap(), "0: 0..5");
    rig.fetched(&seen, vec![]);
    assert_eq!(fetch_text(&rig.expect::<FetchRequest>().1), "9/2 0@5");
}

#[test]
fn a_new_assignment_keeps_what_stays() {
    let mut rig = Rig::new(config());
    rig.assign(&[(0, Offset(0)), (1, Offset(0))]);
    let (seen, _) = rig.expect::<FetchRequest>();
    let data = vec![(0, ErrorCode::None, batch(0, 5)), (1, ErrorCode::None, batch(0, 7))];
    rig.fetched(&seen, data);
    rig.expect::<FetchRequest>();
    rig.assign(&[(1, Offset(99))]);
    assert_eq!((rig.take().unwrap(), rig.take()), ("1: 0..7".to_owned(), None));
    assert_eq!(rig.client.position("t", 0), None);
}

#[test]
fn a_position_that_is_gone_is_reset_as_configured() {
    let mut config = config();
    config.fetcher.auto_offset_reset = AutoOffsetReset::Earliest;
    let mut rig = Rig::new(config.clone());
    rig.assign(&[(0, Offset(500))]);
    let (seen, _) = rig.expect::<FetchRequest>();
    rig.fetched(&seen, vec![(0, ErrorCode::OffsetOutOfRange, vec![])]);
    let (seen, request) = rig.expect::<ListOffsetsRequest>();
    assert_eq!(request.topics[0].partitions[0].timestamp, -2);
    rig.answer(&seen, &listed(&request, |_| 8));
    assert_eq!(rig.client.position("t", 0), Some(8));

    config.fetcher.auto_offset_reset = AutoOffsetReset::None;
    let mut rig = Rig::new(config);
    rig.assign(&[(0, Offset(500))]);
    let (seen, _) = rig.expect::<FetchRequest>();
    rig.fetched(&seen, vec![(0, ErrorCode::OffsetOutOfRange, vec![])]);
    assert!(matches!(rig.next_event(), Event::FetchReady));
    assert_eq!(rig.take(), None);
    let Event::FetchFailed { error, .. } = rig.next_event() else { panic!() };
    assert_eq!(error.to_string(), "t-0 has no offset 500 (any more); seek to one that exists");
    rig.pass_by_deadlines(100_000);
    assert!(rig.inbox.is_empty(), "it waits for a seek");
    rig.client.seek(rig.now, "t", 0, Offset(1)).unwrap();
    rig.run();
    assert_eq!(fetch_text(&rig.expect::<FetchRequest>().1), "9/1 0@1");
}

#[test]
fn damage_is_told_after_what_is_whole_and_can_be_passed() {
    let mut rig = Rig::new(config());
    rig.assign(&[(0, Offset(0))]);
    let (seen, _) = rig.expect::<FetchRequest>();
    let mut bytes = [batch(0, 5), batch(5, 5)].concat();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    rig.fetched(&seen, vec![(0, ErrorCode::None, bytes)]);
    rig.events.clear();
    assert_eq!(rig.take().unwrap(), "0: 0..5");
    assert_eq!(rig.take(), None);
    let Event::FetchFailed { error, .. } = rig.next_event() else { panic!() };
    let ClientError::Corrupt { offset: 5, last_offset: 9, .. } = error else { panic!("{error}") };
    rig.client.seek(rig.now, "t", 0, Offset(10)).unwrap();
    rig.run();
    assert_eq!(fetch_text(&rig.expect::<FetchRequest>().1), "9/1 0@10");
}

#[test]
fn a_new_leader_is_fetched_from_with_its_epoch() {
    let mut rig = Rig::new(config());
    rig.nodes = 2;
    rig.assign(&[(0, Offset(0))]);
    let (seen, _) = rig.expect::<FetchRequest>();
    rig.topics.insert("t".to_owned(), vec![(1, 3), (0, 0)]);
    rig.fetched(&seen, vec![(0, ErrorCode::NotLeaderOrFollower, vec![])]);
    rig.pass_by_deadlines(500);
    let (seen, request) = rig.expect::<FetchRequest>();
    assert_eq!((seen.node, &*fetch_text(&request)), (1, "0/0 0@0"));
    assert_eq!(request.topics[0].partitions[0].current_leader_epoch, 3);
    assert!(rig.events.is_empty(), "an error that passes is not told");
}

#[test]
fn a_truncated_log_is_gone_on_with_where_it_agrees() {
    let mut rig = Rig::new(config());
    rig.assign(&[(0, Offset(0))]);
    let (seen, _) = rig.expect::<FetchRequest>();
    rig.fetched(&seen, vec![(0, ErrorCode::None, batch(0, 50))]);
    rig.take().unwrap();
    let (seen, request) = rig.expect::<FetchRequest>();
    assert_eq!(request.topics[0].partitions[0].last_fetched_epoch, 0);
    let data = FetchPartitionData {
        diverging_epoch: FetchEpochEndOffset { epoch: 0, end_offset: 40 },
        ..FetchPartitionData::default()
    };
    let answer = FetchResponse {
        session_id: 9,
        responses: vec![FetchableTopicResponse {
            topic_id: topic_id("t"),
            partitions: vec![data],
            ..FetchableTopicResponse::default()
        }],
        ..FetchResponse::default()
    };
    rig.answer(&seen, &answer);
    assert_eq!(rig.client.position("t", 0), Some(40));
    assert_eq!(fetch_text(&rig.expect::<FetchRequest>().1), "9/2 0@40");
}

#[test]
fn a_session_that_the_broker_forgot_is_made_anew() {
    let mut rig = Rig::new(config());
    rig.assign(&[(0, Offset(0)), (1, Offset(0))]);
    let (seen, _) = rig.expect::<FetchRequest>();
    rig.fetched(&seen, vec![]);
    let (seen, request) = rig.expect::<FetchRequest>();
    assert_eq!(fetch_text(&request), "9/1");
    let error_code = ErrorCode::FetchSessionIdNotFound.code();
    rig.answer(&seen, &FetchResponse { error_code, ..FetchResponse::default() });
    let (seen, request) = rig.expect::<FetchRequest>();
    assert_eq!(fetch_text(&request), "9/0 0@0 1@0");
    // A lost connection too.
    rig.cut(seen.link);
    rig.pass_by_deadlines(100);
    assert_eq!(fetch_text(&rig.expect::<FetchRequest>().1), "9/0 0@0 1@0");
}

#[test]
fn an_unknown_topic_is_told_and_tried_again() {
    let mut rig = Rig::new(config());
    rig.topics.clear();
    rig.assign(&[(0, Offset(0))]);
    rig.pass_by_deadlines(60_000);
    let Event::FetchFailed { error, .. } = rig.next_event() else { panic!() };
    assert_eq!(error.code(), Some(ErrorCode::UnknownTopicOrPartition));
    rig.topics.insert("t".to_owned(), vec![(0, 0)]);
    rig.pass_by_deadlines(60_000);
    rig.expect::<FetchRequest>();
}

#[test]
fn damage_in_the_brokers_storage_is_told_once_and_waits_for_a_seek() {
    let mut rig = Rig::new(config());
    rig.assign(&[(0, Offset(5))]);
    let (seen, _) = rig.expect::<FetchRequest>();
    rig.fetched(&seen, vec![(0, ErrorCode::CorruptMessage, vec![])]);
    rig.events.clear();
    assert_eq!(rig.take(), None);
    let Event::FetchFailed { error, .. } = rig.next_event() else { panic!() };
    assert!(!error.is_retriable());
    assert!(error.to_string().contains("t-0 is damaged in the broker's storage at offset 5"));
    rig.pass_by_deadlines(60_000);
    assert!(rig.inbox.is_empty(), "it waits for a seek");
    rig.client.seek(rig.now, "t", 0, Offset(9)).unwrap();
    rig.run();
    assert_eq!(fetch_text(&rig.expect::<FetchRequest>().1), "9/1 0@9");
}

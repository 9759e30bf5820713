//! Errors: the order stays, nothing is doubled, nothing hangs.

use super::*;

#[test]
fn a_failed_batch_and_those_behind_it_go_again_in_order_with_their_sequences() {
    let mut rig = Rig::new(pipelined());
    let sent = four(&mut rig);
    let seen: Vec<String> = sent.iter().map(|(_, request)| text(request)).collect();
    assert_eq!(seen, ["0[a] 0/0", "0[b] 0/1", "0[c] 0/2", "0[d] 0/3"]);
    let codes = [
        (ErrorCode::None, 0),
        (ErrorCode::NotEnoughReplicas, -1),
        (ErrorCode::OutOfOrderSequenceNumber, -1),
        (ErrorCode::OutOfOrderSequenceNumber, -1),
    ];
    for ((seen, request), (code, base)) in sent.iter().zip(codes) {
        assert!(rig.inbox.is_empty(), "nothing leaves before all are answered");
        rig.produced(seen, request, code, base);
    }
    assert_eq!(rig.outcome(), "1: 0@0");
    assert!(rig.inbox.is_empty(), "there is a pause");
    rig.pass_by_deadlines(400);
    for (expected, base) in [("0[b] 0/1", 1), ("0[c] 0/2", 2), ("0[d] 0/3", 3)] {
        let (seen, request) = rig.expect::<ProduceRequest>();
        assert_eq!(text(&request), expected);
        rig.produced(&seen, &request, ErrorCode::None, base);
    }
    assert_eq!([rig.outcome(), rig.outcome(), rig.outcome()], ["2: 0@1", "3: 0@2", "4: 0@3"]);
}

#[test]
fn without_idempotence_one_batch_is_in_flight_and_the_others_wait_behind_its_retry() {
    let mut config = pipelined();
    config.producer.idempotent = false;
    let mut rig = Rig::new(config);
    for (id, value) in (1..).zip(["a", "b", "c"]) {
        rig.send(id, 0, &[value]).unwrap();
    }
    let (seen, request) = rig.expect::<ProduceRequest>();
    assert!(rig.inbox.is_empty());
    rig.produced(&seen, &request, ErrorCode::NotEnoughReplicas, -1);
    rig.pass_by_deadlines(400);
    let (seen, request) = rig.expect::<ProduceRequest>();
    assert_eq!(text(&request), "0[a]");
    rig.produced(&seen, &request, ErrorCode::None, 0);
    assert_eq!(text(&rig.expect::<ProduceRequest>().1), "0[b c]");
}

#[test]
fn a_lost_answer_is_asked_for_again_and_a_duplicate_is_a_success() {
    let mut rig = Rig::new(pipelined());
    rig.send(1, 0, &["a"]).unwrap();
    let (seen, request) = rig.expect::<ProduceRequest>();
    let first = text(&request);
    rig.cut(seen.link);
    rig.pass_by_deadlines(50);
    let (seen, request) = rig.expect::<ProduceRequest>();
    assert_eq!(text(&request), first);
    rig.produced(&seen, &request, ErrorCode::DuplicateSequenceNumber, -1);
    assert_eq!(rig.outcome(), "1: 0@-1");
}

#[test]
fn what_a_lost_connection_takes_along_goes_again_as_soon_as_there_is_another() {
    let mut rig = Rig::new(pipelined());
    rig.send(1, 0, &["a"]).unwrap();
    let (seen, _) = rig.expect::<ProduceRequest>();
    rig.client.request(rig.now, Target::AnyNode, CreateTopicsRequest::default()).unwrap();
    rig.run();
    rig.expect::<CreateTopicsRequest>();
    rig.cut(seen.link);
    // The pause before a connection is made again, and no other.
    rig.pass_by_deadlines(50);
    let (seen, _) = rig.expect::<ProduceRequest>();
    rig.expect::<CreateTopicsRequest>();
    // One that is lost at once, too, is not to be pestered.
    rig.cut(seen.link);
    rig.pass_by_deadlines(100);
    assert!(rig.inbox.is_empty());
    rig.pass_by_deadlines(400);
    rig.expect::<ProduceRequest>();
}

#[test]
fn a_new_leader_is_found_and_gets_the_batches() {
    let mut rig = Rig::new(pipelined());
    rig.nodes = 2;
    rig.send(1, 0, &["a"]).unwrap();
    let (seen, request) = rig.expect::<ProduceRequest>();
    assert_eq!(seen.node, 0);
    rig.topics.insert("t".to_owned(), vec![(1, 1), (0, 0)]);
    rig.produced(&seen, &request, ErrorCode::NotLeaderOrFollower, -1);
    rig.pass_by_deadlines(400);
    let (seen, request) = rig.expect::<ProduceRequest>();
    assert_eq!((seen.node, text(&request)), (1, "0[a] 0/0".to_owned()));
    rig.produced(&seen, &request, ErrorCode::None, 4);
    assert_eq!(rig.outcome(), "1: 0@4");
}

#[test]
fn a_broker_that_forgot_the_producer_gets_a_new_epoch_from_zero() {
    for code in [ErrorCode::UnknownProducerId, ErrorCode::OutOfOrderSequenceNumber] {
        let mut rig = Rig::new(pipelined());
        rig.send(1, 0, &["a"]).unwrap();
        rig.send(9, 1, &["z"]).unwrap();
        for _ in 0..2 {
            let (seen, request) = rig.expect::<ProduceRequest>();
            rig.produced(&seen, &request, ErrorCode::None, 0);
        }
        rig.send(2, 0, &["b"]).unwrap();
        rig.send(3, 0, &["c"]).unwrap();
        let sent = [rig.expect::<ProduceRequest>(), rig.expect::<ProduceRequest>()];
        assert_eq!(text(&sent[0].1), "0[b] 0/1");
        sent.iter().for_each(|(seen, request)| rig.produced(seen, request, code, -1));
        rig.pass_by_deadlines(900);
        for expected in ["0[b] 1/0", "0[c] 1/1"] {
            let (seen, request) = rig.expect::<ProduceRequest>();
            assert_eq!(text(&request), expected, "{code:?}");
            rig.produced(&seen, &request, ErrorCode::None, 0);
        }
        // The other partition follows with its next batch.
        rig.send(4, 1, &["y"]).unwrap();
        assert_eq!(text(&rig.expect::<ProduceRequest>().1), "1[y] 1/0");
        assert_eq!(rig.producer_ids, 1, "a new epoch needs no broker");
    }
}

#[test]
fn a_fenced_epoch_gets_a_new_id() {
    let mut rig = Rig::new(pipelined());
    rig.send(1, 0, &["a"]).unwrap();
    let (seen, request) = rig.expect::<ProduceRequest>();
    rig.produced(&seen, &request, ErrorCode::InvalidProducerEpoch, -1);
    rig.pass_by_deadlines(400);
    let (seen, request) = rig.expect::<ProduceRequest>();
    assert_eq!((text(&request), rig.producer_ids), ("0[a] 0/0".to_owned(), 2));
    rig.produced(&seen, &request, ErrorCode::None, 0);
    assert_eq!(rig.outcome(), "1: 0@0");
}

#[test]
fn a_batch_that_is_too_large_goes_in_halves_and_a_record_that_is_fails() {
    let mut rig = Rig::new(pipelined());
    rig.send(1, 0, &["a", "b", "c"]).unwrap();
    rig.send(2, 0, &["d"]).unwrap();
    let (seen, request) = rig.expect::<ProduceRequest>();
    let (behind, behind_request) = rig.expect::<ProduceRequest>();
    rig.produced(&seen, &request, ErrorCode::MessageTooLarge, -1);
    rig.produced(&behind, &behind_request, ErrorCode::OutOfOrderSequenceNumber, -1);
    for (expected, code, base) in [
        ("0[a] 0/0", ErrorCode::None, 5),
        ("0[b c] 0/1", ErrorCode::None, 6),
        ("0[d] 0/3", ErrorCode::MessageTooLarge, -1),
    ] {
        let (seen, request) = rig.expect::<ProduceRequest>();
        assert_eq!(text(&request), expected);
        rig.produced(&seen, &request, code, base);
    }
    assert_eq!(rig.outcome(), "1: 0@5");
    assert!(rig.outcome().contains("MESSAGE_TOO_LARGE"));
    // Its sequence number was never used: the next goes on in a new epoch.
    rig.send(3, 0, &["e"]).unwrap();
    assert_eq!(text(&rig.expect::<ProduceRequest>().1), "0[e] 1/0");
    assert_eq!(rig.client.pending_sends(), 1);
}

#[test]
fn retries_end() {
    let mut rig = Rig::new(pipelined());
    rig.send(1, 0, &["a"]).unwrap();
    for _ in 0..6 {
        let (seen, request) = rig.expect::<ProduceRequest>();
        rig.produced(&seen, &request, ErrorCode::NotEnoughReplicas, -1);
        rig.pass_by_deadlines(20_000);
    }
    assert!(rig.inbox.is_empty());
    assert!(rig.outcome().contains("NOT_ENOUGH_REPLICAS"));
}

#[test]
fn one_partition_s_refusal_does_not_touch_the_other() {
    let mut rig = Rig::new(config());
    let records = [0, 1].map(|partition| ProduceRecord {
        partition: Some(partition),
        value: Some(b"v"),
        ..ProduceRecord::default()
    });
    rig.client.produce(rig.now, SendId(1), "t", records).unwrap();
    rig.run();
    let (seen, request) = rig.expect::<ProduceRequest>();
    let mut answer = produce_answer(&request, |p| {
        if p == 0 { (ErrorCode::None, 7) } else { (ErrorCode::InvalidRecord, -1) }
    });
    let refused = &mut answer.responses[0].partition_responses[1];
    refused.error_message = Some("no key".to_owned());
    rig.answer(&seen, &answer);
    assert_eq!(
        rig.outcome(),
        "1: 0@7 ! produce to t-1: the broker answered INVALID_RECORD (Produce): no key"
    );
}

#[test]
fn a_silent_broker_times_out() {
    let mut rig = Rig::new(config());
    rig.send(1, 0, &["a"]).unwrap();
    let (first, _) = rig.expect::<ProduceRequest>();
    rig.pass_by_deadlines(29_999);
    assert!(rig.inbox.is_empty());
    rig.pass_by_deadlines(1_000);
    let (second, request) = rig.expect::<ProduceRequest>();
    assert_ne!(first.link, second.link, "the connection is given up");
    assert_eq!(text(&request), "0[a] 0/0");
    rig.pass_by_deadlines(200_000);
    let outcome = rig.outcome();
    assert!(outcome.contains("no answer within"), "{outcome}");
    assert_eq!(rig.client.buffered_bytes(), 0);
}

//! A sequence number is lost for good, while it is open of other batches whether they are stored.

use super::*;

/// Expects one request and no more, and answers it.
fn next(rig: &mut Rig, expected: &str, code: ErrorCode, base: i64) {
    let (seen, request) = rig.expect::<ProduceRequest>();
    assert_eq!(text(&request), expected);
    assert!(rig.inbox.is_empty(), "one at a time");
    rig.produced(&seen, &request, code, base);
    rig.pass_by_deadlines(700);
}

#[test]
fn a_batch_that_may_be_stored_keeps_its_number_though_one_behind_it_is_refused() {
    let mut rig = Rig::new(pipelined());
    let sent = four(&mut rig);
    let codes = [
        (ErrorCode::None, 0),
        (ErrorCode::RequestTimedOut, -1),
        (ErrorCode::MessageTooLarge, -1),
        (ErrorCode::OutOfOrderSequenceNumber, -1),
    ];
    for ((seen, request), (code, base)) in sent.iter().zip(codes) {
        rig.produced(seen, request, code, base);
    }
    assert_eq!(rig.outcome(), "1: 0@0");
    assert!(rig.outcome().contains("MESSAGE_TOO_LARGE"));
    rig.pass_by_deadlines(400);
    // It was stored: the broker says where.
    next(&mut rig, "0[b] 0/1", ErrorCode::None, 1);
    assert_eq!(rig.outcome(), "2: 0@1");
    next(&mut rig, "0[d] 1/0", ErrorCode::None, 2);
    assert_eq!(rig.outcome(), "4: 0@2");
}

#[test]
fn a_batch_that_may_be_stored_keeps_its_number_though_one_before_it_is_refused() {
    let mut rig = Rig::new(pipelined());
    let sent = four(&mut rig);
    // The broker does not know the producer, and takes b behind the gap; its answer is lost.
    rig.produced(&sent[0].0, &sent[0].1, ErrorCode::MessageTooLarge, -1);
    rig.cut(sent[1].0.link);
    assert!(rig.outcome().contains("MESSAGE_TOO_LARGE"));
    rig.pass_by_deadlines(50);
    next(&mut rig, "0[b] 0/1", ErrorCode::None, 0);
    assert_eq!(rig.outcome(), "2: 0@0");
    // These are not stored, and none is sent ahead of another.
    next(&mut rig, "0[c] 0/2", ErrorCode::OutOfOrderSequenceNumber, -1);
    next(&mut rig, "0[d] 0/3", ErrorCode::OutOfOrderSequenceNumber, -1);
    let sent = [rig.expect::<ProduceRequest>(), rig.expect::<ProduceRequest>()];
    for ((seen, request), (expected, base)) in sent.iter().zip([("0[c] 1/0", 1), ("0[d] 1/1", 2)]) {
        assert_eq!(text(request), expected);
        rig.produced(seen, request, ErrorCode::None, base);
    }
    assert_eq!([rig.outcome(), rig.outcome()], ["3: 0@1", "4: 0@2"]);
}

#[test]
fn what_was_given_up_leaves_those_behind_it_their_numbers_until_their_fate_is_known() {
    let mut config = pipelined();
    config.producer.delivery_timeout_ms = 10_000;
    let mut rig = Rig::new(config);
    rig.send(1, 0, &["a"]).unwrap();
    let (lost, _) = rig.expect::<ProduceRequest>();
    rig.pass_by_deadlines(9_000);
    rig.send(2, 0, &["b"]).unwrap();
    rig.expect::<ProduceRequest>();
    // Both were stored, and no broker is there to say so before a is too old.
    rig.down.insert(0);
    rig.cut(lost.link);
    rig.pass_by_deadlines(1_500);
    assert!(rig.outcome().starts_with("1: ! "));
    rig.down.clear();
    rig.pass_by_deadlines(5_000);
    next(&mut rig, "0[b] 0/1", ErrorCode::None, 1);
    assert_eq!(rig.outcome(), "2: 0@1");
    rig.send(3, 0, &["c"]).unwrap();
    next(&mut rig, "0[c] 1/0", ErrorCode::None, 2);
}

//! Connections: versions, loss, silence, nobody there.

use super::*;

#[test]
fn an_old_broker_is_met_at_its_own_versions() {
    let mut rig = Rig::new(config());
    rig.at_most.insert(ApiKey::ApiVersions, 2);
    rig.at_most.insert(ApiKey::Produce, 7);
    rig.at_most.insert(ApiKey::Metadata, 6);
    rig.send(1, 0, &["a"]).unwrap();
    let (seen, request) = rig.expect::<ProduceRequest>();
    assert_eq!(seen.header.api_version, 7);
    assert_eq!(request.topic_data[0].name, "t");
    rig.produced(&seen, &request, ErrorCode::None, 3);
    assert_eq!(rig.outcome(), "1: 0@3");
}

#[test]
fn topics_are_named_where_their_ids_are_not_known() {
    let mut rig = Rig::new(config());
    rig.at_most.insert(ApiKey::Metadata, 9);
    rig.send(1, 0, &["a"]).unwrap();
    assert_eq!(rig.expect::<ProduceRequest>().0.header.api_version, 12);
}

#[test]
fn a_broker_that_is_too_old_is_an_error_that_says_so() {
    let mut rig = Rig::new(config());
    rig.at_most.insert(ApiKey::Produce, 2);
    rig.send(1, 0, &["a"]).unwrap();
    let outcome = rig.outcome();
    assert!(outcome.contains("this client 3-13, the broker 0-2"), "{outcome}");
}

#[test]
fn nobody_there_fails_what_waits_after_the_retries_and_recovers() {
    let mut rig = Rig::new(config());
    rig.down.insert(0);
    let call = rig.client.load_metadata(rig.now, &[]).unwrap();
    rig.send(1, 0, &["a"]).unwrap();
    rig.pass_by_deadlines(4_000);
    assert!(rig.events.is_empty());
    rig.pass_by_deadlines(10_000);
    let outcome = rig.outcome();
    assert!(outcome.contains("no connection to b:0: refused"), "{outcome}");
    let Event::CallFailed { call: failed, error } = rig.next_event() else { panic!() };
    assert!(failed == call && error.is_retriable());
    assert!(matches!(rig.next_event(), Event::Unreachable { .. }));

    rig.down.clear();
    rig.send(2, 0, &["b"]).unwrap();
    rig.pass_by_deadlines(40_000);
    let (seen, request) = rig.expect::<ProduceRequest>();
    rig.produced(&seen, &request, ErrorCode::None, 0);
    assert_eq!(rig.outcome(), "2: 0@0");
}

#[test]
fn a_connection_that_is_never_made_is_given_up() {
    let mut rig = Rig::new(config());
    rig.client.load_metadata(rig.now, &[]).unwrap();
    let Some(ClientOutput::Connect { link, .. }) = rig.client.poll_output() else { panic!() };
    rig.now.monotonic_ms = rig.client.poll_deadline(rig.now).unwrap();
    rig.client.handle(rig.now, ClientInput::Tick);
    assert_eq!(rig.client.poll_output(), Some(ClientOutput::Disconnect { link }));
    // Late news of it does no harm.
    rig.client.handle(rig.now, ClientInput::Connected { link });
    assert_eq!(rig.client.poll_output(), None);
}

#[test]
fn an_answer_to_nothing_ends_the_connection_and_not_the_client() {
    let mut rig = Rig::new(config());
    rig.send(1, 0, &["a"]).unwrap();
    let (seen, _) = rig.expect::<ProduceRequest>();
    for frame in [Bytes::new(), Bytes::from_static(&[0, 0, 0, 99, 1, 2, 3])] {
        rig.client.handle(rig.now, ClientInput::Received { link: seen.link, frame });
    }
    rig.run();
    assert!(!rig.links.contains_key(&seen.link));
    rig.pass_by_deadlines(400);
    let (seen, request) = rig.expect::<ProduceRequest>();
    rig.produced(&seen, &request, ErrorCode::None, 0);
    assert_eq!(rig.outcome(), "1: 0@0");
}

#[test]
fn metadata_is_refreshed_when_it_is_old() {
    let mut rig = Rig::new(config());
    rig.send(1, 0, &["a"]).unwrap();
    let (seen, request) = rig.expect::<ProduceRequest>();
    rig.produced(&seen, &request, ErrorCode::None, 0);
    assert_eq!(rig.metadata_requests, 1);
    rig.pass_by_deadlines(299_000);
    assert_eq!(rig.metadata_requests, 1);
    rig.pass_by_deadlines(2_000);
    assert_eq!(rig.metadata_requests, 2);
}

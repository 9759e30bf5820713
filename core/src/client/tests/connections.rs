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
    rig.pass_by_deadlines(50);
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

#[test]
fn answers_that_make_no_sense_do_no_lasting_harm() {
    for seed in 0..300 {
        let mut rig = Rig::new(config());
        rig.rng = Rng::new(seed);
        rig.garble = 40;
        let mut sent = 0;
        for _ in 0..10 {
            sent += u64::from(rig.send(sent, 0, &["a", "b"]).is_ok());
            let start = StartPosition::Offset(0);
            rig.assign(&[(0, start), (1, StartPosition::Latest)]);
            for _ in 0..4 {
                answer_anything(&mut rig);
                while rig.client.poll_fetched(rig.now).is_some() {}
            }
            rig.pass_by_deadlines(5_000);
        }
        rig.garble = 0;
        for _ in 0..20 {
            while answer_anything(&mut rig) {}
            rig.pass_by_deadlines(20_000);
        }
        assert_eq!((rig.client.pending_sends(), rig.client.buffered_bytes()), (0, 0), "{seed}");
        let produced = rig.events.iter().filter(|event| matches!(event, Event::Produced { .. }));
        assert_eq!(produced.count() as u64, sent, "each send has one event");
        rig.events.clear();
        rig.send(99, 0, &["c"]).unwrap();
        while rig.events.iter().all(|event| !matches!(event, Event::Produced { .. })) {
            assert!(answer_anything(&mut rig), "seed {seed}");
        }
        rig.events.retain(|event| matches!(event, Event::Produced { .. }));
        assert_eq!(rig.outcome(), "99: 0@0");
    }
}

/// Answers the request that waits first, if it is one that may be answered at once.
fn answer_anything(rig: &mut Rig) -> bool {
    let fetch = ApiKey::Fetch as i16;
    let Some(at) = rig.inbox.iter().position(|seen| seen.header.api_key != fetch).or_else(|| {
        // A fetch may wait.
        (rig.garble > 0 && !rig.inbox.is_empty()).then_some(0)
    }) else {
        return false;
    };
    rig.inbox.swap(0, at);
    match ApiKey::try_from(rig.inbox[0].header.api_key).unwrap() {
        ApiKey::Produce => {
            let (seen, request) = rig.expect::<ProduceRequest>();
            rig.produced(&seen, &request, ErrorCode::None, 0);
        }
        ApiKey::Fetch => {
            let (seen, _) = rig.expect::<FetchRequest>();
            rig.fetched(&seen, vec![(0, ErrorCode::None, batch(0, 3))]);
        }
        _ => {
            let (seen, request) = rig.expect::<ListOffsetsRequest>();
            rig.answer(&seen, &super::fetching::listed(&request, |_| 3));
        }
    }
    true
}

#[test]
fn a_broker_without_metadata_is_an_error_that_says_so() {
    let mut rig = Rig::new(config());
    rig.at_most.insert(ApiKey::Metadata, -1);
    rig.send(1, 0, &["a"]).unwrap();
    rig.pass_by_deadlines(20_000);
    let outcome = rig.outcome();
    assert!(outcome.contains("does not serve Metadata"), "{outcome}");
}

#[test]
fn where_one_address_leads_to_all_brokers_one_connection_serves() {
    let config = ClientConfig { one_address: true, reconnect_backoff_ms: 10, ..config() };
    let mut rig = Rig::new(ClientConfig { bootstrap: vec![Address::new("b", 7)], ..config });
    rig.send(1, 0, &["a"]).unwrap();
    rig.send(2, 1, &["b"]).unwrap();
    let (seen, _) = rig.expect::<ProduceRequest>();
    assert_eq!(rig.links.keys().collect::<Vec<_>>(), [&seen.link], "not another to node 0");
    assert_eq!(seen.node, 7, "the address, and not what the metadata says of node 0");
    rig.cut(seen.link);
    rig.pass(9);
    assert!(rig.links.is_empty());
    rig.pass(1);
    let (again, request) = rig.expect::<ProduceRequest>();
    assert_eq!(rig.links.keys().collect::<Vec<_>>(), [&again.link]);
    rig.produced(&again, &request, ErrorCode::None, 0);
}

//! Fetch: long polls, bounds, sessions, epochs.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers outside of test functions.

mod host;

use host::{Host, batch, fetch, produce, values};
use ottla::protocol::messages as m;
use ottla::{ConnectionId, Input};

const OFFSET_OUT_OF_RANGE: i16 = 1;
const FETCH_SESSION_ID_NOT_FOUND: i16 = 70;
const INVALID_FETCH_SESSION_EPOCH: i16 = 71;
const FENCED_LEADER_EPOCH: i16 = 74;
const UNKNOWN_LEADER_EPOCH: i16 = 75;

fn host() -> Host {
    let mut host = Host::new();
    host.create("t", 3, &[]);
    host
}

/// Another client, since a long poll keeps what comes behind it on its connection waiting.
fn other(host: &mut Host) -> ConnectionId {
    let other = ConnectionId(77);
    host.connect(other);
    other
}

#[test]
fn a_long_poll_ends_when_a_record_is_stored() {
    let mut host = host();
    host.send(&fetch("t", 0, 0, 1 << 20, 60_000), 12);
    assert!(host.responses.is_empty());
    let other = other(&mut host);
    host.send_from(other, &produce("t", 1, batch(1, &["elsewhere"])), 9);
    assert_eq!(host.responses.len(), 1, "the produce alone");
    host.responses.clear();
    host.hold_commits = true;
    host.send_from(other, &produce("t", 0, batch(1, &["here"])), 9);
    assert!(host.responses.is_empty(), "in memory, not stored");
    host.store();
    assert_eq!(host.responses.len(), 2);
}

#[test]
fn a_long_poll_ends_empty_at_its_deadline() {
    let mut host = host();
    host.send(&fetch("t", 0, 0, 1 << 20, 500), 12);
    assert_eq!(host.broker.poll_deadline(), Some(host.now.monotonic_ms + 500));
    host.pass(499);
    assert!(host.responses.is_empty());
    host.pass(1);
    let (_, response) = host.response::<m::FetchRequest>(12).unwrap();
    assert_eq!(response.responses[0].partitions[0].records.as_ref().unwrap().len(), 0);
    assert_eq!(host.broker.poll_deadline(), None);
}

#[test]
fn a_long_poll_waits_for_min_bytes() {
    let mut host = host();
    let size = batch(1, &["x"]).len() as i32;
    let mut request = fetch("t", 0, 0, 1 << 20, 60_000);
    request.min_bytes = size + 1;
    host.send(&request, 12);
    let other = other(&mut host);
    host.send_from(other, &produce("t", 0, batch(1, &["x"])), 9);
    assert_eq!(host.responses.len(), 1, "one batch is too few");
    host.send_from(other, &produce("t", 0, batch(1, &["y"])), 9);
    assert_eq!(host.responses.len(), 3);
}

#[test]
fn a_deleted_topic_ends_the_long_poll_of_it() {
    let mut host = host();
    host.send(&fetch("t", 0, 0, 1 << 20, 60_000), 12);
    let other = other(&mut host);
    let request = m::DeleteTopicsRequest { topic_names: vec!["t".into()], ..Default::default() };
    host.send_from(other, &request, 5);
    let to: Vec<ConnectionId> = host.responses.iter().map(|(to, _)| *to).collect();
    assert!(to.contains(&host::CLIENT), "the poll is answered: {to:?}");
}

#[test]
fn a_long_poll_of_a_topic_in_memory_ends_when_a_record_is_there() {
    let mut host = Host::new();
    host.create("memory", 1, &[("ottla.durability", "memory")]);
    host.send(&fetch("memory", 0, 0, 1 << 20, 60_000), 12);
    let other = other(&mut host);
    host.send_from(other, &produce("memory", 0, batch(1, &["x"])), 9);
    assert_eq!(host.responses.len(), 2);
}

#[test]
fn a_client_that_leaves_takes_its_long_poll_with_it() {
    let mut host = host();
    host.send(&fetch("t", 0, 0, 1 << 20, 60_000), 12);
    host.input(Input::Disconnected { connection: host::CLIENT });
    assert_eq!(host.broker.poll_deadline(), None);
    let other = other(&mut host);
    host.send_from(other, &produce("t", 0, batch(1, &["x"])), 9);
    assert_eq!(host.responses.len(), 1);
}

#[test]
fn a_batch_comes_whole_and_the_first_one_however_large() {
    let mut host = host();
    host.produce("t", 0, batch(1, &["a", "b", "c"]));
    host.produce("t", 0, batch(1, &["d"]));
    let inside = host.fetch_at_most("t", 0, 1, 1).records.unwrap();
    let batches: Vec<_> = ottla::record::batches(inside).map(|b| b.unwrap().header).collect();
    assert_eq!(batches.len(), 1);
    assert_eq!((batches[0].base_offset, batches[0].last_offset()), (0, 2));
    assert_eq!(values(&host.read_all("t", 0, 1)), ["b", "c", "d"]);
}

#[test]
fn max_bytes_bounds_all_partitions_together() {
    let mut host = host();
    let size = batch(1, &["x"]).len() as i32;
    for partition in 0..3 {
        host.produce("t", partition, batch(1, &["x"]));
    }
    let mut request = fetch("t", 0, 0, 1 << 20, 0);
    for partition in 1..3 {
        let mut more = request.topics[0].partitions[0].clone();
        more.partition = partition;
        request.topics[0].partitions.push(more);
    }
    request.max_bytes = 2 * size;
    let sizes = |response: m::FetchResponse| {
        let partitions = response.responses.into_iter().flat_map(|topic| topic.partitions);
        partitions.map(|p| p.records.unwrap().len() as i32).collect::<Vec<_>>()
    };
    assert_eq!(sizes(host.call(&request, 12)), [size, size, 0]);
    request.max_bytes = 1;
    assert_eq!(sizes(host.call(&request, 12)), [size, 0, 0]);
}

#[test]
fn offsets_outside_the_log_are_out_of_range() {
    let mut host = host();
    host.produce("t", 0, batch(1, &["x"]));
    assert_eq!(host.fetch("t", 0, 1).error_code, 0, "the end is where the next record comes");
    assert_eq!(host.fetch("t", 0, 2).error_code, OFFSET_OUT_OF_RANGE);
    assert_eq!(host.fetch("t", 0, -1).error_code, OFFSET_OUT_OF_RANGE);
}

#[test]
fn a_session_tells_only_what_is_new() {
    let mut host = host();
    host.produce("t", 0, batch(1, &["x"]));
    let mut request = fetch("t", 0, 0, 1 << 20, 0);
    let mut second = request.topics[0].partitions[0].clone();
    second.partition = 1;
    request.topics[0].partitions.push(second);
    request.session_epoch = 0;
    let full = host.call(&request, 12);
    assert!(full.session_id > 0);
    assert_eq!(full.responses[0].partitions.len(), 2, "the first answer has all partitions");

    // Epoch 1: partition 0 goes on from offset 1; partition 1 is as it was named.
    request.session_id = full.session_id;
    request.session_epoch = 1;
    request.topics[0].partitions.truncate(1);
    request.topics[0].partitions[0].fetch_offset = 1;
    let nothing = host.call(&request, 12);
    assert_eq!((nothing.session_id, nothing.responses.len()), (full.session_id, 0));

    host.produce("t", 1, batch(1, &["y"]));
    request.session_epoch = 2;
    request.topics.clear();
    let news = host.call(&request, 12);
    let told: Vec<i32> = news.responses[0].partitions.iter().map(|p| p.partition_index).collect();
    assert_eq!(told, [1]);

    // Forgotten partitions are not told of any more.
    let forgotten =
        m::ForgottenTopic { topic: "t".into(), partitions: vec![1], ..Default::default() };
    request.session_epoch = 3;
    request.forgotten_topics_data = vec![forgotten];
    assert_eq!(host.call(&request, 12).responses, []);

    request.session_epoch = 3;
    assert_eq!(host.call(&request, 12).error_code, INVALID_FETCH_SESSION_EPOCH);
    request.session_id += 1;
    assert_eq!(host.call(&request, 12).error_code, FETCH_SESSION_ID_NOT_FOUND);

    // The last epoch closes the session.
    request.session_id = full.session_id;
    request.session_epoch = -1;
    assert_eq!(host.call(&request, 12).session_id, 0);
    request.session_epoch = 4;
    assert_eq!(host.call(&request, 12).error_code, FETCH_SESSION_ID_NOT_FOUND);
}

#[test]
fn sessions_are_bounded() {
    let mut host = Host::with(&[("max.incremental.fetch.session.cache.slots", "2")]);
    host.create("t", 1, &[]);
    let mut request = fetch("t", 0, 0, 1 << 20, 0);
    request.session_epoch = 0;
    let open = |host: &mut Host| host.call(&request, 12).session_id;
    assert!(open(&mut host) > 0);
    assert!(open(&mut host) > 0);
    assert_eq!(open(&mut host), 0, "no room: the fetch works without a session");
    host.pass(120_000);
    assert!(open(&mut host) > 0, "an idle one makes room");
}

#[test]
fn epochs_are_checked_and_a_parted_log_is_told() {
    let mut host = host();
    host.produce("t", 0, batch(1, &["a", "b"]));
    let mut host = host.reopen();
    host.produce("t", 0, batch(1, &["c"]));
    let fetch_with = |host: &mut Host, current: i32, last_fetched: i32, offset: i64| {
        let mut request = fetch("t", 0, offset, 1 << 20, 0);
        request.topics[0].partitions[0].current_leader_epoch = current;
        request.topics[0].partitions[0].last_fetched_epoch = last_fetched;
        host.call(&request, 12).responses.remove(0).partitions.remove(0)
    };
    assert_eq!(fetch_with(&mut host, 0, -1, 0).error_code, FENCED_LEADER_EPOCH);
    assert_eq!(fetch_with(&mut host, 2, -1, 0).error_code, UNKNOWN_LEADER_EPOCH);
    assert_eq!(fetch_with(&mut host, 1, 0, 2).error_code, 0);
    // Epoch 0 ended at 2: a client that claims to have read 3 records of it has others.
    let parted = fetch_with(&mut host, 1, 0, 3);
    assert_eq!((parted.diverging_epoch.epoch, parted.diverging_epoch.end_offset), (0, 2));
    assert_eq!(parted.records.unwrap().len(), 0);

    let ask = |host: &mut Host, epoch: i32| {
        let asked = m::OffsetForLeaderPartition { leader_epoch: epoch, ..Default::default() };
        let topic = m::OffsetForLeaderTopic { topic: "t".into(), partitions: vec![asked] };
        let request = m::OffsetForLeaderEpochRequest { topics: vec![topic], ..Default::default() };
        let answer = host.call(&request, 4).topics.remove(0).partitions.remove(0);
        (answer.error_code, answer.leader_epoch, answer.end_offset)
    };
    assert_eq!(ask(&mut host, 0), (0, 0, 2));
    assert_eq!(ask(&mut host, 1), (0, 1, 3));
    assert_eq!(ask(&mut host, 5), (0, -1, -1));
}

#[test]
fn topics_by_id_are_echoed() {
    let mut host = host();
    let metadata = host.call(&m::MetadataRequest::default(), 12);
    let id = metadata.topics[0].topic_id;
    let mut request = fetch("", 0, 0, 1 << 20, 0);
    request.topics[0].topic_id = id;
    let response = host.call(&request, 17);
    assert_eq!(response.responses[0].topic_id, id);
    assert_eq!(response.responses[0].partitions[0].error_code, 0);
    request.topics[0].topic_id = ottla::Uuid([9; 16]);
    let response = host.call(&request, 17);
    assert_eq!(response.responses[0].partitions[0].error_code, 100, "UNKNOWN_TOPIC_ID");
}

#[test]
fn a_batch_that_does_not_fit_is_not_passed_over() {
    // Whether memory or storage has it.
    for cache in ["16777216", "0"] {
        let mut host = Host::with(&[("ottla.cache.bytes", cache)]);
        host.create("t", 2, &[("segment.bytes", "2000")]);
        let large = "x".repeat(1_500);
        host.produce("t", 0, batch(1, &[&"y".repeat(500)]));
        host.produce("t", 1, batch(1, &[&large]));
        host.produce("t", 1, batch(1, &[&large]));
        host.produce("t", 1, batch(1, &["small"]));
        let mut request = fetch("t", 0, 0, 1 << 20, 0);
        request.max_bytes = 1_200;
        let other = m::FetchPartition { partition: 1, ..request.topics[0].partitions[0].clone() };
        request.topics[0].partitions.push(other);
        let answer = host.call(&request, 12).responses.remove(0).partitions;
        let sizes: Vec<usize> =
            answer.iter().map(|data| data.records.as_ref().unwrap().len()).collect();
        assert!(sizes[0] > 500, "{sizes:?}");
        assert_eq!(sizes[1], 0, "what is served begins behind what was asked for, cache {cache}");
    }
}

#[test]
fn the_largest_timestamp_is_found_in_storage_and_in_memory() {
    // From all of the log in memory to nothing of it, with the record on either side.
    for cache in (0..6_000).step_by(500) {
        for largest in 0..8 {
            let mut host = Host::with(&[("ottla.cache.bytes", &cache.to_string())]);
            host.create("t", 1, &[("retention.ms", "-1")]);
            for at in 0..8 {
                let timestamp = if at == largest { 9_000 } else { 1_000 + at };
                host.produce("t", 0, batch(timestamp, &[&"x".repeat(500)]));
            }
            let found = host.list_offset("t", 0, -3);
            assert_eq!(found, (0, largest, 9_000), "{cache} bytes of memory");
        }
    }
}

//! Nothing is acknowledged, and nothing is seen, before it is stored.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers outside of test functions.

mod host;

use host::{CLIENT, Host, batch, fetch, produce, values};
use ottla::protocol::messages as m;
use ottla::storage::{Durability, StorageError, Write};
use ottla::{ConnectionId, Input};

#[test]
fn a_produce_is_answered_and_seen_only_when_it_is_stored() {
    let mut host = Host::new();
    host.create("t", 1, &[]);
    host.hold_commits = true;
    host.send(&produce("t", 0, batch(1, &["a"])), 9);
    assert!(host.responses.is_empty(), "not stored, not acknowledged");
    let other = ConnectionId(2);
    host.connect(other);
    host.send_from(other, &fetch("t", 0, 0, 1 << 20, 0), 12);
    let (_, mut unseen) = host.response::<m::FetchRequest>(12).unwrap();
    let unseen = unseen.responses.remove(0).partitions.remove(0);
    assert_eq!(unseen.high_watermark, 0);
    assert_eq!(unseen.records.map(|r| r.len()), Some(0));
    host.store();
    let (_, response) = host.response::<m::ProduceRequest>(9).unwrap();
    assert_eq!(response.responses[0].partition_responses[0].error_code, 0);
    host.hold_commits = false;
    assert_eq!(values(&host.read_all("t", 0, 0)), ["a"]);
}

#[test]
fn what_arrives_during_a_commit_is_the_next_one() {
    let mut host = Host::new();
    host.create("t", 1, &[]);
    let before = host.commit_count;
    host.hold_commits = true;
    for value in ["a", "b", "c", "d"] {
        host.send(&produce("t", 0, batch(1, &[value])), 9);
    }
    assert_eq!(host.commits.len(), 1, "one commit is out at a time");
    host.store();
    assert_eq!(host.responses.len(), 1);
    assert_eq!(host.commits.len(), 1);
    let appends = |write: &&Write| matches!(write, Write::Append { .. });
    assert_eq!(
        host.commits[0].writes.iter().filter(appends).count(),
        1,
        "b, c and d are one write"
    );
    host.store();
    assert_eq!(host.responses.len(), 4);
    assert_eq!(host.commit_count - before, 2);
    host.hold_commits = false;
    host.responses.clear();
    assert_eq!(values(&host.read_all("t", 0, 0)), ["a", "b", "c", "d"]);
}

#[test]
fn a_failed_commit_fails_all_that_waits_and_memory_goes_back_to_what_is_stored() {
    let mut host = Host::new();
    host.create("t", 1, &[]);
    host.produce("t", 0, batch(1, &["kept"]));
    host.hold_commits = true;
    host.send(&produce("t", 0, batch(2, &["lost"])), 9);
    host.send(&produce("t", 0, batch(3, &["lost too"])), 9);
    host.hold_commits = false;
    host.fail_commit(StorageError::Full("no room".into()));
    for _ in 0..2 {
        let (_, response) = host.response::<m::ProduceRequest>(9).unwrap();
        let partition = &response.responses[0].partition_responses[0];
        assert_eq!(partition.error_code, 56, "KAFKA_STORAGE_ERROR");
        assert!(partition.error_message.as_ref().unwrap().contains("no room"));
        assert_eq!(partition.base_offset, -1);
    }
    assert!(host.notices[0].contains("no room"));
    assert_eq!(values(&host.read_all("t", 0, 0)), ["kept"]);
    // And it goes on.
    assert_eq!(host.produce("t", 0, batch(4, &["next"])).base_offset, 1);
    assert_eq!(values(&host.read_all("t", 0, 0)), ["kept", "next"]);
}

#[test]
fn after_a_failed_commit_nothing_is_written_but_what_is_asked_for() {
    // A full storage has room for deletes, and for nothing else: the broker may not add to them.
    let mut host = Host::new();
    host.create("t", 1, &[]);
    host.hold_commits = true;
    host.send(&produce("t", 0, batch(2, &["lost"])), 9);
    host.fail_commit(StorageError::Full("no room".into()));
    host.responses.clear();
    assert!(host.commits.is_empty(), "opening anew writes nothing");
    let mut host = Host::open(host::config(&[]), host.storage);
    assert_eq!(host.commit_count, 0, "nor does a new broker");
    host.hold_commits = true;
    let request = m::DeleteTopicsRequest { topic_names: vec!["t".into()], ..Default::default() };
    host.send(&request, 5);
    let removes =
        |write: &Write| matches!(write, Write::DeleteLog { .. } | Write::DeleteMetadata { .. });
    assert!(host.commits[0].writes.iter().all(removes), "{:?}", host.commits[0].writes);
}

#[test]
fn a_deletion_that_is_stored_is_not_refused_because_records_are_not() {
    let mut host = Host::new();
    host.create("t", 1, &[]);
    host.produce("t", 0, batch(1, &["a", "b", "c"]));
    let no_room = || StorageError::Full("no room".into());
    host.hold_commits = true;
    host.send(&produce("t", 0, batch(2, &["lost"])), 9);
    host.fail_commit(no_room());
    host.responses.clear();
    // From now on what removes things goes alone.
    let delete_before = |offset| m::DeleteRecordsRequest {
        topics: vec![m::DeleteRecordsTopic {
            name: "t".into(),
            partitions: vec![m::DeleteRecordsPartition { partition_index: 0, offset }],
        }],
        timeout_ms: 1000,
    };
    let answer = |host: &mut Host| {
        let (_, response) = host.response::<m::DeleteRecordsRequest>(2)?;
        let partition = &response.topics[0].partitions[0];
        Some((partition.error_code, partition.low_watermark))
    };
    host.send(&delete_before(1), 2);
    let other = ConnectionId(2);
    host.connect(other);
    host.send_from(other, &produce("t", 0, batch(3, &["lost, too"])), 9);
    host.send(&delete_before(2), 2);
    host.store();
    assert_eq!(answer(&mut host), Some((0, 1)));
    assert_eq!(answer(&mut host), None, "not stored yet");
    host.store();
    assert_eq!(answer(&mut host), Some((0, 2)), "stored, whatever comes of the records");
    // What changes nothing waits for nothing but what it speaks of.
    host.send(&delete_before(2), 2);
    assert_eq!(host.commits.len(), 1, "the records are out");
    host.fail_commit(no_room());
    let (from, _) = host.responses.pop_front().unwrap();
    let answers = [from, host.responses.pop_front().unwrap().0];
    assert!(answers.contains(&CLIENT) && answers.contains(&other));
    host.hold_commits = false;
    assert_eq!(host.list_offset("t", 0, -2).1, 2);
    assert_eq!(host.reopen().list_offset("t", 0, -2).1, 2);
}

#[test]
fn a_topic_whose_commit_failed_is_gone() {
    let mut host = Host::new();
    host.hold_commits = true;
    let topic = m::CreatableTopic {
        name: "t".into(),
        num_partitions: 1,
        replication_factor: 1,
        ..Default::default()
    };
    host.send(&m::CreateTopicsRequest { topics: vec![topic], ..Default::default() }, 7);
    host.hold_commits = false;
    host.fail_commit(StorageError::Failed("disk".into()));
    let (_, response) = host.response::<m::CreateTopicsRequest>(7).unwrap();
    assert_eq!(response.topics[0].error_code, 56);
    assert_eq!(host.create("t", 1, &[]), 0, "the name is free again");
}

#[test]
fn requests_wait_while_the_broker_opens_anew() {
    let mut host = Host::new();
    host.create("t", 1, &[]);
    host.hold_commits = true;
    host.send(&produce("t", 0, batch(1, &["lost"])), 9);
    host.hold_loads = true;
    host.fail_commit(StorageError::Full("no room".into()));
    host.responses.clear();
    host.send(&produce("t", 0, batch(1, &["after"])), 9);
    assert!(host.responses.is_empty());
    host.hold_commits = false;
    while !host.loads.is_empty() {
        host.load();
    }
    let (_, response) = host.response::<m::ProduceRequest>(9).unwrap();
    assert_eq!(response.responses[0].partition_responses[0].error_code, 0);
    host.hold_loads = false;
    assert_eq!(values(&host.read_all("t", 0, 0)), ["after"]);
}

#[test]
fn a_storage_that_cannot_be_read_ends_the_broker_and_says_so() {
    let mut host = Host::new();
    host.create("t", 1, &[]);
    host.hold_commits = true;
    host.hold_loads = true;
    host.send(&produce("t", 0, batch(1, &["lost"])), 9);
    host.fail_commit(StorageError::Failed("gone".into()));
    let (load, _) = host.loads.pop_front().unwrap();
    host.input(Input::Loaded { load, result: Err(StorageError::Failed("still gone".into())) });
    assert_eq!(host.failed, Some(StorageError::Failed("still gone".into())));
    host.responses.clear();
    host.send(&produce("t", 0, batch(1, &["x"])), 9);
    assert!(host.responses.is_empty());
    assert!(host.closed.last().unwrap().1.contains("storage"));
}

#[test]
fn durability_is_what_the_topic_asks_for() {
    let mut host = Host::new();
    host.create("relaxed", 1, &[]);
    host.create("strict", 1, &[("ottla.durability", "strict")]);
    host.create("memory", 1, &[("ottla.durability", "memory")]);
    host.hold_commits = true;
    host.send(&produce("relaxed", 0, batch(1, &["a"])), 9);
    assert_eq!(host.commits[0].durability, Durability::Relaxed);
    host.store();
    host.send(&produce("strict", 0, batch(1, &["a"])), 9);
    assert_eq!(host.commits[0].durability, Durability::Strict);
    host.store();
    host.responses.clear();
    host.send(&produce("memory", 0, batch(1, &["a"])), 9);
    assert!(host.commits.is_empty(), "a topic in memory is never written");
    assert_eq!(host.responses.len(), 1);
    host.responses.clear();
    assert_eq!(values(&host.read_all("memory", 0, 0)), ["a"]);
    let mut host = host.reopen();
    assert_eq!(host.read_all("memory", 0, 0), []);
    assert_eq!(values(&host.read_all("strict", 0, 0)), ["a"]);
}

#[test]
fn a_topic_in_memory_outlives_a_failed_commit_of_another() {
    let mut host = Host::new();
    host.create("memory", 1, &[("ottla.durability", "memory")]);
    host.create("stored", 1, &[]);
    host.produce("memory", 0, batch(1, &["a"]));
    host.hold_commits = true;
    host.send(&produce("stored", 0, batch(1, &["lost"])), 9);
    host.hold_commits = false;
    host.fail_commit(StorageError::Full("no room".into()));
    host.responses.clear();
    assert_eq!(values(&host.read_all("memory", 0, 0)), ["a"]);
}

#[test]
fn a_topic_in_memory_is_searched_by_time_after_records_were_deleted() {
    let mut host = Host::new();
    host.create("memory", 1, &[("ottla.durability", "memory")]);
    for n in 0..10 {
        host.produce("memory", 0, batch(1_000 + n * 10, &["a", "b"]));
    }
    let delete = m::DeleteRecordsRequest {
        topics: vec![m::DeleteRecordsTopic {
            name: "memory".into(),
            partitions: vec![m::DeleteRecordsPartition { partition_index: 0, offset: 7 }],
        }],
        timeout_ms: 1_000,
    };
    assert_eq!(host.call(&delete, 2).topics[0].partitions[0].low_watermark, 7);
    assert_eq!(host.list_offset("memory", 0, 0), (0, 7, 1_031));
    assert_eq!(host.list_offset("memory", 0, 1_060), (0, 12, 1_060));
    assert_eq!(host.list_offset("memory", 0, -3), (0, 19, 1_091));
    assert_eq!(host.load_count, 1, "the metadata, when it opened");
}

#[test]
fn responses_leave_a_connection_in_request_order() {
    let mut host = Host::new();
    host.create("t", 1, &[]);
    // A long poll first: what comes behind it on the same connection waits, another connection
    // does not.
    host.send(&fetch("t", 0, 0, 1 << 20, 5_000), 12);
    host.send(&m::MetadataRequest::default(), 9);
    assert!(host.responses.is_empty());
    let other = ConnectionId(2);
    host.connect(other);
    host.send_from(other, &produce("t", 0, batch(1, &["a"])), 9);
    let order: Vec<ConnectionId> = host.responses.iter().map(|(to, _)| *to).collect();
    // The records come before the word that they are stored.
    assert_eq!(order, [CLIENT, CLIENT, other]);
}

#[test]
fn records_of_one_commit_reach_a_long_poll_at_once() {
    let mut host = Host::new();
    host.create("t", 2, &[]);
    let other = ConnectionId(2);
    host.connect(other);
    host.hold_commits = true;
    for (partition, value) in [(0, "a"), (0, "b"), (1, "c")] {
        host.send_from(other, &produce("t", partition, batch(1, &[value])), 9);
    }
    host.store();
    host.responses.clear();
    // The commit of b and c is out.
    let mut request = fetch("t", 0, 1, 1 << 20, 5_000);
    request.topics[0].partitions.extend(fetch("t", 1, 0, 1 << 20, 0).topics.remove(0).partitions);
    host.send(&request, 12);
    assert!(host.responses.is_empty());
    host.store();
    assert_eq!(host.responses.len(), 3);
    let (_, response) = host.response::<m::FetchRequest>(12).unwrap();
    let partitions = &response.responses[0].partitions;
    let has_records =
        |it: &m::FetchPartitionData| it.records.as_ref().is_some_and(|r| !r.is_empty());
    assert_eq!(partitions.len(), 2);
    assert!(partitions.iter().all(has_records), "the long poll is answered first, with both");
}

#[test]
fn acks_0_gets_no_response_and_an_error_closes() {
    let mut host = Host::new();
    host.create("t", 1, &[]);
    let mut request = produce("t", 0, batch(1, &["a"]));
    request.acks = 0;
    host.send(&request, 9);
    let mut bad = produce("nowhere", 0, batch(1, &["a"]));
    bad.acks = 0;
    assert!(host.closed.is_empty());
    let other = ConnectionId(7);
    host.connect(other);
    host.send_from(other, &bad, 9);
    assert!(host.responses.is_empty());
    let (closed, reason) = host.closed.pop().unwrap();
    assert_eq!(closed, other);
    assert!(reason.contains("acks=0"), "{reason}");
    assert_eq!(values(&host.read_all("t", 0, 0)), ["a"]);
}

#[test]
fn too_much_that_is_not_stored_is_refused() {
    let mut host = Host::with(&[("ottla.unstored.bytes", "100")]);
    host.create("t", 1, &[]);
    host.hold_commits = true;
    host.send(&produce("t", 0, batch(1, &["a".repeat(100).as_str()])), 9);
    let refused = host.produce_refused();
    assert_eq!(refused.error_code, 56);
    assert!(refused.error_message.unwrap().contains("ottla.unstored.bytes"));
}

impl Host {
    /// A produce that is answered although a commit is out: only a refusal can be, and it leaves
    /// behind the acknowledgement that is waited for.
    fn produce_refused(&mut self) -> m::PartitionProduceResponse {
        let other = ConnectionId(9);
        self.connect(other);
        self.send_from(other, &produce("t", 0, batch(1, &["b"])), 9);
        let (_, mut response) = self.response::<m::ProduceRequest>(9).expect("a refusal");
        response.responses.remove(0).partition_responses.remove(0)
    }
}

/// A batch of an idempotent producer.
fn sequenced(base_sequence: i32, value: &str) -> m::ProduceRequest {
    let options = ottla::record::BatchOptions {
        producer_id: 5,
        producer_epoch: 0,
        base_sequence,
        ..Default::default()
    };
    produce("t", 0, host::batch_with(1, &[value], &options))
}

#[test]
fn a_batch_behind_one_that_could_not_be_stored_does_not_take_its_place() {
    let mut host = Host::new();
    host.create("t", 1, &[]);
    host.hold_commits = true;
    host.send(&sequenced(0, "first"), 9);
    host.hold_commits = false;
    host.fail_commit(StorageError::Failed("no luck".into()));
    // This one was on its way already.
    host.send(&sequenced(1, "second"), 9);
    let code = |host: &mut Host| {
        let (_, response) = host.response::<m::ProduceRequest>(9).unwrap();
        response.responses[0].partition_responses[0].error_code
    };
    assert_eq!((code(&mut host), code(&mut host)), (56, 45), "OUT_OF_ORDER_SEQUENCE_NUMBER");
    host.send(&sequenced(0, "first"), 9);
    host.send(&sequenced(1, "second"), 9);
    assert_eq!((code(&mut host), code(&mut host)), (0, 0));
    assert_eq!(values(&host.read_all("t", 0, 0)), ["first", "second"]);
}

#[test]
fn a_batch_behind_one_that_there_was_no_room_for_does_not_take_its_place() {
    let mut host = Host::with(&[("ottla.unstored.bytes", "50")]);
    host.create("t", 1, &[]);
    host.hold_commits = true;
    host.send(&produce("t", 0, batch(1, &["somebody else's"])), 9);
    host.send(&sequenced(0, "first"), 9);
    host.hold_commits = false;
    host.store();
    host.send(&sequenced(1, "second"), 9);
    host.send(&sequenced(0, "first"), 9);
    host.send(&sequenced(1, "second"), 9);
    let mut codes = Vec::new();
    while let Some((_, response)) = host.response::<m::ProduceRequest>(9) {
        codes.push(response.responses[0].partition_responses[0].error_code);
    }
    assert_eq!(codes, [0, 56, 45, 0, 0], "KAFKA_STORAGE_ERROR, OUT_OF_ORDER_SEQUENCE_NUMBER");
    assert_eq!(values(&host.read_all("t", 0, 0)), ["somebody else's", "first", "second"]);
}

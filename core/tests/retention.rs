//! Retention: what has had its time goes, in whole segments, and nothing else does.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers outside of test functions.

mod host;

use bytes::Bytes;
use host::{Host, batch};
use ottla::Input;
use ottla::protocol::messages as m;
use ottla::record::{BatchBuilder, BatchOptions};
use ottla::storage::{StorageError, Write};

const HOUR_MS: u64 = 3_600_000;
const CHECK_MS: u64 = 300_000;

/// A batch of one record stamped now, of about a kilobyte.
fn now_batch(host: &Host) -> Bytes {
    batch(host.now.wall_ms, &[&"x".repeat(1000)])
}

fn keyed(host: &Host) -> Bytes {
    let mut builder = BatchBuilder::new();
    builder.append(host.now.wall_ms, Some(b"k"), Some(b"v"), &[]);
    builder.finish(&BatchOptions::default()).unwrap()
}

/// Appends `count` batches, one a minute.
fn fill(host: &mut Host, topic: &str, count: i64) {
    for _ in 0..count {
        host.now.wall_ms += 60_000;
        host.now.monotonic_ms += 60_000;
        let batch = now_batch(host);
        assert_eq!(host.produce(topic, 0, batch).error_code, 0);
    }
}

fn start(host: &mut Host, topic: &str) -> i64 {
    let (error, offset, _) = host.list_offset(topic, 0, -2);
    assert_eq!(error, 0);
    offset
}

fn end(host: &mut Host, topic: &str) -> i64 {
    host.list_offset(topic, 0, -1).1
}

fn alter(host: &mut Host, topic: &str, name: &str, value: &str) {
    let config = m::IncrementalAlterableConfig {
        name: name.into(),
        config_operation: 0,
        value: Some(value.into()),
    };
    let resource = m::IncrementalAlterConfigsResource {
        resource_type: 2,
        resource_name: topic.into(),
        configs: vec![config],
    };
    let request =
        m::IncrementalAlterConfigsRequest { resources: vec![resource], validate_only: false };
    assert_eq!(host.call(&request, 1).responses[0].error_code, 0);
}

#[test]
fn segments_go_when_their_youngest_record_is_too_old() {
    for durability in ["relaxed", "memory"] {
        let mut host = Host::new();
        // Ten batches to a segment.
        let configs = [
            ("segment.bytes", "11000"),
            ("retention.ms", "3600000"),
            ("ottla.durability", durability),
        ];
        host.create("t", 1, &configs);
        fill(&mut host, "t", 55);
        host.pass(CHECK_MS);
        assert_eq!(start(&mut host, "t"), 0, "the youngest record of the first segment is young");
        // The first segment's last record is 45 minutes old now, and five more.
        host.pass(10 * 60_000 + CHECK_MS);
        assert_eq!(start(&mut host, "t"), 10);
        assert_eq!(host.fetch("t", 0, 9).error_code, 1, "OFFSET_OUT_OF_RANGE");
        assert_eq!(host.read_all("t", 0, 10).len(), 45);
        host.pass(30 * 60_000);
        assert_eq!(start(&mut host, "t"), 40);
        // The active segment goes too when all of it is too old.
        host.pass(HOUR_MS);
        assert_eq!((start(&mut host, "t"), end(&mut host, "t")), (55, 55));
        assert!(host.storage.segments_mut().is_empty());
        assert_eq!(host.broker.poll_deadline(), None, "nothing is left that could expire");
        if durability == "relaxed" {
            host = host.reopen();
            assert_eq!((start(&mut host, "t"), end(&mut host, "t")), (55, 55));
        }
        let batch = now_batch(&host);
        assert_eq!(host.produce("t", 0, batch).base_offset, 55, "offsets go on");
    }
}

/// On a full storage there is room for small commits alone: the driver for IndexedDB gives its reserve
/// to those that put no more than 32 KiB.
#[test]
fn it_takes_little_room_to_let_all_of_many_partitions_expire() {
    const PARTITIONS: i32 = 1_000;
    let mut host = Host::new();
    host.create("t", PARTITIONS, &[("retention.ms", "3600000")]);
    for partition in 0..PARTITIONS {
        let batch = now_batch(&host);
        assert_eq!(host.produce("t", partition, batch).error_code, 0);
    }
    host.now.wall_ms += 2 * HOUR_MS as i64;
    host.now.monotonic_ms += 2 * HOUR_MS;
    host.hold_commits = true;
    host.input(Input::Tick);
    let mut commits = 0;
    while let Some(commit) = host.commits.front() {
        let put_bytes: usize = commit.writes.iter().map(Write::put_bytes).sum();
        assert!(put_bytes <= 32 * 1024, "{put_bytes} bytes");
        commits += 1;
        host.store();
        host.input(Input::Tick);
    }
    assert!(host.storage.segments_mut().is_empty(), "all has expired, in {commits} commits");
}

#[test]
fn a_log_stays_as_large_as_allowed() {
    let mut host = Host::new();
    let configs =
        [("segment.bytes", "11000"), ("retention.ms", "-1"), ("retention.bytes", "30000")];
    host.create("t", 1, &configs);
    fill(&mut host, "t", 100);
    host.pass(CHECK_MS);
    let stored: usize = host.storage.segments_mut().values().flatten().map(|(_, b)| b.len()).sum();
    assert!((30_000..41_000).contains(&stored), "{stored} bytes are left");
    let first = start(&mut host, "t");
    assert_eq!(host.read_all("t", 0, first).len() as i64, 100 - first);
    assert_eq!(host.broker.poll_deadline(), None, "time alone does nothing");
    fill(&mut host, "t", 20);
    assert!(host.broker.poll_deadline().is_some());
    host.pass(CHECK_MS);
    assert_eq!(start(&mut host, "t"), first + 20);
}

#[test]
fn what_is_without_bounds_stays_and_wakes_nobody() {
    for policy in [&[("retention.ms", "-1")][..], &[("cleanup.policy", "compact")]] {
        let mut host = Host::new();
        host.create("t", 1, policy);
        host.produce("t", 0, batch(5, &["old"]));
        assert_eq!(host.broker.poll_deadline(), None);
        host.pass(1_000 * HOUR_MS);
        assert_eq!(start(&mut host, "t"), 0);
    }
}

#[test]
fn records_are_deleted_by_request_where_the_policy_deletes() {
    for (policy, code) in [("delete", 0), ("compact", 44), ("compact,delete", 0)] {
        let mut host = Host::new();
        host.create("t", 1, &[("cleanup.policy", policy)]);
        for _ in 0..2 {
            let keyed = keyed(&host);
            host.produce("t", 0, keyed);
        }
        let partitions = vec![m::DeleteRecordsPartition { partition_index: 0, offset: 1 }];
        let topics = vec![m::DeleteRecordsTopic { name: "t".into(), partitions }];
        let request = m::DeleteRecordsRequest { topics, timeout_ms: 1_000 };
        let answer = host.call(&request, 2).topics.remove(0).partitions.remove(0);
        assert_eq!(answer.error_code, code, "{policy}");
        let deleted = i64::from(code == 0);
        assert_eq!(start(&mut host, "t"), deleted, "{policy}");
    }
}

#[test]
fn settings_count_at_once_and_at_opening() {
    let mut host = Host::new();
    host.create("t", 1, &[("segment.bytes", "11000"), ("retention.ms", "-1")]);
    fill(&mut host, "t", 55);
    host.pass(48 * HOUR_MS);
    assert_eq!(start(&mut host, "t"), 0);
    alter(&mut host, "t", "retention.ms", "3600000");
    host.pass(CHECK_MS);
    assert_eq!(start(&mut host, "t"), 55);

    host.create("u", 1, &[("segment.bytes", "11000"), ("retention.ms", "86400000")]);
    fill(&mut host, "u", 55);
    host.now.wall_ms += 48 * HOUR_MS as i64;
    let mut host = host.reopen_now();
    host.pass(0);
    assert_eq!(start(&mut host, "u"), 55);
}

#[test]
fn deletion_needs_no_room() {
    let mut host = Host::new();
    host.create("t", 1, &[("segment.bytes", "11000"), ("retention.ms", "3600000")]);
    fill(&mut host, "t", 35);
    // A new opening has a new generation to store, which must not come along.
    let mut host = host.reopen_now();
    host.hold_commits = true;
    host.pass(HOUR_MS - 60_000);
    let commit = host.commits.front().expect("a commit is out").clone();
    let removes =
        |w: &Write| matches!(w, Write::DeleteSegment { .. } | Write::DeleteMetadata { .. });
    assert!(!commit.writes.is_empty() && commit.writes.iter().all(removes), "{commit:?}");
    host.hold_commits = false;
    host.store();
    let first = start(&mut host, "t");
    assert!(first > 0);
    let mut host = host.reopen();
    assert_eq!(start(&mut host, "t"), first, "the log starts where its first segment does");
}

#[test]
fn much_goes_in_several_commits_with_others_between() {
    let mut host = Host::new();
    host.create("t", 1, &[("segment.bytes", "6000000"), ("retention.ms", "3600000")]);
    host.create("u", 1, &[]);
    let large = "x".repeat(1_000_000);
    for _ in 0..40 {
        let batch = batch(host.now.wall_ms, &[&large]);
        assert_eq!(host.produce("t", 0, batch).error_code, 0);
    }
    host.hold_commits = true;
    host.pass(2 * HOUR_MS);
    let mut commits = 0;
    let mut answered = 0;
    while let Some(commit) = host.commits.front().cloned() {
        let removed = |w: &&Write| matches!(w, Write::DeleteSegment { .. });
        assert!(
            commit.writes.iter().filter(removed).count() <= 2,
            "{} writes",
            commit.writes.len()
        );
        if commit.writes.iter().any(|w| removed(&w)) {
            commits += 1;
            // A producer waits for one of them, not for all.
            let batch = now_batch(&host);
            host.send(&host::produce("u", 0, batch), 9);
        }
        host.store();
        answered = host.responses.len();
        host.pass(0);
    }
    assert!(commits >= 4, "{commits} commits");
    assert_eq!(answered, commits, "each record is stored");
    host.hold_commits = false;
    host.responses.clear();
    assert_eq!((start(&mut host, "t"), end(&mut host, "t")), (40, 40));
}

#[test]
fn a_crash_at_any_commit_loses_no_offset() {
    for crash_at in 0..4 {
        let mut host = Host::new();
        host.create("t", 1, &[("segment.bytes", "3000"), ("retention.ms", "3600000")]);
        fill(&mut host, "t", 7);
        // Retention of all; then one more record. The commits after the crash never happen.
        host.hold_commits = true;
        let mut stored = 0;
        host.pass(2 * HOUR_MS);
        let batch = batch(host.now.wall_ms, &["after"]);
        host.send(&host::produce("t", 0, batch), 9);
        while !host.commits.is_empty() && stored < crash_at {
            host.store();
            stored += 1;
        }
        let acknowledged = host.responses.len();
        let mut host = host.reopen_now();
        let (first, last) = (start(&mut host, "t"), end(&mut host, "t"));
        assert!([0, 4, 6, 7].contains(&first), "crash at {crash_at}: starts at {first}");
        assert_eq!(last, 7 + acknowledged as i64, "crash at {crash_at}");
        assert_eq!(host.read_all("t", 0, first).len() as i64, last - first);
    }
}

#[test]
fn records_without_timestamps_go_by_when_they_were_appended() {
    let mut host = Host::new();
    host.create("t", 1, &[("retention.ms", "3600000")]);
    assert_eq!(host.produce("t", 0, batch(-1, &["no time"])).error_code, 0);
    host.pass(HOUR_MS / 2);
    assert_eq!(start(&mut host, "t"), 0);
    let mut host = host.reopen_now();
    host.pass(HOUR_MS / 4);
    assert_eq!(start(&mut host, "t"), 0);
    host.pass(HOUR_MS / 2);
    assert_eq!(start(&mut host, "t"), 1);
}

#[test]
fn epochs_and_producers_outlive_the_records() {
    let sequenced = |host: &Host, base_sequence: i32| {
        let options = ottla::record::BatchOptions {
            producer_id: 5,
            producer_epoch: 0,
            base_sequence,
            ..Default::default()
        };
        host::batch_with(host.now.wall_ms, &["v"], &options)
    };
    let mut host = Host::new();
    host.create("t", 1, &[("retention.ms", "3600000")]);
    for sequence in 0..3 {
        let batch = sequenced(&host, sequence);
        assert_eq!(host.produce("t", 0, batch).error_code, 0);
    }
    let mut host = host.reopen_now();
    host.pass(2 * HOUR_MS);
    assert_eq!((start(&mut host, "t"), end(&mut host, "t")), (3, 3));
    let mut host = host.reopen_now();
    let early = sequenced(&host, 5);
    assert_eq!(host.produce("t", 0, early).error_code, 45, "OUT_OF_ORDER_SEQUENCE_NUMBER");
    let due = sequenced(&host, 3);
    assert_eq!(host.produce("t", 0, due).base_offset, 3);
}

/// Stores or refuses what is out, as a full storage does: what puts nothing has room.
fn store_what_fits(host: &mut Host) {
    for _ in 0..10 {
        let Some(commit) = host.commits.front() else { return };
        let puts =
            |write: &Write| matches!(write, Write::PutMetadata { .. } | Write::Append { .. });
        match commit.writes.iter().any(puts) {
            true => host.fail_commit(StorageError::Full("no room".into())),
            false => host.store(),
        }
    }
}

#[test]
fn retention_makes_room_though_producers_do_not_rest() {
    let mut host = Host::new();
    host.create("t", 1, &[("segment.bytes", "11000"), ("retention.ms", "3600000")]);
    fill(&mut host, "t", 25);
    host.hold_commits = true;
    host.pass(2 * HOUR_MS);
    host.now.wall_ms += 1;
    // The segments are due to go, and each time somebody wants to write with that.
    for _ in 0..6 {
        let batch = now_batch(&host);
        host.send(&host::produce("t", 0, batch), 9);
        store_what_fits(&mut host);
        host.pass(CHECK_MS);
    }
    store_what_fits(&mut host);
    assert!(host.storage.segments_mut().len() < 3, "nothing goes");
}

#[test]
fn records_that_are_not_stored_yet_make_no_others_go() {
    let mut host = Host::new();
    host.create("t", 1, &[("segment.bytes", "3000"), ("retention.bytes", "5000")]);
    fill(&mut host, "t", 6);
    host.pass(CHECK_MS);
    assert_eq!(start(&mut host, "t"), 0);
    host.hold_commits = true;
    for _ in 0..6 {
        let batch = now_batch(&host);
        host.send(&host::produce("t", 0, batch), 9);
    }
    host.pass(CHECK_MS);
    assert!(host.commits.iter().all(|commit| {
        !commit.writes.iter().any(|write| matches!(write, Write::DeleteSegment { .. }))
    }));
    let offset = start_beside(&mut host);
    assert_eq!(offset, 0);
}

/// Where the log starts, while others wait for their answers.
fn start_beside(host: &mut Host) -> i64 {
    let other = ottla::ConnectionId(5);
    host.connect(other);
    host.responses.clear();
    let asked = m::ListOffsetsPartition { timestamp: -2, ..Default::default() };
    let topic = m::ListOffsetsTopic { name: "t".into(), partitions: vec![asked] };
    let request = m::ListOffsetsRequest { topics: vec![topic], ..Default::default() };
    host.send_from(other, &request, 7);
    let (_, mut answer) = host.response::<m::ListOffsetsRequest>(7).unwrap();
    answer.topics.remove(0).partitions.remove(0).offset
}

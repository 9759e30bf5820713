//! Where a segment ends.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers outside of test functions.

mod host;

use host::{Host, batch};

/// Base offsets of the segments that are stored.
fn segments(host: &mut Host) -> Vec<i64> {
    host.storage.segments_mut().keys().map(|(_, segment)| segment.base_offset).collect()
}

/// Appends batches of one record and about 200 bytes, with these timestamps.
fn fill(host: &mut Host, timestamps: impl IntoIterator<Item = i64>) {
    for timestamp in timestamps {
        let batch = batch(timestamp, &[&"x".repeat(120)]);
        assert_eq!(host.produce("t", 0, batch).error_code, 0);
    }
}

const T: i64 = 1_700_000_000_000;

#[test]
fn a_segment_ends_where_a_batch_would_not_fit() {
    let mut host = Host::new();
    let size = batch(T, &[&"x".repeat(120)]).len();
    host.create("t", 1, &[("segment.bytes", &(3 * size).to_string())]);
    fill(&mut host, [T; 8]);
    assert_eq!(segments(&mut host), [0, 3, 6]);
    let large = host.produce("t", 0, batch(T, &[&"x".repeat(4 * size)]));
    assert_eq!(large.error_code, 18, "RECORD_LIST_TOO_LARGE");
}

#[test]
fn a_segment_ends_by_the_records_time() {
    let mut host = Host::new();
    host.create("t", 1, &[("segment.ms", "1000")]);
    fill(&mut host, [T, T + 400, T + 1_000, T + 1_001, T + 900, T + 2_002]);
    assert_eq!(segments(&mut host), [0, 3, 5]);
    // The broker's time does not count, where the records have theirs.
    host.pass(10_000);
    fill(&mut host, [T + 2_003]);
    assert_eq!(segments(&mut host), [0, 3, 5]);
    // A compacted topic must not keep a record from compaction for longer than asked.
    let mut host = Host::new();
    host.create("t", 1, &[("cleanup.policy", "compact"), ("max.compaction.lag.ms", "1000")]);
    fill(&mut host, [T, T + 400, T + 1_000, T + 1_001]);
    assert_eq!(segments(&mut host), [0, 3]);
}

#[test]
fn a_segment_of_records_without_time_ends_by_the_brokers() {
    let mut host = Host::new();
    host.create("t", 1, &[("segment.ms", "1000")]);
    fill(&mut host, [-1, -1]);
    host.pass(1_001);
    fill(&mut host, [-1, -1]);
    assert_eq!(segments(&mut host), [0, 2]);
}

#[test]
fn jitter_spreads_the_ends_and_only_shortens() {
    let ends = |jitter: &str| {
        let mut host = Host::new();
        host.create("t", 20, &[("segment.ms", "1000"), ("segment.jitter.ms", jitter)]);
        let mut ends = Vec::new();
        for partition in 0..20 {
            let mut age = 0;
            let stored = host.storage.segments_mut().len();
            while host.storage.segments_mut().len() < stored + 2 {
                assert_eq!(host.produce("t", partition, batch(T + age, &["v"])).error_code, 0);
                age += 10;
            }
            ends.push(age - 10);
        }
        ends
    };
    assert_eq!(ends("0"), [1_010; 20]);
    let mut spread = ends("600");
    assert!(spread.iter().all(|end| (400..=1_010).contains(end)), "{spread:?}");
    spread.sort_unstable();
    spread.dedup();
    assert!(spread.len() > 10, "{spread:?}");
}

#[test]
fn a_segment_ends_when_its_index_is_full() {
    let mut host = Host::new();
    // Two entries of 20 bytes, one for each 64 KiB.
    host.create("t", 1, &[("segment.index.bytes", "40")]);
    for _ in 0..8 {
        let large = batch(T, &[&"x".repeat(40_000)]);
        assert_eq!(host.produce("t", 0, large).error_code, 0);
    }
    assert_eq!(segments(&mut host), [0, 3, 6]);
}

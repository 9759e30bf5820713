//! Compaction: the last value of each key stays, at its offset, whatever happens meanwhile.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Helpers outside of test functions.

mod host;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use host::Host;
use ottla::protocol::messages as m;
use ottla::record::{BatchBuilder, BatchOptions, Compression, Record, batches};
use ottla::storage::{Load, Loaded, LogId, LogRange, SegmentId, Write};

const DAY_MS: u64 = 86_400_000;
/// Long enough for a round of compaction, and too short for anything to expire.
const ROUND_MS: u64 = 10;

const COMPACT: &[(&str, &str)] = &[
    ("cleanup.policy", "compact"),
    ("segment.bytes", "2000"),
    ("min.cleanable.dirty.ratio", "0.01"),
];

type Pair<'a> = (&'a str, Option<&'a str>);

fn keyed(timestamp: i64, pairs: &[Pair<'_>], options: &BatchOptions) -> Bytes {
    let mut builder = BatchBuilder::new();
    for (key, value) in pairs {
        builder.append(timestamp, Some(key.as_bytes()), value.map(str::as_bytes), &[]);
    }
    builder.finish(options).unwrap()
}

fn send(host: &mut Host, pairs: &[Pair<'_>]) -> i64 {
    let batch = keyed(host.now.wall_ms, pairs, &BatchOptions::default());
    let response = host.produce("t", 0, batch);
    assert_eq!(response.error_code, 0);
    response.base_offset
}

/// Ends the active segment, with a record that is there for nothing else.
fn roll(host: &mut Host) -> i64 {
    let filler = "x".repeat(1_900);
    send(host, &[("filler", Some(&filler))])
}

fn set_policy(host: &mut Host, policy: &str) {
    let resource = m::IncrementalAlterConfigsResource {
        resource_type: 2,
        resource_name: "t".into(),
        configs: vec![m::IncrementalAlterableConfig {
            name: "cleanup.policy".into(),
            config_operation: 0,
            value: Some(policy.into()),
        }],
    };
    let request =
        m::IncrementalAlterConfigsRequest { resources: vec![resource], validate_only: false };
    assert_eq!(host.call(&request, 1).responses[0].error_code, 0);
}

fn text(bytes: Option<&Bytes>) -> Option<String> {
    bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

fn found(records: &[Record]) -> Vec<(i64, String, Option<String>)> {
    let own = records.iter().filter(|record| record.key.as_deref() != Some(b"filler"));
    own.map(|r| (r.offset, text(r.key.as_ref()).unwrap(), text(r.value.as_ref()))).collect()
}

fn all(host: &mut Host) -> Vec<(i64, String, Option<String>)> {
    let records = host.read_all("t", 0, 0);
    found(&records)
}

/// The batches of the first log, as they are stored.
fn stored(host: &mut Host) -> Vec<ottla::record::Batch> {
    let ids: Vec<_> = host.storage.segments_mut().keys().copied().collect();
    let mut found = Vec::new();
    for (log, segment) in ids {
        let range = LogRange { log, segment, start: 0, end: u64::MAX };
        let Loaded::Log(pieces) = host.storage.load(&Load::Log(range)) else { panic!() };
        for (_, bytes) in pieces {
            found.extend(batches(bytes).map(Result::unwrap));
        }
    }
    found
}

#[test]
fn the_last_value_of_each_key_stays_at_its_offset() {
    for durability in ["relaxed", "memory"] {
        for cache in ["0", "16777216"] {
            let mut host = Host::with(&[("ottla.cache.bytes", cache)]);
            let configs = [COMPACT, &[("ottla.durability", durability)]].concat();
            host.create("t", 1, &configs);
            for round in 0..30 {
                let value = format!("{round:0100}");
                send(&mut host, &[("a", Some(&value)), ("b", Some(&value)), ("a", Some("last"))]);
            }
            send(&mut host, &[("c", Some("only"))]);
            let filler = roll(&mut host);
            host.pass(ROUND_MS);
            let last = |offset, key: &str, value: &str| (offset, key.into(), Some(value.into()));
            let wanted = [
                last(88, "b", &format!("{:0100}", 29)),
                last(89, "a", "last"),
                last(90, "c", "only"),
            ];
            assert_eq!(all(&mut host), wanted, "{durability}, cache {cache}");
            assert_eq!(host.list_offset("t", 0, -2).1, 0, "the log starts where it did");
            assert_eq!(host.list_offset("t", 0, -1).1, filler + 1);
            // What is gone is passed over, from wherever it is asked for.
            for offset in [0, 1, 50, 87] {
                let records = host.read_all("t", 0, offset);
                assert_eq!(found(&records), wanted, "from {offset}");
            }
            assert_eq!(host.broker.poll_deadline(), None, "it is over");
            if durability == "relaxed" {
                assert_eq!(host.storage.segments_mut().len(), 2, "one segment, and the active one");
                let mut host = host.reopen_now();
                assert_eq!(all(&mut host), wanted);
                assert_eq!(send(&mut host, &[("d", None)]), filler + 1);
                assert_eq!(host.notices, Vec::<String>::new());
            }
        }
    }
}

#[test]
fn the_active_segment_and_young_records_are_left_alone() {
    let mut host = Host::new();
    let lag = [COMPACT, &[("min.compaction.lag.ms", "60000")]].concat();
    host.create("t", 1, &lag);
    send(&mut host, &[("a", Some("1")), ("a", Some("2"))]);
    host.pass(30_000);
    assert_eq!(all(&mut host).len(), 2, "active");
    roll(&mut host);
    send(&mut host, &[("a", Some("3")), ("a", Some("4"))]);
    roll(&mut host);
    host.pass(29_000);
    assert_eq!(all(&mut host).len(), 4, "too young");
    host.pass(1_000);
    assert_eq!(all(&mut host).len(), 3, "the first segment is old enough, the next one is not");
    host.pass(60_000);
    assert_eq!(all(&mut host).len(), 1);
}

#[test]
fn compaction_waits_until_enough_is_new_or_something_is_overdue() {
    let mut host = Host::new();
    let half = [
        ("cleanup.policy", "compact"),
        ("segment.bytes", "2000"),
        ("max.compaction.lag.ms", "100000"),
    ];
    host.create("t", 1, &half);
    for key in 0..20 {
        send(&mut host, &[(&format!("key {key}"), Some(&"x".repeat(400)))]);
    }
    host.pass(ROUND_MS);
    // All of it is new: compacted, though nothing could go. A quarter more is not enough.
    let before = host.commit_count;
    for key in 0..5 {
        send(&mut host, &[(&format!("key {key}"), Some(&"x".repeat(400)))]);
    }
    host.pass(ROUND_MS);
    assert_eq!(host.commit_count, before + 5);
    host.pass(100_001);
    assert!(host.commit_count > before + 5, "a record has waited for long enough");
    assert!(all(&mut host).len() < 25);
}

#[test]
fn tombstones_stay_for_as_long_as_they_must_and_then_go() {
    for compression in Compression::ALL {
        let mut host = Host::new();
        let configs = [COMPACT, &[("delete.retention.ms", "86400000")]].concat();
        host.create("t", 1, &configs);
        let options = BatchOptions { compression, ..BatchOptions::default() };
        let pairs = [("a", Some("1")), ("b", Some("1")), ("a", None), ("c", Some("1"))];
        let batch = keyed(host.now.wall_ms, &pairs, &options);
        host.produce("t", 0, batch);
        roll(&mut host);
        let cleaned_at = host.now.wall_ms;
        host.pass(ROUND_MS);
        let tombstone = vec![
            (1, "b".to_owned(), Some("1".to_owned())),
            (2, "a".to_owned(), None),
            (3, "c".to_owned(), Some("1".to_owned())),
        ];
        assert_eq!(all(&mut host), tombstone);
        let first = stored(&mut host).remove(0);
        let horizon_ms = first.header.base_timestamp;
        assert!(first.header.has_delete_horizon());
        assert!((cleaned_at..=cleaned_at + 10).contains(&(horizon_ms - DAY_MS as i64)));
        assert_eq!(first.header.compression(), Ok(compression));
        let times: Vec<i64> =
            host.read_all("t", 0, 0).iter().take(3).map(|record| record.timestamp).collect();
        assert_eq!(times, [cleaned_at; 3], "timestamps are as they were");
        assert_eq!(host.list_offset("t", 0, cleaned_at), (0, 1, cleaned_at));
        // Another round before the horizon keeps it, and keeps the horizon.
        roll(&mut host);
        host.pass(DAY_MS - 1_000);
        assert_eq!(all(&mut host), tombstone);
        assert_eq!(stored(&mut host)[0].header.base_timestamp, horizon_ms);
        host.pass(2_000);
        roll(&mut host);
        host.pass(ROUND_MS);
        assert_eq!(all(&mut host), [tombstone[0].clone(), tombstone[2].clone()]);
        let mut host = host.reopen_now();
        assert_eq!(all(&mut host), [tombstone[0].clone(), tombstone[2].clone()]);
    }
}

#[test]
fn producers_are_known_though_their_records_are_gone() {
    let mut host = Host::new();
    host.create("t", 1, COMPACT);
    let sequenced = |host: &Host, producer_id: i64, base_sequence: i32| {
        let options =
            BatchOptions { producer_id, producer_epoch: 0, base_sequence, ..Default::default() };
        keyed(host.now.wall_ms, &[("a", Some("v"))], &options)
    };
    for sequence in 0..3 {
        let batch = sequenced(&host, 5, sequence);
        host.produce("t", 0, batch);
    }
    send(&mut host, &[("a", Some("of another"))]);
    roll(&mut host);
    host.pass(ROUND_MS);
    let wanted = vec![(3, "a".to_owned(), Some("of another".to_owned()))];
    assert_eq!(all(&mut host), wanted);
    // The header of the last batch stays, as in Kafka: it has the sequence number.
    let headers: Vec<_> = stored(&mut host).iter().map(|batch| batch.header).collect();
    assert_eq!((headers[0].base_offset, headers[0].record_count), (2, 0));
    assert_eq!((headers[0].producer_id, headers[0].base_sequence), (5, 2));
    // From what is stored alone, too: as if the snapshots were lost.
    let mut storage = host.storage.clone();
    let keys: Vec<String> = storage.metadata_mut().keys().cloned().collect();
    for key in keys.iter().filter(|key| key.matches('/').count() >= 2) {
        storage.metadata_mut().insert(key.clone(), Bytes::from_static(b"lost"));
    }
    for storage in [host.storage.clone(), storage] {
        let mut host = Host::open_at(host.now, host::config(&[]), storage);
        assert_eq!(all(&mut host), wanted);
        let retried = sequenced(&host, 5, 2);
        assert_eq!(host.produce("t", 0, retried).base_offset, 2, "a duplicate");
        let early = sequenced(&host, 5, 4);
        assert_eq!(host.produce("t", 0, early).error_code, 45);
        let due = sequenced(&host, 5, 3);
        assert_eq!(host.produce("t", 0, due).error_code, 0);
    }
}

#[test]
fn what_is_compacted_and_deleted_is_both() {
    let mut host = Host::new();
    let configs = [
        ("cleanup.policy", "compact,delete"),
        ("segment.bytes", "2000"),
        ("min.cleanable.dirty.ratio", "0.01"),
        ("retention.ms", "3600000"),
    ];
    host.create("t", 1, &configs);
    send(&mut host, &[("a", Some("1")), ("a", Some("2")), ("b", Some("1"))]);
    roll(&mut host);
    host.pass(ROUND_MS);
    assert_eq!(all(&mut host).len(), 2);
    host.pass(3_600_000 + 300_000);
    assert_eq!(host.list_offset("t", 0, -2).1, 4);
    assert_eq!(host.list_offset("t", 0, -1).1, 4);
    let mut host = host.reopen_now();
    assert_eq!(send(&mut host, &[("a", Some("3"))]), 4);
}

#[test]
fn a_fetch_that_waits_for_a_load_meanwhile_gets_what_is_there_now() {
    let mut host = Host::with(&[("ottla.cache.bytes", "0")]);
    host.create("t", 1, COMPACT);
    for _ in 0..20 {
        let value = "v".repeat(100);
        send(&mut host, &[("a", Some(&value)), ("b", Some(&value))]);
    }
    roll(&mut host);
    for until in 0..40 {
        // The fetch's load comes back after so many steps of the compaction.
        let mut host = Host::open_at(host.now, host::config(&[]), host.storage.clone());
        host.hold_loads = true;
        host.send(&host::fetch("t", 0, 3, 1 << 20, 0), 12);
        let asked = host.loads.pop_back().unwrap();
        host.hold_loads = false;
        for _ in 0..until {
            host.input(ottla::Input::Tick);
        }
        host.loads.push_front(asked);
        host.load();
        let (_, response) = host.response::<m::FetchRequest>(12).expect("an answer");
        let data = &response.responses[0].partitions[0];
        assert_eq!(data.error_code, 0, "after {until} steps");
        let bytes = data.records.clone().unwrap();
        assert!(!bytes.is_empty());
        // Or there is more behind it.
        let records = host.read_all("t", 0, 3);
        assert!(found(&records).ends_with(&[
            (38, "a".into(), Some("v".repeat(100))),
            (39, "b".into(), Some("v".repeat(100)))
        ]));
        assert_eq!(host.notices, Vec::<String>::new(), "after {until} steps");
    }
}

#[test]
fn damage_ends_the_round_and_is_told_once() {
    let mut host = Host::with(&[("ottla.cache.bytes", "0")]);
    host.create("t", 1, COMPACT);
    for _ in 0..40 {
        send(&mut host, &[("a", Some(&"v".repeat(100)))]);
    }
    let (_, pieces) = host.storage.segments_mut().iter_mut().next().unwrap();
    let mut bytes = pieces[3].1.to_vec();
    bytes[70] ^= 1;
    pieces[3].1 = bytes.into();
    roll(&mut host);
    host.pass(ROUND_MS);
    let told = host.notices.iter().filter(|notice| notice.contains("is not compacted")).count();
    assert_eq!(told, 1, "{:?}", host.notices);
    assert_eq!(host.read_all("t", 0, 4).len(), 37);
    assert_eq!(host.broker.poll_deadline(), None);
}

#[test]
fn memory_and_slices_are_bounded() {
    let mut host = Host::with(&[
        ("ottla.cache.bytes", "0"),
        ("log.cleaner.dedupe.buffer.size", "1048576"),
        ("log.cleaner.io.buffer.size", "131072"),
    ]);
    let configs = [
        ("cleanup.policy", "compact"),
        ("segment.bytes", "1000000"),
        ("min.cleanable.dirty.ratio", "0.01"),
    ];
    host.create("t", 1, &configs);
    // More keys than the map has room for: several rounds.
    let count = 70_000;
    for from in (0..count).step_by(1_000) {
        let keys: Vec<String> =
            (from..from + 1_000).map(|n| format!("key {}", n % 50_000)).collect();
        let pairs: Vec<Pair<'_>> = keys.iter().map(|key| (key.as_str(), Some("value"))).collect();
        send(&mut host, &pairs);
    }
    for _ in 0..34 {
        send(&mut host, &[("z", Some(&"x".repeat(30_000)))]);
    }
    let mut largest = 0;
    let mut steps = 0;
    while host.broker.poll_deadline().is_some_and(|due| due <= host.now.monotonic_ms) {
        let (loads, bytes) = (host.load_count, host.loaded_bytes);
        let commits = host.commit_count;
        host.input(ottla::Input::Tick);
        assert!(host.load_count - loads <= 1 && host.commit_count - commits <= 1);
        largest = largest.max(host.loaded_bytes - bytes);
        steps += 1;
    }
    assert!(largest <= 65_536 * 2 + 30_000, "{largest} bytes in one slice");
    assert!(steps > 50, "{steps} slices");
    let mut last = BTreeMap::new();
    for record in host.read_all("t", 0, 0) {
        let (offset, key) = (record.offset, text(record.key.as_ref()).unwrap());
        if key == "z" {
            continue;
        }
        assert_eq!(last.insert(key, offset), None, "a key is there once");
    }
    assert_eq!(last.len(), 50_000);
    assert!((0..20_000).all(|n| last[&format!("key {n}")] == 50_000 + n));
}

#[test]
fn records_deleted_meanwhile_end_the_round() {
    for until in 1..12 {
        let mut host = Host::with(&[("ottla.cache.bytes", "0")]);
        host.create("t", 1, &[&[("cleanup.policy", "compact,delete")], &COMPACT[1..]].concat());
        for _ in 0..40 {
            send(&mut host, &[("a", Some(&"v".repeat(100))), ("b", Some("1"))]);
        }
        roll(&mut host);
        for _ in 0..until {
            host.input(ottla::Input::Tick);
        }
        let request = m::DeleteRecordsRequest {
            topics: vec![m::DeleteRecordsTopic {
                name: "t".into(),
                partitions: vec![m::DeleteRecordsPartition { partition_index: 0, offset: 70 }],
            }],
            timeout_ms: 1000,
        };
        assert_eq!(host.call(&request, 2).topics[0].partitions[0].error_code, 0);
        host.pass(ROUND_MS);
        for _ in 0..2 {
            let records = host.read_all("t", 0, 70);
            let records = found(&records);
            assert_eq!(records.iter().map(|r| r.0).collect::<Vec<_>>(), [78, 79], "{until}");
            host = host.reopen_now();
        }
        // Nothing is left of what was being written.
        let bytes: usize =
            host.storage.segments_mut().values().flatten().map(|(_, bytes)| bytes.len()).sum();
        assert!(bytes < 5_000, "{bytes} bytes are stored");
    }
}

#[test]
fn a_crash_at_any_effect_loses_nothing() {
    let mut host =
        Host::with(&[("ottla.cache.bytes", "0"), ("log.cleaner.io.buffer.size", "65536")]);
    let configs = [COMPACT, &[("segment.bytes", "100000")]].concat();
    host.create("t", 1, &configs);
    let mut last = BTreeMap::new();
    for round in 0..40 {
        let pairs: Vec<(String, String)> = (0..40)
            .map(|n| (format!("key {}", (n * 7 + round * 3) % 300), "v".repeat(200)))
            .collect();
        let pairs: Vec<Pair<'_>> =
            pairs.iter().map(|(k, v)| (k.as_str(), Some(v.as_str()))).collect();
        let base = send(&mut host, &pairs);
        for (at, (key, _)) in (base..).zip(&pairs) {
            last.insert((*key).to_owned(), at);
        }
    }
    let end = host.list_offset("t", 0, -1).1;
    let start = host.storage.clone();
    let now = host.now;
    let mut finished = false;
    for crash_at in 0.. {
        for confirmed in [false, true] {
            // The effect is carried out; whether the broker hears of it makes no difference.
            let settings = [("ottla.cache.bytes", "0"), ("log.cleaner.io.buffer.size", "65536")];
            let mut host = Host::open_at(now, host::config(&settings), start.clone());
            let before = host.commit_count;
            while host.commit_count < before + crash_at {
                if host.broker.poll_deadline().is_none() {
                    finished = true;
                    break;
                }
                host.hold_commits = true;
                host.input(ottla::Input::Tick);
                if let Some(commit) = host.commits.front().cloned() {
                    if host.commit_count == before + crash_at && !confirmed {
                        host.storage.commit(&commit);
                        break;
                    }
                    host.store();
                }
            }
            let mut host = host.reopen_now();
            for _ in 0..2 {
                let mut seen = BTreeMap::new();
                for record in host.read_all("t", 0, 0) {
                    seen.insert(text(record.key.as_ref()).unwrap(), record.offset);
                }
                assert_eq!(seen, last, "crash at {crash_at}, confirmed: {confirmed}");
                assert_eq!(host.list_offset("t", 0, -1).1, end);
                // The round is taken up again, and comes to its end.
                host.pass(ROUND_MS);
                assert_eq!(host.broker.poll_deadline(), None);
            }
            assert!(host.read_all("t", 0, 0).len() < 700, "most of what was replaced is gone");
            let stored: usize =
                host.storage.segments_mut().values().flatten().map(|(_, b)| b.len()).sum();
            assert!(stored < 250_000, "{stored} bytes: something was left over");
        }
        if finished {
            assert!(crash_at > 4, "{crash_at} commits");
            return;
        }
    }
}

#[test]
fn a_name_is_used_once_however_rounds_end() {
    // A driver may remove what is deleted in its own time, and must not find something else there.
    let settings = &[("ottla.cache.bytes", "0"), ("log.cleaner.io.buffer.size", "65536")];
    let mut host = Host::with(settings);
    let large = ("segment.bytes", "100000");
    host.create("t", 1, &[COMPACT[0], large, COMPACT[2]]);
    let value = "v".repeat(1_500);
    for round in 0..150 {
        send(&mut host, &[(&format!("key {round}"), Some(&value)), ("a", Some("1"))]);
    }
    let mut used: Vec<(LogId, SegmentId)> = Vec::new();
    for crashes in [false, true, false, true] {
        // Until something is stored of a round that then ends, as what it compacts is not to be.
        host.hold_commits = true;
        let written = loop {
            host.input(ottla::Input::Tick);
            let Some(commit) = host.commits.front() else { continue };
            let appended = commit.writes.iter().find_map(|write| match write {
                Write::Append { log, segment, .. } if segment.generation > 0 => {
                    Some((*log, *segment))
                }
                _ => None,
            });
            host.store();
            if let Some(name) = appended {
                break name;
            }
        };
        host.hold_commits = false;
        assert!(!used.contains(&written), "{written:?} among {used:?}");
        used.push(written);
        if crashes {
            host = Host::open_at(host.now, host::config(settings), host.storage);
        } else {
            set_policy(&mut host, "delete");
            host.pass(ROUND_MS);
            set_policy(&mut host, "compact");
        }
        assert!(host.storage.segments_mut().keys().all(|name| *name != written), "removed");
    }
    host.pass(ROUND_MS);
    let mut left = host.storage.segments_mut().keys().copied();
    assert!(left.any(|(_, segment)| segment.generation > 0));
    assert!(!host.storage.segments_mut().keys().any(|name| used.contains(name)));
    let keys: BTreeSet<String> = all(&mut host).into_iter().map(|(_, key, _)| key).collect();
    assert_eq!(keys.len(), 151);
}

#[test]
fn a_commit_that_fails_ends_the_round_and_is_not_tried_at_once() {
    let mut host = Host::with(&[("ottla.cache.bytes", "0")]);
    host.create("t", 1, COMPACT);
    for _ in 0..40 {
        send(&mut host, &[("a", Some(&"v".repeat(100)))]);
    }
    roll(&mut host);
    host.hold_commits = true;
    while host.commits.is_empty() {
        host.input(ottla::Input::Tick);
    }
    host.fail_commit(ottla::storage::StorageError::Full("no room".into()));
    host.hold_commits = false;
    let commits = host.commit_count;
    host.pass(ROUND_MS);
    assert_eq!(host.commit_count, commits);
    assert_eq!(all(&mut host).len(), 40);
    host.pass(300_000);
    assert_eq!(all(&mut host).len(), 1);
}

#[test]
fn records_without_keys_from_before_go_and_lookups_stay_right() {
    let mut host = Host::new();
    host.create("t", 1, &[("segment.bytes", "2000")]);
    let unkeyed = {
        let mut builder = BatchBuilder::new();
        builder.append(host.now.wall_ms, None, Some(b"no key"), &[]);
        builder.finish(&BatchOptions::default()).unwrap()
    };
    host.produce("t", 0, unkeyed);
    host.now.wall_ms += 1_000;
    send(&mut host, &[("a", Some("1"))]);
    set_policy(&mut host, "compact");
    roll(&mut host);
    host.pass(ROUND_MS);
    assert_eq!(all(&mut host), [(1, "a".to_owned(), Some("1".to_owned()))]);
    let first = host.now.wall_ms - 1_000 - ROUND_MS as i64;
    assert_eq!(host.list_offset("t", 0, first).1, 1);
    let refused = host.produce("t", 0, {
        let mut builder = BatchBuilder::new();
        builder.append(0, None, Some(b"no key"), &[]);
        builder.finish(&BatchOptions::default()).unwrap()
    });
    assert_eq!(refused.error_code, 87, "INVALID_RECORD");
}

#[test]
fn what_compaction_has_written_is_not_read_before_it_is_stored() {
    let mut host = Host::with(&[("ottla.cache.bytes", "0")]);
    host.create("t", 1, COMPACT);
    send(&mut host, &[("first", Some("stays"))]);
    (0..30).for_each(|_| _ = send(&mut host, &[("a", Some("some value of it")), ("b", None)]));
    roll(&mut host);
    host.hold_commits = true;
    host.pass(ROUND_MS);
    assert_eq!(host.commits.len(), 1, "the compacted segment");
    let before = host.load_count;
    host.send(&host::fetch("t", 0, 0, 1 << 20, 0), 12);
    assert_eq!(host.load_count, before, "loads may be faster than the commit that is out");
    host.store();
    assert!(host.load_count > before);
    let (_, answer) = host.response::<m::FetchRequest>(12).unwrap();
    let data = &answer.responses[0].partitions[0];
    assert_eq!(data.error_code, 0);
    let first = batches(data.records.clone().unwrap()).next().unwrap().unwrap();
    assert_eq!(first.records(1 << 20).unwrap()[0].key.as_deref(), Some(&b"first"[..]));
    assert_eq!(host.notices, Vec::<String>::new());
}

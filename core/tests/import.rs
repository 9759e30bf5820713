//! Topics with ottla.import=true: what is produced to them keeps its offsets, and half of an import
//! does not outlive the broker.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers outside of test functions.

mod host;

use bytes::{Bytes, BytesMut};
use host::{Host, batch, batch_with, values};
use ottla::Input;
use ottla::protocol::messages as m;
use ottla::record::{BatchBuilder, BatchHeader, BatchOptions, set_base_offset};
use ottla::storage::StorageError;

const CORRUPT_MESSAGE: i16 = 2;
const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;
const INVALID_RECORD: i16 = 87;

fn at(base_offset: i64, batch: &Bytes) -> Bytes {
    let mut bytes = BytesMut::from(&batch[..]);
    set_base_offset(&mut bytes, base_offset);
    bytes.freeze()
}

fn importing() -> Host {
    let mut host = Host::new();
    assert_eq!(host.create("t", 1, &[("ottla.import", "true"), ("segment.bytes", "200")]), 0);
    host
}

fn finish(host: &mut Host) {
    let resource =
        m::AlterConfigsResource { resource_type: 2, resource_name: "t".into(), configs: vec![] };
    let request = m::AlterConfigsRequest { resources: vec![resource], validate_only: false };
    assert_eq!(host.call(&request, 2).responses[0].error_code, 0);
}

fn ends(host: &mut Host) -> (i64, i64) {
    (host.list_offset("t", 0, -2).1, host.list_offset("t", 0, -1).1)
}

#[test]
fn batches_keep_their_offsets_and_the_log_starts_at_the_first() {
    let mut host = importing();
    let (one, two) = (batch(1, &["a", "b"]), batch(5, &["c"]));
    let both = [at(100, &one), at(107, &two)].concat();
    let response = host.produce("t", 0, both.into());
    assert_eq!((response.error_code, response.base_offset), (0, 100));
    // As compaction leaves them: offsets that were, in a batch with fewer records.
    let later = at(1_000, &batch(9, &["d", "e", "f"]));
    assert_eq!(host.produce("t", 0, later).error_code, 0);
    assert_eq!(ends(&mut host), (100, 1_003));
    finish(&mut host);

    for opened in [false, true] {
        if opened {
            host = host.reopen();
        }
        assert_eq!(ends(&mut host), (100, 1_003));
        let records = host.read_all("t", 0, 100);
        let offsets: Vec<i64> = records.iter().map(|record| record.offset).collect();
        assert_eq!(offsets, [100, 101, 107, 1_000, 1_001, 1_002]);
        assert_eq!(values(&records).concat(), "abcdef");
    }
    // From now on offsets are the broker's.
    assert_eq!(host.produce("t", 0, at(5, &one)).base_offset, 1_003);
}

#[test]
fn what_cannot_follow_is_refused() {
    let mut host = importing();
    let one = batch(1, &["a", "b"]);
    assert_eq!(host.produce("t", 0, at(10, &one)).error_code, 0);
    for back in [0, 10, 11] {
        assert_eq!(host.produce("t", 0, at(back, &one)).error_code, INVALID_RECORD, "{back}");
    }
    let far = host.produce("t", 0, at(i64::MAX - 1, &one));
    assert_eq!(far.error_code, INVALID_RECORD);
    let options =
        BatchOptions { producer_id: 7, producer_epoch: 0, base_sequence: 0, ..Default::default() };
    let of_a_producer = at(20, &batch_with(1, &["x"], &options));
    assert_eq!(host.produce("t", 0, of_a_producer).error_code, INVALID_RECORD);
    let mut damaged = at(20, &one).to_vec();
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    assert_eq!(host.produce("t", 0, damaged.into()).error_code, CORRUPT_MESSAGE);
    assert_eq!(ends(&mut host), (10, 12));
}

#[test]
fn an_empty_batch_moves_the_end() {
    let mut host = importing();
    // A header alone, as compaction leaves it: offset 41, no records.
    let mut empty = batch(1, &["x"])[..61].to_vec();
    empty[..8].copy_from_slice(&41_i64.to_be_bytes());
    empty[8..12].copy_from_slice(&49_i32.to_be_bytes());
    empty[57..61].copy_from_slice(&0_i32.to_be_bytes());
    let crc = crc32c::crc32c(&empty[21..]);
    empty[17..21].copy_from_slice(&crc.to_be_bytes());
    assert_eq!(BatchHeader::parse(&empty).unwrap().next_offset(), 42);
    assert_eq!(host.produce("t", 0, empty.into()).error_code, 0);
    finish(&mut host);
    let mut host = host.reopen();
    assert_eq!(ends(&mut host), (41, 42));
    assert_eq!(host.produce("t", 0, batch(1, &["next"])).base_offset, 42);
}

#[test]
fn a_compacted_topic_begins_where_it_did() {
    let mut host = Host::new();
    // Of which records cannot be deleted by request, once it is there.
    host.create("t", 1, &[("ottla.import", "true"), ("cleanup.policy", "compact")]);
    let mut builder = BatchBuilder::new();
    for value in ["deleted", "kept"] {
        builder.append(1, Some(value.as_bytes()), Some(value.as_bytes()), &[]);
    }
    let both = builder.finish(&BatchOptions::default()).unwrap();
    assert_eq!(host.produce("t", 0, at(10, &both)).error_code, 0);
    let partitions = vec![m::DeleteRecordsPartition { partition_index: 0, offset: 11 }];
    let topics = vec![m::DeleteRecordsTopic { name: "t".into(), partitions }];
    let request = m::DeleteRecordsRequest { topics, timeout_ms: 1_000 };
    assert_eq!(host.call(&request, 2).topics[0].partitions[0].error_code, 0);
    finish(&mut host);
    assert_eq!(ends(&mut host), (11, 12));
}

#[test]
fn a_gap_between_what_is_in_storage_and_what_is_in_memory_ends_with_the_latter() {
    let (one, two, three) = (batch(1, &["a"]), batch(2, &["b"]), batch(3, &["c"]));
    // Memory has room for one batch and not for two; a segment for two and not for three.
    let mut host = Host::with(&[("ottla.cache.bytes", &(two.len() + three.len()).to_string())]);
    let segment_bytes = (one.len() + two.len()).to_string();
    host.create("t", 1, &[("ottla.import", "true"), ("segment.bytes", &segment_bytes)]);
    for (offset, batch) in [(0, &one), (5, &two), (9, &three)] {
        assert_eq!(host.produce("t", 0, at(offset, batch)).error_code, 0);
    }
    let records = host.read_all("t", 0, 1);
    assert_eq!(values(&records).concat(), "bc", "offsets 1 to 4 are nobody's");
}

#[test]
fn half_an_import_is_deleted_when_the_broker_opens() {
    let mut host = importing();
    for n in 0..5 {
        let filling = at(10 * n, &batch(1, &["some of it", "and more"]));
        assert_eq!(host.produce("t", 0, filling).error_code, 0);
    }
    host.create("other", 1, &[]);
    let mut host = host.reopen();
    assert!(host.notices.iter().any(|notice| notice.contains("import of topic t")), "it says so");
    assert_eq!(host.list_offset("t", 0, -1).0, UNKNOWN_TOPIC_OR_PARTITION);
    assert!(host.storage.segments_mut().is_empty(), "nothing is left of it");
    let left: Vec<String> = host.storage.metadata_mut().keys().cloned().collect();
    assert_eq!(left, ["cluster", "topic/other"]);
    let host = host.reopen();
    assert!(host.notices.is_empty(), "{:?}", host.notices);
}

#[test]
fn a_storage_that_was_taken_away_refuses_what_waits_and_is_read_anew() {
    let mut host = Host::new();
    host.create("t", 1, &[]);
    host.produce("t", 0, batch(1, &["stored"]));
    let before = host.broker.cluster_id().unwrap();
    host.hold_commits = true;
    host.send(&host::produce("t", 0, batch(1, &["out"])), 9);
    host.send(&host::produce("t", 0, batch(1, &["behind it"])), 9);
    host.hold_commits = false;
    // Somebody has emptied it.
    host.storage.metadata_mut().retain(|_, _| false);
    host.storage.segments_mut().retain(|_, _| false);
    let out = host.commits.pop_front().unwrap();
    host.input(Input::StorageLost { error: StorageError::Failed("deleted".into()) });
    for _ in 0..2 {
        let (_, response) = host.response::<m::ProduceRequest>(9).unwrap();
        assert_ne!(response.responses[0].partition_responses[0].error_code, 0);
    }
    while !host.loads.is_empty() {
        host.load();
    }
    // An answer that comes late is nobody's.
    host.input(Input::Committed { commit: out.id });
    assert_ne!(host.broker.cluster_id().unwrap(), before);
    assert_eq!(host.list_offset("t", 0, -1).0, UNKNOWN_TOPIC_OR_PARTITION);
    assert_eq!(host.create("t", 1, &[]), 0);
    assert_eq!(host.produce("t", 0, batch(1, &["anew"])).base_offset, 0);
}

//! Produce: what is taken, and with which error the rest is refused.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers outside of test functions.

mod host;

use bytes::Bytes;
use host::{Host, batch, batch_with, produce, values};
use ottla::protocol::messages as m;
use ottla::record::{self, BatchBuilder, BatchHeader, BatchOptions, Compression};

const CORRUPT_MESSAGE: i16 = 2;
const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;
const MESSAGE_TOO_LARGE: i16 = 10;
const INVALID_REQUIRED_ACKS: i16 = 21;
const INVALID_TIMESTAMP: i16 = 32;
const OUT_OF_ORDER_SEQUENCE_NUMBER: i16 = 45;
const INVALID_PRODUCER_EPOCH: i16 = 47;
const UNSUPPORTED_COMPRESSION_TYPE: i16 = 76;
const INVALID_RECORD: i16 = 87;
const UNKNOWN_TOPIC_ID: i16 = 100;

/// Produces what must be refused, and looks that nothing else is disturbed.
fn refused(host: &mut Host, batch: Bytes) -> (i16, String) {
    let end = host.list_offset("t", 0, -1).1;
    let response = host.produce("t", 0, batch);
    assert_eq!(response.base_offset, -1);
    assert_eq!(host.list_offset("t", 0, -1).1, end, "nothing of it was appended");
    (response.error_code, response.error_message.unwrap_or_default())
}

fn host() -> Host {
    let mut host = Host::new();
    assert_eq!(host.create("t", 1, &[]), 0);
    host.produce("t", 0, batch(1, &["first"]));
    host
}

#[test]
fn every_compression_is_stored_as_it_arrives() {
    let mut host = host();
    for (n, compression) in (1..).zip(Compression::ALL) {
        let options = BatchOptions { compression, ..Default::default() };
        let sent = batch_with(1, &["same", "same", "same"], &options);
        let response = host.produce("t", 0, sent.clone());
        assert_eq!(response.error_code, 0, "{compression:?}");
        let stored = host.fetch("t", 0, response.base_offset).records.unwrap();
        assert_eq!(BatchHeader::parse(&stored).unwrap().base_offset, response.base_offset);
        // Base offset and leader epoch are the broker's; everything behind them is the producer's.
        assert_eq!(stored[16..], sent[16..], "{compression:?}");
        assert_eq!(values(&host.read_all("t", 0, 0)).len(), 1 + 3 * n);
    }
}

#[test]
fn a_bad_checksum_is_corrupt() {
    let mut host = host();
    let mut bad = batch(1, &["value"]).to_vec();
    let last = bad.len() - 2;
    bad[last] ^= 1;
    assert_eq!(refused(&mut host, bad.into()).0, CORRUPT_MESSAGE);
}

#[test]
fn a_cut_batch_is_corrupt_and_no_batch_is_invalid() {
    let mut host = host();
    let whole = batch(1, &["value"]);
    assert_eq!(refused(&mut host, whole.slice(..whole.len() - 1)).0, CORRUPT_MESSAGE);
    assert_eq!(refused(&mut host, whole.slice(..30)).0, CORRUPT_MESSAGE);
    assert_eq!(refused(&mut host, Bytes::new()).0, INVALID_RECORD);
}

#[test]
fn two_batches_in_one_request_are_invalid() {
    let mut host = host();
    let two = [batch(1, &["a"]), batch(1, &["b"])].concat();
    assert_eq!(refused(&mut host, two.into()).0, INVALID_RECORD);
}

#[test]
fn old_message_formats_are_invalid() {
    let mut host = host();
    for magic in [0, 1, 3] {
        let mut old = batch(1, &["value"]).to_vec();
        old[16] = magic;
        let (code, message) = refused(&mut host, old.into());
        assert_eq!(code, INVALID_RECORD);
        assert!(message.contains(&magic.to_string()), "{message}");
    }
}

#[test]
fn contradictions_within_a_batch_are_invalid() {
    let mut host = host();
    let with_crc = |mut bytes: Vec<u8>| {
        let crc = crc32c::crc32c(&bytes[21..]);
        bytes[17..21].copy_from_slice(&crc.to_be_bytes());
        Bytes::from(bytes)
    };
    // record_count and last_offset_delta that claim a million records.
    let mut lying = batch(1, &["value"]).to_vec();
    lying[57..61].copy_from_slice(&1_000_000i32.to_be_bytes());
    assert_eq!(refused(&mut host, with_crc(lying.clone())).0, INVALID_RECORD);
    lying[23..27].copy_from_slice(&999_999i32.to_be_bytes());
    assert_eq!(refused(&mut host, with_crc(lying)).0, INVALID_RECORD);
    let control = BatchOptions { is_control: true, ..Default::default() };
    assert_eq!(refused(&mut host, batch_with(1, &["x"], &control)).0, INVALID_RECORD);
}

#[test]
fn the_size_counts_as_it_arrives() {
    let mut host = Host::new();
    host.create("t", 1, &[("max.message.bytes", "500")]);
    let zeros = "0".repeat(2_000);
    let (code, message) = refused(&mut host, batch(1, &[&zeros]));
    assert_eq!(code, MESSAGE_TOO_LARGE);
    assert!(message.contains("max.message.bytes") && message.contains("500"), "{message}");
    let gzip = BatchOptions { compression: Compression::Gzip, ..Default::default() };
    assert_eq!(host.produce("t", 0, batch_with(1, &[&zeros], &gzip)).error_code, 0);
}

#[test]
fn unknown_places_are_said_to_be_unknown() {
    let mut host = host();
    let mut code =
        |topic: &str, partition: i32| host.produce(topic, partition, batch(1, &["x"])).error_code;
    assert_eq!(code("nowhere", 0), UNKNOWN_TOPIC_OR_PARTITION);
    assert_eq!(code("t", 1), UNKNOWN_TOPIC_OR_PARTITION);
    assert_eq!(code("t", -1), UNKNOWN_TOPIC_OR_PARTITION);
    let mut by_id = produce("", 0, batch(1, &["x"]));
    by_id.topic_data[0].topic_id = ottla::Uuid([7; 16]);
    let response = host.call(&by_id, 13);
    assert_eq!(response.responses[0].topic_id, ottla::Uuid([7; 16]), "the id is echoed");
    assert_eq!(response.responses[0].partition_responses[0].error_code, UNKNOWN_TOPIC_ID);
}

#[test]
fn acks_are_0_1_or_all() {
    let mut host = host();
    let mut request = produce("t", 0, batch(1, &["x"]));
    request.acks = 2;
    let response = host.call(&request, 9);
    assert_eq!(response.responses[0].partition_responses[0].error_code, INVALID_REQUIRED_ACKS);
    request.acks = 1;
    assert_eq!(host.call(&request, 9).responses[0].partition_responses[0].error_code, 0);
}

#[test]
fn zstd_came_with_version_7() {
    let mut host = host();
    let zstd = BatchOptions { compression: Compression::Zstd, ..Default::default() };
    let request = produce("t", 0, batch_with(1, &["x"], &zstd));
    let code =
        |response: m::ProduceResponse| response.responses[0].partition_responses[0].error_code;
    assert_eq!(code(host.call(&request, 6)), UNSUPPORTED_COMPRESSION_TYPE);
    assert_eq!(code(host.call(&request, 7)), 0);
}

#[test]
fn a_compacted_topic_wants_keys() {
    let mut host = Host::new();
    host.create("t", 1, &[("cleanup.policy", "compact")]);
    let mut builder = BatchBuilder::new();
    builder.append(1, Some(b"k"), Some(b"v"), &[]);
    builder.append(1, None, Some(b"v"), &[]);
    let keyless = builder.finish(&BatchOptions::default()).unwrap();
    let response = host.produce("t", 0, keyless);
    assert_eq!(response.error_code, INVALID_RECORD);
    assert_eq!(response.record_errors[0].batch_index, 1);
    let mut builder = BatchBuilder::new();
    builder.append(1, Some(b"k"), None, &[]);
    let tombstone = builder.finish(&BatchOptions::default()).unwrap();
    assert_eq!(host.produce("t", 0, tombstone).error_code, 0);
}

#[test]
fn timestamps_are_bounded_or_the_brokers() {
    let mut host = Host::new();
    host.create("t", 1, &[("message.timestamp.before.max.ms", "1000")]);
    let now = host.now.wall_ms;
    assert_eq!(refused(&mut host, batch(now + 3_600_001, &["x"])).0, INVALID_TIMESTAMP);
    assert_eq!(refused(&mut host, batch(now - 1_001, &["x"])).0, INVALID_TIMESTAMP);
    assert_eq!(host.produce("t", 0, batch(now - 1_000, &["x"])).error_code, 0);
    host.create("stamped", 1, &[("message.timestamp.type", "LogAppendTime")]);
    let response = host.produce("stamped", 0, batch(5, &["a", "b"]));
    assert_eq!(response.log_append_time_ms, now);
    for record in host.read_all("stamped", 0, 0) {
        assert_eq!(record.timestamp, now);
    }
    let plain = host.produce("t", 0, batch(now, &["x"]));
    assert_eq!(plain.log_append_time_ms, -1);
}

#[test]
fn idempotent_producers_are_kept_in_order() {
    let mut host = host();
    let sequenced = |epoch: i16, base_sequence: i32, values: &[&str]| {
        let options = BatchOptions {
            producer_id: 9,
            producer_epoch: epoch,
            base_sequence,
            ..Default::default()
        };
        batch_with(1, values, &options)
    };
    assert_eq!(host.produce("t", 0, sequenced(0, 0, &["a", "b"])).base_offset, 1);
    assert_eq!(host.produce("t", 0, sequenced(0, 2, &["c"])).base_offset, 3);
    let duplicate = host.produce("t", 0, sequenced(0, 0, &["a", "b"]));
    assert_eq!((duplicate.error_code, duplicate.base_offset), (0, 1));
    assert_eq!(refused(&mut host, sequenced(0, 4, &["e"])).0, OUT_OF_ORDER_SEQUENCE_NUMBER);
    assert_eq!(host.produce("t", 0, sequenced(1, 0, &["new epoch"])).base_offset, 4);
    assert_eq!(refused(&mut host, sequenced(0, 3, &["old epoch"])).0, INVALID_PRODUCER_EPOCH);
    assert_eq!(values(&host.read_all("t", 0, 0)), ["first", "a", "b", "c", "new epoch"]);
}

#[test]
fn a_duplicate_is_acknowledged_only_when_the_original_is_stored() {
    let mut host = host();
    let options =
        BatchOptions { producer_id: 9, producer_epoch: 0, base_sequence: 0, ..Default::default() };
    let sent = batch_with(1, &["once"], &options);
    host.hold_commits = true;
    host.send(&produce("t", 0, sent.clone()), 9);
    host.send(&produce("t", 0, sent), 9);
    assert!(host.responses.is_empty());
    host.store();
    assert_eq!(host.responses.len(), 2);
    assert!(host.commits.is_empty(), "the duplicate is not stored again");
}

#[test]
fn lookups_by_time_survive_a_producer_that_lies_about_its_largest_timestamp() {
    let mut host = host();
    let mut lying = batch(1_000, &["a", "b"]).to_vec();
    lying[35..43].copy_from_slice(&77i64.to_be_bytes());
    let crc = crc32c::crc32c(&lying[21..]);
    lying[17..21].copy_from_slice(&crc.to_be_bytes());
    assert_eq!(host.produce("t", 0, lying.into()).error_code, 0);
    assert_eq!(host.list_offset("t", 0, 1_001), (0, 2, 1_001));
    let stored = host.fetch("t", 0, 1).records.unwrap();
    record::batches(stored).next().unwrap().unwrap().verify().unwrap();
}

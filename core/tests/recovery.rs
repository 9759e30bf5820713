//! What is stored is there again, and damage costs no more than what was damaged.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers outside of test functions.

mod host;

use bytes::Bytes;
use host::{Host, batch, batch_with, config, fetch, values};
use ottla::protocol::messages as m;
use ottla::record::BatchOptions;

fn numbered(from: i64, count: i64) -> Vec<String> {
    (from..from + count).map(|n| format!("value {n:06}")).collect()
}

fn fill(host: &mut Host, topic: &str, batches: i64) {
    for at in 0..batches {
        let own = numbered(at * 10, 10);
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        let response = host.produce(topic, 0, batch(1_000 + at * 10, &own));
        assert_eq!((response.error_code, response.base_offset), (0, at * 10));
    }
}

#[test]
fn everything_is_there_after_reopening() {
    let mut host = Host::new();
    host.create("t", 3, &[("segment.bytes", "5000")]);
    fill(&mut host, "t", 200);
    host.produce("t", 2, batch(5, &["other"]));
    let metadata = host.call(&m::MetadataRequest::default(), 12);
    let mut host = host.reopen();
    let again = host.call(&m::MetadataRequest::default(), 12);
    assert_eq!(again.cluster_id, metadata.cluster_id);
    assert_eq!(again.topics[0].topic_id, metadata.topics[0].topic_id);
    assert_eq!(again.topics[0].partitions[0].leader_epoch, 1, "one more with each opening");
    assert_eq!(values(&host.read_all("t", 0, 0)), numbered(0, 2000));
    assert_eq!(values(&host.read_all("t", 0, 1234)), numbered(1234, 766));
    assert_eq!(values(&host.read_all("t", 2, 0)), ["other"]);
    assert_eq!(host.produce("t", 0, batch(1, &["next"])).base_offset, 2000);
    assert_eq!(host.notices, Vec::<String>::new());
}

#[test]
fn opening_reads_no_more_for_more_records() {
    // 100 times the records: the same few loads, and a bounded number of bytes.
    let mut loaded = Vec::new();
    for batches in [100, 10_000] {
        let mut host = Host::new();
        host.create("t", 1, &[]);
        fill(&mut host, "t", batches);
        let host = host.reopen();
        assert!(host.loaded_bytes <= 256 * 1024, "{} bytes were read", host.loaded_bytes);
        loaded.push(host.load_count);
    }
    assert_eq!(loaded, [2, 2], "the metadata, and the end of the one log");
}

#[test]
fn cold_reads_load_a_part_of_a_segment_and_memory_is_bounded() {
    let mut host = Host::with(&[("ottla.cache.bytes", "10000")]);
    host.create("t", 1, &[]);
    fill(&mut host, "t", 2_000);
    let before = host.load_count;
    host.loaded_bytes = 0;
    let data = host.fetch_at_most("t", 0, 0, 1_000);
    assert!(data.records.unwrap().len() <= 1_000);
    assert_eq!(host.load_count - before, 2, "one for the fetch, one ahead of the next");
    assert!(host.loaded_bytes <= 2 * 66_000, "{} bytes were read for 1,000", host.loaded_bytes);
    assert_eq!(values(&host.read_all("t", 0, 0)), numbered(0, 20_000));
    // What was produced last is in memory still.
    let before = host.load_count;
    host.fetch("t", 0, 19_995);
    assert_eq!(host.load_count, before);
}

#[test]
fn what_was_read_ahead_is_not_read_again() {
    let mut host = Host::with(&[("ottla.cache.bytes", "0")]);
    host.create("t", 1, &[]);
    fill(&mut host, "t", 10_000);
    let size: usize = 10_000 * batch(1_000, &["value 000000"; 10]).len();
    host.loaded_bytes = 0;
    let mut offset = 0;
    while offset < 100_000 {
        let records = host.fetch_at_most("t", 0, offset, 200_000).records.unwrap();
        let last = ottla::record::batches(records).last().unwrap().unwrap();
        offset = last.header.next_offset();
    }
    let read = host.loaded_bytes as f64 / size as f64;
    assert!(read < 1.5, "the log was read {read:.2} times over");

    // A fetch that comes while its part is being read ahead waits for that.
    host.hold_loads = true;
    let request = fetch("t", 0, 0, 100_000, 0);
    host.send(&request, 12);
    host.load();
    assert_eq!((host.responses.len(), host.loads.len()), (1, 1), "answered, and reading ahead");
    let (_, response) = host.response::<m::FetchRequest>(12).unwrap();
    let records = response.responses[0].partitions[0].records.clone().unwrap();
    let last = ottla::record::batches(records).last().unwrap().unwrap();
    host.send(&fetch("t", 0, last.header.next_offset(), 100_000, 0), 12);
    assert_eq!((host.responses.len(), host.loads.len()), (0, 1), "no second load of the same");
    host.load();
    assert_eq!(host.responses.len(), 1);
}

#[test]
fn offsets_by_time_are_found_without_reading_the_log() {
    for settings in [&[][..], &[("ottla.cache.bytes", "0")][..]] {
        let mut host = Host::with(settings);
        host.create("t", 1, &[("segment.bytes", "200000")]);
        fill(&mut host, "t", 2_000);
        host.loaded_bytes = 0;
        // Record n is stamped 1000 + n.
        for n in [0, 1, 7_777, 15_001, 19_999] {
            assert_eq!(host.list_offset("t", 0, 1_000 + n), (0, n, 1_000 + n));
        }
        assert_eq!(host.list_offset("t", 0, 5), (0, 0, 1_000));
        assert_eq!(host.list_offset("t", 0, 21_000), (0, -1, -1), "nothing is that new");
        assert_eq!(host.list_offset("t", 0, -1), (0, 20_000, -1));
        assert_eq!(host.list_offset("t", 0, -2), (0, 0, -1));
        assert_eq!(host.list_offset("t", 0, -3), (0, 19_999, 20_999));
        assert!(host.loaded_bytes < 7 * 140_000, "{} bytes were read", host.loaded_bytes);
        let mut host = host.reopen();
        assert_eq!(host.list_offset("t", 0, 8_777), (0, 7_777, 8_777));
        assert_eq!(host.list_offset("t", 0, -3), (0, 19_999, 20_999));
    }
}

#[test]
fn loads_that_overtake_each_other_are_told_apart() {
    let mut host = Host::with(&[("ottla.cache.bytes", "0")]);
    host.create("t", 1, &[("segment.bytes", "5000")]);
    fill(&mut host, "t", 100);
    host.hold_loads = true;
    let asked = |timestamp| m::ListOffsetsPartition { timestamp, ..Default::default() };
    let partitions = vec![asked(1_100), asked(1_800)];
    let topic = m::ListOffsetsTopic { name: "t".into(), partitions };
    host.send(&m::ListOffsetsRequest { topics: vec![topic], ..Default::default() }, 7);
    assert_eq!(host.loads.len(), 2);
    host.loads.swap(0, 1);
    host.load();
    host.load();
    let (_, answer) = host.response::<m::ListOffsetsRequest>(7).unwrap();
    let offsets: Vec<i64> = answer.topics[0].partitions.iter().map(|found| found.offset).collect();
    assert_eq!(offsets, [100, 800]);
}

#[test]
fn producers_are_known_again_after_reopening() {
    let sequenced = |base_sequence: i32, value: &str| {
        let options =
            BatchOptions { producer_id: 5, producer_epoch: 0, base_sequence, ..Default::default() };
        batch_with(1_000, &[value], &options)
    };
    let mut host = Host::new();
    host.create("t", 1, &[]);
    let large = "x".repeat(90_000);
    for sequence in 0..10 {
        // Large enough that some batches lie before the last snapshot and some behind it.
        assert_eq!(host.produce("t", 0, sequenced(sequence, &large)).error_code, 0);
    }
    let mut host = host.reopen();
    let retried = host.produce("t", 0, sequenced(9, &large));
    assert_eq!((retried.error_code, retried.base_offset), (0, 9), "a duplicate keeps its offset");
    let retried = host.produce("t", 0, sequenced(5, &large));
    assert_eq!((retried.error_code, retried.base_offset), (0, 5));
    assert_eq!(host.produce("t", 0, sequenced(11, "early")).error_code, 45);
    assert_eq!(host.produce("t", 0, sequenced(10, "due")).base_offset, 10);
}

#[test]
fn producer_ids_are_never_given_out_twice() {
    let mut host = Host::new();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..3 {
        for _ in 0..3 {
            let response = host.call(&m::InitProducerIdRequest::default(), 4);
            assert_eq!((response.error_code, response.producer_epoch), (0, 0));
            assert!(seen.insert(response.producer_id), "{} came twice", response.producer_id);
        }
        host = host.reopen();
    }
}

#[test]
fn deleted_topics_leave_nothing_and_their_names_can_be_used_again() {
    let mut host = Host::new();
    host.create("t", 2, &[]);
    fill(&mut host, "t", 50);
    let request = m::DeleteTopicsRequest { topic_names: vec!["t".into()], ..Default::default() };
    assert_eq!(host.call(&request, 5).responses[0].error_code, 0);
    assert!(host.storage.segments_mut().is_empty());
    let mut host = host.reopen();
    assert_eq!(host.create("t", 1, &[]), 0);
    assert_eq!(host.read_all("t", 0, 0), []);
    let mut host = host.reopen();
    assert_eq!(host.read_all("t", 0, 0), []);
}

#[test]
fn deleted_records_stay_deleted() {
    let mut host = Host::new();
    host.create("t", 1, &[("segment.bytes", "5000")]);
    fill(&mut host, "t", 100);
    let delete = |offset| m::DeleteRecordsRequest {
        topics: vec![m::DeleteRecordsTopic {
            name: "t".into(),
            partitions: vec![m::DeleteRecordsPartition { partition_index: 0, offset }],
        }],
        timeout_ms: 1000,
    };
    let segments = host.storage.segments_mut().len();
    let answer = host.call(&delete(505), 2).topics.remove(0).partitions.remove(0);
    assert_eq!((answer.error_code, answer.low_watermark), (0, 505));
    assert!(host.storage.segments_mut().len() < segments, "whole segments are gone from storage");
    let below = host.call(&delete(3), 2).topics.remove(0).partitions.remove(0);
    assert_eq!((below.error_code, below.low_watermark), (0, 505), "below the start: nothing to do");
    let above = host.call(&delete(1_001), 2).topics.remove(0).partitions.remove(0);
    assert_eq!(above.error_code, 1);
    assert_eq!(host.fetch("t", 0, 504).error_code, 1, "OFFSET_OUT_OF_RANGE");
    let mut host = host.reopen();
    assert_eq!(host.list_offset("t", 0, -2).1, 505);
    assert_eq!(values(&host.read_all("t", 0, 505)), numbered(505, 495));
    assert_eq!(host.list_offset("t", 0, 0), (0, 505, 1_505), "deleted records do not answer");
    let last = host.list_offset("t", 0, -3);
    let answer = host.call(&delete(-1), 2).topics.remove(0).partitions.remove(0);
    assert_eq!(answer.low_watermark, 1_000, "-1 is the high watermark");
    assert_eq!(host.list_offset("t", 0, -3), last, "but for the largest timestamp, as in Kafka");
    let mut host = host.reopen();
    assert_eq!(host.list_offset("t", 0, -2).1, 1_000);
    assert_eq!(host.produce("t", 0, batch(1, &["next"])).base_offset, 1_000);
}

/// Flips a bit in the piece that holds a text.
fn damage(host: &mut Host, text: &str) {
    let holds = |bytes: &Bytes| bytes.windows(text.len()).position(|w| w == text.as_bytes());
    let mut pieces = host.storage.segments_mut().iter_mut().flat_map(|(_, pieces)| pieces);
    let (piece, at) = pieces.find_map(|(_, b)| holds(b).map(|at| (b, at))).unwrap();
    let mut bytes = piece.to_vec();
    bytes[at] ^= 1;
    *piece = bytes.into();
}

#[test]
fn a_damaged_batch_is_reported_and_the_rest_stays_readable() {
    let mut host = Host::with(&[("ottla.cache.bytes", "0")]);
    host.create("t", 1, &[]);
    fill(&mut host, "t", 100);
    damage(&mut host, "value 000505");
    let before = host.fetch("t", 0, 0);
    let last = ottla::record::batches(before.records.unwrap()).last().unwrap().unwrap();
    assert_eq!((before.error_code, last.header.last_offset()), (0, 499), "up to the damage");
    for offset in [500, 509] {
        assert_eq!(host.fetch("t", 0, offset).error_code, 2, "CORRUPT_MESSAGE at {offset}");
    }
    let said = host.notices.last().unwrap();
    assert!(said.contains("topic t partition 0: offsets 500 to 509 are damaged"), "{said}");
    assert!(said.contains("goes on at offset 510"), "{said}");
    assert_eq!(values(&host.read_all("t", 0, 510)), numbered(510, 490));
}

#[test]
fn a_missing_piece_is_reported_and_the_rest_stays_readable() {
    let mut host = Host::with(&[("ottla.cache.bytes", "0")]);
    host.create("t", 1, &[]);
    fill(&mut host, "t", 100);
    host.storage.segments_mut().iter_mut().for_each(|(_, pieces)| drop(pieces.remove(50)));
    assert_eq!(host.fetch("t", 0, 500).error_code, 2);
    assert!(host.notices.last().unwrap().contains("offsets 500 to 509"), "{:?}", host.notices);
    assert_eq!(values(&host.read_all("t", 0, 510)), numbered(510, 490));
    // At the end of the log too, after reopening.
    let mut host = host.reopen();
    assert_eq!(values(&host.read_all("t", 0, 510)), numbered(510, 490));
}

#[test]
fn damage_at_the_end_of_a_log_does_not_keep_it_from_opening() {
    let mut host = Host::new();
    host.create("t", 1, &[]);
    fill(&mut host, "t", 10);
    damage(&mut host, "value 000095");
    let mut host = host.reopen();
    assert!(host.notices[0].contains("topic t partition 0"), "{:?}", host.notices);
    let response = host.produce("t", 0, batch(1, &["next"]));
    assert_eq!(response.error_code, 0);
    // No offset that a consumer may have seen is given to another record.
    assert!(response.base_offset >= 100, "{response:?}");
    let said = format!("offsets 90 to {} are damaged", response.base_offset - 1);
    assert!(host.notices[0].contains(&said), "{:?}", host.notices);
    let before = host.fetch("t", 0, 0);
    let last = ottla::record::batches(before.records.unwrap()).last().unwrap().unwrap();
    assert_eq!((before.error_code, last.header.last_offset()), (0, 89), "up to the damage");
    assert_eq!(host.fetch("t", 0, 90).error_code, 2, "CORRUPT_MESSAGE");
    assert_eq!(values(&host.read_all("t", 0, response.base_offset)), ["next"]);
    // Opened again, it is the same log; and what was damaged is no more looked at.
    let mut host = host.reopen();
    assert_eq!(values(&host.read_all("t", 0, response.base_offset)), ["next"]);
    assert_eq!(host.produce("t", 0, batch(1, &["more"])).base_offset, response.base_offset + 1);
    assert_eq!(host.notices, Vec::<String>::new());
}

#[test]
fn an_offset_that_cannot_be_right_is_damage() {
    // A checksum does not cover it.
    for bit in [0, 2, 3, 5, 10, 34] {
        for cache in ["0", "16777216"] {
            let mut host = Host::with(&[("ottla.cache.bytes", cache)]);
            host.create("t", 1, &[]);
            fill(&mut host, "t", 20);
            for (_, pieces) in host.storage.segments_mut().iter_mut() {
                let mut bytes = pieces[10].1.to_vec();
                let offset = u64::from_be_bytes(bytes[..8].try_into().unwrap());
                bytes[..8].copy_from_slice(&(offset ^ 1 << bit).to_be_bytes());
                pieces[10].1 = bytes.into();
            }
            let mut host = host.reopen();
            assert_eq!(host.fetch("t", 0, 100).error_code, 2, "bit {bit}, cache {cache}");
            let said = host.notices.last().unwrap();
            assert!(said.contains("offsets 100 to 109 are damaged"), "bit {bit}: {said}");
            assert_eq!(values(&host.read_all("t", 0, 110)), numbered(110, 90));
        }
    }
}

#[test]
fn damage_in_a_segment_that_has_ended_is_named_by_its_own_offsets() {
    let mut host = Host::new();
    host.create("t", 1, &[("segment.bytes", "5000")]);
    fill(&mut host, "t", 100);
    // Its snapshot is no good, so that it is read when the log is opened.
    let key = "log/00000000/0000000000000000";
    host.storage.metadata_mut().insert(key.into(), Bytes::from_static(b"nonsense"));
    let second = host.storage.segments_mut().keys().nth(1).unwrap().1.base_offset;
    damage(&mut host, &format!("value {:06}", second - 1));
    let host = host.reopen();
    let said = format!("offsets {} to {} are damaged", second - 10, second - 1);
    assert!(host.notices[0].contains(&said), "{:?}", host.notices);
}

#[test]
fn a_damaged_snapshot_costs_a_reading_of_its_segment() {
    let mut host = Host::new();
    host.create("t", 1, &[("segment.bytes", "5000")]);
    fill(&mut host, "t", 100);
    let mut storage = host.storage.clone();
    let keys: Vec<String> =
        storage.metadata_mut().keys().filter(|k| k.matches('/').count() == 2).cloned().collect();
    assert!(keys.len() > 3);
    for key in &keys {
        let mut value = storage.metadata_mut()[key].to_vec();
        let last = value.len() - 1;
        value[last] ^= 1;
        storage.metadata_mut().insert(key.clone(), value.into());
    }
    let mut host = Host::open(config(&[]), storage);
    assert_eq!(values(&host.read_all("t", 0, 0)), numbered(0, 1000));
    assert_eq!(host.list_offset("t", 0, 1_500), (0, 500, 1_500));
    // It knew of producers what older segments do not tell again.
    assert_eq!(host.notices.len(), 1, "{:?}", host.notices);
    assert!(host.notices[0].contains("producers may be forgotten"), "{:?}", host.notices);
}

#[test]
fn a_topic_that_cannot_be_read_stops_the_opening_and_says_why() {
    let mut host = Host::new();
    host.create("t", 1, &[]);
    let mut storage = host.storage.clone();
    storage.metadata_mut().insert("topic/t".into(), Bytes::from_static(b"nonsense"));
    let host = Host::open(config(&[]), storage);
    assert!(host.failed.unwrap().to_string().contains("topic t"));
}

#[test]
fn metadata_that_contradicts_itself_under_a_good_checksum_harms_nothing_else() {
    let mut host = Host::with(&[("ottla.cache.bytes", "0")]);
    host.create("t", 1, &[("segment.bytes", "1000")]);
    host.create("other", 1, &[]);
    fill(&mut host, "t", 12);
    host.produce("other", 0, batch(1, &["whole"]));
    let stored = host.storage;
    let metadata: Vec<(String, Bytes)> =
        stored.clone().metadata_mut().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    for (key, value) in metadata.iter().filter(|(key, _)| key.starts_with("log/00000000")) {
        for at in 4..value.len() {
            for byte in [0x00, 0x7f, 0x80, 0xff] {
                let mut changed = value.to_vec();
                changed[at] = byte;
                let crc = crc32c::crc32c(&changed[4..]);
                changed[..4].copy_from_slice(&crc.to_be_bytes());
                let mut storage = stored.clone();
                storage.metadata_mut().insert(key.clone(), changed.into());
                let mut host = Host::open(config(&[("ottla.cache.bytes", "0")]), storage);
                for offset in [0, 55, 119] {
                    host.fetch("t", 0, offset);
                    host.list_offset("t", 0, 1_000 + offset);
                }
                host.produce("t", 0, batch(1, &["more"]));
                let whole = values_of(&mut host, "other");
                assert_eq!(whole, ["whole"], "{key} at {at}: {byte}");
            }
        }
    }
}

fn values_of(host: &mut Host, topic: &str) -> Vec<String> {
    values(&host.read_all(topic, 0, 0))
}

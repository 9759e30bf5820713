//! What compaction leaves is what Kafka's cleaner leaves; tests/golden/compaction/README.md says how
//! that came to be known.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Helpers outside of tests.

mod host;

use std::path::Path;

use bytes::Bytes;
use host::Host;
use ottla::record::batches;
use ottla::storage::{Load, Loaded, LogRange};

fn unhex(text: &str) -> Bytes {
    let digits = (0..text.len()).step_by(2);
    digits.map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// The batches that are stored: each one's segment, base offset, size and checksum.
fn stored(host: &mut Host) -> Vec<String> {
    let ids: Vec<_> = host.storage.segments_mut().keys().copied().collect();
    let mut found = Vec::new();
    for (log, segment) in ids {
        let range = LogRange { log, segment, start: 0, end: u64::MAX };
        let Loaded::Log(pieces) = host.storage.load(&Load::Log(range)) else { panic!() };
        for batch in pieces.into_iter().flat_map(|(_, bytes)| batches(bytes)) {
            let batch = batch.unwrap();
            batch.verify().unwrap();
            let (header, size) = (batch.header, batch.bytes.len());
            let base = segment.base_offset;
            found.push(format!("S {base} {} {size} {}", header.base_offset, header.crc));
        }
    }
    found
}

#[test]
fn what_survives_is_what_survives_with_kafka() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/compaction/kafka-4.1.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let mut host = Host::with(&[("ottla.cache.bytes", "0")]);
    let configs = [
        ("cleanup.policy", "compact"),
        ("segment.bytes", "3000"),
        ("min.cleanable.dirty.ratio", "0"),
        ("delete.retention.ms", "100000"),
    ];
    host.create("t", 1, &configs);
    let (mut rounds, mut dropped) = (0, 0);
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let words: Vec<&str> = line.split(' ').collect();
        let wall_ms: i64 = words[1].parse().unwrap();
        host.now.monotonic_ms += u64::try_from(wall_ms - host.now.wall_ms).unwrap();
        host.now.wall_ms = wall_ms;
        if words[0] == "B" {
            assert_eq!(host.produce("t", 0, unhex(words[2])).error_code, 0);
            continue;
        }
        let before = stored(&mut host).len();
        host.pass(0);
        let found = stored(&mut host);
        let mut wanted = Vec::new();
        while let Some(line) = lines.next_if(|line| line.starts_with('S')) {
            wanted.push(line.to_owned());
        }
        rounds += 1;
        dropped += before.saturating_sub(found.len());
        assert_eq!(found, wanted, "round {rounds}");
    }
    assert!(rounds > 15 && dropped > 100, "{rounds} rounds, {dropped} batches gone");
    assert_eq!(host.notices, Vec::<String>::new());
}

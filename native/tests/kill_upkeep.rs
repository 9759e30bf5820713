//! The binary, killed at any moment while it compacts and lets records expire: what was acknowledged
//! and not replaced is there, and nothing is there twice.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers outside of tests.

mod dump;
mod process;
mod scratch;
mod wire;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use ottla::protocol::messages as m;
use ottla::record::{BatchBuilder, BatchOptions};
use process::Process;
use scratch::Scratch;
use wire::{Client, Random, produce};

const ROUNDS: u64 = 15;
const KEYS: u64 = 40;
const RETAINED_BYTES: u64 = 100_000;
const COMPACTED: &[(&str, &str)] = &[
    ("cleanup.policy", "compact"),
    ("min.cleanable.dirty.ratio", "0.01"),
    ("delete.retention.ms", "0"),
];
const EXPIRING: &[(&str, &str)] = &[("retention.bytes", "100000")];

/// Records are numbered like their offsets, and a number says all of its record.
fn key_of(number: u64) -> u64 {
    Random(number * 2 + 1).below(KEYS * KEYS) / KEYS
}

fn value_of(number: u64) -> Option<String> {
    let size = Random(number * 2 + 7).below(500) as usize;
    (!number.is_multiple_of(7)).then(|| format!("{number} {}", "x".repeat(size)))
}

fn batch_of(numbers: std::ops::Range<u64>) -> Bytes {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock past 1970");
    let mut builder = BatchBuilder::new();
    for number in numbers {
        let (key, value) = (format!("key {}", key_of(number)), value_of(number));
        let value = value.as_ref().map(String::as_bytes);
        builder.append(now.as_millis() as i64, Some(key.as_bytes()), value, &[]);
    }
    builder.finish(&BatchOptions::default()).expect("a batch")
}

/// Sends numbered records until the broker is gone; gives how many were acknowledged, and how many
/// sent.
fn send_all(mut client: Client, topic: &str, from: u64, mut random: Random) -> (u64, u64) {
    let (mut acknowledged, mut sent) = (from, from);
    let mut counts = std::collections::VecDeque::new();
    loop {
        while counts.len() < 4 {
            let count = 1 + random.below(20);
            let request = produce(topic, 0, batch_of(sent..sent + count));
            sent += count;
            counts.push_back(count);
            if client.send(&request, 9).is_err() {
                return (acknowledged, sent);
            }
        }
        let Some((_, answer)) = client.response::<m::ProduceRequest>(9) else {
            return (acknowledged, sent);
        };
        let answer = &answer.responses[0].partition_responses[0];
        assert_eq!((answer.error_code, answer.base_offset), (0, acknowledged as i64));
        acknowledged += counts.pop_front().expect("one was sent");
    }
}

fn log_start(client: &mut Client, topic: &str) -> i64 {
    let partition = m::ListOffsetsPartition { timestamp: -2, ..Default::default() };
    let topic = m::ListOffsetsTopic { name: topic.into(), partitions: vec![partition] };
    let request =
        m::ListOffsetsRequest { replica_id: -1, topics: vec![topic], ..Default::default() };
    client.call(&request, 6).topics.remove(0).partitions.remove(0).offset
}

/// Where a log starts and ends, and the offsets of its records, each of which is what its offset
/// says.
fn read(client: &mut Client, topic: &str) -> (u64, u64, Vec<u64>) {
    let start = log_start(client, topic);
    let (data, records) = client.records(topic, 0, start);
    let mut found = Vec::new();
    for record in records {
        let number = record.offset as u64;
        assert!(found.last() < Some(&number), "{topic}: {number} is there twice");
        let key = format!("key {}", key_of(number));
        assert_eq!(record.key.as_deref(), Some(key.as_bytes()), "{topic} at {number}");
        let value = value_of(number);
        let value = value.as_ref().map(String::as_bytes);
        assert_eq!(record.value.as_deref(), value, "{topic} at {number}");
        found.push(number);
    }
    (data.log_start_offset as u64, data.high_watermark as u64, found)
}

/// Of each key the last record is there, unless it was a tombstone: that may be gone, after all that
/// it stands for.
fn check_compacted(end: u64, found: &[u64]) {
    let last: BTreeMap<u64, u64> = (0..end).map(|number| (key_of(number), number)).collect();
    for (key, number) in last {
        let there: Vec<&u64> = found.iter().filter(|found| key_of(**found) == key).collect();
        let gone = there.is_empty() && value_of(number).is_none();
        assert!(gone || there.last() == Some(&&number), "key {key}: {there:?}, not {number}");
    }
    // What is missing was replaced, or is a tombstone.
    let mut later: Vec<u64> = Vec::new();
    let mut present = found.iter().rev().peekable();
    for number in (0..end).rev() {
        let replaced = later.contains(&key_of(number));
        if !replaced {
            later.push(key_of(number));
        }
        let is_there = present.next_if_eq(&&number).is_some();
        assert!(is_there || replaced || value_of(number).is_none(), "{number} is lost");
    }
}

/// When nobody sends any more, the cleaner does away with most of what was replaced.
fn check_catches_up(client: &mut Client, sent: u64) {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let (_, end, found) = read(client, "compacted");
        check_compacted(end, &found);
        if (found.len() as u64) < sent / 2 {
            return;
        }
        assert!(Instant::now() < until, "{} records left of {sent}", found.len());
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn log_bytes(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).expect("a partition's folder").map(|entry| entry.unwrap());
    let logs = files.filter(|entry| entry.path().extension().is_some_and(|end| end == "log"));
    logs.map(|entry| entry.metadata().map_or(0, |file| file.len())).sum()
}

#[test]
fn what_is_compacted_and_what_expires_survives_a_kill_at_any_moment() {
    let scratch = Scratch::new();
    let folder = scratch.path().to_str().expect("a path in UTF-8");
    let mut args = vec!["--data-dir", folder];
    for setting in [
        "log.segment.bytes=20000",
        "log.retention.check.interval.ms=10",
        "log.cleaner.io.buffer.size=65536",
        "ottla.cache.bytes=100000",
    ] {
        args.extend(["--set", setting]);
    }
    let mut random = Random(0x6f74_746c_6100_0006);
    let mut broker = Process::start(&args);
    let mut client = Client::connect(broker.address);
    client.create("compacted", 1, COMPACTED);
    client.create("expiring", 1, EXPIRING);
    let mut ends = [0, 0];
    let mut starts = [0, 0];
    for round in 0..ROUNDS {
        let address = broker.address;
        let threads: Vec<_> = ["compacted", "expiring"]
            .into_iter()
            .zip(ends)
            .map(|(topic, end)| {
                let random = Random(random.next() | 1);
                let client = Client::connect(address);
                std::thread::spawn(move || send_all(client, topic, end, random))
            })
            .collect();
        std::thread::sleep(Duration::from_micros(20_000 + random.below(400_000)));
        broker.kill();
        let sent: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        broker = Process::start(&args);
        let mut client = Client::connect(broker.address);
        for (at, topic) in ["compacted", "expiring"].into_iter().enumerate() {
            let (start, end, found) = read(&mut client, topic);
            let (acknowledged, sent) = sent[at];
            assert!(
                (acknowledged..=sent).contains(&end),
                "round {round}: {topic} ends at {end}, {acknowledged} of {sent} acknowledged"
            );
            assert!(start >= starts[at], "round {round}: {topic} starts at {start} again");
            (starts[at], ends[at]) = (start, end);
            if topic == "compacted" {
                assert_eq!(start, 0);
                check_compacted(end, &found);
            } else {
                assert_eq!(found, (start..end).collect::<Vec<_>>(), "round {round}: no gap");
                let bytes = log_bytes(&scratch.path().join("expiring-0"));
                assert!(start == 0 || bytes >= RETAINED_BYTES, "round {round}: {bytes} bytes");
            }
        }
    }
    assert!(ends[0] > 1_000, "{} records", ends[0]);
    check_catches_up(&mut Client::connect(broker.address), ends[0]);
    assert!(starts[1] > 0, "nothing has expired of {}", ends[1]);
    assert_eq!(broker.signal("TERM"), Some(0));
    dump::check_compacted(&scratch.path().join("compacted-0"));
    dump::check(&scratch.path().join("expiring-0"));
}

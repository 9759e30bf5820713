//! The binary: killed at any moment it keeps what it acknowledged, and it stops when it is told to.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers outside of tests.

mod dump;
mod process;
mod scratch;
mod wire;

use std::time::Duration;

use ottla::protocol::messages as m;
use process::Process;
use scratch::Scratch;
use wire::{Client, Random, batch, produce};

const PARTITIONS: i32 = 4;
const ROUNDS: u64 = 12;

/// What one producer knows of its partition pair: the values in the order in which it sent them, and
/// how many of them, from the first, were acknowledged.
#[derive(Default)]
struct Sent {
    values: Vec<String>,
    acknowledged: usize,
}

/// Sends each value to two partitions in one request, until the broker is gone.
fn produce_pairs(mut client: Client, pair: i32, mut sent: Sent) -> Sent {
    let mut in_flight = 0;
    loop {
        while in_flight < 4 {
            let value =
                format!("{}-{}", sent.values.len(), "x".repeat(sent.values.len() * 37 % 700));
            let mut request = produce("pairs", 2 * pair, batch(&[&value]));
            let data =
                m::PartitionProduceData { index: 2 * pair + 1, records: Some(batch(&[&value])) };
            request.topic_data[0].partition_data.push(data);
            sent.values.push(value);
            if client.send(&request, 9).is_err() {
                return sent;
            }
            in_flight += 1;
        }
        let Some((_, answer)) = client.response::<m::ProduceRequest>(9) else { return sent };
        for partition in &answer.responses[0].partition_responses {
            assert_eq!(partition.error_code, 0, "{:?}", partition.error_message);
        }
        in_flight -= 1;
        sent.acknowledged += 1;
    }
}

/// Makes and deletes topics until the broker is gone. Gives those that must be there, and the one
/// of which it is not known.
fn make_topics(mut client: Client, round: u64) -> (Vec<String>, Option<String>) {
    let mut made = Vec::new();
    for at in 0.. {
        let name = format!("topic-{round}-{at}");
        let topic = m::CreatableTopic {
            name: name.clone(),
            num_partitions: 2,
            replication_factor: 1,
            ..Default::default()
        };
        let create = m::CreateTopicsRequest { topics: vec![topic], ..Default::default() };
        let answer =
            client.send(&create, 7).ok().and_then(|_| client.response::<m::CreateTopicsRequest>(7));
        let Some((_, answer)) = answer else { return (made, Some(name)) };
        assert_eq!(answer.topics[0].error_code, 0);
        made.push(name);
        if made.len() > 3 {
            let name = made.remove(0);
            let topic_names = vec![name.clone()];
            let delete = m::DeleteTopicsRequest { topic_names, ..Default::default() };
            let answer = client
                .send(&delete, 5)
                .ok()
                .and_then(|_| client.response::<m::DeleteTopicsRequest>(5));
            let Some((_, answer)) = answer else { return (made, Some(name)) };
            assert_eq!(answer.responses[0].error_code, 0);
        }
    }
    unreachable!()
}

fn topic_names(client: &mut Client) -> Vec<String> {
    client.metadata().topics.into_iter().filter_map(|topic| topic.name).collect()
}

#[test]
fn what_was_acknowledged_survives_a_kill_at_any_moment() {
    let scratch = Scratch::new();
    let folder = scratch.path().to_str().expect("a path in UTF-8");
    let args = ["--data-dir", folder, "--set", "log.segment.bytes=30000"];
    let mut random = Random(0x6f74_746c_6100_0003);
    let mut broker = Process::start(&args);
    Client::connect(broker.address).create("pairs", PARTITIONS, &[]);
    let mut known: Vec<Sent> = (0..PARTITIONS / 2).map(|_| Sent::default()).collect();
    let acknowledged = |known: &[Sent]| known.iter().map(|sent| sent.acknowledged).sum::<usize>();
    // On a slow machine, so many rounds more that there is something to lose.
    let mut round = 0;
    while round < ROUNDS || acknowledged(&known) <= 100 {
        round += 1;
        let address = broker.address;
        let producers: Vec<_> = (0..)
            .zip(known)
            .map(|(pair, sent)| {
                let client = Client::connect(address);
                std::thread::spawn(move || produce_pairs(client, pair, sent))
            })
            .collect();
        let client = Client::connect(address);
        let maker = std::thread::spawn(move || make_topics(client, round));
        std::thread::sleep(Duration::from_micros(20_000 + random.below(300_000)));
        broker.kill();
        known = producers.into_iter().map(|thread| thread.join().unwrap()).collect();
        let (made, unknown) = maker.join().unwrap();
        broker = Process::start(&args);
        let mut client = Client::connect(broker.address);
        for (pair, sent) in (0..).zip(&mut known) {
            let first = client.read_all("pairs", 2 * pair, 0);
            let second = client.read_all("pairs", 2 * pair + 1, 0);
            assert_eq!(first, second, "round {round}: a request is stored wholly or not at all");
            assert!(
                first.len() >= sent.acknowledged,
                "round {round}: {} < {}",
                first.len(),
                sent.acknowledged
            );
            assert_eq!(first, sent.values[..first.len()], "round {round}: in order, without gaps");
            sent.values.truncate(first.len());
            sent.acknowledged = first.len();
        }
        let mut names = topic_names(&mut client);
        names.retain(|name| name.starts_with(&format!("topic-{round}-")));
        for name in &made {
            assert!(names.contains(name), "round {round}: {name} is gone");
        }
        for name in &names {
            let explained = made.contains(name) || unknown.as_ref() == Some(name);
            assert!(explained, "round {round}: {name} is back");
        }
    }
    for partition in 0..PARTITIONS {
        let (_, entries) = dump::check(&scratch.path().join(format!("pairs-{partition}")));
        assert!(entries > 10, "{entries} entries");
    }
}

#[test]
fn a_full_disk_refuses_records_and_loses_none() {
    let scratch = Scratch::new();
    let folder = scratch.path().to_str().expect("a path in UTF-8");
    let args = ["--data-dir", folder];
    // As if the disk were full: no file may be larger than 100 KiB.
    let broker = Process::start_limited("trap '' XFSZ; ulimit -f 200", &args);
    let mut client = Client::connect(broker.address);
    client.create("t", 3, &[]);
    let mut kept: Vec<String> = Vec::new();
    let mut refused = 0;
    for at in 0..300 {
        let value = format!("{at}-{}", "x".repeat(1000));
        // The others have room when partition 1 has none; all or none must have the record.
        let mut request = produce("t", 0, batch(&["y"]));
        for (index, value) in [(1, value.as_str()), (2, "y")] {
            let data = m::PartitionProduceData { index, records: Some(batch(&[value])) };
            request.topic_data[0].partition_data.push(data);
        }
        let answer = client.call(&request, 9).responses.remove(0);
        let codes: Vec<i16> = answer.partition_responses.iter().map(|p| p.error_code).collect();
        match codes[..] {
            [0, 0, 0] => kept.push(value),
            [56, 56, 56] => refused += 1, // KAFKA_STORAGE_ERROR
            _ => panic!("errors {codes:?}"),
        }
    }
    assert!(kept.len() > 50 && refused > 50, "{} kept, {refused} refused", kept.len());
    assert_eq!(client.read_all("t", 1, 0), kept);
    for partition in [0, 2] {
        assert_eq!(client.read_all("t", partition, 0).len(), kept.len());
        assert_eq!(client.produce("t", partition, &["this has room"]), kept.len() as i64);
    }
    broker.kill();
    let broker = Process::start(&args);
    let mut client = Client::connect(broker.address);
    assert_eq!(client.read_all("t", 1, 0), kept);
    assert_eq!(client.read_all("t", 0, 0).len(), kept.len() + 1);
    assert_eq!(client.read_all("t", 2, 0).len(), kept.len() + 1);
    assert_eq!(client.produce("t", 1, &["room again"]), kept.len() as i64);
    let (batches, entries) = dump::check(&scratch.path().join("t-1"));
    assert_eq!(batches, kept.len() + 1);
    assert!(entries > 10, "{entries} entries");
    dump::check(&scratch.path().join("t-0"));
}

#[test]
fn connections_and_segments_have_enough_files() {
    let scratch = Scratch::new();
    let folder = scratch.path().to_str().expect("a path in UTF-8");
    let broker = Process::start_limited("ulimit -S -n 64", &["--data-dir", folder]);
    let mut client = Client::connect(broker.address);
    client.create("t", 200, &[]);
    let mut clients: Vec<Client> = (0..200).map(|_| Client::connect(broker.address)).collect();
    for round in 0..2 {
        for (partition, client) in (0..).zip(&mut clients) {
            assert_eq!(client.produce("t", partition, &["x"]), round);
        }
    }
    assert_eq!(broker.signal("TERM"), Some(0));
    let broker = Process::start(&["--data-dir", folder]);
    let mut client = Client::connect(broker.address);
    for partition in 0..200 {
        assert_eq!(client.read_all("t", partition, 0), ["x", "x"]);
    }
}

#[test]
fn it_stops_on_sigterm_and_sigint_with_everything_stored() {
    let scratch = Scratch::new();
    let folder = scratch.path().to_str().expect("a path in UTF-8");
    for (round, name) in ["TERM", "INT"].into_iter().enumerate() {
        let broker = Process::start(&["--data-dir", folder, "--fsync", "never"]);
        let mut client = Client::connect(broker.address);
        if round == 0 {
            client.create("t", 1, &[]);
        }
        for at in 0..50 {
            assert_eq!(client.produce("t", 0, &["x"]), 50 * round as i64 + at);
        }
        assert_eq!(broker.signal(name), Some(0));
        assert_eq!(client.receive(), None);
    }
}

//! The broker with a data directory: stopped, killed, and with damaged files.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers outside of tests.

mod dump;
mod scratch;
mod wire;

use std::fs;
use std::path::PathBuf;

use ottla_native::{Broker, Config};
use scratch::Scratch;
use wire::{Client, Random, fetch};

fn start(scratch: &Scratch, settings: &[(&str, &str)]) -> Broker {
    let mut config = Config { data_dir: Some(scratch.path().to_owned()), ..Config::default() };
    for (name, value) in settings {
        config.set(name, value).unwrap();
    }
    Broker::start(config).expect("the files can be opened")
}

fn log_file(scratch: &Scratch, partition: &str, base_offset: i64) -> PathBuf {
    scratch.path().join(partition).join(format!("{base_offset:020}.log"))
}

fn numbered(range: std::ops::Range<i64>) -> Vec<String> {
    range.map(|at| format!("value-{at}")).collect()
}

/// Produces one record in one batch for each offset.
fn fill(client: &mut Client, topic: &str, range: std::ops::Range<i64>) {
    for at in range {
        assert_eq!(client.produce(topic, 0, &[&format!("value-{at}")]), at);
    }
}

#[test]
fn what_was_acknowledged_is_there_after_a_stop() {
    let scratch = Scratch::new();
    let broker = start(&scratch, &[]);
    let mut client = Client::connect(broker.address());
    client.create("t", 3, &[]);
    client.create("gone", 1, &[]);
    fill(&mut client, "t", 0..100);
    client.produce("gone", 0, &["x"]);
    client.produce("t", 2, &["y"]);
    let request = ottla::protocol::messages::DeleteTopicsRequest {
        topic_names: vec!["gone".into()],
        ..Default::default()
    };
    assert_eq!(client.call(&request, 5).responses[0].error_code, 0);
    client.create("gone", 1, &[]);
    client.produce("gone", 0, &["back"]);
    let before = client.metadata();
    broker.shutdown().unwrap();
    assert!(log_file(&scratch, "t-2", 0).is_file());
    assert!(!log_file(&scratch, "t-1", 0).exists(), "nothing was written there");
    let metadata = fs::read_to_string(scratch.path().join("t-1/partition.metadata")).unwrap();
    let topic = before.topics.iter().find(|t| t.name.as_deref() == Some("t")).unwrap();
    assert_eq!(metadata, format!("version: 0\ntopic_id: {}", topic.topic_id));
    let properties = fs::read_to_string(scratch.path().join("meta.properties")).unwrap();
    let cluster = before.cluster_id.clone().unwrap();
    assert!(properties.contains(&format!("cluster.id={cluster}\n")), "{properties}");

    let broker = start(&scratch, &[]);
    let mut client = Client::connect(broker.address());
    let after = client.metadata();
    assert_eq!(after.cluster_id, before.cluster_id);
    let ids = |m: &ottla::protocol::messages::MetadataResponse| {
        m.topics.iter().map(|t| t.topic_id).collect::<Vec<_>>()
    };
    assert_eq!(ids(&after), ids(&before));
    assert_eq!(client.read_all("t", 0, 0), numbered(0..100));
    assert_eq!(client.read_all("t", 2, 0), ["y"]);
    assert_eq!(client.read_all("gone", 0, 0), ["back"]);
    fill(&mut client, "t", 100..110);
    assert_eq!(client.read_all("t", 0, 90), numbered(90..110));
}

#[test]
fn segments_end_and_old_ones_are_read_and_deleted() {
    let scratch = Scratch::new();
    let small = [("log.segment.bytes", "2000"), ("ottla.cache.bytes", "0")];
    let broker = start(&scratch, &small);
    let mut client = Client::connect(broker.address());
    client.create("t", 1, &[]);
    fill(&mut client, "t", 0..200);
    assert_eq!(client.read_all("t", 0, 0), numbered(0..200));
    let count = || fs::read_dir(scratch.path().join("t-0")).unwrap().count();
    dump::check(&scratch.path().join("t-0"));
    let files = count();
    assert!(files > 20, "{files} files");
    let request = ottla::protocol::messages::DeleteRecordsRequest {
        topics: vec![ottla::protocol::messages::DeleteRecordsTopic {
            name: "t".into(),
            partitions: vec![ottla::protocol::messages::DeleteRecordsPartition {
                partition_index: 0,
                offset: 150,
            }],
        }],
        timeout_ms: 1000,
    };
    assert_eq!(client.call(&request, 2).topics[0].partitions[0].error_code, 0);
    assert!(count() < files / 2);
    broker.shutdown().unwrap();
    let broker = start(&scratch, &small);
    let mut client = Client::connect(broker.address());
    assert_eq!(client.read_all("t", 0, 150), numbered(150..200));
    let answer = client.call(&fetch("t", 0, 149, 0), 12);
    assert_eq!(answer.responses[0].partitions[0].error_code, 1, "OFFSET_OUT_OF_RANGE");
}

#[test]
fn a_torn_tail_is_cut_at_the_last_whole_batch() {
    let mut random = Random(0x6f74_746c_6100_0002);
    for round in 0..20 {
        let scratch = Scratch::new();
        let broker = start(&scratch, &[]);
        let mut client = Client::connect(broker.address());
        client.create("t", 1, &[]);
        fill(&mut client, "t", 0..50);
        broker.shutdown().unwrap();
        let path = log_file(&scratch, "t-0", 0);
        let mut bytes = fs::read(&path).unwrap();
        let batch = bytes.len() / 50;
        // A power failure loses what was not flushed: the end of the file is missing, or not what
        // was written. The first batches are older.
        let torn = 10 * batch + random.below((bytes.len() - 10 * batch) as u64) as usize;
        match round % 3 {
            0 => bytes.truncate(torn),
            1 => bytes[torn..].fill(0),
            _ => bytes[torn..].iter_mut().for_each(|byte| *byte = random.next() as u8),
        }
        fs::write(&path, bytes).unwrap();
        let whole = sizes(&path);
        let broker = start(&scratch, &[]);
        let mut client = Client::connect(broker.address());
        assert_eq!(client.read_all("t", 0, 0), numbered(0..whole), "round {round}");
        assert_eq!(sizes(&path), whole);
        assert_eq!(fs::metadata(&path).unwrap().len(), whole_bytes(&path), "nothing torn is left");
        fill(&mut client, "t", whole..whole + 10);
        dump::check(&scratch.path().join("t-0"));
        assert_eq!(client.read_all("t", 0, 0), numbered(0..whole + 10));
    }
}

/// How many batches a log begins with that are whole.
fn sizes(path: &PathBuf) -> i64 {
    whole_batches(path).len() as i64
}

fn whole_bytes(path: &PathBuf) -> u64 {
    whole_batches(path).iter().map(|batch| batch.bytes.len() as u64).sum()
}

fn whole_batches(path: &PathBuf) -> Vec<ottla::record::Batch> {
    let bytes = fs::read(path).unwrap().into();
    let whole = ottla::record::batches(bytes).map_while(Result::ok);
    whole.take_while(|batch| batch.verify().is_ok()).collect()
}

#[test]
fn damage_in_the_middle_costs_the_batch_that_it_is_in() {
    let scratch = Scratch::new();
    let broker = start(&scratch, &[]);
    let mut client = Client::connect(broker.address());
    client.create("t", 1, &[]);
    fill(&mut client, "t", 0..50);
    broker.shutdown().unwrap();
    let path = log_file(&scratch, "t-0", 0);
    let mut bytes = fs::read(&path).unwrap();
    // Also where no checksum would tell: in the offset that a batch begins with.
    let at = bytes.len() / 2;
    bytes[at] ^= 0x40;
    fs::write(&path, bytes).unwrap();
    let broker = start(&scratch, &[]);
    let mut client = Client::connect(broker.address());
    assert_eq!(client.produce("t", 0, &["value-50"]), 50, "the offsets after the damage count");
    assert_eq!(client.read_all("t", 0, 30), numbered(30..51));
}

#[test]
fn a_folder_is_used_by_one_broker_and_not_if_it_is_anothers() {
    let scratch = Scratch::new();
    let broker = start(&scratch, &[]);
    let config = || Config { data_dir: Some(scratch.path().to_owned()), ..Config::default() };
    let error = Broker::start(config()).unwrap_err().to_string();
    assert!(error.contains("another broker holds"), "{error}");
    broker.shutdown().unwrap();
    fs::remove_file(scratch.path().join("ottla.journal")).unwrap();
    let error = Broker::start(config()).unwrap_err().to_string();
    assert!(error.contains("left alone"), "{error}");
}

#[test]
fn a_commit_that_fails_is_refused_and_costs_nothing_that_was_confirmed() {
    let scratch = Scratch::new();
    let broker = start(&scratch, &[("log.segment.bytes", "2000")]);
    let mut client = Client::connect(broker.address());
    client.create("t", 1, &[]);
    fill(&mut client, "t", 0..3);
    // A folder in the place of the next segment's file.
    let request = wire::produce("t", 0, wire::batch(&["x"]));
    let mut refused = 0;
    for base in 3..60 {
        fs::create_dir(log_file(&scratch, "t-0", base)).unwrap();
    }
    for at in 3..60 {
        let answer = client.call(&request, 9).responses.remove(0).partition_responses.remove(0);
        match answer.error_code {
            0 => assert_eq!(answer.base_offset, at),
            56 => refused += 1, // KAFKA_STORAGE_ERROR
            other => panic!("error {other}"),
        }
    }
    assert!(refused > 0);
    let kept = client.read_all("t", 0, 0).len() as i64;
    for base in 3..60 {
        fs::remove_dir(log_file(&scratch, "t-0", base)).unwrap();
    }
    assert_eq!(client.produce("t", 0, &["y"]), kept);
    broker.shutdown().unwrap();
    let broker = start(&scratch, &[]);
    assert_eq!(Client::connect(broker.address()).read_all("t", 0, 0).len() as i64, kept + 1);
}

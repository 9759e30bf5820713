//! What is stored, changed: the broker opens or says why not, serves what is left, takes new records,
//! and what it stores then is whole.

use std::sync::OnceLock;

use bytes::Bytes;
use ottla::protocol::messages as m;
use ottla::record::{BatchBuilder, BatchOptions};
use ottla::storage::MemoryStorage;

use crate::repair;
use crate::script::Script;
use crate::world::World;

const TOPICS: [&str; 3] = ["plain", "compacted", "small"];

/// A storage with some of everything.
fn stored() -> MemoryStorage {
    static STORED: OnceLock<MemoryStorage> = OnceLock::new();
    STORED.get_or_init(fill).clone()
}

fn fill() -> MemoryStorage {
    let mut world = World::new();
    for (name, configs) in [
        ("plain", vec![("segment.bytes", "1000")]),
        ("compacted", vec![("cleanup.policy", "compact"), ("segment.bytes", "500")]),
        ("small", vec![]),
    ] {
        let config = |(name, value): (&str, &str)| m::CreatableTopicConfig {
            name: name.to_owned(),
            value: Some(value.to_owned()),
        };
        let topic = m::CreatableTopic {
            name: name.to_owned(),
            num_partitions: 3,
            replication_factor: 1,
            configs: configs.into_iter().map(config).collect(),
            ..Default::default()
        };
        let request = m::CreateTopicsRequest { topics: vec![topic], ..Default::default() };
        assert_eq!(world.ask(&request, 7).topics[0].error_code, 0);
    }
    for round in 0..20 {
        for topic in TOPICS {
            let base_sequence = if topic == "plain" { round } else { -1 };
            let producer_id = if topic == "plain" { 7 } else { -1 };
            let producer_epoch = if topic == "plain" { 0 } else { -1 };
            let options =
                BatchOptions { producer_id, producer_epoch, base_sequence, ..Default::default() };
            assert_eq!(produce(&mut world, topic, &options), 0);
        }
    }
    let partition = m::DeleteRecordsPartition { partition_index: 0, offset: 5 };
    let topic = m::DeleteRecordsTopic { name: "plain".into(), partitions: vec![partition] };
    let request = m::DeleteRecordsRequest { topics: vec![topic], ..Default::default() };
    assert_eq!(world.ask(&request, 2).topics[0].partitions[0].error_code, 0);
    assert!(world.errors.is_empty() && !world.failed);
    world.storage
}

fn produce(world: &mut World, topic: &str, options: &BatchOptions) -> i16 {
    let mut batch = BatchBuilder::new();
    batch.append(world.now.wall_ms, Some(b"key"), Some(&[b'v'; 50]), &[]);
    let records = Some(batch.finish(options).expect("a batch"));
    let topic = m::TopicProduceData {
        name: topic.to_owned(),
        partition_data: vec![m::PartitionProduceData { index: 0, records }],
        ..Default::default()
    };
    let request = m::ProduceRequest { acks: -1, topic_data: vec![topic], ..Default::default() };
    world.ask(&request, 9).responses[0].partition_responses[0].error_code
}

fn change(bytes: &Bytes, script: &mut Script) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    let at = usize::from(script.number()) % (changed.len() + 1);
    let how = script.byte();
    let count = usize::from(script.byte());
    let new = script.bytes(count);
    match how % 3 {
        0 => changed.truncate(at),
        1 => drop(changed.splice(at..at, new)),
        _ => {
            for (old, new) in changed[at..].iter_mut().zip(new) {
                *old = new;
            }
        }
    }
    changed
}

fn damage(storage: &mut MemoryStorage, script: &mut Script) {
    let (what, which) = (script.byte(), usize::from(script.byte()));
    match what % 6 {
        kind @ (0 | 1) => {
            let metadata = storage.metadata_mut();
            let Some(key) = metadata.keys().nth(which % metadata.len().max(1)).cloned() else {
                return;
            };
            let Some(value) = metadata.get_mut(&key) else { return };
            let mut changed = change(value, script);
            if kind == 0 {
                repair::value(&mut changed);
            }
            *value = changed.into();
        }
        2 => {
            let metadata = storage.metadata_mut();
            let key = metadata.keys().nth(which % metadata.len().max(1)).cloned();
            if let Some(value) = key.and_then(|key| metadata.remove(&key)) {
                let count = usize::from(script.byte());
                let name = String::from_utf8_lossy(&script.bytes(count)).into_owned();
                if !name.is_empty() {
                    metadata.insert(name, value);
                }
            }
        }
        kind => {
            let segments = storage.segments_mut();
            let Some(key) = segments.keys().nth(which % segments.len().max(1)).copied() else {
                return;
            };
            if kind == 5 {
                segments.remove(&key);
                return;
            }
            let Some(pieces) = segments.get_mut(&key) else { return };
            let piece = usize::from(script.byte()) % pieces.len().max(1);
            let Some((_, bytes)) = pieces.get_mut(piece) else { return };
            let mut changed = change(bytes, script);
            if kind == 3 {
                repair::batches(&mut changed);
            }
            // As long as it was: a driver that lost its own bookkeeping is none.
            changed.resize(bytes.len(), 0);
            *bytes = changed.into();
        }
    }
}

fn read_all(world: &mut World) {
    for topic in TOPICS {
        for partition in [0, 2] {
            read(world, topic, partition);
        }
    }
}

fn read(world: &mut World, topic: &str, partition: i32) {
    let mut offset = 0;
    // More batches than there are.
    for _ in 0..100 {
        let asked = m::FetchPartition {
            partition,
            fetch_offset: offset,
            partition_max_bytes: 2_000,
            ..Default::default()
        };
        let topic = m::FetchTopic {
            topic: topic.to_owned(),
            partitions: vec![asked],
            ..Default::default()
        };
        let request = m::FetchRequest {
            session_epoch: -1,
            max_bytes: 10_000,
            topics: vec![topic],
            ..Default::default()
        };
        let data = world.ask(&request, 12).responses.remove(0).partitions.remove(0);
        let records = data.records.unwrap_or_default();
        let last = ottla::record::batches(records).flatten().last();
        match last {
            Some(batch) => offset = batch.header.next_offset().max(offset + 1),
            None if offset < data.log_start_offset => offset = data.log_start_offset,
            None if data.error_code == 0 => return,
            None => offset += 1,
        }
    }
}

pub fn run(data: &[u8]) {
    let mut script = Script::new(data);
    let mut storage = stored();
    for _ in 0..20 {
        if script.is_over() {
            break;
        }
        damage(&mut storage, &mut script);
    }
    let mut world = World::open(storage);
    if world.failed {
        return;
    }
    read_all(&mut world);
    for topic in TOPICS {
        // It may well be refused: a topic may be gone, or a log too short for what it says.
        produce(&mut world, topic, &BatchOptions::default());
    }
    world.check();
    let mut world = world.reopen();
    read_all(&mut world);
    world.check();
}

//! The import of a backup, by the requests that `storage/import.ts` of the binding makes: a topic with
//! `ottla.import=true`, batches that keep their offsets, the start that the log had, offsets of a group,
//! and in the end the topic's own configurations. Before that it may come to nothing at any time: then
//! there is no topic.

use bytes::{Bytes, BytesMut};
use ottla::protocol::messages as m;
use ottla::record::{BatchBuilder, BatchOptions, HEADER_BYTES, set_base_offset};

use crate::asks::{OTHER_GROUP, STORAGE_ERROR};
use crate::book::{MARK, value_of};
use crate::scenario::{Configs, NAMES, assign, some_configuration};
use crate::world::{What, World};

/// Nobody's number among the clients.
const IMPORTER: usize = 1_000;
const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;

pub(crate) fn import(world: &mut World) {
    let name = NAMES[world.random.below(NAMES.len())];
    if world.book.live(name).is_some() {
        return;
    }
    let (partitions, configs, promise) = some_configuration(world);
    let mut first = configs.clone();
    first.push(("ottla.import", "true".to_owned()));
    let (_, Some(id)) = world.create_topic(name, partitions, first) else { return };
    world.book.created(name, id, partitions, promise);
    let topic = world.book.topics.len() - 1;
    // Nobody else writes to it.
    world.book.topics[topic].leaving = true;
    let finished = fill(world, topic).is_some() && finish(world, topic, &configs);
    let known = &mut world.book.topics[topic];
    (known.alive, known.leaving) = (finished, false);
    world.tell(|| format!("the import of {name} is finished: {finished}"));
    if !finished {
        undo(world, name);
    }
    assign(world, false);
}

/// Imports all partitions; `None` where that fails.
fn fill(world: &mut World, topic: usize) -> Option<()> {
    for partition in 0..world.book.topics[topic].partitions.len() as i32 {
        let (start, end) = fill_partition(world, topic, partition)?;
        if start > 0 {
            stored(world.delete_before(topic, partition, start)?)?;
        }
        let found = world.ask_offset(topic, partition, -1)?.ok()?;
        // Retention may have been at work, so that it starts later.
        let low = world.ask_offset(topic, partition, -2)?.ok()?;
        let here = format!("{}-{partition}", world.book.topics[topic].name);
        assert_eq!(found, end, "{here}: where it ends after its import");
        assert!(low >= start, "{here}: imported from {start} on, and begins at {low}");
        world.book.told(topic, partition, end);
    }
    Some(())
}

/// Imports some batches; gives where the log began and ended.
fn fill_partition(world: &mut World, topic: usize, partition: i32) -> Option<(i64, i64)> {
    let compacted = world.book.topics[topic].promise.compacted;
    let mut next = world.random.below(50) as i64;
    let mut start = if compacted && world.random.chance(2) { 0 } else { next };
    let batches = world.random.below(8);
    for at in 0..batches {
        if compacted {
            next += world.random.below(4) as i64;
        }
        if world.random.chance(12) {
            // The tab that imports dies, and the broker with it.
            world.at(0, What::Crash { power: false });
            world.pass(1);
        }
        let (records, batch) = some_batch(world, (topic, partition), next);
        let produced = produce(world, topic, partition, batch);
        for (number, offset) in &records {
            match produced {
                Some(()) => world.book.imported(*number, *offset),
                None => world.book.given_up(*number),
            }
        }
        produced?;
        next = records.last()?.1 + 1;
        if at == 0 && world.random.chance(3) {
            // Records were deleted within the batch.
            start = records.last()?.1;
        }
    }
    if (batches == 0 && next > 0) || (batches > 0 && compacted && world.random.chance(3)) {
        // The last offsets have no records any more.
        next += i64::from(batches > 0);
        produce(world, topic, partition, empty_batch(next - 1))?;
    }
    Some((start, next))
}

/// A batch of some records from this offset on, with their numbers and offsets.
fn some_batch(
    world: &mut World,
    (topic, partition): (usize, i32),
    from: i64,
) -> (Vec<(usize, i64)>, Bytes) {
    let (name, promise) = (&world.book.topics[topic].name, &world.book.topics[topic].promise);
    let (name, compacted) = (name.clone(), promise.compacted);
    let mut builder = BatchBuilder::new();
    let mut records = Vec::new();
    let mut delta = 0;
    for _ in 0..1 + world.random.below(4) {
        let key = (compacted || world.random.chance(2))
            .then(|| Bytes::from(format!("k{}", world.random.below(6))));
        let length = (!compacted || !world.random.chance(4)).then(|| world.random.below(60));
        let timestamp = world.now.wall_ms - world.random.below(30_000) as i64;
        let (by, record) = ((IMPORTER, true), (key.clone(), length));
        let number = world.book.sending((&name, partition), by, record, timestamp);
        let value = length.map(|length| value_of(number, length));
        let mark = (number as u32).to_le_bytes();
        let headers = [(MARK, Some(&mark[..]))];
        builder.append_at(delta, timestamp, key.as_deref(), value.as_deref(), &headers);
        records.push((number, from + i64::from(delta)));
        delta += 1 + if compacted { world.random.below(3) as i32 } else { 0 };
    }
    let mut bytes = BytesMut::from(&builder.finish(&BatchOptions::default()).unwrap()[..]);
    set_base_offset(&mut bytes, from);
    (records, bytes.freeze())
}

/// A batch without records, which has one offset.
fn empty_batch(offset: i64) -> Bytes {
    let mut builder = BatchBuilder::new();
    builder.append(-1, None, None, &[]);
    let whole = builder.finish(&BatchOptions::default()).unwrap();
    let mut bytes = BytesMut::from(&whole[..HEADER_BYTES]);
    set_base_offset(&mut bytes, offset);
    bytes[8..12].copy_from_slice(&(HEADER_BYTES as i32 - 12).to_be_bytes());
    bytes[57..61].fill(0);
    let crc = crc32c::crc32c(&bytes[21..]);
    bytes[17..21].copy_from_slice(&crc.to_be_bytes());
    bytes.freeze()
}

/// `None` where the storage had no room or failed, after which there may be no topic any more.
fn stored(error_code: i16) -> Option<()> {
    let allowed = [0, STORAGE_ERROR, UNKNOWN_TOPIC_OR_PARTITION];
    assert!(allowed.contains(&error_code), "an import is refused: error {error_code}");
    (error_code == 0).then_some(())
}

fn produce(world: &mut World, topic: usize, partition: i32, batch: Bytes) -> Option<()> {
    let name = world.book.topics[topic].name.clone();
    world.tell(|| format!("imports {} bytes into {name}-{partition}", batch.len()));
    let data = m::PartitionProduceData { index: partition, records: Some(batch) };
    let data = m::TopicProduceData { name, partition_data: vec![data], ..Default::default() };
    let request =
        m::ProduceRequest { acks: -1, topic_data: vec![data], ..m::ProduceRequest::default() };
    let answer = world.ask(&request, 8)?.responses.remove(0).partition_responses.remove(0);
    stored(answer.error_code)
}

/// Commits offsets and makes the topic one like others. Says whether it is there for good.
fn finish(world: &mut World, topic: usize, configs: &Configs) -> bool {
    let name = world.book.topics[topic].name.clone();
    let mut committed = Vec::new();
    for partition in 0..world.book.topics[topic].partitions.len() as i32 {
        let offset = world.random.below(50) as i64;
        match world.commit_offset(topic, partition, offset) {
            Some(0) => committed.push(offset),
            _ => return false,
        }
    }
    let stored = world.configure(&name, configs) == Some(0);
    // Where that failed it may be stored all the same: else the topic is gone.
    let there = world.topics().get(&name) == Some(&world.book.topics[topic].id);
    assert!(there || !stored, "topic {name} was imported, and is not there");
    if there && !world.damages {
        for (partition, offset) in (0..).zip(committed) {
            let found = world.committed(OTHER_GROUP, topic, partition);
            assert_eq!(found, Some(offset), "{name}-{partition}: what was imported of a group");
        }
    }
    there
}

/// Deletes what is left of an import that failed.
fn undo(world: &mut World, name: &str) {
    world.insist(|world| {
        if !world.topics().contains_key(name) {
            return Some(());
        }
        world.delete_topic(name);
        None
    });
}

//! The client against the broker: frames go from one to the other, and nothing else is real.
#![allow(clippy::unwrap_used, clippy::panic)] // Clippy's exception covers test functions only.

mod host;
mod world;

use ottla::client::{
    AutoOffsetReset, ClientError, Event, IsolationLevel, ProduceRecord, SendId, StartPosition,
    Target,
};
use ottla::protocol::messages::{CreatePartitionsRequest, CreatePartitionsTopic};
use ottla::record::Compression;
use world::{World, config};

#[test]
fn records_go_out_by_key_and_come_back_in_order() {
    for compression in [
        Compression::None,
        Compression::Gzip,
        Compression::Snappy,
        Compression::Lz4,
        Compression::Zstd,
    ] {
        let mut config = config();
        config.producer.compression = compression;
        let mut world = World::with_topic(config, 6);
        let keys: Vec<String> = (0..3_000).map(|at| format!("key {}", at % 100)).collect();
        let lines: Vec<String> = (0..3_000).map(|at| format!("{at} {}", "x".repeat(150))).collect();
        let records = keys.iter().zip(&lines).map(|(key, line)| ProduceRecord {
            key: Some(key.as_bytes()),
            value: Some(line.as_bytes()),
            headers: &[("h", Some(b"1")), ("n", None)],
            ..ProduceRecord::default()
        });
        world.client.produce(world.host.now, SendId(1), "t", records).unwrap();
        world.run();
        let Some(Event::Produced { partitions, error: None, .. }) = world.events.pop_front() else {
            panic!("{:?}", world.events)
        };
        assert!(partitions.len() == 6 && partitions.iter().all(|p| p.base_offset == 0));

        world.assign(6, StartPosition::Earliest);
        let read = world.take_all();
        let number = |line: &String| line.split(' ').next().unwrap().parse::<usize>().unwrap();
        let mut count = 0;
        for (partition, lines) in read {
            let numbers: Vec<usize> = lines.iter().map(number).collect();
            assert!(numbers.is_sorted());
            let chosen = |&at: &usize| {
                ottla::client::murmur2_partition(keys[at].as_bytes(), 6) == partition as usize
            };
            assert!(numbers.iter().all(chosen));
            count += numbers.len();
        }
        assert_eq!(count, 3_000, "{compression:?}");
    }
}

#[test]
fn a_send_is_done_when_it_is_stored_and_a_waiting_consumer_gets_it_then() {
    let mut world = World::with_topic(config(), 1);
    world.assign(1, StartPosition::Latest);
    assert!(world.client.poll_fetched(world.host.now).is_none());
    world.run();
    world.host.hold_commits = true;
    world.send(1, 0, &["a", "b"]);
    world.run();
    assert_eq!(world.done(), None);
    assert!(world.take_all().is_empty());
    world.store_all();
    assert_eq!(world.done(), Some((1, 0)));
    assert_eq!(world.take_all()[&0], ["a", "b"]);
    assert_eq!(world.client.position("t", 0), Some(2));
}

#[test]
fn an_answer_lost_with_the_connection_or_the_broker_doubles_nothing() {
    for restart in [false, true] {
        let mut world = World::with_topic(config(), 1);
        world.send(1, 0, &["a"]);
        world.run();
        assert_eq!(world.done(), Some((1, 0)));
        world.host.hold_commits = true;
        world.send(2, 0, &["b"]);
        world.send(3, 0, &["c"]);
        world.run();
        // Stored, but the answers never arrive.
        while !world.host.commits.is_empty() {
            world.host.store();
        }
        if restart {
            world.restart()
        } else {
            world.cut()
        }
        world.host.hold_commits = false;
        world.pass(1_000);
        assert_eq!([world.done(), world.done()], [Some((2, 1)), Some((3, 2))]);
        world.send(4, 0, &["d"]);
        world.run();
        assert_eq!(world.done(), Some((4, 3)));
        world.assign(1, StartPosition::Earliest);
        assert_eq!(world.take_all()[&0], ["a", "b", "c", "d"], "restart: {restart}");
    }
}

#[test]
fn offsets_are_found_and_records_deleted() {
    let mut config = config();
    config.fetcher.auto_offset_reset = AutoOffsetReset::Earliest;
    let mut world = World::with_topic(config, 2);
    for (id, timestamp) in (0..).zip([1_000, 2_000, 3_000]) {
        let record = ProduceRecord {
            partition: Some(1),
            value: Some(b"v"),
            timestamp: Some(timestamp),
            ..ProduceRecord::default()
        };
        world.client.produce(world.host.now, SendId(id), "t", [record]).unwrap();
        world.run();
    }
    world.events.clear();
    let asked = [("t", 0, -1), ("t", 1, -1), ("t", 1, 1_500), ("t", 1, 9_000), ("t", 7, -1)];
    let isolation_level = IsolationLevel::ReadUncommitted;
    world.client.list_offsets(world.host.now, isolation_level, &asked).unwrap();
    // Partition 7 could be new: the client looks again before it says that there is none.
    world.pass(1_000);
    let Some(Event::OffsetsListed { offsets, .. }) = world.events.pop_front() else { panic!() };
    let found: Vec<Option<i64>> =
        offsets.iter().map(|p| p.result.as_ref().ok().map(|at| at.offset)).collect();
    assert_eq!(found, [Some(0), Some(3), Some(1), Some(-1), None]);

    world.client.delete_records(world.host.now, &[("t", 1, 2)]).unwrap();
    world.run();
    let Some(Event::RecordsDeleted { low_watermarks, .. }) = world.events.pop_front() else {
        panic!()
    };
    assert_eq!(low_watermarks[0].result, Ok(2));
    // The position that is gone is reset to the first that is there.
    world.assign(2, StartPosition::Offset(0));
    world.pass(100);
    assert_eq!(world.take_all()[&1].len(), 1);
    assert_eq!(world.client.position("t", 1), Some(3));
}

#[test]
fn partitions_that_were_just_added_are_found() {
    let mut world = World::with_topic(config(), 1);
    let ask = |world: &mut World, partition: i32| {
        let now = world.host.now;
        world
            .client
            .list_offsets(now, IsolationLevel::ReadUncommitted, &[("t", partition, -1)])
            .unwrap();
        world.run();
        for _ in 0..50 {
            if let Some(Event::OffsetsListed { offsets, .. }) = world.events.pop_front() {
                return offsets[0].result.clone().map(|found| found.offset);
            }
            world.pass(100);
        }
        panic!("no answer")
    };
    assert_eq!(ask(&mut world, 0), Ok(0));
    let grow = CreatePartitionsTopic { name: "t".to_owned(), count: 3, ..Default::default() };
    let request = CreatePartitionsRequest { topics: vec![grow], ..Default::default() };
    world.client.request(world.host.now, Target::Controller, request).unwrap();
    world.run();
    world.events.clear();
    assert_eq!(
        ask(&mut world, 2),
        Ok(0),
        "what was known of the topic is older than the partition"
    );
    assert!(ask(&mut world, 3).is_err());
}

#[test]
fn a_refusal_says_why() {
    let mut world = World::new(config());
    let record = ProduceRecord { value: Some(b"v"), ..ProduceRecord::default() };
    world.client.produce(world.host.now, SendId(1), "no/such", [record]).unwrap();
    world.run();
    let Some(Event::Produced { error: Some(error), .. }) = world.events.pop_front() else {
        panic!("{:?}", world.events)
    };
    assert!(matches!(error, ClientError::Broker { .. }) && !error.is_retriable(), "{error}");
    assert!(error.to_string().contains("INVALID_TOPIC_EXCEPTION"), "{error}");

    // And a topic that is not there is made.
    world.client.produce(world.host.now, SendId(2), "new", [record]).unwrap();
    world.pass(1_000);
    let event = world.events.pop_front();
    assert!(matches!(event, Some(Event::Produced { error: None, .. })), "{event:?}");
}

//! How much room there is: what partitions take, and what happens when there is none left.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers outside of test functions.

mod host;

use host::{Host, batch};
use ottla::Input;
use ottla::protocol::messages as m;
use ottla::storage::StorageError;

const KAFKA_STORAGE_ERROR: i16 = 56;
const HEADROOM: u64 = 1_048_576;

fn tell(host: &mut Host, usable_bytes: u64) {
    host.input(Input::Room { total_bytes: 1 << 30, usable_bytes });
}

fn sizes(host: &mut Host, topics: Option<Vec<(&str, Vec<i32>)>>) -> m::DescribeLogDirsResult {
    let topics = topics.map(|topics| {
        let asked = topics.into_iter().map(|(topic, partitions)| m::DescribableLogDirTopic {
            topic: topic.into(),
            partitions,
        });
        asked.collect()
    });
    let mut response = host.call(&m::DescribeLogDirsRequest { topics }, 4);
    assert_eq!((response.error_code, response.results.len()), (0, 1));
    response.results.remove(0)
}

fn commit_offset(host: &mut Host, offset: i64) -> i16 {
    let partition = m::OffsetCommitRequestPartition {
        partition_index: 0,
        committed_offset: offset,
        ..Default::default()
    };
    let topic = m::OffsetCommitRequestTopic {
        name: "t".into(),
        partitions: vec![partition],
        ..Default::default()
    };
    let request = m::OffsetCommitRequest {
        group_id: "g".into(),
        generation_id_or_member_epoch: -1,
        topics: vec![topic],
        ..Default::default()
    };
    host.call(&request, 8).topics[0].partitions[0].error_code
}

#[test]
fn each_partition_tells_what_it_takes() {
    let mut host = Host::new();
    host.create("a", 2, &[]);
    host.create("t", 1, &[]);
    let batch = batch(1, &["one", "two"]);
    let size = batch.len() as i64;
    for partition in [1, 1] {
        host.produce("a", partition, batch.clone());
    }
    let all = sizes(&mut host, None);
    assert_eq!((all.total_bytes, all.usable_bytes), (-1, -1), "nobody has told");
    let found: Vec<_> = all
        .topics
        .iter()
        .flat_map(|topic| {
            topic
                .partitions
                .iter()
                .map(|p| (topic.name.as_str(), p.partition_index, p.partition_size))
        })
        .collect();
    assert_eq!(found, [("a", 0, 0), ("a", 1, 2 * size), ("t", 0, 0)]);

    tell(&mut host, 10_000_000);
    host.produce("t", 0, batch);
    let some = sizes(&mut host, Some(vec![("a", vec![1, 7]), ("no-such", vec![0])]));
    assert_eq!((some.total_bytes, some.usable_bytes), (1 << 30, 10_000_000 - size));
    assert_eq!(some.topics.len(), 1);
    assert_eq!(some.topics[0].partitions.len(), 1);
}

#[test]
fn producers_are_refused_before_the_room_is_used_up_and_nobody_else_is() {
    let mut host = Host::new();
    host.create("t", 1, &[]);
    host.create("passing", 1, &[("ottla.durability", "memory")]);
    let large = "x".repeat(1000);
    assert_eq!(host.produce("t", 0, batch(1, &["before anything is told"])).error_code, 0);
    tell(&mut host, HEADROOM + 1500);
    assert_eq!(host.produce("t", 0, batch(1, &[&large])).error_code, 0);
    // What was appended since counts.
    assert_eq!(host.produce("t", 0, batch(1, &[&large])).error_code, 0);
    let refused = host.produce("t", 0, batch(1, &["one more"]));
    assert_eq!(refused.error_code, KAFKA_STORAGE_ERROR);
    let message = refused.error_message.unwrap();
    assert!(message.contains("full") && message.contains("ottla.headroom.bytes"), "{message}");

    assert_eq!(commit_offset(&mut host, 2), 0);
    assert_eq!(host.produce("passing", 0, batch(1, &["takes no storage"])).error_code, 0);
    assert_eq!(host.read_all("t", 0, 0).len(), 3);
    assert_eq!(host.create("another", 1, &[]), 0);

    tell(&mut host, 10 * HEADROOM);
    assert_eq!(host.produce("t", 0, batch(1, &["room again"])).error_code, 0);
}

#[test]
fn segments_that_could_not_be_dropped_are_dropped_at_once_where_that_is_possible() {
    let mut host = Host::with(&[("ottla.headroom.bytes", "2000")]);
    host.create("drops", 1, &[("segment.bytes", "1000"), ("ottla.full.policy", "drop")]);
    let value = "x".repeat(700);
    for at in 0..10 {
        assert_eq!(host.produce("drops", 0, batch(at, &[&value])).error_code, 0);
    }
    // A commit finds no room, of which the broker hears first.
    host.hold_commits = true;
    host.send(&host::produce("drops", 0, batch(10, &[&value])), 9);
    tell(&mut host, 0);
    host.hold_commits = false;
    host.fail_commit(StorageError::Full("no room".into()));
    let (_, refused) = host.response::<m::ProduceRequest>(9).unwrap();
    assert_eq!(refused.responses[0].partition_responses[0].error_code, KAFKA_STORAGE_ERROR);
    assert_eq!(host.list_offset("drops", 0, -2).1, 6, "4,000 bytes are wanted");
    let mut host = host.reopen();
    assert_eq!(host.list_offset("drops", 0, -2).1, 6);
}

#[test]
fn topics_that_may_lose_their_oldest_segments_for_room() {
    let mut host = Host::with(&[("ottla.headroom.bytes", "2000")]);
    let small = ("segment.bytes", "1000");
    host.create("drops", 2, &[small, ("ottla.full.policy", "drop")]);
    host.create("keeps", 1, &[small]);
    let value = "x".repeat(700);
    for at in 0..10 {
        let batch = batch(1_000 * i64::from(at), &[&value]);
        for (topic, partition) in [("keeps", 0), ("drops", at % 2)] {
            assert_eq!(host.produce(topic, partition, batch.clone()).error_code, 0);
        }
    }
    tell(&mut host, 2_001);
    let starts =
        |host: &mut Host| [0, 1].map(|partition| host.list_offset("drops", partition, -2).1);
    assert_eq!(starts(&mut host), [0, 0], "there is room");
    // 500 are lacking, and 2,000 more are made: four segments, the oldest ones.
    tell(&mut host, 1_500);
    assert_eq!(starts(&mut host), [2, 2]);
    assert_eq!(host.list_offset("keeps", 0, -2).1, 0);
    // The browser frees them in its own time.
    tell(&mut host, 1_500);
    assert_eq!(starts(&mut host), [2, 2]);
    host.pass(60_000);
    tell(&mut host, 0);
    assert_eq!(starts(&mut host), [4, 4], "never the active segment");
    assert_eq!(host.read_all("drops", 0, 4).len(), 1);
    // So it is after opening.
    let mut host = host.reopen();
    assert_eq!(starts(&mut host), [4, 4]);
}

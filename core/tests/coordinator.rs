//! The coordinator beside its groups: what it stores, what it reads back, and where it is.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers outside of test functions.

mod host;

use host::{CLIENT, Host, config};
use ottla::protocol::messages as m;
use ottla::storage::{Durability, StorageError};
use ottla::{BrokerConfig, ConnectionId, Input};

fn commit(group: &str, offset: i64, metadata: &str) -> m::OffsetCommitRequest {
    let partition = m::OffsetCommitRequestPartition {
        partition_index: 0,
        committed_offset: offset,
        committed_metadata: Some(metadata.to_owned()),
        ..Default::default()
    };
    m::OffsetCommitRequest {
        group_id: group.to_owned(),
        topics: vec![m::OffsetCommitRequestTopic {
            name: "t".into(),
            partitions: vec![partition],
            ..Default::default()
        }],
        ..Default::default()
    }
}

fn commit_to(host: &mut Host, group: &str, offset: i64, metadata: &str) -> i16 {
    let response = host.call(&commit(group, offset, metadata), 9);
    response.topics[0].partitions[0].error_code
}

/// All offsets of groups, as `(offset, metadata)` of `t` partition 0.
fn fetch(host: &mut Host, groups: &[&str]) -> Vec<Option<(i64, String)>> {
    let group = |id: &&str| m::OffsetFetchRequestGroup {
        group_id: (*id).to_owned(),
        topics: None,
        ..Default::default()
    };
    let groups = groups.iter().map(group).collect();
    let request = m::OffsetFetchRequest { groups, ..Default::default() };
    let found = |group: m::OffsetFetchResponseGroup| {
        assert_eq!(group.error_code, 0);
        let partition = group.topics.first()?.partitions.first()?.clone();
        Some((partition.committed_offset, partition.metadata.unwrap()))
    };
    host.call(&request, 9).groups.into_iter().map(found).collect()
}

#[test]
fn offsets_are_read_back_a_part_at_a_time() {
    let mut host = Host::with(&[("ottla.cache.bytes", "0")]);
    host.create("t", 1, &[]);
    // 8 MB of commits, of which the last of each group counts.
    let metadata = "x".repeat(4_000);
    for offset in 0..2_000 {
        let group = format!("group-{}", offset % 100);
        assert_eq!(commit_to(&mut host, &group, offset, &metadata), 0);
    }
    let log = host
        .storage
        .segments_mut()
        .iter()
        .map(|(_, pieces)| pieces.iter().map(|(_, bytes)| bytes.len()).sum::<usize>());
    let size: usize = log.sum();
    assert!(size > 8_000_000, "{size} bytes");
    let settings = [("ottla.cache.bytes", "0")];
    let mut host = Host::held_at(host.now, config(&settings), host.storage);
    let mut largest = 0;
    while !host.loads.is_empty() {
        let before = host.loaded_bytes;
        host.load();
        largest = largest.max(host.loaded_bytes - before);
    }
    assert!(largest < 1_400_000, "{largest} bytes at once");
    assert!(host.loaded_bytes < size + 600_000, "{} of {size} bytes", host.loaded_bytes);
    let found = fetch(&mut host, &["group-0", "group-99", "group-100"]);
    assert_eq!(found, [Some((1_900, metadata.clone())), Some((1_999, metadata)), None]);
    assert_eq!(host.notices, Vec::<String>::new());
}

#[test]
fn a_damaged_commit_costs_that_commit() {
    let mut host = Host::new();
    host.create("t", 1, &[]);
    for (group, offset) in [("a", 1), ("b", 2), ("c", 3)] {
        assert_eq!(commit_to(&mut host, group, offset, &format!("of {group}")), 0);
    }
    for (_, pieces) in host.storage.segments_mut() {
        for (_, piece) in pieces {
            let at = piece.windows(4).position(|window| window == b"of b");
            if let Some(at) = at {
                let mut bytes = piece.to_vec();
                bytes[at] ^= 1;
                *piece = bytes.into();
            }
        }
    }
    let mut host = host.reopen();
    assert_eq!(
        fetch(&mut host, &["a", "b", "c"]),
        [Some((1, "of a".into())), None, Some((3, "of c".into()))]
    );
    assert!(host.notices[0].contains("topic __consumer_offsets partition 0"), "{:?}", host.notices);
}

#[test]
fn offsets_that_cannot_be_read_end_the_broker_rather_than_to_be_forgotten() {
    let mut host = Host::with(&[("ottla.cache.bytes", "0")]);
    host.create("t", 1, &[]);
    commit_to(&mut host, "g", 1, "");
    let settings = [("ottla.cache.bytes", "0")];
    let mut host = Host::held_at(host.now, config(&settings), host.storage);
    host.connect(ConnectionId(7));
    while host.broker.poll_deadline().is_none() && !host.broker.is_serving() {
        host.load();
    }
    host.send_from(ConnectionId(7), &commit("g", 2, ""), 9);
    let (load, _) = host.loads.pop_front().expect("the log of __consumer_offsets is asked for");
    let result = Err(StorageError::Failed("gone".into()));
    host.input(Input::Loaded { load, result });
    assert_eq!(host.failed, Some(StorageError::Failed("gone".into())));
    assert_eq!(host.closed.len(), 1, "who waits is not kept waiting: {:?}", host.closed);
}

#[test]
fn what_is_stored_is_kafkas_and_can_be_consumed() {
    let mut host = Host::new();
    host.create("t", 1, &[]);
    assert_eq!(host.fetch("__consumer_offsets", 0, 0).error_code, 3, "not before it is needed");
    commit_to(&mut host, "g", 5, "mine");
    host.call(&m::DeleteGroupsRequest { groups_names: vec!["g".into()] }, 2);
    let records = host.read_all("__consumer_offsets", 0, 0);
    let keys: Vec<&[u8]> = records.iter().map(|record| &record.key.as_ref().unwrap()[..]).collect();
    let offset_key = [0, 1, 0, 1, b'g', 0, 1, b't', 0, 0, 0, 0];
    assert_eq!(keys, [&offset_key[..], &offset_key, &[0, 2, 0, 1, b'g']]);
    let values: Vec<bool> = records.iter().map(|record| record.value.is_some()).collect();
    assert_eq!(values, [true, false, false], "tombstones");
    let described = host.call(
        &m::DescribeConfigsRequest {
            resources: vec![m::DescribeConfigsResource {
                resource_type: 2,
                resource_name: "__consumer_offsets".into(),
                configuration_keys: Some(vec!["cleanup.policy".into()]),
            }],
            ..Default::default()
        },
        4,
    );
    assert_eq!(described.results[0].configs[0].value.as_deref(), Some("compact"));
}

#[test]
fn groups_are_coordinated_where_their_partition_is_led() {
    let mut settings: BrokerConfig = config(&[("offsets.topic.num.partitions", "2")]);
    settings.add_node("second", 9093);
    let mut host = Host::open(settings, Default::default());
    host.create("t", 1, &[]);
    let second = ConnectionId(2);
    host.connect_to(1, second);
    // "a" hashes to 97 and "b" to 98.
    let request = m::FindCoordinatorRequest {
        coordinator_keys: vec!["a".into(), "b".into()],
        ..Default::default()
    };
    let found = host.call(&request, 4).coordinators;
    let nodes: Vec<_> = found.iter().map(|c| (c.node_id, c.host.as_str(), c.port)).collect();
    assert_eq!(nodes, [(1, "second", 9093), (0, "localhost", 9092)]);
    assert_eq!(commit_to(&mut host, "a", 1, ""), 16, "NOT_COORDINATOR");
    assert_eq!(commit_to(&mut host, "b", 1, ""), 0);
    host.send_from(second, &commit("a", 2, ""), 9);
    let (_, response) = host.response::<m::OffsetCommitRequest>(9).unwrap();
    assert_eq!(response.topics[0].partitions[0].error_code, 0);
    let mut listed = Vec::new();
    for connection in [CLIENT, second] {
        host.send_from(connection, &m::ListGroupsRequest::default(), 4);
        let (_, response) = host.response::<m::ListGroupsRequest>(4).unwrap();
        listed.push(response.groups.into_iter().map(|group| group.group_id).collect::<Vec<_>>());
    }
    assert_eq!(listed, [["b"], ["a"]], "each broker lists its own");
    assert_eq!(host.read_all("__consumer_offsets", 0, 0).len(), 1);
}

#[test]
fn from_version_10_on_topics_go_by_their_ids() {
    let mut host = Host::new();
    host.create("t", 1, &[]);
    let metadata = host.call(&m::MetadataRequest::default(), 12);
    let topic_id = metadata.topics[0].topic_id;
    let other = ottla::Uuid::from_random(7);
    let mut codes = Vec::new();
    for id in [topic_id, other, ottla::Uuid::ZERO] {
        let mut request = commit("g", 5, "mine");
        request.topics[0].name = String::new();
        request.topics[0].topic_id = id;
        let response = host.call(&request, 10);
        assert_eq!(response.topics[0].topic_id, id);
        codes.push(response.topics[0].partitions[0].error_code);
    }
    assert_eq!(codes, [0, 100, 100], "UNKNOWN_TOPIC_ID");
    let asked = |topic_id| m::OffsetFetchRequestTopics {
        topic_id,
        partition_indexes: vec![0],
        ..Default::default()
    };
    for topics in [Some(vec![asked(topic_id), asked(other)]), None] {
        let group = m::OffsetFetchRequestGroup {
            group_id: "g".into(),
            topics: topics.clone(),
            ..Default::default()
        };
        let request = m::OffsetFetchRequest { groups: vec![group], ..Default::default() };
        let found = host.call(&request, 10).groups.remove(0).topics;
        let of = |t: &m::OffsetFetchResponseTopics| {
            (t.topic_id, t.partitions[0].committed_offset, t.partitions[0].error_code)
        };
        let found: Vec<_> = found.iter().map(of).collect();
        match topics {
            Some(_) => assert_eq!(found, [(topic_id, 5, 0), (other, -1, 100)]),
            None => assert_eq!(found, [(topic_id, 5, 0)]),
        }
    }
}

#[test]
fn clients_do_not_write_what_the_broker_keeps_for_itself() {
    let mut host = Host::new();
    host.create("t", 1, &[]);
    commit_to(&mut host, "g", 1, "");
    let batch = host::batch(1, &["anything"]);
    assert_eq!(host.produce("__consumer_offsets", 0, batch).error_code, 17, "INVALID_TOPIC");
    assert_eq!(host.list_offset("__consumer_offsets", 0, -1), (0, 1, -1));
}

#[test]
fn commits_are_refused_while_too_much_waits_for_storage() {
    let mut host = Host::with(&[("ottla.unstored.bytes", "1000")]);
    host.create("t", 1, &[]);
    host.hold_commits = true;
    for offset in 0..3 {
        host.send(&commit("g", offset, &"x".repeat(600)), 9);
    }
    host.hold_commits = false;
    while !host.commits.is_empty() {
        host.store();
    }
    let mut codes = Vec::new();
    while let Some((_, response)) = host.response::<m::OffsetCommitRequest>(9) {
        codes.push(response.topics[0].partitions[0].error_code);
    }
    assert_eq!(codes, [0, 0, 15], "COORDINATOR_NOT_AVAILABLE makes the client try again");
    assert_eq!(fetch(&mut host, &["g"]), [Some((1, "x".repeat(600)))]);
}

#[test]
fn commits_are_stored_though_other_topics_live_in_memory() {
    let mut host = Host::with(&[("ottla.durability", "memory")]);
    host.create("t", 1, &[]);
    commit_to(&mut host, "g", 1, "");
    host.hold_commits = true;
    host.send(&commit("g", 5, ""), 9);
    assert_eq!(host.commits.len(), 1, "it is handed to storage");
    assert_eq!(host.commits[0].durability, Durability::Relaxed, "as any topic's records are");
    assert!(host.responses.is_empty(), "and acknowledged when it is there");
}

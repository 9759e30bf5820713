//! What leaves when, and who is told what.

use super::*;
use crate::record::Compression;

#[test]
fn a_lone_record_leaves_at_once_and_a_flood_in_few_requests() {
    let mut rig = Rig::new(config());
    rig.send(1, 0, &["a"]).unwrap();
    let (seen, request) = rig.expect::<ProduceRequest>();
    assert_eq!(seen.header.api_version, 13);
    assert_eq!((request.acks, text(&request)), (-1, "0[a] 0/0".to_owned()));
    rig.produced(&seen, &request, ErrorCode::None, 10);
    assert_eq!(rig.outcome(), "1: 0@10");

    // In the very call, once all is known.
    let record = ProduceRecord { partition: Some(0), value: Some(b"b"), ..Default::default() };
    rig.client.produce(rig.now, SendId(2), "t", [record]).unwrap();
    assert!(matches!(rig.client.poll_output(), Some(ClientOutput::Send { frame, .. })
        if peek_header(frame.clone()).unwrap().0.api_key == 0));

    for id in 3..5_003 {
        let record = ProduceRecord {
            partition: Some(id as i32 % 2),
            value: Some(&[7; 100]),
            ..Default::default()
        };
        rig.client.produce(rig.now, SendId(id), "t", [record]).unwrap();
    }
    rig.run();
    let mut requests = 0;
    while let Some(seen) = rig.inbox.pop_front() {
        requests += 1;
        let (_, from) = peek_header(seen.frame.clone()).unwrap();
        let request: ProduceRequest = decode_request(&seen.header, from).unwrap();
        rig.produced(&seen, &request, ErrorCode::None, 100);
    }
    assert!(requests < 20, "{requests} requests");
    // The request for send 2 was taken from the outputs above, and so never answered.
    assert!(rig.client.pending_sends() > 0);
}

#[test]
fn one_send_completes_once_with_each_partition() {
    let mut rig = Rig::new(config());
    let records = [0, 1, 0, 1, 1].map(|partition| ProduceRecord {
        partition: Some(partition),
        value: Some(b"v"),
        ..ProduceRecord::default()
    });
    rig.client.produce(rig.now, SendId(5), "t", records).unwrap();
    rig.run();
    let (seen, request) = rig.expect::<ProduceRequest>();
    assert_eq!(text(&request), "0[v v] 0/0, 1[v v v] 0/0");
    let answer = produce_answer(&request, |p| (ErrorCode::None, 10 * i64::from(p)));
    rig.answer(&seen, &answer);
    assert_eq!(rig.outcome(), "5: 0@0 1@10");
    assert!(rig.events.is_empty());
    assert_eq!((rig.client.buffered_bytes(), rig.client.pending_sends()), (0, 0));
}

#[test]
fn sends_that_share_a_batch_get_their_own_offsets() {
    let mut config = config();
    config.producer.linger_ms = 20;
    let mut rig = Rig::new(config);
    rig.send(1, 0, &["a", "b"]).unwrap();
    rig.send(2, 0, &["c"]).unwrap();
    rig.send(3, 0, &["d"]).unwrap();
    assert!(rig.inbox.is_empty(), "it lingers");
    rig.pass_by_deadlines(20);
    let (seen, request) = rig.expect::<ProduceRequest>();
    assert_eq!(text(&request), "0[a b c d] 0/0");
    rig.produced(&seen, &request, ErrorCode::None, 50);
    assert_eq!([rig.outcome(), rig.outcome(), rig.outcome()], ["1: 0@50", "2: 0@52", "3: 0@53"]);

    rig.send(4, 0, &["e"]).unwrap();
    assert!(rig.inbox.is_empty());
    rig.client.flush(rig.now);
    rig.run();
    assert_eq!(text(&rig.expect::<ProduceRequest>().1), "0[e] 0/4");
}

#[test]
fn batches_stay_below_their_size_and_a_large_record_travels_alone() {
    let mut config = config();
    config.producer.batch_size_bytes = 300;
    config.producer.compression = Compression::Gzip;
    let mut rig = Rig::new(config);
    let (small, large) = ("s".repeat(60), "l".repeat(1_000));
    rig.send(1, 0, &[&small, &small, &small, &large, &small]).unwrap();
    let mut counts = Vec::new();
    while !rig.inbox.is_empty() {
        let (seen, request) = rig.expect::<ProduceRequest>();
        counts.push(text(&request).split(' ').count() - 1);
        rig.produced(&seen, &request, ErrorCode::None, 0);
    }
    assert_eq!(counts, [3, 1, 1]);
    assert_eq!(rig.outcome(), "1: 0@0");
}

#[test]
fn keys_choose_their_partitions_and_records_without_a_key_stick() {
    let mut rig = Rig::new(config());
    let keyed = ["a", "b", "c", "d", "e"].map(|key| ProduceRecord {
        key: Some(key.as_bytes()),
        value: Some(key.as_bytes()),
        ..ProduceRecord::default()
    });
    rig.client.produce(rig.now, SendId(1), "t", keyed).unwrap();
    rig.run();
    let (seen, request) = rig.expect::<ProduceRequest>();
    let of = |key: &&str, p| murmur2_partition(key.as_bytes(), 2) == p;
    let there = |p| ["a", "b", "c", "d", "e"].into_iter().filter(|k| of(k, p)).collect::<Vec<_>>();
    let expected = format!("0[{}] 0/0, 1[{}] 0/0", there(0).join(" "), there(1).join(" "));
    assert_eq!(text(&request), expected);
    rig.produced(&seen, &request, ErrorCode::None, 0);

    let plain = [ProduceRecord { value: Some(b"x"), ..ProduceRecord::default() }; 50];
    rig.client.produce(rig.now, SendId(2), "t", plain).unwrap();
    rig.run();
    let (_, request) = rig.expect::<ProduceRequest>();
    assert_eq!(request.topic_data[0].partition_data.len(), 1);
}

#[test]
fn the_other_partitioners_take_turns_or_hash_as_librdkafka() {
    for partitioner in [Partitioner::RoundRobin, Partitioner::Crc32] {
        let mut config = config();
        config.producer.partitioner = partitioner;
        let mut rig = Rig::new(config);
        let keyed = ["a", "b", "c", "d", "e"].map(|key| ProduceRecord {
            key: Some(key.as_bytes()),
            value: Some(key.as_bytes()),
            ..ProduceRecord::default()
        });
        rig.client.produce(rig.now, SendId(1), "t", keyed).unwrap();
        rig.run();
        let (_, request) = rig.expect::<ProduceRequest>();
        // CRC-32 of "a" to "e": e8b7be43, 71beeff9, 06b9df6f, 98dd4acc, efda7a5a.
        let expected = match partitioner {
            Partitioner::RoundRobin => "0[a c e] 0/0, 1[b d] 0/0",
            _ => "1[a b c] 0/0, 0[d e] 0/0",
        };
        assert_eq!(text(&request), expected);
    }
}

#[test]
fn no_partition_waits_for_another_s_backlog() {
    let mut config = config();
    config.producer.batch_size_bytes = 100;
    config.producer.max_request_size_bytes = 150;
    config.producer.max_in_flight = 1;
    let mut rig = Rig::new(config);
    for partition in [0, 1] {
        rig.send(1, partition, &["a".repeat(30).as_str(); 3]).unwrap();
    }
    let mut turns = Vec::new();
    while !rig.inbox.is_empty() {
        let (seen, request) = rig.expect::<ProduceRequest>();
        turns.extend(request.topic_data[0].partition_data.iter().map(|p| p.index));
        rig.produced(&seen, &request, ErrorCode::None, 0);
    }
    // The first leaves before there is a second partition.
    assert_eq!(turns, [0, 0, 1, 0, 1, 1]);
}

#[test]
fn what_does_not_fit_is_refused_whole() {
    let mut config = config();
    config.producer.buffer_memory_bytes = 1_000;
    config.producer.max_record_size_bytes = 500;
    let mut rig = Rig::new(config);
    let value = "v".repeat(400);
    rig.send(1, 0, &[&value, &value]).unwrap();
    let error = rig.send(2, 0, &["a", &value]).unwrap_err();
    assert!(matches!(error, ClientError::BufferFull { .. }), "{error}");
    assert!(error.is_retriable());
    let error = rig.send(3, 0, &["a", &"v".repeat(500)]).unwrap_err();
    assert!(matches!(error, ClientError::RecordTooLarge { .. }), "{error}");
    assert!(matches!(rig.send(4, 0, &[]), Err(ClientError::BadArgument(_))));
    assert!(matches!(rig.send(5, -1, &["a"]), Err(ClientError::BadArgument(_))));
    assert!(rig.events.is_empty());

    while !rig.inbox.is_empty() {
        let (seen, request) = rig.expect::<ProduceRequest>();
        assert!(!text(&request).contains('a'));
        rig.produced(&seen, &request, ErrorCode::None, 0);
    }
    assert_eq!(rig.outcome(), "1: 0@0");
    // What has no room by itself gets it while there is nothing else.
    rig.send(6, 0, &[&value, &value, &value]).unwrap();
    let error = rig.send(7, 0, &["a"]).unwrap_err();
    assert!(matches!(error, ClientError::BufferFull { .. }), "{error}");
}

#[test]
fn what_is_larger_than_a_request_travels_in_one_of_its_own() {
    let mut config = config();
    config.producer.max_request_size_bytes = 500;
    let mut rig = Rig::new(config);
    let large = "l".repeat(5_000);
    let records = [0, 1].map(|partition| ProduceRecord {
        partition: Some(partition),
        value: Some(large.as_bytes()),
        ..ProduceRecord::default()
    });
    rig.client.produce(rig.now, SendId(1), "t", records).unwrap();
    rig.run();
    for partition in ["0[l", "1[l"] {
        let (seen, request) = rig.expect::<ProduceRequest>();
        assert!(text(&request).starts_with(partition) && !text(&request).contains(','));
        rig.produced(&seen, &request, ErrorCode::None, 0);
    }
    assert_eq!(rig.outcome(), "1: 0@0 1@0");
}

#[test]
fn without_acknowledgements_a_send_is_done_when_it_is_sent() {
    let mut config = config();
    config.producer.idempotent = false;
    config.producer.acks = Acks::None;
    let mut rig = Rig::new(config);
    rig.send(1, 0, &["a"]).unwrap();
    assert_eq!(text(&rig.expect::<ProduceRequest>().1), "0[a]");
    assert_eq!(rig.outcome(), "1: 0@-1");
    rig.pass_by_deadlines(100_000);
    assert!(rig.events.is_empty());
}

#[test]
fn an_unknown_topic_waits_for_its_creation_and_then_fails() {
    let mut rig = Rig::new(config());
    rig.topics.clear();
    rig.send(1, 1, &["a"]).unwrap();
    rig.send(2, 0, &["b"]).unwrap();
    assert!(rig.inbox.is_empty());
    rig.topics.insert("t".to_owned(), vec![(0, 0)]);
    rig.pass_by_deadlines(1_000);
    let (seen, request) = rig.expect::<ProduceRequest>();
    assert_eq!(text(&request), "0[b] 0/0");
    let outcome = rig.outcome();
    assert!(outcome.starts_with("1: ! produce to t-1: the broker answered UNKNOWN_TOPIC"));
    rig.produced(&seen, &request, ErrorCode::None, 0);
    assert_eq!(rig.outcome(), "2: 0@0");

    rig.topics.clear();
    rig.client.produce(rig.now, SendId(3), "u", [ProduceRecord::default()]).unwrap();
    rig.run();
    rig.pass_by_deadlines(60_000);
    assert!(rig.outcome().contains("UNKNOWN_TOPIC_OR_PARTITION"));
    assert_eq!((rig.client.buffered_bytes(), rig.client.pending_sends()), (0, 0));
}

#[test]
fn a_partition_added_meanwhile_is_found() {
    let mut rig = Rig::new(config());
    rig.send(1, 0, &["a"]).unwrap();
    let (seen, request) = rig.expect::<ProduceRequest>();
    rig.produced(&seen, &request, ErrorCode::None, 0);
    rig.topics.insert("t".to_owned(), vec![(0, 0); 3]);
    rig.send(2, 2, &["b"]).unwrap();
    rig.pass_by_deadlines(1_000);
    assert_eq!(text(&rig.expect::<ProduceRequest>().1), "2[b] 0/0");
}

#[test]
fn closing_fails_what_is_not_stored() {
    let mut rig = Rig::new(config());
    rig.send(1, 0, &["a"]).unwrap();
    rig.client.close(rig.now);
    rig.run();
    assert!(rig.outcome().contains("closed"));
    assert!(rig.links.is_empty());
    assert_eq!(rig.send(2, 0, &["a"]), Err(ClientError::Closed));
    assert_eq!(rig.client.poll_deadline(rig.now), None);
}

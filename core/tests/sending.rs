//! What a producer promises while connections are cut, answers are lost and records are refused, at
//! random: nothing is stored twice, and the order of each partition stays.
#![allow(clippy::unwrap_used, clippy::panic)] // Clippy's exception covers test functions only.

mod host;
mod world;

use ottla::client::{ClientError, Event, StartPosition};
use ottla::protocol::ErrorCode;
use world::{Random, World, config};

/// One of the things that may happen between two sends.
fn happen(world: &mut World, random: &mut Random) {
    match random.below(12) {
        0 => world.cut(),
        1..6 => world.run(),
        6 => world.pass(random.below(700)),
        7..10 if !world.host.commits.is_empty() => world.host.store(),
        10 => {
            if let Some(output) = world.client.poll_output() {
                world.carry_out(output);
            }
        }
        _ => {}
    }
}

/// Lets everything end that has begun.
fn end(world: &mut World) {
    world.host.hold_commits = false;
    while !world.host.commits.is_empty() {
        world.host.store();
    }
    world.pass(240_000);
    assert_eq!(world.client.buffered_bytes(), 0);
}

#[test]
fn order_and_count_survive_cut_connections() {
    for seed in 0..60 {
        let mut random = Random::new(seed);
        let mut config = config();
        config.retry.retries = 1_000;
        config.producer.max_partial_in_flight = 5;
        let mut world = World::with_topic(config, 2);
        world.host.hold_commits = true;
        let mut sent = [Vec::new(), Vec::new()];
        for id in 0..200 {
            let partition = random.below(2) as usize;
            let value = id.to_string();
            world.send(id, partition as i32, &[&value]);
            sent[partition].push(value);
            happen(&mut world, &mut random);
        }
        end(&mut world);
        let done = std::iter::from_fn(|| world.done()).count();
        assert_eq!(done, 200, "seed {seed}");
        world.assign(2, StartPosition::Earliest);
        let read = world.take_all();
        assert_eq!([&read[&0], &read[&1]], [&sent[0], &sent[1]], "seed {seed}");
    }
}

/// Some records are too large for the topic, so that sequence numbers are lost among batches of which
/// the client does not know what became of them. With few retries it gives such batches up, too.
#[test]
fn no_record_is_stored_twice_where_others_are_refused() {
    for seed in 0..100 {
        let mut random = Random::new(seed);
        let mut config = config();
        let patient = seed % 2 == 0;
        config.retry.retries = if patient { 1_000 } else { 1 };
        config.producer.max_partial_in_flight = 5;
        let mut world = World::with_topic_of(config, 1, &[("max.message.bytes", "400")]);
        // Of a producer that it does not know, a broker takes any sequence number, and in any order.
        world.send(0, 0, &["0"]);
        world.run();
        assert_eq!(world.done(), Some((0, 0)));
        world.host.hold_commits = seed % 3 == 0;
        world.one_unclear_of = 6;
        let large = |id: u64| id % 7 == 3;
        for id in 1..150 {
            let padding = if large(id) { 400 } else { random.below(150) as usize };
            world.send(id, 0, &[&format!("{id} {}", "x".repeat(padding))]);
            happen(&mut world, &mut random);
        }
        world.one_unclear_of = 0;
        end(&mut world);
        world.assign(1, StartPosition::Earliest);
        let number = |line: &String| line.split(' ').next().unwrap().parse::<u64>().unwrap();
        let read: Vec<u64> = world.take_all()[&0].iter().map(number).collect();
        assert!(read.is_sorted_by(|a, b| a < b), "seed {seed}: {read:?}");
        let mut done = 0;
        for event in std::mem::take(&mut world.events) {
            let Event::Produced { send, error, .. } = event else { continue };
            done += 1;
            match error {
                None => assert!(read.contains(&send.0), "seed {seed}: {} is lost", send.0),
                Some(ClientError::Broker { code: ErrorCode::MessageTooLarge, .. }) => {
                    assert!(large(send.0) && !read.contains(&send.0), "seed {seed}: {}", send.0);
                }
                Some(error) => assert!(!patient, "seed {seed}: {}: {error}", send.0),
            }
        }
        assert_eq!(done, 149, "seed {seed}");
    }
}

//! One seed: a few clients over a broker that rolls, expires and compacts small segments all the time,
//! on a storage that is slow, full, failing or damaged, and that dies.

use ottla::BrokerConfig;
use ottla::client::StartPosition;

use crate::book::Promise;
use crate::clients::{Actor, GROUP};
use crate::disk::Flips;
use crate::full;
use crate::import::import;
use crate::random::Random;
use crate::sabotage::Saboteur;
use crate::world::{Room, Weather, What, World};

pub(crate) const NAMES: [&str; 4] = ["t", "u", "v", "w"];
/// Names and values.
pub(crate) type Configs = Vec<(&'static str, String)>;
/// How long clients may take to come to their ends once nothing fails any more.
const PATIENCE_MS: u64 = 120_000;
pub(crate) const CALM: Weather = Weather {
    commit_ms: 4,
    load_ms: 4,
    network_ms: 3,
    failing_commits: 0,
    failing_loads: 0,
    flips: Flips { records: 0, metadata: 0 },
};

/// Runs a seed. Whatever does not hold panics.
pub(crate) fn run(seed: u64, saboteur: Saboteur) {
    let mut random = Random::new(seed);
    let mut config = config(&mut random);
    let headroom = [500, 2_000, 1 << 20][random.below(3)];
    config.set("ottla.headroom.bytes", &headroom.to_string()).unwrap();
    let room = Room::new(random.chance(2), random.chance(2), headroom);
    let large = if random.chance(10) { 40_000 } else { 600 };
    let damages = random.chance(4);
    let mut world = World::new(random, config, saboteur);
    world.weather = CALM;
    world.large = large;
    world.damages = damages;
    world.room = room;
    for _ in 0..1 + world.random.below(3) {
        create(&mut world);
    }
    populate(&mut world);
    for _ in 0..3 + world.random.below(8) {
        let pause_ms = if world.random.chance(6) { 6_000 } else { 500 };
        let pause_ms = world.random.below(pause_ms) as u64;
        world.pass(pause_ms);
        something(&mut world);
    }
    end(&mut world);
}

fn config(random: &mut Random) -> BrokerConfig {
    let mut config = BrokerConfig::new();
    let mut set = |name: &str, values: &[&str]| {
        config.set(name, values[random.below(values.len())]).unwrap();
    };
    set("ottla.cache.bytes", &["0", "1500", "16777216"]);
    set("ottla.unstored.bytes", &["3000", "67108864"]);
    set("log.retention.check.interval.ms", &["500", "1000", "5000"]);
    set("log.cleaner.dedupe.buffer.size", &["1048576"]);
    set("log.cleaner.io.buffer.size", &["65536", "524288"]);
    set("offsets.topic.segment.bytes", &["400", "3000"]);
    set("offsets.topic.num.partitions", &["1", "2"]);
    config
}

fn populate(world: &mut World) {
    let rest_ms = [100, 300, 800][world.random.below(3)];
    let most_bytes = if world.large > 1_000 { 60_000 } else { 900 };
    let random = &mut world.random;
    world.actors.push(Actor::producer(random, true, rest_ms, most_bytes));
    if random.chance(3) {
        let idempotent = random.chance(2);
        world.actors.push(Actor::producer(random, idempotent, rest_ms, most_bytes));
    }
    world.actors.push(Actor::consumer(random, 500));
    assign(world, false);
}

/// Consumers read all that there is from where they are, or from what is committed.
pub(crate) fn assign(world: &mut World, anew: bool) {
    let live = (0..world.book.topics.len())
        .filter(|topic| world.book.topics[*topic].alive && !world.book.topics[*topic].leaving);
    let mut wanted = Vec::new();
    for topic in live.collect::<Vec<_>>() {
        for partition in 0..world.book.topics[topic].partitions.len() as i32 {
            let committed = if anew { world.committed(GROUP, topic, partition) } else { None };
            let start = committed.map_or(StartPosition::Earliest, StartPosition::Offset);
            wanted.push((world.book.topics[topic].name.clone(), partition, start));
        }
    }
    for at in 0..world.actors.len() {
        if world.actors[at].consumes() {
            world.actors[at].assign(world.now, &wanted);
            world.tend(at);
        }
    }
}

fn create(world: &mut World) {
    let name = NAMES[world.random.below(NAMES.len())];
    if world.book.live(name).is_some() {
        return;
    }
    let (partitions, configs, promise) = some_configuration(world);
    let (created, id) = world.create_topic(name, partitions, configs);
    let Some(id) = id else {
        return assert!(!created, "topic {name} was created, and is not there");
    };
    world.book.created(name, id, partitions, promise);
    assign(world, false);
}

/// Some number of partitions, and some configurations with what they promise.
pub(crate) fn some_configuration(world: &mut World) -> (i32, Configs, Promise) {
    let large = world.large;
    let random = &mut world.random;
    let partitions = 1 + random.below(2) as i32;
    let policy = ["delete", "compact", "compact,delete"][[0, 0, 1, 1, 2][random.below(5)]];
    let segment_bytes = (if random.chance(2) { 700 } else { 3_000 }
        + if large > 1_000 { 4 * large } else { 300 })
    .to_string();
    let retention_ms = [-1, 2_000, 20_000][random.below(3)];
    let retention_bytes = [-1, -1, 2_000, 10_000][random.below(4)];
    let delete_retention_ms = [3_000, 15_000][random.below(2)];
    let min_lag_ms = [0, 0, 2_000][random.below(3)];
    let strict = random.chance(3);
    let drops = random.chance(2);
    let pick = |random: &mut Random, values: &[&str]| values[random.below(values.len())].to_owned();
    let configs = [
        ("cleanup.policy", policy.to_owned()),
        ("segment.bytes", segment_bytes),
        ("segment.ms", pick(random, &["1000", "20000", "604800000"])),
        ("retention.ms", retention_ms.to_string()),
        ("retention.bytes", retention_bytes.to_string()),
        ("delete.retention.ms", delete_retention_ms.to_string()),
        ("min.compaction.lag.ms", min_lag_ms.to_string()),
        ("max.compaction.lag.ms", pick(random, &["3000", "9223372036854775807"])),
        ("min.cleanable.dirty.ratio", pick(random, &["0", "0.3"])),
        ("compression.type", pick(random, &["producer", "producer", "gzip", "uncompressed"])),
        ("message.timestamp.type", pick(random, &["CreateTime", "CreateTime", "LogAppendTime"])),
        ("ottla.durability", if strict { "strict" } else { "relaxed" }.to_owned()),
        ("ottla.full.policy", if drops { "drop" } else { "refuse" }.to_owned()),
    ];
    let promise = Promise {
        deleted: policy.contains("delete"),
        compacted: policy.contains("compact"),
        retention_ms,
        retention_bytes,
        delete_retention_ms,
        min_lag_ms,
        strict,
        drops,
    };
    (partitions, configs.to_vec(), promise)
}

/// A topic that is there, and one of its partitions.
pub(crate) fn some_partition(world: &mut World) -> Option<(usize, i32)> {
    let live = (0..world.book.topics.len()).filter(|topic| world.book.topics[*topic].alive);
    let live: Vec<usize> = live.collect();
    let topic = *live.get(world.random.below(live.len()))?;
    Some((topic, world.random.below(world.book.topics[topic].partitions.len()) as i32))
}

fn delete(world: &mut World) {
    let Some((topic, _)) = some_partition(world) else { return };
    world.book.topics[topic].leaving = true;
    assign(world, false);
    let pause_ms = world.random.below(100) as u64;
    world.pass(pause_ms);
    let name = world.book.topics[topic].name.clone();
    world.tell(|| format!("deletes {name}"));
    let deleted = world.delete_topic(&name) == Some(0);
    let there = world.topics().contains_key(&name);
    assert!(!(deleted && there), "topic {name} was deleted, and is there");
    let known = &mut world.book.topics[topic];
    (known.alive, known.leaving) = (there, false);
    assign(world, false);
}

fn delete_records(world: &mut World) {
    let Some((topic, partition)) = some_partition(world) else { return };
    let name = &world.book.topics[topic].name;
    let known = &world.book.topics[topic].partitions[partition as usize];
    let (from, to) = (known.start_floor, known.end_floor);
    let offset = from + world.random.below((to - from + 1).max(1) as usize) as i64;
    world.tell(|| format!("deletes the records of {name}-{partition} before {offset}"));
    world.delete_before(topic, partition, offset);
}

fn something(world: &mut World) {
    let random = &mut world.random;
    match random.below(28) {
        0..=2 => world.audit(),
        3..=5 => {
            let in_ms = random.below(1_500) as u64;
            world.at(in_ms, What::Crash { power: false });
        }
        6 => lose_power(world),
        7 | 8 => create(world),
        9 => delete(world),
        10..=12 => delete_records(world),
        13 => {
            let left = random.below(3_000);
            world.tell(|| format!("there is room for {left} bytes"));
            world.disk.fill_up(left);
        }
        14 => world.disk.make_room(),
        15 => world.weather.failing_commits = [0, 4, 20][random.below(3)],
        16 => world.weather.failing_loads = [0, 50, 200][random.below(3)],
        17 => world.weather.commit_ms = [0, 10, 300, 3_000][random.below(4)],
        18 => world.weather.load_ms = [0, 10, 300][random.below(3)],
        19 => world.weather.network_ms = [0, 10, 100][random.below(3)],
        20 => {
            let at = random.below(world.actors.len());
            world.cut(at);
        }
        21 => restart_consumer(world),
        22 | 23 => import(world),
        24 => full::works(world),
        25 => full::expires(world),
        _ if world.damages => {
            world.weather.flips = Flips {
                records: [0, 3, 20][random.below(3)],
                metadata: [0, 3, 20][random.below(3)],
            };
        }
        _ => {
            let ms = random.below(12_000) as u64;
            world.pass(ms);
        }
    }
}

fn lose_power(world: &mut World) {
    world.at(0, What::Crash { power: true });
    world.pass(10);
    if !world.open {
        world.take_stock();
        world.actors.iter_mut().for_each(Actor::power_lost);
        world.open = true;
    }
}

/// Another consumer takes the place of one, and goes on at what is committed.
fn restart_consumer(world: &mut World) {
    let Some(at) = world.actors.iter().position(Actor::consumes) else { return };
    world.cut(at);
    world.pass(200);
    world.tell(|| format!("client {at} is another one"));
    world.actors[at] = Actor::consumer(&mut world.random, 500);
    assign(world, true);
}

fn end(world: &mut World) {
    world.tell(|| "from here on nothing fails".to_owned());
    world.weather = CALM;
    world.disk.make_room();
    world.actors.iter_mut().filter(|actor| !actor.consumes()).for_each(|actor| actor.quiet = true);
    let until = world.now.monotonic_ms + PATIENCE_MS;
    while !world.actors.iter().all(Actor::is_done) {
        assert!(world.step(until), "a client never hears what became of what it wanted");
    }
    world.pass(1_500);
    world.audit();
    world.audit_topics();
    world.at(0, What::Crash { power: false });
    world.pass(1_000);
    world.audit();
    world.audit_topics();
    let leftovers = world.disk.leftovers();
    assert_eq!(leftovers, Vec::<String>::new(), "stored and part of no log");
}

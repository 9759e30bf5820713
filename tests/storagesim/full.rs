//! What must be possible where there is no room for anything but what the host keeps free.

use crate::asks::OTHER_GROUP;
use crate::clients::Actor;
use crate::scenario::{CALM, some_partition};
use crate::world::World;

/// How long something may be refused at most, because it goes with what there is no room for.
const TRIES: usize = 50;
const PAUSE_MS: u64 = 200;
/// Longer than producers try.
const SETTLED_MS: u64 = 70_000;

/// Fills the storage up, once the reserve stands.
fn fill_up(world: &mut World) -> bool {
    if !world.room.kept || world.damages {
        return false;
    }
    world.weather = CALM;
    world.disk.make_room();
    for _ in 0..TRIES {
        if world.disk.has_reserve() {
            world.tell(|| "the storage is full".to_owned());
            world.disk.fill_up(0);
            return true;
        }
        world.pass(1_000);
    }
    panic!("the host does not look after its reserve");
}

/// Asks until it works, which it must without anybody's making room.
fn must(world: &mut World, what: &str, mut ask: impl FnMut(&mut World) -> Option<i16>) {
    let mut last = None;
    for _ in 0..TRIES {
        last = ask(world);
        if last == Some(0) {
            assert!(world.disk.is_bounded(), "somebody has made room");
            return;
        }
        world.pass(PAUSE_MS);
    }
    panic!("on a full storage {what} does not work: {last:?}");
}

/// Offsets are committed, records and topics deleted.
pub(crate) fn works(world: &mut World) {
    let Some((topic, partition)) = some_partition(world).filter(|_| fill_up(world)) else { return };
    let name = world.book.topics[topic].name.clone();
    let pause_ms = world.random.below(3_000) as u64;
    world.pass(pause_ms);
    let offset = world.random.below(100) as i64;
    must(world, "committing an offset", |world| world.commit_offset(topic, partition, offset));
    let found = world.committed(OTHER_GROUP, topic, partition);
    assert_eq!(found, Some(offset), "{name}-{partition}: what was committed on a full storage");
    if world.book.topics[topic].promise.deleted {
        let known = &world.book.topics[topic].partitions[partition as usize];
        let (from, to) = (known.start_floor, known.end_floor);
        let before = from + world.random.below((to - from + 1).max(1) as usize) as i64;
        must(world, "deleting records", |world| world.delete_before(topic, partition, before));
    }
}

/// Retention goes on, also where it leaves nothing.
pub(crate) fn expires(world: &mut World) {
    if !world.room.kept || world.damages {
        return;
    }
    world.disk.make_room();
    world.weather = CALM;
    let quiet = |world: &mut World, quiet| {
        let producers = world.actors.iter_mut().filter(|actor| !actor.consumes());
        producers.for_each(|actor| actor.quiet = quiet);
    };
    quiet(world, true);
    let until = world.now.monotonic_ms + SETTLED_MS;
    while !world.actors.iter().all(Actor::is_done) && world.step(until) {}
    if !fill_up(world) {
        return;
    }
    // The longest that records are kept, and for some looks at the clock.
    world.pass(20_000 + 15_000);
    for topic in 0..world.book.topics.len() {
        let known = &world.book.topics[topic];
        let expires = known.alive && known.promise.deleted && known.promise.retention_ms >= 0;
        for partition in 0..known.partitions.len() as i32 {
            if expires {
                let start = world.offset(topic, partition, -2);
                let end = world.offset(topic, partition, -1);
                let name = &world.book.topics[topic].name;
                assert_eq!(
                    start, end,
                    "{name}-{partition}: kept on a full storage, though expired"
                );
            }
        }
    }
    assert!(world.disk.is_bounded(), "somebody has made room");
    quiet(world, false);
}

//! Consumer groups whose members come, go, crash, hang and lose their connections, while messages of
//! different connections overtake each other: seeded runs, with the checks of [`members::checks`].
#![allow(clippy::unwrap_used, clippy::panic)] // Clippy's exception covers test functions only.

mod host;
mod members;

use members::{World, config};
use ottla::client::{Assignor, GroupConfig, GroupProtocol, Strategy};

/// How many seeds; the environment variable `OTTLA_SEEDS` says otherwise.
const SEEDS: u64 = 24;
/// How much happens in each.
const STEPS: usize = 120;
const MOST_MEMBERS: usize = 5;

/// Xorshift (Marsaglia 2003).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

fn kind(seed: u64) -> impl Fn(&mut GroupConfig) {
    move |group| match seed % 4 {
        0 => group.assignors = vec![Assignor::Standard(Strategy::Range)],
        1 => group.assignors = vec![Assignor::Standard(Strategy::CooperativeSticky)],
        2 => group.assignors = vec![Assignor::Standard(Strategy::Sticky)],
        _ => group.protocol = GroupProtocol::Consumer,
    }
}

fn run(seed: u64) {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut partitions = 1 + random.below(6) as i32;
    let slow = random.below(2) == 0;
    let kind = |group: &mut GroupConfig| {
        kind(seed)(group);
        group.max_poll_interval_ms = slow.then_some(15_000);
    };
    let mut world = World::with(&[("t", partitions)]);
    world.join(config(kind), &["t"]);
    for _ in 0..STEPS {
        let there: Vec<usize> = (0..world.members.len())
            .filter(|&number| !world.members[number].crashed && !world.members[number].left)
            .collect();
        let any = there.get(random.below(there.len().max(1))).copied();
        match (random.below(28), any) {
            (0 | 1, _) if there.len() < MOST_MEMBERS => {
                world.join(config(kind), &["t"]);
            }
            (2, Some(any)) if !world.members[any].stalled => {
                let now = world.host.now;
                let _left_already = world.members[any].client.leave_group(now);
            }
            (3, Some(any)) => world.crash(any, random.below(2) == 0),
            (4, Some(any)) => world.members[any].stalled = true,
            (5 | 6, _) => world.members.iter_mut().for_each(|member| member.stalled = false),
            (7, Some(any)) if !world.members[any].stalled => world.cut(any),
            (8, Some(any)) => world.members[any].acknowledges ^= true,
            (9, Some(any)) => world.members[any].consumes ^= true,
            (10..14, _) => {
                let partition = random.below(partitions as usize) as i32;
                world.produce("t", partition, 1 + random.below(5) as i64);
            }
            (14..17, _) => world.tick(200 + random.below(4_000) as u64),
            (17, _) => world.pass(random.below(15_000) as u64),
            (18, _) => world.restart_broker(),
            (19, _) if partitions < 9 => {
                partitions += 1;
                world.grow("t", partitions);
            }
            (20, Some(any)) => world.members[any].alive ^= true,
            _ => {
                for _ in 0..random.below(12) {
                    world.step(&mut |bound| random.below(bound));
                }
            }
        }
    }
    for member in &mut world.members {
        member.stalled = false;
        member.consumes = true;
        member.acknowledges = true;
        member.alive = true;
    }
    world.join(config(kind), &["t"]);
    world.pass(60_000);
    world.settle();
    (0..partitions).for_each(|partition| world.produce("t", partition, 3));
    world.pass(5_000);
    world.checks.everything_committed(&mut world.host);
}

#[test]
fn nothing_is_lost_or_owned_twice_whatever_happens() {
    let seeds = std::env::var("OTTLA_SEEDS").ok().and_then(|seeds| seeds.parse().ok());
    let first = std::env::var("OTTLA_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    for seed in first..first + seeds.unwrap_or(SEEDS) {
        let caught = std::panic::catch_unwind(|| run(seed));
        assert!(caught.is_ok(), "seed {seed}");
    }
}

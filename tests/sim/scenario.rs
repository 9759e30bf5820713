//! One seed: two groups whose members come, go, crash, hang and lose their connections over a broker
//! that grows, loses topics, stores late or not at all, and dies.

use ottla::client::{Assignor, ClientConfig, GroupConfig, GroupProtocol, Strategy};
use ottla::storage::StorageError;

use crate::members::{Tamper, World, config};
use crate::random::Random;

const MOST_MEMBERS: usize = 5;
/// What members subscribe to. The names are used in this order, each once.
const TOPICS: [&str; 4] = ["t", "u", "v", "w"];

/// How a scenario is spoilt, to show that the checks notice.
#[derive(Default)]
pub(crate) struct Spoilt {
    pub(crate) tamper: Option<Box<dyn Tamper>>,
    /// Members go on with what they were told to give up.
    pub(crate) hoards: bool,
    /// Says what happens.
    pub(crate) traces: bool,
}

fn standard(strategies: &[Strategy]) -> Vec<Assignor> {
    strategies.iter().copied().map(Assignor::Standard).collect()
}

struct Scenario {
    world: World,
    random: Random,
    /// What the members of each group speak.
    kinds: [usize; 2],
    groups: usize,
    slow: bool,
    hoards: bool,
    /// Topics that exist, with their partitions; how many names were used.
    topics: Vec<(&'static str, i32)>,
    used: usize,
    /// The lasting name of each member that has one.
    instances: Vec<Option<String>>,
}

/// Runs a seed. Whatever does not hold panics.
pub(crate) fn run(seed: u64, spoilt: Spoilt) {
    let mut random = Random::new(seed);
    let mut world = World::new();
    world.tamper = spoilt.tamper;
    world.traces = spoilt.traces;
    let kinds = [random.below(10), random.below(10)];
    let (groups, slow) = (1 + usize::from(random.chance(3)), random.chance(3));
    let mut scenario = Scenario {
        world,
        random,
        kinds,
        groups,
        slow,
        hoards: spoilt.hoards,
        topics: Vec::new(),
        used: 0,
        instances: Vec::new(),
    };
    scenario.create();
    scenario.join(None);
    for _ in 0..20 + scenario.random.below(50) {
        scenario.something();
    }
    scenario.end();
}

impl Scenario {
    fn config(&mut self, group: usize, instance: Option<String>) -> ClientConfig {
        let random = &mut self.random;
        let (slow, manual, kind) =
            (self.slow && random.chance(2), random.chance(3), self.kinds[group]);
        let either = random.below(3);
        let change = |own: &mut GroupConfig| {
            use Strategy::{CooperativeSticky, Range, RoundRobin, Sticky};
            own.group_id = ["g", "h"][group].to_owned();
            own.group_instance_id = instance;
            own.max_poll_interval_ms = slow.then_some(15_000);
            own.auto_commit = !manual;
            let consumer = match kind {
                0 => standard(&[Range]),
                1 => standard(&[RoundRobin]),
                2 => standard(&[Sticky]),
                3 => standard(&[CooperativeSticky]),
                4 if either == 0 => standard(&[CooperativeSticky, Range]),
                4 => standard(&[Range, CooperativeSticky]),
                // What is stored of a member is its subscription for the assignor in use alone, as in
                // Kafka: after a restart another could not join without it.
                5 => standard(&[Range])
                    .into_iter()
                    .chain(standard([&[][..], &[RoundRobin], &[Sticky]][either]))
                    .collect(),
                // The consumer protocol, by itself and with members of the classic one beside it.
                6 | 7 => Vec::new(),
                8 if either == 0 => standard(&[CooperativeSticky]),
                9 if either == 0 => standard(&[Range]),
                _ => Vec::new(),
            };
            if consumer.is_empty() {
                own.protocol = GroupProtocol::Consumer;
            } else {
                own.assignors = consumer;
            }
        };
        let mut config = config(change);
        config.metadata_max_age_ms = 5_000;
        config.allow_auto_topic_creation = false;
        config.fetcher.max_wait_ms = 5_000;
        config.retry.max_retry_time_ms = 5_000;
        config
    }

    /// Somebody joins: of a lasting name, or anew.
    fn join(&mut self, successor_of: Option<usize>) {
        let group = match successor_of {
            Some(number) => usize::from(self.world.members[number].beside),
            None => self.random.below(self.groups),
        };
        let instance = match successor_of {
            Some(number) => self.instances[number].clone(),
            None => self.random.chance(4).then(|| format!("i{}", self.instances.len())),
        };
        let config = self.config(group, instance.clone());
        let topics = if self.random.chance(4) { &TOPICS[..1] } else { &TOPICS[..] };
        let number = self.world.join(config, topics);
        if self.hoards {
            self.world.members[number].hoard = Some(Default::default());
        }
        self.instances.push(instance);
    }

    fn create(&mut self) {
        let partitions = 1 + self.random.below(4) as i32;
        self.world.create(TOPICS[self.used], partitions);
        self.topics.push((TOPICS[self.used], partitions));
        self.used += 1;
    }

    fn produce(&mut self) {
        let (topic, partitions) = self.topics[self.random.below(self.topics.len())];
        let partition = self.random.below(partitions as usize) as i32;
        self.world.release();
        self.world.produce(topic, partition, 1 + self.random.below(5) as i64);
    }

    fn something(&mut self) {
        let world = &mut self.world;
        let there: Vec<usize> = (0..world.members.len())
            .filter(|&number| !world.members[number].crashed && !world.members[number].left)
            .collect();
        let any = there.get(self.random.below(there.len())).copied();
        let stalled = any.is_some_and(|any| world.members[any].stalled);
        let noticed = self.random.chance(2);
        let what = self.random.below(40);
        if self.world.traces {
            eprintln!("{} ms: {what} with {any:?}", self.world.host.now.monotonic_ms);
        }
        let world = &mut self.world;
        match (what, any) {
            (0 | 1, _) if there.len() < MOST_MEMBERS => self.join(None),
            (2, Some(any)) if !stalled => {
                let now = world.host.now;
                let _left_already = world.members[any].client.leave_group(now);
                world.members[any].woken = true;
            }
            (3, Some(any)) => world.crash(any, noticed),
            (4, Some(any)) => world.vanish(any),
            (5, Some(any)) if self.instances[any].is_some() => {
                world.crash(any, noticed);
                if noticed {
                    let ms = self.random.below(4_000) as u64;
                    self.world.pass(ms);
                }
                self.join(Some(any));
            }
            (6, Some(any)) => world.members[any].stalled = true,
            (7 | 8, _) => world.members.iter_mut().for_each(|member| member.stalled = false),
            (9, Some(any)) if !stalled => world.cut(any),
            (10, Some(any)) => world.members[any].acknowledges ^= true,
            (11, Some(any)) => world.members[any].consumes ^= true,
            (12, Some(any)) => world.members[any].alive ^= true,
            (13, _) => world.restart_broker(),
            (14, _) => world.host.hold_commits = true,
            (15, _) if !world.host.commits.is_empty() => {
                world.host.fail_commit(StorageError::Failed("as the seed has it".to_owned()));
            }
            (16 | 17, _) if !world.host.commits.is_empty() => world.host.store(),
            (18, _) => world.release(),
            (19, _) => {
                let at = self.random.below(self.topics.len());
                let (topic, partitions) = self.topics[at];
                if partitions < 6 {
                    world.release();
                    world.grow(topic, partitions + 1);
                    self.topics[at].1 += 1;
                }
            }
            (20, _) if self.used < TOPICS.len() => {
                world.release();
                self.create();
            }
            (21, _) if self.topics.len() > 1 && noticed => {
                world.release();
                let at = 1 + self.random.below(self.topics.len() - 1);
                world.delete(self.topics.remove(at).0);
            }
            (22..27, _) => self.produce(),
            (27..30, _) => world.tick(200 + self.random.below(4_000) as u64),
            (30, _) => world.pass(self.random.below(15_000) as u64),
            // Beyond session timeouts and poll intervals.
            (31, _) if noticed => world.pass(20_000 + self.random.below(40_000) as u64),
            _ => {
                for _ in 0..self.random.below(16) {
                    world.step(&mut |bound| self.random.below(bound));
                }
            }
        }
    }

    /// Everything becomes well; then it must be.
    fn end(&mut self) {
        self.world.release();
        for member in &mut self.world.members {
            member.stalled = false;
            member.consumes = true;
            member.acknowledges = true;
            member.alive = true;
        }
        for group in 0..self.groups {
            let config = self.config(group, None);
            self.world.join(config, &TOPICS);
        }
        for (topic, partitions) in self.topics.clone() {
            (0..partitions).for_each(|partition| self.world.produce(topic, partition, 2));
        }
        self.world.settle();
        for (topic, partitions) in self.topics.clone() {
            (0..partitions).for_each(|partition| self.world.produce(topic, partition, 1));
        }
        self.world.pass(5_000);
        // Whoever has just been refused pauses before it tries again.
        for _ in 0..60 {
            if self.world.checks.is_all_committed()
                && (self.groups == 1 || self.world.beside.is_all_committed())
            {
                break;
            }
            self.world.pass(1_000);
        }
        self.world.checks.everything_committed(&mut self.world.host);
        if self.groups == 2 {
            self.world.beside.everything_committed(&mut self.world.host);
        }
        for member in &self.world.members {
            let failed = member.told.iter().find(|told| told.starts_with("failed"));
            assert!(failed.is_none(), "member {}: {}", member.number, failed.unwrap());
        }
    }
}

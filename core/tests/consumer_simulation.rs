//! Members of a consumer group that join, leave, crash and lose responses, while topics grow and the
//! broker is stopped and opened again. Each seed is a run of its own; a failure names it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // Helpers outside of test functions.

mod host;

use std::collections::{BTreeMap, BTreeSet};

use host::Host;
use ottla::Uuid;
use ottla::protocol::messages as m;

const SEEDS: u64 = 100;
const STEPS: usize = 150;
const TOPICS: [&str; 2] = ["orders", "bills"];
const FENCED_MEMBER_EPOCH: i16 = 110;
const UNKNOWN_MEMBER_ID: i16 = 25;
const STALE_MEMBER_EPOCH: i16 = 113;

type Partition = (Uuid, i32);

/// A client as a member of the group.
#[derive(Debug, Default)]
struct Client {
    id: String,
    epoch: i32,
    both_topics: bool,
    instance: Option<String>,
    /// What it owns, each with the offset that it has come to.
    owned: BTreeMap<Partition, i64>,
    /// What it was told to own, once it has given up the rest.
    told: Option<BTreeSet<Partition>>,
    /// Whether it has missed a response: then it tells everything, and is told everything.
    missed: bool,
}

struct World {
    host: Host,
    random: u64,
    topics: Vec<(Uuid, i32)>,
    clients: Vec<Client>,
    made: usize,
    committed: BTreeMap<Partition, i64>,
}

impl World {
    fn new(seed: u64) -> World {
        let mut host = Host::new();
        let topics = TOPICS.map(|name| (create(&mut host, name, 3), 3)).to_vec();
        let random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        World { host, random, topics, clients: Vec::new(), made: 0, committed: BTreeMap::new() }
    }

    fn below(&mut self, bound: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 16) as usize % bound
    }

    fn step(&mut self) {
        let at = self.below(self.clients.len().max(1));
        match self.below(40) {
            0..=2 if self.clients.len() < 6 => self.arrive(),
            3 if !self.clients.is_empty() => self.leave(at),
            // A crash: nobody will hear of it again, and the broker finds out in time.
            4 if !self.clients.is_empty() => drop(self.clients.swap_remove(at)),
            5 => self.grow(),
            6 => {
                let host = std::mem::replace(&mut self.host, Host::new());
                self.host = host.reopen_now();
            }
            7..=9 => self.host.pass(1_000),
            10..=15 if !self.clients.is_empty() => self.read(at),
            _ if !self.clients.is_empty() => {
                let lost = self.below(6) == 0;
                self.heartbeat(at, lost);
            }
            _ => self.arrive(),
        }
        self.check_owners();
    }

    fn arrive(&mut self) {
        self.made += 1;
        let both_topics = self.below(2) == 0;
        let instance = (self.below(4) == 0).then(|| format!("instance-{}", self.made));
        let id = format!("member-{}", self.made);
        self.clients.push(Client { id, both_topics, instance, ..Client::default() });
        self.heartbeat(self.clients.len() - 1, false);
    }

    fn request(&self, at: usize) -> m::ConsumerGroupHeartbeatRequest {
        let client = &self.clients[at];
        let mut owned: BTreeMap<Uuid, Vec<i32>> = BTreeMap::new();
        for &(topic, partition) in client.owned.keys() {
            owned.entry(topic).or_default().push(partition);
        }
        let topics = if client.both_topics { &TOPICS[..] } else { &TOPICS[..1] };
        let all = client.epoch == 0 || client.missed;
        m::ConsumerGroupHeartbeatRequest {
            group_id: "g".into(),
            member_id: client.id.clone(),
            member_epoch: client.epoch,
            instance_id: client.instance.clone(),
            rebalance_timeout_ms: if all { 60_000 } else { -1 },
            subscribed_topic_names: all.then(|| topics.iter().map(|t| t.to_string()).collect()),
            topic_partitions: Some(
                owned
                    .into_iter()
                    .map(|(topic_id, partitions)| m::ConsumerGroupHeartbeatTopicPartitions {
                        topic_id,
                        partitions,
                    })
                    .collect(),
            ),
            ..Default::default()
        }
    }

    fn heartbeat(&mut self, at: usize, lost: bool) {
        // What it was told, it does before it says anything again.
        self.obey(at);
        let response = self.host.call(&self.request(at), 1);
        let client = &mut self.clients[at];
        client.missed = lost;
        if lost {
            return;
        }
        match response.error_code {
            0 => client.epoch = response.member_epoch,
            FENCED_MEMBER_EPOCH | UNKNOWN_MEMBER_ID => {
                // It gives up everything, and joins as somebody new: as itself it may not.
                client.owned.clear();
                (client.told, client.epoch) = (None, 0);
                client.id.push('+');
                client.instance = None;
            }
            code => panic!("error {code} for {client:?}"),
        }
        if let Some(assignment) = response.assignment {
            let all = assignment.topic_partitions.iter().flat_map(|topic| {
                topic.partitions.iter().map(|partition| (topic.topic_id, *partition))
            });
            client.told = Some(all.collect());
        }
    }

    /// Lets a client give up what it must, and then take what it may.
    fn obey(&mut self, at: usize) {
        let Some(told) = self.clients[at].told.take() else { return };
        self.clients[at].owned.retain(|partition, _| told.contains(partition));
        for partition in told {
            if !self.clients[at].owned.contains_key(&partition) {
                let from = self.fetch(at, partition);
                self.clients[at].owned.insert(partition, from);
            }
        }
    }

    fn name(&self, topic: Uuid) -> String {
        TOPICS[self.topics.iter().position(|(id, _)| *id == topic).unwrap()].to_owned()
    }

    fn fetch(&mut self, at: usize, (topic, partition): Partition) -> i64 {
        let group = m::OffsetFetchRequestGroup {
            group_id: "g".into(),
            member_id: Some(self.clients[at].id.clone()),
            member_epoch: self.clients[at].epoch,
            topics: Some(vec![m::OffsetFetchRequestTopics {
                name: self.name(topic),
                partition_indexes: vec![partition],
                ..Default::default()
            }]),
        };
        let request = m::OffsetFetchRequest { groups: vec![group], ..Default::default() };
        let group = self.host.call(&request, 9).groups.remove(0);
        match group.error_code {
            0 => group.topics[0].partitions[0].committed_offset.max(0),
            // It will hear why with its next heartbeat, and what it knows here does not matter.
            _ => self.committed.get(&(topic, partition)).copied().unwrap_or(0),
        }
    }

    /// Lets a client read on in what it owns, and commit.
    fn read(&mut self, at: usize) {
        let further = self.below(5) as i64;
        let (id, epoch) = (self.clients[at].id.clone(), self.clients[at].epoch);
        for (partition, offset) in self.clients[at].owned.clone() {
            let offset = offset + further;
            let request = m::OffsetCommitRequest {
                group_id: "g".into(),
                generation_id_or_member_epoch: epoch,
                member_id: id.clone(),
                topics: vec![m::OffsetCommitRequestTopic {
                    name: self.name(partition.0),
                    partitions: vec![m::OffsetCommitRequestPartition {
                        partition_index: partition.1,
                        committed_offset: offset,
                        ..Default::default()
                    }],
                    ..Default::default()
                }],
                ..Default::default()
            };
            match self.host.call(&request, 9).topics[0].partitions[0].error_code {
                0 => {
                    let before = self.committed.insert(partition, offset).unwrap_or(0);
                    assert!(before <= offset, "{partition:?} went from {before} back to {offset}");
                    self.clients[at].owned.insert(partition, offset);
                }
                STALE_MEMBER_EPOCH | UNKNOWN_MEMBER_ID => return,
                code => panic!("error {code} for a commit"),
            }
        }
    }

    fn leave(&mut self, at: usize) {
        let mut request = self.request(at);
        request.member_epoch = -1;
        self.clients.swap_remove(at);
        self.host.call(&request, 1);
    }

    fn grow(&mut self) {
        let which = self.below(2);
        self.topics[which].1 += 1;
        let topic = m::CreatePartitionsTopic {
            name: TOPICS[which].into(),
            count: self.topics[which].1,
            assignments: None,
        };
        let request = m::CreatePartitionsRequest { topics: vec![topic], ..Default::default() };
        assert_eq!(self.host.call(&request, 3).results[0].error_code, 0);
    }

    /// No partition has two owners.
    fn check_owners(&self) {
        let mut owners: BTreeMap<Partition, &str> = BTreeMap::new();
        for client in &self.clients {
            for partition in client.owned.keys() {
                let other = owners.insert(*partition, &client.id);
                assert_eq!(other, None, "{partition:?} is {}'s too", client.id);
            }
        }
    }

    /// Lets everything come to rest: each partition that somebody wants has an owner then.
    fn settle(&mut self) {
        if self.clients.is_empty() {
            self.arrive();
        }
        // Those who crashed are put out after their sessions.
        for _ in 0..30 {
            self.host.pass(2_500);
            (0..self.clients.len()).for_each(|at| self.heartbeat(at, false));
            self.check_owners();
        }
        let wanted = if self.clients.iter().any(|client| client.both_topics) { 2 } else { 1 };
        let partitions: i32 = self.topics[..wanted].iter().map(|(_, count)| count).sum();
        let owned: usize = self.clients.iter().map(|client| client.owned.len()).sum();
        assert_eq!(owned, partitions as usize, "{:?}", self.clients);
        let request =
            m::ConsumerGroupDescribeRequest { group_ids: vec!["g".into()], ..Default::default() };
        let group = self.host.call(&request, 1).groups.remove(0);
        assert_eq!(
            (group.group_state.as_str(), group.members.len()),
            ("Stable", self.clients.len())
        );
        if self.clients.iter().all(|client| client.both_topics == self.clients[0].both_topics) {
            let counts = self.clients.iter().map(|client| client.owned.len());
            let (least, most) = (counts.clone().min().unwrap(), counts.max().unwrap());
            assert!(most - least <= 1, "from {least} to {most} partitions each");
        }
    }
}

fn create(host: &mut Host, name: &str, partitions: i32) -> Uuid {
    assert_eq!(host.create(name, partitions, &[]), 0);
    let metadata = host.call(&m::MetadataRequest::default(), 12);
    let topic = metadata.topics.iter().find(|topic| topic.name.as_deref() == Some(name));
    topic.unwrap().topic_id
}

#[test]
fn whatever_happens_each_partition_has_one_owner_and_no_offset_goes_back() {
    for seed in 0..SEEDS {
        // The seed of a failure.
        let guard = Named(seed);
        let mut world = World::new(seed);
        (0..STEPS).for_each(|_| world.step());
        world.settle();
        std::mem::forget(guard);
    }
}

/// Says which seed it was when a test panics.
struct Named(u64);

impl Drop for Named {
    fn drop(&mut self) {
        eprintln!("seed {}", self.0);
    }
}

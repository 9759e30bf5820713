//! What must hold whatever happens:
//!
//! * no partition belongs to two members in one generation;
//! * once the group stands still, every partition belongs to exactly one;
//! * no committed offset goes back, and none that was confirmed is lost;
//! * each member reads a partition without gaps, from what was committed, and after all nothing has
//!   been left out: at least once, in order.

use std::collections::{BTreeMap, BTreeSet};

use ottla::client::{Membership, TopicPartition};
use ottla::protocol::messages as m;

use super::ask;
use super::member::{Member, list};
use crate::host::Host;

#[derive(Default)]
pub struct Checks {
    group: &'static str,
    /// How many records there are.
    produced: BTreeMap<TopicPartition, i64>,
    /// Who has what, as the members see it.
    owned: BTreeMap<usize, BTreeSet<TopicPartition>>,
    /// Who was given what in each generation of the group.
    generations: BTreeMap<(i32, TopicPartition), usize>,
    /// Where each member goes on in what it has.
    positions: BTreeMap<(usize, TopicPartition), i64>,
    /// Up to where somebody processed everything.
    done: BTreeMap<TopicPartition, i64>,
    /// What members were told is committed.
    confirmed: BTreeMap<TopicPartition, i64>,
    /// What the broker said is committed, at last.
    stored: BTreeMap<TopicPartition, i64>,
    /// How many records were processed again.
    pub duplicates: u64,
}

impl Checks {
    /// Nothing is known yet of this group.
    pub fn of(group: &'static str) -> Checks {
        Checks { group, ..Checks::default() }
    }

    /// A topic is deleted, and its name is never used again.
    pub fn forget(&mut self, topic: &str) {
        let other = |key: &TopicPartition| *key.0 != *topic;
        self.produced.retain(|key, _| other(key));
        self.stored.retain(|key, _| other(key));
    }

    pub fn produced(&mut self, key: &TopicPartition, records: i64) -> i64 {
        let end = self.produced.entry(key.clone()).or_default();
        *end += records;
        *end - records
    }

    pub fn taken(&mut self, member: usize, partitions: &[TopicPartition]) {
        for key in partitions {
            let new = self.owned.entry(member).or_default().insert(key.clone());
            assert!(new, "member {member} was given {} twice", list(partitions));
            self.positions.remove(&(member, key.clone()));
        }
    }

    pub fn given_up(&mut self, member: usize, partitions: &[TopicPartition]) {
        for key in partitions {
            self.owned.entry(member).or_default().remove(key);
        }
    }

    /// A member is no more: a static one's successor gets its partitions in the same generation.
    pub fn gone(&mut self, member: usize) {
        self.owned.remove(&member);
        self.generations.retain(|_, owner| *owner != member);
    }

    /// A rebalance of the classic protocol is over for a member.
    pub fn joined(&mut self, member: usize, membership: &Membership) {
        // Members of the consumer protocol come to an epoch at different times.
        if membership.assignor.is_empty() {
            return;
        }
        for key in &membership.partitions {
            let generation = membership.generation_id;
            let other = *self.generations.entry((generation, key.clone())).or_insert(member);
            assert_eq!(
                other,
                member,
                "{} in generation {generation}",
                list(std::slice::from_ref(key))
            );
        }
    }

    pub fn processed(
        &mut self,
        member: usize,
        key: &TopicPartition,
        offset: i64,
        value: Option<&[u8]>,
    ) {
        if !self.produced.contains_key(key) {
            return;
        }
        let name = list(std::slice::from_ref(key));
        let value: i64 = std::str::from_utf8(value.unwrap()).unwrap().parse().unwrap();
        assert_eq!(value, offset, "{name}: another record than was written there");
        let owned = self.owned.get(&member).is_some_and(|owned| owned.contains(key));
        assert!(owned, "member {member} got {name}@{offset}, which it does not own");
        let done = self.done.entry(key.clone()).or_default();
        let position = self.positions.entry((member, key.clone())).or_insert(offset);
        assert_eq!(*position, offset, "{name}: a gap, or a step back");
        assert!(offset <= *done, "{name}: {done} to {offset} left out");
        *position = offset + 1;
        self.duplicates += u64::from(offset < *done);
        *done = (*done).max(offset + 1);
    }

    /// A member was told so.
    pub fn committed(&mut self, key: &TopicPartition, offset: i64) {
        let confirmed = self.confirmed.entry(key.clone()).or_default();
        *confirmed = (*confirmed).max(offset);
    }

    /// Looks at what the broker has.
    pub fn committed_only_grows(&mut self, host: &mut Host) {
        for (key, offset) in fetch(host, self.group, &self.produced) {
            let name = list(std::slice::from_ref(&key));
            let before = self.stored.insert(key.clone(), offset).unwrap_or(0);
            assert!(offset >= before, "{name}: committed {before}, then {offset}");
            let confirmed = self.confirmed.get(&key).copied().unwrap_or(0);
            assert!(offset >= confirmed, "{name}: {confirmed} was confirmed, {offset} is there");
            let done = self.done.get(&key).copied().unwrap_or(0);
            assert!(offset <= done, "{name}: {offset} committed, {done} processed");
        }
    }

    /// `0: t0 t1 | 1: t2`.
    pub fn owners(&self) -> String {
        let each = self.owned.iter().map(|(member, owned)| {
            format!("{member}: {}", list(&owned.iter().cloned().collect::<Vec<_>>()))
        });
        each.collect::<Vec<_>>().join(" | ")
    }

    /// Every partition of the topics that somebody subscribes to has one owner.
    pub fn everything_owned_once(&self, members: &[Member], beside: bool) -> Result<(), String> {
        let members: Vec<&Member> = members.iter().filter(|m| m.beside == beside).collect();
        let mut owners: BTreeMap<&TopicPartition, usize> = BTreeMap::new();
        for (member, owned) in &self.owned {
            for key in owned.iter().filter(|key| self.produced.contains_key(*key)) {
                if let Some(other) = owners.insert(key, *member) {
                    let name = list(std::slice::from_ref(key));
                    return Err(format!("{name} belongs to {other} and to {member}"));
                }
            }
        }
        for key in self.produced.keys() {
            let name = list(std::slice::from_ref(key));
            let wanted = members.iter().any(|member| member.wants(&key.0));
            if wanted && !owners.contains_key(key) {
                return Err(format!("{name} belongs to nobody"));
            }
        }
        Ok(())
    }

    /// The coordinator gives each partition to one member (consumer protocol).
    pub fn assigned_once(&self, host: &mut Host) {
        let group_ids = vec![self.group.to_owned()];
        let request = m::ConsumerGroupDescribeRequest { group_ids, ..Default::default() };
        let mut assigned = BTreeSet::new();
        for member in ask(host, &request, 1).groups.remove(0).members {
            for topic in member.assignment.topic_partitions {
                for partition in topic.partitions {
                    let name = format!("{}{partition}", topic.topic_name);
                    assert!(assigned.insert(name.clone()), "{name} is assigned to two members");
                }
            }
        }
    }

    /// Everything that was produced was processed.
    pub fn everything_done(&self) {
        for (key, &end) in &self.produced {
            let done = self.done.get(key).copied().unwrap_or(0);
            assert_eq!(done, end, "{}: not all processed", list(std::slice::from_ref(key)));
        }
    }

    /// Whether everything that was produced is committed, as far as was looked.
    pub fn is_all_committed(&self) -> bool {
        self.produced.iter().all(|(key, end)| self.stored.get(key) == Some(end))
    }

    /// Everything that was produced was processed, and that is committed.
    pub fn everything_committed(&mut self, host: &mut Host) {
        self.everything_done();
        for (key, offset) in fetch(host, self.group, &self.produced) {
            assert_eq!(offset, self.produced[&key], "{}", list(std::slice::from_ref(&key)));
        }
    }
}

/// What the broker has as committed of these partitions, 0 where nothing is.
fn fetch(
    host: &mut Host,
    group: &str,
    wanted: &BTreeMap<TopicPartition, i64>,
) -> Vec<(TopicPartition, i64)> {
    let mut topics: BTreeMap<&str, Vec<i32>> = BTreeMap::new();
    for (topic, partition) in wanted.keys() {
        topics.entry(topic).or_default().push(*partition);
    }
    let topics = topics.into_iter().map(|(name, partition_indexes)| m::OffsetFetchRequestTopic {
        name: name.to_owned(),
        partition_indexes,
    });
    let request = m::OffsetFetchRequest {
        group_id: group.to_owned(),
        topics: Some(topics.collect()),
        ..Default::default()
    };
    let answer = ask(host, &request, 5);
    let mut found = Vec::new();
    for topic in answer.topics {
        for p in topic.partitions {
            assert_eq!(p.error_code, 0);
            let name: std::sync::Arc<str> = topic.name.as_str().into();
            found.push(((name, p.partition_index), p.committed_offset.max(0)));
        }
    }
    found
}

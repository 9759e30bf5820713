//! The sticky assignment where members subscribe to different topics: partitions are moved, one by
//! one, from members with many to members with few, until no move makes it more even.

use super::java_order::string_hash;
use super::movements::Movements;
use super::problem::{Owners, Problem};
use super::sticky::Claims;
use crate::sort::sort_by_key;

struct Builder<'a, 'b> {
    problem: &'a Problem<'b>,
    owners: Owners,
    count: Vec<usize>,
    /// How many members want each topic.
    wanted_by: Vec<usize>,
    /// The members that take part in the balancing, those with the fewest partitions first.
    sorted: Vec<usize>,
    /// For each partition the member that had it in an earlier generation, and that generation.
    before: Vec<Option<(usize, i32)>>,
    movements: Movements,
}

pub(super) fn assign(problem: &Problem<'_>, claims: Claims) -> Owners {
    let (partitions, members) = (problem.topic_of.len(), problem.members.len());
    let topics = 0..problem.topics.len();
    let wanted_by = topics
        .map(|topic| (0..members).filter(|&member| problem.subscribes(member, topic)).count());
    let mut builder = Builder {
        problem,
        owners: vec![None; partitions],
        count: vec![0; members],
        wanted_by: wanted_by.collect(),
        sorted: Vec::new(),
        before: before(problem, &claims),
        movements: Movements::default(),
    };
    let mut must_revoke = false;
    for (member, owned) in claims.owned.iter().enumerate() {
        for &partition in owned {
            if problem.subscribes(member, problem.topic_of[partition]) {
                builder.owners[partition] = Some(member);
                builder.count[member] += 1;
            } else {
                must_revoke = true;
            }
        }
    }
    builder.sorted = (0..members).collect();
    let (count, rank) = (&builder.count, &problem.rank);
    sort_by_key(&mut builder.sorted, |&member| (count[member], rank[member]));
    builder.balance(must_revoke);
    builder.owners
}

/// Who had each partition in an earlier generation than the latest.
fn before(problem: &Problem<'_>, claims: &Claims) -> Vec<Option<(usize, i32)>> {
    let mut before: Vec<Option<(usize, i32)>> = vec![None; problem.topic_of.len()];
    for &member in &problem.java_order {
        let (partitions, generation) = &claims.previous[member];
        let generation = generation.unwrap_or(-1);
        if generation >= claims.max_generation {
            continue;
        }
        for &partition in partitions {
            if before[partition].is_none_or(|(_, known)| generation > known) {
                before[partition] = Some((member, generation));
            }
        }
    }
    before
}

impl Builder<'_, '_> {
    fn balance(&mut self, must_revoke: bool) {
        let problem = self.problem;
        let initial = self.count.iter().all(|&count| count == 0);
        // Topics that few members want go first.
        let mut all: Vec<usize> = (0..self.owners.len()).collect();
        sort_by_key(&mut all, |&p| (self.wanted_by[problem.topic_of[p]], p));
        let mut unassigned: Vec<usize> =
            all.iter().copied().filter(|&p| self.owners[p].is_none()).collect();
        for &partition in &unassigned {
            if let Some(member) = self.first_for(problem.topic_of[partition]) {
                self.give(partition, member);
            }
        }
        // What has but one member to go to stays with it, and so do members with nothing else.
        all.retain(|&p| self.wanted_by[problem.topic_of[p]] >= 2);
        unassigned.retain(|&p| self.wanted_by[problem.topic_of[p]] >= 2);
        let sorted = std::mem::take(&mut self.sorted);
        self.sorted = sorted.into_iter().filter(|&member| self.takes_part(member)).collect();

        let saved = (self.owners.clone(), self.count.clone());
        // Where nothing must be taken from anybody, what is new is moved first.
        if !must_revoke {
            self.reassign(&unassigned);
        }
        let changed = self.reassign(&all);
        if !initial && changed && self.unevenness(&self.count) >= self.unevenness(&saved.1) {
            (self.owners, self.count) = saved;
        }
    }

    /// The member with the fewest partitions that wants the topic.
    fn first_for(&self, topic: usize) -> Option<usize> {
        self.sorted.iter().copied().find(|&member| self.problem.subscribes(member, topic))
    }

    fn give(&mut self, partition: usize, to: usize) {
        let from = self.owners[partition].replace(to);
        if let Some(from) = from {
            self.recount(from, self.count[from] - 1);
        }
        self.recount(to, self.count[to] + 1);
    }

    fn recount(&mut self, member: usize, count: usize) {
        self.sorted.retain(|&known| known != member);
        self.count[member] = count;
        let key = |member: usize| (self.count[member], self.problem.rank[member]);
        let at = self.sorted.partition_point(|&known| key(known) < key(member));
        self.sorted.insert(at, member);
    }

    /// Whether a member could have more, or has something that another could have.
    fn takes_part(&self, member: usize) -> bool {
        let topics = &self.problem.subscribed[member];
        let most: usize = topics.iter().map(|&topic| self.problem.topics[topic].2).sum();
        let shared = |(p, owner): (usize, &Option<usize>)| {
            *owner == Some(member) && self.wanted_by[self.problem.topic_of[p]] >= 2
        };
        self.count[member] < most || self.owners.iter().enumerate().any(shared)
    }

    fn is_balanced(&self) -> bool {
        let (Some(&first), Some(&last)) = (self.sorted.first(), self.sorted.last()) else {
            return true;
        };
        if self.count[first] + 1 >= self.count[last] {
            return true;
        }
        // The most that any owner of each topic's partitions has.
        let mut most = vec![0; self.problem.topics.len()];
        for (partition, owner) in self.owners.iter().enumerate() {
            let topic = self.problem.topic_of[partition];
            most[topic] = owner.map_or(0, |owner| self.count[owner]).max(most[topic]);
        }
        let could_get = |member: usize| {
            let topics = &self.problem.subscribed[member];
            topics.iter().any(|&topic| self.count[member] + 1 < most[topic])
        };
        !self.sorted.iter().any(|&member| could_get(member))
    }

    /// Moves what makes it more even, over and over until nothing does.
    fn reassign(&mut self, partitions: &[usize]) -> bool {
        let mut any = false;
        loop {
            let mut changed = false;
            for &partition in partitions {
                if self.is_balanced() {
                    break;
                }
                changed |= self.improve(partition);
            }
            if !changed {
                return any;
            }
            any = true;
        }
    }

    fn improve(&mut self, partition: usize) -> bool {
        let topic = self.problem.topic_of[partition];
        let Some(owner) = self.owners[partition] else { return false };
        let has_more = |other: usize| self.count[owner] > self.count[other] + 1;
        // Back to the one that had it before. Java asks not whether that one still wants the topic.
        if let Some((other, _)) = self.before[partition]
            && self.problem.subscribes(other, topic)
            && has_more(other)
        {
            self.transfer(partition, other);
            return true;
        }
        match self.first_for(topic) {
            Some(other) if has_more(other) => {
                self.transfer(partition, other);
                true
            }
            _ => false,
        }
    }

    fn transfer(&mut self, partition: usize, to: usize) {
        let topic = self.problem.topic_of[partition];
        let Some(from) = self.owners[partition] else { return };
        let partition = self.movements.instead_of(topic, partition, from, to);
        let Some(from) = self.owners[partition] else { return };
        let number = self.problem.within(partition) as i32;
        // `TopicPartition.hashCode`.
        let name_hash = string_hash(self.problem.topics[topic].0);
        let hash = number.wrapping_add(31).wrapping_mul(31).wrapping_add(name_hash);
        self.movements.record(topic, partition, hash, from, to);
        self.give(partition, to);
    }

    /// The sum of the differences between any two members; 0 where all have the same.
    fn unevenness(&self, count: &[usize]) -> usize {
        let pairs = self.sorted.iter().enumerate();
        let differences = pairs.flat_map(|(at, &one)| {
            self.sorted[..at].iter().map(move |&other| count[one].abs_diff(count[other]))
        });
        differences.sum()
    }
}

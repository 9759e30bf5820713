//! The sticky assignment where all members subscribe to the same topics: every member gets the same
//! number of partitions, or one more.

use std::collections::VecDeque;

use super::problem::{Owners, Problem};
use super::sticky::Claims;
use crate::sort::sort_by_key;

struct Builder<'a, 'b> {
    problem: &'a Problem<'b>,
    claims: &'a Claims,
    owners: Owners,
    count: Vec<usize>,
    /// Who had a partition and could not keep it.
    revoked_from: Owners,
    /// Members below the least number of partitions.
    below: Vec<usize>,
    /// Members at the least number, which may get one more.
    at_least: VecDeque<usize>,
    /// Partitions that go from one member to another.
    moving: Vec<usize>,
}

/// Who gets what, and which partitions go from one member to another.
pub(super) fn assign(problem: &Problem<'_>, claims: &Claims) -> (Owners, Vec<usize>) {
    let (partitions, members) = (problem.topic_of.len(), problem.members.len());
    let mut builder = Builder {
        problem,
        claims,
        owners: vec![None; partitions],
        count: vec![0; members],
        revoked_from: vec![None; partitions],
        below: Vec::new(),
        at_least: VecDeque::new(),
        moving: Vec::new(),
    };
    let least = partitions / members;
    builder.keep(least, partitions.div_ceil(members), partitions % members);
    sort_by_key(&mut builder.below, |&member| problem.rank[member]);
    sort_by_key(builder.at_least.make_contiguous(), |&member| problem.rank[member]);
    builder.fill(least);
    (builder.owners, builder.moving)
}

impl Builder<'_, '_> {
    /// Lets each member keep what it has, up to its share. So many members may have `most`.
    fn keep(&mut self, least: usize, most: usize, may_have_most: usize) {
        let mut have_most = 0;
        for &member in &self.problem.java_order {
            let mut owned = self.claims.owned[member].clone();
            owned.retain(|&partition| !self.claims.doubly[partition]);
            let topic_of = &self.problem.topic_of;
            sort_by_key(&mut owned, |&p| (self.problem.within(p), topic_of[p]));
            let kept = if owned.len() < least {
                self.below.push(member);
                owned.len()
            } else if owned.len() >= most && have_most < may_have_most {
                have_most += 1;
                if have_most == may_have_most {
                    self.at_least.clear();
                }
                most
            } else {
                if have_most < may_have_most {
                    self.at_least.push_back(member);
                }
                least
            };
            for (at, partition) in owned.into_iter().enumerate() {
                if at < kept {
                    self.owners[partition] = Some(member);
                } else {
                    self.revoked_from[partition] = Some(member);
                }
            }
            self.count[member] = kept;
        }
    }

    /// Deals out what nobody has, in turn: up to the least number first, then one more.
    fn fill(&mut self, least: usize) {
        let mut turn = 0;
        for partition in 0..self.owners.len() {
            if self.owners[partition].is_some() {
                continue;
            }
            let member = if self.below.is_empty() {
                let Some(member) = self.at_least.pop_front() else { return };
                member
            } else {
                turn = if turn < self.below.len() { turn } else { 0 };
                turn += 1;
                self.below[turn - 1]
            };
            self.owners[partition] = Some(member);
            self.count[member] += 1;
            let moved = self.revoked_from[partition].is_some_and(|before| before != member);
            if moved || self.claims.doubly[partition] {
                self.moving.push(partition);
            }
            if self.count[member] == least {
                turn -= 1;
                self.below.remove(turn);
                self.at_least.push_back(member);
            }
        }
    }
}

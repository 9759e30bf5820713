//! The sticky assignors: as even as possible, and otherwise as it was (KIP-54, KIP-429).

use super::problem::{Owners, Problem};
use super::user_data::{Previous, previous_cooperative, previous_sticky};
use super::{constrained, general};

/// Who claims what from before.
pub(super) struct Claims {
    /// What each member said that it had.
    pub(super) previous: Vec<(Vec<usize>, Option<i32>)>,
    /// What each member had and nobody else claims with as much right.
    pub(super) owned: Vec<Vec<usize>>,
    /// Partitions that two members claim for one generation.
    pub(super) doubly: Vec<bool>,
    /// The latest generation that any member ever told of.
    pub(super) max_generation: i32,
}

pub(super) fn assign(problem: &Problem<'_>, max_generation: &mut i32, cooperative: bool) -> Owners {
    if problem.members.is_empty() {
        return vec![None; problem.topic_of.len()];
    }
    let previous = if cooperative { previous_cooperative } else { previous_sticky };
    let previous = problem.members.iter().map(|member| {
        let (partitions, generation): Previous = previous(member);
        (partitions.iter().filter_map(|p| problem.partition(p)).collect(), generation)
    });
    let claims = claims(problem, previous.collect(), *max_generation);
    *max_generation = claims.max_generation;
    let (mut owners, moving) = if all_subscribe_alike(problem) {
        constrained::assign(problem, &claims)
    } else {
        let owners = general::assign(problem, claims);
        let moving = if cooperative { moving(problem, &owners) } else { Vec::new() };
        (owners, moving)
    };
    if cooperative {
        // What moves must be given up first: the next rebalance hands it out.
        moving.into_iter().for_each(|partition| owners[partition] = None);
    }
    owners
}

/// Whether all members subscribe to the same topics, existing or not, as Java finds out: members
/// without topics are passed over while none with topics has been seen.
fn all_subscribe_alike(problem: &Problem<'_>) -> bool {
    let each = problem.java_order.iter().map(|&member| &problem.members[member].topics);
    let mut each = each.skip_while(|topics| topics.is_empty());
    let Some(first) = each.next() else { return true };
    each.all(|topics| topics.len() == first.len() && topics.iter().all(|t| first.contains(t)))
}

fn claims(
    problem: &Problem<'_>,
    previous: Vec<(Vec<usize>, Option<i32>)>,
    max_generation: i32,
) -> Claims {
    let partitions = problem.topic_of.len();
    let mut owner: Owners = vec![None; partitions];
    let mut doubly = vec![false; partitions];
    let mut owned = vec![Vec::new(); previous.len()];
    let mut latest = max_generation;
    for &member in &problem.java_order {
        let (claimed, generation) = &previous[member];
        let generation = generation.unwrap_or(-1);
        latest = latest.max(generation);
        for &partition in claimed {
            let Some(other) = owner[partition] else {
                owned[member].push(partition);
                owner[partition] = Some(member);
                continue;
            };
            // Java compares with what the other's subscription says, not its user data.
            let theirs = problem.members[other].generation_id.max(-1);
            if generation >= theirs {
                owned[other].retain(|&p| p != partition);
                owner[partition] = Some(member);
                if generation == theirs {
                    doubly[partition] = true;
                } else {
                    owned[member].push(partition);
                }
            }
        }
    }
    Claims { previous, owned, doubly, max_generation: latest }
}

/// The partitions that somebody gets while somebody else still holds them.
fn moving(problem: &Problem<'_>, owners: &Owners) -> Vec<usize> {
    let mut held_by_owner = vec![false; owners.len()];
    let mut held_by_other = vec![false; owners.len()];
    for (at, member) in problem.members.iter().enumerate() {
        for partition in member.owned_partitions.iter().filter_map(|p| problem.partition(p)) {
            if owners[partition] == Some(at) {
                held_by_owner[partition] = true;
            } else {
                held_by_other[partition] = true;
            }
        }
    }
    (0..owners.len()).filter(|&p| held_by_other[p] && !held_by_owner[p]).collect()
}

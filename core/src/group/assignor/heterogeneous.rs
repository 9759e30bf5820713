//! The uniform assignor where members subscribe to different topics: each topic's subscribers get as
//! even a number of partitions as their subscriptions allow, and keep what they have where that
//! would gain nothing.

use super::super::partitions::{self, TopicPartitions};
use super::balancer::Balancer;
use super::{GroupSpec, MemberSpec};
use crate::Uuid;
use crate::sort::sort_by;

/// How often all topics are gone through to balance them. Each time about halves what is uneven.
const MAX_ROUNDS: usize = 16;

/// A topic that members subscribe to.
struct Topic {
    id: Uuid,
    /// The places of its subscribers, ascending.
    subscribers: Vec<usize>,
    /// The place of each partition's owner.
    owners: Vec<Option<usize>>,
}

/// Assigns as evenly as the subscriptions allow.
pub(super) fn assign(group: &GroupSpec) -> Vec<TopicPartitions> {
    let mut topics = topics(group);
    // How many partitions the member at each place has.
    let mut sizes = vec![0; group.members.len()];
    for owner in topics.iter().flat_map(|topic| &topic.owners) {
        if let Some(place) = *owner {
            sizes[place] += 1;
        }
    }
    topics.iter_mut().for_each(|topic| topic.assign_rest(&mut sizes));
    balance(&mut topics, &mut sizes);

    let mut assignments = vec![TopicPartitions::new_vec(); group.members.len()];
    for topic in &topics {
        for (partition, owner) in topic.owners.iter().enumerate() {
            if let Some(place) = *owner {
                partitions::add(&mut assignments[place], topic.id, partition as i32);
            }
        }
    }
    assignments
}

/// The topics with what their subscribers have of them; those with the most partitions for each
/// subscriber first.
fn topics(group: &GroupSpec) -> Vec<Topic> {
    let mut topics = Vec::new();
    for (&id, &count) in &group.partition_counts {
        let subscribes = |member: &MemberSpec| member.topics.binary_search(&id).is_ok();
        let places = group.members.iter().enumerate().filter(|(_, member)| subscribes(member));
        let subscribers: Vec<usize> = places.map(|(place, _)| place).collect();
        let mut owners = vec![None; count as usize];
        for &place in &subscribers {
            for &partition in group.members[place].target.get(&id).into_iter().flatten() {
                if let Some(owner) = owners.get_mut(partition as usize) {
                    *owner = Some(place);
                }
            }
        }
        if !subscribers.is_empty() {
            topics.push(Topic { id, subscribers, owners });
        }
    }
    sort_by(&mut topics, |a, b| {
        let partitions =
            |topic: &Topic, other: &Topic| topic.owners.len() * other.subscribers.len();
        let (a_share, b_share) = (partitions(a, b), partitions(b, a));
        let a_rest = (a.subscribers.len(), as_java_orders(a.id));
        let b_rest = (b.subscribers.len(), as_java_orders(b.id));
        a_share > b_share || a_share == b_share && a_rest < b_rest
    });
    topics
}

/// Java compares ids as two signed numbers.
fn as_java_orders(Uuid(bytes): Uuid) -> (i64, i64) {
    let bits = u128::from_be_bytes(bytes);
    ((bits >> 64) as i64, bits as i64)
}

impl Topic {
    /// Gives the partitions that nobody has to the subscribers with the fewest.
    fn assign_rest(&mut self, sizes: &mut [i32]) {
        let mut balancer = Balancer::new(&self.subscribers, sizes);
        for owner in self.owners.iter_mut().filter(|owner| owner.is_none()) {
            let place = balancer.next_least(sizes);
            *owner = Some(place);
            sizes[place] += 1;
        }
    }

    /// Moves partitions from the subscribers with the most to those with the fewest; whether any
    /// was moved.
    fn balance(&mut self, sizes: &mut [i32]) -> bool {
        let mut balancer = Balancer::new(&self.subscribers, sizes);
        let mut moved = false;
        if balancer.imbalance() <= 1 {
            return moved;
        }
        // What each place has at first, the partition that it gives up next last.
        let mut held: Vec<Vec<usize>> = vec![Vec::new(); sizes.len()];
        for (partition, owner) in self.owners.iter().enumerate() {
            if let Some(place) = *owner {
                held[place].push(partition);
            }
        }
        while !balancer.is_balanced() {
            let partition = loop {
                let Some(place) = balancer.next_most(sizes) else { return moved };
                match held[place].pop() {
                    Some(partition) => break partition,
                    None => balancer.exclude_most(),
                }
            };
            let to = balancer.next_least(sizes);
            if balancer.is_balanced() {
                break;
            }
            if let Some(from) = self.owners[partition].replace(to) {
                sizes[from] -= 1;
            }
            sizes[to] += 1;
            moved = true;
        }
        moved
    }
}

/// Goes through the topics until nothing can be made more even.
fn balance(topics: &mut [Topic], sizes: &mut [i32]) {
    let shared = |at: &usize| topics[*at].subscribers.len() >= 2;
    let shared: Vec<usize> = (0..topics.len()).filter(shared).collect();
    let mut last_moved = None;
    for _ in 0..MAX_ROUNDS {
        for &at in &shared {
            if last_moved == Some(at) {
                return;
            }
            if topics[at].balance(sizes) || last_moved.is_none() {
                last_moved = Some(at);
            }
        }
    }
}

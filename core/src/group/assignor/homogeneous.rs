//! The uniform assignor where all members subscribe to the same topics: everyone gets as many
//! partitions, give or take one, and keeps what it has as far as that allows.

use super::super::partitions::{self, TopicPartitions};
use super::GroupSpec;
use crate::Uuid;

/// Assigns uniformly.
pub(super) fn assign(group: &GroupSpec) -> Vec<TopicPartitions> {
    let member_count = group.members.len();
    let mut assignments = vec![TopicPartitions::new_vec(); member_count];
    let Some(first) = group.members.first() else { return assignments };
    let topics = &first.topics;

    let mut unassigned = nobodys(group, topics);
    let total: i32 = topics.iter().map(|topic| group.partitions_of(topic)).sum();
    let quota = total as usize / member_count;
    // How many members get one more than the quota.
    let mut extras = total as usize % member_count;

    let mut wanting: Vec<(usize, usize)> = Vec::new();
    for (place, member) in group.members.iter().enumerate() {
        let mut left = quota + usize::from(extras > 0);
        let mut has_extra = extras > 0;
        for (topic, partition) in partitions::each(member.target) {
            if topics.binary_search(&topic).is_err() {
                continue;
            }
            if left > 0 {
                left -= 1;
                partitions::add(&mut assignments[place], topic, partition);
            } else {
                unassigned.push((topic, partition));
            }
        }
        // A member that does not fill its share leaves the extra partition to one behind it that
        // may have it already, as long as there are enough behind it.
        if left > 0 && has_extra && member_count - place > extras {
            left -= 1;
            has_extra = false;
        }
        if left > 0 {
            wanting.push((place, left));
        }
        extras -= usize::from(has_extra);
    }

    let mut unassigned = unassigned.into_iter();
    for (place, left) in wanting {
        for (topic, partition) in unassigned.by_ref().take(left) {
            partitions::add(&mut assignments[place], topic, partition);
        }
    }
    assignments
}

/// The partitions that no member was to own.
fn nobodys(group: &GroupSpec, topics: &[Uuid]) -> Vec<(Uuid, i32)> {
    let mut free = Vec::new();
    for &topic in topics {
        let mut owned = vec![false; group.partitions_of(&topic) as usize];
        for list in group.members.iter().filter_map(|member| member.target.get(&topic)) {
            for &partition in list {
                if let Some(owned) = owned.get_mut(partition as usize) {
                    *owned = true;
                }
            }
        }
        let unowned = owned.iter().enumerate().filter(|(_, owned)| !**owned);
        free.extend(unowned.map(|(partition, _)| (topic, partition as i32)));
    }
    free
}

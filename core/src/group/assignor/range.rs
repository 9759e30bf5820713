//! The range assignor: of each topic, every member gets a run of partitions, the first members one
//! more where the number does not divide. Members keep the same place in every topic, so that topics
//! with as many partitions are assigned alike.

use litemap::LiteMap;

use super::super::partitions::TopicPartitions;
use super::{GroupSpec, MemberSpec};
use crate::sort::sort_by_key;
use crate::{Uuid, map};

/// What is left of a topic.
struct Topic {
    /// How many members get an equal share, and how many partitions that is.
    quota: i32,
    /// How many members get one more.
    extra: i32,
    /// The first partition that nobody has.
    next: i32,
}

/// Assigns by ranges.
pub(super) fn assign(group: &GroupSpec) -> Vec<TopicPartitions> {
    let mut topics: LiteMap<Uuid, Topic> = LiteMap::new_vec();
    for (&id, &partitions) in &group.partition_counts {
        let subscribes = |member: &&MemberSpec| member.topics.binary_search(&id).is_ok();
        let subscribers = group.members.iter().filter(subscribes).count().max(1) as i32;
        let topic =
            Topic { quota: partitions / subscribers, extra: partitions % subscribers, next: 0 };
        topics.insert(id, topic);
    }

    let mut places: Vec<usize> = (0..group.members.len()).collect();
    sort_by_key(&mut places, |&place| order(&group.members[place]));
    let mut assignments = vec![TopicPartitions::new_vec(); group.members.len()];
    for place in places {
        let runs = group.members[place].topics.iter().filter_map(|id| {
            let run = topics.get_mut(id)?.next_run();
            Some((*id, run)).filter(|(_, run)| !run.is_empty())
        });
        assignments[place] = map::collect(runs);
    }
    assignments
}

/// Static members by their names, then the others by their ids.
fn order<'a>(member: &MemberSpec<'a>) -> (bool, &'a str) {
    match member.instance_id {
        Some(instance) => (false, instance),
        None => (true, member.member_id),
    }
}

impl Topic {
    fn next_run(&mut self) -> Vec<i32> {
        let len = self.quota + i32::from(self.extra > 0);
        self.extra -= i32::from(self.extra > 0);
        let start = self.next;
        self.next += len;
        (start..self.next).collect()
    }
}

//! What is to be assigned, with members, topics and partitions as numbers.

use std::sync::Arc;

use litemap::LiteMap;

use super::java_order::java_order;
use super::{GroupMember, TopicPartition};
use crate::sort::{sort, sort_by_key};

/// For each partition the member that gets it.
pub(super) type Owners = Vec<Option<usize>>;

/// The input of an assignor. Topics are in the order of their names; partitions are numbered
/// through, topic after topic.
pub(super) struct Problem<'a> {
    pub(super) members: &'a [GroupMember],
    /// The members in the order in which Java's maps yield them.
    pub(super) java_order: Vec<usize>,
    /// Each member's place by its id.
    pub(super) rank: Vec<usize>,
    /// Name, first partition, how many.
    pub(super) topics: Vec<(&'a Arc<str>, usize, usize)>,
    /// The topic of each partition.
    pub(super) topic_of: Vec<usize>,
    /// The topics there are that each member subscribes to, in order.
    pub(super) subscribed: Vec<Vec<usize>>,
}

impl<'a> Problem<'a> {
    pub(super) fn new(
        partitions: &'a LiteMap<Arc<str>, i32>,
        members: &'a [GroupMember],
    ) -> Problem<'a> {
        let mut topics = Vec::new();
        let mut topic_of = Vec::new();
        for (name, &count) in partitions {
            let count = usize::try_from(count).unwrap_or(0);
            let wanted = members.iter().any(|member| member.topics.contains(name));
            if count > 0 && wanted {
                topic_of.resize(topic_of.len() + count, topics.len());
                topics.push((name, topic_of.len() - count, count));
            }
        }
        let subscribed = members.iter().map(|member| {
            let mut of_member: Vec<usize> =
                member.topics.iter().filter_map(|name| find(&topics, name)).collect();
            sort(&mut of_member);
            of_member.dedup();
            of_member
        });
        let subscribed = subscribed.collect();
        let ids: Vec<&str> = members.iter().map(|member| &*member.member_id).collect();
        let mut sorted: Vec<usize> = (0..ids.len()).collect();
        sort_by_key(&mut sorted, |&member| ids[member]);
        let mut rank = vec![0; ids.len()];
        sorted.into_iter().enumerate().for_each(|(place, member)| rank[member] = place);
        let java_order = java_order(&ids);
        Problem { members, java_order, rank, topics, topic_of, subscribed }
    }

    /// The number of a partition, where it exists.
    pub(super) fn partition(&self, (topic, partition): &TopicPartition) -> Option<usize> {
        let (_, first, count) = self.topics[find(&self.topics, topic)?];
        usize::try_from(*partition).ok().filter(|&p| p < count).map(|p| first + p)
    }

    /// A partition's number within its topic.
    pub(super) fn within(&self, partition: usize) -> usize {
        partition - self.topics[self.topic_of[partition]].1
    }

    pub(super) fn subscribes(&self, member: usize, topic: usize) -> bool {
        self.subscribed[member].binary_search(&topic).is_ok()
    }

    pub(super) fn by_member(&self, owners: &Owners) -> Vec<Vec<TopicPartition>> {
        let mut all = vec![Vec::new(); self.members.len()];
        for (partition, owner) in owners.iter().enumerate() {
            let Some(owner) = *owner else { continue };
            let name = self.topics[self.topic_of[partition]].0.clone();
            all[owner].push((name, self.within(partition) as i32));
        }
        all
    }
}

fn find(topics: &[(&Arc<str>, usize, usize)], name: &Arc<str>) -> Option<usize> {
    topics.binary_search_by(|(known, _, _)| (*known).cmp(name)).ok()
}

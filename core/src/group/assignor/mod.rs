//! The assignors of KIP-848: which member of a consumer group is to own which partitions.
//!
//! The assignments are those of Kafka 4.1, golden files prove it, but for one thing: Kafka visits
//! members, topics and partitions in the order of Java's hash maps where its algorithm leaves the
//! order open; here it is the ascending one.

mod balancer;
mod heterogeneous;
mod homogeneous;
mod range;
#[cfg(test)]
mod tests;

use litemap::LiteMap;

use super::partitions::TopicPartitions;
use crate::Uuid;

/// The names of the assignors, the default one first, as in `group.consumer.assignors`.
pub(crate) const ASSIGNORS: [&str; 2] = ["uniform", "range"];

/// A member, as an assignor sees it.
#[derive(Debug)]
pub(crate) struct MemberSpec<'a> {
    pub member_id: &'a str,
    pub instance_id: Option<&'a str>,
    /// The topics that it subscribes to, as far as they exist, in ascending order.
    pub topics: Vec<Uuid>,
    /// What it was to own so far.
    pub target: &'a TopicPartitions,
}

/// A group, as an assignor sees it.
#[derive(Debug)]
pub(crate) struct GroupSpec<'a> {
    /// The members, in the order of their ids.
    pub members: Vec<MemberSpec<'a>>,
    /// Whether all members subscribe to the same topics.
    pub homogeneous: bool,
    /// How many partitions each topic has that a member subscribes to.
    pub partition_counts: LiteMap<Uuid, i32>,
}

impl GroupSpec<'_> {
    fn partitions_of(&self, topic: &Uuid) -> i32 {
        self.partition_counts.get(topic).copied().unwrap_or(0)
    }
}

/// Assigns every partition to a member that subscribes to its topic: what each member is to own, in
/// the order of the members. `uniform` is what any other name than `range` stands for.
pub(crate) fn assign(assignor: &str, group: &GroupSpec) -> Vec<TopicPartitions> {
    if assignor == "range" {
        range::assign(group)
    } else if group.homogeneous {
        homogeneous::assign(group)
    } else {
        heterogeneous::assign(group)
    }
}

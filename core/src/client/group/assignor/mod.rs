//! How a leader shares a group's partitions out among its members: the four assignors of Kafka's
//! Java client, with the results of its version 4.1 for members without racks.
//!
//! Where Java's result hangs on the order in which a `HashMap` yields its keys, that order is
//! reproduced ([`java_order`]), so that a group may have leaders of both kinds.

mod constrained;
mod general;
mod java_order;
mod movements;
mod problem;
mod simple;
mod sticky;
#[cfg(test)]
mod tests;
mod user_data;

use std::sync::Arc;

use bytes::Bytes;
use litemap::LiteMap;

use problem::Problem;
pub(super) use user_data::{generation_user_data, sticky_user_data};

/// A topic's name and the number of one of its partitions.
pub type TopicPartition = (Arc<str>, i32);

/// The assignors that Kafka's Java client comes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// Each topic by itself: the members in order, each a run of partitions. The partitions of one
    /// number of several topics so go to one member.
    Range,
    /// All partitions of all topics dealt out in turn.
    RoundRobin,
    /// As even as possible, and otherwise as it was. All members stop while partitions move.
    Sticky,
    /// The same, but members go on with what they keep (KIP-429).
    CooperativeSticky,
}

impl Strategy {
    /// The name by which a group agrees on it.
    pub fn name(self) -> &'static str {
        match self {
            Strategy::Range => "range",
            Strategy::RoundRobin => "roundrobin",
            Strategy::Sticky => "sticky",
            Strategy::CooperativeSticky => "cooperative-sticky",
        }
    }
}

/// A member as its leader sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupMember {
    /// The id that the coordinator gave it.
    pub member_id: String,
    /// Its own lasting name, where it is a static member (KIP-345).
    pub group_instance_id: Option<String>,
    /// The topics that it subscribes to, each once.
    pub topics: Vec<Arc<str>>,
    /// What it owns, where the protocol is cooperative or it tells anyway.
    pub owned_partitions: Vec<TopicPartition>,
    /// The generation in which it owned them; −1 where it does not say.
    pub generation_id: i32,
    /// What its assignor adds.
    pub user_data: Option<Bytes>,
}

/// Shares partitions out: `partitions` says how many each topic has; a topic that is not there is
/// left out. Returns each member's partitions, by topic and number, in the order of the members.
///
/// `max_generation` is what Java's sticky assignors remember from one assignment to the next; start
/// with −1.
pub fn assign(
    strategy: Strategy,
    max_generation: &mut i32,
    partitions: &LiteMap<Arc<str>, i32>,
    members: &[GroupMember],
) -> Vec<Vec<TopicPartition>> {
    let problem = Problem::new(partitions, members);
    let owners = match strategy {
        Strategy::Range => simple::range(&problem),
        Strategy::RoundRobin => simple::round_robin(&problem),
        Strategy::Sticky => sticky::assign(&problem, max_generation, false),
        Strategy::CooperativeSticky => sticky::assign(&problem, max_generation, true),
    };
    problem.by_member(&owners)
}

//! How a client takes part in a group, and what it subscribes to.

use std::sync::Arc;

use bytes::Bytes;

use super::assignor::Strategy;
use crate::client::error::ClientError;

/// The protocol of a group's members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupProtocol {
    /// JoinGroup and SyncGroup: a leader among the members assigns the partitions.
    Classic,
    /// ConsumerGroupHeartbeat: the coordinator assigns them (KIP-848).
    Consumer,
}

/// How a leader assigns (classic protocol).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assignor {
    /// As one of Kafka's own assignors.
    Standard(Strategy),
    /// As the host decides: [`GroupEvent::AssignmentWanted`](super::GroupEvent::AssignmentWanted).
    Custom(CustomAssignor),
}

/// An assignor of the host's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CustomAssignor {
    /// The name by which the members agree on it.
    pub name: String,
    /// Whether members keep their partitions while they join again (KIP-429). The assignor must
    /// then leave out of an assignment what another member still owns.
    pub cooperative: bool,
    /// The whole subscription as the leader is to get it. `None`: the client's own, with the
    /// topics, what it owns, and `user_data`.
    pub metadata: Option<Bytes>,
    /// What goes into the client's own subscription for the leader's assignor to read.
    pub user_data: Option<Bytes>,
}

impl Assignor {
    /// The name by which the members agree on it.
    pub fn name(&self) -> &str {
        match self {
            Assignor::Standard(strategy) => strategy.name(),
            Assignor::Custom(custom) => &custom.name,
        }
    }

    /// Whether its members keep their partitions while they join again.
    pub(super) fn is_cooperative(&self) -> bool {
        match self {
            Assignor::Standard(strategy) => *strategy == Strategy::CooperativeSticky,
            Assignor::Custom(custom) => custom.cooperative,
        }
    }
}

/// How a client takes part in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupConfig {
    /// The group's name.
    pub group_id: String,
    /// The protocol. Classic.
    pub protocol: GroupProtocol,
    /// The lasting name of a static member (KIP-345): it keeps its partitions while it restarts, as
    /// long as that takes less than the session timeout. None.
    pub group_instance_id: Option<String>,
    /// The assignors to choose from, the preferred first; all of them must be eager or all
    /// cooperative, or the group may only speak what all of them do. Range, then
    /// cooperative-sticky, as in Kafka: eager until every member is configured with
    /// cooperative-sticky alone. Classic protocol only.
    pub assignors: Vec<Assignor>,
    /// The broker's assignor that is wanted, `uniform` or `range`. None: the broker's choice.
    /// Consumer protocol only.
    pub server_assignor: Option<String>,
    /// A member that is not heard of for so long is taken out of the group. 45,000. Classic
    /// protocol only: the broker configures it in the other.
    pub session_timeout_ms: u64,
    /// How long members may take to give their partitions up and join again. 60,000, as in KafkaJS
    /// (in Kafka it is the same as `max_poll_interval_ms`).
    pub rebalance_timeout_ms: u64,
    /// How often the member is heard of. 3,000. The client sees to it by itself, however long the
    /// application takes. Classic protocol only.
    pub heartbeat_interval_ms: u64,
    /// How long the application may go without [`Client::alive`](crate::client::Client::alive)
    /// before the member leaves the group, so that others get its partitions. None: for ever
    /// (Kafka: 300,000).
    pub max_poll_interval_ms: Option<u64>,
    /// Whether what was marked processed is committed by the client: at intervals, before partitions
    /// are given up, and when leaving. True.
    pub auto_commit: bool,
    /// The interval. 5,000.
    pub auto_commit_interval_ms: u64,
}

impl GroupConfig {
    /// A member of this group, with the defaults.
    pub fn new(group_id: impl Into<String>) -> GroupConfig {
        GroupConfig {
            group_id: group_id.into(),
            protocol: GroupProtocol::Classic,
            group_instance_id: None,
            assignors: vec![
                Assignor::Standard(Strategy::Range),
                Assignor::Standard(Strategy::CooperativeSticky),
            ],
            server_assignor: None,
            session_timeout_ms: 45_000,
            rebalance_timeout_ms: 60_000,
            heartbeat_interval_ms: 3_000,
            max_poll_interval_ms: None,
            auto_commit: true,
            auto_commit_interval_ms: 5_000,
        }
    }

    /// Whether members keep their partitions while they join again: only where every assignor lets
    /// them.
    pub(super) fn is_cooperative(&self) -> bool {
        // `CooperativeStickyAssignor` speaks both, so that one eager assignor decides.
        self.assignors.iter().all(Assignor::is_cooperative)
    }

    /// Refuses values that cannot work, naming the one.
    pub(crate) fn validate(&self) -> Result<(), ClientError> {
        let classic = self.protocol == GroupProtocol::Classic;
        let fits = |ms: u64| ms > 0 && i32::try_from(ms).is_ok();
        let rules: [(bool, &str); 6] = [
            (!self.group_id.is_empty(), "group.group_id: must not be empty"),
            (!classic || !self.assignors.is_empty(), "group.assignors: name one at least"),
            (
                fits(self.session_timeout_ms) && fits(self.rebalance_timeout_ms),
                "group: session_timeout_ms and rebalance_timeout_ms must be from 1 to 2147483647",
            ),
            (
                self.heartbeat_interval_ms > 0
                    && (!classic || self.heartbeat_interval_ms < self.session_timeout_ms),
                "group.heartbeat_interval_ms: must be positive and below session_timeout_ms",
            ),
            (self.max_poll_interval_ms != Some(0), "group.max_poll_interval_ms: must be positive"),
            (
                !self.auto_commit || self.auto_commit_interval_ms > 0,
                "group.auto_commit_interval_ms: must be positive",
            ),
        ];
        match rules.into_iter().find(|(kept, _)| !kept) {
            Some((_, rule)) => Err(ClientError::BadArgument(rule.to_owned())),
            None => Ok(()),
        }
    }
}

/// What a member wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subscription {
    /// These topics. One that does not exist is waited for.
    Topics(Vec<Arc<str>>),
    /// What the host chooses among all topics:
    /// [`GroupEvent::TopicsListed`](super::GroupEvent::TopicsListed) says which there are, at first
    /// and whenever that changes, and [`Client::choose_topics`](crate::client::Client::choose_topics)
    /// answers.
    Chosen,
    /// The topics whose names match a pattern in RE2's syntax, which the broker knows to apply.
    /// Consumer protocol only.
    Pattern(String),
}

//! What a group tells the caller.

use std::sync::Arc;

use bytes::Bytes;

use super::assignor::TopicPartition;
use crate::client::error::ClientError;
use crate::client::event::{CallId, PartitionOutcome};

/// What happened in the group.
#[derive(Debug, Clone)]
pub enum GroupEvent {
    /// The members share the partitions out anew; why, for people. A cooperative member goes on
    /// with what it owns meanwhile.
    Rebalancing {
        /// Why.
        reason: String,
    },
    /// These partitions are about to go to other members, or nowhere. Nothing more of them is given
    /// out. Finish what is being processed, mark or commit it, and say
    /// [`Client::acknowledge_revoked`](crate::client::Client::acknowledge_revoked), all within the
    /// rebalance timeout; after it they are `Lost`. Say it once for each `Revoked`, also when `Lost`
    /// has come since.
    Revoked {
        /// Which.
        partitions: Vec<TopicPartition>,
    },
    /// These partitions are gone already: the group has gone on without this member. Whatever is
    /// being processed of them may be processed again elsewhere, and cannot be committed.
    Lost {
        /// Which.
        partitions: Vec<TopicPartition>,
    },
    /// The member has these partitions from now on, besides those that it kept. They start at the
    /// committed offsets; a `seek` now starts them elsewhere.
    Assigned {
        /// Which.
        partitions: Vec<TopicPartition>,
    },
    /// A rebalance is over; follows `Assigned`.
    Joined(Membership),
    /// The member is the leader and the group agreed on an assignor of the host's: answer with
    /// [`Client::give_assignment`](crate::client::Client::give_assignment), within the rebalance
    /// timeout.
    AssignmentWanted {
        /// The generation, to be named in the answer.
        generation_id: i32,
        /// The assignor's name.
        assignor: String,
        /// The members.
        members: Vec<MemberMetadata>,
        /// The topics that the members subscribe to and that exist, with their numbers of
        /// partitions; none where a member's subscription is not Kafka's.
        partitions: Vec<(Arc<str>, i32)>,
    },
    /// The topics there are, internal ones left out: answer with
    /// [`Client::choose_topics`](crate::client::Client::choose_topics).
    TopicsListed {
        /// Their names.
        topics: Vec<Arc<str>>,
    },
    /// Offsets were committed, or could not be.
    Committed {
        /// The call; `None` where the client commits by itself.
        call: Option<CallId>,
        /// What became of each offset.
        offsets: Vec<PartitionOutcome<i64>>,
    },
    /// What [`Client::committed`](crate::client::Client::committed) found.
    CommittedFetched {
        /// The call.
        call: CallId,
        /// Each partition's committed offset; `None` where there is none.
        offsets: Vec<PartitionOutcome<Option<CommittedOffset>>>,
    },
    /// The application did not prove alive within `max_poll_interval_ms`: the member has left, and
    /// joins again when it does. `Lost` follows.
    PollIntervalExceeded,
    /// The member has left, as it was asked to.
    Left,
    /// The member is out of the group for good, its partitions are lost: subscribe again when the
    /// reason is gone.
    Failed {
        /// Why.
        error: ClientError,
    },
}

/// What a member is in its group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Membership {
    /// Its id.
    pub member_id: String,
    /// The generation, or the member's epoch in the consumer protocol.
    pub generation_id: i32,
    /// The leader's id; empty in the consumer protocol, which has none.
    pub leader_id: String,
    /// The assignor that the group agreed on; empty in the consumer protocol.
    pub assignor: String,
    /// The partitions that it is to own, without those on their way out.
    pub partitions: Vec<TopicPartition>,
    /// The partitions that it was assigned without being subscribed to their topics, and leaves alone:
    /// some assignors look at no member's subscription.
    pub left_alone: Vec<TopicPartition>,
    /// From the start of the rebalance to its end.
    pub duration_ms: u64,
}

/// A member as a custom assignor sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberMetadata {
    /// Its id.
    pub member_id: String,
    /// The name of a static member.
    pub group_instance_id: Option<String>,
    /// Its subscription, as it sent it.
    pub metadata: Bytes,
}

/// An offset to commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OffsetToCommit {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: i32,
    /// The offset to go on from: that of the last record processed, plus 1.
    pub offset: i64,
    /// The leader epoch of the last record processed, −1 where unknown.
    pub leader_epoch: i32,
    /// Whatever is to be kept with it.
    pub metadata: Option<String>,
}

impl OffsetToCommit {
    /// An offset with nothing besides.
    pub fn new(topic: impl Into<Arc<str>>, partition: i32, offset: i64) -> OffsetToCommit {
        let topic = topic.into();
        OffsetToCommit { topic, partition, offset, leader_epoch: -1, metadata: None }
    }
}

/// An offset as it was committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommittedOffset {
    /// The offset to go on from.
    pub offset: i64,
    /// The leader epoch of the record before it, −1 where unknown.
    pub leader_epoch: i32,
    /// What was kept with it.
    pub metadata: String,
}

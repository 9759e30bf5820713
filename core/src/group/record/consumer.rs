//! Groups of the consumer protocol. KIP-848.

use bytes::Bytes;

use super::RecordValue;
use crate::Uuid;

message! {
    /// A group's epoch.
    struct ConsumerGroupMetadataValue {
        /// The epoch: it grows whenever the group's members, their subscriptions or the topics change.
        epoch: i32,
        /// A hash of the topics that the group subscribes to, 0 for none (KIP-1101). Whoever reads it
        /// compares it with its own, and gives the group a new epoch where they differ.
        metadata_hash: i64 [0.., tag 0],
    }

    /// A member.
    struct ConsumerGroupMemberMetadataValue {
        /// The name of a static member.
        instance_id: Option<String>,
        /// Its rack.
        rack_id: Option<String>,
        /// The client's name for itself.
        client_id: String,
        /// Where it connects from.
        client_host: String,
        /// The topics that it subscribes to.
        subscribed_topic_names: Vec<String>,
        /// The pattern of topics that it subscribes to.
        subscribed_topic_regex: Option<String>,
        /// How long it may take to give up partitions, −1 where unknown.
        rebalance_timeout_ms: i32 = -1,
        /// The assignor that it wants.
        server_assignor: Option<String>,
        /// What a member has besides, if it speaks the classic protocol.
        classic_member_metadata: Option<RecordClassicMemberMetadata> [0.., tag 0],
    }

    /// What there is besides of a member that speaks the classic protocol (`ClassicMemberMetadata` in
    /// the schema).
    struct RecordClassicMemberMetadata {
        /// After how long without a heartbeat it is taken for dead.
        session_timeout_ms: i32,
        /// The assignors that it has.
        supported_protocols: Vec<RecordClassicProtocol>,
    }

    /// An assignor of a member that speaks the classic protocol (`ClassicProtocol` in the schema).
    struct RecordClassicProtocol {
        /// Its name.
        name: String,
        /// The member's subscription.
        metadata: Bytes,
    }

    /// The target assignment's epoch.
    struct ConsumerGroupTargetAssignmentMetadataValue {
        /// The group epoch for which it was made.
        assignment_epoch: i32,
    }

    /// What a member is to own.
    struct ConsumerGroupTargetAssignmentMemberValue {
        /// The partitions, by topic.
        topic_partitions: Vec<RecordTopicPartitions>,
    }

    /// Partitions of a topic (`TopicPartitions` in the schemas).
    struct RecordTopicPartitions {
        /// The topic's id.
        topic_id: Uuid,
        /// The partitions.
        partitions: Vec<i32>,
    }

    /// What a member owns.
    struct ConsumerGroupCurrentMemberAssignmentValue {
        /// Its epoch.
        member_epoch: i32,
        /// Its epoch before, which it may still name if a response was lost.
        previous_member_epoch: i32,
        /// How far it is with its reconciliation.
        state: i8,
        /// The partitions that it owns.
        assigned_partitions: Vec<RecordTopicPartitions>,
        /// Those that it has yet to give up.
        partitions_pending_revocation: Vec<RecordTopicPartitions>,
    }

    /// What a regular expression stands for.
    struct ConsumerGroupRegularExpressionValue {
        /// The topics that match.
        topics: Vec<String>,
        /// The version of the cluster's metadata that it was matched against.
        version: i64,
        /// When it was, in milliseconds since the epoch.
        timestamp: i64,
    }
}

nullable! { RecordClassicMemberMetadata }

macro_rules! first_version {
    ($($value:ident),*) => { $(
        impl RecordValue for $value {
            const NEWEST: i16 = 0;
            const FLEXIBLE_FROM: i16 = 0;

            fn version(&self) -> i16 {
                0
            }
        }
    )* };
}
first_version!(
    ConsumerGroupMetadataValue,
    ConsumerGroupMemberMetadataValue,
    ConsumerGroupTargetAssignmentMetadataValue,
    ConsumerGroupTargetAssignmentMemberValue,
    ConsumerGroupCurrentMemberAssignmentValue,
    ConsumerGroupRegularExpressionValue
);

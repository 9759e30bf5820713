//! OffsetFetch (key 9): reads how far groups have read. KIP-320 (leader epochs), KIP-447
//! (`require_stable`), KIP-709 (many groups), KIP-848 (member epochs; topic ids, in version 10).

use crate::Uuid;

api! { OffsetFetch, OffsetFetchRequest => OffsetFetchResponse, versions 1..=10, flexible from 6 }

message! {
    /// Asks for committed offsets.
    struct OffsetFetchRequest {
        /// The group.
        group_id: String [..=7],
        /// The topics; null for all that the group has offsets of.
        topics: Option<Vec<OffsetFetchRequestTopic>> [..=7, null 2..] = Some(Vec::new()),
        /// The groups.
        groups: Vec<OffsetFetchRequestGroup> [8..],
        /// Whether to refuse partitions whose offsets an open transaction may still change.
        require_stable: bool [7..],
    }

    /// A topic.
    struct OffsetFetchRequestTopic {
        /// The topic's name.
        name: String [..=7],
        /// The partitions.
        partition_indexes: Vec<i32> [..=7],
    }

    /// A group.
    struct OffsetFetchRequestGroup {
        /// The group.
        group_id: String [8..],
        /// The member that asks (KIP-848), null of others.
        member_id: Option<String> [9..],
        /// The member's epoch (KIP-848), −1 of others.
        member_epoch: i32 [9..] = -1,
        /// The topics; null for all that the group has offsets of.
        topics: Option<Vec<OffsetFetchRequestTopics>> [8..],
    }

    /// A topic of a group.
    struct OffsetFetchRequestTopics {
        /// The topic's name.
        name: String [8..=9],
        /// The topic's id.
        topic_id: Uuid [10..],
        /// The partitions.
        partition_indexes: Vec<i32> [8..],
    }

    /// The offsets.
    struct OffsetFetchResponse {
        /// How long the request was held back by a quota.
        throttle_time_ms: i32 [3..],
        /// The topics.
        topics: Vec<OffsetFetchResponseTopic> [..=7],
        /// The error of the group as a whole, or 0.
        error_code: i16 [2..=7],
        /// The groups.
        groups: Vec<OffsetFetchResponseGroup> [8..],
    }

    /// Offsets of a topic.
    struct OffsetFetchResponseTopic {
        /// The topic's name.
        name: String [..=7],
        /// The partitions.
        partitions: Vec<OffsetFetchResponsePartition> [..=7],
    }

    /// An offset.
    struct OffsetFetchResponsePartition {
        /// The partition.
        partition_index: i32 [..=7],
        /// The offset to go on from, −1 where none is committed.
        committed_offset: i64 [..=7],
        /// The epoch of the last record that was read, −1 where unknown.
        committed_leader_epoch: i32 [5..=7] = -1,
        /// What the client kept with it.
        metadata: Option<String> [..=7],
        /// The error, or 0.
        error_code: i16 [..=7],
    }

    /// The offsets of a group.
    struct OffsetFetchResponseGroup {
        /// The group.
        group_id: String [8..],
        /// The topics.
        topics: Vec<OffsetFetchResponseTopics> [8..],
        /// The error of the group as a whole, or 0.
        error_code: i16 [8..],
    }

    /// A group's offsets of a topic.
    struct OffsetFetchResponseTopics {
        /// The topic's name.
        name: String [8..=9],
        /// The topic's id.
        topic_id: Uuid [10..],
        /// The partitions.
        partitions: Vec<OffsetFetchResponsePartitions> [8..],
    }

    /// A group's offset.
    struct OffsetFetchResponsePartitions {
        /// The partition.
        partition_index: i32 [8..],
        /// The offset to go on from, −1 where none is committed.
        committed_offset: i64 [8..],
        /// The epoch of the last record that was read, −1 where unknown.
        committed_leader_epoch: i32 [8..] = -1,
        /// What the client kept with it.
        metadata: Option<String> [8..],
        /// The error, or 0.
        error_code: i16 [8..],
    }
}

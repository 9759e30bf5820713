//! OffsetCommit (key 8): stores how far a group has read. KIP-211 (retention), KIP-320 (leader
//! epochs), KIP-345 (static members), KIP-848 (member epochs), KIP-516 and KIP-848 (topic ids, in
//! version 10).

use crate::Uuid;

api! { OffsetCommit, OffsetCommitRequest => OffsetCommitResponse, versions 2..=10, flexible from 8 }

message! {
    /// Commits offsets.
    struct OffsetCommitRequest {
        /// The group.
        group_id: String,
        /// The member's generation (classic protocol) or epoch (KIP-848); −1 of a client that is
        /// no member.
        generation_id_or_member_epoch: i32 = -1,
        /// The member; empty of a client that is none.
        member_id: String,
        /// The name of a static member.
        group_instance_id: Option<String> [7..],
        /// How long to keep the offsets; −1 for the broker's setting.
        retention_time_ms: i64 [..=4] = -1,
        /// The topics.
        topics: Vec<OffsetCommitRequestTopic>,
    }

    /// Offsets of a topic.
    struct OffsetCommitRequestTopic {
        /// The topic's name.
        name: String [..=9],
        /// The topic's id.
        topic_id: Uuid [10..],
        /// The partitions.
        partitions: Vec<OffsetCommitRequestPartition>,
    }

    /// An offset.
    struct OffsetCommitRequestPartition {
        /// The partition.
        partition_index: i32,
        /// The offset to go on from.
        committed_offset: i64,
        /// The epoch of the last record that was read, −1 where unknown.
        committed_leader_epoch: i32 [6..] = -1,
        /// Whatever the client wants to keep with it.
        committed_metadata: Option<String>,
    }

    /// What became of each offset.
    struct OffsetCommitResponse {
        /// How long the request was held back by a quota.
        throttle_time_ms: i32 [3..],
        /// The topics.
        topics: Vec<OffsetCommitResponseTopic>,
    }

    /// What became of a topic's offsets.
    struct OffsetCommitResponseTopic {
        /// The topic's name.
        name: String [..=9],
        /// The topic's id.
        topic_id: Uuid [10..],
        /// The partitions.
        partitions: Vec<OffsetCommitResponsePartition>,
    }

    /// What became of an offset.
    struct OffsetCommitResponsePartition {
        /// The partition.
        partition_index: i32,
        /// The error, or 0.
        error_code: i16,
    }
}

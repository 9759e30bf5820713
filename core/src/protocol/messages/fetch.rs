//! Fetch (key 1): reads record batches, waiting for them if asked. KIP-74 (order and max bytes),
//! KIP-98, KIP-227 (sessions), KIP-320, KIP-392, KIP-516 (topic ids), KIP-595, KIP-853, KIP-903,
//! KIP-951, KIP-1166.

use bytes::Bytes;

use super::{LeaderIdAndEpoch, NodeEndpoint};
use crate::Uuid;

api! { Fetch, FetchRequest => FetchResponse, versions 4..=18, flexible from 12 }

message! {
    /// Asks for batches of partitions.
    struct FetchRequest {
        /// The cluster that the sender takes this to be, or null; replicas use it.
        cluster_id: Option<String> [12.., tag 0],
        /// The node id of a replica, −1 for a consumer.
        replica_id: i32 [..=14] = -1,
        /// The replica that asks; as it is for a consumer.
        replica_state: ReplicaState [15.., tag 1],
        /// How long the broker may wait for `min_bytes`.
        max_wait_ms: i32,
        /// How many bytes to wait for.
        min_bytes: i32,
        /// How many bytes to answer with at most; the first batch may exceed it.
        max_bytes: i32 = i32::MAX,
        /// 0 to read uncommitted records too, 1 to read only committed ones.
        isolation_level: i8,
        /// The fetch session, 0 for none.
        session_id: i32 [7..],
        /// The request's number within its session: 0 makes one, −1 ends it.
        session_epoch: i32 [7..] = -1,
        /// The partitions to read, by topic; within a session, those new or changed.
        topics: Vec<FetchTopic>,
        /// The partitions that leave the session.
        forgotten_topics_data: Vec<ForgottenTopic> [7..],
        /// The consumer's rack.
        rack_id: String [11..],
    }

    /// The replica that fetches.
    struct ReplicaState {
        /// The node id of a replica, −1 for a consumer.
        replica_id: i32 = -1,
        /// The replica's epoch, −1 where there is none.
        replica_epoch: i64 = -1,
    }

    /// What to read of one topic.
    struct FetchTopic {
        /// The topic's name.
        topic: String [..=12],
        /// The topic's id.
        topic_id: Uuid [13..],
        /// The partitions.
        partitions: Vec<FetchPartition>,
    }

    /// What to read of one partition.
    struct FetchPartition {
        /// The partition.
        partition: i32,
        /// The leader's epoch as the consumer knows it, −1 where it does not.
        current_leader_epoch: i32 [9..] = -1,
        /// The first offset wanted.
        fetch_offset: i64,
        /// The epoch of the last record that was read, −1 where there is none.
        last_fetched_epoch: i32 [12..] = -1,
        /// The first offset that a replica has, −1 for a consumer.
        log_start_offset: i64 [5..] = -1,
        /// How many bytes of this partition to answer with at most; see `max_bytes`.
        partition_max_bytes: i32,
        /// The id of the replica's log directory.
        replica_directory_id: Uuid [17.., tag 0],
        /// The high watermark that a replica knows: −1 where unknown, `i64::MAX` where the sender
        /// does not tell.
        high_watermark: i64 [18.., tag 1] = i64::MAX,
    }

    /// Partitions of a topic that leave the session.
    struct ForgottenTopic {
        /// The topic's name.
        topic: String [..=12],
        /// The topic's id.
        topic_id: Uuid [13..],
        /// The partitions.
        partitions: Vec<i32>,
    }

    /// The batches.
    struct FetchResponse {
        /// How long the request was held back by a quota.
        throttle_time_ms: i32,
        /// The error of the request as a whole, or 0.
        error_code: i16 [7..],
        /// The fetch session, 0 for none.
        session_id: i32 [7..],
        /// The topics.
        responses: Vec<FetchableTopicResponse>,
        /// Addresses of the leaders that `current_leader` names.
        node_endpoints: Vec<NodeEndpoint> [16.., tag 0],
    }

    /// The batches of one topic.
    struct FetchableTopicResponse {
        /// The topic's name.
        topic: String [..=12],
        /// The topic's id.
        topic_id: Uuid [13..],
        /// The partitions.
        partitions: Vec<FetchPartitionData>,
    }

    /// The batches of one partition (`PartitionData` in the schema).
    struct FetchPartitionData {
        /// The partition.
        partition_index: i32,
        /// The error, or 0.
        error_code: i16,
        /// The end of what consumers may read.
        high_watermark: i64,
        /// The end of what `isolation_level` 1 may read, −1 where unknown.
        last_stable_offset: i64 = -1,
        /// The partition's first offset, −1 where unknown.
        log_start_offset: i64 [5..] = -1,
        /// Where the log of the reader, who named its last epoch, left this one.
        diverging_epoch: FetchEpochEndOffset [12.., tag 0],
        /// The leader, where the request went to another broker.
        current_leader: LeaderIdAndEpoch [12.., tag 1],
        /// The snapshot to load where the offset is below the log (KRaft).
        snapshot_id: SnapshotId [12.., tag 2],
        /// The transactions aborted within these batches; null for `isolation_level` 0.
        aborted_transactions: Option<Vec<AbortedTransaction>>,
        /// The replica to read from next, −1 for the leader.
        preferred_read_replica: i32 [11..] = -1,
        /// The batches, the last of which may be cut short.
        records: Option<Bytes>,
    }

    /// The last epoch that two logs share, and its end (`EpochEndOffset` in the schema).
    struct FetchEpochEndOffset {
        /// The largest epoch not above the one asked for, −1 for none.
        epoch: i32 = -1,
        /// The end of that epoch, −1 for none.
        end_offset: i64 = -1,
    }

    /// A snapshot of a KRaft log.
    struct SnapshotId {
        /// The offset that the snapshot ends at, −1 for no snapshot.
        end_offset: i64 = -1,
        /// The epoch of the snapshot's last record, −1 for no snapshot.
        epoch: i32 = -1,
    }

    /// An aborted transaction.
    struct AbortedTransaction {
        /// The producer's id.
        producer_id: i64,
        /// The transaction's first offset in this partition.
        first_offset: i64,
    }
}

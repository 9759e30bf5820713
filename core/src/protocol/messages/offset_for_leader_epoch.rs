//! OffsetForLeaderEpoch (key 23): where an epoch of a partition ends. KIP-101, KIP-279, KIP-320.

api! {
    OffsetForLeaderEpoch, OffsetForLeaderEpochRequest => OffsetForLeaderEpochResponse,
    versions 2..=4, flexible from 4
}

message! {
    /// Asks for the ends of epochs.
    struct OffsetForLeaderEpochRequest {
        /// The node id of a replica, −1 for a consumer, −2 where the sender does not tell.
        replica_id: i32 [3..] = -2,
        /// The topics.
        topics: Vec<OffsetForLeaderTopic>,
    }

    /// The partitions of one topic.
    struct OffsetForLeaderTopic {
        /// The topic's name.
        topic: String,
        /// The partitions.
        partitions: Vec<OffsetForLeaderPartition>,
    }

    /// The epoch of one partition.
    struct OffsetForLeaderPartition {
        /// The partition.
        partition: i32,
        /// The leader's epoch as the sender knows it, −1 where it does not.
        current_leader_epoch: i32 = -1,
        /// The epoch whose end is asked for.
        leader_epoch: i32,
    }

    /// The ends of epochs.
    struct OffsetForLeaderEpochResponse {
        /// How long the request was held back by a quota.
        throttle_time_ms: i32,
        /// The topics.
        topics: Vec<OffsetForLeaderTopicResult>,
    }

    /// The ends of one topic's epochs.
    struct OffsetForLeaderTopicResult {
        /// The topic's name.
        topic: String,
        /// The partitions.
        partitions: Vec<EpochEndOffset>,
    }

    /// The end of one partition's epoch.
    struct EpochEndOffset {
        /// The error, or 0.
        error_code: i16,
        /// The partition.
        partition: i32,
        /// The largest epoch not above the one asked for, −1 where there is none.
        leader_epoch: i32 = -1,
        /// The offset behind that epoch's last record, −1 where there is none.
        end_offset: i64 = -1,
    }
}

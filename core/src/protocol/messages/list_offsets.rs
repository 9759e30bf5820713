//! ListOffsets (key 2): finds an offset by timestamp, or an end of the log. KIP-79, KIP-98, KIP-207,
//! KIP-320, KIP-405 (−4), KIP-734 (−3), KIP-1005 (−5), KIP-1075, KIP-1023 (−6).

api! { ListOffsets, ListOffsetsRequest => ListOffsetsResponse, versions 1..=11, flexible from 6 }

message! {
    /// Asks for offsets.
    struct ListOffsetsRequest {
        /// The node id of a replica, −1 for a consumer.
        replica_id: i32,
        /// 0 to see uncommitted records too, 1 to see only committed ones.
        isolation_level: i8 [2..],
        /// The topics.
        topics: Vec<ListOffsetsTopic>,
        /// How long the broker may take where it must ask remote storage.
        timeout_ms: i32 [10..],
    }

    /// What to find in one topic.
    struct ListOffsetsTopic {
        /// The topic's name.
        name: String,
        /// The partitions.
        partitions: Vec<ListOffsetsPartition>,
    }

    /// What to find in one partition.
    struct ListOffsetsPartition {
        /// The partition.
        partition_index: i32,
        /// The leader's epoch as the consumer knows it, −1 where it does not.
        current_leader_epoch: i32 [4..] = -1,
        /// The earliest time (ms since 1970) to find; or −1 the log's end, −2 its start, −3 the
        /// largest timestamp, −4 the local log's start, −5 the last tiered offset, −6 the first
        /// offset not yet tiered.
        timestamp: i64,
    }

    /// The offsets.
    struct ListOffsetsResponse {
        /// How long the request was held back by a quota.
        throttle_time_ms: i32 [2..],
        /// The topics.
        topics: Vec<ListOffsetsTopicResponse>,
    }

    /// What was found in one topic.
    struct ListOffsetsTopicResponse {
        /// The topic's name.
        name: String,
        /// The partitions.
        partitions: Vec<ListOffsetsPartitionResponse>,
    }

    /// What was found in one partition.
    struct ListOffsetsPartitionResponse {
        /// The partition.
        partition_index: i32,
        /// The error, or 0.
        error_code: i16,
        /// The found record's timestamp, −1 where there is none.
        timestamp: i64 = -1,
        /// The offset, −1 where nothing matches.
        offset: i64 = -1,
        /// The epoch of the record at that offset, −1 where unknown.
        leader_epoch: i32 [4..] = -1,
    }
}

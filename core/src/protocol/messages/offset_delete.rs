//! OffsetDelete (key 47): deletes committed offsets of a group. KIP-496.

api! {
    OffsetDelete, OffsetDeleteRequest => OffsetDeleteResponse,
    versions 0..=0, flexible from i16::MAX
}

message! {
    /// Deletes offsets.
    struct OffsetDeleteRequest {
        /// The group.
        group_id: String,
        /// The topics.
        topics: Vec<OffsetDeleteRequestTopic>,
    }

    /// Offsets of a topic.
    struct OffsetDeleteRequestTopic {
        /// The topic's name.
        name: String,
        /// The partitions.
        partitions: Vec<OffsetDeleteRequestPartition>,
    }

    /// A partition.
    struct OffsetDeleteRequestPartition {
        /// The partition.
        partition_index: i32,
    }

    /// What became of each offset.
    struct OffsetDeleteResponse {
        /// The error of the request as a whole, or 0.
        error_code: i16,
        /// How long the request was held back by a quota.
        throttle_time_ms: i32,
        /// The topics.
        topics: Vec<OffsetDeleteResponseTopic>,
    }

    /// What became of a topic's offsets.
    struct OffsetDeleteResponseTopic {
        /// The topic's name.
        name: String,
        /// The partitions.
        partitions: Vec<OffsetDeleteResponsePartition>,
    }

    /// What became of an offset.
    struct OffsetDeleteResponsePartition {
        /// The partition.
        partition_index: i32,
        /// The error, or 0.
        error_code: i16,
    }
}

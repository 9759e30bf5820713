//! CreatePartitions (key 37): adds partitions to topics. KIP-195, KIP-599.

api! {
    CreatePartitions, CreatePartitionsRequest => CreatePartitionsResponse,
    versions 0..=3, flexible from 2
}

message! {
    /// Asks for more partitions.
    struct CreatePartitionsRequest {
        /// The topics.
        topics: Vec<CreatePartitionsTopic>,
        /// How long the broker may take.
        timeout_ms: i32,
        /// Whether to check the request only.
        validate_only: bool,
    }

    /// A topic that is to grow.
    struct CreatePartitionsTopic {
        /// The topic's name.
        name: String,
        /// How many partitions it is to have in all.
        count: i32,
        /// The nodes of each new partition; null to let the broker choose.
        assignments: Option<Vec<CreatePartitionsAssignment>>,
    }

    /// The nodes of one new partition.
    struct CreatePartitionsAssignment {
        /// The nodes.
        broker_ids: Vec<i32>,
    }

    /// What became of the topics.
    struct CreatePartitionsResponse {
        /// How long the request was held back by a quota.
        throttle_time_ms: i32,
        /// A result per topic.
        results: Vec<CreatePartitionsTopicResult>,
    }

    /// What became of one topic.
    struct CreatePartitionsTopicResult {
        /// The topic's name.
        name: String,
        /// The error, or 0.
        error_code: i16,
        /// What went wrong, or null.
        error_message: Option<String>,
    }
}

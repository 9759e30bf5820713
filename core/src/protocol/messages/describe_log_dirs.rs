//! DescribeLogDirs (key 35): how many bytes each partition takes, and how much room is left. KIP-113,
//! KIP-827.

api! {
    DescribeLogDirs, DescribeLogDirsRequest => DescribeLogDirsResponse,
    versions 1..=4, flexible from 2
}

message! {
    /// Asks for the sizes of partitions.
    struct DescribeLogDirsRequest {
        /// The partitions wanted, or null for all.
        topics: Option<Vec<DescribableLogDirTopic>>,
    }

    /// Partitions of one topic.
    struct DescribableLogDirTopic {
        /// The topic's name.
        topic: String,
        /// The partitions.
        partitions: Vec<i32>,
    }

    /// The places where logs are kept.
    struct DescribeLogDirsResponse {
        /// How long the request was held back by a quota.
        throttle_time_ms: i32,
        /// The error, or 0.
        error_code: i16 [3..],
        /// Each place.
        results: Vec<DescribeLogDirsResult>,
    }

    /// A place where logs are kept.
    struct DescribeLogDirsResult {
        /// The error, or 0.
        error_code: i16,
        /// What it is called; a path in Kafka.
        log_dir: String,
        /// What is kept there.
        topics: Vec<DescribeLogDirsTopic>,
        /// How many bytes it has in all, −1 where unknown.
        total_bytes: i64 [4..] = -1,
        /// How many bytes are left, −1 where unknown.
        usable_bytes: i64 [4..] = -1,
    }

    /// One topic.
    struct DescribeLogDirsTopic {
        /// The topic's name.
        name: String,
        /// The partitions.
        partitions: Vec<DescribeLogDirsPartition>,
    }

    /// One partition.
    struct DescribeLogDirsPartition {
        /// The partition.
        partition_index: i32,
        /// The size of its segments.
        partition_size: i64,
        /// How far its end is ahead of what this replica has.
        offset_lag: i64,
        /// Whether it is a replica that is on its way to this place.
        is_future_key: bool,
    }
}

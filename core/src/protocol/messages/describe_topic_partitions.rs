//! DescribeTopicPartitions (key 75): topics and partitions, page by page. KIP-966.

use crate::Uuid;

api! {
    DescribeTopicPartitions, DescribeTopicPartitionsRequest => DescribeTopicPartitionsResponse,
    versions 0..=0, flexible from 0
}

message! {
    /// Asks for a page of partitions.
    struct DescribeTopicPartitionsRequest {
        /// The topics; empty for all.
        topics: Vec<DescribeTopicPartitionsTopic>,
        /// How many partitions to answer with at most.
        response_partition_limit: i32 = 2_000,
        /// Where to begin; null for the start.
        cursor: Option<Cursor>,
    }

    /// A topic that is asked for (`TopicRequest` in the schema).
    struct DescribeTopicPartitionsTopic {
        /// The topic's name.
        name: String,
    }

    /// The partition that a page begins with.
    struct Cursor {
        /// The topic's name.
        topic_name: String,
        /// The partition.
        partition_index: i32,
    }

    /// A page of partitions.
    struct DescribeTopicPartitionsResponse {
        /// How long the request was held back by a quota.
        throttle_time_ms: i32,
        /// The topics.
        topics: Vec<DescribeTopicPartitionsResponseTopic>,
        /// Where the next page begins; null behind the last.
        next_cursor: Option<Cursor>,
    }

    /// A topic.
    struct DescribeTopicPartitionsResponseTopic {
        /// The error, or 0.
        error_code: i16,
        /// The topic's name.
        name: Option<String>,
        /// The topic's id.
        topic_id: Uuid,
        /// Whether the topic is one of the broker's own.
        is_internal: bool,
        /// The partitions.
        partitions: Vec<DescribeTopicPartitionsResponsePartition>,
        /// What the client may do with the topic, as bits; `i32::MIN` where not told.
        topic_authorized_operations: i32 = i32::MIN,
    }

    /// A partition.
    struct DescribeTopicPartitionsResponsePartition {
        /// The error, or 0.
        error_code: i16,
        /// The partition.
        partition_index: i32,
        /// The leader's node id, −1 where there is none.
        leader_id: i32,
        /// The leader's epoch, −1 where unknown.
        leader_epoch: i32 = -1,
        /// The nodes that hold the partition.
        replica_nodes: Vec<i32>,
        /// Those in sync with the leader.
        isr_nodes: Vec<i32>,
        /// Those that may become leader though they are not in sync; null where not tracked.
        eligible_leader_replicas: Option<Vec<i32>>,
        /// Those that last could; null where not tracked.
        last_known_elr: Option<Vec<i32>>,
        /// Those that are offline.
        offline_replicas: Vec<i32>,
    }
}

nullable! { Cursor }

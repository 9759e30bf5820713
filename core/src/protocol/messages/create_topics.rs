//! CreateTopics (key 19): makes topics. KIP-4, KIP-464 (defaults), KIP-516 (topic ids), KIP-525
//! (configs in the response), KIP-599.

use crate::Uuid;

api! { CreateTopics, CreateTopicsRequest => CreateTopicsResponse, versions 2..=7, flexible from 5 }

message! {
    /// Asks for new topics.
    struct CreateTopicsRequest {
        /// The topics.
        topics: Vec<CreatableTopic>,
        /// How long the broker may take.
        timeout_ms: i32 = 60_000,
        /// Whether to check the request only.
        validate_only: bool,
    }

    /// A topic to make.
    struct CreatableTopic {
        /// The topic's name.
        name: String,
        /// How many partitions; −1 for the broker's default, or where `assignments` tell.
        num_partitions: i32,
        /// How many replicas each; −1 for the broker's default, or where `assignments` tell.
        replication_factor: i16,
        /// The nodes of each partition; empty to let the broker choose.
        assignments: Vec<CreatableReplicaAssignment>,
        /// Configurations other than the defaults.
        configs: Vec<CreatableTopicConfig>,
    }

    /// The nodes of one partition.
    struct CreatableReplicaAssignment {
        /// The partition.
        partition_index: i32,
        /// The nodes.
        broker_ids: Vec<i32>,
    }

    /// One configuration.
    struct CreatableTopicConfig {
        /// Its name.
        name: String,
        /// Its value.
        value: Option<String>,
    }

    /// What became of the topics.
    struct CreateTopicsResponse {
        /// How long the request was held back by a quota.
        throttle_time_ms: i32,
        /// A result per topic.
        topics: Vec<CreatableTopicResult>,
    }

    /// What became of one topic.
    struct CreatableTopicResult {
        /// The topic's name.
        name: String,
        /// The topic's id.
        topic_id: Uuid [7..],
        /// The error, or 0.
        error_code: i16,
        /// What went wrong, or null.
        error_message: Option<String>,
        /// Why `configs` is null, or 0.
        topic_config_error_code: i16 [5.., tag 0],
        /// How many partitions the topic has, −1 where unknown.
        num_partitions: i32 [5..] = -1,
        /// How many replicas each has, −1 where unknown.
        replication_factor: i16 [5..] = -1,
        /// The topic's configurations; null where the client may not see them.
        configs: Option<Vec<CreatableTopicConfigs>> [5..] = Some(Vec::new()),
    }

    /// One configuration of a topic that was made.
    struct CreatableTopicConfigs {
        /// Its name.
        name: String,
        /// Its value; null where it is sensitive.
        value: Option<String>,
        /// Whether it cannot be changed.
        read_only: bool,
        /// Where the value comes from; see
        /// [`DescribeConfigsResourceResult`](super::DescribeConfigsResourceResult).
        config_source: i8 = -1,
        /// Whether the value is a secret.
        is_sensitive: bool,
    }
}

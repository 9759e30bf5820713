//! Metadata (key 3): brokers, topics and partitions. KIP-4, KIP-78, KIP-112, KIP-320, KIP-430,
//! KIP-516 (topic ids), KIP-700, KIP-1102 (top-level error).

use crate::Uuid;

api! { Metadata, MetadataRequest => MetadataResponse, versions 0..=13, flexible from 9 }

message! {
    /// Asks for topics.
    struct MetadataRequest {
        /// The topics; null for all. Version 0 has no null: there, all are asked for by an empty
        /// list, which in later versions asks for none.
        topics: Option<Vec<MetadataRequestTopic>> [0.., null 1..],
        /// Whether the broker may create topics that do not exist.
        allow_auto_topic_creation: bool [4..] = true,
        /// Whether to tell what the client may do with the cluster.
        include_cluster_authorized_operations: bool [8..=10],
        /// Whether to tell what the client may do with each topic.
        include_topic_authorized_operations: bool [8..],
    }

    /// A topic that is asked for.
    struct MetadataRequestTopic {
        /// The topic's id, or zero.
        topic_id: Uuid [10..],
        /// The topic's name; null where it is asked for by id (served from version 12 on).
        name: Option<String> [0.., null 10..],
    }

    /// The brokers and the topics.
    struct MetadataResponse {
        /// How long the request was held back by a quota.
        throttle_time_ms: i32 [3..],
        /// The brokers.
        brokers: Vec<MetadataResponseBroker>,
        /// The cluster's id.
        cluster_id: Option<String> [2..],
        /// The controller's node id, −1 where unknown.
        controller_id: i32 [1..] = -1,
        /// The topics.
        topics: Vec<MetadataResponseTopic>,
        /// What the client may do with the cluster, as bits; `i32::MIN` where not asked for.
        cluster_authorized_operations: i32 [8..=10] = i32::MIN,
        /// The error of the request as a whole, or 0.
        error_code: i16 [13..],
    }

    /// A broker.
    struct MetadataResponseBroker {
        /// The node id.
        node_id: i32,
        /// The host.
        host: String,
        /// The port.
        port: i32,
        /// The rack, or null.
        rack: Option<String> [1..],
    }

    /// A topic.
    struct MetadataResponseTopic {
        /// The error, or 0.
        error_code: i16,
        /// The topic's name; null where an id was asked for that does not exist.
        name: Option<String> [0.., null 12..],
        /// The topic's id.
        topic_id: Uuid [10..],
        /// Whether the topic is one of the broker's own.
        is_internal: bool [1..],
        /// The partitions.
        partitions: Vec<MetadataResponsePartition>,
        /// What the client may do with the topic, as bits; `i32::MIN` where not asked for.
        topic_authorized_operations: i32 [8..] = i32::MIN,
    }

    /// A partition.
    struct MetadataResponsePartition {
        /// The error, or 0.
        error_code: i16,
        /// The partition.
        partition_index: i32,
        /// The leader's node id, −1 where there is none.
        leader_id: i32,
        /// The leader's epoch, −1 where unknown.
        leader_epoch: i32 [7..] = -1,
        /// The nodes that hold the partition.
        replica_nodes: Vec<i32>,
        /// Those in sync with the leader.
        isr_nodes: Vec<i32>,
        /// Those that are offline.
        offline_replicas: Vec<i32> [5..],
    }
}

//! Produce (key 0): appends record batches. KIP-98, KIP-360, KIP-467, KIP-890, KIP-951.
//!
//! Versions 0 to 2 are advertised and never served: librdkafka stops compressing where the range
//! does not start at 0.

use bytes::Bytes;

use crate::Uuid;

api! { Produce, ProduceRequest => ProduceResponse, versions 3..=13, flexible from 9 }

message! {
    /// Appends batches to partitions.
    struct ProduceRequest {
        /// The transactional id, or null.
        transactional_id: Option<String>,
        /// How many acknowledgements: 0 none, 1 the leader's, −1 all in-sync replicas'.
        acks: i16,
        /// How long the broker may wait for them.
        timeout_ms: i32,
        /// The topics.
        topic_data: Vec<TopicProduceData>,
    }

    /// The batches for one topic.
    struct TopicProduceData {
        /// The topic's name.
        name: String [..=12],
        /// The topic's id.
        topic_id: Uuid [13..],
        /// The partitions.
        partition_data: Vec<PartitionProduceData>,
    }

    /// The batches for one partition.
    struct PartitionProduceData {
        /// The partition.
        index: i32,
        /// One or more record batches.
        records: Option<Bytes>,
    }

    /// What became of the batches.
    struct ProduceResponse {
        /// A response per topic.
        responses: Vec<TopicProduceResponse>,
        /// How long the request was held back by a quota.
        throttle_time_ms: i32,
        /// Addresses of the leaders that `current_leader` names.
        node_endpoints: Vec<NodeEndpoint> [10.., tag 0],
    }

    /// What became of one topic's batches.
    struct TopicProduceResponse {
        /// The topic's name.
        name: String [..=12],
        /// The topic's id.
        topic_id: Uuid [13..],
        /// A response per partition.
        partition_responses: Vec<PartitionProduceResponse>,
    }

    /// What became of one partition's batches.
    struct PartitionProduceResponse {
        /// The partition.
        index: i32,
        /// The error, or 0.
        error_code: i16,
        /// The offset given to the first record.
        base_offset: i64,
        /// The broker's time of the append where the topic asks for it, otherwise −1.
        log_append_time_ms: i64 = -1,
        /// The partition's first offset.
        log_start_offset: i64 [5..] = -1,
        /// The records that caused the whole batch to be refused.
        record_errors: Vec<BatchIndexAndErrorMessage> [8..],
        /// Why the batch was refused.
        error_message: Option<String> [8..],
        /// The leader, where the request went to another broker.
        current_leader: LeaderIdAndEpoch [10.., tag 0],
    }

    /// A record that caused its batch to be refused.
    struct BatchIndexAndErrorMessage {
        /// The record's place in the batch.
        batch_index: i32,
        /// What is wrong with it.
        batch_index_error_message: Option<String>,
    }

    /// A partition's leader.
    struct LeaderIdAndEpoch {
        /// The leader's node id, −1 where unknown.
        leader_id: i32 = -1,
        /// The leader's epoch, −1 where unknown.
        leader_epoch: i32 = -1,
    }

    /// A broker's address.
    struct NodeEndpoint {
        /// The node id.
        node_id: i32,
        /// The host.
        host: String,
        /// The port.
        port: i32,
        /// The rack, or null.
        rack: Option<String>,
    }
}

//! ConsumerGroupHeartbeat (key 68): a member of a consumer group joins, is alive, tells what it has
//! and wants, and leaves. KIP-848; KIP-1082 (version 1: the member makes its id).

use crate::Uuid;

api! {
    ConsumerGroupHeartbeat, ConsumerGroupHeartbeatRequest => ConsumerGroupHeartbeatResponse,
    versions 0..=1, flexible from 0
}

message! {
    /// What a member tells. A field that is null, or −1, has not changed since the last heartbeat.
    struct ConsumerGroupHeartbeatRequest {
        /// The group.
        group_id: String,
        /// The member: made by itself from version 1 on, by the coordinator before.
        member_id: String,
        /// The member's epoch; 0 to join, −1 to leave, −2 for a static member that will be back.
        member_epoch: i32,
        /// The name of a static member.
        instance_id: Option<String>,
        /// The member's rack.
        rack_id: Option<String>,
        /// How long the member may take to give up partitions.
        rebalance_timeout_ms: i32 = -1,
        /// The topics that it subscribes to.
        subscribed_topic_names: Option<Vec<String>>,
        /// A pattern of topics that it subscribes to, in RE2's syntax.
        subscribed_topic_regex: Option<String> [1..],
        /// The assignor that it wants.
        server_assignor: Option<String>,
        /// The partitions that it owns.
        topic_partitions: Option<Vec<ConsumerGroupHeartbeatTopicPartitions>>,
    }

    /// Partitions of a topic (`TopicPartitions` in the schema).
    struct ConsumerGroupHeartbeatTopicPartitions {
        /// The topic's id.
        topic_id: Uuid,
        /// The partitions.
        partitions: Vec<i32>,
    }

    /// What the coordinator tells.
    struct ConsumerGroupHeartbeatResponse {
        /// How long the request was held back by a quota.
        throttle_time_ms: i32,
        /// The error, or 0.
        error_code: i16,
        /// What the error is.
        error_message: Option<String>,
        /// The member's id.
        member_id: Option<String>,
        /// The member's epoch.
        member_epoch: i32,
        /// How often to send a heartbeat.
        heartbeat_interval_ms: i32,
        /// The partitions that the member is to own; null where that has not changed.
        assignment: Option<ConsumerGroupHeartbeatAssignment>,
    }

    /// The partitions that a member is to own (`Assignment` in the schema).
    struct ConsumerGroupHeartbeatAssignment {
        /// The partitions, by topic.
        topic_partitions: Vec<ConsumerGroupHeartbeatTopicPartitions>,
    }
}

nullable! { ConsumerGroupHeartbeatAssignment }

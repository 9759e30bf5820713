//! ConsumerGroupDescribe (key 69): groups of the consumer protocol and their members. KIP-848;
//! KIP-1099 (version 1: the member's type).

use crate::Uuid;

api! {
    ConsumerGroupDescribe, ConsumerGroupDescribeRequest => ConsumerGroupDescribeResponse,
    versions 0..=1, flexible from 0
}

message! {
    /// Asks for groups.
    struct ConsumerGroupDescribeRequest {
        /// The groups.
        group_ids: Vec<String>,
        /// Whether to tell what the client may do with each group.
        include_authorized_operations: bool,
    }

    /// The groups.
    struct ConsumerGroupDescribeResponse {
        /// How long the request was held back by a quota.
        throttle_time_ms: i32,
        /// Each group.
        groups: Vec<ConsumerGroupDescribedGroup>,
    }

    /// A group (`DescribedGroup` in the schema).
    struct ConsumerGroupDescribedGroup {
        /// The error, or 0.
        error_code: i16,
        /// What the error is.
        error_message: Option<String>,
        /// The group.
        group_id: String,
        /// Its state, such as `Stable`.
        group_state: String,
        /// Its epoch.
        group_epoch: i32,
        /// The epoch of the target assignment.
        assignment_epoch: i32,
        /// The assignor.
        assignor_name: String,
        /// The members.
        members: Vec<ConsumerGroupDescribeMember>,
        /// What the client may do with the group, as bits; `i32::MIN` where not asked for.
        authorized_operations: i32 = i32::MIN,
    }

    /// A member (`Member` in the schema).
    struct ConsumerGroupDescribeMember {
        /// Its id.
        member_id: String,
        /// The name of a static member.
        instance_id: Option<String>,
        /// Its rack.
        rack_id: Option<String>,
        /// Its epoch.
        member_epoch: i32,
        /// The client's name for itself.
        client_id: String,
        /// Where it connects from.
        client_host: String,
        /// The topics that it subscribes to.
        subscribed_topic_names: Vec<String>,
        /// The pattern of topics that it subscribes to.
        subscribed_topic_regex: Option<String>,
        /// What it owns.
        assignment: ConsumerGroupDescribeAssignment,
        /// What it is to own.
        target_assignment: ConsumerGroupDescribeAssignment,
        /// −1 for unknown, 0 for a member of the classic protocol, 1 for one of the consumer's.
        member_type: i8 [1..] = -1,
    }

    /// Partitions of topics (`Assignment` in the schema).
    struct ConsumerGroupDescribeAssignment {
        /// The partitions, by topic.
        topic_partitions: Vec<ConsumerGroupDescribeTopicPartitions>,
    }

    /// Partitions of a topic (`TopicPartitions` in the schema).
    struct ConsumerGroupDescribeTopicPartitions {
        /// The topic's id.
        topic_id: Uuid,
        /// The topic's name.
        topic_name: String,
        /// The partitions.
        partitions: Vec<i32>,
    }
}

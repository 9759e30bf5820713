//! DescribeGroups (key 15): groups of the classic protocol and their members. KIP-345 (static
//! members), KIP-430 (authorized operations), KIP-1043 (error message, in version 6).

use bytes::Bytes;

api! {
    DescribeGroups, DescribeGroupsRequest => DescribeGroupsResponse,
    versions 0..=6, flexible from 5
}

message! {
    /// Asks for groups.
    struct DescribeGroupsRequest {
        /// The groups.
        groups: Vec<String>,
        /// Whether to tell what the client may do with each group.
        include_authorized_operations: bool [3..],
    }

    /// The groups.
    struct DescribeGroupsResponse {
        /// How long the request was held back by a quota.
        throttle_time_ms: i32 [1..],
        /// Each group.
        groups: Vec<DescribedGroup>,
    }

    /// A group.
    struct DescribedGroup {
        /// The error, or 0.
        error_code: i16,
        /// What the error is.
        error_message: Option<String> [6..],
        /// The group.
        group_id: String,
        /// Its state, such as `Stable`.
        group_state: String,
        /// The kind of group.
        protocol_type: String,
        /// The assignor.
        protocol_data: String,
        /// The members.
        members: Vec<DescribedGroupMember>,
        /// What the client may do with the group, as bits; `i32::MIN` where not asked for.
        authorized_operations: i32 [3..] = i32::MIN,
    }

    /// A member.
    struct DescribedGroupMember {
        /// Its id.
        member_id: String,
        /// The name of a static member.
        group_instance_id: Option<String> [4..],
        /// The client's name for itself.
        client_id: String,
        /// Where it connects from.
        client_host: String,
        /// Its subscription.
        member_metadata: Bytes,
        /// Its assignment.
        member_assignment: Bytes,
    }
}

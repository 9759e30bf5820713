//! JoinGroup (key 11): a member enters a group of the classic protocol, or a new generation of it.
//! KIP-62 (rebalance timeout), KIP-345 (static members), KIP-394 (member ids), KIP-559, KIP-800
//! (reason), KIP-814 (skipped assignment).

use bytes::Bytes;

api! { JoinGroup, JoinGroupRequest => JoinGroupResponse, versions 0..=9, flexible from 6 }

message! {
    /// Joins a group.
    struct JoinGroupRequest {
        /// The group.
        group_id: String,
        /// After how long without a heartbeat the member is taken for dead.
        session_timeout_ms: i32,
        /// How long the group waits for the member in a rebalance; −1 for the session timeout.
        rebalance_timeout_ms: i32 [1..] = -1,
        /// The member, empty for a new one.
        member_id: String,
        /// The name of a static member, null for a dynamic one.
        group_instance_id: Option<String> [5..],
        /// The kind of group: `consumer` for consumers.
        protocol_type: String,
        /// The assignors that the member has, the preferred ones first.
        protocols: Vec<JoinGroupRequestProtocol>,
        /// Why the member joins.
        reason: Option<String> [8..],
    }

    /// An assignor that a member has.
    struct JoinGroupRequestProtocol {
        /// Its name.
        name: String,
        /// The member's subscription, for the leader to read.
        metadata: Bytes,
    }

    /// The new generation.
    struct JoinGroupResponse {
        /// How long the request was held back by a quota.
        throttle_time_ms: i32 [2..],
        /// The error, or 0.
        error_code: i16,
        /// The generation.
        generation_id: i32 = -1,
        /// The kind of group.
        protocol_type: Option<String> [7..],
        /// The assignor that the members agreed on.
        protocol_name: Option<String> [0.., null 7..],
        /// The leader's member id.
        leader: String,
        /// Whether the leader is to leave the assignment as it is.
        skip_assignment: bool [9..],
        /// The member's id.
        member_id: String,
        /// The members; only the leader is told.
        members: Vec<JoinGroupResponseMember>,
    }

    /// A member.
    struct JoinGroupResponseMember {
        /// Its id.
        member_id: String,
        /// The name of a static member.
        group_instance_id: Option<String> [5..],
        /// Its subscription.
        metadata: Bytes,
    }
}

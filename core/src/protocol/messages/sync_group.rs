//! SyncGroup (key 14): the leader of a generation hands in the assignment, each member gets its
//! part. KIP-345 (static members), KIP-559 (protocol type and name).

use bytes::Bytes;

api! { SyncGroup, SyncGroupRequest => SyncGroupResponse, versions 0..=5, flexible from 4 }

message! {
    /// Asks for a member's assignment.
    struct SyncGroupRequest {
        /// The group.
        group_id: String,
        /// The member's generation.
        generation_id: i32,
        /// The member.
        member_id: String,
        /// The name of a static member.
        group_instance_id: Option<String> [3..],
        /// The kind of group, null where the member does not say.
        protocol_type: Option<String> [5..],
        /// The assignor, null where the member does not say.
        protocol_name: Option<String> [5..],
        /// What the leader assigns; empty from the others.
        assignments: Vec<SyncGroupRequestAssignment>,
    }

    /// What the leader assigns to a member.
    struct SyncGroupRequestAssignment {
        /// The member.
        member_id: String,
        /// Its assignment.
        assignment: Bytes,
    }

    /// A member's assignment.
    struct SyncGroupResponse {
        /// How long the request was held back by a quota.
        throttle_time_ms: i32 [1..],
        /// The error, or 0.
        error_code: i16,
        /// The kind of group.
        protocol_type: Option<String> [5..],
        /// The assignor.
        protocol_name: Option<String> [5..],
        /// The assignment.
        assignment: Bytes,
    }
}

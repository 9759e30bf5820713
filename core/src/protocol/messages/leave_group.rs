//! LeaveGroup (key 13): members leave a group of the classic protocol. KIP-345 (many members, by
//! instance), KIP-800 (reason).

api! { LeaveGroup, LeaveGroupRequest => LeaveGroupResponse, versions 0..=5, flexible from 4 }

message! {
    /// Takes members out of a group.
    struct LeaveGroupRequest {
        /// The group.
        group_id: String,
        /// The member.
        member_id: String [..=2],
        /// The members.
        members: Vec<MemberIdentity> [3..],
    }

    /// A member that leaves.
    struct MemberIdentity {
        /// Its id; empty for a static member whose id the sender does not know.
        member_id: String [3..],
        /// The name of a static member.
        group_instance_id: Option<String> [3..],
        /// Why it leaves.
        reason: Option<String> [5..],
    }

    /// Who has left.
    struct LeaveGroupResponse {
        /// How long the request was held back by a quota.
        throttle_time_ms: i32 [1..],
        /// The error of the request as a whole, or 0.
        error_code: i16,
        /// Each member.
        members: Vec<MemberResponse> [3..],
    }

    /// A member that was to leave.
    struct MemberResponse {
        /// Its id.
        member_id: String [3..],
        /// The name of a static member.
        group_instance_id: Option<String> [3..],
        /// The error, or 0.
        error_code: i16 [3..],
    }
}

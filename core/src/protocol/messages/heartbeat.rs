//! Heartbeat (key 12): a member of the classic protocol is alive. KIP-345 (static members).

api! { Heartbeat, HeartbeatRequest => HeartbeatResponse, versions 0..=4, flexible from 4 }

message! {
    /// Says that a member is alive.
    struct HeartbeatRequest {
        /// The group.
        group_id: String,
        /// The member's generation.
        generation_id: i32,
        /// The member.
        member_id: String,
        /// The name of a static member.
        group_instance_id: Option<String> [3..],
    }

    /// What the coordinator has to say to that.
    struct HeartbeatResponse {
        /// How long the request was held back by a quota.
        throttle_time_ms: i32 [1..],
        /// The error, or 0; `REBALANCE_IN_PROGRESS` asks to join again.
        error_code: i16,
    }
}

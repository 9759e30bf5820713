//! Groups of the classic protocol.

use bytes::Bytes;

use super::RecordValue;

message! {
    /// A group of the classic protocol.
    struct GroupMetadataValue {
        /// The kind of group: `consumer` for consumers; empty where members never joined.
        protocol_type: String,
        /// The generation.
        generation: i32,
        /// The assignor, null where there are no members.
        protocol: Option<String>,
        /// The leader's member id, null where there are no members.
        leader: Option<String>,
        /// When the group got to the state that it is in, in milliseconds since the epoch.
        current_state_timestamp: i64 [2..] = -1,
        /// The members.
        members: Vec<GroupMetadataMember>,
    }

    /// A member (`MemberMetadata` in the schema).
    struct GroupMetadataMember {
        /// Its id.
        member_id: String,
        /// The name of a static member.
        group_instance_id: Option<String> [3..],
        /// The client's name for itself.
        client_id: String,
        /// Where it connects from.
        client_host: String,
        /// How long the group waits for it in a rebalance, in milliseconds.
        rebalance_timeout: i32 [1..] = -1,
        /// After how long without a heartbeat it is taken for dead, in milliseconds.
        session_timeout: i32,
        /// Its subscription.
        subscription: Bytes,
        /// Its assignment.
        assignment: Bytes,
    }
}

impl RecordValue for GroupMetadataValue {
    const NEWEST: i16 = 4;
    const FLEXIBLE_FROM: i16 = 4;

    fn version(&self) -> i16 {
        3
    }
}

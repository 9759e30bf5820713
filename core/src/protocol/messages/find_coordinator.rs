//! FindCoordinator (key 10): which broker coordinates a group or a transaction. KIP-98 (key types),
//! KIP-699 (many keys), KIP-890 (version 5), KIP-932 (version 6: share groups).

api! {
    FindCoordinator, FindCoordinatorRequest => FindCoordinatorResponse,
    versions 0..=6, flexible from 3
}

message! {
    /// Asks for coordinators.
    struct FindCoordinatorRequest {
        /// The group's id, or the transactional id.
        key: String [..=3],
        /// 0 for a group, 1 for a transaction, 2 for a share group.
        key_type: i8 [1..],
        /// The groups' ids, or the transactional ids.
        coordinator_keys: Vec<String> [4..],
    }

    /// The coordinators.
    struct FindCoordinatorResponse {
        /// How long the request was held back by a quota.
        throttle_time_ms: i32 [1..],
        /// The error, or 0.
        error_code: i16 [..=3],
        /// What the error is.
        error_message: Option<String> [1..=3],
        /// The coordinator's node id.
        node_id: i32 [..=3],
        /// Its host.
        host: String [..=3],
        /// Its port.
        port: i32 [..=3],
        /// The coordinator of each key.
        coordinators: Vec<Coordinator> [4..],
    }

    /// The coordinator of a key.
    struct Coordinator {
        /// The group's id, or the transactional id.
        key: String [4..],
        /// The coordinator's node id.
        node_id: i32 [4..],
        /// Its host.
        host: String [4..],
        /// Its port.
        port: i32 [4..],
        /// The error, or 0.
        error_code: i16 [4..],
        /// What the error is.
        error_message: Option<String> [4..],
    }
}

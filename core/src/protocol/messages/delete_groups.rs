//! DeleteGroups (key 42): deletes groups that are empty, and their offsets. KIP-229.

api! { DeleteGroups, DeleteGroupsRequest => DeleteGroupsResponse, versions 0..=2, flexible from 2 }

message! {
    /// Deletes groups.
    struct DeleteGroupsRequest {
        /// The groups.
        groups_names: Vec<String>,
    }

    /// What became of each group.
    struct DeleteGroupsResponse {
        /// How long the request was held back by a quota.
        throttle_time_ms: i32,
        /// The groups.
        results: Vec<DeletableGroupResult>,
    }

    /// What became of a group.
    struct DeletableGroupResult {
        /// The group.
        group_id: String,
        /// The error, or 0.
        error_code: i16,
    }
}

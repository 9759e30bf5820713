//! ListGroups (key 16): the groups of a broker. KIP-518 (states), KIP-848 (types).

api! { ListGroups, ListGroupsRequest => ListGroupsResponse, versions 0..=5, flexible from 3 }

message! {
    /// Asks for groups.
    struct ListGroupsRequest {
        /// The states wanted, such as `Stable`; empty for all.
        states_filter: Vec<String> [4..],
        /// The types wanted, `classic` or `consumer`; empty for all.
        types_filter: Vec<String> [5..],
    }

    /// The groups.
    struct ListGroupsResponse {
        /// How long the request was held back by a quota.
        throttle_time_ms: i32 [1..],
        /// The error, or 0.
        error_code: i16,
        /// Each group.
        groups: Vec<ListedGroup>,
    }

    /// A group.
    struct ListedGroup {
        /// The group.
        group_id: String,
        /// The kind of group: `consumer` for consumers.
        protocol_type: String,
        /// Its state, such as `Stable`.
        group_state: String [4..],
        /// Its type: `classic` or `consumer`.
        group_type: String [5..],
    }
}

//! IncrementalAlterConfigs (key 44): changes single configurations. KIP-339.

use super::AlterConfigsResourceResponse;

api! {
    IncrementalAlterConfigs, IncrementalAlterConfigsRequest => IncrementalAlterConfigsResponse,
    versions 0..=1, flexible from 1
}

message! {
    /// Asks for configurations to be changed.
    struct IncrementalAlterConfigsRequest {
        /// The resources.
        resources: Vec<IncrementalAlterConfigsResource>,
        /// Whether to check the request only.
        validate_only: bool,
    }

    /// A resource and its changes (`AlterConfigsResource` in the schema).
    struct IncrementalAlterConfigsResource {
        /// What it is; see [`DescribeConfigsResource`](super::DescribeConfigsResource).
        resource_type: i8,
        /// Its name.
        resource_name: String,
        /// The changes.
        configs: Vec<IncrementalAlterableConfig>,
    }

    /// One change (`AlterableConfig` in the schema).
    struct IncrementalAlterableConfig {
        /// The configuration's name.
        name: String,
        /// What to do: 0 set it, 1 delete it, 2 append to its list, 3 take from its list.
        config_operation: i8,
        /// The value to do that with.
        value: Option<String>,
    }

    /// What became of the changes.
    struct IncrementalAlterConfigsResponse {
        /// How long the request was held back by a quota.
        throttle_time_ms: i32,
        /// A result per resource.
        responses: Vec<AlterConfigsResourceResponse>,
    }
}

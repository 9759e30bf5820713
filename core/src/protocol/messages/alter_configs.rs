//! AlterConfigs (key 33): replaces all the configurations of a resource. KIP-133.

api! { AlterConfigs, AlterConfigsRequest => AlterConfigsResponse, versions 0..=2, flexible from 2 }

message! {
    /// Asks for configurations to be replaced.
    struct AlterConfigsRequest {
        /// The resources.
        resources: Vec<AlterConfigsResource>,
        /// Whether to check the request only.
        validate_only: bool,
    }

    /// A resource and all its configurations; those not named return to their defaults.
    struct AlterConfigsResource {
        /// What it is; see [`DescribeConfigsResource`](super::DescribeConfigsResource).
        resource_type: i8,
        /// Its name.
        resource_name: String,
        /// Its configurations.
        configs: Vec<AlterableConfig>,
    }

    /// One configuration.
    struct AlterableConfig {
        /// Its name.
        name: String,
        /// Its value.
        value: Option<String>,
    }

    /// What became of the changes.
    struct AlterConfigsResponse {
        /// How long the request was held back by a quota.
        throttle_time_ms: i32,
        /// A result per resource.
        responses: Vec<AlterConfigsResourceResponse>,
    }

    /// What became of one resource's changes; IncrementalAlterConfigs answers with it too.
    struct AlterConfigsResourceResponse {
        /// The error, or 0.
        error_code: i16,
        /// What went wrong, or null.
        error_message: Option<String>,
        /// What the resource is; see [`DescribeConfigsResource`](super::DescribeConfigsResource).
        resource_type: i8,
        /// The resource's name.
        resource_name: String,
    }
}

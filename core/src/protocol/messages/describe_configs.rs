//! DescribeConfigs (key 32): configurations and where they come from. KIP-133, KIP-226 (synonyms),
//! KIP-569 (types and documentation).

api! {
    DescribeConfigs, DescribeConfigsRequest => DescribeConfigsResponse,
    versions 1..=4, flexible from 4
}

message! {
    /// Asks for configurations.
    struct DescribeConfigsRequest {
        /// The resources.
        resources: Vec<DescribeConfigsResource>,
        /// Whether to list all the places that a value may come from.
        include_synonyms: bool,
        /// Whether to send the documentation.
        include_documentation: bool [3..],
    }

    /// A resource whose configurations are asked for.
    struct DescribeConfigsResource {
        /// What it is: 2 a topic, 4 a broker, 8 a broker's logger, 16 client metrics, 32 a group.
        resource_type: i8,
        /// Its name.
        resource_name: String,
        /// Which configurations; null for all.
        configuration_keys: Option<Vec<String>>,
    }

    /// The configurations.
    struct DescribeConfigsResponse {
        /// How long the request was held back by a quota.
        throttle_time_ms: i32,
        /// A result per resource.
        results: Vec<DescribeConfigsResult>,
    }

    /// The configurations of one resource.
    struct DescribeConfigsResult {
        /// The error, or 0.
        error_code: i16,
        /// What went wrong, or null.
        error_message: Option<String>,
        /// What the resource is; see [`DescribeConfigsResource`].
        resource_type: i8,
        /// The resource's name.
        resource_name: String,
        /// Its configurations.
        configs: Vec<DescribeConfigsResourceResult>,
    }

    /// One configuration.
    struct DescribeConfigsResourceResult {
        /// Its name.
        name: String,
        /// Its value; null where it is sensitive or has none.
        value: Option<String>,
        /// Whether it cannot be changed.
        read_only: bool,
        /// Where the value comes from: 1 the topic, 2 the broker, dynamic, 3 all brokers, dynamic,
        /// 4 the broker's file, 5 the default, 6 a logger, 7 client metrics, 8 the group; −1 where
        /// unknown.
        config_source: i8 = -1,
        /// Whether the value is a secret.
        is_sensitive: bool,
        /// The places that the value may come from, the one in force first.
        synonyms: Vec<DescribeConfigsSynonym>,
        /// The value's type: 0 unknown, 1 boolean, 2 string, 3 int, 4 short, 5 long, 6 double,
        /// 7 list, 8 class, 9 password.
        config_type: i8 [3..],
        /// What the configuration does.
        documentation: Option<String> [3..],
    }

    /// A place that a value may come from.
    struct DescribeConfigsSynonym {
        /// The configuration's name there.
        name: String,
        /// The value there.
        value: Option<String>,
        /// Which place; see [`DescribeConfigsResourceResult`].
        source: i8,
    }
}

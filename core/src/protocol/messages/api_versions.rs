//! ApiVersions (key 18): which APIs and versions the broker serves. KIP-35, KIP-511, KIP-584.

api! { ApiVersions, ApiVersionsRequest => ApiVersionsResponse, versions 0..=4, flexible from 3 }

message! {
    /// Asks for the versions, and names the client's software.
    struct ApiVersionsRequest {
        /// The name of the client's library.
        client_software_name: String [3..],
        /// The version of the client's library.
        client_software_version: String [3..],
    }

    /// The APIs that the broker serves.
    struct ApiVersionsResponse {
        /// The error, or 0.
        error_code: i16,
        /// The APIs, each with the first and last version served.
        api_keys: Vec<ApiVersion>,
        /// How long the request was held back by a quota.
        throttle_time_ms: i32 [1..],
        /// Features that the broker supports.
        supported_features: Vec<SupportedFeature> [3.., tag 0],
        /// The epoch of the finalized features, −1 where unknown.
        finalized_features_epoch: i64 [3.., tag 1] = -1,
        /// Features that the cluster has finalized.
        finalized_features: Vec<FinalizedFeature> [3.., tag 2],
        /// Set by a controller that is ready to migrate from ZooKeeper.
        zk_migration_ready: bool [3.., tag 3],
    }

    /// One API and the versions served.
    struct ApiVersion {
        /// The API's key.
        api_key: i16,
        /// The first version served.
        min_version: i16,
        /// The last version served.
        max_version: i16,
    }

    /// One feature that the broker supports.
    struct SupportedFeature {
        /// The feature's name.
        name: String,
        /// The lowest level supported.
        min_version: i16,
        /// The highest level supported.
        max_version: i16,
    }

    /// One feature that the cluster has finalized.
    struct FinalizedFeature {
        /// The feature's name.
        name: String,
        /// The highest finalized level.
        max_version_level: i16,
        /// The lowest finalized level.
        min_version_level: i16,
    }
}

//! DescribeCluster (key 60): the cluster's id, controller and brokers. KIP-700, KIP-919, KIP-1073.

api! {
    DescribeCluster, DescribeClusterRequest => DescribeClusterResponse,
    versions 0..=2, flexible from 0
}

message! {
    /// Asks for the cluster.
    struct DescribeClusterRequest {
        /// Whether to tell what the client may do with the cluster.
        include_cluster_authorized_operations: bool,
        /// Which endpoints to list: 1 brokers, 2 controllers.
        endpoint_type: i8 [1..] = 1,
        /// Whether to list brokers that are fenced.
        include_fenced_brokers: bool [2..],
    }

    /// The cluster.
    struct DescribeClusterResponse {
        /// How long the request was held back by a quota.
        throttle_time_ms: i32,
        /// The error, or 0.
        error_code: i16,
        /// What went wrong, or null.
        error_message: Option<String>,
        /// Which endpoints are listed: 1 brokers, 2 controllers.
        endpoint_type: i8 [1..] = 1,
        /// The cluster's id.
        cluster_id: String,
        /// The controller's node id, −1 where unknown.
        controller_id: i32 = -1,
        /// The brokers.
        brokers: Vec<DescribeClusterBroker>,
        /// What the client may do with the cluster, as bits; `i32::MIN` where not asked for.
        cluster_authorized_operations: i32 = i32::MIN,
    }

    /// A broker.
    struct DescribeClusterBroker {
        /// The node id.
        broker_id: i32,
        /// The host.
        host: String,
        /// The port.
        port: i32,
        /// The rack, or null.
        rack: Option<String>,
        /// Whether the broker is fenced.
        is_fenced: bool [2..],
    }
}

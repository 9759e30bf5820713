//! DescribeCluster (key 60, versions 0–2). KIP-700, KIP-919, KIP-1073.

use super::{Call, Node, Reply};
use crate::Now;
use crate::protocol::{ErrorCode, messages as m};

/// What everybody may do to the cluster, as there is no authorizer: CREATE, ALTER, DESCRIBE,
/// CLUSTER_ACTION, DESCRIBE_CONFIGS, ALTER_CONFIGS and IDEMPOTENT_WRITE (KIP-430).
pub(crate) const CLUSTER_OPERATIONS: i32 =
    1 << 5 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12;

/// Endpoints of brokers; 2 are those of controllers, which a client cannot reach here.
const BROKERS: i8 = 1;

pub(crate) fn describe_cluster(
    node: &mut Node,
    _: Now,
    call: Call,
    request: m::DescribeClusterRequest,
) -> Reply {
    if request.endpoint_type != BROKERS {
        return call.now(&m::DescribeClusterResponse {
            error_code: ErrorCode::MismatchedEndpointType.code(),
            error_message: Some("this is a broker: ask for endpoint type 1".to_owned()),
            endpoint_type: request.endpoint_type,
            ..Default::default()
        });
    }
    let broker = |(broker_id, host, port): (i32, &str, i32)| m::DescribeClusterBroker {
        broker_id,
        host: host.to_owned(),
        port,
        ..Default::default()
    };
    let asked = request.include_cluster_authorized_operations;
    call.now(&m::DescribeClusterResponse {
        cluster_id: node.cluster.cluster_id.to_string(),
        controller_id: node.id(),
        brokers: node.config.nodes().map(broker).collect(),
        cluster_authorized_operations: if asked { CLUSTER_OPERATIONS } else { i32::MIN },
        ..Default::default()
    })
}

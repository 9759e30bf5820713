//! FindCoordinator (key 10, versions 0–6): who coordinates a group. KIP-699 (several keys at once).

use super::{Call, Node, Reply};
use crate::Now;
use crate::protocol::{ErrorCode, messages as m};

const GROUP: i8 = 0;

pub(crate) fn find_coordinator(
    node: &mut Node,
    _: Now,
    call: Call,
    request: m::FindCoordinatorRequest,
) -> Reply {
    let kind = request.key_type;
    let mut response = m::FindCoordinatorResponse::default();
    if call.version >= 4 {
        let keys = request.coordinator_keys.into_iter();
        response.coordinators = keys.map(|key| find(node, kind, key)).collect();
    } else {
        let found = find(node, kind, request.key);
        response.error_code = found.error_code;
        response.error_message = found.error_message;
        response.node_id = found.node_id;
        response.host = found.host;
        response.port = found.port;
    }
    call.now(&response)
}

fn find(node: &Node, kind: i8, key: String) -> m::Coordinator {
    let id = node.coordinator_of(&key);
    match node.config.nodes().find(|(other, _, _)| kind == GROUP && *other == id) {
        Some((node_id, host, port)) => {
            m::Coordinator { key, node_id, host: host.to_owned(), port, ..Default::default() }
        }
        None => m::Coordinator {
            key,
            node_id: -1,
            port: -1,
            error_code: ErrorCode::InvalidRequest.code(),
            error_message: Some("only groups have coordinators here: key type 0".to_owned()),
            ..Default::default()
        },
    }
}

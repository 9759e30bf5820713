//! Heartbeat (key 12, versions 0–4). KIP-345.

use super::{Call, Node, Reply};
use crate::Now;
use crate::protocol::messages as m;

pub(crate) fn heartbeat(
    node: &mut Node,
    now: Now,
    call: Call,
    request: m::HeartbeatRequest,
) -> Reply {
    let outcome = node.check_coordinator(call, &request.group_id).and_then(|()| {
        node.on_groups(now, |groups, context, _| groups.heartbeat(context, &request))
    });
    let error_code = outcome.err().map_or(0, |code| code.code());
    call.now(&m::HeartbeatResponse { error_code, ..Default::default() })
}

//! LeaveGroup (key 13, versions 0–5). KIP-345, KIP-800.

use super::{Call, Node, Reply};
use crate::Now;
use crate::protocol::messages as m;

pub(crate) fn leave_group(
    node: &mut Node,
    now: Now,
    call: Call,
    request: m::LeaveGroupRequest,
) -> Reply {
    if let Err(code) = node.check_coordinator(call, &request.group_id) {
        return call.now(&m::LeaveGroupResponse { error_code: code.code(), ..Default::default() });
    }
    let response = node.on_groups(now, |groups, context, effects| {
        groups.leave(context, call.version, request, effects)
    });
    call.once_stored(node, response)
}

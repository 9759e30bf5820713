//! JoinGroup (key 11, versions 0–9). KIP-62, KIP-345, KIP-394, KIP-814.

use super::{Call, Node, Reply};
use crate::Now;
use crate::protocol::messages as m;

pub(crate) fn join_group(
    node: &mut Node,
    now: Now,
    call: Call,
    request: m::JoinGroupRequest,
) -> Reply {
    if let Err(code) = node.check_coordinator(call, &request.group_id) {
        let (error_code, member_id) = (code.code(), request.member_id);
        return call.now(&m::JoinGroupResponse { error_code, member_id, ..Default::default() });
    }
    node.on_groups_for(now, call, |groups, context, caller, effects| {
        groups.join(context, caller, request, effects);
    })
}

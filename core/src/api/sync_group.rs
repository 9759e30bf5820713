//! SyncGroup (key 14, versions 0–5). KIP-345, KIP-559.

use super::{Call, Node, Reply};
use crate::Now;
use crate::protocol::messages as m;

pub(crate) fn sync_group(
    node: &mut Node,
    now: Now,
    call: Call,
    request: m::SyncGroupRequest,
) -> Reply {
    if let Err(code) = node.check_coordinator(call, &request.group_id) {
        return call.now(&m::SyncGroupResponse { error_code: code.code(), ..Default::default() });
    }
    node.on_groups_for(now, call, |groups, context, caller, effects| {
        groups.sync(context, caller, request, effects);
    })
}

//! OffsetDelete (key 47, version 0). KIP-496.

use super::{Call, Node, Reply};
use crate::Now;
use crate::protocol::messages as m;

pub(crate) fn offset_delete(
    node: &mut Node,
    now: Now,
    call: Call,
    request: m::OffsetDeleteRequest,
) -> Reply {
    if let Err(code) = node.check_coordinator(call, &request.group_id) {
        return call
            .now(&m::OffsetDeleteResponse { error_code: code.code(), ..Default::default() });
    }
    let response = node.on_groups(now, |groups, context, effects| {
        groups.delete_offsets(context, request, effects)
    });
    call.once_stored(node, response)
}

//! DeleteGroups (key 42, versions 0–2). KIP-229.

use super::{Call, Node, Reply};
use crate::Now;
use crate::protocol::messages as m;

pub(crate) fn delete_groups(
    node: &mut Node,
    now: Now,
    call: Call,
    request: m::DeleteGroupsRequest,
) -> Reply {
    let mut response = m::DeleteGroupsResponse::default();
    for group_id in request.groups_names {
        let deleted = node.check_coordinator(call, &group_id).and_then(|()| {
            node.on_groups(now, |groups, _, effects| groups.delete(&group_id, effects))
        });
        let error_code = deleted.err().map_or(0, |code| code.code());
        response.results.push(m::DeletableGroupResult { group_id, error_code });
    }
    call.once_stored(node, response)
}

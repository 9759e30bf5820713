//! ListGroups (key 16, versions 0–5). KIP-518 (states), KIP-848 (types).

use super::{Call, Node, Reply};
use crate::Now;
use crate::protocol::messages as m;

pub(crate) fn list_groups(
    node: &mut Node,
    _: Now,
    call: Call,
    request: m::ListGroupsRequest,
) -> Reply {
    let mut groups = node.coordinator.groups().list(&request.states_filter, &request.types_filter);
    // Whoever wants all groups asks all brokers.
    groups.retain(|group| node.coordinator_of(&group.group_id) == call.node_id);
    call.now(&m::ListGroupsResponse { groups, ..Default::default() })
}

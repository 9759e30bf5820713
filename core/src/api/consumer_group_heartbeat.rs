//! ConsumerGroupHeartbeat (key 68, versions 0–1). KIP-848, KIP-1082.

use super::{Call, Node, Reply};
use crate::Now;
use crate::group::Ticket;
use crate::protocol::{ErrorCode, messages as m};

pub(crate) fn consumer_group_heartbeat(
    node: &mut Node,
    now: Now,
    call: Call,
    request: m::ConsumerGroupHeartbeatRequest,
) -> Reply {
    let protocol = match node.coordinator.groups().has_consumer_protocol() {
        true => Ok(()),
        false => Err(ErrorCode::UnsupportedVersion),
    };
    if let Err(code) = node.check_coordinator(call, &request.group_id).and(protocol) {
        let error_code = code.code();
        return call.now(&m::ConsumerGroupHeartbeatResponse { error_code, ..Default::default() });
    }
    // The response is never held back by the group.
    let response =
        node.on_groups_by(now, call, Ticket::NONE, |groups, context, caller, effects| {
            groups.consumer_heartbeat(context, caller, &request, effects)
        });
    call.once_stored(node, response)
}

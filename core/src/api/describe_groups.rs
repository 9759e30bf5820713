//! DescribeGroups (key 15, versions 0–6). KIP-345, KIP-430, KIP-1043.

use super::{Call, Node, Reply};
use crate::Now;
use crate::protocol::messages as m;

/// What everybody may do to a group: READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS and ALTER_CONFIGS.
pub(super) const GROUP_OPERATIONS: i32 = 1 << 3 | 1 << 6 | 1 << 8 | 1 << 10 | 1 << 11;

pub(crate) fn describe_groups(
    node: &mut Node,
    _: Now,
    call: Call,
    request: m::DescribeGroupsRequest,
) -> Reply {
    let describe = |id: &String| match node.check_coordinator(call, id) {
        Err(code) => m::DescribedGroup {
            error_code: code.code(),
            group_id: id.clone(),
            ..Default::default()
        },
        Ok(()) => {
            let mut group = node.coordinator.groups().describe(call.version, id);
            if request.include_authorized_operations && group.error_code == 0 {
                group.authorized_operations = GROUP_OPERATIONS;
            }
            group
        }
    };
    let groups = request.groups.iter().map(describe).collect();
    call.now(&m::DescribeGroupsResponse { groups, ..Default::default() })
}

//! ConsumerGroupDescribe (key 69, versions 0–1). KIP-848, KIP-1099.

use super::describe_groups::GROUP_OPERATIONS;
use super::{Call, Node, Reply};
use crate::Now;
use crate::protocol::messages as m;

pub(crate) fn consumer_group_describe(
    node: &mut Node,
    now: Now,
    call: Call,
    request: m::ConsumerGroupDescribeRequest,
) -> Reply {
    let mut response = m::ConsumerGroupDescribeResponse::default();
    for id in &request.group_ids {
        let group = match node.check_coordinator(call, id) {
            Err(code) => m::ConsumerGroupDescribedGroup {
                error_code: code.code(),
                group_id: id.clone(),
                ..Default::default()
            },
            Ok(()) => {
                let mut group =
                    node.on_groups(now, |groups, context, _| groups.consumer_describe(context, id));
                if request.include_authorized_operations && group.error_code == 0 {
                    group.authorized_operations = GROUP_OPERATIONS;
                }
                group
            }
        };
        response.groups.push(group);
    }
    call.now(&response)
}

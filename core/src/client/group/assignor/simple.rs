//! Range and round-robin, which look only at who subscribes to what.

use super::problem::{Owners, Problem};
use crate::sort::sort_by_key;

/// Each topic by itself: the members in order, each a run of partitions, the first ones one more
/// where they do not divide evenly.
pub(super) fn range(problem: &Problem<'_>) -> Owners {
    let mut owners = vec![None; problem.topic_of.len()];
    let order = static_first(problem);
    for (topic, &(_, first, count)) in problem.topics.iter().enumerate() {
        let wants = |member: &usize| problem.subscribes(*member, topic);
        let members: Vec<usize> = order.iter().copied().filter(wants).collect();
        let each = count / members.len().max(1);
        let mut next = first;
        for (place, &member) in members.iter().enumerate() {
            let share = each + usize::from(place < count % members.len());
            owners[next..next + share].fill(Some(member));
            next += share;
        }
    }
    owners
}

/// All partitions in order, dealt out to the members in order; a member that does not subscribe to
/// the topic is passed over.
pub(super) fn round_robin(problem: &Problem<'_>) -> Owners {
    let order = static_first(problem);
    let mut next = 0;
    let deal = |&topic: &usize| {
        let turns = (next..next + order.len()).map(|turn| turn % order.len());
        let turn = turns.into_iter().find(|&turn| problem.subscribes(order[turn], topic))?;
        next = turn + 1;
        Some(order[turn])
    };
    problem.topic_of.iter().map(deal).collect()
}

/// Static members by their instance ids, then the others by the ids they were given.
fn static_first(problem: &Problem<'_>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..problem.members.len()).collect();
    sort_by_key(&mut order, |&member| {
        let known = &problem.members[member];
        let instance = known.group_instance_id.as_deref();
        (instance.is_none(), instance, &*known.member_id)
    });
    order
}

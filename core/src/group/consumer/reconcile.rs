//! Targets, and how members come to them: first a member gives up what is not its own any more, then
//! it comes to the new epoch, then it gets what is free.

use super::super::assignor::{self, GroupSpec, MemberSpec};
use super::super::partitions::{self, TopicPartitions};
use super::super::{Context, Effects};
use super::group::ConsumerGroup;
use super::member::{Member, MemberState};
use crate::map;
use crate::protocol::messages::ConsumerGroupHeartbeatTopicPartitions;
use crate::sort::sort;

/// What a member says that it owns; `None` where that has not changed.
pub(super) type Owned<'a> = Option<&'a [ConsumerGroupHeartbeatTopicPartitions]>;

impl ConsumerGroup {
    /// Makes the targets of the group's epoch.
    pub(super) fn assign(&mut self, context: &Context, effects: &mut Effects) {
        let nothing = TopicPartitions::new_vec();
        let mut counts = Vec::new();
        let mut members = Vec::new();
        for (member_id, member) in &self.members {
            let names = self.topics_of(member);
            let mut topics = Vec::new();
            for topic in names.filter_map(|name| context.topics.get(name)) {
                topics.push(topic.id);
                counts.push((topic.id, topic.logs.len() as i32));
            }
            sort(&mut topics);
            topics.dedup();
            let target = self.targets.get(member_id).unwrap_or(&nothing);
            let instance_id = member.instance_id.as_deref();
            members.push(MemberSpec { member_id, instance_id, topics, target });
        }
        let spec = GroupSpec {
            members,
            homogeneous: self.is_homogeneous(),
            partition_counts: map::collect(counts),
        };
        let targets = assignor::assign(self.assignor(), &spec);
        let ids: Vec<String> = self.members.keys().cloned().collect();
        for (id, target) in ids.into_iter().zip(targets) {
            if self.targets.get(&id) != Some(&target) {
                self.targets.insert(id.clone(), target);
                self.write_target(&id, effects);
            }
        }
        self.target_epoch = self.epoch;
        self.write_targets(effects);
    }

    /// Brings a member nearer to its target, if it can.
    pub(super) fn reconcile(
        &mut self,
        context: &Context,
        id: &str,
        owned: Owned,
        effects: &mut Effects,
    ) {
        let Some(member) = self.members.get(id) else { return };
        if member.is_reconciled_to(self.target_epoch) {
            return;
        }
        let epoch = match member.state {
            MemberState::Stable | MemberState::UnreleasedPartitions => member.epoch,
            MemberState::UnrevokedPartitions if owns(owned, &member.pending_revocation) => return,
            MemberState::UnrevokedPartitions => member.epoch.saturating_add(1),
            MemberState::Unknown => self.target_epoch,
        };
        let next = self.next(id, member, epoch, owned);
        if next == *member {
            return;
        }
        self.write_current(id, &next, effects);
        // Who speaks the classic protocol is timed by its JoinGroup and SyncGroup.
        let is_timed = next.state == MemberState::UnrevokedPartitions && next.classic.is_none();
        let rebalance_ms = is_timed.then(|| context.now.after(next.rebalance_timeout_ms));
        self.deadlines.entry(id.to_owned()).or_default().rebalance_ms = rebalance_ms;
        self.members.insert(id.to_owned(), next);
    }

    /// The member as it is next, if it has come to `epoch`.
    fn next(&self, id: &str, member: &Member, epoch: i32, owned: Owned) -> Member {
        let nothing = TopicPartitions::new_vec();
        let target = self.targets.get(id).unwrap_or(&nothing);
        let mut assigned = TopicPartitions::new_vec();
        let mut to_revoke = TopicPartitions::new_vec();
        for (topic, partition) in partitions::each(&member.assigned) {
            let stays = partitions::contains(target, topic, partition);
            let side = if stays { &mut assigned } else { &mut to_revoke };
            partitions::add(side, topic, partition);
        }
        let mut next = Member { previous_epoch: member.epoch, ..member.clone() };
        if !to_revoke.is_empty() && owns(owned, &to_revoke) {
            next.state = MemberState::UnrevokedPartitions;
            next.epoch = epoch;
            next.assigned = assigned;
            next.pending_revocation = to_revoke;
            return next;
        }
        next.state = MemberState::Stable;
        next.epoch = self.target_epoch;
        next.pending_revocation = TopicPartitions::new_vec();
        for (topic, partition) in partitions::each(target) {
            if partitions::contains(&member.assigned, topic, partition) {
                continue;
            }
            if self.is_owned(topic, partition) {
                next.state = MemberState::UnreleasedPartitions;
            } else {
                partitions::add(&mut assigned, topic, partition);
            }
        }
        next.assigned = assigned;
        next
    }
}

/// Whether a member owns any of these partitions, which it does as long as it has not said otherwise.
fn owns(owned: Owned, partitions: &TopicPartitions) -> bool {
    let Some(owned) = owned else { return true };
    owned.iter().any(|topic| {
        let is_one = |partition: &i32| partitions::contains(partitions, topic.topic_id, *partition);
        topic.partitions.iter().any(is_one)
    })
}

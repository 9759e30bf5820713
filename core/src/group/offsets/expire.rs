//! Offsets that have had their time.

use crate::group::record::OffsetCommitValue;
use crate::group::{Context, Effects, Group, Groups};

impl Groups {
    /// Forgets offsets that nobody has use for any more, and groups that are left with nothing
    /// (KIP-211, KIP-496).
    pub(in crate::group) fn expire_offsets(&mut self, context: &Context, effects: &mut Effects) {
        let now_ms = context.now.wall_ms;
        let retention_ms = self.settings.offsets_retention_ms;
        let groups = std::mem::take(&mut self.groups);
        self.remove_offsets(effects, |group, topic, value| {
            let Some(since_ms) = groups.get(group).and_then(|g| g.expires_since(topic, value))
            else {
                return false;
            };
            match value.expire_timestamp {
                -1 => now_ms.saturating_sub(since_ms) >= retention_ms,
                expire_ms => now_ms >= expire_ms,
            }
        });
        self.groups = groups;
        let left = self
            .groups
            .iter()
            .filter(|(id, group)| group.is_empty() && self.offsets.of_group(id).is_none());
        let left: Vec<String> = left.map(|(id, _)| id.clone()).collect();
        for id in left {
            self.remove_group(&id, effects);
        }
    }
}

impl Group {
    /// Since when an offset grows old, in milliseconds since 1970; `None` while it is in use.
    fn expires_since(&self, topic: &str, value: &OffsetCommitValue) -> Option<i64> {
        let committed_ms = value.commit_timestamp;
        let group = match self {
            Group::Classic(group) => group,
            Group::Consumer(group) => {
                return (!group.is_subscribed_to(topic)).then_some(committed_ms);
            }
        };
        match group.protocol_type() {
            _ if group.is_subscribed_to(topic) => None,
            // Committed by a client that is no member.
            None => Some(committed_ms),
            // It can serve until the last member has been gone for long enough.
            Some(_) if group.is_empty() => Some(group.state_timestamp_ms().unwrap_or(committed_ms)),
            Some(_) if group.is_stable() && group.knows_subscriptions() => Some(committed_ms),
            Some(_) => None,
        }
    }
}

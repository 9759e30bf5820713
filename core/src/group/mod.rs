//! Consumer groups and their committed offsets: the state, without a broker around it.
//!
//! An operation changes the state in memory at once, and leaves in [`Effects`] what follows from it:
//! records for `__consumer_offsets`, and responses to requests that had been waiting. Whoever calls
//! stores the records and lets no response leave before that; if storing fails, all of this is
//! thrown away and made anew from the stored records with [`Groups::replay`].
//!
//! Source: KIP-62, KIP-211, KIP-345, KIP-394, KIP-496, KIP-814, KIP-848.

mod classic;
mod effects;
mod settings;

use litemap::LiteMap;

use self::classic::ClassicGroup;
pub(crate) use self::effects::{Context, CoordinatorRecord, Effects, Ticket};
pub(crate) use self::settings::Settings;

/// A group, by the protocol that its members speak.
#[derive(Debug)]
pub(crate) enum Group {
    /// JoinGroup and SyncGroup: the leader among the members assigns. A group that only commits
    /// offsets, with no members, is one of these too.
    Classic(ClassicGroup),
}

impl Group {
    /// When the group has something to do, on the monotonic clock.
    fn deadline_ms(&self) -> Option<u64> {
        match self {
            Group::Classic(group) => group.deadline_ms(),
        }
    }

    /// Does what is due.
    fn advance(&mut self, context: &Context, effects: &mut Effects) {
        match self {
            Group::Classic(group) => group.advance(context, effects),
        }
    }
}

/// All groups that the broker coordinates.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    pub settings: Settings,
    groups: LiteMap<String, Group>,
    /// No group has anything to do before this: a lower bound, so that a heartbeat need not look for
    /// the next member in turn.
    due_ms: Option<u64>,
}

impl Groups {
    /// No groups.
    pub(crate) fn new(settings: Settings) -> Groups {
        Groups { settings, ..Groups::default() }
    }

    /// When [`Groups::advance`] must be called at the latest, on the monotonic clock.
    pub(crate) fn next_deadline_ms(&self) -> Option<u64> {
        self.due_ms
    }

    /// Does what is due: sessions that ended, rebalances whose time is up.
    pub(crate) fn advance(&mut self, context: &Context, effects: &mut Effects) {
        if self.due_ms.is_none_or(|due| due > context.now.monotonic_ms) {
            return;
        }
        self.groups.iter_mut().for_each(|(_, group)| group.advance(context, effects));
        self.due_ms = self.groups.values().filter_map(Group::deadline_ms).min();
    }

    /// Takes a group's next deadline into account. Due after every operation on a group.
    fn schedule(&mut self, group: &str) {
        let deadline = self.groups.get(group).and_then(Group::deadline_ms);
        self.due_ms = [self.due_ms, deadline].into_iter().flatten().min();
    }

    /// Applies a stored record, as it is read back after opening. Operations of the KIP-848 protocol
    /// apply the records that they write in the same way.
    pub(crate) fn replay(&mut self, record: &CoordinatorRecord) {
        let _ = record;
    }
}

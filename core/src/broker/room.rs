//! What is done when the storage has no room left: topics with `ottla.full.policy=drop` lose their
//! oldest segments.

use super::Broker;
use crate::Now;
use crate::storage::LogId;

/// How long to wait for room after segments were dropped: databases free it in their own time, and
/// until then it must not be taken for lacking still.
const PATIENCE_MS: u64 = 30_000;

impl Broker {
    /// The host has told how much room there is.
    pub(super) fn make_room(&mut self, now: Now, total_bytes: u64, usable_bytes: u64) {
        self.node.room.told(total_bytes, usable_bytes);
        let lacking = self.node.lacking_bytes();
        if lacking == 0 || !self.is_serving() || now.monotonic_ms < self.drops_from_ms {
            return;
        }
        // As much again, so that not each record costs a segment.
        let wanted = lacking.saturating_add(self.node.settings.headroom_bytes);
        let mut freed = 0;
        while freed < wanted {
            let Some(oldest) = self.oldest_to_drop(now) else { break };
            let Some(log) = self.node.logs.get_mut(&oldest) else { break };
            let mut writes = Vec::new();
            freed += log.drop_oldest(&mut writes);
            writes.into_iter().for_each(|write| self.node.gate.write(write));
            self.node.stale.push(oldest);
            self.drops_from_ms = now.monotonic_ms.saturating_add(PATIENCE_MS);
        }
    }

    /// The log whose oldest segment is the oldest of all that may be dropped.
    fn oldest_to_drop(&self, now: Now) -> Option<LogId> {
        let droppable = self.node.logs.iter().filter_map(|(id, log)| {
            let since_ms = log.droppable_since_ms(now.wall_ms)?;
            Some((since_ms, *id))
        });
        droppable.min().map(|(_, id)| id)
    }
}

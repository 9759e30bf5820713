//! What is done when the storage has no room left: topics with `ottla.full.policy=drop` lose their
//! oldest segments.

use super::Broker;
use crate::Now;
use crate::storage::LogId;

/// How long to wait for room after segments were dropped: databases free it in their own time, and
/// until then it must not be taken for lacking still.
const PATIENCE_MS: u64 = 30_000;

impl Broker {
    /// Drops segments where the room that the host has told of is too little.
    pub(super) fn make_room(&mut self, now: Now) {
        let lacking = self.node.lacking_bytes();
        let waits = now.monotonic_ms < self.drops_from_ms || self.node.gate.is_dropping();
        if lacking == 0 || !self.is_serving() || waits {
            return;
        }
        // As much again, so that not each record costs a segment.
        let wanted = lacking.saturating_add(self.node.settings.headroom_bytes);
        let mut freed = 0;
        let mut writes = Vec::new();
        while freed < wanted {
            let Some(oldest) = self.oldest_to_drop(now) else { break };
            let Some(log) = self.node.logs.get_mut(&oldest) else { break };
            freed += log.drop_oldest(&mut writes);
            self.node.stale.push(oldest);
        }
        if !writes.is_empty() {
            self.node.gate.drop_segments(writes);
        }
    }

    /// What was dropped is stored so.
    pub(super) fn dropped(&mut self, now: Now) {
        self.drops_from_ms = now.monotonic_ms.saturating_add(PATIENCE_MS);
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

//! Upkeep: what is done to the logs by the clock and not by request.
//!
//! For each log it is known when there will be something to do, so that an idle broker is not woken
//! before. The time is reckoned anew when a log has changed in a way that counts: see
//! [`Node::stale`](crate::api::Node).

use litemap::LiteMap;

use super::Broker;
use crate::Now;
use crate::storage::LogId;

/// The longest time without a look at the clocks: the host's two may drift apart, as when a machine
/// sleeps, and no host's timer needs to count further.
const MAX_SLEEP_MS: u64 = 3_600_000;

/// When what is to be done. Times are those of the monotonic clock.
#[derive(Default)]
pub(super) struct Upkeep {
    /// When retention may have something to remove.
    expiries: LiteMap<LogId, u64>,
    /// Retention looks no earlier than this.
    next_check_ms: u64,
}

impl Upkeep {
    pub(super) fn deadline_ms(&self) -> Option<u64> {
        self.expiries.values().min().map(|due| (*due).max(self.next_check_ms))
    }

    /// Forgets what was planned: the logs are about to be replaced. What could not be stored is not
    /// tried again sooner than it would have been.
    pub(super) fn restart(&mut self) {
        self.expiries.clear();
    }
}

impl Broker {
    /// Reckons anew when something is to be done to the logs that have changed.
    pub(super) fn plan_upkeep(&mut self, now: Now) {
        while let Some(id) = self.node.stale.pop() {
            let due = self.node.logs.get(&id).and_then(|log| log.retention_due_ms(now.wall_ms));
            match due {
                Some(due) => drop(self.upkeep.expiries.insert(id, at(now, due))),
                None => drop(self.upkeep.expiries.remove(&id)),
            }
        }
    }

    /// The broker serves: what has had its time while nobody was there goes now.
    pub(super) fn start_upkeep(&mut self, now: Now) {
        self.node.stale = self.node.logs.keys().copied().collect();
        self.plan_upkeep(now);
        if now.monotonic_ms >= self.upkeep.next_check_ms {
            self.expire(now);
        }
    }

    /// Does what is due.
    pub(super) fn keep_up(&mut self, now: Now) {
        if !self.is_serving() {
            return;
        }
        if self.upkeep.deadline_ms().is_some_and(|due| due <= now.monotonic_ms) {
            self.expire(now);
        }
    }

    fn expire(&mut self, now: Now) {
        let interval = self.node.config.number("log.retention.check.interval.ms");
        self.upkeep.next_check_ms = now.monotonic_ms.saturating_add(interval as u64);
        let due = self.upkeep.expiries.iter().filter(|(_, due)| **due <= now.monotonic_ms);
        for id in due.map(|(id, _)| *id).collect::<Vec<_>>() {
            let Some(log) = self.node.logs.get_mut(&id) else { continue };
            let mut writes = Vec::new();
            if log.expire(now.wall_ms, &mut writes) {
                self.node.gate.dirty(id, 0);
            }
            writes.into_iter().for_each(|write| self.node.gate.write(write));
            self.node.stale.push(id);
        }
    }
}

/// The monotonic clock's time when the other one shows `wall_ms`.
fn at(now: Now, wall_ms: i64) -> u64 {
    let left = u64::try_from(wall_ms.saturating_sub(now.wall_ms)).unwrap_or(0);
    now.monotonic_ms.saturating_add(left.min(MAX_SLEEP_MS))
}

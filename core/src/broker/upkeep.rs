//! Upkeep: what is done to the logs by the clock and not by request.
//!
//! For each log it is known when there will be something to do, so that an idle broker is not woken
//! before. The time is reckoned anew when a log has changed in a way that counts: `Node::stale`.

use litemap::LiteMap;

use super::Broker;
use super::cleaning::Cleaning;
use crate::Now;
use crate::storage::{LogId, Write};

/// The longest time without a look at the clocks: the host's two may drift apart, as when a machine
/// sleeps, and no host's timer needs to count further.
const MAX_SLEEP_MS: u64 = 3_600_000;

/// How much retention removes in one commit, or up to a segment more: who produces waits for it, for as
/// long as a driver takes that removes the bytes at once.
const EXPIRY_BYTES: i64 = 8 << 20;

/// How much it puts in one commit, or up to a log's snapshot more: where all records of a log go, the
/// next segment begins. On a full storage there is room for small commits alone, and the driver for
/// IndexedDB takes twice as much for small.
const EXPIRY_PUT_BYTES: usize = 16 << 10;

/// When what is to be done. Times are those of the monotonic clock.
#[derive(Default)]
pub(super) struct Upkeep {
    /// When retention may have something to remove.
    expiries: LiteMap<LogId, u64>,
    /// Retention looks no earlier than this.
    next_check_ms: u64,
    /// What it removed is not stored yet; it goes on then.
    expiring: bool,
    /// When compaction is due.
    pub cleanings: LiteMap<LogId, u64>,
    /// Compaction begins no earlier than this.
    cleanings_from_ms: u64,
    pub cleaning: Option<Cleaning>,
    /// The broker had to open anew while it compacted.
    cut_short: bool,
}

impl Upkeep {
    pub(super) fn deadline_ms(&self) -> Option<u64> {
        let first = |due: &LiteMap<LogId, u64>, from_ms: u64| {
            due.values().min().map(|due| (*due).max(from_ms))
        };
        let expiry = match self.expiring {
            true => None,
            false => first(&self.expiries, self.next_check_ms),
        };
        let cleaning = match &self.cleaning {
            Some(cleaning) => cleaning.is_ready().then_some(0),
            None => first(&self.cleanings, self.cleanings_from_ms),
        };
        [expiry, cleaning].into_iter().flatten().min()
    }

    /// What retention removed is stored.
    pub(super) fn expired(&mut self) {
        self.expiring = false;
    }

    /// Forgets what was planned: the logs are about to be replaced. What could not be stored is not
    /// tried again sooner than it would have been.
    pub(super) fn restart(&mut self) {
        self.expiries.clear();
        self.expiring = false;
        self.cleanings.clear();
        self.cut_short |= self.cleaning.take().is_some();
    }
}

impl Broker {
    /// Reckons anew when something is to be done to the logs that have changed.
    pub(super) fn plan_upkeep(&mut self, now: Now) {
        if self.node.stale.is_empty() {
            return;
        }
        let compacts = self.node.config.flag("log.cleaner.enable");
        while let Some(id) = self.node.stale.pop() {
            let log = self.node.logs.get(&id);
            let expiry = log.and_then(|log| log.retention_due_ms(now.wall_ms));
            plan(&mut self.upkeep.expiries, id, now, expiry);
            let cleaning = match &self.upkeep.cleaning {
                // It is reckoned when that is over.
                Some(cleaning) if cleaning.log == id => None,
                _ if !compacts => None,
                _ => log.and_then(|log| log.cleaning_due_ms(now.wall_ms)),
            };
            plan(&mut self.upkeep.cleanings, id, now, cleaning);
        }
    }

    /// The broker serves: what has had its time while nobody was there goes now, and so does what
    /// was left over.
    pub(super) fn start_upkeep(&mut self, now: Now) {
        let mut writes = Vec::new();
        self.node.logs.iter_mut().for_each(|(_, log)| log.remove_unfinished(&mut writes));
        writes.into_iter().for_each(|write| self.node.gate.write(write));
        if std::mem::take(&mut self.upkeep.cut_short) {
            self.rest_from_cleaning(now);
        }
        self.node.stale = self.node.logs.keys().copied().collect();
        if std::mem::take(&mut self.drops_lost) {
            self.make_room(now);
        }
        self.plan_upkeep(now);
        if now.monotonic_ms >= self.upkeep.next_check_ms {
            // Whatever comes to expire from now on is looked at as often as is asked for.
            let interval = self.node.config.number("log.retention.check.interval.ms") as u64;
            self.upkeep.next_check_ms = now.monotonic_ms.saturating_add(interval);
            self.expire(now);
        }
    }

    /// Does what is due.
    pub(super) fn keep_up(&mut self, now: Now) {
        if !self.is_serving() {
            return;
        }
        let now_ms = now.monotonic_ms;
        if now_ms >= self.upkeep.next_check_ms && !self.upkeep.expiring {
            self.expire(now);
        }
        if self.upkeep.cleaning.is_none() && now_ms >= self.upkeep.cleanings_from_ms {
            self.start_cleaning(now);
        }
        self.clean(now);
    }

    /// Compaction could not come to its end, and is not tried again at once.
    pub(super) fn rest_from_cleaning(&mut self, now: Now) {
        let interval = self.node.config.number("log.retention.check.interval.ms") as u64;
        self.upkeep.cleanings_from_ms = now.monotonic_ms.saturating_add(interval);
    }

    fn expire(&mut self, now: Now) {
        let due = self.upkeep.expiries.iter().filter(|(_, due)| **due <= now.monotonic_ms);
        let due: Vec<LogId> = due.map(|(id, _)| *id).collect();
        if due.is_empty() {
            return;
        }
        let interval = self.node.config.number("log.retention.check.interval.ms") as u64;
        self.upkeep.next_check_ms = now.monotonic_ms.saturating_add(interval);
        let mut room_bytes = EXPIRY_BYTES;
        let mut writes = Vec::new();
        let (mut put_bytes, mut counted) = (0, 0);
        for id in due {
            if room_bytes <= 0 || put_bytes >= EXPIRY_PUT_BYTES {
                room_bytes = 0;
                break;
            }
            let Some(log) = self.node.logs.get_mut(&id) else { continue };
            log.expire(now.wall_ms, &mut room_bytes, &mut writes);
            put_bytes += writes[counted..].iter().map(Write::put_bytes).sum::<usize>();
            counted = writes.len();
            self.node.stale.push(id);
        }
        if room_bytes <= 0 {
            // What is left comes with the next commit.
            self.upkeep.next_check_ms = now.monotonic_ms;
        }
        if !writes.is_empty() {
            self.upkeep.expiring = true;
            self.node.gate.expire(writes);
        }
    }
}

fn plan(plans: &mut LiteMap<LogId, u64>, id: LogId, now: Now, due_ms: Option<i64>) {
    match due_ms {
        Some(due_ms) => {
            let left = u64::try_from(due_ms.saturating_sub(now.wall_ms)).unwrap_or(0);
            plans.insert(id, now.monotonic_ms.saturating_add(left.min(MAX_SLEEP_MS)));
        }
        None => drop(plans.remove(&id)),
    }
}

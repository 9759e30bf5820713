//! Requests that wait for records, for time or for a load.

use litemap::LiteMap;

use super::Broker;
use super::ahead::Found;
use crate::api::{Call, Parked, Progress};
use crate::io::{ConnectionId, Now};
use crate::storage::{LoadId, Loaded, LogId, LogRange, StorageError};

struct Entry {
    /// Whose it is; `None` for the broker's own.
    call: Option<Call>,
    request: Box<dyn Parked>,
    logs: Vec<LogId>,
    deadline_ms: u64,
    /// The loads that it waits for.
    loads: LiteMap<LoadId, LogRange>,
}

/// The requests that wait, by an id of their own.
#[derive(Default)]
pub(crate) struct ParkedRequests {
    last_id: u64,
    entries: LiteMap<u64, Entry>,
    by_log: LiteMap<LogId, Vec<u64>>,
    by_load: LiteMap<LoadId, u64>,
    deadlines: LiteMap<(u64, u64), ()>,
}

impl ParkedRequests {
    pub(crate) fn insert(&mut self, call: Option<Call>, request: Box<dyn Parked>) -> u64 {
        self.last_id += 1;
        let (logs, loads) = (Vec::new(), LiteMap::new());
        self.entries.insert(self.last_id, Entry { call, request, logs, deadline_ms: 0, loads });
        self.last_id
    }

    pub(crate) fn deadline_ms(&self) -> Option<u64> {
        self.deadlines.first().map(|((deadline, _), ())| *deadline)
    }

    /// The requests whose deadline has come.
    pub(crate) fn due(&self, now_ms: u64) -> Vec<u64> {
        let due = self.deadlines.keys().take_while(|(deadline, _)| *deadline <= now_ms);
        due.map(|(_, id)| *id).collect()
    }

    /// The requests that wait for a log to grow.
    fn waiting_for(&self, log: LogId) -> Vec<u64> {
        self.by_log.get(&log).cloned().unwrap_or_default()
    }

    fn wait(&mut self, id: u64, logs: Vec<LogId>, deadline_ms: u64) {
        self.unwait(id);
        let Some(entry) = self.entries.get_mut(&id) else { return };
        for log in &logs {
            self.by_log.entry(*log).or_default().push(id);
        }
        entry.logs = logs;
        entry.deadline_ms = deadline_ms;
        self.deadlines.insert((deadline_ms, id), ());
    }

    /// Takes a request off the lists of what it waits for.
    fn unwait(&mut self, id: u64) {
        let Some(entry) = self.entries.get_mut(&id) else { return };
        for log in std::mem::take(&mut entry.logs) {
            if let Some(ids) = self.by_log.get_mut(&log) {
                ids.retain(|other| *other != id);
                if ids.is_empty() {
                    self.by_log.remove(&log);
                }
            }
        }
        self.deadlines.remove(&(entry.deadline_ms, id));
    }

    fn remove(&mut self, id: u64) {
        self.unwait(id);
        if let Some(entry) = self.entries.remove(&id) {
            self.by_load.retain(|load, _| !entry.loads.contains_key(load));
        }
    }

    pub(crate) fn drop_connection(&mut self, connection: ConnectionId) {
        let of_it = |entry: &Entry| entry.call.is_some_and(|call| call.connection == connection);
        self.drop_entries(of_it);
    }

    /// Drops what the broker does for itself.
    pub(crate) fn drop_own(&mut self) {
        self.drop_entries(|entry| entry.call.is_none());
    }

    fn drop_entries(&mut self, of_those: impl Fn(&Entry) -> bool) {
        let ids = self.entries.iter().filter(|(_, entry)| of_those(entry)).map(|(id, _)| *id);
        let ids: Vec<u64> = ids.collect();
        ids.into_iter().for_each(|id| self.remove(id));
    }

    /// Whether a request waits for this load.
    pub(crate) fn awaits(&self, load: LoadId) -> bool {
        self.by_load.contains_key(&load)
    }

    /// Hands a load's result over; gives the request, if it has all its loads now.
    pub(crate) fn loaded(
        &mut self,
        load: LoadId,
        result: Result<Loaded, StorageError>,
    ) -> Option<u64> {
        let id = self.by_load.remove(&load)?;
        let entry = self.entries.get_mut(&id)?;
        let range = entry.loads.remove(&load)?;
        entry.request.loaded(&range, result);
        entry.loads.is_empty().then_some(id)
    }

    /// All requests, to be advanced once the broker has opened anew. Their loads are void.
    pub(crate) fn restart(&mut self) {
        self.by_load.clear();
        self.entries.iter_mut().for_each(|(_, entry)| entry.loads.clear());
    }

    pub(crate) fn ids(&self) -> Vec<u64> {
        self.entries.keys().copied().collect()
    }
}

impl Broker {
    /// Lets a parked request go on.
    pub(super) fn advance(&mut self, now: Now, id: u64) {
        while self.is_serving() {
            let Some(entry) = self.parked.entries.get_mut(&id) else { return };
            if !entry.loads.is_empty() {
                return;
            }
            let call = entry.call;
            match entry.request.advance(&mut self.node, now) {
                Progress::Done(frame) => {
                    let ahead = entry.request.read_ahead(&self.node);
                    self.parked.remove(id);
                    if let Some(call) = call {
                        self.respond(call, Some(frame));
                    }
                    return self.read_ahead(ahead);
                }
                Progress::Wait { logs, deadline_ms } => {
                    return self.parked.wait(id, logs, deadline_ms);
                }
                Progress::Load(ranges) => {
                    self.parked.unwait(id);
                    ranges.into_iter().for_each(|range| self.load_for(id, range));
                }
            }
        }
    }

    /// Gets a request a part of a segment: from what was read ahead, or by a load.
    fn load_for(&mut self, id: u64, range: LogRange) {
        let found = self.ahead.take(&range);
        let load = match found {
            Some(Found::Ready(result)) => {
                if let Some(entry) = self.parked.entries.get_mut(&id) {
                    entry.request.loaded(&range, result);
                }
                return;
            }
            Some(Found::Loading(load)) => load,
            None => {
                let load = self.load_id();
                self.load_part(load, range.clone());
                load
            }
        };
        self.parked.by_load.insert(load, id);
        if let Some(entry) = self.parked.entries.get_mut(&id) {
            entry.loads.insert(load, range);
        }
    }

    fn read_ahead(&mut self, ranges: Vec<LogRange>) {
        for range in ranges {
            if self.ahead.admit(&range) {
                let id = self.load_id();
                self.ahead.loading(range.clone(), id);
                self.load_part(id, range);
            }
        }
    }

    /// Consumers see more of a log than before.
    pub(super) fn wake(&mut self, now: Now, log: LogId) {
        for id in self.parked.waiting_for(log) {
            self.advance(now, id);
        }
    }
}

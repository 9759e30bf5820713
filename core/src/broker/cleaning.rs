//! Compaction, driven: a slice with each tick, what it reads and writes in between.

use super::Broker;
use crate::io::{LogLevel, Now, Output};
use crate::log::{CleanStep, Cleaner, CleanerSettings};
use crate::storage::{LoadId, Loaded, LogId, LogRange, Pieces, StorageError};

/// The log that is being compacted. One at a time: the memory for its keys is there once.
pub(super) struct Cleaning {
    pub log: LogId,
    cleaner: Cleaner,
    state: State,
}

/// What the next slice waits for.
enum State {
    /// Only for its turn, with what was loaded for it.
    Ready(Option<(LogRange, Pieces)>),
    Loading(LoadId, LogRange),
    Storing,
    /// For the end: a part could not be read.
    GivenUp,
}

impl Cleaning {
    /// Whether the next slice waits for its turn alone.
    pub(super) fn is_ready(&self) -> bool {
        matches!(self.state, State::Ready(_) | State::GivenUp)
    }

    /// What was to be stored is.
    pub(super) fn stored(&mut self) {
        if let State::Storing = self.state {
            self.state = State::Ready(None);
        }
    }

    /// Takes what a load brought. `false` where the load is not its own.
    pub(super) fn loaded(
        &mut self,
        load: LoadId,
        result: &mut Option<Result<Loaded, StorageError>>,
    ) -> bool {
        let State::Loading(awaited, range) = &self.state else { return false };
        if *awaited != load {
            return false;
        }
        self.state = match result.take() {
            Some(Ok(Loaded::Log(pieces))) => State::Ready(Some((range.clone(), pieces))),
            _ => State::GivenUp,
        };
        true
    }
}

impl Broker {
    /// Starts to compact the log that needs it most, of those that are due.
    pub(super) fn start_cleaning(&mut self, now: Now) {
        let due = self.upkeep.cleanings.iter().filter(|(_, due)| **due <= now.monotonic_ms);
        let dirt =
            |id: &LogId| self.node.logs.get(id).map_or(0, |log| log.dirty_millionths(now.wall_ms));
        let Some(id) = due.map(|(id, _)| *id).max_by_key(dirt) else { return };
        // Reckoned anew when the round is over.
        self.upkeep.cleanings.remove(&id);
        let settings = CleanerSettings {
            seed: self.node.random.next(),
            map_bytes: self.node.config.number("log.cleaner.dedupe.buffer.size") as u64,
            slice_bytes: self.node.config.number("log.cleaner.io.buffer.size") as u64 / 2,
        };
        let Some(log) = self.node.logs.get(&id) else { return };
        if log.cleaning_due_ms(now.wall_ms).is_none_or(|due| due > now.wall_ms) {
            return self.node.stale.push(id);
        }
        let cleaner = Cleaner::new(log, now.wall_ms, settings);
        self.upkeep.cleaning = Some(Cleaning { log: id, cleaner, state: State::Ready(None) });
    }

    /// Does a slice, if its turn has come.
    pub(super) fn clean(&mut self, now: Now) {
        let Some(mut cleaning) = self.upkeep.cleaning.take_if(|cleaning| cleaning.is_ready())
        else {
            return;
        };
        let Some(log) = self.node.logs.get_mut(&cleaning.log) else { return };
        let State::Ready(loaded) = std::mem::replace(&mut cleaning.state, State::Storing) else {
            // It is tried again, but not at once.
            let mut writes = Vec::new();
            log.remove_unfinished(&mut writes);
            writes.into_iter().for_each(|write| self.node.gate.write(write));
            self.node.stale.push(cleaning.log);
            return self.rest_from_cleaning(now);
        };
        match cleaning.cleaner.go_on(log, loaded) {
            CleanStep::Load(range) => {
                cleaning.state = match log.range_in_memory(&range) {
                    Some(pieces) => State::Ready(Some((range, pieces))),
                    None => {
                        let load = self.load_id();
                        self.load_part(load, range.clone());
                        State::Loading(load, range)
                    }
                };
                self.upkeep.cleaning = Some(cleaning);
            }
            CleanStep::Store { writes, strict, freed } => {
                if writes.is_empty() {
                    cleaning.state = State::Ready(None);
                } else {
                    self.node.gate.keep_up(writes, strict);
                }
                self.node.note_freed(cleaning.log, freed);
                self.upkeep.cleaning = Some(cleaning);
            }
            CleanStep::Done { writes, notice } => {
                writes.into_iter().for_each(|write| self.node.gate.write(write));
                self.node.stale.push(cleaning.log);
                let level = LogLevel::Error;
                self.outputs.extend(notice.map(|message| Output::Log { level, message }));
            }
        }
    }
}

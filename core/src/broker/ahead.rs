//! Reading ahead: a client that reads a log from storage will ask for what comes next, and storage
//! can fetch that while the client is busy with what it got.

use std::collections::VecDeque;

use crate::storage::{LoadId, Loaded, LogRange, StorageError};

/// How many bytes are read ahead at most, for all logs together.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

struct Ahead {
    range: LogRange,
    load: LoadId,
    result: Option<Result<Loaded, StorageError>>,
}

/// What [`ReadAhead::take`] finds.
pub(super) enum Found {
    /// It is there.
    Ready(Result<Loaded, StorageError>),
    /// It is being loaded.
    Loading(LoadId),
}

/// Parts of segments that nobody has asked for yet, the oldest first.
#[derive(Default)]
pub(super) struct ReadAhead {
    parts: VecDeque<Ahead>,
}

impl ReadAhead {
    /// Whether to load a part ahead. Older ones make room.
    pub(super) fn admit(&mut self, range: &LogRange) -> bool {
        let size = |range: &LogRange| range.end.saturating_sub(range.start);
        let known = |part: &Ahead| part.range == *range;
        if size(range) > MAX_BYTES / 2 || self.parts.iter().any(known) {
            return false;
        }
        let mut total: u64 = self.parts.iter().map(|part| size(&part.range)).sum();
        while total + size(range) > MAX_BYTES {
            let Some(oldest) = self.parts.pop_front() else { break };
            total -= size(&oldest.range);
        }
        true
    }

    pub(super) fn loading(&mut self, range: LogRange, load: LoadId) {
        self.parts.push_back(Ahead { range, load, result: None });
    }

    /// A load has ended. Says nothing of loads that are not (or no more) its own.
    pub(super) fn loaded(&mut self, load: LoadId, result: Result<Loaded, StorageError>) {
        if let Some(part) = self.parts.iter_mut().find(|part| part.load == load) {
            part.result = Some(result);
        }
    }

    /// Hands a part over to the request that asks for it.
    pub(super) fn take(&mut self, range: &LogRange) -> Option<Found> {
        let at = self.parts.iter().position(|part| part.range == *range)?;
        let part = self.parts.remove(at)?;
        Some(match part.result {
            Some(result) => Found::Ready(result),
            None => Found::Loading(part.load),
        })
    }

    pub(super) fn clear(&mut self) {
        self.parts.clear();
    }
}

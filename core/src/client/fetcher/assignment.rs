//! The partitions that are fetched, and where each of them stands.

use std::collections::VecDeque;

use litemap::LiteMap;
use std::sync::Arc;

use super::super::error::ClientError;
use super::super::event::Fetched;
use super::position::StartPosition;
use super::session::Key;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// The group has to say where to start.
    Waiting,
    /// The start is to be found.
    Start(StartPosition),
    /// It is being looked up.
    LookingUp,
    /// Offsets are known.
    Fetching,
    /// Waiting for a seek, after an error.
    Stalled,
}

#[derive(Debug)]
pub(crate) struct Assigned {
    /// Changes with each seek: what belongs to an older one is dropped.
    pub(crate) generation: u64,
    pub(crate) state: State,
    pub(crate) paused: bool,
    /// On its way to another member: nothing more is fetched or given out.
    pub(crate) held: bool,
    /// The end of what is stored and visible, by the last answer; −1 before there was one.
    pub(crate) high_watermark: i64,
    /// The next offset that the consumer has not taken.
    pub(crate) position: Option<i64>,
    /// The next offset to fetch.
    pub(crate) fetch_offset: i64,
    /// The leader epoch of the last batch fetched, −1 where unknown.
    pub(crate) last_epoch: i32,
    /// How many responses wait for the consumer.
    pub(crate) buffered: usize,
    pub(crate) not_before_ms: u64,
    pub(crate) errors: u32,
}

impl Assigned {
    /// The offset to go on at is known. The consumer is there once it has taken what waits.
    pub(crate) fn fetch_from(&mut self, offset: i64) {
        self.state = State::Fetching;
        self.fetch_offset = offset;
        if self.buffered == 0 {
            self.position = Some(offset);
        }
    }
}

/// What waits for the consumer.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) key: Key,
    pub(crate) generation: u64,
    pub(crate) item: Result<Fetched, ClientError>,
}

#[derive(Debug, Default)]
pub(crate) struct Assignment {
    pub(crate) partitions: LiteMap<Key, Assigned>,
    pub(crate) waiting: VecDeque<Waiting>,
    next_generation: u64,
}

impl Assignment {
    /// Fetches exactly these partitions. One that was assigned before goes on where it is.
    pub(crate) fn assign(&mut self, wanted: Vec<(Arc<str>, i32, StartPosition)>) {
        let mut before = std::mem::take(&mut self.partitions);
        for (topic, partition, start) in wanted {
            let key = (topic, partition);
            match before.remove(&key) {
                Some(assigned) => {
                    self.partitions.insert(key, assigned);
                }
                None => self.add(key, State::Start(start)),
            }
        }
        self.drop_stale();
    }

    /// Fetches this partition too.
    pub(crate) fn add(&mut self, key: Key, state: State) {
        self.next_generation += 1;
        let generation = self.next_generation;
        self.partitions.entry(key).or_insert(Assigned {
            generation,
            state,
            paused: false,
            held: false,
            high_watermark: -1,
            position: None,
            fetch_offset: 0,
            last_epoch: -1,
            buffered: 0,
            not_before_ms: 0,
            errors: 0,
        });
    }

    /// Fetches these no more; what waits of them is dropped.
    pub(crate) fn remove(&mut self, keys: &[Key]) {
        for key in keys {
            self.partitions.remove(key);
        }
        self.drop_stale();
    }

    /// Goes on elsewhere; what was fetched and not taken is dropped.
    pub(crate) fn seek(&mut self, key: &Key, start: StartPosition) -> bool {
        self.next_generation += 1;
        let Some(assigned) = self.partitions.get_mut(key) else { return false };
        assigned.generation = self.next_generation;
        assigned.state = State::Start(start);
        assigned.position = match start {
            StartPosition::Offset(offset) => Some(offset),
            _ => None,
        };
        assigned.last_epoch = -1;
        assigned.buffered = 0;
        assigned.not_before_ms = 0;
        assigned.errors = 0;
        self.drop_stale();
        true
    }

    /// The partition, unless it has been taken away or sought elsewhere since.
    pub(crate) fn current(&mut self, key: &Key, generation: u64) -> Option<&mut Assigned> {
        self.partitions.get_mut(key).filter(|assigned| assigned.generation == generation)
    }

    fn drop_stale(&mut self) {
        let partitions = &self.partitions;
        self.waiting.retain(|waiting| {
            partitions.get(&waiting.key).is_some_and(|a| a.generation == waiting.generation)
        });
    }

    pub(crate) fn push(&mut self, key: Key, generation: u64, item: Result<Fetched, ClientError>) {
        if let Some(assigned) = self.current(&key, generation) {
            assigned.buffered += 1;
            self.waiting.push_back(Waiting { key, generation, item });
        }
    }

    /// The next that the consumer may take: not of a partition that is paused.
    pub(crate) fn take(&mut self) -> Option<Waiting> {
        let partitions = &self.partitions;
        let may =
            |waiting: &Waiting| partitions.get(&waiting.key).is_some_and(|a| !a.paused && !a.held);
        let at = self.waiting.iter().position(may)?;
        let waiting = self.waiting.remove(at)?;
        if let Some(assigned) = self.partitions.get_mut(&waiting.key) {
            assigned.buffered = assigned.buffered.saturating_sub(1);
            if let Ok(fetched) = &waiting.item {
                assigned.position = Some(fetched.next_offset);
            }
        }
        Some(waiting)
    }
}

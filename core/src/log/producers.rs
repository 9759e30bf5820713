//! What a partition remembers of its idempotent producers: KIP-98, KIP-360, KIP-679.
//!
//! A producer numbers its batches. The partition keeps the last five of each producer, so that a
//! batch sent again is acknowledged with the offset that it already has, and a batch that comes too
//! early is refused.

use std::collections::VecDeque;

use litemap::LiteMap;

use crate::record::BatchHeader;

/// How many batches are remembered per producer: as many as it may have in flight.
const REMEMBERED_BATCHES: usize = 5;

/// How many producers a partition remembers at most. Kafka has no such bound and relies on expiry;
/// here the one that was silent for the longest makes room.
const MAX_PRODUCERS: usize = 10_000;

/// One batch that was appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AppendedBatch {
    pub first_sequence: i32,
    pub last_sequence: i32,
    pub last_offset: i64,
    pub offset_delta: i32,
    /// The batch's largest timestamp, or when it was appended where the topic stamps by append time.
    pub timestamp: i64,
}

impl AppendedBatch {
    pub(crate) fn base_offset(&self) -> i64 {
        self.last_offset.saturating_sub(i64::from(self.offset_delta))
    }
}

/// One producer, as a partition knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProducerState {
    pub epoch: i16,
    /// When it last wrote, in the broker's time: what expiry goes by.
    pub last_append_ms: i64,
    /// The last batches of this epoch, oldest first.
    pub batches: VecDeque<AppendedBatch>,
}

/// What a batch means to the partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sequenced {
    /// The next one in order: append it.
    Next,
    /// Already appended: acknowledge it as it was.
    Duplicate(AppendedBatch),
    /// From an epoch that has been replaced.
    OldEpoch { current: i16 },
    /// Not the one that is due.
    OutOfOrder { last_sequence: i32 },
}

/// The producers of one partition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Producers {
    by_id: LiteMap<i64, ProducerState>,
}

impl Producers {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (i64, &ProducerState)> {
        self.by_id.iter().map(|(id, state)| (*id, state))
    }

    pub(crate) fn insert(&mut self, id: i64, state: ProducerState) {
        self.by_id.insert(id, state);
    }

    /// Whether a batch is the last one of its producer: it has the sequence number that is known.
    pub(crate) fn is_last_of_producer(&self, batch: &BatchHeader) -> bool {
        let known = self.by_id.get(&batch.producer_id).and_then(|state| state.batches.back());
        known.is_some_and(|last| last.last_offset == batch.last_offset())
    }

    /// Judges a batch before it is appended.
    pub(crate) fn judge(&self, batch: &BatchHeader) -> Sequenced {
        // Of a producer that is not known, any sequence is taken: retention or expiry may have
        // removed what was known of it (KIP-360).
        let Some(known) = self.by_id.get(&batch.producer_id) else { return Sequenced::Next };
        if batch.producer_epoch < known.epoch {
            return Sequenced::OldEpoch { current: known.epoch };
        }
        let (first, last) = (batch.base_sequence, batch.last_sequence());
        if batch.producer_epoch > known.epoch {
            return match first {
                0 => Sequenced::Next,
                _ => Sequenced::OutOfOrder { last_sequence: -1 },
            };
        }
        let same = |b: &&AppendedBatch| b.first_sequence == first && b.last_sequence == last;
        if let Some(duplicate) = known.batches.iter().find(same) {
            return Sequenced::Duplicate(*duplicate);
        }
        let last_sequence = known.batches.back().map_or(-1, |batch| batch.last_sequence);
        let due = if last_sequence == i32::MAX { 0 } else { last_sequence + 1 };
        if first == due { Sequenced::Next } else { Sequenced::OutOfOrder { last_sequence } }
    }

    /// Remembers a batch that was appended.
    pub(crate) fn appended(&mut self, batch: &BatchHeader, now_ms: i64) {
        if self.by_id.len() >= MAX_PRODUCERS && !self.by_id.contains_key(&batch.producer_id) {
            let silent = self.by_id.iter().min_by_key(|(_, state)| state.last_append_ms);
            if let Some(id) = silent.map(|(id, _)| *id) {
                self.by_id.remove(&id);
            }
        }
        let state = self.by_id.entry(batch.producer_id).or_insert_with(|| ProducerState {
            epoch: batch.producer_epoch,
            last_append_ms: now_ms,
            batches: VecDeque::with_capacity(REMEMBERED_BATCHES),
        });
        if batch.producer_epoch != state.epoch {
            state.epoch = batch.producer_epoch;
            state.batches.clear();
        }
        if state.batches.len() == REMEMBERED_BATCHES {
            state.batches.pop_front();
        }
        state.last_append_ms = now_ms;
        state.batches.push_back(AppendedBatch {
            first_sequence: batch.base_sequence,
            last_sequence: batch.last_sequence(),
            last_offset: batch.last_offset(),
            offset_delta: batch.last_offset_delta,
            timestamp: batch.max_timestamp,
        });
    }

    /// The producers, with their epochs, all of whose batches lie behind `stored`, the first among
    /// them.
    pub(crate) fn unstored(&self, stored: i64) -> Vec<(i64, i16)> {
        let unstored = self.by_id.iter().filter(|(_, state)| {
            state
                .batches
                .front()
                .is_none_or(|first| first.first_sequence == 0 && first.last_offset >= stored)
        });
        unstored.map(|(id, state)| (*id, state.epoch)).collect()
    }

    /// Expects a producer's first batch, where nothing is known of it. Otherwise a batch that was on
    /// its way behind the first, which could not be stored, would be taken for a late one of a
    /// producer long forgotten.
    pub(crate) fn expect_first(&mut self, id: i64, epoch: i16, now_ms: i64) {
        if self.by_id.len() < MAX_PRODUCERS {
            self.by_id.entry(id).or_insert_with(|| ProducerState {
                epoch,
                last_append_ms: now_ms,
                batches: VecDeque::new(),
            });
        }
    }

    /// Forgets producers that have been silent since before `since_ms`.
    pub(crate) fn expire(&mut self, since_ms: i64) {
        self.by_id.retain(|_, state| state.last_append_ms >= since_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(epoch: i16, base_sequence: i32, records: i32, base_offset: i64) -> BatchHeader {
        BatchHeader {
            base_offset,
            batch_length: 100,
            partition_leader_epoch: 0,
            magic: 2,
            crc: 0,
            attributes: 0,
            last_offset_delta: records - 1,
            base_timestamp: 0,
            max_timestamp: 7,
            producer_id: 1,
            producer_epoch: epoch,
            base_sequence,
            record_count: records,
        }
    }

    #[test]
    fn a_retried_batch_is_known_by_its_sequences() {
        let mut producers = Producers::default();
        for at in 0..6 {
            let next = batch(0, at * 2, 2, i64::from(at) * 2);
            assert_eq!(producers.judge(&next), Sequenced::Next);
            producers.appended(&next, 0);
        }
        let Sequenced::Duplicate(found) = producers.judge(&batch(0, 2, 2, 99)) else { panic!() };
        assert_eq!((found.base_offset(), found.timestamp), (2, 7));
        // The sixth last has been forgotten: a retry of it is out of order, as in Kafka.
        let forgotten = producers.judge(&batch(0, 0, 2, 99));
        assert_eq!(forgotten, Sequenced::OutOfOrder { last_sequence: 11 });
        let gap = producers.judge(&batch(0, 13, 1, 99));
        assert_eq!(gap, Sequenced::OutOfOrder { last_sequence: 11 });
    }

    #[test]
    fn epochs_only_rise_and_begin_at_zero() {
        let mut producers = Producers::default();
        producers.appended(&batch(3, 0, 1, 0), 0);
        assert_eq!(producers.judge(&batch(2, 1, 1, 1)), Sequenced::OldEpoch { current: 3 });
        let late = Sequenced::OutOfOrder { last_sequence: -1 };
        assert_eq!(producers.judge(&batch(4, 1, 1, 1)), late);
        assert_eq!(producers.judge(&batch(4, 0, 1, 1)), Sequenced::Next);
    }

    #[test]
    fn sequences_wrap_to_zero() {
        let mut producers = Producers::default();
        // An unknown producer may start anywhere.
        let last = batch(0, i32::MAX - 1, 2, 0);
        assert_eq!(producers.judge(&last), Sequenced::Next);
        producers.appended(&last, 0);
        assert_eq!(producers.judge(&batch(0, 0, 3, 2)), Sequenced::Next);
        // A batch may wrap within itself too.
        let mut producers = Producers::default();
        let wrapping = batch(0, i32::MAX, 3, 0);
        producers.appended(&wrapping, 0);
        assert_eq!(producers.judge(&batch(0, 2, 1, 3)), Sequenced::Next);
    }

    #[test]
    fn silent_producers_expire() {
        let mut producers = Producers::default();
        producers.appended(&batch(0, 0, 1, 0), 1_000);
        producers.expire(1_000);
        assert_eq!(producers.iter().count(), 1);
        producers.expire(1_001);
        assert_eq!(producers.iter().count(), 0);
        assert_eq!(producers.judge(&batch(0, 55, 1, 1)), Sequenced::Next);
    }
}

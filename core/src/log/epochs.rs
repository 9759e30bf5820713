//! The leader epochs of a log: which epoch began at which offset. KIP-101, KIP-320.

/// Ascending pairs of an epoch and the offset of its first record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LeaderEpochs {
    starts: Vec<(i32, i64)>,
}

impl LeaderEpochs {
    pub(crate) fn from_starts(starts: Vec<(i32, i64)>) -> LeaderEpochs {
        let mut epochs = LeaderEpochs::default();
        starts.into_iter().for_each(|(epoch, offset)| epochs.note(epoch, offset));
        epochs
    }

    pub(crate) fn starts(&self) -> &[(i32, i64)] {
        &self.starts
    }

    /// Notes that a batch of `epoch` was appended at `offset`.
    pub(crate) fn note(&mut self, epoch: i32, offset: i64) {
        if self.starts.last().is_none_or(|&(last, _)| last < epoch) {
            self.starts.push((epoch, offset));
        }
    }

    /// The epoch in which `offset` was written.
    pub(crate) fn epoch_of(&self, offset: i64) -> Option<i32> {
        let behind = self.starts.partition_point(|&(_, start)| start <= offset);
        behind.checked_sub(1).map(|at| self.starts[at].0)
    }

    /// The largest epoch that is `epoch` or smaller, and where it ended: what OffsetForLeaderEpoch
    /// answers. An epoch above the leader's own is unknown (−1, −1).
    pub(crate) fn end_offset_of(&self, epoch: i32, current: i32, log_end: i64) -> (i32, i64) {
        if epoch == current {
            return (epoch, log_end);
        }
        if epoch > current || epoch < 0 {
            return (-1, -1);
        }
        let behind = self.starts.partition_point(|&(known, _)| known <= epoch);
        let end = self.starts.get(behind).map_or(log_end, |&(_, start)| start);
        match behind.checked_sub(1) {
            Some(at) => (self.starts[at].0, end),
            // Older than all that is known: the log's first known epoch begins where it ended.
            None => (epoch, end),
        }
    }

    /// Forgets epochs that ended at or before a new log start.
    pub(crate) fn truncate_front(&mut self, log_start: i64) {
        let behind = self.starts.partition_point(|&(_, start)| start <= log_start);
        if behind > 1 {
            self.starts.drain(..behind - 1);
        }
        if let Some(first) = self.starts.first_mut() {
            first.1 = first.1.max(log_start);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_where_an_epoch_ended() {
        let epochs = LeaderEpochs::from_starts(vec![(1, 0), (3, 10), (4, 25)]);
        assert_eq!(
            epochs.end_offset_of(5, 5, 40),
            (5, 40),
            "the current epoch ends at the log end"
        );
        assert_eq!(epochs.end_offset_of(4, 5, 40), (4, 40));
        assert_eq!(epochs.end_offset_of(3, 5, 40), (3, 25));
        assert_eq!(epochs.end_offset_of(2, 5, 40), (1, 10), "2 never wrote: 1 ended where 3 began");
        assert_eq!(epochs.end_offset_of(0, 5, 40), (0, 0));
        assert_eq!(epochs.end_offset_of(6, 5, 40), (-1, -1));
        assert_eq!(epochs.epoch_of(24), Some(3));
        assert_eq!(epochs.epoch_of(25), Some(4));
    }

    #[test]
    fn forgets_what_lies_before_the_log_start() {
        let mut epochs = LeaderEpochs::from_starts(vec![(1, 0), (3, 10), (4, 25)]);
        epochs.truncate_front(12);
        assert_eq!(epochs.starts(), [(3, 12), (4, 25)]);
    }
}

//! A segment's sparse index: from an offset or a timestamp to a position, without reading the log.
//!
//! Kafka keeps two files for this, `.index` and `.timeindex`. Here one row serves both: it names a
//! batch, where the batch starts, and the largest timestamp of all records before it.

/// One batch that the index knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IndexEntry {
    /// The batch's base offset.
    pub offset: i64,
    /// Where the batch starts in its segment.
    pub position: u64,
    /// The largest timestamp of the records before the batch; `i64::MIN` where there are none.
    pub max_timestamp_before: i64,
}

/// The index of one segment. Entries ascend in all three columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SparseIndex {
    entries: Vec<IndexEntry>,
}

impl SparseIndex {
    /// An index of entries that were stored earlier; `None` where they do not ascend.
    pub(crate) fn from_entries(entries: Vec<IndexEntry>) -> Option<SparseIndex> {
        let ascends = entries.windows(2).all(|pair| {
            pair[0].offset < pair[1].offset
                && pair[0].position < pair[1].position
                && pair[0].max_timestamp_before <= pair[1].max_timestamp_before
        });
        ascends.then_some(SparseIndex { entries })
    }

    pub(crate) fn entries(&self) -> &[IndexEntry] {
        &self.entries
    }

    /// Notes a batch if it starts `interval_bytes` or more behind the last one noted.
    pub(crate) fn note(&mut self, entry: IndexEntry, interval_bytes: u64) {
        let due = match self.entries.last() {
            Some(last) => entry.position - last.position >= interval_bytes,
            None => true,
        };
        if due {
            self.entries.push(entry);
        }
    }

    /// A position at or before the batch that holds `offset`.
    pub(crate) fn position_of_offset(&self, offset: i64) -> u64 {
        let behind = self.entries.partition_point(|entry| entry.offset <= offset);
        behind.checked_sub(1).map_or(0, |at| self.entries[at].position)
    }

    /// A position at or before the first batch with a record stamped `timestamp` or later.
    pub(crate) fn position_of_timestamp(&self, timestamp: i64) -> u64 {
        let behind = self.entries.partition_point(|e| e.max_timestamp_before < timestamp);
        behind.checked_sub(1).map_or(0, |at| self.entries[at].position)
    }

    /// The first known batch start at `position` or behind it.
    pub(crate) fn next_start(&self, position: u64) -> Option<u64> {
        let at = self.entries.partition_point(|entry| entry.position < position);
        self.entries.get(at).map(|entry| entry.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(offset: i64, position: u64, max_timestamp_before: i64) -> IndexEntry {
        IndexEntry { offset, position, max_timestamp_before }
    }

    #[test]
    fn finds_the_last_entry_at_or_before() {
        let mut index = SparseIndex::default();
        index.note(entry(0, 0, i64::MIN), 100);
        index.note(entry(5, 60, 10), 100);
        index.note(entry(9, 120, 20), 100);
        index.note(entry(30, 400, 20), 100);
        assert_eq!(index.entries().len(), 3, "the batch at 60 is too near to the first");
        for (offset, position) in [(0, 0), (8, 0), (9, 120), (29, 120), (30, 400), (999, 400)] {
            assert_eq!(index.position_of_offset(offset), position);
        }
        // All before 120 is stamped 20 or less: 21 can only come later, 20 may come sooner.
        for (timestamp, position) in [(5, 0), (20, 0), (21, 400)] {
            assert_eq!(index.position_of_timestamp(timestamp), position);
        }
        assert_eq!(index.next_start(1), Some(120));
        assert_eq!(index.next_start(401), None);
    }

    #[test]
    fn refuses_entries_that_do_not_ascend() {
        assert!(SparseIndex::from_entries(vec![entry(1, 0, 0), entry(1, 9, 0)]).is_none());
        assert!(SparseIndex::from_entries(vec![entry(1, 5, 0), entry(2, 5, 0)]).is_none());
        assert!(SparseIndex::from_entries(vec![entry(1, 0, 7), entry(2, 5, 6)]).is_none());
        assert!(SparseIndex::from_entries(vec![entry(1, 0, 6), entry(2, 5, 6)]).is_some());
    }
}

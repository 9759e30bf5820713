//! The auditor: reads all that there is, as a client of its own, and compares it with what was
//! promised.

use std::collections::BTreeMap;

use bytes::Bytes;
use ottla::record::batches;

use crate::asks::{CORRUPT_MESSAGE, OFFSET_OUT_OF_RANGE};
use crate::book::{Fate, Topic};
use crate::clients::GROUP;
use crate::world::World;

/// A partition as it was found.
struct Found {
    start: i64,
    /// The end when the audit began; there may be records behind it.
    end: i64,
    /// What had been promised of the end when it began.
    promised: i64,
    records: BTreeMap<i64, usize>,
}

impl World {
    /// Looks at everything.
    pub(crate) fn audit(&mut self) {
        let live = (0..self.book.topics.len()).filter(|topic| self.book.topics[*topic].alive);
        for topic in live.collect::<Vec<_>>() {
            for partition in 0..self.book.topics[topic].partitions.len() as i32 {
                self.audit_partition(topic, partition);
                self.audit_commit(topic, partition);
            }
        }
        self.tell(|| "audited".to_owned());
    }

    fn read(&mut self, topic: usize, partition: i32) -> Found {
        let promised = self.book.topics[topic].partitions[partition as usize].end_floor;
        let end = self.offset(topic, partition, -1);
        let mut start = self.offset(topic, partition, -2);
        let name = self.book.topics[topic].name.clone();
        self.probe_before(topic, partition, start);
        let mut records = BTreeMap::new();
        let mut at = start;
        while at < end {
            let most_bytes = [300, 3_000, 1 << 20][self.random.below(3)];
            let data = self.fetch(topic, partition, at, most_bytes);
            match data.error_code {
                0 => {}
                CORRUPT_MESSAGE => {
                    let known = &self.book.topics[topic].partitions[partition as usize].damaged;
                    // Compaction may have left nothing between here and the damage.
                    let damaged = known.iter().any(|range| range.end > at);
                    assert!(
                        damaged,
                        "{name}-{partition} at {at} is damaged, which was not reported"
                    );
                    at += 1;
                    continue;
                }
                OFFSET_OUT_OF_RANGE => {
                    let now = self.offset(topic, partition, -2);
                    assert!(
                        now > at,
                        "{name}-{partition} at {at} is out of range, where the log is said to begin"
                    );
                    (at, start) = (now, now);
                    continue;
                }
                code => panic!("{name}-{partition} at {at}: error {code}"),
            }
            let known = &self.book.topics[topic].partitions[partition as usize];
            assert!(
                data.high_watermark >= end || !known.damaged.is_empty(),
                "{name}-{partition}: the high watermark goes back from {end} to {}",
                data.high_watermark
            );
            let mut next = at;
            for batch in batches(data.records.unwrap_or_default()) {
                let batch = batch.unwrap();
                batch.verify().unwrap();
                for record in batch.records(1 << 24).unwrap() {
                    if record.offset >= at {
                        records.insert(record.offset, self.book.seen(topic, partition, &record));
                    }
                }
                next = batch.header.next_offset();
            }
            if next <= at {
                // Nothing is left between here and the end.
                break;
            }
            at = next;
        }
        let records = records.split_off(&start);
        Found { start, end, promised, records }
    }

    /// Who asks for what is gone is told that it is.
    fn probe_before(&mut self, topic: usize, partition: i32, start: i64) {
        if start == 0 {
            return;
        }
        let at = start - 1 - self.random.below(start.min(5) as usize) as i64;
        let found = self.fetch(topic, partition, at, 1 << 20);
        // The start goes back where what moved it could not be stored, and nobody heard of it.
        if found.error_code != OFFSET_OUT_OF_RANGE && self.offset(topic, partition, -2) > at {
            let (code, name) = (found.error_code, &self.book.topics[topic].name);
            panic!("{name}-{partition} at {at}: gone, which nobody is told: error {code}");
        }
    }

    fn audit_partition(&mut self, topic: usize, partition: i32) {
        let found = self.read(topic, partition);
        self.tell(|| {
            let name = &self.book.topics[topic].name;
            format!(
                "{name}-{partition} has {} records from {} to {}",
                found.records.len(),
                found.start,
                found.end
            )
        });
        self.check_ends(topic, partition, &found);
        self.check_start(topic, partition, &found);
        self.check_records(topic, partition, &found);
        let known = &mut self.book.topics[topic].partitions[partition as usize];
        known.at = known.at.split_off(&found.start);
        self.book.told(topic, partition, found.end);
    }

    fn check_ends(&self, topic: usize, partition: i32, found: &Found) {
        let Topic { name, partitions, .. } = &self.book.topics[topic];
        let known = &partitions[partition as usize];
        let here = format!("{name}-{partition}");
        let (start, end) = (known.start_floor, found.promised);
        assert!(
            found.start >= start || known.start_damaged,
            "{here}: begins at {} again, after {start}",
            found.start
        );
        let lost = (found.end..end).find(|offset| !known.is_damaged(*offset));
        assert_eq!(lost, None, "{here}: ends at {}, where {end} was promised", found.end);
    }

    /// What is before the start is there no more because somebody asked for that, or by retention.
    fn check_start(&self, topic: usize, partition: i32, found: &Found) {
        let Topic { name, partitions, .. } = &self.book.topics[topic];
        for (offset, number) in partitions[partition as usize].at.range(..found.start) {
            let sent_ms = self.book.sent[*number].sent_ms;
            assert!(
                self.may_be_gone(topic, partition, (*offset, *number), found.start),
                "{name}-{partition} at {offset}: record {number} is gone, sent {} ms ago, and \
                 neither retention nor a deletion nor a lack of room took it: the log begins at {}",
                self.now.wall_ms - sent_ms,
                found.start
            );
        }
    }

    /// Whether there is a reason for a record to be gone from a log that begins at `start`.
    pub(crate) fn may_be_gone(
        &self,
        topic: usize,
        partition: i32,
        (offset, number): (i64, usize),
        start: i64,
    ) -> bool {
        let Topic { name, partitions, promise, .. } = &self.book.topics[topic];
        let known = &partitions[partition as usize];
        let sent = &self.book.sent[number];
        let expired = promise.deleted
            && promise.retention_ms >= 0
            && sent.sent_ms + promise.retention_ms < self.now.wall_ms;
        // More than the records can have in the log.
        let size = |number: &usize| {
            let sent = &self.book.sent[*number];
            sent.length.unwrap_or(0) as i64 + 200
        };
        let left = || {
            let known = known.at.range(start..).map(|(_, number)| size(number));
            known.sum::<i64>() + self.unsettled(name, partition).map(|n| size(&n)).sum::<i64>()
        };
        let crowded =
            promise.deleted && promise.retention_bytes >= 0 && left() >= promise.retention_bytes;
        let short = self.room.short_ms.is_some_and(|short_ms| short_ms >= sent.sent_ms);
        let dropped = promise.drops
            && short
            && self.disk.goes_by_segments((name.as_str(), partition), offset, start);
        // What compaction takes need not have been there any more.
        let newer = |other: &usize| self.book.sent[*other].key == sent.key;
        let replaced = || known.at.range(offset + 1..).any(|(_, other)| newer(other));
        offset < known.deleted_to
            // A segment's age does not count what cannot be read of it.
            || known.is_damaged(offset)
            || expired
            || crowded
            || dropped
            || (promise.compacted && (sent.length.is_none() || replaced()))
    }

    /// The records that may be in a partition, or on their way there.
    fn unsettled(&self, name: &str, partition: i32) -> impl Iterator<Item = usize> {
        let sent = self.book.sent.iter().enumerate();
        let here = move |(_, sent): &(usize, &crate::book::Sent)| {
            sent.fate != Fate::Acknowledged && sent.topic == name && sent.partition == partition
        };
        sent.filter(here).map(|(number, _)| number)
    }

    fn check_records(&self, topic: usize, partition: i32, found: &Found) {
        let Topic { name, partitions, promise, .. } = &self.book.topics[topic];
        let known = &partitions[partition as usize];
        let here = |offset: i64| format!("{name}-{partition} at {offset}");
        if !promise.compacted {
            let mut due = found.start;
            for offset in found.records.keys().copied().chain([found.end]) {
                let gap = (due..offset.min(found.end)).find(|gap| !known.is_damaged(*gap));
                if let Some(gap) = gap {
                    let lost = known.at.get(&gap);
                    panic!("{}: a gap; what is known: {lost:?}", here(gap));
                }
                due = offset + 1;
            }
            return;
        }
        let now_ms = self.now.wall_ms;
        let mut last: BTreeMap<&Option<Bytes>, (i64, usize)> = BTreeMap::new();
        let all: BTreeMap<i64, usize> =
            known.at.range(found.start..).map(|(offset, number)| (*offset, *number)).collect();
        for (offset, number) in &all {
            last.insert(&self.book.sent[*number].key, (*offset, *number));
        }
        let missing = all.iter().filter(|(offset, _)| {
            **offset < found.end
                && !found.records.contains_key(offset)
                && !known.is_damaged(**offset)
        });
        for (offset, number) in missing {
            let sent = &self.book.sent[*number];
            let age_ms = now_ms - sent.sent_ms;
            let here = here(*offset);
            assert!(
                age_ms >= promise.min_lag_ms,
                "{here}: record {number} was compacted after {age_ms} ms, before \
                 min.compaction.lag.ms"
            );
            if last[&sent.key].0 > *offset {
                continue;
            }
            if sent.length.is_none() {
                assert!(
                    age_ms >= promise.delete_retention_ms,
                    "{here}: the tombstone of {:?} is gone after {age_ms} ms",
                    sent.key
                );
                let older = found.records.range(..*offset);
                let older = older.filter(|(_, other)| self.book.sent[**other].key == sent.key);
                let older: Vec<_> = older.collect();
                assert!(
                    older.is_empty(),
                    "{here}: {older:?} outlive the tombstone of {:?}",
                    sent.key
                );
                continue;
            }
            // A tombstone that nobody knows of may have come and gone.
            let hidden = self.book.sent.iter().any(|other| {
                other.key == sent.key
                    && (&other.topic, other.partition) == (name, partition)
                    && other.length.is_none()
                    && other.fate != Fate::Acknowledged
                    && other.sent_ms + promise.delete_retention_ms <= now_ms
            });
            assert!(
                hidden,
                "{here}: record {number}, the last value of {:?}, is gone, sent {age_ms} ms ago",
                sent.key
            );
        }
    }

    /// After a loss of power: what is left is what was there, from the beginning to somewhere.
    pub(crate) fn take_stock(&mut self) {
        let live = (0..self.book.topics.len()).filter(|topic| self.book.topics[*topic].alive);
        for topic in live.collect::<Vec<_>>() {
            if self.book.topics[topic].promise.strict {
                continue;
            }
            for partition in 0..self.book.topics[topic].partitions.len() as i32 {
                let end = self.offset(topic, partition, -1);
                self.book.cut(topic, partition, end);
            }
        }
    }

    fn audit_commit(&mut self, topic: usize, partition: i32) {
        let found = self.committed(GROUP, topic, partition);
        self.book.committed_is(topic, partition, found);
    }

    /// Topics are there until they are deleted, and not again.
    pub(crate) fn audit_topics(&mut self) {
        let mut there = self.topics();
        there.remove("__consumer_offsets");
        let known = self.book.topics.iter().filter(|topic| topic.alive);
        let known: BTreeMap<String, ottla::Uuid> =
            known.map(|topic| (topic.name.clone(), topic.id)).collect();
        assert_eq!(there, known, "the topics that there are");
    }
}

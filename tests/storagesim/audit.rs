//! The auditor: reads all that there is, as a client of its own, and compares it with what was
//! promised.

use std::collections::BTreeMap;

use bytes::Bytes;
use ottla::protocol::messages as m;
use ottla::record::batches;

use crate::book::{Fate, Topic};
use crate::clients::GROUP;
use crate::world::World;

const CORRUPT_MESSAGE: i16 = 2;
const OFFSET_OUT_OF_RANGE: i16 = 1;
const STORAGE_ERROR: i16 = 56;
/// How often something is asked for that cannot be answered at the moment.
const TRIES: usize = 200;

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

    /// Asks until there is an answer that `accept` takes.
    fn insist<T>(&mut self, mut ask: impl FnMut(&mut World) -> Option<T>) -> T {
        for round in 0..TRIES {
            if let Some(answer) = ask(self) {
                return answer;
            }
            if round == TRIES / 10 {
                self.repair();
            }
            self.pass(50);
        }
        panic!("the auditor gets no answer");
    }

    /// An offset of a partition: −1 for its end, −2 for its start.
    pub(crate) fn offset(&mut self, topic: usize, partition: i32, which: i64) -> i64 {
        let name = self.book.topics[topic].name.clone();
        self.insist(|world| {
            let asked = m::ListOffsetsPartition {
                partition_index: partition,
                timestamp: which,
                ..Default::default()
            };
            let topic = m::ListOffsetsTopic { name: name.clone(), partitions: vec![asked] };
            let request = m::ListOffsetsRequest { topics: vec![topic], ..Default::default() };
            let answer = world.ask(&request, 7)?.topics.remove(0).partitions.remove(0);
            match answer.error_code {
                0 => Some(answer.offset),
                STORAGE_ERROR => None,
                code => panic!("{name}-{partition}: where it begins or ends: error {code}"),
            }
        })
    }

    fn read(&mut self, topic: usize, partition: i32) -> Found {
        let promised = self.book.topics[topic].partitions[partition as usize].end_floor;
        let end = self.offset(topic, partition, -1);
        let mut start = self.offset(topic, partition, -2);
        let Topic { id, name, .. } = &self.book.topics[topic];
        let (topic_id, name) = (*id, name.clone());
        let mut records = BTreeMap::new();
        let mut at = start;
        while at < end {
            let partition_max_bytes = [300, 3_000, 1 << 20][self.random.below(3)];
            let asked = m::FetchPartition {
                partition,
                fetch_offset: at,
                partition_max_bytes,
                ..Default::default()
            };
            let asked = m::FetchTopic { topic_id, partitions: vec![asked], ..Default::default() };
            let request = m::FetchRequest {
                replica_id: -1,
                min_bytes: 1,
                max_bytes: 1 << 20,
                session_epoch: -1,
                topics: vec![asked],
                ..Default::default()
            };
            let data = self.insist(|world| {
                let data = world.ask(&request, 13)?.responses.remove(0).partitions.remove(0);
                (data.error_code != STORAGE_ERROR).then_some(data)
            });
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
                    assert!(now > at, "{name}-{partition} at {at} is out of range");
                    (at, start) = (now, now);
                    continue;
                }
                code => panic!("{name}-{partition} at {at}: error {code}"),
            }
            assert!(
                data.high_watermark >= end,
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
        let Topic { name, partitions, promise, .. } = &self.book.topics[topic];
        let known = &partitions[partition as usize];
        let now_ms = self.now.wall_ms;
        for (offset, number) in known.at.range(..found.start) {
            let sent = &self.book.sent[*number];
            let expired = promise.deleted
                && promise.retention_ms >= 0
                && sent.sent_ms + promise.retention_ms < now_ms;
            // More than the records can have in the log.
            let size = |number: &usize| {
                let sent = &self.book.sent[*number];
                sent.length.unwrap_or(0) as i64 + 200
            };
            let left = || {
                let known = known.at.range(found.start..).map(|(_, number)| size(number));
                known.sum::<i64>() + self.unsettled(name, partition).map(|n| size(&n)).sum::<i64>()
            };
            let crowded = promise.deleted
                && promise.retention_bytes >= 0
                && left() >= promise.retention_bytes;
            // What compaction takes need not have been there any more.
            let newer = |other: &usize| self.book.sent[*other].key == sent.key;
            let replaced = || known.at.range(offset + 1..).any(|(_, other)| newer(other));
            assert!(
                *offset < known.deleted_to
                    || expired
                    || crowded
                    || (promise.compacted && (sent.length.is_none() || replaced())),
                "{name}-{partition} at {offset}: record {number} is gone, sent {} ms ago, and \
                 neither retention nor a deletion took it: the log begins at {}",
                now_ms - sent.sent_ms,
                found.start
            );
        }
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
        let found = self.committed(topic, partition);
        self.book.committed_is(topic, partition, found);
    }

    /// What the group has committed.
    pub(crate) fn committed(&mut self, topic: usize, partition: i32) -> Option<i64> {
        let name = self.book.topics[topic].name.clone();
        let answer = self.insist(|world| {
            let topic = m::OffsetFetchRequestTopic {
                name: name.clone(),
                partition_indexes: vec![partition],
            };
            let request = m::OffsetFetchRequest {
                group_id: GROUP.to_owned(),
                topics: Some(vec![topic]),
                ..Default::default()
            };
            let answer = world.ask(&request, 7)?;
            (answer.error_code == 0).then_some(answer)
        });
        let found = answer.topics.first().and_then(|topic| topic.partitions.first());
        found.map(|found| found.committed_offset).filter(|offset| *offset >= 0)
    }

    /// The names of the topics that there are, with their ids.
    pub(crate) fn topics(&mut self) -> BTreeMap<String, ottla::Uuid> {
        let request = m::MetadataRequest { topics: None, ..Default::default() };
        let answer = self.insist(|world| world.ask(&request, 12));
        let topics = answer.topics.into_iter().filter(|topic| topic.error_code == 0);
        topics.filter_map(|topic| Some((topic.name?, topic.topic_id))).collect()
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

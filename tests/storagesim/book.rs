//! What clients were promised, kept apart from the broker: what they sent, what they were told, what
//! they saw. [`crate::audit`] compares what is there with it.

use std::collections::BTreeMap;
use std::ops::Range;

use bytes::Bytes;
use ottla::Uuid;
use ottla::record::Record;

/// The header that says which record one is.
pub(crate) const MARK: &str = "n";

/// What became of a record that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is not known.
    Open,
    /// It is said to be stored.
    Acknowledged,
    /// The producer gave it up; it may be stored all the same.
    GivenUp,
}

/// A record that was sent.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) producer: usize,
    /// Whether its producer is idempotent.
    pub(crate) idempotent: bool,
    pub(crate) key: Option<Bytes>,
    /// The length of its value; `None` for a tombstone.
    pub(crate) length: Option<usize>,
    pub(crate) sent_ms: i64,
    /// Whether it was imported: then that is its timestamp.
    imported: bool,
    pub(crate) fate: Fate,
    /// The lives of its topic name in which it may be stored: this one and later.
    life: usize,
    /// Where it was found.
    place: Option<(usize, i64)>,
}

/// What the topic's configuration promises.
#[derive(Debug, Clone, Default)]
pub(crate) struct Promise {
    pub(crate) deleted: bool,
    pub(crate) compacted: bool,
    pub(crate) retention_ms: i64,
    pub(crate) retention_bytes: i64,
    pub(crate) delete_retention_ms: i64,
    pub(crate) min_lag_ms: i64,
    pub(crate) strict: bool,
    /// Whether its oldest segments may go where room is short.
    pub(crate) drops: bool,
}

/// One life of a topic: from its creation to its deletion.
#[derive(Debug)]
pub(crate) struct Topic {
    pub(crate) name: String,
    pub(crate) id: Uuid,
    pub(crate) promise: Promise,
    pub(crate) partitions: Vec<Partition>,
    pub(crate) alive: bool,
    /// It is about to be deleted: nobody writes to it any more.
    pub(crate) leaving: bool,
}

/// What is known of a partition.
#[derive(Debug, Default)]
pub(crate) struct Partition {
    /// The record at each offset, by acknowledgements and by what was seen.
    pub(crate) at: BTreeMap<i64, usize>,
    /// The numbers of each idempotent producer's records by their offsets.
    orders: BTreeMap<usize, BTreeMap<i64, usize>>,
    /// Everything before this was deleted.
    pub(crate) start_floor: i64,
    /// Somebody was told that the log ends here, or behind.
    pub(crate) end_floor: i64,
    /// Up to here somebody asked for deletion.
    pub(crate) deleted_to: i64,
    /// Offsets that were reported as damaged.
    pub(crate) damaged: Vec<Range<i64>>,
    /// The log's start was reported as damaged.
    pub(crate) start_damaged: bool,
    /// Its idempotent producers were reported as forgotten.
    pub(crate) forgotten: bool,
    /// What a group has committed.
    pub(crate) committed: Committed,
}

/// An offset that is committed.
#[derive(Debug, Default, Clone)]
pub(crate) struct Committed {
    acknowledged: Option<i64>,
    /// What was sent since, and may be stored.
    open: Vec<i64>,
    /// Nothing is promised until it is looked at.
    unknown: bool,
}

impl Partition {
    pub(crate) fn is_damaged(&self, offset: i64) -> bool {
        self.damaged.iter().any(|range| range.contains(&offset))
    }
}

/// All that is known.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) sent: Vec<Sent>,
    pub(crate) topics: Vec<Topic>,
    /// What is stored of groups was reported as damaged.
    pub(crate) groups_damaged: bool,
}

/// The value of a record: nobody else's.
pub(crate) fn value_of(number: usize, length: usize) -> Vec<u8> {
    (0..length).map(|at| (number.wrapping_mul(31) + at.wrapping_mul(7) % 251) as u8).collect()
}

impl Book {
    /// The topic of this name that is there.
    pub(crate) fn live(&self, name: &str) -> Option<usize> {
        self.topics.iter().rposition(|topic| topic.alive && topic.name == name)
    }

    fn life(&self, name: &str) -> usize {
        self.topics.iter().filter(|topic| topic.name == name).count()
    }

    pub(crate) fn created(&mut self, name: &str, id: Uuid, partitions: i32, promise: Promise) {
        let mut partitions: Vec<Partition> =
            (0..partitions).map(|_| Partition::default()).collect();
        // What was to be committed before may be so now.
        let before = self.topics.iter().rev().find(|topic| topic.name == name);
        for (new, old) in
            partitions.iter_mut().zip(before.into_iter().flat_map(|topic| &topic.partitions))
        {
            new.committed.open.clone_from(&old.committed.open);
        }
        let name = name.to_owned();
        self.topics.push(Topic { name, id, promise, partitions, alive: true, leaving: false });
    }

    /// A record is about to be sent; gives its number.
    pub(crate) fn sending(
        &mut self,
        (topic, partition): (&str, i32),
        (producer, idempotent): (usize, bool),
        (key, length): (Option<Bytes>, Option<usize>),
        sent_ms: i64,
    ) -> usize {
        let (life, topic) = (self.life(topic), topic.to_owned());
        let (fate, place) = (Fate::Open, None);
        self.sent.push(Sent {
            topic,
            partition,
            producer,
            idempotent,
            key,
            length,
            sent_ms,
            imported: false,
            fate,
            life,
            place,
        });
        self.sent.len() - 1
    }

    /// A record is acknowledged, at this offset if one is said.
    pub(crate) fn acknowledged(&mut self, number: usize, offset: i64) {
        let sent = &mut self.sent[number];
        sent.fate = Fate::Acknowledged;
        let (name, life) = (sent.topic.clone(), sent.life);
        // One that was sent before the topic was deleted may have gone with it.
        let current = self.life(&name) == life;
        if let Some(topic) = self.live(&name).filter(|_| current && offset >= 0) {
            self.place(topic, number, offset, "acknowledged");
        }
    }

    /// A record has become part of an import, with its offset and its timestamp.
    pub(crate) fn imported(&mut self, number: usize, offset: i64) {
        self.sent[number].imported = true;
        self.acknowledged(number, offset);
    }

    pub(crate) fn given_up(&mut self, number: usize) {
        self.sent[number].fate = Fate::GivenUp;
    }

    /// A record is at an offset: there is no other one, and it is nowhere else.
    fn place(&mut self, topic: usize, number: usize, offset: i64, how: &str) {
        let sent = &mut self.sent[number];
        let Topic { name, partitions, .. } = &mut self.topics[topic];
        let partition = &mut partitions[sent.partition as usize];
        let here = format!("{name}-{} at {offset}", sent.partition);
        match partition.at.get(&offset) {
            Some(known) if *known == number => return,
            Some(known) => {
                let damaged = partition.is_damaged(offset);
                assert!(damaged, "{here}: record {number} is {how} where record {known} was");
            }
            None => {}
        }
        if sent.idempotent {
            if let Some((of, other)) = sent.place.filter(|(of, at)| *of == topic && *at != offset) {
                let damaged = partition.is_damaged(other)
                    || partition.is_damaged(offset)
                    || partition.forgotten;
                assert!(damaged, "{here}: record {number} is there twice, also at {other} ({of})");
            }
            let Partition { at: known, orders, damaged, forgotten, .. } = partition;
            let order = orders.entry(sent.producer).or_default();
            let before = order.range(..offset).next_back().filter(|(_, other)| **other > number);
            let behind = order.range(offset + 1..).next().filter(|(_, other)| **other < number);
            for (&at, &other) in before.into_iter().chain(behind) {
                let lost = damaged.iter().any(|r| r.contains(&at) || r.contains(&offset));
                // What was sent first was lost before it was acknowledged, and is sent again behind
                // what followed it.
                let (first, free) = (number.min(other), offset.min(at));
                let was = |lost: i64| known.get(&lost).is_none_or(|found| *found == first);
                let again = damaged.iter().flat_map(Clone::clone).any(|at| at < free && was(at));
                let excused = lost || again || *forgotten;
                assert!(
                    excused,
                    "{here}: record {number} is out of order: record {other} is at {at}"
                );
            }
            order.insert(offset, number);
        }
        sent.place = Some((topic, offset));
        partition.at.insert(offset, number);
        partition.end_floor = partition.end_floor.max(offset + 1);
    }

    /// Somebody was served a record. Gives its number.
    pub(crate) fn seen(&mut self, topic: usize, partition: i32, record: &Record) -> usize {
        let life = self.topics[..=topic].iter().filter(|t| t.name == self.topics[topic].name);
        let life = life.count();
        let name = &self.topics[topic].name;
        let offset = record.offset;
        let mark = record.headers.iter().find(|header| header.key == MARK.as_bytes());
        let number = mark.and_then(|mark| mark.value.as_deref()).and_then(|value| {
            let number = u32::from_le_bytes(value.try_into().ok()?) as usize;
            let sent = self.sent.get(number)?;
            let own = (sent.topic.as_str(), sent.partition) == (name.as_str(), partition);
            let whole = sent.key == record.key
                && (!sent.imported || sent.sent_ms == record.timestamp)
                && sent.length == record.value.as_ref().map(Bytes::len)
                && record
                    .value
                    .as_deref()
                    .is_none_or(|value| value == value_of(number, value.len()));
            (own && whole && sent.life <= life).then_some(number)
        });
        let Some(number) = number else {
            panic!("{name}-{partition} at {offset}: served what nobody sent there");
        };
        let sent = &self.sent[number];
        let elsewhere = sent.place.is_some_and(|(of, _)| of != topic);
        assert!(!elsewhere, "{name}-{partition} at {offset}: a deleted topic's record is back");
        self.place(topic, number, offset, "served");
        number
    }

    /// Somebody was told where a log ends.
    pub(crate) fn told(&mut self, topic: usize, partition: i32, end: i64) {
        let known = &mut self.topics[topic].partitions[partition as usize];
        known.end_floor = known.end_floor.max(end);
    }

    pub(crate) fn committing(&mut self, topic: usize, partition: i32, offset: i64) {
        self.topics[topic].partitions[partition as usize].committed.open.push(offset);
    }

    pub(crate) fn committed(&mut self, topic: usize, partition: i32, offset: i64) {
        let known = &mut self.topics[topic].partitions[partition as usize].committed;
        if let Some(at) = known.open.iter().position(|open| *open == offset) {
            known.open.drain(..=at);
            known.acknowledged = Some(offset);
        }
    }

    /// Somebody asked for a committed offset.
    pub(crate) fn committed_is(&mut self, topic: usize, partition: i32, found: Option<i64>) {
        let Topic { name, partitions, .. } = &mut self.topics[topic];
        let known = &mut partitions[partition as usize].committed;
        if std::mem::take(&mut known.unknown) {
            known.acknowledged = found;
        }
        if found == known.acknowledged {
            return;
        }
        if let Some(offset) = found.filter(|offset| known.open.contains(offset)) {
            return self.committed(topic, partition, offset);
        }
        assert!(
            self.groups_damaged,
            "{name}-{partition}: {found:?} is committed, but {:?} was acknowledged",
            known.acknowledged
        );
    }

    /// What was not flushed may be gone, offsets among it. What topics have left is told by `cut`.
    pub(crate) fn power_lost(&mut self) {
        let partitions = self.topics.iter_mut().flat_map(|topic| &mut topic.partitions);
        partitions.for_each(|partition| partition.committed.unknown = true);
    }

    /// A loss of power has taken what is behind this offset.
    pub(crate) fn cut(&mut self, topic: usize, partition: i32, end: i64) {
        let known = &mut self.topics[topic].partitions[partition as usize];
        known.end_floor = known.end_floor.min(end);
        for (_, number) in known.at.split_off(&end) {
            self.sent[number].place = None;
        }
        // Also of what was gone already, and would have been back.
        known.orders.values_mut().for_each(|order| order.retain(|offset, _| *offset < end));
    }

    /// The broker reports something. What it says of damage is held against nobody.
    pub(crate) fn reported(&mut self, message: &str) {
        let mut words = message.split([' ', ':']).filter(|word| !word.is_empty());
        let (Some("topic"), Some(name), Some("partition"), Some(index)) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return;
        };
        if name == "__consumer_offsets" {
            self.groups_damaged = true;
            return;
        }
        let (Some(topic), Ok(index)) = (self.live(name), index.parse::<usize>()) else { return };
        let Some(known) = self.topics[topic].partitions.get_mut(index) else { return };
        if message.contains("where the log starts") {
            known.start_damaged = true;
        }
        known.forgotten |= message.contains("producers may be forgotten");
        let numbers: Vec<i64> = words.filter_map(|word| word.parse().ok()).collect();
        if let ([first, last, ..], true) = (&numbers[..], message.contains("are damaged")) {
            known.damaged.push(*first..*last + 1);
        }
    }
}

#[cfg(test)]
mod tests;

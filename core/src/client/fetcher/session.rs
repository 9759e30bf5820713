//! A fetch session with one node (KIP-227): the broker remembers the partitions, and a request names
//! only what has changed.

use litemap::LiteMap;
use std::sync::Arc;

use crate::Uuid;
use crate::protocol::messages::{FetchPartition, FetchTopic, ForgottenTopic};

/// The first version with sessions.
const SESSION_VERSION: i16 = 7;
/// A request with this epoch makes a new session, and ends the one whose id it carries.
const INITIAL_EPOCH: i32 = 0;
/// A request with this epoch wants no session.
const FINAL_EPOCH: i32 = -1;

pub(crate) type Key = (Arc<str>, i32);

/// What a request says of one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) topic_id: Uuid,
    pub(crate) offset: i64,
    pub(crate) leader_epoch: i32,
    pub(crate) last_fetched_epoch: i32,
    pub(crate) max_bytes: i32,
}

#[derive(Debug, Default)]
pub(crate) struct Session {
    id: i32,
    epoch: i32,
    /// What the broker remembers, if it follows.
    known: LiteMap<Key, Wanted>,
    by_id: bool,
}

/// The parts of a request that a session decides.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Delta {
    pub(crate) session_id: i32,
    pub(crate) session_epoch: i32,
    pub(crate) topics: Vec<FetchTopic>,
    pub(crate) forgotten: Vec<ForgottenTopic>,
}

impl Session {
    /// What to send, so that the broker knows of exactly these partitions.
    pub(crate) fn next(
        &mut self,
        wanted: LiteMap<Key, Wanted>,
        version: i16,
        by_id: bool,
    ) -> Delta {
        let same_ids = wanted
            .iter()
            .all(|(key, new)| self.known.get(key).is_none_or(|old| old.topic_id == new.topic_id));
        if by_id != self.by_id || !same_ids {
            self.reset();
        }
        self.by_id = by_id;
        let mut delta = Delta { session_id: self.id, ..Delta::default() };
        if version < SESSION_VERSION {
            delta.session_epoch = FINAL_EPOCH;
            delta.topics = grouped(wanted.iter());
            return delta;
        }
        delta.session_epoch = self.epoch;
        if self.epoch == INITIAL_EPOCH {
            delta.topics = grouped(wanted.iter());
        } else {
            delta.topics =
                grouped(wanted.iter().filter(|(key, new)| self.known.get(*key) != Some(*new)));
            let mut forgotten: LiteMap<Arc<str>, ForgottenTopic> = LiteMap::new();
            for ((topic, partition), old) in &self.known {
                if !wanted.contains_key(&(topic.clone(), *partition)) {
                    let entry = forgotten.entry(topic.clone()).or_insert_with(|| ForgottenTopic {
                        topic: topic.to_string(),
                        topic_id: old.topic_id,
                        partitions: Vec::new(),
                    });
                    entry.partitions.push(*partition);
                }
            }
            delta.forgotten = forgotten.into_iter().map(|(_, topic)| topic).collect();
        }
        self.known = wanted;
        delta
    }

    /// A response came without an error of its own.
    pub(crate) fn answered(&mut self, session_id: i32) {
        if session_id == 0 {
            // The broker keeps no session, or has ended it.
            self.id = 0;
            self.reset();
        } else {
            self.id = session_id;
            self.epoch = if self.epoch == i32::MAX { 1 } else { self.epoch + 1 };
        }
    }

    /// The broker may not know what this side takes it to know: begin anew.
    pub(crate) fn reset(&mut self) {
        self.epoch = INITIAL_EPOCH;
        self.known.clear();
    }
}

fn grouped<'a>(wanted: impl Iterator<Item = (&'a Key, &'a Wanted)>) -> Vec<FetchTopic> {
    let mut topics: Vec<FetchTopic> = Vec::new();
    // Keys come sorted, topic by topic.
    for ((topic, partition), wanted) in wanted {
        if topics.last().is_none_or(|last| *last.topic != **topic) {
            topics.push(FetchTopic {
                topic: topic.to_string(),
                topic_id: wanted.topic_id,
                partitions: Vec::new(),
            });
        }
        if let Some(last) = topics.last_mut() {
            last.partitions.push(FetchPartition {
                partition: *partition,
                current_leader_epoch: wanted.leader_epoch,
                fetch_offset: wanted.offset,
                last_fetched_epoch: wanted.last_fetched_epoch,
                partition_max_bytes: wanted.max_bytes,
                ..FetchPartition::default()
            });
        }
    }
    topics
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(partitions: &[(i32, i64)]) -> LiteMap<Key, Wanted> {
        let of = |&(partition, offset): &(i32, i64)| {
            let wanted = Wanted {
                topic_id: Uuid([1; 16]),
                offset,
                leader_epoch: 0,
                last_fetched_epoch: -1,
                max_bytes: 100,
            };
            (("t".into(), partition), wanted)
        };
        partitions.iter().map(of).collect()
    }

    /// `id/epoch partition@offset ... -forgotten ...`
    fn text(delta: &Delta) -> String {
        let mut text = format!("{}/{}", delta.session_id, delta.session_epoch);
        for p in delta.topics.iter().flat_map(|topic| &topic.partitions) {
            text += &format!(" {}@{}", p.partition, p.fetch_offset);
        }
        for partition in delta.forgotten.iter().flat_map(|topic| &topic.partitions) {
            text += &format!(" -{partition}");
        }
        text
    }

    #[test]
    fn only_changes_travel() {
        let mut session = Session::default();
        let next = |session: &mut Session, partitions: &[(i32, i64)]| {
            text(&session.next(wanted(partitions), 12, false))
        };
        assert_eq!(next(&mut session, &[(0, 5), (1, 5)]), "0/0 0@5 1@5");
        session.answered(77);
        assert_eq!(next(&mut session, &[(0, 5), (1, 5)]), "77/1");
        session.answered(77);
        assert_eq!(next(&mut session, &[(0, 9), (1, 5)]), "77/2 0@9");
        session.answered(77);
        assert_eq!(next(&mut session, &[(1, 5), (2, 0)]), "77/3 2@0 -0");
        // The answer is lost: a new session, which ends the old one.
        session.reset();
        assert_eq!(next(&mut session, &[(1, 5), (2, 0)]), "77/0 1@5 2@0");
        session.answered(78);
        session.epoch = i32::MAX;
        session.answered(78);
        assert_eq!(next(&mut session, &[(1, 5)]), "78/1 -2");
        // The broker has no room for sessions.
        session.answered(0);
        assert_eq!(next(&mut session, &[(1, 5)]), "0/0 1@5");
    }

    #[test]
    fn a_topic_made_anew_begins_a_new_session() {
        let mut session = Session::default();
        session.next(wanted(&[(0, 5)]), 13, true);
        session.answered(3);
        let mut anew = wanted(&[(0, 5)]);
        anew.iter_mut().for_each(|(_, w)| w.topic_id = Uuid([2; 16]));
        assert_eq!(text(&session.next(anew, 13, true)), "3/0 0@5");
    }

    #[test]
    fn old_brokers_are_told_everything_each_time() {
        let mut session = Session::default();
        for _ in 0..2 {
            assert_eq!(text(&session.next(wanted(&[(0, 5)]), 6, false)), "0/-1 0@5");
        }
    }
}

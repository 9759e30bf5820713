//! Committed offsets.

mod commit;
mod delete;
mod expire;
mod fetch;

use litemap::LiteMap;

use super::record::{self, OffsetCommitValue, RecordKey};
use super::{Context, CoordinatorRecord};
use crate::Uuid;
use crate::protocol::ErrorCode;

/// From this version of OffsetCommit and of OffsetFetch on, topics are named by their ids.
const TOPIC_IDS_SINCE: i16 = 10;

/// The offsets of one group, by topic and partition.
pub(super) type GroupOffsets = LiteMap<String, LiteMap<i32, OffsetCommitValue>>;

/// The offsets of all groups.
#[derive(Debug, Default)]
pub(super) struct Offsets {
    groups: LiteMap<String, GroupOffsets>,
}

impl Offsets {
    pub(super) fn of_group(&self, group: &str) -> Option<&GroupOffsets> {
        self.groups.get(group)
    }

    pub(super) fn get(
        &self,
        group: &str,
        topic: &str,
        partition: i32,
    ) -> Option<&OffsetCommitValue> {
        self.groups.get(group)?.get(topic)?.get(&partition)
    }

    pub(super) fn put(
        &mut self,
        group: &str,
        topic: &str,
        partition: i32,
        value: OffsetCommitValue,
    ) {
        let topics = self.groups.entry(group.to_owned()).or_default();
        topics.entry(topic.to_owned()).or_default().insert(partition, value);
    }

    pub(super) fn remove(&mut self, group: &str, topic: &str, partition: i32) {
        let Some(topics) = self.groups.get_mut(group) else { return };
        let Some(partitions) = topics.get_mut(topic) else { return };
        partitions.remove(&partition);
        if partitions.is_empty() {
            topics.remove(topic);
        }
        if topics.is_empty() {
            self.groups.remove(group);
        }
    }
}

fn key(group: &str, topic: &str, partition: i32) -> RecordKey {
    RecordKey::OffsetCommit { group: group.to_owned(), topic: topic.to_owned(), partition }
}

fn tombstone(group: &str, topic: &str, partition: i32) -> CoordinatorRecord {
    record::tombstone(&key(group, topic, partition))
}

/// A topic that a request names, by id if it is `by_id`: name, id, number of partitions.
fn find<'a>(
    context: &Context<'a>,
    by_id: bool,
    name: &str,
    id: Uuid,
) -> Result<(&'a str, Uuid, i32), ErrorCode> {
    let found = match by_id {
        false => context.topics.get(name).ok_or(ErrorCode::UnknownTopicOrPartition),
        true => context.topics.by_id(id).ok_or(ErrorCode::UnknownTopicId),
    };
    found.map(|topic| (topic.name.as_str(), topic.id, topic.logs.len() as i32))
}

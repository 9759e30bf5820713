//! Sets of partitions.

use litemap::LiteMap;

use super::record::RecordTopicPartitions;
use crate::sort::sort;
use crate::{Uuid, map};

/// Partitions by topic: the lists in ascending order, none of them empty.
pub(crate) type TopicPartitions = LiteMap<Uuid, Vec<i32>>;

/// Adds a partition.
pub(crate) fn add(to: &mut TopicPartitions, topic: Uuid, partition: i32) {
    match to.get_mut(&topic) {
        None => drop(to.insert(topic, vec![partition])),
        Some(list) => {
            if let Err(at) = list.binary_search(&partition) {
                list.insert(at, partition);
            }
        }
    }
}

/// Whether a partition is among them.
pub(crate) fn contains(partitions: &TopicPartitions, topic: Uuid, partition: i32) -> bool {
    partitions.get(&topic).is_some_and(|list| list.binary_search(&partition).is_ok())
}

/// Each partition, in order.
pub(crate) fn each(partitions: &TopicPartitions) -> impl Iterator<Item = (Uuid, i32)> {
    partitions
        .iter()
        .flat_map(|(&topic, list)| list.iter().map(move |&partition| (topic, partition)))
}

/// As a record has them.
pub(crate) fn to_record(partitions: &TopicPartitions) -> Vec<RecordTopicPartitions> {
    let topic = |(&topic_id, list): (&Uuid, &Vec<i32>)| RecordTopicPartitions {
        topic_id,
        partitions: list.clone(),
    };
    partitions.iter().map(topic).collect()
}

/// From what a record has.
pub(crate) fn from_record(topics: Vec<RecordTopicPartitions>) -> TopicPartitions {
    let sorted = |mut topic: RecordTopicPartitions| {
        sort(&mut topic.partitions);
        topic.partitions.dedup();
        (topic.topic_id, topic.partitions)
    };
    map::collect(topics.into_iter().map(sorted).filter(|(_, list)| !list.is_empty()))
}

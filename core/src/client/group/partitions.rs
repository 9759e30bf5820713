//! Partitions in sets and by topic, as requests carry them.

use std::sync::Arc;

use litemap::LiteMap;

use super::assignor::TopicPartition;

/// The numbers of each topic's partitions, in the order given.
pub(super) fn by_topic(partitions: &[TopicPartition]) -> LiteMap<Arc<str>, Vec<i32>> {
    let mut topics: LiteMap<Arc<str>, Vec<i32>> = LiteMap::new();
    for (topic, partition) in partitions {
        topics.entry(topic.clone()).or_default().push(*partition);
    }
    topics
}

//! Partitions in sets and by topic, as requests carry them.

use std::sync::Arc;

use litemap::LiteMap;

use super::assignor::TopicPartition;
use crate::protocol::ConsumerProtocolTopicPartition;

/// The numbers of each topic's partitions, in the order given.
pub(super) fn by_topic(partitions: &[TopicPartition]) -> LiteMap<Arc<str>, Vec<i32>> {
    let mut topics: LiteMap<Arc<str>, Vec<i32>> = LiteMap::new();
    for (topic, partition) in partitions {
        topics.entry(topic.clone()).or_default().push(*partition);
    }
    topics
}

/// As subscriptions and assignments carry them.
pub(super) fn to_wire(partitions: &[TopicPartition]) -> Vec<ConsumerProtocolTopicPartition> {
    let topic = |(topic, partitions): (Arc<str>, Vec<i32>)| ConsumerProtocolTopicPartition {
        topic: topic.to_string(),
        partitions,
    };
    by_topic(partitions).into_iter().map(topic).collect()
}

pub(super) fn from_wire(topics: Vec<ConsumerProtocolTopicPartition>) -> Vec<TopicPartition> {
    let mut all = Vec::new();
    for topic in topics {
        let name: Arc<str> = topic.topic.into();
        all.extend(topic.partitions.into_iter().map(|partition| (name.clone(), partition)));
    }
    all
}

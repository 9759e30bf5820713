//! The topics that a broker has, by name and by id.

use litemap::LiteMap;

use super::TopicRecord;
use crate::storage::LogId;
use crate::{Uuid, map};

/// One topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: Uuid,
    /// The generation of the storage in which it was made.
    pub generation: i32,
    /// The log of each partition.
    pub logs: Vec<LogId>,
    /// The configurations that were set.
    pub configs: LiteMap<String, String>,
}

impl Topic {
    /// Whether it is one of the broker's own.
    pub fn is_internal(&self) -> bool {
        matches!(
            self.name.as_str(),
            "__consumer_offsets" | "__transaction_state" | "__share_group_state"
        )
    }

    /// What is stored of it.
    pub fn record(&self) -> TopicRecord {
        let entry = |(name, value): (&String, &String)| super::TopicConfigEntry {
            name: name.clone(),
            value: value.clone(),
        };
        TopicRecord {
            topic_id: self.id,
            generation: self.generation,
            logs: self.logs.iter().map(|log| log.0).collect(),
            configs: self.configs.iter().map(entry).collect(),
        }
    }

    /// A topic from what was stored.
    pub fn from_record(name: String, record: TopicRecord) -> Topic {
        Topic {
            name,
            id: record.topic_id,
            generation: record.generation,
            logs: record.logs.into_iter().map(LogId).collect(),
            configs: map::collect(record.configs.into_iter().map(|c| (c.name, c.value))),
        }
    }

    /// The log of a partition.
    pub fn log(&self, partition: i32) -> Option<LogId> {
        self.logs.get(usize::try_from(partition).ok()?).copied()
    }
}

/// All topics.
#[derive(Debug, Clone, Default)]
pub struct Topics {
    by_name: LiteMap<String, Topic>,
    names: LiteMap<Uuid, String>,
    changes: u64,
}

impl Topics {
    /// The topic with this name.
    pub fn get(&self, name: &str) -> Option<&Topic> {
        self.by_name.get(name)
    }

    /// The topic with this name, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Topic> {
        self.changes += 1;
        self.by_name.get_mut(name)
    }

    /// The topic with this id.
    pub fn by_id(&self, id: Uuid) -> Option<&Topic> {
        self.by_name.get(self.names.get(&id)?)
    }

    /// How often topics have been added, changed or removed, as far as this can tell: while it stays
    /// the same, nothing has.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// All topics, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Topic> {
        self.by_name.values()
    }

    /// Adds a topic.
    pub fn insert(&mut self, topic: Topic) {
        self.changes += 1;
        self.names.insert(topic.id, topic.name.clone());
        self.by_name.insert(topic.name.clone(), topic);
    }

    /// Removes a topic.
    pub fn remove(&mut self, name: &str) -> Option<Topic> {
        let topic = self.by_name.remove(name)?;
        self.changes += 1;
        self.names.remove(&topic.id);
        Some(topic)
    }
}

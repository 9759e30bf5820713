//! The state that the APIs work on: one broker's topics and logs.

use std::collections::VecDeque;

use litemap::LiteMap;

use super::clients::Clients;
use super::config::BrokerConfig;
use super::coordinator::Coordinator;
use super::fetch::FetchSessions;
use super::gate::Gate;
use super::random::Random;
use super::room::Room;
use super::settings::Settings;
use super::{Call, Reply};
use crate::log::{Freed, LogConfig, PartitionLog};
use crate::protocol::ErrorCode;
use crate::storage::{LogId, MetadataKey, StorageError, Write};
use crate::topic::{ClusterRecord, Topic, Topics, log_config, topic_config};
use crate::{Output, Uuid};

/// One broker's state, without the responses that its connections wait for.
pub(crate) struct Node {
    pub config: BrokerConfig,
    /// What requests need of it.
    pub settings: Settings,
    pub clients: Clients,
    pub random: Random,
    pub cluster: ClusterRecord,
    pub topics: Topics,
    pub logs: LiteMap<LogId, PartitionLog>,
    pub gate: Gate,
    pub room: Room,
    pub sessions: FetchSessions,
    pub coordinator: Coordinator,
    /// Responses that were held back and leave now.
    pub answers: Vec<(Call, Reply)>,
    /// Why the storage is of no more use, where a part of it could not be read that must be.
    pub failed: Option<StorageError>,
    /// Messages for the host's log.
    pub notices: VecDeque<Output>,
    /// Logs of which consumers see more than before, or that are gone.
    pub changed: Vec<LogId>,
    /// Logs of which it must be reckoned anew when something is to be done by the clock: of those
    /// that are gone, that grew from nothing or beyond their bound, or whose configuration changed.
    pub stale: Vec<LogId>,
    /// Stored batches in memory, oldest first: what is evicted next.
    cached: VecDeque<LogId>,
    cached_bytes: usize,
    /// Producer ids of the stored block that have not been given out: from here to the record's.
    producer_ids_from: i64,
}

/// How many producer ids are set aside with one write (KIP-730).
const PRODUCER_ID_BLOCK: i64 = 1000;

impl Node {
    pub(crate) fn new(config: BrokerConfig, seed: u64) -> Node {
        let slots = config.number("max.incremental.fetch.session.cache.slots");
        Node {
            clients: Clients::default(),
            random: Random::new(seed),
            cluster: ClusterRecord::default(),
            topics: Topics::default(),
            logs: LiteMap::new(),
            gate: Gate::default(),
            room: Room::default(),
            sessions: FetchSessions::new(slots as usize),
            coordinator: Coordinator::new(&config),
            answers: Vec::new(),
            failed: None,
            notices: VecDeque::new(),
            changed: Vec::new(),
            stale: Vec::new(),
            cached: VecDeque::new(),
            cached_bytes: 0,
            producer_ids_from: 0,
            settings: Settings::of(&config),
            config,
        }
    }

    pub(crate) fn id(&self) -> i32 {
        self.settings.node_id
    }

    /// The topic that a request names by name, or by id where it has one.
    pub(crate) fn topic(&self, name: &str, id: Uuid) -> Result<&Topic, ErrorCode> {
        if id.is_zero() {
            self.topics.get(name).ok_or(ErrorCode::UnknownTopicOrPartition)
        } else {
            self.topics.by_id(id).ok_or(ErrorCode::UnknownTopicId)
        }
    }

    /// The log of a topic's partition.
    pub(crate) fn log(
        &mut self,
        name: &str,
        partition: i32,
    ) -> Result<&mut PartitionLog, ErrorCode> {
        let log = self.topics.get(name).and_then(|topic| topic.log(partition));
        log.and_then(|log| self.logs.get_mut(&log)).ok_or(ErrorCode::UnknownTopicOrPartition)
    }

    /// Checks the leader epoch that a client believes in (KIP-320); −1 believes in none.
    pub(crate) fn check_epoch(log: &PartitionLog, believed: i32) -> Result<(), ErrorCode> {
        match believed {
            -1 => Ok(()),
            epoch if epoch < log.leader_epoch() => Err(ErrorCode::FencedLeaderEpoch),
            epoch if epoch > log.leader_epoch() => Err(ErrorCode::UnknownLeaderEpoch),
            _ => Ok(()),
        }
    }

    /// The value of a topic configuration: the topic's own, or the broker's, or the default.
    pub(crate) fn topic_value<'a>(
        &'a self,
        own: &'a LiteMap<String, String>,
        name: &str,
    ) -> &'a str {
        if let Some(value) = own.get(name) {
            return value;
        }
        match topic_config(name) {
            Some(definition) if self.config.is_set(definition.broker_name) => {
                self.config.value(definition.broker_name)
            }
            Some(definition) => definition.default,
            None => "",
        }
    }

    pub(crate) fn log_config(&self, name: &str, own: &LiteMap<String, String>) -> LogConfig {
        let mut config = log_config(|config| self.topic_value(own, config));
        if crate::topic::is_internal(name) {
            // Never in memory alone, whatever other topics are. More is not needed: a commit that a
            // power failure takes costs reading records again, which is at least once.
            config.durability.get_or_insert(crate::storage::Durability::Relaxed);
        }
        config
    }

    /// The leader epoch of a topic's partitions: 0 when it is made, one more for each time that the
    /// storage is opened.
    pub(crate) fn leader_epoch(&self, topic_generation: i32) -> i32 {
        self.cluster.generation.saturating_sub(topic_generation).max(0)
    }

    /// Makes a topic, whose arguments have been checked.
    pub(crate) fn create_topic(
        &mut self,
        name: &str,
        partitions: i32,
        configs: LiteMap<String, String>,
    ) -> Uuid {
        let id = self.random.uuid();
        let generation = self.cluster.generation;
        self.topics.insert(Topic {
            name: name.to_owned(),
            id,
            generation,
            logs: Vec::new(),
            configs,
        });
        self.add_partitions(name, partitions);
        id
    }

    /// Gives a topic more partitions, up to `total`.
    pub(crate) fn add_partitions(&mut self, name: &str, total: i32) {
        let Some(topic) = self.topics.get(name) else { return };
        let config = self.log_config(name, &topic.configs);
        let epoch = self.leader_epoch(topic.generation);
        let Some(topic) = self.topics.get_mut(name) else { return };
        for partition in topic.logs.len() as i32..total {
            let log = LogId(self.cluster.next_log_id);
            self.cluster.next_log_id += 1;
            topic.logs.push(log);
            self.gate.write(Write::CreateLog { log, topic: name.to_owned(), partition });
            let empty = PartitionLog::new(log, name, partition, epoch, config.clone());
            self.logs.insert(log, empty);
        }
        self.store_topic(name);
        self.store_cluster();
    }

    /// Deletes a topic with all its records.
    pub(crate) fn delete_topic(&mut self, name: &str) {
        let Some(topic) = self.topics.remove(name) else { return };
        for id in &topic.logs {
            self.gate.forget(*id);
            self.changed.push(*id);
            self.stale.push(*id);
            if let Some(log) = self.logs.remove(id) {
                self.cached_bytes = self.cached_bytes.saturating_sub(log.memory_bytes());
                let mut writes = Vec::new();
                log.delete_writes(&mut writes);
                writes.into_iter().for_each(|write| self.gate.write(write));
            }
        }
        self.cached.retain(|log| !topic.logs.contains(log));
        let key = MetadataKey::Topic(name.to_owned()).to_string();
        self.gate.write(Write::DeleteMetadata { key });
    }

    /// Writes what is stored of a topic.
    pub(crate) fn store_topic(&mut self, name: &str) {
        if let Some(topic) = self.topics.get(name) {
            let key = MetadataKey::Topic(name.to_owned()).to_string();
            let value = topic.record().seal();
            self.gate.write(Write::PutMetadata { key, value });
        }
    }

    /// Writes what is stored of the cluster.
    pub(crate) fn store_cluster(&mut self) {
        self.gate.write(self.cluster_write());
    }

    pub(crate) fn cluster_write(&self) -> Write {
        let key = MetadataKey::Cluster.to_string();
        Write::PutMetadata { key, value: self.cluster.seal() }
    }

    /// A producer id that was never given out, in this life of the broker or an earlier one.
    pub(crate) fn next_producer_id(&mut self) -> i64 {
        if self.producer_ids_from >= self.cluster.next_producer_id || self.producer_ids_from == 0 {
            self.producer_ids_from = self.cluster.next_producer_id.max(1);
            self.cluster.next_producer_id = self.producer_ids_from + PRODUCER_ID_BLOCK;
            self.store_cluster();
        }
        let id = self.producer_ids_from;
        self.producer_ids_from += 1;
        id
    }

    /// Notes that a batch was appended: it must be stored, and it takes memory.
    pub(crate) fn appended(&mut self, log: LogId, size_bytes: usize) {
        let Some(partition) = self.logs.get_mut(&log) else { return };
        if partition.append_counts(size_bytes) {
            self.stale.push(log);
        }
        if partition.config().durability.is_none() {
            let end = partition.log_end_offset();
            partition.take_writes(&mut Vec::new());
            partition.confirm(end);
            if partition.config().compacted {
                self.stale.push(log);
            }
            self.changed.push(log);
            return;
        }
        self.room.taken(size_bytes);
        self.gate.dirty(log, size_bytes);
        self.note_cached(log, size_bytes);
    }

    pub(crate) fn note_cached(&mut self, log: LogId, size_bytes: usize) {
        self.cached.push_back(log);
        self.cached_bytes += size_bytes;
    }

    /// Notes that a log has dropped its oldest batches from memory.
    pub(crate) fn note_freed(&mut self, log: LogId, freed: Freed) {
        let mut left = freed.batches;
        self.cached.retain(|cached| {
            let drops = left > 0 && *cached == log;
            left -= usize::from(drops);
            !drops
        });
        self.cached_bytes = self.cached_bytes.saturating_sub(freed.bytes);
    }

    /// Counts nothing as cached: the logs are about to be replaced.
    pub(crate) fn clear_cache(&mut self) {
        self.cached.clear();
        self.cached_bytes = 0;
    }

    /// Gives out no more of the ids that were set aside: the stored counter has been read anew.
    pub(crate) fn forget_producer_ids(&mut self) {
        self.producer_ids_from = 0;
    }

    /// Drops the oldest stored batches from memory until the rest fits `ottla.cache.bytes`.
    pub(crate) fn evict(&mut self) {
        while self.cached_bytes > self.settings.cache_bytes {
            let Some(log) = self.cached.front().and_then(|log| self.logs.get_mut(log)) else {
                self.cached.pop_front();
                if self.cached.is_empty() {
                    self.cached_bytes = 0;
                }
                continue;
            };
            match log.evict() {
                Some(freed) => self.cached_bytes -= freed.min(self.cached_bytes),
                None if log.memory_bytes() == 0 => {}
                // The oldest batch is not stored yet, so no younger one is.
                None => return,
            }
            self.cached.pop_front();
        }
    }

    /// How many bytes the topics hold that live in memory alone.
    pub(crate) fn memory_topics_bytes(&self) -> usize {
        let resident = |log: &&PartitionLog| log.config().durability.is_none();
        self.logs.values().filter(resident).map(PartitionLog::memory_bytes).sum()
    }
}

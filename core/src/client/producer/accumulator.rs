//! Where records wait: per partition in batches, and before the partitions of their topic are known,
//! per topic.

use litemap::LiteMap;
use std::collections::VecDeque;
use std::sync::Arc;

use super::super::cluster::Cluster;
use super::super::config::ProducerConfig;
use super::super::error::ClientError;
use super::super::event::{Event, SendId};
use super::super::partitioner::{Partitioner, Sticky, crc32_partition, murmur2_partition};
use super::super::rng::Rng;
use super::ProduceRecord;
use super::batch::Batch;
use super::partition::PartitionQueue;
use super::sends::Sends;
use crate::Now;
use crate::protocol::{ApiKey, ErrorCode};
use crate::record::HEADER_BYTES;

/// The most that a record takes besides its key, value and headers, and a header besides its own.
const RECORD_OVERHEAD: usize = 36;
const HEADER_OVERHEAD: usize = 10;

#[derive(Debug)]
struct HeldRecord {
    partition: Option<i32>,
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    headers: Vec<(String, Option<Vec<u8>>)>,
    timestamp: i64,
}

/// A send whose topic's partitions are not known yet.
#[derive(Debug)]
struct HeldSend {
    send: usize,
    records: Vec<HeldRecord>,
    size_bytes: usize,
    /// Metadata newer than this is needed.
    generation: u64,
    deadline_ms: u64,
}

#[derive(Debug)]
pub(crate) struct TopicQueue {
    pub(crate) name: Arc<str>,
    partitions: Vec<usize>,
    sticky: Sticky,
    round_robin: usize,
    held: VecDeque<HeldSend>,
}

#[derive(Debug, Default)]
pub(crate) struct Accumulator {
    names: LiteMap<Arc<str>, usize>,
    pub(crate) topics: Vec<TopicQueue>,
    pub(crate) partitions: Vec<PartitionQueue>,
    /// The partitions with something to send.
    pub(crate) active: Vec<usize>,
    pub(crate) sends: Sends,
    pub(crate) buffered_bytes: usize,
    holding: usize,
    next_batch: u64,
}

/// An upper bound of the batch that a record alone would make.
#[inline]
fn size_bound(record: &ProduceRecord<'_>) -> usize {
    let mut size = HEADER_BYTES + RECORD_OVERHEAD;
    size = size.saturating_add(record.key.map_or(0, <[u8]>::len));
    size = size.saturating_add(record.value.map_or(0, <[u8]>::len));
    for (key, value) in record.headers {
        let value_len = value.map_or(0, <[u8]>::len);
        size = size.saturating_add(HEADER_OVERHEAD + key.len()).saturating_add(value_len);
    }
    size
}

impl Accumulator {
    /// Takes all the records of a send, or none of them.
    pub(crate) fn produce<'a>(
        &mut self,
        now: Now,
        cluster: &mut Cluster,
        id: SendId,
        topic: &str,
        records: impl Iterator<Item = ProduceRecord<'a>> + Clone,
    ) -> Result<(), ClientError> {
        let topic_at = self.topic(topic);
        let name = self.topics[topic_at].name.clone();
        let known = cluster.topic(now, &name).map_or(0, |info| info.partitions.len());
        let mut in_range = known > 0;
        let (mut count, mut wanted_bytes) = (0, 0usize);
        let max_bytes = cluster.config.producer.max_record_size_bytes;
        for record in records.clone() {
            let size_bytes = size_bound(&record);
            if size_bytes > max_bytes {
                return Err(ClientError::RecordTooLarge { size_bytes, max_bytes });
            }
            if let Some(partition) = record.partition {
                let Ok(partition) = usize::try_from(partition) else {
                    let text = format!("partition {partition}: must not be negative");
                    return Err(ClientError::BadArgument(text));
                };
                in_range &= partition < known;
            }
            wanted_bytes = wanted_bytes.saturating_add(size_bytes - HEADER_BYTES);
            count += 1;
        }
        if count == 0 {
            return Err(ClientError::BadArgument("a send needs one record at least".to_owned()));
        }
        let buffer_memory_bytes = cluster.config.producer.buffer_memory_bytes;
        let free_bytes = buffer_memory_bytes.saturating_sub(self.buffered_bytes);
        if wanted_bytes > free_bytes && self.buffered_bytes > 0 {
            return Err(ClientError::BufferFull { wanted_bytes, free_bytes, buffer_memory_bytes });
        }
        let send = self.sends.begin(id, name);
        if in_range && self.topics[topic_at].held.is_empty() {
            self.grow(topic_at, known);
            for record in records {
                let at = self.choose(topic_at, known, &record, cluster);
                let timestamp = record.timestamp.unwrap_or(now.wall_ms);
                self.append(now, &cluster.config.producer, at, send, timestamp, &record);
            }
            self.sends.close(send, &mut cluster.events);
        } else {
            // A partition that is not known may have been added since.
            if known > 0 {
                cluster.metadata.want();
            }
            self.hold(now, cluster, topic_at, send, records.map(|r| held(&r, now)).collect());
        }
        Ok(())
    }

    fn topic(&mut self, name: &str) -> usize {
        if let Some(&at) = self.names.get(name) {
            return at;
        }
        let name: Arc<str> = name.into();
        self.topics.push(TopicQueue {
            name: name.clone(),
            partitions: Vec::new(),
            sticky: Sticky::default(),
            round_robin: 0,
            held: VecDeque::new(),
        });
        self.names.insert(name, self.topics.len() - 1);
        self.topics.len() - 1
    }

    /// Makes room for so many partitions of a topic.
    fn grow(&mut self, topic: usize, partitions: usize) {
        while self.topics[topic].partitions.len() < partitions {
            let index = self.topics[topic].partitions.len() as i32;
            self.topics[topic].partitions.push(self.partitions.len());
            self.partitions.push(PartitionQueue::new(topic, index));
        }
    }

    /// The queue for a record of a topic with so many partitions.
    #[inline]
    fn choose(
        &mut self,
        topic: usize,
        partitions: usize,
        record: &ProduceRecord<'_>,
        cluster: &mut Cluster,
    ) -> usize {
        let config = &cluster.config.producer;
        let topic = &mut self.topics[topic];
        let mut sticky = |rng: &mut Rng| {
            let size = size_bound(record) - HEADER_BYTES;
            topic.sticky.partition(partitions, size, config.batch_size_bytes, rng)
        };
        let partition = match (record.partition, config.partitioner, record.key) {
            (Some(partition), ..) => partition as usize,
            (None, Partitioner::Murmur2, Some(key)) => murmur2_partition(key, partitions),
            (None, Partitioner::Crc32, Some(key)) if !key.is_empty() => {
                crc32_partition(key, partitions)
            }
            (None, Partitioner::RoundRobin, _) => {
                topic.round_robin = topic.round_robin.wrapping_add(1);
                topic.round_robin.wrapping_sub(1) % partitions
            }
            _ => sticky(&mut cluster.rng),
        };
        topic.partitions[partition]
    }

    #[inline]
    fn append(
        &mut self,
        now: Now,
        config: &ProducerConfig,
        at: usize,
        send: usize,
        timestamp: i64,
        record: &ProduceRecord<'_>,
    ) {
        let partition = &mut self.partitions[at];
        let (key_len, value_len) =
            (record.key.map_or(0, <[u8]>::len), record.value.map_or(0, <[u8]>::len));
        let fits = partition.queue.back_mut().is_some_and(|batch| match batch.open() {
            Some(builder) => {
                let size = builder.size_after(key_len, value_len, record.headers);
                batch.closed = size > config.batch_size_bytes;
                !batch.closed
            }
            None => false,
        });
        if !fits {
            partition.queue.push_back(Batch::new(self.next_batch, now.monotonic_ms));
            self.next_batch += 1;
            if !partition.active {
                partition.active = true;
                self.active.push(at);
            }
        }
        let Some(batch) = partition.queue.back_mut() else { return };
        let Some(builder) = batch.open() else { return };
        builder.append(timestamp, record.key, record.value, record.headers);
        let size_bytes = builder.size_bytes();
        self.buffered_bytes += size_bytes - batch.buffered_bytes;
        batch.buffered_bytes = size_bytes;
        if batch.note(send) {
            self.sends.opened(send);
        }
    }

    fn hold(
        &mut self,
        now: Now,
        cluster: &Cluster,
        topic: usize,
        send: usize,
        records: Vec<HeldRecord>,
    ) {
        let size_bytes = records.iter().map(HeldRecord::size_bytes).sum();
        self.buffered_bytes += size_bytes;
        self.holding += 1;
        let timeout_ms = cluster.config.producer.delivery_timeout_ms;
        self.topics[topic].held.push_back(HeldSend {
            send,
            records,
            size_bytes,
            generation: cluster.metadata.generation,
            deadline_ms: now.monotonic_ms.saturating_add(timeout_ms),
        });
    }

    /// Moves sends on whose topics' partitions have become known, and fails those that waited for
    /// too long.
    pub(crate) fn release(&mut self, now: Now, cluster: &mut Cluster) {
        if self.holding == 0 {
            return;
        }
        for topic in 0..self.topics.len() {
            if self.topics[topic].held.is_empty() {
                continue;
            }
            let name = self.topics[topic].name.clone();
            if let Some(code) = cluster.metadata.given_up(&name, cluster.config.retry.retries) {
                let context = format!("produce to {name}");
                let error = ClientError::broker(code, ApiKey::Metadata, context);
                self.fail_held(topic, &error, &mut cluster.events);
                continue;
            }
            let known = cluster.topic(now, &name).map_or(0, |info| info.partitions.len());
            while let Some(held) = self.topics[topic].held.pop_front() {
                let late = held.deadline_ms <= now.monotonic_ms;
                let stale = held.generation >= cluster.metadata.generation;
                if !late && (known == 0 || stale) {
                    self.topics[topic].held.push_front(held);
                    break;
                }
                self.holding -= 1;
                self.buffered_bytes = self.buffered_bytes.saturating_sub(held.size_bytes);
                if known > 0 {
                    self.replay(now, cluster, topic, known, held);
                } else {
                    let timeout_ms = cluster.config.producer.delivery_timeout_ms;
                    let what = format!("produce to {name}");
                    let error = ClientError::Timeout { what, timeout_ms };
                    self.sends.failed(held.send, &error, &mut cluster.events);
                }
            }
        }
    }

    fn replay(
        &mut self,
        now: Now,
        cluster: &mut Cluster,
        topic: usize,
        known: usize,
        held: HeldSend,
    ) {
        self.grow(topic, known);
        for record in &held.records {
            let headers: Vec<(&str, Option<&[u8]>)> =
                record.headers.iter().map(|(k, v)| (&**k, v.as_deref())).collect();
            let borrowed = ProduceRecord {
                partition: record.partition,
                key: record.key.as_deref(),
                value: record.value.as_deref(),
                headers: &headers,
                timestamp: Some(record.timestamp),
            };
            match record.partition {
                Some(partition) if partition as usize >= known => {
                    let context = format!("produce to {}-{partition}", self.topics[topic].name);
                    let code = ErrorCode::UnknownTopicOrPartition;
                    let error = ClientError::broker(code, ApiKey::Metadata, context);
                    self.sends.opened(held.send);
                    self.sends.failed(held.send, &error, &mut cluster.events);
                }
                _ => {
                    let at = self.choose(topic, known, &borrowed, cluster);
                    let config = &cluster.config.producer;
                    self.append(now, config, at, held.send, record.timestamp, &borrowed);
                }
            }
        }
        self.sends.close(held.send, &mut cluster.events);
    }

    fn fail_held(&mut self, topic: usize, error: &ClientError, events: &mut VecDeque<Event>) {
        for held in std::mem::take(&mut self.topics[topic].held) {
            self.holding -= 1;
            self.buffered_bytes = self.buffered_bytes.saturating_sub(held.size_bytes);
            self.sends.failed(held.send, error, events);
        }
    }

    pub(crate) fn fail_all_held(&mut self, error: &ClientError, events: &mut VecDeque<Event>) {
        for topic in 0..self.topics.len() {
            self.fail_held(topic, error, events);
        }
    }

    /// When the first held send has waited for too long.
    pub(crate) fn held_deadline(&self) -> Option<u64> {
        let fronts = self.topics.iter().filter_map(|topic| topic.held.front());
        fronts.map(|held| held.deadline_ms).min()
    }

    /// Puts a batch back among those to be sent, where it was.
    pub(crate) fn put_back(&mut self, at: usize, batch: Batch) {
        let partition = &mut self.partitions[at];
        let behind = partition.queue.iter().position(|other| other.order > batch.order);
        partition.queue.insert(behind.unwrap_or(partition.queue.len()), batch);
        if !partition.active {
            partition.active = true;
            self.active.push(at);
        }
    }

    /// Forgets the partitions that have nothing to send.
    pub(crate) fn prune(&mut self) {
        let partitions = &mut self.partitions;
        self.active.retain(|&at| {
            partitions[at].active = !partitions[at].queue.is_empty();
            partitions[at].active
        });
    }

    pub(crate) fn new_batch_id(&mut self) -> u64 {
        self.next_batch += 1;
        self.next_batch - 1
    }
}

impl HeldRecord {
    fn size_bytes(&self) -> usize {
        let len = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
        let headers = self.headers.iter().map(|(key, value)| key.len() + len(value));
        RECORD_OVERHEAD + len(&self.key) + len(&self.value) + headers.sum::<usize>()
    }
}

fn held(record: &ProduceRecord<'_>, now: Now) -> HeldRecord {
    let owned = |bytes: &[u8]| bytes.to_vec();
    let headers = record.headers.iter().map(|(k, v)| ((*k).to_owned(), v.map(owned)));
    HeldRecord {
        partition: record.partition,
        key: record.key.map(owned),
        value: record.value.map(owned),
        headers: headers.collect(),
        timestamp: record.timestamp.unwrap_or(now.wall_ms),
    }
}

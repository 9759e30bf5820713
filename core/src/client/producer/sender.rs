//! What leaves when.

use litemap::LiteMap;

use super::super::cluster::Cluster;
use super::super::config::{Acks, ClientConfig};
use super::super::connection::{Channel, EndpointId, Owner};
use super::super::error::ClientError;
use super::batch::{Batch, Sequence, advance};
use super::partition::PartitionQueue;
use super::{Producer, Sent};
use crate::protocol::ApiKey;
use crate::protocol::messages::{PartitionProduceData, ProduceRequest, TopicProduceData};
use crate::{Now, Uuid};

/// Before this version topics are named, from it on they have ids (KIP-516).
const TOPIC_ID_VERSION: i16 = 13;

impl Producer {
    /// Sends what may leave, and gives up what has waited for too long.
    pub(crate) fn drive(&mut self, now: Now, cluster: &mut Cluster) {
        self.accumulator.release(now, cluster);
        if self.accumulator.active.is_empty() {
            return;
        }
        self.expire(now, cluster);
        let identity = if cluster.config.producer.idempotent {
            match self.identity.get(now, cluster) {
                Ok(Some(identity)) => identity,
                Ok(None) => return,
                Err(error) => return self.fail_all(cluster, &error),
            }
        } else {
            (-1, -1)
        };
        self.restart_sequences(cluster, identity);
        let mut served = 0;
        loop {
            let ready = self.collect(now, cluster);
            if ready.is_empty() {
                break;
            }
            for (to, partitions) in ready {
                self.send(now, cluster, to, &partitions);
                served += partitions.len();
            }
        }
        // Those that come first get the room there is: let others be first next time.
        let active = &mut self.accumulator.active;
        let turn = served.checked_rem(active.len()).unwrap_or(0);
        active.rotate_left(turn);
        self.accumulator.prune();
    }

    /// The partitions with a batch that may leave now, by node.
    fn collect(&mut self, now: Now, cluster: &mut Cluster) -> Vec<(EndpointId, Vec<usize>)> {
        let mut ready: LiteMap<EndpointId, (usize, Vec<usize>)> = LiteMap::new();
        for turn in 0..self.accumulator.active.len() {
            let at = self.accumulator.active[turn];
            if !may_send(&mut self.accumulator.partitions[at], now, &cluster.config) {
                continue;
            }
            let Some(to) = self.route(now, cluster, at) else { continue };
            let partition = &self.accumulator.partitions[at];
            let Some(front) = partition.next() else { continue };
            // What is on its way to a topic that was made anew comes back, and goes first.
            let topic = &self.accumulator.topics[partition.topic].name;
            if !partition.in_flight.is_empty() && id_of(cluster, topic) != partition.topic_id {
                continue;
            }
            let busy = cluster.net.in_flight(to);
            let config = &cluster.config.producer;
            let grows = partition.queue.len() == 1 && !front.closed;
            let limit = if grows {
                config.max_partial_in_flight.min(config.max_in_flight)
            } else {
                config.max_in_flight
            };
            if busy >= limit {
                continue;
            }
            let (size_bytes, partitions) = ready.entry(to).or_default();
            let total = *size_bytes + front.size_bytes();
            if partitions.is_empty() || total <= config.max_request_size_bytes {
                *size_bytes = total;
                partitions.push(at);
            }
        }
        ready.into_iter().map(|(to, (_, partitions))| (to, partitions)).collect()
    }

    /// The node that leads a partition, where it is ready.
    fn route(&mut self, now: Now, cluster: &mut Cluster, at: usize) -> Option<EndpointId> {
        let partition = &mut self.accumulator.partitions[at];
        if let Some((generation, to)) = partition.route
            && generation == cluster.metadata.generation
            && cluster.net.is_ready(to)
        {
            return Some(to);
        }
        let topic = self.accumulator.topics[partition.topic].name.clone();
        if let Some((node, _)) = cluster.leader(now, &topic, partition.index) {
            let to = cluster.node(now, node, Channel::Main)?;
            partition.route = Some((cluster.metadata.generation, to));
            return Some(to);
        }
        if let Some(code) = cluster.metadata.given_up(&topic, cluster.config.retry.retries) {
            let context = format!("produce to {topic}-{}", partition.index);
            let error = ClientError::broker(code, ApiKey::Metadata, context);
            self.fail_queue(cluster, at, &error);
        }
        None
    }

    /// Sends the first batch of each partition, in one request.
    fn send(&mut self, now: Now, cluster: &mut Cluster, to: EndpointId, partitions: &[usize]) {
        let config = &cluster.config.producer;
        let (acks, compression) = (config.acks, config.compression);
        let mut topics: LiteMap<usize, TopicProduceData> = LiteMap::new();
        let mut sent = Vec::with_capacity(partitions.len());
        let mut ids_known = true;
        for &at in partitions {
            let partition = &mut self.accumulator.partitions[at];
            let (topic_at, index) = (partition.topic, partition.index);
            let next = partition.next_at().and_then(|next| partition.queue.remove(next));
            let Some(mut batch) = next else { continue };
            if cluster.config.producer.idempotent && batch.sequence.is_none() {
                let (producer_id, epoch) = partition.identity;
                let base = partition.next_sequence;
                batch.sequence = Some(Sequence { producer_id, epoch, base });
                partition.next_sequence = advance(base, batch.records);
            }
            let topic = &self.accumulator.topics[topic_at].name;
            let records = match batch.seal(compression) {
                Ok(records) => records,
                Err(reason) => {
                    let context = format!("produce to {topic}-{index}");
                    self.fail(cluster, at, batch, &ClientError::Encode { context, reason });
                    continue;
                }
            };
            let entry = topics.entry(topic_at).or_insert_with(|| TopicProduceData {
                name: topic.to_string(),
                topic_id: id_of(cluster, topic),
                partition_data: Vec::new(),
            });
            ids_known &= !entry.topic_id.is_zero();
            entry.partition_data.push(PartitionProduceData { index, records: Some(records) });
            sent.push(Sent { partition: at, batch: batch.id, topic_id: entry.topic_id });
            partition.topic_id = entry.topic_id;
            partition.in_flight.push_back(batch);
        }
        if sent.is_empty() {
            return;
        }
        let at_most = if ids_known { i16::MAX } else { TOPIC_ID_VERSION - 1 };
        let version = match cluster.net.version::<ProduceRequest>(to, at_most) {
            Ok(version) => version,
            Err(error) => {
                for entry in sent {
                    if let Some(batch) = self.take_in_flight(entry) {
                        self.fail(cluster, entry.partition, batch, &error);
                    }
                }
                return;
            }
        };
        let timeout_ms = cluster.config.request_timeout_ms;
        let request = ProduceRequest {
            transactional_id: None,
            acks: acks as i16,
            timeout_ms: i32::try_from(timeout_ms).unwrap_or(i32::MAX),
            topic_data: topics.into_iter().map(|(_, topic)| topic).collect(),
        };
        self.next_request += 1;
        let owner = (acks != Acks::None).then_some(Owner::Produce(self.next_request));
        cluster.net.send(now, to, &request, version, owner, timeout_ms);
        if owner.is_some() {
            self.requests.insert(self.next_request, sent);
            return;
        }
        for entry in sent {
            if let Some(batch) = self.take_in_flight(entry) {
                self.complete(cluster, entry.partition, batch, (-1, -1, -1));
            }
        }
    }

    /// Gives partitions whose sequence is broken, or belongs to an older epoch, a new start. Each
    /// waits until nothing of its own is in flight, and no batch is to be numbered anew that may be
    /// stored.
    fn restart_sequences(&mut self, cluster: &mut Cluster, mut identity: (i64, i16)) {
        for turn in 0..self.accumulator.active.len() {
            let at = self.accumulator.active[turn];
            let partition = &mut self.accumulator.partitions[at];
            if !partition.in_flight.is_empty() || !cluster.config.producer.idempotent {
                continue;
            }
            if partition.needs_bump {
                if !partition.is_settled() {
                    continue;
                }
                if partition.identity == identity {
                    self.identity.bump();
                    // Where there is no next epoch, the new id comes with a later call.
                    let Some(next) = self.identity.known() else { return };
                    identity = next;
                }
                partition.needs_bump = false;
                partition.identity = identity;
                partition.next_sequence = 0;
                let sequenced = partition.queue.iter().filter(|b| b.sequence.is_some()).count();
                let again: Vec<Batch> = partition.queue.drain(..sequenced).collect();
                for mut batch in again {
                    match batch.unseal() {
                        Ok(()) => self.accumulator.put_back(at, batch),
                        Err(reason) => {
                            let context = "number a batch anew".to_owned();
                            let error = ClientError::Encode { context, reason };
                            self.fail(cluster, at, batch, &error);
                        }
                    }
                }
            } else if partition.identity != identity
                && partition.queue.front().is_none_or(|front| front.sequence.is_none())
            {
                partition.identity = identity;
                partition.next_sequence = 0;
            }
        }
    }

    /// Gives up what has waited for too long.
    fn expire(&mut self, now: Now, cluster: &mut Cluster) {
        let timeout_ms = cluster.config.producer.delivery_timeout_ms;
        for turn in 0..self.accumulator.active.len() {
            let at = self.accumulator.active[turn];
            loop {
                let partition = &mut self.accumulator.partitions[at];
                let late =
                    |batch: &Batch| batch.created_ms.saturating_add(timeout_ms) <= now.monotonic_ms;
                if !partition.queue.front().is_some_and(late) {
                    break;
                }
                let Some(batch) = partition.queue.pop_front() else { break };
                let topic = &self.accumulator.topics[partition.topic].name;
                let what = format!("produce to {topic}-{}", partition.index);
                self.fail(cluster, at, batch, &ClientError::Timeout { what, timeout_ms });
            }
        }
    }
}

/// A topic's id; all zeros while it is not known.
fn id_of(cluster: &Cluster, topic: &str) -> Uuid {
    cluster.metadata.peek(topic).map(|info| info.id).unwrap_or_default()
}

/// Whether the partition's own state lets its first batch leave.
fn may_send(partition: &mut PartitionQueue, now: Now, config: &ClientConfig) -> bool {
    let config = &config.producer;
    let in_flight = partition.in_flight.len();
    if partition.draining && in_flight == 0 {
        partition.draining = false;
    }
    let Some(front) = partition.next() else { return false };
    if partition.draining || now.monotonic_ms < partition.not_before_ms {
        return false;
    }
    if in_flight >= if config.idempotent { config.max_in_flight } else { 1 } {
        return false;
    }
    let grows = partition.queue.len() == 1 && !front.closed;
    !grows || front.created_ms.saturating_add(config.linger_ms) <= now.monotonic_ms
}

//! What leaves when, and what its answer means.

use litemap::LiteMap;

use super::super::cluster::Cluster;
use super::super::config::{Acks, ClientConfig};
use super::super::connection::{Channel, EndpointId, Owner};
use super::super::error::{ClientError, is_retriable, is_stale_metadata};
use super::super::event::{RecordMetadata, Response};
use super::accumulator::PartitionQueue;
use super::batch::{Batch, Sequence, advance};
use super::{Producer, Sent};
use crate::Now;
use crate::protocol::messages::{
    PartitionProduceData, PartitionProduceResponse, ProduceRequest, ProduceResponse,
    TopicProduceData,
};
use crate::protocol::{ApiKey, ErrorCode};

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
        loop {
            let ready = self.collect(now, cluster);
            if ready.is_empty() {
                break;
            }
            for (to, partitions) in ready {
                self.send(now, cluster, to, &partitions);
            }
        }
        self.accumulator.prune();
    }

    /// The partitions with a batch that may leave now, by node.
    fn collect(&mut self, now: Now, cluster: &mut Cluster) -> LiteMap<EndpointId, Vec<usize>> {
        let mut ready: LiteMap<EndpointId, (usize, Vec<usize>)> = LiteMap::new();
        for turn in 0..self.accumulator.active.len() {
            let at = self.accumulator.active[turn];
            if !may_send(&mut self.accumulator.partitions[at], now, &cluster.config) {
                continue;
            }
            let Some(to) = self.route(now, cluster, at) else { continue };
            let partition = &self.accumulator.partitions[at];
            let Some(front) = partition.queue.front() else { continue };
            let busy = cluster.net.in_flight(to);
            let config = &cluster.config.producer;
            let grows = partition.queue.len() == 1 && !front.closed;
            let limit = if grows {
                config.max_partial_in_flight.min(config.max_in_flight)
            } else {
                config.max_in_flight
            };
            let (size_bytes, partitions) = ready.entry(to).or_default();
            let total = *size_bytes + front.size_bytes();
            let fits = partitions.is_empty() || total <= config.max_request_size_bytes;
            if busy < limit && fits {
                *size_bytes = total;
                partitions.push(at);
            }
        }
        let filled = ready.into_iter().filter(|(_, (_, partitions))| !partitions.is_empty());
        filled.map(|(to, (_, partitions))| (to, partitions)).collect()
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
            let Some(mut batch) = partition.queue.pop_front() else { continue };
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
                topic_id: cluster.metadata.peek(topic).map(|info| info.id).unwrap_or_default(),
                partition_data: Vec::new(),
            });
            ids_known &= !entry.topic_id.is_zero();
            entry.partition_data.push(PartitionProduceData { index, records: Some(records) });
            sent.push(Sent { partition: at, batch: batch.id, topic_id: entry.topic_id });
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

    fn take_in_flight(&mut self, sent: Sent) -> Option<Batch> {
        let in_flight = &mut self.accumulator.partitions[sent.partition].in_flight;
        let at = in_flight.iter().position(|batch| batch.id == sent.batch)?;
        in_flight.remove(at)
    }

    /// A produce request was answered, or will not be.
    pub(crate) fn on_reply(
        &mut self,
        now: Now,
        cluster: &mut Cluster,
        request: u64,
        result: Result<Response, ClientError>,
    ) {
        let Some(sent) = self.requests.remove(&request) else { return };
        let answer = result.and_then(|response| response.decode::<ProduceResponse>());
        // In order, so that the first of a partition's batches decides for those behind it.
        for entry in sent {
            let Some(batch) = self.take_in_flight(entry) else { continue };
            let partition = &self.accumulator.partitions[entry.partition];
            let topic = &self.accumulator.topics[partition.topic].name;
            match &answer {
                Err(error) => {
                    let error = error.clone();
                    self.retry(now, cluster, entry.partition, batch, error);
                }
                Ok(response) => {
                    let same_topic = |name: &str, id: crate::Uuid| {
                        name == &**topic || (!id.is_zero() && id == entry.topic_id)
                    };
                    let topics = response.responses.iter();
                    let found = topics
                        .filter(|t| same_topic(&t.name, t.topic_id))
                        .flat_map(|t| &t.partition_responses)
                        .find(|p| p.index == partition.index);
                    let silent = PartitionProduceResponse {
                        error_code: ErrorCode::UnknownServerError.code(),
                        error_message: Some("no word of this partition".to_owned()),
                        ..PartitionProduceResponse::default()
                    };
                    let answer = found.unwrap_or(&silent);
                    self.answered(now, cluster, entry.partition, batch, answer);
                }
            }
        }
    }

    fn answered(
        &mut self,
        now: Now,
        cluster: &mut Cluster,
        at: usize,
        batch: Batch,
        answer: &PartitionProduceResponse,
    ) {
        let code = ErrorCode::from_code(answer.error_code);
        let partition = &mut self.accumulator.partitions[at];
        let topic = &self.accumulator.topics[partition.topic].name;
        let leader = &answer.current_leader;
        if leader.leader_id >= 0 {
            let (node, epoch) = (leader.leader_id, leader.leader_epoch);
            cluster.metadata.learn_leader(topic, partition.index, node, epoch);
        }
        if is_stale_metadata(code) {
            cluster.metadata.want();
        }
        let reasons = answer.record_errors.iter().filter_map(|e| {
            let reason = e.batch_index_error_message.as_ref()?;
            Some(format!("record {}: {reason}", e.batch_index))
        });
        let message = answer
            .error_message
            .clone()
            .into_iter()
            .chain(reasons)
            .reduce(|all, next| format!("{all}; {next}"));
        let context = format!("produce to {topic}-{}", partition.index);
        let error = ClientError::Broker { code, api: ApiKey::Produce, context, message };
        let first = |partition: &PartitionQueue| {
            let all = partition.in_flight.iter().chain(&partition.queue);
            !all.filter(|b| b.sequence.is_some()).any(|other| other.order < batch.order)
        };
        match code {
            ErrorCode::None => {
                let offsets =
                    (answer.base_offset, answer.log_append_time_ms, answer.log_start_offset);
                self.complete(cluster, at, batch, offsets);
            }
            // Stored long ago: the broker does not remember where.
            ErrorCode::DuplicateSequenceNumber => self.complete(cluster, at, batch, (-1, -1, -1)),
            ErrorCode::MessageTooLarge if batch.records > 1 => {
                self.split(cluster, at, batch);
            }
            // A batch before it has failed, and both are sent again: not this one's fault.
            ErrorCode::OutOfOrderSequenceNumber
                if batch.sequence.is_some() && !first(partition) =>
            {
                partition.draining = true;
                self.accumulator.put_back(at, batch);
            }
            // Nothing before it is missing, so the broker has forgotten what it knew.
            ErrorCode::OutOfOrderSequenceNumber
            | ErrorCode::UnknownProducerId
            | ErrorCode::InvalidProducerEpoch
            | ErrorCode::ProducerFenced => match batch.sequence {
                Some(sequence) => {
                    let identity = (sequence.producer_id, sequence.epoch);
                    partition.needs_bump |= identity == partition.identity;
                    let refused = [ErrorCode::InvalidProducerEpoch, ErrorCode::ProducerFenced];
                    if refused.contains(&code) {
                        self.identity.refused(identity);
                    }
                    self.retry_later(now, cluster, at, batch, error);
                }
                None => self.fail(cluster, at, batch, &error),
            },
            _ => self.retry(now, cluster, at, batch, error),
        }
    }

    fn complete(
        &mut self,
        cluster: &mut Cluster,
        at: usize,
        batch: Batch,
        (base_offset, log_append_time_ms, log_start_offset): (i64, i64, i64),
    ) {
        let partition = self.accumulator.partitions[at].index;
        self.forget(&batch);
        for part in &batch.parts {
            let first = i64::from(part.first);
            let base_offset = if base_offset < 0 { -1 } else { base_offset.saturating_add(first) };
            let metadata =
                RecordMetadata { partition, base_offset, log_append_time_ms, log_start_offset };
            self.accumulator.sends.stored(part.send, metadata, &mut cluster.events);
        }
    }

    fn forget(&mut self, batch: &Batch) {
        let accumulator = &mut self.accumulator;
        accumulator.buffered_bytes =
            accumulator.buffered_bytes.saturating_sub(batch.buffered_bytes);
    }

    fn fail(&mut self, cluster: &mut Cluster, at: usize, batch: Batch, error: &ClientError) {
        // Its sequence numbers are not used, or it is not known whether they are.
        self.accumulator.partitions[at].needs_bump |= batch.sequence.is_some();
        self.forget(&batch);
        for part in &batch.parts {
            self.accumulator.sends.failed(part.send, error, &mut cluster.events);
        }
    }

    fn retry(
        &mut self,
        now: Now,
        cluster: &mut Cluster,
        at: usize,
        batch: Batch,
        error: ClientError,
    ) {
        let retriable = error.code().map_or(error.is_retriable(), is_retriable);
        if retriable {
            self.retry_later(now, cluster, at, batch, error);
        } else {
            self.fail(cluster, at, batch, &error);
        }
    }

    fn retry_later(
        &mut self,
        now: Now,
        cluster: &mut Cluster,
        at: usize,
        mut batch: Batch,
        error: ClientError,
    ) {
        let config = &cluster.config;
        let deadline_ms = batch.created_ms.saturating_add(config.producer.delivery_timeout_ms);
        batch.attempts += 1;
        if batch.attempts > config.retry.retries || deadline_ms <= now.monotonic_ms {
            return self.fail(cluster, at, batch, &error);
        }
        let pause_ms = cluster.pause_ms(batch.attempts - 1);
        let partition = &mut self.accumulator.partitions[at];
        let until_ms = now.monotonic_ms.saturating_add(pause_ms);
        partition.not_before_ms = partition.not_before_ms.max(until_ms);
        partition.draining = true;
        self.accumulator.put_back(at, batch);
    }

    /// The broker finds the batch too large: send its halves.
    fn split(&mut self, cluster: &mut Cluster, at: usize, batch: Batch) {
        let ids = (self.accumulator.new_batch_id(), self.accumulator.new_batch_id());
        match batch.split(ids, cluster.config.producer.compression) {
            Ok((first, second)) => {
                self.forget(&batch);
                for part in first.parts.iter().chain(&second.parts) {
                    self.accumulator.sends.opened(part.send);
                }
                // The runs of the whole are replaced by those of the halves.
                for part in &batch.parts {
                    self.accumulator.sends.close(part.send, &mut cluster.events);
                }
                for half in [first, second] {
                    self.accumulator.buffered_bytes += half.buffered_bytes;
                    self.accumulator.put_back(at, half);
                }
                self.accumulator.partitions[at].draining = true;
            }
            Err(reason) => {
                let partition = &self.accumulator.partitions[at];
                let topic = &self.accumulator.topics[partition.topic].name;
                let context = format!("split a batch of {topic}-{}", partition.index);
                self.fail(cluster, at, batch, &ClientError::Encode { context, reason });
            }
        }
    }

    /// Gives partitions whose sequence is broken, or belongs to an older epoch, a new start. Each
    /// waits until nothing of its own is in flight.
    fn restart_sequences(&mut self, cluster: &mut Cluster, mut identity: (i64, i16)) {
        for turn in 0..self.accumulator.active.len() {
            let at = self.accumulator.active[turn];
            let partition = &mut self.accumulator.partitions[at];
            if !partition.in_flight.is_empty() || !cluster.config.producer.idempotent {
                continue;
            }
            if partition.needs_bump {
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

    fn fail_queue(&mut self, cluster: &mut Cluster, at: usize, error: &ClientError) {
        let queue = std::mem::take(&mut self.accumulator.partitions[at].queue);
        for batch in queue {
            self.fail(cluster, at, batch, error);
        }
    }

    /// Fails all that waits; what is in flight is answered by its connection.
    pub(crate) fn fail_all(&mut self, cluster: &mut Cluster, error: &ClientError) {
        for turn in 0..self.accumulator.active.len() {
            let at = self.accumulator.active[turn];
            self.fail_queue(cluster, at, error);
        }
        self.accumulator.prune();
        self.accumulator.fail_all_held(error, &mut cluster.events);
    }

    /// Fails everything, what is in flight too: the client is being closed.
    pub(crate) fn abandon(&mut self, cluster: &mut Cluster, error: &ClientError) {
        for at in 0..self.accumulator.partitions.len() {
            let in_flight = std::mem::take(&mut self.accumulator.partitions[at].in_flight);
            for batch in in_flight {
                self.fail(cluster, at, batch, error);
            }
        }
        self.requests.clear();
        self.fail_all(cluster, error);
    }

    /// The producer id was answered, or will not be.
    pub(crate) fn on_identity(
        &mut self,
        now: Now,
        cluster: &mut Cluster,
        result: Result<Response, ClientError>,
    ) {
        if let Err(error) = self.identity.answered(now, cluster, result) {
            self.fail_all(cluster, &error);
        }
    }
}

/// Whether the partition's own state lets its first batch leave.
fn may_send(partition: &mut PartitionQueue, now: Now, config: &ClientConfig) -> bool {
    let config = &config.producer;
    let Some(front) = partition.queue.front() else { return false };
    let in_flight = partition.in_flight.len();
    if partition.draining && in_flight == 0 {
        partition.draining = false;
    }
    if partition.draining || partition.needs_bump || now.monotonic_ms < partition.not_before_ms {
        return false;
    }
    if in_flight >= if config.idempotent { config.max_in_flight } else { 1 } {
        return false;
    }
    let grows = partition.queue.len() == 1 && !front.closed;
    !grows || front.created_ms.saturating_add(config.linger_ms) <= now.monotonic_ms
}

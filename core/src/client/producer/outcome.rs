//! What became of the batches that were sent, and what follows from it.

use super::super::cluster::Cluster;
use super::super::error::{ClientError, is_stale_metadata};
use super::super::event::{RecordMetadata, Response};
use super::batch::{Batch, Standing};
use super::partition::PartitionQueue;
use super::{Producer, Sent};
use crate::Now;
use crate::protocol::messages::{PartitionProduceResponse, ProduceResponse};
use crate::protocol::{ApiKey, ErrorCode};

impl Producer {
    pub(super) fn take_in_flight(&mut self, sent: Sent) -> Option<Batch> {
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
        mut batch: Batch,
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
            // A batch before it has failed: not this one's fault. Both are sent again, or where that
            // one failed for good, this one under another number.
            ErrorCode::OutOfOrderSequenceNumber
                if batch.sequence.is_some() && (partition.needs_bump || !first(partition)) =>
            {
                batch.standing = match partition.needs_bump {
                    true => Standing::OutOfOrder,
                    false => Standing::NotStored,
                };
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
                    batch.standing = Standing::OutOfOrder;
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

    pub(super) fn complete(
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

    pub(super) fn fail(
        &mut self,
        cluster: &mut Cluster,
        at: usize,
        batch: Batch,
        error: &ClientError,
    ) {
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
        mut batch: Batch,
        error: ClientError,
    ) {
        let retriable = error.is_retriable();
        if retriable {
            // Also where a broker refused: some do after they have stored (`REQUEST_TIMED_OUT`,
            // `NOT_ENOUGH_REPLICAS_AFTER_APPEND`, and `NOT_LEADER_OR_FOLLOWER` while it waits).
            batch.standing = Standing::Unknown;
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
        let pause_ms = cluster.pause_after_ms(batch.attempts, &error);
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

    pub(super) fn fail_queue(&mut self, cluster: &mut Cluster, at: usize, error: &ClientError) {
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

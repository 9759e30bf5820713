//! The producer: records wait per partition in batches, and batches leave in produce requests.
//!
//! * A batch is closed when it is sent, when the next record does not fit, or by a flush. A batch
//!   that could still grow leaves only while fewer than `max_partial_in_flight` requests are in
//!   flight to its node: so a lone record leaves at once, and a flood becomes a few requests.
//! * Each request carries at most one batch of a partition, as Kafka demands.
//! * Order within a partition is kept. An idempotent producer has up to `max_in_flight` batches of
//!   a partition in flight, which the broker accepts in the order of their sequence numbers only;
//!   any other has one.
//! * After an error that may pass, what is in flight is waited for, and then all is sent again in
//!   order. Duplicates are dropped by the broker by sequence number.
//! * Where a batch fails for good, its sequence numbers are missing, and those behind it need others,
//!   in a new epoch. None takes another number while it may be stored under the one that it has.

mod accumulator;
mod batch;
mod identity;
mod outcome;
mod partition;
mod sender;
mod sends;

use super::cluster::Cluster;
use super::error::ClientError;
use super::event::SendId;
use crate::{Now, Uuid};
use accumulator::Accumulator;
use identity::Identity;
use litemap::LiteMap;

/// A record to be produced. Its bytes are copied once, into their batch.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProduceRecord<'a> {
    /// The partition; without one, the configured partitioner chooses.
    pub partition: Option<i32>,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value; none is a tombstone.
    pub value: Option<&'a [u8]>,
    /// The headers.
    pub headers: &'a [(&'a str, Option<&'a [u8]>)],
    /// Milliseconds since 1970; without it, the time of the call.
    pub timestamp: Option<i64>,
}

/// A batch in a request: its partition's place, its own number, and the topic id that was said.
#[derive(Debug, Clone, Copy)]
struct Sent {
    partition: usize,
    batch: u64,
    topic_id: Uuid,
}

#[derive(Debug, Default)]
pub(crate) struct Producer {
    accumulator: Accumulator,
    identity: Identity,
    requests: LiteMap<u64, Vec<Sent>>,
    next_request: u64,
}

impl Producer {
    pub(crate) fn produce<'a>(
        &mut self,
        now: Now,
        cluster: &mut Cluster,
        id: SendId,
        topic: &str,
        records: impl Iterator<Item = ProduceRecord<'a>> + Clone,
    ) -> Result<(), ClientError> {
        self.accumulator.produce(now, cluster, id, topic, records)
    }

    pub(crate) fn buffered_bytes(&self) -> usize {
        self.accumulator.buffered_bytes
    }

    pub(crate) fn pending_sends(&self) -> usize {
        self.accumulator.sends.len()
    }

    /// Closes every batch, so that none lingers.
    pub(crate) fn flush(&mut self) {
        for &at in &self.accumulator.active {
            if let Some(batch) = self.accumulator.partitions[at].queue.back_mut() {
                batch.closed = true;
            }
        }
    }

    /// When something has to be sent or given up, if nothing happens until then.
    pub(crate) fn deadline(&self, now: Now, cluster: &Cluster) -> Option<u64> {
        let config = &cluster.config.producer;
        let mut deadline = self.accumulator.held_deadline();
        let mut consider = |at: u64| deadline = Some(deadline.map_or(at, |known| known.min(at)));
        if self.identity.not_before_ms > now.monotonic_ms {
            consider(self.identity.not_before_ms);
        }
        for &at in &self.accumulator.active {
            let partition = &self.accumulator.partitions[at];
            let Some(front) = partition.queue.front() else { continue };
            consider(front.created_ms.saturating_add(config.delivery_timeout_ms));
            let lingers =
                if front.closed || partition.queue.len() > 1 { 0 } else { config.linger_ms };
            let ready_ms = front.created_ms.saturating_add(lingers).max(partition.not_before_ms);
            if ready_ms > now.monotonic_ms {
                consider(ready_ms);
            }
        }
        deadline
    }
}

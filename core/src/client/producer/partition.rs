//! One partition's batches, and the numbers that they get.

use std::collections::VecDeque;

use super::super::connection::EndpointId;
use super::batch::{Batch, Standing};
use crate::Uuid;

/// A partition's batches.
#[derive(Debug)]
pub(crate) struct PartitionQueue {
    pub(crate) topic: usize,
    pub(crate) index: i32,
    /// To be sent, in order; the last may still grow.
    pub(crate) queue: VecDeque<Batch>,
    /// Sent and not answered, in order.
    pub(crate) in_flight: VecDeque<Batch>,
    /// The topic that they were sent to, which may have been made anew since.
    pub(crate) topic_id: Uuid,
    /// A pause after an error.
    pub(crate) not_before_ms: u64,
    /// A batch has to be sent again: nothing leaves until what is in flight is answered, so that
    /// the order stays.
    pub(crate) draining: bool,
    /// Producer id and epoch that the sequences below belong to.
    pub(crate) identity: (i64, i16),
    pub(crate) next_sequence: i32,
    /// A sequence number was lost for good: go on with a new epoch (KIP-360), as soon as it is known
    /// of every batch that was sent in this one whether it is stored.
    pub(crate) needs_bump: bool,
    /// The node to send to, as of a generation of the metadata.
    pub(crate) route: Option<(u64, EndpointId)>,
    /// Whether it is among the partitions with something to send.
    pub(crate) active: bool,
}

impl PartitionQueue {
    pub(crate) fn new(topic: usize, index: i32) -> PartitionQueue {
        PartitionQueue {
            topic,
            index,
            queue: VecDeque::new(),
            in_flight: VecDeque::new(),
            topic_id: Uuid::default(),
            not_before_ms: 0,
            draining: false,
            identity: (-1, -1),
            next_sequence: 0,
            needs_bump: false,
            route: None,
            active: false,
        }
    }

    /// Whether all that was sent is known to be stored or not.
    pub(crate) fn is_settled(&self) -> bool {
        self.in_flight.is_empty() && !self.queue.iter().any(|b| b.standing == Standing::Unknown)
    }

    /// Where in the queue the batch is that is to leave next. Before a new epoch, those that were
    /// sent are asked for one by one under the numbers that they have: what is stored is found to be
    /// a duplicate, and what is not is out of order.
    pub(crate) fn next_at(&self) -> Option<usize> {
        if !self.needs_bump {
            return (!self.queue.is_empty()).then_some(0);
        }
        if !self.in_flight.is_empty() || self.is_settled() {
            return None;
        }
        // What may still grow has never been sent: whatever is unknown is before it.
        self.queue.iter().position(|batch| batch.standing != Standing::OutOfOrder)
    }

    /// The batch that is to leave next.
    pub(crate) fn next(&self) -> Option<&Batch> {
        self.queue.get(self.next_at()?)
    }
}

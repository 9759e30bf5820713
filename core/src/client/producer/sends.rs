//! Sends that are not done: how many runs of their records are out, and what became of the others.

use std::collections::VecDeque;
use std::sync::Arc;

use super::super::error::ClientError;
use super::super::event::{Event, RecordMetadata, SendId};

#[derive(Debug)]
struct PendingSend {
    id: SendId,
    topic: Arc<str>,
    /// Runs of records in batches, and one more while records are still being added.
    open: usize,
    partitions: Vec<RecordMetadata>,
    error: Option<ClientError>,
}

#[derive(Debug, Default)]
pub(crate) struct Sends {
    slots: Vec<Option<PendingSend>>,
    free: Vec<usize>,
}

impl Sends {
    /// A new send, held open until [`Sends::close`].
    pub(crate) fn begin(&mut self, id: SendId, topic: Arc<str>) -> usize {
        let send = PendingSend { id, topic, open: 1, partitions: Vec::new(), error: None };
        match self.free.pop() {
            Some(at) => {
                self.slots[at] = Some(send);
                at
            }
            None => {
                self.slots.push(Some(send));
                self.slots.len() - 1
            }
        }
    }

    /// Another run of records of the send is in a batch.
    #[inline]
    pub(crate) fn opened(&mut self, at: usize) {
        if let Some(Some(send)) = self.slots.get_mut(at) {
            send.open += 1;
        }
    }

    /// All the records of the send have been added.
    pub(crate) fn close(&mut self, at: usize, events: &mut VecDeque<Event>) {
        self.settle(at, events, |_| {});
    }

    /// A run of records is stored.
    pub(crate) fn stored(
        &mut self,
        at: usize,
        metadata: RecordMetadata,
        events: &mut VecDeque<Event>,
    ) {
        self.settle(at, events, |send| {
            let same = |known: &&mut RecordMetadata| known.partition == metadata.partition;
            match send.partitions.iter_mut().find(same) {
                Some(known) if known.base_offset > metadata.base_offset => *known = metadata,
                Some(_) => {}
                None => send.partitions.push(metadata),
            }
        });
    }

    /// A run of records failed.
    pub(crate) fn failed(&mut self, at: usize, error: &ClientError, events: &mut VecDeque<Event>) {
        self.settle(at, events, |send| {
            send.error.get_or_insert_with(|| error.clone());
        });
    }

    fn settle(
        &mut self,
        at: usize,
        events: &mut VecDeque<Event>,
        note: impl FnOnce(&mut PendingSend),
    ) {
        let Some(slot) = self.slots.get_mut(at) else { return };
        let Some(mut send) = slot.take() else { return };
        note(&mut send);
        send.open -= 1;
        if send.open > 0 {
            *slot = Some(send);
            return;
        }
        self.free.push(at);
        let PendingSend { id, topic, partitions, error, .. } = send;
        events.push_back(Event::Produced { send: id, topic, partitions, error });
    }

    /// How many are not done.
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}

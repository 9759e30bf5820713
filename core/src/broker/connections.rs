//! The connections, each with the order in which its responses must leave.

use std::collections::VecDeque;

use litemap::LiteMap;

use bytes::Bytes;

use crate::ConnectionId;

/// A response that has its turn to come.
enum Slot {
    Waiting,
    /// Ready; `None` where the request wants no response.
    Ready(Option<Bytes>),
}

#[derive(Default)]
struct Connection {
    /// The sequence number of the first slot.
    first: u64,
    slots: VecDeque<Slot>,
}

/// The connections of one broker.
#[derive(Default)]
pub(crate) struct Connections {
    connections: LiteMap<ConnectionId, Connection>,
}

impl Connections {
    pub(crate) fn connect(&mut self, id: ConnectionId) {
        self.connections.insert(id, Connection::default());
    }

    pub(crate) fn disconnect(&mut self, id: ConnectionId) {
        self.connections.remove(&id);
    }

    /// How many requests wait for their turn to be answered; 0 for a connection that is not known.
    pub(crate) fn queued(&self, id: ConnectionId) -> usize {
        self.connections.get(&id).map_or(0, |connection| connection.slots.len())
    }

    /// Makes place for the response to a request that has arrived: its sequence number, or `None`
    /// where `bound` requests wait already or the connection is not known.
    pub(crate) fn expect(&mut self, id: ConnectionId, bound: usize) -> Option<u64> {
        let connection = self.connections.get_mut(&id)?;
        if connection.slots.len() >= bound {
            return None;
        }
        connection.slots.push_back(Slot::Waiting);
        Some(connection.first + connection.slots.len() as u64 - 1)
    }

    /// Fills a response's place, and lets all responses leave whose turn has come.
    pub(crate) fn complete(
        &mut self,
        id: ConnectionId,
        sequence: u64,
        frame: Option<Bytes>,
        mut leave: impl FnMut(Bytes),
    ) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let Some(at) = sequence.checked_sub(connection.first) else { return };
        if let Some(slot) = connection.slots.get_mut(at as usize) {
            *slot = Slot::Ready(frame);
        }
        while matches!(connection.slots.front(), Some(Slot::Ready(_))) {
            connection.first += 1;
            if let Some(Slot::Ready(Some(frame))) = connection.slots.pop_front() {
                leave(frame);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaving(to: &mut Connections, sequence: u64, frame: Option<Bytes>) -> Vec<Bytes> {
        let mut leaving = Vec::new();
        to.complete(ConnectionId(7), sequence, frame, |frame| leaving.push(frame));
        leaving
    }

    #[test]
    fn responses_leave_in_the_order_of_the_requests() {
        let mut connections = Connections::default();
        let id = ConnectionId(7);
        assert_eq!(connections.expect(id, 3), None, "not connected");
        connections.connect(id);
        for sequence in 0..3 {
            assert_eq!(connections.expect(id, 3), Some(sequence));
        }
        assert_eq!(connections.expect(id, 3), None, "three wait already");
        assert_eq!(connections.queued(id), 3);
        let (a, b) = (Bytes::from_static(b"a"), Bytes::from_static(b"b"));
        assert!(leaving(&mut connections, 2, Some(b.clone())).is_empty());
        assert_eq!(leaving(&mut connections, 0, Some(a.clone())), [a]);
        assert_eq!(leaving(&mut connections, 1, None), [b], "1 wants no response");
        assert_eq!(connections.expect(id, 3), Some(3));
        connections.disconnect(id);
        assert_eq!(connections.queued(id), 0);
        assert!(leaving(&mut connections, 3, None).is_empty());
    }
}

//! What goes into an operation on groups, and what comes of it.

use bytes::Bytes;

use crate::Now;
use crate::topic::Topics;

/// Names a request whose response a group holds back. Given out by whoever calls, who knows where
/// the response goes; it may be gone by the time it is due, which is nothing to the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(pub u64);

/// The request that an operation serves, and what there is around it.
pub(crate) struct Context<'a> {
    pub now: Now,
    /// The topics that there are.
    pub topics: &'a Topics,
    /// What the response goes by, should it have to wait.
    pub ticket: Ticket,
    /// The version of the request.
    pub version: i16,
    /// The client's name for itself.
    pub client_id: &'a str,
    /// Where the client is, as DescribeGroups shows it.
    pub client_host: &'a str,
    /// Bits for the id of a new member: different in each context.
    pub random: u128,
}

/// A record of `__consumer_offsets`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CoordinatorRecord {
    /// The group that it is of, which decides its partition.
    pub group: String,
    /// The key: its type as an int16, then its fields.
    pub key: Bytes,
    /// The value: its version as an int16, then its fields; `None` for a tombstone.
    pub value: Option<Bytes>,
}

/// What comes of an operation.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// To be appended to `__consumer_offsets` in this order. The response to the request that caused
    /// them leaves when they are stored.
    pub records: Vec<CoordinatorRecord>,
}

//! What goes into an operation on groups, and what comes of it.

use bytes::Bytes;

use crate::Now;
use crate::protocol::messages as m;
use crate::topic::Topics;

/// Names a request whose response a group holds back. Given out by whoever calls, who knows where
/// the response goes; it may be gone by the time it is due, which is nothing to the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(pub u64);

impl Ticket {
    /// Of a request whose response is never held back.
    pub(crate) const NONE: Ticket = Ticket(0);
}

/// What there is around an operation.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub now: Now,
    /// The topics that there are.
    pub topics: &'a Topics,
}

/// Whose request an operation serves.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'a> {
    /// What the response goes by.
    pub ticket: Ticket,
    /// The version of the request.
    pub version: i16,
    /// The client's name for itself.
    pub client_id: &'a str,
    /// Where the client is, as DescribeGroups shows it.
    pub client_host: &'a str,
    /// Bits for the id of a new member, never the same twice.
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

/// A response that a group may hold back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Response {
    Join(m::JoinGroupResponse),
    Sync(m::SyncGroupResponse),
}

/// A response that leaves now.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub ticket: Ticket,
    pub response: Response,
    /// Whether it must wait until all that has been written so far is stored.
    pub once_stored: bool,
}

/// What comes of an operation.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// To be appended to `__consumer_offsets` in this order. The response to the request that caused
    /// them leaves when they are stored.
    pub records: Vec<CoordinatorRecord>,
    /// The responses whose time has come, to this request or to earlier ones.
    pub answers: Vec<Answer>,
}

impl Effects {
    /// Answers a JoinGroup.
    pub(crate) fn join(&mut self, ticket: Ticket, response: m::JoinGroupResponse) {
        self.answers.push(Answer {
            ticket,
            response: Response::Join(response),
            once_stored: false,
        });
    }

    /// Answers a JoinGroup once all that has been written so far is stored.
    pub(crate) fn join_once_stored(&mut self, ticket: Ticket, response: m::JoinGroupResponse) {
        self.answers.push(Answer { ticket, response: Response::Join(response), once_stored: true });
    }

    /// Answers a JoinGroup with an error.
    pub(crate) fn refuse_join(
        &mut self,
        ticket: Ticket,
        member_id: &str,
        code: crate::protocol::ErrorCode,
    ) {
        let (error_code, member_id) = (code.code(), member_id.to_owned());
        self.join(ticket, m::JoinGroupResponse { error_code, member_id, ..Default::default() });
    }

    /// Answers a SyncGroup once all that has been written so far is stored: what it tells may be
    /// among that.
    pub(crate) fn sync(&mut self, ticket: Ticket, response: m::SyncGroupResponse) {
        self.answers.push(Answer { ticket, response: Response::Sync(response), once_stored: true });
    }

    /// Answers a SyncGroup with an error.
    pub(crate) fn refuse_sync(&mut self, ticket: Ticket, code: crate::protocol::ErrorCode) {
        let response = m::SyncGroupResponse { error_code: code.code(), ..Default::default() };
        self.answers.push(Answer {
            ticket,
            response: Response::Sync(response),
            once_stored: false,
        });
    }
}

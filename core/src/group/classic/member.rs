//! A member of a classic group.

use bytes::Bytes;

use crate::group::Ticket;
use crate::protocol::messages::{DescribedGroupMember, JoinGroupRequestProtocol};

/// A member. Its id is its key in the group.
#[derive(Debug, Clone, Default)]
pub(crate) struct Member {
    /// The name of a static member (KIP-345).
    pub instance_id: Option<String>,
    pub client_id: String,
    pub client_host: String,
    pub rebalance_timeout_ms: i32,
    pub session_timeout_ms: i32,
    /// What it can do, preferred first, each with the member's metadata.
    pub protocols: Vec<JoinGroupRequestProtocol>,
    pub assignment: Bytes,
    /// Whether it has never been answered: it does not know its id, and sends no heartbeats.
    pub is_new: bool,
    /// Its JoinGroup that waits.
    pub join: Option<Ticket>,
    /// Its SyncGroup that waits.
    pub sync: Option<Ticket>,
    /// Whether it has still to send the SyncGroup of this generation.
    pub owes_sync: bool,
    /// When its session ends.
    pub deadline_ms: Option<u64>,
}

impl Member {
    /// Whether it waits for an answer, and so cannot be expected to send heartbeats.
    pub(crate) fn waits(&self) -> bool {
        !self.is_new && (self.join.is_some() || self.sync.is_some())
    }

    pub(crate) fn supports(&self, protocol: &str) -> bool {
        self.protocols.iter().any(|own| own.name == protocol)
    }

    /// The member's metadata for a protocol.
    pub(crate) fn metadata(&self, protocol: Option<&str>) -> Bytes {
        let own = self.protocols.iter().find(|own| Some(own.name.as_str()) == protocol);
        own.map(|own| own.metadata.clone()).unwrap_or_default()
    }

    /// Whether a JoinGroup asks for what the member has already.
    pub(crate) fn matches(&self, protocols: &[JoinGroupRequestProtocol]) -> bool {
        self.protocols == protocols
    }

    /// The member as DescribeGroups shows it; with metadata in a group that is stable.
    pub(crate) fn describe(&self, id: &str, protocol: Option<&str>) -> DescribedGroupMember {
        DescribedGroupMember {
            member_id: id.to_owned(),
            group_instance_id: self.instance_id.clone(),
            client_id: self.client_id.clone(),
            client_host: self.client_host.clone(),
            member_metadata: self.metadata(protocol),
            member_assignment: self.assignment.clone(),
        }
    }
}

/// A copy: what it is a part of, such as a frame, would otherwise live as long as it.
pub(super) fn own(part: &Bytes) -> Bytes {
    Bytes::copy_from_slice(part)
}

/// The protocols of a JoinGroup, without their frame.
pub(super) fn own_protocols(
    mut protocols: Vec<JoinGroupRequestProtocol>,
) -> Vec<JoinGroupRequestProtocol> {
    protocols.iter_mut().for_each(|one| one.metadata = own(&one.metadata));
    protocols
}

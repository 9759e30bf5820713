//! What is stored of a classic group: all of it, in one record for each generation.

use super::group::{ClassicGroup, State};
use super::member::Member;
use crate::group::CoordinatorRecord;
use crate::group::record::{self, GroupMetadataMember, GroupMetadataValue, RecordKey};
use crate::protocol::messages::JoinGroupRequestProtocol;

impl ClassicGroup {
    /// The group as it is now.
    pub(crate) fn record(&self) -> CoordinatorRecord {
        let protocol = self.protocol.as_deref();
        let members = self.members.iter().map(|(id, member)| GroupMetadataMember {
            member_id: id.clone(),
            group_instance_id: member.instance_id.clone(),
            client_id: member.client_id.clone(),
            client_host: member.client_host.clone(),
            rebalance_timeout: member.rebalance_timeout_ms,
            session_timeout: member.session_timeout_ms,
            subscription: member.metadata(protocol),
            assignment: member.assignment.clone(),
        });
        let value = GroupMetadataValue {
            protocol_type: self.protocol_type.clone().unwrap_or_default(),
            generation: self.generation,
            protocol: self.protocol.clone(),
            leader: self.leader.clone(),
            current_state_timestamp: self.state_timestamp_ms.unwrap_or(-1),
            members: members.collect(),
        };
        record::record(&RecordKey::GroupMetadata { group: self.id.clone() }, &value)
    }

    /// That there is a group, of which there is nothing more to say yet.
    pub(crate) fn record_of_none(&self) -> CoordinatorRecord {
        let value = GroupMetadataValue {
            current_state_timestamp: self.state_timestamp_ms.unwrap_or(-1),
            ..GroupMetadataValue::default()
        };
        record::record(&RecordKey::GroupMetadata { group: self.id.clone() }, &value)
    }

    /// The group as it was stored: at rest, or empty.
    pub(crate) fn from_record(id: &str, value: GroupMetadataValue) -> ClassicGroup {
        let mut group = ClassicGroup {
            id: id.to_owned(),
            state: if value.members.is_empty() { State::Empty } else { State::Stable },
            state_timestamp_ms: Some(value.current_state_timestamp).filter(|ms| *ms != -1),
            protocol_type: Some(value.protocol_type).filter(|kind| !kind.is_empty()),
            protocol: value.protocol,
            generation: value.generation,
            leader: value.leader,
            ..ClassicGroup::default()
        };
        for stored in value.members {
            let protocol = JoinGroupRequestProtocol {
                name: group.protocol.clone().unwrap_or_default(),
                metadata: super::member::own(&stored.subscription),
            };
            let member = Member {
                instance_id: stored.group_instance_id,
                client_id: stored.client_id,
                client_host: stored.client_host,
                rebalance_timeout_ms: match stored.rebalance_timeout {
                    -1 => stored.session_timeout,
                    timeout => timeout,
                },
                session_timeout_ms: stored.session_timeout,
                protocols: vec![protocol],
                assignment: super::member::own(&stored.assignment),
                ..Member::default()
            };
            group.members.insert(stored.member_id, member);
        }
        group.subscribed = group.read_subscriptions();
        group
    }
}

//! Groups as administrators see them.

use super::classic::CONSUMER;
use super::record::{self, RecordKey};
use super::{Effects, Group, Groups};
use crate::protocol::ErrorCode;
use crate::protocol::messages as m;

/// From this version of DescribeGroups on, a group that is not there is an error (KIP-1043).
const NOT_FOUND_SINCE: i16 = 6;

impl Groups {
    /// Serves a DescribeGroups, for one of its groups.
    pub(crate) fn describe(&self, version: i16, id: &str) -> m::DescribedGroup {
        match self.groups.get(id) {
            Some(Group::Classic(group)) => group.describe(),
            _ if version >= NOT_FOUND_SINCE => m::DescribedGroup {
                error_code: ErrorCode::GroupIdNotFound.code(),
                error_message: Some(match self.groups.contains_key(id) {
                    true => format!("Group {id} is not a classic group."),
                    false => format!("Group {id} not found."),
                }),
                group_id: id.to_owned(),
                group_state: "Dead".to_owned(),
                ..Default::default()
            },
            _ => m::DescribedGroup {
                group_id: id.to_owned(),
                group_state: "Dead".to_owned(),
                ..Default::default()
            },
        }
    }

    /// Serves a ListGroups. Filters that are empty let everything pass; case does not matter.
    pub(crate) fn list(&self, states: &[String], kinds: &[String]) -> Vec<m::ListedGroup> {
        let passes = |filter: &[String], value: &str| {
            filter.is_empty() || filter.iter().any(|wanted| wanted.eq_ignore_ascii_case(value))
        };
        let listed = self.groups.iter().map(|(id, group)| m::ListedGroup {
            group_id: id.clone(),
            protocol_type: group.protocol_type().to_owned(),
            group_state: group.state().to_owned(),
            group_type: group.kind().to_owned(),
        });
        let wanted = |group: &m::ListedGroup| {
            passes(states, &group.group_state) && passes(kinds, &group.group_type)
        };
        listed.filter(wanted).collect()
    }

    /// Deletes a group with its offsets.
    ///
    /// # Errors
    /// GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP.
    pub(crate) fn delete(&mut self, id: &str, effects: &mut Effects) -> Result<(), ErrorCode> {
        match self.groups.get(id) {
            None => Err(ErrorCode::GroupIdNotFound),
            Some(group) if !group.is_empty() => Err(ErrorCode::NonEmptyGroup),
            Some(_) => {
                self.remove_group_offsets(id, effects);
                self.remove_group(id, effects);
                Ok(())
            }
        }
    }

    /// Removes a group without offsets and members.
    pub(super) fn remove_group(&mut self, id: &str, effects: &mut Effects) {
        match self.groups.remove(id) {
            Some(Group::Classic(_)) => {
                let key = RecordKey::GroupMetadata { group: id.to_owned() };
                effects.records.push(record::tombstone(&key));
            }
            Some(Group::Consumer(group)) => group.remove(effects),
            None => {}
        }
    }
}

impl Group {
    fn protocol_type(&self) -> &str {
        match self {
            Group::Classic(group) => group.protocol_type().unwrap_or_default(),
            Group::Consumer(_) => CONSUMER,
        }
    }

    fn state(&self) -> &'static str {
        match self {
            Group::Classic(group) => group.state().name(),
            Group::Consumer(group) => group.state(),
        }
    }
}

//! What members of consumer groups ask for.

use bytes::Bytes;

use super::consumer::{self, ConsumerGroup, LEAVE_EPOCH, LEAVE_STATIC_EPOCH, Refusal};
use super::record::{self, RecordKey};
use super::{Caller, Context, Effects, Group, Groups};
use crate::protocol::messages as m;
use crate::protocol::{DecodeError, ErrorCode};

impl Groups {
    /// Whether consumer groups are allowed.
    pub(crate) fn has_consumer_protocol(&self) -> bool {
        self.settings.consumer_protocol
    }

    /// Serves a ConsumerGroupHeartbeat.
    pub(crate) fn consumer_heartbeat(
        &mut self,
        context: &Context,
        caller: &Caller,
        request: &m::ConsumerGroupHeartbeatRequest,
        effects: &mut Effects,
    ) -> m::ConsumerGroupHeartbeatResponse {
        let served =
            consumer::check(caller.version, request).and_then(|()| match request.member_epoch {
                LEAVE_EPOCH | LEAVE_STATIC_EPOCH => self.consumer_leave(context, request, effects),
                _ => self.consumer_stay(context, caller, request, effects),
            });
        self.schedule(context, &request.group_id);
        served.unwrap_or_else(|Refusal { code, message }| m::ConsumerGroupHeartbeatResponse {
            error_code: code.code(),
            error_message: Some(message),
            ..Default::default()
        })
    }

    fn consumer_leave(
        &mut self,
        context: &Context,
        request: &m::ConsumerGroupHeartbeatRequest,
        effects: &mut Effects,
    ) -> Result<m::ConsumerGroupHeartbeatResponse, Refusal> {
        let id = &request.group_id;
        match self.groups.get_mut(id) {
            Some(Group::Consumer(group)) => group.leave(context, request, effects),
            Some(Group::Classic(_)) => {
                Err(not_found(format!("Group {id} is not a consumer group.")))
            }
            None => Err(not_found(format!("Group {id} not found."))),
        }
    }

    fn consumer_stay(
        &mut self,
        context: &Context,
        caller: &Caller,
        request: &m::ConsumerGroupHeartbeatRequest,
        effects: &mut Effects,
    ) -> Result<m::ConsumerGroupHeartbeatResponse, Refusal> {
        let Groups { groups, settings, .. } = self;
        let id = &request.group_id;
        let is_joining = request.member_epoch == consumer::JOIN_EPOCH;
        match groups.get_mut(id) {
            Some(Group::Consumer(group)) => {
                return group.heartbeat(context, caller, settings, request, effects);
            }
            None if is_joining => {}
            None => return Err(not_found(format!("Consumer group {id} not found."))),
            Some(Group::Classic(group)) if is_joining && group.is_empty() => {
                let key = RecordKey::GroupMetadata { group: id.clone() };
                effects.records.push(record::tombstone(&key));
            }
            Some(Group::Classic(_)) if is_joining => {
                let message = format!(
                    "Cannot upgrade classic group {id} to consumer group because online upgrade is \
                     disabled."
                );
                return Err(not_found(message));
            }
            Some(Group::Classic(_)) => {
                return Err(not_found(format!("Group {id} is not a consumer group.")));
            }
        }
        let mut group = ConsumerGroup::new(id);
        let joined = group.heartbeat(context, caller, settings, request, effects);
        match joined {
            Ok(_) => drop(groups.insert(id.clone(), Group::Consumer(group))),
            // There is no new group, and so the old one stays.
            Err(_) => effects.records.clear(),
        }
        joined
    }

    /// Serves a ConsumerGroupDescribe, for one of its groups.
    pub(crate) fn consumer_describe(
        &self,
        context: &Context,
        id: &str,
    ) -> m::ConsumerGroupDescribedGroup {
        let message = match self.groups.get(id) {
            Some(Group::Consumer(group)) => return group.describe(context),
            Some(Group::Classic(_)) => format!("Group {id} is not a consumer group."),
            None => format!("Group {id} not found."),
        };
        m::ConsumerGroupDescribedGroup {
            error_code: ErrorCode::GroupIdNotFound.code(),
            error_message: Some(message),
            group_id: id.to_owned(),
            ..Default::default()
        }
    }

    /// Removes a consumer group without members, for a classic one to take its place.
    pub(super) fn make_way_for_classic(&mut self, id: &str, effects: &mut Effects) {
        if matches!(self.groups.get(id), Some(Group::Consumer(group)) if group.is_empty()) {
            self.remove_group(id, effects);
        }
    }

    /// Applies a record of a consumer group, as it is read back after opening.
    pub(super) fn replay_consumer(
        &mut self,
        key: RecordKey,
        value: Option<Bytes>,
    ) -> Result<(), DecodeError> {
        let id = key.group().to_owned();
        if value.is_none() && !matches!(self.groups.get(&id), Some(Group::Consumer(_))) {
            return Ok(());
        }
        if value.is_none() && matches!(key, RecordKey::ConsumerGroupMetadata { .. }) {
            self.groups.remove(&id);
            if self.offsets.of_group(&id).is_some() {
                self.classic(&id);
            }
            return Ok(());
        }
        if !matches!(self.groups.get(&id), Some(Group::Consumer(_))) {
            // What is there may be a simple group, for which offsets stand.
            self.groups.insert(id.clone(), Group::Consumer(ConsumerGroup::new(&id)));
        }
        match self.groups.get_mut(&id) {
            Some(Group::Consumer(group)) => group.replay(key, value),
            _ => Ok(()),
        }
    }
}

fn not_found(message: String) -> Refusal {
    Refusal { code: ErrorCode::GroupIdNotFound, message }
}

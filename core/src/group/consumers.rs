//! What members of consumer groups ask for.

use bytes::Bytes;

use super::classic::ClassicGroup;
use super::consumer::{self, ConsumerGroup, LEAVE_EPOCH, LEAVE_STATIC_EPOCH, Refusal};
use super::record::{self, RecordKey};
use super::{Caller, Context, Effects, Group, Groups, Settings};
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
        let left = match self.groups.get_mut(id) {
            Some(Group::Consumer(group)) => group.leave(context, &self.settings, request, effects),
            Some(Group::Classic(_)) => {
                Err(not_found(format!("Group {id} is not a consumer group.")))
            }
            None => Err(not_found(format!("Group {id} not found."))),
        };
        self.downgrade(context, id, effects);
        left
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
        let mut group = match groups.get_mut(id) {
            Some(Group::Consumer(group)) => {
                return group.heartbeat(context, caller, settings, request, effects);
            }
            None if is_joining => ConsumerGroup::new(id),
            None => return Err(not_found(format!("There is no group {id}."))),
            Some(Group::Classic(classic)) if is_joining => {
                let key = RecordKey::GroupMetadata { group: id.clone() };
                effects.records.push(record::tombstone(&key));
                upgraded(context, settings, id, classic, effects)?
            }
            Some(Group::Classic(_)) => return Err(is_classic(id)),
        };
        let joined = group.heartbeat(context, caller, settings, request, effects);
        if joined.is_err() {
            // There is no new group, and so the old one stays.
            effects.records.clear();
            return joined;
        }
        if let Some(Group::Classic(classic)) = groups.get_mut(id) {
            classic.refuse_waiting(ErrorCode::RebalanceInProgress, effects);
        }
        groups.insert(id.clone(), Group::Consumer(group));
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
            Some(Group::Classic(_)) => is_classic(id).message,
            None => format!("There is no group {id}."),
        };
        m::ConsumerGroupDescribedGroup {
            error_code: ErrorCode::GroupIdNotFound.code(),
            error_message: Some(message),
            group_id: id.to_owned(),
            ..Default::default()
        }
    }

    /// Puts members of a consumer group out.
    pub(super) fn put_out_consumers(
        &mut self,
        context: &Context,
        id: &str,
        members: &[String],
        effects: &mut Effects,
    ) {
        if let Some(Group::Consumer(group)) = self.groups.get_mut(id) {
            group.put_out(context, &self.settings, members, effects);
            self.downgrade(context, id, effects);
        }
    }

    /// Makes a classic group of a consumer group that has only members of that protocol left, if
    /// that is allowed.
    pub(super) fn downgrade(&mut self, context: &Context, id: &str, effects: &mut Effects) {
        let Groups { groups, settings, .. } = self;
        if let Some(Group::Consumer(group)) = groups.get(id)
            && group.is_to_be_classic(settings)
        {
            let classic = group.to_classic(context, settings, effects);
            groups.insert(id.to_owned(), Group::Classic(classic));
        }
    }

    /// Does so for every group of which members have been put out.
    pub(super) fn downgrade_all(&mut self, context: &Context, effects: &mut Effects) {
        let consumers = self.groups.iter().filter(|(_, group)| matches!(group, Group::Consumer(_)));
        let ids: Vec<String> = consumers.map(|(id, _)| id.clone()).collect();
        ids.iter().for_each(|id| self.downgrade(context, id, effects));
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

fn is_classic(id: &str) -> Refusal {
    not_found(format!("Group {id} is a classic group: DescribeGroups and JoinGroup are for it."))
}

/// The consumer group that takes the place of a classic one.
fn upgraded(
    context: &Context,
    settings: &Settings,
    id: &str,
    classic: &ClassicGroup,
    effects: &mut Effects,
) -> Result<ConsumerGroup, Refusal> {
    if classic.is_empty() {
        return Ok(ConsumerGroup::new(id));
    }
    let has_room = classic.members().len() <= settings.consumer_max_size;
    let may = settings.consumer_upgrade && classic.is_of_consumers() && has_room;
    let group = match may {
        true => ConsumerGroup::from_classic(context, settings, id, classic, effects),
        false => None,
    };
    group.ok_or_else(|| {
        effects.records.clear();
        not_found(format!(
            "Classic group {id} has members and cannot become a consumer group: let them leave \
             first, or see group.consumer.migration.policy."
        ))
    })
}

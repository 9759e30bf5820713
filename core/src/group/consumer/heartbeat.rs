//! Heartbeats of members that join or stay.

use super::super::{Caller, Context, Effects, Settings, assignor, partitions};
use super::group::ConsumerGroup;
use super::member::{Member, MemberState};
use super::reconcile::Owned;
use super::{JOIN_EPOCH, LEAVE_EPOCH, LEAVE_STATIC_EPOCH, Refusal};
use crate::Uuid;
use crate::protocol::ErrorCode;
use crate::protocol::messages as m;

/// From this version on, members make their ids themselves (KIP-1082).
const OWN_IDS_SINCE: i16 = 1;

/// Checks what can be checked of a heartbeat without its group.
pub(crate) fn check(
    version: i16,
    request: &m::ConsumerGroupHeartbeatRequest,
) -> Result<(), Refusal> {
    let epoch = request.member_epoch;
    let is_joining = epoch == JOIN_EPOCH;
    let is_empty = |text: &Option<String>| text.as_deref() == Some("");
    let needs_id = version >= OWN_IDS_SINCE || epoch > JOIN_EPOCH || epoch == LEAVE_EPOCH;
    let invalid = if needs_id && request.member_id.is_empty() {
        "The heartbeat names no member: send the member's id."
    } else if request.group_id.is_empty() {
        "The heartbeat names no group: send the group's id."
    } else if is_empty(&request.instance_id) {
        "The instance id is empty: send null for a dynamic member."
    } else if is_empty(&request.rack_id) {
        "The rack is empty: send null where there is none."
    } else if is_joining && request.rebalance_timeout_ms == -1 {
        "Who joins must send a rebalance timeout."
    } else if is_joining && request.topic_partitions.as_ref().is_none_or(|owned| !owned.is_empty())
    {
        "Who joins owns no partitions yet: send an empty list of them."
    } else if is_joining
        && request.subscribed_topic_names.is_none()
        && request.subscribed_topic_regex.is_none()
    {
        "Who joins must subscribe: send topic names, a regular expression or both."
    } else if epoch == LEAVE_STATIC_EPOCH && request.instance_id.is_none() {
        "Only a static member leaves with epoch -2: send its instance id."
    } else if epoch < LEAVE_STATIC_EPOCH {
        "No member has an epoch below -2."
    } else {
        return check_assignor(request.server_assignor.as_deref());
    };
    Err(Refusal::new(ErrorCode::InvalidRequest, invalid))
}

fn check_assignor(name: Option<&str>) -> Result<(), Refusal> {
    match name {
        Some(name) if !assignor::ASSIGNORS.contains(&name) => {
            let supported = assignor::ASSIGNORS.join(", ");
            let message = format!("There is no assignor {name}; there are {supported}.");
            Err(Refusal::new(ErrorCode::UnsupportedAssignor, message))
        }
        _ => Ok(()),
    }
}

/// Who sent a heartbeat.
struct Sender {
    id: String,
    /// The member as it was, or a new one.
    member: Member,
    /// The static member whose place it takes.
    replaces: Option<String>,
}

impl ConsumerGroup {
    /// Serves a heartbeat of a member that joins or stays.
    ///
    /// # Errors
    /// Where the heartbeat is refused; the group has not changed then.
    pub(crate) fn heartbeat(
        &mut self,
        context: &Context,
        caller: &Caller,
        settings: &Settings,
        request: &m::ConsumerGroupHeartbeatRequest,
        effects: &mut Effects,
    ) -> Result<m::ConsumerGroupHeartbeatResponse, Refusal> {
        let known = self.members.contains_key(&request.member_id);
        if self.members.len() >= settings.consumer_max_size && !known {
            let message = format!(
                "Group {} is full: group.consumer.max.size is {}.",
                self.id, settings.consumer_max_size
            );
            return Err(Refusal::new(ErrorCode::GroupMaxSizeReached, message));
        }
        let sender = self.sender(caller, request)?;
        self.check_regex(request.subscribed_topic_regex.as_deref())?;

        let (id, before) = (&sender.id, &sender.member);
        if let Some(old) = &sender.replaces {
            self.replace(old, id, before, effects);
        }
        let mut member = before.clone();
        member.update(caller, request);
        let owned = request.topic_partitions.as_deref();
        self.settle(context, id, before, member, owned, effects);
        self.extend_session(context, settings, id);
        Ok(self.response(settings, request, &sender))
    }

    /// Takes a member as it is now, and does what follows from that: a new epoch, new targets, and a
    /// step of the member towards its own.
    pub(super) fn settle(
        &mut self,
        context: &Context,
        id: &str,
        before: &Member,
        member: Member,
        owned: Owned,
        effects: &mut Effects,
    ) {
        let changed = !member.subscribes_like(before);
        if member != *before || !self.members.contains_key(id) {
            self.write_member(id, &member, effects);
            self.members.insert(id.to_owned(), member);
        }
        self.drop_regexes(effects);
        if changed || self.epoch == 0 || self.has_new_topics(context.topics) {
            self.refresh(context, changed, effects);
        }
        if self.epoch > self.target_epoch {
            self.assign(context, effects);
        }
        self.reconcile(context, id, owned, effects);
    }

    fn response(
        &self,
        settings: &Settings,
        request: &m::ConsumerGroupHeartbeatRequest,
        sender: &Sender,
    ) -> m::ConsumerGroupHeartbeatResponse {
        let member = self.members.get(&sender.id).unwrap_or(&sender.member);
        // What a member tells that has lost track, or whose responses were lost.
        let tells_all = request.rebalance_timeout_ms != -1
            && (request.subscribed_topic_names.is_some()
                || request.subscribed_topic_regex.is_some())
            && request.topic_partitions.is_some();
        let is_joining = request.member_epoch == JOIN_EPOCH;
        let changed = member.assigned != sender.member.assigned;
        m::ConsumerGroupHeartbeatResponse {
            member_id: Some(sender.id.clone()),
            member_epoch: member.epoch,
            heartbeat_interval_ms: settings.consumer_heartbeat_interval_ms,
            assignment: (is_joining || tells_all || changed).then(|| {
                let topic = |(&topic_id, list): (&Uuid, &Vec<i32>)| {
                    m::ConsumerGroupHeartbeatTopicPartitions { topic_id, partitions: list.clone() }
                };
                m::ConsumerGroupHeartbeatAssignment {
                    topic_partitions: member.assigned.iter().map(topic).collect(),
                }
            }),
            ..Default::default()
        }
    }

    /// Finds out who sent a heartbeat, and whether it may.
    fn sender(
        &self,
        caller: &Caller,
        request: &m::ConsumerGroupHeartbeatRequest,
    ) -> Result<Sender, Refusal> {
        let is_joining = request.member_epoch == JOIN_EPOCH;
        let id = match request.member_id.as_str() {
            "" => Uuid::from_random(caller.random).to_string(),
            id => id.to_owned(),
        };
        let known = self.members.get(&id).cloned();
        let (member, replaces) = match &request.instance_id {
            None => {
                let new = is_joining.then(Member::default);
                (known.or(new).ok_or_else(|| self.unknown_member(&id))?, None)
            }
            Some(instance_id) if is_joining => match self.static_member(instance_id) {
                None => {
                    return Ok(Sender { id, member: known.unwrap_or_default(), replaces: None });
                }
                Some((old, _)) => {
                    let member = self.returning(old, instance_id)?;
                    return Ok(Sender { member, replaces: Some(old.clone()), id });
                }
            },
            Some(instance_id) => {
                self.check_instance(&id, instance_id)?;
                (known.unwrap_or_default(), None)
            }
        };
        check_epoch(&member, request)?;
        Ok(Sender { id, member, replaces })
    }

    /// A static member that comes back, maybe with another id: it has what it had.
    fn returning(&self, old: &str, instance_id: &str) -> Result<Member, Refusal> {
        let member = self.members.get(old).cloned().unwrap_or_default();
        if member.classic.is_none() && member.epoch != LEAVE_STATIC_EPOCH {
            let message = format!("Member {old} has instance id {instance_id} and has not left.");
            return Err(Refusal::new(ErrorCode::UnreleasedInstanceId, message));
        }
        Ok(Member { epoch: 0, previous_epoch: 0, ..member })
    }

    /// Puts a member in the place of the static member that it is.
    pub(super) fn replace(&mut self, old: &str, id: &str, member: &Member, effects: &mut Effects) {
        let target = self.targets.get(old).cloned().unwrap_or_default();
        self.forget(old, effects);
        self.members.insert(id.to_owned(), member.clone());
        self.targets.insert(id.to_owned(), target);
        self.write_member(id, member, effects);
        self.write_target(id, effects);
        self.write_current(id, member, effects);
    }
}

/// Checks a member's epoch. The one before is as good where the member may have missed the response
/// that told it the present one, and owns nothing that is not its own.
fn check_epoch(member: &Member, request: &m::ConsumerGroupHeartbeatRequest) -> Result<(), Refusal> {
    let (told, epoch) = (request.member_epoch, member.epoch);
    let owned = request.topic_partitions.as_deref();
    let is_late = told == member.previous_epoch && is_subset(owned, member);
    if told != epoch && !(told < epoch && is_late) {
        let message = format!(
            "The member is at epoch {epoch}, not {told}: it must give up all its partitions and join."
        );
        return Err(Refusal::new(ErrorCode::FencedMemberEpoch, message));
    }
    if member.state == MemberState::Unknown && owned.is_none_or(|owned| !owned.is_empty()) {
        let message = "A newer release left the member in a state that is not known here: it must \
                       give up all its partitions and join.";
        return Err(Refusal::new(ErrorCode::FencedMemberEpoch, message));
    }
    Ok(())
}

/// Whether a member tells what it owns, and all of it is what it was assigned.
fn is_subset(owned: Owned, member: &Member) -> bool {
    owned.is_some_and(|owned| {
        owned.iter().all(|topic| {
            let mut list = topic.partitions.iter();
            list.all(|partition| partitions::contains(&member.assigned, topic.topic_id, *partition))
        })
    })
}

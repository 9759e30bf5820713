//! Members of a consumer group that speak the classic protocol, while the clients of a group change
//! from one to the other: what a member of the consumer protocol is told by heartbeats, they are told
//! by a rebalance of their own.

use super::super::classic::CONSUMER;
use super::super::{Caller, Context, Effects, Settings, partitions};
use super::group::ConsumerGroup;
use super::member::{Member, MemberState};
use crate::Uuid;
use crate::protocol::messages as m;
use crate::protocol::{ConsumerProtocolSubscription, ErrorCode, decode_consumer_protocol};

/// From this version of JoinGroup on, a member is given its id before it joins (KIP-394).
const KNOWN_ID_SINCE: i16 = 4;

impl ConsumerGroup {
    /// Serves a JoinGroup.
    pub(crate) fn join(
        &mut self,
        context: &Context,
        caller: &Caller,
        settings: &Settings,
        request: &m::JoinGroupRequest,
        effects: &mut Effects,
    ) -> m::JoinGroupResponse {
        let id = match request.member_id.as_str() {
            "" => Uuid::from_random(caller.random).to_string(),
            id => id.to_owned(),
        };
        let joined = self.try_join(context, caller, settings, request, &id, effects);
        joined.unwrap_or_else(|code| m::JoinGroupResponse {
            error_code: code.code(),
            member_id: id,
            ..Default::default()
        })
    }

    fn try_join(
        &mut self,
        context: &Context,
        caller: &Caller,
        settings: &Settings,
        request: &m::JoinGroupRequest,
        id: &str,
        effects: &mut Effects,
    ) -> Result<m::JoinGroupResponse, ErrorCode> {
        if self.members.len() >= settings.consumer_max_size && !self.members.contains_key(id) {
            return Err(ErrorCode::GroupMaxSizeReached);
        }
        let is_new = request.member_id.is_empty();
        let subscription = self.check_protocols(request)?;
        if is_new && request.group_instance_id.is_none() && caller.version >= KNOWN_ID_SINCE {
            return Err(ErrorCode::MemberIdRequired);
        }
        let mut before = self.members.get(id).cloned().unwrap_or_default();
        if let Some(name) = &request.group_instance_id {
            match self.static_member(name).map(|(old, member)| (old.clone(), member.clone())) {
                Some((old, member)) if is_new => {
                    before = Member { epoch: 0, previous_epoch: 0, ..member };
                    self.replace(&old, id, &before, effects);
                }
                None if is_new => {}
                _ => self.check_instance(id, name).map_err(|refusal| refusal.code)?,
            }
        }
        let owned = subscription.owned_partitions.iter().filter_map(|own| {
            Some(m::ConsumerGroupHeartbeatTopicPartitions {
                topic_id: context.topics.get(&own.topic)?.id,
                partitions: own.partitions.clone(),
            })
        });
        let owned: Vec<_> = owned.collect();
        let mut member = before.clone();
        if request.group_instance_id.is_some() {
            member.instance_id.clone_from(&request.group_instance_id);
        }
        member.rebalance_timeout_ms = request.rebalance_timeout_ms;
        member.client_id = caller.client_id.to_owned();
        member.client_host = caller.client_host.to_owned();
        member.subscribe_classic(subscription, request.session_timeout_ms, &request.protocols);
        self.settle(context, id, &before, member, Some(&owned), effects);

        self.extend_session(context, settings, id);
        let deadlines = self.deadlines.entry(id.to_owned()).or_default();
        deadlines.join_ms = None;
        deadlines.sync_ms = Some(context.now.after(request.rebalance_timeout_ms));
        let member = self.members.get(id).unwrap_or(&before);
        Ok(m::JoinGroupResponse {
            generation_id: member.epoch,
            protocol_type: Some(CONSUMER.to_owned()),
            protocol_name: Some(member.classic_protocol().to_owned()),
            member_id: id.to_owned(),
            ..Default::default()
        })
    }

    /// The subscription of somebody who wants to join, if the others that speak the classic protocol
    /// have one of its assignors too.
    fn check_protocols(
        &self,
        request: &m::JoinGroupRequest,
    ) -> Result<ConsumerProtocolSubscription, ErrorCode> {
        let has = |name: &str| {
            let classic = self.members.values().filter_map(|member| member.classic.as_ref());
            let mut lists = classic.map(|own| &own.supported_protocols);
            lists.all(|list| list.iter().any(|own| own.name == name))
        };
        let shared = request.protocols.iter().any(|protocol| has(&protocol.name));
        let first =
            request.protocols.first().filter(|_| shared && request.protocol_type == CONSUMER);
        let read = first.map(|first| decode_consumer_protocol(first.metadata.clone()));
        match read {
            Some(Ok((_, subscription))) => Ok(subscription),
            _ => Err(ErrorCode::InconsistentGroupProtocol),
        }
    }

    /// A member that speaks the classic protocol, which must be at this generation.
    fn classic_member(
        &self,
        id: &str,
        instance_id: Option<&str>,
        generation: i32,
    ) -> Result<&Member, ErrorCode> {
        if let Some(name) = instance_id {
            self.check_instance(id, name).map_err(|refusal| refusal.code)?;
        }
        let member = self.members.get(id).filter(|member| member.classic.is_some());
        match member.ok_or(ErrorCode::UnknownMemberId)? {
            member if member.epoch == generation => Ok(member),
            _ => Err(ErrorCode::IllegalGeneration),
        }
    }

    /// Serves a SyncGroup.
    pub(crate) fn sync(
        &mut self,
        context: &Context,
        settings: &Settings,
        request: &m::SyncGroupRequest,
    ) -> Result<m::SyncGroupResponse, ErrorCode> {
        let (id, name) = (&request.member_id, request.group_instance_id.as_deref());
        let member = self.classic_member(id, name, request.generation_id)?;
        let protocol = member.classic_protocol();
        let is = |told: &Option<String>, own: &str| told.as_ref().is_none_or(|told| told == own);
        if !is(&request.protocol_type, CONSUMER) || !is(&request.protocol_name, protocol) {
            return Err(ErrorCode::InconsistentGroupProtocol);
        }
        // Who has yet to give up partitions has joined already, and will join again after that.
        if self.epoch > member.epoch && member.state != MemberState::UnrevokedPartitions {
            self.expect_join(context, id);
            return Err(ErrorCode::RebalanceInProgress);
        }
        let response = m::SyncGroupResponse {
            protocol_type: request.protocol_type.clone(),
            protocol_name: request.protocol_name.clone(),
            assignment: member.write_assignment(context, Some(&member.assigned)),
            ..Default::default()
        };
        self.extend_session(context, settings, id);
        self.deadlines.entry(id.clone()).or_default().sync_ms = None;
        Ok(response)
    }

    /// Serves a Heartbeat: REBALANCE_IN_PROGRESS tells the member to join again where it is behind,
    /// has to give up partitions, or would get more.
    pub(crate) fn heartbeat_classic(
        &mut self,
        context: &Context,
        settings: &Settings,
        request: &m::HeartbeatRequest,
    ) -> Result<(), ErrorCode> {
        let (id, name) = (&request.member_id, request.group_instance_id.as_deref());
        let member = self.classic_member(id, name, request.generation_id)?;
        let must_join = member.epoch < self.epoch
            || match member.state {
                MemberState::UnrevokedPartitions => true,
                MemberState::UnreleasedPartitions => !self.waits_for_others(id, member),
                MemberState::Stable | MemberState::Unknown => false,
            };
        self.extend_session(context, settings, id);
        if must_join {
            self.expect_join(context, id);
            return Err(ErrorCode::RebalanceInProgress);
        }
        Ok(())
    }

    /// Whether others still own what a member is to own.
    fn waits_for_others(&self, id: &str, member: &Member) -> bool {
        let target = self.targets.get(id);
        target.is_some_and(|target| {
            partitions::each(target).any(|(topic, partition)| {
                let own = partitions::contains(&member.assigned, topic, partition);
                !own && self.is_owned(topic, partition)
            })
        })
    }

    /// Puts a member out that does not join again in time.
    fn expect_join(&mut self, context: &Context, id: &str) {
        let timeout_ms = self.members.get(id).map_or(0, |member| member.rebalance_timeout_ms);
        let due_ms = context.now.after(timeout_ms);
        self.deadlines.entry(id.to_owned()).or_default().join_ms.get_or_insert(due_ms);
    }

    /// The member that a LeaveGroup means: an administrator names a static one by its name alone.
    pub(crate) fn leaving(&self, identity: &m::MemberIdentity) -> Result<String, ErrorCode> {
        let id = &identity.member_id;
        match &identity.group_instance_id {
            None if self.members.contains_key(id) => Ok(id.clone()),
            None => Err(ErrorCode::UnknownMemberId),
            Some(name) => match self.static_member(name) {
                None => Err(ErrorCode::UnknownMemberId),
                Some((current, _)) if id.is_empty() || current == id => Ok(current.clone()),
                Some(_) => Err(ErrorCode::FencedInstanceId),
            },
        }
    }
}

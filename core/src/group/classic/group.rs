//! What a classic group is: its members and what they agree on.

use bytes::Bytes;
use litemap::LiteMap;

use super::member::Member;
use crate::group::{Context, Effects};
use crate::protocol::messages as m;
use crate::protocol::{ErrorCode, Field, Reader};

/// The protocol type of consumers.
pub(crate) const CONSUMER: &str = "consumer";

/// Where a group is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum State {
    /// It has no members.
    #[default]
    Empty,
    /// It waits for its members to join.
    PreparingRebalance,
    /// It waits for the leader's assignment.
    CompletingRebalance,
    /// Each member has its assignment.
    Stable,
}

impl State {
    /// Kafka's name for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            State::Empty => "Empty",
            State::PreparingRebalance => "PreparingRebalance",
            State::CompletingRebalance => "CompletingRebalance",
            State::Stable => "Stable",
        }
    }
}

/// When the joining phase ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct JoinTimer {
    pub deadline_ms: u64,
    /// Of the first rebalance of an empty group: the delay that ends now, and how much longer the
    /// group may wait where members keep coming.
    pub initial: Option<(u64, u64)>,
}

/// An id that was given out and has not been used (KIP-394).
#[derive(Debug, Clone)]
pub(super) struct PendingMember {
    pub client_host: String,
    pub deadline_ms: u64,
}

/// A group of the classic protocol.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClassicGroup {
    pub(super) id: String,
    pub(super) state: State,
    pub(super) previous: State,
    /// When it came to its state, in milliseconds since 1970.
    pub(super) state_timestamp_ms: Option<i64>,
    /// The kind of group; `None` for one that has only committed offsets.
    pub(super) protocol_type: Option<String>,
    pub(super) protocol: Option<String>,
    pub(super) generation: i32,
    pub(super) leader: Option<String>,
    pub(super) members: LiteMap<String, Member>,
    pub(super) pending: LiteMap<String, PendingMember>,
    /// What the members are subscribed to, where that is known.
    pub(super) subscribed: Option<Vec<String>>,
    /// Whether members came during the first rebalance's delay.
    pub(super) member_added: bool,
    pub(super) join_timer: Option<JoinTimer>,
    /// When members that owe a SyncGroup are put out.
    pub(super) sync_deadline_ms: Option<u64>,
    /// Nothing is due before this.
    pub(super) due_ms: Option<u64>,
}

impl ClassicGroup {
    /// A group without members, and without a record that tells of it.
    pub(crate) fn new(id: &str, context: &Context) -> ClassicGroup {
        ClassicGroup {
            id: id.to_owned(),
            state_timestamp_ms: Some(context.now.wall_ms),
            ..ClassicGroup::default()
        }
    }

    /// A group that offsets were committed for, and of which nothing else is known.
    pub(crate) fn stored_nowhere(id: &str) -> ClassicGroup {
        ClassicGroup { id: id.to_owned(), ..ClassicGroup::default() }
    }

    pub(crate) fn is_stable(&self) -> bool {
        self.state == State::Stable
    }

    pub(crate) fn state(&self) -> State {
        self.state
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.state == State::Empty
    }

    pub(crate) fn protocol_type(&self) -> Option<&str> {
        self.protocol_type.as_deref()
    }

    pub(crate) fn state_timestamp_ms(&self) -> Option<i64> {
        self.state_timestamp_ms
    }

    /// Whether the members speak the protocol of consumers.
    pub(crate) fn is_of_consumers(&self) -> bool {
        self.protocol_type() == Some(CONSUMER)
    }

    /// Whether it is known what the members are subscribed to.
    pub(crate) fn knows_subscriptions(&self) -> bool {
        self.subscribed.is_some()
    }

    /// Whether a member is subscribed to a topic, or may be.
    pub(crate) fn is_subscribed_to(&self, topic: &str) -> bool {
        match &self.subscribed {
            Some(topics) => topics.iter().any(|own| own == topic),
            None => self.is_of_consumers(),
        }
    }

    pub(super) fn transition(&mut self, context: &Context, state: State) {
        self.previous = self.state;
        self.state = state;
        self.state_timestamp_ms = Some(context.now.wall_ms);
    }

    pub(super) fn is_leader(&self, member: &str) -> bool {
        self.leader.as_deref() == Some(member)
    }

    /// The id of the static member with this name.
    pub(super) fn static_member(&self, instance_id: &str) -> Option<&str> {
        let named = |(_, m): &(&String, &Member)| m.instance_id.as_deref() == Some(instance_id);
        self.members.iter().find(named).map(|(id, _)| id.as_str())
    }

    /// Checks that a request comes from a member, and from the one that now has the static name.
    pub(crate) fn check_member(
        &self,
        member: &str,
        instance_id: Option<&str>,
    ) -> Result<(), ErrorCode> {
        if let Some(instance_id) = instance_id {
            match self.static_member(instance_id) {
                None => return Err(ErrorCode::UnknownMemberId),
                Some(current) if current != member => return Err(ErrorCode::FencedInstanceId),
                Some(_) => {}
            }
        }
        match self.members.contains_key(member) {
            true => Ok(()),
            false => Err(ErrorCode::UnknownMemberId),
        }
    }

    /// Whether somebody with these protocols can be a member.
    pub(super) fn supports(&self, kind: &str, protocols: &[m::JoinGroupRequestProtocol]) -> bool {
        if self.is_empty() {
            return !kind.is_empty() && !protocols.is_empty();
        }
        self.protocol_type() == Some(kind) && protocols.iter().any(|p| self.all_support(&p.name))
    }

    fn all_support(&self, protocol: &str) -> bool {
        self.members.values().all(|member| member.supports(protocol))
    }

    /// The protocol with the most votes among those that all members have; each votes for the first
    /// on its list. Of equals, the one that was voted for first.
    pub(super) fn select_protocol(&self) -> Option<String> {
        let mut votes: Vec<(&str, usize)> = Vec::new();
        for member in self.members.values() {
            // Members with one list vote alike: what was found for one need not be sought again.
            let mut own = member.protocols.iter().map(|p| p.name.as_str());
            let voted = own.find(|name| {
                votes.iter().any(|(known, _)| known == name) || self.all_support(name)
            });
            let Some(voted) = voted else { continue };
            match votes.iter_mut().find(|(known, _)| *known == voted) {
                Some((_, count)) => *count += 1,
                None => votes.push((voted, 1)),
            }
        }
        let most = votes.iter().map(|(_, count)| *count).max()?;
        votes.iter().find(|(_, count)| *count == most).map(|(name, _)| (*name).to_owned())
    }

    /// The longest of its members' rebalance timeouts.
    pub(super) fn rebalance_timeout_ms(&self) -> u64 {
        self.members
            .values()
            .map(|member| member.rebalance_timeout_ms.max(0) as u64)
            .max()
            .unwrap_or(0)
    }

    pub(super) fn all_joined(&self) -> bool {
        self.pending.is_empty() && self.members.values().all(|member| member.join.is_some())
    }

    /// Takes a member in, which nothing speaks against.
    pub(super) fn add(&mut self, id: &str, kind: &str, member: Member) {
        if self.members.is_empty() {
            self.protocol_type = Some(kind.to_owned());
        }
        self.leader.get_or_insert_with(|| id.to_owned());
        self.members.insert(id.to_owned(), member);
        self.pending.remove(id);
    }

    /// Takes a member out, pending or not; whoever waits for an answer must have got it.
    pub(super) fn remove(&mut self, id: &str) -> Option<Member> {
        self.pending.remove(id);
        let removed = self.members.remove(id);
        if self.is_leader(id) {
            self.leader = self.members.keys().next().cloned();
        }
        removed
    }

    /// Takes a member out, and tells it if it waits: it may be alive, and will join anew.
    pub(super) fn put_out(&mut self, id: &str, effects: &mut Effects) {
        if let Some(member) = self.remove(id) {
            if let Some(ticket) = member.join {
                effects.refuse_join(ticket, "", ErrorCode::UnknownMemberId);
            }
            if let Some(ticket) = member.sync {
                effects.refuse_sync(ticket, ErrorCode::UnknownMemberId);
            }
        }
    }

    /// Notes a time at which something is due.
    pub(super) fn due_in(&mut self, context: &Context, after_ms: u64) -> u64 {
        let at = context.now.monotonic_ms.saturating_add(after_ms);
        self.due_ms = Some(self.due_ms.map_or(at, |due| due.min(at)));
        at
    }

    /// Lets a member's session last `after_ms` from now.
    pub(super) fn extend(&mut self, context: &Context, id: &str, after_ms: u64) {
        let deadline = self.due_in(context, after_ms);
        if let Some(member) = self.members.get_mut(id) {
            member.deadline_ms = Some(deadline);
        }
    }

    /// Lets a member's session last its session timeout from now.
    pub(crate) fn extend_session(&mut self, context: &Context, id: &str) {
        let timeout = self.members.get(id).map_or(0, |member| member.session_timeout_ms);
        self.extend(context, id, timeout.max(0) as u64);
    }

    /// What the members are subscribed to. `None` where that is not known: of members that are not
    /// consumers, or whose metadata does not parse.
    pub(super) fn read_subscriptions(&self) -> Option<Vec<String>> {
        if !self.is_of_consumers() {
            return None;
        }
        let mut all = Vec::new();
        for member in self.members.values() {
            let protocol = self.protocol.as_deref()?;
            for topic in subscription(member.metadata(Some(protocol)))? {
                if !all.contains(&topic) {
                    all.push(topic);
                }
            }
        }
        Some(all)
    }

    /// The members, as the leader is told of them.
    pub(super) fn member_list(&self) -> Vec<m::JoinGroupResponseMember> {
        let protocol = self.protocol.as_deref();
        let list = self.members.iter().map(|(id, member)| m::JoinGroupResponseMember {
            member_id: id.clone(),
            group_instance_id: member.instance_id.clone(),
            metadata: member.metadata(protocol),
        });
        list.collect()
    }

    /// The generation, as a member is told of it.
    pub(super) fn joined(&self, member: &str) -> m::JoinGroupResponse {
        m::JoinGroupResponse {
            generation_id: self.generation,
            protocol_type: self.protocol_type.clone(),
            protocol_name: self.protocol.clone(),
            leader: self.leader.clone().unwrap_or_default(),
            member_id: member.to_owned(),
            members: if self.is_leader(member) { self.member_list() } else { Vec::new() },
            ..Default::default()
        }
    }

    /// The group as DescribeGroups shows it.
    pub(crate) fn describe(&self) -> m::DescribedGroup {
        let protocol = self.protocol.as_deref().filter(|_| self.state == State::Stable);
        m::DescribedGroup {
            group_id: self.id.clone(),
            group_state: self.state.name().to_owned(),
            protocol_type: self.protocol_type.clone().unwrap_or_default(),
            protocol_data: protocol.unwrap_or_default().to_owned(),
            members: self.members.iter().map(|(id, own)| own.describe(id, protocol)).collect(),
            ..Default::default()
        }
    }
}

/// The topics of a consumer's metadata. Every version of it begins with those of version 0.
fn subscription(metadata: Bytes) -> Option<Vec<String>> {
    let mut from = Reader::new(metadata, 0, false);
    let _version = i16::parse(&mut from);
    let topics = Field::parse(&mut from);
    from.check().ok().map(|()| topics)
}

//! What a classic group is when it becomes a consumer group, or was one (KIP-848).

use litemap::LiteMap;

use super::group::{CONSUMER, ClassicGroup, State};
use super::member::Member;
use crate::group::{Context, Effects, Settings};

impl ClassicGroup {
    pub(crate) fn members(&self) -> &LiteMap<String, Member> {
        &self.members
    }

    pub(crate) fn generation(&self) -> i32 {
        self.generation
    }

    /// The assignor that the members agreed on last.
    pub(crate) fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }

    /// A group of these consumers, which were members of a consumer group until now and have to join
    /// again.
    pub(crate) fn of_consumers(
        id: &str,
        generation: i32,
        members: LiteMap<String, Member>,
        context: &Context,
        settings: &Settings,
        effects: &mut Effects,
    ) -> ClassicGroup {
        let mut group = ClassicGroup {
            id: id.to_owned(),
            state: State::Stable,
            state_timestamp_ms: Some(context.now.wall_ms),
            protocol_type: Some(CONSUMER.to_owned()),
            generation,
            leader: members.keys().next().cloned(),
            members,
            ..ClassicGroup::default()
        };
        group.protocol = group.select_protocol();
        group.subscribed = group.read_subscriptions();
        effects.records.push(group.record());
        let ids: Vec<String> = group.members.keys().cloned().collect();
        ids.iter().for_each(|id| group.extend_session(context, id));
        group.prepare_rebalance(context, settings, effects);
        group
    }
}

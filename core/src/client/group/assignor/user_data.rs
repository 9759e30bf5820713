//! What the sticky assignors add to a member's subscription: what it had, and since when.

use std::sync::Arc;

use bytes::Bytes;

use super::super::partitions::by_topic;
use super::{GroupMember, TopicPartition};
use crate::protocol::{Field, Reader, Writer};

message! {
    /// What the sticky assignor tells of a member (version 0 without the generation, KIP-341).
    struct StickyUserData {
        previous_assignment: Vec<StickyTopic>,
        generation: i32 [1..] = -1,
    }

    struct StickyTopic {
        topic: String,
        partitions: Vec<i32>,
    }
}

/// What a member had, and the generation in which it had that, where it says so.
pub(super) type Previous = (Vec<TopicPartition>, Option<i32>);

/// What the sticky assignor is to know of a member at the next assignment.
pub(in super::super::super) fn sticky_user_data(
    assigned: &[TopicPartition],
    generation: i32,
) -> Bytes {
    let topic = |(topic, partitions): (Arc<str>, Vec<i32>)| StickyTopic {
        topic: topic.to_string(),
        partitions,
    };
    let previous_assignment = by_topic(assigned).into_iter().map(topic).collect();
    let mut out = Writer::new(Vec::new(), 1, false);
    StickyUserData { previous_assignment, generation }.write(&mut out);
    out.into_inner().into()
}

/// What the cooperative sticky assignor adds: the generation of the last assignment.
pub(in super::super::super) fn generation_user_data(generation: i32) -> Bytes {
    generation.to_be_bytes().to_vec().into()
}

/// What a member of the sticky assignor had. That assignor is eager: its members give everything up
/// before they join, and so only the user data tells.
pub(super) fn previous_sticky(member: &GroupMember) -> Previous {
    let Some(bytes) = member.user_data.clone().filter(|bytes| !bytes.is_empty()) else {
        return (Vec::new(), None);
    };
    let read = |version| {
        let mut from = Reader::new(bytes.clone(), version, false);
        let data = StickyUserData::parse(&mut from);
        from.check().is_ok().then_some(data)
    };
    let (data, tells) = match (read(1), read(0)) {
        (Some(data), _) => (data, true),
        (None, Some(data)) => (data, false),
        // As Java does, so that a member whose data makes no sense only loses its claims.
        (None, None) => return (Vec::new(), Some(-1)),
    };
    let mut had = Vec::new();
    for topic in data.previous_assignment {
        let name: Arc<str> = topic.topic.into();
        had.extend(topic.partitions.into_iter().map(|partition| (name.clone(), partition)));
    }
    (had, tells.then_some(data.generation))
}

/// What a member of the cooperative sticky assignor has.
pub(super) fn previous_cooperative(member: &GroupMember) -> Previous {
    let generation = match (&member.user_data, member.generation_id) {
        (_, generation @ 0..) => Some(generation),
        (None, _) => None,
        (Some(bytes), _) => Some(bytes.first_chunk().map_or(-1, |b| i32::from_be_bytes(*b))),
    };
    (member.owned_partitions.clone(), generation)
}

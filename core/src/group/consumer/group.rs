//! What a consumer group is.

use litemap::LiteMap;

use super::super::partitions::{self, TopicPartitions};
use super::super::{Effects, assignor};
use super::member::Member;
use crate::Uuid;
use crate::protocol::ErrorCode;

/// What a regular expression stands for.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct ResolvedRegex {
    /// The topics that match, in order.
    pub topics: Vec<String>,
}

/// When something happens to a member, on the monotonic clock.
#[derive(Debug, Clone, Default)]
pub(super) struct Deadlines {
    /// Its session ends.
    pub session_ms: u64,
    /// It has had enough time to give up partitions.
    pub rebalance_ms: Option<u64>,
    /// It has had enough time to join again, if it speaks the classic protocol.
    pub join_ms: Option<u64>,
    /// It has had enough time to ask for its assignment, if it speaks the classic protocol.
    pub sync_ms: Option<u64>,
}

/// A group of the consumer protocol.
#[derive(Debug, Default)]
pub(crate) struct ConsumerGroup {
    pub(super) id: String,
    /// Grows whenever the members, their subscriptions or the topics change.
    pub(super) epoch: i32,
    /// Tells whether the topics have changed; see [`super::subscription`].
    pub(super) metadata_hash: i64,
    /// The epoch for which the targets were made.
    pub(super) target_epoch: i32,
    pub(super) members: LiteMap<String, Member>,
    /// What each member is to own.
    pub(super) targets: LiteMap<String, TopicPartitions>,
    pub(super) regexes: LiteMap<String, ResolvedRegex>,
    pub(super) deadlines: LiteMap<String, Deadlines>,
    /// What [`crate::topic::Topics::changes`] was when the topics were last looked at.
    pub(super) seen_changes: Option<u64>,
}

impl ConsumerGroup {
    /// A group without members, of which nothing is stored.
    pub(crate) fn new(id: &str) -> ConsumerGroup {
        ConsumerGroup { id: id.to_owned(), ..ConsumerGroup::default() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Kafka's name for where the group is in its life.
    pub(crate) fn state(&self) -> &'static str {
        let reconciled = |member: &Member| member.is_reconciled_to(self.target_epoch);
        if self.members.is_empty() {
            "Empty"
        } else if self.epoch > self.target_epoch {
            "Assigning"
        } else if self.members.values().all(reconciled) {
            "Stable"
        } else {
            "Reconciling"
        }
    }

    /// The static member with this name, with its id.
    pub(super) fn static_member(&self, instance_id: &str) -> Option<(&String, &Member)> {
        let is_it = |member: &Member| member.instance_id.as_deref() == Some(instance_id);
        self.members.iter().find(|(_, member)| is_it(member))
    }

    /// Whether a member owns a partition, if only until it has given it up.
    pub(super) fn is_owned(&self, topic: Uuid, partition: i32) -> bool {
        self.members.values().any(|member| {
            partitions::contains(&member.assigned, topic, partition)
                || partitions::contains(&member.pending_revocation, topic, partition)
        })
    }

    /// The assignor that most members want; the broker's first one where they do not care.
    pub(super) fn assignor(&self) -> &'static str {
        let votes = |name: &str| {
            let wants = |member: &&Member| member.server_assignor.as_deref() == Some(name);
            self.members.values().filter(wants).count()
        };
        let [first, others @ ..] = assignor::ASSIGNORS;
        others
            .into_iter()
            .fold(first, |best, name| if votes(name) > votes(best) { name } else { best })
    }

    /// Checks that the group takes offsets from a client, which may be none of its members.
    pub(crate) fn check_commit(
        &self,
        version: i16,
        member_id: &str,
        epoch: i32,
    ) -> Result<(), ErrorCode> {
        /// The first version in which members tell their epochs.
        const EPOCHS_SINCE: i16 = 9;
        if epoch < 0 && self.is_empty() {
            return Ok(());
        }
        match self.members.get(member_id) {
            None => Err(ErrorCode::UnknownMemberId),
            Some(member) if version < EPOCHS_SINCE && member.classic.is_none() => {
                Err(ErrorCode::UnsupportedVersion)
            }
            Some(member) => check_epoch(member, epoch),
        }
    }

    /// Checks that the group tells a client its offsets; who is no member is told in any case.
    pub(crate) fn check_fetch(&self, member_id: Option<&str>, epoch: i32) -> Result<(), ErrorCode> {
        match member_id {
            None if epoch < 0 => Ok(()),
            id => {
                let member = id.and_then(|id| self.members.get(id));
                check_epoch(member.ok_or(ErrorCode::UnknownMemberId)?, epoch)
            }
        }
    }

    /// Tells what of the group is stored that it is no more. Only groups without members are
    /// removed.
    pub(crate) fn remove(&self, effects: &mut Effects) {
        self.write_no_targets(effects);
        self.regexes.keys().for_each(|regex| self.write_no_regex(regex, effects));
        self.write_no_group(effects);
    }
}

fn check_epoch(member: &Member, epoch: i32) -> Result<(), ErrorCode> {
    match member.classic {
        _ if member.epoch == epoch => Ok(()),
        Some(_) => Err(ErrorCode::IllegalGeneration),
        None => Err(ErrorCode::StaleMemberEpoch),
    }
}

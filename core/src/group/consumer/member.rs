//! A member of a consumer group.

use super::super::partitions::TopicPartitions;
use super::super::record::{
    ConsumerGroupCurrentMemberAssignmentValue, ConsumerGroupMemberMetadataValue,
    RecordClassicMemberMetadata,
};
use super::super::{Caller, partitions};
use crate::protocol::messages::ConsumerGroupHeartbeatRequest;
use crate::sort::sort;

/// How far a member is with its reconciliation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum MemberState {
    /// It owns its target, as far as it has heard of it.
    #[default]
    Stable,
    /// It has to give up partitions before it can come to the next epoch.
    UnrevokedPartitions,
    /// It is at its epoch and waits for partitions that others have to give up.
    UnreleasedPartitions,
    /// A newer release wrote a state that this one does not know.
    Unknown,
}

impl MemberState {
    fn code(self) -> i8 {
        match self {
            MemberState::Stable => 0,
            MemberState::UnrevokedPartitions => 1,
            MemberState::UnreleasedPartitions => 2,
            MemberState::Unknown => 127,
        }
    }

    fn from_code(code: i8) -> MemberState {
        match code {
            0 => MemberState::Stable,
            1 => MemberState::UnrevokedPartitions,
            2 => MemberState::UnreleasedPartitions,
            _ => MemberState::Unknown,
        }
    }
}

/// A member. Its id is its key in the group.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member {
    pub epoch: i32,
    /// Its epoch before, which it still names if it has not got the response that told it.
    pub previous_epoch: i32,
    pub state: MemberState,
    /// The name of a static member (KIP-345).
    pub instance_id: Option<String>,
    pub rack_id: Option<String>,
    pub client_id: String,
    pub client_host: String,
    /// The topics that it subscribes to, in order.
    pub topics: Vec<String>,
    /// The pattern of topics that it subscribes to; empty for none any more.
    pub regex: Option<String>,
    /// How long it may take to give up partitions, −1 where it has not told.
    pub rebalance_timeout_ms: i32,
    pub server_assignor: Option<String>,
    /// What there is of it besides if it speaks the classic protocol.
    pub classic: Option<RecordClassicMemberMetadata>,
    /// What it owns.
    pub assigned: TopicPartitions,
    /// What it still owns and has to give up.
    pub pending_revocation: TopicPartitions,
}

impl Default for Member {
    fn default() -> Member {
        Member {
            epoch: 0,
            previous_epoch: -1,
            state: MemberState::Stable,
            instance_id: None,
            rack_id: None,
            client_id: String::new(),
            client_host: String::new(),
            topics: Vec::new(),
            regex: None,
            rebalance_timeout_ms: -1,
            server_assignor: None,
            classic: None,
            assigned: TopicPartitions::new_vec(),
            pending_revocation: TopicPartitions::new_vec(),
        }
    }
}

impl Member {
    /// The pattern that it subscribes to, if any.
    pub(crate) fn regex(&self) -> Option<&str> {
        self.regex.as_deref().filter(|regex| !regex.is_empty())
    }

    /// Whether it owns its target of this epoch.
    pub(crate) fn is_reconciled_to(&self, epoch: i32) -> bool {
        self.state == MemberState::Stable && self.epoch == epoch
    }

    /// Whether both subscribe to the same.
    pub(crate) fn subscribes_like(&self, other: &Member) -> bool {
        self.topics == other.topics && self.regex() == other.regex()
    }

    /// Subscribes to these topics.
    pub(crate) fn set_topics(&mut self, mut names: Vec<String>) {
        sort(&mut names);
        names.dedup();
        self.topics = names;
    }

    /// Takes over what a heartbeat tells; what it leaves out has not changed.
    pub(crate) fn update(&mut self, caller: &Caller, request: &ConsumerGroupHeartbeatRequest) {
        let keep = |new: &Option<String>, old: &mut Option<String>| {
            if new.is_some() {
                old.clone_from(new);
            }
        };
        keep(&request.instance_id, &mut self.instance_id);
        keep(&request.rack_id, &mut self.rack_id);
        keep(&request.server_assignor, &mut self.server_assignor);
        keep(&request.subscribed_topic_regex, &mut self.regex);
        if request.rebalance_timeout_ms != -1 {
            self.rebalance_timeout_ms = request.rebalance_timeout_ms;
        }
        if let Some(names) = &request.subscribed_topic_names {
            self.set_topics(names.clone());
        }
        self.client_id = caller.client_id.to_owned();
        self.client_host = caller.client_host.to_owned();
        self.classic = None;
    }

    /// What a record tells of who it is and what it wants.
    pub(crate) fn set_metadata(&mut self, value: ConsumerGroupMemberMetadataValue) {
        self.instance_id = value.instance_id;
        self.rack_id = value.rack_id;
        self.client_id = value.client_id;
        self.client_host = value.client_host;
        self.set_topics(value.subscribed_topic_names);
        self.regex = value.subscribed_topic_regex;
        self.rebalance_timeout_ms = value.rebalance_timeout_ms;
        self.server_assignor = value.server_assignor;
        self.classic = value.classic_member_metadata;
    }

    pub(crate) fn metadata(&self) -> ConsumerGroupMemberMetadataValue {
        ConsumerGroupMemberMetadataValue {
            instance_id: self.instance_id.clone(),
            rack_id: self.rack_id.clone(),
            client_id: self.client_id.clone(),
            client_host: self.client_host.clone(),
            subscribed_topic_names: self.topics.clone(),
            subscribed_topic_regex: self.regex.clone(),
            rebalance_timeout_ms: self.rebalance_timeout_ms,
            server_assignor: self.server_assignor.clone(),
            classic_member_metadata: self.classic.clone(),
        }
    }

    /// What a record tells of what it owns.
    pub(crate) fn set_current(&mut self, value: ConsumerGroupCurrentMemberAssignmentValue) {
        self.epoch = value.member_epoch;
        self.previous_epoch = value.previous_member_epoch;
        self.state = MemberState::from_code(value.state);
        self.assigned = partitions::from_record(value.assigned_partitions);
        self.pending_revocation = partitions::from_record(value.partitions_pending_revocation);
    }

    pub(crate) fn current(&self) -> ConsumerGroupCurrentMemberAssignmentValue {
        ConsumerGroupCurrentMemberAssignmentValue {
            member_epoch: self.epoch,
            previous_member_epoch: self.previous_epoch,
            state: self.state.code(),
            assigned_partitions: partitions::to_record(&self.assigned),
            partitions_pending_revocation: partitions::to_record(&self.pending_revocation),
        }
    }
}

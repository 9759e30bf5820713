//! What is stored of a consumer group, written and read back.

use bytes::Bytes;

use super::super::record::{
    self, ConsumerGroupMetadataValue, ConsumerGroupRegularExpressionValue,
    ConsumerGroupTargetAssignmentMemberValue, ConsumerGroupTargetAssignmentMetadataValue,
    RecordKey,
};
use super::super::{Context, Effects, partitions};
use super::group::{ConsumerGroup, ResolvedRegex};
use super::member::Member;
use crate::protocol::DecodeError;

impl ConsumerGroup {
    fn group(&self) -> String {
        self.id.clone()
    }

    fn group_key(&self) -> RecordKey {
        RecordKey::ConsumerGroupMetadata { group: self.group() }
    }

    fn member_key(&self, member: &str) -> RecordKey {
        RecordKey::ConsumerGroupMemberMetadata { group: self.group(), member: member.to_owned() }
    }

    fn targets_key(&self) -> RecordKey {
        RecordKey::ConsumerGroupTargetAssignmentMetadata { group: self.group() }
    }

    fn target_key(&self, member: &str) -> RecordKey {
        let member = member.to_owned();
        RecordKey::ConsumerGroupTargetAssignmentMember { group: self.group(), member }
    }

    fn current_key(&self, member: &str) -> RecordKey {
        let member = member.to_owned();
        RecordKey::ConsumerGroupCurrentMemberAssignment { group: self.group(), member }
    }

    fn regex_key(&self, regex: &str) -> RecordKey {
        let regex = regex.to_owned();
        RecordKey::ConsumerGroupRegularExpression { group: self.group(), regex }
    }

    pub(super) fn write_group(&self, effects: &mut Effects) {
        let value =
            ConsumerGroupMetadataValue { epoch: self.epoch, metadata_hash: self.metadata_hash };
        effects.records.push(record::record(&self.group_key(), &value));
    }

    pub(super) fn write_no_group(&self, effects: &mut Effects) {
        effects.records.push(record::tombstone(&self.group_key()));
    }

    pub(super) fn write_member(&self, id: &str, member: &Member, effects: &mut Effects) {
        effects.records.push(record::record(&self.member_key(id), &member.metadata()));
    }

    pub(super) fn write_current(&self, id: &str, member: &Member, effects: &mut Effects) {
        effects.records.push(record::record(&self.current_key(id), &member.current()));
    }

    pub(super) fn write_no_member(&self, id: &str, effects: &mut Effects) {
        for key in [self.current_key(id), self.target_key(id), self.member_key(id)] {
            effects.records.push(record::tombstone(&key));
        }
    }

    pub(super) fn write_target(&self, id: &str, effects: &mut Effects) {
        let target = self.targets.get(id);
        let topic_partitions = target.map(partitions::to_record).unwrap_or_default();
        let value = ConsumerGroupTargetAssignmentMemberValue { topic_partitions };
        effects.records.push(record::record(&self.target_key(id), &value));
    }

    pub(super) fn write_targets(&self, effects: &mut Effects) {
        let value =
            ConsumerGroupTargetAssignmentMetadataValue { assignment_epoch: self.target_epoch };
        effects.records.push(record::record(&self.targets_key(), &value));
    }

    pub(super) fn write_no_targets(&self, effects: &mut Effects) {
        effects.records.push(record::tombstone(&self.targets_key()));
    }

    pub(super) fn write_regex(&self, context: &Context, regex: &str, effects: &mut Effects) {
        let topics = self.regexes.get(regex).map(|resolved| resolved.topics.clone());
        let value = ConsumerGroupRegularExpressionValue {
            topics: topics.unwrap_or_default(),
            version: context.topics.changes() as i64,
            timestamp: context.now.wall_ms,
        };
        effects.records.push(record::record(&self.regex_key(regex), &value));
    }

    pub(super) fn write_no_regex(&self, regex: &str, effects: &mut Effects) {
        effects.records.push(record::tombstone(&self.regex_key(regex)));
    }

    /// Applies a record that is about more than the group as a whole not being there any more.
    ///
    /// # Errors
    /// Where the value does not parse; nothing changes then.
    pub(crate) fn replay(
        &mut self,
        key: RecordKey,
        value: Option<Bytes>,
    ) -> Result<(), DecodeError> {
        use RecordKey::*;
        match (key, value) {
            (ConsumerGroupMetadata { .. }, Some(value)) => {
                let value: ConsumerGroupMetadataValue = record::decode_value(value)?;
                (self.epoch, self.metadata_hash) = (value.epoch, value.metadata_hash);
            }
            (ConsumerGroupMemberMetadata { member, .. }, Some(value)) => {
                let value = record::decode_value(value)?;
                self.members.entry(member).or_default().set_metadata(value);
            }
            (ConsumerGroupMemberMetadata { member, .. }, None) => {
                drop(self.members.remove(&member))
            }
            (ConsumerGroupTargetAssignmentMetadata { .. }, Some(value)) => {
                let value: ConsumerGroupTargetAssignmentMetadataValue =
                    record::decode_value(value)?;
                self.target_epoch = value.assignment_epoch;
            }
            (ConsumerGroupTargetAssignmentMetadata { .. }, None) => self.target_epoch = -1,
            (ConsumerGroupTargetAssignmentMember { member, .. }, Some(value)) => {
                let value: ConsumerGroupTargetAssignmentMemberValue = record::decode_value(value)?;
                self.targets.insert(member, partitions::from_record(value.topic_partitions));
            }
            (ConsumerGroupTargetAssignmentMember { member, .. }, None) => {
                self.targets.remove(&member);
            }
            (ConsumerGroupCurrentMemberAssignment { member, .. }, Some(value)) => {
                let value = record::decode_value(value)?;
                self.members.entry(member).or_default().set_current(value);
            }
            (ConsumerGroupCurrentMemberAssignment { member, .. }, None) => {
                if let Some(member) = self.members.get_mut(&member) {
                    let nothing = Member::default().current();
                    member.set_current(nothing);
                }
            }
            (ConsumerGroupRegularExpression { regex, .. }, Some(value)) => {
                let value: ConsumerGroupRegularExpressionValue = record::decode_value(value)?;
                self.regexes.insert(regex, ResolvedRegex { topics: value.topics });
            }
            (ConsumerGroupRegularExpression { regex, .. }, None) => {
                drop(self.regexes.remove(&regex))
            }
            (ConsumerGroupMetadata { .. } | GroupMetadata { .. } | OffsetCommit { .. }, _) => {}
        }
        Ok(())
    }
}

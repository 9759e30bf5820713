//! Keys: what a record is about.

use bytes::Bytes;

use crate::protocol::{DecodeError, Field, Reader, Writer};

/// What a record is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RecordKey {
    /// A committed offset.
    OffsetCommit { group: String, topic: String, partition: i32 },
    /// A group of the classic protocol, its members included.
    GroupMetadata { group: String },
    /// A consumer group's epoch.
    ConsumerGroupMetadata { group: String },
    /// A member of a consumer group.
    ConsumerGroupMemberMetadata { group: String, member: String },
    /// The epoch of a consumer group's target assignment.
    ConsumerGroupTargetAssignmentMetadata { group: String },
    /// What a member of a consumer group is to own.
    ConsumerGroupTargetAssignmentMember { group: String, member: String },
    /// What a member of a consumer group owns, and how far it is with its reconciliation.
    ConsumerGroupCurrentMemberAssignment { group: String, member: String },
    /// The topics that a regular expression stands for.
    ConsumerGroupRegularExpression { group: String, regex: String },
}

impl RecordKey {
    /// The group that the record is of.
    pub(crate) fn group(&self) -> &str {
        use RecordKey::*;
        match self {
            OffsetCommit { group, .. }
            | GroupMetadata { group }
            | ConsumerGroupMetadata { group }
            | ConsumerGroupMemberMetadata { group, .. }
            | ConsumerGroupTargetAssignmentMetadata { group }
            | ConsumerGroupTargetAssignmentMember { group, .. }
            | ConsumerGroupCurrentMemberAssignment { group, .. }
            | ConsumerGroupRegularExpression { group, .. } => group,
        }
    }

    /// Writes the key.
    pub(crate) fn encode(&self) -> Bytes {
        use RecordKey::*;
        let (kind, group, second): (i16, _, _) = match self {
            OffsetCommit { group, topic, .. } => (1, group, Some(topic)),
            GroupMetadata { group } => (2, group, None),
            ConsumerGroupMetadata { group } => (3, group, None),
            ConsumerGroupMemberMetadata { group, member } => (5, group, Some(member)),
            ConsumerGroupTargetAssignmentMetadata { group } => (6, group, None),
            ConsumerGroupTargetAssignmentMember { group, member } => (7, group, Some(member)),
            ConsumerGroupCurrentMemberAssignment { group, member } => (8, group, Some(member)),
            ConsumerGroupRegularExpression { group, regex } => (16, group, Some(regex)),
        };
        let mut out = Writer::new(Vec::new(), 0, false);
        kind.write(&mut out);
        group.write(&mut out);
        if let Some(second) = second {
            second.write(&mut out);
        }
        if let OffsetCommit { partition, .. } = self {
            partition.write(&mut out);
        }
        out.into_inner().into()
    }

    /// Reads a key; `None` where its type is not known.
    pub(crate) fn decode(key: Bytes) -> Result<Option<RecordKey>, DecodeError> {
        use RecordKey::*;
        let from = &mut Reader::new(key, 0, false);
        let kind = i16::parse(from);
        from.check()?;
        if !matches!(kind, 1..=3 | 5..=8 | 16) {
            return Ok(None);
        }
        let group = String::parse(from);
        let second =
            if matches!(kind, 1 | 5 | 7 | 8 | 16) { String::parse(from) } else { String::new() };
        let key = match kind {
            1 => OffsetCommit { group, topic: second, partition: i32::parse(from) },
            2 => GroupMetadata { group },
            3 => ConsumerGroupMetadata { group },
            5 => ConsumerGroupMemberMetadata { group, member: second },
            6 => ConsumerGroupTargetAssignmentMetadata { group },
            7 => ConsumerGroupTargetAssignmentMember { group, member: second },
            8 => ConsumerGroupCurrentMemberAssignment { group, member: second },
            _ => ConsumerGroupRegularExpression { group, regex: second },
        };
        from.check()?;
        Ok(Some(key))
    }
}

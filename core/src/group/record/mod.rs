//! The records of `__consumer_offsets`, with the keys, values and versions of Kafka 4.1.
//!
//! A key is its type as an int16 and then its fields, a value its version as an int16 and then its
//! fields. A record without a value is a tombstone: what the key names is no more.
//!
//! Kafka 4.1 no longer writes ConsumerGroupPartitionMetadata (type 4), since a hash in
//! ConsumerGroupMetadata tells whether topics have changed (KIP-1101), nor the offset key's type 0;
//! they are skipped like any type that is not known.

mod classic;
mod consumer;
mod key;
mod offset;
#[cfg(test)]
mod tests;

use bytes::Bytes;

pub(crate) use self::classic::{GroupMetadataMember, GroupMetadataValue};
pub(crate) use self::consumer::{
    ConsumerGroupCurrentMemberAssignmentValue, ConsumerGroupMemberMetadataValue,
    ConsumerGroupMetadataValue, ConsumerGroupRegularExpressionValue,
    ConsumerGroupTargetAssignmentMemberValue, ConsumerGroupTargetAssignmentMetadataValue,
    RecordClassicMemberMetadata, RecordClassicProtocol, RecordTopicPartitions,
};
pub(crate) use self::key::RecordKey;
pub(crate) use self::offset::OffsetCommitValue;
use super::CoordinatorRecord;
use crate::protocol::{DecodeError, Field, Reader, Writer};

/// The value of a record.
pub(crate) trait RecordValue: Field {
    /// The newest version that can be read; the oldest is 0.
    const NEWEST: i16;
    /// The first flexible version.
    const FLEXIBLE_FROM: i16;

    /// The version in which Kafka writes it.
    fn version(&self) -> i16;
}

/// Writes a record.
pub(crate) fn record(key: &RecordKey, value: &impl RecordValue) -> CoordinatorRecord {
    CoordinatorRecord {
        group: key.group().to_owned(),
        key: key.encode(),
        value: Some(encode_value(value, value.version())),
    }
}

/// Writes a tombstone.
pub(crate) fn tombstone(key: &RecordKey) -> CoordinatorRecord {
    CoordinatorRecord { group: key.group().to_owned(), key: key.encode(), value: None }
}

fn encode_value<V: RecordValue>(value: &V, version: i16) -> Bytes {
    let mut out = Writer::new(Vec::new(), version, version >= V::FLEXIBLE_FROM);
    version.write(&mut out);
    value.write(&mut out);
    out.into_inner().into()
}

/// Reads a value. A version that is not known is refused, as Kafka refuses it: there is no telling
/// what it would leave out.
pub(crate) fn decode_value<V: RecordValue>(bytes: Bytes) -> Result<V, DecodeError> {
    let mut from = Reader::new(bytes, 0, false);
    let version = i16::read(&mut from)?;
    if !(0..=V::NEWEST).contains(&version) {
        return Err(DecodeError::UnknownVersion(version));
    }
    from.version = version;
    from.flexible = version >= V::FLEXIBLE_FROM;
    V::read(&mut from)
}

//! What consumers of the classic protocol tell each other through the coordinator, which does not
//! look at it: subscriptions in JoinGroup, assignments in SyncGroup. KIP-429 (owned partitions),
//! KIP-792 (generation), KIP-881 (rack).
//!
//! A version precedes the fields. A version that nobody knows yet is read as the newest one, for
//! versions may only add fields at the end.

use bytes::Bytes;

use super::field::Field;
use super::wire::{DecodeError, Reader, Writer};

/// The newest version of both.
const NEWEST: i16 = 3;

message! {
    /// What a member wants.
    struct ConsumerProtocolSubscription {
        /// The topics that it subscribes to.
        topics: Vec<String>,
        /// What its assignor tells the leader's.
        user_data: Option<Bytes>,
        /// The partitions that it owns; a cooperative assignor's members tell.
        owned_partitions: Vec<ConsumerProtocolTopicPartition> [1..],
        /// The generation in which it got them, −1 where unknown.
        generation_id: i32 [2..] = -1,
        /// Its rack.
        rack_id: Option<String> [3..],
    }

    /// What a member gets.
    struct ConsumerProtocolAssignment {
        /// The partitions.
        assigned_partitions: Vec<ConsumerProtocolTopicPartition>,
        /// What the leader's assignor tells the member's.
        user_data: Option<Bytes>,
    }

    /// Partitions of a topic.
    struct ConsumerProtocolTopicPartition {
        /// The topic.
        topic: String,
        /// The partitions.
        partitions: Vec<i32>,
    }
}

/// Writes a subscription or an assignment in a version from 0 to 3.
pub fn encode_consumer_protocol(value: &impl Field, version: i16) -> Bytes {
    let mut out = Writer::new(Vec::new(), version, false);
    version.write(&mut out);
    value.write(&mut out);
    out.into_inner().into()
}

/// Reads a subscription or an assignment: its version, as it was written, and its fields. Bytes
/// behind them belong to newer versions and are skipped.
pub fn decode_consumer_protocol<T: Field>(bytes: Bytes) -> Result<(i16, T), DecodeError> {
    let mut from = Reader::new(bytes, 0, false);
    let version = i16::read(&mut from)?;
    if version < 0 {
        return Err(DecodeError::UnknownVersion(version));
    }
    from.version = version.min(NEWEST);
    Ok((version, T::read(&mut from)?))
}

//! Committed offsets.

use super::RecordValue;
use crate::Uuid;

message! {
    /// A committed offset.
    struct OffsetCommitValue {
        /// The offset to go on from.
        offset: i64,
        /// The epoch of the last record that was read, −1 where unknown.
        leader_epoch: i32 [3..] = -1,
        /// Whatever the client wants to keep with it.
        metadata: String,
        /// When it was committed, in milliseconds since the epoch.
        commit_timestamp: i64,
        /// When it expires, −1 for what the broker's setting says.
        expire_timestamp: i64 [1..=1] = -1,
        /// The topic's id, zero where unknown.
        topic_id: Uuid [4.., tag 0],
    }
}

impl RecordValue for OffsetCommitValue {
    const NEWEST: i16 = 4;
    const FLEXIBLE_FROM: i16 = 4;

    /// Only version 1 has a time of expiry of its own.
    fn version(&self) -> i16 {
        if self.expire_timestamp >= 0 { 1 } else { 4 }
    }
}

//! What can go wrong for a caller: each error says what happened and what to do about it.

use crate::protocol::{ApiKey, DecodeError, ErrorCode};
use crate::record::RecordError;

/// Why a command of a client did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// A broker refused.
    #[error("{context}: the broker answered {} ({api:?}){}", code.name(), because(message))]
    Broker {
        /// The broker's error.
        code: ErrorCode,
        /// The request that it answers.
        api: ApiKey,
        /// What was wanted, such as `produce to orders-3`.
        context: String,
        /// What the broker says about it, where it says anything.
        message: Option<String>,
    },
    /// No connection, or one that was lost before the answer came.
    #[error("no connection to {address}: {reason}; check that a broker listens there")]
    Connection {
        /// Whereto.
        address: String,
        /// Why.
        reason: String,
    },
    /// No answer in time.
    #[error("{what}: no answer within {timeout_ms} ms; the broker may be overloaded or gone")]
    Timeout {
        /// What was wanted.
        what: String,
        /// How long it was waited for.
        timeout_ms: u64,
    },
    /// The records do not fit beside those that wait to be sent. None of them was taken.
    #[error(
        "the producer's buffer is full: {wanted_bytes} bytes wanted, {free_bytes} of \
         {buffer_memory_bytes} free; wait for earlier sends, or raise buffer_memory_bytes"
    )]
    BufferFull {
        /// What the records need.
        wanted_bytes: usize,
        /// What there is.
        free_bytes: usize,
        /// The bound.
        buffer_memory_bytes: usize,
    },
    /// A record is too large to be sent at all. No record of its send was taken.
    #[error(
        "a record of {size_bytes} bytes is larger than max_record_size_bytes, {max_bytes}; make it \
         smaller"
    )]
    RecordTooLarge {
        /// The record, with the batch that it would need.
        size_bytes: usize,
        /// The limit.
        max_bytes: usize,
    },
    /// The broker does not serve the API in any version that this client speaks.
    #[error("the broker does not serve {api:?} in a version that this client speaks: {detail}")]
    Unsupported {
        /// The API.
        api: ApiKey,
        /// Which versions either side knows.
        detail: String,
    },
    /// An argument or a configuration value that cannot work.
    #[error("{0}")]
    BadArgument(String),
    /// A record batch in a fetch is damaged. The partition waits for a seek past it.
    #[error(
        "{topic}-{partition} is damaged at offset {offset}: {reason}; seek past offset \
         {last_offset} to go on without it"
    )]
    Corrupt {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset at which the damage starts.
        offset: i64,
        /// The last offset that the damaged batch claims, or `offset` where it is unreadable.
        last_offset: i64,
        /// What is wrong with it.
        reason: RecordError,
    },
    /// The broker found damage in its storage. The partition waits for a seek past it.
    #[error(
        "{topic}-{partition} is damaged in the broker's storage at offset {offset}; the broker's log \
         says which offsets are lost: seek past them to go on without them"
    )]
    Damaged {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset that cannot be read.
        offset: i64,
    },
    /// A record batch could not be made.
    #[error("{context}: {reason}")]
    Encode {
        /// What was wanted.
        context: String,
        /// What is wrong.
        reason: RecordError,
    },
    /// A response makes no sense.
    #[error("the broker's answer to {api:?} makes no sense: {error}")]
    Malformed {
        /// The request that it answers.
        api: ApiKey,
        /// What is wrong with it.
        error: DecodeError,
    },
    /// The position fetched from is gone, and `auto_offset_reset` is none.
    #[error("{topic}-{partition} has no offset {offset} (any more); seek to one that exists")]
    OffsetOutOfRange {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset.
        offset: i64,
    },
    /// An offset of a partition that is not this member's, or is its own anew since: whoever has it
    /// commits.
    #[error(
        "{topic}-{partition} is not this member's (any more); what was read of it is read again"
    )]
    NotOwned {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
    },
    /// The group has committed no offset, and `auto_offset_reset` is none.
    #[error("the group has committed no offset of {topic}-{partition}; seek to one")]
    NoCommittedOffset {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
    },
    /// Too many calls wait for their answers.
    #[error("{max_pending_calls} calls are waiting for their answers; wait for some of them")]
    TooManyCalls {
        /// The bound.
        max_pending_calls: usize,
    },
    /// The client was closed.
    #[error("the client is closed; make a new one")]
    Closed,
}

fn because(message: &Option<String>) -> String {
    message.as_ref().map(|message| format!(": {message}")).unwrap_or_default()
}

impl ClientError {
    pub(crate) fn broker(code: ErrorCode, api: ApiKey, context: impl Into<String>) -> ClientError {
        ClientError::Broker { code, api, context: context.into(), message: None }
    }

    /// Whether the same command may succeed when it is given again, without any change.
    pub fn is_retriable(&self) -> bool {
        match self {
            ClientError::Broker { code, .. } => code.is_retriable(),
            ClientError::Connection { .. }
            | ClientError::Timeout { .. }
            | ClientError::BufferFull { .. }
            | ClientError::TooManyCalls { .. } => true,
            _ => false,
        }
    }

    /// The broker's error code, where a broker refused.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            ClientError::Broker { code, .. } => Some(*code),
            ClientError::OffsetOutOfRange { .. } => Some(ErrorCode::OffsetOutOfRange),
            ClientError::Damaged { .. } => Some(ErrorCode::CorruptMessage),
            _ => None,
        }
    }
}

/// Whether an error means that metadata is out of date (`InvalidMetadataException`).
pub(crate) fn is_stale_metadata(code: ErrorCode) -> bool {
    use ErrorCode::*;
    matches!(
        code,
        UnknownTopicOrPartition
            | LeaderNotAvailable
            | NotLeaderOrFollower
            | ReplicaNotAvailable
            | NetworkException
            | NotController
            | KafkaStorageError
            | ListenerNotFound
            | FencedLeaderEpoch
            | UnknownLeaderEpoch
            | PreferredLeaderNotAvailable
            | UnknownTopicId
            | InconsistentTopicId
    )
}

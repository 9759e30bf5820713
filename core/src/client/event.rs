//! What a client is told, what it tells its host to do, and what it tells its caller.

use std::sync::Arc;

use bytes::Bytes;

use super::error::ClientError;
use super::group::GroupEvent;
use crate::protocol::{ApiKey, Message, decode_response};
use crate::record::Batch;

/// One attempt at a connection, and the connection that comes of it. Never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link(pub u64);

/// Names a send, by the caller's numbering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SendId(pub u64);

/// Names a call, by the client's numbering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

/// Something that happened to a client.
#[derive(Debug, Clone)]
pub enum ClientInput {
    /// A connection stands.
    Connected {
        /// Which.
        link: Link,
    },
    /// A frame arrived, without its length.
    Received {
        /// From where.
        link: Link,
        /// The frame.
        frame: Bytes,
    },
    /// A connection is gone, or could not be made.
    Disconnected {
        /// Which.
        link: Link,
        /// Why, for people.
        reason: String,
    },
    /// Time has passed.
    Tick,
}

/// Something that the host must do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientOutput {
    /// Connect, and say [`ClientInput::Connected`] or [`ClientInput::Disconnected`].
    Connect {
        /// The name of the connection from now on.
        link: Link,
        /// The host, as in the configuration or as the broker advertises it.
        host: String,
        /// The port.
        port: i32,
    },
    /// Send a frame, to which the host adds what its transport needs. The connection may have
    /// ended since; the frame is to be dropped then.
    Send {
        /// Whereto.
        link: Link,
        /// The frame, without its length.
        frame: Bytes,
    },
    /// Close a connection. What still comes from it is ignored.
    Disconnect {
        /// Which.
        link: Link,
    },
}

/// What became of a command.
#[derive(Debug, Clone)]
pub enum Event {
    /// A send is done: each of its records is stored, or is known to have failed.
    Produced {
        /// The send.
        send: SendId,
        /// The topic.
        topic: Arc<str>,
        /// The partitions that were written to, each once, in no particular order.
        partitions: Vec<RecordMetadata>,
        /// The first error, where there was one.
        error: Option<ClientError>,
    },
    /// Metadata that was asked for is there: see [`super::Client::topic`].
    MetadataLoaded {
        /// The call.
        call: CallId,
    },
    /// A request was answered.
    Response {
        /// The call.
        call: CallId,
        /// The answer, errors in it included.
        response: Response,
    },
    /// What `list_offsets` found.
    OffsetsListed {
        /// The call.
        call: CallId,
        /// Each partition that was asked for, in the order of the question.
        offsets: Vec<PartitionOutcome<ListedOffset>>,
    },
    /// What `delete_records` did.
    RecordsDeleted {
        /// The call.
        call: CallId,
        /// Each partition's first offset now, in the order of the command.
        low_watermarks: Vec<PartitionOutcome<i64>>,
    },
    /// A call failed for good.
    CallFailed {
        /// The call.
        call: CallId,
        /// Why.
        error: ClientError,
    },
    /// There is something for [`super::Client::poll_fetched`].
    FetchReady,
    /// A partition cannot be fetched. Where the error is retriable the fetcher goes on trying;
    /// otherwise the partition waits for a seek.
    FetchFailed {
        /// The topic.
        topic: Arc<str>,
        /// The partition.
        partition: i32,
        /// Why.
        error: ClientError,
    },
    /// Something happened in the consumer group.
    Group(GroupEvent),
    /// No broker can be reached, or none makes sense. What waited has failed; the client goes on
    /// trying.
    Unreachable {
        /// Why.
        error: ClientError,
    },
}

/// Where one partition's records of a send went (KafkaJS's `RecordMetadata`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordMetadata {
    /// The partition.
    pub partition: i32,
    /// The offset of the send's first record in it; −1 where the broker did not say.
    pub base_offset: i64,
    /// The broker's time of the append where the topic asks for it, otherwise −1.
    pub log_append_time_ms: i64,
    /// The partition's first offset, −1 where unknown.
    pub log_start_offset: i64,
}

/// An answer to a request, as it came.
#[derive(Debug, Clone)]
pub struct Response {
    /// The API.
    pub api: ApiKey,
    /// The version of the request and so of the answer.
    pub version: i16,
    /// The frame.
    pub frame: Bytes,
}

impl Response {
    /// Reads the answer, which must be of this type.
    pub fn decode<M: Message>(&self) -> Result<M, ClientError> {
        decode_response(self.frame.clone(), self.version)
            .map(|(_, message)| message)
            .map_err(|error| ClientError::Malformed { api: self.api, error })
    }
}

/// What was found out or done for one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionOutcome<T> {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The result.
    pub result: Result<T, ClientError>,
}

/// An offset that a broker found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedOffset {
    /// The offset; −1 where no record is that late.
    pub offset: i64,
    /// The timestamp of the record there, −1 where there is none to tell.
    pub timestamp: i64,
    /// The leader epoch of that record, −1 where unknown.
    pub leader_epoch: i32,
}

/// Records of one partition, in order.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition.
    pub partition: i32,
    /// The first offset wanted: a batch may begin before it, and what is below must be skipped.
    pub first_offset: i64,
    /// Where to go on: the position behind these batches.
    pub next_offset: i64,
    /// The end of what is stored and visible.
    pub high_watermark: i64,
    /// The end of what no open transaction holds back; −1 where unknown.
    pub last_stable_offset: i64,
    /// The partition's first offset.
    pub log_start_offset: i64,
    /// The batches: slices of the response, without control batches, without aborted ones where
    /// only committed records are to be seen.
    pub batches: Vec<Batch>,
}

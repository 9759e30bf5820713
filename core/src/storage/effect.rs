//! The writes and loads that a broker emits.
//!
//! Storage holds two kinds of things. *Metadata* are small values under text keys: the cluster, each
//! topic, each segment's index; all of them are read when the broker opens. *Logs* are the record
//! batches: a log is one partition of one topic, a row of segments, each a run of bytes to which
//! appends are made at a position and from which ranges are read. The core keeps the positions; a
//! driver never has to look into the bytes.

use bytes::Bytes;

/// Numbers commits from 1, in the order in which they must land.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitId(pub u64);

/// Numbers loads from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoadId(pub u64);

/// Names the log of one partition. Never used twice in the life of a database, so that what is left
/// of a deleted topic cannot be mistaken for a new topic of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId(pub u32);

/// Names a segment of a log. Compaction puts a segment of the next generation in the place of others;
/// a name is used once, so that what was read of the one is never taken for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentId {
    /// The offset from which on it holds the log's records.
    pub base_offset: i64,
    /// How often the records from there on have been written anew.
    pub generation: u32,
}

impl SegmentId {
    /// A segment as it is appended to.
    pub const fn new(base_offset: i64) -> SegmentId {
        SegmentId { base_offset, generation: 0 }
    }
}

/// What must have happened to a commit before it may be confirmed. A commit has the strongest
/// durability that any of its writes asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Durability {
    /// Handed to the operating system: survives the death of the process, not of the machine.
    Relaxed,
    /// Flushed to the medium.
    Strict,
}

/// Writes that land together or not at all.
///
/// The broker has at most one commit out at a time: the next one leaves when this one is confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Comes back in `Input::Committed` or `Input::CommitFailed`.
    pub id: CommitId,
    /// What confirming it promises.
    pub durability: Durability,
    /// The writes, in order.
    pub writes: Vec<Write>,
}

/// One write of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Sets a metadata value.
    PutMetadata {
        /// Its key.
        key: String,
        /// Its value.
        value: Bytes,
    },
    /// Removes a metadata value, if it is there.
    DeleteMetadata {
        /// Its key.
        key: String,
    },
    /// Announces a log before the first append to it. A driver that names things after topics
    /// remembers the name; the others ignore it.
    CreateLog {
        /// The log.
        log: LogId,
        /// Its topic.
        topic: String,
        /// Its partition.
        partition: i32,
    },
    /// Removes a log with all its segments. Its name is not used again: a driver may remove the bytes
    /// later, little by little, and must do so even if it is opened anew meanwhile.
    DeleteLog {
        /// The log.
        log: LogId,
    },
    /// Appends bytes to a segment. `position` is where the segment ended until now.
    Append {
        /// The log.
        log: LogId,
        /// The segment.
        segment: SegmentId,
        /// Where in the segment the bytes go.
        position: u64,
        /// Whole record batches.
        bytes: Bytes,
    },
    /// Removes a segment with all its bytes, which a driver may do later, as with a log.
    DeleteSegment {
        /// The log.
        log: LogId,
        /// The segment.
        segment: SegmentId,
    },
}

impl Write {
    /// How many bytes it puts, names aside; nothing where it removes something.
    pub fn put_bytes(&self) -> usize {
        match self {
            Write::PutMetadata { value, .. } => value.len(),
            Write::Append { bytes, .. } => bytes.len(),
            _ => 0,
        }
    }
}

/// A read. It sees at least what was confirmed when it was asked for. What is out it may see or not,
/// and loads may overtake each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Load {
    /// Every metadata value. The first thing a broker asks for.
    Metadata,
    /// Part of a segment.
    Log(LogRange),
}

/// Part of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRange {
    /// The log.
    pub log: LogId,
    /// The segment.
    pub segment: SegmentId,
    /// The first byte wanted.
    pub start: u64,
    /// Behind the last byte wanted; `u64::MAX` for all that there is.
    pub end: u64,
}

/// Runs of bytes found in a segment, in order, each with the position of its first byte.
pub type Pieces = Vec<(u64, Bytes)>;

/// What a load brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loaded {
    /// The metadata values with their keys.
    Metadata(Vec<(String, Bytes)>),
    /// The pieces that were found in the range, in order, each with the position of its first byte.
    /// A driver returns one piece where nothing is missing; a hole between two pieces is damage,
    /// which the core reports. Bytes outside the range are cut off.
    Log(Pieces),
}

/// Why storage could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// No room. Nothing of the commit was stored; reading and deleting still work.
    #[error("storage is full: {0}")]
    Full(String),
    /// The storage failed or went away. The broker that used it must be opened anew.
    #[error("storage failed: {0}")]
    Failed(String),
}

//! Why bytes are not the records that they were taken for.

/// What is wrong with a record batch, or with what should become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The bytes end before the batch, or a field of it, does.
    #[error("{wanted} bytes wanted, {left} left")]
    Truncated {
        /// How many bytes it needs.
        wanted: usize,
        /// How many bytes there are.
        left: usize,
    },
    /// The batch has the format of another age: magic 0 and 1 went with Kafka 4.0 (KIP-724), and
    /// none but 2 has followed.
    #[error("record format (magic) {0} is not supported, only 2 is")]
    UnsupportedMagic(i8),
    /// The stored bytes are not those that the checksum was made of.
    #[error("CRC-32C is {computed:#010x}, the batch says {stored:#010x}")]
    BadCrc {
        /// What the batch says.
        stored: u32,
        /// What its bytes give.
        computed: u32,
    },
    /// The batch's length is below that of its header.
    #[error("batch length {0} is below a batch header's")]
    BadLength(i32),
    /// No compression has this number.
    #[error("compression {0} is not known")]
    UnknownCompression(u8),
    /// The compressed bytes do not decompress.
    #[error("the {0} data is corrupt")]
    BadCompression(super::Compression),
    /// More bytes than allowed.
    #[error("larger than the {max_bytes} bytes that are allowed")]
    TooLarge {
        /// How many bytes are allowed.
        max_bytes: usize,
    },
    /// A record does not parse, or contradicts its batch.
    #[error("bad record: {0}")]
    BadRecord(&'static str),
    /// The batch's header contradicts itself, or asks for what the sender may not have.
    #[error("bad batch: {0}")]
    BadBatch(&'static str),
    /// A producer says LogAppendTime, which is the broker's to say.
    #[error("a producer may not set the timestamp type LogAppendTime")]
    BadTimestampType,
    /// A record without a key, bound for a compacted topic.
    #[error("record {index} has no key, and the topic is compacted")]
    MissingKey {
        /// Which record of the batch, from 0.
        index: i32,
    },
}

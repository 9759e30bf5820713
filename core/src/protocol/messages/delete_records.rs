//! DeleteRecords (key 21): deletes the records below an offset. KIP-107.

api! {
    DeleteRecords, DeleteRecordsRequest => DeleteRecordsResponse, versions 0..=2, flexible from 2
}

message! {
    /// Asks for the records below an offset to be deleted.
    struct DeleteRecordsRequest {
        /// The topics.
        topics: Vec<DeleteRecordsTopic>,
        /// How long the broker may take.
        timeout_ms: i32,
    }

    /// What to delete of one topic.
    struct DeleteRecordsTopic {
        /// The topic's name.
        name: String,
        /// The partitions.
        partitions: Vec<DeleteRecordsPartition>,
    }

    /// What to delete of one partition.
    struct DeleteRecordsPartition {
        /// The partition.
        partition_index: i32,
        /// The first offset that stays; −1 for the high watermark.
        offset: i64,
    }

    /// What became of the records.
    struct DeleteRecordsResponse {
        /// How long the request was held back by a quota.
        throttle_time_ms: i32,
        /// The topics.
        topics: Vec<DeleteRecordsTopicResult>,
    }

    /// What became of one topic's records.
    struct DeleteRecordsTopicResult {
        /// The topic's name.
        name: String,
        /// The partitions.
        partitions: Vec<DeleteRecordsPartitionResult>,
    }

    /// What became of one partition's records.
    struct DeleteRecordsPartitionResult {
        /// The partition.
        partition_index: i32,
        /// The partition's first offset now, −1 where there is an error.
        low_watermark: i64,
        /// The error, or 0.
        error_code: i16,
    }
}

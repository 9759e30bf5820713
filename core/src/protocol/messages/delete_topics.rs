//! DeleteTopics (key 20): deletes topics. KIP-4, KIP-516 (by id), KIP-599.

use crate::Uuid;

api! { DeleteTopics, DeleteTopicsRequest => DeleteTopicsResponse, versions 1..=6, flexible from 4 }

message! {
    /// Asks for topics to be deleted.
    struct DeleteTopicsRequest {
        /// The topics, by name or by id.
        topics: Vec<DeleteTopicState> [6..],
        /// The topics, by name.
        topic_names: Vec<String> [..=5],
        /// How long the broker may take.
        timeout_ms: i32,
    }

    /// A topic to delete: either of the two is set.
    struct DeleteTopicState {
        /// The topic's name, or null.
        name: Option<String>,
        /// The topic's id, or zero.
        topic_id: Uuid,
    }

    /// What became of the topics.
    struct DeleteTopicsResponse {
        /// How long the request was held back by a quota.
        throttle_time_ms: i32,
        /// A result per topic.
        responses: Vec<DeletableTopicResult>,
    }

    /// What became of one topic.
    struct DeletableTopicResult {
        /// The topic's name; null where an id was given that does not exist.
        name: Option<String> [0.., null 6..],
        /// The topic's id.
        topic_id: Uuid [6..],
        /// The error, or 0.
        error_code: i16,
        /// What went wrong, or null.
        error_message: Option<String> [5..],
    }
}

//! InitProducerId (key 22): gives a producer its id and epoch. KIP-98, KIP-360, KIP-588, KIP-890.
//!
//! Version 6 (KIP-939, two-phase commit) is unstable in Kafka 4.3 and is not described.

api! {
    InitProducerId, InitProducerIdRequest => InitProducerIdResponse, versions 0..=5, flexible from 2
}

message! {
    /// Asks for an id.
    struct InitProducerIdRequest {
        /// The transactional id; null for a producer that is idempotent only.
        transactional_id: Option<String>,
        /// How long a transaction may stay open before the broker aborts it.
        transaction_timeout_ms: i32,
        /// The id that the producer has, −1 for none.
        producer_id: i64 [3..] = -1,
        /// The epoch that the producer has, −1 for none.
        producer_epoch: i16 [3..] = -1,
    }

    /// The id and its epoch.
    struct InitProducerIdResponse {
        /// How long the request was held back by a quota.
        throttle_time_ms: i32,
        /// The error, or 0.
        error_code: i16,
        /// The producer's id, −1 where there is an error.
        producer_id: i64 = -1,
        /// The producer's epoch.
        producer_epoch: i16,
    }
}

//! How a client behaves. The names are Kafka's, the defaults Kafka's or KafkaJS's, as each says.

use super::error::ClientError;
use super::group::GroupConfig;
use super::partitioner::Partitioner;
use super::rng::Rng;
use crate::record::Compression;

/// Where a broker listens. What the two parts mean is up to the host's transport.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// A host name, or whatever the host's transport takes for one.
    pub host: String,
    /// The port.
    pub port: i32,
}

impl Address {
    /// An address of its two parts.
    pub fn new(host: impl Into<String>, port: i32) -> Address {
        Address { host: host.into(), port }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}:{}", self.host, self.port)
    }
}

/// What every client has.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientConfig {
    /// The client's name for itself, which brokers write into their logs.
    pub client_id: String,
    /// The brokers to ask first. At least one.
    pub bootstrap: Vec<Address>,
    /// Whether the first of `bootstrap` leads to every broker, whatever address a broker says that it
    /// has: then one connection serves where there would be two, that to ask at and the broker's. False.
    pub one_address: bool,
    /// How long to wait before a connection that was lost, having worked, is made again (Kafka's
    /// `reconnect.backoff.ms`). 50.
    pub reconnect_backoff_ms: u64,
    /// How long a connection may take to be made and negotiated. 10,000.
    pub connection_timeout_ms: u64,
    /// How long one request may take. When it is over, its connection is given up. 30,000.
    pub request_timeout_ms: u64,
    /// How long one call may take with all its retries (Kafka's `default.api.timeout.ms`). 60,000.
    pub api_timeout_ms: u64,
    /// When and how often to try again.
    pub retry: RetryConfig,
    /// Metadata older than this is asked for again. 300,000.
    pub metadata_max_age_ms: u64,
    /// Whether asking for the metadata of an unknown topic may create it. True.
    pub allow_auto_topic_creation: bool,
    /// How many calls may wait for their answers before the next is refused. 1,000.
    pub max_pending_calls: usize,
    /// How records are produced.
    pub producer: ProducerConfig,
    /// How records are fetched.
    pub fetcher: FetcherConfig,
    /// The consumer group that the client may be a member of, commit to and ask. None.
    pub group: Option<GroupConfig>,
}

impl Default for ClientConfig {
    fn default() -> ClientConfig {
        ClientConfig {
            client_id: "ottla".to_owned(),
            bootstrap: Vec::new(),
            one_address: false,
            reconnect_backoff_ms: 50,
            connection_timeout_ms: 10_000,
            request_timeout_ms: 30_000,
            api_timeout_ms: 60_000,
            retry: RetryConfig::default(),
            metadata_max_age_ms: 300_000,
            allow_auto_topic_creation: true,
            max_pending_calls: 1_000,
            producer: ProducerConfig::default(),
            fetcher: FetcherConfig::default(),
            group: None,
        }
    }
}

/// Exponential backoff. Names and defaults are KafkaJS's (`retry`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryConfig {
    /// The first pause. 300.
    pub initial_retry_time_ms: u64,
    /// The longest pause. 30,000.
    pub max_retry_time_ms: u64,
    /// By how much of itself a pause may vary, so that clients do not come all at once. 0.2.
    pub factor: f64,
    /// By how much each pause is longer than the one before. 2.
    pub multiplier: f64,
    /// How many times to try again before giving up. 5.
    pub retries: u32,
}

impl Default for RetryConfig {
    fn default() -> RetryConfig {
        RetryConfig {
            initial_retry_time_ms: 300,
            max_retry_time_ms: 30_000,
            factor: 0.2,
            multiplier: 2.0,
            retries: 5,
        }
    }
}

impl RetryConfig {
    /// The pause before the retry with this number, the first being 0.
    pub(crate) fn delay_ms(&self, retry: u32, rng: &mut Rng) -> u64 {
        let exponent = retry.min(63) as i32;
        let plain = self.initial_retry_time_ms as f64 * self.multiplier.powi(exponent);
        let plain = plain.min(self.max_retry_time_ms as f64);
        let varied = plain * (1.0 - self.factor + 2.0 * self.factor * rng.fraction());
        varied.min(self.max_retry_time_ms as f64) as u64
    }
}

/// How many copies must hold a batch before it is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i16)]
pub enum Acks {
    /// All that are in sync.
    All = -1,
    /// No answer at all: a send is done when it is sent, and errors go unseen.
    None = 0,
    /// The leader's.
    Leader = 1,
}

/// How records are produced.
#[derive(Debug, Clone, PartialEq)]
pub struct ProducerConfig {
    /// What an acknowledgement means. All.
    pub acks: Acks,
    /// Whether batches carry sequence numbers, so that a retry neither doubles nor reorders records
    /// (KIP-98). True, as in Kafka 3; needs `acks` all. Without it only one batch per partition is
    /// in flight at a time, since order would otherwise be lost with the first retry.
    pub idempotent: bool,
    /// How long a batch that is not full waits for more records. 0.
    pub linger_ms: u64,
    /// The size in bytes that a batch may grow to before compression, its header included. 60 KiB:
    /// Chromium moves IndexedDB values of 64 KiB and more into files of their own, which is slower.
    /// A record that is larger travels in a batch of its own.
    pub batch_size_bytes: usize,
    /// How batches are compressed. None.
    pub compression: Compression,
    /// How many bytes of records may wait or be in flight. 32 MiB, as in Kafka. A send that has more
    /// by itself is taken while nothing else waits.
    pub buffer_memory_bytes: usize,
    /// The size in bytes that a produce request may grow to. 1 MiB, as in Kafka. A batch that is
    /// larger travels in a request of its own.
    pub max_request_size_bytes: usize,
    /// The largest record, in bytes. 100 MiB: from there on brokers close the connection
    /// (`socket.request.max.bytes`), instead of saying that the topic takes no such record.
    pub max_record_size_bytes: usize,
    /// How many produce requests may be in flight to a node. 5, as in Kafka, and no more where
    /// producing is idempotent.
    pub max_in_flight: usize,
    /// A batch that is not full leaves only while fewer requests than this are in flight to its
    /// node; more records join it meanwhile. 2: one that the broker stores, and one that waits.
    pub max_partial_in_flight: usize,
    /// From `produce` to success or failure, retries and all (`delivery.timeout.ms`). 120,000.
    pub delivery_timeout_ms: u64,
    /// Who chooses the partition where a record does not name one.
    pub partitioner: Partitioner,
}

impl Default for ProducerConfig {
    fn default() -> ProducerConfig {
        ProducerConfig {
            acks: Acks::All,
            idempotent: true,
            linger_ms: 0,
            batch_size_bytes: 60 * 1024,
            compression: Compression::None,
            buffer_memory_bytes: 32 * 1024 * 1024,
            max_request_size_bytes: 1024 * 1024,
            max_record_size_bytes: 100 * 1024 * 1024,
            max_in_flight: 5,
            max_partial_in_flight: 2,
            delivery_timeout_ms: 120_000,
            partitioner: Partitioner::Murmur2,
        }
    }
}

/// Which records of transactions a fetch sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i8)]
pub enum IsolationLevel {
    /// All of them.
    ReadUncommitted = 0,
    /// Those of committed transactions.
    ReadCommitted = 1,
}

/// Where to go on when a position does not exist any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AutoOffsetReset {
    /// At the first offset.
    Earliest,
    /// At the end.
    Latest,
    /// Nowhere: an event says so, and the partition waits for a seek.
    None,
}

/// How records are fetched.
#[derive(Debug, Clone, PartialEq)]
pub struct FetcherConfig {
    /// How long a broker may wait until there are `min_bytes`. 500.
    pub max_wait_ms: u64,
    /// A broker answers as soon as there are this many bytes. 1.
    pub min_bytes: i32,
    /// At most so many bytes in one response. 10 MiB, as in KafkaJS.
    pub max_bytes: i32,
    /// At most so many bytes of one partition in one response. 1 MiB.
    pub max_partition_fetch_bytes: i32,
    /// Which records of transactions are seen. Committed ones, as in KafkaJS.
    pub isolation_level: IsolationLevel,
    /// Where to go on when a position does not exist any more. Latest.
    pub auto_offset_reset: AutoOffsetReset,
    /// Whether each batch's CRC-32C is checked. True.
    pub check_crcs: bool,
    /// How many responses of a partition may wait for the consumer: 2 lets the next travel while
    /// one is consumed.
    pub max_buffered_fetches: usize,
}

impl Default for FetcherConfig {
    fn default() -> FetcherConfig {
        FetcherConfig {
            max_wait_ms: 500,
            min_bytes: 1,
            max_bytes: 10 * 1024 * 1024,
            max_partition_fetch_bytes: 1024 * 1024,
            isolation_level: IsolationLevel::ReadCommitted,
            auto_offset_reset: AutoOffsetReset::Latest,
            check_crcs: true,
            max_buffered_fetches: 2,
        }
    }
}

impl ClientConfig {
    /// Refuses values that cannot work, naming the one.
    pub(crate) fn validate(&self) -> Result<(), ClientError> {
        let producer = &self.producer;
        let fetcher = &self.fetcher;
        let rules: [(bool, &str); 11] = [
            (!self.bootstrap.is_empty(), "bootstrap: name one broker at least"),
            (self.request_timeout_ms > 0, "request_timeout_ms: must be positive"),
            (self.connection_timeout_ms > 0, "connection_timeout_ms: must be positive"),
            ((0.0..=1.0).contains(&self.retry.factor), "retry.factor: must be from 0 to 1"),
            (self.retry.multiplier >= 1.0, "retry.multiplier: must be 1 or more"),
            (
                !producer.idempotent || producer.acks == Acks::All,
                "producer.idempotent: needs acks all; choose one of the two",
            ),
            (
                producer.max_in_flight > 0 && (producer.max_in_flight <= 5 || !producer.idempotent),
                "producer.max_in_flight: must be from 1 to 5, as brokers remember five batches",
            ),
            (
                producer.max_partial_in_flight > 0,
                "producer.max_partial_in_flight: must be positive",
            ),
            (producer.batch_size_bytes > 0, "producer.batch_size_bytes: must be positive"),
            (
                fetcher.max_bytes > 0 && fetcher.max_partition_fetch_bytes > 0,
                "fetcher: max_bytes and max_partition_fetch_bytes must be positive",
            ),
            (fetcher.max_buffered_fetches > 0, "fetcher.max_buffered_fetches: must be positive"),
        ];
        match rules.into_iter().find(|(kept, _)| !kept) {
            Some((_, rule)) => Err(ClientError::BadArgument(rule.to_owned())),
            None => self.group.as_ref().map_or(Ok(()), GroupConfig::validate),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_their_limit_and_vary_by_the_factor() {
        let retry = RetryConfig::default();
        let mut rng = Rng::new(1);
        for (number, plain) in [300, 600, 1_200, 2_400, 4_800].into_iter().enumerate() {
            let delay = retry.delay_ms(number as u32, &mut rng);
            assert!((plain * 8 / 10..=plain * 12 / 10).contains(&delay), "{delay}");
        }
        assert!(retry.delay_ms(4_000, &mut rng) <= 30_000);
    }

    #[test]
    fn a_value_that_cannot_work_is_refused_by_name() {
        let good = ClientConfig {
            bootstrap: vec![Address::new("localhost", 9092)],
            ..ClientConfig::default()
        };
        assert_eq!(good.validate(), Ok(()));
        let mut bad = good.clone();
        bad.producer.acks = Acks::Leader;
        let error = bad.validate().unwrap_err().to_string();
        assert!(error.contains("producer.idempotent"), "{error}");
        let error = ClientConfig::default().validate().unwrap_err().to_string();
        assert!(error.contains("bootstrap"), "{error}");
    }
}

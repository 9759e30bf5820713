//! What JavaScript says of a client's behaviour and of partitions to fetch.

use ottla::client::{
    Acks, Address, AutoOffsetReset, ClientConfig, FetcherConfig, IsolationLevel, ProducerConfig,
    RetryConfig, StartPosition,
};
use ottla::record::Compression;
use serde::Deserialize;
use wasm_bindgen::prelude::*;

/// A client's options: KafkaJS's, with its defaults filled in by the package (`js/session.ts`).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    client_id: String,
    address: String,
    connection_timeout: u32,
    request_timeout: u32,
    metadata_max_age: u32,
    allow_auto_topic_creation: bool,
    retry: Retry,
    producer: Producer,
    fetcher: Fetcher,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Retry {
    initial_retry_time: u32,
    max_retry_time: u32,
    factor: f64,
    multiplier: f64,
    retries: u32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Producer {
    acks: i16,
    idempotent: bool,
    compression: i8,
    max_in_flight: u32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fetcher {
    max_wait: u32,
    min_bytes: i32,
    max_bytes: i32,
    max_partition_bytes: i32,
    read_uncommitted: bool,
}

/// Reads a client's options.
pub(super) fn read(options: JsValue) -> Result<ClientConfig, JsValue> {
    let options: Options = serde_wasm_bindgen::from_value(options)?;
    let refused = |error: &dyn std::fmt::Display| JsValue::from_str(&error.to_string());
    let compression =
        Compression::try_from(options.producer.compression).map_err(|error| refused(&error))?;
    Ok(ClientConfig {
        client_id: options.client_id,
        bootstrap: vec![Address::new(options.address, 0)],
        connection_timeout_ms: options.connection_timeout.into(),
        request_timeout_ms: options.request_timeout.into(),
        metadata_max_age_ms: options.metadata_max_age.into(),
        allow_auto_topic_creation: options.allow_auto_topic_creation,
        retry: RetryConfig {
            initial_retry_time_ms: options.retry.initial_retry_time.into(),
            max_retry_time_ms: options.retry.max_retry_time.into(),
            factor: options.retry.factor,
            multiplier: options.retry.multiplier,
            retries: options.retry.retries,
        },
        producer: ProducerConfig {
            acks: match options.producer.acks {
                0 => Acks::None,
                1 => Acks::Leader,
                _ => Acks::All,
            },
            idempotent: options.producer.idempotent,
            compression,
            max_in_flight: options.producer.max_in_flight as usize,
            ..ProducerConfig::default()
        },
        fetcher: FetcherConfig {
            max_wait_ms: options.fetcher.max_wait.into(),
            min_bytes: options.fetcher.min_bytes,
            max_bytes: options.fetcher.max_bytes,
            max_partition_fetch_bytes: options.fetcher.max_partition_bytes,
            isolation_level: if options.fetcher.read_uncommitted {
                IsolationLevel::ReadUncommitted
            } else {
                IsolationLevel::ReadCommitted
            },
            auto_offset_reset: AutoOffsetReset::None,
            ..FetcherConfig::default()
        },
        ..ClientConfig::default()
    })
}

/// A place in a partition: a name, an offset, or a time.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Place {
    Earliest,
    Latest,
    Offset(f64),
    Timestamp(f64),
}

impl From<Place> for StartPosition {
    fn from(place: Place) -> StartPosition {
        match place {
            Place::Earliest => StartPosition::Earliest,
            Place::Latest => StartPosition::Latest,
            Place::Offset(offset) => StartPosition::Offset(offset as i64),
            Place::Timestamp(timestamp) => StartPosition::Timestamp(timestamp as i64),
        }
    }
}

/// Reads a place in a partition.
pub(super) fn place(place: JsValue) -> Result<StartPosition, JsValue> {
    let place: Place = serde_wasm_bindgen::from_value(place)?;
    Ok(place.into())
}

/// Reads a list of `[topic, partition, place]`.
pub(super) fn assignment(
    partitions: JsValue,
) -> Result<Vec<(String, i32, StartPosition)>, JsValue> {
    let partitions: Vec<(String, i32, Place)> = serde_wasm_bindgen::from_value(partitions)?;
    let read = |(topic, partition, place): (String, i32, Place)| (topic, partition, place.into());
    Ok(partitions.into_iter().map(read).collect())
}

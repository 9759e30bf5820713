//! What JavaScript says of a client's behaviour and of partitions to fetch (`js/session.ts`).

use ottla::client::{
    Acks, Address, Assignor, AutoOffsetReset, ClientConfig, CustomAssignor, FetcherConfig,
    GroupConfig, GroupProtocol, IsolationLevel, OffsetToCommit, ProducerConfig, RetryConfig,
    StartPosition, Strategy,
};
use ottla::record::Compression;
use wasm_bindgen::prelude::*;

use crate::object::{Properties, read_list, read_text};

/// Reads a client's options.
pub(super) fn read(options: &JsValue) -> Result<ClientConfig, JsValue> {
    let options = Properties(options);
    let (retry, producer) = (options.get("retry"), options.get("producer"));
    let bootstrap: Vec<Address> = options.list("brokers", address)?;
    // Only brokers behind TCP have ports.
    let local = bootstrap.iter().all(|broker| broker.port == 0);
    Ok(ClientConfig {
        client_id: options.text("clientId")?,
        bootstrap,
        one_address: local,
        // Who takes over in a browser needs longer than that, and is waited for.
        reconnect_backoff_ms: if local { 10 } else { 50 },
        connection_timeout_ms: options.number("connectionTimeout")? as u64,
        request_timeout_ms: options.number("requestTimeout")? as u64,
        metadata_max_age_ms: options.number("metadataMaxAge")? as u64,
        allow_auto_topic_creation: options.flag("allowAutoTopicCreation")?,
        retry: read_retry(&Properties(&retry))?,
        producer: read_producer(&Properties(&producer))?,
        fetcher: read_fetcher(&Properties(&options.get("fetcher")))?,
        group: read_group(&options.get("group"))?,
        ..ClientConfig::default()
    })
}

fn address(broker: &JsValue) -> Result<Address, JsValue> {
    let broker = Properties(broker);
    Ok(Address::new(broker.text("host")?, broker.number("port")? as i32))
}

fn read_retry(retry: &Properties<'_>) -> Result<RetryConfig, JsValue> {
    Ok(RetryConfig {
        initial_retry_time_ms: retry.number("initialRetryTime")? as u64,
        max_retry_time_ms: retry.number("maxRetryTime")? as u64,
        factor: retry.number("factor")?,
        multiplier: retry.number("multiplier")?,
        retries: retry.number("retries")? as u32,
    })
}

fn read_producer(producer: &Properties<'_>) -> Result<ProducerConfig, JsValue> {
    let compression = Compression::try_from(producer.number("compression")? as i8)
        .map_err(|error| JsValue::from_str(&error.to_string()))?;
    Ok(ProducerConfig {
        acks: match producer.number("acks")? as i16 {
            0 => Acks::None,
            1 => Acks::Leader,
            _ => Acks::All,
        },
        idempotent: producer.flag("idempotent")?,
        compression,
        max_in_flight: producer.number("maxInFlight")? as usize,
        ..ProducerConfig::default()
    })
}

fn read_fetcher(fetcher: &Properties<'_>) -> Result<FetcherConfig, JsValue> {
    Ok(FetcherConfig {
        max_wait_ms: fetcher.number("maxWait")? as u64,
        min_bytes: fetcher.number("minBytes")? as i32,
        max_bytes: fetcher.number("maxBytes")? as i32,
        max_partition_fetch_bytes: fetcher.number("maxPartitionBytes")? as i32,
        isolation_level: if fetcher.flag("readUncommitted")? {
            IsolationLevel::ReadUncommitted
        } else {
            IsolationLevel::ReadCommitted
        },
        auto_offset_reset: AutoOffsetReset::None,
        ..FetcherConfig::default()
    })
}

fn read_group(group: &JsValue) -> Result<Option<GroupConfig>, JsValue> {
    if group.is_null_or_undefined() {
        return Ok(None);
    }
    let group = Properties(group);
    let consumer = group.text("protocol")? == "consumer";
    Ok(Some(GroupConfig {
        protocol: if consumer { GroupProtocol::Consumer } else { GroupProtocol::Classic },
        group_instance_id: group.get("instanceId").as_string(),
        assignors: group.list("assignors", assignor)?,
        server_assignor: group.get("serverAssignor").as_string(),
        session_timeout_ms: group.number("sessionTimeout")? as u64,
        rebalance_timeout_ms: group.number("rebalanceTimeout")? as u64,
        heartbeat_interval_ms: group.number("heartbeatInterval")? as u64,
        ..GroupConfig::new(group.text("groupId")?)
    }))
}

/// One of Kafka's by its name, or `{ name }` for one of the application's.
fn assignor(value: &JsValue) -> Result<Assignor, JsValue> {
    const ALL: [Strategy; 4] =
        [Strategy::Range, Strategy::RoundRobin, Strategy::Sticky, Strategy::CooperativeSticky];
    if value.is_object() {
        let name = Properties(value).text("name")?;
        return Ok(Assignor::Custom(CustomAssignor { name, ..CustomAssignor::default() }));
    }
    let name = read_text(value)?;
    let strategy = ALL.into_iter().find(|strategy| strategy.name() == name);
    strategy.map(Assignor::Standard).ok_or_else(|| {
        JsValue::from_str("an assignor is range, roundrobin, sticky or cooperative-sticky")
    })
}

/// Reads a list of offsets to commit.
pub(super) fn offsets_to_commit(offsets: &JsValue) -> Result<Vec<OffsetToCommit>, JsValue> {
    read_list(offsets, "offsets", |value| {
        let each = Properties(value);
        let (partition, offset) = (each.number("partition")? as i32, each.number("offset")? as i64);
        Ok(OffsetToCommit {
            metadata: each.get("metadata").as_string(),
            ..OffsetToCommit::new(each.text("topic")?, partition, offset)
        })
    })
}

/// Reads a place in a partition: `'earliest'`, `'latest'`, `{ offset }` or `{ timestamp }`.
pub(super) fn place(place: &JsValue) -> Result<StartPosition, JsValue> {
    match place.as_string().as_deref() {
        Some("earliest") => Ok(StartPosition::Earliest),
        Some(_) => Ok(StartPosition::Latest),
        None => {
            let place = Properties(place);
            match place.get("timestamp").as_f64() {
                Some(timestamp) => Ok(StartPosition::Timestamp(timestamp as i64)),
                None => Ok(StartPosition::Offset(place.number("offset")? as i64)),
            }
        }
    }
}

/// Reads a list of objects with a topic, a partition and a place.
pub(super) fn assignment(
    partitions: &JsValue,
) -> Result<Vec<(String, i32, StartPosition)>, JsValue> {
    read_list(partitions, "assignment", |value| {
        let each = Properties(value);
        let at = place(&each.get("place"))?;
        Ok((each.text("topic")?, each.number("partition")? as i32, at))
    })
}

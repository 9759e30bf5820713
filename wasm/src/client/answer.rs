//! Answers to administration's requests, as plain objects, from which the package makes KafkaJS's
//! results and errors (`js/admin.ts`).

use ottla::client::{ClientError, ListedOffset, PartitionOutcome, Response};
use ottla::protocol::ErrorCode;
use ottla::protocol::messages::*;
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// How an answer becomes a result.
pub(super) type Decode = fn(&Response) -> Result<JsValue, ClientError>;

fn to_js<T: Serialize>(value: &T) -> JsValue {
    // Null rather than undefined, as KafkaJS has it. Nothing that is serialized here can fail to be.
    let serializer = serde_wasm_bindgen::Serializer::new().serialize_missing_as_null(true);
    value.serialize(&serializer).unwrap_or(JsValue::NULL)
}

pub(super) fn create_topics(response: &Response) -> Result<JsValue, ClientError> {
    let response: CreateTopicsResponse = response.decode()?;
    let outcome = |topic: CreatableTopicResult| {
        let context = format!("creating topic {}", topic.name);
        let error = Fault::of(topic.error_code, &context, topic.error_message.as_deref());
        Outcome { name: topic.name, error }
    };
    Ok(to_js(&response.topics.into_iter().map(outcome).collect::<Vec<_>>()))
}

pub(super) fn delete_topics(response: &Response) -> Result<JsValue, ClientError> {
    let response: DeleteTopicsResponse = response.decode()?;
    let outcome = |topic: DeletableTopicResult| {
        let name = topic.name.unwrap_or_default();
        let context = format!("deleting topic {name}");
        let error = Fault::of(topic.error_code, &context, topic.error_message.as_deref());
        Outcome { name, error }
    };
    Ok(to_js(&response.responses.into_iter().map(outcome).collect::<Vec<_>>()))
}

pub(super) fn create_partitions(response: &Response) -> Result<JsValue, ClientError> {
    let response: CreatePartitionsResponse = response.decode()?;
    let outcome = |topic: CreatePartitionsTopicResult| {
        let context = format!("adding partitions to topic {}", topic.name);
        let error = Fault::of(topic.error_code, &context, topic.error_message.as_deref());
        Outcome { name: topic.name, error }
    };
    Ok(to_js(&response.results.into_iter().map(outcome).collect::<Vec<_>>()))
}

pub(super) fn metadata(response: &Response) -> Result<JsValue, ClientError> {
    let response: MetadataResponse = response.decode()?;
    let node = |node: MetadataResponseBroker| Node {
        node_id: node.node_id,
        host: node.host,
        port: node.port,
    };
    let partition = |partition: MetadataResponsePartition| PartitionMetadata {
        partition_error_code: partition.error_code,
        partition_id: partition.partition_index,
        leader: partition.leader_id,
        replicas: partition.replica_nodes,
        isr: partition.isr_nodes,
        offline_replicas: partition.offline_replicas,
    };
    let topic = |topic: MetadataResponseTopic| {
        let name = topic.name.unwrap_or_default();
        TopicMetadata {
            error: Fault::of(topic.error_code, &format!("metadata of topic {name}"), None),
            name,
            is_internal: topic.is_internal,
            partitions: topic.partitions.into_iter().map(partition).collect(),
        }
    };
    Ok(to_js(&Cluster {
        brokers: response.brokers.into_iter().map(node).collect(),
        controller: response.controller_id,
        cluster_id: response.cluster_id,
        topics: response.topics.into_iter().map(topic).collect(),
    }))
}

pub(super) fn describe_configs(response: &Response) -> Result<JsValue, ClientError> {
    /// KafkaJS calls an entry a default where it was not set on its topic or broker.
    const DEFAULT_CONFIG: i8 = 5;
    let response: DescribeConfigsResponse = response.decode()?;
    let synonym = |synonym: DescribeConfigsSynonym| ConfigSynonym {
        config_name: synonym.name,
        config_value: synonym.value,
        config_source: synonym.source,
    };
    let entry = |entry: DescribeConfigsResourceResult| ConfigEntry {
        config_name: entry.name,
        config_value: entry.value,
        is_default: entry.config_source == DEFAULT_CONFIG,
        config_source: entry.config_source,
        is_sensitive: entry.is_sensitive,
        read_only: entry.read_only,
        config_synonyms: entry.synonyms.into_iter().map(synonym).collect(),
    };
    let resource = |result: DescribeConfigsResult| {
        let context = format!("describing the configuration of {}", result.resource_name);
        Resource {
            error: Fault::of(result.error_code, &context, result.error_message.as_deref()),
            error_code: result.error_code,
            error_message: result.error_message,
            resource_name: result.resource_name,
            resource_type: result.resource_type,
            config_entries: result.configs.into_iter().map(entry).collect(),
        }
    };
    Ok(to_js(&response.results.into_iter().map(resource).collect::<Vec<_>>()))
}

pub(super) fn alter_configs(response: &Response) -> Result<JsValue, ClientError> {
    let response: AlterConfigsResponse = response.decode()?;
    let resource = |result: AlterConfigsResourceResponse| {
        let context = format!("changing the configuration of {}", result.resource_name);
        Resource {
            error: Fault::of(result.error_code, &context, result.error_message.as_deref()),
            error_code: result.error_code,
            error_message: result.error_message,
            resource_name: result.resource_name,
            resource_type: result.resource_type,
            config_entries: Vec::new(),
        }
    };
    Ok(to_js(&response.responses.into_iter().map(resource).collect::<Vec<_>>()))
}

/// What `list_offsets` found, or what `delete_records` did, for each partition.
pub(super) fn offsets(found: &[PartitionOutcome<ListedOffset>]) -> JsValue {
    let place = |found: &ListedOffset| (found.offset, found.timestamp);
    to_js(&found.iter().map(|each| Found::of(each, place)).collect::<Vec<_>>())
}

/// Each partition's first offset.
pub(super) fn low_watermarks(found: &[PartitionOutcome<i64>]) -> JsValue {
    to_js(&found.iter().map(|each| Found::of(each, |low| (*low, -1))).collect::<Vec<_>>())
}

#[derive(Debug, Serialize)]
struct Found<'a> {
    topic: &'a str,
    partition: i32,
    offset: f64,
    timestamp: f64,
    error: Option<Fault>,
}

impl Found<'_> {
    fn of<T>(found: &PartitionOutcome<T>, place: impl Fn(&T) -> (i64, i64)) -> Found<'_> {
        let (offset, timestamp) = found.result.as_ref().map_or((-1, -1), place);
        Found {
            topic: &found.topic,
            partition: found.partition,
            offset: offset as f64,
            timestamp: timestamp as f64,
            error: found.result.as_ref().err().map(Fault::from),
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    name: String,
    error: Option<Fault>,
}

/// An error code, with its name.
#[derive(Debug, Serialize)]
struct Fault {
    kind: &'static str,
    message: String,
    code: i16,
    #[serde(rename = "type")]
    name: &'static str,
    retriable: bool,
}

impl Fault {
    fn of(code: i16, context: &str, message: Option<&str>) -> Option<Fault> {
        if code == 0 {
            return None;
        }
        let name = ErrorCode::from_code(code).name();
        let because = message.map(|message| format!(": {message}")).unwrap_or_default();
        let message = format!("{context}: the broker answered {name}{because}");
        Some(Fault { kind: "broker", message, code, name, retriable: false })
    }
}

/// An error, from which the package makes one of KafkaJS's classes (`js/session.ts`).
pub(super) fn error(error: &ClientError) -> JsValue {
    to_js(&Fault::from(error))
}

impl From<&ClientError> for Fault {
    fn from(error: &ClientError) -> Fault {
        let kind = match error {
            ClientError::Broker { .. } | ClientError::OffsetOutOfRange { .. } => "broker",
            ClientError::Connection { .. } => "connection",
            ClientError::Timeout { .. } => "timeout",
            ClientError::BufferFull { .. } => "bufferFull",
            ClientError::Unsupported { .. } => "unsupported",
            _ => "other",
        };
        let code = error.code().unwrap_or(ErrorCode::None);
        Fault {
            kind,
            message: error.to_string(),
            code: code as i16,
            name: code.name(),
            retriable: error.is_retriable(),
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Cluster {
    brokers: Vec<Node>,
    controller: i32,
    cluster_id: Option<String>,
    topics: Vec<TopicMetadata>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    node_id: i32,
    host: String,
    port: i32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TopicMetadata {
    name: String,
    is_internal: bool,
    error: Option<Fault>,
    partitions: Vec<PartitionMetadata>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PartitionMetadata {
    partition_error_code: i16,
    partition_id: i32,
    leader: i32,
    replicas: Vec<i32>,
    isr: Vec<i32>,
    offline_replicas: Vec<i32>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    error: Option<Fault>,
    error_code: i16,
    error_message: Option<String>,
    resource_name: String,
    resource_type: i8,
    config_entries: Vec<ConfigEntry>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ConfigEntry {
    config_name: String,
    config_value: Option<String>,
    is_default: bool,
    config_source: i8,
    is_sensitive: bool,
    read_only: bool,
    config_synonyms: Vec<ConfigSynonym>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ConfigSynonym {
    config_name: String,
    config_value: Option<String>,
    config_source: i8,
}

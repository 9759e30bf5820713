//! Answers to administration's requests, as plain objects, from which the package makes KafkaJS's
//! results and errors (`js/admin/admin.ts`).

use js_sys::Array;
use ottla::client::{ClientError, ListedOffset, PartitionOutcome, Response};
use ottla::protocol::ErrorCode;
use ottla::protocol::messages::*;
use wasm_bindgen::prelude::*;

use crate::object::{list, object, text_or_null};

/// How an answer becomes a result.
pub(super) type Decode = fn(&Response) -> Result<JsValue, ClientError>;

pub(super) fn create_topics(response: &Response) -> Result<JsValue, ClientError> {
    let response: CreateTopicsResponse = response.decode()?;
    Ok(list(&response.topics, |topic| {
        let message = topic.error_message.as_deref();
        outcome("creating topic", &topic.name, topic.error_code, message)
    }))
}

pub(super) fn delete_topics(response: &Response) -> Result<JsValue, ClientError> {
    let response: DeleteTopicsResponse = response.decode()?;
    Ok(list(&response.responses, |topic| {
        let name = topic.name.as_deref().unwrap_or_default();
        outcome("deleting topic", name, topic.error_code, topic.error_message.as_deref())
    }))
}

pub(super) fn create_partitions(response: &Response) -> Result<JsValue, ClientError> {
    let response: CreatePartitionsResponse = response.decode()?;
    Ok(list(&response.results, |topic| {
        let message = topic.error_message.as_deref();
        outcome("adding partitions to topic", &topic.name, topic.error_code, message)
    }))
}

pub(super) fn metadata(response: &Response) -> Result<JsValue, ClientError> {
    let response: MetadataResponse = response.decode()?;
    let brokers = list(&response.brokers, |node| {
        object(&[
            ("nodeId", node.node_id.into()),
            ("host", node.host.as_str().into()),
            ("port", node.port.into()),
        ])
    });
    let topics = list(&response.topics, |topic| {
        let name = topic.name.as_deref().unwrap_or_default();
        object(&[
            ("name", name.into()),
            ("isInternal", topic.is_internal.into()),
            ("error", fault("metadata of topic", name, topic.error_code, None)),
            ("partitions", list(&topic.partitions, partition)),
        ])
    });
    Ok(object(&[
        ("brokers", brokers),
        ("controller", response.controller_id.into()),
        ("clusterId", text_or_null(response.cluster_id.as_deref())),
        ("topics", topics),
    ]))
}

fn partition(partition: &MetadataResponsePartition) -> JsValue {
    let nodes = |nodes: &[i32]| list(nodes, |node| (*node).into());
    object(&[
        ("partitionErrorCode", partition.error_code.into()),
        ("partitionId", partition.partition_index.into()),
        ("leader", partition.leader_id.into()),
        ("replicas", nodes(&partition.replica_nodes)),
        ("isr", nodes(&partition.isr_nodes)),
        ("offlineReplicas", nodes(&partition.offline_replicas)),
    ])
}

pub(super) fn describe_configs(response: &Response) -> Result<JsValue, ClientError> {
    let response: DescribeConfigsResponse = response.decode()?;
    Ok(list(&response.results, |result| {
        let name = &result.resource_name;
        let message = result.error_message.as_deref();
        object(&[
            ("error", fault("describing the configuration of", name, result.error_code, message)),
            ("errorCode", result.error_code.into()),
            ("errorMessage", text_or_null(message)),
            ("resourceName", name.as_str().into()),
            ("resourceType", result.resource_type.into()),
            ("configEntries", list(&result.configs, config)),
        ])
    }))
}

fn config(config: &DescribeConfigsResourceResult) -> JsValue {
    /// KafkaJS calls an entry a default where it was not set on its topic or broker.
    const DEFAULT_CONFIG: i8 = 5;
    let synonyms = list(&config.synonyms, |synonym| {
        object(&[
            ("configName", synonym.name.as_str().into()),
            ("configValue", text_or_null(synonym.value.as_deref())),
            ("configSource", synonym.source.into()),
        ])
    });
    object(&[
        ("configName", config.name.as_str().into()),
        ("configValue", text_or_null(config.value.as_deref())),
        ("isDefault", (config.config_source == DEFAULT_CONFIG).into()),
        ("configSource", config.config_source.into()),
        ("isSensitive", config.is_sensitive.into()),
        ("readOnly", config.read_only.into()),
        ("configSynonyms", synonyms),
    ])
}

pub(super) fn alter_configs(response: &Response) -> Result<JsValue, ClientError> {
    let response: AlterConfigsResponse = response.decode()?;
    Ok(list(&response.responses, |result| {
        let name = &result.resource_name;
        let message = result.error_message.as_deref();
        object(&[
            ("error", fault("changing the configuration of", name, result.error_code, message)),
            ("errorCode", result.error_code.into()),
            ("errorMessage", text_or_null(message)),
            ("resourceName", name.as_str().into()),
            ("resourceType", result.resource_type.into()),
        ])
    }))
}

/// What `list_offsets` found for each partition.
pub(super) fn offsets(found: &[PartitionOutcome<ListedOffset>]) -> JsValue {
    list(found, |each| place(each, |found| found.offset))
}

/// An offset of each partition: its first one, or the one that was committed.
pub(super) fn each_offset(found: &[PartitionOutcome<i64>]) -> JsValue {
    list(found, |each| place(each, |low| *low))
}

fn place<T>(found: &PartitionOutcome<T>, offset: impl Fn(&T) -> i64) -> JsValue {
    object(&[
        ("topic", found.topic.as_str().into()),
        ("partition", found.partition.into()),
        ("offset", found.result.as_ref().map_or(-1.0, |found| offset(found) as f64).into()),
        ("error", found.result.as_ref().err().map_or(JsValue::NULL, error)),
    ])
}

fn outcome(what: &str, name: &str, code: i16, message: Option<&str>) -> JsValue {
    object(&[("name", name.into()), ("error", fault(what, name, code, message))])
}

/// An error code of an answer, as [`error`] makes them; null for none.
pub(super) fn fault(what: &str, name: &str, code: i16, message: Option<&str>) -> JsValue {
    if code == 0 {
        return JsValue::NULL;
    }
    let known = ErrorCode::from_code(code);
    let because = message.map(|message| format!(": {message}")).unwrap_or_default();
    let message = format!("{what} {name}: the broker answered {}{because}", known.name());
    fault_of("broker", &message, code, known.name(), known.is_retriable())
}

fn fault_of(kind: &str, message: &str, code: i16, code_name: &str, retriable: bool) -> JsValue {
    object(&[
        ("kind", kind.into()),
        ("message", message.into()),
        ("code", code.into()),
        ("type", code_name.into()),
        ("retriable", retriable.into()),
    ])
}

/// An error, from which the package makes one of KafkaJS's classes (`js/session.ts`).
pub(super) fn error(error: &ClientError) -> JsValue {
    let kind = match error {
        ClientError::Broker { .. }
        | ClientError::OffsetOutOfRange { .. }
        | ClientError::Damaged { .. } => "broker",
        ClientError::Connection { .. } => "connection",
        ClientError::Timeout { .. } => "timeout",
        ClientError::BufferFull { .. } => "bufferFull",
        ClientError::Unsupported { .. } => "unsupported",
        _ => "other",
    };
    let code = error.code().unwrap_or(ErrorCode::None);
    fault_of(kind, &error.to_string(), code as i16, code.name(), error.is_retriable())
}

/// The errors of a list.
pub(super) fn errors(errors: &[ClientError]) -> Array {
    list(errors, error).unchecked_into()
}

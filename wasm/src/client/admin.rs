//! Administration: from what `js/admin/admin.ts` asks for to Kafka's requests.

use ottla::Now;
use ottla::client::{CallId, Client, ClientError, IsolationLevel, Target};
use ottla::protocol::messages::*;
use wasm_bindgen::JsValue;

use super::answer::{self, Decode};
use super::groups;
use crate::object::{Properties, read_integer, read_list, read_text};

/// Starts what JavaScript asks for. Requests come with how to read their answers; what the client
/// splits among the leaders of partitions comes back as events of its own.
pub(super) fn start(
    operation: &str,
    arguments: &JsValue,
    now: Now,
    client: &mut Client,
) -> Result<(CallId, Option<Decode>), JsValue> {
    let refused = |error: ClientError| answer::error(&error);
    let arguments = Properties(arguments);
    match operation {
        "createTopics" => {
            let request = CreateTopicsRequest {
                topics: arguments.list("topics", new_topic)?,
                timeout_ms: arguments.number("timeout")? as i32,
                validate_only: arguments.flag("validateOnly")?,
            };
            let call = client.request(now, Target::Controller, request).map_err(refused)?;
            Ok((call, Some(answer::create_topics)))
        }
        "deleteTopics" => {
            let topics = arguments.list("topics", read_text)?;
            let named = |name| DeleteTopicState { name: Some(name), ..Default::default() };
            let request = DeleteTopicsRequest {
                // Which of the two is sent depends on the version.
                topic_names: topics.clone(),
                topics: topics.into_iter().map(named).collect(),
                timeout_ms: arguments.number("timeout")? as i32,
            };
            let call = client.request(now, Target::Controller, request).map_err(refused)?;
            Ok((call, Some(answer::delete_topics)))
        }
        "createPartitions" => {
            let request = CreatePartitionsRequest {
                topics: arguments.list("topics", new_partitions)?,
                timeout_ms: arguments.number("timeout")? as i32,
                validate_only: arguments.flag("validateOnly")?,
            };
            let call = client.request(now, Target::Controller, request).map_err(refused)?;
            Ok((call, Some(answer::create_partitions)))
        }
        "metadata" => {
            let named = |name: &JsValue| {
                let name = Some(read_text(name)?);
                Ok(MetadataRequestTopic { name, ..Default::default() })
            };
            let request = MetadataRequest {
                topics: arguments.optional_list("topics", named)?,
                allow_auto_topic_creation: arguments.flag("create")?,
                ..Default::default()
            };
            let call = client.request(now, Target::AnyNode, request).map_err(refused)?;
            Ok((call, Some(answer::metadata)))
        }
        "describeConfigs" => {
            let request = DescribeConfigsRequest {
                resources: arguments.list("resources", config_query)?,
                include_synonyms: arguments.flag("includeSynonyms")?,
                ..Default::default()
            };
            let call = client.request(now, Target::AnyNode, request).map_err(refused)?;
            Ok((call, Some(answer::describe_configs)))
        }
        "alterConfigs" => {
            let request = AlterConfigsRequest {
                resources: arguments.list("resources", config_change)?,
                validate_only: arguments.flag("validateOnly")?,
            };
            let call = client.request(now, Target::Controller, request).map_err(refused)?;
            Ok((call, Some(answer::alter_configs)))
        }
        "listOffsets" => {
            let partitions = arguments.list("partitions", partition_at)?;
            let level = IsolationLevel::ReadUncommitted;
            let call = client.list_offsets(now, level, &borrowed(&partitions)).map_err(refused)?;
            Ok((call, None))
        }
        "deleteRecords" => {
            let partitions = arguments.list("partitions", partition_at)?;
            let call = client.delete_records(now, &borrowed(&partitions)).map_err(refused)?;
            Ok((call, None))
        }
        "listGroups"
        | "describeGroup"
        | "describeConsumerGroup"
        | "deleteGroup"
        | "fetchOffsets"
        | "setOffsets" => groups::start(operation, &arguments, now, client),
        other => Err(JsValue::from_str(&format!("unknown operation {other}"))),
    }
}

/// A partition, and an offset or a timestamp in it: a double, as offsets above 2^53 are beyond what
/// IndexedDB could store.
fn partition_at(value: &JsValue) -> Result<(String, i32, i64), JsValue> {
    let each = Properties(value);
    Ok((each.text("topic")?, each.number("partition")? as i32, each.number("at")? as i64))
}

fn borrowed(partitions: &[(String, i32, i64)]) -> Vec<(&str, i32, i64)> {
    partitions.iter().map(|(topic, partition, at)| (topic.as_str(), *partition, *at)).collect()
}

fn new_topic(value: &JsValue) -> Result<CreatableTopic, JsValue> {
    let topic = Properties(value);
    let assignment = |value: &JsValue| {
        let each = Properties(value);
        Ok(CreatableReplicaAssignment {
            partition_index: each.number("partition")? as i32,
            broker_ids: each.list("replicas", read_integer)?,
        })
    };
    let config = |value: &JsValue| {
        let (name, value) = entry(value)?;
        Ok(CreatableTopicConfig { name, value })
    };
    Ok(CreatableTopic {
        name: topic.text("topic")?,
        num_partitions: topic.number("numPartitions")? as i32,
        replication_factor: topic.number("replicationFactor")? as i16,
        assignments: topic.list("replicaAssignment", assignment)?,
        configs: topic.list("configEntries", config)?,
    })
}

fn new_partitions(value: &JsValue) -> Result<CreatePartitionsTopic, JsValue> {
    let topic = Properties(value);
    let nodes = |value: &JsValue| {
        let broker_ids = read_list(value, "assignments", read_integer)?;
        Ok(CreatePartitionsAssignment { broker_ids })
    };
    Ok(CreatePartitionsTopic {
        name: topic.text("topic")?,
        count: topic.number("count")? as i32,
        assignments: topic.optional_list("assignments", nodes)?,
    })
}

fn config_query(value: &JsValue) -> Result<DescribeConfigsResource, JsValue> {
    let resource = Properties(value);
    let keys = resource.optional_list("configNames", read_text)?;
    Ok(DescribeConfigsResource {
        resource_type: resource.number("type")? as i8,
        resource_name: resource.text("name")?,
        // No names stand for all of them.
        configuration_keys: keys.filter(|keys| !keys.is_empty()),
    })
}

fn config_change(value: &JsValue) -> Result<AlterConfigsResource, JsValue> {
    let resource = Properties(value);
    let config = |value: &JsValue| {
        let (name, value) = entry(value)?;
        Ok(AlterableConfig { name, value })
    };
    Ok(AlterConfigsResource {
        resource_type: resource.number("type")? as i8,
        resource_name: resource.text("name")?,
        configs: resource.list("configEntries", config)?,
    })
}

fn entry(value: &JsValue) -> Result<(String, Option<String>), JsValue> {
    let entry = Properties(value);
    Ok((entry.text("name")?, Some(entry.text("value")?)))
}

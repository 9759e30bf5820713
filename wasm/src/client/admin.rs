//! Administration: from what `js/admin.ts` asks for to Kafka's requests.

use std::collections::BTreeMap;

use ottla::Now;
use ottla::client::{CallId, Client, ClientError, IsolationLevel, Target};
use ottla::protocol::messages::*;
use serde::Deserialize;
use serde_wasm_bindgen::from_value;
use wasm_bindgen::JsValue;

use super::answer::{self, Decode};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateTopics {
    topics: Vec<NewTopic>,
    timeout: i32,
    validate_only: bool,
}

#[derive(Debug, Deserialize)]
struct DeleteTopics {
    topics: Vec<String>,
    timeout: i32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreatePartitions {
    topics: Vec<NewPartitions>,
    timeout: i32,
    validate_only: bool,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    topics: Option<Vec<String>>,
    create: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribeConfigs {
    resources: Vec<ConfigQuery>,
    include_synonyms: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AlterConfigs {
    resources: Vec<ConfigChange>,
    validate_only: bool,
}

#[derive(Debug, Deserialize)]
struct Partitions {
    partitions: Vec<PartitionAt>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewTopic {
    topic: String,
    num_partitions: i32,
    replication_factor: i16,
    assignments: Vec<(i32, Vec<i32>)>,
    configs: Vec<(String, Option<String>)>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewPartitions {
    topic: String,
    count: i32,
    assignments: Option<Vec<Vec<i32>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConfigQuery {
    resource_type: i8,
    name: String,
    config_names: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConfigChange {
    resource_type: i8,
    name: String,
    entries: Vec<(String, Option<String>)>,
}

/// A partition, and an offset or a timestamp in it.
#[derive(Debug, Deserialize)]
struct PartitionAt {
    topic: String,
    partition: i32,
    /// A double: offsets above 2^53 are beyond what IndexedDB could store.
    at: f64,
}

/// Starts what JavaScript asks for. Requests come with how to read their answers; what the client
/// splits among the leaders of partitions comes back as events of its own.
///
/// The operations are told apart here and not by serde's tagged enums, whose code is large.
pub(super) fn start(
    operation: &str,
    arguments: JsValue,
    now: Now,
    client: &mut Client,
) -> Result<(CallId, Option<Decode>), JsValue> {
    let refused = |error: ClientError| answer::error(&error);
    match operation {
        "createTopics" => {
            let CreateTopics { topics, timeout, validate_only } = from_value(arguments)?;
            let topics = topics.into_iter().map(NewTopic::into_message).collect();
            let request = CreateTopicsRequest { topics, timeout_ms: timeout, validate_only };
            let call = client.request(now, Target::Controller, request).map_err(refused)?;
            Ok((call, Some(answer::create_topics)))
        }
        "deleteTopics" => {
            let DeleteTopics { topics, timeout } = from_value(arguments)?;
            let named = |name| DeleteTopicState { name: Some(name), ..Default::default() };
            let request = DeleteTopicsRequest {
                // Which of the two is sent depends on the version.
                topic_names: topics.clone(),
                topics: topics.into_iter().map(named).collect(),
                timeout_ms: timeout,
            };
            let call = client.request(now, Target::Controller, request).map_err(refused)?;
            Ok((call, Some(answer::delete_topics)))
        }
        "createPartitions" => {
            let CreatePartitions { topics, timeout, validate_only } = from_value(arguments)?;
            let topics = topics.into_iter().map(NewPartitions::into_message).collect();
            let request = CreatePartitionsRequest { topics, timeout_ms: timeout, validate_only };
            let call = client.request(now, Target::Controller, request).map_err(refused)?;
            Ok((call, Some(answer::create_partitions)))
        }
        "metadata" => {
            let Metadata { topics, create } = from_value(arguments)?;
            let named = |name| MetadataRequestTopic { name: Some(name), ..Default::default() };
            let request = MetadataRequest {
                topics: topics.map(|topics| topics.into_iter().map(named).collect()),
                allow_auto_topic_creation: create,
                ..Default::default()
            };
            let call = client.request(now, Target::AnyNode, request).map_err(refused)?;
            Ok((call, Some(answer::metadata)))
        }
        "describeConfigs" => {
            let DescribeConfigs { resources, include_synonyms } = from_value(arguments)?;
            let resources = resources.into_iter().map(ConfigQuery::into_message).collect();
            let request =
                DescribeConfigsRequest { resources, include_synonyms, ..Default::default() };
            let call = client.request(now, Target::AnyNode, request).map_err(refused)?;
            Ok((call, Some(answer::describe_configs)))
        }
        "alterConfigs" => {
            let AlterConfigs { resources, validate_only } = from_value(arguments)?;
            let resources = resources.into_iter().map(ConfigChange::into_message).collect();
            let request = AlterConfigsRequest { resources, validate_only };
            let call = client.request(now, Target::Controller, request).map_err(refused)?;
            Ok((call, Some(answer::alter_configs)))
        }
        "listOffsets" => {
            let Partitions { partitions } = from_value(arguments)?;
            let level = IsolationLevel::ReadUncommitted;
            let call = client.list_offsets(now, level, &placed(&partitions)).map_err(refused)?;
            Ok((call, None))
        }
        "deleteRecords" => {
            let Partitions { partitions } = from_value(arguments)?;
            let call = client.delete_records(now, &placed(&partitions)).map_err(refused)?;
            Ok((call, None))
        }
        other => Err(JsValue::from_str(&format!("unknown operation {other}"))),
    }
}

fn placed(partitions: &[PartitionAt]) -> Vec<(&str, i32, i64)> {
    partitions.iter().map(|each| (each.topic.as_str(), each.partition, each.at as i64)).collect()
}

impl NewTopic {
    fn into_message(self) -> CreatableTopic {
        let assignments: BTreeMap<i32, Vec<i32>> = self.assignments.into_iter().collect();
        CreatableTopic {
            name: self.topic,
            num_partitions: self.num_partitions,
            replication_factor: self.replication_factor,
            assignments: assignments
                .into_iter()
                .map(|(partition_index, broker_ids)| CreatableReplicaAssignment {
                    partition_index,
                    broker_ids,
                })
                .collect(),
            configs: self
                .configs
                .into_iter()
                .map(|(name, value)| CreatableTopicConfig { name, value })
                .collect(),
        }
    }
}

impl NewPartitions {
    fn into_message(self) -> CreatePartitionsTopic {
        CreatePartitionsTopic {
            name: self.topic,
            count: self.count,
            assignments: self.assignments.map(|assignments| {
                assignments
                    .into_iter()
                    .map(|broker_ids| CreatePartitionsAssignment { broker_ids })
                    .collect()
            }),
        }
    }
}

impl ConfigQuery {
    fn into_message(self) -> DescribeConfigsResource {
        DescribeConfigsResource {
            resource_type: self.resource_type,
            resource_name: self.name,
            configuration_keys: self.config_names,
        }
    }
}

impl ConfigChange {
    fn into_message(self) -> AlterConfigsResource {
        AlterConfigsResource {
            resource_type: self.resource_type,
            resource_name: self.name,
            configs: self
                .entries
                .into_iter()
                .map(|(name, value)| AlterableConfig { name, value })
                .collect(),
        }
    }
}

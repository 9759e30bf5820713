//! Administration: from what `js/admin.ts` asks for to Kafka's requests.

use std::collections::BTreeMap;

use ottla::Now;
use ottla::client::{CallId, Client, ClientError, IsolationLevel, Target};
use ottla::protocol::messages::*;
use serde::Deserialize;

use super::answer::{self, Decode};

/// What JavaScript may ask for, named by `op`.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum Operation {
    CreateTopics { topics: Vec<NewTopic>, timeout: i32, validate_only: bool },
    DeleteTopics { topics: Vec<String>, timeout: i32 },
    CreatePartitions { topics: Vec<NewPartitions>, timeout: i32, validate_only: bool },
    Metadata { topics: Option<Vec<String>>, create: bool },
    DescribeConfigs { resources: Vec<ConfigQuery>, include_synonyms: bool },
    AlterConfigs { resources: Vec<ConfigChange>, validate_only: bool },
    ListOffsets { partitions: Vec<PartitionAt> },
    DeleteRecords { partitions: Vec<PartitionAt> },
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewTopic {
    topic: String,
    num_partitions: i32,
    replication_factor: i16,
    assignments: Vec<(i32, Vec<i32>)>,
    configs: Vec<(String, Option<String>)>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewPartitions {
    topic: String,
    count: i32,
    assignments: Option<Vec<Vec<i32>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConfigQuery {
    resource_type: i8,
    name: String,
    config_names: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConfigChange {
    resource_type: i8,
    name: String,
    entries: Vec<(String, Option<String>)>,
}

/// A partition, and an offset or a timestamp in it.
#[derive(Debug, Deserialize)]
pub(super) struct PartitionAt {
    topic: String,
    partition: i32,
    /// A double: offsets above 2^53 are beyond what IndexedDB could store.
    at: f64,
}

impl Operation {
    /// Starts the operation. Requests come with how to read their answers; what the client splits
    /// among the leaders of partitions comes back as events of its own.
    pub(super) fn start(
        self,
        now: Now,
        client: &mut Client,
    ) -> Result<(CallId, Option<Decode>), ClientError> {
        match self {
            Operation::CreateTopics { topics, timeout, validate_only } => {
                let topics = topics.into_iter().map(NewTopic::into_message).collect();
                let request = CreateTopicsRequest { topics, timeout_ms: timeout, validate_only };
                let call = client.request(now, Target::Controller, request)?;
                Ok((call, Some(answer::create_topics)))
            }
            Operation::DeleteTopics { topics, timeout } => {
                let request = DeleteTopicsRequest {
                    // Which of the two is sent depends on the version.
                    topic_names: topics.clone(),
                    topics: topics
                        .into_iter()
                        .map(|name| DeleteTopicState { name: Some(name), ..Default::default() })
                        .collect(),
                    timeout_ms: timeout,
                };
                let call = client.request(now, Target::Controller, request)?;
                Ok((call, Some(answer::delete_topics)))
            }
            Operation::CreatePartitions { topics, timeout, validate_only } => {
                let topics = topics.into_iter().map(NewPartitions::into_message).collect();
                let request =
                    CreatePartitionsRequest { topics, timeout_ms: timeout, validate_only };
                let call = client.request(now, Target::Controller, request)?;
                Ok((call, Some(answer::create_partitions)))
            }
            Operation::Metadata { topics, create } => {
                let topics = topics.map(|topics| {
                    let named =
                        |name| MetadataRequestTopic { name: Some(name), ..Default::default() };
                    topics.into_iter().map(named).collect()
                });
                let request = MetadataRequest {
                    topics,
                    allow_auto_topic_creation: create,
                    ..Default::default()
                };
                let call = client.request(now, Target::AnyNode, request)?;
                Ok((call, Some(answer::metadata)))
            }
            Operation::DescribeConfigs { resources, include_synonyms } => {
                let resources = resources.into_iter().map(ConfigQuery::into_message).collect();
                let request =
                    DescribeConfigsRequest { resources, include_synonyms, ..Default::default() };
                let call = client.request(now, Target::AnyNode, request)?;
                Ok((call, Some(answer::describe_configs)))
            }
            Operation::AlterConfigs { resources, validate_only } => {
                let resources = resources.into_iter().map(ConfigChange::into_message).collect();
                let request = AlterConfigsRequest { resources, validate_only };
                let call = client.request(now, Target::Controller, request)?;
                Ok((call, Some(answer::alter_configs)))
            }
            Operation::ListOffsets { partitions } => {
                let level = IsolationLevel::ReadUncommitted;
                Ok((client.list_offsets(now, level, &placed(&partitions))?, None))
            }
            Operation::DeleteRecords { partitions } => {
                Ok((client.delete_records(now, &placed(&partitions))?, None))
            }
        }
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

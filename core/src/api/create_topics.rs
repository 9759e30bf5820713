//! CreateTopics (key 19, versions 2–7). KIP-195, KIP-464, KIP-525.

use litemap::LiteMap;

use super::describe_configs::topic_values;
use super::reply::Refusable;
use super::{Call, Node, Reply};
use crate::Now;
use crate::protocol::{ErrorCode, messages as m};
use crate::sort::sort;
use crate::topic::{check_name, is_internal, names_collide, topic_config};

/// How many partitions one topic may get at once, as in Kafka.
pub(crate) const MAX_PARTITIONS: i32 = 10_000;

/// An error with what is to be said of it.
pub(crate) type Refusal = (ErrorCode, String);

pub(crate) fn create_topics(
    node: &mut Node,
    _: Now,
    call: Call,
    request: m::CreateTopicsRequest,
) -> Reply {
    let mut names: Vec<String> = request.topics.iter().map(|t| t.name.clone()).collect();
    sort(&mut names);
    let named = |name: &str| {
        names.partition_point(|other| **other <= *name)
            - names.partition_point(|other| **other < *name)
    };
    let mut response = m::CreateTopicsResponse::default();
    for topic in request.topics {
        let outcome = if named(&topic.name) > 1 {
            Err((ErrorCode::InvalidRequest, "the request names this topic twice".to_owned()))
        } else {
            create(node, &topic, request.validate_only)
        };
        response.topics.push(match outcome {
            Ok(result) => result,
            Err((code, message)) => m::CreatableTopicResult {
                name: topic.name,
                error_code: code.code(),
                error_message: Some(message),
                ..Default::default()
            },
        });
    }
    call.once_metadata_stored(node, response)
}

fn create(
    node: &mut Node,
    topic: &m::CreatableTopic,
    validate_only: bool,
) -> Result<m::CreatableTopicResult, Refusal> {
    check_new_name(node, &topic.name)?;
    let partitions = partition_count(node, topic)?;
    let given = topic.configs.iter().map(|c| (c.name.as_str(), c.value.as_deref()));
    let configs = check_configs(given)?;
    let described = topic_values(node, &configs).map(|value| m::CreatableTopicConfigs {
        name: value.name.to_owned(),
        value: Some(value.value.to_owned()),
        read_only: false,
        config_source: value.source,
        is_sensitive: false,
    });
    let result = m::CreatableTopicResult {
        name: topic.name.clone(),
        num_partitions: partitions,
        replication_factor: 1,
        configs: Some(described.collect()),
        ..Default::default()
    };
    if validate_only {
        return Ok(result);
    }
    let topic_id = node.create_topic(&topic.name, partitions, configs);
    Ok(m::CreatableTopicResult { topic_id, ..result })
}

/// Checks the name of a topic that is to be made.
pub(crate) fn check_new_name(node: &Node, name: &str) -> Result<(), Refusal> {
    check_name(name).map_err(|error| (ErrorCode::InvalidTopicException, error.to_string()))?;
    if node.topics.get(name).is_some() {
        let message = format!("topic {name} already exists");
        return Err((ErrorCode::TopicAlreadyExists, message));
    }
    match node.topics.iter().find(|other| names_collide(&other.name, name)) {
        Some(other) => {
            let other = &other.name;
            let message = format!("topic {name} collides with {other}: '.' and '_' count as one");
            Err((ErrorCode::InvalidTopicException, message))
        }
        None => Ok(()),
    }
}

fn partition_count(node: &Node, topic: &m::CreatableTopic) -> Result<i32, Refusal> {
    if !topic.assignments.is_empty() {
        return assigned_count(node, topic);
    }
    check_replication(node, topic.replication_factor)?;
    match topic.num_partitions {
        -1 => Ok(node.config.number("num.partitions") as i32),
        1..=MAX_PARTITIONS => Ok(topic.num_partitions),
        count if count > MAX_PARTITIONS => {
            let message = format!("{count} partitions at once: {MAX_PARTITIONS} are possible");
            Err((ErrorCode::PolicyViolation, message))
        }
        count => {
            let message = format!("{count} partitions: there must be at least one");
            Err((ErrorCode::InvalidPartitions, message))
        }
    }
}

/// A broker that is shown as several takes as many replicas, and keeps one.
fn check_replication(node: &Node, factor: i16) -> Result<(), Refusal> {
    let count = node.config.node_count();
    match factor {
        -1 => Ok(()),
        1.. if factor as usize <= count => Ok(()),
        1.. => {
            let message = match count {
                1 => format!("replication factor {factor}: there is one broker"),
                _ => format!("replication factor {factor}: there are {count} brokers"),
            };
            Err((ErrorCode::InvalidReplicationFactor, message))
        }
        _ => {
            let message = format!("replication factor {factor}: it must be at least 1");
            Err((ErrorCode::InvalidReplicationFactor, message))
        }
    }
}

fn assigned_count(node: &Node, topic: &m::CreatableTopic) -> Result<i32, Refusal> {
    if topic.num_partitions != -1 || topic.replication_factor != -1 {
        let message = "give either assignments, or a number of partitions and replicas";
        return Err((ErrorCode::InvalidRequest, message.to_owned()));
    }
    let mut indexes: Vec<i32> = topic.assignments.iter().map(|a| a.partition_index).collect();
    sort(&mut indexes);
    let in_a_row = (0..).zip(&indexes).all(|(due, index)| due == *index);
    let ours = topic.assignments.iter().all(|a| a.broker_ids == [node.leader(a.partition_index)]);
    if !in_a_row || !ours || indexes.len() > MAX_PARTITIONS as usize {
        let message = match node.config.node_count() {
            1 => format!("each partition from 0 on must be assigned to broker {}", node.id()),
            _ => "the partitions from 0 on must be assigned to the brokers in turn".to_owned(),
        };
        return Err((ErrorCode::InvalidReplicaAssignment, message));
    }
    Ok(indexes.len() as i32)
}

/// Checks configurations of a topic and keeps those that have a value.
pub(crate) fn check_configs<'a>(
    given: impl Iterator<Item = (&'a str, Option<&'a str>)>,
) -> Result<LiteMap<String, String>, Refusal> {
    let mut configs = LiteMap::new();
    for (name, value) in given {
        let invalid = |message: String| (ErrorCode::InvalidConfig, message);
        let definition = topic_config(name)
            .ok_or_else(|| invalid(format!("Unknown topic config name: {name}")))?;
        let value = value.ok_or_else(|| {
            invalid(format!("Null value not supported for topic configs: {name}"))
        })?;
        definition.check(value).map_err(invalid)?;
        configs.insert(name.to_owned(), value.to_owned());
    }
    Ok(configs)
}

/// Makes a topic that a client asked for without creating it, if the configuration allows that.
pub(crate) fn auto_create(node: &mut Node, name: &str) -> Result<(), ErrorCode> {
    if !node.config.flag("auto.create.topics.enable") || is_internal(name) {
        return Err(ErrorCode::UnknownTopicOrPartition);
    }
    check_new_name(node, name).map_err(|_| ErrorCode::InvalidTopicException)?;
    node.create_topic(name, node.config.number("num.partitions") as i32, LiteMap::new());
    Ok(())
}

impl Refusable for m::CreateTopicsResponse {
    fn refuse(&mut self, code: ErrorCode, message: &str) {
        for topic in self.topics.iter_mut().filter(|topic| topic.error_code == 0) {
            *topic = m::CreatableTopicResult {
                name: std::mem::take(&mut topic.name),
                error_code: code.code(),
                error_message: Some(message.to_owned()),
                ..Default::default()
            };
        }
    }
}

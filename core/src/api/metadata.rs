//! Metadata (key 3, versions 0–13) and DescribeTopicPartitions (key 75, version 0). KIP-4, KIP-430,
//! KIP-516, KIP-966.

use super::cluster::CLUSTER_OPERATIONS;
use super::create_topics::auto_create;
use super::reply::Refusable;
use super::{Call, Node, Reply};
use crate::protocol::{ErrorCode, messages as m};
use crate::sort::sort;
use crate::topic::Topic;
use crate::{Now, Uuid};

/// What everybody may do to a topic: READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE,
/// DESCRIBE_CONFIGS and ALTER_CONFIGS.
const TOPIC_OPERATIONS: i32 =
    1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8 | 1 << 10 | 1 << 11;

pub(crate) fn metadata(node: &mut Node, _: Now, call: Call, request: m::MetadataRequest) -> Reply {
    let names: Vec<(Option<String>, Uuid)> = match request.topics {
        // Version 0 has no null: there, no topics means all topics.
        Some(topics) if call.version > 0 || !topics.is_empty() => {
            topics.into_iter().map(|topic| (topic.name, topic.topic_id)).collect()
        }
        _ => node.topics.iter().map(|topic| (Some(topic.name.clone()), Uuid::ZERO)).collect(),
    };
    let operations =
        if request.include_topic_authorized_operations { TOPIC_OPERATIONS } else { i32::MIN };
    let mut created = false;
    let mut topics = Vec::with_capacity(names.len());
    for (name, id) in names {
        let mut found = node.topic(name.as_deref().unwrap_or_default(), id).map(|_| ());
        if let (Err(ErrorCode::UnknownTopicOrPartition), Some(name)) = (&found, &name) {
            if request.allow_auto_topic_creation {
                found = auto_create(node, name);
                created |= found.is_ok();
            } else if crate::topic::check_name(name).is_err() {
                found = Err(ErrorCode::InvalidTopicException);
            }
        }
        let mut topic = match found {
            Ok(()) => {
                node.topic(name.as_deref().unwrap_or_default(), id).map(|t| describe(node, t))
            }
            Err(code) => Err(code),
        }
        .unwrap_or_else(|code| unknown(name, id, code));
        topic.topic_authorized_operations = operations;
        topics.push(topic);
    }
    let include_cluster = request.include_cluster_authorized_operations;
    let response = m::MetadataResponse {
        brokers: node.config.nodes().map(broker).collect(),
        cluster_id: Some(node.cluster.cluster_id.to_string()),
        controller_id: node.id(),
        topics,
        cluster_authorized_operations: if include_cluster { CLUSTER_OPERATIONS } else { i32::MIN },
        ..Default::default()
    };
    if created { call.once_metadata_stored(node, response) } else { call.now(&response) }
}

/// A topic that is not there. The request's id is echoed; before version 12 a name cannot be null.
fn unknown(name: Option<String>, topic_id: Uuid, code: ErrorCode) -> m::MetadataResponseTopic {
    m::MetadataResponseTopic { error_code: code.code(), name, topic_id, ..Default::default() }
}

fn broker((node_id, host, port): (i32, &str, i32)) -> m::MetadataResponseBroker {
    m::MetadataResponseBroker { node_id, host: host.to_owned(), port, rack: None }
}

fn describe(node: &Node, topic: &Topic) -> m::MetadataResponseTopic {
    let partition = |partition_index| {
        let leader_id = node.leader(partition_index);
        m::MetadataResponsePartition {
            partition_index,
            leader_id,
            leader_epoch: node.leader_epoch(topic.generation),
            replica_nodes: vec![leader_id],
            isr_nodes: vec![leader_id],
            ..Default::default()
        }
    };
    m::MetadataResponseTopic {
        name: Some(topic.name.clone()),
        topic_id: topic.id,
        is_internal: topic.is_internal(),
        partitions: (0..topic.logs.len() as i32).map(partition).collect(),
        ..Default::default()
    }
}

impl Refusable for m::MetadataResponse {
    fn refuse(&mut self, _: ErrorCode, _: &str) {
        // Some of the topics were made by this very request and are not stored: the client is to
        // ask again, for all of them.
        for topic in self.topics.iter_mut().filter(|topic| topic.error_code == 0) {
            topic.error_code = ErrorCode::LeaderNotAvailable.code();
            topic.partitions.clear();
        }
    }
}

pub(crate) fn describe_topic_partitions(
    node: &mut Node,
    _: Now,
    call: Call,
    request: m::DescribeTopicPartitionsRequest,
) -> Reply {
    let mut asked: Vec<String> = match request.topics.is_empty() {
        true => node.topics.iter().map(|topic| topic.name.clone()).collect(),
        false => request.topics.into_iter().map(|topic| topic.name).collect(),
    };
    sort(&mut asked);
    asked.dedup();
    let (from_topic, from_partition) = match request.cursor {
        Some(cursor) if cursor.partition_index < 0 => {
            return call.now(&refuse_cursor(asked));
        }
        Some(cursor) => (cursor.topic_name, cursor.partition_index),
        None => (String::new(), 0),
    };
    let limit = node.config.number("max.request.partition.size.limit") as i32;
    let mut room = request.response_partition_limit.clamp(1, limit.max(1)) as usize;
    let mut response = m::DescribeTopicPartitionsResponse::default();
    for name in asked.into_iter().filter(|name| *name >= from_topic) {
        let Some(topic) = node.topics.get(&name) else {
            response.topics.push(m::DescribeTopicPartitionsResponseTopic {
                error_code: match crate::topic::check_name(&name) {
                    Ok(()) => ErrorCode::UnknownTopicOrPartition.code(),
                    Err(_) => ErrorCode::InvalidTopicException.code(),
                },
                name: Some(name),
                ..Default::default()
            });
            continue;
        };
        let first = if name == from_topic { from_partition } else { 0 };
        if room == 0 {
            response.next_cursor = Some(m::Cursor { topic_name: name, partition_index: first });
            break;
        }
        let mut described = describe_partitions(node, topic);
        let from = described.partitions.len().min(first as usize);
        described.partitions.drain(..from);
        if described.partitions.len() > room {
            described.partitions.truncate(room);
            let partition_index = first + room as i32;
            response.next_cursor = Some(m::Cursor { topic_name: name, partition_index });
        }
        room -= described.partitions.len();
        response.topics.push(described);
        if response.next_cursor.is_some() {
            break;
        }
    }
    call.now(&response)
}

fn refuse_cursor(asked: Vec<String>) -> m::DescribeTopicPartitionsResponse {
    let refused = |name| m::DescribeTopicPartitionsResponseTopic {
        error_code: ErrorCode::InvalidRequest.code(),
        name: Some(name),
        ..Default::default()
    };
    m::DescribeTopicPartitionsResponse {
        topics: asked.into_iter().map(refused).collect(),
        ..Default::default()
    }
}

fn describe_partitions(node: &Node, topic: &Topic) -> m::DescribeTopicPartitionsResponseTopic {
    let plain = describe(node, topic);
    let partition = |p: m::MetadataResponsePartition| m::DescribeTopicPartitionsResponsePartition {
        partition_index: p.partition_index,
        leader_id: p.leader_id,
        leader_epoch: p.leader_epoch,
        replica_nodes: p.replica_nodes,
        isr_nodes: p.isr_nodes,
        eligible_leader_replicas: Some(Vec::new()),
        last_known_elr: Some(Vec::new()),
        ..Default::default()
    };
    m::DescribeTopicPartitionsResponseTopic {
        name: plain.name,
        topic_id: plain.topic_id,
        is_internal: plain.is_internal,
        partitions: plain.partitions.into_iter().map(partition).collect(),
        topic_authorized_operations: TOPIC_OPERATIONS,
        ..Default::default()
    }
}

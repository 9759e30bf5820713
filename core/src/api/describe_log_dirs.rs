//! DescribeLogDirs (key 35, versions 1–4): the sizes of partitions, and how much room is left. KIP-113,
//! KIP-827. There is one place where logs are kept, whatever the storage is.

use super::{Call, Node, Reply};
use crate::Now;
use crate::protocol::messages as m;
use crate::topic::Topic;

/// What that place is called; Kafka's are paths.
const LOG_DIR: &str = "/ottla";

pub(crate) fn describe_log_dirs(
    node: &mut Node,
    _: Now,
    call: Call,
    request: m::DescribeLogDirsRequest,
) -> Reply {
    // As in Kafka, what is asked for and not there is left out.
    let wanted = |topic: &str| match &request.topics {
        None => Some(None),
        Some(asked) => {
            let asked = asked.iter().find(|asked| asked.topic == topic)?;
            Some(Some(asked.partitions.as_slice()))
        }
    };
    let mut topics = Vec::new();
    for topic in node.topics.iter() {
        if let Some(partitions) = wanted(&topic.name) {
            topics.push(describe(node, call, topic, partitions));
        }
    }
    let bytes =
        |known: Option<u64>| known.and_then(|bytes| i64::try_from(bytes).ok()).unwrap_or(-1);
    let result = m::DescribeLogDirsResult {
        log_dir: LOG_DIR.to_owned(),
        topics,
        total_bytes: bytes(node.room.total_bytes()),
        usable_bytes: bytes(node.room.usable_bytes()),
        ..Default::default()
    };
    call.now(&m::DescribeLogDirsResponse { results: vec![result], ..Default::default() })
}

/// The partitions of a topic that this broker leads, as far as they are wanted.
fn describe(
    node: &Node,
    call: Call,
    topic: &Topic,
    wanted: Option<&[i32]>,
) -> m::DescribeLogDirsTopic {
    let mut partitions = Vec::new();
    for (partition_index, log) in (0..).zip(&topic.logs) {
        let is_wanted = wanted.is_none_or(|wanted| wanted.contains(&partition_index));
        if is_wanted && node.leader(partition_index) == call.node_id {
            partitions.push(m::DescribeLogDirsPartition {
                partition_index,
                partition_size: node.logs.get(log).map_or(0, |log| log.size_bytes() as i64),
                ..Default::default()
            });
        }
    }
    m::DescribeLogDirsTopic { name: topic.name.clone(), partitions }
}

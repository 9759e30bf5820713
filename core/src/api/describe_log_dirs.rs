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
    let topics = match &request.topics {
        None => node.topics.iter().map(|topic| describe(node, call, topic, |_| true)).collect(),
        // As in Kafka, what is not there is left out.
        Some(asked) => asked
            .iter()
            .filter_map(|asked| {
                let topic = node.topics.get(&asked.topic)?;
                Some(describe(node, call, topic, |partition| asked.partitions.contains(&partition)))
            })
            .collect(),
    };
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
    wanted: impl Fn(i32) -> bool,
) -> m::DescribeLogDirsTopic {
    let ours = |partition| node.leader(partition) == call.node_id && wanted(partition);
    let partitions = (0..).zip(&topic.logs).filter(|(partition, _)| ours(*partition));
    let size = |(partition_index, log)| m::DescribeLogDirsPartition {
        partition_index,
        partition_size: node.logs.get(log).map_or(0, |log| log.size_bytes() as i64),
        ..Default::default()
    };
    m::DescribeLogDirsTopic { name: topic.name.clone(), partitions: partitions.map(size).collect() }
}

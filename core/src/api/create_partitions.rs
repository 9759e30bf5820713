//! CreatePartitions (key 37, versions 0–3): gives a topic more partitions. KIP-195.
//!
//! Records stay where they are: from then on a key may go to another partition than before.

use litemap::LiteMap;

use super::create_topics::{MAX_PARTITIONS, Refusal};
use super::reply::Refusable;
use super::{Call, Node, Reply};
use crate::Now;
use crate::protocol::{ErrorCode, messages as m};

pub(crate) fn create_partitions(
    node: &mut Node,
    _: Now,
    call: Call,
    request: m::CreatePartitionsRequest,
) -> Reply {
    let mut seen: LiteMap<String, ()> = LiteMap::new();
    let mut response = m::CreatePartitionsResponse::default();
    for topic in request.topics {
        let outcome = if seen.insert(topic.name.clone(), ()).is_none() {
            grow(node, &topic, request.validate_only)
        } else {
            Err((ErrorCode::InvalidRequest, "the request names this topic twice".to_owned()))
        };
        let (error_code, error_message) = match outcome {
            Ok(()) => (0, None),
            Err((code, message)) => (code.code(), Some(message)),
        };
        let name = topic.name;
        response.results.push(m::CreatePartitionsTopicResult { name, error_code, error_message });
    }
    call.once_metadata_stored(node, response)
}

fn grow(
    node: &mut Node,
    topic: &m::CreatePartitionsTopic,
    validate_only: bool,
) -> Result<(), Refusal> {
    let name = &topic.name;
    let Some(found) = node.topics.get(name) else {
        let message = format!("topic {name} does not exist");
        return Err((ErrorCode::UnknownTopicOrPartition, message));
    };
    let (has, wanted) = (found.logs.len() as i32, topic.count);
    if wanted <= has {
        let message = format!("topic {name} has {has} partitions: it can get more, not {wanted}");
        return Err((ErrorCode::InvalidPartitions, message));
    }
    if wanted - has > MAX_PARTITIONS {
        let message = format!("{} partitions at once: {MAX_PARTITIONS} are possible", wanted - has);
        return Err((ErrorCode::PolicyViolation, message));
    }
    if let Some(assignments) = &topic.assignments {
        let fits = assignments.len() as i32 == wanted - has;
        let ours = (has..).zip(assignments).all(|(at, a)| a.broker_ids == [node.leader(at)]);
        if !fits || !ours {
            let message = match node.config.node_count() {
                1 => format!("each new partition must be assigned to broker {}", node.id()),
                _ => "the new partitions must be assigned to the brokers in turn".to_owned(),
            };
            return Err((ErrorCode::InvalidReplicaAssignment, message));
        }
    }
    if !validate_only {
        node.add_partitions(name, wanted);
    }
    Ok(())
}

impl Refusable for m::CreatePartitionsResponse {
    fn refuse(&mut self, code: ErrorCode, message: &str) {
        for topic in self.results.iter_mut().filter(|topic| topic.error_code == 0) {
            topic.error_code = code.code();
            topic.error_message = Some(message.to_owned());
        }
    }
}

//! DeleteTopics (key 20, versions 1–6). KIP-516, KIP-599.

use super::reply::Refusable;
use super::{Call, Node, Reply};
use crate::Now;
use crate::protocol::{ErrorCode, messages as m};
use crate::{Uuid, topic};

pub(crate) fn delete_topics(
    node: &mut Node,
    now: Now,
    call: Call,
    request: m::DeleteTopicsRequest,
) -> Reply {
    let named = request.topic_names.into_iter().map(|name| (Some(name), Uuid::ZERO));
    let states = request.topics.into_iter().map(|state| (state.name, state.topic_id));
    let mut response = m::DeleteTopicsResponse::default();
    for (name, id) in named.chain(states).collect::<Vec<_>>() {
        response.responses.push(delete(node, now, name, id));
    }
    call.once_metadata_stored(node, response)
}

fn delete(node: &mut Node, now: Now, name: Option<String>, id: Uuid) -> m::DeletableTopicResult {
    let refuse = |name: Option<String>, code: ErrorCode, message: &str| m::DeletableTopicResult {
        name,
        topic_id: id,
        error_code: code.code(),
        error_message: Some(message.to_owned()),
    };
    if name.is_some() != id.is_zero() {
        let message = "a topic is deleted by name or by id, and not by both";
        return refuse(name, ErrorCode::InvalidRequest, message);
    }
    if !node.config.flag("delete.topic.enable") {
        return refuse(name, ErrorCode::TopicDeletionDisabled, "delete.topic.enable is false");
    }
    let (found, topic_id) = match node.topic(name.as_deref().unwrap_or_default(), id) {
        Ok(topic) => (topic.name.clone(), topic.id),
        Err(code) => return refuse(name, code, code.message()),
    };
    if topic::is_internal(&found) {
        let message = "the broker's own topics cannot be deleted";
        return refuse(name, ErrorCode::InvalidTopicException, message);
    }
    node.delete_topic(&found);
    node.on_groups(now, |groups, _, effects| groups.topic_deleted(&found, effects));
    m::DeletableTopicResult { name: Some(found), topic_id, error_code: 0, error_message: None }
}

impl Refusable for m::DeleteTopicsResponse {
    fn refuse(&mut self, code: ErrorCode, message: &str) {
        for topic in self.responses.iter_mut().filter(|topic| topic.error_code == 0) {
            topic.error_code = code.code();
            topic.error_message = Some(message.to_owned());
        }
    }
}

//! AlterConfigs (key 33, versions 0–2) and IncrementalAlterConfigs (key 44, versions 0–1). KIP-133,
//! KIP-339.
//!
//! The older API replaces all of a topic's configurations; the newer one changes some of them.

use litemap::LiteMap;

use super::create_topics::{Refusal, check_configs};
use super::describe_configs::{BROKER, TOPIC};
use super::reply::Refusable;
use super::{Call, Node, Reply};
use crate::Now;
use crate::protocol::{ErrorCode, messages as m};
use crate::topic::{ConfigType, topic_config};

/// The operations of IncrementalAlterConfigs.
const SET: i8 = 0;
const DELETE: i8 = 1;
const APPEND: i8 = 2;
const SUBTRACT: i8 = 3;

pub(crate) fn alter_configs(
    node: &mut Node,
    _: Now,
    call: Call,
    request: m::AlterConfigsRequest,
) -> Reply {
    let mut response = m::AlterConfigsResponse::default();
    for resource in request.resources {
        let given = resource.configs.iter().map(|c| (c.name.as_str(), c.value.as_deref()));
        let configs = check_configs(given);
        let outcome = configs.and_then(|configs| {
            let target = (resource.resource_type, resource.resource_name.as_str());
            replace(node, target, configs, request.validate_only)
        });
        let answer = answer(outcome, resource.resource_type, resource.resource_name);
        response.responses.push(answer);
    }
    call.once_metadata_stored(node, response)
}

pub(crate) fn incremental_alter_configs(
    node: &mut Node,
    _: Now,
    call: Call,
    request: m::IncrementalAlterConfigsRequest,
) -> Reply {
    let mut response = m::IncrementalAlterConfigsResponse::default();
    for resource in request.resources {
        let target = (resource.resource_type, resource.resource_name.as_str());
        let configs = changed(node, target, &resource.configs);
        let outcome =
            configs.and_then(|configs| replace(node, target, configs, request.validate_only));
        let answer = answer(outcome, resource.resource_type, resource.resource_name);
        response.responses.push(answer);
    }
    call.once_metadata_stored(node, response)
}

/// A topic's configurations after the changes that were asked for.
fn changed(
    node: &Node,
    target: (i8, &str),
    changes: &[m::IncrementalAlterableConfig],
) -> Result<LiteMap<String, String>, Refusal> {
    let own = check_target(node, target)?;
    let mut configs = own.clone();
    for (at, change) in changes.iter().enumerate() {
        let name = change.name.as_str();
        if changes[..at].iter().any(|earlier| earlier.name == name) {
            let message = format!("the request changes {name} twice");
            return Err((ErrorCode::InvalidRequest, message));
        }
        let definition = topic_config(name).ok_or_else(|| {
            (ErrorCode::InvalidConfig, format!("Unknown topic config name: {name}"))
        })?;
        let value = change.value.as_deref();
        match (change.config_operation, value) {
            (DELETE, _) => {
                configs.remove(name);
            }
            (SET, Some(value)) => {
                configs.insert(name.to_owned(), value.to_owned());
            }
            (APPEND | SUBTRACT, Some(value)) if definition.kind == ConfigType::List => {
                let current = node.topic_value(own, name);
                let merged = merge(current, value, change.config_operation == APPEND);
                configs.insert(name.to_owned(), merged);
            }
            (APPEND | SUBTRACT, Some(_)) => {
                let message = format!("{name} is not a list: it can be set, not added to");
                return Err((ErrorCode::InvalidConfig, message));
            }
            (SET | APPEND | SUBTRACT, None) => {
                return Err((ErrorCode::InvalidRequest, format!("no value is given for {name}")));
            }
            (other, _) => {
                let message = format!("operation {other} on {name} is not known");
                return Err((ErrorCode::InvalidRequest, message));
            }
        }
    }
    check_configs(configs.iter().map(|(name, value)| (name.as_str(), Some(value.as_str()))))
}

fn merge(current: &str, change: &str, append: bool) -> String {
    let split = |text: &str| {
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        items.map(str::to_owned).collect::<Vec<_>>()
    };
    let (mut items, change) = (split(current), split(change));
    items.retain(|item| append || !change.contains(item));
    if append {
        for item in change {
            if !items.contains(&item) {
                items.push(item);
            }
        }
    }
    items.join(",")
}

/// The topic's own configurations, where the target is a topic that is there.
fn check_target<'a>(
    node: &'a Node,
    (kind, name): (i8, &str),
) -> Result<&'a LiteMap<String, String>, Refusal> {
    match kind {
        TOPIC => match node.topics.get(name) {
            Some(topic) => Ok(&topic.configs),
            None => {
                let message = format!("topic {name} does not exist");
                Err((ErrorCode::UnknownTopicOrPartition, message))
            }
        },
        BROKER => {
            let message = "the broker's configuration is given when it starts";
            Err((ErrorCode::InvalidRequest, message.to_owned()))
        }
        other => {
            let message = format!("resource type {other} has no configurations");
            Err((ErrorCode::InvalidRequest, message))
        }
    }
}

fn replace(
    node: &mut Node,
    target: (i8, &str),
    configs: LiteMap<String, String>,
    validate_only: bool,
) -> Result<(), Refusal> {
    let before = node.log_config(target.1, check_target(node, target)?);
    let after = node.log_config(target.1, &configs);
    if before.durability.is_none() != after.durability.is_none() {
        let message = "ottla.durability cannot change to or from memory: make a new topic";
        return Err((ErrorCode::InvalidConfig, message.to_owned()));
    }
    if validate_only {
        return Ok(());
    }
    if let Some(topic) = node.topics.get_mut(target.1) {
        topic.configs = configs;
        node.stale.extend(&topic.logs);
        for log in &topic.logs {
            if let Some(log) = node.logs.get_mut(log) {
                log.set_config(after.clone());
            }
        }
    }
    node.store_topic(target.1);
    Ok(())
}

fn answer(
    outcome: Result<(), Refusal>,
    resource_type: i8,
    resource_name: String,
) -> m::AlterConfigsResourceResponse {
    let (error_code, error_message) = match outcome {
        Ok(()) => (0, None),
        Err((code, message)) => (code.code(), Some(message)),
    };
    m::AlterConfigsResourceResponse { error_code, error_message, resource_type, resource_name }
}

fn refuse(responses: &mut [m::AlterConfigsResourceResponse], code: ErrorCode, message: &str) {
    for resource in responses.iter_mut().filter(|resource| resource.error_code == 0) {
        resource.error_code = code.code();
        resource.error_message = Some(message.to_owned());
    }
}

impl Refusable for m::AlterConfigsResponse {
    fn refuse(&mut self, code: ErrorCode, message: &str) {
        refuse(&mut self.responses, code, message);
    }
}

impl Refusable for m::IncrementalAlterConfigsResponse {
    fn refuse(&mut self, code: ErrorCode, message: &str) {
        refuse(&mut self.responses, code, message);
    }
}

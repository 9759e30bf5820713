//! DescribeConfigs (key 32, versions 1–4). KIP-133, KIP-226, KIP-569.

use litemap::LiteMap;

use super::config::BROKER_CONFIGS;
use super::{Call, Node, Reply};
use crate::Now;
use crate::protocol::{ErrorCode, messages as m};
use crate::topic::{ConfigDefinition, TOPIC_CONFIGS};

/// The resource types that have configurations here.
pub(crate) const TOPIC: i8 = 2;
pub(crate) const BROKER: i8 = 4;

/// Where a value comes from (KIP-226).
const TOPIC_SOURCE: i8 = 1;
const STATIC_BROKER_SOURCE: i8 = 4;
const DEFAULT_SOURCE: i8 = 5;

/// Broker configurations to which Kafka gives no default, with the coarser ones that have it. As in
/// Kafka, the coarser one is told only behind the finer one.
const COARSE: &[(&str, &str, &str)] = &[
    ("log.flush.interval.ms", "log.flush.scheduler.interval.ms", "9223372036854775807"),
    ("log.retention.ms", "log.retention.hours", "168"),
    ("log.roll.jitter.ms", "log.roll.jitter.hours", "0"),
    ("log.roll.ms", "log.roll.hours", "168"),
];

/// One configuration with its value.
pub(crate) struct ConfigValue<'a> {
    pub name: &'static str,
    pub value: &'a str,
    pub source: i8,
    definition: &'static ConfigDefinition,
}

/// All configurations of a topic, with where each value comes from.
pub(crate) fn topic_values<'a>(
    node: &'a Node,
    own: &'a LiteMap<String, String>,
) -> impl Iterator<Item = ConfigValue<'a>> {
    TOPIC_CONFIGS.iter().map(move |definition| ConfigValue {
        name: definition.name,
        value: node.topic_value(own, definition.name),
        source: match own.contains_key(definition.name) {
            true => TOPIC_SOURCE,
            false => broker_source(node, definition),
        },
        definition,
    })
}

/// Who a broker is, of those that this one is shown as: what their configurations differ in.
struct Identity {
    id: String,
    host: String,
    port: String,
}

impl Identity {
    fn of(node: &Node, id: i32) -> Identity {
        let (_, host, port) = node.config.nodes().find(|n| n.0 == id).unwrap_or_default();
        Identity { id: id.to_string(), host: host.to_owned(), port: port.to_string() }
    }
}

/// All configurations of a broker, with where each value comes from.
fn broker_values<'a>(
    node: &'a Node,
    identity: &'a Identity,
) -> impl Iterator<Item = ConfigValue<'a>> {
    let inherited = TOPIC_CONFIGS.iter().filter(|definition| !definition.broker_name.is_empty());
    BROKER_CONFIGS.iter().chain(inherited).map(|definition| ConfigValue {
        name: definition.broker_name,
        value: match definition.broker_name {
            "node.id" => &identity.id,
            "advertised.host" => &identity.host,
            "advertised.port" => &identity.port,
            name => node.config.value(name),
        },
        source: broker_source(node, definition),
        definition,
    })
}

fn broker_source(node: &Node, definition: &ConfigDefinition) -> i8 {
    match node.config.is_set(definition.broker_name) {
        true => STATIC_BROKER_SOURCE,
        false => DEFAULT_SOURCE,
    }
}

pub(crate) fn describe_configs(
    node: &mut Node,
    _: Now,
    call: Call,
    request: m::DescribeConfigsRequest,
) -> Reply {
    let (synonyms, documentation) = (request.include_synonyms, request.include_documentation);
    let identity = Identity::of(node, call.node_id);
    let mut results = Vec::with_capacity(request.resources.len());
    for resource in request.resources {
        let name = resource.resource_name;
        let describe = |value: ConfigValue<'_>| {
            let read_only = resource.resource_type == BROKER;
            described(node, value, read_only, synonyms, documentation)
        };
        let wanted = |values: Vec<ConfigValue<'_>>| match &resource.configuration_keys {
            // In the order in which they were asked for.
            Some(keys) if !keys.is_empty() => {
                let found = keys.iter().filter_map(|key| values.iter().find(|v| v.name == key));
                found.map(|v| describe(ConfigValue { ..*v })).collect()
            }
            // No keys ask for all, as null does.
            _ => values.into_iter().map(describe).collect::<Vec<_>>(),
        };
        let outcome = match resource.resource_type {
            TOPIC => match node.topics.get(&name) {
                Some(topic) => Ok(wanted(topic_values(node, &topic.configs).collect())),
                None => Err((
                    ErrorCode::UnknownTopicOrPartition,
                    format!("topic {name} does not exist"),
                )),
            },
            // An empty name asks for the cluster-wide defaults, of which none can be set.
            BROKER if name.is_empty() => Ok(Vec::new()),
            BROKER if name == identity.id => Ok(wanted(broker_values(node, &identity).collect())),
            BROKER => Err((
                ErrorCode::InvalidRequest,
                format!("this is broker {}: ask broker {name} itself", identity.id),
            )),
            other => Err((
                ErrorCode::InvalidRequest,
                format!("resource type {other} has no configurations"),
            )),
        };
        let (error_code, error_message, configs) = match outcome {
            Ok(configs) => (0, None, configs),
            Err((code, message)) => (code.code(), Some(message), Vec::new()),
        };
        results.push(m::DescribeConfigsResult {
            error_code,
            error_message,
            resource_type: resource.resource_type,
            resource_name: name,
            configs,
        });
    }
    call.now(&m::DescribeConfigsResponse { results, ..Default::default() })
}

fn described(
    node: &Node,
    value: ConfigValue<'_>,
    read_only: bool,
    synonyms: bool,
    documentation: bool,
) -> m::DescribeConfigsResourceResult {
    let definition = value.definition;
    let coarse = COARSE.iter().find(|(fine, ..)| *fine == definition.broker_name);
    let mut known = Vec::new();
    if synonyms {
        let synonym = |name: &str, value: &str, source| m::DescribeConfigsSynonym {
            name: name.to_owned(),
            value: Some(value.to_owned()),
            source,
        };
        // From the one that counts to the default.
        if value.source == TOPIC_SOURCE {
            known.push(synonym(value.name, value.value, TOPIC_SOURCE));
        }
        let broker = definition.broker_name;
        let set = node.config.is_set(broker);
        if set {
            let value =
                if value.source == TOPIC_SOURCE { node.config.value(broker) } else { value.value };
            known.push(synonym(broker, value, STATIC_BROKER_SOURCE));
        }
        match coarse {
            Some((_, coarse, default)) if set => {
                known.push(synonym(coarse, default, DEFAULT_SOURCE));
            }
            None if !broker.is_empty() && broker != "node.id" => {
                known.push(synonym(broker, definition.default, DEFAULT_SOURCE));
            }
            _ => {}
        }
    }
    // The broker itself has no value there, where Kafka gives no default.
    let unset =
        coarse.is_some() && value.source == DEFAULT_SOURCE && value.name == definition.broker_name;
    m::DescribeConfigsResourceResult {
        name: value.name.to_owned(),
        value: (!unset).then(|| value.value.to_owned()),
        read_only,
        config_source: value.source,
        is_sensitive: false,
        synonyms: known,
        config_type: definition.kind as i8,
        documentation: documentation.then(|| definition.doc.to_owned()),
    }
}

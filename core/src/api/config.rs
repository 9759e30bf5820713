//! The broker's own configuration, under Kafka's names.

use litemap::LiteMap;

use crate::topic::{Allowed, ConfigDefinition, ConfigType, TOPIC_CONFIGS};

macro_rules! definitions {
    ($($name:literal, $kind:ident, $default:literal, $allowed:expr, $doc:literal;)*) => {
        /// The broker configurations that are not the default of a topic configuration.
        pub const BROKER_CONFIGS: &[ConfigDefinition] = &[$(ConfigDefinition {
            name: $name,
            broker_name: $name,
            kind: ConfigType::$kind,
            default: $default,
            allowed: $allowed,
            doc: $doc,
        }),*];
    };
}

use Allowed::{Any, AtLeast};

definitions! {
    "advertised.host", String, "localhost", Any,
        "The host that clients are told to connect to.";
    "advertised.port", Int, "9092", AtLeast(0),
        "The port that clients are told to connect to.";
    "auto.create.topics.enable", Boolean, "true", Any,
        "Whether a client that asks for a topic that is not there gets one made.";
    "default.replication.factor", Int, "1", AtLeast(1),
        "How many replicas an automatically created topic gets: there is one broker.";
    "delete.topic.enable", Boolean, "true", Any,
        "Whether topics can be deleted.";
    "fetch.max.bytes", Int, "57671680", AtLeast(1024),
        "How many bytes a fetch response may have, unless its first batch alone has more.";
    "log.cleaner.dedupe.buffer.size", Long, "134217728", AtLeast(1_048_576),
        "How much memory compaction may use for the keys of a log: 24 bytes each, in a table that grows to this by doubling.";
    "log.cleaner.enable", Boolean, "true", Any,
        "Whether topics with cleanup.policy=compact are compacted.";
    "log.cleaner.io.buffer.size", Int, "524288", AtLeast(65_536),
        "How much compaction reads and writes at a time, half of it each. Other work is done in between.";
    "log.retention.check.interval.ms", Long, "300000", AtLeast(1),
        "How often at most it is looked whether records have had their time.";
    "max.incremental.fetch.session.cache.slots", Int, "1000", AtLeast(0),
        "How many incremental fetch sessions are kept.";
    "max.request.partition.size.limit", Int, "2000", AtLeast(1),
        "How many partitions DescribeTopicPartitions answers for at once.";
    "node.id", Int, "0", AtLeast(0),
        "The broker's number.";
    "num.partitions", Int, "1", AtLeast(1),
        "How many partitions a topic gets where nothing else is asked for.";
    "ottla.cache.bytes", Long, "16777216", AtLeast(0),
        "How many bytes of recent, stored batches are kept in memory for consumers that keep up.";
    "ottla.memory.bytes", Long, "268435456", AtLeast(0),
        "How many bytes the topics with ottla.durability=memory may hold together.";
    "ottla.unstored.bytes", Long, "67108864", AtLeast(1),
        "How many bytes may wait to be stored before producers are told to try again.";
    "producer.id.expiration.ms", Int, "86400000", AtLeast(1),
        "After how long a silent idempotent producer is forgotten.";
    "queued.max.requests", Int, "500", AtLeast(1),
        "How many requests of one connection may wait for their answers.";
    "socket.request.max.bytes", Int, "104857600", AtLeast(1),
        "The largest request.";
}

/// What the broker is told when it starts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BrokerConfig {
    values: LiteMap<String, String>,
    further: Vec<(String, u16)>,
}

impl BrokerConfig {
    /// Kafka's defaults.
    pub fn new() -> BrokerConfig {
        BrokerConfig::default()
    }

    /// Sets a configuration by Kafka's name, such as `num.partitions` or `log.segment.bytes`.
    ///
    /// # Errors
    /// A sentence for a person, where the name is not known or the value is not valid.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let Some(definition) = broker_config(name) else {
            return Err(format!("there is no broker configuration {name}"));
        };
        definition.check(value)?;
        self.values.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    /// Shows the broker as one more broker, whose number is the next after `node.id`, with partitions
    /// of its own. It is one broker all the same: each address serves every partition.
    pub fn add_node(&mut self, host: &str, port: u16) {
        self.further.push((host.to_owned(), port));
    }

    /// The brokers that clients see, in the order of their numbers: number, host and port.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = (i32, &str, i32)> {
        let first = (self.value("advertised.host"), self.number("advertised.port") as i32);
        let further = self.further.iter().map(|(host, port)| (host.as_str(), i32::from(*port)));
        let id = self.number("node.id") as i32;
        (id..).zip([first].into_iter().chain(further)).map(|(id, (host, port))| (id, host, port))
    }

    pub(crate) fn node_count(&self) -> usize {
        1 + self.further.len()
    }

    /// The value of a broker configuration; an empty text for a name that is not known.
    pub fn value(&self, name: &str) -> &str {
        match self.values.get(name) {
            Some(value) => value,
            None => broker_config(name).map_or("", |definition| definition.default),
        }
    }

    /// Whether the configuration was set, rather than left at its default.
    pub fn is_set(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    pub(crate) fn number(&self, name: &str) -> i64 {
        // The value was checked when it was set, and a test checks the defaults.
        self.value(name).trim().parse().unwrap_or(0)
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.value(name).trim() == "true"
    }
}

/// The definition of a broker configuration, by its broker name.
pub fn broker_config(name: &str) -> Option<&'static ConfigDefinition> {
    let own = BROKER_CONFIGS.iter();
    own.chain(TOPIC_CONFIGS).find(|d| d.broker_name == name && !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_valid_and_names_are_known() {
        for definition in BROKER_CONFIGS {
            assert_eq!(definition.check(definition.default), Ok(()), "{}", definition.name);
        }
        let mut config = BrokerConfig::new();
        assert_eq!(config.number("num.partitions"), 1);
        assert!(config.set("num.partitions", "0").unwrap_err().contains("at least 1"));
        assert!(config.set("no.such", "1").unwrap_err().contains("no.such"));
        // What a broker in a browser is told.
        config.set("log.segment.bytes", "16777216").unwrap();
        assert_eq!(config.value("log.segment.bytes"), "16777216");
        config.set("log.cleaner.dedupe.buffer.size", "16777216").unwrap();
    }
}

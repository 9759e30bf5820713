//! The broker's own configuration, under Kafka's names.

use litemap::LiteMap;

use crate::topic::{Allowed, ConfigDefinition, ConfigType, Effect, TOPIC_CONFIGS};

macro_rules! definitions {
    ($($name:literal, $kind:ident, $default:literal, $allowed:expr, $doc:literal;)*) => {
        /// The broker configurations that are not the default of a topic configuration.
        pub const BROKER_CONFIGS: &[ConfigDefinition] = &[$(ConfigDefinition {
            name: $name,
            broker_name: $name,
            kind: ConfigType::$kind,
            default: $default,
            allowed: $allowed,
            effect: Effect::Honoured,
            doc: $doc,
        }),*];
    };
}

use Allowed::{Any, AtLeast, Words};

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
    "group.consumer.heartbeat.interval.ms", Int, "5000", AtLeast(1),
        "How often members of consumer groups are to send heartbeats.";
    "group.consumer.max.size", Int, "2147483647", AtLeast(1),
        "How many members a consumer group may have.";
    "group.consumer.migration.policy", String, "bidirectional",
        Words(&["disabled", "downgrade", "upgrade", "bidirectional"]),
        "Whether a group with members may change its protocol: to consumer, to classic, or both.";
    "group.consumer.session.timeout.ms", Int, "45000", AtLeast(1),
        "After how long without a heartbeat a member of a consumer group is put out.";
    "group.coordinator.rebalance.protocols", List, "classic,consumer", Words(&["classic", "consumer"]),
        "The protocols that groups may speak.";
    "group.initial.rebalance.delay.ms", Int, "3000", AtLeast(0),
        "How long an empty group waits for more members before its first rebalance.";
    "group.max.session.timeout.ms", Int, "1800000", AtLeast(1),
        "The longest session timeout that a member may ask for.";
    "group.max.size", Int, "2147483647", AtLeast(1),
        "How many members a group may have.";
    "group.min.session.timeout.ms", Int, "6000", AtLeast(1),
        "The shortest session timeout that a member may ask for.";
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
    "offset.metadata.max.bytes", Int, "4096", AtLeast(0),
        "How long the text may be that a client commits with an offset.";
    "offsets.retention.check.interval.ms", Long, "600000", AtLeast(1),
        "How often committed offsets are looked through for old ones.";
    "offsets.retention.minutes", Int, "10080", AtLeast(1),
        "How long committed offsets are kept that no member has use for.";
    "offsets.topic.num.partitions", Int, "1", AtLeast(1),
        "How many partitions __consumer_offsets gets. Kafka gives it 50, to spread it over many brokers.";
    "offsets.topic.segment.bytes", Int, "1048576", AtLeast(1),
        "How large a segment of __consumer_offsets grows. Kafka's have 104857600: what is not compacted yet is read when the broker opens.";
    "ottla.cache.bytes", Long, "16777216", AtLeast(0),
        "How many bytes of recent, stored batches are kept in memory for consumers that keep up.";
    "ottla.headroom.bytes", Long, "1048576", AtLeast(0),
        "How many bytes of the storage's room are left to deletions and offset commits: producers are refused before they take them. Where the host does not tell how much room there is, it has no effect.";
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

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// Further names that Kafka has for some configurations: the name, the one that it stands for, and
/// its unit.
const OTHER_NAMES: &[(&str, &str, i64)] = &[
    ("broker.id", "node.id", 1),
    ("log.retention.hours", "log.retention.ms", HOUR_MS),
    ("log.retention.minutes", "log.retention.ms", MINUTE_MS),
    ("log.roll.hours", "log.roll.ms", HOUR_MS),
    ("log.roll.jitter.hours", "log.roll.jitter.ms", HOUR_MS),
];

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

    /// Sets a configuration by Kafka's name, such as `num.partitions` or `log.segment.bytes`; of
    /// several names for one thing (`log.retention.hours`, `log.retention.ms`) the last one counts.
    ///
    /// # Errors
    /// A sentence for a person, where the name is not known or the value is not valid.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        if let Some((_, stands_for, unit)) = OTHER_NAMES.iter().find(|other| other.0 == name) {
            let number = value.trim().parse::<i32>().map_err(|error| format!("{name}: {error}"))?;
            // −1 means without bound, in any unit.
            let value = if number < 0 { i64::from(number) } else { i64::from(number) * unit };
            return self.set(stands_for, &value.to_string());
        }
        let Some(definition) = broker_config(name) else {
            return Err(format!("there is no broker configuration {name}"));
        };
        definition.check(value)?;
        self.values.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    /// Shows the broker as one more broker, whose number is the next after `node.id`, with partitions
    /// of its own: what only their leader does is refused where another one is asked.
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
        config.set("log.segment.bytes", "1000").unwrap();
        assert_eq!(config.value("log.segment.bytes"), "1000");
        config.set("log.retention.hours", "2").unwrap();
        assert_eq!(config.value("log.retention.ms"), "7200000");
        config.set("log.retention.minutes", "-1").unwrap();
        assert_eq!(config.value("log.retention.ms"), "-1");
        config.set("broker.id", "4").unwrap();
        assert_eq!(config.number("node.id"), 4);
        assert!(config.set("log.roll.hours", "0").unwrap_err().contains("at least 1"));
        assert!(config.set("log.roll.hours", "soon").unwrap_err().contains("log.roll.hours"));
        // What a broker in a browser is told.
        config.set("log.segment.bytes", "16777216").unwrap();
        assert_eq!(config.value("log.segment.bytes"), "16777216");
        config.set("log.cleaner.dedupe.buffer.size", "16777216").unwrap();
        config.set("ottla.headroom.bytes", "16777216").unwrap();
        config.set("group.initial.rebalance.delay.ms", "0").unwrap();
        config.set("group.consumer.heartbeat.interval.ms", "500").unwrap();
    }
}

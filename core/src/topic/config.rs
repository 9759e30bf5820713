//! The topic configurations: their names, types, defaults and bounds are Kafka's.
//!
//! Source: <https://kafka.apache.org/documentation/#topicconfigs>. Those that begin
//! with `ottla.` are our own.

use crate::log::LogConfig;
use crate::record::{Compression, TimestampType};
use crate::storage::Durability;

/// The type of a configuration's value; the numbers are those of DescribeConfigs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // The names are the protocol's own.
#[repr(i8)]
pub enum ConfigType {
    Boolean = 1,
    String = 2,
    Int = 3,
    Long = 5,
    Double = 6,
    List = 7,
}

/// What values a configuration takes, beyond its type.
#[derive(Debug, Clone, Copy)]
pub enum Allowed {
    /// Whatever its type can hold.
    Any,
    /// This number or more.
    AtLeast(i64),
    /// A number between these two.
    Between(i64, i64),
    /// −1, or a number between these two.
    MinusOneOr(i64, i64),
    /// One of these words; for a list, any of them.
    Words(&'static [&'static str]),
}

/// What comes of setting a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// What its documentation says.
    Honoured,
    /// Nothing, and its documentation says why.
    NoEffect,
    /// An error, for all values but the one that is as good as nothing.
    Refused,
}

/// One configuration.
#[derive(Debug)]
pub struct ConfigDefinition {
    /// The topic configuration's name.
    pub name: &'static str,
    /// The broker configuration that gives its default, if there is one.
    pub broker_name: &'static str,
    /// The value's type.
    pub kind: ConfigType,
    /// The default.
    pub default: &'static str,
    /// What values are taken.
    pub allowed: Allowed,
    /// What comes of setting it.
    pub effect: Effect,
    /// What it does, and what Ottla makes of it.
    pub doc: &'static str,
}

macro_rules! definitions {
    ($(
        $name:literal, $broker:literal, $kind:ident, $default:literal, $allowed:expr, $effect:ident,
        $doc:literal;
    )*) => {
        /// Every topic configuration, by name.
        pub const TOPIC_CONFIGS: &[ConfigDefinition] = &[$(ConfigDefinition {
            name: $name,
            broker_name: $broker,
            kind: ConfigType::$kind,
            default: $default,
            allowed: $allowed,
            effect: Effect::$effect,
            doc: $doc,
        }),*];
    };
}

use Allowed::{Any, AtLeast, Between, MinusOneOr, Words};

definitions! {
    "cleanup.policy", "log.cleanup.policy", List, "delete", Words(&["compact", "delete"]), Honoured,
        "Whether old segments are deleted, or only the last value of each key is kept. With compact, each record must have a key.";
    "compression.gzip.level", "compression.gzip.level", Int, "-1", MinusOneOr(1, 9), NoEffect,
        "How hard gzip works where compression.type asks for gzip. No effect: 6 always.";
    "compression.lz4.level", "compression.lz4.level", Int, "9", Between(1, 17), NoEffect,
        "How hard lz4 works where compression.type asks for lz4. No effect: the fastest always.";
    "compression.type", "compression.type", String, "producer", Words(&["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"]), Honoured,
        "How batches are compressed in the log: as their producers did, or else anew when they arrive.";
    "compression.zstd.level", "compression.zstd.level", Int, "3", Between(-131_072, 22), NoEffect,
        "How hard zstd works where compression.type asks for zstd. No effect: the fastest always.";
    "delete.retention.ms", "log.cleaner.delete.retention.ms", Long, "86400000", AtLeast(0), Honoured,
        "How long a tombstone is kept in a compacted topic.";
    "file.delete.delay.ms", "log.segment.delete.delay.ms", Long, "60000", AtLeast(0), NoEffect,
        "How long Kafka waits before it removes a deleted file. No effect: segments go at once, and whoever reads them asks again.";
    "flush.messages", "log.flush.interval.messages", Long, "9223372036854775807", AtLeast(1), NoEffect,
        "After how many records Kafka flushes. No effect: see ottla.durability.";
    "flush.ms", "log.flush.interval.ms", Long, "9223372036854775807", AtLeast(0), NoEffect,
        "After how long Kafka flushes. No effect: see ottla.durability.";
    "follower.replication.throttled.replicas", "", List, "", Any, NoEffect,
        "Which replicas are throttled as followers. No effect: there is one broker.";
    "index.interval.bytes", "log.index.interval.bytes", Int, "4096", AtLeast(0), NoEffect,
        "How many bytes lie between two index entries. No effect: 65536 always.";
    "leader.replication.throttled.replicas", "", List, "", Any, NoEffect,
        "Which replicas are throttled as leaders. No effect: there is one broker.";
    "local.retention.bytes", "log.local.retention.bytes", Long, "-2", AtLeast(-2), NoEffect,
        "How much of a tiered log stays local. No effect: there is no tiered storage.";
    "local.retention.ms", "log.local.retention.ms", Long, "-2", AtLeast(-2), NoEffect,
        "How long a tiered log stays local. No effect: there is no tiered storage.";
    "max.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms", Long, "9223372036854775807", AtLeast(1), Honoured,
        "After how long a record becomes due for compaction.";
    "max.message.bytes", "message.max.bytes", Int, "1048588", AtLeast(0), Honoured,
        "The largest batch that the topic takes, as it arrives.";
    "message.timestamp.after.max.ms", "log.message.timestamp.after.max.ms", Long, "3600000", AtLeast(0), Honoured,
        "How far in the future a record may be stamped by its producer.";
    "message.timestamp.before.max.ms", "log.message.timestamp.before.max.ms", Long, "9223372036854775807", AtLeast(0), Honoured,
        "How far in the past a record may be stamped by its producer.";
    "message.timestamp.type", "log.message.timestamp.type", String, "CreateTime", Words(&["CreateTime", "LogAppendTime"]), Honoured,
        "Whether a record carries its producer's time or the time of the append.";
    "min.cleanable.dirty.ratio", "log.cleaner.min.cleanable.ratio", Double, "0.5", Between(0, 1), Honoured,
        "How much of a log may be new before compaction is due.";
    "min.compaction.lag.ms", "log.cleaner.min.compaction.lag.ms", Long, "0", AtLeast(0), Honoured,
        "How long a record is safe from compaction.";
    "min.insync.replicas", "min.insync.replicas", Int, "1", AtLeast(1), NoEffect,
        "How many replicas must have a record that is produced with acks=all. No effect: there is one broker.";
    "ottla.durability", "ottla.durability", String, "relaxed", Words(&["memory", "relaxed", "strict"]), Honoured,
        "When a record counts as stored: memory (never written, gone with the broker), relaxed (handed to the operating system; survives a crash of the browser) or strict (flushed to the medium; survives a power failure). To or from memory it cannot be changed later.";
    "ottla.full.policy", "ottla.full.policy", String, "refuse", Words(&["refuse", "drop"]), Honoured,
        "What happens when the browser has no room left: producers are refused (refuse), or the topic's oldest segments are dropped, whatever retention says (drop). The active segment always stays: see segment.bytes.";
    "ottla.import", "", Boolean, "false", Any, Honoured,
        "Whether a backup is being imported into the topic: what is produced to it keeps the offsets that it has, and a broker that opens with such a topic deletes it, since its import was not finished.";
    "preallocate", "log.preallocate", Boolean, "false", Any, NoEffect,
        "Whether Kafka reserves a segment's file. No effect: files grow.";
    "remote.log.copy.disable", "", Boolean, "false", Any, NoEffect,
        "Whether tiered data becomes read-only. No effect: there is no tiered storage.";
    "remote.log.delete.on.disable", "", Boolean, "false", Any, NoEffect,
        "Whether tiered data is deleted when tiering ends. No effect: there is no tiered storage.";
    "remote.storage.enable", "", Boolean, "false", Words(&["false"]), Refused,
        "Tiered storage, which there is not: only false is taken.";
    "retention.bytes", "log.retention.bytes", Long, "-1", Any, Honoured,
        "How large a partition may grow before its oldest segments go; -1 for no bound.";
    "retention.ms", "log.retention.ms", Long, "604800000", AtLeast(-1), Honoured,
        "How long records are kept, by their timestamps; -1 for ever.";
    "segment.bytes", "log.segment.bytes", Int, "1073741824", AtLeast(14), Honoured,
        "How large a segment grows; retention and compaction work by whole segments. In a browser the default is 16777216. Kafka from 4.1 on takes no less than 1048576.";
    "segment.index.bytes", "log.index.size.max.bytes", Int, "10485760", AtLeast(4), Honoured,
        "How large a segment's index may grow before the segment ends. An entry counts as 20 bytes, one for each 65536 of the segment.";
    "segment.jitter.ms", "log.roll.jitter.ms", Long, "0", AtLeast(0), Honoured,
        "How much sooner than segment.ms a segment may end: spreads the times at which segments end.";
    "segment.ms", "log.roll.ms", Long, "604800000", AtLeast(1), Honoured,
        "After how long a segment ends even if it is not full.";
    "unclean.leader.election.enable", "unclean.leader.election.enable", Boolean, "false", Any, NoEffect,
        "Whether a replica that is behind may lead. No effect: there is one broker.";
}

/// The configuration of a topic into which a backup is being imported.
pub const IMPORT: &str = "ottla.import";

/// The definition of a topic configuration.
pub fn topic_config(name: &str) -> Option<&'static ConfigDefinition> {
    let at = TOPIC_CONFIGS.binary_search_by(|definition| definition.name.cmp(name)).ok()?;
    TOPIC_CONFIGS.get(at)
}

impl ConfigDefinition {
    /// Checks a value, and says what is wrong with it.
    pub fn check(&self, value: &str) -> Result<(), String> {
        let refuse = |why: String| {
            Err(format!("Invalid value {value} for configuration {}: {why}", self.name))
        };
        let text = value.trim();
        let number = match self.kind {
            ConfigType::Boolean if !["true", "false"].contains(&text) => {
                return refuse("expected true or false".into());
            }
            ConfigType::Int => text.parse::<i32>().map(i64::from).ok(),
            ConfigType::Long => text.parse::<i64>().ok(),
            ConfigType::Double => decimal_ceiling(text),
            _ => Some(0),
        };
        let Some(number) = number else {
            return refuse(format!("not a number of type {:?}", self.kind));
        };
        match self.allowed {
            AtLeast(least) if number < least => refuse(format!("must be at least {least}")),
            Between(least, most) if number < least || number > most => {
                refuse(format!("must be between {least} and {most}"))
            }
            MinusOneOr(least, most) if number != -1 && (number < least || number > most) => {
                refuse(format!("must be -1 or between {least} and {most}"))
            }
            Words(words) => {
                let known = |value: &str| words.contains(&value);
                let valid = match self.kind {
                    ConfigType::List => list(text).all(known),
                    _ => known(text),
                };
                match valid {
                    false => refuse(format!("must be one of {}", words.join(", "))),
                    true => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }
}

/// The least whole number that is not below a decimal fraction such as `0.5`; `None` where it is
/// none. It serves to compare with whole bounds; the standard library's exact way to read a float
/// would be a twentieth of the WebAssembly.
fn decimal_ceiling(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|digit| digit.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || whole.len() + fraction.len() == 0 {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    whole.checked_add(i64::from(fraction.bytes().any(|digit| digit != b'0')))
}

/// A decimal fraction that has been checked, in millionths; what is finer is cut off.
fn decimal_millionths(text: &str) -> Option<u64> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(6);
    let below = digits.fold(0, |sum, digit| sum * 10 + u64::from(digit.wrapping_sub(b'0')));
    whole.checked_mul(1_000_000)?.checked_add(below)
}

fn list(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// The settings of a log, from values that have been checked. `value` gives the value of a
/// configuration, a default where none was set.
pub fn log_config<'a>(value: impl Fn(&str) -> &'a str) -> LogConfig {
    let number = |name: &str, otherwise: i64| value(name).trim().parse().unwrap_or(otherwise);
    let policy = |name: &str| list(value("cleanup.policy")).any(|policy| policy == name);
    let plain = LogConfig::default();
    LogConfig {
        max_message_bytes: number("max.message.bytes", plain.max_message_bytes as i64) as usize,
        segment_bytes: number("segment.bytes", plain.segment_bytes as i64) as u64,
        segment_ms: number("segment.ms", plain.segment_ms),
        segment_jitter_ms: number("segment.jitter.ms", 0),
        segment_index_bytes: number("segment.index.bytes", i64::MAX) as u64,
        deleted: policy("delete"),
        retention_ms: number("retention.ms", plain.retention_ms),
        retention_bytes: number("retention.bytes", -1),
        compacted: policy("compact"),
        delete_retention_ms: number("delete.retention.ms", plain.delete_retention_ms),
        min_compaction_lag_ms: number("min.compaction.lag.ms", 0),
        max_compaction_lag_ms: number("max.compaction.lag.ms", i64::MAX),
        min_cleanable_millionths: decimal_millionths(value("min.cleanable.dirty.ratio"))
            .unwrap_or(plain.min_cleanable_millionths),
        compression: match value("compression.type").trim() {
            "uncompressed" => Some(Compression::None),
            name => Compression::from_name(name),
        },
        timestamp_type: match value("message.timestamp.type").trim() {
            "LogAppendTime" => TimestampType::LogAppendTime,
            _ => TimestampType::CreateTime,
        },
        timestamp_before_max_ms: number("message.timestamp.before.max.ms", i64::MAX),
        timestamp_after_max_ms: number("message.timestamp.after.max.ms", i64::MAX),
        durability: match value("ottla.durability").trim() {
            "memory" => None,
            "strict" => Some(Durability::Strict),
            _ => Some(Durability::Relaxed),
        },
        drops_when_full: value("ottla.full.policy").trim() == "drop",
        importing: value(IMPORT).trim() == "true",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_its_defaults_are_valid() {
        for pair in TOPIC_CONFIGS.windows(2) {
            assert!(pair[0].name < pair[1].name, "{} before {}", pair[0].name, pair[1].name);
        }
        for definition in TOPIC_CONFIGS {
            assert_eq!(definition.check(definition.default), Ok(()), "{}", definition.name);
            assert!(definition.doc.ends_with('.'), "{}", definition.name);
        }
    }

    #[test]
    fn values_are_checked() {
        let bad = [
            ("retention.ms", "-2"),
            ("retention.ms", "soon"),
            ("segment.bytes", "13"),
            ("segment.bytes", "4294967296"),
            ("cleanup.policy", "compact,shred"),
            ("preallocate", "yes"),
            ("min.cleanable.dirty.ratio", "1.5"),
            ("min.cleanable.dirty.ratio", "NaN"),
            ("min.cleanable.dirty.ratio", "-0.1"),
            ("min.cleanable.dirty.ratio", "."),
            ("min.cleanable.dirty.ratio", "1.000001"),
            ("message.timestamp.type", "createtime"),
            ("ottla.durability", "eternal"),
            ("compression.gzip.level", "0"),
            ("remote.storage.enable", "true"),
        ];
        for (name, value) in bad {
            let said = topic_config(name).unwrap().check(value).unwrap_err();
            assert!(said.contains(name) && said.contains(value), "{said}");
        }
        let good =
            [("cleanup.policy", "compact, delete"), ("retention.ms", "-1"), ("cleanup.policy", "")];
        for (name, value) in good {
            assert_eq!(topic_config(name).unwrap().check(value), Ok(()), "{name}={value}");
        }
        assert!(topic_config("no.such.thing").is_none());
    }

    #[test]
    fn a_log_goes_by_the_values() {
        let defaults = |name: &str| topic_config(name).map_or("", |definition| definition.default);
        assert_eq!(log_config(defaults), LogConfig::default());
        let own = |name: &str| match name {
            "cleanup.policy" => "delete,compact",
            "ottla.durability" => "memory",
            "message.timestamp.type" => "LogAppendTime",
            "min.cleanable.dirty.ratio" => ".0255",
            "compression.type" => "uncompressed",
            other => defaults(other),
        };
        let config = log_config(own);
        assert!(config.compacted && config.deleted);
        assert_eq!(config.durability, None);
        assert_eq!(config.timestamp_type, TimestampType::LogAppendTime);
        assert_eq!(config.min_cleanable_millionths, 25_500);
        assert_eq!(config.compression, Some(Compression::None));
    }
}

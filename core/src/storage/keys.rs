//! The keys of metadata values.
//!
//! ```text
//! cluster                           the cluster's id, and the counters
//! topic/NAME                        a topic: its id, its partitions' logs, its configuration
//! log/0000002a                      a log: where it starts
//! log/0000002a/00000000000003e8     the segment of that log with base offset 1000
//! ```

use super::LogId;

/// What a metadata key names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum MetadataKey {
    /// The cluster.
    Cluster,
    /// A topic, by its name.
    Topic(String),
    /// A log.
    Log(LogId),
    /// A segment of a log, by its base offset.
    Segment(LogId, i64),
}

impl MetadataKey {
    /// Reads what `Display` wrote; `None` for a key that this release does not know.
    pub fn parse(key: &str) -> Option<MetadataKey> {
        if key == "cluster" {
            return Some(MetadataKey::Cluster);
        }
        if let Some(name) = key.strip_prefix("topic/") {
            return Some(MetadataKey::Topic(name.to_owned()));
        }
        let mut parts = key.strip_prefix("log/")?.split('/');
        let log = LogId(u32::from_str_radix(parts.next()?, 16).ok()?);
        match (parts.next(), parts.next()) {
            (None, _) => Some(MetadataKey::Log(log)),
            (Some(base), None) => {
                Some(MetadataKey::Segment(log, i64::from_str_radix(base, 16).ok()?))
            }
            _ => None,
        }
    }
}

impl std::fmt::Display for MetadataKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            MetadataKey::Cluster => write!(out, "cluster"),
            MetadataKey::Topic(name) => write!(out, "topic/{name}"),
            MetadataKey::Log(log) => write!(out, "log/{:08x}", log.0),
            MetadataKey::Segment(log, base) => write!(out, "log/{:08x}/{base:016x}", log.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back() {
        let keys = [
            (MetadataKey::Cluster, "cluster"),
            (MetadataKey::Topic("a.b".into()), "topic/a.b"),
            (MetadataKey::Log(LogId(42)), "log/0000002a"),
            (MetadataKey::Segment(LogId(42), 1000), "log/0000002a/00000000000003e8"),
        ];
        for (key, text) in keys {
            assert_eq!(key.to_string(), text);
            assert_eq!(MetadataKey::parse(text), Some(key));
        }
        for unknown in ["", "clusters", "log/zz", "log/1/2/3", "group/x"] {
            assert_eq!(MetadataKey::parse(unknown), None, "{unknown}");
        }
    }
}

//! The keys of metadata values.
//!
//! ```text
//! cluster                           the cluster's id, and the counters
//! topic/NAME                        a topic: its id, its partitions' logs, its configuration
//! log/0000002a                      a log: where it starts
//! log/0000002a/00000000000003e8     the segment of that log with base offset 1000
//! log/0000002a/00000000000003e8/2   the same, compacted for the second time
//! ```

use super::{LogId, SegmentId};

/// What a metadata key names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum MetadataKey {
    /// The cluster.
    Cluster,
    /// A topic, by its name.
    Topic(String),
    /// A log.
    Log(LogId),
    /// A segment of a log.
    Segment(LogId, SegmentId),
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
        let Some(base) = parts.next() else { return Some(MetadataKey::Log(log)) };
        let base_offset = i64::from_str_radix(base, 16).ok()?;
        let generation = match parts.next() {
            Some(generation) => u32::from_str_radix(generation, 16).ok()?,
            None => 0,
        };
        let known = MetadataKey::Segment(log, SegmentId { base_offset, generation });
        parts.next().is_none().then_some(known)
    }
}

impl std::fmt::Display for MetadataKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            MetadataKey::Cluster => write!(out, "cluster"),
            MetadataKey::Topic(name) => write!(out, "topic/{name}"),
            MetadataKey::Log(log) => write!(out, "log/{:08x}", log.0),
            MetadataKey::Segment(log, SegmentId { base_offset, generation }) => {
                write!(out, "log/{:08x}/{base_offset:016x}", log.0)?;
                if *generation > 0 { write!(out, "/{generation:x}") } else { Ok(()) }
            }
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
            (
                MetadataKey::Segment(LogId(42), SegmentId::new(1000)),
                "log/0000002a/00000000000003e8",
            ),
            (
                MetadataKey::Segment(LogId(42), SegmentId { base_offset: 1000, generation: 17 }),
                "log/0000002a/00000000000003e8/11",
            ),
        ];
        for (key, text) in keys {
            assert_eq!(key.to_string(), text);
            assert_eq!(MetadataKey::parse(text), Some(key));
        }
        for unknown in ["", "clusters", "log/zz", "log/1/2/3/4", "log/1/2/x", "group/x"] {
            assert_eq!(MetadataKey::parse(unknown), None, "{unknown}");
        }
    }
}

//! The names of files and folders: those of Kafka, so that its tools find their way.
//!
//! ```text
//! .lock                          held by the broker that runs
//! meta.properties                the cluster's id, as Kafka writes it
//! ottla.journal                  what is stored: see `journal`
//! topic-0/partition.metadata     the topic's id, as Kafka writes it
//! topic-0/%020d.log              batches as they arrived, named by the first offset
//! topic-0/%020d.index            from offsets to positions
//! topic-0/%020d.timeindex        from timestamps to offsets
//! topic-0/%020d.log.2.cleaned    the same of a segment that compaction writes, and the like
//! new+0000002a/                  a log whose creation is not finished, by the log's own name
//! ```

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ottla::Uuid;
use ottla::storage::{LogId, SegmentId};

pub(super) const LOCK: &str = ".lock";
pub(super) const JOURNAL: &str = "ottla.journal";
const META_PROPERTIES: &str = "meta.properties";
const PARTITION_METADATA: &str = "partition.metadata";

/// The kinds of files of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Log,
    OffsetIndex,
    TimeIndex,
}

impl Kind {
    pub(super) const ALL: [Kind; 3] = [Kind::Log, Kind::OffsetIndex, Kind::TimeIndex];

    fn suffix(self) -> &'static str {
        match self {
            Kind::Log => "log",
            Kind::OffsetIndex => "index",
            Kind::TimeIndex => "timeindex",
        }
    }
}

/// The path of a segment's file.
pub(super) fn segment_file(folder: &Path, base_offset: i64, kind: Kind) -> PathBuf {
    folder.join(format!("{base_offset:020}.{}", kind.suffix()))
}

/// The path of a file of a segment that compaction writes, until the segment stands alone for its
/// base offset.
pub(super) fn cleaned_file(folder: &Path, segment: SegmentId, kind: Kind) -> PathBuf {
    let SegmentId { base_offset, generation } = segment;
    folder.join(format!("{base_offset:020}.{}.{generation}.cleaned", kind.suffix()))
}

/// The segment that a file is part of, and whether under the name that it has while it is written;
/// `None` for other files. What has its name for good does not say its generation.
pub(super) fn segment_of_file(file_name: &str) -> Option<(i64, Option<u32>)> {
    let (base, suffix) = file_name.split_once('.')?;
    let (suffix, generation) = match suffix.strip_suffix(".cleaned") {
        Some(named) => {
            let (suffix, generation) = named.split_once('.')?;
            (suffix, Some(generation.parse().ok()?))
        }
        None => (suffix, None),
    };
    let known = Kind::ALL.iter().any(|kind| kind.suffix() == suffix) && base.len() == 20;
    known.then(|| base.parse().ok()).flatten().map(|base| (base, generation))
}

/// The folder of a partition.
pub(super) fn partition_folder(root: &Path, topic: &str, partition: i32) -> PathBuf {
    root.join(format!("{topic}-{partition}"))
}

/// The folder of a log until its creation is stored. A plus is in no topic's name.
pub(super) fn new_folder(root: &Path, log: LogId) -> PathBuf {
    root.join(format!("new+{:08x}", log.0))
}

/// Whether a folder is one that a broker made for a partition.
pub(super) fn is_partition_folder(path: &Path) -> bool {
    path.join(PARTITION_METADATA).is_file()
}

/// Writes the topic's id, as Kafka does since KIP-516.
pub(super) fn write_partition_metadata(folder: &Path, topic_id: Uuid) -> io::Result<()> {
    let text = format!("version: 0\ntopic_id: {topic_id}");
    fs::write(folder.join(PARTITION_METADATA), text)
}

/// Writes the cluster's id, unless it is there already.
pub(super) fn write_meta_properties(root: &Path, cluster_id: Uuid, node_id: i32) -> io::Result<()> {
    let path = root.join(META_PROPERTIES);
    let text = format!("version=1\ncluster.id={cluster_id}\nnode.id={node_id}\n");
    match fs::read_to_string(&path) {
        Ok(known) if known == text => Ok(()),
        _ => replace(&path, text.as_bytes()).map(drop),
    }
}

/// Whether there are files of a real Kafka, which must not be touched.
pub(super) fn is_foreign(root: &Path) -> bool {
    root.join(META_PROPERTIES).exists() && !root.join(JOURNAL).exists()
}

/// Replaces a file by another as one step. Gives the new file, open for writing at its end.
pub(super) fn replace(path: &Path, content: &[u8]) -> io::Result<File> {
    let new = path.with_extension("new");
    let mut file = File::options().create(true).write(true).truncate(true).open(&new)?;
    file.write_all(content)?;
    file.sync_data()?;
    fs::rename(&new, path)?;
    Ok(file)
}

/// Flushes a folder, so that the names in it are on the medium.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kafkas() {
        let folder = partition_folder(Path::new("data"), "a.b-c", 7);
        assert_eq!(folder, Path::new("data/a.b-c-7"));
        let names = Kind::ALL.map(|kind| segment_file(&folder, 1234, kind));
        assert_eq!(names[0], folder.join("00000000000000001234.log"));
        assert_eq!(names[1], folder.join("00000000000000001234.index"));
        assert_eq!(names[2], folder.join("00000000000000001234.timeindex"));
        for name in &names {
            let name = name.file_name().and_then(|name| name.to_str()).unwrap();
            assert_eq!(segment_of_file(name), Some((1234, None)));
        }
        let id = SegmentId { base_offset: 1234, generation: 7 };
        let cleaned = cleaned_file(&folder, id, Kind::OffsetIndex);
        assert_eq!(cleaned, folder.join("00000000000000001234.index.7.cleaned"));
        let name = cleaned.file_name().and_then(|name| name.to_str()).unwrap();
        assert_eq!(segment_of_file(name), Some((1234, Some(7))));
        for other in [
            "1234.log",
            "partition.metadata",
            "00000000000000001234.snapshot",
            "00000000000000001234.log.x.cleaned",
            "00000000000000001234.cleaned",
            "",
        ] {
            assert_eq!(segment_of_file(other), None, "{other}");
        }
    }
}

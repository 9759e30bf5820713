//! What Kafka's DumpLogSegments checks of a folder's files.
#![allow(dead_code, unreachable_pub)] // Each test binary uses a part of it, as a module of its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bytes::Buf;

/// Checks all segments of a partition; gives how many batches and index entries there are.
pub fn check(folder: &Path) -> (usize, usize) {
    inspect(folder, false)
}

/// The same for a partition that is compacted: offsets may be missing.
pub fn check_compacted(folder: &Path) -> (usize, usize) {
    inspect(folder, true)
}

fn inspect(folder: &Path, gaps: bool) -> (usize, usize) {
    let (mut batches, mut entries) = (0, 0);
    let mut due = None;
    let mut logs: Vec<_> = fs::read_dir(folder)
        .expect("the folder of a partition")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|suffix| suffix == "log"))
        .collect();
    logs.sort();
    for log in logs {
        let base: i64 =
            log.file_stem().and_then(|stem| stem.to_str()).expect("a name").parse().unwrap();
        let mut position = 0;
        let mut at = BTreeMap::new();
        let mut max = -1;
        for batch in ottla::record::batches(fs::read(&log).expect("a log").into()) {
            let batch =
                batch.unwrap_or_else(|error| panic!("{} at {position}: {error}", log.display()));
            batch.verify().expect("its checksum holds");
            let header = batch.header;
            let follows = due.is_none_or(|due| match gaps {
                true => due <= header.base_offset,
                false => due == header.base_offset,
            });
            assert!(follows, "{due:?} is due in {}, not {}", log.display(), header.base_offset);
            due = Some(header.next_offset());
            max = header.max_timestamp.max(max);
            at.insert(position, (header.next_offset() - 1 - base, header.max_timestamp, max));
            position += header.size_bytes() as u64;
            batches += 1;
        }
        let mut index = &fs::read(log.with_extension("index")).expect("an index")[..];
        let mut last = None;
        while index.has_remaining() {
            let (offset, position) = (i64::from(index.get_u32()), u64::from(index.get_u32()));
            let batch = at.get(&position).map(|batch| batch.0);
            assert_eq!(batch, Some(offset), "{} at {position}", log.display());
            assert!(last < Some(offset), "offsets ascend");
            last = Some(offset);
            entries += 1;
        }
        let mut times = &fs::read(log.with_extension("timeindex")).expect("a time index")[..];
        let mut last = (-1, -1);
        while times.has_remaining() {
            let (timestamp, offset) = (times.get_i64(), i64::from(times.get_u32()));
            assert!(last.0 < timestamp && last.1 < offset, "{}: times ascend", log.display());
            let batch = at.values().find(|batch| batch.0 == offset).expect("a batch");
            assert_eq!((batch.1, batch.2), (timestamp, timestamp), "the largest so far");
            last = (timestamp, offset);
            entries += 1;
        }
    }
    (batches, entries)
}

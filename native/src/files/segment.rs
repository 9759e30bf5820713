//! One segment's files, open for appending.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use bytes::{Buf, BufMut, Bytes};
use ottla::record::BatchHeader;

use super::layout::Kind;
use super::places::SegmentPaths;

/// How many bytes of a log lie between two index entries, at least: Kafka's `index.interval.bytes`.
const INDEX_INTERVAL_BYTES: u64 = 4096;

/// The last offset of a batch, relative to the segment's (u32), and where the batch starts (u32).
const OFFSET_ENTRY_BYTES: usize = 8;

/// The largest timestamp so far (i64), and the last offset of the batch that has it, relative to the
/// segment's (u32).
const TIME_ENTRY_BYTES: usize = 12;

/// How much of a log is read at once to make its indexes again.
const SCAN_BYTES: usize = 256 * 1024;

/// The files of a segment. The indexes are there for Kafka's tools: the broker has its own.
#[derive(Debug)]
pub(super) struct SegmentFiles {
    base_offset: i64,
    log: File,
    offset_index: File,
    time_index: File,
    indexes: Indexes,
}

/// How far the indexes have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Indexes {
    since_entry_bytes: u64,
    max_timestamp: Option<i64>,
    /// The last offset of the batch that has it.
    max_timestamp_offset: i64,
    last_time: Option<i64>,
    offset_index_bytes: u64,
    time_index_bytes: u64,
}

impl SegmentFiles {
    /// Opens the files of a segment that reaches to `end`, making them if need be. What lies behind
    /// is cut off.
    pub(super) fn open(paths: &SegmentPaths, end: u64) -> io::Result<SegmentFiles> {
        let open = |kind| {
            let mut options = File::options();
            options.read(true).write(true).create(true).truncate(false);
            options.open(paths.file(kind))
        };
        let mut files = SegmentFiles {
            base_offset: paths.id.base_offset,
            log: open(Kind::Log)?,
            offset_index: open(Kind::OffsetIndex)?,
            time_index: open(Kind::TimeIndex)?,
            indexes: Indexes::default(),
        };
        files.log.set_len(end)?;
        files.restore_indexes(end)?;
        Ok(files)
    }

    /// Appends whole batches at `position`, the end of the log.
    pub(super) fn append(&mut self, position: u64, bytes: &Bytes) -> io::Result<()> {
        self.log.write_all_at(bytes, position)?;
        self.index(position, bytes)
    }

    /// Cuts the files back to `end`.
    pub(super) fn truncate(&mut self, end: u64) -> io::Result<()> {
        self.log.set_len(end)?;
        self.restore_indexes(end)
    }

    /// Flushes the log; the indexes can be made again.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.log.sync_data()
    }

    /// Ends the segment as Kafka does: with a time index entry for its largest timestamp.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        let mut entries = Vec::new();
        self.note_time(&mut entries);
        self.write_time_index(&entries)
    }

    /// Adds to the indexes what whole batches at `position` call for.
    fn index(&mut self, mut position: u64, bytes: &[u8]) -> io::Result<()> {
        let (mut offsets, mut times) = (Vec::new(), Vec::new());
        let mut rest = bytes;
        while let Ok(batch) = BatchHeader::parse(rest) {
            let Some(behind) = rest.get(batch.size_bytes()..) else { break };
            self.note(position, &batch, &mut offsets, &mut times);
            position += batch.size_bytes() as u64;
            rest = behind;
        }
        self.write_offset_index(&offsets)?;
        self.write_time_index(&times)
    }

    fn note(
        &mut self,
        position: u64,
        batch: &BatchHeader,
        offsets: &mut Vec<u8>,
        times: &mut Vec<u8>,
    ) {
        let last_offset = batch.next_offset() - 1;
        if self.indexes.max_timestamp.is_none_or(|max| batch.max_timestamp > max) {
            self.indexes.max_timestamp = Some(batch.max_timestamp);
            self.indexes.max_timestamp_offset = last_offset;
        }
        if self.indexes.since_entry_bytes > INDEX_INTERVAL_BYTES {
            let relative = u32::try_from(last_offset - self.base_offset);
            // What cannot be said in 32 bits has no entry; segments end long before.
            if let (Ok(relative), Ok(position)) = (relative, u32::try_from(position)) {
                offsets.put_u32(relative);
                offsets.put_u32(position);
                self.note_time(times);
            }
            self.indexes.since_entry_bytes = 0;
        }
        self.indexes.since_entry_bytes += batch.size_bytes() as u64;
    }

    /// Adds the largest timestamp so far, if it is larger than the last one noted.
    fn note_time(&mut self, times: &mut Vec<u8>) {
        let Some(max) = self.indexes.max_timestamp.filter(|max| *max >= 0) else { return };
        let relative = u32::try_from(self.indexes.max_timestamp_offset - self.base_offset);
        if let (true, Ok(relative)) = (self.indexes.last_time.is_none_or(|t| max > t), relative) {
            times.put_i64(max);
            times.put_u32(relative);
            self.indexes.last_time = Some(max);
        }
    }

    fn write_offset_index(&mut self, entries: &[u8]) -> io::Result<()> {
        self.offset_index.write_all_at(entries, self.indexes.offset_index_bytes)?;
        self.indexes.offset_index_bytes += entries.len() as u64;
        Ok(())
    }

    fn write_time_index(&mut self, entries: &[u8]) -> io::Result<()> {
        self.time_index.write_all_at(entries, self.indexes.time_index_bytes)?;
        self.indexes.time_index_bytes += entries.len() as u64;
        Ok(())
    }

    /// Brings the indexes to what they must be for a log that reaches to `end`: entries of what is
    /// behind go, and those that are missing are made from the log.
    fn restore_indexes(&mut self, end: u64) -> io::Result<()> {
        let offsets = read_all(&self.offset_index)?;
        let times = read_all(&self.time_index)?;
        let mut kept: Option<(u32, u32)> = None;
        let mut indexes = Indexes::default();
        for entry in offsets.chunks_exact(OFFSET_ENTRY_BYTES) {
            let (mut offset, mut position) = (entry, &entry[4..]);
            let entry = (offset.get_u32(), position.get_u32());
            let ascends = kept.is_none_or(|kept| kept.0 < entry.0 && kept.1 < entry.1);
            if !ascends || entry.1 == 0 || u64::from(entry.1) >= end {
                break;
            }
            kept = Some(entry);
            indexes.offset_index_bytes += OFFSET_ENTRY_BYTES as u64;
        }
        // An entry for an offset comes with one for the largest timestamp up to there.
        for mut entry in times.chunks_exact(TIME_ENTRY_BYTES) {
            let (timestamp, offset) = (entry.get_i64(), entry.get_u32());
            let ascends = indexes.last_time.is_none_or(|last| last < timestamp);
            if !ascends || kept.is_none_or(|kept| kept.0 < offset) {
                break;
            }
            indexes.last_time = Some(timestamp);
            indexes.max_timestamp = Some(timestamp);
            indexes.max_timestamp_offset = self.base_offset + i64::from(offset);
            indexes.time_index_bytes += TIME_ENTRY_BYTES as u64;
        }
        self.offset_index.set_len(indexes.offset_index_bytes)?;
        self.time_index.set_len(indexes.time_index_bytes)?;
        self.indexes = indexes;
        self.index_log(kept.map_or(0, |kept| u64::from(kept.1)), end)
    }

    /// Adds what the log from `position` to `end` calls for.
    fn index_log(&mut self, mut position: u64, end: u64) -> io::Result<()> {
        let (mut offsets, mut times) = (Vec::new(), Vec::new());
        let mut buffer = vec![0; SCAN_BYTES];
        while position < end {
            let wanted = usize::try_from(end - position).map_or(SCAN_BYTES, |n| n.min(SCAN_BYTES));
            self.log.read_exact_at(&mut buffer[..wanted], position)?;
            let (from, mut at) = (position, 0);
            while let Some(rest) = buffer[..wanted].get(at..) {
                // What does not parse is cut off by the buffer, or it is damaged.
                let Ok(batch) = BatchHeader::parse(rest) else { break };
                self.note(position, &batch, &mut offsets, &mut times);
                at += batch.size_bytes();
                position += batch.size_bytes() as u64;
            }
            if position == from {
                break;
            }
        }
        self.write_offset_index(&offsets)?;
        self.write_time_index(&times)
    }
}

fn read_all(file: &File) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(file.metadata()?.len()).unwrap_or(0)];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use ottla::record::{self, BatchBuilder, BatchOptions};

    use ottla::storage::SegmentId;

    use super::*;
    use crate::files::layout::segment_file;
    use crate::files::scratch::Scratch;

    fn open(folder: &Path, end: u64) -> SegmentFiles {
        let paths = SegmentPaths::settled(folder, SegmentId::new(1000));
        SegmentFiles::open(&paths, end).unwrap()
    }

    /// Batches of two records of about 1 KB together, at the offsets from 1000 on.
    fn batches(timestamps: &[i64]) -> Vec<Bytes> {
        let value = [b'x'; 500];
        let one = |(at, timestamp): (i64, &i64)| {
            let mut builder = BatchBuilder::new();
            builder.append(*timestamp, None, Some(&value), &[]);
            builder.append(*timestamp, None, Some(&value), &[]);
            let batch = builder.finish(&BatchOptions::default()).unwrap();
            let mut batch = bytes::BytesMut::from(&batch[..]);
            record::set_base_offset(&mut batch, 1000 + 2 * at);
            batch.freeze()
        };
        (0..).zip(timestamps).map(one).collect()
    }

    fn indexes(folder: &Path) -> [Vec<u8>; 2] {
        [Kind::OffsetIndex, Kind::TimeIndex]
            .map(|kind| fs::read(segment_file(folder, 1000, kind)).unwrap())
    }

    #[test]
    fn indexes_are_made_as_batches_come() {
        let scratch = Scratch::new();
        let mut files = open(scratch.path(), 0);
        // The seventh is older than the sixth.
        let batches = batches(&[10, 20, 30, 40, 50, 60, 55, 70, 80, 90, 91, 92]);
        let mut position = 0;
        for run in batches.chunks(5) {
            let run = Bytes::from(run.concat());
            files.append(position, &run).unwrap();
            position += run.len() as u64;
        }
        let size = batches[0].len() as u32;
        assert!(4 * size > 4096, "an entry is due before each fifth batch");
        let [offsets, times] = indexes(scratch.path());
        let entry = |nth: u32| [(2 * nth + 1).to_be_bytes(), (nth * size).to_be_bytes()].concat();
        assert_eq!(offsets, [entry(4), entry(8)].concat());
        let time = |t: i64, offset: u32| [&t.to_be_bytes()[..], &offset.to_be_bytes()].concat();
        assert_eq!(times, [time(50, 9), time(80, 17)].concat());
        files.finish().unwrap();
        files.finish().unwrap();
        let [_, times] = indexes(scratch.path());
        assert_eq!(times, [time(50, 9), time(80, 17), time(92, 23)].concat());
    }

    #[test]
    fn indexes_are_restored_however_they_were_lost() {
        let timestamps: Vec<i64> = (0..40).map(|at| 1000 + (at * 7) % 11 + at).collect();
        let batches = batches(&timestamps);
        let scratch = Scratch::new();
        let all = Bytes::from(batches.concat());
        for count in 0..=batches.len() {
            let end = (count * batches[0].len()) as u64;
            let whole = Scratch::new();
            let mut files = open(whole.path(), 0);
            files.append(0, &all.slice(..end as usize)).unwrap();
            let wanted = indexes(whole.path());
            // More than there should be: cut back.
            let mut files = open(scratch.path(), 0);
            files.append(0, &all).unwrap();
            files.truncate(end).unwrap();
            assert_eq!(indexes(scratch.path()), wanted, "cut back to {count}");
            // Lost, cut short, or overwritten.
            for kind in [Kind::OffsetIndex, Kind::TimeIndex] {
                let path = segment_file(scratch.path(), 1000, kind);
                let bytes = fs::read(&path).unwrap();
                fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
            }
            let times = segment_file(scratch.path(), 1000, Kind::OffsetIndex);
            fs::remove_file(times).unwrap();
            drop(open(scratch.path(), end));
            assert_eq!(indexes(scratch.path()), wanted, "made again up to {count}");
        }
    }
}

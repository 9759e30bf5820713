//! A storage in memory: for `memory://` and for tests.

use bytes::Bytes;
use litemap::LiteMap;

use super::{Commit, Load, Loaded, LogId, LogRange, Pieces, SegmentId, Write};

/// Does at once what a driver does in its own time. Nothing outlives it.
#[derive(Debug, Clone, Default)]
pub struct MemoryStorage {
    metadata: LiteMap<String, Bytes>,
    /// What was appended to each segment, in order.
    segments: LiteMap<(LogId, SegmentId), Pieces>,
}

impl MemoryStorage {
    /// An empty storage.
    pub fn new() -> MemoryStorage {
        MemoryStorage::default()
    }

    /// Carries out a commit.
    pub fn commit(&mut self, commit: &Commit) {
        for write in &commit.writes {
            match write {
                Write::PutMetadata { key, value } => {
                    self.metadata.insert(key.clone(), value.clone());
                }
                Write::DeleteMetadata { key } => {
                    self.metadata.remove(key);
                }
                Write::CreateLog { .. } => {}
                Write::DeleteLog { log } => self.segments.retain(|(of, _), _| of != log),
                Write::Append { log, segment, position, bytes } => {
                    let pieces = self.segments.entry((*log, *segment)).or_default();
                    pieces.push((*position, bytes.clone()));
                }
                Write::DeleteSegment { log, segment } => {
                    self.segments.remove(&(*log, *segment));
                }
            }
        }
    }

    /// Carries out a load.
    pub fn load(&self, load: &Load) -> Loaded {
        match load {
            Load::Metadata => {
                let values = self.metadata.iter().map(|(k, v)| (k.clone(), v.clone()));
                Loaded::Metadata(values.collect())
            }
            Load::Log(range) => Loaded::Log(self.read(range)),
        }
    }

    fn read(&self, range: &LogRange) -> Pieces {
        let Some(pieces) = self.segments.get(&(range.log, range.segment)) else {
            return Vec::new();
        };
        let mut found: Vec<(u64, Vec<u8>)> = Vec::new();
        let end_of = |(start, bytes): &(u64, Bytes)| start + bytes.len() as u64;
        let first = pieces.partition_point(|piece| end_of(piece) <= range.start);
        for piece in pieces[first..].iter().take_while(|(start, _)| *start < range.end) {
            let (start, bytes) = piece;
            let from = range.start.max(*start);
            let until = range.end.min(end_of(piece));
            let part = &bytes[(from - start) as usize..(until - start) as usize];
            match found.last_mut() {
                Some((at, run)) if *at + run.len() as u64 == from => run.extend_from_slice(part),
                _ => found.push((from, part.to_vec())),
            }
        }
        found.into_iter().map(|(at, run)| (at, run.into())).collect()
    }

    /// The metadata values, for tests that damage them.
    pub fn metadata_mut(&mut self) -> &mut LiteMap<String, Bytes> {
        &mut self.metadata
    }

    /// What was appended to each segment, for tests that damage or count it.
    pub fn segments_mut(&mut self) -> &mut LiteMap<(LogId, SegmentId), Pieces> {
        &mut self.segments
    }
}

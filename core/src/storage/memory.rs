//! A storage in memory: for `memory://` and for tests.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::{Commit, Load, Loaded, LogId, Write};

/// Does at once what a driver does in its own time. Nothing outlives it.
#[derive(Debug, Clone, Default)]
pub struct MemoryStorage {
    metadata: BTreeMap<String, Bytes>,
    /// Keyed by the segment and by the position *behind* the bytes, so that the piece that holds a
    /// position is the first one past it.
    pieces: BTreeMap<(LogId, i64, u64), Bytes>,
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
                Write::DeleteLog { log } => {
                    self.pieces.retain(|(of, _, _), _| of != log);
                }
                Write::Append { log, segment, position, bytes } => {
                    let end = position + bytes.len() as u64;
                    self.pieces.insert((*log, *segment, end), bytes.clone());
                }
                Write::DeleteSegment { log, segment } => {
                    self.pieces.retain(|(of, base, _), _| (of, base) != (log, segment));
                }
            }
        }
    }

    /// Carries out a load.
    pub fn load(&self, load: &Load) -> Loaded {
        let range = match load {
            Load::Metadata => {
                let values = self.metadata.iter().map(|(k, v)| (k.clone(), v.clone()));
                return Loaded::Metadata(values.collect());
            }
            Load::Log(range) => range,
        };
        let first = (range.log, range.segment, range.start.saturating_add(1));
        let mut found: Vec<(u64, Vec<u8>)> = Vec::new();
        for ((_, _, end), bytes) in self.pieces.range(first..=(range.log, range.segment, u64::MAX))
        {
            let start = end - bytes.len() as u64;
            if start >= range.end {
                break;
            }
            let from = range.start.max(start);
            let part = &bytes[(from - start) as usize..(range.end.min(*end) - start) as usize];
            match found.last_mut() {
                Some((at, run)) if *at + run.len() as u64 == from => run.extend_from_slice(part),
                _ => found.push((from, part.to_vec())),
            }
        }
        Loaded::Log(found.into_iter().map(|(at, run)| (at, run.into())).collect())
    }

    /// The metadata values, for tests that damage them.
    pub fn metadata_mut(&mut self) -> &mut BTreeMap<String, Bytes> {
        &mut self.metadata
    }

    /// The pieces of the logs, for tests that damage or count them.
    pub fn pieces_mut(&mut self) -> &mut BTreeMap<(LogId, i64, u64), Bytes> {
        &mut self.pieces
    }
}

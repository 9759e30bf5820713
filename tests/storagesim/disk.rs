//! The storage: what the contract allows it to do, and no more. It also holds the broker to its part
//! of the contract.

use std::collections::{BTreeMap, BTreeSet};

use bytes::{Bytes, BytesMut};
use ottla::storage::{
    Commit, Durability, Load, Loaded, LogId, MemoryStorage, MetadataKey, SegmentId, Write,
};

use crate::random::Random;

/// What is stored.
#[derive(Default)]
pub(crate) struct Disk {
    /// What the death of the broker's process leaves.
    pub(crate) stored: MemoryStorage,
    /// What the loss of power leaves at least: all up to the last commit that had to be flushed.
    flushed: MemoryStorage,
    /// The commits since.
    pub(crate) unflushed: Vec<Commit>,
    /// How many bytes there is room for.
    capacity: Option<usize>,
    /// What is kept free for small commits, by taking it.
    reserve_bytes: usize,
    /// Where each segment ends.
    ends: BTreeMap<(LogId, SegmentId), u64>,
    /// Segments that have been deleted, whose names are used up.
    deleted: BTreeSet<(LogId, SegmentId)>,
    pub(crate) logs: BTreeMap<LogId, (String, i32)>,
    /// Where segments of each log have begun, also of those that are gone.
    begins: BTreeMap<LogId, BTreeSet<i64>>,
    /// Where the last segment with records begins.
    last: BTreeMap<LogId, i64>,
}

/// What a load may meet with.
#[derive(Clone, Copy, Default)]
pub(crate) struct Flips {
    /// One of so many loads of records has a bit that is not what was stored; 0 for none.
    pub(crate) records: usize,
    /// One of so many loads of metadata has.
    pub(crate) metadata: usize,
}

/// How much a write puts.
pub(crate) fn size_of(write: &Write) -> usize {
    match write {
        Write::PutMetadata { key, value } => key.len() + value.len(),
        Write::Append { bytes, .. } => bytes.len(),
        Write::CreateLog { .. } => 1,
        _ => 0,
    }
}

/// A write, for people.
pub(crate) fn in_short(write: &Write) -> String {
    match write {
        Write::PutMetadata { key, .. } => format!("put {key}"),
        Write::DeleteMetadata { key } => format!("remove {key}"),
        Write::CreateLog { log, topic, partition } => format!("{log:?} is {topic}-{partition}"),
        Write::DeleteLog { log } => format!("delete {log:?}"),
        Write::Append { log, segment, position, bytes } => {
            let (base, generation) = (segment.base_offset, segment.generation);
            format!("{} bytes at {position} of {}/{base}/{generation}", bytes.len(), log.0)
        }
        Write::DeleteSegment { log, segment } => {
            format!("delete {}/{}/{}", log.0, segment.base_offset, segment.generation)
        }
    }
}

impl Disk {
    fn used(&mut self) -> usize {
        let metadata: usize =
            self.stored.metadata_mut().iter().map(|(key, value)| key.len() + value.len()).sum();
        let segments = self.stored.segments_mut().iter();
        let pieces = segments.flat_map(|(_, pieces)| pieces.iter());
        self.reserve_bytes + metadata + pieces.map(|(_, bytes)| bytes.len()).sum::<usize>()
    }

    /// How many bytes are left; `None` where there is no bound.
    pub(crate) fn left(&mut self) -> Option<usize> {
        Some(self.capacity?.saturating_sub(self.used()))
    }

    /// Puts so much aside if there is room for it, or is already; says whether it is there then.
    pub(crate) fn set_aside(&mut self, bytes: usize) -> bool {
        if self.reserve_bytes == 0 && self.left().is_none_or(|left| left >= bytes) {
            self.reserve_bytes = bytes;
        }
        self.reserve_bytes > 0
    }

    /// Whether something is set aside.
    pub(crate) fn has_reserve(&self) -> bool {
        self.reserve_bytes > 0
    }

    /// Whether there is a bound.
    pub(crate) fn is_bounded(&self) -> bool {
        self.capacity.is_some()
    }

    /// What was set aside is free.
    pub(crate) fn give_way(&mut self) {
        self.reserve_bytes = 0;
    }

    /// Leaves room for so many bytes more.
    pub(crate) fn fill_up(&mut self, left: usize) {
        self.capacity = Some(self.used() + left);
    }

    pub(crate) fn make_room(&mut self) {
        self.capacity = None;
    }

    /// Whether there is room for a commit. A commit that puts nothing always has.
    pub(crate) fn has_room(&mut self, commit: &Commit) -> bool {
        let wanted: usize = commit.writes.iter().map(size_of).sum();
        match self.capacity {
            Some(capacity) if wanted > 0 => self.used() + wanted <= capacity,
            _ => true,
        }
    }

    /// Carries a commit out.
    pub(crate) fn land(&mut self, commit: &Commit) {
        self.hold_to_contract(commit);
        self.stored.commit(commit);
        self.unflushed.push(commit.clone());
        if commit.durability == Durability::Strict {
            self.flush(usize::MAX);
        }
    }

    fn flush(&mut self, count: usize) {
        let count = count.min(self.unflushed.len());
        self.unflushed.drain(..count).for_each(|commit| self.flushed.commit(&commit));
    }

    /// Appends go where the segment ends.
    fn hold_to_contract(&mut self, commit: &Commit) {
        for write in &commit.writes {
            match write {
                Write::Append { log, segment, position, bytes } => {
                    assert!(self.logs.contains_key(log), "an append to a log that was not created");
                    assert!(!bytes.is_empty(), "an append of nothing");
                    let used_up = self.deleted.contains(&(*log, *segment));
                    assert!(!used_up, "the name {segment:?} of {log:?} is used twice");
                    let end = self.ends.entry((*log, *segment)).or_insert(0);
                    assert_eq!(
                        *position, *end,
                        "an append to {segment:?} of {log:?} is not where it ends"
                    );
                    *end += bytes.len() as u64;
                    self.begins.entry(*log).or_default().insert(segment.base_offset);
                    let last = self.last.entry(*log).or_insert(0);
                    *last = segment.base_offset.max(*last);
                }
                Write::PutMetadata { key, .. } => {
                    if let Some(MetadataKey::Segment(log, segment)) = MetadataKey::parse(key) {
                        self.begins.entry(log).or_default().insert(segment.base_offset);
                    }
                }
                Write::CreateLog { log, topic, partition } => {
                    let before = self.logs.insert(*log, (topic.clone(), *partition));
                    assert_eq!(before, None, "the name {log:?} is used twice");
                }
                Write::DeleteLog { log } => self.ends.retain(|(of, _), _| of != log),
                Write::DeleteSegment { log, segment } => {
                    self.ends.remove(&(*log, *segment));
                    self.deleted.insert((*log, *segment));
                }
                _ => {}
            }
        }
    }

    /// The machine loses its power: what was not flushed is gone, from some commit on. Says how many
    /// commits went.
    pub(crate) fn lose_power(&mut self, random: &mut Random) -> usize {
        let kept = random.below(self.unflushed.len() + 1);
        self.flush(kept);
        let lost = std::mem::take(&mut self.unflushed);
        for commit in &lost {
            // What was not created is not there to be created twice, nor is what was not deleted gone.
            for write in &commit.writes {
                match write {
                    Write::CreateLog { log, .. } => drop(self.logs.remove(log)),
                    Write::DeleteSegment { log, segment } => {
                        self.deleted.remove(&(*log, *segment));
                    }
                    _ => {}
                }
            }
        }
        self.stored = self.flushed.clone();
        self.measure();
        for (log, last) in &mut self.last {
            let here = self.ends.keys().filter(|(of, _)| of == log);
            *last = here.map(|(_, segment)| segment.base_offset).max().unwrap_or(*last);
        }
        lost.len()
    }

    /// Of the commits that were not flushed, one that is not the last gets lost.
    pub(crate) fn forget_one(&mut self, random: &mut Random) {
        if self.unflushed.len() > 1 {
            let at = random.below(self.unflushed.len() - 1);
            self.unflushed.remove(at);
            self.stored = self.flushed.clone();
            self.unflushed.iter().for_each(|commit| self.stored.commit(commit));
            self.measure();
        }
    }

    /// Changes what is stored.
    pub(crate) fn rewrite(&mut self, change: impl Fn(&mut MemoryStorage)) {
        self.flush(usize::MAX);
        change(&mut self.stored);
        self.flushed = self.stored.clone();
    }

    /// Reckons anew where segments end.
    pub(crate) fn measure(&mut self) {
        self.ends.clear();
        for (name, pieces) in self.stored.segments_mut().iter() {
            let end = pieces.last().map_or(0, |(at, bytes)| at + bytes.len() as u64);
            self.ends.insert(*name, end);
        }
    }

    /// Carries a load out. Says whether what it brings is not what was stored.
    pub(crate) fn load(&self, load: &Load, flips: Flips, random: &mut Random) -> (Loaded, bool) {
        let mut loaded = self.stored.load(load);
        let flipped = match &mut loaded {
            Loaded::Log(pieces) if flips.records > 0 && random.chance(flips.records) => {
                let at = random.below(pieces.len());
                pieces.get_mut(at).is_some_and(|(_, bytes)| flip(bytes, random))
            }
            Loaded::Metadata(values) if flips.metadata > 0 && random.chance(flips.metadata) => {
                let at = random.below(values.len());
                values.get_mut(at).is_some_and(|(_, bytes)| flip(bytes, random))
            }
            _ => false,
        };
        (loaded, flipped)
    }

    /// Whether the log of this partition can begin at `start`, without the record at `offset`, where
    /// whole segments went and not the last one.
    pub(crate) fn goes_by_segments(&self, place: (&str, i32), offset: i64, start: i64) -> bool {
        let named = |(name, partition): &(String, i32)| (name.as_str(), *partition) == place;
        let log = self.logs.iter().rev().find(|(_, known)| named(known)).map(|(log, _)| log);
        let begins = log.and_then(|log| self.begins.get(log));
        let last = log.and_then(|log| self.last.get(log));
        begins.is_some_and(|begins| begins.contains(&start)) && last.is_some_and(|at| offset < *at)
    }

    /// What is stored of segments that are part of no log.
    pub(crate) fn leftovers(&mut self) -> Vec<String> {
        let metadata = self.stored.metadata_mut();
        let known: BTreeSet<String> = metadata.keys().cloned().collect();
        let segments = self.stored.segments_mut();
        let names = segments.keys().map(|(log, segment)| MetadataKey::Segment(*log, *segment));
        let names = names.map(|name| name.to_string());
        names.filter(|name| !known.contains(name)).collect()
    }
}

fn flip(bytes: &mut Bytes, random: &mut Random) -> bool {
    if bytes.is_empty() {
        return false;
    }
    let mut changed = BytesMut::from(&bytes[..]);
    let at = random.below(changed.len());
    changed[at] ^= 1 << random.below(8);
    *bytes = changed.freeze();
    true
}

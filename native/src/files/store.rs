//! Commits and loads, carried out on files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use ottla::Uuid;
use ottla::storage::{Commit, Durability, LogId, MetadataKey, SegmentId, StorageError, Write};
use ottla::topic::{ClusterRecord, TopicRecord};
use tracing::warn;

use super::journal::Journal;
use super::layout::{self, Kind};
use super::places::Places;
use super::segment::SegmentFiles;
use super::state::{Entry, State};
use crate::Fsync;

/// How many segments are open at a time; each takes three file descriptors.
const MAX_OPEN_SEGMENTS: usize = 128;

/// The files, held by one broker.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) root: PathBuf,
    pub(super) fsync: Fsync,
    pub(super) node_id: i32,
    /// Holds others off while it is open.
    pub(super) _lock: File,
    pub(super) state: State,
    pub(super) journal: Journal,
    pub(super) places: Places,
    pub(super) open: BTreeMap<(LogId, SegmentId), (u64, SegmentFiles)>,
    /// Counts the uses of open segments, so that the one that was used least lately is closed.
    pub(super) uses: u64,
    /// Segments and folders with something that is not flushed.
    pub(super) unflushed: BTreeSet<(LogId, SegmentId)>,
    pub(super) unflushed_folders: BTreeSet<PathBuf>,
    /// The files are not what `state` says, and could not be made so.
    pub(super) broken: Option<String>,
}

/// A commit whose records are in the segments' files, and which the journal does not know yet.
#[derive(Debug, Default)]
pub(super) struct Staged {
    pub(super) entries: Vec<Entry>,
    /// How far the segments reach with the commit.
    ends: BTreeMap<(LogId, SegmentId), u64>,
    created: Vec<LogId>,
}

impl Store {
    /// Carries a commit out, wholly or not at all.
    pub(super) fn commit(&mut self, commit: &Commit) -> Result<(), StorageError> {
        if let Some(reason) = &self.broken {
            return Err(StorageError::Failed(reason.clone()));
        }
        let flush = match self.fsync {
            Fsync::Always => true,
            Fsync::Topic => commit.durability == Durability::Strict,
            Fsync::Never => false,
        };
        let journal_bytes = self.journal.size_bytes();
        let mut staged = Staged::default();
        let outcome = self
            .stage(&commit.writes, &mut staged)
            .and_then(|()| if flush { self.flush() } else { Ok(()) })
            .and_then(|()| self.journal.append(self.state.sequence + 1, &staged.entries))
            .and_then(|()| if flush { self.sync_journal() } else { Ok(()) });
        match outcome {
            Ok(()) => {
                self.apply(staged);
                Ok(())
            }
            Err(error) => {
                self.roll_back(&staged, journal_bytes);
                Err(match error.kind() {
                    io::ErrorKind::StorageFull
                    | io::ErrorKind::QuotaExceeded
                    | io::ErrorKind::FileTooLarge => StorageError::Full(error.to_string()),
                    _ => StorageError::Failed(error.to_string()),
                })
            }
        }
    }

    /// Writes a commit's records, and collects what the journal is to say.
    pub(super) fn stage(&mut self, writes: &[Write], staged: &mut Staged) -> io::Result<()> {
        for write in writes {
            match write {
                Write::PutMetadata { key, value } => self.put(key, value, staged)?,
                Write::DeleteMetadata { key } => {
                    staged.entries.push(Entry::Delete { key: key.clone() });
                }
                Write::CreateLog { log, topic, partition } => {
                    let (log, partition, topic) = (*log, *partition, topic.clone());
                    let folder = layout::new_folder(&self.root, log);
                    fs::create_dir_all(&folder)?;
                    layout::write_partition_metadata(&folder, topic_id(writes, &topic))?;
                    self.unflushed_folders.extend([self.root.clone(), folder.clone()]);
                    self.places.set_folder(log, Some(folder));
                    staged.created.push(log);
                    staged.entries.push(Entry::CreateLog { log, topic, partition });
                }
                Write::DeleteLog { log } => staged.entries.push(Entry::DeleteLog { log: *log }),
                Write::Append { log, segment, position, bytes } => {
                    self.append((*log, *segment), *position, bytes, staged)?;
                }
                Write::DeleteSegment { log, segment } => {
                    let (log, segment) = (*log, *segment);
                    staged.entries.push(Entry::DeleteSegment { log, segment });
                }
            }
        }
        Ok(())
    }

    fn put(&mut self, key: &str, value: &Bytes, staged: &mut Staged) -> io::Result<()> {
        staged.entries.push(Entry::Put { key: key.to_owned(), value: value.clone() });
        match MetadataKey::parse(key) {
            Some(MetadataKey::Segment(log, segment)) => {
                let staged_end = staged.ends.get(&(log, segment)).copied();
                let end = staged_end.unwrap_or_else(|| self.state.end(log, segment));
                staged.entries.push(Entry::Snapshot { log, segment, end });
                Ok(())
            }
            Some(MetadataKey::Cluster) => match ClusterRecord::open(value.clone()) {
                Ok(cluster) => {
                    layout::write_meta_properties(&self.root, cluster.cluster_id, self.node_id)
                }
                Err(_) => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn append(
        &mut self,
        key: (LogId, SegmentId),
        position: u64,
        bytes: &Bytes,
        staged: &mut Staged,
    ) -> io::Result<()> {
        let (log, segment) = key;
        let known = staged.ends.get(&key).copied();
        let end = known.unwrap_or_else(|| self.state.end(log, segment));
        if position != end {
            let message = format!(
                "log {:08x}: an append at {position} of segment {segment:?}, which ends at {end}",
                log.0
            );
            return Err(io::Error::other(message));
        }
        // Noted first: if the write fails half way, there is something to take back.
        staged.ends.insert(key, end);
        self.unflushed.insert(key);
        self.segment(key, end)?.append(position, bytes)?;
        let end = position + bytes.len() as u64;
        staged.ends.insert(key, end);
        staged.entries.push(Entry::End { log, segment, end });
        Ok(())
    }

    /// The files of a segment that reaches to `end`.
    fn segment(&mut self, key: (LogId, SegmentId), end: u64) -> io::Result<&mut SegmentFiles> {
        self.uses += 1;
        if !self.open.contains_key(&key) {
            let (log, segment) = key;
            let no_folder = || io::Error::other(format!("log {:08x} was never created", log.0));
            let paths = self.places.segment(log, segment).ok_or_else(no_folder)?;
            self.close_older(key)?;
            if end == 0 {
                self.unflushed_folders.insert(paths.folder.clone());
            }
            let files = SegmentFiles::open(&paths, end)?;
            self.open.insert(key, (self.uses, files));
            if self.open.len() > MAX_OPEN_SEGMENTS {
                let oldest = self.open.iter().min_by_key(|(_, (used, _))| *used).map(|(k, _)| *k);
                oldest.map(|key| self.open.remove(&key));
            }
        }
        let (used, files) = self.open.get_mut(&key).ok_or_else(|| io::Error::other("not open"))?;
        *used = self.uses;
        Ok(files)
    }

    /// Ends the segments of the same log that come before.
    fn close_older(&mut self, (log, segment): (LogId, SegmentId)) -> io::Result<()> {
        let older: Vec<(LogId, SegmentId)> = self
            .open
            .range((log, SegmentId::new(i64::MIN))..(log, segment))
            .map(|(key, _)| *key)
            .collect();
        for key in older {
            if let Some((_, mut files)) = self.open.remove(&key) {
                files.finish()?;
            }
        }
        Ok(())
    }

    /// Flushes all records and all names, so that a journal that speaks of them is right.
    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.try_flush();
        self.note_flush(flushed)
    }

    fn sync_journal(&mut self) -> io::Result<()> {
        let synced = self.journal.sync();
        self.note_flush(synced)
    }

    /// After a failed flush the operating system may count the pages as clean all the same: what is
    /// on the medium is unknown, and stays so.
    fn note_flush(&mut self, flushed: io::Result<()>) -> io::Result<()> {
        flushed.inspect_err(|error| self.broken = Some(format!("a flush failed: {error}")))
    }

    fn try_flush(&mut self) -> io::Result<()> {
        for key in std::mem::take(&mut self.unflushed) {
            if let Some((_, files)) = self.open.get(&key) {
                files.sync()?;
            } else if let Some(paths) = self.places.segment(key.0, key.1) {
                File::open(paths.file(Kind::Log))?.sync_data()?;
            }
        }
        for folder in std::mem::take(&mut self.unflushed_folders) {
            layout::sync_folder(&folder)?;
        }
        Ok(())
    }

    /// The journal has the commit: what it says is so.
    fn apply(&mut self, staged: Staged) {
        let mut gone = Vec::new();
        for entry in &staged.entries {
            match entry {
                Entry::DeleteLog { log } => gone.push((*log, None)),
                Entry::DeleteSegment { log, segment } => gone.push((*log, Some(*segment))),
                _ => {}
            }
        }
        staged.entries.into_iter().for_each(|entry| self.state.apply(entry));
        self.state.sequence += 1;
        // From here on nothing can be taken back. What fails is told, and done at the next start.
        for (log, segment) in gone {
            if let Err(error) = self.remove(log, segment) {
                warn!(log = log.0, ?segment, %error, "deleted files are still there");
            }
        }
        for log in staged.created {
            if let Err(error) = self.settle(log) {
                warn!(log = log.0, %error, "a folder has not got its name yet");
            }
        }
        if self.journal.is_long() {
            match Journal::create(self.journal.root(), &self.state) {
                Ok(journal) => self.journal = journal,
                Err(error) => warn!(%error, "the journal could not be made shorter"),
            }
        }
    }

    /// Removes the files of a log, or of one segment.
    fn remove(&mut self, log: LogId, segment: Option<SegmentId>) -> io::Result<()> {
        let Some(folder) = self.places.folder(log) else { return Ok(()) };
        match segment {
            Some(segment) => {
                self.open.remove(&(log, segment));
                self.unflushed.remove(&(log, segment));
                let Some(paths) = self.places.segment(log, segment) else { return Ok(()) };
                for kind in Kind::ALL {
                    remove_file(&paths.file(kind))?;
                }
                self.settle_segment(log, segment.base_offset)?;
            }
            None => {
                self.open.retain(|(of, _), _| *of != log);
                self.unflushed.retain(|(of, _)| *of != log);
                self.unflushed_folders.remove(&folder);
                self.places.set_folder(log, None);
                fs::remove_dir_all(&folder)?;
            }
        }
        Ok(())
    }

    /// Gives what compaction made its names, once it stands alone for its base offset.
    fn settle_segment(&mut self, log: LogId, base_offset: i64) -> io::Result<()> {
        let Some(left) = self.state.settled(log, base_offset) else {
            self.places.forget(log, base_offset);
            return Ok(());
        };
        if left.generation > 0 && self.places.is_cleaned(log, left) {
            let end = self.state.end(log, left);
            self.segment((log, left), end)?.finish()?;
            // The names say which one it is: the journal must not fall back behind them.
            if self.fsync != Fsync::Never {
                self.sync_journal()?;
            }
            self.places.settle(log, left)?;
            self.unflushed_folders.extend(self.places.folder(log));
        }
        Ok(())
    }

    /// Gives a new log's folder its name.
    pub(super) fn settle(&mut self, log: LogId) -> io::Result<()> {
        let Some(known) = self.state.logs.get(&log) else { return Ok(()) };
        let from = layout::new_folder(&self.root, log);
        let to = layout::partition_folder(&self.root, &known.topic, known.partition);
        if from.exists() {
            // Of a topic of the same name that has been deleted.
            if layout::is_partition_folder(&to) {
                fs::remove_dir_all(&to)?;
            }
            fs::rename(&from, &to)?;
            self.unflushed_folders.remove(&from);
            self.unflushed_folders.extend([self.root.clone(), to.clone()]);
        }
        self.places.set_folder(log, Some(to));
        Ok(())
    }

    /// Takes back what a commit that failed has written.
    fn roll_back(&mut self, staged: &Staged, journal_bytes: u64) {
        if let Err(error) = self.try_roll_back(staged, journal_bytes) {
            self.broken = Some(format!("a failed commit could not be taken back: {error}"));
        }
    }

    fn try_roll_back(&mut self, staged: &Staged, journal_bytes: u64) -> io::Result<()> {
        self.journal.roll_back(journal_bytes)?;
        for log in &staged.created {
            self.open.retain(|(of, _), _| of != log);
            self.unflushed.retain(|(of, _)| of != log);
            let folder = layout::new_folder(&self.root, *log);
            self.unflushed_folders.remove(&folder);
            fs::remove_dir_all(&folder)?;
            self.places.set_folder(*log, None);
        }
        for &(log, segment) in staged.ends.keys().filter(|(log, _)| !staged.created.contains(log)) {
            let end = self.state.end(log, segment);
            if let Some((_, files)) = self.open.get_mut(&(log, segment)) {
                files.truncate(end)?;
            } else if let Some(paths) = self.places.segment(log, segment) {
                // Closed meanwhile, or what failed was to open it.
                if paths.file(Kind::Log).is_file() {
                    SegmentFiles::open(&paths, end)?;
                }
            }
        }
        Ok(())
    }

    /// Flushes everything, as the last thing.
    pub(super) fn close(mut self) -> io::Result<()> {
        self.flush()?;
        self.journal.sync()
    }
}

/// The id of a topic, from what the same commit says about it.
fn topic_id(writes: &[Write], topic: &str) -> Uuid {
    let wanted = MetadataKey::Topic(topic.to_owned()).to_string();
    let value = writes.iter().find_map(|write| match write {
        Write::PutMetadata { key, value } if *key == wanted => Some(value.clone()),
        _ => None,
    });
    let record = value.and_then(|value| TopicRecord::open(value).ok());
    record.map_or(Uuid::ZERO, |record| record.topic_id)
}

/// Removes a file that may be gone already.
pub(super) fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

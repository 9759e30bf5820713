//! Where the files of each log and segment are. Shared by the thread that writes and the one that
//! reads: what a segment is called may change while it is read.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
#[cfg(test)]
use std::path::Path;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ottla::storage::{LogId, SegmentId};

use super::layout::{self, Kind};

#[derive(Debug, Default)]
struct Known {
    folders: HashMap<LogId, PathBuf>,
    /// The generation whose files have the names of a base offset, where it is not 0.
    generations: HashMap<(LogId, i64), u32>,
}

/// Where each log's files are.
#[derive(Debug, Clone, Default)]
pub(super) struct Places(Arc<Mutex<Known>>);

/// The paths of a segment's files.
#[derive(Debug, Clone)]
pub(super) struct SegmentPaths {
    pub(super) folder: PathBuf,
    pub(super) id: SegmentId,
    /// They have the names of a segment that is being written by compaction.
    cleaned: bool,
}

impl SegmentPaths {
    /// The paths of a segment that has its names for good.
    #[cfg(test)]
    pub(super) fn settled(folder: &Path, id: SegmentId) -> SegmentPaths {
        SegmentPaths { folder: folder.to_owned(), id, cleaned: false }
    }

    pub(super) fn file(&self, kind: Kind) -> PathBuf {
        match self.cleaned {
            true => layout::cleaned_file(&self.folder, self.id, kind),
            false => layout::segment_file(&self.folder, self.id.base_offset, kind),
        }
    }
}

impl Known {
    fn segment(&self, log: LogId, id: SegmentId) -> Option<SegmentPaths> {
        let folder = self.folders.get(&log)?.clone();
        let settled = self.generations.get(&(log, id.base_offset)).copied().unwrap_or(0);
        // An older one is gone, and another has its names.
        let here = id.generation >= settled;
        here.then_some(SegmentPaths { folder, id, cleaned: id.generation > settled })
    }
}

impl Places {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The folder of a log.
    pub(super) fn folder(&self, log: LogId) -> Option<PathBuf> {
        self.lock().folders.get(&log).cloned()
    }

    pub(super) fn set_folder(&self, log: LogId, folder: Option<PathBuf>) {
        let mut known = self.lock();
        match folder {
            Some(folder) => drop(known.folders.insert(log, folder)),
            None => {
                known.folders.remove(&log);
                known.generations.retain(|(of, _), _| *of != log);
            }
        }
    }

    /// The files of a segment; `None` where the log is not known or the segment is gone.
    pub(super) fn segment(&self, log: LogId, id: SegmentId) -> Option<SegmentPaths> {
        self.lock().segment(log, id)
    }

    /// Whether a segment's files have the names of one that is being written by compaction.
    pub(super) fn is_cleaned(&self, log: LogId, id: SegmentId) -> bool {
        self.segment(log, id).is_some_and(|paths| paths.cleaned)
    }

    /// Opens a segment's log to read it; `None` where it is not there.
    pub(super) fn open_log(&self, log: LogId, id: SegmentId) -> io::Result<Option<File>> {
        // Under the lock: the names must not change in between.
        let known = self.lock();
        let Some(paths) = known.segment(log, id) else { return Ok(None) };
        match File::open(paths.file(Kind::Log)) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Gives a segment the names of its base offset: it stands alone for it now. What was done of it
    /// before is not done again.
    pub(super) fn settle(&self, log: LogId, id: SegmentId) -> io::Result<()> {
        let mut known = self.lock();
        let Some(folder) = known.folders.get(&log).cloned() else { return Ok(()) };
        for kind in Kind::ALL {
            let to = layout::segment_file(&folder, id.base_offset, kind);
            match fs::rename(layout::cleaned_file(&folder, id, kind), to) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        known.generations.insert((log, id.base_offset), id.generation);
        Ok(())
    }

    /// No segment has the names of a base offset any more.
    pub(super) fn forget(&self, log: LogId, base_offset: i64) {
        self.lock().generations.remove(&(log, base_offset));
    }
}

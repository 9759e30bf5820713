//! Opening: from the files that are there to a store that is as the journal says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use bytes::Bytes;
use ottla::log::{Scanned, scan};
use ottla::storage::LogId;
use tracing::{error, info, warn};

use super::journal::{self, Journal};
use super::layout::{self, Kind};
use super::places::Places;
use super::segment::SegmentFiles;
use super::state::State;
use super::store::{Store, remove_file};
use crate::Fsync;

impl Store {
    /// Opens the files of a broker, or makes them.
    pub(super) fn open(root: &Path, fsync: Fsync, node_id: i32) -> io::Result<Store> {
        fs::create_dir_all(root)?;
        if layout::is_foreign(root) {
            let message = "there are files of another broker (meta.properties without \
                           ottla.journal), which are left alone";
            return Err(io::Error::other(message));
        }
        let lock = lock(root)?;
        let path = root.join(layout::JOURNAL);
        let (state, journal) = match fs::read(&path) {
            Ok(bytes) => {
                let (state, end, damage) = journal::read(bytes.into())?;
                (state, Some((end, damage)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => (State::default(), None),
            Err(error) => return Err(error),
        };
        let before = state.clone();
        let whole = journal.as_ref().is_some_and(|(_, damage)| damage.is_empty());
        for damage in journal.iter().flat_map(|(_, damage)| damage) {
            let (position, size_bytes) = (damage.position, damage.size_bytes);
            error!(position, size_bytes, "the journal is damaged: commits are lost");
        }
        // The journal is opened for good below, when it is known what it must say.
        let opened = match &journal {
            Some((end, _)) => Journal::open(root, *end)?,
            None => Journal::create(root, &state)?,
        };
        let mut store = Store {
            root: root.to_owned(),
            fsync,
            node_id,
            _lock: lock,
            state,
            journal: opened,
            places: Places::default(),
            open: BTreeMap::new(),
            uses: 0,
            unflushed: BTreeSet::new(),
            unflushed_folders: BTreeSet::new(),
            broken: None,
        };
        for log in store.state.logs.keys().copied().collect::<Vec<_>>() {
            store.settle(log)?;
            store.settle_segments(log)?;
            store.recover(log)?;
        }
        if whole {
            store.remove_leftovers()?;
        }
        if journal.is_some() && (!whole || store.state != before) {
            store.journal = Journal::create(root, &store.state)?;
        }
        Ok(store)
    }

    /// Goes on where giving segments their names was interrupted.
    fn settle_segments(&mut self, log: LogId) -> io::Result<()> {
        let Some(known) = self.state.logs.get(&log) else { return Ok(()) };
        for id in known.segments.keys().filter(|id| id.generation > 0) {
            if self.state.settled(log, id.base_offset) == Some(*id) {
                self.places.settle(log, *id)?;
            }
        }
        Ok(())
    }

    /// Cuts the files of a log to what is stored, and what is stored to what is whole.
    fn recover(&mut self, log: LogId) -> io::Result<()> {
        let Some(folder) = self.places.folder(log) else { return Ok(()) };
        let Some(known) = self.state.logs.get(&log) else { return Ok(()) };
        let segments = known.segments.clone();
        if !folder.exists() {
            error!(folder = %folder.display(), "the folder of a partition is gone");
            fs::create_dir_all(&folder)?;
        }
        let active = segments.last_key_value().map(|(id, _)| *id);
        for (id, segment) in segments {
            let Some(paths) = self.places.segment(log, id) else { continue };
            let path = paths.file(Kind::Log);
            let mut options = File::options();
            let file = options.read(true).write(true).create(true).truncate(false).open(&path)?;
            let length = file.metadata()?.len();
            if length > segment.end {
                info!(file = %path.display(), from = segment.end, to = length,
                    "cut off what was never confirmed");
                file.set_len(segment.end)?;
            }
            let present = length.min(segment.end);
            let mut end = present;
            if Some(id) == active || present < segment.end {
                let start = if segment.snapshot_end <= present { segment.snapshot_end } else { 0 };
                end = whole_end(&file, start, present)?;
            }
            if end < segment.end {
                warn!(file = %path.display(), from = end, to = segment.end,
                    "cut at the last whole batch: what followed is lost");
                file.set_len(end)?;
                self.state.shorten(log, id, end);
            }
            if Some(id) == active || length != end {
                // It may never be opened again, and the indexes may speak of what was cut off.
                drop(file);
                SegmentFiles::open(&paths, end)?;
            }
        }
        Ok(())
    }

    /// Removes what the journal does not know: what was left over when a deletion was interrupted,
    /// or was never confirmed.
    fn remove_leftovers(&mut self) -> io::Result<()> {
        let known: BTreeMap<_, _> = self
            .state
            .logs
            .iter()
            .filter_map(|(log, state)| Some((self.places.folder(*log)?, &state.segments)))
            .collect();
        for entry in fs::read_dir(&self.root)? {
            let folder = entry?.path();
            match known.get(&folder) {
                None if layout::is_partition_folder(&folder) => {
                    info!(folder = %folder.display(), "removed: it is of no topic");
                    fs::remove_dir_all(&folder)?;
                }
                None => {}
                Some(segments) => {
                    for entry in fs::read_dir(&folder)? {
                        let entry = entry?;
                        let name = entry.file_name();
                        let of = name.to_str().and_then(layout::segment_of_file);
                        let is_left_over = of.is_some_and(|(base_offset, generation)| {
                            !segments.keys().any(|id| {
                                id.base_offset == base_offset
                                    && generation.is_none_or(|of| of == id.generation)
                            })
                        });
                        if is_left_over {
                            remove_file(&entry.path())?;
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

fn lock(root: &Path) -> io::Result<File> {
    let path = root.join(layout::LOCK);
    let file = File::options().create(true).write(true).truncate(false).open(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => {
            let message = format!("another broker holds {}", path.display());
            Err(io::Error::new(io::ErrorKind::ResourceBusy, message))
        }
        Err(fs::TryLockError::Error(error)) => Err(error),
    }
}

/// Where the last whole batch of `start..end` ends. Damage with whole batches behind it is not at
/// the end: the core reports it, and reads on behind it.
fn whole_end(file: &File, start: u64, end: u64) -> io::Result<u64> {
    let mut bytes = vec![0; usize::try_from(end.saturating_sub(start)).unwrap_or(0)];
    file.read_exact_at(&mut bytes, start)?;
    let mut whole = start;
    for found in scan(vec![(start, Bytes::from(bytes))], start, end, i64::MIN) {
        if let Scanned::Batch { position, batch } = found {
            whole = position + batch.bytes.len() as u64;
        }
    }
    Ok(whole)
}

//! A storage in files: one thread carries out commits, another one reads.

mod journal;
mod layout;
mod places;
mod recover;
#[cfg(test)]
mod scratch;
mod segment;
mod state;
mod store;
#[cfg(test)]
mod tests;

use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::mpsc;
use std::thread::JoinHandle;

use bytes::Bytes;
use ottla::storage::{Commit, CommitId, Load, LoadId, Loaded, LogRange, StorageError};
use tokio::sync::mpsc::UnboundedSender;

use self::places::Places;
use self::store::Store;
use crate::Fsync;

/// What has been done.
#[derive(Debug)]
pub(crate) enum Done {
    Committed(CommitId, Result<(), StorageError>),
    Loaded(LoadId, Result<Loaded, StorageError>),
}

#[derive(Debug)]
enum Job {
    Commit(Commit),
    /// Read the metadata: after all commits that were asked for before.
    Metadata(LoadId),
}

/// The two threads, by what can be asked of them.
#[derive(Debug)]
pub(crate) struct Files {
    jobs: mpsc::Sender<Job>,
    loads: mpsc::Sender<(LoadId, LogRange)>,
    writer: JoinHandle<io::Result<()>>,
    reader: JoinHandle<()>,
}

impl Files {
    /// Opens the files in `root`, or makes them.
    pub(crate) fn open(
        root: &Path,
        fsync: Fsync,
        node_id: i32,
        done: UnboundedSender<Done>,
    ) -> io::Result<Files> {
        let mut store = Store::open(root, fsync, node_id)?;
        let places = store.places.clone();
        let (jobs, asked) = mpsc::channel();
        let answers = done.clone();
        let write = move || {
            for job in asked {
                let answer = match job {
                    Job::Commit(commit) => Done::Committed(commit.id, store.commit(&commit)),
                    Job::Metadata(load) => Done::Loaded(load, metadata(&store)),
                };
                // Nobody listens any more when the broker has stopped; the rest is still done.
                let _ = answers.send(answer);
            }
            store.close()
        };
        let (loads, wanted) = mpsc::channel::<(LoadId, LogRange)>();
        let read = move || {
            for (load, range) in wanted {
                let result = read(&places, &range).map_err(failed);
                let _ = done.send(Done::Loaded(load, result.map(Loaded::Log)));
            }
        };
        Ok(Files {
            jobs,
            loads,
            writer: std::thread::Builder::new().name("ottla-writer".to_owned()).spawn(write)?,
            reader: std::thread::Builder::new().name("ottla-reader".to_owned()).spawn(read)?,
        })
    }

    // A thread that is gone has panicked, which ends the process or the broker.

    pub(crate) fn commit(&self, commit: Commit) {
        let _ = self.jobs.send(Job::Commit(commit));
    }

    pub(crate) fn load(&self, id: LoadId, load: Load) {
        match load {
            Load::Metadata => drop(self.jobs.send(Job::Metadata(id))),
            Load::Log(range) => drop(self.loads.send((id, range))),
        }
    }

    /// Does what has been asked for, flushes everything, and ends.
    pub(crate) fn close(self) -> io::Result<()> {
        drop((self.jobs, self.loads));
        let read = self.reader.join();
        let written = self.writer.join();
        match (read, written) {
            (Ok(()), Ok(outcome)) => outcome,
            _ => Err(io::Error::other("a storage thread panicked")),
        }
    }
}

fn failed(error: io::Error) -> StorageError {
    StorageError::Failed(error.to_string())
}

fn metadata(store: &Store) -> Result<Loaded, StorageError> {
    if let Some(reason) = &store.broken {
        return Err(StorageError::Failed(reason.clone()));
    }
    let values = store.state.metadata.iter().map(|(key, value)| (key.clone(), value.clone()));
    Ok(Loaded::Metadata(values.collect()))
}

/// Reads a part of a segment, as much of it as there is.
fn read(places: &Places, range: &LogRange) -> io::Result<Vec<(u64, Bytes)>> {
    let Some(file) = places.open_log(range.log, range.segment)? else { return Ok(Vec::new()) };
    let end = range.end.min(file.metadata()?.len());
    let Some(length) = end.checked_sub(range.start).filter(|length| *length > 0) else {
        return Ok(Vec::new());
    };
    let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    file.read_exact_at(&mut bytes, range.start)?;
    Ok(vec![(range.start, bytes.into())])
}

//! The storage behind a broker.

use std::cell::RefCell;
use std::rc::Rc;

use ottla::Input;
use ottla::storage::{Commit, Load, LoadId, MemoryStorage, StorageError};

use crate::idb::{Driver, Epoch, OpenError, Report};

/// Which storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StorageKind {
    /// In memory: lives as long as the host.
    Memory,
    /// The IndexedDB database of a name.
    Idb {
        /// The name.
        name: String,
        /// How long to wait for the browser to open it.
        open_timeout_ms: u32,
    },
}

pub(super) enum Storage {
    Memory(RefCell<MemoryStorage>),
    Idb {
        name: String,
        open_timeout_ms: u32,
        /// The leader's epoch, once it has begun.
        epoch: RefCell<Option<Rc<Epoch>>>,
        driver: RefCell<Option<Driver>>,
    },
}

impl Storage {
    pub(super) fn new(kind: StorageKind) -> Storage {
        match kind {
            StorageKind::Memory => Storage::Memory(RefCell::new(MemoryStorage::new())),
            StorageKind::Idb { name, open_timeout_ms } => {
                let (epoch, driver) = (RefCell::new(None), RefCell::new(None));
                Storage::Idb { name, open_timeout_ms, epoch, driver }
            }
        }
    }

    pub(super) async fn open(&self, report: Report) -> Result<(), OpenError> {
        if let Storage::Idb { name, open_timeout_ms, epoch, driver } = self {
            // Opened again, it goes on in its epoch: another leader's may have begun.
            let known = epoch.borrow().clone();
            let opened = Driver::open(name, *open_timeout_ms, known, report).await?;
            *epoch.borrow_mut() = Some(Rc::clone(opened.epoch()));
            *driver.borrow_mut() = Some(opened);
        }
        Ok(())
    }

    /// The leader's epoch; 0 in memory.
    pub(super) fn epoch(&self) -> f64 {
        match self {
            Storage::Memory(_) => 0.0,
            Storage::Idb { epoch, .. } => {
                epoch.borrow().as_ref().map_or(0.0, |epoch| epoch.number())
            }
        }
    }

    /// Whether another leader has taken over, and nothing can be stored any more.
    pub(super) fn is_fenced(&self) -> bool {
        match self {
            Storage::Memory(_) => false,
            Storage::Idb { driver, .. } => driver.borrow().as_ref().is_some_and(Driver::is_fenced),
        }
    }

    /// Starts a commit. What is done at once comes back; the rest is reported.
    pub(super) fn commit(&self, commit: Commit) -> Option<Input> {
        match self {
            Storage::Memory(storage) => {
                storage.borrow_mut().commit(&commit);
                Some(Input::Committed { commit: commit.id })
            }
            Storage::Idb { driver, .. } => match &*driver.borrow() {
                Some(driver) => {
                    driver.commit(commit);
                    None
                }
                None => Some(Input::CommitFailed { commit: commit.id, error: closed() }),
            },
        }
    }

    /// Starts a load. What is done at once comes back; the rest is reported.
    pub(super) fn load(&self, id: LoadId, load: Load) -> Option<Input> {
        match self {
            Storage::Memory(storage) => {
                Some(Input::Loaded { load: id, result: Ok(storage.borrow().load(&load)) })
            }
            Storage::Idb { driver, .. } => match &*driver.borrow() {
                Some(driver) => {
                    driver.load(id, load);
                    None
                }
                None => Some(Input::Loaded { load: id, result: Err(closed()) }),
            },
        }
    }

    /// Sees to it that what must always be possible has room.
    pub(super) fn keep_room(&self, total_bytes: u64, usable_bytes: u64) {
        if let Storage::Idb { driver, .. } = self
            && let Some(driver) = &*driver.borrow()
        {
            driver.keep_room(total_bytes, usable_bytes);
        }
    }

    pub(super) fn close(&self) {
        if let Storage::Idb { driver, .. } = self {
            // Dropping the driver closes it. The borrow ends first: closing calls JavaScript.
            let driver = driver.borrow_mut().take();
            drop(driver);
        }
    }
}

fn closed() -> StorageError {
    StorageError::Failed("the database is closed".into())
}

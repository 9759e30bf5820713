//! The storage behind a broker.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Function;
use ottla::Input;
use ottla::storage::{Commit, Load, LoadId, MemoryStorage, StorageError, Write};
use wasm_bindgen::prelude::*;

use crate::idb::{Driver, Epoch, OpenError, Report};

/// Which storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StorageKind {
    /// In memory: lives as long as the host.
    Memory {
        /// Asked before each commit, with the bytes that it puts: a text that it gives refuses the
        /// commit. One that begins with `full` says that the storage is full, any other that it
        /// failed.
        refuse: Option<Function>,
    },
    /// The IndexedDB database of a name.
    Idb {
        /// The name.
        name: String,
        /// How long to wait for the browser to open it.
        open_timeout_ms: u32,
    },
}

pub(super) enum Storage {
    Memory {
        storage: RefCell<MemoryStorage>,
        refuse: Option<Function>,
    },
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
            StorageKind::Memory { refuse } => {
                Storage::Memory { storage: RefCell::new(MemoryStorage::new()), refuse }
            }
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
            Storage::Memory { .. } => 0.0,
            Storage::Idb { epoch, .. } => {
                epoch.borrow().as_ref().map_or(0.0, |epoch| epoch.number())
            }
        }
    }

    /// Whether another leader has taken over, and nothing can be stored any more.
    pub(super) fn is_fenced(&self) -> bool {
        match self {
            Storage::Memory { .. } => false,
            Storage::Idb { driver, .. } => driver.borrow().as_ref().is_some_and(Driver::is_fenced),
        }
    }

    /// Starts a commit. What is done at once comes back; the rest is reported.
    pub(super) fn commit(&self, commit: Commit) -> Option<Input> {
        match self {
            Storage::Memory { storage, refuse } => {
                if let Some(error) = refuse.as_ref().and_then(|refuse| refused(refuse, &commit)) {
                    return Some(Input::CommitFailed { commit: commit.id, error });
                }
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
            Storage::Memory { storage, .. } => {
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

/// Why a test lets a commit fail, if it does.
fn refused(refuse: &Function, commit: &Commit) -> Option<StorageError> {
    let size = |write: &Write| match write {
        Write::PutMetadata { value, .. } => value.len(),
        Write::Append { bytes, .. } => bytes.len(),
        _ => 0,
    };
    let bytes: usize = commit.writes.iter().map(size).sum();
    let reason = refuse.call1(&JsValue::UNDEFINED, &JsValue::from_f64(bytes as f64)).ok()?;
    let reason = reason.as_string()?;
    if reason.starts_with("full") {
        Some(StorageError::Full(reason))
    } else {
        Some(StorageError::Failed(reason))
    }
}

fn closed() -> StorageError {
    StorageError::Failed("the database is closed".into())
}

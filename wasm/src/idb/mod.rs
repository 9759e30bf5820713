//! The IndexedDB driver: carries out the broker's commits and loads. No other module knows
//! IndexedDB.
//!
//! A database `ottla:<name>` has four object stores with keys beside the values:
//!
//! - `leader`: epoch → 1, with one record, the leader's (see `leader.rs`);
//! - `metadata`: text → `Uint8Array`; and what keys of `log` begin with → 1, where all of those have
//!   been removed and may still be there (see `sweep` in `transaction.js`);
//! - `log`: `[log, segment, end]` → `Uint8Array`, a piece of a segment, where `end` is the position
//!   *behind* the piece: the piece that holds a position is the first whose key is above it; and −∞ → 1
//!   (see `GUARD` in `transaction.js`);
//! - `reserve`: 0 → noise that gives way to small commits when the storage is full (see `reserve.rs`);
//!   other keys, never to be seen, when LevelDB's log is renewed.
//!
//! It uses `web_sys` directly: what the crates above it offer says that a transaction aborted but
//! not why, though a full quota shows only there; it makes a channel and three closures for each
//! transaction, where this driver, with its one commit at a time, makes its two handlers once; and
//! its errors bring the printing of floating-point numbers along, 9 KB of a page's load.

mod commit;
mod fault;
mod leader;
mod load;
mod open;
mod reserve;
mod schema;

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use ottla::Input;
use ottla::storage::{Commit, CommitId, Load, LoadId, StorageError};
use wasm_bindgen::prelude::*;
use web_sys::{Event, IdbDatabase, IdbTransaction, IdbVersionChangeEvent};

use crate::object::object;
use reserve::Reserve;

pub use leader::Epoch;
pub use open::OpenError;
pub use schema::{MAX_PIECE_BYTES, database_name};

#[wasm_bindgen(module = "/src/idb/transaction.js")]
extern "C" {
    #[wasm_bindgen(js_name = renewLog)]
    fn renew_log(database: &IdbDatabase);
    fn sweep(database: &IdbDatabase);
}

/// Where the driver reports how commits and loads ended. It may be called from within
/// [`Driver::commit`] or [`Driver::load`], and must not call the driver itself in turn.
pub type Report = Rc<dyn Fn(Input)>;

/// One open database.
pub struct Driver {
    shared: Rc<Shared>,
    /// What a transaction calls.
    events: JsValue,
    _on_complete: Closure<dyn Fn()>,
    _on_abort: Closure<dyn Fn(Event)>,
    _on_fenced: Closure<dyn Fn()>,
    _on_full: Closure<dyn Fn()>,
}

struct Shared {
    name: String,
    open_timeout_ms: u32,
    report: Report,
    connection: RefCell<Option<Connection>>,
    in_flight: RefCell<Option<InFlight>>,
    epoch: Rc<Epoch>,
    reserve: Reserve,
    closed: Cell<bool>,
}

/// The commit that has left and is not confirmed.
struct InFlight {
    id: CommitId,
    transaction: IdbTransaction,
    with_puts: bool,
}

/// An open connection, and the handlers that hear of its end.
struct Connection {
    database: IdbDatabase,
    _on_end: Closure<dyn Fn(Event)>,
}

impl Driver {
    /// Opens the database of this name, and makes it where there is none. Without an `epoch` it
    /// begins one, and so takes over from whoever wrote until now; with one it goes on in it.
    ///
    /// `open_timeout_ms` bounds every wait for the browser to open it, now and after the connection
    /// was lost.
    pub async fn open(
        name: &str,
        open_timeout_ms: u32,
        epoch: Option<Rc<Epoch>>,
        report: Report,
    ) -> Result<Driver, OpenError> {
        let database = open::open(name, open_timeout_ms).await?;
        let epoch = match epoch {
            Some(epoch) => epoch,
            None => match Epoch::begin(&database, open_timeout_ms).await {
                Ok(epoch) => Rc::new(epoch),
                Err(error) => {
                    database.close();
                    return Err(OpenError::Failed(error.to_string()));
                }
            },
        };
        let shared = Rc::new(Shared {
            name: name.to_owned(),
            open_timeout_ms,
            report,
            connection: RefCell::new(None),
            in_flight: RefCell::new(None),
            epoch,
            reserve: Reserve::default(),
            closed: Cell::new(false),
        });
        shared.adopt(database);
        let on_complete = {
            let shared = Rc::clone(&shared);
            Closure::<dyn Fn()>::new(move || shared.end_commit(Ok(())))
        };
        let on_fenced = {
            let epoch = Rc::clone(&shared.epoch);
            Closure::<dyn Fn()>::new(move || epoch.fence())
        };
        let on_abort = {
            let shared = Rc::clone(&shared);
            Closure::<dyn Fn(Event)>::new(move |event: Event| {
                shared.epoch.aborted(&event);
                shared.end_commit(Err(fault::of_aborted(&event)));
            })
        };
        let on_full = {
            let shared = Rc::clone(&shared);
            Closure::<dyn Fn()>::new(move || {
                shared.reserve.gave_way();
                // From now on, producers are refused.
                (shared.report)(Input::Room { total_bytes: u64::MAX, usable_bytes: 0 });
            })
        };
        let events = object(&[
            ("complete", on_complete.as_ref().clone()),
            ("abort", on_abort.as_ref().clone()),
            ("fenced", on_fenced.as_ref().clone()),
            ("full", on_full.as_ref().clone()),
        ]);
        Ok(Driver {
            shared,
            events,
            _on_complete: on_complete,
            _on_abort: on_abort,
            _on_fenced: on_fenced,
            _on_full: on_full,
        })
    }

    /// The leader's epoch.
    pub fn epoch(&self) -> &Rc<Epoch> {
        &self.shared.epoch
    }

    /// Whether a commit failed because a later epoch has begun. From then on every commit fails.
    pub fn is_fenced(&self) -> bool {
        self.shared.epoch.is_fenced()
    }

    /// The browser tells of so much room. Puts the reserve back where it is missing, and reports how
    /// much room there is for records: none without the reserve.
    pub fn keep_room(&self, total_bytes: u64, usable_bytes: u64) {
        self.shared.keep_room(total_bytes, usable_bytes);
    }

    /// Stores the writes of a commit, all or none, and reports `Committed` once the transaction has
    /// completed, else `CommitFailed`.
    pub fn commit(&self, commit: Commit) {
        let id = commit.id;
        let started = if self.shared.in_flight.borrow().is_some() {
            Err(StorageError::Failed("a commit was begun while another was under way".into()))
        } else {
            self.shared.database().and_then(|database| {
                commit::start(&database, &self.shared.epoch, &commit, &self.events)
            })
        };
        match started {
            Ok((transaction, with_puts)) => {
                let in_flight = InFlight { id, transaction, with_puts };
                *self.shared.in_flight.borrow_mut() = Some(in_flight);
            }
            Err(error) => (self.shared.report)(Input::CommitFailed { commit: id, error }),
        }
    }

    /// Reads, and reports `Loaded`. Where the connection was lost it is opened anew, once.
    pub fn load(&self, id: LoadId, load: Load) {
        let shared = Rc::clone(&self.shared);
        wasm_bindgen_futures::spawn_local(async move {
            let result = match shared.database() {
                Ok(database) => load::load(&database, &load).await,
                Err(error) => Err(error),
            };
            let result = match result {
                Err(_) if shared.connection.borrow().is_none() && !shared.closed.get() => {
                    match Shared::reopen(&shared).await {
                        Ok(database) => load::load(&database, &load).await,
                        Err(error) => Err(error),
                    }
                }
                result => result,
            };
            if !shared.closed.get() {
                (shared.report)(Input::Loaded { load: id, result });
            }
        });
    }

    /// Closes the connection. Nothing is reported from now on.
    pub fn close(&self) {
        self.shared.closed.set(true);
        self.shared.in_flight.borrow_mut().take();
        if let Some(connection) = self.shared.connection.borrow_mut().take() {
            connection.database.close();
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.shared.give_up();
        self.close();
    }
}

impl Shared {
    /// Keeps a connection, and lets go of it when the browser ends it (`close`) or when another
    /// page wants to upgrade or delete the database (`versionchange`), which would wait for us.
    fn adopt(self: &Rc<Self>, database: IdbDatabase) {
        let shared: Weak<Shared> = Rc::downgrade(self);
        let on_end = Closure::<dyn Fn(Event)>::new(move |event: Event| {
            if let Some(shared) = shared.upgrade() {
                shared.lose(&event);
            }
        });
        database.set_onclose(Some(on_end.as_ref().unchecked_ref()));
        database.set_onversionchange(Some(on_end.as_ref().unchecked_ref()));
        renew_log(&database);
        sweep(&database);
        *self.connection.borrow_mut() = Some(Connection { database, _on_end: on_end });
    }

    fn lose(&self, event: &Event) {
        let Some(connection) = self.connection.borrow_mut().take() else { return };
        connection.database.close();
        let later = event.dyn_ref::<IdbVersionChangeEvent>().and_then(|event| event.new_version());
        if later.is_some() {
            // Another page upgrades the database, and will lead: this one's time is over.
            self.epoch.fence();
            return (self.report)(Input::Tick);
        }
        // Closed by the browser, or about to be deleted. Commits under way may yet run to their end,
        // which says nothing any more.
        self.give_up();
        let reason = "the browser closed the database, or somebody deletes it".to_owned();
        (self.report)(Input::StorageLost { error: StorageError::Failed(reason) });
    }

    /// Waits no longer for the commit that is out.
    fn give_up(&self) {
        if let Some(InFlight { transaction, .. }) = self.in_flight.borrow_mut().take() {
            transaction.set_oncomplete(None);
            transaction.set_onabort(None);
        }
    }

    fn end_commit(&self, result: Result<(), StorageError>) {
        let ended = self.in_flight.borrow_mut().take();
        let Some(InFlight { id, transaction, with_puts }) = ended else { return };
        if result.is_ok() {
            self.epoch.committed(with_puts);
        }
        transaction.set_oncomplete(None);
        transaction.set_onabort(None);
        (self.report)(match result {
            Ok(()) => Input::Committed { commit: id },
            Err(error) => Input::CommitFailed { commit: id, error },
        });
    }

    fn database(&self) -> Result<IdbDatabase, StorageError> {
        match &*self.connection.borrow() {
            Some(connection) => Ok(connection.database.clone()),
            None => Err(StorageError::Failed("the connection to IndexedDB was lost".into())),
        }
    }

    async fn reopen(shared: &Rc<Shared>) -> Result<IdbDatabase, StorageError> {
        let database = open::open(&shared.name, shared.open_timeout_ms)
            .await
            .map_err(|error| StorageError::Failed(error.to_string()))?;
        if shared.closed.get() {
            database.close();
            return Err(StorageError::Failed("the database is closed".into()));
        }
        // Of several loads that reopen at once, the first connection is kept.
        if let Ok(first) = shared.database() {
            database.close();
            return Ok(first);
        }
        shared.adopt(database.clone());
        Ok(database)
    }
}

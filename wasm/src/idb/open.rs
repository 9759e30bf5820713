//! Opening: bounded in time, whatever the browser does.

use std::cell::Cell;
use std::rc::Rc;

use indexed_db_futures::database::Database;
use indexed_db_futures::error::OpenDbError;
use indexed_db_futures::internals::SystemRepr;
use indexed_db_futures::prelude::*;
use tokio::sync::oneshot;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::IdbDatabase;

use super::fault;
use super::schema::{LOG, METADATA, VERSION, database_name};

/// Why a database could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// There is no IndexedDB, or the browser denies it.
    #[error(
        "IndexedDB cannot be used here: {0}. Private windows and blocked site data do this; \
             memory:// works without storage"
    )]
    Unavailable(String),
    /// Another page has the database open in an older layout and does not let go of it.
    #[error("the database is open in another tab that runs an older version; close that tab")]
    Blocked,
    /// The browser did not answer.
    #[error(
        "the browser did not open the database within {0} ms; private windows and damaged \
             profiles do this"
    )]
    TimedOut(u32),
    /// A later version of Ottla made the database.
    #[error("the database was made by a later version of Ottla; reload the page, or update")]
    Newer,
    /// Anything else.
    #[error("the database could not be opened: {0}")]
    Failed(String),
}

#[wasm_bindgen]
extern "C" {
    // Neither a window's nor a worker's: both have it, and so does Node.
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &js_sys::Function, delay_ms: u32) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
}

/// Opens the database, or says within `timeout_ms` why not.
pub(super) async fn open(name: &str, timeout_ms: u32) -> Result<IdbDatabase, OpenError> {
    let blocked = Rc::new(Cell::new(false));
    let request = {
        let blocked = Rc::clone(&blocked);
        Database::open(database_name(name))
            .with_version(VERSION)
            .with_on_blocked(move |_| {
                blocked.set(true);
                Ok(())
            })
            .with_on_upgrade_needed(|_, database| upgrade(&database))
            .build()
            .map_err(failed)?
    };
    let (sender, receiver) = oneshot::channel();
    let sender = Rc::new(Cell::new(Some(sender)));
    let timer = {
        let sender = Rc::clone(&sender);
        let too_late = Closure::once(move || {
            if let Some(sender) = sender.take() {
                let error = if blocked.get() {
                    OpenError::Blocked
                } else {
                    OpenError::TimedOut(timeout_ms)
                };
                // No receiver: nobody waits any more.
                let _ = sender.send(Err(error));
            }
        });
        let timer = set_timeout(too_late.as_ref().unchecked_ref(), timeout_ms);
        (timer, too_late)
    };
    // Apart from the wait, so that a database that opens too late is closed again: left open, it
    // would block the next upgrade.
    spawn_local(async move {
        let opened = request.await;
        match (sender.take(), opened) {
            (Some(sender), opened) => {
                let opened = opened.map(|database| IdbDatabase::clone(database.as_sys()));
                let _ = sender.send(opened.map_err(failed));
            }
            (None, Ok(database)) => database.close(),
            (None, Err(_)) => {}
        }
    });
    let opened = receiver.await;
    clear_timeout(&timer.0);
    opened.unwrap_or_else(|_| Err(OpenError::Failed("the request was given up".into())))
}

/// From nothing to version 1. A later version adds its step behind this one.
fn upgrade(database: &Database) -> Result<(), indexed_db_futures::error::Error> {
    for store in [METADATA, LOG] {
        database.create_object_store(store).build()?;
    }
    Ok(())
}

fn failed(error: OpenDbError) -> OpenError {
    let thrown: JsValue = match error {
        OpenDbError::Base(indexed_db_futures::error::Error::DomException(exception)) => {
            exception.into()
        }
        OpenDbError::UnsupportedEnvironment | OpenDbError::NullFactory => {
            return OpenError::Unavailable("there is none".into());
        }
        // The crate says this of whatever `open` throws. Our version is not zero, and what else it
        // throws is a SecurityError.
        OpenDbError::VersionZero => return OpenError::Unavailable("the browser denies it".into()),
        OpenDbError::Base(indexed_db_futures::error::Error::Unknown(error)) => error.into(),
        // What the crate says of these goes through every error that it has: 9 KB, compressed.
        _ => return OpenError::Failed("the browser answers as no IndexedDB does".into()),
    };
    let (name, message) = fault::describe(&thrown);
    match name.as_str() {
        "VersionError" => OpenError::Newer,
        // Firefox in private windows, and any browser whose user has blocked site data.
        "InvalidStateError" | "SecurityError" | "NotAllowedError" => {
            OpenError::Unavailable(format!("{name} ({message})"))
        }
        _ => OpenError::Failed(format!("{name} ({message})")),
    }
}

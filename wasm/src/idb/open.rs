//! Opening: bounded in time, whatever the browser does.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::Reflect;
use tokio::sync::oneshot;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{IdbDatabase, IdbFactory, IdbOpenDbRequest, IdbVersionChangeEvent};

use super::fault;
use super::schema::{VERSION, database_name, upgrade};

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
    #[error(
        "the database is to be upgraded, and another tab or tool has it open in its older version; \
             close that tab, or reload it"
    )]
    Blocked,
    /// The browser did not answer.
    #[error(
        "the browser did not open the database within {0} ms; private windows and damaged \
             profiles do this"
    )]
    TimedOut(u32),
    /// A later version of Ottla made the database.
    #[error(
        "the database was made by a later version of Ottla; reload the page, or update the package"
    )]
    Newer,
    /// Anything else.
    #[error("the database could not be opened: {0}")]
    Failed(String),
}

#[wasm_bindgen]
extern "C" {
    // Neither a window's nor a worker's: both have it, and so does Node.
    #[wasm_bindgen(js_name = setTimeout)]
    pub(super) fn set_timeout(callback: &js_sys::Function, delay_ms: u32) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    pub(super) fn clear_timeout(timer: &JsValue);
}

/// Opens the database, or says within `timeout_ms` why not.
pub(super) async fn open(name: &str, timeout_ms: u32) -> Result<IdbDatabase, OpenError> {
    let blocked = Rc::new(Cell::new(false));
    let request = factory()?
        .open_with_u32(&database_name(name), VERSION)
        .map_err(|thrown| failed(&thrown))?;
    let opened = opened(request, Rc::clone(&blocked));
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
        let opened = opened.await;
        match (sender.take(), opened) {
            (Some(sender), opened) => drop(sender.send(opened)),
            (None, Ok(database)) => database.close(),
            (None, Err(_)) => {}
        }
    });
    let opened = receiver.await;
    clear_timeout(&timer.0);
    opened.unwrap_or_else(|_| Err(OpenError::Failed("the request was given up".into())))
}

/// The global `indexedDB`, the same in windows and workers. Reading it may throw.
fn factory() -> Result<IdbFactory, OpenError> {
    let found = Reflect::get(&js_sys::global(), &"indexedDB".into());
    match found.map_err(|thrown| failed(&thrown))? {
        none if none.is_falsy() => Err(OpenError::Unavailable("there is none".into())),
        found => Ok(found.unchecked_into()),
    }
}

/// Waits for what comes of a request to open, upgrading on the way.
async fn opened(
    request: IdbOpenDbRequest,
    blocked: Rc<Cell<bool>>,
) -> Result<IdbDatabase, OpenError> {
    let (sender, receiver) = oneshot::channel();
    let mut sender = Some(sender);
    let on_end = Closure::<dyn FnMut()>::new(move || {
        if let Some(sender) = sender.take() {
            let _ = sender.send(());
        }
    });
    let on_blocked = Closure::<dyn Fn()>::new(move || blocked.set(true));
    // What is thrown within the handler aborts the upgrade, and the request says only that.
    let cause = Rc::new(Cell::new(None));
    let on_upgrade = {
        let (request, cause) = (request.clone(), Rc::clone(&cause));
        Closure::<dyn Fn(IdbVersionChangeEvent) -> Result<(), JsValue>>::new(move |event| {
            let from = IdbVersionChangeEvent::old_version(&event) as u32;
            let upgraded = request.result().and_then(|it| upgrade(it.unchecked_ref(), from));
            upgraded.inspect_err(|thrown| cause.set(Some(thrown.clone())))
        })
    };
    request.set_onsuccess(Some(on_end.as_ref().unchecked_ref()));
    request.set_onerror(Some(on_end.as_ref().unchecked_ref()));
    request.set_onblocked(Some(on_blocked.as_ref().unchecked_ref()));
    request.set_onupgradeneeded(Some(on_upgrade.as_ref().unchecked_ref()));
    let _ = receiver.await;
    request.set_onsuccess(None);
    request.set_onerror(None);
    request.set_onblocked(None);
    request.set_onupgradeneeded(None);
    match (cause.take(), request.error()) {
        (Some(thrown), _) | (None, Err(thrown)) => Err(failed(&thrown)),
        (None, Ok(Some(error))) => Err(failed(&error)),
        (None, Ok(None)) => match request.result() {
            Ok(database) => Ok(database.unchecked_into()),
            Err(thrown) => Err(failed(&thrown)),
        },
    }
}

fn failed(thrown: &JsValue) -> OpenError {
    let (name, message) = fault::describe(thrown);
    match name.as_str() {
        "VersionError" => OpenError::Newer,
        // Firefox in private windows, and any browser whose user has blocked site data.
        "InvalidStateError" | "SecurityError" | "NotAllowedError" => {
            OpenError::Unavailable(format!("{name} ({message})"))
        }
        _ => OpenError::Failed(format!("{name} ({message})")),
    }
}

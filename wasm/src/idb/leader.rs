//! Who may write. One record in the store `leader` says which epoch does; each commit puts the
//! record of its own epoch anew, and a unique index lets no second one be beside it. So the commit
//! of a leader that another has taken over from fails as a whole, by IndexedDB's own hand.
//!
//! Reading the epoch and comparing it would need the answer before the commit may be asked for: one
//! more way to the browser's process and back, and a transaction that a worker frozen in between
//! would hold open, with all other tabs behind it. Only commits that do nothing but delete do it in
//! that way, as full storage takes no put, and must take those.

use std::cell::Cell;
use std::rc::Rc;

use ottla::storage::StorageError;
use tokio::sync::oneshot;
use wasm_bindgen::prelude::*;
use web_sys::{Event, IdbDatabase, IdbIndexParameters, IdbObjectStoreParameters, IdbRequest};

use super::schema::LEADER;
use super::{commit, fault, load, open};

#[wasm_bindgen(module = "/src/idb/transaction.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = takeOver)]
    fn take_over_request(database: &IdbDatabase, options: &JsValue) -> Result<IdbRequest, JsValue>;
}

/// A leader's time.
#[derive(Debug)]
pub struct Epoch {
    number: f64,
    /// Whether the record is there. Full storage takes none; the first commit that fits brings it.
    stored: Cell<bool>,
    /// Whether a later epoch is known to have begun.
    fenced: Cell<bool>,
}

/// Makes the store, in an upgrade. Epochs come from its key generator, which clearing leaves alone:
/// they only rise.
pub(super) fn create(database: &IdbDatabase) -> Result<(), JsValue> {
    let parameters = IdbObjectStoreParameters::new();
    parameters.set_auto_increment(true);
    let store = database.create_object_store_with_optional_parameters(LEADER, &parameters)?;
    let parameters = IdbIndexParameters::new();
    parameters.set_unique(true);
    // The empty path: the value itself, which is the same in every record.
    store.create_index_with_str_and_optional_parameters("one", "", &parameters)?;
    Ok(())
}

impl Epoch {
    /// Begins an epoch: whatever an earlier leader has not committed by now, it never will.
    pub(super) async fn begin(
        database: &IdbDatabase,
        timeout_ms: u32,
    ) -> Result<Epoch, StorageError> {
        let (number, stored) = match take_over(database, timeout_ms).await {
            Ok(number) => (number, true),
            Err(StorageError::Full(_)) => (last(database).await? + 1.0, false),
            Err(error) => return Err(error),
        };
        Ok(Epoch { number, stored: Cell::new(stored), fenced: Cell::new(false) })
    }

    /// Later epochs have larger numbers.
    pub fn number(&self) -> f64 {
        self.number
    }

    pub(super) fn is_fenced(&self) -> bool {
        self.fenced.get()
    }

    /// Whether the record is there.
    pub(super) fn is_stored(&self) -> bool {
        self.stored.get()
    }

    /// A commit of this epoch has found a later one.
    pub(super) fn fence(&self) {
        self.fenced.set(true);
    }

    /// A commit of this epoch was aborted.
    pub(super) fn aborted(&self, event: &Event) {
        if fault::is_constraint(event) {
            self.fence();
        }
    }

    /// A commit of this epoch is stored.
    pub(super) fn committed(&self, with_puts: bool) {
        self.stored.set(self.stored.get() || with_puts);
    }
}

/// Replaces the record by one with the next number.
async fn take_over(database: &IdbDatabase, timeout_ms: u32) -> Result<f64, StorageError> {
    let thrown = |thrown: JsValue| fault::of_thrown(&thrown);
    let added = take_over_request(database, &commit::relaxed()).map_err(thrown)?;
    let transaction = added.transaction().ok_or_else(|| failed("a request without transaction"))?;
    let (sender, receiver) = oneshot::channel();
    let sender = Rc::new(Cell::new(Some(sender)));
    let end = move |result| {
        if let Some(sender) = sender.take() {
            // No receiver: nobody waits any more.
            let _ = sender.send(result);
        }
    };
    let (on_complete, on_late) = (end.clone(), end.clone());
    let on_complete = Closure::<dyn Fn()>::new(move || on_complete(Ok(())));
    let on_abort = Closure::<dyn Fn(Event)>::new(move |event| end(Err(fault::of_aborted(&event))));
    let on_late = Closure::<dyn Fn()>::new(move || {
        let what = "another tab, which may be frozen, keeps the database from being written";
        on_late(Err(failed(what)));
    });
    transaction.set_oncomplete(Some(on_complete.as_ref().unchecked_ref()));
    transaction.set_onabort(Some(on_abort.as_ref().unchecked_ref()));
    let timer = open::set_timeout(on_late.as_ref().unchecked_ref(), timeout_ms);
    let ended = receiver.await;
    open::clear_timeout(&timer);
    transaction.set_oncomplete(None);
    transaction.set_onabort(None);
    ended.unwrap_or_else(|_| Err(failed("the wait was given up")))?;
    let epoch = added.result().map_err(thrown)?;
    epoch.as_f64().ok_or_else(|| failed("an epoch is no number"))
}

fn failed(what: &str) -> StorageError {
    StorageError::Failed(what.to_owned())
}

/// The number of the last epoch that could be stored.
async fn last(database: &IdbDatabase) -> Result<f64, StorageError> {
    let (keys, _) = load::read(database, LEADER, &JsValue::UNDEFINED, None).await?;
    Ok(keys.iter().filter_map(|key| key.as_f64()).fold(0.0, f64::max))
}

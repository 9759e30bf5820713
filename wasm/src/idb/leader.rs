//! Who may write. One record in the store `leader` says which epoch does; each commit puts the
//! record of its own epoch anew, and a unique index lets no second one be beside it. So the commit
//! of a leader that another has taken over from fails as a whole, by IndexedDB's own hand.
//!
//! Reading the epoch and comparing it would need the answer before the commit may be asked for: one
//! more way to the browser's process and back, and a transaction that a worker frozen in between
//! would hold open, with all other tabs behind it. So no commit waits for anything.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::Array;
use ottla::storage::{Durability, StorageError};
use tokio::sync::oneshot;
use wasm_bindgen::prelude::*;
use web_sys::{Event, IdbDatabase, IdbIndexParameters, IdbObjectStore, IdbObjectStoreParameters};

use super::commit::{self, Committable};
use super::fault;
use super::schema::LEADER;

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

/// The value of the one record.
fn value() -> JsValue {
    JsValue::from(1)
}

/// Puts the record of an epoch, in a commit.
pub(super) fn claim(store: &IdbObjectStore, epoch: f64) -> Result<(), JsValue> {
    store.put_with_key(&value(), &epoch.into()).map(drop)
}

/// Begins an epoch: whatever an earlier leader has not committed by now, it never will. Gives the
/// epoch's number.
pub(super) async fn take_over(database: &IdbDatabase) -> Result<f64, StorageError> {
    let thrown = |thrown: JsValue| fault::of_thrown(&thrown);
    let stores = Array::of1(&LEADER.into());
    let transaction = commit::readwrite(database, &stores, Durability::Relaxed)?;
    let request = transaction
        .object_store(LEADER)
        .and_then(|store| {
            store.clear()?;
            let added = store.add(&value())?;
            transaction.unchecked_ref::<Committable>().commit()?;
            Ok(added)
        })
        .map_err(thrown)?;
    let (sender, receiver) = oneshot::channel();
    let sender = Rc::new(Cell::new(Some(sender)));
    let on_complete = {
        let sender = Rc::clone(&sender);
        Closure::<dyn Fn()>::new(move || {
            if let Some(sender) = sender.take() {
                // No receiver: nobody waits any more.
                let _ = sender.send(Ok(()));
            }
        })
    };
    let on_abort = Closure::<dyn Fn(Event)>::new(move |event: Event| {
        if let Some(sender) = sender.take() {
            let _ = sender.send(Err(fault::of_aborted(&event)));
        }
    });
    transaction.set_oncomplete(Some(on_complete.as_ref().unchecked_ref()));
    transaction.set_onabort(Some(on_abort.as_ref().unchecked_ref()));
    let ended = receiver.await;
    transaction.set_oncomplete(None);
    transaction.set_onabort(None);
    ended.unwrap_or_else(|_| Err(StorageError::Failed("the wait was given up".into())))?;
    let epoch = request.result().map_err(thrown)?;
    epoch.as_f64().ok_or_else(|| StorageError::Failed("an epoch is no number".into()))
}

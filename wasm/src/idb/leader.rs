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

use js_sys::Array;
use ottla::storage::{Durability, StorageError};
use tokio::sync::oneshot;
use wasm_bindgen::prelude::*;
use web_sys::{
    Event, IdbDatabase, IdbIndexParameters, IdbObjectStore, IdbObjectStoreParameters,
    IdbTransaction,
};

use super::commit::{self, Committable};
use super::fault;
use super::load;
use super::schema::LEADER;

/// A leader's time.
#[derive(Debug)]
pub struct Epoch {
    number: f64,
    /// Whether the record is there. Full storage takes none; the first commit that fits brings it.
    stored: Cell<bool>,
    /// Whether a later epoch is known to have begun.
    fenced: Rc<Cell<bool>>,
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
    pub(super) async fn begin(database: &IdbDatabase) -> Result<Epoch, StorageError> {
        let (number, stored) = match take_over(database).await {
            Ok(number) => (number, true),
            Err(StorageError::Full(_)) => (last(database).await? + 1.0, false),
            Err(error) => return Err(error),
        };
        Ok(Epoch { number, stored: Cell::new(stored), fenced: Rc::default() })
    }

    /// Later epochs have larger numbers.
    pub fn number(&self) -> f64 {
        self.number
    }

    pub(super) fn is_fenced(&self) -> bool {
        self.fenced.get()
    }

    /// A commit of this epoch was aborted.
    pub(super) fn aborted(&self, event: &Event) {
        if fault::is_constraint(event) {
            self.fenced.set(true);
        }
    }

    /// A commit of this epoch is stored.
    pub(super) fn committed(&self, with_puts: bool) {
        self.stored.set(self.stored.get() || with_puts);
    }

    /// Lets a transaction commit if the epoch is still the last one.
    pub(super) fn guard(
        &self,
        transaction: &IdbTransaction,
        store: &IdbObjectStore,
        with_puts: bool,
    ) -> Result<(), JsValue> {
        let (key, stored) = (self.number.into(), self.stored.get());
        if with_puts {
            if !stored {
                store.clear()?;
            }
            store.put_with_key(&value(), &key)?;
        } else if stored {
            let (request, fenced) = (store.get(&key)?, Rc::clone(&self.fenced));
            let (transaction, answer) = (transaction.clone(), request.clone());
            let compare = Closure::once_into_js(move || {
                let ours = answer.result().is_ok_and(|found| !found.is_undefined());
                fenced.set(!ours);
                // Both fail only if the transaction has ended by itself.
                let _ = match ours {
                    true => transaction.unchecked_ref::<Committable>().commit(),
                    false => transaction.abort(),
                };
            });
            request.set_onsuccess(Some(compare.unchecked_ref()));
        }
        Ok(())
    }

    /// Whether a transaction may be told to commit at once: not if it waits for an answer.
    pub(super) fn commits_at_once(&self, with_puts: bool) -> bool {
        with_puts || !self.stored.get()
    }
}

/// The value of the one record.
fn value() -> JsValue {
    JsValue::from(1)
}

/// Replaces the record by one with the next number.
async fn take_over(database: &IdbDatabase) -> Result<f64, StorageError> {
    let thrown = |thrown: JsValue| fault::of_thrown(&thrown);
    let transaction =
        commit::readwrite(database, &Array::of1(&LEADER.into()), Durability::Relaxed)?;
    let added = transaction
        .object_store(LEADER)
        .and_then(|store| {
            store.clear()?;
            let added = store.add(&value())?;
            transaction.unchecked_ref::<Committable>().commit()?;
            Ok(added)
        })
        .map_err(|error| {
            // What was asked for until now would be done all the same.
            let _ = transaction.abort();
            thrown(error)
        })?;
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
    let epoch = added.result().map_err(thrown)?;
    epoch.as_f64().ok_or_else(|| StorageError::Failed("an epoch is no number".into()))
}

/// The number of the last epoch that could be stored.
async fn last(database: &IdbDatabase) -> Result<f64, StorageError> {
    let (keys, _) =
        load::read(database, LEADER, |store| Ok((store.get_all_keys()?, store.get_all()?))).await?;
    Ok(keys.iter().filter_map(|key| key.as_f64()).fold(0.0, f64::max))
}

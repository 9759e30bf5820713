//! What IndexedDB throws, as errors of ours.

use ottla::storage::StorageError;
use wasm_bindgen::prelude::*;
use web_sys::{DomException, Event, IdbTransaction};

/// An exception, or a transaction's error.
pub(super) fn of_thrown(thrown: &JsValue) -> StorageError {
    let (name, message) = describe(thrown);
    if name == "QuotaExceededError" {
        let advice = "the browser's storage quota for this site is used up; delete topics or \
                      records, or free disk space";
        return StorageError::Full(join(advice, &message));
    }
    StorageError::Failed(join(&name, &message))
}

/// Why the transaction of an `abort` event aborted.
pub(super) fn of_aborted(event: &Event) -> StorageError {
    let transaction = event.target().and_then(|target| target.dyn_into::<IdbTransaction>().ok());
    match transaction.and_then(|transaction| transaction.error()) {
        Some(error) => of_thrown(&error),
        None => StorageError::Failed("the transaction was aborted".into()),
    }
}

/// Whether the transaction of an `abort` event broke a rule of an index.
pub(super) fn is_constraint(event: &Event) -> bool {
    let transaction = event.target().and_then(|target| target.dyn_into::<IdbTransaction>().ok());
    let error = transaction.and_then(|transaction| transaction.error());
    error.is_some_and(|error| error.name() == "ConstraintError")
}

/// The name and the message of an exception.
pub(super) fn describe(thrown: &JsValue) -> (String, String) {
    if let Some(exception) = thrown.dyn_ref::<DomException>() {
        return (exception.name(), exception.message());
    }
    if let Some(error) = thrown.dyn_ref::<js_sys::Error>() {
        return (error.name().into(), error.message().into());
    }
    ("Error".into(), thrown.as_string().unwrap_or_default())
}

fn join(what: &str, detail: &str) -> String {
    if detail.is_empty() { what.to_owned() } else { format!("{what} ({detail})") }
}

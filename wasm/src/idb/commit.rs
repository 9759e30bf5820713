//! Commits: prepare every put and delete, then open one readwrite transaction, apply, commit.

use js_sys::{Array, Function, Uint8Array};
use ottla::storage::{Commit, Durability, StorageError, Write};
use wasm_bindgen::prelude::*;
use web_sys::{IdbDatabase, IdbObjectStore, IdbTransaction};

use super::fault;
use super::leader::Epoch;
use super::schema::{LEADER, LOG, MAX_PIECE_BYTES, METADATA, log_range, piece_key, segment_range};
use crate::object::object;

#[wasm_bindgen]
extern "C" {
    // web_sys has the options of `transaction` only behind its cfg for unstable interfaces.
    #[wasm_bindgen(extends = IdbDatabase, js_name = IDBDatabase)]
    type DatabaseWithOptions;

    #[wasm_bindgen(catch, method, js_class = "IDBDatabase", js_name = transaction)]
    fn transaction_with_options(
        this: &DatabaseWithOptions,
        stores: &JsValue,
        mode: &JsValue,
        options: &JsValue,
    ) -> Result<IdbTransaction, JsValue>;

    // web_sys marks its own as deprecated, as it takes older browsers to have none. All that have
    // modules in workers have it.
    #[wasm_bindgen(extends = IdbTransaction, js_name = IDBTransaction)]
    pub(super) type Committable;

    #[wasm_bindgen(catch, method, js_class = "IDBTransaction")]
    pub(super) fn commit(this: &Committable) -> Result<(), JsValue>;

    #[wasm_bindgen(catch, method, js_class = "IDBTransaction", js_name = objectStore)]
    fn store(this: &Committable, name: &JsValue) -> Result<IdbObjectStore, JsValue>;
}

/// What each commit says to IndexedDB, made once: a text costs a decoding each time it crosses over.
struct Words {
    metadata: JsValue,
    log: JsValue,
    leader: JsValue,
    metadata_only: Array,
    log_only: Array,
    both: Array,
    readwrite: JsValue,
    relaxed: JsValue,
    strict: JsValue,
}

thread_local! {
    static WORDS: Words = {
        let [metadata, log, leader] = [METADATA, LOG, LEADER].map(JsValue::from_str);
        let durability = |durability: &str| object(&[("durability", durability.into())]);
        Words {
            metadata_only: Array::of2(&leader, &metadata),
            log_only: Array::of2(&leader, &log),
            both: Array::of3(&leader, &metadata, &log),
            metadata,
            log,
            leader,
            readwrite: JsValue::from_str("readwrite"),
            relaxed: durability("relaxed"),
            strict: durability("strict"),
        }
    };
}

impl Words {
    fn store(&self, name: &str) -> &JsValue {
        match name {
            LOG => &self.log,
            LEADER => &self.leader,
            _ => &self.metadata,
        }
    }
}

/// What to call when a transaction ends.
pub(super) struct Handlers<'a> {
    pub(super) complete: &'a Function,
    pub(super) abort: &'a Function,
}

/// One request of the transaction.
enum Step {
    Put { store: &'static str, key: JsValue, value: Uint8Array },
    Delete { store: &'static str, key: JsValue },
}

/// Starts a commit of a leader's epoch. If this fails, nothing of it is stored. Says whether it
/// puts anything.
pub(super) fn start(
    database: &IdbDatabase,
    epoch: &Epoch,
    commit: &Commit,
    handlers: &Handlers<'_>,
) -> Result<(IdbTransaction, bool), StorageError> {
    let steps = prepare(&commit.writes)?;
    let transaction = begin(database, &steps, commit.durability)?;
    transaction.set_oncomplete(Some(handlers.complete));
    transaction.set_onabort(Some(handlers.abort));
    let with_puts = steps.iter().any(Step::puts);
    let applied = apply(&transaction, epoch, &steps).and_then(|()| {
        // Without it, the transaction would first be seen to lie idle.
        let commits = epoch.commits_at_once(with_puts);
        if commits { transaction.unchecked_ref::<Committable>().commit() } else { Ok(()) }
    });
    if let Err(thrown) = applied {
        transaction.set_oncomplete(None);
        transaction.set_onabort(None);
        // Fails only if the transaction has already ended, and then it has not been committed.
        let _ = transaction.abort();
        return Err(fault::of_thrown(&thrown));
    }
    Ok((transaction, with_puts))
}

fn prepare(writes: &[Write]) -> Result<Vec<Step>, StorageError> {
    let mut steps = Vec::with_capacity(writes.len());
    for write in writes {
        match write {
            Write::PutMetadata { key, value } => steps.push(Step::Put {
                store: METADATA,
                key: JsValue::from_str(key),
                value: Uint8Array::from(&value[..]),
            }),
            Write::DeleteMetadata { key } => {
                steps.push(Step::Delete { store: METADATA, key: JsValue::from_str(key) });
            }
            Write::CreateLog { .. } => {}
            Write::DeleteLog { log } => {
                steps.push(Step::Delete { store: LOG, key: log_range(*log)?.into() });
            }
            Write::DeleteSegment { log, segment } => {
                let range = segment_range(*log, *segment)?;
                steps.push(Step::Delete { store: LOG, key: range.into() });
            }
            Write::Append { log, segment, position, bytes } => {
                let mut end = *position;
                for piece in bytes.chunks(MAX_PIECE_BYTES) {
                    end += piece.len() as u64;
                    steps.push(Step::Put {
                        store: LOG,
                        key: piece_key(*log, *segment, end)?,
                        value: Uint8Array::from(piece),
                    });
                }
            }
        }
    }
    Ok(steps)
}

fn begin(
    database: &IdbDatabase,
    steps: &[Step],
    durability: Durability,
) -> Result<IdbTransaction, StorageError> {
    let uses = |store| steps.iter().any(|step| step.store() == store);
    // Only the stores in use: a commit that leaves one alone does not hold up its readers.
    let stores = WORDS.with(|words| match (uses(METADATA), uses(LOG)) {
        (true, true) => words.both.clone(),
        (false, true) => words.log_only.clone(),
        _ => words.metadata_only.clone(),
    });
    readwrite(database, &stores, durability)
}

/// Opens a readwrite transaction.
pub(super) fn readwrite(
    database: &IdbDatabase,
    stores: &Array,
    durability: Durability,
) -> Result<IdbTransaction, StorageError> {
    WORDS.with(|words| {
        let options = match durability {
            Durability::Relaxed => &words.relaxed,
            Durability::Strict => &words.strict,
        };
        database
            .unchecked_ref::<DatabaseWithOptions>()
            .transaction_with_options(stores, &words.readwrite, options)
            .map_err(|thrown| fault::of_thrown(&thrown))
    })
}

fn apply(transaction: &IdbTransaction, epoch: &Epoch, steps: &[Step]) -> Result<(), JsValue> {
    let store_of = |name| {
        let transaction = transaction.unchecked_ref::<Committable>();
        WORDS.with(|words| transaction.store(words.store(name)))
    };
    epoch.guard(transaction, &store_of(LEADER)?, steps.iter().any(Step::puts))?;
    let mut open: Option<(&'static str, IdbObjectStore)> = None;
    for step in steps {
        let store = match &open {
            Some((name, store)) if *name == step.store() => store.clone(),
            _ => {
                let store = store_of(step.store())?;
                open = Some((step.store(), store.clone()));
                store
            }
        };
        match step {
            Step::Put { key, value, .. } => store.put_with_key(value, key)?,
            Step::Delete { key, .. } => store.delete(key)?,
        };
    }
    Ok(())
}

impl Step {
    fn puts(&self) -> bool {
        matches!(self, Step::Put { .. })
    }

    fn store(&self) -> &'static str {
        match self {
            Step::Put { store, .. } | Step::Delete { store, .. } => store,
        }
    }
}

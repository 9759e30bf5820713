//! Commits: prepare every put and delete, then run one readwrite transaction from its beginning to
//! its commit.

use js_sys::{Array, Uint8Array};
use ottla::storage::{Commit, Durability, StorageError, Write};
use wasm_bindgen::prelude::*;
use web_sys::{IdbDatabase, IdbTransaction};

use super::fault;
use super::leader::Epoch;
use super::reserve::MAX_RESERVED_BYTES;
use super::schema::{LEADER, LOG, MAX_PIECE_BYTES, METADATA, log_mark, piece_key, segment_mark};
use crate::object::object;

#[wasm_bindgen(module = "/src/idb/transaction.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    fn write(
        database: &IdbDatabase,
        stores: &Array,
        options: &JsValue,
        steps: &Array,
        epoch: &JsValue,
        claim: bool,
        clear: bool,
        may_use_reserve: bool,
        events: &JsValue,
    ) -> Result<IdbTransaction, JsValue>;
}

/// What each commit says to IndexedDB, made once: a text costs a decoding each time it crosses over.
struct Words {
    metadata: JsValue,
    log: JsValue,
    metadata_only: Array,
    log_only: Array,
    both: Array,
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
            relaxed: durability("relaxed"),
            strict: durability("strict"),
        }
    };
}

/// The requests of a transaction.
#[derive(Default)]
struct Steps {
    /// Of each a store, a key and a value; without a value it is a delete. Without a store the key
    /// marks a part of the log that is removed later.
    list: Array,
    uses_metadata: bool,
    uses_log: bool,
    puts: bool,
    /// How many bytes of values it puts.
    put_bytes: usize,
}

/// Starts a commit of a leader's epoch; `events` has the functions `complete`, `abort`, `full` and
/// `fenced`.
/// If this fails, nothing of it is stored. Says whether it puts anything.
pub(super) fn start(
    database: &IdbDatabase,
    epoch: &Epoch,
    commit: &Commit,
    events: &JsValue,
) -> Result<(IdbTransaction, bool), StorageError> {
    let mut steps = Steps::default();
    for write in &commit.writes {
        steps.add(write)?;
    }
    let (puts, stored) = (steps.puts, epoch.is_stored());
    let number = if puts || stored { epoch.number().into() } else { JsValue::UNDEFINED };
    let started = WORDS.with(|words| {
        // Only the stores in use: a commit that leaves one alone does not hold up its readers.
        let stores = match (steps.uses_metadata, steps.uses_log) {
            (true, true) => &words.both,
            (false, true) => &words.log_only,
            _ => &words.metadata_only,
        };
        let options = words.durability(commit.durability);
        let (list, clear) = (&steps.list, puts && !stored);
        let small = steps.put_bytes <= MAX_RESERVED_BYTES;
        write(database, stores, options, list, &number, puts, clear, small, events)
    });
    started.map(|transaction| (transaction, puts)).map_err(|thrown| fault::of_thrown(&thrown))
}

/// The options of a transaction that is flushed as little as possible.
pub(super) fn relaxed() -> JsValue {
    WORDS.with(|words| words.relaxed.clone())
}

impl Words {
    fn durability(&self, durability: Durability) -> &JsValue {
        match durability {
            Durability::Relaxed => &self.relaxed,
            Durability::Strict => &self.strict,
        }
    }
}

impl Steps {
    fn add(&mut self, write: &Write) -> Result<(), StorageError> {
        match write {
            Write::PutMetadata { key, value } => {
                self.metadata(&JsValue::from_str(key), Some(value));
            }
            Write::DeleteMetadata { key } => self.metadata(&JsValue::from_str(key), None),
            Write::CreateLog { .. } => {}
            Write::DeleteLog { log } => self.mark(&log_mark(*log)),
            Write::DeleteSegment { log, segment } => self.mark(&segment_mark(*log, *segment)),
            Write::Append { log, segment, position, bytes } => {
                let mut end = *position;
                for piece in bytes.chunks(MAX_PIECE_BYTES) {
                    end += piece.len() as u64;
                    self.log(&piece_key(*log, *segment, end)?, Some(piece));
                }
            }
        }
        Ok(())
    }

    /// What is marked in the one store is removed from the other: at once where there is no room.
    fn mark(&mut self, key: &JsValue) {
        (self.uses_metadata, self.uses_log) = (true, true);
        self.push(&JsValue::UNDEFINED, key, None);
    }

    fn metadata(&mut self, key: &JsValue, value: Option<&[u8]>) {
        self.uses_metadata = true;
        WORDS.with(|words| self.push(&words.metadata, key, value));
    }

    fn log(&mut self, key: &JsValue, value: Option<&[u8]>) {
        self.uses_log = true;
        WORDS.with(|words| self.push(&words.log, key, value));
    }

    fn push(&mut self, store: &JsValue, key: &JsValue, value: Option<&[u8]>) {
        self.puts |= value.is_some();
        self.put_bytes += value.map_or(0, <[u8]>::len);
        let value = value.map_or(JsValue::UNDEFINED, |value| Uint8Array::from(value).into());
        self.list.push(store);
        self.list.push(key);
        self.list.push(&value);
    }
}

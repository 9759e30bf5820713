//! Loads: one readonly transaction for each, with the keys beside the values, since only the keys
//! say where a piece lies and whether one is missing.

use bytes::Bytes;
use js_sys::{Array, Uint8Array};
use ottla::storage::{Load, Loaded, LogRange, StorageError};
use tokio::sync::oneshot;
use wasm_bindgen::prelude::*;
use web_sys::{Event, IdbDatabase, IdbRequest, IdbTransaction};

use super::fault;
use super::schema::{LOG, METADATA, piece_end, pieces_range};

#[wasm_bindgen(module = "/src/idb/transaction.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = read)]
    fn read_requests(
        database: &IdbDatabase,
        store: &str,
        within: &JsValue,
        limit: Option<u32>,
    ) -> Result<Array, JsValue>;
}

/// Carries out a load.
pub(super) async fn load(database: &IdbDatabase, load: &Load) -> Result<Loaded, StorageError> {
    match load {
        Load::Metadata => metadata(database).await,
        Load::Log(range) => log(database, range).await,
    }
}

async fn metadata(database: &IdbDatabase) -> Result<Loaded, StorageError> {
    let (keys, values) = read(database, METADATA, &JsValue::UNDEFINED, None).await?;
    let mut found = Vec::with_capacity(keys.length() as usize);
    for (key, value) in keys.iter().zip(values.iter()) {
        // A value that is no bytes was not written by this driver. It is left out, and the core
        // reports what it then misses.
        if let (Some(key), Ok(value)) = (key.as_string(), value.dyn_into::<Uint8Array>()) {
            found.push((key, Bytes::from(value.to_vec())));
        }
    }
    Ok(Loaded::Metadata(found))
}

async fn log(database: &IdbDatabase, range: &LogRange) -> Result<Loaded, StorageError> {
    let mut runs = Runs::new(range);
    if range.start >= range.end {
        return Ok(runs.finish());
    }
    let bounded = (range.end != u64::MAX).then_some(range.end);
    let within = pieces_range(range.log, range.segment, range.start, bounded)?;
    let (keys, values) = read(database, LOG, &within, None).await?;
    let mut pieces = pieces(&keys, &values);
    let covered = pieces.last().map_or(range.start, |piece| piece.end);
    if bounded.is_some() && covered < range.end {
        // The range ends within a piece, whose key is above the range. This second transaction
        // sees the same pieces as the first, as none is ever written twice.
        let above = pieces_range(range.log, range.segment, range.end, None)?;
        let (keys, values) = read(database, LOG, &above, Some(1)).await?;
        pieces.extend(self::pieces(&keys, &values));
    }
    for piece in &pieces {
        runs.add(piece);
    }
    Ok(runs.finish())
}

/// A stored piece, not yet copied out of JavaScript's memory.
struct Piece {
    start: u64,
    end: u64,
    value: Uint8Array,
}

fn pieces(keys: &Array, values: &Array) -> Vec<Piece> {
    let found = keys.iter().zip(values.iter()).filter_map(|(key, value)| {
        let end = piece_end(&key)?;
        let value = value.dyn_into::<Uint8Array>().ok()?;
        let start = end.checked_sub(u64::from(value.length()))?;
        Some(Piece { start, end, value })
    });
    found.collect()
}

/// Joins pieces that touch, cut to the range.
struct Runs<'a> {
    range: &'a LogRange,
    done: Vec<(u64, Bytes)>,
    start: u64,
    bytes: Vec<u8>,
}

impl Runs<'_> {
    fn new(range: &LogRange) -> Runs<'_> {
        Runs { range, done: Vec::new(), start: range.start, bytes: Vec::new() }
    }

    fn add(&mut self, piece: &Piece) {
        let reached = self.start + self.bytes.len() as u64;
        // Pieces that overlap are damage, too: the first one counts, as far as it reaches.
        let from = piece.start.max(reached);
        let to = piece.end.min(self.range.end);
        if from >= to {
            return;
        }
        if from != reached {
            self.close();
            self.start = from;
        }
        let part = piece.value.subarray((from - piece.start) as u32, (to - piece.start) as u32);
        let length = self.bytes.len();
        self.bytes.resize(length + part.length() as usize, 0);
        if let Some(target) = self.bytes.get_mut(length..) {
            part.copy_to(target);
        }
    }

    fn close(&mut self) {
        if !self.bytes.is_empty() {
            self.done.push((self.start, Bytes::from(std::mem::take(&mut self.bytes))));
        }
    }

    fn finish(mut self) -> Loaded {
        self.close();
        Loaded::Log(self.done)
    }
}

/// Asks for keys and for values in one readonly transaction, and waits for both.
pub(super) async fn read(
    database: &IdbDatabase,
    store: &str,
    within: &JsValue,
    limit: Option<u32>,
) -> Result<(Array, Array), StorageError> {
    let thrown = |thrown: JsValue| fault::of_thrown(&thrown);
    let requests = read_requests(database, store, within, limit).map_err(thrown)?;
    let [keys, values] = [0, 1].map(|at| requests.get(at).unchecked_into::<IdbRequest>());
    let Some(transaction) = values.transaction() else {
        return Err(StorageError::Failed("a request without transaction".into()));
    };
    // Requests of one transaction succeed in order: with the second, the first is there as well.
    success(&transaction, &values).await?;
    let array = |request: &IdbRequest| {
        request.result().map_err(thrown).map(|result| result.unchecked_into::<Array>())
    };
    Ok((array(&keys)?, array(&values)?))
}

/// Waits until a request has succeeded or its transaction has aborted, which a failed request
/// brings about.
async fn success(transaction: &IdbTransaction, request: &IdbRequest) -> Result<(), StorageError> {
    let (sender, receiver) = oneshot::channel();
    let sender = std::rc::Rc::new(std::cell::Cell::new(Some(sender)));
    let on_success = {
        let sender = std::rc::Rc::clone(&sender);
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
    request.set_onsuccess(Some(on_success.as_ref().unchecked_ref()));
    transaction.set_onabort(Some(on_abort.as_ref().unchecked_ref()));
    let result = receiver.await;
    request.set_onsuccess(None);
    transaction.set_onabort(None);
    result.unwrap_or_else(|_| Err(StorageError::Failed("the read was given up".into())))
}

//! Names, versions and keys.

use js_sys::Array;
use ottla::storage::{LogId, SegmentId, StorageError};
use wasm_bindgen::prelude::*;
use web_sys::{IdbDatabase, IdbKeyRange};

use super::{fault, leader};

/// The version of the layout. A database of a later version is refused.
///
/// Each version is made from the one before by a step of [`STEPS`]. A broker of an earlier version
/// cannot write beside a later one: the upgrade ends its connection.
pub(super) const VERSION: u32 = STEPS.len() as u32;

/// A change of the layout, within the transaction of an upgrade.
type Step = fn(&IdbDatabase) -> Result<(), JsValue>;

/// What makes each version from the one before, the first from nothing. A step is never changed
/// again: databases of its version are out there, and one of each release is under tests/fixtures.
const STEPS: &[Step] = &[
    |database| {
        database.create_object_store(METADATA)?;
        database.create_object_store(LOG).map(drop)
    },
    leader::create,
    |database| database.create_object_store(RESERVE).map(drop),
];

/// Brings a database to this version, step by step.
pub(super) fn upgrade(database: &IdbDatabase, from_version: u32) -> Result<(), JsValue> {
    STEPS.iter().skip(from_version as usize).try_for_each(|step| step(database))
}

/// The store of metadata values.
pub(super) const METADATA: &str = "metadata";

/// The store of the logs' pieces.
pub(super) const LOG: &str = "log";

/// The store that says who may write.
pub(super) const LEADER: &str = "leader";

/// The store of what keeps room free (see `reserve.rs`).
pub(super) const RESERVE: &str = "reserve";

/// The largest value written. Chromium moves values of 64 KiB and more into files of their own,
/// which for what a broker appends is the slower way.
pub const MAX_PIECE_BYTES: usize = 60 * 1024;

/// What the database of a broker is called in IndexedDB.
pub fn database_name(name: &str) -> String {
    format!("ottla:{name}")
}

/// IndexedDB's numbers are doubles: whole up to this one.
const MAX_NUMBER: u64 = 1 << 53;

/// The key of the piece that ends at `end`.
pub(super) fn piece_key(log: LogId, segment: SegmentId, end: u64) -> Result<JsValue, StorageError> {
    if segment.base_offset.unsigned_abs() > MAX_NUMBER || end > MAX_NUMBER {
        let base = segment.base_offset;
        let what = format!("position {end} of segment {base} is beyond what IndexedDB can name");
        return Err(StorageError::Failed(what));
    }
    Ok(key(log, &name(segment), end as f64))
}

/// The keys of the pieces that end above `start`, and not above `end` if one is given.
pub(super) fn pieces_range(
    log: LogId,
    segment: SegmentId,
    start: u64,
    end: Option<u64>,
) -> Result<IdbKeyRange, StorageError> {
    let segment = name(segment);
    let lower = key(log, &segment, start as f64);
    let upper = key(log, &segment, end.map_or(f64::INFINITY, |end| end as f64));
    IdbKeyRange::bound_with_lower_open_and_upper_open(&lower, &upper, true, false)
        .map_err(|thrown| fault::of_thrown(&thrown))
}

/// What marks a segment as removed: what the keys of its pieces begin with.
pub(super) fn segment_mark(log: LogId, segment: SegmentId) -> JsValue {
    Array::of2(&f64::from(log.0).into(), &name(segment)).into()
}

/// What marks a log as removed.
pub(super) fn log_mark(log: LogId) -> JsValue {
    Array::of1(&f64::from(log.0).into()).into()
}

/// What a segment is called in a key: by its base offset, and what compaction made by its
/// generation, too.
fn name(segment: SegmentId) -> JsValue {
    let base = JsValue::from_f64(segment.base_offset as f64);
    match segment.generation {
        0 => base,
        generation => Array::of2(&base, &f64::from(generation).into()).into(),
    }
}

fn key(log: LogId, segment: &JsValue, position: f64) -> JsValue {
    Array::of3(&f64::from(log.0).into(), segment, &position.into()).into()
}

/// Where the piece of this key ends.
pub(super) fn piece_end(key: &JsValue) -> Option<u64> {
    let end = key.dyn_ref::<Array>()?.get(2).as_f64()?;
    (end >= 0.0 && end <= MAX_NUMBER as f64).then_some(end as u64)
}

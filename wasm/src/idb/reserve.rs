//! Room kept for what must always be possible: a value that is deleted when the storage is full, so
//! that small commits (committed offsets, where a log starts) find room, and that is put back when
//! there is some again. To put it back is also the only sure way to learn that: browsers may tell of
//! more room than they give.

use std::cell::Cell;

use ottla::Input;
use wasm_bindgen::prelude::*;
use web_sys::IdbDatabase;

use super::Shared;

/// The size of the reserve. One value, as browsers keep such a one in a file of its own: its room is
/// free as soon as it is deleted.
const RESERVE_BYTES: u32 = 512 * 1024;

/// The largest commit that may have the reserve's room.
pub(super) const MAX_RESERVED_BYTES: usize = 32 * 1024;

#[wasm_bindgen(module = "/src/idb/transaction.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = fillReserve)]
    fn fill(database: &IdbDatabase, size_bytes: u32, done: &JsValue) -> Result<(), JsValue>;
}

/// What is known of the reserve.
#[derive(Default)]
pub(super) struct Reserve {
    /// Whether it is there.
    stands: Cell<bool>,
    /// Whether it is being put back.
    filling: Cell<bool>,
    /// Whether the storage was full since room was last told of.
    was_full: Cell<bool>,
}

impl Reserve {
    /// The storage was full, and the reserve went if the commit was small.
    pub(super) fn gave_way(&self) {
        self.stands.set(false);
        self.was_full.set(true);
    }
}

impl Shared {
    /// Tells the broker how much room there is, once the reserve stands.
    pub(super) fn keep_room(self: &std::rc::Rc<Self>, total_bytes: u64, usable_bytes: u64) {
        let reserve = &self.reserve;
        if reserve.filling.get() || reserve.was_full.take() {
            return;
        }
        let tell = move |shared: &Shared, stands: bool| {
            let usable_bytes = if stands { usable_bytes } else { 0 };
            (shared.report)(Input::Room { total_bytes, usable_bytes });
        };
        let Ok(database) = self.database() else { return };
        if reserve.stands.get() {
            return tell(self, true);
        }
        let shared = std::rc::Rc::downgrade(self);
        let done = Closure::once_into_js(move |stands: bool| {
            let Some(shared) = shared.upgrade().filter(|shared| !shared.closed.get()) else {
                return;
            };
            shared.reserve.filling.set(false);
            shared.reserve.stands.set(stands);
            tell(&shared, stands);
        });
        // Where that fails the database is closing, which is noticed elsewhere.
        reserve.filling.set(fill(&database, RESERVE_BYTES, &done).is_ok());
    }
}

//! The browser's clocks.

use ottla::Now;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    // `performance` is the same in windows, workers and Node; web_sys reaches it through the first
    // two only.
    type Performance;
    #[wasm_bindgen(thread_local_v2, js_name = performance)]
    static PERFORMANCE: Performance;
    #[wasm_bindgen(method)]
    fn now(this: &Performance) -> f64;
}

/// Reads both clocks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock;

impl Clock {
    /// The clock.
    pub fn new() -> Clock {
        Clock
    }

    /// The time.
    pub fn now(self) -> Now {
        Now {
            monotonic_ms: PERFORMANCE.with(|performance| performance.now()) as u64,
            wall_ms: js_sys::Date::now() as i64,
        }
    }
}

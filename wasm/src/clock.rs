//! The browser's clocks, or one that a test has made.

use js_sys::Function;
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
#[derive(Debug, Clone, Default)]
pub struct Clock(Option<Function>);

impl Clock {
    /// The browser's clocks, or a function that gives milliseconds since 1970 and never goes back.
    pub fn new(now: Option<Function>) -> Clock {
        Clock(now)
    }

    /// The time.
    pub fn now(&self) -> Now {
        match &self.0 {
            Some(now) => {
                let ms = now.call0(&JsValue::UNDEFINED).ok().and_then(|ms| ms.as_f64());
                let ms = ms.unwrap_or_default();
                Now { monotonic_ms: ms as u64, wall_ms: ms as i64 }
            }
            None => Now {
                monotonic_ms: PERFORMANCE.with(|performance| performance.now()) as u64,
                wall_ms: js_sys::Date::now() as i64,
            },
        }
    }
}

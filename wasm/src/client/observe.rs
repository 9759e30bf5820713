//! Requests on their way, told while somebody listens (`js/instrumentation/requests.ts`).

use bytes::Bytes;
use ottla::client::Link;
use ottla::protocol::ApiKey;
use wasm_bindgen::prelude::*;

use super::{ClientBinding, Shared};

#[wasm_bindgen(js_class = Client)]
impl ClientBinding {
    /// Whether to tell of each request that is sent and answered.
    pub fn observe(&self, observed: bool) {
        self.0.observed.set(observed);
    }
}

impl Shared {
    /// A request is about to be sent. It begins with its API, its version and its number.
    pub(super) fn observe_sent(&self, link: Link, frame: &Bytes) {
        if !self.observed.get() {
            return;
        }
        if let Some((head, _)) = frame.split_first_chunk::<8>() {
            let [a, b, c, d, numbers @ ..] = *head;
            let key = i16::from_be_bytes([a, b]);
            let name = ApiKey::try_from(key).map_or("", ApiKey::name);
            let version = i16::from_be_bytes([c, d]);
            let correlation_id = i32::from_be_bytes(numbers);
            self.events.sent(link.0 as f64, key, name, version, correlation_id);
        }
    }

    /// Does what an answer brings, and tells of it. It begins with its request's number.
    pub(super) fn observe_answered(&self, link: Link, frame: Bytes, handle: impl FnOnce(Bytes)) {
        if !self.observed.get() {
            return handle(frame);
        }
        let head = frame.first_chunk::<4>().copied();
        let size_bytes = frame.len();
        let fetched = || self.client.borrow().buffered_fetches();
        let before = fetched();
        handle(frame);
        let brought = fetched().saturating_sub(before);
        if let Some(head) = head {
            let correlation_id = i32::from_be_bytes(head);
            let link = link.0 as f64;
            self.events.answered(link, correlation_id, size_bytes as f64, brought as f64);
        }
    }
}

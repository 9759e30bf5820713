//! Ottla in a browser: the binding of the broker and of the client to JavaScript, and the IndexedDB
//! driver.
//!
//! What JavaScript uses are [`broker::BrokerHost`] and [`client::ClientBinding`]; the package
//! `ottla` (in `js/`) makes KafkaJS's API of them.

pub mod broker;
pub mod client;
pub mod clock;
pub mod host;
pub mod idb;
mod object;
mod port;

#[cfg(all(test, target_arch = "wasm32"))]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

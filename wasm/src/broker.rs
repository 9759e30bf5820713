//! The broker's binding: what a worker runs for `idb://`, and a page or a process for `memory://`.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::Function;
use ottla::{Broker, BrokerConfig};
use ottla::{Input, LogLevel, Now, Output, Uuid};
use wasm_bindgen::prelude::*;
use web_sys::MessagePort;

use crate::clock::Clock;
use crate::host::{Engine, Host, StorageKind, Surroundings};
use crate::idb::OpenError;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = "
/** What a broker asks of its surroundings. None of these may throw. */
export interface Surroundings {
  /** Call tick after this delay. Replaces an earlier wish. */
  schedule(delayMs: number): void
  /** Tell a person; 0 is information, 1 a warning, 2 an error. */
  log(level: number, message: string): void
  /** The storage could not be opened again: nobody is served any more. */
  failed(reason: string): void
  /** Another leader has taken over the storage: nobody is served any more. */
  fenced(): void
  /** The clock of a test: milliseconds since 1970, never going back. */
  now?: () => number
  /**
   * In memory, a test's faults: asked before each commit, with the bytes that it puts. A text refuses
   * it: one that begins with full says that the storage is full, any other that it failed.
   */
  refuse?: (bytes: number) => string | undefined
  /** The id of the cluster that is stored: known now, or another one than before. */
  stored(clusterId: string): void
}
";

#[wasm_bindgen]
extern "C" {
    /// What a broker asks of its surroundings.
    #[wasm_bindgen(typescript_type = "Surroundings")]
    pub type JsSurroundings;
    #[wasm_bindgen(method)]
    fn schedule(this: &JsSurroundings, delay_ms: f64);
    #[wasm_bindgen(method)]
    fn log(this: &JsSurroundings, level: u8, message: &str);
    #[wasm_bindgen(method)]
    fn failed(this: &JsSurroundings, reason: &str);
    #[wasm_bindgen(method)]
    fn fenced(this: &JsSurroundings);
    #[wasm_bindgen(method, getter)]
    fn now(this: &JsSurroundings) -> Option<Function>;
    #[wasm_bindgen(method, getter)]
    fn refuse(this: &JsSurroundings) -> Option<Function>;
    #[wasm_bindgen(method)]
    fn stored(this: &JsSurroundings, cluster_id: &str);
}

impl Surroundings for JsSurroundings {
    fn schedule(&self, delay_ms: f64) {
        JsSurroundings::schedule(self, delay_ms);
    }

    fn log(&self, level: LogLevel, message: &str) {
        let level = match level {
            LogLevel::Info => 0,
            LogLevel::Warn => 1,
            LogLevel::Error => 2,
        };
        JsSurroundings::log(self, level, message);
    }

    fn failed(&self, reason: &str) {
        JsSurroundings::failed(self, reason);
    }

    fn fenced(&self) {
        JsSurroundings::fenced(self);
    }

    fn clock(&self) -> Clock {
        Clock::new(self.now())
    }

    fn stored(&self, cluster_id: &str) {
        JsSurroundings::stored(self, cluster_id);
    }
}

impl Engine for Broker {
    fn handle(&mut self, now: Now, input: Input) {
        Broker::handle(self, now, input);
    }

    fn poll_output(&mut self) -> Option<Output> {
        Broker::poll_output(self)
    }

    fn poll_deadline(&self) -> Option<u64> {
        Broker::poll_deadline(self)
    }

    fn cluster_id(&self) -> Option<Uuid> {
        Broker::cluster_id(self)
    }
}

/// A running broker.
#[wasm_bindgen]
pub struct BrokerHost(Rc<Host<Broker>>);

#[wasm_bindgen]
impl BrokerHost {
    /// Opens the broker whose data is in the IndexedDB database of this name, and takes over from
    /// any other that had it open. Rejects with an object that has a `kind` (`unavailable`,
    /// `blocked`, `newer` or `failed`) and a `message`.
    #[wasm_bindgen(js_name = openIdb)]
    pub async fn open_idb(
        name: String,
        open_timeout_ms: u32,
        seed: u64,
        surroundings: JsSurroundings,
    ) -> Result<BrokerHost, JsValue> {
        open(StorageKind::Idb { name, open_timeout_ms }, seed, surroundings).await
    }

    /// Opens a broker whose data is in memory.
    #[wasm_bindgen(js_name = openMemory)]
    pub async fn open_memory(
        seed: u64,
        surroundings: JsSurroundings,
    ) -> Result<BrokerHost, JsValue> {
        open(StorageKind::Memory { refuse: surroundings.refuse() }, seed, surroundings).await
    }

    /// Serves a client over a port. The host names where the client is (its tab), as groups show it.
    pub fn connect(
        &self,
        port: MessagePort,
        #[wasm_bindgen(js_name = clientHost)] client_host: String,
    ) {
        self.0.connect_port(port, client_host);
    }

    /// These are all the tabs that are left: those that are not among them are gone.
    #[wasm_bindgen(js_name = aliveHosts)]
    pub fn alive_hosts(&self, hosts: Vec<String>) {
        self.0.alive_hosts(hosts);
    }

    /// The number of this leader's epoch. Later ones are larger; 0 in memory.
    pub fn epoch(&self) -> f64 {
        self.0.epoch()
    }

    /// The browser tells how many bytes the site may use, and how many of them it does not: keeps
    /// room for deletions and offset commits, and has producers refused where there is no more.
    #[wasm_bindgen(js_name = keepRoom)]
    pub fn keep_room(&self, total_bytes: f64, usable_bytes: f64) {
        self.0.keep_room(total_bytes as u64, usable_bytes as u64);
    }

    /// The time asked for has come.
    pub fn tick(&self) {
        self.0.tick();
    }

    /// Ends all connections and closes the storage.
    pub fn close(&self) {
        self.0.close();
    }
}

impl BrokerHost {
    pub(crate) fn host(&self) -> &Rc<Host<Broker>> {
        &self.0
    }
}

/// What a broker in a browser is told. Retention and compaction work by whole segments, so that
/// Kafka's segments of 1 GiB would keep a page's topics for ever; and compaction gets an eighth of
/// the memory that Kafka gives it. LevelDB, behind Chromium's IndexedDB, takes twice the room of
/// what it puts in order for a moment: the headroom is above that. A group waits for nobody when
/// its first member joins, and hears of its members often: they are near.
fn config() -> BrokerConfig {
    const VALUES: [(&str, &str); 5] = [
        ("log.segment.bytes", "16777216"),
        ("log.cleaner.dedupe.buffer.size", "16777216"),
        ("ottla.headroom.bytes", "16777216"),
        ("group.initial.rebalance.delay.ms", "0"),
        ("group.consumer.heartbeat.interval.ms", "500"),
    ];
    let mut config = BrokerConfig::default();
    for (name, value) in VALUES {
        // Names and values that core knows: a test of core's has them.
        let _ = config.set(name, value);
    }
    config
}

async fn open(
    kind: StorageKind,
    seed: u64,
    surroundings: JsSurroundings,
) -> Result<BrokerHost, JsValue> {
    // A broker that takes over from one that failed must not draw the same numbers again.
    let brokers = Cell::new(seed);
    let make = move || {
        brokers.set(brokers.get().wrapping_add(1));
        Broker::new(config(), brokers.get())
    };
    match Host::open(kind, make, surroundings).await {
        Ok(host) => Ok(BrokerHost(host)),
        Err(error) => {
            let kind = match error {
                OpenError::Unavailable(_) | OpenError::TimedOut(_) => "unavailable",
                OpenError::Blocked => "blocked",
                OpenError::Newer => "newer",
                OpenError::Failed(_) => "failed",
            };
            let message = error.to_string();
            Err(crate::object::object(&[("kind", kind.into()), ("message", message.into())]))
        }
    }
}

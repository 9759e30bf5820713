//! The host over a stand-in for the broker: frames, commits, failure and recovery.
#![cfg(target_arch = "wasm32")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use bytes::Bytes;
use ottla::storage::{
    Commit, CommitId, Durability, Load, LoadId, Loaded, LogId, LogRange, SegmentId, StorageError,
    Write,
};
use ottla::{ConnectionId, Input, LogLevel, Now, Output};
use ottla_wasm::host::{Engine, Host, StorageKind, Surroundings};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::*;
use web_sys::MessagePort;

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen(inline_js = "
    export const sleep = ms => new Promise(done => setTimeout(done, ms));
    export class Peer {
        constructor() {
            const { port1, port2 } = new MessageChannel();
            this.port = port1; this.other = port2; this.seen = []; this.wake = () => {};
            port1.onmessage = ({ data }) => {
                this.seen.push(data === null ? 'closed' : new TextDecoder().decode(data));
                this.wake();
            };
        }
        send(text) {
            const { buffer } = new TextEncoder().encode(text);
            this.port.postMessage(buffer, [buffer]);
        }
        bye() { this.port.postMessage(null); }
        async next() {
            while (this.seen.length === 0) await new Promise(done => { this.wake = done; });
            return this.seen.shift();
        }
    }
")]
extern "C" {
    async fn sleep(ms: u32);
    type Peer;
    #[wasm_bindgen(constructor)]
    fn new() -> Peer;
    #[wasm_bindgen(method, getter)]
    fn other(this: &Peer) -> MessagePort;
    #[wasm_bindgen(method)]
    fn send(this: &Peer, text: &str);
    #[wasm_bindgen(method)]
    fn bye(this: &Peer);
    #[wasm_bindgen(method)]
    async fn next(this: &Peer) -> JsValue;
}

impl Peer {
    async fn text(&self) -> String {
        self.next().await.as_string().unwrap()
    }

    async fn ask(&self, text: &str) -> String {
        self.send(text);
        self.text().await
    }
}

/// Answers `put X` when X is stored at the end of a log, `get` with all of it, `wait` at its
/// deadline; closes on `close`, fails on `fail`, and answers all else with itself.
#[derive(Default)]
struct Stub {
    outputs: VecDeque<Output>,
    connected: Vec<ConnectionId>,
    /// What came before the log's end was known; `None` once it is.
    held: Option<Vec<(ConnectionId, Bytes)>>,
    end: u64,
    last: u64,
    loads: HashMap<LoadId, ConnectionId>,
    commits: HashMap<CommitId, ConnectionId>,
    waiting: Option<(u64, ConnectionId)>,
}

impl Stub {
    fn opened() -> Stub {
        let mut stub = Stub { held: Some(Vec::new()), ..Stub::default() };
        stub.outputs.push_back(Output::Load { id: LoadId(0), load: all() });
        stub
    }

    fn respond(&mut self, connection: ConnectionId, frame: impl Into<Bytes>) {
        assert!(self.connected.contains(&connection), "an answer to a stranger");
        self.outputs.push_back(Output::Respond { connection, frame: frame.into() });
    }

    fn request(&mut self, now: Now, connection: ConnectionId, frame: Bytes) {
        assert!(self.connected.contains(&connection), "a request before its connection");
        if let Some(held) = &mut self.held {
            held.push((connection, frame));
            return;
        }
        let text = String::from_utf8(frame.to_vec()).unwrap();
        self.last += 1;
        match text.split_once(' ').unwrap_or((&text, "")) {
            ("put", rest) => {
                let bytes = Bytes::copy_from_slice(rest.as_bytes());
                let position = self.end;
                self.end += bytes.len() as u64;
                let writes = vec![Write::Append {
                    log: LogId(1),
                    segment: SegmentId::new(0),
                    position,
                    bytes,
                }];
                let id = CommitId(self.last);
                self.commits.insert(id, connection);
                let durability = Durability::Strict;
                self.outputs.push_back(Output::Commit(Commit { id, durability, writes }));
            }
            ("get", _) => {
                let id = LoadId(self.last);
                self.loads.insert(id, connection);
                self.outputs.push_back(Output::Load { id, load: all() });
            }
            ("wait", _) => self.waiting = Some((now.monotonic_ms + 20, connection)),
            ("close", _) => {
                let reason = "asked".to_owned();
                self.outputs.push_back(Output::Close { connection, reason });
            }
            ("fail", _) => {
                let error = StorageError::Failed("asked".into());
                self.outputs.push_back(Output::Failed { error });
            }
            _ => self.respond(connection, frame),
        }
    }
}

fn all() -> Load {
    Load::Log(LogRange { log: LogId(1), segment: SegmentId::new(0), start: 0, end: u64::MAX })
}

impl Engine for Stub {
    fn handle(&mut self, now: Now, input: Input) {
        match input {
            Input::Connected { connection, .. } => self.connected.push(connection),
            Input::Disconnected { connection } => {
                self.connected.retain(|c| *c != connection);
                self.waiting.take_if(|(_, waits)| *waits == connection);
            }
            Input::Request { connection, frame } => self.request(now, connection, frame),
            Input::Committed { commit } => {
                let connection = self.commits.remove(&commit).unwrap();
                self.respond(connection, "stored");
            }
            Input::CommitFailed { error, .. } => panic!("{error}"),
            Input::Loaded { load, result } => {
                let Loaded::Log(found) = result.unwrap() else { panic!("not a log") };
                let bytes = found.into_iter().map(|(_, bytes)| bytes).next().unwrap_or_default();
                match self.loads.remove(&load) {
                    Some(connection) => self.respond(connection, bytes),
                    None => {
                        self.end = bytes.len() as u64;
                        for (connection, frame) in self.held.take().unwrap() {
                            self.request(now, connection, frame);
                        }
                    }
                }
            }
            Input::AliveHosts { .. }
            | Input::Room { .. }
            | Input::StorageLost { .. }
            | Input::Tick => {}
        }
        if let Some((at, connection)) = self.waiting.filter(|(at, _)| *at <= now.monotonic_ms) {
            self.waiting = None;
            self.respond(connection, if at <= now.monotonic_ms { "in time" } else { "early" });
        }
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn poll_deadline(&self) -> Option<u64> {
        self.waiting.map(|(at, _)| at)
    }
}

#[wasm_bindgen(inline_js = "
    export const after = (ms, callback) => setTimeout(callback, ms);
")]
extern "C" {
    fn after(ms: f64, callback: &js_sys::Function);
}

type Slot = Rc<RefCell<Option<Rc<Host<Stub>>>>>;

struct Around {
    host: Slot,
    logged: Rc<RefCell<Vec<String>>>,
}

impl Surroundings for Around {
    fn schedule(&self, delay_ms: f64) {
        let host = Rc::clone(&self.host);
        let tick = Closure::once_into_js(move || host.borrow().as_ref().unwrap().tick());
        after(delay_ms, tick.unchecked_ref());
    }

    fn log(&self, _level: LogLevel, message: &str) {
        self.logged.borrow_mut().push(message.to_owned());
    }

    fn failed(&self, reason: &str) {
        panic!("{reason}");
    }

    fn fenced(&self) {
        self.logged.borrow_mut().push("fenced".to_owned());
    }
}

async fn open(kind: StorageKind) -> (Rc<Host<Stub>>, Rc<RefCell<Vec<String>>>) {
    let slot = Slot::default();
    let logged = Rc::new(RefCell::new(Vec::new()));
    let around = Around { host: Rc::clone(&slot), logged: Rc::clone(&logged) };
    let host = Host::open(kind, Stub::opened, around).await.unwrap();
    *slot.borrow_mut() = Some(Rc::clone(&host));
    (host, logged)
}

fn idb(name: &str) -> StorageKind {
    StorageKind::Idb { name: name.into(), open_timeout_ms: 20_000 }
}

#[wasm_bindgen_test]
async fn frames_go_and_come_and_are_stored() {
    for kind in [StorageKind::Memory { refuse: None }, idb("host-frames")] {
        let (host, _) = open(kind.clone()).await;
        let (a, b) = (Peer::new(), Peer::new());
        host.connect_port(a.other(), "tab".to_owned());
        host.connect_port(b.other(), "tab".to_owned());
        assert_eq!(a.ask("hello").await, "hello");
        assert_eq!(a.ask("put one").await, "stored");
        assert_eq!(b.ask("put two").await, "stored");
        assert_eq!(b.ask("get").await, "onetwo");
        assert_eq!(a.ask("wait").await, "in time");
        host.close();
        assert_eq!(a.text().await, "closed");
        if kind != (StorageKind::Memory { refuse: None }) {
            let (host, _) = open(kind).await;
            let c = Peer::new();
            host.connect_port(c.other(), "tab".to_owned());
            assert_eq!(c.ask("put three").await, "stored");
            assert_eq!(c.ask("get").await, "onetwothree");
        }
    }
}

#[wasm_bindgen_test]
async fn a_failed_storage_ends_the_connections_and_a_new_broker_serves_the_next() {
    let (host, logged) = open(idb("host-failure")).await;
    let (a, b) = (Peer::new(), Peer::new());
    host.connect_port(a.other(), "tab".to_owned());
    assert_eq!(a.ask("put kept").await, "stored");
    assert_eq!(a.ask("fail").await, "closed");
    // Connects, and sends, while the database is being opened again.
    b.send("get");
    host.connect_port(b.other(), "tab".to_owned());
    assert_eq!(b.text().await, "kept");
    assert_eq!(*logged.borrow(), ["storage failed: asked"]);
}

#[wasm_bindgen_test]
async fn who_has_been_taken_over_from_stores_nothing_and_ends() {
    let (old, logged) = open(idb("host-fenced")).await;
    let a = Peer::new();
    old.connect_port(a.other(), "tab".to_owned());
    assert_eq!(a.ask("put one").await, "stored");
    let (new, _) = open(idb("host-fenced")).await;
    assert!(new.epoch() > old.epoch());
    assert_eq!(a.ask("get").await, "one", "it does not know yet");
    assert_eq!(a.ask("put two").await, "closed", "neither stored nor refused");
    assert_eq!(*logged.borrow(), ["fenced"]);
    let b = Peer::new();
    new.connect_port(b.other(), "tab".to_owned());
    assert_eq!(b.ask("get").await, "one");
    assert_eq!(b.ask("put three").await, "stored");
    assert_eq!(b.ask("get").await, "onethree");
}

#[wasm_bindgen_test]
async fn a_storage_opened_again_after_a_failure_begins_no_epoch() {
    let (host, _) = open(idb("host-epoch")).await;
    let epoch = host.epoch();
    let a = Peer::new();
    host.connect_port(a.other(), "tab".to_owned());
    assert_eq!(a.ask("fail").await, "closed");
    let b = Peer::new();
    host.connect_port(b.other(), "tab".to_owned());
    assert_eq!(b.ask("put kept").await, "stored");
    assert_eq!(host.epoch(), epoch);
}

#[wasm_bindgen_test]
async fn the_connections_of_a_tab_that_vanished_end() {
    let (host, _) = open(StorageKind::Memory { refuse: None }).await;
    let (a, b) = (Peer::new(), Peer::new());
    host.connect_port(a.other(), "one".to_owned());
    host.connect_port(b.other(), "two".to_owned());
    assert_eq!(a.ask("hello").await, "hello");
    // Would be answered in 20 ms, and the broker refuses to answer one that it does not know.
    a.send("wait");
    a.send("hello again");
    // With this answer, the first one was received; on a slow machine it may be answered by now.
    while a.text().await != "hello again" {}
    host.alive_hosts(vec!["two".to_owned()]);
    sleep(60).await;
    assert_eq!(b.ask("still here").await, "still here");
}

#[wasm_bindgen_test]
async fn either_side_may_end_a_connection() {
    let (host, logged) = open(StorageKind::Memory { refuse: None }).await;
    let (a, b) = (Peer::new(), Peer::new());
    host.connect_port(a.other(), "tab".to_owned());
    host.connect_port(b.other(), "tab".to_owned());
    assert_eq!(a.ask("close").await, "closed");
    assert_eq!(*logged.borrow(), ["asked"]);
    // The broker would refuse to answer one whose end it has heard of.
    b.send("wait");
    b.bye();
    let c = Peer::new();
    host.connect_port(c.other(), "tab".to_owned());
    assert_eq!(c.ask("hello").await, "hello");
    // Past the time at which the one that left would have been answered.
    sleep(60).await;
    assert_eq!(c.ask("hello again").await, "hello again");
}

#[wasm_bindgen_test]
async fn a_client_in_this_module_may_answer_from_within_a_response() {
    let (host, _) = open(StorageKind::Memory { refuse: None }).await;
    let seen = Rc::new(RefCell::new(Vec::new()));
    let me = Rc::new(RefCell::new(None));
    let sink = {
        let (host, seen, me) = (Rc::clone(&host), Rc::clone(&seen), Rc::clone(&me));
        Box::new(move |frame: Option<Bytes>| {
            let Some(frame) = frame else { return };
            seen.borrow_mut().push(frame);
            let connection = (*me.borrow()).unwrap();
            match seen.borrow().len() {
                1 => host.receive(connection, Some("get".into())),
                _ => host.receive(connection, None),
            }
        })
    };
    let connection = host.connect_local(sink);
    *me.borrow_mut() = Some(connection);
    host.receive(connection, Some("put x".into()));
    while seen.borrow().len() < 2 {
        sleep(1).await;
    }
    // As long as a third answer would take, by far.
    sleep(5).await;
    assert_eq!(*seen.borrow(), ["stored", "x"]);
}

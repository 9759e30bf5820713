//! The host of a broker: carries frames between connections and the broker, and effects between the
//! broker and its storage. In a worker over IndexedDB for `idb://`, in the page over memory for
//! `memory://`.
//!
//! Whatever happens becomes an [`Input`] in a queue. Whoever puts the first one in works the queue
//! off: hands each input to the broker, takes all outputs out, and only then, with the broker no
//! longer borrowed, carries them out. What that brings about is the next input in the queue, so that
//! JavaScript may call back at any point.

mod connection;
mod engine;
mod storage;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use litemap::LiteMap;
use std::rc::Rc;

use bytes::Bytes;
use ottla::storage::StorageError;
use ottla::{ConnectionId, Input, Output, Uuid};
use web_sys::MessagePort;

use crate::clock::Clock;

use connection::Connection;
pub use connection::LocalSink;
pub use engine::Engine;
use storage::Storage;
pub use storage::StorageKind;

/// The broker's number, which nobody sets here: Kafka's default of `node.id`.
const NODE_ID: i32 = 0;

/// What a host asks of its surroundings.
pub trait Surroundings {
    /// Calls [`Host::tick`] after this delay. A later call replaces an earlier one.
    fn schedule(&self, delay_ms: f64);
    /// Tells a person.
    fn log(&self, level: ottla::LogLevel, message: &str);
    /// The storage could not be opened again. The host serves nobody any more.
    fn failed(&self, reason: &str);
    /// Another leader has taken over the storage. The host serves nobody any more.
    fn fenced(&self);
    /// The time that the broker lives by.
    fn clock(&self) -> Clock {
        Clock::default()
    }
    /// This is the id of the cluster that is stored; from now on another one than before, if the
    /// storage was emptied.
    fn stored(&self, _cluster_id: &str) {}
}

/// Runs brokers, one after another: when the storage fails, a new broker takes over.
pub struct Host<E> {
    /// Makes a broker.
    make: Box<dyn Fn() -> E>,
    surroundings: Box<dyn Surroundings>,
    storage: Storage,
    clock: Clock,
    /// `None` while the storage is being opened.
    engine: RefCell<Option<E>>,
    queue: RefCell<VecDeque<Input>>,
    running: Cell<bool>,
    scheduled_ms: Cell<Option<u64>>,
    connections: RefCell<LiteMap<ConnectionId, Rc<Connection>>>,
    last_connection: Cell<u64>,
    /// The cluster that the surroundings know of.
    cluster_id: Cell<Option<Uuid>>,
}

impl<E: Engine + 'static> Host<E> {
    /// A host whose storage is open and whose broker runs.
    pub async fn open(
        kind: StorageKind,
        make: impl Fn() -> E + 'static,
        surroundings: impl Surroundings + 'static,
    ) -> Result<Rc<Host<E>>, crate::idb::OpenError> {
        let host = Rc::new(Host {
            make: Box::new(make),
            clock: surroundings.clock(),
            surroundings: Box::new(surroundings),
            storage: Storage::new(kind),
            engine: RefCell::new(None),
            queue: RefCell::default(),
            running: Cell::new(false),
            scheduled_ms: Cell::new(None),
            connections: RefCell::default(),
            last_connection: Cell::new(0),
            cluster_id: Cell::new(None),
        });
        host.start().await?;
        Ok(host)
    }

    async fn start(self: &Rc<Self>) -> Result<(), crate::idb::OpenError> {
        let weak = Rc::downgrade(self);
        let report = Rc::new(move |input| {
            match weak.upgrade() {
                // What waits is not refused: its clients ask the new leader.
                Some(host) if host.storage.is_fenced() => host.fenced(),
                Some(host) => host.push(input),
                None => {}
            }
        });
        self.storage.open(report).await?;
        *self.engine.borrow_mut() = Some((self.make)());
        // Those that connected in the meantime, before what they have already sent.
        for (id, connection) in self.connections.borrow().iter() {
            self.queue.borrow_mut().push_front(connected(*id, &connection.client_host));
        }
        self.push(Input::Tick);
        Ok(())
    }

    /// Serves a connection over a port: each message is a frame, as an `ArrayBuffer`. Any other
    /// message ends the connection, in both directions. `client_host` is where the client is, as
    /// DescribeGroups shows it.
    pub fn connect_port(self: &Rc<Self>, port: MessagePort, client_host: String) {
        let id = self.name_connection();
        let host = Rc::clone(self);
        let receive = move |frame| host.receive(id, frame);
        self.add(id, Connection::over_port(port, client_host, receive));
    }

    /// Serves a connection within this module.
    pub fn connect_local(self: &Rc<Self>, sink: LocalSink) -> ConnectionId {
        let id = self.name_connection();
        self.add(id, Connection::local(sink));
        id
    }

    /// A frame arrived on a connection, or (`None`) its end.
    pub fn receive(self: &Rc<Self>, connection: ConnectionId, frame: Option<Bytes>) {
        match frame {
            Some(frame) => self.push(Input::Request { connection, frame }),
            None => {
                let closed = self.connections.borrow_mut().remove(&connection);
                if let Some(closed) = closed {
                    closed.forget();
                    self.push(Input::Disconnected { connection });
                }
            }
        }
    }

    /// These are all the hosts of clients that are left: ends the connections of the others, and lets
    /// them leave their groups.
    pub fn alive_hosts(self: &Rc<Self>, hosts: Vec<String>) {
        let connections = self.connections.borrow();
        let gone = connections.iter().filter(|(_, gone)| !hosts.contains(&gone.client_host));
        let gone: Vec<ConnectionId> = gone.map(|(id, _)| *id).collect();
        drop(connections);
        for id in gone {
            self.receive(id, None);
        }
        self.push(Input::AliveHosts { hosts });
    }

    /// The epoch in which the storage was opened.
    pub fn epoch(&self) -> f64 {
        self.storage.epoch()
    }

    /// The browser tells how much room there is.
    pub fn keep_room(&self, total_bytes: u64, usable_bytes: u64) {
        self.storage.keep_room(total_bytes, usable_bytes);
    }

    /// The time asked for has come.
    pub fn tick(self: &Rc<Self>) {
        self.scheduled_ms.set(None);
        self.push(Input::Tick);
    }

    /// Ends all connections and closes the storage.
    pub fn close(&self) {
        self.engine.borrow_mut().take();
        self.queue.borrow_mut().clear();
        self.storage.close();
        self.drop_connections();
    }

    fn fenced(&self) {
        if self.engine.borrow().is_some() {
            self.close();
            self.surroundings.fenced();
        }
    }

    fn name_connection(&self) -> ConnectionId {
        self.last_connection.set(self.last_connection.get() + 1);
        ConnectionId(self.last_connection.get())
    }

    fn add(self: &Rc<Self>, id: ConnectionId, connection: Connection) {
        let input = connected(id, &connection.client_host);
        self.connections.borrow_mut().insert(id, Rc::new(connection));
        // While the storage is being opened, `start` will tell the new broker.
        if self.engine.borrow().is_some() {
            self.push(input);
        }
    }

    fn push(self: &Rc<Self>, input: Input) {
        self.queue.borrow_mut().push_back(input);
        if !self.running.replace(true) {
            self.run();
            self.running.set(false);
        }
    }

    fn run(self: &Rc<Self>) {
        let mut outputs = Vec::new();
        loop {
            let (deadline_ms, cluster_id) = {
                let mut engine = self.engine.borrow_mut();
                let Some(engine) = engine.as_mut() else { return };
                let Some(input) = self.queue.borrow_mut().pop_front() else { break };
                engine.handle(self.clock.now(), input);
                while let Some(output) = engine.poll_output() {
                    outputs.push(output);
                }
                (engine.poll_deadline(), engine.cluster_id())
            };
            if let Some(stored) = cluster_id
                && self.cluster_id.replace(cluster_id) != cluster_id
            {
                self.surroundings.stored(&stored.to_string());
            }
            for output in outputs.drain(..) {
                self.perform(output);
            }
            self.reschedule(deadline_ms);
        }
    }

    fn perform(self: &Rc<Self>, output: Output) {
        match output {
            Output::Respond { connection, frame } => {
                // Apart from the borrow: a client in this module may answer at once.
                let connection = self.connections.borrow().get(&connection).cloned();
                if let Some(connection) = connection {
                    connection.send(frame);
                }
            }
            Output::Close { connection, reason } => {
                let closed = self.connections.borrow_mut().remove(&connection);
                if let Some(closed) = closed {
                    self.surroundings.log(ottla::LogLevel::Warn, &reason);
                    closed.close();
                    self.push(Input::Disconnected { connection });
                }
            }
            Output::Commit(commit) => {
                if let Some(done) = self.storage.commit(commit) {
                    self.push(done);
                }
            }
            Output::Load { id, load } => {
                if let Some(done) = self.storage.load(id, load) {
                    self.push(done);
                }
            }
            Output::Log { level, message } => self.surroundings.log(level, &message),
            Output::Failed { error } => self.recover(&error),
        }
    }

    /// Memory may have run ahead of the disk: only a new broker knows what is stored.
    fn recover(self: &Rc<Self>, error: &StorageError) {
        let Some(_old) = self.engine.borrow_mut().take() else { return };
        self.surroundings.log(ottla::LogLevel::Error, &error.to_string());
        self.queue.borrow_mut().clear();
        self.storage.close();
        self.drop_connections();
        let host = Rc::clone(self);
        wasm_bindgen_futures::spawn_local(async move {
            if let Err(error) = host.start().await {
                host.drop_connections();
                host.surroundings.failed(&error.to_string());
            }
        });
    }

    fn drop_connections(&self) {
        let connections = std::mem::take(&mut *self.connections.borrow_mut());
        for (_, connection) in connections {
            connection.close();
        }
    }

    fn reschedule(&self, deadline_ms: Option<u64>) {
        let Some(deadline_ms) = deadline_ms else { return };
        // A timer that fires too early costs one tick; one moved for every input costs more.
        if self.scheduled_ms.get().is_some_and(|scheduled_ms| scheduled_ms <= deadline_ms) {
            return;
        }
        self.scheduled_ms.set(Some(deadline_ms));
        let delay_ms = deadline_ms.saturating_sub(self.clock.now().monotonic_ms);
        self.surroundings.schedule(delay_ms as f64);
    }
}

fn connected(connection: ConnectionId, client_host: &str) -> Input {
    let client_host = client_host.to_owned();
    Input::Connected { connection, client_host, node_id: NODE_ID }
}

//! The client's binding: a core client, its connections, and what JavaScript is told.
//!
//! Whoever calls in has the client borrowed for that one call only. What comes of it, frames to send
//! and events, goes into one queue, which is worked off with nothing borrowed, so that JavaScript may
//! call in again at any point. The order of frames is kept, as there is one queue and one who works
//! on it.

mod admin;
mod answer;
mod events;
mod fetched;
mod group;
mod groups;
mod link;
mod observe;
mod options;
mod unpack;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use litemap::LiteMap;
use std::rc::Rc;

use js_sys::Float64Array;
use ottla::Now;
use ottla::client::{CallId, Client, ClientError, ClientInput, ClientOutput, Event, Link, SendId};
use wasm_bindgen::prelude::*;
use web_sys::MessagePort;

use crate::broker::BrokerHost;
use crate::clock::Clock;
use answer::Decode;
pub use events::{ClientEvents, FetchOrNothing};
use link::Linked;

/// A client of a broker.
#[wasm_bindgen(js_name = Client)]
pub struct ClientBinding(Rc<Shared>);

struct Shared {
    client: RefCell<Client>,
    events: ClientEvents,
    clock: Clock,
    links: RefCell<LiteMap<Link, Rc<Linked>>>,
    calls: RefCell<LiteMap<CallId, Call>>,
    work: RefCell<VecDeque<Work>>,
    working: Cell<bool>,
    done: RefCell<Done>,
    scheduled_ms: Cell<Option<u64>>,
    /// Whether JavaScript wants to hear of requests.
    observed: Cell<bool>,
}

/// A call that is under way.
struct Call {
    /// The caller's number.
    id: f64,
    /// How to read the answer, where there is one to read.
    decode: Option<Decode>,
}

enum Work {
    Output(ClientOutput),
    Event(Event),
}

/// Sends that are done and not told yet.
#[derive(Default)]
struct Done {
    results: Vec<f64>,
    errors: Vec<ClientError>,
}

#[wasm_bindgen(js_class = Client)]
impl ClientBinding {
    /// A client with options as in `js/session.ts`. `now` is its clock, where it has one of its own.
    #[wasm_bindgen(constructor)]
    pub fn new(
        options: &JsValue,
        seed: u64,
        events: ClientEvents,
        now: Option<js_sys::Function>,
    ) -> Result<ClientBinding, JsValue> {
        let config = options::read(options)?;
        let clock = Clock::new(now);
        let client = Client::new(config, seed).map_err(|error| answer::error(&error))?;
        Ok(ClientBinding(Rc::new(Shared {
            client: RefCell::new(client),
            events,
            clock,
            links: RefCell::default(),
            calls: RefCell::default(),
            work: RefCell::default(),
            working: Cell::new(false),
            done: RefCell::default(),
            scheduled_ms: Cell::new(None),
            observed: Cell::new(false),
        })))
    }

    /// The connection stands, over this port.
    pub fn connected(&self, link: f64, port: MessagePort) {
        let link = Link(link as u64);
        let linked = Linked::over_port(port, self.0.receiver(link));
        self.0.links.borrow_mut().insert(link, Rc::new(linked));
        self.0.input(ClientInput::Connected { link });
    }

    /// The connection stands, to a broker in this module.
    #[wasm_bindgen(js_name = connectedLocal)]
    pub fn connected_local(&self, link: f64, host: &BrokerHost) {
        let link = Link(link as u64);
        let linked = Linked::local(host.host(), self.0.receiver(link));
        self.0.links.borrow_mut().insert(link, Rc::new(linked));
        self.0.input(ClientInput::Connected { link });
    }

    /// The connection is gone, or could not be made.
    pub fn disconnected(&self, link: f64, reason: String) {
        self.0.lost(Link(link as u64), reason);
    }

    /// The time asked for has come.
    pub fn tick(&self) {
        self.0.scheduled_ms.set(None);
        self.0.input(ClientInput::Tick);
    }

    /// Takes packed sends; what becomes of them is told by `produced`.
    pub fn produce(&self, packed: &[u8]) {
        self.0.enter(|client, now| {
            let mut full: Option<ClientError> = None;
            for send in unpack::Unpack::new(packed) {
                let produced = match &full {
                    // A later send must not overtake one that did not fit.
                    Some(full) => Err(full.clone()),
                    None => client.produce(now, SendId(send.id), send.topic, send.records()),
                };
                if let Err(error) = produced {
                    if matches!(error, ClientError::BufferFull { .. }) {
                        full = Some(error.clone());
                    }
                    self.0.done.borrow_mut().add(send.id, &[], Some(error));
                }
            }
        });
    }

    /// How many bytes wait to be sent, or to be acknowledged.
    #[wasm_bindgen(js_name = bufferedBytes)]
    pub fn buffered_bytes(&self) -> f64 {
        self.0.client.borrow().buffered_bytes() as f64
    }

    /// Starts an operation of `js/admin/admin.ts`. Its end is told by `settled` under the caller's number,
    /// perhaps before this returns.
    pub fn call(&self, id: f64, operation: &str, arguments: &JsValue) -> Result<(), JsValue> {
        self.0.enter(|client, now| {
            let (call, decode) = admin::start(operation, arguments, now, client)?;
            self.0.calls.borrow_mut().insert(call, Call { id, decode });
            Ok(())
        })
    }

    /// Fetches from these partitions, and from no others.
    pub fn assign(&self, partitions: &JsValue) -> Result<(), JsValue> {
        let partitions = options::assignment(partitions)?;
        let partitions: Vec<_> = partitions
            .iter()
            .map(|(topic, partition, start)| (topic.as_str(), *partition, *start))
            .collect();
        self.0
            .enter(|client, now| client.assign(now, &partitions))
            .map_err(|error| answer::error(&error))
    }

    /// Goes on at another place of a partition.
    pub fn seek(&self, topic: &str, partition: i32, place: &JsValue) -> Result<(), JsValue> {
        let place = options::place(place)?;
        self.0
            .enter(|client, now| client.seek(now, topic, partition, place))
            .map_err(|error| answer::error(&error))
    }

    /// Stops fetching a partition.
    pub fn pause(&self, topic: &str, partition: i32) -> Result<(), JsValue> {
        self.0
            .enter(|client, now| client.pause(now, topic, partition))
            .map_err(|error| answer::error(&error))
    }

    /// Fetches a partition again.
    pub fn resume(&self, topic: &str, partition: i32) -> Result<(), JsValue> {
        self.0
            .enter(|client, now| client.resume(now, topic, partition))
            .map_err(|error| answer::error(&error))
    }

    /// Records that have arrived.
    #[wasm_bindgen(js_name = pollFetched)]
    pub fn poll_fetched(&self) -> FetchOrNothing {
        let fetched = self.0.enter(|client, now| client.poll_fetched(now));
        fetched.map_or(JsValue::UNDEFINED, |fetched| fetched::to_js(&fetched)).unchecked_into()
    }

    /// Whether the client is about to be closed, and so waits for nobody who cannot be reached.
    pub fn hurry(&self, hurry: bool) {
        self.0.enter(|client, now| client.hurry(now, hurry));
    }

    /// Fails what waits, and ends the connections.
    pub fn close(&self) {
        self.0.enter(|client, now| client.close(now));
        let links = std::mem::take(&mut *self.0.links.borrow_mut());
        for (_, linked) in links {
            linked.close();
        }
    }
}

impl Shared {
    /// Borrows the client for a call, and then does what comes of it.
    fn enter<T>(&self, call: impl FnOnce(&mut Client, Now) -> T) -> T {
        let now = self.clock.now();
        let result = {
            let mut client = self.client.borrow_mut();
            let result = call(&mut client, now);
            let mut work = self.work.borrow_mut();
            while let Some(output) = client.poll_output() {
                work.push_back(Work::Output(output));
            }
            while let Some(event) = client.poll_event() {
                work.push_back(Work::Event(event));
            }
            result
        };
        if !self.working.replace(true) {
            self.work();
            self.working.set(false);
        }
        result
    }

    fn input(&self, input: ClientInput) {
        self.enter(|client, now| client.handle(now, input));
    }

    fn work(&self) {
        loop {
            let work = self.work.borrow_mut().pop_front();
            match work {
                Some(Work::Output(output)) => self.perform(output),
                Some(Work::Event(event)) => self.tell(event),
                None if self.tell_done() => {}
                None => break,
            }
        }
        self.reschedule();
    }

    fn perform(&self, output: ClientOutput) {
        match output {
            ClientOutput::Connect { link, host, port } => {
                self.events.connect(link.0 as f64, &host, port);
            }
            ClientOutput::Send { link, frame } => {
                let linked = self.links.borrow().get(&link).cloned();
                if let Some(linked) = linked {
                    self.observe_sent(link, &frame);
                    linked.send(frame);
                }
            }
            ClientOutput::Disconnect { link } => {
                let linked = self.links.borrow_mut().remove(&link);
                if let Some(linked) = linked {
                    linked.close();
                }
                self.events.unlinked(link.0 as f64);
            }
        }
    }

    fn tell(&self, event: Event) {
        match event {
            Event::Produced { send, partitions, error, .. } => {
                self.done.borrow_mut().add(send.0, &partitions, error);
            }
            Event::Response { call, response } => {
                let decode = self.calls.borrow().get(&call).and_then(|call| call.decode);
                let Some(decode) = decode else { return };
                match decode(&response) {
                    Ok(result) => self.settle(call, None, &result),
                    Err(error) => self.settle(call, Some(&error), &JsValue::UNDEFINED),
                }
            }
            Event::OffsetsListed { call, offsets } => {
                self.settle(call, None, &answer::offsets(&offsets));
            }
            Event::RecordsDeleted { call, low_watermarks } => {
                self.settle(call, None, &answer::each_offset(&low_watermarks));
            }
            Event::CallFailed { call, error } => {
                self.settle(call, Some(&error), &JsValue::UNDEFINED);
            }
            Event::MetadataLoaded { call } => self.settle(call, None, &JsValue::UNDEFINED),
            Event::FetchReady => self.events.fetch_ready(),
            Event::FetchFailed { topic, partition, error } => {
                self.events.fetch_failed(&topic, partition, &answer::error(&error));
            }
            // The options name no group.
            Event::Group(event) => self.tell_group(&event),
            Event::Unreachable { error } => self.events.unreachable(&answer::error(&error)),
        }
    }

    fn settle(&self, call: CallId, error: Option<&ClientError>, result: &JsValue) {
        let call = self.calls.borrow_mut().remove(&call);
        let error = error.map_or(JsValue::UNDEFINED, answer::error);
        if let Some(Call { id, .. }) = call {
            self.events.settled(id, &error, result);
        }
    }

    /// Tells of all sends that are done, in one call. Says whether there were any.
    fn tell_done(&self) -> bool {
        let Done { results, errors } = self.done.take();
        if results.is_empty() {
            return false;
        }
        self.events.produced(&Float64Array::from(&results[..]), &answer::errors(&errors));
        true
    }

    fn reschedule(&self) {
        let now = self.clock.now();
        let Some(deadline_ms) = self.client.borrow().poll_deadline(now) else { return };
        // A timer that fires too early costs one tick; one moved for every input costs more.
        if self.scheduled_ms.get().is_some_and(|scheduled_ms| scheduled_ms <= deadline_ms) {
            return;
        }
        self.scheduled_ms.set(Some(deadline_ms));
        let delay_ms = deadline_ms.saturating_sub(now.monotonic_ms);
        self.events.schedule(delay_ms as f64);
    }

    /// What to do with what arrives on a link.
    fn receiver(self: &Rc<Self>, link: Link) -> link::Receiver {
        let shared = Rc::downgrade(self);
        Box::new(move |frame| {
            let Some(shared) = shared.upgrade() else { return };
            match frame {
                Some(frame) => shared.observe_answered(link, frame, |frame| {
                    shared.input(ClientInput::Received { link, frame });
                }),
                None => shared.lost(link, "the broker closed the connection".to_owned()),
            }
        })
    }

    fn lost(&self, link: Link, reason: String) {
        let linked = self.links.borrow_mut().remove(&link);
        if let Some(linked) = linked {
            linked.forget();
        }
        self.events.unlinked(link.0 as f64);
        self.input(ClientInput::Disconnected { link, reason });
    }
}

impl Done {
    fn add(
        &mut self,
        send: u64,
        partitions: &[ottla::client::RecordMetadata],
        error: Option<ClientError>,
    ) {
        let error = error.map_or(-1.0, |error| {
            self.errors.push(error);
            (self.errors.len() - 1) as f64
        });
        self.results.extend([send as f64, error, partitions.len() as f64]);
        for partition in partitions {
            self.results.extend([
                f64::from(partition.partition),
                partition.base_offset as f64,
                partition.log_append_time_ms as f64,
                partition.log_start_offset as f64,
            ]);
        }
    }
}

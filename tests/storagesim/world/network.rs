//! The ways between the broker, its clients and the auditor.

use ottla::client::{ClientInput, ClientOutput, Link};
use ottla::protocol::{Request, decode_response, encode_request};
use ottla::{ConnectionId, Input};

use super::{PATIENCE_MS, What, Wire, World};

impl World {
    pub(super) fn connect(&mut self, at: usize, link: Link) {
        let serving = self.open && self.broker.is_some();
        if !serving {
            let reason = "nobody is there".to_owned();
            return self.hear(at, ClientInput::Disconnected { link, reason });
        }
        self.next_connection += 1;
        let connection = ConnectionId(self.next_connection);
        let now_ms = self.now.monotonic_ms;
        self.wires.insert(connection, Wire { actor: at, link, up_ms: now_ms, down_ms: now_ms });
        self.actors[at].linked(link, connection);
        let client_host = format!("/10.0.0.{at}");
        self.input(Input::Connected { connection, client_host, node_id: 0 });
        self.hear(at, ClientInput::Connected { link });
    }

    /// All connections of a client break.
    pub(crate) fn cut(&mut self, at: usize) {
        self.tell(|| format!("client {at}'s connections break"));
        let links = self.actors[at].links();
        for (link, connection) in links {
            self.wires.remove(&connection);
            let later = self.later(self.weather.network_ms);
            self.wait(later, self.life, What::HungUp(connection));
            let later = self.later(self.weather.network_ms);
            self.wait(later, 0, What::Gone(at, link));
        }
    }

    pub(super) fn hear(&mut self, at: usize, input: ClientInput) {
        self.actors[at].client.handle(self.now, input);
        self.tend(at);
    }

    /// Takes what a client has to say.
    pub(crate) fn tend(&mut self, at: usize) {
        loop {
            let mut idle = true;
            while let Some(output) = self.actors[at].client.poll_output() {
                idle = false;
                self.carry_for(at, output);
            }
            idle &= !self.attend(at);
            if idle {
                break;
            }
        }
        let now = self.now;
        self.actors[at].plan(now);
    }

    fn carry_for(&mut self, at: usize, output: ClientOutput) {
        match output {
            ClientOutput::Connect { link, .. } => {
                let later = self.later(self.weather.network_ms);
                self.wait(later, 0, What::Connect(at, link));
            }
            ClientOutput::Send { link, frame } => {
                let Some(connection) = self.actors[at].connection(link) else { return };
                let later = self.later(self.weather.network_ms);
                let Some(wire) = self.wires.get_mut(&connection) else { return };
                wire.up_ms = wire.up_ms.max(later);
                let later = wire.up_ms;
                let frame = self.saboteur.request(connection, frame);
                self.wait(later, self.life, What::ToBroker(connection, frame));
            }
            ClientOutput::Disconnect { link } => {
                if let Some(connection) = self.actors[at].connection(link) {
                    self.actors[at].unlink(link);
                    self.wires.remove(&connection);
                    let later = self.later(self.weather.network_ms);
                    self.wait(later, self.life, What::HungUp(connection));
                }
            }
        }
    }

    /// Asks the broker, and waits for the answer; `None` where the broker dies before it comes.
    pub(crate) fn ask<R: Request>(&mut self, request: &R, version: i16) -> Option<R::Response> {
        while self.broker.is_none() {
            self.step(u64::MAX);
        }
        let life = self.life;
        self.correlation_id += 1;
        let id = self.correlation_id;
        let frame = encode_request(request, version, id, Some("auditor"));
        let frame = self.saboteur.request(self.auditor, frame);
        let began_ms = self.now.monotonic_ms;
        let mut until = began_ms + PATIENCE_MS;
        self.input(Input::Request { connection: self.auditor, frame });
        loop {
            if self.life != life {
                return None;
            }
            while let Some(frame) = self.answers.pop_front() {
                let (answered, response) = decode_response(frame, version).unwrap();
                if answered == id {
                    return Some(response);
                }
            }
            if !self.step(until) {
                let patience_ms = self.now.monotonic_ms - began_ms;
                assert!(patience_ms < 2 * PATIENCE_MS, "the broker does not answer {:?}", R::API);
                self.repair();
                until += PATIENCE_MS;
            }
        }
    }

    /// Nothing fails any more: where it fails too often, a broker opens its storage again and again.
    pub(crate) fn repair(&mut self) {
        (self.weather.failing_commits, self.weather.failing_loads) = (0, 0);
        self.disk.make_room();
    }
}

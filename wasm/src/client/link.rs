//! A client's connections: over a port, or to a broker in this module.

use std::rc::Rc;

use bytes::Bytes;
use ottla::Broker;
use ottla::ConnectionId;
use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, MessagePort};

use crate::host::Host;
use crate::port;

/// What to do with a frame, or (`None`) with the end of the connection.
pub(super) type Receiver = Box<dyn Fn(Option<Bytes>)>;

/// One connection.
pub(super) enum Linked {
    Port { port: MessagePort, _on_message: Closure<dyn Fn(MessageEvent)> },
    Local { host: Rc<Host<Broker>>, connection: ConnectionId },
}

impl Linked {
    pub(super) fn over_port(port: MessagePort, receive: Receiver) -> Linked {
        let on_message = port::listen(&port, receive);
        Linked::Port { port, _on_message: on_message }
    }

    pub(super) fn local(host: &Rc<Host<Broker>>, receive: Receiver) -> Linked {
        let connection = host.connect_local(receive);
        Linked::Local { host: Rc::clone(host), connection }
    }

    pub(super) fn send(&self, frame: Bytes) {
        match self {
            Linked::Port { port, .. } => port::post(port, &frame),
            Linked::Local { host, connection } => host.receive(*connection, Some(frame)),
        }
    }

    /// Ends the connection and tells the broker.
    pub(super) fn close(&self) {
        match self {
            Linked::Port { port, .. } => port::end(port),
            Linked::Local { host, connection } => host.receive(*connection, None),
        }
    }

    /// Ends a connection that the broker has ended.
    pub(super) fn forget(&self) {
        if let Linked::Port { port, .. } = self {
            port::close(port);
        }
    }
}

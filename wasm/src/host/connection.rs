//! Connections: how frames reach a client and come from it.

use bytes::Bytes;
use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, MessagePort};

use crate::port;

/// Where a client within this module gets its frames; `None` ends the connection.
pub type LocalSink = Box<dyn Fn(Option<Bytes>)>;

/// One client's connection.
pub(super) enum Connection {
    /// Over a port.
    Port { port: MessagePort, _on_message: Closure<dyn Fn(MessageEvent)> },
    /// Within this module.
    Local(LocalSink),
}

impl Connection {
    pub(super) fn over_port(
        port: MessagePort,
        receive: impl Fn(Option<Bytes>) + 'static,
    ) -> Connection {
        let on_message = port::listen(&port, receive);
        Connection::Port { port, _on_message: on_message }
    }

    pub(super) fn send(&self, frame: Bytes) {
        match self {
            Connection::Port { port, .. } => port::post(port, &frame),
            Connection::Local(sink) => sink(Some(frame)),
        }
    }

    /// Ends the connection and tells the client.
    pub(super) fn close(&self) {
        match self {
            Connection::Port { port, .. } => port::end(port),
            Connection::Local(sink) => sink(None),
        }
    }

    /// Ends the connection of a client that is gone.
    pub(super) fn forget(&self) {
        if let Connection::Port { port, .. } = self {
            port::close(port);
        }
    }
}

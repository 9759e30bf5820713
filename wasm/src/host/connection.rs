//! Connections: how frames reach a client and come from it.

use bytes::Bytes;
use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, MessagePort};

use crate::port;

/// Where a client within this module gets its frames; `None` ends the connection.
pub type LocalSink = Box<dyn Fn(Option<Bytes>)>;

/// One client's connection.
pub(super) struct Connection {
    /// Where the client is, as the broker shows it.
    pub(super) client_host: String,
    way: Way,
}

enum Way {
    /// Over a port.
    Port { port: MessagePort, _on_message: Closure<dyn Fn(MessageEvent)> },
    /// Within this module.
    Local(LocalSink),
}

impl Connection {
    pub(super) fn over_port(
        port: MessagePort,
        client_host: String,
        receive: impl Fn(Option<Bytes>) + 'static,
    ) -> Connection {
        let on_message = port::listen(&port, receive);
        Connection { client_host, way: Way::Port { port, _on_message: on_message } }
    }

    pub(super) fn local(sink: LocalSink) -> Connection {
        Connection { client_host: "local".to_owned(), way: Way::Local(sink) }
    }

    pub(super) fn send(&self, frame: Bytes) {
        match &self.way {
            Way::Port { port, .. } => port::post(port, &frame),
            Way::Local(sink) => sink(Some(frame)),
        }
    }

    /// Ends the connection and tells the client.
    pub(super) fn close(&self) {
        match &self.way {
            Way::Port { port, .. } => port::end(port),
            Way::Local(sink) => sink(None),
        }
    }

    /// Ends the connection of a client that is gone.
    pub(super) fn forget(&self) {
        if let Way::Port { port, .. } = &self.way {
            port::close(port);
        }
    }
}

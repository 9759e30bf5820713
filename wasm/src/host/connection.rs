//! Connections: how frames reach a client and come from it.

use bytes::Bytes;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, MessagePort};

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
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            receive(frame_of(&event.data()));
        });
        // Setting the handler also starts the port.
        port.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Connection::Port { port, _on_message: on_message }
    }

    pub(super) fn send(&self, frame: Bytes) {
        match self {
            Connection::Port { port, .. } => post(port, &frame),
            Connection::Local(sink) => sink(Some(frame)),
        }
    }

    /// Ends the connection and tells the client.
    pub(super) fn close(&self) {
        match self {
            Connection::Port { port, .. } => {
                // Fails for messages that cannot be cloned; this one can.
                let _ = port.post_message(&JsValue::NULL);
            }
            Connection::Local(sink) => sink(None),
        }
        self.forget();
    }

    /// Ends the connection of a client that is gone.
    pub(super) fn forget(&self) {
        if let Connection::Port { port, .. } = self {
            port.set_onmessage(None);
            port.close();
        }
    }
}

/// The frame in a message; `None` for the message that ends a connection.
pub(crate) fn frame_of(data: &JsValue) -> Option<Bytes> {
    let buffer = data.dyn_ref::<ArrayBuffer>()?;
    Some(Bytes::from(Uint8Array::new(buffer).to_vec()))
}

/// Sends a frame as a transferred `ArrayBuffer`.
pub(crate) fn post(port: &MessagePort, frame: &[u8]) {
    let buffer = Uint8Array::from(frame).buffer();
    // Fails for messages that cannot be cloned; a buffer of our own can.
    let _ = port.post_message_with_transferable(&buffer, &Array::of1(&buffer));
}

//! Frames over `MessagePort`s: each message is one frame, as a transferred `ArrayBuffer`; any other
//! message ends the connection.

use bytes::Bytes;
use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, MessagePort};

/// Calls `receive` with each frame, and with `None` at the end of the connection.
pub(crate) fn listen(
    port: &MessagePort,
    receive: impl Fn(Option<Bytes>) + 'static,
) -> Closure<dyn Fn(MessageEvent)> {
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        receive(frame_of(&event.data()));
    });
    // Setting the handler also starts the port.
    port.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message
}

fn frame_of(data: &JsValue) -> Option<Bytes> {
    let buffer = data.dyn_ref::<ArrayBuffer>()?;
    Some(Bytes::from(Uint8Array::new(buffer).to_vec()))
}

/// Sends a frame.
pub(crate) fn post(port: &MessagePort, frame: &[u8]) {
    let buffer = Uint8Array::from(frame).buffer();
    // Fails for messages that cannot be cloned; a buffer of our own can.
    let _ = port.post_message_with_transferable(&buffer, &Array::of1(&buffer));
}

/// Tells the other side that the connection ends, and ends it.
pub(crate) fn end(port: &MessagePort) {
    // As in `post`.
    let _ = port.post_message(&JsValue::NULL);
    close(port);
}

/// Ends a connection that the other side has ended.
pub(crate) fn close(port: &MessagePort) {
    port.set_onmessage(None);
    port.close();
}

//! Plain objects for JavaScript.

use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;

/// An object with these properties.
pub(crate) fn object(properties: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in properties {
        // Fails for frozen objects and proxies only.
        let _ = Reflect::set(&object, &JsValue::from_str(name), value);
    }
    object.into()
}

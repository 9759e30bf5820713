//! Plain objects of JavaScript, read and written.
//!
//! By hand rather than through serde: this is all that the binding needs, and serde's code for the
//! same was 50 KB of WebAssembly.

use js_sys::{Array, Object, Reflect};
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

/// A list of what these become.
pub(crate) fn list<T>(items: &[T], to_js: impl Fn(&T) -> JsValue) -> JsValue {
    let list = Array::new();
    for item in items {
        list.push(&to_js(item));
    }
    list.into()
}

/// A text, or null.
pub(crate) fn text_or_null(text: Option<&str>) -> JsValue {
    text.map_or(JsValue::NULL, JsValue::from_str)
}

/// Reads the properties of an object. The package makes these objects, so that whoever sees one of
/// these errors has found a mistake in the package.
#[derive(Debug)]
pub(crate) struct Properties<'a>(pub(crate) &'a JsValue);

impl Properties<'_> {
    /// A property, whatever it is; undefined if it is not there.
    pub(crate) fn get(&self, name: &str) -> JsValue {
        Reflect::get(self.0, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
    }

    pub(crate) fn text(&self, name: &str) -> Result<String, JsValue> {
        self.get(name).as_string().ok_or_else(|| wrong(name))
    }

    pub(crate) fn number(&self, name: &str) -> Result<f64, JsValue> {
        self.get(name).as_f64().ok_or_else(|| wrong(name))
    }

    pub(crate) fn flag(&self, name: &str) -> Result<bool, JsValue> {
        self.get(name).as_bool().ok_or_else(|| wrong(name))
    }

    /// A list, each item read by a function.
    pub(crate) fn list<T>(
        &self,
        name: &str,
        read: impl Fn(&JsValue) -> Result<T, JsValue>,
    ) -> Result<Vec<T>, JsValue> {
        self.optional_list(name, read)?.ok_or_else(|| wrong(name))
    }

    /// A list, or nothing.
    pub(crate) fn optional_list<T>(
        &self,
        name: &str,
        read: impl Fn(&JsValue) -> Result<T, JsValue>,
    ) -> Result<Option<Vec<T>>, JsValue> {
        let value = self.get(name);
        if value.is_null_or_undefined() {
            return Ok(None);
        }
        read_list(&value, name, read).map(Some)
    }
}

/// A list whose items are read by a function.
pub(crate) fn read_list<T>(
    value: &JsValue,
    name: &str,
    read: impl Fn(&JsValue) -> Result<T, JsValue>,
) -> Result<Vec<T>, JsValue> {
    let array = value.dyn_ref::<Array>().ok_or_else(|| wrong(name))?;
    let mut items = Vec::with_capacity(array.length() as usize);
    for item in array.iter() {
        items.push(read(&item)?);
    }
    Ok(items)
}

/// A text that is an item of a list.
pub(crate) fn read_text(value: &JsValue) -> Result<String, JsValue> {
    value.as_string().ok_or_else(|| wrong("item"))
}

/// A number that is an item of a list.
pub(crate) fn read_integer(value: &JsValue) -> Result<i32, JsValue> {
    value.as_f64().map(|number| number as i32).ok_or_else(|| wrong("item"))
}

fn wrong(name: &str) -> JsValue {
    JsValue::from_str(&format!("{name} is missing or of the wrong type"))
}

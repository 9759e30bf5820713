//! Ottla in a browser.

pub mod clock;
pub mod host;
pub mod idb;

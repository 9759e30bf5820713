//! Ottla in a browser.

pub mod idb;

//! Plants what is forbidden, and sees that it is found.

use crate::rules::{
    Reexports, check_core, check_demo, check_no_indexed_db, check_no_javascript, check_script,
    reexports,
};

fn lib() -> Reexports {
    reexports("mod uuid; pub use io::{Input, Now}; pub use uuid::Uuid as Id; pub use group::Group;")
        .unwrap()
}

#[track_caller]
fn found(module: &[&str], source: &str) -> usize {
    check_core(source, module, &lib()).unwrap().len()
}

#[test]
fn a_later_module_is_not_used_by_an_earlier_one() {
    assert_eq!(found(&["protocol"], "use crate::record::Batch;"), 1);
    assert_eq!(found(&["log", "index"], "use crate::{record::Batch, topic::{Topic, Config}};"), 2);
    assert_eq!(found(&["group"], "fn f() { crate::transaction::begin() }"), 1);
    assert_eq!(found(&["transaction"], "macro_rules! m { () => { $crate::group::X } }"), 1);
    assert_eq!(found(&["topic"], "use crate::Group;"), 1);
    assert_eq!(found(&["storage"], "use crate::log::*;"), 1);
    assert_eq!(found(&["storage", "effect"], "use crate::protocol::Field;"), 1);
    assert_eq!(found(&["record"], "mod inner { use crate::log as other; }"), 1);
}

#[test]
fn an_earlier_module_may_be_used() {
    assert_eq!(found(&["record"], "use crate::protocol::{Reader, wire::{self, Writer}};"), 0);
    assert_eq!(found(&["storage", "value"], "use super::Commit; use crate::protocol::Field;"), 0);
    assert_eq!(found(&["broker"], "use crate::{api, group::Group, log::Log}; use crate::Id;"), 0);
    assert_eq!(found(&["client"], "use crate::{Now, protocol::Field, record::Batch};"), 0);
    assert_eq!(found(&["log"], "#[cfg(test)] mod tests { use crate::broker::Broker; }"), 0);
}

#[test]
fn the_client_stands_apart() {
    assert_eq!(found(&["client"], "use crate::io::Input;"), 1);
    assert_eq!(found(&["client", "producer"], "use crate::{Input, storage::Commit};"), 2);
    assert_eq!(found(&["api"], "use crate::client::Client;"), 1);
}

#[test]
fn super_is_no_way_around() {
    assert_eq!(found(&["log", "index"], "use super::super::topic::Topic;"), 1);
    assert_eq!(found(&["log"], "use super::{topic::Topic, record::Batch};"), 1);
    assert_eq!(found(&["log", "index"], "use super::Log; use self::inner::X;"), 0);
    assert_eq!(found(&["log"], "mod inner { fn f() { super::super::topic::g() } }"), 1);
}

#[test]
fn core_has_no_clock_and_no_io() {
    assert_eq!(found(&["log"], "use std::{fs::File, time::{Duration, Instant}};"), 2);
    assert_eq!(found(&["client"], "fn f() -> u64 { rand::random() }"), 1);
    assert_eq!(found(&["log"], "use std::time::Duration; use std::io;"), 0);
}

#[test]
fn a_new_module_must_be_given_a_place() {
    assert_eq!(found(&["quota"], "use crate::protocol::Field;"), 1);
}

#[test]
fn javascript_and_indexed_db_have_their_places() {
    assert_eq!(found(&["log"], "use web_sys::console;"), 1);
    assert_eq!(check_no_javascript("fn f(v: js_sys::Array) {}").unwrap().len(), 1);
    assert_eq!(check_no_indexed_db("use web_sys::{IdbDatabase, MessagePort};").unwrap().len(), 1);
    assert_eq!(check_no_indexed_db("use indexed_db_futures::Build;").unwrap().len(), 1);
    assert_eq!(check_no_indexed_db("use web_sys::MessagePort;").unwrap().len(), 0);
    assert_eq!(check_script("const open = self.indexedDB.open('x')").len(), 1);
    assert_eq!(check_script("function f(range: IDBKeyRange) {}").len(), 1);
    assert_eq!(check_script("if (typeof indexedDB === 'undefined') fail()").len(), 0);
    assert_eq!(check_script("// indexedDB is opened elsewhere\nconnect('idb://shop')").len(), 0);
}

#[test]
fn the_demo_uses_the_package_by_name() {
    assert_eq!(check_demo("import { Kafka } from '../../wasm/dist/index.js'", 1).len(), 1);
    assert_eq!(check_demo("await import(\"ottla/dist/worker.js\")", 0).len(), 1);
    assert_eq!(check_demo("import { Kafka } from 'ottla'\nimport './style.css'", 0).len(), 0);
    assert_eq!(check_demo("import { a } from '../a'", 1).len(), 0);
}

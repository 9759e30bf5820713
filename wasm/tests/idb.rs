//! The IndexedDB driver in a real browser: `wasm-pack test --headless --chrome wasm`.
#![cfg(target_arch = "wasm32")]
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use ottla::Input;
use ottla::storage::{
    Commit, CommitId, Durability, Load, LoadId, Loaded, LogId, LogRange, SegmentId, StorageError,
    Write,
};
use ottla_wasm::idb::{Driver, MAX_PIECE_BYTES, OpenError, database_name};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::*;

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen(inline_js = "
    export const sleep = ms => new Promise(done => setTimeout(done, ms));
    export const openRaw = (name, version) => new Promise((done, fail) => {
        const request = indexedDB.open(name, version);
        request.onsuccess = () => done(request.result);
        request.onerror = () => fail(request.error);
        request.onblocked = () => fail(new Error('blocked'));
    });
    export const closeRaw = database => database.close();
    export const keysOf = (name, store) => new Promise((done, fail) => {
        const request = indexedDB.open(name);
        request.onsuccess = () => {
            const database = request.result;
            const keys = database.transaction(store).objectStore(store).getAllKeys();
            keys.onsuccess = () => { database.close(); done(JSON.stringify(keys.result)); };
        };
        request.onerror = () => fail(request.error);
    });
    export const removeKey = (name, store, key) => new Promise((done, fail) => {
        const request = indexedDB.open(name);
        request.onsuccess = () => {
            const database = request.result;
            const transaction = database.transaction(store, 'readwrite');
            transaction.objectStore(store).delete(JSON.parse(key));
            transaction.oncomplete = () => { database.close(); done(); };
        };
        request.onerror = () => fail(request.error);
    });
    export const makeFirstVersion = name => new Promise((done, fail) => {
        const request = indexedDB.open(name, 1);
        request.onupgradeneeded = () => {
            request.result.createObjectStore('log');
            const metadata = request.result.createObjectStore('metadata');
            metadata.put(new TextEncoder().encode('c'), 'cluster');
        };
        request.onsuccess = () => { request.result.close(); done(); };
        request.onerror = () => fail(request.error);
    });
    export const deleteRaw = name => new Promise((done, fail) => {
        const request = indexedDB.deleteDatabase(name);
        request.onsuccess = () => done();
        request.onerror = () => fail(request.error);
    });
    const { put, add } = IDBObjectStore.prototype;
    export const failPuts = name => {
        const fail = () => { throw new DOMException('no room', name); };
        Object.assign(IDBObjectStore.prototype, { put: fail, add: fail });
    };
    export const restorePuts = () => Object.assign(IDBObjectStore.prototype, { put, add });
    let open = IDBFactory.prototype.open;
    export const neverOpen = () => {
        IDBFactory.prototype.open = function () {
            return Object.create(IDBOpenDBRequest.prototype, {
                readyState: { value: 'pending' },
                onsuccess: { set() {} }, onerror: { set() {} },
                onblocked: { set() {} }, onupgradeneeded: { set() {} },
            });
        };
    };
    export const denyOpen = () => {
        IDBFactory.prototype.open = () => { throw new DOMException('denied', 'SecurityError'); };
    };
    export const restoreOpen = () => { IDBFactory.prototype.open = open; };
")]
extern "C" {
    #[wasm_bindgen(catch)]
    async fn sleep(ms: u32) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = openRaw)]
    async fn open_raw(name: &str, version: u32) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = closeRaw)]
    fn close_raw(database: &JsValue);
    #[wasm_bindgen(catch, js_name = keysOf)]
    async fn keys_of(name: &str, store: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = removeKey)]
    async fn remove_key(name: &str, store: &str, key: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = makeFirstVersion)]
    async fn make_first_version(name: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = deleteRaw)]
    async fn delete_raw(name: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = failPuts)]
    fn fail_puts(name: &str);
    #[wasm_bindgen(js_name = restorePuts)]
    fn restore_puts();
    #[wasm_bindgen(js_name = neverOpen)]
    fn never_open();
    #[wasm_bindgen(js_name = denyOpen)]
    fn deny_open();
    #[wasm_bindgen(js_name = restoreOpen)]
    fn restore_open();
}

/// A driver, and what it has reported.
struct Bench {
    driver: Driver,
    reports: Rc<RefCell<Vec<Input>>>,
    next: u64,
}

impl Bench {
    async fn open(name: &str) -> Bench {
        let reports = Rc::new(RefCell::new(Vec::new()));
        let report = {
            let reports = Rc::clone(&reports);
            Rc::new(move |input| reports.borrow_mut().push(input))
        };
        let driver = Driver::open(name, 20_000, None, report).await.unwrap();
        Bench { driver, reports, next: 0 }
    }

    async fn report(&self) -> Input {
        for _ in 0..5_000 {
            if let Some(input) = self.reports.borrow_mut().pop() {
                return input;
            }
            sleep(5).await.unwrap();
        }
        panic!("nothing was reported");
    }

    fn start(&mut self, writes: Vec<Write>) -> CommitId {
        self.next += 1;
        let id = CommitId(self.next);
        self.driver.commit(Commit { id, durability: Durability::Relaxed, writes });
        id
    }

    async fn commit(&mut self, writes: Vec<Write>) -> Result<(), StorageError> {
        let id = self.start(writes);
        match self.report().await {
            Input::Committed { commit } if commit == id => Ok(()),
            Input::CommitFailed { commit, error } if commit == id => Err(error),
            other => panic!("unexpected {other:?}"),
        }
    }

    async fn try_load(&mut self, load: Load) -> Result<Loaded, StorageError> {
        self.next += 1;
        let id = LoadId(self.next);
        self.driver.load(id, load);
        match self.report().await {
            Input::Loaded { load, result } if load == id => result,
            other => panic!("unexpected {other:?}"),
        }
    }

    async fn metadata(&mut self) -> Vec<(String, Bytes)> {
        match self.try_load(Load::Metadata).await.unwrap() {
            Loaded::Metadata(found) => found,
            other => panic!("unexpected {other:?}"),
        }
    }

    async fn range(&mut self, segment: i64, start: u64, end: u64) -> Vec<(u64, Bytes)> {
        let range = LogRange { log: LogId(7), segment: SegmentId::new(segment), start, end };
        match self.try_load(Load::Log(range)).await.unwrap() {
            Loaded::Log(found) => found,
            other => panic!("unexpected {other:?}"),
        }
    }
}

fn append(segment: i64, position: u64, bytes: impl Into<Bytes>) -> Write {
    append_to(SegmentId::new(segment), position, bytes)
}

fn append_to(segment: SegmentId, position: u64, bytes: impl Into<Bytes>) -> Write {
    Write::Append { log: LogId(7), segment, position, bytes: bytes.into() }
}

fn put(key: &str, value: &'static [u8]) -> Write {
    Write::PutMetadata { key: key.into(), value: Bytes::from_static(value) }
}

fn noise(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 31 + at / 251) as u8).collect()
}

#[wasm_bindgen_test]
async fn what_was_committed_is_there_after_opening_again() {
    let mut bench = Bench::open("round-trip").await;
    assert_eq!(bench.metadata().await, []);
    let writes = vec![
        put("topic/a", b"one"),
        put("topic/b", b""),
        put("topic/c", b"gone"),
        Write::CreateLog { log: LogId(7), topic: "a".into(), partition: 0 },
        append(0, 0, &b"hello"[..]),
    ];
    assert_eq!(bench.commit(writes).await, Ok(()));
    let writes = vec![
        Write::DeleteMetadata { key: "topic/c".into() },
        Write::DeleteMetadata { key: "never".into() },
        put("topic/a", b"two"),
        append(0, 5, &b" world"[..]),
    ];
    assert_eq!(bench.commit(writes).await, Ok(()));
    assert_eq!(bench.commit(vec![]).await, Ok(()));
    bench.driver.close();

    let mut bench = Bench::open("round-trip").await;
    let expected = [("topic/a".into(), "two".into()), ("topic/b".into(), "".into())];
    assert_eq!(bench.metadata().await, expected);
    assert_eq!(bench.range(0, 0, u64::MAX).await, [(0, "hello world".into())]);
}

#[wasm_bindgen_test]
async fn ranges_are_cut_and_joined_across_pieces() {
    let mut bench = Bench::open("ranges").await;
    let large = noise(2 * MAX_PIECE_BYTES + 17);
    bench
        .commit(vec![append(0, 0, large.clone()), append(0, large.len() as u64, noise(9))])
        .await
        .unwrap();
    bench.commit(vec![append(900, 0, &b"other segment"[..])]).await.unwrap();
    let keys = keys_of(&database_name("ranges"), "log").await.unwrap().as_string().unwrap();
    assert_eq!(keys, "[[7,0,61440],[7,0,122880],[7,0,122897],[7,0,122906],[7,900,13]]");

    let mut all = large;
    all.extend(noise(9));
    let end = all.len() as u64;
    let edges = [0, 1, 61_439, 61_440, 61_441, 122_880, 122_896, 122_897, 122_905, end];
    for start in edges {
        for stop in edges.into_iter().chain([end + 50, u64::MAX]) {
            let found = bench.range(0, start, stop).await;
            let stop = stop.min(end);
            if start >= stop {
                assert_eq!(found, []);
            } else {
                let expected = Bytes::copy_from_slice(&all[start as usize..stop as usize]);
                assert!(found == [(start, expected)], "from {start} to {stop}");
            }
        }
    }
    assert_eq!(bench.range(1, 0, u64::MAX).await, []);
    assert_eq!(bench.range(900, 6, 9).await, [(6, "seg".into())]);
}

#[wasm_bindgen_test]
async fn a_hole_is_seen_and_what_lies_around_it_is_whole() {
    let mut bench = Bench::open("holes").await;
    for at in 0..4_u64 {
        bench.commit(vec![append(0, at * 10, noise(10))]).await.unwrap();
    }
    remove_key(&database_name("holes"), "log", "[7,0,20]").await.unwrap();
    let found = bench.range(0, 5, 35).await;
    let mut behind = noise(10);
    behind.extend(noise(5));
    assert_eq!(found, [(5, noise(10).split_off(5).into()), (20, behind.into())]);
    assert_eq!(bench.range(0, 10, 20).await, []);
    assert_eq!(bench.range(0, 12, 21).await, [(20, noise(1).into())]);
}

#[wasm_bindgen_test]
async fn deletes_take_a_segment_or_a_log_and_nothing_else() {
    let mut bench = Bench::open("deletes").await;
    let other =
        Write::Append { log: LogId(8), segment: SegmentId::new(0), position: 0, bytes: "x".into() };
    let compacted = |generation| SegmentId { base_offset: 5, generation };
    let writes = vec![
        append(0, 0, &b"a"[..]),
        append(5, 0, &b"b"[..]),
        append_to(compacted(1), 0, &b"d"[..]),
        append_to(compacted(2), 0, &b"ef"[..]),
        append(9, 0, &b"c"[..]),
        other,
    ];
    bench.commit(writes).await.unwrap();
    // Each is read by itself.
    for (segment, wanted) in [(SegmentId::new(5), "b"), (compacted(1), "d"), (compacted(2), "ef")] {
        let range = LogRange { log: LogId(7), segment, start: 0, end: u64::MAX };
        let found = bench.try_load(Load::Log(range)).await.unwrap();
        assert_eq!(found, Loaded::Log(vec![(0, Bytes::from_static(wanted.as_bytes()))]));
    }
    let delete = |segment| Write::DeleteSegment { log: LogId(7), segment };
    bench.commit(vec![delete(SegmentId::new(5)), delete(compacted(1))]).await.unwrap();
    assert_eq!(swept("deletes").await, "[null,[7,0,1],[7,9,1],[7,[5,2],2],[8,0,1]]");
    bench.commit(vec![Write::DeleteLog { log: LogId(7) }]).await.unwrap();
    assert_eq!(swept("deletes").await, "[null,[8,0,1]]");
    assert_eq!(bench.metadata().await, []);
}

/// The keys of the pieces that are left, once everything that was deleted is gone; and before them −∞, which
/// JSON does not know.
async fn swept(name: &str) -> String {
    let name = database_name(name);
    for _ in 0..5_000 {
        if keys_of(&name, "metadata").await.unwrap().as_string().unwrap() == "[]" {
            return keys_of(&name, "log").await.unwrap().as_string().unwrap();
        }
        sleep(5).await.unwrap();
    }
    panic!("what was deleted is still there");
}

#[wasm_bindgen_test]
async fn what_is_deleted_goes_part_by_part_and_also_if_the_driver_ends_meanwhile() {
    let mut bench = Bench::open("parts").await;
    for from in (0..4_000).step_by(500) {
        let pieces = (from..from + 500).map(|at| append(0, at, &b"x"[..]));
        bench.commit(pieces.collect()).await.unwrap();
    }
    bench.commit(vec![append(5, 0, &b"other"[..])]).await.unwrap();
    let delete = Write::DeleteSegment { log: LogId(7), segment: SegmentId::new(0) };
    bench.commit(vec![delete]).await.unwrap();
    bench.driver.close();
    let left = keys_of(&database_name("parts"), "log").await.unwrap().as_string().unwrap();
    assert!(left.contains("[7,0,4000]"), "all of it went at once");
    let mut bench = Bench::open("parts").await;
    assert_eq!(bench.metadata().await, [], "the core hears nothing of it");
    assert_eq!(swept("parts").await, "[null,[7,5,5]]");
    assert_eq!(bench.range(5, 0, u64::MAX).await, [(0, "other".into())]);
}

#[wasm_bindgen_test]
async fn without_room_for_a_mark_what_is_deleted_goes_at_once() {
    let mut bench = Bench::open("no-marks").await;
    bench.commit(vec![append(0, 0, &b"a"[..]), append(5, 0, &b"b"[..])]).await.unwrap();
    fail_puts("QuotaExceededError");
    let delete = Write::DeleteSegment { log: LogId(7), segment: SegmentId::new(0) };
    let deleted = bench.commit(vec![delete]).await;
    restore_puts();
    assert_eq!(deleted, Ok(()));
    let name = database_name("no-marks");
    assert_eq!(keys_of(&name, "log").await.unwrap().as_string().unwrap(), "[[7,5,1]]");
    assert_eq!(keys_of(&name, "metadata").await.unwrap().as_string().unwrap(), "[]");
}

#[wasm_bindgen_test]
async fn a_full_quota_is_told_apart_and_leaves_nothing_behind() {
    let mut bench = Bench::open("quota").await;
    bench.commit(vec![append(0, 0, &b"before"[..])]).await.unwrap();
    fail_puts("QuotaExceededError");
    let full =
        bench.commit(vec![Write::DeleteLog { log: LogId(7) }, append(0, 6, &b"x"[..])]).await;
    fail_puts("UnknownError");
    let failed = bench.commit(vec![append(0, 6, &b"x"[..])]).await;
    restore_puts();
    assert!(matches!(&full, Err(StorageError::Full(why)) if why.contains("no room")), "{full:?}");
    assert!(matches!(failed, Err(StorageError::Failed(_))), "{failed:?}");
    assert_eq!(bench.range(0, 0, u64::MAX).await, [(0, "before".into())]);
    assert_eq!(bench.commit(vec![append(0, 6, &b"!"[..])]).await, Ok(()));
}

#[wasm_bindgen_test]
async fn a_second_commit_does_not_overtake_the_first() {
    let mut bench = Bench::open("one-at-a-time").await;
    let first = bench.start(vec![append(0, 0, &b"a"[..])]);
    let second = bench.start(vec![append(0, 1, &b"b"[..])]);
    let refused = bench.reports.borrow_mut().pop().unwrap();
    assert!(matches!(refused, Input::CommitFailed { commit, .. } if commit == second));
    assert!(matches!(bench.report().await, Input::Committed { commit } if commit == first));
    assert_eq!(bench.range(0, 0, u64::MAX).await, [(0, "a".into())]);
}

#[wasm_bindgen_test]
async fn positions_that_a_double_cannot_hold_are_refused() {
    let mut bench = Bench::open("numbers").await;
    let result = bench.commit(vec![append(i64::MAX, 0, &b"a"[..])]).await;
    assert!(matches!(result, Err(StorageError::Failed(_))), "{result:?}");
}

#[wasm_bindgen_test]
async fn a_database_deleted_under_us_fails_commits_and_is_opened_again_for_loads() {
    let mut bench = Bench::open("deleted").await;
    bench.commit(vec![append(0, 0, &b"a"[..])]).await.unwrap();
    // Would wait for ever if the driver did not let go.
    delete_raw(&database_name("deleted")).await.unwrap();
    assert!(matches!(bench.report().await, Input::StorageLost { .. }));
    let result = bench.commit(vec![append(0, 1, &b"b"[..])]).await;
    assert!(matches!(result, Err(StorageError::Failed(_))), "{result:?}");
    assert_eq!(bench.range(0, 0, u64::MAX).await, []);
    assert_eq!(bench.metadata().await, []);
    assert_eq!(bench.commit(vec![append(0, 0, &b"c"[..])]).await, Ok(()));
}

#[wasm_bindgen_test]
async fn a_database_of_a_later_version_is_refused() {
    let later = open_raw(&database_name("later"), 4).await.unwrap();
    close_raw(&later);
    let error = Driver::open("later", 2_000, None, Rc::new(|_| {})).await.err().unwrap();
    assert_eq!(error, OpenError::Newer);
}

#[wasm_bindgen_test]
async fn opening_ends_in_time_whatever_the_browser_does() {
    never_open();
    let result = Driver::open("never", 100, None, Rc::new(|_| {})).await;
    restore_open();
    assert_eq!(result.err().unwrap(), OpenError::TimedOut(100));
    deny_open();
    let result = Driver::open("denied", 2_000, None, Rc::new(|_| {})).await;
    restore_open();
    let error = result.err().unwrap();
    assert_eq!(error, OpenError::Unavailable("SecurityError (denied)".into()));
}

#[wasm_bindgen_test]
async fn of_two_drivers_the_later_one_writes_and_both_read() {
    let mut first = Bench::open("shared").await;
    first.commit(vec![append(0, 0, &b"a"[..])]).await.unwrap();
    // Given to IndexedDB before the other begins its epoch: it is stored.
    let begun = first.start(vec![append(0, 1, &b"b"[..])]);
    let mut second = Bench::open("shared").await;
    assert!(second.driver.epoch().number() > first.driver.epoch().number());
    assert!(matches!(first.report().await, Input::Committed { commit } if commit == begun));

    for writes in [
        vec![append(0, 2, &b"x"[..])],
        vec![Write::PutMetadata { key: "cluster".into(), value: "x".into() }],
        vec![Write::DeleteLog { log: LogId(1) }],
    ] {
        first.commit(writes).await.unwrap_err();
        assert!(first.driver.is_fenced());
    }
    assert_eq!(second.range(0, 0, u64::MAX).await, [(0, "ab".into())]);
    assert_eq!(second.metadata().await, []);
    second.commit(vec![append(0, 2, &b"c"[..])]).await.unwrap();
    assert_eq!(first.range(0, 0, u64::MAX).await, [(0, "abc".into())]);
    assert_eq!(keys_of(&database_name("shared"), "leader").await.unwrap(), "[2]");
}

#[wasm_bindgen_test]
async fn a_database_of_the_first_version_keeps_what_it_has_and_fences() {
    let name = database_name("first-version");
    make_first_version(&name).await.unwrap();
    let mut bench = Bench::open("first-version").await;
    assert_eq!(bench.metadata().await, [("cluster".to_owned(), "c".into())]);
    bench.commit(vec![append(0, 0, &b"a"[..])]).await.unwrap();
    let _later = Bench::open("first-version").await;
    bench.commit(vec![append(0, 1, &b"b"[..])]).await.unwrap_err();
    assert!(bench.driver.is_fenced());
}

#[wasm_bindgen_test]
async fn full_storage_is_taken_over_and_deletes_and_the_first_put_fences() {
    let mut first = Bench::open("full-takeover").await;
    first.commit(vec![append(0, 0, &b"a"[..])]).await.unwrap();
    fail_puts("QuotaExceededError");
    let mut second = Bench::open("full-takeover").await;
    assert!(second.driver.epoch().number() > first.driver.epoch().number());
    let delete = vec![Write::DeleteSegment { log: LogId(7), segment: SegmentId::new(0) }];
    assert_eq!(second.commit(delete.clone()).await, Ok(()));
    let error = second.commit(vec![append(0, 0, &b"b"[..])]).await.unwrap_err();
    assert!(matches!(error, StorageError::Full(_)), "{error}");
    restore_puts();
    second.commit(vec![append(0, 0, &b"b"[..])]).await.unwrap();
    for writes in [delete, vec![append(0, 1, &b"x"[..])]] {
        first.commit(writes).await.unwrap_err();
        assert!(first.driver.is_fenced());
    }
    second.commit(vec![append(0, 1, &b"c"[..])]).await.unwrap();
    assert_eq!(first.range(0, 0, u64::MAX).await, [(0, "bc".into())]);
}

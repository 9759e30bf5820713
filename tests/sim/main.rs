//! Consumer groups under whatever can happen, from seeds: thousands in seconds, optimized.
//!
//! A seed is a [`scenario`]; what must hold is in core's `members::checks`. `make sim SEEDS=5000` runs so
//! many; a seed that fails says in one line what did not hold and how to run it alone:
//! `make sim SEED=17`. That the checks notice what is wrong is shown by [`sabotage`].
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "all of it is tests"
)]

#[path = "../../core/tests/host/mod.rs"]
mod host;
#[path = "../../core/tests/members/mod.rs"]
mod members;
mod sabotage;
mod scenario;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use scenario::Spoilt;

/// How many seeds; the environment variable `OTTLA_SEEDS` says otherwise, and `OTTLA_SEED` which one.
const SEEDS: u64 = 1_000;

thread_local! {
    /// What the seed that runs on this thread panicked with.
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
    static RUNS: RefCell<bool> = const { RefCell::new(false) };
}

/// Runs a seed, and says what did not hold.
pub(crate) fn attempt(seed: u64, spoilt: Spoilt) -> Result<(), String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if RUNS.with_borrow(|runs| *runs) {
                let text = panic.to_string().replace('\n', " ");
                SAID.with_borrow_mut(|said| *said = Some(text));
            } else {
                usual(panic);
            }
        }));
    });
    RUNS.set(true);
    let caught = catch_unwind(AssertUnwindSafe(|| scenario::run(seed, spoilt)));
    RUNS.set(false);
    caught.map_err(|_| SAID.take().unwrap_or_default())
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}

#[test]
fn nothing_is_lost_or_owned_twice_whatever_happens() {
    let first = number("OTTLA_SEED").unwrap_or(0);
    let seeds =
        number("OTTLA_SEEDS").unwrap_or(if number("OTTLA_SEED").is_some() { 1 } else { SEEDS });
    let (next, failed) = (AtomicU64::new(first), AtomicU64::new(0));
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + seeds {
                        return;
                    }
                    let spoilt =
                        Spoilt { traces: number("OTTLA_SEED").is_some(), ..Spoilt::default() };
                    if let Err(why) = attempt(seed, spoilt) {
                        failed.fetch_add(1, Ordering::Relaxed);
                        eprintln!("seed {seed} (make sim SEED={seed}): {why}");
                    }
                }
            });
        }
    });
    let failed = failed.into_inner();
    assert_eq!(failed, 0, "{failed} of {seeds} seeds failed");
}

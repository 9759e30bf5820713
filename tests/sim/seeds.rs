//! Running seeds: as many as are asked for on all cores, each of which fails in one line.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

thread_local! {
    /// What the seed that runs on this thread panicked with.
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
    static RUNS: Cell<bool> = const { Cell::new(false) };
}

/// Runs a seed's scenario, and says what did not hold.
pub(crate) fn attempt(scenario: impl FnOnce()) -> Result<(), String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if RUNS.get() {
                let text = panic.to_string().replace('\n', " ");
                SAID.with_borrow_mut(|said| *said = Some(text));
            } else {
                usual(panic);
            }
        }));
    });
    RUNS.set(true);
    let caught = catch_unwind(AssertUnwindSafe(scenario));
    RUNS.set(false);
    caught.map_err(|_| SAID.take().unwrap_or_default())
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}

/// Runs so many seeds; the environment variable `OTTLA_SEEDS` says otherwise, and `OTTLA_SEED` which
/// one alone, or with both of them from which one on. `goal` is what make calls that. A scenario is
/// given its seed, and whether to say what happens.
pub(crate) fn run(seeds: u64, goal: &str, scenario: impl Fn(u64, bool) + Sync) {
    let (chosen, first) = (number("OTTLA_SEED"), number("OTTLA_SEED").unwrap_or(0));
    let seeds = number("OTTLA_SEEDS").unwrap_or(if chosen.is_some() { 1 } else { seeds });
    let traces = chosen.is_some() && seeds == 1;
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
                    if let Err(why) = attempt(|| scenario(seed, traces)) {
                        failed.fetch_add(1, Ordering::Relaxed);
                        eprintln!("seed {seed} (make {goal} SEED={seed}): {why}");
                    }
                }
            });
        }
    });
    let failed = failed.into_inner();
    assert_eq!(failed, 0, "{failed} of {seeds} seeds failed");
}

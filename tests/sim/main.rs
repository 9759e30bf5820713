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
mod random;
mod sabotage;
mod scenario;
mod seeds;

use scenario::Spoilt;

/// How many seeds.
const SEEDS: u64 = 1_000;

#[test]
fn nothing_is_lost_or_owned_twice_whatever_happens() {
    seeds::run(SEEDS, "sim", |seed, traces| {
        scenario::run(seed, Spoilt { traces, ..Spoilt::default() });
    });
}

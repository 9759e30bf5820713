//! The broker over a storage to which everything happens that its contract allows, from seeds:
//! thousands in a minute, optimized.
//!
//! A seed is a [`scenario`]; what must hold is in [`book`] and [`audit`], which know nothing of the
//! broker but what it told its clients. `make soak SEEDS=100000` runs so many; a seed that fails says
//! in one line what did not hold and how to run it alone: `make soak SEED=17`. That the checks notice
//! what is wrong is shown by [`sabotage`].
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "all of it is tests"
)]

mod asks;
mod audit;
mod book;
mod clients;
mod disk;
mod full;
mod import;
#[path = "../sim/random.rs"]
mod random;
mod sabotage;
mod scenario;
#[path = "../sim/seeds.rs"]
mod seeds;
mod world;

use sabotage::Saboteur;

/// How many seeds.
const SEEDS: u64 = 10_000;

#[test]
fn what_was_acknowledged_survives_whatever_happens() {
    seeds::run(SEEDS, "soak", |seed, traces| scenario::run(seed, Saboteur::new(None, traces)));
}

//! How long a broker takes to start, and how much memory it has then. Prints; asserts no time:
//!
//! ```text
//! cargo test --release -p ottla-native --test start -- --nocapture
//! ```

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers outside of tests.

mod process;
mod scratch;
mod wire;

use std::time::{Duration, Instant};

use process::Process;
use scratch::Scratch;
use wire::Client;

const RUNS: usize = 20;

/// From before the process is started to its first answer to Metadata.
fn start(args: &[&str]) -> (Duration, u64) {
    let before = Instant::now();
    let broker = Process::start(args);
    let mut client = Client::connect(broker.address);
    let metadata = client.metadata();
    let took = before.elapsed();
    assert_eq!(metadata.brokers.len(), 1);
    let status = std::fs::read_to_string(format!("/proc/{}/status", broker.child.id()));
    let status = status.unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let resident = resident.and_then(|text| text.trim().strip_suffix(" kB")?.parse().ok());
    (took, resident.unwrap_or(0))
}

fn report(what: &str, args: &[&str]) {
    let mut runs: Vec<(Duration, u64)> = (0..RUNS).map(|_| start(args)).collect();
    runs.sort();
    let (median, resident_kb) = runs[RUNS / 2];
    let (fastest, slowest) = (runs[0].0, runs[RUNS - 1].0);
    println!(
        "{what}: start to first Metadata {:.1} ms ({:.1} to {:.1}), resident {resident_kb} KiB",
        median.as_secs_f64() * 1e3,
        fastest.as_secs_f64() * 1e3,
        slowest.as_secs_f64() * 1e3,
    );
}

#[test]
fn start_and_idle_memory_are_told() {
    report("memory", &[]);
    let scratch = Scratch::new();
    report("files", &["--data-dir", scratch.path().to_str().expect("a path in UTF-8")]);
}

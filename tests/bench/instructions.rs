//! How many instructions the broker takes for a record that is produced, and for one that is fetched:
//! a number that does not depend on how busy the machine is, so that it can be compared.
//!
//! Each scenario runs twice under valgrind's callgrind, the second time with more requests: start-up
//! cancels in the difference. The result is compared with `instructions.txt`.
//!
//! ```text
//! cargo bench --package ottla-tests --bench instructions            compares
//! cargo bench --package ottla-tests --bench instructions -- --save  writes the file anew
//! ```

#![allow(clippy::expect_used, clippy::panic, reason = "a benchmark that fails should stop")]

#[path = "instructions/baseline.rs"]
mod baseline;
mod broker;
#[path = "instructions/scenarios.rs"]
mod scenarios;

use std::process::{Command, ExitCode};

use baseline::Baseline;
use scenarios::{SCENARIOS, Scenario};

/// By how much a number may be above the baseline, in percent: the C library's copying depends on
/// the processor.
const TOLERANCE: f64 = 10.0;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["--measure", name, requests] => {
            let scenario = SCENARIOS.iter().find(|s| s.name == name).expect("a scenario");
            (scenario.run)(requests.parse().expect("a number of requests"));
            ExitCode::SUCCESS
        }
        [] => compare(),
        ["--save"] => save(),
        _ => panic!("--save, or nothing"),
    }
}

fn has_valgrind() -> bool {
    Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success())
}

/// The instructions of a whole run of this program.
fn instructions(scenario: &Scenario, requests: u64) -> u64 {
    let program = std::env::current_exe().expect("this program has a path");
    let output = Command::new("valgrind")
        // Copying by `rep movsb` would be counted as an instruction per byte.
        .env("GLIBC_TUNABLES", "glibc.cpu.x86_rep_movsb_threshold=1073741824")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["--measure", scenario.name, &requests.to_string()])
        .output()
        .expect("valgrind runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {told}", scenario.name);
    let count = told.lines().find_map(|line| line.split_once("Collected : "));
    count.and_then(|(_, count)| count.trim().parse().ok()).expect("callgrind tells a count")
}

fn per_record(scenario: &Scenario) -> f64 {
    let (few, many) = (scenario.requests, 3 * scenario.requests);
    let difference = instructions(scenario, many) - instructions(scenario, few);
    difference as f64 / ((many - few) * scenario.records_per_request) as f64
}

fn save() -> ExitCode {
    let numbers = SCENARIOS.iter().map(|scenario| (scenario.name.to_owned(), per_record(scenario)));
    let baseline = Baseline::of_this_machine(numbers.collect());
    baseline.write();
    println!("written:\n{}", baseline.to_text());
    ExitCode::SUCCESS
}

fn compare() -> ExitCode {
    if !has_valgrind() {
        println!("NOT RUN: instructions are counted by valgrind, which is not installed");
        return ExitCode::SUCCESS;
    }
    let baseline = Baseline::read();
    let here = Baseline::of_this_machine(Vec::new());
    let same_target = baseline.target == here.target;
    println!("instructions per record: {}, rustc {}", here.target, here.rustc);
    println!("baseline:                {}, rustc {}", baseline.target, baseline.rustc);
    println!("{:<44}{:>10}{:>10}{:>9}", "", "baseline", "now", "");
    let mut failed = false;
    for scenario in SCENARIOS {
        let now = per_record(scenario);
        let Some(before) = baseline.get(scenario.name) else {
            println!("{:<44}{:>10}{now:>10.1}", scenario.name, "none");
            failed = true;
            continue;
        };
        let change = (now / before - 1.0) * 100.0;
        println!("{:<44}{before:>10.1}{now:>10.1}{change:>+8.1}%", scenario.name);
        failed |= change > TOLERANCE;
    }
    if !same_target {
        println!("NOT COMPARED: the baseline is of {}", baseline.target);
        return ExitCode::SUCCESS;
    }
    if failed {
        println!("FAILED: more than {TOLERANCE} % above the baseline, or not in it.");
        println!(
            "If that is meant to be: make instructions SAVE=--save, and say why in the commit."
        );
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

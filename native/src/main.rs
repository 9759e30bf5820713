//! `ottla-native`: Ottla's broker behind a TCP listener.

#![deny(unsafe_code)]

mod cli;
mod inherited;

use std::io::Write;
use std::process::ExitCode;

use ottla_native::{Broker, Error};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tracing::{error, info, warn};

/// The storage or the network failed.
const FAILED: u8 = 1;
/// The command line makes no sense.
const USAGE: u8 = 2;

/// Open files besides the connections: up to 128 segments with three each, and some.
const OWN_FILES: u64 = 512;

fn main() -> ExitCode {
    let mut options = match cli::parse(lexopt::Parser::from_env()) {
        Ok(cli::Command::Serve(options)) => *options,
        Ok(cli::Command::Print(text)) => {
            print!("{text}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("ottla-native: {error}\nTry ottla-native --help.");
            return ExitCode::from(USAGE);
        }
    };
    for fd in options.listen_fds {
        match inherited::listener(fd) {
            Ok(listener) => options.config.listeners.push(listener),
            Err(error) => {
                eprintln!("ottla-native: --listen-fd {fd}: {error}");
                return ExitCode::from(USAGE);
            }
        }
    }
    tracing_subscriber::fmt()
        .with_max_level(options.log_level)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .init();
    allow_open_files(options.config.max_connections);
    match serve(options.config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error @ Error::Config(_)) => {
            eprintln!("ottla-native: {error}");
            ExitCode::from(USAGE)
        }
        Err(error) => {
            error!("{error}");
            eprintln!("ottla-native: {error}");
            ExitCode::from(FAILED)
        }
    }
}

/// Raises the soft limit of open files to what may be needed, as far as the hard limit allows.
fn allow_open_files(max_connections: usize) {
    let wanted = (max_connections as u64).saturating_add(OWN_FILES);
    let limit = getrlimit(Resource::Nofile);
    let Some(soft) = limit.current.filter(|soft| *soft < wanted) else { return };
    let raised = limit.maximum.map_or(wanted, |hard| hard.min(wanted));
    let new = Rlimit { current: Some(raised), maximum: limit.maximum };
    match setrlimit(Resource::Nofile, new) {
        Ok(()) if raised == wanted => {}
        Ok(()) => warn!(raised, wanted, "few open files are allowed (ulimit -n)"),
        Err(error) => warn!(soft, wanted, %error, "few open files are allowed (ulimit -n)"),
    }
}

fn serve(config: ottla_native::Config) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Before the broker says that it listens: whoever reads that may send a signal at once.
    let (mut terminate, mut interrupt) = {
        let _entered = runtime.enter();
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
    };
    let broker = Broker::start(config)?;
    let mut out = std::io::stdout().lock();
    for (at, address) in broker.addresses().iter().enumerate().skip(1) {
        writeln!(out, "further node {at}: {address}")?;
    }
    writeln!(out, "listening on {}", broker.address())?;
    out.flush()?;
    drop(out);
    let stopped = runtime.block_on(async {
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
            () = broker.ended() => "its own",
        }
    });
    info!(signal = stopped, "stopping");
    broker.shutdown()
}

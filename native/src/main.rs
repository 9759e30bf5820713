//! `ottla-native`: Ottla's broker behind a TCP listener.

#![forbid(unsafe_code)]

mod cli;

use std::io::Write;
use std::process::ExitCode;

use ottla_native::{Broker, Error};
use tokio::signal::unix::{SignalKind, signal};
use tracing::{error, info};

/// The storage or the network failed.
const FAILED: u8 = 1;
/// The command line makes no sense.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let options = match cli::parse(lexopt::Parser::from_env()) {
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
    tracing_subscriber::fmt()
        .with_max_level(options.log_level)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .init();
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

//! Ottla's broker behind a TCP listener: a Kafka for tests in any language.
//!
//! The broker itself is the crate `ottla`, a state machine without I/O; this crate gives it sockets,
//! clocks and a disk. One thread runs the broker and its connections, so nothing is locked and
//! nothing is handed from thread to thread on the way from a request to its response; with a data
//! directory, two more threads write and read files.
//!
//! ```
//! use ottla_native::{Broker, Config};
//!
//! let broker = Broker::start(Config::default())?; // in memory, on a free port of 127.0.0.1
//! let bootstrap_servers = broker.address().to_string();
//! assert!(bootstrap_servers.starts_with("127.0.0.1:"));
//! broker.shutdown()?;
//! # Ok::<(), ottla_native::Error>(())
//! ```

#![forbid(unsafe_code)]

mod config;
mod connection;
mod files;
mod host;
mod outgoing;
mod server;

pub use config::{Config, Fsync};
pub use server::{Broker, Error};

//! Ottla's core: a Kafka-compatible event log as a state machine without I/O.

pub mod client;
pub mod io;
pub mod protocol;
pub mod record;
pub mod storage;
pub mod time;
mod uuid;

pub use io::{ConnectionId, Input, LogLevel, Output};
pub use time::Now;
pub use uuid::Uuid;

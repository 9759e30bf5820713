//! Ottla's core: a Kafka-compatible event log as a state machine without I/O.

pub mod io;
pub mod protocol;
pub mod record;
pub mod storage;
mod uuid;

pub use io::{ConnectionId, Input, LogLevel, Now, Output};
pub use uuid::Uuid;

//! Ottla's core: a Kafka-compatible event log as a state machine without I/O.

#[macro_use]
pub mod protocol;
mod api;
mod broker;
pub mod client;
mod crc;
mod group;
pub mod io;
pub mod log;
mod map;
pub mod record;
mod sort;
pub mod storage;
pub mod time;
pub mod topic;
mod uuid;

pub use api::{BROKER_CONFIGS, BrokerConfig, broker_config};
pub use broker::Broker;
pub use io::{ConnectionId, Input, LogLevel, Output};
pub use time::Now;
pub use uuid::Uuid;

//! Consumer groups.

mod assignor;
mod partitions;

pub use assignor::{GroupMember, Strategy, TopicPartition, assign};

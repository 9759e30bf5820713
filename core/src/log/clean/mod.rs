//! Compaction: of records with the same key the last one stays, at its offset.
//!
//! As in Kafka: the part of a log that has not been compacted yet is read, and the last offset of
//! each key noted; then the log is written anew up to there, without the records that a later one
//! replaces and without the tombstones that have had their time. The active segment is left alone.
//!
//! It is done in slices ([`Cleaner`]), each of which reads or writes a bounded number of bytes. A
//! group of segments is copied into a new one, which nobody knows until one commit puts it in their
//! place: a crash leaves the old segments or the new one.

mod cleaner;
mod dirty;
mod filter;
mod offset_map;
mod replace;

pub use cleaner::{CleanStep, Cleaner, CleanerSettings};
pub use replace::Freed;

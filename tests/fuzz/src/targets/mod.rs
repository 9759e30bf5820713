//! One file per target, named as in `make fuzz`.

pub mod batches;
pub mod compression;
pub mod files;
pub mod messages;
pub mod recovery;
pub mod requests;
pub mod responses;

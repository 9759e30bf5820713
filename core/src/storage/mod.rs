//! What the broker asks of storage, as plain values. A driver carries them out: IndexedDB in a
//! browser, files behind the native broker, [`MemoryStorage`] in tests and for `memory://`.

mod effect;
mod keys;
mod memory;
mod value;

pub use effect::{
    Commit, CommitId, Durability, Load, LoadId, Loaded, LogId, LogRange, Pieces, SegmentId,
    StorageError, Write,
};
pub use keys::MetadataKey;
pub use memory::MemoryStorage;
pub use value::ValueError;
pub(crate) use value::{open_value, seal_value};

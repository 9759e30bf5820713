//! How much room the storage has, as far as the host tells.

use super::Node;
use crate::log::AppendError;
use crate::protocol::ErrorCode;

/// What the host has told, and what has been appended since.
#[derive(Debug, Default)]
pub(crate) struct Room {
    /// All there is and what is not used, in bytes.
    told: Option<(u64, u64)>,
    /// What was appended since then.
    taken_bytes: u64,
}

impl Room {
    /// The host has told how much there is.
    pub(crate) fn told(&mut self, total_bytes: u64, usable_bytes: u64) {
        *self = Room { told: Some((total_bytes, usable_bytes)), taken_bytes: 0 };
    }

    /// So much was appended.
    pub(crate) fn taken(&mut self, size_bytes: usize) {
        self.taken_bytes = self.taken_bytes.saturating_add(size_bytes as u64);
    }

    /// How many bytes there are in all; `None` where the host does not tell.
    pub(crate) fn total_bytes(&self) -> Option<u64> {
        self.told.map(|(total, _)| total)
    }

    /// How many bytes are left; `None` where the host does not tell.
    pub(crate) fn usable_bytes(&self) -> Option<u64> {
        self.told.map(|(_, usable)| usable.saturating_sub(self.taken_bytes))
    }
}

impl Node {
    /// How many bytes of the headroom are lacking; 0 where nothing is.
    pub(crate) fn lacking_bytes(&self) -> u64 {
        let usable = self.room.usable_bytes().unwrap_or(u64::MAX);
        self.settings.headroom_bytes.saturating_sub(usable)
    }

    /// Refuses records that would take the room that deletions and offset commits need.
    pub(crate) fn check_headroom(&self) -> Result<(), AppendError> {
        if self.lacking_bytes() == 0 {
            return Ok(());
        }
        let message = format!(
            "storage is full: {} bytes are left, fewer than ottla.headroom.bytes keeps for deletions \
             and offset commits; delete topics or records, or free disk space",
            self.room.usable_bytes().unwrap_or(0)
        );
        Err(AppendError { code: ErrorCode::KafkaStorageError, message, records: Vec::new() })
    }
}

//! The classic protocol: members join, the leader among them assigns, all sync.

use super::{Context, Effects};

/// A group of the classic protocol.
#[derive(Debug, Default)]
pub(crate) struct ClassicGroup {}

impl ClassicGroup {
    /// When the group has something to do, on the monotonic clock.
    pub(crate) fn deadline_ms(&self) -> Option<u64> {
        None
    }

    /// Does what is due.
    pub(crate) fn advance(&mut self, _: &Context, _: &mut Effects) {}
}

//! Time, which only ever enters from outside.

/// A reading of the host's two clocks. Time only ever enters from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Now {
    /// A clock that never goes back; its zero is the host's choice. Timeouts use it.
    pub monotonic_ms: u64,
    /// Milliseconds since 1970, as records are stamped.
    pub wall_ms: i64,
}

impl Now {
    /// So much later, on the monotonic clock; a time that is negative is none.
    pub(crate) fn after(&self, timeout_ms: i32) -> u64 {
        self.monotonic_ms.saturating_add(timeout_ms.max(0) as u64)
    }
}

//! What the host runs.

use ottla::{Input, Now, Output, Uuid};

/// A broker, or in tests what stands in for one.
pub trait Engine {
    /// Takes one input.
    fn handle(&mut self, now: Now, input: Input);
    /// The next output, until there is none.
    fn poll_output(&mut self) -> Option<Output>;
    /// When to call again with [`Input::Tick`], in monotonic milliseconds.
    fn poll_deadline(&self) -> Option<u64>;
    /// The cluster's id, once it is stored.
    fn cluster_id(&self) -> Option<Uuid> {
        None
    }
}
